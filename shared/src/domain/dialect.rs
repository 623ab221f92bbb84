//! The five documented HTTP APIs, by the name of their path prefix, and the pages beside them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the five documented APIs, or the hosted pages. Every session and every token is of one dialect and opens no other.
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
    /// The hosted pages: no documented API, and no tokens.
    Pages,
}

impl Dialect {
    /// The documented five, in the order of their documents.
    pub const ALL: [Self; 5] = [
        Self::UserService,
        Self::Security,
        Self::Rbac,
        Self::Session,
        Self::Identify,
    ];

    /// Whether its sessions are held by a cookie.
    pub fn has_cookies(self) -> bool {
        matches!(self, Self::Session | Self::Pages)
    }

    /// The path prefix without slashes, which is also the value of the `dialect` claim. The pages have no prefix.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserService => "user-service",
            Self::Security => "security",
            Self::Rbac => "rbac",
            Self::Session => "session",
            Self::Identify => "identify",
            Self::Pages => "pages",
        }
    }

    /// The dialect of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .chain([Self::Pages])
            .find(|dialect| dialect.as_str() == name)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
