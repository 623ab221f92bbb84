//! The one check of rank: whose account somebody may act on.

use super::super::{Context, CurrentUser};
use crate::domain::{PermissionNumbers, Rank, RoleNumber, RoleNumbers, User};
use crate::error::{Error, Result};

/// Nobody acts on the account of somebody who outranks them in any dialect: neither in level, nor in permissions. One round trip,
/// two more where the target holds roles that the caller does not;
/// none for one's own account.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::Unavailable`].
pub(in super::super) async fn require_rank(
    context: &Context,
    caller: &CurrentUser,
    target: &User,
) -> Result<()> {
    let own = caller.user();
    if own.id == target.id {
        return Ok(());
    }
    if !Rank::of(own).reaches(Rank::of(target)) || !reaches(context, own, target).await? {
        return Err(Error::Forbidden);
    }
    Ok(())
}

impl Context {
    /// Whether an account has rights that others lack, in any dialect. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub(in super::super) async fn has_rights(&self, user: &User) -> Result<bool> {
        if Rank::of(user) != Rank::LOWEST {
            return Ok(true);
        }
        let roles = self.store.roles_of(&[user.id]).await?;
        Ok(roles.get(&user.id).is_some_and(|roles| !roles.is_empty()))
    }
}

/// Whether one user has every permission of another.
async fn reaches(context: &Context, one: &User, other: &User) -> Result<bool> {
    let mut roles = context.store.roles_of(&[one.id, other.id]).await?;
    let own = roles.get(&one.id).cloned().unwrap_or_default();
    let others = roles.remove(&other.id).unwrap_or_default();
    if own.contains(&RoleNumber::ADMIN) {
        return Ok(true);
    }
    if others.contains(&RoleNumber::ADMIN) {
        return Ok(false);
    }
    let others: RoleNumbers = others.difference(&own).copied().collect();
    let others = context.store.find_roles(&others).await?;
    let given = others.into_iter().flat_map(|role| role.permissions);
    let given: PermissionNumbers = given.collect();
    Ok(!context.lacks(&own, given).await?)
}
