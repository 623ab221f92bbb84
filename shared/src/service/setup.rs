//! Setting an installation up: its keys and its settings. Doing it again changes nothing that is there.

use std::collections::BTreeMap;

use super::{Context, tell};
use crate::domain::{Outcome, UserId};
use crate::error::{Error, Result};
use crate::keys::{Algorithm, KeySet, KeyState, Parameters, ParametersError, SigningKey};

/// Sets an installation up.
#[derive(Debug, Clone)]
pub struct Setup {
    context: Context,
    vault: Parameters,
}

impl Setup {
    /// The installation whose items lie in this store and whose secrets lie in this vault.
    pub fn new(context: Context, vault: Parameters) -> Self {
        Self { context, vault }
    }

    /// Makes the keys that are missing; whether any was.
    ///
    /// A private key that was kept but never published, by a run that ended in between, is published instead of another one.
    ///
    /// # Errors
    /// [`Error::Unavailable`], also where somebody else changes the keys meanwhile.
    pub async fn ensure_keys(&self) -> Result<bool> {
        let random = &*self.context.random;
        let mut made = self.vault.ensure_server_keys(random).await?;
        for algorithm in Algorithm::ALL {
            made |= self.ensure_signing_key(algorithm).await?;
        }
        if made {
            tell(Outcome::KeysMade, UserId::INSTALLATION);
        }
        Ok(made)
    }

    /// Writes the settings; as they are now. The issuer is written once, and later only by [`Self::put_issuer`].
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn put_settings(
        &self,
        settings: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>> {
        Ok(self.context.store.put_settings(settings).await?)
    }

    /// Changes the issuer. Tokens that name the former one are refused from then on.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn put_issuer(&self, issuer: &str) -> Result<()> {
        self.context.store.put_issuer(issuer).await?;
        tell(Outcome::IssuerChanged, UserId::INSTALLATION);
        Ok(())
    }

    async fn ensure_signing_key(&self, algorithm: Algorithm) -> Result<bool> {
        let published = self.context.store.find_installation().await?.key_set;
        let signs = |key: &_| is_active(key, algorithm);
        if published.keys.iter().any(signs) {
            return Ok(false);
        }
        let kept = self.vault.signing_keys(algorithm).await?;
        let key = match kept.into_iter().next() {
            Some(kept) => kept,
            None => {
                let key = SigningKey::generate(algorithm).map_err(ParametersError::from)?;
                self.vault.keep_signing_key(&key).await?;
                key
            }
        };
        let mut keys = published.keys.clone();
        keys.push(key.public(KeyState::Active));
        let store = &self.context.store;
        if store.replace_key_set(&published, &KeySet { keys }).await? {
            return Ok(true);
        }
        // Another run was faster. What this one has kept is never published.
        let published = store.find_installation().await?.key_set;
        if published.keys.iter().any(signs) {
            return Ok(false);
        }
        Err(Error::Unavailable(
            "the keys have changed meanwhile: try again".into(),
        ))
    }
}

fn is_active(key: &crate::keys::PublicKey, algorithm: Algorithm) -> bool {
    key.algorithm == algorithm && key.state == KeyState::Active
}

impl From<ParametersError> for Error {
    fn from(fault: ParametersError) -> Self {
        match fault {
            ParametersError::Unavailable(source) => Self::Unavailable(source),
            other => Self::Internal(other.into()),
        }
    }
}
