//! The items `history#<id>` of the Users table: the hashes that an account's password had before its present one, newest first.
//!
//! The present one is the credential's alone. The item comes with the first change, so that who never changes a password has none.

use super::accounts::{put, put_part};
use super::credentials::key_of;
use super::item::{Item, Reader, key, s};
use super::{Store, StoreError};
use crate::domain::{PasswordHash, User, UserId};
use crate::dynamodb::{AttributeValue, BatchGetItem, Delete, KeysAndAttributes, TransactWriteItem};

/// Hashes that are kept beside the present one.
const KEPT: usize = 4;
pub(super) const HASHES: &str = "hashes";

/// A password's hash, and those of the passwords that it follows.
#[derive(Debug)]
pub(crate) struct NewHash {
    pub(crate) hash: PasswordHash,
    /// Newest first, beginning with the one that it replaces.
    pub(crate) former: Vec<PasswordHash>,
}

impl Store {
    /// The hashes of an account's last five passwords, the present one first. One consistent read of two items.
    pub(crate) async fn last_hashes(&self, user: &User) -> Result<Vec<PasswordHash>, StoreError> {
        let keys = [key_of(user), history_key(user.id)].map(|pk| key([("pk", pk)]));
        let keys = KeysAndAttributes::of(keys.to_vec()).consistent_read();
        let batch = BatchGetItem::default().request_items(&self.tables.users, keys);
        let found = self.batch_get(batch).await?;
        let mut present = None;
        let mut former = Vec::new();
        for (_, item) in &found {
            match item.get(HASHES) {
                Some(hashes) => former = read_hashes(hashes)?,
                None => present = own_hash(item, user.id)?,
            }
        }
        Ok(present.into_iter().chain(former).collect())
    }

    /// Erases what is known of a user's former passwords. One write.
    pub(crate) async fn delete_password_history(&self, user: UserId) -> Result<(), StoreError> {
        let delete = Delete::of(&self.tables.users);
        self.delete(delete.key("pk", history_key(user))).await
    }

    /// The part of a transaction that remembers what a new password follows; none for the first one.
    pub(super) fn history_part(&self, user: UserId, new: &NewHash) -> Option<TransactWriteItem> {
        let kept = new.former.iter().take(KEPT);
        let kept: Vec<_> = kept.map(|hash| s(hash.as_phc())).collect();
        if kept.is_empty() {
            return None;
        }
        let item = key([("pk", history_key(user)), (HASHES, AttributeValue::L(kept))]);
        Some(put(put_part(&self.tables.users, item)))
    }
}

fn history_key(user: UserId) -> AttributeValue {
    s(format!("history#{user}"))
}

/// The hash of a credential. The address may have become somebody else's since the account was read.
fn own_hash(credential: &Item, user: UserId) -> Result<Option<PasswordHash>, StoreError> {
    let read = Reader(credential);
    let owner = read.optional_parsed("user_id", UserId::parse)?;
    let hash = read.optional_string("password_hash")?;
    Ok(hash
        .filter(|_| owner == Some(user))
        .map(PasswordHash::from_phc))
}

pub(super) fn read_hashes(hashes: &AttributeValue) -> Result<Vec<PasswordHash>, StoreError> {
    let corrupt = || StoreError::Corrupt(HASHES);
    let hashes = hashes.as_l().ok_or_else(corrupt)?.iter();
    let read = |hash: &AttributeValue| {
        let phc = hash.as_s().ok_or_else(corrupt)?;
        Ok(PasswordHash::from_phc(phc.clone()))
    };
    hashes.map(read).collect()
}
