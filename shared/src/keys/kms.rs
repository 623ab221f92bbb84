//! The KMS backend: keys of AWS KMS, which signs with them and never gives them away.
//!
//! Each is tagged `gatehouse` with the installation's parameter path, by which the rights on it are given.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rsa::KeySize;
use aws_sdk_kms::Client;
use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::config::timeout::TimeoutConfig;
use aws_sdk_kms::operation::get_public_key::GetPublicKeyError;
use aws_sdk_kms::operation::list_resource_tags::ListResourceTagsError;
use aws_sdk_kms::operation::schedule_key_deletion::ScheduleKeyDeletionError;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{KeySpec, KeyUsageType, MessageType, SigningAlgorithmSpec, Tag};
use futures::future::BoxFuture;

use super::key_set::{KeyNumbers, KeyState, PublicKey};
use super::signer::SignError;
use super::{Algorithm, ecdsa};

/// The tag that all keys of an installation have.
const TAG: &str = "gatehouse";
/// KMS takes no longer message as it is.
const MAX_MESSAGE_BYTES: usize = 4096;
/// The shortest time that KMS waits before it deletes a key.
const DELETED_AFTER_DAYS: i32 = 7;
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
#[derive(Clone)]
pub struct Kms {
    client: Client,
}

/// The keys of one installation: makes and deletes them.
#[derive(Clone)]
pub struct KmsKeys {
    client: Client,
    tag: String,
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
    /// Signs by this client.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// How long a call may take, with its retries.
    pub fn timeouts() -> TimeoutConfig {
        TimeoutConfig::builder()
            .operation_attempt_timeout(Duration::from_secs(3))
            .operation_timeout(Duration::from_secs(5))
            .build()
    }

    /// How calls are tried again.
    pub fn retries() -> RetryConfig {
        RetryConfig::standard()
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
        let sign = self
            .client
            .sign()
            .key_id(id)
            .message(Blob::new(message))
            .message_type(MessageType::Raw)
            .signing_algorithm(spec_of(algorithm).1);
        let signed = sign.send().await;
        let signed = signed.map_err(|fault| SignError::Unavailable(fault.into()))?;
        let signature = signed.signature.ok_or(SignError::Refused)?.into_inner();
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
        let tag = Tag::builder().tag_key(TAG).tag_value(&self.tag).build();
        let made = self
            .client
            .create_key()
            .key_usage(KeyUsageType::SignVerify)
            .key_spec(spec_of(algorithm).0)
            .description(format!(
                "Gatehouse {}: signs tokens by {}",
                self.tag,
                algorithm.as_str()
            ))
            .tags(tag.map_err(unavailable)?)
            .send()
            .await
            .map_err(unavailable)?;
        let id = made.key_metadata.map(|key| key.key_id);
        let id = id.ok_or_else(|| KmsError::Unavailable("a key without an id".into()))?;
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
        let mut keys = self.client.list_keys().into_paginator().items().send();
        while let Some(key) = keys.next().await {
            let id = key.map_err(unavailable)?.key_id.unwrap_or_default();
            if used.contains(&id.as_str()) || !self.is_ours(&id).await? {
                continue;
            }
            if let Some(public) = self.public_half(&id, algorithm).await? {
                return Ok(Some(public));
            }
        }
        Ok(None)
    }

    /// Has a key deleted in a week. One that is gone already is fine.
    ///
    /// # Errors
    /// [`KmsError::Unavailable`].
    pub async fn delete(&self, id: &str) -> Result<(), KmsError> {
        let delete = self.client.schedule_key_deletion().key_id(id);
        let delete = delete.pending_window_in_days(DELETED_AFTER_DAYS);
        let is_gone = |fault: &ScheduleKeyDeletionError| {
            fault.is_not_found_exception() || fault.is_kms_invalid_state_exception()
        };
        match delete.send().await {
            Err(fault) if !fault.as_service_error().is_some_and(is_gone) => Err(unavailable(fault)),
            _ => Ok(()),
        }
    }

    /// Whether a key has our tag. Of keys of others it may be forbidden to know.
    async fn is_ours(&self, id: &str) -> Result<bool, KmsError> {
        let is_foreign = |fault: &ListResourceTagsError| {
            fault.is_not_found_exception() || fault.meta().code() == Some("AccessDeniedException")
        };
        match self.client.list_resource_tags().key_id(id).send().await {
            Ok(answer) => Ok(answer
                .tags()
                .iter()
                .any(|tag| tag.tag_key() == TAG && tag.tag_value() == self.tag)),
            Err(fault) if fault.as_service_error().is_some_and(is_foreign) => Ok(false),
            Err(fault) => Err(unavailable(fault)),
        }
    }

    /// A key's public half; nothing if it is of another kind, or cannot sign any more.
    async fn public_half(
        &self,
        id: &str,
        algorithm: Algorithm,
    ) -> Result<Option<PublicKey>, KmsError> {
        let is_over = |fault: &GetPublicKeyError| {
            fault.is_kms_invalid_state_exception()
                || fault.is_disabled_exception()
                || fault.is_unsupported_operation_exception()
        };
        let public = match self.client.get_public_key().key_id(id).send().await {
            Ok(public) => public,
            Err(fault) if fault.as_service_error().is_some_and(is_over) => return Ok(None),
            Err(fault) => return Err(unavailable(fault)),
        };
        let der = public.public_key.unwrap_or_else(|| Blob::new([]));
        let Some(numbers) = numbers_of(algorithm, der.as_ref()) else {
            return Ok(None);
        };
        let mut key = PublicKey::new(algorithm, numbers, KeyState::Pending);
        key.kms_key = Some(id.to_owned());
        Ok(Some(key))
    }
}

/// What KMS calls a key of this algorithm, and the algorithm.
fn spec_of(algorithm: Algorithm) -> (KeySpec, SigningAlgorithmSpec) {
    match algorithm {
        Algorithm::Rs256 => (KeySpec::Rsa2048, SigningAlgorithmSpec::RsassaPkcs1V15Sha256),
        Algorithm::Rs512 => (KeySpec::Rsa4096, SigningAlgorithmSpec::RsassaPkcs1V15Sha512),
        Algorithm::Es256 => (KeySpec::EccNistP256, SigningAlgorithmSpec::EcdsaSha256),
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

fn unavailable(fault: impl std::error::Error + Send + Sync + 'static) -> KmsError {
    KmsError::Unavailable(fault.into())
}

impl fmt::Debug for Kms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kms")
    }
}

impl fmt::Debug for KmsKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KmsKeys")
            .field("tag", &self.tag)
            .finish_non_exhaustive()
    }
}
