//! JSON Web Tokens: what ours hold, how they are issued and what the verifier demands.
//!
//! Follows RFC 7519, RFC 8725 (best practice) and RFC 9068 (`at+jwt`). A token is good for exactly one use in exactly one
//! dialect: `typ`, `token_use` and `dialect` are all checked, and that the key is one that signs the dialect. Knows nothing of
//! sessions: that one still lives is the caller's to ask.

mod issuer;
mod refresh;
mod verifier;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::{DeviceId, Dialect, ProjectId, Session, SessionId, UserId};

pub use issuer::{NewToken, TokenIssuer};
pub use refresh::RefreshTokens;
pub use verifier::{TokenVerifier, issued_at};

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenUse {
    /// Opens the dialect's protected routes.
    Access,
    /// Gets a new access token.
    Refresh,
    /// Tells the caller's own side who it is (document 004); opens nothing.
    Profile,
}

impl TokenUse {
    const ALL: [Self; 3] = [Self::Access, Self::Refresh, Self::Profile];

    /// The header's `typ`, which tells the uses apart before any claim is read (RFC 8725 §3.11).
    fn typ(self) -> &'static str {
        match self {
            Self::Access => "at+jwt",
            Self::Refresh => "rt+jwt",
            Self::Profile => "profile+jwt",
        }
    }
}

/// Who issues and who accepts our tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSettings {
    /// `iss`, the public URL unless configured otherwise.
    pub issuer: String,
    /// `aud`, the issuer unless configured otherwise.
    pub audience: String,
}

/// Whose session a verified token speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// `sub`.
    pub user: UserId,
    /// `sid`.
    pub session: SessionId,
    /// `projectId`, in document 004 alone.
    pub project: Option<ProjectId>,
    /// `deviceId`, likewise, if the session is of a device.
    pub device: Option<DeviceId>,
}

impl Subject {
    /// Of a token for this session.
    pub fn of(session: &Session) -> Self {
        Self {
            user: session.user,
            session: session.id,
            project: session.project,
            device: session.device,
        }
    }
}

/// The JOSE header. Nothing else may stand in it: no `crit`, no embedded key, no `b64`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    alg: &'a str,
    kid: &'a str,
    typ: &'a str,
}

/// The claims that every token has.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    sid: String,
    token_use: TokenUse,
    dialect: Dialect,
    #[serde(rename = "projectId", default, skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    #[serde(rename = "deviceId", default, skip_serializing_if = "Option::is_none")]
    device: Option<String>,
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Claims")
    }
}

/// The names that no configured or dialect claim may take.
pub const RESERVED_CLAIMS: [&str; 12] = [
    "iss",
    "aud",
    "sub",
    "iat",
    "nbf",
    "exp",
    "jti",
    "sid",
    "token_use",
    "dialect",
    "projectId",
    "deviceId",
];

/// The longest token that is looked at, in bytes.
const MAX_TOKEN_BYTES: usize = 4096;
