//! The item `roots` of the Users table: who is root (document 001), as a set, so that the last one can be told.

use std::fmt::Display;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};

use super::accounts::{update, update_part};
use super::item::{Item, n, s};
use super::{Store, StoreError};
use crate::domain::{User, UserRole};

const ROOTS: &str = "roots";

impl Store {
    /// The part of a transaction that changes who is root, if it does. It refuses to take the last one.
    pub(super) fn root_part(
        &self,
        before: Option<&User>,
        after: Option<&User>,
    ) -> Result<Option<TransactWriteItem>, StoreError> {
        let root = |user: Option<&User>| {
            let root = user.filter(|user| user.user_role == UserRole::Root);
            root.map(|user| user.id)
        };
        match (root(before), root(after)) {
            (None, Some(new)) => self.add_root_part(new).map(Some),
            (Some(old), None) => self.remove_root_part(old).map(Some),
            _ => Ok(None),
        }
    }

    /// The part that makes somebody root who may be so already.
    pub(super) fn add_root_part(
        &self,
        user: impl Display,
    ) -> Result<TransactWriteItem, StoreError> {
        let part = update_part(&self.tables.users, s(ROOTS))
            .update_expression("ADD members :user")
            .expression_attribute_values(":user", AttributeValue::Ss(vec![user.to_string()]));
        update(part)
    }

    fn remove_root_part(&self, user: impl Display) -> Result<TransactWriteItem, StoreError> {
        let part = update_part(&self.tables.users, s(ROOTS))
            .update_expression("DELETE members :users")
            .condition_expression("size(members) > :one OR NOT contains(members, :user)")
            .expression_attribute_values(":users", AttributeValue::Ss(vec![user.to_string()]))
            .expression_attribute_values(":user", s(user.to_string()))
            .expression_attribute_values(":one", n(1))
            .return_values_on_condition_check_failure(
                aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld,
            );
        update(part)
    }
}

/// Whether a refused transaction would have taken the last root.
pub(super) fn takes_last_root(refused: &[Option<Item>]) -> bool {
    refused.iter().flatten().any(|item| {
        item.get("pk")
            .and_then(|pk| pk.as_s().ok())
            .is_some_and(|pk| pk == ROOTS)
    })
}
