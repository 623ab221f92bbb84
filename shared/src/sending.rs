//! How handing a message over fails, whichever way it was to go.

use crate::error::Error;

/// A message was not handed over.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The service will never take this message.
    #[error("the message was rejected")]
    Rejected(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It goes to nobody who gets mail: what was sent there before came back, or was complained of.
    #[error("the recipient gets no mail")]
    Unmailable,
    /// The service does not answer or is throttled: try again later.
    #[error("the message service does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The service's own name for why it took no message. Its words may name the recipient, so they are not kept.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub(crate) String);

impl From<SendError> for Error {
    /// For whoever waits for the message: it is not on its way. Of what the service says only its own name for it is kept.
    fn from(fault: SendError) -> Self {
        Self::NotSent(match fault {
            SendError::Rejected(_) => "rejected".into(),
            SendError::Unmailable => "unmailable".into(),
            SendError::Unavailable(source) => source,
        })
    }
}
