//! How long a mailed link is good: the sender counts by it, mails and pages tell it.

use jiff::SignedDuration;

use super::Dialect;

/// How long a mailed link is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkLifetime {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// Seven days.
    Week,
}

impl LinkLifetime {
    /// That of a link to set a new password which was asked for in this dialect: an hour, in document 001 a day.
    pub fn of_reset(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Security => Self::Day,
            Dialect::UserService
            | Dialect::Rbac
            | Dialect::Session
            | Dialect::Identify
            | Dialect::Pages => Self::Hour,
        }
    }

    /// That of a link to confirm an address which was registered in this dialect: a day, in document 003 seven.
    pub fn of_activation(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Session => Self::Week,
            Dialect::UserService
            | Dialect::Security
            | Dialect::Rbac
            | Dialect::Identify
            | Dialect::Pages => Self::Day,
        }
    }

    /// The same as a length of time.
    pub fn duration(self) -> SignedDuration {
        match self {
            Self::Hour => SignedDuration::from_hours(1),
            Self::Day => SignedDuration::from_hours(24),
            Self::Week => SignedDuration::from_hours(7 * 24),
        }
    }
}
