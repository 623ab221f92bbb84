//! What a refusal means to a write.

use serde::Deserialize;

use super::Item;
use crate::aws::Fault;

/// What a refused write tells.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Told {
    /// The item that broke the condition, if it was asked for.
    item: Item,
    cancellation_reasons: Vec<CancellationReason>,
}

/// What one part has to do with a transaction's end.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct CancellationReason {
    code: Option<String>,
    item: Item,
}

/// What a refusal says of a write.
pub(crate) enum Reason {
    /// Its condition did not hold, for this item.
    ConditionFailed(Item),
    /// Another transaction holds the item.
    Conflict,
    /// A transaction was not made: per part, why.
    Cancelled(Vec<CancellationReason>),
    /// The same transaction is being made already.
    InProgress,
    /// None of these.
    Other(Fault),
}

impl Reason {
    /// What a fault says of a write.
    pub(crate) fn of(fault: Fault) -> Self {
        let Fault::Refused(refusal) = &fault else {
            return Self::Other(fault);
        };
        match (refusal.kind(), refusal.details::<Told>()) {
            ("ConditionalCheckFailedException", Some(told)) => Self::ConditionFailed(told.item),
            ("TransactionConflictException", _) => Self::Conflict,
            ("TransactionCanceledException", Some(told)) => {
                Self::Cancelled(told.cancellation_reasons)
            }
            ("TransactionInProgressException", _) => Self::InProgress,
            _ => Self::Other(fault),
        }
    }
}

impl CancellationReason {
    /// The item that broke this part's condition, empty if there is none; nothing if it held.
    pub(crate) fn refusing_item(self) -> Option<Item> {
        (self.code.as_deref() == Some("ConditionalCheckFailed")).then_some(self.item)
    }

    /// Whether this part was in the way of another transaction, if at all.
    pub(crate) fn is_collision(&self) -> bool {
        matches!(
            self.code.as_deref(),
            None | Some("None" | "TransactionConflict")
        )
    }

    /// Whether this part's condition did not hold.
    pub(crate) fn is_refusal(&self) -> bool {
        self.code.as_deref() == Some("ConditionalCheckFailed")
    }
}
