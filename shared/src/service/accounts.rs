//! Accounts: deleting them, and what the User Service's administrators do with those of others.

use super::access::require_rank;
use super::{Context, CurrentUser, Happening, Reauthenticated, UserServiceAdmin};
use crate::domain::{
    Attributes, EmailAddress, Language, Name, Outcome, Patch, PermissionLevel, User, UserNumber,
};
use crate::error::{Error, Result};
use crate::keys::SealingKey;
use crate::store::{AccountChange, Changed, Deleted, Deletion};

/// Accounts on one page of a list.
pub const MAX_PAGE: usize = 100;
/// The furthest position that a list is read from.
const MAX_OFFSET: usize = 10_000;

/// Deletes one's own account.
#[derive(Debug, Clone)]
pub struct Accounts {
    context: Context,
}

impl Accounts {
    /// Accounts in this store.
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// Deletes the caller's own account: its address is free at once, what it leaves behind is erased by the sender.
    ///
    /// # Errors
    /// [`Error::SessionEnded`] if the account changed since the caller was authorised; [`Error::Forbidden`] for the last root of
    /// the Security Service dialect, who stays; [`Error::Unavailable`].
    pub async fn delete_own(&self, current: &CurrentUser) -> Result<()> {
        match delete(&self.context, current.user(), current).await? {
            Deleted::Done => Ok(()),
            Deleted::Stale => Err(Error::SessionEnded),
            Deleted::LastRoot => Err(Error::Forbidden),
        }
    }

    /// The same for who has proved the password for it: a session alone is not enough where a browser is left open.
    ///
    /// # Errors
    /// Those of [`Self::delete_own`].
    pub async fn delete_proven(&self, proof: &Reauthenticated) -> Result<()> {
        self.delete_own(proof.current()).await
    }
}

/// Reads and changes the accounts of others.
#[derive(Debug, Clone)]
pub struct AccountAdministration {
    context: Context,
    seal: SealingKey,
}

/// What an administrator changes; what is absent stays.
#[derive(Debug, Default)]
pub struct AccountPatch {
    /// First name.
    pub first_name: Patch<Name>,
    /// Last name.
    pub last_name: Patch<Name>,
    /// Moves the account to another address: ends its sessions, voids its codes and tells the former address.
    pub email: Option<EmailAddress>,
    /// Sets the language.
    pub language: Option<Language>,
    /// Sets whether the account may sign in. Proves nothing about the address and ends nothing.
    pub confirmed: Option<bool>,
    /// Sets the rank in the User Service dialect.
    pub level: Option<PermissionLevel>,
}

/// Tries of a change that others overtake.
pub(super) const TRIES: u32 = 5;

impl AccountAdministration {
    /// Administration in this store; `seal` closes the addresses that notices go to.
    pub fn new(context: Context, seal: SealingKey) -> Self {
        Self { context, seal }
    }

    /// The accounts of the administrator's realm at the positions `from..to` by creation, at most [`MAX_PAGE`].
    ///
    /// # Errors
    /// [`Error::Malformed`] if the positions are out of order or too far; [`Error::Unavailable`].
    pub async fn list(
        &self,
        admin: &UserServiceAdmin,
        from: usize,
        to: usize,
    ) -> Result<Vec<(User, Attributes)>> {
        if to < from || from > MAX_OFFSET {
            return Err(Error::Malformed("the indexes are out of range"));
        }
        let to = to.min(from + MAX_PAGE);
        let realm = &admin.current().user().realm;
        Ok(self.context.store.list_users(realm, from, to).await?)
    }

    /// The account with this number, in the administrator's realm.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Unavailable`].
    pub async fn get(&self, admin: &UserServiceAdmin, number: UserNumber) -> Result<User> {
        let found = self.context.store.find_user_by_number(number).await?;
        let own_realm = |user: &User| user.realm == admin.current().user().realm;
        found.filter(own_realm).ok_or(Error::NotFound)
    }

    /// Changes an account.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`] if the account outranks the administrator; [`Error::EmailTaken`];
    /// [`Error::Unavailable`].
    pub async fn change(
        &self,
        admin: &UserServiceAdmin,
        number: UserNumber,
        patch: &AccountPatch,
    ) -> Result<User> {
        for _ in 0..TRIES {
            let before = self.get(admin, number).await?;
            require_rank(&self.context, admin.current(), &before).await?;
            let after = patched(&before, patch);
            let moves = before.email.canonical() != after.email.canonical();
            let dialect = admin.current().session().dialect;
            let notice = moves.then(|| {
                self.context
                    .email_changed_notice(&before, &self.seal, dialect)
            });
            let change = AccountChange {
                intents: notice.as_slice(),
                ..AccountChange::new(&before, &after)
            };
            match self.context.store.change_account(&change).await? {
                Changed::Done => {
                    let changed = Happening::new(Outcome::Changed, after.id);
                    changed.by(admin.current().user().id).tell();
                    return Ok(after);
                }
                Changed::Taken => return Err(Error::EmailTaken),
                Changed::LastRoot => return Err(Error::Forbidden),
                Changed::NotesFull => return Err(Error::LimitReached),
                Changed::Stale => {}
            }
        }
        Err(Error::Unavailable("the account changes too often".into()))
    }

    /// Deletes an account, as its owner could.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`] if the account outranks the administrator, or is the last root;
    /// [`Error::Unavailable`].
    pub async fn delete(&self, admin: &UserServiceAdmin, number: UserNumber) -> Result<()> {
        for _ in 0..TRIES {
            let user = self.get(admin, number).await?;
            require_rank(&self.context, admin.current(), &user).await?;
            match delete(&self.context, &user, admin.current()).await? {
                Deleted::Done => return Ok(()),
                Deleted::LastRoot => return Err(Error::Forbidden),
                Deleted::Stale => {}
            }
        }
        Err(Error::Unavailable("the account changes too often".into()))
    }
}

fn patched(before: &User, patch: &AccountPatch) -> User {
    let mut after = before.clone();
    patch.first_name.apply(&mut after.first_name);
    patch.last_name.apply(&mut after.last_name);
    if let Some(language) = &patch.language {
        after.language = language.clone();
    }
    if let Some(confirmed) = patch.confirmed {
        after.confirmed = confirmed;
    }
    if let Some(level) = patch.level {
        after.level = level;
    }
    if let Some(email) = &patch.email {
        after.email = email.clone();
        if email.canonical() != before.email.canonical() {
            after.email_proved_at = None;
            after.credential_version = before.credential_version + 1;
        }
    }
    after
}

pub(super) async fn delete(context: &Context, user: &User, by: &CurrentUser) -> Result<Deleted> {
    let erase = context.erase_intent(user.id, by.session().dialect);
    let deletion = Deletion {
        user,
        erase: &erase,
    };
    let deleted = context
        .store
        .delete_account(&deletion, context.now())
        .await?;
    if deleted == Deleted::Done {
        let deleted = Happening::new(Outcome::Deleted, user.id);
        deleted.by(by.user().id).tell();
    }
    Ok(deleted)
}
