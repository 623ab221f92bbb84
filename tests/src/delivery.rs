//! The outbox and its sender: intents hold no secret, a redelivery repeats itself, nothing comes back to life (decisions 79, 80).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA256, digest};
use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use futures::future::BoxFuture;
use local::views::InboxMessage;
use serde_json::{Value, json};
use shared::domain::SystemRandom;
use shared::keys::KeyFile;
use shared::mail::{Mail, MailSender};
use shared::sending::SendError;

use crate::harness::{
    Answer, Engine, Fault, PASSWORD, PUBLIC_URL, Platform, TestClock, code_in, keys, other_keys,
    password_in, reset_code_in, reset_link_in,
};

const ANN: &str = "ann@example.com";
const NEW_PASSWORD: &str = "nine paper lanterns over the quay";
const OUTBOX: &str = "gatehouse-outbox";

type Item = HashMap<String, AttributeValue>;

async fn activate(platform: &Platform, code: &str) -> Answer {
    platform
        .post("/user-service/v1/users/activate")
        .json(&json!({ "code": code }))
        .send()
        .await
}

async fn ask_for_password(platform: &Platform, email: &str) {
    let answer = platform
        .post("/user-service/v1/users/newPassword")
        .json(&json!({ "email": email }))
        .send()
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// Sends one of the pages' forms that ask for a mail.
async fn ask_by_page(platform: &Platform, path: &str, email: &str) {
    let answer = platform
        .post(path)
        .header("origin", PUBLIC_URL)
        .form(&[("email", email)])
        .send()
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

async fn ask_for_link(platform: &Platform, email: &str) {
    ask_by_page(platform, "/reset-password/request", email).await;
}

async fn ask_again(platform: &Platform, email: &str) {
    ask_by_page(platform, "/activate/resend", email).await;
}

/// The intents as stored, to be put back later.
async fn intents(platform: &Platform) -> Vec<Item> {
    let scan = platform.database().scan().table_name(OUTBOX).send().await;
    scan.expect("a scan").items.unwrap_or_default()
}

async fn put_back(platform: &Platform, intent: Item) {
    platform
        .database()
        .put_item()
        .table_name(OUTBOX)
        .set_item(Some(intent))
        .send()
        .await
        .expect("the intent is back");
}

/// Does the intents of the moment; they and their mails.
async fn deliver(platform: &Platform) -> (Vec<Item>, Vec<InboxMessage>) {
    let intents = intents(platform).await;
    (intents, platform.deliver().await)
}

/// Does the one intent of the moment; it and its one mail.
async fn deliver_one(platform: &Platform) -> (Item, InboxMessage) {
    let (mut intents, mut mails) = deliver(platform).await;
    assert_eq!((intents.len(), mails.len()), (1, 1));
    (intents.remove(0), mails.remove(0))
}

async fn redeliver(platform: &Platform, intent: &Item) -> Vec<InboxMessage> {
    put_back(platform, intent.clone()).await;
    let mails = platform.deliver().await;
    assert_eq!(platform.items("outbox").await, [], "it is done");
    mails
}

fn assert_same(first: &InboxMessage, again: &[InboxMessage]) {
    assert_eq!(again.len(), 1);
    assert_eq!(
        (
            &again[0].to,
            &again[0].subject,
            &again[0].text,
            &again[0].html
        ),
        (&first.to, &first.subject, &first.text, &first.html)
    );
}

#[tokio::test]
async fn an_intent_holds_names_and_times_and_no_secret() {
    let platform = Platform::start().await;
    platform.register("Ann@Example.com").await;
    platform.clock.advance_seconds(60);
    ask_for_password(&platform, ANN).await;
    ask_for_link(&platform, ANN).await;
    ask_again(&platform, ANN).await;
    let outbox = platform.items("outbox").await;
    assert_eq!(outbox.len(), 4);
    for intent in &outbox {
        let members: Vec<_> = intent.keys().map(String::as_str).collect();
        let by_user = [
            "dialect",
            "expires",
            "id",
            "issued_at",
            "key_version",
            "kind",
            "user_id",
        ];
        let by_address = [
            "address",
            "dialect",
            "expires",
            "id",
            "issued_at",
            "key_version",
            "kind",
            "realm",
        ];
        assert!(members == by_user || members == by_address, "{members:?}");
    }
    let before = platform.dump().await;
    let outbox = json!(outbox).to_string();
    assert!(!outbox.to_lowercase().contains("ann@"), "{outbox}");
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 4);
    let after = platform.dump().await;
    for secret in mails.iter().flat_map(|mail| secrets_in(&mail.text)) {
        for (stage, dump) in [("before", &before), ("after", &after)] {
            assert!(
                !dump.contains(&secret),
                "{secret} is stored {stage} it is sent"
            );
        }
    }
    assert_eq!(platform.items("outbox").await, []);
}

/// The mailed secret and the forms in which carelessness would store it.
fn secrets_in(text: &str) -> Vec<String> {
    let secret = if text.contains("/activate?code=") {
        code_in(text)
    } else if text.contains("/reset-password?") {
        let link = reset_link_in(text);
        link.rsplit_once("t=").expect("a code").1.to_owned()
    } else {
        password_in(text)
    };
    let mut forms = vec![
        HEXLOWER.encode(secret.as_bytes()),
        HEXLOWER.encode(digest(&SHA256, secret.as_bytes()).as_ref()),
        BASE64.encode(secret.as_bytes()),
    ];
    if let Ok(bytes) = BASE64URL_NOPAD.decode(secret.as_bytes())
        && bytes.len() == 64
    {
        let key = &bytes[32..];
        forms.extend([
            HEXLOWER.encode(key),
            BASE64URL_NOPAD.encode(key),
            BASE64.encode(key),
        ]);
    }
    forms.push(secret);
    forms
}

#[tokio::test]
async fn nobody_but_the_sender_writes_codes() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    ask_for_password(&platform, ANN).await;
    ask_for_link(&platform, ANN).await;
    ask_again(&platform, ANN).await;
    assert_eq!(platform.items("codes").await, []);
    let dump = platform.dump().await;
    assert!(!dump.contains("mailed_"), "{dump}");
    assert!(
        platform.inbox.messages().is_empty(),
        "no mail goes out with an answer"
    );
}

#[tokio::test]
async fn a_redelivered_activation_carries_the_same_code_until_it_is_used() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    let (intent, first) = deliver_one(&platform).await;
    let stored = platform.items("codes").await;
    platform.clock.advance_seconds(3600);
    assert_same(&first, &redeliver(&platform, &intent).await);
    assert_eq!(
        platform.items("codes").await,
        stored,
        "nor does it live longer"
    );
    assert_eq!(activate(&platform, &code_in(&first.text)).await.status, 200);
    let used = platform.items("codes").await;
    assert_eq!(redeliver(&platform, &intent).await.len(), 0);
    assert_eq!(platform.items("codes").await, used);
    assert_eq!(activate(&platform, &code_in(&first.text)).await.status, 400);
}

#[tokio::test]
async fn a_redelivered_reset_link_is_the_same_until_it_is_used() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    ask_for_link(&platform, ANN).await;
    let (intent, first) = deliver_one(&platform).await;
    assert_same(&first, &redeliver(&platform, &intent).await);
    assert_eq!(
        platform
            .reset(&reset_code_in(&first.text), NEW_PASSWORD)
            .await
            .status,
        200
    );
    let used = platform.items("codes").await;
    assert_eq!(redeliver(&platform, &intent).await.len(), 0);
    assert_eq!(platform.items("codes").await, used);
    assert_eq!(
        platform
            .reset(&reset_code_in(&first.text), PASSWORD)
            .await
            .status,
        400
    );
    platform.signed_in(ANN, NEW_PASSWORD).await;
}

#[tokio::test]
async fn a_redelivered_password_is_the_same_until_it_is_used() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    ask_for_password(&platform, ANN).await;
    let (intent, first) = deliver_one(&platform).await;
    assert_same(&first, &redeliver(&platform, &intent).await);
    platform.signed_in(ANN, &password_in(&first.text)).await;
    let before = platform.items("users").await;
    assert_eq!(redeliver(&platform, &intent).await.len(), 0);
    assert_eq!(
        platform.items("users").await,
        before,
        "no mailed password is back"
    );
    platform.signed_in(ANN, &password_in(&first.text)).await;
}

/// The clock stands, so that only the mark of use can tell.
#[tokio::test]
async fn a_used_code_does_not_come_back_when_its_user_is_unconfirmed_again() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    let (intent, mail) = deliver_one(&platform).await;
    assert_eq!(activate(&platform, &code_in(&mail.text)).await.status, 200);
    let user = platform.items("users").await;
    let user = user
        .iter()
        .find(|item| {
            item["pk"]
                .as_str()
                .is_some_and(|pk| pk.starts_with("user#"))
        })
        .expect("a user");
    platform
        .database()
        .update_item()
        .table_name("gatehouse-users")
        .key(
            "pk",
            AttributeValue::S(user["pk"].as_str().expect("a key").to_owned()),
        )
        .update_expression("SET confirmed = :no REMOVE email_proved_at")
        .expression_attribute_values(":no", AttributeValue::Bool(false))
        .send()
        .await
        .expect("the user changes");
    assert_eq!(redeliver(&platform, &intent).await.len(), 0);
    assert_eq!(activate(&platform, &code_in(&mail.text)).await.status, 400);
}

#[tokio::test]
async fn a_newer_code_kills_the_older() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    let (old_activation, old_code) = deliver_one(&platform).await;
    platform.clock.advance_seconds(60);
    ask_again(&platform, ANN).await;
    let (_, new_code) = deliver_one(&platform).await;
    let (old_code, new_code) = (code_in(&old_code.text), code_in(&new_code.text));
    assert_ne!(old_code, new_code);
    assert_eq!(redeliver(&platform, &old_activation).await.len(), 0);
    assert_eq!(activate(&platform, &old_code).await.status, 400);
    assert_eq!(activate(&platform, &new_code).await.status, 200);

    ask_for_link(&platform, ANN).await;
    let (old_intent, old_link) = deliver_one(&platform).await;
    platform.clock.advance_seconds(1);
    ask_for_link(&platform, ANN).await;
    let (_, new_link) = deliver_one(&platform).await;
    assert_eq!(redeliver(&platform, &old_intent).await.len(), 0);
    assert_eq!(
        platform
            .reset(&reset_code_in(&old_link.text), PASSWORD)
            .await
            .status,
        400
    );
    assert_eq!(
        platform
            .reset(&reset_code_in(&new_link.text), NEW_PASSWORD)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_newer_mailed_password_kills_the_older() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    ask_for_password(&platform, ANN).await;
    let (old_intent, old) = deliver_one(&platform).await;
    platform.clock.advance_seconds(1);
    ask_for_password(&platform, ANN).await;
    let (_, new) = deliver_one(&platform).await;
    assert_eq!(redeliver(&platform, &old_intent).await.len(), 0);
    assert_eq!(
        platform.login(ANN, &password_in(&old.text)).await.status,
        401
    );
    platform.signed_in(ANN, &password_in(&new.text)).await;
    assert_eq!(
        platform.login(ANN, &password_in(&old.text)).await.status,
        401
    );
}

#[tokio::test]
async fn intents_that_arrive_in_the_wrong_order_leave_the_newest_code() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    ask_for_link(&platform, ANN).await;
    let older = intents(&platform).await.remove(0);
    let id = older["id"].clone();
    let delete = platform.database().delete_item().table_name(OUTBOX);
    delete.key("id", id).send().await.expect("a delete");
    platform.clock.advance_seconds(1);
    ask_for_link(&platform, ANN).await;
    let (_, newer) = deliver_one(&platform).await;
    assert_eq!(redeliver(&platform, &older).await.len(), 0);
    assert_eq!(
        platform
            .reset(&reset_code_in(&newer.text), NEW_PASSWORD)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn what_was_asked_for_before_the_password_changed_sends_nothing() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    ask_for_link(&platform, ANN).await;
    let (_, link) = deliver_one(&platform).await;
    platform.clock.advance_seconds(1);
    ask_for_link(&platform, ANN).await;
    ask_for_password(&platform, ANN).await;
    platform.clock.advance_seconds(1);
    assert_eq!(
        platform
            .reset(&reset_code_in(&link.text), NEW_PASSWORD)
            .await
            .status,
        200
    );
    let before = platform.items("users").await;
    assert_eq!(platform.items("outbox").await.len(), 2);
    assert_eq!(platform.deliver().await.len(), 0);
    assert_eq!(platform.items("outbox").await, []);
    assert_eq!(platform.items("users").await, before);
}

#[tokio::test]
async fn an_account_that_was_confirmed_meanwhile_gets_no_activation() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    let activation = intents(&platform).await.remove(0);
    ask_for_password(&platform, ANN).await;
    let mails = platform.deliver().await;
    let password = mails.iter().find(|mail| !mail.text.contains("/activate"));
    platform
        .signed_in(ANN, &password_in(&password.expect("a mail").text))
        .await;
    assert_eq!(redeliver(&platform, &activation).await.len(), 0);
    platform.clock.advance_seconds(60);
    ask_again(&platform, ANN).await;
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn an_unknown_address_gets_no_mail_and_leaves_nothing() {
    let platform = Platform::start().await;
    platform.login("guarded@example.com", PASSWORD).await;
    for email in ["unknown@example.com", "guarded@example.com"] {
        ask_for_password(&platform, email).await;
        ask_for_link(&platform, email).await;
        ask_again(&platform, email).await;
    }
    assert_eq!(platform.items("outbox").await.len(), 6);
    let before = platform.items("users").await;
    assert_eq!(platform.deliver().await.len(), 0);
    assert_eq!(platform.items("outbox").await, []);
    assert_eq!(platform.items("codes").await, []);
    assert_eq!(platform.items("users").await, before);
}

#[tokio::test]
async fn dying_before_the_intent_is_forgotten_sends_the_same_mail_again() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    platform
        .connector
        .inject("DeleteItem outbox", Fault::AccessDenied, 1);
    let first = platform.deliver().await;
    assert_eq!(first.len(), 1);
    assert_eq!(
        platform.items("outbox").await.len(),
        1,
        "it is not forgotten"
    );
    assert_same(&first[0], &platform.deliver().await);
    assert_eq!(platform.items("outbox").await, []);
    assert_eq!(
        activate(&platform, &code_in(&first[0].text)).await.status,
        200
    );
}

#[tokio::test]
async fn dying_before_the_mail_is_sent_loses_no_mail() {
    for call in ["GetItem users", "PutItem codes"] {
        let platform = Platform::start().await;
        platform.register(ANN).await;
        platform.connector.inject(call, Fault::AccessDenied, 1);
        assert_eq!(platform.deliver().await.len(), 0, "{call}");
        assert_eq!(platform.items("outbox").await.len(), 1, "{call}");
        let mails = platform.deliver().await;
        assert_eq!(mails.len(), 1, "{call}");
        assert_eq!(
            activate(&platform, &code_in(&mails[0].text)).await.status,
            200
        );
    }
}

#[tokio::test]
async fn an_intent_that_failed_is_tried_again_after_a_quarter_of_an_hour() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    platform
        .connector
        .inject("PutItem codes", Fault::AccessDenied, 1);
    let mut tried = HashMap::new();
    let sent = || platform.inbox.messages().len();
    platform.local.deliver(&mut tried).await;
    assert_eq!(sent(), 0);
    platform.clock.advance_seconds(15 * 60 - 1);
    platform.local.deliver(&mut tried).await;
    assert_eq!(sent(), 0);
    platform.clock.advance_seconds(1);
    platform.local.deliver(&mut tried).await;
    assert_eq!(sent(), 1);
    assert_eq!(platform.items("outbox").await, []);
    platform.local.deliver(&mut tried).await;
    assert!(tried.is_empty(), "what is done is not remembered");
}

#[tokio::test]
async fn a_changed_second_factor_is_told_to_the_owner() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    ask_for_password(&platform, ANN).await;
    let mut intent = intents(&platform).await.remove(0);
    let user = platform.items("users").await.into_iter();
    let user = user.filter_map(|item| {
        item["pk"]
            .as_str()?
            .strip_prefix("user#")
            .map(str::to_owned)
    });
    let user = user.collect::<Vec<_>>().remove(0);
    intent.remove("address");
    intent.remove("realm");
    for (name, value) in [("kind", "second-factor-notice"), ("user_id", &user)] {
        intent.insert(name.to_owned(), AttributeValue::S(value.to_owned()));
    }
    let stored = (platform.items("users").await, platform.items("codes").await);
    let mails = redeliver(&platform, &intent).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [ANN]);
    assert_eq!(
        mails[0].subject,
        "Gatehouse: Your second factor was changed"
    );
    assert!(!mails[0].text.contains("http"), "{}", mails[0].text);
    let unchanged = (platform.items("users").await, platform.items("codes").await);
    assert_eq!(unchanged, stored);
}

/// A mail service that refuses, and remembers what it refused.
#[derive(Debug, Default)]
struct Refusing {
    for_good: bool,
    refused: Mutex<Vec<String>>,
}

impl MailSender for Refusing {
    fn send(&self, mail: Mail) -> BoxFuture<'_, Result<(), SendError>> {
        self.refused
            .lock()
            .expect("no panic inside")
            .push(mail.content.text);
        Box::pin(std::future::ready(Err(if self.for_good {
            SendError::Rejected("a bad address".into())
        } else {
            SendError::Unavailable("throttled".into())
        })))
    }
}

async fn deliver_by(platform: &Platform, mailer: &Arc<Refusing>) -> Vec<bool> {
    let mailer = Arc::clone(mailer) as Arc<dyn MailSender>;
    let foundation = &platform.local.foundation;
    let delivery = foundation
        .delivery(&platform.local.secrets, mailer)
        .expect("delivery");
    let mut done = Vec::new();
    for intent in delivery.open_intents().await.expect("a readable outbox") {
        done.push(delivery.deliver(&intent).await.is_ok());
    }
    done
}

#[tokio::test]
async fn a_mail_service_that_is_out_delays_the_same_mail() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    platform.clock.advance_seconds(1);
    ask_for_password(&platform, ANN).await;
    let mailer = Arc::new(Refusing::default());
    assert_eq!(deliver_by(&platform, &mailer).await, [false, false]);
    assert_eq!(deliver_by(&platform, &mailer).await, [false, false]);
    assert_eq!(platform.items("outbox").await.len(), 2);
    let sent: Vec<_> = platform
        .deliver()
        .await
        .into_iter()
        .map(|mail| mail.text)
        .collect();
    let refused = mailer.refused.lock().expect("no panic inside").clone();
    assert_eq!(refused, [sent.clone(), sent].concat());
    assert_eq!(platform.items("outbox").await, []);
}

#[tokio::test]
async fn a_mail_that_is_rejected_for_good_is_given_up() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    let mailer = Arc::new(Refusing {
        for_good: true,
        ..Refusing::default()
    });
    assert_eq!(deliver_by(&platform, &mailer).await, [true]);
    assert_eq!(platform.items("outbox").await, []);
}

#[tokio::test]
async fn one_mail_that_fails_does_not_hold_up_the_others() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    platform.clock.advance_seconds(1);
    platform.register("ben@example.com").await;
    platform
        .connector
        .inject("PutItem codes", Fault::AccessDenied, 1);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["ben@example.com"]);
    assert_eq!(platform.deliver().await[0].to, [ANN]);
}

// 80: versions of the server key

/// The same database under these keys, at the `start`-th start of the platform: chance must not repeat itself at the next.
async fn under(engine: &Engine, start: usize, keys: KeyFile) -> Platform {
    let platform = Platform::build(&[], TestClock::standing(), keys, engine.clone()).await;
    let random = &platform.local.foundation.context.random;
    random.fill(&mut vec![0; start * 100_000]);
    platform
}

#[tokio::test]
async fn what_the_older_key_made_works_under_a_newer_one() {
    let engine = Engine::fresh();
    let before = under(&engine, 0, keys()).await;
    before.register_confirmed("ben@example.com").await;
    before.register(ANN).await;
    let (_, activation) = deliver_one(&before).await;
    ask_for_password(&before, "ben@example.com").await;
    let (intent, mail) = deliver_one(&before).await;

    let after = under(&engine, 1, keys().with_newer_codes_key(&SystemRandom)).await;
    assert_eq!(
        activate(&after, &code_in(&activation.text)).await.status,
        200
    );
    assert_same(&mail, &redeliver(&after, &intent).await);
    after
        .signed_in("ben@example.com", &password_in(&mail.text))
        .await;
}

#[tokio::test]
async fn new_intents_name_the_newest_version_of_the_key() {
    let engine = Engine::fresh();
    let before = under(&engine, 0, keys()).await;
    before.register(ANN).await;
    let newer = keys().with_newer_codes_key(&SystemRandom);
    let after = under(&engine, 1, newer.clone()).await;
    after.register("ben@example.com").await;
    ask_for_password(&after, ANN).await;
    let mut versions: Vec<_> = after
        .items("outbox")
        .await
        .iter()
        .map(|intent| intent["key_version"].clone())
        .collect();
    versions.sort_by_key(Value::to_string);
    assert_eq!(versions, [1, 2, 2]);
    let mails = after.deliver().await;
    assert_eq!(mails.len(), 3);
    let password = mails.iter().find(|mail| !mail.text.contains("/activate"));
    let password = password_in(&password.expect("a mail").text);
    // A function that has not learnt the newer version yet does not take it for anything else.
    let behind = under(&engine, 2, keys()).await;
    assert_eq!(behind.login(ANN, &password).await.status, 401);
    after.signed_in(ANN, &password).await;
}

#[tokio::test]
async fn a_key_that_is_out_of_use_makes_and_takes_nothing() {
    let engine = Engine::fresh();
    let before = under(&engine, 0, keys()).await;
    before.register_confirmed(ANN).await;
    ask_for_password(&before, ANN).await;
    let (_, mail) = deliver_one(&before).await;
    before.clock.advance_seconds(1);
    ask_for_link(&before, ANN).await;
    let newest = keys()
        .with_newer_codes_key(&SystemRandom)
        .with_newer_codes_key(&SystemRandom);
    let after = under(&engine, 1, newest).await;
    assert_eq!(after.login(ANN, &password_in(&mail.text)).await.status, 401);
    assert_eq!(after.deliver().await.len(), 0);
    assert_eq!(after.items("outbox").await, []);
}

#[tokio::test]
async fn another_installations_key_of_the_same_version_takes_nothing() {
    let engine = Engine::fresh();
    let before = under(&engine, 0, keys()).await;
    before.register_confirmed(ANN).await;
    ask_for_password(&before, ANN).await;
    let (_, mail) = deliver_one(&before).await;
    let after = under(&engine, 1, other_keys()).await;
    assert_eq!(after.login(ANN, &password_in(&mail.text)).await.status, 401);
    after.signed_in(ANN, PASSWORD).await;
}
