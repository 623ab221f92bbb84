//! What an installation starts with: the built-in permissions, and the role that has all of them.

use uuid::Uuid;

use super::super::accounts::{put, put_part};
use super::super::item::{Item, n};
use super::super::write::Transacted;
use super::super::{Store, StoreError};
use super::permissions::permission_items;
use super::roles::role_items;
use super::{Counter, counter_key, role_key, set_of};
use crate::domain::{
    AccessName, BuiltIn, Description, Permission, PermissionNumber, Role, RoleNumber,
};

impl Store {
    /// Makes the role `admin` and the built-in permissions, if they are not there yet. One read, and one transaction the first
    /// time.
    pub(crate) async fn ensure_built_in_access(&self, uid: Uuid) -> Result<(), StoreError> {
        let admin = role_key(RoleNumber::ADMIN);
        if self.find_access_item(admin).await?.is_some() {
            return Ok(());
        }
        let permissions: Vec<_> = (1..).zip(BuiltIn::ALL).map(permission).collect();
        let role = Role {
            number: RoleNumber::ADMIN,
            uid,
            name: AccessName::from_stored("admin".to_owned()),
            description: Description::from_stored("Has every permission".to_owned()),
            permissions: permissions.iter().map(|one| one.number).collect(),
            version: 0,
        };
        let counters = [
            counter(Counter::Role, role.number.0),
            counter(Counter::Permission, permissions.len() as u64),
        ];
        let permissions = permissions.iter().flat_map(|permission| {
            let [mut givers, item] = permission_items(permission);
            givers.insert("role_numbers".to_owned(), set_of(RoleNumber::ADMIN.0));
            [givers, item]
        });
        let items = role_items(&role)
            .into_iter()
            .chain(counters)
            .chain(permissions);
        let writes = items.map(|item| {
            let part = put_part(&self.tables.access, item);
            put(part.condition_expression("attribute_not_exists(pk)"))
        });
        match self.transact(writes.collect()).await? {
            // Refused if somebody else has made them meanwhile, or a first try whose reply was lost.
            Transacted::Done | Transacted::Refused(_) => Ok(()),
        }
    }
}

fn permission((number, one): (u64, BuiltIn)) -> Permission {
    Permission {
        number: PermissionNumber(number),
        name: AccessName::from_stored(one.name().to_owned()),
        description: Description::from_stored(one.description().to_owned()),
    }
}

fn counter(counter: Counter, last: u64) -> Item {
    let mut item = counter_key(counter);
    item.insert("last_number".to_owned(), n(last));
    item
}
