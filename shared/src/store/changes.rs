//! Changing an account: what differs is set, another address takes the whole credential with it. One transaction.

use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem};

use super::accounts::{delete, put, put_part, update, update_part};
use super::credentials::{authenticator_members, credential_item, read_credential};
use super::item::{Item, ms, n};
use super::outbox::intent_item;
use super::roots::takes_last_root;
use super::users::{user_item, user_key};
use super::write::Transacted;
use super::{Store, StoreError};
use crate::domain::{Intent, User};

/// An account as an administrator changes it.
#[derive(Debug)]
pub(crate) struct AccountChange<'a> {
    /// As it was read.
    pub(crate) before: &'a User,
    /// As it is to be. Another address comes with a raised credential version.
    pub(crate) after: &'a User,
    /// Tells the former address, if the address changes.
    pub(crate) notice: Option<&'a Intent>,
}

/// How changing an account ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    /// It is changed.
    Done,
    /// The new address has an account.
    Taken,
    /// The account has changed, or is gone, since it was read.
    Stale,
    /// It is the last root: that one stays root.
    LastRoot,
}

impl Store {
    /// Changes an account. Another address moves the whole credential to it, without its counters and its mailed password. One
    /// transaction, after one read where the address changes.
    pub(crate) async fn change_account(
        &self,
        change: &AccountChange<'_>,
    ) -> Result<Changed, StoreError> {
        let AccountChange {
            before,
            after,
            notice,
        } = change;
        let has_new_address = before.email.canonical() != after.email.canonical();
        let mut writes: Vec<_> = self.difference_part(before, after)?.into_iter().collect();
        if has_new_address {
            let Some(moved) = self.moved_credential(before, after).await? else {
                return Ok(Changed::Stale);
            };
            let moved = put_part(&self.tables.users, moved)
                .condition_expression("attribute_not_exists(user_id)")
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                );
            let old = self.delete_credential(before);
            writes.splice(0..0, [put(moved)?, delete(old)?]);
        } else if after.confirmed && !before.confirmed {
            let credential = self
                .credential_part(before)
                .update_expression("REMOVE never_confirmed")
                .condition_expression("user_id = :user AND credential_version = :version");
            writes.push(update(credential)?);
        }
        if writes.is_empty() {
            return Ok(Changed::Done);
        }
        writes.extend(self.root_part(Some(before), Some(after))?);
        if let Some(notice) = notice {
            writes.push(put(put_part(&self.tables.outbox, intent_item(notice)))?);
        }
        match self.transact(writes).await? {
            Transacted::Done => Ok(Changed::Done),
            Transacted::Refused(parts) if takes_last_root(&parts) => Ok(Changed::LastRoot),
            Transacted::Refused(parts) if has_new_address => match parts.first() {
                // Held by the account itself: somebody else has made the same move.
                Some(Some(holder)) if !is_held_by(holder, before)? => Ok(Changed::Taken),
                _ => Ok(Changed::Stale),
            },
            Transacted::Refused(_) => Ok(Changed::Stale),
        }
    }

    /// Sets and removes just what differs, so that nothing else that changes meanwhile is lost; nothing if nothing differs.
    fn difference_part(
        &self,
        before: &User,
        after: &User,
    ) -> Result<Option<TransactWriteItem>, StoreError> {
        let (old, new) = (user_item(before), user_item(after));
        let set: Vec<_> = new
            .iter()
            .filter(|(name, value)| old.get(*name) != Some(value))
            .collect();
        let removed: Vec<_> = old
            .keys()
            .filter(|name| !new.contains_key(*name))
            .map(String::as_str)
            .collect();
        if set.is_empty() && removed.is_empty() {
            return Ok(None);
        }
        let mut part = update_part(&self.tables.users, user_key(before.id))
            .condition_expression("credential_version = :version")
            .expression_attribute_values(":version", n(before.credential_version));
        let mut clauses = Vec::new();
        for (name, value) in &set {
            clauses.push(format!("{name} = :new_{name}"));
            part = part.expression_attribute_values(format!(":new_{name}"), (*value).clone());
        }
        let mut expression = String::new();
        if !clauses.is_empty() {
            expression = format!("SET {}", clauses.join(", "));
        }
        if !removed.is_empty() {
            expression = format!("{expression} REMOVE {}", removed.join(", "));
        }
        update(part.update_expression(expression)).map(Some)
    }

    /// The credential as it is to stand under the new address; nothing if it is not that of this version any more.
    async fn moved_credential(
        &self,
        before: &User,
        after: &User,
    ) -> Result<Option<Item>, StoreError> {
        let found = self
            .find_credential(&before.realm, &before.email.digest())
            .await?;
        Ok(found
            .filter(|found| found.user == before.id && found.version == before.credential_version)
            .map(|found| {
                let mut item = credential_item(after, found.hash.as_ref());
                item.insert("created_at".to_owned(), ms(found.created_at));
                let authenticator = found.authenticator.as_ref();
                item.extend(authenticator.map(authenticator_members).unwrap_or_default());
                if !found.never_confirmed || after.confirmed {
                    item.remove("never_confirmed");
                }
                item
            }))
    }
}

fn is_held_by(holder: &Item, user: &User) -> Result<bool, StoreError> {
    Ok(read_credential(holder)?.is_some_and(|credential| credential.user == user.id))
}
