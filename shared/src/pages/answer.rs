//! How pages are answered: whoever reads them, the headers that keep a page to itself, and faults as pages.

use std::convert::Infallible;
use std::sync::{LazyLock, OnceLock};
use std::time::Duration;

use askama::Template;
use axum::extract::{FromRef, FromRequestParts};
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, WWW_AUTHENTICATE, X_FRAME_OPTIONS};
use http::request::Parts;

use super::host::{PAGES_COOKIE, PageHost, held_cookie};
use super::theme::Theme;
use super::view::{MessagePage, Outcome};
use super::wording::Wording;
use crate::domain::MessageLanguage;
use crate::error::Error;
use crate::http::{Fault, SameSite, SetCookie, accepted_language};

/// How long a visitor's cookie is kept, and a form with it.
const VISIT: Duration = Duration::from_hours(24);

/// Shows faults before any handler.
static NOBODY: LazyLock<PageHost> =
    LazyLock::new(|| PageHost::new("Gatehouse", &Theme::default(), &[]));

/// Whoever reads the page: in which language, by which cookie.
#[derive(Debug)]
pub struct Reader {
    /// The language of all that is said.
    pub language: MessageLanguage,
    host: PageHost,
    held: Option<String>,
    /// The cookie of a visitor who held none, once a form needs it.
    new_cookie: OnceLock<String>,
}

impl<S: Sync> FromRequestParts<S> for Reader
where
    PageHost: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let held = held_cookie(&parts.headers);
        Ok(Self {
            language: accepted_language(&parts.headers),
            host: PageHost::from_ref(state),
            held: held.map(str::to_owned),
            new_cookie: OnceLock::new(),
        })
    }
}

impl Reader {
    /// The same reader in another language.
    #[must_use]
    pub fn in_language(self, language: MessageLanguage) -> Self {
        Self { language, ..self }
    }

    /// The pages' cookie as it came: of a session, or of a visitor.
    pub fn cookie(&self) -> Option<&str> {
        self.held.as_deref()
    }

    /// The page, which is as it should be.
    pub fn page(&self, page: &impl Template) -> Response {
        self.render(StatusCode::OK, page)
    }

    /// The page, which says what to do better.
    pub fn failed(&self, page: &impl Template) -> Response {
        self.render(StatusCode::BAD_REQUEST, page)
    }

    /// The page, which says that there is nothing (any more) where the reader wanted to go.
    pub fn not_found(&self, page: &impl Template) -> Response {
        self.render(StatusCode::NOT_FOUND, page)
    }

    /// How it went, where it went well.
    pub fn outcome(&self, outcome: Outcome) -> Response {
        self.message(StatusCode::OK, outcome)
    }

    /// What keeps the reader from it, where something better could be sent.
    pub fn failed_outcome(&self, outcome: Outcome) -> Response {
        self.message(StatusCode::BAD_REQUEST, outcome)
    }

    /// A fault as a page.
    pub fn refused(&self, fault: &Fault) -> Response {
        fault.log();
        let (status, outcome) = match fault {
            Fault::NotFound => (StatusCode::NOT_FOUND, Outcome::NotFound),
            Fault::MethodNotAllowed(_) => (StatusCode::METHOD_NOT_ALLOWED, Outcome::BadRequest),
            Fault::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, Outcome::BadRequest),
            Fault::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, Outcome::BadRequest)
            }
            Fault::Core(Error::RateLimited { .. }) => {
                (StatusCode::TOO_MANY_REQUESTS, Outcome::TooMany)
            }
            Fault::Core(Error::Unavailable(_) | Error::NotSent(_)) | Fault::DeadlinePassed => {
                (StatusCode::SERVICE_UNAVAILABLE, Outcome::Unavailable)
            }
            Fault::Core(Error::Internal(_)) => {
                (StatusCode::INTERNAL_SERVER_ERROR, Outcome::Internal)
            }
            Fault::Core(_) => (StatusCode::BAD_REQUEST, Outcome::BadRequest),
        };
        let page = self.message(status, outcome);
        // There is no token that a browser could be asked for.
        match fault.header().filter(|(name, _)| name != WWW_AUTHENTICATE) {
            Some(header) => ([header], page).into_response(),
            None => page,
        }
    }

    fn message(&self, status: StatusCode, outcome: Outcome) -> Response {
        let page = MessagePage {
            reader: self,
            outcome,
        };
        self.render(status, &page)
    }

    fn render(&self, status: StatusCode, page: &impl Template) -> Response {
        let headers = [
            (CONTENT_SECURITY_POLICY, self.host.style().policy.as_str()),
            (REFERRER_POLICY, "no-referrer"),
            (X_FRAME_OPTIONS, "DENY"),
        ];
        match page.render() {
            Ok(page) => {
                let cookie = self.new_cookie.get().map(|value| [visitor(value)]);
                (status, headers, cookie, Html(page)).into_response()
            }
            Err(fault) => {
                Fault::Core(Error::Internal(fault.into())).log();
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    pub(super) fn words(&self) -> &'static Wording {
        Wording::of(self.language)
    }

    pub(super) fn service(&self) -> &str {
        self.host.service()
    }

    pub(super) fn logo(&self) -> Option<&str> {
        self.host.logo()
    }

    pub(super) fn style(&self) -> &str {
        &self.host.style().sheet
    }

    /// Whether the pages of accounts are beside the reader's.
    pub(super) fn has_accounts(&self) -> bool {
        self.host.tokens().is_some()
    }

    /// The token of a form that is shown to the reader, where forms carry tokens.
    pub(super) fn form_token(&self) -> Option<String> {
        let tokens = self.host.tokens()?;
        let held = self.held.as_ref();
        let cookie = held.unwrap_or_else(|| self.new_cookie.get_or_init(|| tokens.new_cookie()));
        Some(tokens.token(cookie))
    }
}

fn visitor(value: &str) -> (http::HeaderName, http::HeaderValue) {
    let cookie = SetCookie {
        name: PAGES_COOKIE,
        value: value.into(),
        max_age: VISIT,
        same_site: SameSite::Lax,
    };
    cookie.to_header()
}

/// A fault before any handler: in English, under the platform's own name.
pub fn render_fault(fault: &Fault) -> Response {
    reader_of(&NOBODY, MessageLanguage::En).refused(fault)
}

/// Somebody of whom only the language is known.
pub(super) fn reader_of(host: &PageHost, language: MessageLanguage) -> Reader {
    Reader {
        language,
        host: host.clone(),
        held: None,
        new_cookie: OnceLock::new(),
    }
}
