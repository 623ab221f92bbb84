//! What an attribute holds, in the JSON that DynamoDB speaks.

use std::collections::HashMap;
use std::fmt;

use data_encoding::BASE64;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One item, or the key of one: attributes by their names.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The value of an attribute, in one of DynamoDB's ten types.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum AttributeValue {
    S(String),
    /// A number as text: it may have 38 digits.
    N(String),
    B(Blob),
    #[serde(rename = "BOOL")]
    Bool(bool),
    #[serde(rename = "NULL")]
    Null(bool),
    M(Item),
    L(Vec<AttributeValue>),
    #[serde(rename = "SS")]
    Ss(Vec<String>),
    #[serde(rename = "NS")]
    Ns(Vec<String>),
    #[serde(rename = "BS")]
    Bs(Vec<Blob>),
}

/// Bytes, which travel in Base64.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Blob(Vec<u8>);

macro_rules! readers {
    ($($method:ident $kind:ident $type:ty,)*) => {
        $(pub(crate) fn $method(&self) -> Option<&$type> {
            match self {
                Self::$kind(value) => Some(value),
                _ => None,
            }
        })*
    };
}

impl AttributeValue {
    readers! {
        as_s S String,
        as_n N String,
        as_b B Blob,
        as_bool Bool bool,
        as_m M Item,
        as_l L Vec<AttributeValue>,
        as_ss Ss Vec<String>,
        as_ns Ns Vec<String>,
        as_bs Bs Vec<Blob>,
    }
}

impl Blob {
    pub(crate) fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }
}

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Blob {
    /// Not the bytes: they may be a secret's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64.decode(text.as_bytes());
        bytes
            .map(Self)
            .map_err(|_| D::Error::custom("bytes are not Base64"))
    }
}
