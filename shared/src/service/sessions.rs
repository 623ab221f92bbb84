//! Sessions: who a token speaks for, refreshing, ending.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::{Context, Happening, Place};
use crate::domain::{
    Attributes, Dialect, Generation, Membership, Outcome, PermissionLevel, ProjectId, Session, User,
};
use crate::error::{Error, Result};
use crate::store::{REFRESH_WINDOW, Rotated, Touched, UserAndSession};
use crate::tokens::{Subject, TokenUse, TokenVerifier};

/// A token that names an unknown key has the keys read again, at most so often.
const LOOK_FOR_KEYS_AFTER: SignedDuration = SignedDuration::from_mins(1);

/// Whoever comes with a used refresh token within this time gets the same successor: clients try again what they had no answer to.
const REFRESH_GRACE: SignedDuration = SignedDuration::from_secs(10);

/// Keys that were read again count for so long: until the function has looked for changes itself. Later one of them may have been
/// withdrawn.
const FOUND_KEYS_LAST: SignedDuration = SignedDuration::from_mins(5);

/// Judges tokens by the sessions behind them.
#[derive(Debug, Clone)]
pub struct Sessions {
    pub(super) context: Context,
    keys: Arc<Keys>,
}

/// The keys that tokens are verified with.
#[derive(Debug)]
struct Keys {
    /// As the function knows them.
    given: TokenVerifier,
    /// As they were read again for a token, and when.
    found: Mutex<Option<(TokenVerifier, Timestamp)>>,
    /// Held while they are read again.
    read_at: tokio::sync::Mutex<Timestamp>,
}

impl Keys {
    fn verifier(&self, now: Timestamp) -> TokenVerifier {
        match &*self.found() {
            Some((found, at)) if now < *at + FOUND_KEYS_LAST => found.clone(),
            _ => self.given.clone(),
        }
    }

    fn found(&self) -> MutexGuard<'_, Option<(TokenVerifier, Timestamp)>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Proof that a caller holds a live session: only [`Sessions`] makes one, and services that act for a user demand one.
#[derive(Debug, Clone)]
pub struct CurrentUser {
    user: User,
    session: Session,
}

/// Proof that a caller is an administrator of the User Service dialect.
#[derive(Debug, Clone)]
pub struct UserServiceAdmin(CurrentUser);

impl UserServiceAdmin {
    /// Who it is, and by which session.
    pub fn current(&self) -> &CurrentUser {
        &self.0
    }
}

impl CurrentUser {
    /// Who it is.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// By which session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Proof that the caller is an administrator of the User Service dialect.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub fn into_user_service_admin(self) -> Result<UserServiceAdmin> {
        if self.user.level != PermissionLevel::Admin {
            return Err(Error::Forbidden);
        }
        Ok(UserServiceAdmin(self))
    }

    /// Whoever made sure of both may say so.
    pub(super) fn of(user: User, session: Session) -> Self {
        Self { user, session }
    }

    /// The account after a change of its profile.
    pub(super) fn into_updated(self, user: User) -> Self {
        Self { user, ..self }
    }

    /// The same by a session that lives on until then.
    pub(super) fn extended(self, until: Timestamp) -> Self {
        let session = Session {
            expires_at: until,
            ..self.session
        };
        Self { session, ..self }
    }
}

impl Sessions {
    /// Sessions behind tokens that `verifier` accepts.
    pub fn new(context: Context, verifier: TokenVerifier) -> Self {
        let keys = Keys {
            given: verifier,
            found: Mutex::default(),
            read_at: tokio::sync::Mutex::new(context.now()),
        };
        Self {
            context,
            keys: Arc::new(keys),
        }
    }

    /// Whose live session an access token speaks for. One round trip.
    ///
    /// # Errors
    /// [`Error::InvalidToken`]; [`Error::ExpiredToken`]; [`Error::SessionEnded`]; [`Error::Unavailable`].
    pub async fn authorise(&self, token: &str, dialect: Dialect) -> Result<CurrentUser> {
        let subject = self.verify(token, TokenUse::Access, dialect).await?;
        let found = self
            .context
            .store
            .read_session(subject.user, subject.session, false)
            .await?;
        live(found, dialect, self.context.now())
    }

    /// The same, and the user's attributes in the same round trip.
    ///
    /// # Errors
    /// As [`Self::authorise`].
    pub async fn authorise_with_attributes(
        &self,
        token: &str,
        dialect: Dialect,
    ) -> Result<(CurrentUser, Attributes)> {
        let subject = self.verify(token, TokenUse::Access, dialect).await?;
        let mut found = self
            .context
            .store
            .read_session(subject.user, subject.session, true)
            .await?;
        let attributes = found.attributes.take().unwrap_or_default();
        Ok((live(found, dialect, self.context.now())?, attributes))
    }

    /// What stands behind an access token of document 004 in a project, and what the project knows of its user. One round trip.
    ///
    /// # Errors
    /// [`Error::InvalidToken`], also for a token of another project; [`Error::ExpiredToken`]; [`Error::Unavailable`].
    pub(super) async fn read_in_project(
        &self,
        token: &str,
        project: ProjectId,
    ) -> Result<(UserAndSession, Membership)> {
        let dialect = Dialect::Identify;
        let subject = self.verify(token, TokenUse::Access, dialect).await?;
        if subject.project != Some(project) {
            return Err(Error::InvalidToken);
        }
        let store = &self.context.store;
        Ok(tokio::try_join!(
            store.read_session(subject.user, subject.session, true),
            store.find_membership(subject.user, project),
        )?)
    }

    /// Uses a refresh token. One round trip.
    ///
    /// # Errors
    /// [`Error::InvalidRefreshToken`]; [`Error::ExpiredToken`]; [`Error::SessionEnded`]; [`Error::NotActivated`];
    /// [`Error::RateLimited`] after 60 in a minute; [`Error::Unavailable`].
    pub async fn refresh(&self, token: &str, dialect: Dialect) -> Result<CurrentUser> {
        let Subject { user, session, .. } =
            match self.verify(token, TokenUse::Refresh, dialect).await {
                Err(Error::InvalidToken) => return Err(Error::InvalidRefreshToken),
                verified => verified?,
            };
        let (touched, user) = tokio::join!(
            self.context
                .store
                .touch_session(user, session, self.context.now()),
            self.context.store.find_user(user),
        );
        let session = match touched? {
            Touched::Live(session) => Some(session),
            Touched::Ended => None,
            Touched::TooOften => {
                return Err(Error::RateLimited {
                    retry_after: REFRESH_WINDOW.unsigned_abs(),
                });
            }
        };
        let found = UserAndSession {
            user: user?,
            session,
            attributes: None,
        };
        let current = live(found, dialect, self.context.now())?;
        if !current.user.confirmed {
            return Err(Error::NotActivated);
        }
        Ok(current)
    }

    /// Whether this is an access token of the dialect, expired or not: for whoever has to know before the rest of the request is read.
    /// Makes no call, unless the token names a key that is not known.
    ///
    /// # Errors
    /// [`Error::InvalidRefreshToken`]; [`Error::Unavailable`].
    pub async fn verify_even_expired(
        &self,
        access_token: &str,
        dialect: Dialect,
    ) -> Result<Subject> {
        self.subject_of_expired(access_token, dialect).await
    }

    /// Whether an access token, which may have expired, is of the session that a refresh token names. By document 004 it is of a
    /// project and a device, too. Calls as [`Self::verify_even_expired`] does.
    ///
    /// # Errors
    /// [`Error::InvalidRefreshToken`]; [`Error::Unavailable`].
    pub async fn verify_for_rotation(
        &self,
        generation: &Generation,
        access_token: &str,
        dialect: Dialect,
        place: Option<Place>,
    ) -> Result<Subject> {
        let subject = self.subject_of_expired(access_token, dialect).await?;
        let same = (subject.user, subject.session) == (generation.user, generation.session);
        let there = (subject.project, subject.device)
            == (place.map(|at| at.project), place.map(|at| at.device));
        if same && there {
            Ok(subject)
        } else {
            Err(Error::InvalidRefreshToken)
        }
    }

    /// A user as stored, whose token has been verified. One read.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn user_of(&self, subject: &Subject) -> Result<Option<User>> {
        Ok(self.context.store.find_user(subject.user).await?)
    }

    /// Uses a rotating refresh token up, which [`Self::verify_for_rotation`] has found to be of the caller's session. Whoever comes
    /// with the same token within ten seconds gets the same successor; after that, two have it, and the session ends. One round
    /// trip.
    ///
    /// # Errors
    /// [`Error::InvalidRefreshToken`], whatever is wrong; [`Error::RateLimited`] after 60 in a minute; [`Error::Unavailable`].
    pub async fn rotate(
        &self,
        generation: Generation,
        dialect: Dialect,
    ) -> Result<(CurrentUser, Generation)> {
        let now = self.context.now();
        let store = &self.context.store;
        let (rotated, user) = tokio::join!(
            store.rotate_session(&generation, REFRESH_GRACE, now),
            store.find_user(generation.user),
        );
        let session = match rotated? {
            Rotated::Live(session) => session,
            Rotated::Ended => return Err(Error::InvalidRefreshToken),
            Rotated::TooOften => {
                return Err(Error::RateLimited {
                    retry_after: REFRESH_WINDOW.unsigned_abs(),
                });
            }
            Rotated::Reused => {
                store
                    .delete_session(generation.user, generation.session)
                    .await?;
                let reused = Happening::new(Outcome::RefreshTokenReused, generation.user);
                reused.in_session(generation.session).tell();
                tracing::warn!(user.id = %generation.user, "a refresh token came a second time: its session has ended");
                return Err(Error::InvalidRefreshToken);
            }
        };
        let found = UserAndSession {
            user: user?,
            session: Some(session),
            attributes: None,
        };
        match live(found, dialect, now) {
            Ok(current) => Ok((current, generation.next())),
            Err(Error::SessionEnded) => Err(Error::InvalidRefreshToken),
            Err(other) => Err(other),
        }
    }

    async fn subject_of_expired(&self, token: &str, dialect: Dialect) -> Result<Subject> {
        let mut verifier = self.keys.verifier(self.context.now());
        if verifier.misses_key_of(token) {
            verifier = self.look_for_key_of(token).await?;
        }
        verifier
            .verify_expired(token, TokenUse::Access, dialect)
            .map_err(|_| Error::InvalidRefreshToken)
    }

    /// Ends the caller's session. One write.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn end(&self, current: &CurrentUser) -> Result<()> {
        let session = &current.session;
        self.context
            .store
            .delete_session(session.user, session.id)
            .await?;
        let signed_out = Happening::new(Outcome::SignedOut, session.user);
        signed_out.in_session(session.id).tell();
        Ok(())
    }

    /// Verifies a token; if it names a key that is not known, with the keys as they are published by now.
    pub(super) async fn verify(
        &self,
        token: &str,
        token_use: TokenUse,
        dialect: Dialect,
    ) -> Result<Subject> {
        let mut verifier = self.keys.verifier(self.context.now());
        if verifier.misses_key_of(token) {
            verifier = self.look_for_key_of(token).await?;
        }
        verifier.verify(token, token_use, dialect)
    }

    /// Whoever comes while the keys are read waits for them.
    async fn look_for_key_of(&self, token: &str) -> Result<TokenVerifier> {
        let mut read_at = self.keys.read_at.lock().await;
        let now = self.context.now();
        let known = self.keys.verifier(now);
        if !known.misses_key_of(token) || now < *read_at + LOOK_FOR_KEYS_AFTER {
            return Ok(known);
        }
        let installation = self.context.store.find_installation().await?;
        // Not before: while they cannot be read, nobody knows that the token is not ours.
        *read_at = now;
        let renewed = known.with_keys(&installation.key_set)?;
        *self.keys.found() = Some((renewed.clone(), now));
        Ok(renewed)
    }
}

/// Whom a session speaks for, if it lives.
///
/// # Errors
/// [`Error::SessionEnded`].
pub(super) fn live(found: UserAndSession, dialect: Dialect, now: Timestamp) -> Result<CurrentUser> {
    let (Some(user), Some(session)) = (found.user, found.session) else {
        return Err(Error::SessionEnded);
    };
    let lives = session.dialect == dialect
        && session.credential_version == user.credential_version
        && !session.is_expired(now);
    lives
        .then_some(CurrentUser { user, session })
        .ok_or(Error::SessionEnded)
}
