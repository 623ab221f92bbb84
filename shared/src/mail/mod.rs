//! E-mail: what our mails say, where their links lead, and the seam that sends them.

mod letter;
mod links;
mod plain;
mod ses;
mod wording;

use std::fmt;

use futures::future::BoxFuture;

use crate::domain::EmailAddress;
use crate::sending::SendError;

pub use letter::{Composed, Letter};
pub use links::Links;
pub use ses::SesSender;

/// One mail, the same for all its recipients, who see each other.
pub struct Mail {
    /// Goes to the [envelope](EmailAddress::envelope) of each.
    pub to: Vec<EmailAddress>,
    /// Subject and bodies.
    pub content: Composed,
}

/// Sends mail from the configured address.
pub trait MailSender: fmt::Debug + Send + Sync {
    /// Hands one mail over.
    fn send(&self, mail: Mail) -> BoxFuture<'_, Result<(), SendError>>;
}

impl fmt::Debug for Mail {
    /// Neither address nor content: both are secrets of the recipients.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mail")
    }
}
