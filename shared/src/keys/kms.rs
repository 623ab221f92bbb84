//! The KMS backend: keys of AWS KMS, which signs with them and never gives them away.
//!
//! Each is tagged `gatehouse` with the installation's parameter path, by which the rights on it are given.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rsa::KeySize;
use futures::future::BoxFuture;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::key_set::{KeyNumbers, KeyState, PublicKey};
use super::signer::SignError;
use super::{Algorithm, ecdsa};
use crate::aws::{Blob, Client, Fault, Service};

/// The tag that all keys of an installation have.
const TAG: &str = "gatehouse";
/// KMS takes no longer message as it is.
const MAX_MESSAGE_BYTES: usize = 4096;
/// The shortest time that KMS waits before it deletes a key.
const DELETED_AFTER_DAYS: u8 = 7;
/// A key that is deleted, or waits for it.
const GONE: [&str; 2] = ["NotFoundException", "KMSInvalidStateException"];
/// A key of which we may not know whose it is, or that has gone since.
const FOREIGN: [&str; 2] = ["NotFoundException", "AccessDeniedException"];
/// A key that does not sign, or not any more.
const OVER: [&str; 3] = [
    "KMSInvalidStateException",
    "DisabledException",
    "UnsupportedOperationException",
];
/// What stands before the point in the public half of a key on P-256 (RFC 5480 §2).
const P256_PREFIX: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// Signs with keys that lie elsewhere. Only who signs links what does.
pub trait RemoteSigner: fmt::Debug + Send + Sync {
    /// Signs with the key of this id.
    fn sign<'a>(
        &'a self,
        id: &'a str,
        algorithm: Algorithm,
        message: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, SignError>>;
}

/// Makes what signs by KMS, once a key that signs lies there.
pub type ConnectKms = Arc<dyn Fn() -> Arc<dyn RemoteSigner> + Send + Sync>;

/// Signs with keys of KMS.
#[derive(Debug, Clone)]
pub struct Kms {
    client: Client,
}

/// The keys of one installation: makes and deletes them.
#[derive(Debug, Clone)]
pub struct KmsKeys {
    client: Client,
    tag: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Signed {
    signature: Blob,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Made {
    key_metadata: Key,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Key {
    key_id: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Listed {
    keys: Vec<Key>,
    next_marker: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Tags {
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    tag_key: String,
    tag_value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Public {
    public_key: Blob,
}

/// KMS did not do it.
#[derive(Debug, thiserror::Error)]
pub enum KmsError {
    /// No answer, throttled, refused.
    #[error("KMS does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Its public half is not what the algorithm wants.
    #[error("the KMS key {0} cannot be used")]
    Unusable(String),
}

impl Kms {
    /// Who signs waits for it, so it is soon given up.
    pub const SERVICE: &'static Service = &Service {
        name: "kms",
        api: "TrentService",
        content_type: "application/x-amz-json-1.1",
        longest_try: Duration::from_secs(3),
        longest_call: Duration::from_secs(5),
        retries: 2,
        first_pause: Duration::from_millis(100),
        longest_pause: Duration::from_secs(1),
    };

    /// Signs by this client.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    async fn sign_once(
        &self,
        id: &str,
        algorithm: Algorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, SignError> {
        if message.len() > MAX_MESSAGE_BYTES {
            return Err(SignError::TooLong);
        }
        let request = json!({
            "KeyId": id,
            "Message": Blob::new(message),
            "MessageType": "RAW",
            "SigningAlgorithm": spec_of(algorithm).1,
        });
        let signed = self.client.call("Sign", &request).await;
        let signed: Signed = signed.map_err(|fault| SignError::Unavailable(fault.into()))?;
        let signature = Vec::from(signed.signature);
        match algorithm {
            Algorithm::Rs256 | Algorithm::Rs512 => Ok(signature),
            Algorithm::Es256 => {
                let both = ecdsa::fixed(&signature).ok_or(SignError::Refused)?;
                Ok(both.to_vec())
            }
        }
    }
}

impl RemoteSigner for Kms {
    /// One call.
    fn sign<'a>(
        &'a self,
        id: &'a str,
        algorithm: Algorithm,
        message: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, SignError>> {
        Box::pin(self.sign_once(id, algorithm, message))
    }
}

impl KmsKeys {
    /// The keys that are tagged with this path.
    pub fn new(client: Client, path: &str) -> Self {
        Self {
            client,
            tag: path.trim_end_matches('/').to_owned(),
        }
    }

    /// Makes a key; its public half, pending.
    ///
    /// # Errors
    /// [`KmsError`].
    pub async fn make(&self, algorithm: Algorithm) -> Result<PublicKey, KmsError> {
        let request = json!({
            "KeyUsage": "SIGN_VERIFY",
            "KeySpec": spec_of(algorithm).0,
            "Description": format!("Gatehouse {}: signs tokens by {}", self.tag, algorithm.as_str()),
            "Tags": [{ "TagKey": TAG, "TagValue": self.tag }],
        });
        let made = self.client.call("CreateKey", &request).await;
        let made: Made = made.map_err(unavailable)?;
        let id = made.key_metadata.key_id;
        match self.public_half(&id, algorithm).await? {
            Some(public) => Ok(public),
            None => Err(KmsError::Unusable(id)),
        }
    }

    /// A key for this algorithm that is none of these: it was made by a run that ended before it was published.
    ///
    /// # Errors
    /// [`KmsError`].
    pub async fn unused(
        &self,
        algorithm: Algorithm,
        used: &[&str],
    ) -> Result<Option<PublicKey>, KmsError> {
        let mut request = json!({});
        loop {
            let listed = self.client.call("ListKeys", &request).await;
            let listed: Listed = listed.map_err(unavailable)?;
            for Key { key_id: id } in listed.keys {
                if used.contains(&id.as_str()) || !self.is_ours(&id).await? {
                    continue;
                }
                if let Some(public) = self.public_half(&id, algorithm).await? {
                    return Ok(Some(public));
                }
            }
            match listed.next_marker.filter(|marker| !marker.is_empty()) {
                Some(marker) => request = json!({ "Marker": marker }),
                None => return Ok(None),
            }
        }
    }

    /// Has a key deleted in a week. One that is gone already is fine.
    ///
    /// # Errors
    /// [`KmsError::Unavailable`].
    pub async fn delete(&self, id: &str) -> Result<(), KmsError> {
        let request = json!({ "KeyId": id, "PendingWindowInDays": DELETED_AFTER_DAYS });
        let deleted = self.client.call("ScheduleKeyDeletion", &request).await;
        match deleted.map(|IgnoredAny| ()) {
            Err(fault) if !fault.is_any_of(&GONE) => Err(unavailable(fault)),
            _ => Ok(()),
        }
    }

    /// Whether a key has our tag. Of keys of others it may be forbidden to know.
    async fn is_ours(&self, id: &str) -> Result<bool, KmsError> {
        let request = json!({ "KeyId": id });
        let listed = self.client.call("ListResourceTags", &request).await;
        match listed {
            Ok(Tags { tags }) => Ok(tags
                .iter()
                .any(|tag| tag.tag_key == TAG && tag.tag_value == self.tag)),
            Err(fault) if fault.is_any_of(&FOREIGN) => Ok(false),
            Err(fault) => Err(unavailable(fault)),
        }
    }

    /// A key's public half; nothing if it is of another kind, or cannot sign any more.
    async fn public_half(
        &self,
        id: &str,
        algorithm: Algorithm,
    ) -> Result<Option<PublicKey>, KmsError> {
        let request = json!({ "KeyId": id });
        let found = self.client.call("GetPublicKey", &request).await;
        let public: Public = match found {
            Ok(public) => public,
            Err(fault) if fault.is_any_of(&OVER) => return Ok(None),
            Err(fault) => return Err(unavailable(fault)),
        };
        let Some(numbers) = numbers_of(algorithm, public.public_key.as_ref()) else {
            return Ok(None);
        };
        let mut key = PublicKey::new(algorithm, numbers, KeyState::Pending);
        key.kms_key = Some(id.to_owned());
        Ok(Some(key))
    }
}

/// What KMS calls a key of this algorithm, and the algorithm.
fn spec_of(algorithm: Algorithm) -> (&'static str, &'static str) {
    match algorithm {
        Algorithm::Rs256 => ("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_256"),
        Algorithm::Rs512 => ("RSA_4096", "RSASSA_PKCS1_V1_5_SHA_512"),
        Algorithm::Es256 => ("ECC_NIST_P256", "ECDSA_SHA_256"),
    }
}

/// The numbers of a public key in DER (RFC 5280 §4.1.2.7), if it is one of this algorithm.
fn numbers_of(algorithm: Algorithm, der: &[u8]) -> Option<KeyNumbers> {
    let size = match algorithm {
        Algorithm::Rs256 => KeySize::Rsa2048,
        Algorithm::Rs512 => KeySize::Rsa4096,
        Algorithm::Es256 => return KeyNumbers::point(der.strip_prefix(P256_PREFIX)?),
    };
    let key = aws_lc_rs::rsa::PublicKey::from_der(der).ok()?;
    (key.modulus_len() == size.len()).then(|| {
        KeyNumbers::rsa(
            key.modulus().big_endian_without_leading_zero(),
            key.exponent().big_endian_without_leading_zero(),
        )
    })
}

fn unavailable(fault: Fault) -> KmsError {
    KmsError::Unavailable(fault.into())
}
