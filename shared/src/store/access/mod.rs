//! The Access table: roles, permissions, and who holds what.
//!
//! | pk | sk | holds |
//! |---|---|---|
//! | `roles` | number | a role with the numbers of its permissions |
//! | `role-name#<name>`, `role-uid#<uuid>` | `-` | the number of the role |
//! | `permissions` | number | a permission |
//! | `permission#<name>` | `-` | its number, and the roles that give it |
//! | `user#<id>` | `roles` | the roles of a user |
//! | `role#<number>` | `user#<id>` | that the user holds the role: the way back, for erasing and for finding another administrator |
//! | `removed-roles` | `-` | roles that are deleted, as long as anything may name them |
//! | `counter#role`, `counter#permission` | `-` | the last number |
//!
//! Every edge stands at both of its ends, written in one transaction. So a check reads three items by their keys: the roles of
//! the user, the roles that give the permission, and the removed ones. Numbers are never used twice: what names a number that is
//! gone names nothing.

mod built_in;
mod grants;
mod permissions;
mod removal;
mod roles;

use uuid::Uuid;

pub(crate) use grants::{Change, Granted, Revocation};
pub(crate) use roles::Joined;
#[cfg(any(test, fuzzing))]
pub(super) use {grants::read_holder, permissions::read_permission, roles::read_role};

use super::accounts::{put, put_part};
use super::item::{Item, Reader, key, n, s};
use super::write::{Transacted, Written};
use super::{Store, StoreError, UserAndSession};
use crate::domain::{
    AccessName, BuiltIn, Held, PermissionNumber, PermissionNumbers, RoleNumber, RoleNumbers,
    SessionId, UserId,
};
use crate::dynamodb::{
    AttributeValue, ConditionCheck, GetItem, KeysAndAttributes, Query, ReturnValue, Update,
};

const ROLES: &str = "roles";
const PERMISSIONS: &str = "permissions";
const REMOVED: &str = "removed-roles";
/// The sort key of an item that is alone in its partition.
const ALONE: &str = "-";
const LIVE_ROLE: &str = "attribute_exists(pk) AND attribute_not_exists(removed_at)";

/// Numbers that are counted up.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Counter {
    Role,
    Permission,
}

/// How making a role or a permission ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Created {
    /// It is made.
    Done,
    /// Another one has the name.
    NameTaken,
}

impl Store {
    /// The next number of a kind. One write; a number that is not used is skipped for good.
    pub(crate) async fn next_number(&self, counter: Counter) -> Result<u64, StoreError> {
        let update = Update::of(&self.tables.access)
            .set_key(counter_key(counter))
            .update_expression("ADD last_number :one")
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::AllNew);
        match self.update(update).await? {
            Written::Done(item) | Written::Refused(item) => Reader(&item).number("last_number"),
        }
    }

    /// Makes the items of a role or a permission of this number; the first of them stands under its name. One transaction.
    async fn create(&self, items: &[Item], number: u64) -> Result<Created, StoreError> {
        let unused = |item: &Item| {
            put(put_part(&self.tables.access, item.clone())
                .condition_expression("attribute_not_exists(pk)")
                .return_refusing_item())
        };
        let writes = items.iter().map(unused).collect();
        let parts = match self.transact(writes).await? {
            Transacted::Done => return Ok(Created::Done),
            Transacted::Refused(parts) => parts,
        };
        match parts.into_iter().next().flatten() {
            // Ours, if the reply to the first try was lost.
            Some(holder) if Reader(&holder).number::<u64>("number")? == number => Ok(Created::Done),
            Some(_) => Ok(Created::NameTaken),
            None => Err(StoreError::Unavailable(
                "a number that was never used is taken".into(),
            )),
        }
    }

    /// The user and the session, and whether the user has this permission. One consistent round trip.
    pub(crate) async fn read_session_and_access(
        &self,
        user: UserId,
        session: SessionId,
        permission: BuiltIn,
    ) -> Result<(UserAndSession, Held), StoreError> {
        let keys = vec![
            user_roles_key(user),
            givers_key(permission.name()),
            removed_key(),
        ];
        let batch = self.session_batch(user, session).request_items(
            &self.tables.access,
            KeysAndAttributes::of(keys).consistent_read(),
        );
        let (mut found, mut access) = (UserAndSession::default(), Vec::new());
        for (table, item) in self.batch_get(batch).await? {
            if table == self.tables.access {
                access.push(item);
            } else {
                found.take(self, &table, &item)?;
            }
        }
        Ok((found, read_held(&access)?))
    }

    /// A page of a partition, in the order of its numbers, as many as asked for as long as there are. Consistent.
    async fn page(
        &self,
        partition: &str,
        after: u64,
        count: usize,
    ) -> Result<Vec<Item>, StoreError> {
        let mut query = Query::of(&self.tables.access)
            .consistent_read()
            .key_condition_expression("pk = :pk AND sk > :after")
            .filter_expression("attribute_not_exists(removed_at)")
            .expression_attribute_values(":pk", s(partition))
            .expression_attribute_values(":after", s(padded(after)))
            .limit(count);
        let mut items = Vec::new();
        loop {
            let found = self.database.query(&query).await?;
            items.extend(found.items);
            match found.last_evaluated_key {
                Some(last) if items.len() < count => {
                    query = query.exclusive_start_key(last);
                }
                _ => break,
            }
        }
        items.truncate(count);
        Ok(items)
    }

    async fn find_access_item(&self, key: Item) -> Result<Option<Item>, StoreError> {
        let get = GetItem::of(&self.tables.access)
            .consistent_read()
            .set_key(key);
        self.get(get).await
    }

    fn access_update(&self, key: Item) -> Update {
        Update::of(&self.tables.access).set_key(key)
    }

    fn access_check(&self, key: Item) -> ConditionCheck {
        ConditionCheck::of(&self.tables.access).set_key(key)
    }
}

fn access_key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    key([("pk", s(pk)), ("sk", s(sk))])
}

fn role_key(role: RoleNumber) -> Item {
    access_key(ROLES, padded(role.0))
}

fn role_name_key(name: &AccessName) -> Item {
    access_key(format!("role-name#{}", name.as_str()), ALONE)
}

fn role_uid_key(uid: Uuid) -> Item {
    access_key(format!("role-uid#{uid}"), ALONE)
}

fn permission_key(permission: PermissionNumber) -> Item {
    access_key(PERMISSIONS, padded(permission.0))
}

/// Where the roles stand that give a permission.
fn givers_key(permission: &str) -> Item {
    access_key(format!("permission#{permission}"), ALONE)
}

fn user_roles_key(user: UserId) -> Item {
    access_key(format!("user#{user}"), "roles")
}

fn holder_key(role: RoleNumber, user: UserId) -> Item {
    access_key(format!("role#{}", role.0), format!("user#{user}"))
}

fn removed_key() -> Item {
    access_key(REMOVED, ALONE)
}

fn counter_key(counter: Counter) -> Item {
    let kind = match counter {
        Counter::Role => "role",
        Counter::Permission => "permission",
    };
    access_key(format!("counter#{kind}"), ALONE)
}

/// Sort keys are texts: of equal length, they sort as their numbers.
fn padded(number: u64) -> String {
    format!("{number:020}")
}

fn set_of(number: u64) -> AttributeValue {
    AttributeValue::Ns(vec![number.to_string()])
}

/// The numbers of a set; a set that is not there is empty.
fn read_numbers(item: &Item, name: &'static str) -> Result<Vec<u64>, StoreError> {
    let Some(set) = item.get(name) else {
        return Ok(Vec::new());
    };
    let numbers = set.as_ns().ok_or(StoreError::Corrupt(name))?;
    let numbers = numbers.iter().map(|number| number.parse().ok());
    numbers
        .collect::<Option<_>>()
        .ok_or(StoreError::Corrupt(name))
}

fn read_roles(item: &Item) -> Result<RoleNumbers, StoreError> {
    let numbers = read_numbers(item, "role_numbers")?;
    Ok(numbers.into_iter().map(RoleNumber).collect())
}

fn read_permissions(item: &Item) -> Result<PermissionNumbers, StoreError> {
    let numbers = read_numbers(item, "permission_numbers")?;
    Ok(numbers.into_iter().map(PermissionNumber).collect())
}

/// What three items tell: the roles of the user, less those that are removed, and those that give the permission.
fn read_held(items: &[Item]) -> Result<Held, StoreError> {
    let (mut held, mut removed) = (Held::default(), RoleNumbers::new());
    for item in items {
        let roles = read_roles(item)?;
        match Reader(item).string("pk")? {
            pk if pk.starts_with("user#") => held.roles = roles,
            pk if pk.starts_with("permission#") => held.givers = roles,
            _ => removed = roles,
        }
    }
    held.roles.retain(|role| !removed.contains(role));
    Ok(held)
}
