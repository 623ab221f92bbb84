//! Signing in with a password.
//!
//! Owns what a right password opens. State is told after the right password only. The hash decides together with its version: a
//! password that changes meanwhile refuses the sign-in. An account with a second factor is opened by none of it alone: its code
//! comes with the password, or is asked for by a challenge (`second_factor`).

use std::time::Duration;

use jiff::Timestamp;

use super::opening::{Opening, Shown};
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
use crate::store::{NewHash, Proof, SignInUpdate, Used};

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

/// A password that was right, and the factor that came beside it.
pub(super) struct RightPassword {
    pub(super) proven: Proven,
    pub(super) factor: Option<Used>,
    /// What the password is to be from now on.
    pub(super) new_password: Option<NewHash>,
    /// Where they sign in by document 004.
    pub(super) place: Option<Place>,
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
    /// Those of [`Self::begin`]; [`Error::BadCredentials`] if the password changes meanwhile.
    pub async fn sign_in(&self, request: SignInRequest<'_>) -> Result<SignedIn> {
        self.begin(request, None).await?.open().await
    }

    /// Finds out whether the password is right. Who has no account here may have one elsewhere, which is taken over: that takes up to
    /// two calls beside the hash, another hash and a transaction. One round trip, and one while the hash runs.
    ///
    /// # Errors
    /// [`Error::BadCredentials`], also for a wrong second factor; [`Error::RateLimited`] while the account or the client is locked;
    /// after the right password [`Error::NotActivated`], [`Error::Suspended`] or [`Error::SecondFactorRequired`];
    /// [`Error::Unavailable`].
    pub async fn begin(
        &self,
        request: SignInRequest<'_>,
        elsewhere: Option<&Elsewhere<'_>>,
    ) -> Result<Opening<'_>> {
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
        let right = RightPassword {
            factor: self.prove_factor(&request, &proven).await?,
            proven,
            new_password: None,
            place: request.place,
        };
        Ok(self.opening(right, request.dialect, request.session_lifetime))
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

    /// The session for what was proved.
    pub(super) fn opening(
        &self,
        right: RightPassword,
        dialect: Dialect,
        lifetime: Duration,
    ) -> Opening<'_> {
        let user = right.user(whole_milliseconds(self.context.now()));
        let version = user.credential_version;
        let (session, cookie) = self
            .context
            .new_session(user.id, dialect, version, lifetime);
        let session = Session {
            project: right.place.map(|place| place.project),
            device: right.place.map(|place| place.device),
            ..session
        };
        Opening {
            sign_in: self,
            user,
            session,
            cookie,
            shown: Shown::Password(Box::new(right)),
        }
    }

    /// Opens it, and uses up what was proved.
    pub(super) async fn open(
        &self,
        right: RightPassword,
        user: &User,
        session: &Session,
    ) -> Result<()> {
        let now = whole_milliseconds(self.context.now());
        let RightPassword {
            proven,
            factor,
            new_password,
            place,
        } = right;
        let store = &self.context.store;
        if let Some(new) = &new_password {
            let before = User {
                credential_version: proven.version,
                ..proven.user
            };
            let proof = &Proof::OldPassword;
            if !store.reset_password(&before, new, proof, now).await? {
                return Err(Error::BadCredentials);
            }
            tell(Outcome::PasswordChanged, user.id);
        }
        let used_recovery_code = matches!(factor, Some(Used::RecoveryCode(_)));
        let rehashed = proven.rehashed.as_ref();
        let version = session.credential_version;
        let update = SignInUpdate {
            user: user.id,
            version,
            admitted: true,
            as_known: proven.as_known,
            known_sources: proven.known_sources,
            rehashed: rehashed.filter(|_| new_password.is_none()),
            used: factor,
        };
        let visited = async {
            let Some(place) = place else { return Ok(true) };
            let (context, known) = (&self.context, &proven.membership);
            context
                .remember_sign_in((user.id, Some(version)), place, known, now)
                .await
        };
        let writes = Box::pin(async {
            let (opened, recorded, visited) = tokio::join!(
                store.put_session(session),
                store.record_sign_in(user, update, now),
                visited,
            );
            opened?;
            Ok(recorded? && visited?)
        });
        if !signing_in(session, writes).await? {
            store.delete_session(session.user, session.id).await?;
            return Err(Error::BadCredentials);
        }
        if used_recovery_code {
            tell(Outcome::RecoveryCodeUsed, session.user);
        }
        Ok(())
    }

    /// Sets the failures back where the right password, and the factor, have led to nothing.
    pub(super) async fn forgive(&self, right: &RightPassword) -> Result<()> {
        self.proof.set_failures_back(&right.proven).await
    }
}

impl RightPassword {
    /// Whose it is, as they are once it has opened a session at this time.
    fn user(&self, now: Timestamp) -> User {
        let user = User {
            credential_version: self.proven.version,
            ..self.proven.user.clone()
        };
        match self.new_password {
            Some(_) => user.with_new_password(now),
            None => user,
        }
    }
}

/// Why an account's state keeps it out, which only who has the password is told.
pub(super) fn refusal(user: &User, admit_unconfirmed: bool) -> Option<Error> {
    if user.is_barred() {
        return Some(Error::Suspended);
    }
    (!user.confirmed && !admit_unconfirmed).then_some(Error::NotActivated)
}
