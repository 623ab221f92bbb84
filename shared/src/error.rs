//! The closed set of things that go wrong. Each dialect renders every one of them in one exhaustive match.

use std::time::Duration;

use crate::domain::{RefusedPicture, WeakPassword};

/// Why a use case was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request has the wrong form; the text is fixed.
    #[error("{0}")]
    Malformed(&'static str),
    /// A field that must be there is not.
    #[error("{0} is required")]
    MissingField(&'static str),
    /// A field has the wrong type or size.
    #[error("{0} is not valid")]
    InvalidField(&'static str),
    /// Unknown account, wrong password: one answer for all.
    #[error("wrong e-mail address or password")]
    BadCredentials,
    /// The password was right; the address has not been confirmed.
    #[error("the account has not been activated")]
    NotActivated,
    /// The password was right; an administrator has barred the account.
    #[error("the account is suspended")]
    Suspended,
    /// The password was right; it has to be changed before anything else.
    #[error("the password has to be changed")]
    PasswordChangeRequired,
    /// The password was right; the account asks for its second factor beside it.
    #[error("second factor required")]
    SecondFactorRequired,
    /// An authenticator is bound already.
    #[error("an authenticator is bound already")]
    AlreadyEnrolled,
    /// No open challenge of this name: unknown, answered, expired or tried too often.
    #[error("the challenge is over")]
    ChallengeOver,
    /// The answer to a challenge is wrong; it stays open.
    #[error("the answer is wrong")]
    WrongAnswer,
    /// No bearer token at all.
    #[error("an access token is required")]
    MissingToken,
    /// A token that does not verify, or is not for this use.
    #[error("the token is not valid")]
    InvalidToken,
    /// A refresh token that does not verify.
    #[error("the refresh token is not valid")]
    InvalidRefreshToken,
    /// A token past its time.
    #[error("the token has expired")]
    ExpiredToken,
    /// The session behind the token has ended, or its user is gone.
    #[error("the session has ended")]
    SessionEnded,
    /// The caller's rights do not reach.
    #[error("not allowed")]
    Forbidden,
    /// No such account or thing.
    #[error("not found")]
    NotFound,
    /// No such project (document 004).
    #[error("there is no such project")]
    UnknownProject,
    /// The project does not have the provider, or the provider lacks the operation (document 004).
    #[error("the provider is not supported here")]
    UnsupportedProvider,
    /// Somebody is known by the device already (document 004).
    #[error("the device has a user already")]
    DeviceTaken,
    /// The address has an account already.
    #[error("the e-mail address is already registered")]
    EmailTaken,
    /// Another role or permission has the name.
    #[error("the name is taken")]
    NameTaken,
    /// No e-mail address.
    #[error("the e-mail address is not valid")]
    InvalidEmail,
    /// No phone number that can be texted.
    #[error("the phone number is not valid")]
    InvalidPhone,
    /// The installation sends no text messages.
    #[error("text messages are switched off")]
    SmsOff,
    /// The password may not be set.
    #[error(transparent)]
    WeakPassword(#[from] WeakPassword),
    /// No such code, or it was used, replaced or has expired: one answer for all.
    #[error("the code is not valid")]
    InvalidCode,
    /// A live code for an account that needs none.
    #[error("the account is already activated")]
    AlreadyActivated,
    /// An attribute too many, or too many bytes.
    #[error("too many attributes")]
    TooManyAttributes,
    /// A role with too many permissions, or a user with too many roles.
    #[error("no more can be added")]
    LimitReached,
    /// An upload that is no picture, or too large a one.
    #[error("not a picture that is taken")]
    RefusedPicture(#[source] RefusedPicture),
    /// Try again after this time.
    #[error("too many attempts")]
    RateLimited {
        /// How long to wait.
        retry_after: Duration,
    },
    /// Texting codes needs a validated phone number.
    #[error("a validated phone number is required")]
    PhoneRequired,
    /// A message could not be handed over, so what it was for did not happen.
    #[error("the message could not be sent")]
    NotSent(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A service we depend on does not answer; nothing was changed that a retry would not mend.
    #[error("temporarily unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Whoever says who somebody is does not answer (document 004).
    #[error("the provider does not answer")]
    ProviderUnavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A fault of our own.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What use cases answer.
pub type Result<T> = std::result::Result<T, Error>;

/// What is behind an error, outermost first, for the log: `: the database does not answer: dispatch failure`.
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    let mut cause = error.source();
    while let Some(found) = cause {
        text.push_str(": ");
        text.push_str(&found.to_string());
        cause = found.source();
    }
    text
}
