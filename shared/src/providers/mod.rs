//! Providers: who says who somebody is. Each takes what its users carry and answers with who that is, or refuses.
//!
//! They are called at addresses from the project's settings alone, with two seconds for each answer. Nothing here knows of
//! accounts, of projects, or of how often somebody may ask.

mod breaker;
mod exchange;
mod facebook;
mod id_token;
mod jwk;
mod key_sets;
mod oauth1;
mod twitter;
mod user_pool;

use std::sync::Arc;

use exchange::Exchange;
use key_sets::KeySets;

use crate::domain::{
    AttributeKey, AttributeText, Clock, EmailAddress, FacebookApp, Name, Password, Random,
    TrustedIssuer, TwitterApp, UserPool,
};
use crate::error::Error;

pub use exchange::{MAX_ANSWER_BYTES, NoAnswer, ProviderHttp};

/// Longer than any token that we know of.
const MAX_TOKEN_BYTES: usize = 4096;
/// The longest name that a provider has for somebody (OpenID Connect Core §2, `sub`).
const MAX_SUBJECT_BYTES: usize = 255;

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

/// What a user pool says of an address and a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PoolSignIn {
    /// They are those of a user.
    Right(PoolUser),
    /// They are not, or the user may not sign in.
    Wrong,
    /// The pool asks for more: a second factor, a new password.
    Challenged,
}

/// What a user pool knows of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolUser {
    /// Whether the pool has made sure that the address is theirs.
    pub email_verified: bool,
    /// `nickname`.
    pub nickname: Option<Name>,
    /// `given_name`.
    pub first_name: Option<Name>,
    /// `family_name`.
    pub last_name: Option<Name>,
    /// Those under `custom:`, without that. What does not fit is left out.
    pub attributes: Vec<(AttributeKey, AttributeText)>,
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

/// Calls providers and keeps what it may of their answers.
#[derive(Debug, Clone)]
pub struct ProviderClient(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    exchange: Exchange,
    key_sets: KeySets,
    random: Arc<dyn Random>,
}

impl ProviderClient {
    /// Calls over this edge. Its clones keep what they learn together.
    pub fn new(
        http: Arc<dyn ProviderHttp>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        Self(Arc::new(Inner {
            exchange: Exchange::new(http, clock),
            key_sets: KeySets::default(),
            random,
        }))
    }

    /// Whose ID token this is (OpenID Connect Core §3.1.3.7). No call, unless the issuer's keys are to be fetched.
    ///
    /// # Errors
    /// [`ProviderError`]; expired only if time is all that is wrong with it.
    pub async fn verify_id_token(
        &self,
        issuer: &TrustedIssuer<'_>,
        token: &str,
    ) -> Result<Identity, ProviderError> {
        let Inner {
            exchange, key_sets, ..
        } = &*self.0;
        id_token::verify(exchange, key_sets, issuer, token).await
    }

    /// Whose Facebook access token this is. Two calls.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn facebook_user(
        &self,
        app: &FacebookApp<'_>,
        token: &str,
    ) -> Result<Identity, ProviderError> {
        facebook::user(&self.0.exchange, app, token).await
    }

    /// Whose Twitter credential this is: `token:token_secret` of OAuth 1.0a, or an OAuth 2 token. One call.
    ///
    /// # Errors
    /// [`ProviderError`]; refused without a call if it is an OAuth 2 token and the project takes none.
    pub async fn twitter_user(
        &self,
        app: &TwitterApp<'_>,
        credential: &str,
    ) -> Result<Identity, ProviderError> {
        twitter::user(&self.0.exchange, &*self.0.random, app, credential).await
    }

    /// Tries an address and a password at a user pool. One call, and another for what it knows of the user.
    ///
    /// # Errors
    /// [`ProviderError::Unavailable`].
    pub async fn pool_sign_in(
        &self,
        pool: &UserPool<'_>,
        email: &EmailAddress,
        password: &Password,
    ) -> Result<PoolSignIn, ProviderError> {
        user_pool::sign_in(&self.0.exchange, pool, email, password).await
    }
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

/// A token as providers make them: not long, and nothing but visible ASCII.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_TOKEN_BYTES && text.bytes().all(|c| c.is_ascii_graphic())
}

/// A name for somebody that is one.
fn is_subject(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_SUBJECT_BYTES
}

/// What somebody is called, if they are called anything.
fn name(text: &str) -> Option<Name> {
    (!text.is_empty()).then(|| Name::parse(text)).flatten()
}
