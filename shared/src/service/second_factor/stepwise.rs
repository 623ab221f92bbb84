//! Signing in step by step: first the password, which may be changed by the way, then the second factor, if there is one.
//!
//! Document 001, POST /oauth2. A challenge is bound to the account and to the version of its credential; what the password was to be
//! changed to waits in it, since nothing changes before the factor is proved.

use std::time::Duration;

use jiff::SignedDuration;
use uuid::Uuid;

use super::super::opening::{Opening, Shown};
use super::super::password_proof::{Claim, Proven};
use super::super::registration::whole_milliseconds;
use super::super::sign_in::{RightPassword, refusal};
use super::super::{Context, Happening, SignIn, tell};
use super::codes::SignInCodes;
use crate::domain::{
    ClientAddress, Dialect, EmailAddress, FactorMethod, NewPassword, Outcome, Password,
    PasswordRule, Realm, Session, User,
};
use crate::error::{Error, Result};
use crate::store::{Challenge, Completed, Completion, Credential, NewHash, Resent, Used};

/// How long a challenge waits for its answer.
const CHALLENGE_LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// Signs in step by step.
#[derive(Debug, Clone)]
pub struct StepwiseSignIn {
    context: Context,
    sign_in: SignIn,
    codes: SignInCodes,
    dialect: Dialect,
    session_lifetime: Duration,
    rule: PasswordRule,
}

/// Who wants to sign in.
#[derive(Debug)]
pub struct FirstStep<'a> {
    /// Where the address is looked up.
    pub realm: Realm,
    /// The address.
    pub email: &'a EmailAddress,
    /// The password.
    pub password: &'a Password,
    /// What it is to be from now on, as typed.
    pub new_password: Option<&'a str>,
    /// Who asks.
    pub client: Option<ClientAddress>,
}

/// What a right password leads to.
pub enum Begun<'a> {
    /// The account has no second factor: its session may open.
    Admitted(Box<Opening<'a>>),
    /// The second factor is asked for.
    Challenged(Challenged),
}

/// A challenge as its owner is told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenged {
    /// Names it; who answers it needs nothing else.
    pub id: Uuid,
    /// How it is to be answered.
    pub method: FactorMethod,
    /// When it began.
    pub created_at: jiff::Timestamp,
}

/// What of an authenticator a right answer uses up.
struct Right(Option<Used>);

/// The right answer to a challenge.
pub(in super::super) struct RightAnswer {
    challenge: Challenge,
    user: User,
    factor: Option<Used>,
    known_sources: Option<Vec<String>>,
    new_password: Option<NewHash>,
}

impl StepwiseSignIn {
    /// Sign-in to this dialect; sessions live so long, and a password that is set by the way follows this rule.
    pub fn new(
        context: Context,
        sign_in: SignIn,
        codes: SignInCodes,
        (dialect, session_lifetime): (Dialect, Duration),
        rule: PasswordRule,
    ) -> Self {
        Self {
            context,
            sign_in,
            codes,
            dialect,
            session_lifetime,
            rule,
        }
    }

    /// The first step. A message that the factor needs is sent before the answer.
    ///
    /// # Errors
    /// [`Error::BadCredentials`]; [`Error::RateLimited`]; after the right password [`Error::Suspended`], [`Error::NotActivated`],
    /// [`Error::PasswordChangeRequired`] without a new one, [`Error::WeakPassword`]; [`Error::NotSent`]; [`Error::Unavailable`].
    pub async fn begin(&self, step: FirstStep<'_>) -> Result<Begun<'_>> {
        let claim = Claim {
            realm: &step.realm,
            address: step.email.digest(),
            password: step.password,
            dialect: self.dialect,
            client: step.client,
            project: None,
            elsewhere: None,
        };
        let proven = self.sign_in.proof.prove(&claim).await?;
        let new_password = match self.admit(&step, &proven).await {
            Ok(new_password) => new_password,
            Err(refused) => {
                self.sign_in.proof.forget_failures(&proven).await?;
                return Err(refused);
            }
        };
        if let Some(method) = proven.user.second_factor {
            // The attempt stays counted until the factor is proved: who has the password may not guess the factor any faster.
            let challenged = self
                .challenge(&claim, &proven, method, new_password)
                .await?;
            return Ok(Begun::Challenged(challenged));
        }
        let right = RightPassword {
            proven,
            factor: None,
            new_password,
            place: None,
        };
        let opening = self
            .sign_in
            .opening(right, self.dialect, self.session_lifetime);
        Ok(Begun::Admitted(Box::new(opening)))
    }

    /// The second step: the session may open if the answer is right. At most five tries in all, also under concurrent calls; the right
    /// answer opens one.
    ///
    /// # Errors
    /// [`Error::ChallengeOver`]; [`Error::WrongAnswer`]; [`Error::RateLimited`]; [`Error::Unavailable`].
    pub async fn answer(
        &self,
        challenge: Uuid,
        answer: &str,
        client: Option<ClientAddress>,
    ) -> Result<Opening<'_>> {
        let proof = &self.sign_in.proof;
        proof.limits.check_sign_in(client).await?;
        let now = self.context.now();
        let store = &self.context.store;
        let tried = store.try_challenge(challenge, now).await?;
        let challenge = tried.filter(|challenge| challenge.dialect == self.dialect);
        let challenge = challenge.ok_or(Error::ChallengeOver)?;
        let (user, credential) = tokio::try_join!(
            store.find_user(challenge.user),
            store.find_credential(&challenge.realm, &challenge.address),
        )?;
        let (user, credential) = live(&challenge, user, credential).ok_or(Error::ChallengeOver)?;
        let Some(Right(factor)) = self.judge(&challenge, &credential, answer) else {
            tell(Outcome::WrongSecondFactor, user.id);
            proof.limits.count_failure(client).await;
            return Err(Error::WrongAnswer);
        };
        let new_password = match &challenge.new_password {
            Some(hash) => Some(self.context.follow(&user, hash.clone()).await?),
            None => None,
        };
        let source = client.map(|client| proof.limits.source(client));
        Ok(self.opening(RightAnswer {
            factor,
            known_sources: source.and_then(|source| credential.sources_after(&source)),
            new_password,
            challenge,
            user,
        }))
    }

    /// Sends the code of a challenge again, which is the same one.
    ///
    /// # Errors
    /// [`Error::ChallengeOver`], also after three more messages and for a challenge without a message; [`Error::RateLimited`] within
    /// 30 seconds of the one that was asked for before; [`Error::NotSent`]; [`Error::Unavailable`].
    pub async fn send_again(&self, challenge: Uuid) -> Result<()> {
        let store = &self.context.store;
        let now = self.context.now();
        let challenge = match store.resend_challenge(challenge, now).await? {
            Resent::Allowed(challenge) if challenge.dialect == self.dialect => challenge,
            Resent::TooSoon(left) => {
                return Err(Error::RateLimited {
                    retry_after: left.unsigned_abs(),
                });
            }
            Resent::Allowed(_) | Resent::Over => return Err(Error::ChallengeOver),
        };
        let user = store.find_user(challenge.user).await?;
        let user = user
            .filter(|user| user.credential_version == challenge.credential_version)
            .ok_or(Error::ChallengeOver)?;
        if challenge.method == FactorMethod::Authenticator {
            return Err(Error::ChallengeOver);
        }
        self.codes.send(&challenge, &user).await
    }

    /// What the state of the account says after the right password; the hash of the password that is to be set.
    async fn admit(&self, step: &FirstStep<'_>, proven: &Proven) -> Result<Option<NewHash>> {
        if let Some(refused) = refusal(&proven.user, false) {
            return Err(refused);
        }
        let Some(typed) = step.new_password else {
            let must = proven.user.must_change_password;
            return if must {
                Err(Error::PasswordChangeRequired)
            } else {
                Ok(None)
            };
        };
        let about = proven.user.known_of_it();
        let new = NewPassword::parse_by(typed, &about, self.rule)?;
        let new = new.other_than(step.password)?;
        let passwords = &self.sign_in.proof.passwords;
        self.context
            .hash_next(passwords, &proven.user, new.as_password(), self.rule)
            .await
            .map(Some)
    }

    async fn challenge(
        &self,
        claim: &Claim<'_>,
        proven: &Proven,
        method: FactorMethod,
        new_password: Option<NewHash>,
    ) -> Result<Challenged> {
        let now = whole_milliseconds(self.context.now());
        let challenge = Challenge {
            id: self.context.random.uuid(),
            user: proven.user.id,
            realm: claim.realm.clone(),
            address: claim.address.clone(),
            method,
            dialect: self.dialect,
            credential_version: proven.version,
            key_version: self.codes.key_version(),
            new_password: new_password.map(|new| new.hash),
            as_known: proven.as_known,
            created_at: now,
            expires_at: now + CHALLENGE_LIFETIME,
        };
        self.context.store.put_challenge(&challenge).await?;
        if method != FactorMethod::Authenticator {
            self.codes.send(&challenge, &proven.user).await?;
        }
        tell(Outcome::Challenged, proven.user.id);
        Ok(Challenged {
            id: challenge.id,
            method,
            created_at: now,
        })
    }

    /// Nothing if the answer is wrong.
    fn judge(&self, challenge: &Challenge, credential: &Credential, answer: &str) -> Option<Right> {
        if challenge.method != FactorMethod::Authenticator {
            return self
                .codes
                .is_answer(challenge, answer)
                .then_some(Right(None));
        }
        let authenticator = credential.authenticator.as_ref();
        let now = self.context.now();
        let used = self
            .sign_in
            .authenticators
            .check(challenge.user, authenticator, answer, now);
        used.map(|used| Right(Some(used)))
    }

    fn opening(&self, right: RightAnswer) -> Opening<'_> {
        let user = right.user.clone();
        let user = match right.new_password {
            Some(_) => user.with_new_password(whole_milliseconds(self.context.now())),
            None => user,
        };
        let (dialect, version, lifetime) =
            (self.dialect, user.credential_version, self.session_lifetime);
        let context = &self.context;
        let (session, cookie) = context.new_session(user.id, dialect, version, lifetime);
        Opening {
            sign_in: &self.sign_in,
            user,
            session,
            cookie,
            shown: Shown::Answer(Box::new(right)),
        }
    }
}

impl SignIn {
    /// Opens a session by a right answer, and uses that up.
    pub(in super::super) async fn complete(
        &self,
        right: RightAnswer,
        session: &Session,
    ) -> Result<()> {
        let used_recovery_code = matches!(right.factor, Some(Used::RecoveryCode(_)));
        let completion = Completion {
            challenge: &right.challenge,
            user: &right.user,
            used: right.factor,
            session,
            known_sources: right.known_sources,
            new_password: right.new_password.as_ref(),
        };
        let (store, now) = (&self.context.store, self.context.now());
        match store.complete_challenge(&completion, now).await? {
            Completed::Done => {}
            Completed::Over => return Err(Error::ChallengeOver),
            Completed::Refused => return Err(Error::WrongAnswer),
        }
        if right.new_password.is_some() {
            tell(Outcome::PasswordChanged, session.user);
        }
        if used_recovery_code {
            tell(Outcome::RecoveryCodeUsed, session.user);
        }
        let signed_in = Happening::new(Outcome::SignedIn, session.user);
        signed_in.in_session(session.id).tell();
        Ok(())
    }
}

/// The account and its credential, if they are as they were when the challenge began.
fn live(
    challenge: &Challenge,
    user: Option<User>,
    credential: Option<Credential>,
) -> Option<(User, Credential)> {
    let user = user.filter(|user| {
        user.credential_version == challenge.credential_version
            && user.second_factor == Some(challenge.method)
            && !user.is_barred()
    });
    let credential = credential.filter(|credential| credential.user == challenge.user);
    user.zip(credential)
}
