//! One's own sessions, of all dialects: seeing them, ending one, ending all others.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::{Context, CurrentUser, Happening, tell};
use crate::domain::{Dialect, Outcome, SessionId, User};
use crate::error::{Error, Result};
use crate::store::{AccountChange, Changed, ListedSession};

/// Shows and ends the caller's sessions.
#[derive(Debug, Clone)]
pub struct OwnSessions {
    context: Context,
}

/// One of the caller's live sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnSession {
    /// Its name.
    pub id: SessionId,
    /// Where it was opened.
    pub dialect: Dialect,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last seen to be used: of one that a cookie holds to within a day, of one that is refreshed its last refresh.
    pub used_at: Timestamp,
    /// Whether the caller asks by it.
    pub is_current: bool,
}

impl OwnSessions {
    /// Sessions in this store.
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// The caller's live sessions, the present one first, then the last used first. One query.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list(&self, current: &CurrentUser) -> Result<Vec<OwnSession>> {
        let user = current.user();
        let now = self.context.now();
        let listed = self.context.store.list_sessions(user.id).await?;
        let lives = |listed: &ListedSession| {
            let session = &listed.session;
            session.credential_version == user.credential_version && !session.is_expired(now)
        };
        let mut sessions: Vec<_> = listed
            .into_iter()
            .filter(lives)
            .map(|ListedSession { session, used_at }| OwnSession {
                id: session.id,
                dialect: session.dialect,
                created_at: session.created_at,
                used_at,
                is_current: session.id == current.session().id,
            })
            .collect();
        sessions.sort_by_key(|session| (!session.is_current, Reverse(session.used_at)));
        Ok(sessions)
    }

    /// Ends one of the caller's sessions; one that is not there has ended. One write.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn end(&self, current: &CurrentUser, session: SessionId) -> Result<()> {
        let user = current.user().id;
        if self.context.store.delete_session(user, session).await? {
            let ended = Happening::new(Outcome::SessionEnded, user);
            ended.in_session(session).tell();
        }
        Ok(())
    }

    /// Ends all of the caller's sessions but the present one, also one that is being opened meanwhile. Voids mailed codes. One
    /// transaction.
    ///
    /// # Errors
    /// [`Error::SessionEnded`] if the account changed since the caller was authorised; [`Error::Unavailable`].
    pub async fn end_others(&self, current: &CurrentUser) -> Result<()> {
        let before = current.user();
        let after = User {
            credential_version: before.credential_version + 1,
            ..before.clone()
        };
        let change = AccountChange {
            carried: Some(current.session()),
            ..AccountChange::new(before, &after)
        };
        match self.context.store.change_account(&change).await? {
            Changed::Done => {}
            Changed::Stale | Changed::Taken | Changed::LastRoot | Changed::NotesFull => {
                return Err(Error::SessionEnded);
            }
        }
        tell(Outcome::SessionsEnded, before.id);
        Ok(())
    }
}
