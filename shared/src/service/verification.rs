//! Verification: proving that an account's address reaches its owner.

use super::{Context, Limits, tell};
use crate::domain::{
    ClientAddress, CodePurpose, Dialect, EmailAddress, IntentKind, OneTimeCode, Outcome, Realm,
    Recipient, User, UserId,
};
use crate::error::{Error, Result};
use crate::keys::ServerKey;
use crate::store::CodeProof;

/// Confirms addresses.
#[derive(Debug, Clone)]
pub struct Verification {
    context: Context,
    limits: Limits,
    codes: ServerKey,
}

impl Verification {
    /// Verification; `codes` is the key that mailed codes will be derived with.
    pub fn new(context: Context, limits: Limits, codes: ServerKey) -> Self {
        Self {
            context,
            limits,
            codes,
        }
    }

    /// Confirms the account whose mailed code this is. Succeeds at most once per code, also under concurrent calls.
    ///
    /// # Errors
    /// [`Error::InvalidCode`]; [`Error::AlreadyActivated`] for a live code of an account that needs none;
    /// [`Error::Unavailable`].
    pub async fn activate(&self, code: &str) -> Result<User> {
        let code = OneTimeCode::parse(code).ok_or(Error::InvalidCode)?;
        self.consume(&code).await
    }

    /// The same where the request names the account as well.
    ///
    /// # Errors
    /// Those of [`Self::activate`]; [`Error::InvalidCode`] also for the code of another account, which is left as it is.
    pub async fn activate_for(&self, user: UserId, code: &str) -> Result<User> {
        let code = OneTimeCode::parse_of(user, code).ok_or(Error::InvalidCode)?;
        self.consume(&code).await
    }

    async fn consume(&self, code: &OneTimeCode) -> Result<User> {
        let user = self
            .context
            .store
            .find_user(code.user())
            .await?
            .ok_or(Error::InvalidCode)?;
        let now = self.context.now();
        let proof = CodeProof {
            purpose: CodePurpose::Activation,
            record: code.record(),
            digest: code.digest(),
        };
        if user.confirmed && user.email_proved_at.is_some() {
            let live = self.context.store.is_live_code(&user, &proof, now).await?;
            return Err(if live {
                Error::AlreadyActivated
            } else {
                Error::InvalidCode
            });
        }
        if !self.context.store.confirm(&user, &proof, now).await? {
            return Err(Error::InvalidCode);
        }
        tell(Outcome::Activated, user.id);
        Ok(User {
            confirmed: true,
            email_proved_at: Some(now),
            ..user
        })
    }

    /// Whether a mailed code looks live; only using it decides. Two reads.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn is_live(&self, code: &OneTimeCode) -> Result<bool> {
        self.context.is_live(code, CodePurpose::Activation).await
    }

    /// Promises the confirmation mail once more, the same for every address.
    ///
    /// # Errors
    /// [`Error::Unavailable`]. Over the limit nothing is sent and nothing is told.
    pub async fn mail_again(
        &self,
        realm: &Realm,
        dialect: Dialect,
        email: &EmailAddress,
        client: Option<ClientAddress>,
    ) -> Result<()> {
        let digest = email.digest();
        match self.limits.count_resend(realm, &digest, client).await {
            Err(Error::RateLimited { .. }) => return Ok(()),
            counted => counted?,
        }
        let recipient = Recipient::Address {
            realm: realm.clone(),
            digest,
        };
        let version = self.codes.current_version();
        let intent = self
            .context
            .intent(IntentKind::Activation, recipient, dialect, version);
        Ok(self.context.store.put_intent(&intent).await?)
    }
}
