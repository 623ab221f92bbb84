//! Proving a password: the one way to find out whether somebody knows it, which is also the one place to guess.
//!
//! The attempt is counted before the hash, so that parallel guesses count, on one counter per credential, whatever the password is
//! proved for. An unknown address takes the same path as a known one, with the same calls and the same hash. Knows nothing of
//! sessions, and nothing of the account's state: that is told, or not told, by whoever asked. An unknown address may be known
//! elsewhere: then that is asked beside the hash.

use std::time::Duration;

use uuid::Uuid;

use super::{Context, CurrentUser, Elsewhere, Limits, keep_alike, tell};
use crate::domain::{
    AddressDigest, ClientAddress, Dialect, IntentKind, Membership, Outcome, Password, PasswordHash,
    PasswordRule, ProjectId, Realm, Recipient, User, UserId,
};
use crate::error::{Error, Result};
use crate::keys::ServerKey;
use crate::passwords::Passwords;
use crate::providers::PoolUser;
use crate::store::{
    Admitted, Authenticator, Counted, Credential, LONGEST_DELAY, MailedCredential, Proof,
    SignInUpdate,
};

/// A lock that ends within this time is waited out, so that many right sign-ins at once all succeed.
const WAITED_OUT: Duration = Duration::from_secs(1);
const WAITS: u32 = 2;

/// Checks passwords against the credentials of addresses.
#[derive(Debug, Clone)]
pub(super) struct PasswordProof {
    context: Context,
    pub(super) limits: Limits,
    pub(super) passwords: Passwords,
    pub(super) codes: ServerKey,
}

/// A password, and whose it is said to be.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    /// Where the address is looked up.
    pub(super) realm: &'a Realm,
    /// The address.
    pub(super) address: AddressDigest,
    /// The password.
    pub(super) password: &'a Password,
    /// The dialect that it came in by.
    pub(super) dialect: Dialect,
    /// Who asks.
    pub(super) client: Option<ClientAddress>,
    /// The project whose knowledge of them is wanted, too.
    pub(super) project: Option<ProjectId>,
    /// Where an address without a credential is tried.
    pub(super) elsewhere: Option<&'a Elsewhere<'a>>,
}

/// A password that was right. Whoever asked ends it by one write that sets back the failures.
pub(super) struct Proven {
    /// Whose it is, in whatever state.
    pub(super) user: User,
    /// The version that came with the hash.
    pub(super) version: u64,
    /// Let through a lock because it comes from a known source.
    pub(super) as_known: bool,
    /// A hash at today's cost, if the stored one is outdated.
    pub(super) rehashed: Option<PasswordHash>,
    /// The sources to remember after a sign-in, if they change.
    pub(super) known_sources: Option<Vec<String>>,
    /// What its second factor is checked against, if it has an authenticator.
    pub(super) authenticator: Option<Authenticator>,
    /// What the claim's project knows of them.
    pub(super) membership: Membership,
}

impl PasswordProof {
    /// Proof in this store; `codes` is the key that mailed passwords are made with.
    pub(super) fn new(
        context: Context,
        limits: Limits,
        passwords: Passwords,
        codes: ServerKey,
    ) -> Self {
        Self {
            context,
            limits,
            passwords,
            codes,
        }
    }

    /// Finds out whether this is the address's password; a mailed one becomes its password by that. One round trip, and one while
    /// the hash runs.
    ///
    /// # Errors
    /// [`Error::BadCredentials`]; [`Error::RateLimited`] while the address or the client is locked; [`Error::Unavailable`].
    pub(super) async fn prove(&self, claim: &Claim<'_>) -> Result<Proven> {
        let (allowed, attempt) =
            tokio::join!(self.limits.check_sign_in(claim.client), self.admit(claim));
        let attempt = attempt?;
        let reaches_ceiling = attempt.reaches_ceiling;
        let proven = match allowed {
            Ok(()) => self.check(claim, attempt).await,
            Err(limited) => Err(limited),
        };
        let refused = match proven {
            Ok(Some(proven)) => return Ok(proven),
            Ok(None) => {
                tokio::join!(self.limits.count_failure(claim.client), keep_alike());
                Error::BadCredentials
            }
            Err(fault) => fault,
        };
        if reaches_ceiling {
            self.tell_owner(claim).await?;
        }
        Err(refused)
    }

    /// Finds out whether this is the password of who is signed in. As [`Self::prove`], and the account is still the one that the
    /// session is of.
    ///
    /// # Errors
    /// Those of [`Self::prove`]; [`Error::SessionEnded`] if the account has changed since the caller was authorised, which a mailed
    /// password that is proved here does itself.
    pub(super) async fn prove_own(
        &self,
        current: &CurrentUser,
        password: &Password,
        client: Option<ClientAddress>,
    ) -> Result<Proven> {
        let user = current.user();
        let claim = Claim {
            realm: &user.realm,
            address: user.email.digest(),
            password,
            dialect: current.session().dialect,
            client,
            project: None,
            elsewhere: None,
        };
        let proven = self.prove(&claim).await?;
        // The address may have become somebody else's since it was read.
        if proven.user.id != user.id {
            return Err(Error::BadCredentials);
        }
        if proven.version != user.credential_version {
            return Err(Error::SessionEnded);
        }
        Ok(proven)
    }

    /// Sets the failures back after a right password that leads to nothing else. One write. Not where a second factor is asked
    /// for: whoever has the password would guess that one without end, setting the count back by the way.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub(super) async fn forget_failures(&self, proven: &Proven) -> Result<()> {
        if proven.user.second_factor.is_some() {
            return Ok(());
        }
        self.set_failures_back(proven).await
    }

    /// Sets them back after all that is asked for was proved. One write.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub(super) async fn set_failures_back(&self, proven: &Proven) -> Result<()> {
        let update = SignInUpdate {
            user: proven.user.id,
            version: proven.version,
            admitted: false,
            as_known: proven.as_known,
            known_sources: None,
            rehashed: proven.rehashed.as_ref(),
            used: None,
        };
        self.context
            .store
            .record_sign_in(&proven.user, update, self.context.now())
            .await?;
        Ok(())
    }

    /// Counts the attempt, waiting out a short lock. A mailed password passes any lock: it cannot be guessed, and it is what
    /// the owner of a locked account has.
    async fn admit(&self, claim: &Claim<'_>) -> Result<Admitted> {
        let source = claim.client.map(|client| self.limits.source(client));
        for waits in 0.. {
            let counted = self
                .context
                .store
                .count_attempt(
                    claim.realm,
                    &claim.address,
                    source.as_ref(),
                    self.context.now(),
                )
                .await?;
            let (retry_after, credential) = match counted {
                Counted::Admitted(admitted) => return Ok(admitted),
                Counted::Locked {
                    retry_after,
                    credential,
                } => (retry_after, credential),
            };
            if let Some(credential) = credential
                && self.mailed_match(&credential, claim.password).is_some()
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
                tracing::Span::current().record("outcome", Outcome::Locked.as_str());
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
    async fn check(&self, claim: &Claim<'_>, attempt: Admitted) -> Result<Option<Proven>> {
        let credential = attempt.credential;
        let restart = async {
            if !attempt.after_quiet {
                return Ok(());
            }
            self.context
                .store
                .restart_count(claim.realm, &claim.address, attempt.counted_at)
                .await
        };
        // An unknown address reads an account too, one that does not exist: the same work for all.
        let user = credential
            .as_ref()
            .map_or_else(|| decoy(&claim.address), |credential| credential.user);
        let hash = credential
            .as_ref()
            .and_then(|credential| credential.hash.as_ref());
        let membership = async {
            match claim.project {
                Some(project) => self.context.store.find_membership(user, project).await,
                None => Ok(Membership::default()),
            }
        };
        let elsewhere = claim.elsewhere.filter(|_| credential.is_none());
        let (verdict, found, membership, restarted, asked) = tokio::join!(
            self.passwords.verify(claim.password, hash),
            self.context.store.find_user(user),
            membership,
            restart,
            ask(elsewhere, claim),
        );
        let (verdict, user, membership) = (verdict?, found?, membership?);
        restarted?;
        if let Some((elsewhere, known)) = asked? {
            return Box::pin(self.take_over(claim, elsewhere, &known)).await;
        }
        let (Some(credential), Some(user)) = (credential, user) else {
            return Ok(None);
        };
        if let Some(mailed) = self.mailed_match(&credential, claim.password) {
            let authenticator = credential.authenticator.clone();
            return self
                .redeem(claim, user, mailed, (authenticator, membership))
                .await;
        }
        if !verdict.matches {
            tell(Outcome::WrongPassword, user.id);
            return Ok(None);
        }
        let rehashed = if verdict.outdated {
            Some(self.passwords.hash(claim.password).await?)
        } else {
            None
        };
        let known_sources = claim
            .client
            .and_then(|client| credential.sources_after(&self.limits.source(client)));
        Ok(Some(Proven {
            user,
            version: credential.version,
            as_known: attempt.as_known,
            rehashed,
            known_sources,
            authenticator: credential.authenticator,
            membership,
        }))
    }

    /// Makes the mailed password the password. Whoever loses a race for that finds it to be the password already.
    async fn redeem(
        &self,
        claim: &Claim<'_>,
        user: User,
        mailed: &MailedCredential,
        (authenticator, membership): (Option<Authenticator>, Membership),
    ) -> Result<Option<Proven>> {
        let rule = PasswordRule::Plain;
        let hash = self
            .context
            .hash_next(&self.passwords, &user, claim.password, rule)
            .await?;
        let now = self.context.now();
        let proven = |user: User, version| Proven {
            version,
            user,
            as_known: false,
            rehashed: None,
            known_sources: None,
            authenticator,
            membership,
        };
        if self
            .context
            .store
            .reset_password(&user, &hash, &Proof::MailedPassword(mailed.intent), now)
            .await?
        {
            tell(Outcome::PasswordChanged, user.id);
            let user = User {
                confirmed: true,
                ..user.with_new_password(now)
            };
            let version = user.credential_version;
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
        let verdict = self.passwords.verify(claim.password, hash.as_ref()).await?;
        let user = self.context.store.find_user(user.id).await?;
        Ok(user
            .filter(|_| verdict.matches)
            .map(|user| proven(user, version)))
    }

    /// Makes an account for whom the pool knows. Where somebody else has made one meanwhile, the password has to be that one's.
    async fn take_over(
        &self,
        claim: &Claim<'_>,
        elsewhere: &Elsewhere<'_>,
        known: &PoolUser,
    ) -> Result<Option<Proven>> {
        let Some(user) = elsewhere.take_over(claim, known).await? else {
            return self.check_against_winner(claim).await;
        };
        let source = claim.client.map(|client| self.limits.source(client));
        Ok(Some(Proven {
            version: user.credential_version,
            user,
            as_known: false,
            rehashed: None,
            known_sources: source.map(|source| vec![source.0]),
            authenticator: None,
            membership: Membership::default(),
        }))
    }

    async fn check_against_winner(&self, claim: &Claim<'_>) -> Result<Option<Proven>> {
        let store = &self.context.store;
        let found = store.find_credential(claim.realm, &claim.address).await?;
        let Some(credential) = found else {
            return Ok(None);
        };
        let membership = async {
            match claim.project {
                Some(project) => Ok(store.find_membership(credential.user, project).await?),
                None => Ok(Membership::default()),
            }
        };
        let hash = credential.hash.as_ref();
        let (verdict, user, membership) = tokio::try_join!(
            self.passwords.verify(claim.password, hash),
            async { Ok(store.find_user(credential.user).await?) },
            membership,
        )?;
        let source = claim.client.map(|client| self.limits.source(client));
        let known_sources = source.and_then(|source| credential.sources_after(&source));
        Ok(user.filter(|_| verdict.matches).map(|user| Proven {
            user,
            version: credential.version,
            as_known: false,
            rehashed: None,
            known_sources,
            authenticator: credential.authenticator,
            membership,
        }))
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
    async fn tell_owner(&self, claim: &Claim<'_>) -> Result<()> {
        let recipient = Recipient::Address {
            realm: claim.realm.clone(),
            digest: claim.address.clone(),
        };
        let version = self.codes.current_version();
        let intent =
            self.context
                .intent(IntentKind::LockoutNotice, recipient, claim.dialect, version);
        Ok(self.context.store.put_intent(&intent).await?)
    }
}

/// What is known elsewhere, if there is an elsewhere to ask.
async fn ask<'a>(
    elsewhere: Option<&'a Elsewhere<'a>>,
    claim: &Claim<'_>,
) -> Result<Option<(&'a Elsewhere<'a>, PoolUser)>> {
    let Some(elsewhere) = elsewhere else {
        return Ok(None);
    };
    let known = Box::pin(elsewhere.ask(claim)).await?;
    Ok(known.map(|known| (elsewhere, known)))
}

/// An id that no user has, the same for the same address: its version nibble is not 4.
pub(super) fn decoy(digest: &AddressDigest) -> UserId {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_str().as_bytes()[..16]);
    UserId(Uuid::from_bytes(bytes))
}
