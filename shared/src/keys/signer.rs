//! Who signs tokens: a seam with one backend that keeps its parsed keys in process.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaKeyPair};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use futures::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};

use super::algorithm::Algorithm;
use super::key_set::{KeySet, KeyState, PublicKey};

/// Signs messages with keys that it alone can use.
pub trait Signer: fmt::Debug + Send + Sync {
    /// The `kid` of the key that signs for this algorithm now.
    fn active(&self, algorithm: Algorithm) -> Option<&str>;

    /// Signs with the key of that `kid`.
    fn sign<'a>(
        &'a self,
        kid: &'a str,
        message: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, SignError>>;
}

/// A signature could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// No key of that name or for that algorithm here.
    #[error("no such signing key")]
    UnknownKey,
    /// The key refused.
    #[error("the key does not sign")]
    Refused,
}

/// A private key that signs in process, parsed once: parsing costs more than signing.
pub struct SigningKey {
    kid: String,
    algorithm: Algorithm,
    pair: RsaKeyPair,
}

/// The private key could not be read or made.
#[derive(Debug, thiserror::Error)]
#[error("not a usable RSA private key")]
pub struct InvalidKey;

impl SigningKey {
    /// Makes a new key. Takes some 100 ms for RS256, and a second, at times three, for RS512.
    ///
    /// # Errors
    /// The generator fails.
    pub fn generate(algorithm: Algorithm) -> Result<Self, InvalidKey> {
        let pair = RsaKeyPair::generate(algorithm.key_size()).map_err(|_| InvalidKey)?;
        Self::new(algorithm, pair)
    }

    /// Reads the form that [`Self::to_pkcs8`] writes.
    ///
    /// # Errors
    /// It is no RSA key in base64 PKCS #8, or not as long as the algorithm's keys are.
    pub fn from_pkcs8(algorithm: Algorithm, text: &SecretString) -> Result<Self, InvalidKey> {
        let der = BASE64
            .decode(text.expose_secret().as_bytes())
            .map_err(|_| InvalidKey)?;
        let pair = RsaKeyPair::from_pkcs8(&der).map_err(|_| InvalidKey)?;
        Self::new(algorithm, pair)
    }

    /// The private key as base64 of its PKCS #8 form (RFC 5958), to be kept.
    ///
    /// # Errors
    /// The key cannot be written.
    pub fn to_pkcs8(&self) -> Result<SecretString, InvalidKey> {
        let der: Pkcs8V1Der<'_> = self.pair.as_der().map_err(|_| InvalidKey)?;
        Ok(BASE64.encode(der.as_ref()).into())
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
        let public = self.pair.public_key();
        PublicKey {
            kid: self.kid.clone(),
            algorithm: self.algorithm,
            modulus: BASE64URL_NOPAD.encode(public.modulus().big_endian_without_leading_zero()),
            exponent: BASE64URL_NOPAD.encode(public.exponent().big_endian_without_leading_zero()),
            state,
        }
    }

    fn new(algorithm: Algorithm, pair: RsaKeyPair) -> Result<Self, InvalidKey> {
        if pair.public_modulus_len() != algorithm.key_size().len() {
            return Err(InvalidKey);
        }
        let mut key = Self {
            kid: String::new(),
            algorithm,
            pair,
        };
        key.kid = key.public(KeyState::Active).thumbprint();
        Ok(key)
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let encoding = match self.algorithm {
            Algorithm::Rs256 => &RSA_PKCS1_SHA256,
            Algorithm::Rs512 => &RSA_PKCS1_SHA512,
        };
        self.pair
            .sign(encoding, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| SignError::Refused)?;
        Ok(signature)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// Signs with keys that lie opened in this process.
#[derive(Debug)]
pub struct InProcessSigner {
    /// The active ones first.
    keys: Vec<SigningKey>,
    active: usize,
}

impl InProcessSigner {
    /// Signs with the published keys among these that are active, and by name with those that soon are.
    pub fn fitting(keys: Vec<SigningKey>, published: &KeySet) -> Self {
        let state = |key: &SigningKey| published.find(&key.kid).map(|found| found.state);
        let (active, others): (Vec<_>, Vec<_>) = keys
            .into_iter()
            .partition(|key| state(key) == Some(KeyState::Active));
        let pending = others
            .into_iter()
            .filter(|key| state(key) == Some(KeyState::Pending));
        Self {
            active: active.len(),
            keys: active.into_iter().chain(pending).collect(),
        }
    }
}

impl Signer for InProcessSigner {
    fn active(&self, algorithm: Algorithm) -> Option<&str> {
        self.keys[..self.active]
            .iter()
            .find(|key| key.algorithm == algorithm)
            .map(|key| key.kid.as_str())
    }

    fn sign<'a>(
        &'a self,
        kid: &'a str,
        message: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, SignError>> {
        let key = self.keys.iter().find(|key| key.kid == kid);
        let signed = key
            .ok_or(SignError::UnknownKey)
            .and_then(|key| key.sign(message));
        Box::pin(std::future::ready(signed))
    }
}
