//! The algorithms that tokens are signed by, and which dialect's by which.

use aws_lc_rs::rsa::KeySize;
use serde::{Deserialize, Serialize};

use crate::domain::Dialect;

/// A JWS algorithm (RFC 7518 §3.1) that we sign with. Every key has exactly one, and so has every dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, 2048-bit keys.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-512, 4096-bit keys.
    #[serde(rename = "RS512")]
    Rs512,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Rs256, Self::Rs512];

    /// The one that this dialect's tokens are signed by. Under a key of any other they are refused.
    pub const fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Rbac => Self::Rs512,
            Dialect::UserService
            | Dialect::Security
            | Dialect::Session
            | Dialect::Identify
            | Dialect::Pages => Self::Rs256,
        }
    }

    /// The `alg` value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs512 => "RS512",
        }
    }

    /// How long its keys are.
    pub(super) const fn key_size(self) -> KeySize {
        match self {
            Self::Rs256 => KeySize::Rsa2048,
            Self::Rs512 => KeySize::Rsa4096,
        }
    }
}
