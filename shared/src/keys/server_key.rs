//! The server's own symmetric secrets: 256-bit, versioned, two versions valid at a time.

use std::fmt;

use aws_lc_rs::{constant_time, hmac};
use secrecy::{ExposeSecret, SecretBox};

/// One secret of the server in its valid versions, newest first.
#[derive(Clone)]
pub struct ServerKey {
    versions: Vec<(u32, hmac::Key)>,
}

impl ServerKey {
    /// Takes the valid versions in any order.
    ///
    /// # Panics
    /// If there is none: a server without its secret must not start.
    pub fn new(versions: impl IntoIterator<Item = (u32, SecretBox<[u8; 32]>)>) -> Self {
        let mut versions: Vec<_> = versions
            .into_iter()
            .map(|(version, secret)| {
                (
                    version,
                    hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret()),
                )
            })
            .collect();
        versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
        assert!(
            !versions.is_empty(),
            "a server key has at least one version"
        );
        Self { versions }
    }

    /// The version that new secrets are derived with.
    pub fn current_version(&self) -> u32 {
        self.versions[0].0
    }

    /// The key of that version, while it is valid.
    pub fn version(&self, version: u32) -> Option<&hmac::Key> {
        self.versions
            .iter()
            .find(|(found, _)| *found == version)
            .map(|(_, key)| key)
    }

    /// HMAC-SHA-256 under the current version over parts that hold no line feed.
    pub fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        derive(&self.versions[0].1, parts)
    }

    /// Whether this is the digest of these parts under any valid version. Constant time.
    pub fn is_digest(&self, parts: &[&[u8]], given: &[u8]) -> bool {
        let is_under = |(_, key): &(u32, hmac::Key)| {
            constant_time::verify_slices_are_equal(&derive(key, parts), given).is_ok()
        };
        self.versions.iter().any(is_under)
    }
}

/// HMAC-SHA-256 over the parts, each followed by a line feed.
pub(crate) fn derive(key: &hmac::Key, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(part);
        context.update(b"\n");
    }
    context
        .sign()
        .as_ref()
        .try_into()
        .expect("HMAC-SHA-256 has 32 bytes")
}

/// A code of six digits, the same for the same parts.
pub(crate) fn six_digits(key: &hmac::Key, parts: &[&[u8]]) -> String {
    let derived = derive(key, parts);
    let (start, _) = derived
        .split_first_chunk()
        .expect("HMAC-SHA-256 has 32 bytes");
    format!("{:06}", u64::from_be_bytes(*start) % 1_000_000)
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerKey")
    }
}
