//! What an attribute holds, in the JSON that DynamoDB speaks.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::aws::Blob;

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
