//! Roles: making, seeing and changing them, and who holds them.

use std::collections::HashMap;

use super::super::{Context, Happening, tell};
use super::{MAX_LISTED, Page, Permit, Permitted, RolesGrant, RolesRead, RolesWrite, fitting};
use crate::domain::{
    AccessName, BuiltIn, Description, IntentKind, Outcome, Permission, PermissionNumber,
    PermissionNumbers, Recipient, Role, RoleKey, RoleNumber, UserId,
};
use crate::error::{Error, Result};
use crate::store::{Change, Counter, Created, Granted, Joined, Revocation};

/// Tries of a change that others overtake.
const TRIES: u32 = 10;

/// Roles of an installation, and their holders.
#[derive(Debug, Clone)]
pub struct Roles {
    context: Context,
}

/// A role and what it gives.
#[derive(Debug)]
pub struct RoleWithPermissions {
    /// The role.
    pub role: Role,
    /// Its permissions that exist, in the order of their numbers.
    pub permissions: Vec<Permission>,
}

impl Roles {
    /// Roles in this store.
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// Makes a role that gives nothing yet.
    ///
    /// # Errors
    /// [`Error::NameTaken`]; [`Error::Unavailable`].
    pub async fn create(
        &self,
        caller: &Permitted<RolesWrite>,
        name: AccessName,
        description: Description,
    ) -> Result<Role> {
        let store = &self.context.store;
        let role = Role {
            number: RoleNumber(store.next_number(Counter::Role).await?),
            uid: self.context.random.uuid(),
            name,
            description,
            permissions: PermissionNumbers::new(),
            version: 0,
        };
        match store.create_role(&role).await? {
            Created::Done => {}
            Created::NameTaken => return Err(Error::NameTaken),
        }
        tell(Outcome::RoleCreated, caller.user().id);
        Ok(role)
    }

    /// A role.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Unavailable`].
    pub async fn get(
        &self,
        _caller: &Permitted<RolesRead>,
        role: &RoleKey,
    ) -> Result<RoleWithPermissions> {
        let mut roles = self.with_permissions(vec![self.find(role).await?]).await?;
        roles.pop().ok_or(Error::NotFound)
    }

    /// The roles behind a number, in the order of their numbers: at most `count`, at most [`MAX_LISTED`], and fewer where they
    /// give very many permissions.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list(
        &self,
        _caller: &Permitted<RolesRead>,
        after: Option<RoleNumber>,
        count: usize,
    ) -> Result<Page<RoleWithPermissions, RoleNumber>> {
        let count = count.min(MAX_LISTED);
        let after = after.unwrap_or(RoleNumber(0));
        let mut roles = self.context.store.list_roles(after, count + 1).await?;
        let fit = fitting(roles.iter().map(|role| role.permissions.len())).min(count);
        let goes_on = roles.len() > fit;
        roles.truncate(fit);
        let last = roles.last().map(|role| role.number);
        Ok(Page {
            next: last.filter(|_| goes_on),
            entries: self.with_permissions(roles).await?,
        })
    }

    /// Has a role give a permission.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`] if the caller lacks the permission; [`Error::LimitReached`];
    /// [`Error::Unavailable`].
    pub async fn add_permission(
        &self,
        caller: &Permitted<RolesWrite>,
        role: &RoleKey,
        permission: PermissionNumber,
    ) -> Result<()> {
        let (role, permission) = self.find_both(role, permission).await?;
        guard_admin_role(caller, role.number)?;
        let wanted = [permission.number].into();
        if self.context.lacks(caller.roles(), wanted).await? {
            return Err(Error::Forbidden);
        }
        let store = &self.context.store;
        joined(store.add_permission(role.number, &permission).await?)?;
        tell(Outcome::PermissionAdded, caller.user().id);
        Ok(())
    }

    /// Has a role give a permission no more.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`] for what the role `admin` has from the start; [`Error::Unavailable`].
    pub async fn remove_permission(
        &self,
        caller: &Permitted<RolesWrite>,
        role: &RoleKey,
        permission: PermissionNumber,
    ) -> Result<()> {
        let (role, permission) = self.find_both(role, permission).await?;
        guard_admin_role(caller, role.number)?;
        if role.number == RoleNumber::ADMIN && BuiltIn::is_name_of_one(&permission.name) {
            return Err(Error::Forbidden);
        }
        let store = &self.context.store;
        joined(store.remove_permission(role.number, &permission).await?)?;
        tell(Outcome::PermissionRemoved, caller.user().id);
        Ok(())
    }

    /// Deletes a role: nobody holds it any more, at once.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`] for the role `admin`; [`Error::Unavailable`].
    pub async fn delete(&self, caller: &Permitted<RolesWrite>, role: &RoleKey) -> Result<()> {
        let role = self.find(role).await?;
        if role.number == RoleNumber::ADMIN {
            return Err(Error::Forbidden);
        }
        let recipient = Recipient::Role(role.number);
        let erase = self
            .context
            .intent(IntentKind::Erase, recipient, caller.dialect(), 0);
        let now = self.context.now();
        if !self.context.store.delete_role(&role, &erase, now).await? {
            return Err(Error::NotFound);
        }
        tell(Outcome::RoleDeleted, caller.user().id);
        Ok(())
    }

    /// Has a user hold a role.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`] if the role gives what the caller lacks; [`Error::LimitReached`];
    /// [`Error::Unavailable`].
    pub async fn grant(
        &self,
        caller: &Permitted<RolesGrant>,
        role: &RoleKey,
        user: UserId,
    ) -> Result<()> {
        for _ in 0..TRIES {
            let role = self.find(role).await?;
            guard_admin_role(caller, role.number)?;
            let given = role.permissions.clone();
            if self.context.lacks(caller.roles(), given).await? {
                return Err(Error::Forbidden);
            }
            let change = change(caller, &role, user);
            match self.context.store.grant(&change).await? {
                Granted::Done => {
                    let granted = Happening::new(Outcome::RoleGranted, user);
                    granted.by(caller.user().id).tell();
                    return Ok(());
                }
                Granted::NoUser => return Err(Error::NotFound),
                Granted::Full => return Err(Error::LimitReached),
                Granted::Stale => {}
            }
        }
        Err(Error::Unavailable("the role changes too often".into()))
    }

    /// Has a user hold a role no more.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`] if it is the role `admin` and the caller does not hold it, or nobody else does;
    /// [`Error::Unavailable`].
    pub async fn revoke(
        &self,
        caller: &Permitted<RolesGrant>,
        role: &RoleKey,
        user: UserId,
    ) -> Result<()> {
        for _ in 0..TRIES {
            let role = self.find(role).await?;
            guard_admin_role(caller, role.number)?;
            let remaining = if role.number == RoleNumber::ADMIN {
                let store = &self.context.store;
                let other = store.find_other_holder(role.number, user).await?;
                Some(other.ok_or(Error::Forbidden)?)
            } else {
                None
            };
            let change = change(caller, &role, user);
            match self.context.store.revoke(&change, remaining).await? {
                Revocation::Done => {
                    let revoked = Happening::new(Outcome::RoleRevoked, user);
                    revoked.by(caller.user().id).tell();
                    return Ok(());
                }
                Revocation::NoUser | Revocation::NoRole => return Err(Error::NotFound),
                Revocation::NobodyLeft => {}
            }
        }
        Err(Error::Unavailable("the role changes too often".into()))
    }

    async fn find(&self, role: &RoleKey) -> Result<Role> {
        let found = self.context.store.find_role(role).await?;
        found.ok_or(Error::NotFound)
    }

    async fn find_both(
        &self,
        role: &RoleKey,
        permission: PermissionNumber,
    ) -> Result<(Role, Permission)> {
        let store = &self.context.store;
        let (role, permission) =
            tokio::try_join!(store.find_role(role), store.find_permission(permission))?;
        role.zip(permission).ok_or(Error::NotFound)
    }

    async fn with_permissions(&self, roles: Vec<Role>) -> Result<Vec<RoleWithPermissions>> {
        let named = roles
            .iter()
            .flat_map(|role| role.permissions.iter().copied());
        let found = self
            .context
            .store
            .find_permissions(&named.collect())
            .await?;
        let found: HashMap<_, _> = found.into_iter().map(|one| (one.number, one)).collect();
        let with_permissions = |role: Role| RoleWithPermissions {
            permissions: role
                .permissions
                .iter()
                .filter_map(|number| found.get(number).cloned())
                .collect(),
            role,
        };
        Ok(roles.into_iter().map(with_permissions).collect())
    }
}

/// The role `admin` is its holders' business alone.
fn guard_admin_role<P: Permit>(caller: &Permitted<P>, role: RoleNumber) -> Result<()> {
    let allowed = role != RoleNumber::ADMIN || caller.is_administrator();
    allowed.then_some(()).ok_or(Error::Forbidden)
}

fn change<'a>(caller: &'a Permitted<RolesGrant>, role: &'a Role, user: UserId) -> Change<'a> {
    Change {
        role,
        user,
        realm: &caller.user().realm,
    }
}

fn joined(joined: Joined) -> Result<()> {
    match joined {
        Joined::Done => Ok(()),
        Joined::Gone => Err(Error::NotFound),
        Joined::Full => Err(Error::LimitReached),
    }
}
