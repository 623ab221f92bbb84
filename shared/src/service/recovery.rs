//! Recovery: a new password by mail, or a link to set one.
//!
//! Asking does the same for every address: the limiter, one intent, the answer. Whether there is an account is the sender's to
//! find out.

use super::{Context, Limits, tell};
use crate::domain::{
    ClientAddress, CodePurpose, Dialect, EmailAddress, IntentKind, NewPassword, OneTimeCode,
    PasswordRule, Realm, Recipient, UserId,
};
use crate::error::{Error, Result};
use crate::keys::ServerKey;
use crate::passwords::Passwords;
use crate::store::{CodeProof, Proof};

/// Starts and finishes recoveries.
#[derive(Debug, Clone)]
pub struct Recovery {
    context: Context,
    limits: Limits,
    passwords: Passwords,
    codes: ServerKey,
}

impl Recovery {
    /// Recovery; `codes` is the key that mailed secrets will be derived with.
    pub fn new(context: Context, limits: Limits, passwords: Passwords, codes: ServerKey) -> Self {
        Self {
            context,
            limits,
            passwords,
            codes,
        }
    }

    /// Promises a mail with a new password, which is good for an hour and replaces the old one at its first use.
    ///
    /// # Errors
    /// [`Error::Unavailable`]. Over the limit nothing is sent and nothing is told.
    pub async fn mail_password(
        &self,
        realm: &Realm,
        dialect: Dialect,
        email: &EmailAddress,
        client: Option<ClientAddress>,
    ) -> Result<()> {
        self.promise(IntentKind::MailedPassword, realm, dialect, email, client)
            .await
    }

    /// Promises a mail with a link to set a new password, which is good for the dialect's [`LinkLifetime`](crate::domain::LinkLifetime).
    ///
    /// # Errors
    /// [`Error::Unavailable`]. Over the limit nothing is sent and nothing is told.
    pub async fn mail_reset_link(
        &self,
        realm: &Realm,
        dialect: Dialect,
        email: &EmailAddress,
        client: Option<ClientAddress>,
    ) -> Result<()> {
        self.promise(IntentKind::PasswordReset, realm, dialect, email, client)
            .await
    }

    /// Sets a new password with the code of a reset link: proves the address, confirms the account, ends all sessions. A password
    /// that may not be set by this rule leaves the link as it is; the hash runs only for a code that looks live.
    ///
    /// # Errors
    /// [`Error::InvalidCode`]; [`Error::WeakPassword`]; [`Error::Unavailable`].
    pub async fn reset_password(
        &self,
        user: UserId,
        code: &str,
        typed: &str,
        rule: PasswordRule,
    ) -> Result<()> {
        let code = OneTimeCode::parse_of(user, code).ok_or(Error::InvalidCode)?;
        let store = &self.context.store;
        let user = store.find_user(user).await?.ok_or(Error::InvalidCode)?;
        let proof = CodeProof {
            purpose: CodePurpose::Reset,
            record: code.record(),
            digest: code.digest(),
        };
        if !store
            .is_live_code(&user, &proof, self.context.now())
            .await?
        {
            return Err(Error::InvalidCode);
        }
        let password = NewPassword::parse_by(typed, &user.known_of_it(), rule)?;
        let hash = self
            .context
            .hash_next(&self.passwords, &user, password.as_password(), rule)
            .await?;
        let proof = Proof::Code(proof);
        if !store
            .reset_password(&user, &hash, &proof, self.context.now())
            .await?
        {
            return Err(Error::InvalidCode);
        }
        tell("password-changed", user.id);
        Ok(())
    }

    /// Whether the code of a reset link looks live; only using it decides. Two reads.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn is_live(&self, code: &OneTimeCode) -> Result<bool> {
        self.context.is_live(code, CodePurpose::Reset).await
    }

    async fn promise(
        &self,
        kind: IntentKind,
        realm: &Realm,
        dialect: Dialect,
        email: &EmailAddress,
        client: Option<ClientAddress>,
    ) -> Result<()> {
        let digest = email.digest();
        match self.limits.count_recovery(realm, &digest, client).await {
            Err(Error::RateLimited { .. }) => return Ok(()),
            counted => counted?,
        }
        let recipient = Recipient::Address {
            realm: realm.clone(),
            digest,
        };
        let intent = self
            .context
            .intent(kind, recipient, dialect, self.codes.current_version());
        Ok(self.context.store.put_intent(&intent).await?)
    }
}
