//! The item `roots` of the Users table: who is root (document 001), as a set, so that the last one can be told.

use std::fmt::Display;

use super::Store;
use super::accounts::{update, update_part};
use super::item::{Item, n, s};
use crate::domain::{User, UserRole};
use crate::dynamodb::{AttributeValue, TransactWriteItem};

const ROOTS: &str = "roots";

impl Store {
    /// The part of a transaction that changes who is root, if it does. It refuses to take the last one.
    pub(super) fn root_part(
        &self,
        before: Option<&User>,
        after: Option<&User>,
    ) -> Option<TransactWriteItem> {
        let root = |user: Option<&User>| {
            let root = user.filter(|user| user.user_role == UserRole::Root);
            root.map(|user| user.id)
        };
        match (root(before), root(after)) {
            (None, Some(new)) => Some(self.add_root_part(new)),
            (Some(old), None) => Some(self.remove_root_part(old)),
            _ => None,
        }
    }

    /// The part that makes somebody root who may be so already.
    pub(super) fn add_root_part(&self, user: impl Display) -> TransactWriteItem {
        let part = update_part(&self.tables.users, s(ROOTS))
            .update_expression("ADD members :user")
            .expression_attribute_values(":user", AttributeValue::Ss(vec![user.to_string()]));
        update(part)
    }

    fn remove_root_part(&self, user: impl Display) -> TransactWriteItem {
        let part = update_part(&self.tables.users, s(ROOTS))
            .update_expression("DELETE members :users")
            .condition_expression("size(members) > :one OR NOT contains(members, :user)")
            .expression_attribute_values(":users", AttributeValue::Ss(vec![user.to_string()]))
            .expression_attribute_values(":user", s(user.to_string()))
            .expression_attribute_values(":one", n(1))
            .return_refusing_item();
        update(part)
    }
}

/// Whether a refused transaction would have taken the last root.
pub(super) fn takes_last_root(refused: &[Option<Item>]) -> bool {
    refused.iter().flatten().any(|item| {
        item.get("pk")
            .and_then(|pk| pk.as_s())
            .is_some_and(|pk| pk == ROOTS)
    })
}
