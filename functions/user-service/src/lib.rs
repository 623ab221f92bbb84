//! The User Service dialect (document 000): sign-up, sign-in with JWT, profile and attributes under `/user-service`.
//!
//! Wire types, conversions and one error match; every decision is the core's. One [`Function`] per endpoint group, which is
//! one Lambda function each; [`routes`] is the whole table, which all of them know.

mod admin;
mod attributes;
mod auth;
mod document;
mod error;
mod extract;
mod profile;
mod tokens;
mod view;

use axum::Router;
use shared::domain::Dialect;
use shared::http::{Route, RouteTable};
use shared::runtime::{Algorithm, Foundation, Function, SecretName};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;

pub use error::render;

/// Its name in tokens, and its prefix.
pub const DIALECT: Dialect = Dialect::UserService;
/// Document 000's answer to OPTIONS on any path.
const OPTIONS_TEXT: &str = "options allowed";

/// Rows 1 to 7: registering, activating, signing in, refreshing, recovering.
pub const AUTH: Function = Function::new(
    "user-service-auth",
    auth::ROUTES,
    &[
        SecretName::Signing(Algorithm::Rs256),
        SecretName::Signing(Algorithm::Es256),
        SecretName::Codes,
        SecretName::Sources,
        SecretName::Seal,
    ],
    |foundation, secrets| {
        let state = auth::State::new(foundation, secrets)?;
        Ok(in_shell(foundation, auth::router().with_state(state)))
    },
);

/// Rows 8 to 10: one's own attributes.
pub const ATTRIBUTES: Function = Function::without_secrets(
    "user-service-attributes",
    attributes::ROUTES,
    |foundation, _| {
        let state = attributes::State::new(foundation)?;
        let operations = attributes::router().with_state(state);
        Ok(in_shell(foundation, operations))
    },
);

/// Rows 11 to 14: one's own profile and account.
pub const PROFILE: Function =
    Function::without_secrets("user-service-profile", profile::ROUTES, |foundation, _| {
        let state = profile::State::new(foundation)?;
        let operations = profile::router().with_state(state);
        Ok(in_shell(foundation, operations))
    });

/// Rows 15 to 18: the accounts of others.
pub const ADMIN: Function = Function::new(
    "user-service-admin",
    admin::ROUTES,
    &[SecretName::Seal],
    |foundation, secrets| {
        let state = admin::State::new(foundation, secrets)?;
        Ok(in_shell(foundation, admin::router().with_state(state)))
    },
);

/// The dialect's functions. The first takes what belongs to none of them.
pub const FUNCTIONS: [Function; 4] = [AUTH, ATTRIBUTES, PROFILE, ADMIN];

/// Every operation of the dialect. Names the groups and not the functions, which would come into every binary with it.
pub fn routes() -> impl Iterator<Item = Route> {
    let groups = [
        auth::ROUTES,
        attributes::ROUTES,
        profile::ROUTES,
        admin::ROUTES,
    ];
    groups.into_iter().flatten().cloned()
}

/// The dialect's OpenAPI document, from the code.
pub fn openapi() -> OpenApi {
    let mut document = ApiDoc::openapi();
    for group in [
        auth::Document::openapi(),
        attributes::Document::openapi(),
        profile::Document::openapi(),
        admin::Document::openapi(),
    ] {
        document.merge(group);
    }
    document
}

fn in_shell(foundation: &Foundation, operations: Router) -> Router {
    let shell = foundation.shell(
        DIALECT,
        RouteTable::new(routes()),
        error::render,
        Some(OPTIONS_TEXT),
    );
    shell.around(operations)
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Gatehouse User Service",
        description = "Sign-up, sign-in with JSON Web Tokens, profile and attributes. The path segment `{v}` is any version name.",
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
