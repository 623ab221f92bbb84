//! What wakes the sender beside the stream, and what it erases.

use serde_json::{Value, json};

use super::{ANN, BEN, CEM, QUARTER_OF_AN_HOUR, Sender, sequence};
use crate::events::event;
use crate::harness::{Fault, MailFault, PASSWORD, PUBLIC_URL};

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
    for (index, (name, count)) in [
        ("bounce", 1),
        ("bounce-transient", 0),
        ("complaint", 1),
        ("reject", 0),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(
            sender.function.invoke(event("platform-outbox", name)).await,
            Value::Null
        );
        let log = sender.log();
        assert_eq!(log.len(), index + 1, "{log:?}");
        let message =
            format!("the mail service reports on a mail: {count} of its recipients get no more");
        assert_eq!(log[index], ("WARN".to_owned(), message));
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
        event("platform-outbox", "poison"),
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
