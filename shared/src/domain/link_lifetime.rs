//! How long a mailed link is good: the sender counts by it, mails and pages tell it.

use jiff::SignedDuration;

use super::Dialect;

/// How long a link to set a new password is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkLifetime {
    /// An hour.
    Hour,
    /// A day.
    Day,
}

impl LinkLifetime {
    /// That of a link which was asked for in this dialect: an hour, in document 001 a day.
    pub fn of_reset(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Security => Self::Day,
            Dialect::UserService | Dialect::Rbac | Dialect::Session | Dialect::Identify => {
                Self::Hour
            }
        }
    }

    /// The same as a length of time.
    pub fn duration(self) -> SignedDuration {
        match self {
            Self::Hour => SignedDuration::from_hours(1),
            Self::Day => SignedDuration::from_hours(24),
        }
    }
}
