//! Signing in with a password.
//!
//! The attempt is counted before the hash, so that parallel guesses count; an unknown address takes the same path as a known one,
//! with the same calls and the same hash. State is told only after the right password. The hash decides together with its
//! version: a password that changes meanwhile refuses the sign-in.

use std::time::Duration;

use jiff::SignedDuration;
use uuid::Uuid;

use super::registration::whole_milliseconds;
use super::{Context, Limits, tell};
use crate::domain::{
    AddressDigest, ClientAddress, Dialect, EmailAddress, IntentKind, Password, Realm, Recipient,
    Session, SessionId, User, UserId,
};
use crate::error::{Error, Result};
use crate::keys::ServerKey;
use crate::passwords::Passwords;
use crate::store::{
    Admitted, Counted, Credential, LONGEST_DELAY, MailedCredential, Proof, SignInUpdate,
};

/// A lock that ends within this time is waited out, so that many right sign-ins at once all succeed.
const WAITED_OUT: Duration = Duration::from_secs(1);
const WAITS: u32 = 2;

/// Checks passwords and opens sessions.
#[derive(Debug, Clone)]
pub struct SignIn {
    context: Context,
    limits: Limits,
    passwords: Passwords,
    codes: ServerKey,
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

/// A password that was right.
struct Proven {
    user: User,
    /// The version that came with the hash.
    version: u64,
    as_known: bool,
    rehashed: Option<crate::domain::PasswordHash>,
    known_sources: Option<Vec<String>>,
}

impl SignIn {
    /// Sign-in; `codes` is the key that mailed passwords are made with.
    pub fn new(context: Context, limits: Limits, passwords: Passwords, codes: ServerKey) -> Self {
        Self {
            context,
            limits,
            passwords,
            codes,
        }
    }

    /// Opens a session for the right password. Two round trips, and one while the hash runs.
    ///
    /// # Errors
    /// [`Error::BadCredentials`]; [`Error::RateLimited`] while the account or the client is locked; after the right password
    /// [`Error::NotActivated`] or [`Error::Suspended`]; [`Error::Unavailable`].
    pub async fn sign_in(&self, request: SignInRequest<'_>) -> Result<SignedIn> {
        let digest = request.email.digest();
        let (allowed, attempt) = tokio::join!(
            self.limits.check_sign_in(request.client),
            self.admit(&request, &digest)
        );
        let attempt = attempt?;
        let reaches_ceiling = attempt.reaches_ceiling;
        let proven = match allowed {
            Ok(()) => self.prove(&request, &digest, attempt).await,
            Err(limited) => Err(limited),
        };
        match proven {
            Ok(Some(proven)) => self.open(&request, proven).await,
            Ok(None) => {
                self.limits.count_failure(request.client).await;
                self.tell_owner(&request, &digest, reaches_ceiling).await?;
                Err(Error::BadCredentials)
            }
            Err(fault) => {
                self.tell_owner(&request, &digest, reaches_ceiling).await?;
                Err(fault)
            }
        }
    }

    /// Counts the attempt, waiting out a short lock. A mailed password passes any lock: it cannot be guessed, and it is what
    /// the owner of a locked account has.
    async fn admit(&self, request: &SignInRequest<'_>, digest: &AddressDigest) -> Result<Admitted> {
        let source = request.client.map(|client| self.limits.source(client));
        for waits in 0.. {
            let counted = self
                .context
                .store
                .count_attempt(&request.realm, digest, source.as_ref(), self.context.now())
                .await?;
            let (retry_after, credential) = match counted {
                Counted::Admitted(admitted) => return Ok(admitted),
                Counted::Locked {
                    retry_after,
                    credential,
                } => (retry_after, credential),
            };
            if let Some(credential) = credential
                && self.mailed_match(&credential, request.password).is_some()
            {
                let credential = Some(credential);
                return Ok(Admitted {
                    credential,
                    counted_at: self.context.now(),
                    as_known: false,
                    after_quiet: false,
                    reaches_ceiling: false,
                });
            }
            if waits == WAITS || retry_after > WAITED_OUT {
                tracing::Span::current().record("outcome", "locked");
                return Err(Error::RateLimited {
                    retry_after: retry_after.min(LONGEST_DELAY),
                });
            }
            let jitter = Duration::from_millis(self.context.random.below(1000));
            tokio::time::sleep(retry_after + jitter).await;
        }
        unreachable!("the loop ends by returning")
    }

    /// Runs the hash, reading the account meanwhile, and redeems a mailed password. Nothing if the password is wrong.
    async fn prove(
        &self,
        request: &SignInRequest<'_>,
        digest: &AddressDigest,
        attempt: Admitted,
    ) -> Result<Option<Proven>> {
        let credential = attempt.credential;
        let restart = async {
            if !attempt.after_quiet {
                return Ok(());
            }
            self.context
                .store
                .restart_count(&request.realm, digest, attempt.counted_at)
                .await
        };
        // An unknown address reads an account too, one that does not exist: the same work for all.
        let user = credential
            .as_ref()
            .map_or_else(|| decoy(digest), |credential| credential.user);
        let hash = credential
            .as_ref()
            .and_then(|credential| credential.hash.as_ref());
        let (verdict, user, restarted) = tokio::join!(
            self.passwords.verify(request.password, hash),
            self.context.store.find_user(user),
            restart,
        );
        let (verdict, user) = (verdict?, user?);
        restarted?;
        let (Some(credential), Some(user)) = (credential, user) else {
            return Ok(None);
        };
        if let Some(mailed) = self.mailed_match(&credential, request.password) {
            return self.redeem(request, user, mailed).await;
        }
        if !verdict.matches {
            tell("wrong-password", user.id);
            return Ok(None);
        }
        let rehashed = if verdict.outdated {
            Some(self.passwords.hash(request.password).await?)
        } else {
            None
        };
        let known_sources = request
            .client
            .and_then(|client| credential.sources_after(&self.limits.source(client)));
        Ok(Some(Proven {
            user,
            version: credential.version,
            as_known: attempt.as_known,
            rehashed,
            known_sources,
        }))
    }

    /// Makes the mailed password the password. Whoever loses a race for that finds it to be the password already.
    async fn redeem(
        &self,
        request: &SignInRequest<'_>,
        user: User,
        mailed: &MailedCredential,
    ) -> Result<Option<Proven>> {
        let hash = self.passwords.hash(request.password).await?;
        let now = self.context.now();
        let proven = |user: User, version| Proven {
            version,
            user,
            as_known: false,
            rehashed: None,
            known_sources: None,
        };
        if self
            .context
            .store
            .reset_password(&user, &hash, &Proof::MailedPassword(mailed.intent), now)
            .await?
        {
            tracing::info!(user.id = %user.id, outcome = "password-changed", "a mailed password was used");
            let version = user.credential_version + 1;
            let user = User {
                confirmed: true,
                credential_version: version,
                ..user
            };
            return Ok(Some(proven(user, version)));
        }
        let digest = user.email.digest();
        let found = self
            .context
            .store
            .find_credential(&user.realm, &digest)
            .await?;
        let Some(Credential { hash, version, .. }) = found else {
            return Ok(None);
        };
        let verdict = self
            .passwords
            .verify(request.password, hash.as_ref())
            .await?;
        let user = self.context.store.find_user(user.id).await?;
        Ok(user
            .filter(|_| verdict.matches)
            .map(|user| proven(user, version)))
    }

    async fn open(&self, request: &SignInRequest<'_>, proven: Proven) -> Result<SignedIn> {
        let Proven {
            user,
            version,
            as_known,
            rehashed,
            known_sources,
        } = proven;
        let refused = if user.suspended {
            Some(Error::Suspended)
        } else if !user.confirmed && !request.admit_unconfirmed {
            Some(Error::NotActivated)
        } else {
            None
        };
        let now = whole_milliseconds(self.context.now());
        let update = SignInUpdate {
            user: user.id,
            version,
            admitted: refused.is_none(),
            as_known,
            known_sources: known_sources.filter(|_| refused.is_none()),
            rehashed: rehashed.as_ref(),
        };
        if let Some(refused) = refused {
            self.context
                .store
                .record_sign_in(&user, update, now)
                .await?;
            return Err(refused);
        }
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

    fn mailed_match<'a>(
        &self,
        credential: &'a Credential,
        password: &Password,
    ) -> Option<&'a MailedCredential> {
        let mailed = credential.mailed.as_ref()?;
        let key = self.codes.version(mailed.key_version)?;
        let live = mailed.expires_at > self.context.now();
        (live && password.is_mailed(key, &mailed.digest)).then_some(mailed)
    }

    /// One mail to the owner when guessing has locked the account; the same write for an unknown address.
    async fn tell_owner(
        &self,
        request: &SignInRequest<'_>,
        digest: &AddressDigest,
        reaches_ceiling: bool,
    ) -> Result<()> {
        if !reaches_ceiling {
            return Ok(());
        }
        let recipient = Recipient::Address {
            realm: request.realm.clone(),
            digest: digest.clone(),
        };
        let version = self.codes.current_version();
        let intent = self.context.intent(
            IntentKind::LockoutNotice,
            recipient,
            request.dialect,
            version,
        );
        Ok(self.context.store.put_intent(&intent).await?)
    }
}

/// An id that no user has, the same for the same address: its version nibble is not 4.
fn decoy(digest: &AddressDigest) -> UserId {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_str().as_bytes()[..16]);
    UserId(Uuid::from_bytes(bytes))
}
