//! platform-outbox as its table's stream, its schedule and SES wake it: the real binary.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use local::views::InboxMessage;
use serde_json::{Value, json};

use crate::harness::{
    Cloud, Fault, Function, MailFault, PASSWORD, PUBLIC_URL, Platform, code_in, password_in,
    reset_code_in,
};

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
        self.function.invoke(event("sweep")).await
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

/// An event as it is kept for local invocations.
fn event(name: &str) -> Value {
    let file = format!("../events/platform-outbox/{name}.json");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(file).expect("the event");
    serde_json::from_str(&text).expect("JSON")
}

/// The name of the record at this place of a batch.
fn sequence(index: usize) -> String {
    format!("44215845000000000174504390{index:02}")
}

fn batch<'a>(ids: impl Iterator<Item = &'a Value>) -> Value {
    let record = &event("stream")["Records"][0];
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

#[tokio::test]
async fn a_batch_that_comes_twice_sends_each_mail_once() {
    let sender = Sender::start().await;
    sender.platform.register(ANN).await;
    sender.platform.register(BEN).await;
    let batch = sender.batch().await;
    assert_eq!(sender.deliver(&batch).await, [""; 0]);
    assert_eq!(sender.recipients(), [ANN, BEN]);
    assert_eq!(sender.platform.items("outbox").await, []);
    let codes = sender.platform.items("codes").await;
    assert_eq!(sender.deliver(&batch).await, [""; 0]);
    assert_eq!(
        sender.recipients(),
        [ANN, BEN],
        "there was nothing left to do"
    );
    assert_eq!(sender.platform.items("codes").await, codes);
    assert_eq!(sender.log(), []);
}

/// What a flow mails, and that it works, once.
async fn use_up(platform: &Platform, kind: &str, mail: &InboxMessage) {
    match kind {
        "activation" => {
            let activate = platform.post("/user-service/v1/users/activate");
            let body = json!({ "code": code_in(&mail.text) });
            assert_eq!(activate.json(&body).send().await.status, 200);
        }
        "password" => {
            platform.signed_in(ANN, &password_in(&mail.text)).await;
        }
        _ => {
            let code = reset_code_in(&mail.text);
            assert_eq!(platform.reset(&code, NEW_PASSWORD).await.status, 200);
            assert_eq!(platform.reset(&code, PASSWORD).await.status, 400);
        }
    }
}

#[tokio::test]
async fn a_sender_that_dies_before_it_forgets_an_intent_has_the_same_mail_sent_again() {
    for kind in ["activation", "password", "link"] {
        let sender = Sender::start().await;
        let platform = &sender.platform;
        platform.register(ANN).await;
        let body = json!({ "email": ANN });
        match kind {
            "activation" => {}
            "password" => {
                platform.deliver().await;
                let ask = platform.post("/user-service/v1/users/newPassword");
                assert_eq!(ask.json(&body).send().await.status, 200);
            }
            _ => {
                platform.deliver().await;
                let ask = platform
                    .post("/reset-password/request")
                    .header("origin", PUBLIC_URL);
                assert_eq!(ask.form(&[("email", ANN)]).send().await.status, 200);
            }
        }
        platform.inbox.empty().expect("it is in memory");
        let batch = sender.batch().await;
        platform.connector.forget();
        platform.connector.inject("DeleteItem outbox", NEVER, 1);
        let dying = sender.cloud.function("platform-outbox");
        tokio::select! {
            answer = dying.invoke(batch.clone()) => panic!("{kind}: it is answered: {answer}"),
            () = platform.connector.begun("DeleteItem outbox", 1) => drop(dying),
        }
        let first = platform.inbox.messages();
        assert_eq!(first.len(), 1, "{kind}");
        platform.clock.advance_seconds(90);
        assert_eq!(sender.deliver(&batch).await, [""; 0], "{kind}");
        let mails = platform.inbox.messages();
        assert_eq!(mails.len(), 2, "{kind}");
        assert_eq!(
            (&mails[0].to, &mails[0].text),
            (&mails[1].to, &mails[1].text),
            "{kind}"
        );
        assert_eq!(platform.items("outbox").await, [], "{kind}");
        use_up(platform, kind, &mails[0]).await;
    }
}

#[tokio::test]
async fn poison_in_a_batch_is_dropped_and_holds_up_nothing() {
    let sender = Sender::start().await;
    sender.platform.register(ANN).await;
    let good = sender.batch().await["Records"][0].clone();
    let intent = [
        ("kind", "activation"),
        ("dialect", "user-service"),
        ("user_id", "00000000-0000-4000-8000-000000000000"),
    ];
    let unknown_kind = [("id", "AAAAAAAAAAAAAAAAAAAAAA"), ("kind", "carrier-pigeon")];
    sender.put(&unknown_kind).await;
    sender
        .put(&[&[("id", "AAAAAAAAAAAAAAAAAAAAAQ")], &intent[..]].concat())
        .await;
    sender.put(&[("id", "AAAAAAAAAAAAAAAAAAAAAg")]).await;
    let stored = sender.platform.items("outbox").await;
    assert_eq!(stored.len(), 4);

    let of = |id: &str| batch([json!(id)].iter())["Records"][0].clone();
    let mut without_sequence = of("AAAAAAAAAAAAAAAAAAAAAw");
    let change = without_sequence["dynamodb"].as_object_mut();
    change.expect("an object").remove("SequenceNumber");
    let records = [
        json!({ "eventName": "INSERT" }),
        json!(null),
        json!({ "dynamodb": { "Keys": { "id": { "N": "7" } }, "SequenceNumber": "1" } }),
        of("not an id"),
        of("AAAAAAAAAAAAAAAAAAAAAA"),
        of("AAAAAAAAAAAAAAAAAAAAAQ"),
        of("AAAAAAAAAAAAAAAAAAAAAg"),
        of("bO8TtgEgUe_KXJS0bZe0mg"),
        without_sequence,
        good,
    ];
    assert_eq!(
        sender.deliver(&json!({ "Records": records })).await,
        [""; 0]
    );
    assert_eq!(sender.recipients(), [ANN]);
    let left = sender.platform.items("outbox").await;
    assert_eq!(
        left.len(),
        3,
        "what a newer release may understand stays: {left:?}"
    );
    let log = sender.log();
    let count = |message: &str| {
        log.iter()
            .filter(|(_, line)| line.starts_with(message))
            .count()
    };
    assert_eq!(count("a record of the stream is unreadable"), 4, "{log:?}");
    assert_eq!(count("an intent is unreadable: "), 3, "{log:?}");
    assert_eq!(log.len(), 7, "{log:?}");
}

#[tokio::test]
async fn what_the_mail_service_does_not_take_comes_again() {
    let sender = Sender::start().await;
    for email in [ANN, BEN, CEM] {
        sender.platform.register(email).await;
        sender.platform.clock.advance_seconds(1);
    }
    let batch = sender.batch().await;
    let stored = sender.platform.items("outbox").await;
    let all = [sequence(0), sequence(1), sequence(2)];
    let mut log = Vec::new();
    for (fault, code) in [
        (MailFault::Throttled, "TooManyRequestsException"),
        (MailFault::Rejected, "MessageRejected"),
    ] {
        sender.platform.mail.heal();
        sender.platform.mail.refuse("", fault);
        assert_eq!(sender.deliver(&batch).await, all, "{fault:?}");
        assert_eq!(sender.platform.items("outbox").await, stored, "{fault:?}");
        assert_eq!(sender.recipients(), [""; 0], "{fault:?}");
        let message = format!("an intent was not done: the mail service does not answer: {code}");
        log.extend(vec![("ERROR".to_owned(), message); 3]);
        assert_eq!(sender.log(), log);
    }

    sender.platform.mail.heal();
    sender.platform.mail.refuse(BEN, MailFault::Throttled);
    assert_eq!(sender.deliver(&batch).await, [sequence(1)]);
    assert_eq!(
        sender.recipients(),
        [ANN, CEM],
        "one's failure stops no other"
    );

    sender.platform.mail.heal();
    assert_eq!(sender.deliver(&batch).await, [""; 0]);
    assert_eq!(sender.recipients(), [ANN, BEN, CEM]);
    assert_eq!(sender.platform.items("outbox").await, []);
}

#[tokio::test]
async fn a_mail_that_is_none_is_given_up() {
    let sender = Sender::start().await;
    for email in [ANN, BEN] {
        sender.platform.register(email).await;
    }
    sender.platform.mail.refuse(BEN, MailFault::BadRequest);
    assert_eq!(sender.deliver(&sender.batch().await).await, [""; 0]);
    assert_eq!(sender.recipients(), [ANN]);
    assert_eq!(sender.platform.items("outbox").await, []);
    let [(level, message)] = &sender.log()[..] else {
        panic!("one line: {:?}", sender.log());
    };
    assert_eq!(level, "WARN");
    assert!(message.starts_with("a mail was given up: "), "{message}");
}

#[tokio::test]
async fn what_the_database_does_not_do_comes_again() {
    for (call, mails) in [
        ("GetItem outbox", 0),
        ("GetItem users", 0),
        ("PutItem codes", 0),
        ("DeleteItem outbox", 1),
    ] {
        let sender = Sender::start().await;
        for email in [ANN, BEN] {
            sender.platform.register(email).await;
            sender.platform.clock.advance_seconds(1);
        }
        let batch = sender.batch().await;
        sender
            .platform
            .connector
            .inject(call, Fault::AccessDenied, 1);
        assert_eq!(sender.deliver(&batch).await.len(), 1, "{call}");
        assert_eq!(sender.recipients().len(), 1 + mails, "{call}");
        assert_eq!(sender.platform.items("outbox").await.len(), 1, "{call}");
        assert_eq!(sender.deliver(&batch).await, [""; 0], "{call}");
        assert_eq!(sender.recipients().len(), 2 + mails, "{call}");
        assert_eq!(sender.platform.items("outbox").await, [], "{call}");
        assert_eq!(
            sender.platform.items("codes").await.len(),
            2,
            "{call}: one code each"
        );
    }
}

#[tokio::test]
async fn a_sweep_does_what_the_stream_has_had_a_quarter_of_an_hour_for() {
    let sender = Sender::start().await;
    let clock = &sender.platform.clock;
    sender.platform.register(ANN).await;
    clock.advance_seconds(60);
    sender.platform.register(BEN).await;
    clock.advance_seconds(60);
    sender.platform.register(CEM).await;
    clock.advance_seconds(QUARTER_OF_AN_HOUR - 121);
    assert_eq!(sender.sweep().await, json!({ "done": 0, "failed": 0 }));
    assert_eq!(sender.recipients(), [""; 0]);
    clock.advance_seconds(61);
    sender.platform.mail.refuse(BEN, MailFault::Throttled);
    assert_eq!(sender.sweep().await, json!({ "done": 1, "failed": 1 }));
    assert_eq!(sender.recipients(), [ANN]);
    sender.platform.mail.heal();
    sender
        .put(&[("id", "AAAAAAAAAAAAAAAAAAAAAA"), ("kind", "carrier-pigeon")])
        .await;
    assert_eq!(sender.sweep().await, json!({ "done": 1, "failed": 0 }));
    assert_eq!(sender.recipients(), [ANN, BEN]);
    assert_eq!(sender.platform.items("outbox").await.len(), 2);
    sender
        .platform
        .connector
        .inject("Scan outbox", Fault::AccessDenied, 1);
    assert_eq!(sender.sweep().await, Value::Null);
    clock.advance_seconds(60);
    assert_eq!(sender.sweep().await, json!({ "done": 1, "failed": 0 }));
}

#[tokio::test]
async fn what_ses_tells_of_a_mail_is_one_warning_without_the_address() {
    let sender = Sender::start().await;
    for (name, index) in [("bounce", 0), ("complaint", 1), ("reject", 2)] {
        assert_eq!(sender.function.invoke(event(name)).await, Value::Null);
        let log = sender.log();
        assert_eq!(log.len(), index + 1, "{log:?}");
        let line = (
            "WARN".to_owned(),
            "the mail service reports on a mail".to_owned(),
        );
        assert_eq!(log[index], line);
    }
    for outcome in ["Bounce", "Complaint", "Reject"] {
        assert!(
            sender
                .cloud
                .log()
                .contains(&format!("\"outcome\":\"{outcome}\""))
        );
    }
}

#[tokio::test]
async fn an_event_that_nobody_understands_is_answered_and_the_next_one_is_done() {
    let sender = Sender::start().await;
    let poison = [
        event("poison"),
        json!({}),
        json!(null),
        json!([]),
        json!("sweep"),
        json!({ "Records": "all" }),
        json!({ "Records": null }),
        json!({ "sweep": "now" }),
        json!({ "detail": { "eventType": "Delivery" } }),
        json!({ "detail": null }),
    ];
    let count = poison.len();
    for event in poison {
        assert_eq!(
            sender.function.invoke(event.clone()).await,
            Value::Null,
            "{event}"
        );
    }
    let line = ("ERROR".to_owned(), "an event is unreadable".to_owned());
    assert_eq!(sender.log(), vec![line; count]);
    assert_eq!(
        sender.function.invoke(json!({ "Records": [] })).await,
        json!({ "batchItemFailures": [] })
    );
    sender.platform.register(ANN).await;
    assert_eq!(sender.deliver(&sender.batch().await).await, [""; 0]);
    assert_eq!(sender.recipients(), [ANN]);
}

#[tokio::test]
async fn a_deleted_account_is_erased_whole() {
    let sender = Sender::start().await;
    let platform = &sender.platform;
    platform.register_confirmed(BEN).await;
    platform.signed_in(BEN, PASSWORD).await;
    let mut others = Vec::new();
    for table in ["attributes", "sessions", "codes"] {
        others.push(platform.items(table).await);
    }

    platform.register_confirmed(ANN).await;
    let session = platform.signed_in(ANN, PASSWORD).await;
    for _ in 0..30 {
        platform.signed_in(ANN, PASSWORD).await;
    }
    let attribute = platform.post("/user-service/v1/users/attributes");
    let attribute = attribute.bearer(&session.access_token);
    let attribute = attribute.json(&json!({ "attributeKey": "team", "attributeText": "canary" }));
    assert_eq!(attribute.send().await.status, 200);
    let ask = platform.post("/reset-password/request");
    let ask = ask.header("origin", PUBLIC_URL).form(&[("email", ANN)]);
    assert_eq!(ask.send().await.status, 200);
    platform.deliver().await;
    assert!(platform.dump().await.contains("canary"));
    let deletion = platform.delete("/user-service/v1/users/user");
    assert_eq!(
        deletion.bearer(&session.access_token).send().await.status,
        204
    );

    let batch = sender.batch().await;
    platform
        .connector
        .inject_after(7, "DeleteItem sessions", Fault::AccessDenied, 1);
    assert_eq!(sender.deliver(&batch).await, [sequence(0)]);
    assert_eq!(
        sender.deliver(&batch).await,
        [""; 0],
        "the rest is done when it comes again"
    );
    for (table, others) in ["attributes", "sessions", "codes"].iter().zip(others) {
        assert_eq!(platform.items(table).await, others, "{table}");
    }
    assert_eq!(platform.items("outbox").await, []);
    let dump = platform.dump().await;
    assert!(!dump.contains("canary") && !dump.contains(ANN), "{dump}");
}
