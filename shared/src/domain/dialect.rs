//! The five documented HTTP APIs, by the name of their path prefix.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the five documented APIs. Every token names its dialect and opens no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// Document 000.
    UserService,
    /// Document 001.
    Security,
    /// Document 002.
    Rbac,
    /// Document 003.
    Session,
    /// Document 004.
    Identify,
}

impl Dialect {
    /// All five, in the order of their documents.
    pub const ALL: [Self; 5] = [
        Self::UserService,
        Self::Security,
        Self::Rbac,
        Self::Session,
        Self::Identify,
    ];

    /// Those that an installation serves, in the same order. What the system tells of itself follows this list.
    pub const SERVED: [Self; 3] = [Self::UserService, Self::Security, Self::Rbac];

    /// The path prefix without slashes, which is also the value of the `dialect` claim.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserService => "user-service",
            Self::Security => "security",
            Self::Rbac => "rbac",
            Self::Session => "session",
            Self::Identify => "identify",
        }
    }

    /// The dialect with this prefix.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.as_str() == name)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
