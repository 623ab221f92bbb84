//! Addresses that get no mail any more: a mail to them could not be delivered for good, or their owner complained of one.

use jiff::Timestamp;

/// Why an address gets no mail, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmailable {
    /// What was reported first.
    pub reason: UnmailableReason,
    /// When that was.
    pub since: Timestamp,
}

/// What the mail service reported of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnmailableReason {
    /// It came back, and another one would, too.
    Bounce,
    /// Its reader called it spam.
    Complaint,
}

impl UnmailableReason {
    /// Its stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bounce => "bounce",
            Self::Complaint => "complaint",
        }
    }

    /// The reason of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Bounce, Self::Complaint]
            .into_iter()
            .find(|reason| reason.as_str() == name)
    }
}
