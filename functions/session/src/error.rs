//! How document 003 says that something went wrong: `{"code": <status>, "error": "<reason>"}` and a status.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::WWW_AUTHENTICATE;
use serde::Serialize;
use shared::error::Error;
use shared::http::Fault;
use utoipa::ToSchema;

/// The error body of every route.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// The HTTP status.
    #[schema(example = 401)]
    code: u16,
    /// What went wrong, for people.
    error: String,
}

/// A fault on its way to the caller.
pub(crate) struct ApiError(Fault);

impl<F: Into<Fault>> From<F> for ApiError {
    fn from(fault: F) -> Self {
        Self(fault.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        render(&self.0)
    }
}

/// Writes a fault to the log, if it is ours, and to the caller.
pub fn render(fault: &Fault) -> Response {
    fault.log();
    let status = status(fault);
    let body = Json(ErrorBody {
        code: status.as_u16(),
        error: reason(fault),
    });
    match fault.header() {
        // There are no bearer tokens to ask for, and no scheme for cookies (RFC 9110 §11).
        Some((name, _)) if name == WWW_AUTHENTICATE => (status, body).into_response(),
        Some(header) => (status, [header], body).into_response(),
        None => (status, body).into_response(),
    }
}

fn status(fault: &Fault) -> StatusCode {
    match fault {
        Fault::NotFound => StatusCode::NOT_FOUND,
        Fault::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
        Fault::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        // The document lists 400, and no 415.
        Fault::UnsupportedMediaType => StatusCode::BAD_REQUEST,
        Fault::DeadlinePassed => StatusCode::REQUEST_TIMEOUT,
        Fault::Core(error) => match error {
            Error::Malformed(_)
            | Error::MissingField(_)
            | Error::InvalidField(_)
            | Error::InvalidEmail
            | Error::InvalidPhone
            | Error::SmsOff
            | Error::WeakPassword(_)
            | Error::NameTaken
            | Error::LimitReached
            | Error::PhoneRequired
            | Error::UnsupportedProvider
            | Error::DeviceTaken
            | Error::AlreadyEnrolled
            | Error::TooManyAttributes
            | Error::RefusedPicture(_) => StatusCode::BAD_REQUEST,
            // The document's own rule, also for a taken login: whoever gets 401 goes to the page for signing in.
            Error::BadCredentials
            | Error::NotActivated
            | Error::Suspended
            | Error::PasswordChangeRequired
            | Error::SecondFactorRequired
            | Error::ChallengeOver
            | Error::WrongAnswer
            | Error::EmailTaken
            | Error::MissingToken
            | Error::InvalidToken
            | Error::InvalidRefreshToken
            | Error::ExpiredToken
            | Error::SessionEnded => StatusCode::UNAUTHORIZED,
            Error::Forbidden => StatusCode::FORBIDDEN,
            Error::NotFound | Error::UnknownProject => StatusCode::NOT_FOUND,
            Error::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::NotSent(_) | Error::Unavailable(_) | Error::ProviderUnavailable(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            // The document says so of a token that does not match. It stays the caller's fault: no error is logged.
            Error::InvalidCode | Error::AlreadyActivated | Error::Internal(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        },
    }
}

/// The text, which is fixed: no input, no name of ours. What keeps an account out is nobody's business but its owner's, and one
/// wrong token is like another.
fn reason(fault: &Fault) -> String {
    match fault {
        Fault::Core(Error::Suspended | Error::NotActivated) => Error::BadCredentials.to_string(),
        Fault::Core(Error::SessionEnded) => "no live session".to_owned(),
        Fault::Core(Error::InvalidCode | Error::AlreadyActivated) => "invalid token".to_owned(),
        Fault::Core(Error::Forbidden) => "the origin is not allowed".to_owned(),
        other => other.to_string(),
    }
}
