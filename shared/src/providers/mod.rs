//! Providers: who says who somebody is. Each takes what its users carry and answers with who that is, or refuses.
//!
//! They are called at addresses from the project's settings alone, with two seconds to answer.

use crate::domain::{EmailAddress, Name};
use crate::error::Error;

/// Who somebody is, as a provider says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider's own name for them, what `userId` of a request is compared with.
    pub subject: String,
    /// The same so that it names one person alone: of an issuer with that one's name before it, since another may have the same
    /// names.
    pub unique_subject: String,
    /// Their address, if it is told and is one.
    pub email: Option<EmailAddress>,
    /// Whether the provider says that the address is theirs, as the boolean true.
    pub email_verified: bool,
    /// What they are called.
    pub nickname: Option<Name>,
}

/// A provider did not say who somebody is.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// What was brought is not good, or not ours to take.
    #[error("the provider's token is not valid")]
    Refused,
    /// It is past its time.
    #[error("the provider's token has expired")]
    Expired,
    /// It does not answer, or not as it should.
    #[error("the provider does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<ProviderError> for Error {
    fn from(fault: ProviderError) -> Self {
        match fault {
            ProviderError::Refused => Self::InvalidToken,
            ProviderError::Expired => Self::ExpiredToken,
            ProviderError::Unavailable(source) => Self::ProviderUnavailable(source),
        }
    }
}
