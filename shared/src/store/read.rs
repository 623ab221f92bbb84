//! Reading items: one by its key, many by theirs, those of a partition, all of a table.

use futures::future::try_join_all;

use super::write::RETRIES;
use super::{Store, StoreError};
use crate::dynamodb::{BatchGetItem, GetItem, Item, KeysAndAttributes, Query, Scan};

/// Keys that one call takes.
const KEYS_PER_CALL: usize = 100;

impl Store {
    /// One item, if it is there.
    pub(super) async fn get(&self, get: GetItem) -> Result<Option<Item>, StoreError> {
        Ok(self.database.get_item(&get).await?)
    }

    /// All items of a query, page by page.
    pub(super) async fn query(&self, mut query: Query) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::new();
        loop {
            let page = self.database.query(&query).await?;
            found.extend(page.items);
            match page.last_evaluated_key {
                Some(last) => query = query.exclusive_start_key(last),
                None => return Ok(found),
            }
        }
    }

    /// All items of a table, page by page.
    pub(super) async fn scan(&self, mut scan: Scan) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::new();
        loop {
            let page = self.database.scan(&scan).await?;
            found.extend(page.items);
            match page.last_evaluated_key {
                Some(last) => scan = scan.exclusive_start_key(last),
                None => return Ok(found),
            }
        }
    }

    /// Reads several items at once; keys that the database left unread are asked for again.
    pub(super) async fn batch_get(
        &self,
        mut batch: BatchGetItem,
    ) -> Result<Vec<(String, Item)>, StoreError> {
        let mut found = Vec::new();
        for attempt in 0..=RETRIES {
            let answer = self.database.batch_get_item(&batch).await?;
            for (table, items) in answer.responses {
                found.extend(items.into_iter().map(|item| (table.clone(), item)));
            }
            if answer.unprocessed_keys.is_empty() {
                return Ok(found);
            }
            batch.request_items = answer.unprocessed_keys;
            self.database.pause(attempt).await;
        }
        Err(StoreError::Unavailable("keys were left unread".into()))
    }

    /// Reads any number of items of one table, consistently and all at once. In no order.
    pub(super) async fn read_all(
        &self,
        table: &str,
        keys: Vec<Item>,
    ) -> Result<Vec<Item>, StoreError> {
        let calls = keys.chunks(KEYS_PER_CALL).map(|keys| {
            let keys = KeysAndAttributes::of(keys.to_vec()).consistent_read();
            self.batch_get(BatchGetItem::default().request_items(table, keys))
        });
        let found = try_join_all(calls).await?;
        Ok(found.into_iter().flatten().map(|(_, item)| item).collect())
    }
}
