//! Providers (document 004): who says who a user of a project is.

use std::fmt;

/// One of the document's seven names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProviderName {
    /// Our own accounts with passwords.
    AwsCognito,
    /// Any OpenID Connect issuer, and our own accounts.
    AuthZero,
    /// Whoever has a device.
    Anonymous,
    /// Whoever has an external id.
    NoLogin,
    /// Twitter, or X.
    Twitter,
    /// Google.
    Google,
    /// Facebook.
    Facebook,
}

/// How users of a provider are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// They sign in.
    Email,
    /// They do not.
    Simplified,
}

impl ProviderName {
    /// All of them, in the order of the document.
    pub const ALL: [Self; 7] = [
        Self::AwsCognito,
        Self::AuthZero,
        Self::Anonymous,
        Self::NoLogin,
        Self::Twitter,
        Self::Google,
        Self::Facebook,
    ];

    /// The name on the wire, in keys and in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwsCognito => "awsCognito",
            Self::AuthZero => "authZero",
            Self::Anonymous => "anonymous",
            Self::NoLogin => "noLogin",
            Self::Twitter => "twitter",
            Self::Google => "google",
            Self::Facebook => "facebook",
        }
    }

    /// The provider of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|provider| provider.as_str() == name)
    }

    /// How its users are told apart.
    pub fn strategy(self) -> Strategy {
        match self {
            Self::Anonymous | Self::NoLogin => Strategy::Simplified,
            _ => Strategy::Email,
        }
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Strategy {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Simplified => "simplified",
        }
    }
}
