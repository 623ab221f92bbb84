//! What the platform serves beside the five dialects: the pages that mails lead to, and the public keys.

mod keys;
mod pages;

use axum::Router;
use http::Method;
use shared::http::{Route, RouteTable};
use shared::runtime::{Foundation, Secrets, StartError};

/// Every operation of platform-pages.
pub fn page_routes() -> [Route; 6] {
    [
        (Method::GET, "/activate"),
        (Method::POST, "/activate"),
        (Method::POST, "/activate/resend"),
        (Method::GET, "/reset-password"),
        (Method::POST, "/reset-password"),
        (Method::POST, "/reset-password/request"),
    ]
}

/// Every operation of platform-keys.
pub fn key_routes() -> [Route; 3] {
    [
        (Method::GET, "/.well-known/jwks.json"),
        (Method::GET, "/.well-known/openid-configuration"),
        (Method::GET, "/openapi/{document}"),
    ]
}

/// The function platform-pages.
///
/// # Errors
/// [`StartError`] if a part cannot be built.
pub fn pages(foundation: &Foundation, secrets: &Secrets) -> Result<Router, StartError> {
    let state = pages::State::new(foundation, secrets)?;
    let shell = foundation.shell(RouteTable::new(page_routes()), pages::render_fault, None);
    Ok(shell.around(pages::router(state)))
}

/// The function platform-keys.
pub fn keys(foundation: &Foundation) -> Router {
    let shell = foundation.shell(RouteTable::new(key_routes()), keys::render_fault, None);
    shell.around(keys::router(foundation))
}
