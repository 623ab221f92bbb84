//! The algorithms that tokens are signed by, and which dialect's by which.

use serde::{Deserialize, Serialize};

use crate::domain::Dialect;

/// A JWS algorithm (RFC 7518 §3.1) that we sign with. Every key has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, 2048-bit keys.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-512, 4096-bit keys.
    #[serde(rename = "RS512")]
    Rs512,
    /// ECDSA on the curve P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
}

/// Whose tokens a key signs. Each role has one active key at a time, and no key serves two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyRole {
    /// All dialects but the next one: RS256, or ES256 where `TOKEN_ALGORITHM` has it so.
    General,
    /// Document 002, which has RS512 alone.
    Rbac,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rs256, Self::Rs512, Self::Es256];

    /// The `alg` value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs512 => "RS512",
            Self::Es256 => "ES256",
        }
    }

    /// What its keys sign.
    pub const fn role(self) -> KeyRole {
        match self {
            Self::Rs256 | Self::Es256 => KeyRole::General,
            Self::Rs512 => KeyRole::Rbac,
        }
    }
}

impl KeyRole {
    /// Both.
    pub const ALL: [Self; 2] = [Self::General, Self::Rbac];

    /// The one whose keys sign this dialect's tokens. Under a key of the other they are refused.
    pub const fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Rbac => Self::Rbac,
            Dialect::UserService
            | Dialect::Security
            | Dialect::Session
            | Dialect::Identify
            | Dialect::Pages => Self::General,
        }
    }
}
