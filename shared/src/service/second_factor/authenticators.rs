//! Proving an authenticator: a code of its time, or one of the recovery codes that stand in for it.

use jiff::Timestamp;
use secrecy::ExposeSecret as _;

use crate::domain::{RecoveryCode, TotpSeed, UserId};
use crate::keys::{Sealed, SealingKey};
use crate::store::{Authenticator, Used};

/// Checks codes against stored authenticators.
#[derive(Debug, Clone)]
pub(in super::super) struct Authenticators {
    seal: SealingKey,
}

impl Authenticators {
    /// Authenticators whose seeds this key seals.
    pub(in super::super) fn new(seal: SealingKey) -> Self {
        Self { seal }
    }

    /// What of the account's authenticator a code would use up; nothing if it proves nothing. That it was not used before is told by
    /// the write that uses it.
    pub(in super::super) fn check(
        &self,
        user: UserId,
        authenticator: Option<&Authenticator>,
        given: &str,
        now: Timestamp,
    ) -> Option<Used> {
        let authenticator = authenticator?;
        let seed = self.open(user, &authenticator.sealed_seed)?;
        if let Some(step) = seed.step_of(given, now) {
            return Some(Used::Step(step));
        }
        let digest = seed.recovery_digest(&RecoveryCode::parse(given)?);
        let codes = &authenticator.recovery_codes;
        codes
            .contains(&digest)
            .then_some(Used::RecoveryCode(digest))
    }

    /// A seed as it is stored.
    pub(super) fn close(
        &self,
        user: UserId,
        seed: &TotpSeed,
        random: &dyn crate::domain::Random,
    ) -> Vec<u8> {
        let text = seed.to_base32();
        self.seal
            .seal(text.expose_secret(), user.0.as_bytes(), random)
            .0
    }

    /// A stored seed; nothing if its key is out of use.
    pub(super) fn open(&self, user: UserId, sealed: &[u8]) -> Option<TotpSeed> {
        let text = self
            .seal
            .open(&Sealed(sealed.to_vec()), user.0.as_bytes())?;
        TotpSeed::parse(&text)
    }
}
