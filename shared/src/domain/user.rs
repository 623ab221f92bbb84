//! A user: the account as every dialect sees it.

use jiff::Timestamp;

use super::{EmailAddress, Language, Realm, UserId, UserNumber};

const MAX_NAME_BYTES: usize = 128;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The core's name for it.
    pub id: UserId,
    /// The number that document 000 shows as `id`.
    pub number: UserNumber,
    /// Where its address is unique.
    pub realm: Realm,
    /// Its address.
    pub email: EmailAddress,
    /// First name, if it was ever given.
    pub first_name: Option<Name>,
    /// Last name, if it was ever given.
    pub last_name: Option<Name>,
    /// Language of its mails and of its tokens.
    pub language: Language,
    /// Rights in the User Service dialect; nothing in any other.
    pub level: PermissionLevel,
    /// May sign in (shown as confirmed, active, validated, status 1).
    pub confirmed: bool,
    /// When a secret mailed to the address came back. Not the same as `confirmed`: without e-mail confirmation an account is
    /// confirmed but unproved.
    pub email_proved_at: Option<Timestamp>,
    /// Barred by an administrator.
    pub suspended: bool,
    /// Raised by every event that ends sessions; equal to the credential's.
    pub credential_version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the password last changed: recoveries asked for before that are void.
    pub password_changed_at: Timestamp,
}

impl User {
    /// What everybody knows of the account's owner, and what a password therefore must not be.
    pub fn known_of_it(&self) -> Vec<&str> {
        let names = [&self.first_name, &self.last_name].into_iter().flatten();
        std::iter::once(self.email.canonical())
            .chain(names.map(Name::as_str))
            .collect()
    }
}

/// A first or last name: at most 128 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// Reads a name; `None` if it is too long.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() <= MAX_NAME_BYTES).then(|| Self(text.to_owned()))
    }

    /// The name as stored: it was checked when it was first read.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Rank in the User Service dialect (`permissionLevel`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PermissionLevel {
    /// 0, every new account.
    Standard,
    /// 1.
    Moderator,
    /// 2: the admin routes.
    Admin,
}

impl PermissionLevel {
    /// The number on the wire and in the store.
    pub fn as_number(self) -> u8 {
        match self {
            Self::Standard => 0,
            Self::Moderator => 1,
            Self::Admin => 2,
        }
    }

    /// The level with this number.
    pub fn from_number(number: u64) -> Option<Self> {
        [Self::Standard, Self::Moderator, Self::Admin]
            .into_iter()
            .find(|level| u64::from(level.as_number()) == number)
    }
}
