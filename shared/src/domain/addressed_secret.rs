//! Secrets that name what they open, so that using one is a keyed access and no search.

use std::array::TryFromSliceError;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use uuid::Uuid;

use super::UserId;

/// User id (16 bytes), the name of a record (16) and a secret (32); as text base64url, 86 characters.
pub(super) struct AddressedSecret {
    pub(super) user: UserId,
    pub(super) record: [u8; 16],
    secret: SecretBox<[u8; 32]>,
}

impl AddressedSecret {
    pub(super) fn new(user: UserId, record: [u8; 16], secret: [u8; 32]) -> Self {
        Self {
            user,
            record,
            secret: SecretBox::new(Box::new(secret)),
        }
    }

    /// Reads the text; `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 64] = BASE64URL_NOPAD
            .decode(text.as_bytes())
            .ok()?
            .try_into()
            .ok()?;
        let (ids, secret) = bytes.split_at(32);
        let (user, record) = ids.split_at(16);
        let read = || -> Result<Self, TryFromSliceError> {
            let user = UserId(Uuid::from_bytes(user.try_into()?));
            Ok(Self::new(user, record.try_into()?, secret.try_into()?))
        };
        read().ok()
    }

    pub(super) fn to_text(&self) -> SecretString {
        let mut bytes = [0; 64];
        bytes[..16].copy_from_slice(self.user.0.as_bytes());
        bytes[16..32].copy_from_slice(&self.record);
        bytes[32..].copy_from_slice(self.secret.expose_secret());
        BASE64URL_NOPAD.encode(&bytes).into()
    }

    /// The stored form of the secret.
    pub(super) fn digest(&self) -> [u8; 32] {
        sha256(self.secret.expose_secret())
    }
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let found = digest(&SHA256, bytes);
    found.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::{AddressedSecret, UserId};

    #[test]
    fn it_reads_back_as_it_was_written() {
        let user = UserId(uuid::Uuid::from_bytes([7; 16]));
        let secret = AddressedSecret::new(user, [8; 16], [9; 32]);
        let text = secret.to_text();
        let read = AddressedSecret::parse(text.expose_secret()).expect("its own text");
        assert_eq!(text.expose_secret().len(), 86);
        assert_eq!(
            (read.user, read.record, read.digest()),
            (secret.user, secret.record, secret.digest())
        );
    }

    #[test]
    fn anything_else_is_none() {
        let long = "A".repeat(10_000);
        for text in [
            "",
            "123456",
            "not base64!",
            "AAAA",
            long.as_str(),
            &"A".repeat(87),
            &format!("{}=", "A".repeat(86)),
        ] {
            assert!(AddressedSecret::parse(text).is_none(), "{text:?}");
        }
    }
}
