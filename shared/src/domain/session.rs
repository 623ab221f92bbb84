//! A session: what a sign-in opens and sign-out, expiry or a new credential version ends.

use jiff::Timestamp;

use super::{Dialect, SessionId, UserId};

/// One signed-in session of a user in one dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its name, `sid` in tokens.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// The dialect that opened it: it is good for no other.
    pub dialect: Dialect,
    /// The version of the credential that opened it: any other version ends it.
    pub credential_version: u64,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

impl Session {
    /// Whether it has ended by time.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }
}

/// One of the generations of a session, which every refresh follows by the next: what a rotating refresh token names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generation {
    /// Whose session.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// How often it has been refreshed.
    pub number: u64,
}

impl Generation {
    /// The one that follows.
    #[must_use]
    pub fn next(self) -> Self {
        Self {
            number: self.number + 1,
            ..self
        }
    }
}
