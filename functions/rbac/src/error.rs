//! How document 002 says that something went wrong: a status, and a bare JSON text or `false`.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use shared::error::Error;
use shared::http::Fault;

/// A fault on its way to the caller.
pub(crate) struct ApiError {
    fault: Fault,
    words: Option<Words>,
}

/// What an operation says instead of the status's name.
#[derive(Clone, Copy)]
pub(crate) struct Words {
    /// With these statuses.
    statuses: &'static [StatusCode],
    /// As JSON.
    body: &'static str,
}

/// Registering.
pub(crate) const REGISTERING: Words = Words {
    statuses: &[StatusCode::BAD_REQUEST, StatusCode::CONFLICT],
    body: "\"Error Registering\"",
};

/// Signing in.
pub(crate) const AUTHENTICATING: Words = Words {
    statuses: &[StatusCode::UNAUTHORIZED],
    body: "\"Error Authenticating\"",
};

/// Changing a password.
pub(crate) const RESETTING: Words = Words {
    statuses: &[StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED],
    body: "\"Error Resetting Password\"",
};

/// Asking whether a token is good.
pub(crate) const VALIDATING: Words = Words {
    statuses: &[StatusCode::UNAUTHORIZED],
    body: "false",
};

/// Using an activation code.
pub(crate) const ACTIVATING: Words = Words {
    statuses: &[StatusCode::BAD_REQUEST],
    body: "false",
};

impl ApiError {
    /// The same fault in an operation's own words.
    pub(crate) fn in_words(self, words: Words) -> Self {
        Self {
            words: Some(words),
            ..self
        }
    }
}

impl<F: Into<Fault>> From<F> for ApiError {
    fn from(fault: F) -> Self {
        Self {
            fault: fault.into(),
            words: None,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        respond(&self.fault, self.words)
    }
}

/// Writes a fault to the log, if it is ours, and to the caller.
pub fn render(fault: &Fault) -> Response {
    respond(fault, None)
}

fn respond(fault: &Fault, words: Option<Words>) -> Response {
    fault.log();
    let status = status(fault);
    let body = match words {
        // Told after the right password alone: whoever signs in has to learn what is missing.
        _ if matches!(fault, Fault::Core(Error::SecondFactorRequired)) => format!("\"{fault}\""),
        Some(words) if words.statuses.contains(&status) => words.body.to_owned(),
        _ => format!("\"{}\"", status.canonical_reason().unwrap_or("Error")),
    };
    let json = [(CONTENT_TYPE, "application/json")];
    match fault.header() {
        Some(header) => (status, json, [header], body).into_response(),
        None => (status, json, body).into_response(),
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
            | Error::InvalidCode
            | Error::AlreadyActivated
            | Error::TooManyAttributes
            | Error::PhoneRequired
            | Error::UnsupportedProvider
            | Error::DeviceTaken
            | Error::AlreadyEnrolled
            | Error::RefusedPicture(_)
            | Error::LimitReached => StatusCode::BAD_REQUEST,
            // What keeps an account from signing in is nobody's business but the owner's.
            Error::BadCredentials
            | Error::NotActivated
            | Error::Suspended
            | Error::PasswordChangeRequired
            | Error::SecondFactorRequired
            | Error::ChallengeOver
            | Error::WrongAnswer
            | Error::MissingToken
            | Error::InvalidToken
            | Error::InvalidRefreshToken
            | Error::ExpiredToken
            | Error::SessionEnded => StatusCode::UNAUTHORIZED,
            Error::Forbidden => StatusCode::FORBIDDEN,
            Error::NotFound | Error::UnknownProject => StatusCode::NOT_FOUND,
            Error::EmailTaken | Error::NameTaken => StatusCode::CONFLICT,
            Error::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::NotSent(_) | Error::Unavailable(_) | Error::ProviderUnavailable(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        },
    }
}
