//! E-mail: what our mails say, where their links lead, and the seam that sends them.

mod letter;
mod links;
mod ses;
mod wording;

use std::fmt;

use futures::future::BoxFuture;

use crate::domain::EmailAddress;

pub use letter::{Composed, Letter};
pub use links::Links;
pub use ses::SesSender;

/// One mail to one recipient.
pub struct Mail {
    /// Goes to the address as its owner typed it.
    pub to: EmailAddress,
    /// Subject and bodies.
    pub content: Composed,
}

/// Sends mail from the configured address.
pub trait MailSender: fmt::Debug + Send + Sync {
    /// Hands one mail over.
    fn send(&self, mail: Mail) -> BoxFuture<'_, Result<(), SendError>>;
}

/// A mail was not handed over.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The service will never take this mail.
    #[error("the mail was rejected")]
    Rejected(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The service does not answer or is throttled: try again later.
    #[error("the mail service does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The mail service's own name for why it took no mail. Its words may name the address, so they are not kept.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub(crate) String);

impl fmt::Debug for Mail {
    /// Neither address nor content: both are secrets of the recipient.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mail")
    }
}
