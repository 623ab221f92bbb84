//! Signing in and out, the second factor, whether a token is good, and the pages that mails lead to: rows 1, 2, 16 and 19.

mod action_link;
mod document;
mod session;
mod sign_in;
mod tokens;
mod totp;
mod view;

use axum::extract::FromRef;
use shared::domain::PasswordRule;
use shared::http::operations;
use shared::pages::PageHost;
use shared::runtime::{Foundation, Secrets, StartError};
use shared::service::{
    Enrolment, Recovery, Sessions, StepwiseSignIn, UserDetailsService, Verification,
};

use crate::DIALECT;
use tokens::Tokens;

operations! { State;
    POST "/security/api/v1/oauth2" => sign_in::post,
    GET "/security/api/v1/oauth2" => session::me,
    DELETE "/security/api/v1/oauth2/{token}" => session::revoke,
    GET "/security/api/v1/validateToken" => session::validate,
    GET "/security/api/v1/actionLink" => action_link::show,
    POST "/security/api/v1/actionLink" => action_link::act,
    POST "/security/api/v1/totp" => totp::begin,
    PUT "/security/api/v1/totp" => totp::finish,
    DELETE "/security/api/v1/totp" => totp::remove,
}

/// What this group needs.
#[derive(Clone)]
pub(crate) struct State {
    sign_in: StepwiseSignIn,
    sessions: Sessions,
    recovery: Recovery,
    verification: Verification,
    enrolment: Enrolment,
    details: UserDetailsService,
    pages: PageHost,
    new_verification_page: String,
    new_reset_page: String,
    tokens: Tokens,
    access_policy_url: String,
    password_policy_url: String,
}

impl State {
    pub(crate) fn new(foundation: &Foundation, secrets: &Secrets) -> Result<Self, StartError> {
        let passwords = foundation.passwords()?;
        let sign_in = foundation.sign_in(secrets, &passwords)?;
        let config = &foundation.config;
        let lifetime = config.refresh_token_lifetime;
        Ok(Self {
            enrolment: foundation.enrolment(&sign_in),
            sign_in: foundation.stepwise_sign_in(
                secrets,
                sign_in,
                (DIALECT, lifetime),
                PasswordRule::Strict,
            )?,
            sessions: foundation.sessions()?,
            recovery: foundation.recovery(secrets, &passwords)?,
            verification: foundation.verification(secrets)?,
            details: foundation.user_details(),
            pages: foundation.page_host(&[&config.public_url]),
            new_verification_page: format!("{}/activate", config.ui_url),
            new_reset_page: format!("{}/reset-password", config.ui_url),
            tokens: Tokens::new(foundation, secrets)?,
            access_policy_url: config.access_policy_url.clone(),
            password_policy_url: config.password_policy_url.clone(),
        })
    }
}

impl FromRef<State> for Sessions {
    fn from_ref(state: &State) -> Self {
        state.sessions.clone()
    }
}

impl FromRef<State> for PageHost {
    fn from_ref(state: &State) -> Self {
        state.pages.clone()
    }
}
