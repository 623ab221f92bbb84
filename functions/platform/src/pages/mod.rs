//! The hosted pages: signing in and up, one's own account, and where mails lead to.

mod account;
mod links;
mod sign_in;
mod sign_up;

use std::time::Duration;

use axum::Router;
use axum::extract::FromRef;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderName, HeaderValue, Method};
use secrecy::SecretString;
use shared::domain::{Dialect, PasswordRule, Session, SessionCookie};
use shared::error::Error;
use shared::http::{Route, SameSite, SetCookie};
use shared::pages::{PAGES_COOKIE, PageHost};
use shared::runtime::{Foundation, Secrets, StartError};
use shared::service::{
    Accounts, AttributesService, Avatars, CookieSessions, EmailChange, Enrolment, OwnSessions,
    PasswordChange, Profiles, Reauthentication, Recovery, Registrar, Resumed, SignedIn,
    StepwiseSignIn, Verification,
};

/// Accounts of all dialects share the pages; sessions of the pages are good for them alone.
const DIALECT: Dialect = Dialect::Pages;

/// Every page and every form.
pub(crate) const ROUTES: &[Route] = &[
    (Method::GET, "/sign-in"),
    (Method::POST, "/sign-in"),
    (Method::POST, "/sign-in/code"),
    (Method::POST, "/sign-in/resend"),
    (Method::POST, "/sign-out"),
    (Method::GET, "/sign-up"),
    (Method::POST, "/sign-up"),
    (Method::GET, "/account"),
    (Method::POST, "/account/profile"),
    (Method::GET, "/account/avatar"),
    (Method::POST, "/account/avatar"),
    (Method::POST, "/account/avatar/remove"),
    (Method::POST, "/account/attributes"),
    (Method::POST, "/account/attributes/remove"),
    (Method::GET, "/account/security"),
    (Method::POST, "/account/password"),
    (Method::POST, "/account/email"),
    (Method::POST, "/account/authenticator"),
    (Method::POST, "/account/authenticator/confirm"),
    (Method::POST, "/account/authenticator/remove"),
    (Method::POST, "/account/delete"),
    (Method::GET, "/account/sessions"),
    (Method::POST, "/account/sessions/end"),
    (Method::POST, "/account/sessions/end-others"),
    (Method::GET, "/activate"),
    (Method::POST, "/activate"),
    (Method::POST, "/activate/resend"),
    (Method::GET, "/rbac-activate"),
    (Method::POST, "/rbac-activate"),
    (Method::GET, "/confirm"),
    (Method::POST, "/confirm"),
    (Method::GET, "/confirm-email"),
    (Method::POST, "/confirm-email"),
    (Method::GET, "/reset-password"),
    (Method::POST, "/reset-password"),
    (Method::POST, "/reset-password/request"),
];

/// What the pages need.
#[derive(Clone)]
pub(crate) struct State {
    host: PageHost,
    sign_in: StepwiseSignIn,
    sessions: CookieSessions,
    registrar: Registrar,
    needs_confirmation: bool,
    verification: Verification,
    recovery: Recovery,
    profiles: Profiles,
    attributes: AttributesService,
    avatars: Avatars,
    reauthentication: Reauthentication,
    password_change: PasswordChange,
    email_change: EmailChange,
    enrolment: Enrolment,
    own_sessions: OwnSessions,
    accounts: Accounts,
}

impl State {
    pub(crate) fn new(foundation: &Foundation, secrets: &Secrets) -> Result<Self, StartError> {
        let config = &foundation.config;
        let passwords = foundation.passwords()?;
        let sign_in = foundation.sign_in(secrets, &passwords)?;
        let host = foundation.page_host(&[&config.public_url, &config.ui_url]);
        Ok(Self {
            host: host.with_tokens(foundation.form_tokens(secrets)?),
            enrolment: foundation.enrolment(&sign_in),
            sign_in: foundation.stepwise_sign_in(
                secrets,
                sign_in,
                (DIALECT, config.session_lifetime),
                PasswordRule::Plain,
            )?,
            sessions: foundation.cookie_sessions(DIALECT),
            registrar: foundation.registrar(secrets, &passwords)?,
            needs_confirmation: config.accounts.email_confirmation,
            verification: foundation.verification(secrets)?,
            recovery: foundation.recovery(secrets, &passwords)?,
            profiles: foundation.profiles(),
            attributes: foundation.attributes(),
            avatars: foundation.avatars(),
            reauthentication: foundation.reauthentication(secrets, &passwords)?,
            password_change: foundation.password_change(secrets, &passwords)?,
            email_change: foundation.email_change(secrets)?,
            own_sessions: foundation.own_sessions(),
            accounts: foundation.accounts(),
        })
    }

    /// Goes on to a page with the cookie of a new session.
    fn enter(&self, opened: SignedIn, next: &str) -> Result<Response, Error> {
        let cookie = opened
            .cookie
            .ok_or_else(|| Error::Internal("a session of the pages without a cookie".into()))?;
        let header = self.session_cookie(&opened.session, &cookie);
        Ok(([header], Redirect::to(next)).into_response())
    }

    /// The cookie once more, if the session that it holds lives longer by being resumed.
    fn renewed_cookie(&self, cookie: &str, resumed: &Resumed) -> Option<(HeaderName, HeaderValue)> {
        SessionCookie::parse(cookie)
            .filter(|_| resumed.extended)
            .map(|cookie| self.session_cookie(resumed.current.session(), &cookie))
    }

    fn session_cookie(
        &self,
        session: &Session,
        cookie: &SessionCookie,
    ) -> (HeaderName, HeaderValue) {
        let cookie = SetCookie {
            name: PAGES_COOKIE,
            value: cookie.to_text(),
            max_age: self.sessions.time_left(session),
            same_site: SameSite::Lax,
        };
        cookie.to_header()
    }
}

/// Goes on to a page without a session.
fn leave(next: &str) -> Response {
    let cookie = SetCookie {
        name: PAGES_COOKIE,
        value: SecretString::default(),
        max_age: Duration::ZERO,
        same_site: SameSite::Lax,
    };
    ([cookie.to_header()], Redirect::to(next)).into_response()
}

impl FromRef<State> for PageHost {
    fn from_ref(state: &State) -> Self {
        state.host.clone()
    }
}

pub(crate) fn router(state: State) -> Router {
    Router::new()
        .merge(sign_in::router())
        .merge(sign_up::router())
        .merge(links::router())
        .merge(account::router(&state))
        .with_state(state)
}
