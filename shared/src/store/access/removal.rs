//! Deleting roles, and erasing what deleted roles, permissions and users leave behind.
//!
//! A role is deleted by one transaction: from then on it counts for nothing, since every check reads the removed ones. Its edges
//! are erased afterwards, however many there are, and erasing can be repeated from any point. The role stays among the removed
//! ones for a while longer: a check reads its items one after another, and one that has begun must not miss both.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use super::super::accounts::{delete, put, put_part, update};
use super::super::item::{Item, ms, n, s};
use super::super::outbox::intent_item;
use super::super::write::Transacted;
use super::super::{Store, StoreError};
use super::grants::read_holder;
use super::roles::read_role;
use super::{
    LIVE_ROLE, ROLES, givers_key, holder_key, read_permissions, read_roles, removed_key, role_key,
    role_name_key, role_uid_key, set_of, user_roles_key,
};
use crate::domain::{Intent, PermissionNumber, Role, RoleNumber, UserId};
use crate::dynamodb::{Delete, Query, Update};

/// Edges that are erased at once.
const AT_ONCE: usize = 16;

impl Store {
    /// Deletes a role: from then on it gives nothing, and its name is free. False if it is gone. One transaction.
    pub(crate) async fn delete_role(
        &self,
        role: &Role,
        erase: &Intent,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let item = self
            .access_update(role_key(role.number))
            .update_expression("SET removed_at = :now")
            .condition_expression(LIVE_ROLE)
            .expression_attribute_values(":now", ms(now));
        let removed = self
            .access_update(removed_key())
            .update_expression("ADD role_numbers :role")
            .expression_attribute_values(":role", set_of(role.number.0));
        let marker = |key: Item| delete(Delete::of(&self.tables.access).set_key(key));
        let writes = vec![
            update(item),
            update(removed),
            marker(role_name_key(&role.name)),
            marker(role_uid_key(role.uid)),
            put(put_part(&self.tables.outbox, intent_item(erase))),
        ];
        Ok(matches!(self.transact(writes).await?, Transacted::Done))
    }

    /// Erases the edges of a deleted role, at both of their ends.
    pub(crate) async fn erase_role_edges(&self, role: RoleNumber) -> Result<(), StoreError> {
        let mut query = self.holders(role);
        loop {
            let page = self.database.query(&query).await?;
            stream::iter(page.items.iter().filter_map(read_holder))
                .map(Ok)
                .try_for_each_concurrent(AT_ONCE, |user| self.erase_grant(role, user))
                .await?;
            match page.last_evaluated_key {
                Some(last) => query = query.exclusive_start_key(last),
                None => break,
            }
        }
        let Some(item) = self.find_access_item(role_key(role)).await? else {
            return Ok(());
        };
        let permissions = self.find_permissions(&read_permissions(&item)?).await?;
        stream::iter(permissions)
            .map(Ok)
            .try_for_each_concurrent(AT_ONCE, |permission| async move {
                let givers = givers_key(permission.name.as_str());
                self.take_from_set(givers, "role_numbers", role.0).await
            })
            .await
    }

    /// Forgets a deleted role whose edges are erased, and that no check can be reading any more.
    pub(crate) async fn forget_role(&self, role: RoleNumber) -> Result<(), StoreError> {
        self.delete_access_item(role_key(role)).await?;
        self.take_from_set(removed_key(), "role_numbers", role.0)
            .await
    }

    /// Takes a deleted permission from the roles that name it. Reads all roles.
    pub(crate) async fn erase_permission_edges(
        &self,
        permission: PermissionNumber,
    ) -> Result<(), StoreError> {
        let roles = Query::of(&self.tables.access)
            .consistent_read()
            .key_condition_expression("pk = :pk")
            .filter_expression("contains(permission_numbers, :permission)")
            .expression_attribute_values(":pk", s(ROLES))
            .expression_attribute_values(":permission", n(permission.0));
        for item in self.query(roles).await? {
            if let Some(role) = read_role(&item)? {
                self.take_from_set(role_key(role.number), "permission_numbers", permission.0)
                    .await?;
            }
        }
        Ok(())
    }

    /// Takes all roles from a deleted user.
    pub(crate) async fn erase_user_roles(&self, user: UserId) -> Result<(), StoreError> {
        let Some(item) = self.find_access_item(user_roles_key(user)).await? else {
            return Ok(());
        };
        stream::iter(read_roles(&item)?)
            .map(Ok)
            .try_for_each_concurrent(AT_ONCE, |role| {
                self.delete_access_item(holder_key(role, user))
            })
            .await?;
        self.delete_access_item(user_roles_key(user)).await
    }

    /// First the end that a check reads: as long as the other one stands, it is found again.
    async fn erase_grant(&self, role: RoleNumber, user: UserId) -> Result<(), StoreError> {
        self.take_from_set(user_roles_key(user), "role_numbers", role.0)
            .await?;
        self.delete_access_item(holder_key(role, user)).await
    }

    async fn take_from_set(&self, key: Item, set: &str, number: u64) -> Result<(), StoreError> {
        let update = Update::of(&self.tables.access)
            .set_key(key)
            .update_expression("DELETE #set :number")
            // Else the update would make an item where there is none.
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#set", set)
            .expression_attribute_values(":number", set_of(number));
        self.update(update).await.map(|_| ())
    }

    async fn delete_access_item(&self, key: Item) -> Result<(), StoreError> {
        let delete = Delete::of(&self.tables.access);
        self.delete(delete.set_key(key)).await
    }
}
