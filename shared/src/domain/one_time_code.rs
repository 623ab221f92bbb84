//! One-time codes that are mailed: self-addressing, so that consuming one is a keyed access and no search.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret, SecretBox, SecretString};

use super::{IntentId, UserId};

/// What a code is for. A user has at most one live code per purpose: a newer one replaces the older.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodePurpose {
    /// Proves the address of a new account.
    Activation,
    /// Sets a new password.
    Reset,
    /// Moves the account to the address that it was mailed to.
    EmailChange,
}

impl CodePurpose {
    /// The name in keys and in the derivation of the secret.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::Reset => "reset",
            Self::EmailChange => "email-change",
        }
    }
}

/// A code as mailed: base64url of user id (16 bytes), record id (16) and secret (32); 86 characters.
pub struct OneTimeCode {
    user: UserId,
    record: IntentId,
    secret: SecretBox<[u8; 32]>,
}

/// SHA-256 of a code's secret: the stored form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeDigest(pub [u8; 32]);

impl OneTimeCode {
    /// The code with this secret.
    pub fn new(user: UserId, record: IntentId, secret: [u8; 32]) -> Self {
        Self {
            user,
            record,
            secret: SecretBox::new(Box::new(secret)),
        }
    }

    /// Reads the mailed form; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 64] = BASE64URL_NOPAD
            .decode(text.as_bytes())
            .ok()?
            .try_into()
            .ok()?;
        let (ids, secret) = bytes.split_at(32);
        let (user, record) = ids.split_at(16);
        Some(Self::new(
            UserId(uuid::Uuid::from_slice(user).ok()?),
            IntentId(record.try_into().ok()?),
            secret.try_into().ok()?,
        ))
    }

    /// The form to mail.
    pub fn to_text(&self) -> SecretString {
        let mut bytes = [0; 64];
        bytes[..16].copy_from_slice(self.user.0.as_bytes());
        bytes[16..32].copy_from_slice(&self.record.0);
        bytes[32..].copy_from_slice(self.secret.expose_secret());
        BASE64URL_NOPAD.encode(&bytes).into()
    }

    /// Whose code it claims to be.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// The record it claims to be in.
    pub fn record(&self) -> IntentId {
        self.record
    }

    /// The stored form of its secret.
    pub fn digest(&self) -> CodeDigest {
        let found = digest(&SHA256, self.secret.expose_secret());
        CodeDigest(found.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::{IntentId, OneTimeCode, UserId};

    #[test]
    fn a_code_reads_back_as_it_was_written() {
        let code = OneTimeCode::new(
            UserId(uuid::Uuid::from_bytes([7; 16])),
            IntentId([8; 16]),
            [9; 32],
        );
        let text = code.to_text();
        let read = OneTimeCode::parse(text.expose_secret()).expect("its own text");
        assert_eq!(text.expose_secret().len(), 86);
        assert_eq!(
            (read.user(), read.record(), read.digest()),
            (code.user(), code.record(), code.digest())
        );
    }

    #[test]
    fn anything_else_is_no_code() {
        let long = "A".repeat(10_000);
        for text in [
            "",
            "123456",
            "not base64!",
            "AAAA",
            long.as_str(),
            &"A".repeat(87),
            &format!("{}=", "A".repeat(86)),
        ] {
            assert!(OneTimeCode::parse(text).is_none(), "{text:?}");
        }
    }
}
