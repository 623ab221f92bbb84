//! Amazon SNS, as far as text messages are sent through it (query API, `Publish`): they go to the inbox, unless they are refused.
//!
//! Functions in this process hand their messages over directly; what they learn of a fault is what the SNS adapter makes of it.

use std::collections::BTreeMap;
use std::sync::Arc;

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
}

impl SmsService {
    pub(crate) fn new(inbox: Arc<Inbox>) -> Self {
        Self {
            inbox,
            refusals: Refusals::default(),
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

    /// Takes a text message: the answer's status and XML.
    pub(super) async fn answer(&self, form: &[u8]) -> (u16, String) {
        let form: BTreeMap<_, _> = form_urlencoded::parse(form).into_owned().collect();
        assert_eq!(form["Action"], "Publish");
        let to = &form["PhoneNumber"];
        if let Some((to, fault)) = self.refusals.fault_for([to.as_str()]) {
            return match fault {
                SmsFault::Throttled => refusal(400, "Throttled", "Rate exceeded"),
                SmsFault::OptedOut => refusal(400, "OptedOut", &format!("{to} is opted out")),
                SmsFault::Invalid => {
                    let message = format!("Invalid parameter: PhoneNumber Reason: {to}");
                    refusal(400, "InvalidParameter", &message)
                }
                SmsFault::Silent => std::future::pending().await,
            };
        }
        let sms = Sms {
            to: PhoneNumber::from_stored(to.clone()),
            text: form["Message"].clone(),
        };
        let taken = self.inbox.send(sms).await;
        taken.expect("an inbox takes every message");
        let id = "<PublishResult><MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult>";
        (
            200,
            format!("<PublishResponse {NAMESPACE}>{id}</PublishResponse>"),
        )
    }

    async fn take(&self, sms: Sms) -> Result<(), SendError> {
        let Some((_, fault)) = self.refusals.fault_for([sms.to.as_str()]) else {
            return self.inbox.send(sms).await;
        };
        if fault == SmsFault::Silent {
            super::wait_out(&SnsSender::timeouts()).await;
        }
        let why = format!("{fault:?}").into();
        Err(match fault {
            SmsFault::OptedOut | SmsFault::Invalid => SendError::Rejected(why),
            SmsFault::Throttled | SmsFault::Silent => SendError::Unavailable(why),
        })
    }
}

impl SmsSender for SmsService {
    fn send(&self, sms: Sms) -> BoxFuture<'_, Result<(), SendError>> {
        Box::pin(self.take(sms))
    }
}

const NAMESPACE: &str = r#"xmlns="http://sns.amazonaws.com/doc/2010-03-31/""#;

fn refusal(status: u16, code: &str, message: &str) -> (u16, String) {
    let error = format!("<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>");
    let body = format!("<ErrorResponse {NAMESPACE}><Error>{error}</Error></ErrorResponse>");
    (status, body)
}
