//! Text messages: what ours say, and the seam that sends them.
//!
//! Does not decide whether one may be sent, to whom, or how many: that is the use cases' and their limits.

mod sns;
mod wording;

use std::fmt;

use futures::future::BoxFuture;

use crate::domain::PhoneNumber;
use crate::sending::SendError;

pub use sns::SnsSender;
pub use wording::SmsText;

/// One text message to one number.
pub struct Sms {
    /// Where it goes.
    pub to: PhoneNumber,
    /// What it says.
    pub text: String,
}

/// Sends text messages.
pub trait SmsSender: fmt::Debug + Send + Sync {
    /// Hands one text message over.
    fn send(&self, sms: Sms) -> BoxFuture<'_, Result<(), SendError>>;
}

impl fmt::Debug for Sms {
    /// Neither number nor text: both are secrets of the recipient.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sms")
    }
}
