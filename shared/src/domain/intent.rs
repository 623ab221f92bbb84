//! Intents: what the platform has promised to do after its answer (send a mail, erase what a deleted user leaves behind).
//!
//! An intent is written in the transaction of the event it is about and holds no secret: the sender derives the code from the
//! intent's id, so that a redelivery carries the same one.

use jiff::Timestamp;

use super::{AddressDigest, Dialect, IntentId, PermissionNumber, Realm, RoleNumber, UserId};

/// One promise in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Its name, and that of the code record that comes of it.
    pub id: IntentId,
    /// What to do.
    pub kind: IntentKind,
    /// For whom.
    pub recipient: Recipient,
    /// The dialect it came in by.
    pub dialect: Dialect,
    /// Version of the code key that the secret is derived with.
    pub key_version: u32,
    /// When it was promised.
    pub issued_at: Timestamp,
}

/// What an intent promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntentKind {
    /// Mail the link that confirms the address.
    Activation,
    /// Mail a new password (document 000).
    MailedPassword,
    /// Mail the link to set a new password.
    PasswordReset,
    /// Mail the six digits to set a new password with (document 004).
    PasswordResetCode,
    /// Mail the link by which a new administrator sets a password.
    Invitation,
    /// Tell the owner that guessing has locked the account for strangers.
    LockoutNotice,
    /// Mail the link that moves an account to another address, to that one.
    EmailChange,
    /// Tell the former address that the account has another one.
    EmailChangedNotice,
    /// Tell the owner that the password was changed.
    PasswordChangedNotice,
    /// Tell who signs up with an address that has an account: confirm it, or sign in.
    RegisteredAgain,
    /// Tell the owner that the second factor was turned on, turned off or reset.
    SecondFactorNotice,
    /// Erase what a deleted user, role or permission leaves behind.
    Erase,
}

impl IntentKind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Activation,
        Self::MailedPassword,
        Self::PasswordReset,
        Self::PasswordResetCode,
        Self::Invitation,
        Self::LockoutNotice,
        Self::EmailChange,
        Self::EmailChangedNotice,
        Self::PasswordChangedNotice,
        Self::RegisteredAgain,
        Self::SecondFactorNotice,
        Self::Erase,
    ];

    /// The name as stored and logged.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::MailedPassword => "mailed-password",
            Self::PasswordReset => "password-reset",
            Self::PasswordResetCode => "password-reset-code",
            Self::Invitation => "invitation",
            Self::LockoutNotice => "lockout-notice",
            Self::EmailChange => "email-change",
            Self::EmailChangedNotice => "email-changed-notice",
            Self::PasswordChangedNotice => "password-changed-notice",
            Self::RegisteredAgain => "registered-again",
            Self::SecondFactorNotice => "second-factor-notice",
            Self::Erase => "erase",
        }
    }

    /// The kind of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Whom an intent is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// A known account.
    User(UserId),
    /// A known account, at an address that is not its own, any more or yet: sealed, since nothing else holds it.
    SealedAddress {
        /// The account.
        user: UserId,
        /// The address. The context of the seal begins with the intent's id.
        sealed: Vec<u8>,
    },
    /// Whoever has this address, if anybody: the request did not look, so that it costs the same for all.
    Address {
        /// Where the address is looked up.
        realm: Realm,
        /// The address, as keys hold it.
        digest: AddressDigest,
    },
    /// A role that was deleted.
    Role(RoleNumber),
    /// A permission that was deleted.
    Permission(PermissionNumber),
}
