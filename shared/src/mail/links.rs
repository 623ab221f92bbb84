//! Where the links in mails lead: one table of paths under the configured base, never a request's host.

use secrecy::{ExposeSecret, SecretString};

use crate::domain::UserId;

/// The links in our mails.
#[derive(Debug, Clone)]
pub struct Links {
    base: String,
}

impl Links {
    /// Links under this URL, with or without a slash at its end.
    pub fn new(base: &str) -> Self {
        Self {
            base: base.trim_end_matches('/').to_owned(),
        }
    }

    /// Confirms an address.
    pub fn activation(&self, code: &SecretString) -> String {
        format!("{}/activate?code={}", self.base, code.expose_secret())
    }

    /// Confirms an address that came in by document 002, whose codes go with a user id.
    pub fn rbac_activation(&self, user: UserId, code: &SecretString) -> String {
        format!(
            "{}/rbac-activate?uid={user}&code={}",
            self.base,
            code.expose_secret()
        )
    }

    /// Sets a new password.
    pub fn password_reset(&self, user: UserId, code: &SecretString) -> String {
        format!(
            "{}/reset-password?uid={user}&t={}",
            self.base,
            code.expose_secret()
        )
    }

    /// Asks for a link to set a new password.
    pub fn forgot_password(&self) -> String {
        format!("{}/reset-password", self.base)
    }
}
