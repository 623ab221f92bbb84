//! The Keys table: the public key set, counters, and who was made administrator at the start. Private keys are not here.

use aws_sdk_dynamodb::types::ReturnValue;

use super::item::{Item, Reader, key, n, s};
use super::write::Written;
use super::{Store, StoreError};
use crate::domain::{UserId, UserNumber};
use crate::keys::KeySet;

const KEY_SET: &str = "key-set";
const USER_NUMBERS: &str = "counter#user-number";
const BOOTSTRAP: &str = "bootstrap";

impl Store {
    /// The next user number. One write; a number that is not used is skipped for good.
    pub(crate) async fn next_user_number(&self) -> Result<UserNumber, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.tables.keys)
            .key("kind", s(USER_NUMBERS))
            .update_expression("SET last_number = if_not_exists(last_number, :zero) + :one")
            .expression_attribute_values(":zero", n(0))
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::AllNew);
        match self.update(update).await? {
            Written::Done(item) | Written::Refused(item) => {
                Ok(UserNumber(Reader(&item).number("last_number")?))
            }
        }
    }

    /// Publishes the key set.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn put_key_set(&self, keys: &KeySet) -> Result<(), StoreError> {
        let text = serde_json::to_string(keys).map_err(StoreError::unavailable)?;
        let item = key([("kind", s(KEY_SET)), ("key_set", s(text))]);
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.keys)
            .set_item(Some(item));
        self.put(put).await.map(|_| ())
    }

    /// The published key set; nothing before the first key was made.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn find_key_set(&self) -> Result<Option<KeySet>, StoreError> {
        let Some(item) = self.find_kind(KEY_SET).await? else {
            return Ok(None);
        };
        Reader(&item)
            .parsed("key_set", |text| serde_json::from_str(text).ok())
            .map(Some)
    }

    /// The administrator that the installation was started with.
    pub(crate) async fn find_bootstrap(&self) -> Result<Option<UserId>, StoreError> {
        let Some(item) = self.find_kind(BOOTSTRAP).await? else {
            return Ok(None);
        };
        Reader(&item).parsed("user_id", UserId::parse).map(Some)
    }

    async fn find_kind(&self, kind: &str) -> Result<Option<Item>, StoreError> {
        let get = self
            .client
            .get_item()
            .table_name(&self.tables.keys)
            .consistent_read(true);
        Ok(get
            .key("kind", s(kind))
            .send()
            .await
            .map_err(StoreError::unavailable)?
            .item)
    }
}

pub(super) fn bootstrap_item(administrator: UserId) -> Item {
    key([
        ("kind", s(BOOTSTRAP)),
        ("user_id", s(administrator.to_string())),
    ])
}
