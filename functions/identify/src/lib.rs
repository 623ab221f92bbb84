//! The Identify dialect (document 004): users of projects, by their providers and on their devices, under `/identify/v1`.
//!
//! Wire types, conversions and one error match; every decision is the core's. One [`Function`] per endpoint group, which is
//! one Lambda function each; [`routes`] is the whole table, which all of them know.

mod call;
mod check;
mod document;
mod error;
mod sessions;
mod tokens;
mod users;
mod view;

use axum::Router;
use shared::domain::Dialect;
use shared::http::{Route, RouteTable};
use shared::runtime::{Algorithm, Foundation, Function, SecretName};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;

pub use error::render;

/// Its name in tokens, and its prefix.
pub const DIALECT: Dialect = Dialect::Identify;

/// What it takes to issue this dialect's tokens, to look after accounts, and to open what projects keep sealed.
const SECRETS: &[SecretName] = &[
    SecretName::Signing(Algorithm::Rs256),
    SecretName::Signing(Algorithm::Es256),
    SecretName::Codes,
    SecretName::Sources,
    SecretName::Seal,
    SecretName::Refresh,
];

/// Rows 1 to 6, 11, 12, 14 and 16 to 18: registering, profiles, passwords.
pub const USERS: Function = Function::new(
    "identify-users",
    users::ROUTES,
    SECRETS,
    |foundation, secrets| {
        let state = users::State::new(foundation, secrets)?;
        Ok(in_shell(foundation, users::router().with_state(state)))
    },
);

/// Rows 7 to 9 and 15: signing in and out, refreshing.
pub const SESSIONS: Function = Function::new(
    "identify-sessions",
    sessions::ROUTES,
    SECRETS,
    |foundation, secrets| {
        let state = sessions::State::new(foundation, secrets)?;
        let operations = sessions::router().with_state(state);
        Ok(in_shell(foundation, operations))
    },
);

/// Rows 10, 13 and 19 to 21: who somebody is.
pub const CHECK: Function = Function::new(
    "identify-check",
    check::ROUTES,
    &[SecretName::Sources, SecretName::Seal],
    |foundation, secrets| {
        let state = check::State::new(foundation, secrets)?;
        Ok(in_shell(foundation, check::router().with_state(state)))
    },
);

/// The dialect's functions. The first takes what belongs to none of them.
pub const FUNCTIONS: [Function; 3] = [CHECK, USERS, SESSIONS];

/// Every operation of the dialect. Names the groups and not the functions, which would come into every binary with it.
pub fn routes() -> impl Iterator<Item = Route> {
    let groups = [check::ROUTES, users::ROUTES, sessions::ROUTES];
    groups.into_iter().flatten().cloned()
}

/// The dialect's OpenAPI document, from the code.
pub fn openapi() -> OpenApi {
    let mut document = ApiDoc::openapi();
    for group in [
        users::Document::openapi(),
        sessions::Document::openapi(),
        check::Document::openapi(),
    ] {
        document.merge(group);
    }
    document
}

fn in_shell(foundation: &Foundation, operations: Router) -> Router {
    let shell = foundation.shell(DIALECT, RouteTable::new(routes()), error::render, None);
    shell.around(operations)
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Gatehouse Identify",
        description = "Users of projects, by their providers and on their devices. Every request names a project, a strategy and a \
                       provider, in the query of a GET and else in the body; every answer is `{result, message, data}`, but for the \
                       provider `noLogin`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    modifiers(&Security)
)]
struct ApiDoc;

struct Security;

impl utoipa::Modify for Security {
    fn modify(&self, document: &mut OpenApi) {
        use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}
