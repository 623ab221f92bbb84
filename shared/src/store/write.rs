//! Conditional writes and transactions: tries again what only collided, reports what was refused.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use futures::future::BoxFuture;

use super::item::Item;
use super::{Store, StoreError};

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

const ALL_OLD: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;

impl Store {
    pub(super) async fn update(
        &self,
        update: UpdateItemFluentBuilder,
    ) -> Result<Written, StoreError> {
        let update = update.return_values_on_condition_check_failure(ALL_OLD);
        self.write(|| {
            let update = update.clone();
            Box::pin(async move {
                match update.send().await {
                    Ok(done) => Ok(Some(Written::Done(done.attributes.unwrap_or_default()))),
                    Err(SdkError::ServiceError(fault)) => match fault.into_err() {
                        UpdateItemError::ConditionalCheckFailedException(refused) => {
                            Ok(Some(Written::Refused(refused.item.unwrap_or_default())))
                        }
                        UpdateItemError::TransactionConflictException(_) => Ok(None),
                        other => Err(StoreError::unavailable(other)),
                    },
                    Err(other) => Err(StoreError::unavailable(other)),
                }
            })
        })
        .await
    }

    pub(super) async fn put(&self, put: PutItemFluentBuilder) -> Result<Written, StoreError> {
        let put = put.return_values_on_condition_check_failure(ALL_OLD);
        self.write(|| {
            let put = put.clone();
            Box::pin(async move {
                match put.send().await {
                    Ok(done) => Ok(Some(Written::Done(done.attributes.unwrap_or_default()))),
                    Err(SdkError::ServiceError(fault)) => match fault.into_err() {
                        PutItemError::ConditionalCheckFailedException(refused) => {
                            Ok(Some(Written::Refused(refused.item.unwrap_or_default())))
                        }
                        PutItemError::TransactionConflictException(_) => Ok(None),
                        other => Err(StoreError::unavailable(other)),
                    },
                    Err(other) => Err(StoreError::unavailable(other)),
                }
            })
        })
        .await
    }

    /// A delete that is done also where its condition finds nothing to delete.
    pub(super) async fn delete(&self, delete: DeleteItemFluentBuilder) -> Result<(), StoreError> {
        self.remove(delete).await.map(|_| ())
    }

    /// The same; what it returned, nothing where there was nothing to delete.
    pub(super) async fn remove(&self, delete: DeleteItemFluentBuilder) -> Result<Item, StoreError> {
        let written = self.write(|| {
            let delete = delete.clone();
            Box::pin(async move {
                match delete.send().await {
                    Ok(done) => Ok(Some(Written::Done(done.attributes.unwrap_or_default()))),
                    Err(SdkError::ServiceError(fault)) => match fault.into_err() {
                        DeleteItemError::TransactionConflictException(_) => Ok(None),
                        DeleteItemError::ConditionalCheckFailedException(_) => {
                            Ok(Some(Written::Done(Item::new())))
                        }
                        other => Err(StoreError::unavailable(other)),
                    },
                    Err(other) => Err(StoreError::unavailable(other)),
                }
            })
        });
        match written.await? {
            Written::Done(item) | Written::Refused(item) => Ok(item),
        }
    }

    /// Makes all writes or none. Collisions with other transactions are tried again until one side's condition tells.
    pub(super) async fn transact(
        &self,
        writes: Vec<TransactWriteItem>,
    ) -> Result<Transacted, StoreError> {
        // One token for all tries: what was made but not answered is not made, or refused, a second time.
        let token = self.random.uuid().to_string();
        for attempt in 0.. {
            let sent = self
                .client
                .transact_write_items()
                .client_request_token(&token)
                .set_transact_items(Some(writes.clone()))
                .send()
                .await;
            let fault = match sent {
                Ok(_) => return Ok(Transacted::Done),
                Err(SdkError::ServiceError(fault)) => fault.into_err(),
                Err(other) => return Err(StoreError::unavailable(other)),
            };
            if let Some(refused) = refused_parts(&fault) {
                return Ok(Transacted::Refused(refused));
            }
            if !is_collision(&fault) || attempt == TRANSACTION_RETRIES {
                return Err(StoreError::unavailable(fault));
            }
            self.pause(attempt).await;
        }
        unreachable!("the loop ends by returning")
    }

    async fn write<'a>(
        &self,
        send: impl Fn() -> BoxFuture<'a, Result<Option<Written>, StoreError>>,
    ) -> Result<Written, StoreError> {
        for attempt in 0..=RETRIES {
            if let Some(written) = send().await? {
                return Ok(written);
            }
            self.pause(attempt).await;
        }
        Err(StoreError::Unavailable(
            "a transaction holds the item".into(),
        ))
    }

    /// Full jitter over a doubling bound of 25 to 400 ms.
    pub(super) async fn pause(&self, attempt: u32) {
        let bound = 25 << attempt.min(4);
        tokio::time::sleep(Duration::from_millis(self.random.below(bound))).await;
    }
}

fn refused_parts(fault: &TransactWriteItemsError) -> Option<Vec<Option<Item>>> {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = fault else {
        return None;
    };
    let reasons = cancelled.cancellation_reasons();
    let refused = |code: Option<&str>| code == Some("ConditionalCheckFailed");
    reasons
        .iter()
        .any(|reason| refused(reason.code()))
        .then(|| {
            reasons
                .iter()
                .map(|reason| {
                    refused(reason.code()).then(|| reason.item().cloned().unwrap_or_default())
                })
                .collect()
        })
}

fn is_collision(fault: &TransactWriteItemsError) -> bool {
    match fault {
        TransactWriteItemsError::TransactionInProgressException(_) => true,
        TransactWriteItemsError::TransactionCanceledException(cancelled) => cancelled
            .cancellation_reasons()
            .iter()
            .all(|reason| matches!(reason.code(), None | Some("None" | "TransactionConflict"))),
        _ => false,
    }
}
