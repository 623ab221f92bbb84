//! What SES reports of a mail ("Event publishing", as EventBridge brings it), as far as it says who is to get no more.
//!
//! A bounce is for good if SES calls it permanent; what is transient or undetermined may go well the next time. Of a mail to
//! several, SES names those of whom it may be true.

use serde::Deserialize;
use shared::domain::{EmailAddress, UnmailableReason};

/// What became of a mail.
#[derive(Debug, Deserialize)]
#[serde(tag = "eventType")]
pub(super) enum Report {
    /// It came back.
    Bounce { bounce: Bounce, mail: Sent },
    /// Its reader complained.
    Complaint { complaint: Complaint, mail: Sent },
    /// SES took it, and then did not send it: there is a virus in it.
    Reject,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bounce {
    bounce_type: String,
    bounced_recipients: Vec<Named>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Complaint {
    complained_recipients: Vec<Named>,
    /// Nothing, where the provider of the mailbox did not say.
    complaint_feedback_type: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    email_address: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Sent {
    destination: Vec<String>,
}

impl Report {
    /// SES's own name for it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Bounce { .. } => "Bounce",
            Self::Complaint { .. } => "Complaint",
            Self::Reject => "Reject",
        }
    }

    /// Who is to get no more mail, and why.
    pub(super) fn unmailable(&self) -> Vec<(EmailAddress, UnmailableReason)> {
        let (reason, named, mail) = match self {
            Self::Bounce { bounce, mail } if bounce.bounce_type == "Permanent" => {
                (UnmailableReason::Bounce, &bounce.bounced_recipients, mail)
            }
            Self::Complaint { complaint, mail } if complaint.is_of_the_reader() => (
                UnmailableReason::Complaint,
                &complaint.complained_recipients,
                mail,
            ),
            _ => return Vec::new(),
        };
        let addresses = named.iter().filter_map(|named| mail.recipient(named));
        addresses.map(|address| (address, reason)).collect()
    }
}

impl Complaint {
    /// Mailbox providers also report that it was no spam after all, or that its signature did not fit (RFC 5965 §3.5, RFC 6591).
    fn is_of_the_reader(&self) -> bool {
        let kind = self.complaint_feedback_type.as_deref();
        !matches!(kind, Some("not-spam" | "auth-failure"))
    }
}

impl Sent {
    /// Whom the report means, if this mail went there. A bounce names whomever its sender likes: whoever got a mail of ours could
    /// answer it with one that names somebody else.
    fn recipient(&self, named: &Named) -> Option<EmailAddress> {
        let named = address(&named.email_address)?;
        let mut recipients = self.destination.iter().filter_map(|text| address(text));
        recipients.find(|recipient| recipient.canonical() == named.canonical())
    }
}

/// The address in `Ann <ann@example.com>`, or one that stands alone.
fn address(text: &str) -> Option<EmailAddress> {
    let bracketed = text
        .rsplit_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    EmailAddress::parse(bracketed.map_or(text, |(address, _)| address)).ok()
}
