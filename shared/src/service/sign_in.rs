//! Signing in with a password.
//!
//! Owns what a right password opens. State is told after the right password only. The hash decides together with its version: a
//! password that changes meanwhile refuses the sign-in.

use std::time::Duration;

use jiff::SignedDuration;

use super::password_proof::{Claim, PasswordProof, Proven};
use super::registration::whole_milliseconds;
use super::{Context, Limits, tell};
use crate::domain::{
    ClientAddress, Dialect, EmailAddress, Password, Realm, Session, SessionId, User,
};
use crate::error::{Error, Result};
use crate::keys::ServerKey;
use crate::passwords::Passwords;
use crate::store::SignInUpdate;

/// Checks passwords and opens sessions.
#[derive(Debug, Clone)]
pub struct SignIn {
    context: Context,
    proof: PasswordProof,
}

/// Who wants to sign in.
#[derive(Debug)]
pub struct SignInRequest<'a> {
    /// Where the address is looked up.
    pub realm: Realm,
    /// The dialect that the session will be good for.
    pub dialect: Dialect,
    /// The address.
    pub email: &'a EmailAddress,
    /// The password.
    pub password: &'a Password,
    /// Who asks.
    pub client: Option<ClientAddress>,
    /// Whether an account that has not confirmed its address may sign in.
    pub admit_unconfirmed: bool,
    /// How long the session lives.
    pub session_lifetime: Duration,
}

/// An open session.
#[derive(Debug)]
pub struct SignedIn {
    /// Whose.
    pub user: User,
    /// The session.
    pub session: Session,
}

impl SignIn {
    /// Sign-in; `codes` is the key that mailed passwords are made with.
    pub fn new(context: Context, limits: Limits, passwords: Passwords, codes: ServerKey) -> Self {
        let proof = PasswordProof::new(context.clone(), limits, passwords, codes);
        Self { context, proof }
    }

    /// Opens a session for the right password. Two round trips, and one while the hash runs.
    ///
    /// # Errors
    /// [`Error::BadCredentials`]; [`Error::RateLimited`] while the account or the client is locked; after the right password
    /// [`Error::NotActivated`] or [`Error::Suspended`]; [`Error::Unavailable`].
    pub async fn sign_in(&self, request: SignInRequest<'_>) -> Result<SignedIn> {
        let claim = Claim {
            realm: &request.realm,
            address: request.email.digest(),
            password: request.password,
            dialect: request.dialect,
            client: request.client,
        };
        let proven = self.proof.prove(&claim).await?;
        let refused = if proven.user.is_barred() {
            Some(Error::Suspended)
        } else if !proven.user.confirmed && !request.admit_unconfirmed {
            Some(Error::NotActivated)
        } else {
            None
        };
        match refused {
            Some(refused) => {
                self.proof.forget_failures(&proven).await?;
                Err(refused)
            }
            None => self.open(&request, proven).await,
        }
    }

    async fn open(&self, request: &SignInRequest<'_>, proven: Proven) -> Result<SignedIn> {
        let Proven {
            user,
            version,
            as_known,
            rehashed,
            known_sources,
        } = proven;
        let now = whole_milliseconds(self.context.now());
        let update = SignInUpdate {
            user: user.id,
            version,
            admitted: true,
            as_known,
            known_sources,
            rehashed: rehashed.as_ref(),
        };
        let lifetime =
            SignedDuration::try_from(request.session_lifetime).unwrap_or(SignedDuration::MAX);
        let session = Session {
            id: SessionId::new(&*self.context.random),
            user: user.id,
            dialect: request.dialect,
            credential_version: version,
            created_at: now,
            expires_at: now + lifetime,
        };
        let (opened, recorded) = tokio::join!(
            self.context.store.put_session(&session),
            self.context.store.record_sign_in(&user, update, now),
        );
        opened?;
        if !recorded? {
            self.context
                .store
                .delete_session(session.user, session.id)
                .await?;
            return Err(Error::BadCredentials);
        }
        tell("signed-in", session.user);
        Ok(SignedIn { user, session })
    }
}
