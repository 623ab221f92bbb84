//! The local key backend: all secrets of one installation in one JSON file that only its owner can read.

use std::io::Write as _;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::secrets::Opened;
use super::signer::InvalidKey;
use super::stored::{StoredServerKey, open_versions};
use super::{Algorithm, KeySet, KeyState, SealingKey, ServerKey, SigningKey};
use crate::domain::Random;

/// The secrets of a local installation.
#[derive(Debug, Clone)]
pub struct KeyFile {
    content: Content,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Content {
    signing: Vec<StoredSigningKey>,
    codes: Vec<StoredServerKey>,
    sources: Vec<StoredServerKey>,
    seal: Vec<StoredServerKey>,
}

#[derive(Clone, Serialize, Deserialize)]
struct StoredSigningKey {
    algorithm: Algorithm,
    /// Base64 of the PKCS #8 form.
    private_key: String,
}

/// The key file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// Reading or writing failed.
    #[error("the key file cannot be read or written")]
    Io(#[from] std::io::Error),
    /// It is not what we wrote.
    #[error("the key file is damaged")]
    Damaged,
    /// A key could not be made.
    #[error(transparent)]
    Key(#[from] InvalidKey),
}

impl KeyFile {
    /// Makes a full set of new keys in memory.
    ///
    /// # Errors
    /// [`KeyFileError::Key`] if the generator fails.
    pub fn generate(random: &dyn Random) -> Result<Self, KeyFileError> {
        let signing = SigningKey::generate(Algorithm::Rs256)?;
        let private_key = signing.to_pkcs8()?.expose_secret().to_owned();
        let server_key = || vec![StoredServerKey::generate(1, random)];
        Ok(Self {
            content: Content {
                signing: vec![StoredSigningKey {
                    algorithm: Algorithm::Rs256,
                    private_key,
                }],
                codes: server_key(),
                sources: server_key(),
                seal: server_key(),
            },
        })
    }

    /// Reads the file.
    ///
    /// # Errors
    /// Any [`KeyFileError`].
    pub fn open(path: &Path) -> Result<Self, KeyFileError> {
        let content =
            serde_json::from_slice(&std::fs::read(path)?).map_err(|_| KeyFileError::Damaged)?;
        Ok(Self { content })
    }

    /// Reads the file, or makes it (readable by its owner alone) if there is none.
    ///
    /// # Errors
    /// Any [`KeyFileError`].
    pub fn open_or_create(path: &Path, random: &dyn Random) -> Result<Self, KeyFileError> {
        match Self::open(path) {
            Err(KeyFileError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                let made = Self::generate(random)?;
                made.write_new(path)?;
                Ok(made)
            }
            opened => opened,
        }
    }

    /// Adds a newer version of the key that codes are derived with; the one before stays valid.
    #[must_use]
    pub fn with_newer_codes_key(mut self, random: &dyn Random) -> Self {
        let codes = &mut self.content.codes;
        let version = codes.iter().map(|key| key.version).max().unwrap_or(0) + 1;
        codes.insert(0, StoredServerKey::generate(version, random));
        codes.truncate(2);
        self
    }

    /// The public halves, to be published.
    ///
    /// # Errors
    /// [`KeyFileError::Key`] if one is unreadable.
    pub fn key_set(&self) -> Result<KeySet, KeyFileError> {
        let keys = self.signing_keys()?;
        Ok(KeySet {
            keys: keys
                .iter()
                .map(|key| key.public(KeyState::Active))
                .collect(),
        })
    }

    /// Opens all secrets.
    ///
    /// # Errors
    /// [`KeyFileError::Damaged`] if one is missing or unreadable; [`KeyFileError::Key`] if a private key is.
    pub fn open_all(&self) -> Result<Opened, KeyFileError> {
        let versions = |stored| open_versions(stored).ok_or(KeyFileError::Damaged);
        Ok(Opened {
            signing: self.signing_keys()?,
            codes: Some(ServerKey::new(versions(&self.content.codes)?)),
            sources: Some(ServerKey::new(versions(&self.content.sources)?)),
            seal: Some(SealingKey::new(versions(&self.content.seal)?)),
        })
    }

    fn signing_keys(&self) -> Result<Vec<SigningKey>, KeyFileError> {
        let open = |stored: &StoredSigningKey| {
            SigningKey::from_pkcs8(
                stored.algorithm,
                &SecretString::from(stored.private_key.clone()),
            )
        };
        Ok(self
            .content
            .signing
            .iter()
            .map(open)
            .collect::<Result<_, _>>()?)
    }

    /// Writes the file, which must not be there yet, readable by its owner alone.
    ///
    /// # Errors
    /// [`KeyFileError::Io`].
    pub fn write_new(&self, path: &Path) -> Result<(), KeyFileError> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let bytes = serde_json::to_vec_pretty(&self.content).map_err(|_| KeyFileError::Damaged)?;
        Ok(options.open(path)?.write_all(&bytes)?)
    }
}

impl std::fmt::Debug for StoredSigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredSigningKey")
    }
}
