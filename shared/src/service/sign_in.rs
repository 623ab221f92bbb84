//! Signing in with a password.
//!
//! Owns what a right password opens. State is told after the right password only. The hash decides together with its version: a
//! password that changes meanwhile refuses the sign-in. An account with a second factor is opened by none of it alone: its code
//! comes with the password, or is asked for by a challenge (`second_factor`).

use std::time::Duration;

use super::password_proof::{Claim, PasswordProof, Proven};
use super::registration::whole_milliseconds;
use super::second_factor::Authenticators;
use super::{Context, Elsewhere, Limits, signing_in, tell};
use crate::domain::{
    ClientAddress, DeviceId, Dialect, EmailAddress, Outcome, Password, ProjectId, Realm, Session,
    SessionCookie, User,
};
use crate::error::{Error, Result};
use crate::keys::{SealingKey, ServerKey};
use crate::passwords::Passwords;
use crate::store::{SignInUpdate, Used};

/// Checks passwords and opens sessions.
#[derive(Debug, Clone)]
pub struct SignIn {
    pub(super) context: Context,
    pub(super) proof: PasswordProof,
    pub(super) authenticators: Authenticators,
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
    /// What proves the second factor beside it: a code of the authenticator, or a recovery code.
    pub second_factor: Option<&'a str>,
    /// Who asks.
    pub client: Option<ClientAddress>,
    /// Whether an account that has not confirmed its address may sign in.
    pub admit_unconfirmed: bool,
    /// The project and the device that the session will be good for (document 004).
    pub place: Option<Place>,
    /// How long the session lives.
    pub session_lifetime: Duration,
}

/// Where somebody signs in by document 004.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The project.
    pub project: ProjectId,
    /// The device.
    pub device: DeviceId,
}

/// An open session.
#[derive(Debug)]
pub struct SignedIn {
    /// Whose.
    pub user: User,
    /// The session.
    pub session: Session,
    /// What holds it, if the dialect has cookies.
    pub cookie: Option<SessionCookie>,
}

impl SignIn {
    /// Sign-in. One key is that which mailed passwords are made with, the other opens the seeds of authenticators.
    pub fn new(
        context: Context,
        limits: Limits,
        passwords: Passwords,
        (codes, seal): (ServerKey, SealingKey),
    ) -> Self {
        let proof = PasswordProof::new(context.clone(), limits, passwords, codes);
        Self {
            context,
            proof,
            authenticators: Authenticators::new(seal),
        }
    }

    /// Opens a session for the right password. Two round trips, and one while the hash runs.
    ///
    /// # Errors
    /// [`Error::BadCredentials`], also for a wrong second factor; [`Error::RateLimited`] while the account or the client is locked;
    /// after the right password [`Error::NotActivated`], [`Error::Suspended`] or [`Error::SecondFactorRequired`];
    /// [`Error::Unavailable`].
    pub async fn sign_in(&self, request: SignInRequest<'_>) -> Result<SignedIn> {
        self.sign_in_from(request, None).await
    }

    /// The same, and who has no account here may have one elsewhere, which is taken over. That takes up to two calls beside the hash,
    /// another hash and a transaction.
    ///
    /// # Errors
    /// Those of [`Self::sign_in`].
    pub async fn sign_in_from(
        &self,
        request: SignInRequest<'_>,
        elsewhere: Option<&Elsewhere<'_>>,
    ) -> Result<SignedIn> {
        let claim = Claim {
            realm: &request.realm,
            address: request.email.digest(),
            password: request.password,
            dialect: request.dialect,
            client: request.client,
            project: request.place.map(|place| place.project),
            elsewhere,
        };
        let proven = self.proof.prove(&claim).await?;
        if let Some(refused) = refusal(&proven.user, request.admit_unconfirmed) {
            self.proof.forget_failures(&proven).await?;
            return Err(refused);
        }
        let used = self.prove_factor(&request, &proven).await?;
        let (dialect, lifetime) = (request.dialect, request.session_lifetime);
        self.open(dialect, lifetime, proven, used, request.place)
            .await
    }

    /// What proves the second factor, where one is asked for. Until it is proved the attempt stays counted: who knows the password
    /// may not guess it any faster than a password.
    async fn prove_factor(
        &self,
        request: &SignInRequest<'_>,
        proven: &Proven,
    ) -> Result<Option<Used>> {
        if proven.user.second_factor.is_none() {
            return Ok(None);
        }
        let given = request.second_factor.ok_or(Error::SecondFactorRequired)?;
        let authenticator = proven.authenticator.as_ref();
        let now = self.context.now();
        let used = self
            .authenticators
            .check(proven.user.id, authenticator, given, now);
        if used.is_none() {
            tell(Outcome::WrongSecondFactor, proven.user.id);
            self.proof.limits.count_failure(request.client).await;
            return Err(Error::BadCredentials);
        }
        Ok(used)
    }

    /// Opens a session for what was proved.
    pub(super) async fn open(
        &self,
        dialect: Dialect,
        lifetime: Duration,
        proven: Proven,
        factor: Option<Used>,
        place: Option<Place>,
    ) -> Result<SignedIn> {
        let now = whole_milliseconds(self.context.now());
        let (session, cookie) =
            self.context
                .new_session(proven.user.id, dialect, proven.version, lifetime);
        let session = Session {
            project: place.map(|place| place.project),
            device: place.map(|place| place.device),
            ..session
        };
        let update = SignInUpdate {
            user: proven.user.id,
            version: proven.version,
            admitted: true,
            as_known: proven.as_known,
            known_sources: proven.known_sources,
            rehashed: proven.rehashed.as_ref(),
            used: factor,
        };
        let (user, membership) = (proven.user, proven.membership);
        let visited = async {
            match place {
                Some(place) => {
                    let (account, version) = (user.id, Some(proven.version));
                    self.context
                        .remember_sign_in((account, version), place, &membership, now)
                        .await
                }
                None => Ok(true),
            }
        };
        let used_recovery_code = matches!(update.used, Some(Used::RecoveryCode(_)));
        let store = &self.context.store;
        let writes = Box::pin(async {
            let (opened, recorded, visited) = tokio::join!(
                store.put_session(&session),
                store.record_sign_in(&user, update, now),
                visited,
            );
            opened?;
            Ok(recorded? && visited?)
        });
        if !signing_in(&session, writes).await? {
            store.delete_session(session.user, session.id).await?;
            return Err(Error::BadCredentials);
        }
        if used_recovery_code {
            tell(Outcome::RecoveryCodeUsed, session.user);
        }
        Ok(SignedIn {
            user,
            session,
            cookie,
        })
    }
}

/// Why an account's state keeps it out, which only who has the password is told.
pub(super) fn refusal(user: &User, admit_unconfirmed: bool) -> Option<Error> {
    if user.is_barred() {
        return Some(Error::Suspended);
    }
    (!user.confirmed && !admit_unconfirmed).then_some(Error::NotActivated)
}
