//! The private half of an installation, secret by secret: a function opens those it needs and no other.

use std::sync::Arc;

use super::{Algorithm, InProcessSigner, KeySet, SealingKey, ServerKey, Signer, SigningKey};

/// One of an installation's secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretName {
    /// The private keys that sign tokens by this algorithm.
    Signing(Algorithm),
    /// What mailed codes and passwords are derived with.
    Codes,
    /// What digests of client addresses are made with.
    Sources,
    /// What seals addresses that an intent has to carry, and the seeds of authenticators.
    Seal,
    /// What refresh tokens are authenticated with.
    Refresh,
}

/// Secrets as they were found, before it is known which signing key is in use.
#[derive(Debug, Default)]
pub struct Opened {
    pub(super) signing: Vec<SigningKey>,
    pub(super) codes: Option<ServerKey>,
    pub(super) sources: Option<ServerKey>,
    pub(super) seal: Option<SealingKey>,
    pub(super) refresh: Option<ServerKey>,
}

/// The secrets that were opened for a function.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    signer: Option<Arc<dyn Signer>>,
    codes: Option<ServerKey>,
    sources: Option<ServerKey>,
    seal: Option<SealingKey>,
    refresh: Option<ServerKey>,
}

/// A function asks for a secret that was not opened for it.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the function did not ask for its {0}")]
pub struct NotOpened(&'static str);

/// Nobody could verify what the private keys sign.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("no private key belongs to the published key that signs {}", .0.as_str())]
pub struct Unpublished(Algorithm);

impl Opened {
    /// Fits the private keys to the published ones: the active ones sign, a retired or unpublished one is dropped.
    ///
    /// # Errors
    /// [`Unpublished`] if of an algorithm there are private keys and the active one is not among them.
    pub fn fit(self, published: &KeySet) -> Result<Secrets, Unpublished> {
        let opened = |algorithm| self.signing.iter().any(|key| key.algorithm() == algorithm);
        let mut algorithms = Algorithm::ALL.to_vec();
        algorithms.retain(|algorithm| opened(*algorithm));
        let signer = InProcessSigner::fitting(self.signing, published);
        if let Some(idle) = algorithms.iter().find(|one| signer.active(**one).is_none()) {
            return Err(Unpublished(*idle));
        }
        let signer = (!algorithms.is_empty()).then(|| Arc::new(signer) as _);
        Ok(Secrets {
            signer,
            codes: self.codes,
            sources: self.sources,
            seal: self.seal,
            refresh: self.refresh,
        })
    }
}

impl Secrets {
    /// Signs tokens.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub fn signer(&self) -> Result<Arc<dyn Signer>, NotOpened> {
        self.signer.clone().ok_or(NotOpened("signing key"))
    }

    /// Derives mailed codes and passwords.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub fn codes(&self) -> Result<ServerKey, NotOpened> {
        self.codes.clone().ok_or(NotOpened("code key"))
    }

    /// Digests the client addresses that a user signs in from.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub fn sources(&self) -> Result<ServerKey, NotOpened> {
        self.sources.clone().ok_or(NotOpened("source key"))
    }

    /// Authenticates refresh tokens.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub fn refresh(&self) -> Result<ServerKey, NotOpened> {
        self.refresh.clone().ok_or(NotOpened("refresh key"))
    }

    /// Seals addresses that an intent has to carry, and the seeds of authenticators.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub fn seal(&self) -> Result<SealingKey, NotOpened> {
        self.seal.clone().ok_or(NotOpened("sealing key"))
    }
}
