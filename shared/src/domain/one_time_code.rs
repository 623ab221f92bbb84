//! One-time codes that are mailed: they name their user, so that consuming one is a keyed access and no search.

use secrecy::{ExposeSecret, SecretBox, SecretString};
use uuid::fmt::Hyphenated;
use uuid::{Builder, Uuid};

use super::addressed_secret::{AddressedSecret, sha256};
use super::{IntentId, UserId};

/// What a code is for. A user has at most one live code per purpose: a newer one replaces the older.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodePurpose {
    /// Proves the address of a new account.
    Activation,
    /// Sets a new password, by a link.
    Reset,
    /// Sets a new password, by six digits (document 004).
    ResetCode,
    /// Moves the account to the address that it was mailed to.
    EmailChange,
}

impl CodePurpose {
    /// The name in keys and in the derivation of the secret.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::Reset => "reset",
            Self::ResetCode => "reset-code",
            Self::EmailChange => "email-change",
        }
    }
}

/// A code as mailed.
pub struct OneTimeCode(Form);

enum Form {
    /// Names user and record by itself; 86 characters.
    Whole(AddressedSecret),
    /// A version 4 UUID (document 003), which goes with a user id: 122 secret bits.
    Uuid {
        user: UserId,
        uuid: SecretBox<[u8; 16]>,
    },
}

/// The stored form of a code: SHA-256 of its secret; where that can be guessed, a keyed digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeDigest(pub [u8; 32]);

impl OneTimeCode {
    /// The code with this secret.
    pub fn new(user: UserId, record: IntentId, secret: [u8; 32]) -> Self {
        Self(Form::Whole(AddressedSecret::new(user, record.0, secret)))
    }

    /// The same secret as a UUID.
    pub fn as_uuid(user: UserId, secret: [u8; 32]) -> Self {
        let (bytes, _) = secret.split_first_chunk().expect("half of the secret");
        let uuid = Builder::from_random_bytes(*bytes).into_uuid();
        Self::of_uuid(user, uuid)
    }

    /// Reads a code that names its user; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        AddressedSecret::parse(text).map(|code| Self(Form::Whole(code)))
    }

    /// Reads a code that goes with a user id, in either form; `None` for that of another user, and for anything else.
    pub fn parse_of(user: UserId, text: &str) -> Option<Self> {
        if text.len() == Hyphenated::LENGTH {
            let uuid = Uuid::try_parse(text).ok()?;
            return Some(Self::of_uuid(user, uuid));
        }
        Self::parse(text).filter(|code| code.user() == user)
    }

    fn of_uuid(user: UserId, uuid: Uuid) -> Self {
        let uuid = SecretBox::new(Box::new(uuid.into_bytes()));
        Self(Form::Uuid { user, uuid })
    }

    /// The form to mail.
    pub fn to_text(&self) -> SecretString {
        match &self.0 {
            Form::Whole(code) => code.to_text(),
            Form::Uuid { uuid, .. } => Uuid::from_bytes(*uuid.expose_secret()).to_string().into(),
        }
    }

    /// Whose code it claims to be.
    pub fn user(&self) -> UserId {
        match &self.0 {
            Form::Whole(code) => code.user,
            Form::Uuid { user, .. } => *user,
        }
    }

    /// The record it claims to be in, if it names one. A UUID is in whichever there is.
    pub fn record(&self) -> Option<IntentId> {
        match &self.0 {
            Form::Whole(code) => Some(IntentId(code.record)),
            Form::Uuid { .. } => None,
        }
    }

    /// The stored form of its secret.
    pub fn digest(&self) -> CodeDigest {
        CodeDigest(match &self.0 {
            Form::Whole(code) => code.digest(),
            Form::Uuid { uuid, .. } => sha256(uuid.expose_secret()),
        })
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::{IntentId, OneTimeCode, UserId};

    const USER: UserId = UserId(uuid::Uuid::from_bytes([7; 16]));

    #[test]
    fn a_code_reads_back_in_either_form() {
        let whole = OneTimeCode::new(USER, IntentId([8; 16]), [9; 32]);
        let uuid = OneTimeCode::as_uuid(USER, [9; 32]);
        for (code, length) in [(whole, 86), (uuid, 36)] {
            let text = code.to_text();
            let read = OneTimeCode::parse_of(USER, text.expose_secret()).expect("its own text");
            assert_eq!(text.expose_secret().len(), length);
            assert_eq!(
                (read.user(), read.record(), read.digest()),
                (code.user(), code.record(), code.digest())
            );
        }
    }

    #[test]
    fn a_uuid_is_of_version_4() {
        let text = OneTimeCode::as_uuid(USER, [0xff; 32]).to_text();
        assert_eq!(text.expose_secret(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn a_code_of_another_user_is_none() {
        let other = UserId(uuid::Uuid::from_bytes([6; 16]));
        let text = OneTimeCode::new(USER, IntentId([8; 16]), [9; 32]).to_text();
        assert!(OneTimeCode::parse_of(other, text.expose_secret()).is_none());
    }

    #[test]
    fn anything_else_is_no_code() {
        for text in [
            "",
            "123456",
            "ffffffffffff4fffbfffffffffffffff",
            "{ffffffff-ffff-4fff-bfff-ffffffffff}",
            "gfffffff-ffff-4fff-bfff-ffffffffffff",
            &"A".repeat(87),
        ] {
            assert!(OneTimeCode::parse_of(USER, text).is_none(), "{text:?}");
        }
    }
}
