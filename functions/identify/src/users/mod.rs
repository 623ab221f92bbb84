//! Registering, profiles, passwords: rows 1 to 6, 11, 12, 14 and 16 to 18.

mod passwords;
mod profile;
mod register;

use shared::http::operations;
use shared::runtime::{Foundation, Secrets, StartError};
use shared::service::{
    EmailChange, Guests, IdentityProviders, Members, PasswordChange, Projects, Recovery, Registrar,
};

use crate::tokens::Tokens;

operations! { State;
    GET "/identify/v1/user" => profile::show,
    POST "/identify/v1/user" => register::register,
    PUT "/identify/v1/user" => profile::change,
    PUT "/identify/v1/user/change-password" => passwords::change,
    PUT "/identify/v1/user/forgot-password" => passwords::forgot,
    POST "/identify/v1/user/confirm-forgot-password" => passwords::confirm_forgot,
}

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
