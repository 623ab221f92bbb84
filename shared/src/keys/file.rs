//! The local key backend: all secrets of one installation in one JSON file that only its owner can read.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::key_set::{seconds, whole_seconds};
use super::secrets::Opened;
use super::signer::InvalidKey;
use super::stored::{StoredServerKey, open_versions};
use super::{
    Algorithm, KeyRole, KeySet, KeyState, PublicKey, SealingKey, ServerKey, SigningKey, Step,
};
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
    #[serde(default)]
    refresh: Vec<StoredServerKey>,
}

#[derive(Clone, Serialize, Deserialize)]
struct StoredSigningKey {
    algorithm: Algorithm,
    /// Base64 of the PKCS #8 form.
    private_key: String,
    /// A key of an older release signs.
    #[serde(default = "active", skip_serializing_if = "is_active")]
    state: KeyState,
    #[serde(default, with = "seconds", skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
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
    /// Makes a full set of new keys in memory, with a signing key for RS256 and one for RS512. Takes a second, at times three.
    ///
    /// # Errors
    /// [`KeyFileError::Key`] if the generator fails.
    pub fn generate(random: &dyn Random) -> Result<Self, KeyFileError> {
        let server_key = || vec![StoredServerKey::generate(1, random)];
        let mut made = Self {
            content: Content {
                signing: Vec::new(),
                codes: server_key(),
                sources: server_key(),
                seal: server_key(),
                refresh: server_key(),
            },
        };
        made.add_signing_keys()?;
        Ok(made)
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

    /// Reads the file, or makes it (readable by its owner alone) if there is none. One of an older installation may lack a
    /// signing key or a server key, and gets it.
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
            Ok(opened) if !opened.is_complete() => Self::complete(path, random),
            opened => opened,
        }
    }

    /// Adds what is missing to the file.
    fn complete(path: &Path, random: &dyn Random) -> Result<Self, KeyFileError> {
        Self::change(path, |file| {
            if file.is_complete() {
                return Ok(false);
            }
            file.add_signing_keys()?;
            if file.content.refresh.is_empty() {
                let first = StoredServerKey::generate(1, random);
                file.content.refresh.push(first);
            }
            Ok(true)
        })
    }

    /// Does to the file what is due to its signing keys; the file as it is then. Whoever publishes its keys reads it again.
    ///
    /// # Errors
    /// Any [`KeyFileError`].
    pub fn rotate(
        path: &Path,
        now: Timestamp,
        due: impl Fn(&KeySet) -> Step,
    ) -> Result<Self, KeyFileError> {
        Self::change(path, |file| file.follow(&due(&file.key_set()?), now))
    }

    /// Does the same to keys that are in memory alone; whether anything has changed.
    ///
    /// # Errors
    /// [`KeyFileError::Key`].
    pub fn follow(&mut self, step: &Step, now: Timestamp) -> Result<bool, KeyFileError> {
        let before = self.key_set()?;
        let mut kept = Vec::new();
        for (stored, key) in std::mem::take(&mut self.content.signing)
            .into_iter()
            .zip(&before.keys)
        {
            if let Some(next) = step.keys.find(&key.kid) {
                kept.push(StoredSigningKey {
                    state: next.state,
                    since: next.since,
                    ..stored
                });
            }
        }
        for (algorithm, state) in &step.make {
            kept.push(StoredSigningKey {
                state: *state,
                since: Some(whole_seconds(now)),
                ..StoredSigningKey::generate(*algorithm)?
            });
        }
        self.content.signing = kept;
        Ok(self.key_set()? != before)
    }

    /// Changes the file, if there is anything to change. The new content takes the place of the old one in one step: whoever reads
    /// finds either, and nothing is lost if this ends in between.
    fn change(
        path: &Path,
        change: impl FnOnce(&mut Self) -> Result<bool, KeyFileError>,
    ) -> Result<Self, KeyFileError> {
        let draft_path = path.with_extension("json.new");
        let mut draft = private(OpenOptions::new().create(true)).open(&draft_path)?;
        // A server and a command may be at it at once: the later one waits, and finds the keys of the other.
        draft.lock()?;
        #[cfg(unix)]
        draft.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        let mut file = Self::open(path)?;
        if !change(&mut file)? {
            std::fs::remove_file(&draft_path).or_else(absent_is_fine)?;
            return Ok(file);
        }
        draft.set_len(0)?;
        draft.write_all(&file.to_json()?)?;
        draft.sync_all()?;
        std::fs::rename(&draft_path, path)?;
        Ok(file)
    }

    fn is_complete(&self) -> bool {
        let has_refresh = !self.content.refresh.is_empty();
        has_refresh && KeyRole::ALL.into_iter().all(|role| self.signs(role))
    }

    fn signs(&self, role: KeyRole) -> bool {
        let mut keys = self.content.signing.iter();
        keys.any(|key| key.algorithm.role() == role && is_active(&key.state))
    }

    /// Makes a key for each role in which none signs.
    fn add_signing_keys(&mut self) -> Result<(), KeyFileError> {
        for algorithm in [Algorithm::Rs256, Algorithm::Rs512] {
            if !self.signs(algorithm.role()) {
                let key = StoredSigningKey::generate(algorithm)?;
                self.content.signing.push(key);
            }
        }
        Ok(())
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
        let stored = self.content.signing.iter();
        let public = stored.zip(&keys).map(|(stored, key)| PublicKey {
            since: stored.since,
            ..key.public(stored.state)
        });
        Ok(KeySet {
            keys: public.collect(),
            dropped: Vec::new(),
        })
    }

    /// Opens all secrets.
    ///
    /// # Errors
    /// [`KeyFileError::Damaged`] if one is missing or unreadable; [`KeyFileError::Key`] if a private key is.
    pub fn open_all(&self) -> Result<Opened, KeyFileError> {
        let versions = |stored| open_versions(stored).ok_or(KeyFileError::Damaged);
        let signing = self.signing_keys()?;
        Ok(Opened {
            algorithms: signing.iter().map(SigningKey::algorithm).collect(),
            signing,
            kms: None,
            codes: Some(ServerKey::new(versions(&self.content.codes)?)),
            sources: Some(ServerKey::new(versions(&self.content.sources)?)),
            seal: Some(SealingKey::new(versions(&self.content.seal)?)),
            // A file of an older installation that nobody has completed has none.
            refresh: open_versions(&self.content.refresh)
                .filter(|versions| !versions.is_empty())
                .map(ServerKey::new),
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
        let mut file = private(OpenOptions::new().create_new(true)).open(path)?;
        Ok(file.write_all(&self.to_json()?)?)
    }

    fn to_json(&self) -> Result<Vec<u8>, KeyFileError> {
        serde_json::to_vec_pretty(&self.content).map_err(|_| KeyFileError::Damaged)
    }
}

impl StoredSigningKey {
    fn generate(algorithm: Algorithm) -> Result<Self, InvalidKey> {
        let key = SigningKey::generate(algorithm)?;
        Ok(Self {
            algorithm,
            private_key: key.to_pkcs8()?.expose_secret().to_owned(),
            state: KeyState::Active,
            since: None,
        })
    }
}

fn active() -> KeyState {
    KeyState::Active
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks like this")]
fn is_active(state: &KeyState) -> bool {
    *state == KeyState::Active
}

/// To write, and if it is made, for its owner alone.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.write(true)
}

fn absent_is_fine(fault: std::io::Error) -> std::io::Result<()> {
    match fault.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(fault),
    }
}

impl std::fmt::Debug for StoredSigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredSigningKey")
    }
}
