//! Amazon SES, as far as mails are sent through it (API version 2, `SendEmail`): they go to the inbox, unless they are refused.
//!
//! Functions in this process hand their mails over directly; what they learn of a fault is what the SES adapter makes of it.

use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use local::inbox::Inbox;
use serde_json::{Value, json};
use shared::domain::EmailAddress;
use shared::mail::{Composed, Mail, MailSender, SesSender};
use shared::sending::SendError;

use super::refusals::Refusals;

/// The mail service.
#[derive(Debug)]
pub(crate) struct MailService {
    inbox: Arc<Inbox>,
    refusals: Refusals<MailFault>,
    receipts: Mutex<Vec<String>>,
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
    /// No answer comes.
    Silent,
    /// It is taken, and whoever sent it is told of a failure.
    Lost,
}

impl MailService {
    pub(crate) fn new(inbox: Arc<Inbox>) -> Self {
        Self {
            inbox,
            refusals: Refusals::default(),
            receipts: Mutex::default(),
        }
    }

    /// Refuses mails to addresses that hold this text.
    pub(crate) fn refuse(&self, address: &str, fault: MailFault) {
        self.refusals.add(address, fault);
    }

    /// Takes every mail again.
    pub(crate) fn heal(&self) {
        self.refusals.clear();
    }

    /// The ids under which functions that are processes had their mails taken, in the inbox's order.
    pub(crate) fn receipts(&self) -> Vec<String> {
        self.receipts.lock().expect("no panic inside").clone()
    }

    /// Why a mail is not taken, if it is not: the answer's status and body.
    pub(super) async fn refusal(&self, request: &Value) -> Option<(u16, Value)> {
        let (to, fault) = self.refusals.fault_for(recipients(request))?;
        Some(match fault {
            MailFault::Throttled => refusal(429, "TooManyRequestsException", "Too many requests."),
            MailFault::Rejected => {
                let message = format!("{to} is on the suppression list");
                refusal(400, "MessageRejected", &message)
            }
            MailFault::BadRequest => {
                let message = format!("{to} is no address");
                refusal(400, "BadRequestException", &message)
            }
            MailFault::Silent => std::future::pending().await,
            MailFault::Lost => {
                self.take(request).await;
                refusal(500, "InternalServiceErrorException", "the answer is lost")
            }
        })
    }

    /// Takes a mail: the answer's body.
    pub(super) async fn take(&self, request: &Value) -> Value {
        let id = "0107019abc7c191b-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000";
        let receipt = json!({ "MessageId": id });
        self.take_with(request, receipt.to_string().as_bytes())
            .await;
        receipt
    }

    /// Takes a mail that somebody else has taken: with this receipt.
    pub(super) async fn take_with(&self, request: &Value, receipt: &[u8]) {
        let receipt: Value = serde_json::from_slice(receipt).expect("a receipt in JSON");
        let id = receipt["MessageId"].as_str().expect("a mail's id");
        self.receipts
            .lock()
            .expect("no panic inside")
            .push(id.to_owned());
        let message = &request["Content"]["Simple"];
        let text = |content: &Value| content["Data"].as_str().expect("a text").to_owned();
        let html = &message["Body"]["Html"];
        let to = recipients(request).map(EmailAddress::parse);
        let mail = Mail {
            to: to.collect::<Result<_, _>>().expect("addresses"),
            content: Composed {
                subject: text(&message["Subject"]),
                text: text(&message["Body"]["Text"]),
                html: if html.is_null() {
                    String::new()
                } else {
                    text(html)
                },
            },
        };
        let taken = self.inbox.send(mail).await;
        taken.expect("an inbox takes every mail");
    }

    async fn hand_over(&self, mail: Mail) -> Result<(), SendError> {
        let to = mail.to.iter().map(EmailAddress::original);
        let Some((_, fault)) = self.refusals.fault_for(to) else {
            return self.inbox.send(mail).await;
        };
        match fault {
            MailFault::Silent => super::wait_out(&SesSender::timeouts()).await,
            MailFault::Lost => self.inbox.send(mail).await?,
            _ => {}
        }
        let why = format!("{fault:?}").into();
        Err(match fault {
            MailFault::BadRequest => SendError::Rejected(why),
            _ => SendError::Unavailable(why),
        })
    }
}

impl MailSender for MailService {
    fn send(&self, mail: Mail) -> BoxFuture<'_, Result<(), SendError>> {
        Box::pin(self.hand_over(mail))
    }
}

fn recipients(request: &Value) -> impl Iterator<Item = &str> {
    let to = request["Destination"]["ToAddresses"].as_array();
    let to = to.filter(|to| !to.is_empty()).expect("a recipient");
    to.iter().map(|to| to.as_str().expect("an address"))
}

fn refusal(status: u16, kind: &str, message: &str) -> (u16, Value) {
    (status, json!({ "__type": kind, "message": message }))
}
