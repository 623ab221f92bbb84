//! Reading many items by their keys.

use aws_sdk_dynamodb::operation::batch_get_item::builders::BatchGetItemFluentBuilder;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use futures::future::try_join_all;

use super::item::Item;
use super::write::RETRIES;
use super::{Store, StoreError};

/// Keys that one call takes.
const KEYS_PER_CALL: usize = 100;

impl Store {
    /// Reads several items at once; keys that the database left unread are asked for again.
    pub(super) async fn batch_get(
        &self,
        batch: BatchGetItemFluentBuilder,
    ) -> Result<Vec<(String, Item)>, StoreError> {
        let mut found = Vec::new();
        let mut batch = batch;
        for attempt in 0..=RETRIES {
            let answer = batch.send().await.map_err(StoreError::unavailable)?;
            for (table, items) in answer.responses.unwrap_or_default() {
                found.extend(items.into_iter().map(|item| (table.clone(), item)));
            }
            let unread = answer.unprocessed_keys.unwrap_or_default();
            if unread.is_empty() {
                return Ok(found);
            }
            batch = self.client.batch_get_item().set_request_items(Some(unread));
            self.pause(attempt).await;
        }
        Err(StoreError::Unavailable("keys were left unread".into()))
    }

    /// Reads any number of items of one table, consistently and all at once. In no order.
    pub(super) async fn read_all(
        &self,
        table: &str,
        keys: Vec<Item>,
    ) -> Result<Vec<Item>, StoreError> {
        let calls = keys.chunks(KEYS_PER_CALL).map(|keys| async move {
            let batch = self.client.batch_get_item();
            let batch = batch.request_items(table, consistent(keys.to_vec())?);
            self.batch_get(batch).await
        });
        let found = try_join_all(calls).await?;
        Ok(found.into_iter().flatten().map(|(_, item)| item).collect())
    }
}

/// Keys to be read as they are now.
pub(super) fn consistent(keys: Vec<Item>) -> Result<KeysAndAttributes, StoreError> {
    KeysAndAttributes::builder()
        .set_keys(Some(keys))
        .consistent_read(true)
        .build()
        .map_err(StoreError::unavailable)
}
