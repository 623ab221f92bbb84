//! Why a call was not answered.

use aws_smithy_runtime_api::http::StatusCode;
use serde::Deserialize;

use super::Item;

/// A call that was not answered, or refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The database answered that it would not.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// No connection, or none that held.
    #[error("the call was not answered")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No answer in time.
    #[error("the answer is late")]
    Late,
    /// An answer that is none of DynamoDB's.
    #[error("the answer cannot be read")]
    Unreadable(#[source] serde_json::Error),
}

/// An answer with an error's status.
#[derive(Debug, Default, Deserialize, thiserror::Error)]
#[error("{kind} ({status}): {message}")]
#[serde(default)]
pub(crate) struct Refusal {
    #[serde(skip)]
    status: u16,
    /// The error's name, behind the name of its service until it is cut off.
    #[serde(rename = "__type")]
    kind: String,
    #[serde(alias = "Message")]
    message: String,
    /// The item that broke the condition, if it was asked for.
    #[serde(rename = "Item")]
    item: Item,
    #[serde(rename = "CancellationReasons")]
    reasons: Vec<CancellationReason>,
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

/// Errors that pass with time, beside all with a server's status.
const PASSING: [&str; 7] = [
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "ThrottlingException",
    "Throttling",
    "RequestTimeout",
    "RequestTimeoutException",
];

impl Fault {
    /// An answer with this status and body.
    pub(super) fn refused(status: StatusCode, body: &[u8]) -> Self {
        // What is not DynamoDB's, such as a proxy's, has a status at least.
        let mut refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
        refusal.status = status.as_u16();
        if let Some(end) = refusal.kind.rfind('#') {
            refusal.kind.drain(..=end);
        }
        Self::Refused(Box::new(refusal))
    }

    /// Whether the same call may go well a moment later.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Refused(refusal) => {
                refusal.status >= 500 || PASSING.contains(&refusal.kind.as_str())
            }
            Self::Unreachable(_) | Self::Late => true,
            Self::Unreadable(_) => false,
        }
    }

    /// What it says of a write.
    pub(crate) fn reason(self) -> Reason {
        let Self::Refused(mut refusal) = self else {
            return Reason::Other(self);
        };
        match refusal.kind.as_str() {
            "ConditionalCheckFailedException" => {
                Reason::ConditionFailed(std::mem::take(&mut refusal.item))
            }
            "TransactionConflictException" => Reason::Conflict,
            "TransactionCanceledException" => {
                Reason::Cancelled(std::mem::take(&mut refusal.reasons))
            }
            "TransactionInProgressException" => Reason::InProgress,
            _ => Reason::Other(Self::Refused(refusal)),
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
