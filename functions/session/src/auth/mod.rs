//! All operations of the dialect: rows 1 to 7.

mod accounts;
mod passwords;
mod sessions;

use std::time::Duration;

use axum::Json;
use axum::extract::FromRef;
use http::{HeaderMap, HeaderName, HeaderValue};
use shared::error::Error;
use shared::http::operations;
use shared::runtime::{Foundation, Secrets, StartError};
use shared::service::{CookieSessions, Recovery, Registrar, SignIn, SignedIn, Verification};

use crate::DIALECT;
use crate::cookie::Cookies;
use crate::extract::AdmittedOrigins;
use crate::view::UserView;

operations! { State;
    GET "/session/check" => sessions::check,
    POST "/session/login" => sessions::login,
    POST "/session/logout" => sessions::logout,
    POST "/session/register" => accounts::register,
    POST "/session/reset-password" => passwords::reset_password,
    POST "/session/reset" => passwords::reset,
    POST "/session/confirm" => accounts::confirm,
}

/// What this group needs.
#[derive(Clone)]
pub(crate) struct State {
    sign_in: SignIn,
    sessions: CookieSessions,
    registrar: Registrar,
    recovery: Recovery,
    verification: Verification,
    cookies: Cookies,
    origins: AdmittedOrigins,
    lifetime: Duration,
}

impl State {
    pub(crate) fn new(foundation: &Foundation, secrets: &Secrets) -> Result<Self, StartError> {
        let passwords = foundation.passwords()?;
        Ok(Self {
            sign_in: foundation.sign_in(secrets, &passwords)?,
            sessions: foundation.cookie_sessions(DIALECT),
            registrar: foundation.registrar(secrets, &passwords)?,
            recovery: foundation.recovery(secrets, &passwords)?,
            verification: foundation.verification(secrets)?,
            cookies: Cookies::new(foundation.config.session_cookie.clone()),
            origins: AdmittedOrigins::new(foundation),
            lifetime: foundation.config.session_lifetime,
        })
    }

    /// The answer to whoever has just got a session. The one that the request came with ends: nobody who had it before is let in
    /// any longer (session fixation).
    async fn welcome(&self, request: &HeaderMap, signed_in: SignedIn) -> Result<Welcome, Error> {
        if let Some(former) = self.cookies.find(request) {
            self.sessions.replace(former).await?;
        }
        let SignedIn {
            user,
            session,
            cookie,
        } = signed_in;
        let cookie = cookie.ok_or_else(|| Error::Internal("a session without a cookie".into()))?;
        let set = self
            .cookies
            .set(cookie.to_text(), self.sessions.time_left(&session));
        Ok(([set], Json(UserView::from(&user))))
    }
}

/// A user, and the cookie that holds the session.
type Welcome = ([(HeaderName, HeaderValue); 1], Json<UserView>);

impl FromRef<State> for AdmittedOrigins {
    fn from_ref(state: &State) -> Self {
        state.origins.clone()
    }
}
