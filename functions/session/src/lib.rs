//! The session dialect (document 003): sign-up and sign-in for browsers, by a cookie, under `/session`.
//!
//! Wire types, conversions and one error match; every decision is the core's. Reads no `Authorization` header: the cookie is the
//! only thing that speaks for anybody here. One [`Function`], since the document is one group.

mod auth;
mod cookie;
mod document;
mod error;
mod extract;
mod view;

use axum::Router;
use shared::domain::Dialect;
use shared::http::{Route, RouteTable};
use shared::runtime::{Foundation, Function, SecretName};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;

pub use error::render;

/// Its name in sessions, and its prefix.
pub const DIALECT: Dialect = Dialect::Session;

/// Rows 1 to 7: signing in and out, registering, recovering, confirming.
pub const AUTH: Function = Function::new(
    "session-auth",
    auth::ROUTES,
    &[SecretName::Codes, SecretName::Sources, SecretName::Seal],
    |foundation, secrets| {
        let state = auth::State::new(foundation, secrets)?;
        Ok(in_shell(foundation, auth::router().with_state(state)))
    },
);

/// The dialect's functions. The first takes what belongs to none of them.
pub const FUNCTIONS: [Function; 1] = [AUTH];

/// Every operation of the dialect.
pub fn routes() -> impl Iterator<Item = Route> {
    auth::ROUTES.iter().cloned()
}

/// The dialect's OpenAPI document, from the code.
pub fn openapi() -> OpenApi {
    let mut document = ApiDoc::openapi();
    document.merge(auth::Document::openapi());
    document
}

fn in_shell(foundation: &Foundation, operations: Router) -> Router {
    let shell = foundation.shell(DIALECT, RouteTable::new(routes()), error::render, None);
    shell.around(operations)
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Gatehouse Session",
        description = "Sign-up and sign-in for browsers: a cookie holds the session, out of reach of scripts. Calls that change something \
                       are taken from our own pages, from the installation's listed origins, and from what is no browser.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    modifiers(&Security)
)]
struct ApiDoc;

struct Security;

impl utoipa::Modify for Security {
    fn modify(&self, document: &mut OpenApi) {
        use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
        let about = "Set by signing in and registering. An installation may call it otherwise.";
        let cookie = ApiKeyValue::with_description("sid", about);
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}
