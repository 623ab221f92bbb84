//! Permissions: making, reading and deleting them.

use super::super::accounts::{delete, put, put_part};
use super::super::item::{Item, Reader, key, n, s};
use super::super::outbox::intent_item;
use super::super::write::Transacted;
use super::super::{Store, StoreError};
use super::{Created, PERMISSIONS, givers_key, permission_key};
use crate::domain::{
    AccessName, Description, Intent, Permission, PermissionNumber, PermissionNumbers,
};
use crate::dynamodb::{Delete, TransactWriteItem};

impl Store {
    /// Makes a permission. One transaction.
    pub(crate) async fn create_permission(
        &self,
        permission: &Permission,
    ) -> Result<Created, StoreError> {
        self.create(&permission_items(permission), permission.number.0)
            .await
    }

    /// A permission. One consistent read.
    pub(crate) async fn find_permission(
        &self,
        permission: PermissionNumber,
    ) -> Result<Option<Permission>, StoreError> {
        let found = self.find_access_item(permission_key(permission)).await?;
        found.as_ref().map(read_permission).transpose()
    }

    /// Permissions by number; those that are gone are missing. One consistent round trip.
    pub(crate) async fn find_permissions(
        &self,
        permissions: &PermissionNumbers,
    ) -> Result<Vec<Permission>, StoreError> {
        let keys = permissions.iter().map(|number| permission_key(*number));
        let items = self.read_all(&self.tables.access, keys.collect()).await?;
        let permissions = items.iter().map(read_permission);
        let mut permissions = permissions.collect::<Result<Vec<_>, _>>()?;
        permissions.sort_by_key(|permission| permission.number);
        Ok(permissions)
    }

    /// The permissions that come after this number, in the order of their numbers. Consistent.
    pub(crate) async fn list_permissions(
        &self,
        after: PermissionNumber,
        count: usize,
    ) -> Result<Vec<Permission>, StoreError> {
        let items = self.page(PERMISSIONS, after.0, count).await?;
        items.iter().map(read_permission).collect()
    }

    /// Deletes a permission: from then on nobody has it, and its name is free. The roles that name it follow by the erase intent.
    /// False if it is gone. One transaction.
    pub(crate) async fn delete_permission(
        &self,
        permission: &Permission,
        erase: &Intent,
    ) -> Result<bool, StoreError> {
        let gone = |key: Item| -> TransactWriteItem {
            delete(
                Delete::of(&self.tables.access)
                    .set_key(key)
                    .condition_expression("#number = :number")
                    .expression_attribute_names("#number", "number")
                    .expression_attribute_values(":number", n(permission.number.0)),
            )
        };
        let writes = vec![
            gone(permission_key(permission.number)),
            gone(givers_key(permission.name.as_str())),
            put(put_part(&self.tables.outbox, intent_item(erase))),
        ];
        Ok(matches!(self.transact(writes).await?, Transacted::Done))
    }
}

/// The items of a permission: under its name, where the roles will stand that give it, and under its number.
pub(super) fn permission_items(permission: &Permission) -> [Item; 2] {
    let mut givers = givers_key(permission.name.as_str());
    givers.insert("number".to_owned(), n(permission.number.0));
    let mut item = permission_key(permission.number);
    item.extend(key([
        ("number", n(permission.number.0)),
        ("name", s(permission.name.as_str())),
        ("description", s(permission.description.as_str())),
    ]));
    [givers, item]
}

pub(in crate::store) fn read_permission(item: &Item) -> Result<Permission, StoreError> {
    let read = Reader(item);
    Ok(Permission {
        number: PermissionNumber(read.number("number")?),
        name: AccessName::from_stored(read.string("name")?),
        description: Description::from_stored(read.string("description")?),
    })
}
