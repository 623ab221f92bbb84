//! What the platform has beside the five dialects: the pages that mails lead to, the public keys, the sender of mails, and the
//! operator, who sets an installation up.

mod keys;
pub mod operator;
pub mod outbox;
mod pages;

use http::Method;
use shared::domain::Dialect;
use shared::http::{Route, RouteTable};
use shared::runtime::{Function, SecretName};

pub use keys::render_fault as render_key_fault;
pub use shared::pages::render_fault as render_page_fault;

/// The hosted pages, and every path that belongs to no other function.
pub const PAGES: Function = Function::new(
    "platform-pages",
    pages::ROUTES,
    &[SecretName::Codes, SecretName::Sources, SecretName::Seal],
    |foundation, secrets| {
        let state = pages::State::new(foundation, secrets)?;
        let routes = RouteTable::new(pages::ROUTES.iter().cloned());
        let shell = foundation.shell(Dialect::Pages, routes, render_page_fault, None);
        Ok(shell.around(pages::router(state)))
    },
)
.sending();

/// The public keys and the OpenAPI documents.
pub const KEYS: Function =
    Function::without_secrets("platform-keys", KEY_ROUTES, |foundation, _| {
        let routes = RouteTable::new(KEY_ROUTES.iter().cloned());
        let shell = foundation.shell(Dialect::Pages, routes, keys::render_fault, None);
        Ok(shell.around(keys::router(foundation)))
    });

/// Those that serve HTTP.
pub const FUNCTIONS: [Function; 2] = [PAGES, KEYS];

const KEY_ROUTES: &[Route] = &[
    (Method::GET, "/.well-known/jwks.json"),
    (Method::GET, "/.well-known/openid-configuration"),
    (Method::GET, "/openapi/{document}"),
];
