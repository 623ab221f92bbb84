//! Users and the roles they hold.

use std::collections::HashMap;

use super::super::Context;
use super::{Caller, MAX_LISTED, Page, Permitted, UsersRead, fitting};
use crate::domain::{ListingPosition, Role, RoleNumbers, User, UserId};
use crate::error::{Error, Result};
use crate::store::{ListOrder, Part};

/// The users of a realm, with their roles.
#[derive(Debug, Clone)]
pub struct Directory {
    context: Context,
}

/// A user and the roles they hold.
#[derive(Debug)]
pub struct UserWithRoles {
    /// The user.
    pub user: User,
    /// In the order of their numbers.
    pub roles: Vec<Role>,
}

impl Directory {
    /// The users in this store.
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// A user of the caller's realm. Oneself can be seen without any permission.
    ///
    /// # Errors
    /// [`Error::Forbidden`], whether there is such a user or not; [`Error::NotFound`]; [`Error::Unavailable`].
    pub async fn get(&self, caller: &Caller<UsersRead>, user: UserId) -> Result<UserWithRoles> {
        let store = &self.context.store;
        let own = caller.user();
        if user == own.id {
            return Ok(UserWithRoles {
                user: own.clone(),
                roles: store.find_roles(caller.roles()).await?,
            });
        }
        if !caller.holds() {
            return Err(Error::Forbidden);
        }
        let ids = [user];
        let (found, roles) = tokio::try_join!(store.find_user(user), store.roles_of(&ids))?;
        let found = found.filter(|found| found.realm == own.realm);
        let roles = roles.get(&user).cloned().unwrap_or_default();
        Ok(UserWithRoles {
            user: found.ok_or(Error::NotFound)?,
            roles: store.find_roles(&roles).await?,
        })
    }

    /// The users of the caller's realm behind a position, oldest first: at most `count`, at most [`MAX_LISTED`], and fewer where
    /// they hold very many roles.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list(
        &self,
        caller: &Permitted<UsersRead>,
        after: Option<ListingPosition>,
        count: usize,
    ) -> Result<Page<UserWithRoles, ListingPosition>> {
        let store = &self.context.store;
        let realm = &caller.user().realm;
        let part = Part {
            order: ListOrder::OldestFirst,
            after,
            skip: 0,
            count: count.min(MAX_LISTED),
        };
        let listed = store.list_part(realm, part).await?;
        let (mut users, mut next) = (listed.users, listed.next);
        let ids: Vec<_> = users.iter().map(|user| user.id).collect();
        let mut held = store.roles_of(&ids).await?;
        let count_of = |user: &User| held.get(&user.id).map_or(0, RoleNumbers::len);
        let fit = fitting(users.iter().map(count_of));
        if fit < users.len() {
            users.truncate(fit);
            next = users.last().map(position_of);
        }
        let roles = users.iter().filter_map(|user| held.get(&user.id)).flatten();
        let roles = store.find_roles(&roles.copied().collect()).await?;
        let roles: HashMap<_, _> = roles.into_iter().map(|role| (role.number, role)).collect();
        let with_roles = |user: User| {
            let held = held.remove(&user.id).unwrap_or_default();
            let roles = held.iter().filter_map(|number| roles.get(number).cloned());
            UserWithRoles {
                roles: roles.collect(),
                user,
            }
        };
        Ok(Page {
            entries: users.into_iter().map(with_roles).collect(),
            next,
        })
    }
}

fn position_of(user: &User) -> ListingPosition {
    ListingPosition {
        created_at: user.created_at,
        number: user.number,
    }
}
