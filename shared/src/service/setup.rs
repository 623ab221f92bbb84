//! Setting an installation up: its keys and its settings. Doing it again changes nothing that is there.

use std::collections::BTreeMap;

use super::{Context, KeyRotation, tell};
use crate::domain::{Outcome, UserId};
use crate::error::Result;
use crate::keys::{KeyRole, Parameters};

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
    /// [`Error::Unavailable`](crate::error::Error::Unavailable), also where others change the keys all the time.
    pub async fn ensure_keys(&self, rotation: &KeyRotation) -> Result<bool> {
        let random = &*self.context.random;
        let mut made = self.vault.ensure_server_keys(random).await?;
        for role in KeyRole::ALL {
            made |= rotation.ensure_active(role).await?;
        }
        if made {
            tell(Outcome::KeysMade, UserId::INSTALLATION);
        }
        Ok(made)
    }

    /// Writes the settings; as they are now. The issuer is written once, and later only by [`Self::put_issuer`].
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::error::Error::Unavailable).
    pub async fn put_settings(
        &self,
        settings: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>> {
        Ok(self.context.store.put_settings(settings).await?)
    }

    /// Changes the issuer. Tokens that name the former one are refused from then on.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::error::Error::Unavailable).
    pub async fn put_issuer(&self, issuer: &str) -> Result<()> {
        self.context.store.put_issuer(issuer).await?;
        tell(Outcome::IssuerChanged, UserId::INSTALLATION);
        Ok(())
    }
}
