//! Conditional writes and transactions: tries again what only collided, reports what was refused.

use super::{Store, StoreError};
use crate::aws::Fault;
use crate::dynamodb::{
    CancellationReason, Delete, Item, Put, Reason, TransactWriteItem, TransactWriteItems, Update,
};

/// How a conditional write ended.
pub(super) enum Written {
    /// It was made; what it returned.
    Done(Item),
    /// The condition did not hold; the item as it is.
    Refused(Item),
}

/// How a transaction ended.
pub(super) enum Transacted {
    /// All of it was made.
    Done,
    /// None of it: per part, the item that broke its condition (empty if there is none), or nothing where it held.
    Refused(Vec<Option<Item>>),
}

/// Tries of a write that collides with another: three more with full jitter, under 400 ms in all.
pub(super) const RETRIES: u32 = 3;
/// Tries of a transaction that collides, within the 5 s that an operation has.
const TRANSACTION_RETRIES: u32 = 12;

impl Store {
    pub(super) async fn update(&self, update: Update) -> Result<Written, StoreError> {
        let update = update.return_refusing_item();
        self.write(|| self.database.update_item(&update)).await
    }

    pub(super) async fn put(&self, put: Put) -> Result<Written, StoreError> {
        let put = put.return_refusing_item();
        self.write(|| self.database.put_item(&put)).await
    }

    /// A delete that is done also where its condition finds nothing to delete.
    pub(super) async fn delete(&self, delete: Delete) -> Result<(), StoreError> {
        self.remove(delete).await.map(|_| ())
    }

    /// The same; what it returned, nothing where there was nothing to delete.
    pub(super) async fn remove(&self, delete: Delete) -> Result<Item, StoreError> {
        let written = self.write(|| self.database.delete_item(&delete));
        match written.await? {
            Written::Done(item) => Ok(item),
            Written::Refused(_) => Ok(Item::new()),
        }
    }

    /// Makes all writes or none. Collisions with other transactions are tried again until one side's condition tells.
    pub(super) async fn transact(
        &self,
        writes: Vec<TransactWriteItem>,
    ) -> Result<Transacted, StoreError> {
        let transaction = TransactWriteItems {
            transact_items: writes,
            // One token for all tries: what was made but not answered is not made, or refused, a second time.
            client_request_token: self.random.uuid().to_string(),
        };
        for attempt in 0.. {
            let sent = self.database.transact_write_items(&transaction).await;
            let collided = match sent.map_err(Reason::of) {
                Ok(()) => return Ok(Transacted::Done),
                Err(Reason::Cancelled(parts)) => {
                    if parts.iter().any(CancellationReason::is_refusal) {
                        let parts = parts.into_iter().map(CancellationReason::refusing_item);
                        return Ok(Transacted::Refused(parts.collect()));
                    }
                    parts.iter().all(CancellationReason::is_collision)
                }
                Err(Reason::InProgress) => true,
                Err(Reason::Other(fault)) => return Err(fault.into()),
                Err(Reason::ConditionFailed(_) | Reason::Conflict) => false,
            };
            if !collided || attempt == TRANSACTION_RETRIES {
                return Err(StoreError::Unavailable(
                    "a transaction was cancelled".into(),
                ));
            }
            self.database.pause(attempt).await;
        }
        unreachable!("the loop ends by returning")
    }

    async fn write<T: Future<Output = Result<Item, Fault>>>(
        &self,
        send: impl Fn() -> T,
    ) -> Result<Written, StoreError> {
        for attempt in 0..=RETRIES {
            match send().await.map_err(Reason::of) {
                Ok(returned) => return Ok(Written::Done(returned)),
                Err(Reason::ConditionFailed(held)) => return Ok(Written::Refused(held)),
                Err(Reason::Conflict) => {}
                Err(Reason::Other(fault)) => return Err(fault.into()),
                Err(Reason::Cancelled(_) | Reason::InProgress) => break,
            }
            self.database.pause(attempt).await;
        }
        Err(StoreError::Unavailable(
            "a transaction holds the item".into(),
        ))
    }
}
