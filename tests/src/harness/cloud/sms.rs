//! Amazon SNS, as far as text messages are sent through it (query API, `Publish`): they go to the inbox, unless they are refused.
//!
//! Functions in this process hand their messages over directly; what they learn of a fault is what the SNS adapter makes of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use local::inbox::Inbox;
use shared::domain::PhoneNumber;
use shared::sending::SendError;
use shared::sms::{Sms, SmsSender, SnsSender};

use super::refusals::Refusals;

/// The service for text messages.
#[derive(Debug)]
pub(crate) struct SmsService {
    inbox: Arc<Inbox>,
    refusals: Refusals<SmsFault>,
    receipts: Mutex<Vec<String>>,
}

/// Why a text message is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SmsFault {
    /// Too many at once, or the month's budget is spent.
    Throttled,
    /// The number's owner wants no messages.
    OptedOut,
    /// It is no number.
    Invalid,
    /// No answer comes.
    Silent,
    /// It is taken, and whoever sent it is told of a failure.
    Lost,
}

impl SmsService {
    pub(crate) fn new(inbox: Arc<Inbox>) -> Self {
        Self {
            inbox,
            refusals: Refusals::default(),
            receipts: Mutex::default(),
        }
    }

    /// Refuses text messages to numbers that hold this text.
    pub(crate) fn refuse(&self, number: &str, fault: SmsFault) {
        self.refusals.add(number, fault);
    }

    /// Takes every text message again.
    pub(crate) fn heal(&self) {
        self.refusals.clear();
    }

    /// The ids under which functions that are processes had their text messages taken, in the inbox's order.
    pub(crate) fn receipts(&self) -> Vec<String> {
        self.receipts.lock().expect("no panic inside").clone()
    }

    /// Why a text message is not taken, if it is not: the answer's status and XML.
    pub(super) async fn refusal(&self, form: &[u8]) -> Option<(u16, String)> {
        let to = &read(form)["PhoneNumber"];
        let (to, fault) = self.refusals.fault_for([to.as_str()])?;
        Some(match fault {
            SmsFault::Throttled => refusal(400, "Throttled", "Rate exceeded"),
            SmsFault::OptedOut => refusal(400, "OptedOut", &format!("{to} is opted out")),
            SmsFault::Invalid => {
                let message = format!("Invalid parameter: PhoneNumber Reason: {to}");
                refusal(400, "InvalidParameter", &message)
            }
            SmsFault::Silent => std::future::pending().await,
            SmsFault::Lost => {
                self.take(form).await;
                refusal(500, "InternalFailure", "the answer is lost")
            }
        })
    }

    /// Takes a text message: the answer's XML.
    pub(super) async fn take(&self, form: &[u8]) -> String {
        let id = "<PublishResult><MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult>";
        let receipt = format!("<PublishResponse {NAMESPACE}>{id}</PublishResponse>");
        self.take_with(form, receipt.as_bytes()).await;
        receipt
    }

    /// Takes a text message that somebody else has taken: with this receipt.
    pub(super) async fn take_with(&self, form: &[u8], receipt: &[u8]) {
        let receipt = String::from_utf8_lossy(receipt);
        let id = receipt.split_once("<MessageId>").expect("an id").1;
        let id = id.split_once('<').expect("an element's end").0;
        self.receipts
            .lock()
            .expect("no panic inside")
            .push(id.to_owned());
        let form = read(form);
        let sms = Sms {
            to: PhoneNumber::from_stored(form["PhoneNumber"].clone()),
            text: form["Message"].clone(),
        };
        let taken = self.inbox.send(sms).await;
        taken.expect("an inbox takes every message");
    }

    async fn hand_over(&self, sms: Sms) -> Result<(), SendError> {
        let Some((_, fault)) = self.refusals.fault_for([sms.to.as_str()]) else {
            return self.inbox.send(sms).await;
        };
        match fault {
            SmsFault::Silent => super::wait_out(&SnsSender::timeouts()).await,
            SmsFault::Lost => self.inbox.send(sms).await?,
            _ => {}
        }
        let why = format!("{fault:?}").into();
        Err(match fault {
            SmsFault::OptedOut | SmsFault::Invalid => SendError::Rejected(why),
            SmsFault::Throttled | SmsFault::Silent | SmsFault::Lost => SendError::Unavailable(why),
        })
    }
}

impl SmsSender for SmsService {
    fn send(&self, sms: Sms) -> BoxFuture<'_, Result<(), SendError>> {
        Box::pin(self.hand_over(sms))
    }
}

const NAMESPACE: &str = r#"xmlns="http://sns.amazonaws.com/doc/2010-03-31/""#;

fn read(form: &[u8]) -> BTreeMap<String, String> {
    let form: BTreeMap<_, _> = form_urlencoded::parse(form).into_owned().collect();
    assert_eq!(form["Action"], "Publish");
    form
}

fn refusal(status: u16, code: &str, message: &str) -> (u16, String) {
    let error = format!("<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>");
    let body = format!("<ErrorResponse {NAMESPACE}><Error>{error}</Error></ErrorResponse>");
    (status, body)
}
