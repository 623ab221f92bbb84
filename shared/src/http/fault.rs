//! What a request can meet before and in a use case; each dialect renders all of it in one exhaustive match.

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
}

impl Fault {
    /// Writes faults of ours to the log with their causes, once; refusals are the caller's business.
    pub fn log(&self) {
        match self {
            Self::Core(fault @ (Error::Unavailable(_) | Error::Internal(_))) => {
                tracing::error!(outcome = "failed", "{fault}{}", causes(fault));
            }
            other => tracing::debug!(outcome = "refused", "{other}"),
        }
    }
}
