//! Why a call was not answered.

use aws_smithy_runtime_api::http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A call that was not answered, or refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The service answered that it would not.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// No connection, or none that held.
    #[error("the call was not answered")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No answer in time.
    #[error("the answer is late")]
    Late,
    /// An answer that is none of the service's. Tells where and not what stands there: it may be a secret.
    #[error("the answer cannot be read from line {line}, column {column} on")]
    Unreadable {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
}

/// An answer with an error's status.
#[derive(Debug, thiserror::Error)]
#[error("{kind} ({status}): {message}")]
pub(crate) struct Refusal {
    status: u16,
    kind: String,
    message: String,
    body: Vec<u8>,
}

/// What the body of each refusal tells.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    /// The error's name, which may stand behind that of its service, and before a place where it is explained.
    #[serde(rename = "__type")]
    kind: String,
    #[serde(alias = "Message")]
    message: String,
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
    pub(crate) fn refused(status: StatusCode, body: Vec<u8>) -> Self {
        // What is not the service's, such as a proxy's, has a status at least.
        let Told { kind, message } = serde_json::from_slice(&body).unwrap_or_default();
        let name = kind.split(':').next().unwrap_or_default();
        let name = name.rsplit('#').next().unwrap_or_default();
        Self::Refused(Box::new(Refusal {
            status: status.as_u16(),
            kind: name.to_owned(),
            message,
            body,
        }))
    }

    pub(super) fn unreadable(fault: &serde_json::Error) -> Self {
        Self::Unreadable {
            line: fault.line(),
            column: fault.column(),
        }
    }

    /// Whether the same call may go well a moment later.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Refused(refusal) => {
                refusal.status >= 500 || PASSING.contains(&refusal.kind.as_str())
            }
            Self::Unreachable(_) | Self::Late => true,
            Self::Unreadable { .. } => false,
        }
    }

    /// Whether the service refused with one of these errors.
    pub(crate) fn is_any_of(&self, kinds: &[&str]) -> bool {
        matches!(self, Self::Refused(refusal) if kinds.contains(&refusal.kind.as_str()))
    }
}

impl Refusal {
    /// The error's name, such as `ThrottlingException`; empty if it has none.
    pub(crate) fn kind(&self) -> &str {
        &self.kind
    }

    /// What else it tells, if that can be read.
    pub(crate) fn details<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }
}
