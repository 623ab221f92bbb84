//! Who signs tokens: a seam, and behind it keys that lie opened in this process and keys that KMS signs with.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA512, RsaEncoding, RsaKeyPair,
};
use data_encoding::BASE64;
use futures::future::{BoxFuture, FutureExt as _};
use secrecy::{ExposeSecret, SecretString};

use super::algorithm::{Algorithm, KeyRole};
use super::key_set::{KeyNumbers, KeySet, KeyState, PublicKey};
use super::kms::RemoteSigner;
use crate::usage::count_signature;

/// Signs messages with keys that it alone can use.
pub trait Signer: fmt::Debug + Send + Sync {
    /// The key that signs in this role now.
    fn active(&self, role: KeyRole) -> Option<ActiveKey<'_>>;

    /// Signs with the key of that `kid`.
    fn sign<'a>(
        &'a self,
        kid: &'a str,
        message: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, SignError>>;
}

/// A key that signs now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActiveKey<'a> {
    /// Its name.
    pub kid: &'a str,
    /// What it signs by.
    pub algorithm: Algorithm,
}

/// A signature could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// No key of that name or in that role here.
    #[error("no such signing key")]
    UnknownKey,
    /// The key refused.
    #[error("the key does not sign")]
    Refused,
    /// It has not been known for too long whether the key may still sign.
    #[error("the signing keys have not been read for too long")]
    Outdated,
    /// KMS takes no message of this length.
    #[error("the message is too long to be signed by KMS")]
    TooLong,
    /// KMS did not sign.
    #[error("KMS does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A private key that signs in process, parsed once: parsing costs more than signing.
pub struct SigningKey {
    kid: String,
    algorithm: Algorithm,
    pair: Pair,
}

enum Pair {
    Rsa(Box<RsaKeyPair>, &'static dyn RsaEncoding),
    P256(EcdsaKeyPair),
}

/// The private key could not be read or made.
#[derive(Debug, thiserror::Error)]
#[error("not a usable private key")]
pub struct InvalidKey;

impl SigningKey {
    /// Makes a new key. Takes no time for ES256, some 100 ms for RS256, and a second, at times three, for RS512.
    ///
    /// # Errors
    /// The generator fails.
    pub fn generate(algorithm: Algorithm) -> Result<Self, InvalidKey> {
        let rsa = |size| RsaKeyPair::generate(size).map_err(|_| InvalidKey);
        match algorithm {
            Algorithm::Rs256 => Self::rsa(algorithm, rsa(KeySize::Rsa2048)?),
            Algorithm::Rs512 => Self::rsa(algorithm, rsa(KeySize::Rsa4096)?),
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
                Self::new(algorithm, Pair::P256(pair.map_err(|_| InvalidKey)?))
            }
        }
    }

    /// Reads the form that [`Self::to_pkcs8`] writes.
    ///
    /// # Errors
    /// It is no such key in base64 PKCS #8, or not as long as the algorithm's keys are.
    pub fn from_pkcs8(algorithm: Algorithm, text: &SecretString) -> Result<Self, InvalidKey> {
        let der = BASE64
            .decode(text.expose_secret().as_bytes())
            .map_err(|_| InvalidKey)?;
        match algorithm {
            Algorithm::Rs256 | Algorithm::Rs512 => {
                let pair = RsaKeyPair::from_pkcs8(&der).map_err(|_| InvalidKey)?;
                Self::rsa(algorithm, pair)
            }
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der);
                Self::new(algorithm, Pair::P256(pair.map_err(|_| InvalidKey)?))
            }
        }
    }

    /// The private key as base64 of its PKCS #8 form (RFC 5958), to be kept.
    ///
    /// # Errors
    /// The key cannot be written.
    pub fn to_pkcs8(&self) -> Result<SecretString, InvalidKey> {
        let text = match &self.pair {
            Pair::Rsa(pair, _) => {
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| InvalidKey)?;
                BASE64.encode(der.as_ref())
            }
            Pair::P256(pair) => {
                let der = pair.to_pkcs8v1().map_err(|_| InvalidKey)?;
                BASE64.encode(der.as_ref())
            }
        };
        Ok(text.into())
    }

    /// Its name, that of its public half.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// What it signs by.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its public half.
    pub fn public(&self, state: KeyState) -> PublicKey {
        // A key of this kind always has a public half of the one form; `new` has seen to it.
        let numbers = self
            .pair
            .numbers()
            .unwrap_or_else(|| KeyNumbers::rsa(&[], &[]));
        PublicKey::new(self.algorithm, numbers, state)
    }

    fn rsa(algorithm: Algorithm, pair: RsaKeyPair) -> Result<Self, InvalidKey> {
        let (size, encoding): (_, &'static dyn RsaEncoding) = match algorithm {
            Algorithm::Rs512 => (KeySize::Rsa4096, &RSA_PKCS1_SHA512),
            _ => (KeySize::Rsa2048, &RSA_PKCS1_SHA256),
        };
        if pair.public_modulus_len() != size.len() {
            return Err(InvalidKey);
        }
        Self::new(algorithm, Pair::Rsa(Box::new(pair), encoding))
    }

    fn new(algorithm: Algorithm, pair: Pair) -> Result<Self, InvalidKey> {
        let kid = pair.numbers().ok_or(InvalidKey)?.thumbprint();
        Ok(Self {
            kid,
            algorithm,
            pair,
        })
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, message, &mut signature)
                    .map_err(|_| SignError::Refused)?;
                Ok(signature)
            }
            Pair::P256(pair) => {
                let signature = pair.sign(&random, message);
                let signature = signature.map_err(|_| SignError::Refused)?;
                Ok(signature.as_ref().to_vec())
            }
        }
    }
}

impl Pair {
    fn numbers(&self) -> Option<KeyNumbers> {
        match self {
            Self::Rsa(pair, _) => {
                let public = pair.public_key();
                let modulus = public.modulus();
                let exponent = public.exponent();
                Some(KeyNumbers::rsa(
                    modulus.big_endian_without_leading_zero(),
                    exponent.big_endian_without_leading_zero(),
                ))
            }
            Self::P256(pair) => KeyNumbers::point(pair.public_key().as_ref()),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// Signs with the published keys, wherever the private half of each lies.
#[derive(Debug)]
pub(super) struct PublishedSigner {
    /// Those that sign, and those that soon do.
    published: Vec<PublicKey>,
    own: Vec<SigningKey>,
    kms: Option<Arc<dyn RemoteSigner>>,
}

impl PublishedSigner {
    /// Of the published keys, those that these can sign with; of these, those that are published.
    pub(super) fn fitting(
        mut own: Vec<SigningKey>,
        kms: Option<Arc<dyn RemoteSigner>>,
        published: &KeySet,
    ) -> Self {
        let mut published = published.keys.clone();
        published.retain(|key| {
            let here = own.iter().any(|own| own.kid == key.kid);
            let signs = key.state != KeyState::Retired;
            signs && (here || (key.kms_key.is_some() && kms.is_some()))
        });
        own.retain(|own| published.iter().any(|key| key.kid == own.kid));
        Self {
            published,
            own,
            kms,
        }
    }

    async fn sign_by_kms(&self, kid: &str, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let mut published = self.published.iter();
        let key = published.find(|key| key.kid == kid);
        let key = key.ok_or(SignError::UnknownKey)?;
        match (&self.kms, &key.kms_key) {
            (Some(kms), Some(id)) => kms.sign(id, key.algorithm, message).await,
            _ => Err(SignError::UnknownKey),
        }
    }
}

impl Signer for PublishedSigner {
    fn active(&self, role: KeyRole) -> Option<ActiveKey<'_>> {
        let mut published = self.published.iter();
        let active =
            published.find(|key| key.algorithm.role() == role && key.state == KeyState::Active)?;
        Some(ActiveKey {
            kid: &active.kid,
            algorithm: active.algorithm,
        })
    }

    fn sign<'a>(
        &'a self,
        kid: &'a str,
        message: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, SignError>> {
        match self.own.iter().find(|key| key.kid == kid) {
            Some(key) => std::future::ready(key.sign(message)).boxed(),
            None => self.sign_by_kms(kid, message).boxed(),
        }
    }
}

/// Whether signers may sign: not while it has not been known for too long which keys are in use. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct SigningPermit(Arc<AtomicBool>);

impl SigningPermit {
    /// Gives it or takes it back.
    pub fn set(&self, given: bool) {
        self.0.store(!given, Ordering::Relaxed);
    }

    fn is_given(&self) -> bool {
        !self.0.load(Ordering::Relaxed)
    }
}

/// A signer that signs while it is permitted.
#[derive(Debug)]
pub struct PermittedSigner {
    signer: Arc<dyn Signer>,
    permit: SigningPermit,
}

impl PermittedSigner {
    /// Binds a signer to a permit.
    pub fn new(signer: Arc<dyn Signer>, permit: SigningPermit) -> Self {
        Self { signer, permit }
    }
}

impl Signer for PermittedSigner {
    fn active(&self, role: KeyRole) -> Option<ActiveKey<'_>> {
        self.signer.active(role)
    }

    fn sign<'a>(
        &'a self,
        kid: &'a str,
        message: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, SignError>> {
        if self.permit.is_given() {
            count_signature();
            self.signer.sign(kid, message)
        } else {
            std::future::ready(Err(SignError::Outdated)).boxed()
        }
    }
}
