//! The administrators that an installation starts with.
//!
//! The installation remembers by user id whom it made administrator. An account that happens to have the configured address is
//! never promoted, unless an operator invites it: then it loses its password first.

use super::registration::whole_milliseconds;
use super::{Context, tell};
use crate::domain::{
    Attributes, Dialect, EmailAddress, Intent, IntentKind, MessageLanguage, Outcome, PasswordHash,
    PermissionLevel, Realm, Recipient, User, UserId, UserRole,
};
use crate::error::{Error, Result};
use crate::keys::ServerKey;
use crate::store::{NewAccount, Registered, Rights, Standing};

/// Makes administrators.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    context: Context,
    codes: ServerKey,
}

/// Who is administrator now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Administrator {
    /// Made just now.
    Made(UserId),
    /// Made by an earlier start.
    Present(UserId),
    /// Made by an earlier start; rights that it lacked were added.
    Completed(UserId),
    /// Made by an earlier start, and deleted since; nothing was changed.
    Gone(UserId),
    /// The address belongs to an account that we did not make; nothing was changed.
    AddressTaken,
}

/// Who was invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invited {
    /// An account made for it.
    NewAccount(UserId),
    /// An account that was there. Its password and its sessions are gone.
    ExistingAccount(UserId),
}

impl Bootstrap {
    /// Administrators in this store. The key is the one that invitations are derived with.
    pub fn new(context: Context, codes: ServerKey) -> Self {
        Self { context, codes }
    }

    /// Makes the administrator if this installation has none yet: with this password, or with a mail that invites to set one.
    /// Otherwise gives the rights that it lacks to the one that was made.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn ensure_administrator(
        &self,
        email: &EmailAddress,
        hash: Option<&PasswordHash>,
    ) -> Result<Administrator> {
        let store = &self.context.store;
        self.ensure_built_in_access().await?;
        if let Some(present) = store.find_bootstrap().await? {
            return self.complete_rights(present).await;
        }
        if let Some(made) = self.make(email, hash, true).await? {
            tell(Outcome::Created, made);
            return Ok(Administrator::Made(made));
        }
        // Taken by the administrator itself, perhaps, whom another start has made meanwhile.
        match store.find_bootstrap().await? {
            Some(present) => self.complete_rights(present).await,
            None => Ok(Administrator::AddressTaken),
        }
    }

    /// Makes the owner of this address an administrator, by a mail that invites to set a password. An account that is there
    /// loses its password and its sessions, so that only who reads that mail gets in.
    ///
    /// # Errors
    /// [`Error::Unavailable`], also where the account changes meanwhile.
    pub async fn invite(&self, email: &EmailAddress) -> Result<Invited> {
        self.ensure_built_in_access().await?;
        let first = self.context.store.find_bootstrap().await?.is_none();
        if let Some(made) = self.make(email, None, first).await? {
            tell(Outcome::Created, made);
            tell(Outcome::Invited, made);
            return Ok(Invited::NewAccount(made));
        }
        let store = &self.context.store;
        let credential = store
            .find_credential(&Realm::default_realm(), &email.digest())
            .await?;
        let user = match credential {
            Some(credential) => store.find_user(credential.user).await?,
            None => None,
        };
        let user = user.ok_or_else(changed_meanwhile)?;
        let intent = self.invitation(user.id);
        if !store.promote(&user, &intent, first).await? {
            return Err(changed_meanwhile());
        }
        tell(Outcome::Invited, user.id);
        Ok(Invited::ExistingAccount(user.id))
    }

    /// Makes what every administrator is to hold.
    async fn ensure_built_in_access(&self) -> Result<()> {
        let uid = self.context.random.uuid();
        Ok(self.context.store.ensure_built_in_access(uid).await?)
    }

    async fn complete_rights(&self, administrator: UserId) -> Result<Administrator> {
        Ok(
            match self.context.store.complete_rights(administrator).await? {
                Rights::Added => Administrator::Completed(administrator),
                Rights::Complete => Administrator::Present(administrator),
                Rights::NoAccount => Administrator::Gone(administrator),
            },
        )
    }

    /// Nothing if the address has an account.
    async fn make(
        &self,
        email: &EmailAddress,
        hash: Option<&PasswordHash>,
        first: bool,
    ) -> Result<Option<UserId>> {
        let now = whole_milliseconds(self.context.now());
        let user = User {
            level: PermissionLevel::Admin,
            user_role: UserRole::Root,
            confirmed: true,
            ..User::new(
                UserId::new(&*self.context.random),
                self.context.store.next_user_number().await?,
                Realm::default_realm(),
                email.clone(),
                MessageLanguage::En.into(),
                now,
            )
        };
        let invitation = hash.is_none().then(|| self.invitation(user.id));
        let account = NewAccount {
            user: &user,
            hash,
            intent: invitation.as_ref(),
            session: None,
            standing: if first {
                Standing::FirstAdministrator
            } else {
                Standing::Administrator
            },
            notes: &[],
            attributes: Attributes::default(),
        };
        Ok(match self.context.store.register(&account).await? {
            Registered::Done => Some(user.id),
            Registered::Taken | Registered::Unconfirmed(_) => None,
        })
    }

    fn invitation(&self, user: UserId) -> Intent {
        self.context.intent(
            IntentKind::Invitation,
            Recipient::User(user),
            Dialect::UserService,
            self.codes.current_version(),
        )
    }
}

fn changed_meanwhile() -> Error {
    Error::Unavailable("the account has changed meanwhile: try again".into())
}
