//! How document 000 says that something went wrong: `{"error": "<reason>"}` and a status.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use shared::error::Error;
use shared::http::Fault;
use utoipa::ToSchema;

/// The error body of every route.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
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
    let body = Json(ErrorBody {
        error: reason(fault),
    });
    match fault.header() {
        Some(header) => (status(fault), [header], body).into_response(),
        None => (status(fault), body).into_response(),
    }
}

fn status(fault: &Fault) -> StatusCode {
    match fault {
        Fault::NotFound => StatusCode::NOT_FOUND,
        Fault::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
        Fault::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Fault::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Fault::DeadlinePassed => StatusCode::SERVICE_UNAVAILABLE,
        Fault::Core(error) => match error {
            Error::Malformed(_)
            | Error::MissingField(_)
            | Error::InvalidField(_)
            | Error::InvalidEmail
            | Error::InvalidPhone
            | Error::SmsOff
            | Error::WeakPassword(_)
            | Error::EmailTaken
            | Error::NameTaken
            | Error::LimitReached
            | Error::InvalidCode
            | Error::AlreadyActivated
            | Error::NotActivated
            | Error::Suspended
            | Error::PasswordChangeRequired
            | Error::PhoneRequired
            | Error::UnsupportedProvider
            | Error::DeviceTaken
            | Error::AlreadyEnrolled
            | Error::TooManyAttributes
            | Error::RefusedPicture(_) => StatusCode::BAD_REQUEST,
            Error::BadCredentials
            | Error::SecondFactorRequired
            | Error::ChallengeOver
            | Error::WrongAnswer
            | Error::MissingToken
            | Error::ExpiredToken
            | Error::InvalidRefreshToken
            | Error::SessionEnded => StatusCode::UNAUTHORIZED,
            Error::InvalidToken => StatusCode::FORBIDDEN,
            Error::Forbidden | Error::NotFound | Error::UnknownProject => StatusCode::NOT_FOUND,
            Error::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::NotSent(_) | Error::Unavailable(_) | Error::ProviderUnavailable(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        },
    }
}

/// The text, which is fixed: no input, no name of ours. This dialect does not tell a
/// suspended account from one not activated, nor what is forbidden from what does not exist.
fn reason(fault: &Fault) -> String {
    match fault {
        Fault::Core(Error::Suspended) => Error::NotActivated.to_string(),
        Fault::Core(Error::Forbidden | Error::NotFound) => Fault::NotFound.to_string(),
        other => other.to_string(),
    }
}
