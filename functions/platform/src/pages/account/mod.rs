//! One's own account, for whoever is signed in.

mod profile;
mod security;
mod sessions;

use std::convert::Infallible;

use axum::Router;
use axum::extract::{FromRef, FromRequestParts, Request, State as Shared};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use http::request::Parts;
use shared::domain::Attributes;
use shared::error::Error;
use shared::http::Fault;
use shared::pages::{Notice, PageHost, Problem, Reader, Section, Why, own_link_fields};
use shared::service::{CurrentUser, Resumed};

use super::State;
use super::sign_in::SIGN_IN;

pub(super) const PROFILE: &str = "/account";
const SECURITY: &str = "/account/security";
const SESSIONS: &str = "/account/sessions";

pub(super) fn router(state: &State) -> Router<State> {
    Router::new()
        .merge(profile::router())
        .merge(security::router())
        .merge(sessions::router())
        .layer(from_fn_with_state(state.clone(), admit))
}

/// The page of the account at this path, if there is one.
pub(super) fn page_of(path: &str) -> Option<&'static str> {
    let pages = [PROFILE, SECURITY, SESSIONS];
    pages.into_iter().find(|page| *page == path)
}

/// Lets in whoever is signed in, and sends the cookie again when the session lives on by that; everybody else signs in first.
async fn admit(
    Shared(state): Shared<State>,
    reader: Reader,
    mut request: Request,
    next: Next,
) -> Response {
    let wanted = page_of(request.uri().path()).unwrap_or(PROFILE);
    let cookie = reader.cookie().unwrap_or_default();
    let resumed = state.sessions.resume_with_attributes(cookie).await;
    let (resumed, attributes) = match resumed {
        Ok(found) => found,
        Err(fault) => return refuse(&reader, &fault.into(), wanted),
    };
    let renewed = state.renewed_cookie(cookie, &resumed);
    let Resumed { current, .. } = resumed;
    request.extensions_mut().insert((current, attributes));
    let mut answer = next.run(request).await;
    if let Some((name, value)) = renewed
        && !answer.headers().contains_key(SET_COOKIE)
    {
        answer.headers_mut().insert(name, value);
    }
    answer
}

/// Whose session has ended signs in again, and then goes on where they wanted to go.
fn refuse(reader: &Reader, fault: &Fault, wanted: &str) -> Response {
    match fault {
        Fault::Core(Error::SessionEnded) => {
            Redirect::to(&format!("{SIGN_IN}?next={wanted}")).into_response()
        }
        fault => reader.refused(fault),
    }
}

/// Whoever is signed in, spoken to in the account's language.
struct Member {
    current: CurrentUser,
    attributes: Attributes,
    reader: Reader,
}

impl<S: Send + Sync> FromRequestParts<S> for Member
where
    PageHost: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let reader = Reader::from_request_parts(parts, state).await;
        let reader = reader.unwrap_or_else(|never: Infallible| match never {});
        let Some((current, attributes)) = parts.extensions.remove::<(CurrentUser, Attributes)>()
        else {
            return Err(refuse(&reader, &Error::SessionEnded.into(), PROFILE));
        };
        let language = current.user().language.for_messages();
        Ok(Self {
            current,
            attributes,
            reader: reader.in_language(language),
        })
    }
}

/// Why a form of the account was not taken.
enum Refused {
    /// The page says it, and the form can be sent again.
    Problem(Problem),
    /// There is another page for it.
    Fault(Fault),
}

impl<F: Into<Fault>> From<F> for Refused {
    fn from(fault: F) -> Self {
        Self::Fault(fault.into())
    }
}

fn problem(section: Section, why: Why) -> Refused {
    Refused::Problem(Problem { section, why })
}

/// What has just been done, by the name that a link has for it.
const NOTICES: [(&str, Notice); 7] = [
    ("saved", Notice::Saved),
    ("password-changed", Notice::PasswordChanged),
    ("email-sent", Notice::EmailSent),
    ("authenticator-on", Notice::FactorOn),
    ("authenticator-off", Notice::FactorOff),
    ("session-ended", Notice::SessionEnded),
    ("sessions-ended", Notice::SessionsEnded),
];

/// Goes on to a page that says what was done: loading it again does nothing twice.
fn done(page: &str, notice: Notice) -> Response {
    let found = NOTICES.into_iter().find(|(_, known)| *known == notice);
    let name = found.map_or("", |(name, _)| name);
    Redirect::to(&format!("{page}?done={name}")).into_response()
}

fn notice_in(request: &Request) -> Option<Notice> {
    let link = own_link_fields(request);
    let done = link.optional("done").ok().flatten();
    let found = NOTICES.into_iter().find(|(name, _)| done == Some(name));
    found.map(|(_, notice)| notice)
}
