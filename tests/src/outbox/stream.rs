//! The stream's batches: each mail once, what fails again, and what nobody can do not at all.

use local::views::InboxMessage;
use serde_json::json;

use super::{ANN, BEN, CEM, NEVER, NEW_PASSWORD, Sender, batch, sequence};
use crate::harness::{
    Fault, MailFault, PASSWORD, PUBLIC_URL, Platform, code_in, password_in, reset_code_in,
};

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
        let message =
            format!("an intent was not done: the message service does not answer: {code}");
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
