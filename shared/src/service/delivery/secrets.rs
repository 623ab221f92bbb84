//! The secrets that mails carry: derived from their intent, and recorded before they are sent.

use aws_lc_rs::hmac;
use jiff::SignedDuration;

use super::super::reset_code::ResetCode;
use super::Delivery;
use crate::domain::{CodeDigest, CodePurpose, Dialect, Intent, MailedPassword, OneTimeCode, User};
use crate::keys::derive;
use crate::store::{CodeRecord, MailedCredential, Recorded, StoreError};

const MAILED_PASSWORD_LIFETIME: SignedDuration = SignedDuration::from_hours(1);
const RESET_CODE_LIFETIME: SignedDuration = SignedDuration::from_mins(15);

impl Delivery {
    /// Stores the code of an intent; nothing if it must not be sent (any more).
    pub(super) async fn record_code(
        &self,
        intent: &Intent,
        user: &User,
        purpose: CodePurpose,
        lifetime: SignedDuration,
    ) -> Result<Option<OneTimeCode>, StoreError> {
        self.record(intent, user, (purpose, lifetime), None).await
    }

    /// The same; beside the code is kept, sealed, the address that it is to prove, where that is not the account's own.
    pub(super) async fn record(
        &self,
        intent: &Intent,
        user: &User,
        (purpose, lifetime): (CodePurpose, SignedDuration),
        sealed_address: Option<&[u8]>,
    ) -> Result<Option<OneTimeCode>, StoreError> {
        let Some(key) = self.key(intent, user) else {
            return Ok(None);
        };
        let secret = secret(key, intent, user, purpose.as_str());
        let code = match intent.dialect {
            Dialect::Session => OneTimeCode::as_uuid(user.id, secret),
            _ => OneTimeCode::new(user.id, intent.id, secret),
        };
        let record = self.code_record(intent, user, (purpose, lifetime), code.digest());
        let record = CodeRecord {
            sealed_address,
            ..record
        };
        Ok(self.keep(&record).await?.then_some(code))
    }

    /// The same for the six digits that set a new password.
    pub(super) async fn record_reset_code(
        &self,
        intent: &Intent,
        user: &User,
    ) -> Result<Option<ResetCode>, StoreError> {
        let Some(key) = self.key(intent, user) else {
            return Ok(None);
        };
        let code = ResetCode::of_intent(key, intent.id, user.id);
        let digest = code.digest(key, intent.id, user.id);
        let of = (CodePurpose::ResetCode, RESET_CODE_LIFETIME);
        let record = CodeRecord {
            guessable_under: Some(intent.key_version),
            ..self.code_record(intent, user, of, digest)
        };
        Ok(self.keep(&record).await?.then_some(code))
    }

    /// The same for a password, which is kept beside the one that is there.
    pub(super) async fn record_password(
        &self,
        intent: &Intent,
        user: &User,
    ) -> Result<Option<MailedPassword>, StoreError> {
        let Some(key) = self.key(intent, user) else {
            return Ok(None);
        };
        let password = MailedPassword::from_bytes(&secret(key, intent, user, "password"));
        let now = self.context.now();
        let mailed = MailedCredential {
            intent: intent.id,
            digest: password.digest(key),
            key_version: intent.key_version,
            issued_at: intent.issued_at,
            expires_at: now + MAILED_PASSWORD_LIFETIME,
        };
        let store = &self.context.store;
        let recorded = store.put_mailed_password(user, &mailed, now).await?;
        Ok(recorded.then_some(password))
    }

    fn code_record(
        &self,
        intent: &Intent,
        user: &User,
        (purpose, lifetime): (CodePurpose, SignedDuration),
        digest: CodeDigest,
    ) -> CodeRecord<'static> {
        CodeRecord {
            user: user.id,
            purpose,
            intent: intent.id,
            issued_at: intent.issued_at,
            digest,
            credential_version: user.credential_version,
            expires_at: self.context.now() + lifetime,
            sealed_address: None,
            guessable_under: None,
        }
    }

    /// Stores a code; whether it is the live one, to be sent.
    async fn keep(&self, record: &CodeRecord<'_>) -> Result<bool, StoreError> {
        let (store, now) = (&self.context.store, self.context.now());
        let recorded = store.record_code(record, now).await?;
        Ok(recorded == Recorded::Live)
    }

    /// What an intent's secret is derived with. Nothing if the password has changed since, or the key is out of use.
    fn key(&self, intent: &Intent, user: &User) -> Option<&hmac::Key> {
        if intent.issued_at < user.password_changed_at {
            return None;
        }
        self.codes.version(intent.key_version)
    }
}

/// The secret of an intent: always the same.
fn secret(key: &hmac::Key, intent: &Intent, user: &User, purpose: &str) -> [u8; 32] {
    derive(
        key,
        &[&intent.id.0, purpose.as_bytes(), user.id.0.as_bytes()],
    )
}
