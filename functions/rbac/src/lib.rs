//! The Identity Server dialect (document 002): users, roles and permissions under `/rbac`.
//!
//! Wire types, conversions and one error match; every decision is the core's. One [`Function`] per endpoint group, which is
//! one Lambda function each; [`routes`] is the whole table, which all of them know.

mod auth;
mod document;
mod error;
mod extract;
mod paging;
mod permissions;
mod roles;
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
pub const DIALECT: Dialect = Dialect::Rbac;

/// Rows 1 and 2: signing in, and whether a token is good.
pub const AUTH: Function = Function::new(
    "rbac-auth",
    auth::ROUTES,
    &[
        SecretName::Signing(Algorithm::Rs512),
        SecretName::Codes,
        SecretName::Sources,
        SecretName::Seal,
    ],
    |foundation, secrets| {
        let state = auth::State::new(foundation, secrets)?;
        Ok(in_shell(foundation, auth::router().with_state(state)))
    },
);

/// Rows 3 to 7: registering, changing the password, activating, seeing users.
pub const USERS: Function = Function::new(
    "rbac-users",
    users::ROUTES,
    &[SecretName::Codes, SecretName::Sources],
    |foundation, secrets| {
        let state = users::State::new(foundation, secrets)?;
        Ok(in_shell(foundation, users::router().with_state(state)))
    },
);

/// Rows 8 to 11: permissions.
pub const PERMISSIONS: Function =
    Function::without_secrets("rbac-permissions", permissions::ROUTES, |foundation, _| {
        let state = permissions::State::new(foundation)?;
        let operations = permissions::router().with_state(state);
        Ok(in_shell(foundation, operations))
    });

/// Rows 12 to 19: roles, and who holds them.
pub const ROLES: Function =
    Function::without_secrets("rbac-roles", roles::ROUTES, |foundation, _| {
        let state = roles::State::new(foundation)?;
        Ok(in_shell(foundation, roles::router().with_state(state)))
    });

/// The dialect's functions. The first takes what belongs to none of them.
pub const FUNCTIONS: [Function; 4] = [AUTH, USERS, PERMISSIONS, ROLES];

/// Every operation of the dialect. Names the groups and not the functions, which would come into every binary with it.
pub fn routes() -> impl Iterator<Item = Route> {
    let groups = [
        auth::ROUTES,
        users::ROUTES,
        permissions::ROUTES,
        roles::ROUTES,
    ];
    groups.into_iter().flatten().cloned()
}

/// The dialect's OpenAPI document, from the code.
pub fn openapi() -> OpenApi {
    let mut document = ApiDoc::openapi();
    for group in [
        auth::Document::openapi(),
        users::Document::openapi(),
        permissions::Document::openapi(),
        roles::Document::openapi(),
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
        title = "Gatehouse Identity Server",
        description = "Users, roles and permissions. Permissions are read from the store at every call: what is revoked is gone at once. \
                       Lists go on where the header `Link` with `rel=\"next\"` says.",
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
