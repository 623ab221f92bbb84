//! Public keys that check signatures, parsed once and not for each token.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
};
use data_encoding::BASE64URL_NOPAD;

use super::algorithm::Algorithm;
use super::key_set::{KeyNumbers, PublicKey};
use super::signer::InvalidKey;

/// The public half of a key, ready to verify.
#[derive(Debug)]
pub struct VerifyingKey {
    algorithm: Algorithm,
    key: ParsedPublicKey,
}

impl VerifyingKey {
    /// Whether this key signed the message, by the algorithm that is its own. ES256 has r||s for a signature (RFC 7518 §3.4).
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }

    /// The one algorithm that it verifies by.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl TryFrom<&PublicKey> for VerifyingKey {
    type Error = InvalidKey;

    fn try_from(public: &PublicKey) -> Result<Self, InvalidKey> {
        let algorithm = public.algorithm;
        let key = match (algorithm, &public.numbers) {
            (Algorithm::Rs256, KeyNumbers::Rsa { modulus, exponent }) => {
                rsa(modulus, exponent, &RSA_PKCS1_2048_8192_SHA256)
            }
            (Algorithm::Rs512, KeyNumbers::Rsa { modulus, exponent }) => {
                rsa(modulus, exponent, &RSA_PKCS1_2048_8192_SHA512)
            }
            (Algorithm::Es256, KeyNumbers::Point { x, y }) => p256(x, y),
            _ => Err(InvalidKey),
        };
        Ok(Self {
            algorithm,
            key: key?,
        })
    }
}

fn rsa(
    modulus: &str,
    exponent: &str,
    parameters: &'static RsaParameters,
) -> Result<ParsedPublicKey, InvalidKey> {
    let components = RsaPublicKeyComponents {
        n: number(modulus)?,
        e: number(exponent)?,
    };
    let key = components.to_parsed_public_key(parameters);
    key.map_err(|_| InvalidKey)
}

fn p256(x: &str, y: &str) -> Result<ParsedPublicKey, InvalidKey> {
    // A point that is not compressed (SEC 1, 2.3.3).
    let point = [vec![4], number(x)?, number(y)?].concat();
    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| InvalidKey)
}

fn number(text: &str) -> Result<Vec<u8>, InvalidKey> {
    BASE64URL_NOPAD
        .decode(text.as_bytes())
        .map_err(|_| InvalidKey)
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, KeyNumbers, VerifyingKey};
    use crate::keys::{KeyState, PublicKey};

    fn public(algorithm: Algorithm, x: &str, y: &str) -> PublicKey {
        let numbers = KeyNumbers::Point {
            x: x.to_owned(),
            y: y.to_owned(),
        };
        PublicKey::new(algorithm, numbers, KeyState::Active)
    }

    /// The key of RFC 7515, appendix A.3, and its signature.
    #[test]
    fn the_example_of_rfc_7515_verifies_and_nothing_beside_it() {
        let x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
        let y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
        let message = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        let key = VerifyingKey::try_from(&public(Algorithm::Es256, x, y)).expect("a key");
        assert_eq!(key.algorithm(), Algorithm::Es256);
        let mut signature = super::number(signature).expect("bytes");
        assert!(key.verifies(message.as_bytes(), &signature));
        assert!(!key.verifies(&message.as_bytes()[1..], &signature));
        assert!(!key.verifies(message.as_bytes(), &signature[..63]));
        signature[0] ^= 1;
        assert!(!key.verifies(message.as_bytes(), &signature));
    }

    #[test]
    fn numbers_that_are_no_key_of_the_algorithm_are_refused() {
        let x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
        let off_the_curve = public(Algorithm::Es256, x, x);
        let of_another = public(Algorithm::Rs256, x, x);
        let not_base64 = public(Algorithm::Es256, x, "=");
        for key in [off_the_curve, of_another, not_base64] {
            assert!(VerifyingKey::try_from(&key).is_err(), "{key:?}");
        }
    }
}
