//! platform-outbox: the stream of the Outbox table, the sweep of what the stream gave up, and what SES tells of our mails.
//!
//! A record of the stream carries nothing but an intent's name: the intent itself is read from the table, so that a record that
//! comes again finds it done.

mod report;

use std::sync::Arc;

use futures::future::{BoxFuture, join_all, try_join_all};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::domain::IntentId;
use shared::error::Error;
use shared::runtime::{Aws, Foundation, SecretName, Secrets, ServeError, StartError, mailer};
use shared::service::{Delivery, Mailability};

use report::Report;

/// What the function opens.
pub const SECRETS: &[SecretName] = &[SecretName::Codes, SecretName::Seal];

/// What the function may be woken by.
#[derive(Deserialize)]
#[serde(untagged)]
enum Event {
    Stream {
        #[serde(rename = "Records")]
        records: Vec<Value>,
    },
    Sweep {
        #[serde(rename = "sweep")]
        _sweep: bool,
    },
    Mail {
        detail: Report,
    },
}

/// One record of the stream, as far as it is looked at.
#[derive(Deserialize)]
struct Record {
    dynamodb: Change,
}

#[derive(Deserialize)]
struct Change {
    #[serde(rename = "Keys")]
    keys: Keys,
}

#[derive(Deserialize)]
struct Keys {
    id: Text,
}

#[derive(Deserialize)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

/// What the function works with.
#[derive(Debug, Clone)]
pub struct Outbox {
    delivery: Delivery,
    mailability: Mailability,
}

/// Delivery by SES.
///
/// # Errors
/// [`StartError`].
pub fn open(aws: &Aws, foundation: &Foundation, secrets: &Secrets) -> Result<Outbox, StartError> {
    let mailer = mailer(aws, &foundation.config);
    Ok(Outbox {
        delivery: foundation.delivery(secrets, Arc::new(mailer))?,
        mailability: foundation.mailability(),
    })
}

/// Does what an event asks for. The answer to a batch names what is to be sent again (`ReportBatchItemFailures`).
///
/// What nobody could handle is logged and dropped: it holds up no other.
///
/// # Errors
/// What SES reports could not be noted: Lambda sends the event again.
pub fn answer(outbox: Outbox, event: Value) -> BoxFuture<'static, Result<Value, ServeError>> {
    Box::pin(async move { Ok(handle(&outbox, event).await?) })
}

async fn handle(outbox: &Outbox, event: Value) -> Result<Value, Error> {
    let delivery = &outbox.delivery;
    Ok(match serde_json::from_value(event) {
        Ok(Event::Stream { records }) => {
            let failures = join_all(records.iter().map(|record| deliver(delivery, record))).await;
            let failures: Vec<_> = failures.into_iter().flatten().collect();
            json!({ "batchItemFailures": failures })
        }
        Ok(Event::Sweep { .. }) => sweep(delivery).await,
        Ok(Event::Mail { detail }) => {
            note(&outbox.mailability, &detail).await?;
            Value::Null
        }
        Err(_) => {
            tracing::error!(outcome = "skipped", "an event is unreadable");
            Value::Null
        }
    })
}

/// Sends no more mail to whom the report names. Noting it twice changes nothing.
async fn note(mailability: &Mailability, report: &Report) -> Result<(), Error> {
    let unmailable = report.unmailable();
    let refusals = unmailable
        .iter()
        .map(|(address, reason)| mailability.refuse(address, *reason));
    try_join_all(refusals).await?;
    tracing::warn!(
        outcome = report.name(),
        "the mail service reports on a mail: {} of its recipients get no more",
        unmailable.len()
    );
    Ok(())
}

/// The record's name in the batch, if it is to come again.
async fn deliver(delivery: &Delivery, record: &Value) -> Option<Value> {
    let Some(id) = intent_in(record) else {
        tracing::error!(outcome = "skipped", "a record of the stream is unreadable");
        return None;
    };
    let delivered = delivery.deliver_by_id(id).await;
    let sequence = &record["dynamodb"]["SequenceNumber"];
    delivered
        .is_err()
        .then(|| json!({ "itemIdentifier": sequence }))
}

fn intent_in(record: &Value) -> Option<IntentId> {
    let record: Record = serde_json::from_value(record.clone()).ok()?;
    IntentId::parse(&record.dynamodb.keys.id.text)
}

async fn sweep(delivery: &Delivery) -> Value {
    match delivery.sweep().await {
        Ok(swept) => json!({ "done": swept.done, "failed": swept.failed }),
        Err(fault) => {
            tracing::error!(outcome = "failed", "the outbox cannot be read: {fault}");
            Value::Null
        }
    }
}
