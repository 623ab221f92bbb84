//! The User Service dialect (document 000): sign-up, sign-in with JWT, profile and attributes under `/user-service`.
//!
//! Wire types, conversions and one error match; every decision is the core's. One router per endpoint group, which is one
//! Lambda function each; [`routes`] is the whole table, which all of them know.

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
use http::Method;
use shared::domain::Dialect;
use shared::http::{Route, RouteTable};
use shared::runtime::{Foundation, Secrets, StartError};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

const DIALECT: Dialect = Dialect::UserService;
/// Document 000's answer to OPTIONS on any path.
const OPTIONS_TEXT: &str = "options allowed";

/// Every operation of the dialect.
pub fn routes() -> [Route; 20] {
    [
        (Method::POST, "/user-service/{v}/users/accessToken"),
        (Method::GET, "/user-service/{v}/users/activate"),
        (Method::POST, "/user-service/{v}/users/activate"),
        (Method::GET, "/user-service/{v}/users/health"),
        (Method::POST, "/user-service/{v}/users/login"),
        (Method::POST, "/user-service/{v}/users/newPassword"),
        (Method::POST, "/user-service/{v}/users/register"),
        (Method::POST, "/user-service/{v}/users/attributes"),
        (Method::GET, "/user-service/{v}/users/attributes"),
        (Method::DELETE, "/user-service/{v}/users/attributes"),
        (Method::DELETE, "/user-service/{v}/users/attribute"),
        (Method::POST, "/user-service/{v}/users/profile"),
        (Method::GET, "/user-service/{v}/users/profile"),
        (Method::GET, "/user-service/{v}/users/status"),
        (Method::DELETE, "/user-service/{v}/users/user"),
        (Method::GET, "/user-service/{v}/users"),
        (Method::PATCH, "/user-service/{v}/users/{id}"),
        (Method::DELETE, "/user-service/{v}/users/{id}"),
        (Method::GET, "/user-service/{v}/users/{id}/attributes"),
        (
            Method::PATCH,
            "/user-service/{v}/users/attributes/{attributeId}",
        ),
    ]
}

/// The function user-service-auth: rows 1 to 7.
///
/// # Errors
/// [`StartError`] if a part cannot be built.
pub fn auth(foundation: &Foundation, secrets: &Secrets) -> Result<Router, StartError> {
    let state = auth::State::new(foundation, secrets)?;
    Ok(in_shell(foundation, auth::operations().with_state(state)))
}

/// The function user-service-profile: rows 11 to 14.
///
/// # Errors
/// [`StartError`] if a part cannot be built.
pub fn profile(foundation: &Foundation) -> Result<Router, StartError> {
    let state = profile::State::new(foundation)?;
    Ok(in_shell(
        foundation,
        profile::operations().with_state(state),
    ))
}

/// The function user-service-attributes: rows 8 to 10.
///
/// # Errors
/// [`StartError`] if a part cannot be built.
pub fn attributes(foundation: &Foundation) -> Result<Router, StartError> {
    let state = attributes::State::new(foundation)?;
    Ok(in_shell(
        foundation,
        attributes::operations().with_state(state),
    ))
}

/// The function user-service-admin: rows 15 to 18.
///
/// # Errors
/// [`StartError`] if a part cannot be built.
pub fn admin(foundation: &Foundation, secrets: &Secrets) -> Result<Router, StartError> {
    let state = admin::State::new(foundation, secrets)?;
    Ok(in_shell(foundation, admin::operations().with_state(state)))
}

/// All functions of the dialect in one router.
///
/// # Errors
/// [`StartError`] if a part cannot be built.
pub fn all(foundation: &Foundation, secrets: &Secrets) -> Result<Router, StartError> {
    let operations = auth::operations()
        .with_state(auth::State::new(foundation, secrets)?)
        .merge(profile::operations().with_state(profile::State::new(foundation)?))
        .merge(attributes::operations().with_state(attributes::State::new(foundation)?))
        .merge(admin::operations().with_state(admin::State::new(foundation, secrets)?));
    Ok(in_shell(foundation, operations))
}

/// The dialect's OpenAPI document, from the code.
pub fn openapi() -> OpenApi {
    let mut document = ApiDoc::openapi();
    for group in [
        auth::operations().into_openapi(),
        attributes::operations().into_openapi(),
        profile::operations().into_openapi(),
        admin::operations().into_openapi(),
    ] {
        document.merge(group);
    }
    document
}

fn in_shell(foundation: &Foundation, operations: OpenApiRouter) -> Router {
    let shell = foundation.shell(RouteTable::new(routes()), error::render, Some(OPTIONS_TEXT));
    shell.around(operations.into())
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
