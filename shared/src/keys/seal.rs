//! Sealing: what must be read again but not lie open in the store (AES-256-GCM, NIST SP 800-38D).

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use secrecy::{ExposeSecret, SecretBox};

use crate::domain::Random;

/// The sealing key in its valid versions, newest first.
#[derive(Clone)]
pub struct SealingKey {
    versions: Vec<(u32, std::sync::Arc<LessSafeKey>)>,
}

/// A sealed text: key version (4 bytes), nonce (12), ciphertext and tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

/// Who opens a seal must know what it was put on: the context is authenticated, not stored.
impl SealingKey {
    /// Takes the valid versions in any order.
    ///
    /// # Panics
    /// If there is none: a server without its secret must not start.
    pub fn new(versions: impl IntoIterator<Item = (u32, SecretBox<[u8; 32]>)>) -> Self {
        let open = |secret: &SecretBox<[u8; 32]>| {
            let key = UnboundKey::new(&AES_256_GCM, secret.expose_secret());
            std::sync::Arc::new(LessSafeKey::new(key.expect("AES-256 keys have 32 bytes")))
        };
        let mut versions: Vec<_> = versions
            .into_iter()
            .map(|(version, secret)| (version, open(&secret)))
            .collect();
        versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
        assert!(
            !versions.is_empty(),
            "a sealing key has at least one version"
        );
        Self { versions }
    }

    /// Seals a text under the newest version.
    pub fn seal(&self, text: &str, context: &[u8], random: &dyn Random) -> Sealed {
        let (version, key) = &self.versions[0];
        let nonce: [u8; NONCE_LEN] = random.bytes();
        let mut sealed = text.as_bytes().to_vec();
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(context),
            &mut sealed,
        )
        .expect("a short text can be sealed");
        Sealed([&version.to_be_bytes()[..], &nonce, &sealed].concat())
    }

    /// The sealed text; nothing if it was changed, is of another context, or its key is out of use.
    pub fn open(&self, sealed: &Sealed, context: &[u8]) -> Option<String> {
        let (version, rest) = sealed.0.split_first_chunk::<4>()?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>()?;
        let version = u32::from_be_bytes(*version);
        let (_, key) = self.versions.iter().find(|(found, _)| *found == version)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let mut text = ciphertext.to_vec();
        let text = key
            .open_in_place(nonce, Aad::from(context), &mut text)
            .ok()?;
        String::from_utf8(text.to_vec()).ok()
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey")
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretBox;

    use super::{Sealed, SealingKey};
    use crate::domain::SystemRandom;

    fn key(versions: &[u8]) -> SealingKey {
        SealingKey::new(versions.iter().map(|version| {
            (
                u32::from(*version),
                SecretBox::new(Box::new([*version; 32])),
            )
        }))
    }

    #[test]
    fn a_seal_opens_in_its_context_alone() {
        let sealed = key(&[1]).seal("ann@example.com", b"here", &SystemRandom);
        assert_eq!(
            key(&[1]).open(&sealed, b"here").as_deref(),
            Some("ann@example.com")
        );
        assert_eq!(
            key(&[2, 1]).open(&sealed, b"here").as_deref(),
            Some("ann@example.com")
        );
        assert_eq!(key(&[1]).open(&sealed, b"there"), None);
        assert_eq!(key(&[2]).open(&sealed, b"here"), None);
        let mut changed = sealed.0.clone();
        *changed.last_mut().expect("it holds bytes") ^= 1;
        assert_eq!(key(&[1]).open(&Sealed(changed), b"here"), None);
        assert_eq!(key(&[1]).open(&Sealed(Vec::new()), b"here"), None);
    }
}
