//! The private half of an installation, secret by secret: a function opens those it needs and no other.

use std::sync::Arc;

use super::kms::ConnectKms;
use super::signer::PublishedSigner;
use super::{Algorithm, KeyRole, KeySet, SealingKey, ServerKey, Signer, SigningKey};

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
#[derive(Default)]
pub struct Opened {
    /// The algorithms that were asked for.
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) signing: Vec<SigningKey>,
    /// What keys are signed with whose private half is not here.
    pub(super) kms: Option<ConnectKms>,
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
    /// Fits the private keys to the published ones: the active ones sign, a retired or unpublished one is dropped. KMS is connected
    /// to where a key that signs, or soon does, lies there.
    ///
    /// # Errors
    /// [`Unpublished`] if in a role that was asked for there is no active key, or its private half is nowhere.
    pub fn fit(self, published: &KeySet) -> Result<Secrets, Unpublished> {
        for role in KeyRole::ALL {
            let mut asked = self.algorithms.iter().filter(|one| one.role() == role);
            let Some(asked) = asked.next() else {
                continue;
            };
            let active = published.active(role).ok_or(Unpublished(*asked))?;
            let here = self.signing.iter().any(|own| own.kid() == active.kid);
            let in_kms = active.kms_key.is_some() && self.kms.is_some();
            if !here && !in_kms {
                return Err(Unpublished(active.algorithm));
            }
        }
        let in_kms = |role: &KeyRole| {
            let next = [published.active(*role), published.pending(*role)];
            next.into_iter().flatten().any(|key| key.kms_key.is_some())
        };
        let kms = self.kms.filter(|_| KeyRole::ALL.iter().any(in_kms));
        let signer = (!self.algorithms.is_empty()).then(|| {
            let kms = kms.map(|connect| connect());
            Arc::new(PublishedSigner::fitting(self.signing, kms, published)) as _
        });
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

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened")
            .field("signing", &self.signing)
            .finish_non_exhaustive()
    }
}
