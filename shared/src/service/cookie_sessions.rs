//! Sessions that a cookie holds: resuming, sliding, ending.
//!
//! Knows nothing of names and attributes of cookies, and opens no session: that is a sign-in's or a registration's.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::sessions::live;
use super::{Context, CurrentUser, Happening};
use crate::domain::{Attributes, Dialect, Outcome, Session, SessionCookie};
use crate::error::{Error, Result};

/// A session that is used lives on only if that gains it so much: one write a day is enough.
const EXTENDED_BY: SignedDuration = SignedDuration::from_hours(24);
/// However often it is used, a session ends after this time.
const LONGEST: SignedDuration = SignedDuration::from_hours(180 * 24);

/// Sessions of one dialect that cookies hold.
#[derive(Debug, Clone)]
pub struct CookieSessions {
    context: Context,
    dialect: Dialect,
    lifetime: SignedDuration,
}

/// A session that goes on.
#[derive(Debug)]
pub struct Resumed {
    /// Whom it speaks for.
    pub current: CurrentUser,
    /// Whether it lives longer by that, so that the cookie is to be sent again.
    pub extended: bool,
}

impl CookieSessions {
    /// Sessions of this dialect, which end when they have not been used for `lifetime`.
    pub fn new(context: Context, dialect: Dialect, lifetime: Duration) -> Self {
        Self {
            context,
            dialect,
            lifetime: SignedDuration::try_from(lifetime).unwrap_or(LONGEST),
        }
    }

    /// Whose live session a cookie holds. One round trip, and a second one at most once a day, when it lives on.
    ///
    /// # Errors
    /// [`Error::SessionEnded`], also for what is no cookie of ours; [`Error::Unavailable`].
    pub async fn resume(&self, cookie: &str) -> Result<Resumed> {
        let (resumed, _) = self.read(cookie, false).await?;
        Ok(resumed)
    }

    /// The same, and the user's attributes in the same round trip.
    ///
    /// # Errors
    /// As [`Self::resume`].
    pub async fn resume_with_attributes(&self, cookie: &str) -> Result<(Resumed, Attributes)> {
        self.read(cookie, true).await
    }

    /// Ends the session of this dialect that a cookie holds, if it holds one. One write.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn end(&self, cookie: &str) -> Result<()> {
        self.end_as(Outcome::SignedOut, cookie).await
    }

    /// The same, because another takes its place.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn replace(&self, cookie: &str) -> Result<()> {
        self.end_as(Outcome::SessionEnded, cookie).await
    }

    async fn end_as(&self, outcome: Outcome, cookie: &str) -> Result<()> {
        let Some(cookie) = SessionCookie::parse(cookie) else {
            return Ok(());
        };
        let (user, session) = (cookie.user(), cookie.session());
        let held = (self.dialect, &cookie.digest());
        let store = &self.context.store;
        if store.delete_held_session(user, session, held).await? {
            Happening::new(outcome, user).in_session(session).tell();
        }
        Ok(())
    }

    /// How long a session lives if it is not used again, to the nearest second: how long its cookie is to be kept.
    pub fn time_left(&self, session: &Session) -> Duration {
        let left = session.expires_at.duration_since(self.context.now());
        // What is stored is in whole milliseconds, so some of one is gone at once.
        let left = left.saturating_add(SignedDuration::from_millis(500));
        Duration::from_secs(u64::try_from(left.as_secs()).unwrap_or_default())
    }

    async fn read(&self, cookie: &str, with_attributes: bool) -> Result<(Resumed, Attributes)> {
        let cookie = SessionCookie::parse(cookie).ok_or(Error::SessionEnded)?;
        let (user, session) = (cookie.user(), cookie.session());
        let mut found = self
            .context
            .store
            .read_session(user, session, with_attributes)
            .await?;
        let attributes = found.attributes.take().unwrap_or_default();
        let current = live(found, self.dialect, self.context.now())?;
        if !cookie.holds(current.session()) {
            return Err(Error::SessionEnded);
        }
        Ok((self.slide(current).await?, attributes))
    }

    async fn slide(&self, current: CurrentUser) -> Result<Resumed> {
        let (session, now) = (current.session(), self.context.now());
        let Some(until) = self.extension(session, now) else {
            let extended = false;
            return Ok(Resumed { current, extended });
        };
        if !self
            .context
            .store
            .extend_session(session, until, now)
            .await?
        {
            return Err(Error::SessionEnded);
        }
        Ok(Resumed {
            current: current.extended(until),
            extended: true,
        })
    }

    /// Until when a session lives that is used now, if that is worth a write.
    fn extension(&self, session: &Session, now: Timestamp) -> Option<Timestamp> {
        let until = (now + self.lifetime).min(session.created_at + LONGEST);
        (until >= session.expires_at + EXTENDED_BY).then_some(until)
    }
}
