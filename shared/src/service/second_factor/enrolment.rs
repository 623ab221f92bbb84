//! Binding an authenticator to one's own account: a seed that waits, a first code that proves it, recovery codes that are shown
//! once.

use jiff::SignedDuration;
use secrecy::{ExposeSecret as _, SecretString};

use super::super::password_proof::PasswordProof;
use super::super::{Context, CurrentUser, tell};
use super::Authenticators;
use crate::domain::{
    ClientAddress, FactorMethod, Intent, IntentKind, Outcome, Password, RECOVERY_CODES, Recipient,
    RecoveryCode, TotpSeed, User,
};
use crate::error::{Error, Result};
use crate::pictures::qr_code;
use crate::store::{Binding, Unbinding};

/// How long a seed waits for its first code.
const ENROLMENT_LIFETIME: SignedDuration = SignedDuration::from_mins(15);

/// Binds authenticators and takes them off.
#[derive(Debug, Clone)]
pub struct Enrolment {
    context: Context,
    proof: PasswordProof,
    authenticators: Authenticators,
    service_name: String,
}

/// A seed for an authenticator to take over.
#[derive(Debug)]
pub struct NewAuthenticator {
    /// Base32, for who types it.
    pub secret: SecretString,
    /// The same as a URI (`otpauth`), for a picture.
    pub uri: SecretString,
    /// The URI as a picture: PNG.
    pub picture: Vec<u8>,
}

/// Codes that stand in for an authenticator, each once. Shown now and never again.
#[derive(Debug)]
pub struct RecoveryCodes(pub Vec<SecretString>);

impl Enrolment {
    pub(crate) fn new(
        context: Context,
        sign_in: &super::super::SignIn,
        service_name: String,
    ) -> Self {
        Self {
            context,
            proof: sign_in.proof.clone(),
            authenticators: sign_in.authenticators.clone(),
            service_name,
        }
    }

    /// Makes a seed; nothing is bound yet, and one that was made before is forgotten.
    ///
    /// # Errors
    /// [`Error::AlreadyEnrolled`] if an authenticator is bound: it has to be taken off first, with a code of its own;
    /// [`Error::Unavailable`].
    pub async fn begin(&self, current: &CurrentUser) -> Result<NewAuthenticator> {
        let user = current.user();
        if user.second_factor == Some(FactorMethod::Authenticator) {
            return Err(Error::AlreadyEnrolled);
        }
        let random = &*self.context.random;
        let seed = TotpSeed::new(random);
        let sealed = self.authenticators.close(user.id, &seed, random);
        let expires_at = self.context.now() + ENROLMENT_LIFETIME;
        self.context
            .store
            .put_enrolment(user, &sealed, expires_at)
            .await?;
        self.shown(user, &seed)
    }

    /// A seed once more as it is shown, for whoever still has it on the page before. It need not be the one that waits.
    ///
    /// # Errors
    /// [`Error::InvalidField`] for what is no seed.
    pub fn show_again(&self, current: &CurrentUser, secret: &str) -> Result<NewAuthenticator> {
        let seed = TotpSeed::parse(secret).ok_or(Error::InvalidField("secret"))?;
        self.shown(current.user(), &seed)
    }

    fn shown(&self, user: &User, seed: &TotpSeed) -> Result<NewAuthenticator> {
        let uri = seed.to_uri(&self.service_name, user.email.canonical());
        Ok(NewAuthenticator {
            secret: seed.to_base32(),
            picture: qr_code(uri.expose_secret())?,
            uri,
        })
    }

    /// Binds the authenticator that shows this code: it is the account's second factor from now on. Ends all other sessions and
    /// tells the owner. Five tries.
    ///
    /// # Errors
    /// [`Error::InvalidField`] for a wrong code, or if none waits; [`Error::Unavailable`].
    pub async fn finish(&self, current: &CurrentUser, code: &str) -> Result<RecoveryCodes> {
        let wrong = || Error::InvalidField("code");
        let (user, now) = (current.user(), self.context.now());
        let waited = self.context.store.try_enrolment(user, now).await?;
        let sealed_seed = waited.ok_or_else(wrong)?;
        let seed = self.authenticators.open(user.id, &sealed_seed);
        let seed = seed.ok_or_else(wrong)?;
        let step = seed.step_of(code, now).ok_or_else(wrong)?;
        let codes: Vec<_> = (0..RECOVERY_CODES)
            .map(|_| RecoveryCode::new(&*self.context.random))
            .collect();
        let digests: Vec<_> = codes
            .iter()
            .map(|code| seed.recovery_digest(code))
            .collect();
        let binding = Binding {
            user,
            session: current.session(),
            sealed_seed: &sealed_seed,
            step,
            recovery_codes: &digests,
            notice: &self.notice(current),
        };
        if !self.context.store.bind_authenticator(&binding, now).await? {
            return Err(wrong());
        }
        tell(Outcome::SecondFactorBound, user.id);
        Ok(RecoveryCodes(
            codes.iter().map(RecoveryCode::to_text).collect(),
        ))
    }

    /// Takes the authenticator off, by the password and a code of it or a recovery code. Ends all other sessions and tells the owner.
    ///
    /// # Errors
    /// [`Error::NotFound`] if none is bound; [`Error::BadCredentials`]; [`Error::WrongAnswer`]; [`Error::RateLimited`];
    /// [`Error::SessionEnded`] if the account has changed meanwhile; [`Error::Unavailable`].
    pub async fn remove(
        &self,
        current: &CurrentUser,
        password: &Password,
        code: &str,
        client: Option<ClientAddress>,
    ) -> Result<()> {
        let user = current.user();
        if user.second_factor != Some(FactorMethod::Authenticator) {
            return Err(Error::NotFound);
        }
        let proven = self.proof.prove_own(current, password, client).await?;
        let now = self.context.now();
        let authenticator = proven.authenticator.as_ref();
        let proof = self.authenticators.check(user.id, authenticator, code, now);
        let Some(proof) = proof else {
            self.proof.limits.count_failure(client).await;
            return Err(Error::WrongAnswer);
        };
        let unbinding = Unbinding {
            user,
            session: current.session(),
            used: proof,
            notice: &self.notice(current),
        };
        if !self
            .context
            .store
            .unbind_authenticator(&unbinding, now)
            .await?
        {
            return Err(Error::WrongAnswer);
        }
        tell(Outcome::SecondFactorRemoved, user.id);
        Ok(())
    }

    fn notice(&self, current: &CurrentUser) -> Intent {
        let recipient = Recipient::User(current.user().id);
        let dialect = current.session().dialect;
        self.context
            .intent(IntentKind::SecondFactorNotice, recipient, dialect, 0)
    }
}
