//! The public half of the signing keys, and its published form (RFC 7517).

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use super::Algorithm;

/// The keys that verify our tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySet {
    /// All published keys.
    pub keys: Vec<PublicKey>,
}

/// One public RSA key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    /// Its name: the thumbprint of RFC 7638, so that a key cannot change under its name.
    pub kid: String,
    /// The one algorithm it verifies.
    pub algorithm: Algorithm,
    /// `n`, big-endian, base64url.
    pub modulus: String,
    /// `e`, big-endian, base64url.
    pub exponent: String,
    /// Where it is in its life.
    pub state: KeyState,
}

/// The life of a signing key. A key of any state verifies as long as it is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyState {
    /// Published, so that verifiers know it before its first signature.
    Pending,
    /// Signs.
    Active,
    /// Signs no more; published until its last token has expired.
    Retired,
}

impl KeySet {
    /// The key of this name.
    pub fn find(&self, kid: &str) -> Option<&PublicKey> {
        self.keys.iter().find(|key| key.kid == kid)
    }

    /// The key that signs by this algorithm.
    pub fn active(&self, algorithm: Algorithm) -> Option<&PublicKey> {
        let signs = |key: &&PublicKey| key.algorithm == algorithm && key.state == KeyState::Active;
        self.keys.iter().find(signs)
    }

    /// The published form, all states alike.
    pub fn to_jwks(&self) -> Vec<Jwk<'_>> {
        self.keys.iter().map(PublicKey::to_jwk).collect()
    }
}

/// A member of the `keys` array of `/.well-known/jwks.json`.
#[derive(Debug, Serialize)]
pub struct Jwk<'a> {
    kty: &'static str,
    #[serde(rename = "use")]
    public_use: &'static str,
    alg: &'static str,
    kid: &'a str,
    n: &'a str,
    e: &'a str,
}

impl PublicKey {
    /// SHA-256 over the required members in order (RFC 7638 §3), base64url.
    pub(super) fn thumbprint(&self) -> String {
        let members = format!(
            r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#,
            self.exponent, self.modulus
        );
        BASE64URL_NOPAD.encode(digest(&SHA256, members.as_bytes()).as_ref())
    }

    fn to_jwk(&self) -> Jwk<'_> {
        Jwk {
            kty: "RSA",
            public_use: "sig",
            alg: self.algorithm.as_str(),
            kid: &self.kid,
            n: &self.modulus,
            e: &self.exponent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, KeyState, PublicKey};

    #[test]
    fn a_thumbprint_is_that_of_rfc_7638() {
        let key = PublicKey {
            kid: String::new(),
            algorithm: Algorithm::Rs256,
            modulus: "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw".to_owned(),
            exponent: "AQAB".to_owned(),
            state: KeyState::Active,
        };
        assert_eq!(
            key.thumbprint(),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        );
    }
}
