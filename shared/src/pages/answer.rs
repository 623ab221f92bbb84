//! How pages are answered: the reader's language, the headers that keep a page to itself, and faults as pages.

use std::convert::Infallible;
use std::sync::{Arc, LazyLock};

use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{FromRef, FromRequestParts};
use axum::response::{Html, IntoResponse, Response};
use data_encoding::BASE64;
use http::header::{ALLOW, CONTENT_SECURITY_POLICY, REFERRER_POLICY, RETRY_AFTER, X_FRAME_OPTIONS};
use http::request::Parts;
use http::{HeaderName, StatusCode};

use super::host::PageHost;
use super::view::{MessagePage, Outcome, STYLE};
use crate::domain::MessageLanguage;
use crate::error::Error;
use crate::http::{Fault, accepted_language};

/// Nothing is loaded, nothing runs; the one style sheet is named by its hash.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = BASE64.encode(digest(&SHA256, STYLE.as_bytes()).as_ref());
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    )
});

/// Whoever reads the page, by the language that the browser asks for.
#[derive(Debug)]
pub struct Reader {
    /// The language of all that is said.
    pub language: MessageLanguage,
    /// What the platform is called.
    pub service: Arc<str>,
}

impl<S: Sync> FromRequestParts<S> for Reader
where
    PageHost: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self {
            language: accepted_language(&parts.headers),
            service: PageHost::from_ref(state).service,
        })
    }
}

impl Reader {
    /// The page, which is as it should be.
    pub fn page(&self, page: &impl Template) -> Response {
        render(StatusCode::OK, page)
    }

    /// The page, which says what to do better.
    pub fn failed(&self, page: &impl Template) -> Response {
        render(StatusCode::BAD_REQUEST, page)
    }

    /// The page, which says that there is nothing (any more) where the reader wanted to go.
    pub fn not_found(&self, page: &impl Template) -> Response {
        render(StatusCode::NOT_FOUND, page)
    }

    /// How it went, where it went well.
    pub fn outcome(&self, outcome: Outcome) -> Response {
        self.message(StatusCode::OK, outcome)
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
            Fault::Core(Error::Unavailable(_) | Error::NotSent(_)) => {
                (StatusCode::SERVICE_UNAVAILABLE, Outcome::Unavailable)
            }
            Fault::Core(Error::Internal(_)) => {
                (StatusCode::INTERNAL_SERVER_ERROR, Outcome::Internal)
            }
            Fault::Core(_) => (StatusCode::BAD_REQUEST, Outcome::BadRequest),
        };
        let page = self.message(status, outcome);
        match header(fault) {
            Some(header) => ([header], page).into_response(),
            None => page,
        }
    }

    fn message(&self, status: StatusCode, outcome: Outcome) -> Response {
        let Self { language, service } = self;
        let page = MessagePage {
            language: *language,
            service,
            outcome,
        };
        render(status, &page)
    }
}

/// A fault before any handler: in English, under the platform's own name.
pub fn render_fault(fault: &Fault) -> Response {
    let reader = Reader {
        language: MessageLanguage::En,
        service: "Gatehouse".into(),
    };
    reader.refused(fault)
}

fn header(fault: &Fault) -> Option<(HeaderName, String)> {
    match fault {
        Fault::MethodNotAllowed(methods) => Some((ALLOW, methods.clone())),
        Fault::Core(Error::RateLimited { retry_after }) => {
            Some((RETRY_AFTER, (retry_after.as_secs() + 1).to_string()))
        }
        Fault::Core(Error::Unavailable(_) | Error::NotSent(_)) => {
            Some((RETRY_AFTER, "5".to_owned()))
        }
        _ => None,
    }
}

fn render(status: StatusCode, page: &impl Template) -> Response {
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY.as_str()),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
    ];
    match page.render() {
        Ok(page) => (status, headers, Html(page)).into_response(),
        Err(fault) => {
            Fault::Core(Error::Internal(fault.into())).log();
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header::CONTENT_SECURITY_POLICY;

    use super::*;
    use crate::domain::LinkLifetime;
    use crate::pages::{NewLink, ResetFailedPage};

    #[test]
    fn a_link_to_nothing_is_not_found_and_has_the_policy_of_a_page() {
        let reader = Reader {
            language: MessageLanguage::En,
            service: "Gatehouse".into(),
        };
        let page = ResetFailedPage {
            language: reader.language,
            service: &reader.service,
            lifetime: LinkLifetime::Day,
            new_link: NewLink::Page("https://ui.example.com/reset-password"),
        };
        for (answer, status) in [
            (reader.not_found(&page), StatusCode::NOT_FOUND),
            (reader.failed(&page), StatusCode::BAD_REQUEST),
            (reader.page(&page), StatusCode::OK),
        ] {
            assert_eq!(answer.status(), status);
            assert_eq!(answer.headers()[CONTENT_SECURITY_POLICY], POLICY.as_str());
        }
    }
}
