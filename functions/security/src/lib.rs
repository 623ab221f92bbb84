//! The Security Service dialect (document 001): signing in with a second factor, users, avatars, messages and the system, under
//! `/security/api/v1`.
//!
//! Wire types, conversions and one error match; every decision is the core's. One [`Function`] per endpoint group, which is
//! one Lambda function each; [`routes`] is the whole table, which all of them know.

mod avatar;
mod document;
mod error;
mod extract;
mod messaging;
mod oauth2;
mod system;
mod users;
mod view;

use axum::Router;
use shared::domain::Dialect;
use shared::http::{Route, RouteTable};
use shared::runtime::{Algorithm, Foundation, Function, SecretName};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;

pub use error::{complete, render};

/// Its name in tokens, and its prefix.
pub const DIALECT: Dialect = Dialect::Security;

/// Where its paths begin.
pub(crate) const BASE: &str = "/security/api/v1";

/// Rows 1, 2, 16 and 19: signing in and out, the second factor, whether a token is good, and the pages that mails lead to.
pub const OAUTH2: Function = Function::new(
    "security-oauth2",
    oauth2::ROUTES,
    &[
        SecretName::Signing(Algorithm::Rs256),
        SecretName::Signing(Algorithm::Es256),
        SecretName::Codes,
        SecretName::Sources,
        SecretName::Seal,
        SecretName::Refresh,
    ],
    |foundation, secrets| {
        let state = oauth2::State::new(foundation, secrets)?;
        Ok(in_shell(foundation, oauth2::router().with_state(state)))
    },
)
.sending();

/// Rows 4 to 8: users.
pub const USERS: Function = Function::new(
    "security-users",
    users::ROUTES,
    &[SecretName::Codes, SecretName::Sources],
    |foundation, secrets| {
        let state = users::State::new(foundation, secrets)?;
        Ok(in_shell(foundation, users::router().with_state(state)))
    },
);

/// Rows 9 to 11: avatars.
pub const AVATAR: Function =
    Function::without_secrets("security-avatar", avatar::ROUTES, |foundation, _| {
        let state = avatar::State::new(foundation)?;
        Ok(in_shell(foundation, avatar::router().with_state(state)))
    });

/// Rows 12 and 13: messages, and the validation of phone numbers.
pub const MESSAGING: Function = Function::new(
    "security-messaging",
    messaging::ROUTES,
    &[SecretName::Codes, SecretName::Sources],
    |foundation, secrets| {
        let state = messaging::State::new(foundation, secrets)?;
        let operations = messaging::router().with_state(state);
        Ok(in_shell(foundation, operations))
    },
)
.sending();

/// Rows 3, 14, 15, 17 and 18: what the system is made of, and what can be told to it. And what befell its accounts.
pub const SYSTEM: Function =
    Function::without_secrets("security-system", system::ROUTES, |foundation, _| {
        let state = system::State::new(foundation)?;
        Ok(in_shell(foundation, system::router().with_state(state)))
    });

/// The dialect's functions. The first takes what belongs to none of them.
pub const FUNCTIONS: [Function; 5] = [OAUTH2, USERS, AVATAR, MESSAGING, SYSTEM];

/// Every operation of the dialect. Names the groups and not the functions, which would come into every binary with it.
pub fn routes() -> impl Iterator<Item = Route> {
    let groups = [
        oauth2::ROUTES,
        users::ROUTES,
        avatar::ROUTES,
        messaging::ROUTES,
        system::ROUTES,
    ];
    groups.into_iter().flatten().cloned()
}

/// The dialect's OpenAPI document, from the code.
pub fn openapi() -> OpenApi {
    let mut document = ApiDoc::openapi();
    for group in [
        oauth2::Document::openapi(),
        users::Document::openapi(),
        avatar::Document::openapi(),
        messaging::Document::openapi(),
        system::Document::openapi(),
    ] {
        document.merge(group);
    }
    document
}

fn in_shell(foundation: &Foundation, operations: Router) -> Router {
    let mut shell = foundation.shell(DIALECT, RouteTable::new(routes()), error::render, None);
    shell.complete = Some(error::complete);
    shell.around(operations)
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Gatehouse Security Service",
        description = "Signing in with a second factor, users and their roles, avatars, messages. What is refused is said by \
                       `ErrorCode`, and by the number that `ErrorDescription` begins with.",
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
