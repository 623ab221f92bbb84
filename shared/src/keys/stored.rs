//! Secrets as they are kept: base64 in JSON, versioned where two may be valid.

use std::fmt;

use data_encoding::BASE64;
use secrecy::SecretBox;
use serde::{Deserialize, Serialize};

use crate::domain::Random;

/// One version of a server key.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct StoredServerKey {
    pub(super) version: u32,
    /// Base64 of 32 bytes.
    secret: String,
}

/// A version of a server key and its secret.
pub(super) type SecretVersion = (u32, SecretBox<[u8; 32]>);

impl StoredServerKey {
    pub(super) fn generate(version: u32, random: &dyn Random) -> Self {
        Self {
            version,
            secret: BASE64.encode(&random.bytes::<32>()),
        }
    }

    fn open(&self) -> Option<SecretVersion> {
        let bytes = BASE64.decode(self.secret.as_bytes()).ok()?;
        let secret: [u8; 32] = bytes.try_into().ok()?;
        Some((self.version, SecretBox::new(Box::new(secret))))
    }
}

impl fmt::Debug for StoredServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredServerKey")
    }
}

/// All versions opened; nothing if there is none or one is unreadable.
pub(super) fn open_versions(stored: &[StoredServerKey]) -> Option<Vec<SecretVersion>> {
    let versions: Option<Vec<_>> = stored.iter().map(StoredServerKey::open).collect();
    versions.filter(|versions| !versions.is_empty())
}
