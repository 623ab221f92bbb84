//! How document 001 says that something went wrong: `{ErrorCode, ErrorDetails, ErrorDescription}`.
//!
//! `ErrorDetails` is the method of the request, which a fault does not know: an answer carries what is to be said of it until
//! [`complete`] writes the body.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_LENGTH;
use http::{Method, StatusCode};
use serde::Serialize;
use shared::domain::WeakPassword;
use shared::error::Error;
use shared::http::Fault;
use utoipa::ToSchema;

/// The error body of every route.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// With 403 why (`2` wrong credentials, `7` not allowed, `8` no good token, …), else the status
    #[serde(rename = "ErrorCode")]
    code: u16,
    /// The method of the request
    #[serde(rename = "ErrorDetails")]
    details: String,
    /// A number and a text
    #[serde(rename = "ErrorDescription")]
    description: String,
}

/// What document 001 calls a fault.
#[derive(Debug, Clone, Copy)]
struct Said {
    status: StatusCode,
    /// `ErrorCode`.
    code: u16,
    /// What `ErrorDescription` begins with.
    number: u16,
}

/// Said of an answer until its body is written.
#[derive(Debug, Clone)]
struct Refusal {
    code: u16,
    description: String,
}

/// A fault on its way to the caller.
pub(crate) struct ApiError {
    fault: Fault,
    said: Option<Said>,
}

impl ApiError {
    /// A request that is refused for what this number of document 001 says.
    pub(crate) fn numbered(number: u16, text: &'static str) -> Self {
        Self {
            fault: Error::Malformed(text).into(),
            said: Some(bad_request(number)),
        }
    }

    /// The same fault under another number of status 400.
    pub(crate) fn under(self, number: u16) -> Self {
        Self {
            said: Some(bad_request(number)),
            ..self
        }
    }

    /// The same fault as signing in says it, where a new password comes with the old one.
    pub(crate) fn at_sign_in(self) -> Self {
        let said = match &self.fault {
            Fault::Core(Error::WeakPassword(WeakPassword::Reused | WeakPassword::Unchanged)) => {
                Some(forbidden(3))
            }
            Fault::Core(Error::WeakPassword(_)) => Some(forbidden(5)),
            _ => self.said,
        };
        Self { said, ..self }
    }

    /// What went wrong.
    pub(crate) fn fault(&self) -> &Fault {
        &self.fault
    }
}

impl<F: Into<Fault>> From<F> for ApiError {
    fn from(fault: F) -> Self {
        Self {
            fault: fault.into(),
            said: None,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let said = self.said.unwrap_or_else(|| said_of(&self.fault));
        respond(&self.fault, said)
    }
}

/// Writes a fault to the log, if it is ours, and to the caller; [`complete`] writes the body.
pub fn render(fault: &Fault) -> Response {
    respond(fault, said_of(fault))
}

/// Writes the body of an answer that says what went wrong.
pub fn complete(method: &Method, mut answer: Response) -> Response {
    let Some(refusal) = answer.extensions_mut().remove::<Refusal>() else {
        return answer;
    };
    let body = ErrorBody {
        code: refusal.code,
        details: method.to_string(),
        description: refusal.description,
    };
    let (mut parts, _) = answer.into_parts();
    // The router has told the length of the empty body.
    parts.headers.remove(CONTENT_LENGTH);
    let mut completed = (parts.status, Json(body)).into_response();
    completed.headers_mut().extend(parts.headers);
    completed
}

fn respond(fault: &Fault, said: Said) -> Response {
    fault.log();
    let mut answer = match fault.header() {
        Some(header) => (said.status, [header]).into_response(),
        None => said.status.into_response(),
    };
    answer.extensions_mut().insert(Refusal {
        code: said.code,
        description: format!("{}: {fault}", said.number),
    });
    answer
}

/// Document 001 answers 403 also where others answer 401.
fn said_of(fault: &Fault) -> Said {
    match fault {
        Fault::NotFound => plain(StatusCode::NOT_FOUND),
        Fault::MethodNotAllowed(_) => Said {
            number: 1004,
            ..plain(StatusCode::METHOD_NOT_ALLOWED)
        },
        Fault::BodyTooLarge => bad_request(1018),
        Fault::UnsupportedMediaType => Said {
            number: 1050,
            ..plain(StatusCode::UNSUPPORTED_MEDIA_TYPE)
        },
        Fault::DeadlinePassed => plain(StatusCode::SERVICE_UNAVAILABLE),
        Fault::Core(error) => said_of_core(error),
    }
}

fn said_of_core(error: &Error) -> Said {
    match error {
        Error::Malformed(_) => bad_request(1003),
        Error::MissingField(_)
        | Error::InvalidField(_)
        | Error::InvalidPhone
        | Error::RefusedPicture(_)
        | Error::AlreadyActivated
        | Error::UnsupportedProvider
        | Error::DeviceTaken
        | Error::TooManyAttributes => bad_request(1018),
        Error::InvalidEmail => bad_request(1040),
        Error::SmsOff => bad_request(1084),
        Error::WeakPassword(WeakPassword::Reused | WeakPassword::Unchanged) => bad_request(1041),
        Error::WeakPassword(_) => bad_request(1047),
        Error::PhoneRequired => bad_request(1044),
        Error::AlreadyEnrolled => bad_request(1045),
        Error::EmailTaken => bad_request(1061),
        Error::NameTaken => bad_request(1011),
        Error::LimitReached => bad_request(1012),
        Error::PasswordChangeRequired => forbidden(1),
        Error::BadCredentials => forbidden(2),
        Error::NotActivated => forbidden(4),
        Error::Forbidden => forbidden(7),
        Error::MissingToken | Error::InvalidToken | Error::SessionEnded => forbidden(8),
        Error::ExpiredToken => forbidden(9),
        Error::ChallengeOver => forbidden(11),
        Error::SecondFactorRequired | Error::WrongAnswer | Error::InvalidCode => forbidden(12),
        Error::InvalidRefreshToken => forbidden(14),
        Error::Suspended => forbidden(15),
        Error::NotFound | Error::UnknownProject => plain(StatusCode::NOT_FOUND),
        Error::RateLimited { .. } => Said {
            status: StatusCode::TOO_MANY_REQUESTS,
            code: 10,
            number: 10,
        },
        Error::NotSent(_) => Said {
            number: 1056,
            ..plain(StatusCode::SERVICE_UNAVAILABLE)
        },
        Error::Unavailable(_) | Error::ProviderUnavailable(_) => {
            plain(StatusCode::SERVICE_UNAVAILABLE)
        }
        Error::Internal(_) => plain(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// The status says it all.
fn plain(status: StatusCode) -> Said {
    Said {
        status,
        code: status.as_u16(),
        number: status.as_u16(),
    }
}

fn bad_request(number: u16) -> Said {
    Said {
        number,
        ..plain(StatusCode::BAD_REQUEST)
    }
}

fn forbidden(code: u16) -> Said {
    Said {
        status: StatusCode::FORBIDDEN,
        code,
        number: code,
    }
}
