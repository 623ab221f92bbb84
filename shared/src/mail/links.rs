//! Where the links in mails lead: one table of paths under the configured URLs, never a request's host.

use secrecy::{ExposeSecret, SecretString};

use crate::domain::UserId;

/// The links in our mails.
#[derive(Debug, Clone)]
pub struct Links {
    ui_url: String,
    public_url: String,
}

impl Links {
    /// Links to pages under the first URL and to operations under the second, each with or without a slash at its end.
    pub fn new(ui_url: &str, public_url: &str) -> Self {
        let [ui_url, public_url] =
            [ui_url, public_url].map(|url| url.trim_end_matches('/').to_owned());
        Self { ui_url, public_url }
    }

    /// Confirms an address.
    pub fn activation(&self, code: &SecretString) -> String {
        format!("{}/activate?code={}", self.ui_url, code.expose_secret())
    }

    /// Confirms an address that came in by document 002, whose codes go with a user id.
    pub fn rbac_activation(&self, user: UserId, code: &SecretString) -> String {
        format!(
            "{}/rbac-activate?uid={user}&code={}",
            self.ui_url,
            code.expose_secret()
        )
    }

    /// Confirms an address that came in by document 003, whose tokens go with a user id.
    pub fn confirmation(&self, user: UserId, code: &SecretString) -> String {
        format!(
            "{}/confirm?uid={user}&t={}",
            self.ui_url,
            code.expose_secret()
        )
    }

    /// Sets a new password.
    pub fn password_reset(&self, user: UserId, code: &SecretString) -> String {
        format!(
            "{}/reset-password?uid={user}&t={}",
            self.ui_url,
            code.expose_secret()
        )
    }

    /// Asks for a link to set a new password.
    pub fn forgot_password(&self) -> String {
        format!("{}/reset-password", self.ui_url)
    }

    /// Moves an account to the address that the link is mailed to.
    pub fn email_change(&self, code: &SecretString) -> String {
        format!(
            "{}/confirm-email?code={}",
            self.ui_url,
            code.expose_secret()
        )
    }

    /// Confirms an address that came in by document 001.
    pub fn action_link_verification(&self, code: &SecretString) -> String {
        self.action_link("email_verification", code)
    }

    /// Sets a new password where document 001 was asked for it.
    pub fn action_link_reset(&self, code: &SecretString) -> String {
        self.action_link("password_reset", code)
    }

    fn action_link(&self, action: &str, code: &SecretString) -> String {
        format!(
            "{}/security/api/v1/actionLink?action={action}&id={}",
            self.public_url,
            code.expose_secret()
        )
    }
}
