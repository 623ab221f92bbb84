//! An issuer's public keys, as they are published (RFC 7517), as far as they sign by RS256 or ES256.

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

/// More than any issuer has.
const MAX_KEYS: usize = 64;
const MIN_RSA_BITS: usize = 2048;
const P256_BYTES: usize = 32;

/// A key that signatures are checked with.
#[derive(Debug, Clone)]
pub(super) struct PublicKey {
    pub(super) kid: String,
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

impl PublicKey {
    /// The keys of a set that can be used, if it is a set.
    pub(super) fn of_set(set: &Value) -> Option<Vec<Self>> {
        let keys = set.get("keys")?.as_array()?;
        Some(keys.iter().take(MAX_KEYS).filter_map(Self::read).collect())
    }

    fn read(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let (algorithm, name) = match text("kty")? {
            "RSA" => (Algorithm::RS256, "RS256"),
            "EC" => (Algorithm::ES256, "ES256"),
            _ => return None,
        };
        let is_for = |member: &str, value: &str| jwk.get(member).is_none_or(|own| own == value);
        let verifies = jwk.get("key_ops").is_none_or(|operations| {
            let operations = operations.as_array().into_iter().flatten();
            operations
                .into_iter()
                .any(|operation| operation == "verify")
        });
        if !is_for("alg", name) || !is_for("use", "sig") || !verifies {
            return None;
        }
        let key = match algorithm {
            Algorithm::RS256 => rsa(text("n")?, text("e")?),
            _ => p256(text("crv")?, text("x")?, text("y")?),
        };
        Some(Self {
            kid: text("kid")?.to_owned(),
            algorithm,
            key: key?,
        })
    }
}

fn rsa(modulus: &str, exponent: &str) -> Option<DecodingKey> {
    let modulus = BASE64URL_NOPAD.decode(modulus.as_bytes()).ok()?;
    let exponent = BASE64URL_NOPAD.decode(exponent.as_bytes()).ok()?;
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    let modulus = &modulus[zeros..];
    let unused = modulus.first()?.leading_zeros() as usize;
    (modulus.len() * 8 - unused >= MIN_RSA_BITS)
        .then(|| DecodingKey::from_rsa_raw_components(modulus, &exponent))
}

fn p256(curve: &str, x: &str, y: &str) -> Option<DecodingKey> {
    let is_whole = |part: &str| {
        let part = BASE64URL_NOPAD.decode(part.as_bytes());
        part.is_ok_and(|part| part.len() == P256_BYTES)
    };
    if curve != "P-256" || !is_whole(x) || !is_whole(y) {
        return None;
    }
    DecodingKey::from_ec_components(x, y).ok()
}
