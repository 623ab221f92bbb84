//! An account as document 001 shows it: with what was noted of it and its last sign-in, which other items hold.

use jiff::Timestamp;

use super::super::Context;
use crate::domain::{Note, User};
use crate::error::Result;
use crate::store::Details;

/// Notes of one account that a list shows: an answer has to stay within what the gateway passes on.
const NOTES_IN_LIST: usize = 20;

/// An account with what is known of it beside its own item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserDetails {
    /// The account.
    pub user: User,
    /// What was noted of it, oldest first.
    pub notes: Vec<Note>,
    /// When its owner last signed in, through any dialect.
    pub last_sign_in: Option<Timestamp>,
}

/// Reads the details of accounts.
#[derive(Debug, Clone)]
pub struct UserDetailsService {
    context: Context,
}

impl UserDetailsService {
    /// Details in this store.
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// An account with all its details. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::error::Error::Unavailable).
    pub async fn of(&self, user: User) -> Result<UserDetails> {
        let store = &self.context.store;
        let mut found = store.find_details(std::slice::from_ref(&user)).await?;
        let details = found.remove(&user.id).unwrap_or_default();
        Ok(with(user, details))
    }

    /// Accounts in their order, each with its newest notes. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::error::Error::Unavailable).
    pub(super) async fn of_list(&self, users: Vec<User>) -> Result<Vec<UserDetails>> {
        let mut found = self.context.store.find_details(&users).await?;
        let listed = |user: User| {
            let mut details = found.remove(&user.id).unwrap_or_default();
            let older = details.notes.len().saturating_sub(NOTES_IN_LIST);
            details.notes.drain(..older);
            with(user, details)
        };
        Ok(users.into_iter().map(listed).collect())
    }
}

fn with(user: User, details: Details) -> UserDetails {
    UserDetails {
        user,
        notes: details.notes,
        last_sign_in: details.last_sign_in,
    }
}
