//! Roles and permissions of the Identity Server dialect, and the users who hold them.
//!
//! Every use case takes a proof of the permission that it needs: a [`Permitted`], which is read from the store for each request
//! and never from a token.

mod caller;
mod directory;
mod permissions;
mod rank;
mod roles;

pub use caller::{
    Caller, PermissionsRead, PermissionsWrite, Permit, Permitted, RolesGrant, RolesRead,
    RolesWrite, UsersRead,
};
pub use directory::{Directory, UserWithRoles};
pub use permissions::Permissions;
pub(super) use rank::require_rank;
pub use roles::{RoleWithPermissions, Roles};

use super::Context;
use crate::domain::{PermissionNumbers, RoleNumber, RoleNumbers};
use crate::error::Result;

/// Entries on one page of a list.
pub const MAX_LISTED: usize = 100;
/// What the entries of one page hold together, the roles of users or the permissions of roles: an answer has to stay within what
/// the gateway passes on.
const MAX_HELD_ON_PAGE: usize = 2000;

/// Some of a list.
#[derive(Debug)]
pub struct Page<T, P> {
    /// At most [`MAX_LISTED`].
    pub entries: Vec<T>,
    /// Where the list goes on, if it does.
    pub next: Option<P>,
}

impl Context {
    /// Whether who holds these roles lacks any of these permissions. A permission that does not exist any more is lacked by nobody.
    async fn lacks(&self, roles: &RoleNumbers, wanted: PermissionNumbers) -> Result<bool> {
        if wanted.is_empty() || roles.contains(&RoleNumber::ADMIN) {
            return Ok(false);
        }
        let mut lacked = wanted;
        for role in self.store.find_roles(roles).await? {
            lacked.retain(|permission| !role.permissions.contains(permission));
        }
        Ok(!lacked.is_empty() && !self.store.find_permissions(&lacked).await?.is_empty())
    }
}

/// How many entries of a list fit on one page, by what each of them holds: at least one.
fn fitting(held: impl IntoIterator<Item = usize>) -> usize {
    let mut together = 0;
    let fits = held.into_iter().take_while(|held| {
        together += held;
        together <= MAX_HELD_ON_PAGE
    });
    fits.count().max(1)
}

#[cfg(test)]
mod tests {
    use super::{MAX_HELD_ON_PAGE, fitting};

    #[test]
    fn a_page_ends_where_its_entries_hold_too_much_together_but_holds_one() {
        for (held, fit) in [
            (&[][..], 1),
            (&[0, 0, 0], 3),
            (&[MAX_HELD_ON_PAGE, 0], 2),
            (&[MAX_HELD_ON_PAGE, 1], 1),
            (&[MAX_HELD_ON_PAGE + 1, 0], 1),
            (&[1000, 999, 1, 1], 3),
        ] {
            assert_eq!(fitting(held.iter().copied()), fit, "{held:?}");
        }
    }
}
