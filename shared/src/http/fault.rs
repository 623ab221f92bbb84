//! What a request can meet before and in a use case; each dialect renders all of it in one exhaustive match.

use http::header::{ALLOW, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};

use crate::error::{Error, causes};

/// Why a request was not served.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The use case refused or failed.
    #[error(transparent)]
    Core(#[from] Error),
    /// No such path.
    #[error("no such path")]
    NotFound,
    /// The path has other methods, which are named.
    #[error("the method is not allowed")]
    MethodNotAllowed(String),
    /// The body is over the limit.
    #[error("the body is too large")]
    BodyTooLarge,
    /// The body is of a type that is not read here.
    #[error("the content type is not supported")]
    UnsupportedMediaType,
    /// The answer took too long; what was begun may have been done.
    #[error("the request took too long")]
    DeadlinePassed,
}

impl Fault {
    /// What an answer says of it besides status and body: other methods, when to come again, which token to bring (RFC 9110
    /// §10.2, RFC 6750 §3).
    pub fn header(&self) -> Option<(HeaderName, String)> {
        match self {
            Self::MethodNotAllowed(methods) => Some((ALLOW, methods.clone())),
            Self::Core(Error::RateLimited { retry_after }) => {
                let seconds = retry_after.as_secs().saturating_add(1);
                Some((RETRY_AFTER, seconds.to_string()))
            }
            Self::Core(
                Error::Unavailable(_) | Error::NotSent(_) | Error::ProviderUnavailable(_),
            )
            | Self::DeadlinePassed => Some((RETRY_AFTER, "5".to_owned())),
            Self::Core(Error::MissingToken) => Some((WWW_AUTHENTICATE, "Bearer".to_owned())),
            Self::Core(Error::ExpiredToken | Error::SessionEnded | Error::InvalidToken) => Some((
                WWW_AUTHENTICATE,
                "Bearer error=\"invalid_token\"".to_owned(),
            )),
            _ => None,
        }
    }

    /// Writes faults of ours to the log with their causes, once; refusals are the caller's business.
    pub fn log(&self) {
        match self {
            Self::Core(fault @ Error::NotSent(_)) => {
                tracing::error!(outcome = "failed,not-sent", "{fault}{}", causes(fault));
            }
            Self::Core(
                fault
                @ (Error::Unavailable(_) | Error::ProviderUnavailable(_) | Error::Internal(_)),
            ) => {
                tracing::error!(outcome = "failed", "{fault}{}", causes(fault));
            }
            Self::DeadlinePassed => tracing::error!(outcome = "failed", "{self}"),
            other => tracing::debug!(outcome = "refused", "{other}"),
        }
    }
}
