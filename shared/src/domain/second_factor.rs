//! What an account asks for after the password.

/// How the second factor is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FactorMethod {
    /// A code by text message to the account's first phone number.
    Sms,
    /// A code by mail to the account's address.
    Email,
    /// A time-based code (TOTP, RFC 6238) or a recovery code.
    Authenticator,
}

impl FactorMethod {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sms, Self::Email, Self::Authenticator];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Authenticator => "authenticator",
        }
    }

    /// The method of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }
}
