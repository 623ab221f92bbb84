//! Amazon SES, as far as mails are sent through it (API version 2, `SendEmail`): they go to the inbox, unless they are refused.

use std::sync::{Arc, Mutex};

use local::inbox::Inbox;
use serde_json::{Value, json};
use shared::domain::EmailAddress;
use shared::mail::{Composed, Mail, MailSender as _};

/// The mail service.
#[derive(Debug)]
pub(crate) struct MailService {
    inbox: Arc<Inbox>,
    refusals: Mutex<Vec<(String, MailFault)>>,
}

/// Why a mail is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MailFault {
    /// Too many at once.
    Throttled,
    /// Perhaps while our own address is not verified yet.
    Rejected,
    /// It is no mail.
    BadRequest,
}

impl MailService {
    pub(crate) fn new(inbox: Arc<Inbox>) -> Self {
        Self {
            inbox,
            refusals: Mutex::default(),
        }
    }

    /// Refuses mails to addresses that hold this text.
    pub(crate) fn refuse(&self, address: &str, fault: MailFault) {
        let mut refusals = self.refusals.lock().expect("no panic inside");
        refusals.push((address.to_owned(), fault));
    }

    /// Takes every mail again.
    pub(crate) fn heal(&self) {
        self.refusals.lock().expect("no panic inside").clear();
    }

    /// Takes a mail: the answer's status and body.
    pub(super) async fn answer(&self, request: &Value) -> (u16, Value) {
        let to = request["Destination"]["ToAddresses"][0].as_str();
        let to = to.expect("a recipient");
        match self.fault_for(to) {
            Some(MailFault::Throttled) => {
                return refusal(429, "TooManyRequestsException", "Too many requests.");
            }
            Some(MailFault::Rejected) => {
                let message = format!("{to} is on the suppression list");
                return refusal(400, "MessageRejected", &message);
            }
            Some(MailFault::BadRequest) => {
                let message = format!("{to} is no address");
                return refusal(400, "BadRequestException", &message);
            }
            None => {}
        }
        let message = &request["Content"]["Simple"];
        let text = |content: &Value| content["Data"].as_str().expect("a text").to_owned();
        let mail = Mail {
            to: EmailAddress::parse(to).expect("an address"),
            content: Composed {
                subject: text(&message["Subject"]),
                text: text(&message["Body"]["Text"]),
                html: text(&message["Body"]["Html"]),
            },
        };
        let taken = self.inbox.send(mail).await;
        taken.expect("an inbox takes every mail");
        let id = "0107019abc7c191b-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000";
        (200, json!({ "MessageId": id }))
    }

    fn fault_for(&self, address: &str) -> Option<MailFault> {
        let refusals = self.refusals.lock().expect("no panic inside");
        let refusal = refusals.iter().find(|(part, _)| address.contains(part));
        refusal.map(|(_, fault)| *fault)
    }
}

fn refusal(status: u16, kind: &str, message: &str) -> (u16, Value) {
    (status, json!({ "__type": kind, "message": message }))
}
