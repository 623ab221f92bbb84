//! Sessions that are about to open.
//!
//! Between what proves somebody and the writes that use it up stand the tokens. So while nothing can be signed, no code and no
//! challenge is used up, no password changes, and no session is left that nobody holds.

use super::second_factor::RightAnswer;
use super::sign_in::RightPassword;
use super::{SignIn, SignedIn};
use crate::domain::{Session, SessionCookie, User};
use crate::error::Result;

/// A session of somebody who has proved all that is asked for. It is not open yet.
#[must_use = "a session does not open by itself"]
pub struct Opening<'a> {
    pub(super) sign_in: &'a SignIn,
    /// As they are once it is open.
    pub(super) user: User,
    pub(super) session: Session,
    pub(super) cookie: Option<SessionCookie>,
    pub(super) shown: Shown,
}

/// What was proved, and is used up when the session opens.
pub(super) enum Shown {
    Password(Box<RightPassword>),
    Answer(Box<RightAnswer>),
}

impl Opening<'_> {
    /// Whose it is.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// The session, for tokens to name.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Opens it. One round trip, and one more if the password changes by the way.
    ///
    /// # Errors
    /// [`Error::BadCredentials`](crate::error::Error::BadCredentials), or for the answer to a challenge
    /// [`Error::ChallengeOver`](crate::error::Error::ChallengeOver) and [`Error::WrongAnswer`](crate::error::Error::WrongAnswer), if what
    /// was proved has changed since or was used up; [`Error::Unavailable`](crate::error::Error::Unavailable).
    pub async fn open(self) -> Result<SignedIn> {
        let Self {
            sign_in,
            user,
            session,
            cookie,
            shown,
        } = self;
        match shown {
            Shown::Password(right) => sign_in.open(*right, &user, &session).await?,
            Shown::Answer(right) => sign_in.complete(*right, &session).await?,
        }
        Ok(SignedIn {
            user,
            session,
            cookie,
        })
    }

    /// Opens it if its tokens could be made. If not, that was no guess: the failures are set back. One round trip.
    ///
    /// # Errors
    /// That of the tokens; those of [`Self::open`].
    pub async fn open_with<T>(self, tokens: Result<T>) -> Result<(SignedIn, T)> {
        if let (Err(_), Shown::Password(right)) = (&tokens, &self.shown) {
            self.sign_in.forgive(right).await?;
        }
        let tokens = tokens?;
        Ok((self.open().await?, tokens))
    }
}
