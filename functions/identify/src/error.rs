//! How document 004 says that something went wrong: `{"result": 0, "message": "<reason>", "data": {"code": "<name>"}}` and a status.

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
    /// 0
    #[schema(maximum = 0)]
    result: u8,
    /// What went wrong, for people
    message: String,
    data: ErrorData,
}

#[derive(Debug, Serialize, ToSchema)]
struct ErrorData {
    /// The same for programs
    #[schema(value_type = String, example = "invalid_token")]
    code: &'static str,
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
    let (status, code) = said(fault);
    let body = Json(ErrorBody {
        result: 0,
        message: reason(fault),
        data: ErrorData { code },
    });
    match fault.header() {
        Some(header) => (status, [header], body).into_response(),
        None => (status, body).into_response(),
    }
}

fn said(fault: &Fault) -> (StatusCode, &'static str) {
    match fault {
        Fault::NotFound => (StatusCode::NOT_FOUND, "not_found"),
        Fault::MethodNotAllowed(_) => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
        Fault::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "bad_request"),
        Fault::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad_request"),
        Fault::DeadlinePassed => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        Fault::Core(error) => said_of_core(error),
    }
}

fn said_of_core(error: &Error) -> (StatusCode, &'static str) {
    match error {
        Error::Malformed(_)
        | Error::MissingField(_)
        | Error::InvalidField(_)
        | Error::InvalidEmail
        | Error::InvalidPhone
        | Error::SmsOff
        | Error::PhoneRequired
        | Error::AlreadyEnrolled
        | Error::LimitReached
        | Error::TooManyAttributes
        | Error::RefusedPicture(_) => (StatusCode::BAD_REQUEST, "bad_request"),
        Error::UnsupportedProvider => (StatusCode::BAD_REQUEST, "unsupported_provider"),
        Error::WeakPassword(_) => (StatusCode::BAD_REQUEST, "weak_password"),
        Error::InvalidCode | Error::AlreadyActivated | Error::ChallengeOver => {
            (StatusCode::BAD_REQUEST, "invalid_code")
        }
        Error::BadCredentials
        | Error::Suspended
        | Error::PasswordChangeRequired
        | Error::SecondFactorRequired
        | Error::WrongAnswer => (StatusCode::UNAUTHORIZED, "invalid_credentials"),
        Error::MissingToken
        | Error::InvalidToken
        | Error::InvalidRefreshToken
        | Error::ExpiredToken
        | Error::SessionEnded => (StatusCode::UNAUTHORIZED, "invalid_token"),
        Error::NotActivated => (StatusCode::FORBIDDEN, "not_confirmed"),
        Error::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
        Error::UnknownProject => (StatusCode::NOT_FOUND, "unknown_project"),
        Error::NotFound => (StatusCode::NOT_FOUND, "user_not_found"),
        Error::EmailTaken | Error::NameTaken | Error::DeviceTaken => {
            (StatusCode::CONFLICT, "user_exists")
        }
        Error::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, "rate_limited"),
        Error::ProviderUnavailable(_) => (StatusCode::BAD_GATEWAY, "provider_unavailable"),
        Error::NotSent(_) | Error::Unavailable(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
        }
        Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
    }
}

/// The text, which is fixed: no input, no name of ours. That an account is suspended is told to nobody.
fn reason(fault: &Fault) -> String {
    match fault {
        Fault::Core(Error::Suspended) => Error::BadCredentials.to_string(),
        Fault::Core(Error::NotFound) => "there is no such user".to_owned(),
        other => other.to_string(),
    }
}
