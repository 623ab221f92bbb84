//! Who holds which role.

use std::collections::{HashMap, HashSet};

use super::super::accounts::{delete, put, put_part, update};
use super::super::item::{Item, Reader, key, n, s};
use super::super::users::{read_user, user_key};
use super::super::write::Transacted;
use super::super::{Store, StoreError};
use super::{LIVE_ROLE, holder_key, read_roles, removed_key, role_key, set_of, user_roles_key};
use crate::domain::{Realm, Role, RoleNumber, RoleNumbers, UserId};
use crate::dynamodb::{ConditionCheck, Delete, Query, TransactWriteItem};

/// Roles of one user: they have to be read whole at every check.
const MAX_ROLES: usize = 1000;
/// Holders of a role that are looked at together.
const HOLDERS_PER_LOOK: usize = 25;

/// A role and the user who is to get it, or to lose it.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    /// The role as it was read.
    pub(crate) role: &'a Role,
    pub(crate) user: UserId,
    /// The user's realm; an account of another one does not exist here.
    pub(crate) realm: &'a Realm,
}

/// How granting a role ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Granted {
    /// The user holds it.
    Done,
    /// There is no such user.
    NoUser,
    /// The role is gone, or gives something else than when it was read.
    Stale,
    /// The user holds as many roles as one may hold.
    Full,
}

/// How revoking a role ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Revocation {
    /// The user does not hold it.
    Done,
    /// There is no such user.
    NoUser,
    /// The role is gone.
    NoRole,
    /// Whoever was to remain does not hold it either.
    NobodyLeft,
}

impl Store {
    /// The roles that users hold; users without any are missing. One consistent round trip.
    pub(crate) async fn roles_of(
        &self,
        users: &[UserId],
    ) -> Result<HashMap<UserId, RoleNumbers>, StoreError> {
        let keys = users.iter().map(|user| user_roles_key(*user));
        let keys = keys.chain([removed_key()]).collect();
        let (mut held, mut removed) = (HashMap::new(), RoleNumbers::new());
        for item in self.read_all(&self.tables.access, keys).await? {
            let pk = Reader(&item).string("pk")?;
            match pk.strip_prefix("user#").and_then(UserId::parse) {
                Some(user) => {
                    held.insert(user, read_roles(&item)?);
                }
                None => removed = read_roles(&item)?,
            }
        }
        for roles in held.values_mut() {
            roles.retain(|role| !removed.contains(role));
        }
        Ok(held)
    }

    /// Has a user hold a role. Doing it again changes nothing. One transaction.
    pub(crate) async fn grant(&self, change: &Change<'_>) -> Result<Granted, StoreError> {
        let Change { role, user, .. } = change;
        let item = self
            .access_update(user_roles_key(*user))
            .update_expression("ADD role_numbers :role")
            .condition_expression(
                "attribute_not_exists(role_numbers) OR size(role_numbers) < :most OR contains(role_numbers, :number)",
            )
            .expression_attribute_values(":role", set_of(role.number.0))
            .expression_attribute_values(":number", n(role.number.0))
            .expression_attribute_values(":most", n(MAX_ROLES));
        let unchanged = self
            .access_check(role_key(role.number))
            .condition_expression(format!("{LIVE_ROLE} AND role_version = :version"))
            .expression_attribute_values(":version", n(role.version));
        let writes = vec![
            self.account_exists(*user, change.realm),
            check(unchanged),
            update(item),
            self.holder_part(role.number, *user),
        ];
        match self.transact(writes).await? {
            Transacted::Done => Ok(Granted::Done),
            Transacted::Refused(parts) => Ok(match parts.as_slice() {
                [Some(_), ..] => Granted::NoUser,
                [_, Some(_), ..] => Granted::Stale,
                _ => Granted::Full,
            }),
        }
    }

    /// Has a user hold a role no more. Doing it again changes nothing. With somebody who is to remain, only if that one holds the
    /// role, with an account that exists. One transaction.
    pub(crate) async fn revoke(
        &self,
        change: &Change<'_>,
        remaining: Option<UserId>,
    ) -> Result<Revocation, StoreError> {
        let Change { role, user, .. } = change;
        let item = self
            .access_update(user_roles_key(*user))
            .update_expression("DELETE role_numbers :role")
            // Else the update would make an item for a user who never held any role.
            .condition_expression("contains(role_numbers, :number)")
            .expression_attribute_values(":role", set_of(role.number.0))
            .expression_attribute_values(":number", n(role.number.0));
        let holder = Delete::of(&self.tables.access).set_key(holder_key(role.number, *user));
        let live = self.access_check(role_key(role.number));
        let mut writes = vec![
            self.account_exists(*user, change.realm),
            check(live.condition_expression(LIVE_ROLE)),
            update(item),
            delete(holder),
        ];
        if let Some(remaining) = remaining {
            let holds = self.access_check(holder_key(role.number, remaining));
            writes.push(check(holds.condition_expression("attribute_exists(pk)")));
            writes.push(self.account_exists(remaining, change.realm));
        }
        match self.transact(writes).await? {
            Transacted::Done => Ok(Revocation::Done),
            Transacted::Refused(parts) => Ok(match parts.as_slice() {
                [Some(_), ..] => Revocation::NoUser,
                [_, Some(_), ..] => Revocation::NoRole,
                [_, _, Some(_), ..] => Revocation::Done,
                _ => Revocation::NobodyLeft,
            }),
        }
    }

    /// Another user with an account who holds this role. Reads few items, unless many holders are deleted accounts.
    pub(crate) async fn find_other_holder(
        &self,
        role: RoleNumber,
        except: UserId,
    ) -> Result<Option<UserId>, StoreError> {
        let mut query = self.holders(role).limit(HOLDERS_PER_LOOK);
        loop {
            let page = self.database.query(&query).await?;
            let holders: HashSet<_> = page.items.iter().filter_map(read_holder).collect();
            let others = holders.into_iter().filter(|holder| *holder != except);
            let accounts = others.map(|holder| key([("pk", user_key(holder))]));
            for account in self
                .read_all(&self.tables.users, accounts.collect())
                .await?
            {
                if let Some(user) = read_user(&account)? {
                    return Ok(Some(user.id));
                }
            }
            match page.last_evaluated_key {
                Some(last) => query = query.exclusive_start_key(last),
                None => return Ok(None),
            }
        }
    }

    /// The parts of a transaction that have a user hold a role that is known to exist.
    pub(in super::super) fn unconditional_grant_parts(
        &self,
        role: RoleNumber,
        user: UserId,
    ) -> [TransactWriteItem; 2] {
        let item = self
            .access_update(user_roles_key(user))
            .update_expression("ADD role_numbers :role")
            .expression_attribute_values(":role", set_of(role.0));
        [update(item), self.holder_part(role, user)]
    }

    pub(super) fn holders(&self, role: RoleNumber) -> Query {
        Query::of(&self.tables.access)
            .consistent_read()
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(format!("role#{}", role.0)))
    }

    fn holder_part(&self, role: RoleNumber, user: UserId) -> TransactWriteItem {
        put(put_part(&self.tables.access, holder_key(role, user)))
    }

    fn account_exists(&self, user: UserId, realm: &Realm) -> TransactWriteItem {
        check(
            ConditionCheck::of(&self.tables.users)
                .key("pk", user_key(user))
                .condition_expression("attribute_exists(user_number) AND realm = :realm")
                .expression_attribute_values(":realm", s(realm.as_str())),
        )
    }
}

/// The user in an item that says that somebody holds a role.
pub(in crate::store) fn read_holder(item: &Item) -> Option<UserId> {
    UserId::parse(item.get("sk")?.as_s()?.strip_prefix("user#")?)
}

fn check(part: ConditionCheck) -> TransactWriteItem {
    TransactWriteItem::ConditionCheck(part)
}
