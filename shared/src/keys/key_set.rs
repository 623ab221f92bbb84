//! The public half of the signing keys, and its published form (RFC 7517).

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Algorithm, KeyRole};

/// The keys that verify our tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySet {
    /// All published keys.
    pub keys: Vec<PublicKey>,
    /// Keys that are published no more, and whose private half may still be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<DroppedKey>,
}

/// One public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    /// Its name: the thumbprint of RFC 7638, so that a key cannot change under its name.
    pub kid: String,
    /// The one algorithm it verifies.
    pub algorithm: Algorithm,
    /// What it verifies with.
    #[serde(flatten)]
    pub numbers: KeyNumbers,
    /// Where it is in its life.
    pub state: KeyState,
    /// Since when; not known of a key from before keys rotated.
    #[serde(default, with = "seconds", skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The key of KMS that is its private half; without it, that lies among the secrets of the installation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
}

/// The numbers of a public key, big-endian, base64url.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KeyNumbers {
    /// RSA.
    Rsa {
        /// `n`.
        modulus: String,
        /// `e`.
        exponent: String,
    },
    /// A point of P-256, both halves 32 bytes long.
    Point {
        /// Its one half.
        x: String,
        /// Its other half.
        y: String,
    },
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

/// Where the private half of a key lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Home {
    /// Wrapped, among the secrets of the installation; functions sign with it themselves.
    #[default]
    Wrapped,
    /// In KMS, which signs with it and never gives it away.
    Kms,
}

/// What is left of a key that is published no more: enough to delete its private half, and never to publish it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DroppedKey {
    /// Its name.
    pub kid: String,
    /// What it signed by.
    pub algorithm: Algorithm,
    /// The key of KMS that was its private half.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
}

impl KeySet {
    /// The key of this name.
    pub fn find(&self, kid: &str) -> Option<&PublicKey> {
        self.keys.iter().find(|key| key.kid == kid)
    }

    /// Whether a key of this name is published, or was and is not forgotten.
    pub fn has_ever(&self, kid: &str) -> bool {
        self.find(kid).is_some() || self.dropped.iter().any(|key| key.kid == kid)
    }

    /// The key that signs in this role.
    pub fn active(&self, role: KeyRole) -> Option<&PublicKey> {
        self.in_state(role, KeyState::Active)
    }

    /// The key that is to sign next in this role.
    pub fn pending(&self, role: KeyRole) -> Option<&PublicKey> {
        self.in_state(role, KeyState::Pending)
    }

    /// The published form, all states alike.
    pub fn to_jwks(&self) -> Vec<Jwk<'_>> {
        self.keys.iter().map(PublicKey::to_jwk).collect()
    }

    fn in_state(&self, role: KeyRole, state: KeyState) -> Option<&PublicKey> {
        let mut keys = self.keys.iter();
        keys.find(|key| key.algorithm.role() == role && key.state == state)
    }
}

impl Home {
    /// Its name, as the setting `SIGNING` has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wrapped => "wrapped",
            Self::Kms => "kms",
        }
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
    #[serde(flatten)]
    numbers: JwkNumbers<'a>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum JwkNumbers<'a> {
    Rsa {
        n: &'a str,
        e: &'a str,
    },
    Point {
        crv: &'static str,
        x: &'a str,
        y: &'a str,
    },
}

impl KeyNumbers {
    /// Of an RSA key, both numbers big-endian without leading zeros.
    pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Self {
        Self::Rsa {
            modulus: BASE64URL_NOPAD.encode(modulus),
            exponent: BASE64URL_NOPAD.encode(exponent),
        }
    }

    /// Of a point in its uncompressed form (SEC 1 §2.3.3); nothing if it is in any other.
    pub(super) fn point(uncompressed: &[u8]) -> Option<Self> {
        let both = uncompressed.strip_prefix(&[4])?;
        let (x, y) = both.split_at_checked(32)?;
        (y.len() == 32).then(|| Self::Point {
            x: BASE64URL_NOPAD.encode(x),
            y: BASE64URL_NOPAD.encode(y),
        })
    }

    /// SHA-256 over the required members in order (RFC 7638 §3), base64url.
    pub(super) fn thumbprint(&self) -> String {
        let members = match self {
            Self::Rsa { modulus, exponent } => {
                format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#)
            }
            Self::Point { x, y } => format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#),
        };
        BASE64URL_NOPAD.encode(digest(&SHA256, members.as_bytes()).as_ref())
    }
}

impl PublicKey {
    /// The public half of a wrapped key.
    pub(super) fn new(algorithm: Algorithm, numbers: KeyNumbers, state: KeyState) -> Self {
        Self {
            kid: numbers.thumbprint(),
            algorithm,
            numbers,
            state,
            since: None,
            kms_key: None,
        }
    }

    /// Where its private half lies.
    pub fn home(&self) -> Home {
        match self.kms_key {
            Some(_) => Home::Kms,
            None => Home::Wrapped,
        }
    }

    fn to_jwk(&self) -> Jwk<'_> {
        let (kty, numbers) = match &self.numbers {
            KeyNumbers::Rsa { modulus, exponent } => (
                "RSA",
                JwkNumbers::Rsa {
                    n: modulus,
                    e: exponent,
                },
            ),
            KeyNumbers::Point { x, y } => ("EC", JwkNumbers::Point { crv: "P-256", x, y }),
        };
        Jwk {
            kty,
            public_use: "sig",
            alg: self.algorithm.as_str(),
            kid: &self.kid,
            numbers,
        }
    }
}

impl From<PublicKey> for DroppedKey {
    fn from(key: PublicKey) -> Self {
        Self {
            kid: key.kid,
            algorithm: key.algorithm,
            kms_key: key.kms_key,
        }
    }
}

/// An instant as it is stored: what is read back is what was written.
pub fn whole_seconds(instant: Timestamp) -> Timestamp {
    Timestamp::from_second(instant.as_second()).unwrap_or(instant)
}

/// An instant in whole seconds since 1970.
pub(super) mod seconds {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[expect(clippy::ref_option, reason = "serde gives it like this")]
    pub(in crate::keys) fn serialize<S: Serializer>(
        instant: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        instant.map(Timestamp::as_second).serialize(serializer)
    }

    pub(in crate::keys) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let seconds = Option::<i64>::deserialize(deserializer)?;
        let instant = seconds.map(Timestamp::from_second).transpose();
        instant.map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyNumbers, KeySet};

    #[test]
    fn a_thumbprint_is_that_of_rfc_7638() {
        let numbers = KeyNumbers::Rsa {
            modulus: "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw".to_owned(),
            exponent: "AQAB".to_owned(),
        };
        assert_eq!(
            numbers.thumbprint(),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        );
    }

    /// The key of RFC 7517, appendix A.1; its thumbprint was computed by another program.
    #[test]
    fn a_point_has_a_thumbprint_of_its_own_members() {
        let numbers = KeyNumbers::Point {
            x: "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4".to_owned(),
            y: "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM".to_owned(),
        };
        assert_eq!(
            numbers.thumbprint(),
            "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"
        );
    }

    #[test]
    fn a_key_set_of_an_older_release_reads_and_is_written_as_it_was() {
        let text = r#"{"keys":[{"kid":"a","algorithm":"RS256","modulus":"n","exponent":"AQAB","state":"active"}]}"#;
        let set: KeySet = serde_json::from_str(text).expect("it reads");
        assert_eq!(set.keys[0].since, None);
        assert_eq!(serde_json::to_string(&set).expect("JSON"), text);
    }

    #[test]
    fn a_point_is_taken_in_its_one_form_only() {
        let mut bytes = [1; 65];
        bytes[0] = 4;
        assert!(KeyNumbers::point(&bytes).is_some());
        assert!(KeyNumbers::point(&bytes[..64]).is_none());
        assert!(KeyNumbers::point(&[bytes.as_slice(), &[1]].concat()).is_none());
        bytes[0] = 3;
        assert!(KeyNumbers::point(&bytes).is_none());
    }
}
