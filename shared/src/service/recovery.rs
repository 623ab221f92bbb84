//! Recovery: a new password by mail, or a link or a code to set one.
//!
//! Asking does the same for every address: the limiter, one intent, the answer. Whether there is an account is the sender's to
//! find out.

use aws_lc_rs::constant_time;

use super::password_proof::decoy;
use super::reset_code::ResetCode;
use super::{Context, Limits, tell};
use crate::domain::{
    ClientAddress, CodePurpose, Dialect, EmailAddress, IntentKind, NewPassword, OneTimeCode,
    Outcome, PasswordRule, Realm, Recipient, User, UserId,
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

    /// Promises a mail with six digits to set a new password with, which are good for 15 minutes and replace those before. Two writes
    /// at once, and one.
    ///
    /// # Errors
    /// [`Error::Unavailable`]. Over the limit nothing is sent and nothing is told.
    pub async fn mail_reset_code(
        &self,
        realm: &Realm,
        dialect: Dialect,
        email: &EmailAddress,
        client: Option<ClientAddress>,
    ) -> Result<()> {
        let kind = IntentKind::PasswordResetCode;
        self.promise(kind, realm, dialect, email, client).await
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
        self.set_password(&user, proof, typed, rule).await
    }

    /// Sets a new password with six digits that were mailed to this address: proves it, confirms the account, ends all sessions. The
    /// digits have five tries, counted before they are looked at, and set one password, also under concurrent calls. A password that
    /// may not be set by this rule leaves them as they are; where only what is known of the owner shows it, it costs a try.
    ///
    /// Two round trips for every address; a failure takes one more, success two and the hash.
    ///
    /// # Errors
    /// [`Error::WeakPassword`], first where the password and the address show it, else after the right digits; [`Error::InvalidCode`]
    /// for all else that is wrong: no six digits, the wrong ones, too late or too often, an address without an account;
    /// [`Error::RateLimited`] while the client is locked; [`Error::Unavailable`].
    pub async fn reset_by_code(
        &self,
        realm: &Realm,
        email: &EmailAddress,
        code: &str,
        typed: &str,
        rule: PasswordRule,
        client: Option<ClientAddress>,
    ) -> Result<()> {
        NewPassword::parse_by(typed, &[email.canonical()], rule)?;
        let code = ResetCode::parse(code).ok_or(Error::InvalidCode)?;
        let Some((user, proof)) = self.try_code(realm, email, &code, client).await? else {
            self.limits.count_failure(client).await;
            return Err(Error::InvalidCode);
        };
        self.set_password(&user, proof, typed, rule).await
    }

    /// Whether the code of a reset link looks live; only using it decides. Two reads.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn is_live(&self, code: &OneTimeCode) -> Result<bool> {
        self.context.is_live(code, CodePurpose::Reset).await
    }

    /// Whose code this is, and what it proves; nothing if it is wrong. An unknown address counts a try, too, of a code that nobody has.
    async fn try_code(
        &self,
        realm: &Realm,
        email: &EmailAddress,
        code: &ResetCode,
        client: Option<ClientAddress>,
    ) -> Result<Option<(User, CodeProof)>> {
        let (store, now) = (&self.context.store, self.context.now());
        let address = email.digest();
        let (allowed, credential) = tokio::join!(
            self.limits.check_sign_in(client),
            store.find_credential(realm, &address),
        );
        allowed?;
        let (user, version) = credential?.map_or_else(
            || (decoy(&address), 0),
            |credential| (credential.user, credential.version),
        );
        let purpose = CodePurpose::ResetCode;
        let (tried, user) = tokio::join!(
            store.try_code(user, purpose, version, now),
            store.find_user(user),
        );
        let (Some(tried), Some(user)) = (tried?, user?) else {
            return Ok(None);
        };
        let Some(key) = self.codes.version(tried.key_version) else {
            return Ok(None);
        };
        let digest = code.digest(key, tried.intent, user.id);
        let is_it = constant_time::verify_slices_are_equal(&digest.0, &tried.digest.0).is_ok();
        let proof = CodeProof {
            purpose,
            record: Some(tried.intent),
            digest,
        };
        Ok(is_it.then_some((user, proof)))
    }

    async fn set_password(
        &self,
        user: &User,
        proof: CodeProof,
        typed: &str,
        rule: PasswordRule,
    ) -> Result<()> {
        let password = NewPassword::parse_by(typed, &user.known_of_it(), rule)?;
        let hash = self
            .context
            .hash_next(&self.passwords, user, password.as_password(), rule)
            .await?;
        let (store, now) = (&self.context.store, self.context.now());
        if !store
            .reset_password(user, &hash, &Proof::Code(proof), now)
            .await?
        {
            return Err(Error::InvalidCode);
        }
        tell(Outcome::PasswordChanged, user.id);
        Ok(())
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
