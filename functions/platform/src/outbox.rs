//! platform-outbox: the stream of the Outbox table, the sweep of what the stream gave up, and what SES tells of our mails.
//!
//! A record of the stream carries nothing but an intent's name: the intent itself is read from the table, so that a record that
//! comes again finds it done.

use std::sync::Arc;

use futures::future::{BoxFuture, join_all};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::domain::IntentId;
use shared::runtime::{Aws, Foundation, SecretName, Secrets, StartError, mailer};
use shared::service::Delivery;

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
        detail: MailEvent,
    },
}

#[derive(Deserialize)]
struct MailEvent {
    #[serde(rename = "eventType")]
    kind: MailEventKind,
}

/// What SES tells of a mail. It suppresses the address by itself where it has to.
#[derive(Debug, Deserialize)]
enum MailEventKind {
    Bounce,
    Complaint,
    Reject,
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

/// Delivery by SES.
///
/// # Errors
/// [`StartError`].
pub fn delivery(
    aws: &Aws,
    foundation: &Foundation,
    secrets: &Secrets,
) -> Result<Delivery, StartError> {
    let mailer = mailer(aws, &foundation.config);
    foundation.delivery(secrets, Arc::new(mailer))
}

/// Does what an event asks for. The answer to a batch names what is to be sent again (`ReportBatchItemFailures`).
///
/// What nobody could handle is logged and dropped: it holds up no other.
pub fn answer(delivery: Delivery, event: Value) -> BoxFuture<'static, Value> {
    Box::pin(async move { handle(&delivery, event).await })
}

async fn handle(delivery: &Delivery, event: Value) -> Value {
    match serde_json::from_value(event) {
        Ok(Event::Stream { records }) => {
            let failures = join_all(records.iter().map(|record| deliver(delivery, record))).await;
            let failures: Vec<_> = failures.into_iter().flatten().collect();
            json!({ "batchItemFailures": failures })
        }
        Ok(Event::Sweep { .. }) => sweep(delivery).await,
        Ok(Event::Mail { detail }) => {
            tracing::warn!(outcome = ?detail.kind, "the mail service reports on a mail");
            Value::Null
        }
        Err(_) => {
            tracing::error!(outcome = "skipped", "an event is unreadable");
            Value::Null
        }
    }
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
