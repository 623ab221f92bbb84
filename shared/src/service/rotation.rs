//! Signing keys while an installation lives: made, published, put into use, retired, dropped, deleted.
//!
//! The key set is the one truth, and every write of it is conditional on the one that was read. A private half is kept before its
//! public half is published, and deleted after. So a run may end anywhere, and two may run at once: whatever was kept and never
//! published is published the next time that such a key is wanted, and what was dropped is remembered until it is deleted.

use std::sync::Arc;

use super::{Context, tell};
use crate::domain::{Outcome, UserId};
use crate::error::{Error, Result};
use crate::keys::{
    Algorithm, DroppedKey, Home, KeyRole, KeySet, KeyState, KmsError, KmsKeys, Parameters,
    ParametersError, PublicKey, Rotation, SigningKey, Step, whole_seconds,
};

/// How often a run decides anew after another one was faster.
const TRIES: usize = 3;

/// Makes what makes keys of KMS, once one is wanted.
pub type ConnectKmsKeys = Arc<dyn Fn() -> KmsKeys + Send + Sync>;

/// Where private halves of signing keys are made and deleted.
#[derive(Clone)]
pub struct KeyHomes {
    /// The wrapped ones.
    pub vault: Parameters,
    /// Those of KMS.
    pub kms: ConnectKmsKeys,
}

/// Has signing keys follow each other.
#[derive(Debug, Clone)]
pub struct KeyRotation {
    context: Context,
    homes: KeyHomes,
    rules: Rotation,
}

impl KeyRotation {
    /// Of the installation whose key set lies in this store, by these rules.
    pub fn new(context: Context, homes: KeyHomes, rules: Rotation) -> Self {
        Self {
            context,
            homes,
            rules,
        }
    }

    /// Does what is due; the key set as it is then. In the roles of `forced`, a key is replaced whatever its age, unless one waits
    /// already.
    ///
    /// # Errors
    /// [`Error::Unavailable`], also where others change the keys all the time.
    pub async fn advance(&self, forced: &[KeyRole]) -> Result<KeySet> {
        let due = |keys: &KeySet| Some(self.rules.due(keys, self.context.now(), forced));
        let keys = self.change(Outcome::KeysAdvanced, due).await?;
        keys.ok_or_else(|| Error::Internal("something is always due".into()))
    }

    /// Drops a key with all its tokens, and has another one sign at once if it did. Nothing if no such key is published.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub async fn revoke(&self, kid: &str) -> Result<Option<KeySet>> {
        let without = |keys: &KeySet| self.rules.without(keys, kid, self.context.now());
        self.change(Outcome::KeyRevoked, without).await
    }

    /// Has a key sign in this role, if none does; whether it had to.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub(super) async fn ensure_active(&self, role: KeyRole) -> Result<bool> {
        let store = &self.context.store;
        for _ in 0..TRIES {
            let published = store.find_installation().await?.key_set;
            if published.active(role).is_some() {
                return Ok(false);
            }
            let step = Step {
                keys: published.clone(),
                make: vec![(self.rules.wish.algorithm(role), KeyState::Active)],
            };
            if self.publish(&published, step).await?.is_some() {
                return Ok(true);
            }
        }
        Err(changed())
    }

    async fn change(
        &self,
        outcome: Outcome,
        decide: impl Fn(&KeySet) -> Option<Step>,
    ) -> Result<Option<KeySet>> {
        for _ in 0..TRIES {
            let published = self.context.store.find_installation().await?.key_set;
            let Some(step) = decide(&published) else {
                return Ok(None);
            };
            if let Some(keys) = self.publish(&published, step).await? {
                if keys != published {
                    tell(outcome, UserId::INSTALLATION);
                }
                return self.delete_dropped(keys).await.map(Some);
            }
        }
        Err(changed())
    }

    /// Takes a step: makes its keys, and publishes it in place of the set that it follows. Nothing if another set is published by
    /// now.
    async fn publish(&self, published: &KeySet, step: Step) -> Result<Option<KeySet>> {
        let Step { mut keys, make } = step;
        for (algorithm, state) in make {
            let key = self.private_half(algorithm, &keys).await?;
            keys.keys.push(PublicKey {
                state,
                // After it was made, which may have taken its time.
                since: Some(whole_seconds(self.context.now())),
                ..key
            });
        }
        if keys == *published {
            return Ok(Some(keys));
        }
        let replaced = self.context.store.replace_key_set(published, &keys).await?;
        Ok(replaced.then_some(keys))
    }

    /// A key whose private half is kept: one that was never published, if there is any, or a new one.
    async fn private_half(&self, algorithm: Algorithm, known: &KeySet) -> Result<PublicKey> {
        match self.rules.wish.home {
            Home::Wrapped => self.wrapped(algorithm, known).await,
            Home::Kms => self.in_kms(algorithm, known).await,
        }
    }

    async fn wrapped(&self, algorithm: Algorithm, known: &KeySet) -> Result<PublicKey> {
        let vault = &self.homes.vault;
        let mut kept = vault.signing_keys(algorithm).await?;
        kept.retain(|key| !known.has_ever(key.kid()));
        let key = match kept.into_iter().next() {
            Some(kept) => kept,
            None => {
                let key = SigningKey::generate(algorithm).map_err(ParametersError::from)?;
                vault.keep_signing_key(&key).await?;
                key
            }
        };
        Ok(key.public(KeyState::Pending))
    }

    async fn in_kms(&self, algorithm: Algorithm, known: &KeySet) -> Result<PublicKey> {
        let kms = (self.homes.kms)();
        let published = known.keys.iter().map(|key| &key.kms_key);
        let dropped = known.dropped.iter().map(|key| &key.kms_key);
        let used: Vec<_> = published
            .chain(dropped)
            .flatten()
            .map(String::as_str)
            .collect();
        match kms.unused(algorithm, &used).await? {
            Some(key) => Ok(key),
            None => Ok(kms.make(algorithm).await?),
        }
    }

    /// Deletes the private halves of keys that are published no more, and forgets these. What another run has changed meanwhile,
    /// it also does.
    async fn delete_dropped(&self, keys: KeySet) -> Result<KeySet> {
        if keys.dropped.is_empty() {
            return Ok(keys);
        }
        for dropped in &keys.dropped {
            self.delete(dropped).await?;
        }
        let without = KeySet {
            keys: keys.keys.clone(),
            dropped: Vec::new(),
        };
        self.context.store.replace_key_set(&keys, &without).await?;
        Ok(without)
    }

    async fn delete(&self, key: &DroppedKey) -> Result<()> {
        match &key.kms_key {
            Some(id) => Ok((self.homes.kms)().delete(id).await?),
            None => {
                let vault = &self.homes.vault;
                Ok(vault.delete_signing_key(key.algorithm, &key.kid).await?)
            }
        }
    }
}

fn changed() -> Error {
    Error::Unavailable("the keys have changed meanwhile: try again".into())
}

impl std::fmt::Debug for KeyHomes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyHomes")
    }
}

impl From<ParametersError> for Error {
    fn from(fault: ParametersError) -> Self {
        match fault {
            ParametersError::Unavailable(source) => Self::Unavailable(source),
            other => Self::Internal(other.into()),
        }
    }
}

impl From<KmsError> for Error {
    fn from(fault: KmsError) -> Self {
        match fault {
            KmsError::Unavailable(source) => Self::Unavailable(source),
            other @ KmsError::Unusable(_) => Self::Internal(other.into()),
        }
    }
}
