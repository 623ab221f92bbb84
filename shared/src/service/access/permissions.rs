//! Permissions: making, seeing and deleting them.

use super::super::{Context, tell};
use super::{MAX_LISTED, Page, PermissionsRead, PermissionsWrite, Permitted};
use crate::domain::{
    AccessName, BuiltIn, Description, IntentKind, Outcome, Permission, PermissionNumber, Recipient,
};
use crate::error::{Error, Result};
use crate::store::{Counter, Created};

/// Permissions of an installation.
#[derive(Debug, Clone)]
pub struct Permissions {
    context: Context,
}

impl Permissions {
    /// Permissions in this store.
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// Makes a permission. Administrators have it at once, others when a role of theirs gives it.
    ///
    /// # Errors
    /// [`Error::NameTaken`]; [`Error::Unavailable`].
    pub async fn create(
        &self,
        caller: &Permitted<PermissionsWrite>,
        name: AccessName,
        description: Description,
    ) -> Result<Permission> {
        let store = &self.context.store;
        let number = PermissionNumber(store.next_number(Counter::Permission).await?);
        let permission = Permission {
            number,
            name,
            description,
        };
        match store.create_permission(&permission).await? {
            Created::Done => {}
            Created::NameTaken => return Err(Error::NameTaken),
        }
        tell(Outcome::PermissionCreated, caller.user().id);
        Ok(permission)
    }

    /// A permission.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Unavailable`].
    pub async fn get(
        &self,
        _caller: &Permitted<PermissionsRead>,
        permission: PermissionNumber,
    ) -> Result<Permission> {
        let found = self.context.store.find_permission(permission).await?;
        found.ok_or(Error::NotFound)
    }

    /// The permissions behind a number, in the order of their numbers: at most `count`, and at most [`MAX_LISTED`].
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list(
        &self,
        _caller: &Permitted<PermissionsRead>,
        after: Option<PermissionNumber>,
        count: usize,
    ) -> Result<Page<Permission, PermissionNumber>> {
        let count = count.min(MAX_LISTED);
        let after = after.unwrap_or(PermissionNumber(0));
        let mut entries = self
            .context
            .store
            .list_permissions(after, count + 1)
            .await?;
        let goes_on = entries.len() > count;
        entries.truncate(count);
        let last = entries.last().map(|permission| permission.number);
        Ok(Page {
            next: last.filter(|_| goes_on),
            entries,
        })
    }

    /// Deletes a permission: nobody has it any more, at once.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`] for a built-in one; [`Error::Unavailable`].
    pub async fn delete(
        &self,
        caller: &Permitted<PermissionsWrite>,
        permission: PermissionNumber,
    ) -> Result<()> {
        let store = &self.context.store;
        let permission = store.find_permission(permission).await?;
        let permission = permission.ok_or(Error::NotFound)?;
        if BuiltIn::is_name_of_one(&permission.name) {
            return Err(Error::Forbidden);
        }
        let recipient = Recipient::Permission(permission.number);
        let erase = self
            .context
            .intent(IntentKind::Erase, recipient, caller.dialect(), 0);
        if !store.delete_permission(&permission, &erase).await? {
            return Err(Error::NotFound);
        }
        tell(Outcome::PermissionDeleted, caller.user().id);
        Ok(())
    }
}
