//! Roles: making and reading them, and the permissions that they give.

use super::super::accounts::update;
use super::super::item::{Item, Reader, key, n, s};
use super::super::write::Transacted;
use super::super::{Store, StoreError};
use super::{
    Created, LIVE_ROLE, ROLES, givers_key, read_permissions, role_key, role_name_key, role_uid_key,
    set_of,
};
use crate::domain::{
    AccessName, Description, Permission, PermissionNumber, Role, RoleKey, RoleNumber, RoleNumbers,
};
use crate::dynamodb::{AttributeValue, TransactWriteItem};

/// Permissions of one role: it has to be read whole, and answered whole.
const MAX_PERMISSIONS: usize = 2000;

/// How joining a role and a permission ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joined {
    /// They are joined, or parted.
    Done,
    /// The role or the permission is gone.
    Gone,
    /// The role has as many permissions as it may have.
    Full,
}

impl Store {
    /// Makes a role. One transaction.
    pub(crate) async fn create_role(&self, role: &Role) -> Result<Created, StoreError> {
        self.create(&role_items(role), role.number.0).await
    }

    /// A role. One consistent read, two by UUID.
    pub(crate) async fn find_role(&self, role: &RoleKey) -> Result<Option<Role>, StoreError> {
        let number = match role {
            RoleKey::Number(number) => *number,
            RoleKey::Uid(uid) => match self.find_access_item(role_uid_key(*uid)).await? {
                Some(marker) => RoleNumber(Reader(&marker).number("number")?),
                None => return Ok(None),
            },
        };
        let found = self.find_access_item(role_key(number)).await?;
        found.as_ref().map_or(Ok(None), read_role)
    }

    /// Roles by number; those that are gone are missing. One consistent round trip.
    pub(crate) async fn find_roles(&self, roles: &RoleNumbers) -> Result<Vec<Role>, StoreError> {
        let keys = roles.iter().map(|role| role_key(*role)).collect();
        let items = self.read_all(&self.tables.access, keys).await?;
        let roles = items.iter().filter_map(|item| read_role(item).transpose());
        let mut roles = roles.collect::<Result<Vec<_>, _>>()?;
        roles.sort_by_key(|role| role.number);
        Ok(roles)
    }

    /// The roles that come after this number, in the order of their numbers. Consistent.
    pub(crate) async fn list_roles(
        &self,
        after: RoleNumber,
        count: usize,
    ) -> Result<Vec<Role>, StoreError> {
        let items = self.page(ROLES, after.0, count).await?;
        let roles = items.iter().filter_map(|item| read_role(item).transpose());
        roles.collect()
    }

    /// Has a role give a permission. Doing it again changes nothing. One transaction.
    pub(crate) async fn add_permission(
        &self,
        role: RoleNumber,
        permission: &Permission,
    ) -> Result<Joined, StoreError> {
        let item = self
            .access_update(role_key(role))
            .update_expression("ADD permission_numbers :permission, role_version :one")
            .condition_expression(format!(
                "{LIVE_ROLE} AND (attribute_not_exists(permission_numbers) OR size(permission_numbers) < :most \
                 OR contains(permission_numbers, :number))"
            ))
            .expression_attribute_values(":permission", set_of(permission.number.0))
            .expression_attribute_values(":number", n(permission.number.0))
            .expression_attribute_values(":most", n(MAX_PERMISSIONS))
            .expression_attribute_values(":one", n(1))
            .return_refusing_item();
        let givers = self.givers_part(permission, "ADD role_numbers :role", role);
        match self.transact(vec![update(item), givers]).await? {
            Transacted::Done => Ok(Joined::Done),
            Transacted::Refused(parts) => match parts.first() {
                Some(Some(item)) if read_role(item).is_ok_and(|role| role.is_some()) => {
                    Ok(Joined::Full)
                }
                _ => Ok(Joined::Gone),
            },
        }
    }

    /// Has a role give a permission no more. Doing it again changes nothing. One transaction.
    pub(crate) async fn remove_permission(
        &self,
        role: RoleNumber,
        permission: &Permission,
    ) -> Result<Joined, StoreError> {
        let item = self
            .access_update(role_key(role))
            .update_expression("DELETE permission_numbers :permission ADD role_version :one")
            .condition_expression(LIVE_ROLE)
            .expression_attribute_values(":permission", set_of(permission.number.0))
            .expression_attribute_values(":one", n(1));
        let givers = self.givers_part(permission, "DELETE role_numbers :role", role);
        Ok(match self.transact(vec![update(item), givers]).await? {
            Transacted::Done => Joined::Done,
            Transacted::Refused(_) => Joined::Gone,
        })
    }

    fn givers_part(
        &self,
        permission: &Permission,
        expression: &str,
        role: RoleNumber,
    ) -> TransactWriteItem {
        update(
            self.access_update(givers_key(permission.name.as_str()))
                .update_expression(expression)
                .condition_expression("#number = :number")
                .expression_attribute_names("#number", "number")
                .expression_attribute_values(":number", n(permission.number.0))
                .expression_attribute_values(":role", set_of(role.0)),
        )
    }
}

/// The items of a role: under its name, under its number, under its UUID.
pub(super) fn role_items(role: &Role) -> [Item; 3] {
    let number = n(role.number.0);
    let marker = |mut key: Item| {
        key.insert("number".to_owned(), number.clone());
        key
    };
    let mut item = role_key(role.number);
    item.extend(key([
        ("number", number.clone()),
        ("uid", s(role.uid.to_string())),
        ("name", s(role.name.as_str())),
        ("description", s(role.description.as_str())),
        ("role_version", n(role.version)),
    ]));
    item.extend((!role.permissions.is_empty()).then(|| {
        let numbers = role.permissions.iter();
        let numbers = numbers.map(|permission: &PermissionNumber| permission.0.to_string());
        let set = AttributeValue::Ns(numbers.collect());
        ("permission_numbers".to_owned(), set)
    }));
    [
        marker(role_name_key(&role.name)),
        item,
        marker(role_uid_key(role.uid)),
    ]
}

/// The role in an item; nothing if it is being removed.
pub(in crate::store) fn read_role(item: &Item) -> Result<Option<Role>, StoreError> {
    if item.contains_key("removed_at") || item.is_empty() {
        return Ok(None);
    }
    let read = Reader(item);
    Ok(Some(Role {
        number: RoleNumber(read.number("number")?),
        uid: read.parsed("uid", |uid| uuid::Uuid::try_parse(uid).ok())?,
        name: AccessName::from_stored(read.string("name")?),
        description: Description::from_stored(read.string("description")?),
        permissions: read_permissions(item)?,
        version: read.number("role_version")?,
    }))
}
