//! Registering, profiles, passwords: rows 1 to 6, 11, 12, 14 and 16 to 18.

mod passwords;
mod profile;
mod register;

use http::Method;
use shared::http::Route;
use shared::runtime::{Foundation, Secrets, StartError};
use shared::service::{
    EmailChange, Guests, IdentityProviders, Members, PasswordChange, Projects, Recovery, Registrar,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::tokens::Tokens;

pub(crate) const ROUTES: &[Route] = &[
    (Method::GET, "/identify/v1/user"),
    (Method::POST, "/identify/v1/user"),
    (Method::PUT, "/identify/v1/user"),
    (Method::PUT, "/identify/v1/user/change-password"),
    (Method::PUT, "/identify/v1/user/forgot-password"),
    (Method::POST, "/identify/v1/user/confirm-forgot-password"),
];

/// What this group needs.
#[derive(Clone)]
pub(crate) struct State {
    projects: Projects,
    registrar: Registrar,
    members: Members,
    guests: Guests,
    providers: IdentityProviders,
    email_change: EmailChange,
    password_change: PasswordChange,
    recovery: Recovery,
    tokens: Tokens,
    random: std::sync::Arc<dyn shared::domain::Random>,
}

impl State {
    pub(crate) fn new(foundation: &Foundation, secrets: &Secrets) -> Result<Self, StartError> {
        let passwords = foundation.passwords()?;
        Ok(Self {
            projects: foundation.projects(secrets)?,
            registrar: foundation.registrar(secrets, &passwords)?,
            members: foundation.members()?,
            guests: foundation.guests(secrets)?,
            providers: foundation.identity_providers(secrets)?,
            email_change: foundation.email_change(secrets)?,
            password_change: foundation.password_change(secrets, &passwords)?,
            recovery: foundation.recovery(secrets, &passwords)?,
            tokens: Tokens::new(foundation, secrets)?,
            random: foundation.context.random.clone(),
        })
    }
}

pub(crate) fn operations() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(profile::show, register::register, profile::change))
        .routes(routes!(passwords::change))
        .routes(routes!(passwords::forgot))
        .routes(routes!(passwords::confirm_forgot))
}
