//! platform-outbox as its table's stream, its schedule and SES wake it: the real binary.

mod reports;
mod stream;
mod sweep;

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use crate::events::event;
use crate::harness::{Cloud, Fault, Function, Platform};

const ANN: &str = "ann@example.com";
const BEN: &str = "ben@example.com";
const CEM: &str = "cem@example.com";
const NEW_PASSWORD: &str = "nine paper lanterns over the quay";
const QUARTER_OF_AN_HOUR: i64 = 15 * 60;

/// A call that is never made.
const NEVER: Fault = Fault::Delay(Duration::from_hours(24));

/// A platform and the sender of its mails.
struct Sender {
    platform: Platform,
    cloud: Cloud,
    function: Function,
}

impl Sender {
    async fn start() -> Self {
        let platform = Platform::with(&[("LOG_LEVEL", "warn")]).await;
        let cloud = platform.cloud().await;
        let function = cloud.function("platform-outbox");
        Self {
            platform,
            cloud,
            function,
        }
    }

    /// The news of all open intents, oldest first, as the stream brings them.
    async fn batch(&self) -> Value {
        let mut intents = self.platform.items("outbox").await;
        intents.sort_by_key(|intent| intent["issued_at"].as_i64());
        batch(intents.iter().map(|intent| &intent["id"]))
    }

    /// Does a batch of the stream; the sequence numbers that are to come again.
    async fn deliver(&self, batch: &Value) -> Vec<String> {
        failures(&self.function.invoke(batch.clone()).await)
    }

    async fn sweep(&self) -> Value {
        self.function
            .invoke(event("platform-outbox", "sweep"))
            .await
    }

    /// To whom mails went, sorted.
    fn recipients(&self) -> Vec<String> {
        let mails = self.platform.inbox.messages().into_iter();
        let mut recipients: Vec<_> = mails.flat_map(|mail| mail.to).collect();
        recipients.sort();
        recipients
    }

    /// The lines of the log: level and message.
    fn log(&self) -> Vec<(String, String)> {
        let log = self.cloud.log();
        assert!(!log.contains('@'), "an address: {log}");
        let line = |line: &str| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            let text = |name: &str| line[name].as_str().expect("a text").to_owned();
            (text("level"), text("message"))
        };
        log.lines().map(line).collect()
    }

    async fn put(&self, intent: &[(&str, &str)]) {
        let item: HashMap<_, _> = intent
            .iter()
            .map(|(name, value)| ((*name).to_owned(), AttributeValue::S((*value).to_owned())))
            .collect();
        let put = self.platform.database().put_item();
        let put = put.table_name("gatehouse-outbox").set_item(Some(item));
        put.send().await.expect("the intent is there");
    }
}

/// The name of the record at this place of a batch.
fn sequence(index: usize) -> String {
    format!("44215845000000000174504390{index:02}")
}

fn batch<'a>(ids: impl Iterator<Item = &'a Value>) -> Value {
    let record = &event("platform-outbox", "stream")["Records"][0];
    let records = ids.enumerate().map(|(index, id)| {
        let mut record = record.clone();
        record["dynamodb"]["Keys"]["id"]["S"] = id.clone();
        record["dynamodb"]["SequenceNumber"] = json!(sequence(index));
        record
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}

fn failures(answer: &Value) -> Vec<String> {
    let failures = answer["batchItemFailures"].as_array().expect("an array");
    let names = failures.iter().map(|failure| {
        let name = failure["itemIdentifier"].as_str().expect("a name");
        assert_eq!(*failure, json!({ "itemIdentifier": name }));
        name.to_owned()
    });
    names.collect()
}
