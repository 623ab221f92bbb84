//! Bootstrap: the administrator that an installation starts with.
//!
//! The installation remembers by user id whom it made administrator. An account that happens to have the configured address is
//! never promoted.

use super::Context;
use super::registration::whole_milliseconds;
use crate::domain::{
    EmailAddress, MessageLanguage, NewPassword, PermissionLevel, Realm, User, UserId,
};
use crate::error::Result;
use crate::passwords::Passwords;
use crate::store::{NewAccount, Registered};

/// Makes the first administrator.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    context: Context,
    passwords: Passwords,
}

/// Who is administrator now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Administrator {
    /// Made just now.
    Made(UserId),
    /// Made by an earlier start.
    Present(UserId),
    /// The address belongs to an account that we did not make; nothing was changed.
    AddressTaken,
}

impl Bootstrap {
    /// Bootstrap in this store.
    pub fn new(context: Context, passwords: Passwords) -> Self {
        Self { context, passwords }
    }

    /// Makes the administrator if this installation has none yet.
    ///
    /// # Errors
    /// [`crate::error::Error::Unavailable`].
    pub async fn ensure_administrator(
        &self,
        email: &EmailAddress,
        password: &NewPassword,
    ) -> Result<Administrator> {
        if let Some(present) = self.context.store.find_bootstrap().await? {
            return Ok(Administrator::Present(present));
        }
        let hash = self.passwords.hash(password.as_password()).await?;
        let now = whole_milliseconds(self.context.now());
        let user = User {
            id: UserId::new(&*self.context.random),
            number: self.context.store.next_user_number().await?,
            realm: Realm::default_realm(),
            email: email.clone(),
            first_name: None,
            last_name: None,
            language: MessageLanguage::En.into(),
            level: PermissionLevel::Admin,
            confirmed: true,
            email_proved_at: None,
            suspended: false,
            credential_version: 1,
            created_at: now,
            password_changed_at: now,
        };
        let account = NewAccount {
            user: &user,
            hash: Some(&hash),
            intent: None,
            bootstrap: true,
        };
        match self.context.store.register(&account).await? {
            Registered::Done => Ok(Administrator::Made(user.id)),
            Registered::Taken | Registered::Unconfirmed(_) => Ok(Administrator::AddressTaken),
        }
    }
}
