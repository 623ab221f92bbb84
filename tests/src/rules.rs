//! The rules of the core, one by one: each test fails when its rule is taken out. The numbers are those of docs/decisions.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::domain::Clock as _;

use crate::harness::{
    Answer, Fault, PASSWORD, PUBLIC_URL, Platform, Session, code_in, password_in, reset_link_in,
};

const ANN: &str = "ann@example.com";
const NEW_PASSWORD: &str = "nine paper lanterns over the quay";
const WRONG: &str = "not the password";
const HOME: &str = "198.51.100.7";
const ELSEWHERE: &str = "203.0.113.9";
const DAY: i64 = 86_400;
const START_MS: i64 = 1_767_225_600_000;

type Item = BTreeMap<String, Value>;

fn v1(path: &str) -> String {
    format!("/user-service/v1/users/{path}")
}

async fn register(platform: &Platform, email: &str, password: &str) -> Answer {
    platform
        .post(&v1("register"))
        .json(&json!({ "email": email, "password": password }))
        .send()
        .await
}

async fn activate(platform: &Platform, code: &str) -> Answer {
    platform
        .post(&v1("activate"))
        .json(&json!({ "code": code }))
        .send()
        .await
}

async fn ask_for_password(platform: &Platform, email: &str) {
    let answer = platform
        .post(&v1("newPassword"))
        .json(&json!({ "email": email }))
        .send()
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// The password that is mailed when somebody asks for one.
async fn mailed_password(platform: &Platform, email: &str) -> String {
    ask_for_password(platform, email).await;
    let mails = platform.deliver().await;
    let without_link = mails.iter().find(|mail| !mail.text.contains(PUBLIC_URL));
    password_in(&without_link.expect("a mail").text)
}

/// The user id and the code in the link that is mailed when somebody asks for one.
async fn mailed_link(platform: &Platform, email: &str) -> (String, String) {
    let answer = platform
        .post("/reset-password/request")
        .header("origin", PUBLIC_URL)
        .form(&[("email", email)])
        .send()
        .await;
    assert_eq!(answer.status, 200);
    let mails = platform.deliver().await;
    let with_link = mails
        .iter()
        .find(|mail| mail.text.contains("/reset-password?"));
    let link = reset_link_in(&with_link.expect("a mail").text);
    let (_, query) = link.split_once('?').expect("a query");
    let field = |name: &str| {
        let found = form_urlencoded::parse(query.as_bytes()).find(|(found, _)| found == name);
        found.expect("a field").1.into_owned()
    };
    (field("uid"), field("t"))
}

async fn reset(platform: &Platform, (uid, code): &(String, String), password: &str) -> Answer {
    platform
        .post("/reset-password")
        .header("origin", PUBLIC_URL)
        .form(&[
            ("uid", uid),
            ("t", code),
            ("password", password),
            ("password2", password),
        ])
        .send()
        .await
}

async fn login_from(platform: &Platform, source: &str, email: &str, password: &str) -> Answer {
    platform
        .post(&v1("login"))
        .from(source)
        .json(&json!({ "email": email, "password": password }))
        .send()
        .await
}

async fn assert_ended(platform: &Platform, session: &Session) {
    let status = platform.get(&v1("status")).bearer(&session.access_token);
    assert_eq!(
        status.send().await.whole(),
        "401\n{\"error\":\"the session has ended\"}"
    );
    let refresh = platform
        .post(&v1("accessToken"))
        .json(&json!({ "refreshToken": session.refresh_token }));
    assert_eq!(
        refresh.send().await.whole(),
        "401\n{\"error\":\"the session has ended\"}"
    );
}

async fn assert_lives(platform: &Platform, session: &Session) {
    let status = platform.get(&v1("status")).bearer(&session.access_token);
    assert_eq!(status.send().await.status, 200);
}

/// The items of the Users table whose key begins so.
async fn users_of_kind(platform: &Platform, kind: &str) -> Vec<Item> {
    let mut items = platform.items("users").await;
    items.retain(|item| item["pk"].as_str().is_some_and(|pk| pk.starts_with(kind)));
    items
}

async fn only(platform: &Platform, kind: &str) -> Item {
    let mut items = users_of_kind(platform, kind).await;
    assert_eq!(items.len(), 1, "{items:?}");
    items.remove(0)
}

async fn credential(platform: &Platform, email: &str) -> Item {
    let pk = credential_key(email);
    let items = users_of_kind(platform, "email#").await;
    items
        .into_iter()
        .find(|item| item["pk"] == pk)
        .expect("a credential")
}

fn credential_key(email: &str) -> String {
    let digest = digest(&SHA256, email.as_bytes());
    format!("email#default#{}", HEXLOWER.encode(digest.as_ref()))
}

/// Changes one item of the Users table, past the platform.
async fn update_users(platform: &Platform, pk: &Value, expression: &str, value: AttributeValue) {
    platform
        .database()
        .update_item()
        .table_name("gatehouse-users")
        .key(
            "pk",
            AttributeValue::S(pk.as_str().expect("a key").to_owned()),
        )
        .update_expression(expression)
        .expression_attribute_values(":value", value)
        .send()
        .await
        .expect("the item changes");
}

async fn set_confirmed(platform: &Platform, confirmed: bool) {
    let user = only(platform, "user#").await;
    let value = AttributeValue::Bool(confirmed);
    update_users(platform, &user["pk"], "SET confirmed = :value", value).await;
}

/// Raises the version on both items, as every event does that ends sessions.
async fn raise_version(platform: &Platform) {
    for kind in ["user#", "email#"] {
        let item = only(platform, kind).await;
        let one = AttributeValue::N("1".to_owned());
        let expression = "SET credential_version = credential_version + :value";
        update_users(platform, &item["pk"], expression, one).await;
    }
}

// 67: two facts, not one bit

#[tokio::test]
async fn r67_without_confirmation_an_account_is_confirmed_but_its_address_unproved() {
    let platform = Platform::with(&[("EMAIL_CONFIRMATION", "off")]).await;
    let user = platform.register(ANN).await;
    assert_eq!(user["confirmed"], true);
    assert_eq!(platform.items("outbox").await, []);
    assert_eq!(platform.deliver().await.len(), 0);
    let stored = only(&platform, "user#").await;
    assert_eq!(stored["confirmed"], true);
    assert!(!stored.contains_key("email_proved_at"), "{stored:?}");
    let held = credential(&platform, ANN).await;
    assert!(!held.contains_key("never_confirmed"), "{held:?}");
    platform.signed_in(ANN, PASSWORD).await;
}

#[tokio::test]
async fn r67_activation_confirms_the_account_and_proves_its_address() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    let stored = only(&platform, "user#").await;
    assert_eq!(stored["confirmed"], false);
    assert!(!stored.contains_key("email_proved_at"));
    assert_eq!(credential(&platform, ANN).await["never_confirmed"], true);
    platform.clock.advance_seconds(60);
    let code = code_in(&platform.deliver().await[0].text);
    assert_eq!(activate(&platform, &code).await.status, 200);
    let stored = only(&platform, "user#").await;
    assert_eq!(stored["confirmed"], true);
    assert_eq!(stored["email_proved_at"], START_MS + 60_000);
    assert!(
        !credential(&platform, ANN)
            .await
            .contains_key("never_confirmed")
    );
}

#[tokio::test]
async fn r67_a_mailed_secret_proves_the_address_of_an_account_that_needed_no_confirmation() {
    for by_link in [false, true] {
        let platform = Platform::with(&[("EMAIL_CONFIRMATION", "off")]).await;
        platform.register(ANN).await;
        platform.clock.advance_seconds(5);
        if by_link {
            let link = mailed_link(&platform, ANN).await;
            assert_eq!(reset(&platform, &link, NEW_PASSWORD).await.status, 200);
        } else {
            let password = mailed_password(&platform, ANN).await;
            let stored = only(&platform, "user#").await;
            assert!(
                !stored.contains_key("email_proved_at"),
                "mailing proves nothing"
            );
            platform.signed_in(ANN, &password).await;
        }
        let stored = only(&platform, "user#").await;
        assert_eq!(stored["email_proved_at"], START_MS + 5_000);
    }
}

#[tokio::test]
async fn r67_the_first_proof_of_an_address_keeps_its_time() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    platform.clock.advance_seconds(DAY);
    let password = mailed_password(&platform, ANN).await;
    platform.signed_in(ANN, &password).await;
    assert_eq!(only(&platform, "user#").await["email_proved_at"], START_MS);
}

// 68: lost mails and squatters

#[tokio::test]
async fn r68_an_unconfirmed_account_signs_in_with_a_mailed_password_only() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    let password = mailed_password(&platform, ANN).await;
    let refused = platform.login(ANN, PASSWORD).await;
    assert_eq!(
        refused.whole(),
        "400\n{\"error\":\"the account has not been activated\"}"
    );
    assert_eq!(platform.items("sessions").await, []);
    let session = platform.signed_in(ANN, &password).await;
    assert_eq!(session.user["confirmed"], true);
    let stored = only(&platform, "user#").await;
    assert_eq!(
        (&stored["confirmed"], &stored["email_proved_at"]),
        (&json!(true), &json!(START_MS))
    );
    assert!(
        !credential(&platform, ANN)
            .await
            .contains_key("never_confirmed")
    );
}

#[tokio::test]
async fn r68_a_reset_link_confirms_an_unconfirmed_account() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    let link = mailed_link(&platform, ANN).await;
    assert_eq!(reset(&platform, &link, NEW_PASSWORD).await.status, 200);
    let session = platform.signed_in(ANN, NEW_PASSWORD).await;
    assert_eq!(session.user["confirmed"], true);
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
    let stored = only(&platform, "user#").await;
    assert_eq!(stored["email_proved_at"], START_MS);
    assert!(
        !credential(&platform, ANN)
            .await
            .contains_key("never_confirmed")
    );
}

#[tokio::test]
async fn r68_recovering_an_unconfirmed_account_ends_the_sessions_made_before() {
    for by_link in [false, true] {
        let platform = Platform::start().await;
        let session = platform.new_session(ANN).await;
        set_confirmed(&platform, false).await;
        assert_lives(&platform, &session).await;
        if by_link {
            let link = mailed_link(&platform, ANN).await;
            assert_lives(&platform, &session).await;
            assert_eq!(reset(&platform, &link, NEW_PASSWORD).await.status, 200);
        } else {
            let password = mailed_password(&platform, ANN).await;
            assert_lives(&platform, &session).await;
            platform.signed_in(ANN, &password).await;
        }
        assert_ended(&platform, &session).await;
        assert_eq!(only(&platform, "user#").await["confirmed"], true);
    }
}

#[tokio::test]
async fn r68_within_a_day_an_unconfirmed_account_keeps_its_address() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    platform.deliver().await;
    let before = platform.items("users").await;
    platform
        .clock
        .advance(SignedDuration::from_millis(DAY * 1000 - 1));
    let refused = register(&platform, ANN, NEW_PASSWORD).await;
    assert_eq!(
        refused.whole(),
        "400\n{\"error\":\"the e-mail address is already registered\"}"
    );
    assert_eq!(platform.items("users").await, before);
    assert_eq!(platform.items("outbox").await, []);
}

#[tokio::test]
async fn r68_after_a_day_an_unconfirmed_account_gives_its_address_to_the_next() {
    let platform = Platform::start().await;
    let squatter = platform.register("Ann@Example.com").await;
    let old = only(&platform, "user#").await;
    // Mailed late, so that the old code would still be within its own day.
    platform.clock.advance_seconds(DAY / 2);
    let old_code = code_in(&platform.deliver().await[0].text);
    platform.clock.advance_seconds(DAY / 2);
    let answer = register(&platform, ANN, NEW_PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let owner = answer.json()["user"].clone();
    assert_ne!(owner["id"], squatter["id"]);
    assert_eq!(owner["confirmed"], false);

    let now_ms = START_MS + DAY * 1000;
    let tombstone = json!({
        "pk": old["pk"],
        "deleted_at": now_ms,
        "expires": (now_ms / 1000) + 30 * DAY,
    });
    let accounts = users_of_kind(&platform, "user#").await;
    assert!(
        accounts.iter().any(|item| json!(item) == tombstone),
        "{accounts:?}"
    );
    assert_eq!(accounts.len(), 2);
    let markers = users_of_kind(&platform, "number#").await;
    assert_eq!(markers.len(), 1, "{markers:?}");
    assert_eq!(markers[0]["pk"], format!("number#{}", owner["id"]));
    let held = credential(&platform, ANN).await;
    assert_eq!(held["user_id"], markers[0]["user_id"]);
    assert_eq!(held["created_at"], now_ms);
    let mut kinds: Vec<_> = platform
        .items("outbox")
        .await
        .iter()
        .map(|intent| intent["kind"].clone())
        .collect();
    kinds.sort_by_key(Value::to_string);
    assert_eq!(kinds, ["activation", "erase"]);

    assert_eq!(
        activate(&platform, &old_code).await.status,
        400,
        "the old code is dead"
    );
    assert_eq!(
        platform.login(ANN, PASSWORD).await.status,
        401,
        "so is the old password"
    );
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    let old_id = old["pk"].as_str().and_then(|pk| pk.strip_prefix("user#"));
    for table in ["attributes", "codes"] {
        let items = platform.items(table).await;
        assert_eq!(items.len(), 1, "{table}: {items:?}");
        assert_ne!(items[0]["user_id"].as_str(), old_id, "{table}");
    }
    assert_eq!(activate(&platform, &old_code).await.status, 400);
    assert_eq!(
        activate(&platform, &code_in(&mails[0].text)).await.status,
        200
    );
    platform.signed_in(ANN, NEW_PASSWORD).await;
}

#[tokio::test]
async fn r68_a_recovery_asked_for_by_the_replaced_account_reaches_only_the_new_one() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    let old_link = mailed_link(&platform, ANN).await;
    platform.clock.advance_seconds(DAY);
    assert_eq!(register(&platform, ANN, NEW_PASSWORD).await.status, 200);
    assert_eq!(reset(&platform, &old_link, PASSWORD).await.status, 400);
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
}

#[tokio::test]
async fn r68_an_account_once_confirmed_is_never_replaced() {
    for confirmed_by in ["code", "mailed password", "link", "configuration"] {
        let confirmation = if confirmed_by == "configuration" {
            "off"
        } else {
            "on"
        };
        let platform = Platform::with(&[("EMAIL_CONFIRMATION", confirmation)]).await;
        platform.register(ANN).await;
        match confirmed_by {
            "code" => {
                let code = code_in(&platform.deliver().await[0].text);
                assert_eq!(activate(&platform, &code).await.status, 200);
            }
            "mailed password" => {
                let password = mailed_password(&platform, ANN).await;
                platform.signed_in(ANN, &password).await;
            }
            "link" => {
                let link = mailed_link(&platform, ANN).await;
                assert_eq!(reset(&platform, &link, PASSWORD).await.status, 200);
            }
            _ => {}
        }
        set_confirmed(&platform, false).await;
        platform.clock.advance_seconds(1000 * DAY);
        let before = platform.items("users").await;
        let refused = register(&platform, ANN, NEW_PASSWORD).await;
        assert_eq!(refused.status, 400, "{confirmed_by}: {}", refused.body);
        assert_eq!(platform.items("users").await, before, "{confirmed_by}");
    }
}

#[tokio::test]
async fn r68_the_owner_who_confirms_first_wins_against_a_replacement() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    platform.clock.advance_seconds(DAY);
    let code = code_in(&platform.deliver().await[0].text);
    platform.connector.forget();
    // The replacement has read the account and is about to write.
    platform
        .connector
        .inject_after(1, "TransactWriteItems", Fault::Held, 1);
    let replacing = register(&platform, ANN, NEW_PASSWORD);
    let confirming = async {
        platform.connector.begun("TransactWriteItems", 2).await;
        let activated = activate(&platform, &code).await;
        platform.connector.heal();
        activated
    };
    let (replaced, activated) = tokio::join!(replacing, confirming);
    assert_eq!((replaced.status, activated.status), (400, 200));
    platform.signed_in(ANN, PASSWORD).await;
    assert_eq!(users_of_kind(&platform, "number#").await.len(), 1);
}

// 69: the dialect in the token

#[tokio::test]
async fn r69_a_token_and_its_session_name_their_dialect_and_open_no_other() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    for token in [&session.access_token, &session.refresh_token] {
        let claims = token.split('.').nth(1).expect("claims");
        let claims = BASE64URL_NOPAD
            .decode(claims.as_bytes())
            .expect("base64url");
        let claims: Value = serde_json::from_slice(&claims).expect("JSON");
        assert_eq!(claims["dialect"], "user-service");
    }
    let stored = platform.items("sessions").await.remove(0);
    assert_eq!(stored["dialect"], "user-service");
    let key = |name: &str| AttributeValue::S(stored[name].as_str().expect("a key").to_owned());
    platform
        .database()
        .update_item()
        .table_name("gatehouse-sessions")
        .key("user_id", key("user_id"))
        .key("session_id", key("session_id"))
        .update_expression("SET dialect = :other")
        .expression_attribute_values(":other", AttributeValue::S("security".to_owned()))
        .send()
        .await
        .expect("the session changes");
    assert_ended(&platform, &session).await;
}

// 70: deletion

async fn delete_account(platform: &Platform, session: &Session) -> Answer {
    platform
        .delete(&v1("user"))
        .bearer(&session.access_token)
        .send()
        .await
}

#[tokio::test]
async fn r70_deletion_leaves_a_tombstone_without_personal_data_and_an_intent_to_erase() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    platform
        .post(&v1("attributes"))
        .bearer(&session.access_token)
        .json(&json!({ "attributeKey": "pet", "attributeText": "a canary" }))
        .send()
        .await;
    let account = only(&platform, "user#").await;
    platform.connector.forget();
    let answer = delete_account(&platform, &session).await;
    assert_eq!(answer.whole(), "204\n");
    let writes: Vec<_> = platform
        .connector
        .calls()
        .into_iter()
        .filter(|call| !call.starts_with("BatchGetItem"))
        .collect();
    assert_eq!(
        writes,
        ["TransactWriteItems users+users+users+outbox"],
        "one transaction and nothing else"
    );
    assert_eq!(
        json!(platform.items("users").await),
        json!([{
            "pk": account["pk"],
            "deleted_at": START_MS,
            "expires": START_MS / 1000 + 30 * DAY,
        }])
    );
    let outbox = platform.items("outbox").await;
    assert_eq!(outbox.len(), 1);
    assert_eq!(outbox[0]["kind"], "erase");
    assert_eq!(
        format!("user#{}", outbox[0]["user_id"].as_str().expect("an id")),
        account["pk"].as_str().expect("a key")
    );
    assert_eq!(platform.deliver().await.len(), 0, "no mail");
    for table in ["attributes", "sessions", "codes", "outbox"] {
        assert_eq!(platform.items(table).await, [], "{table}");
    }
    let dump = platform.dump().await;
    assert!(!dump.contains(ANN) && !dump.contains("canary"), "{dump}");
    platform.clock.advance_seconds(30 * DAY);
    let context = &platform.local.foundation.context;
    context
        .store
        .sweep_expired(platform.clock.now())
        .await
        .expect("a sweep");
    assert_eq!(platform.items("users").await, []);
}

#[tokio::test]
async fn r70_a_deletion_that_fails_changes_nothing() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let before = platform.dump().await;
    platform
        .connector
        .inject("TransactWriteItems", Fault::AccessDenied, 1);
    let answer = delete_account(&platform, &session).await;
    assert_eq!(
        answer.whole(),
        "503\n{\"error\":\"temporarily unavailable\"}"
    );
    assert_eq!(platform.dump().await, before);
    assert_lives(&platform, &session).await;
    assert_eq!(delete_account(&platform, &session).await.status, 204);
}

#[tokio::test]
async fn r70_every_reader_takes_a_tombstone_for_absent() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    let activation = code_in(&platform.deliver().await[0].text);
    let link = mailed_link(&platform, ANN).await;
    let code_before_use = activate(&platform, &activation).await;
    assert_eq!(code_before_use.status, 200);
    let session = platform.signed_in(ANN, PASSWORD).await;
    ask_for_password(&platform, ANN).await;
    assert_eq!(delete_account(&platform, &session).await.status, 204);
    // Nothing has been erased yet: the tombstone alone must do.
    assert_eq!(platform.items("sessions").await.len(), 1);
    assert_ended(&platform, &session).await;
    for (method, path) in [
        (http::Method::GET, "status"),
        (http::Method::GET, "profile"),
        (http::Method::POST, "profile"),
        (http::Method::GET, "attributes"),
        (http::Method::POST, "attributes"),
        (http::Method::DELETE, "attributes"),
        (http::Method::DELETE, "user"),
    ] {
        let answer = platform
            .request(method.clone(), &v1(path))
            .bearer(&session.access_token)
            .json(&json!({ "attributeKey": "a", "attributeText": "b" }))
            .send()
            .await;
        assert_eq!(answer.status, 401, "{method} {path}: {}", answer.body);
    }
    let unknown = platform.login("unknown@example.com", PASSWORD).await;
    let deleted = platform.login(ANN, PASSWORD).await;
    assert_eq!(deleted.whole(), unknown.whole());
    assert_eq!(activate(&platform, &activation).await.status, 400);
    assert_eq!(reset(&platform, &link, NEW_PASSWORD).await.status, 400);
    assert_eq!(
        platform.deliver().await.len(),
        0,
        "nothing is mailed to a deleted account"
    );
    assert_eq!(platform.items("outbox").await, []);
}

#[tokio::test]
async fn r70_the_address_is_free_at_once_and_the_erasure_spares_its_next_owner() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    assert_eq!(delete_account(&platform, &session).await.status, 204);
    let intent = platform.items("outbox").await.remove(0);
    let erase: std::collections::HashMap<_, _> = platform
        .database()
        .get_item()
        .table_name("gatehouse-outbox")
        .key(
            "id",
            AttributeValue::S(intent["id"].as_str().expect("an id").to_owned()),
        )
        .send()
        .await
        .expect("a read")
        .item
        .expect("the intent");
    let answer = register(&platform, ANN, NEW_PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_ne!(answer.json()["user"]["id"], session.user["id"]);
    let mails = platform.deliver().await;
    assert_eq!(
        activate(&platform, &code_in(&mails[0].text)).await.status,
        200
    );
    let next = platform.signed_in(ANN, NEW_PASSWORD).await;
    platform
        .post(&v1("attributes"))
        .bearer(&next.access_token)
        .json(&json!({ "attributeKey": "pet", "attributeText": "cat" }))
        .send()
        .await;
    let tables = ["users", "attributes", "sessions", "codes"];
    let mut before = Vec::new();
    for table in tables {
        before.push(platform.items(table).await);
    }
    platform
        .database()
        .put_item()
        .table_name("gatehouse-outbox")
        .set_item(Some(erase))
        .send()
        .await
        .expect("the intent is back");
    assert_eq!(platform.deliver().await.len(), 0);
    for (table, before) in tables.iter().zip(before) {
        assert_eq!(platform.items(table).await, before, "{table}");
    }
    assert_lives(&platform, &next).await;
    assert_ended(&platform, &session).await;
}

// 74: the credential item

#[tokio::test]
async fn r74_a_year_later_every_account_still_signs_in_and_the_guards_are_gone() {
    let platform = Platform::start().await;
    let strangers = ["who@example.com", "is@example.com", "there@example.com"];
    for email in strangers {
        assert_eq!(platform.login(email, WRONG).await.status, 401);
    }
    let accounts = ["ann@example.com", "ben@example.com", "cem@example.com"];
    platform.register_confirmed(accounts[0]).await;
    platform.signed_in(accounts[0], PASSWORD).await;
    platform.register_confirmed(accounts[1]).await;
    platform.login(accounts[1], WRONG).await;
    // This one's address was tried before it was registered: its guard must not outlive as a TTL.
    platform.login(accounts[2], WRONG).await;
    platform.register_confirmed(accounts[2]).await;
    platform.login(accounts[2], WRONG).await;
    platform.signed_in(accounts[2], PASSWORD).await;
    let items = users_of_kind(&platform, "email#").await;
    assert_eq!(items.len(), 6);
    for item in items {
        let expected = if item.contains_key("user_id") {
            json!("never")
        } else {
            json!(START_MS / 1000 + 30 * DAY)
        };
        assert_eq!(item["expires"], expected, "{item:?}");
    }
    platform.clock.advance_seconds(365 * DAY);
    let context = &platform.local.foundation.context;
    context
        .store
        .sweep_expired(platform.clock.now())
        .await
        .expect("a sweep");
    assert_eq!(
        users_of_kind(&platform, "email#").await.len(),
        3,
        "the guards are gone"
    );
    assert_eq!(platform.items("sessions").await, []);
    for email in accounts {
        platform.signed_in(email, PASSWORD).await;
    }
}

#[tokio::test]
async fn r74_what_strangers_type_is_stored_nowhere() {
    let platform = Platform::start().await;
    platform.login("stranger@example.com", WRONG).await;
    ask_for_password(&platform, "stranger@example.com").await;
    for path in ["/reset-password/request", "/activate/resend"] {
        platform
            .post(path)
            .header("origin", PUBLIC_URL)
            .form(&[("email", "Stranger@Example.com")])
            .send()
            .await;
    }
    let dump = platform.dump().await.to_lowercase();
    assert!(!dump.contains("stranger"), "{dump}");
    assert!(!dump.contains(&HEXLOWER.encode(b"stranger")), "{dump}");
    assert!(
        dump.contains(&credential_key("stranger@example.com")),
        "{dump}"
    );
    platform.deliver().await;
    assert!(!platform.dump().await.to_lowercase().contains("stranger"));
}

#[tokio::test]
async fn r74_a_registration_takes_the_place_of_a_guard_and_of_its_count() {
    let platform = Platform::start().await;
    for _ in 0..4 {
        platform.login(ANN, WRONG).await;
    }
    platform.register_confirmed(ANN).await;
    let held = credential(&platform, ANN).await;
    assert!(!held.contains_key("failures"), "{held:?}");
    for _ in 0..4 {
        assert_eq!(platform.login(ANN, WRONG).await.status, 401);
    }
    platform.signed_in(ANN, PASSWORD).await;
}

// 75: the version of the credential

#[tokio::test]
async fn r75_a_password_that_changes_while_the_hash_runs_refuses_the_sign_in() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    platform.connector.forget();
    platform.connector.inject("GetItem users", Fault::Held, 1);
    let changing = async {
        platform.connector.begun("GetItem users", 1).await;
        raise_version(&platform).await;
        platform.connector.heal();
    };
    let (answer, ()) = tokio::join!(platform.login(ANN, PASSWORD), changing);
    assert_eq!(
        answer.whole(),
        "401\n{\"error\":\"wrong e-mail address or password\"}"
    );
    assert_eq!(platform.items("sessions").await, [], "no session is left");
}

#[tokio::test]
async fn r75_a_refused_session_that_cannot_be_deleted_is_dead_all_the_same() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    platform.connector.forget();
    platform.connector.inject("GetItem users", Fault::Held, 1);
    let changing = async {
        platform.connector.begun("GetItem users", 1).await;
        raise_version(&platform).await;
        platform.connector.heal();
        let fault = Fault::AccessDenied;
        platform.connector.inject("DeleteItem sessions", fault, 1);
    };
    let (answer, ()) = tokio::join!(platform.login(ANN, PASSWORD), changing);
    assert_eq!(answer.status, 503, "{}", answer.body);
    let left = platform.items("sessions").await.remove(0);
    let held = credential(&platform, ANN).await;
    assert_eq!(
        (&left["credential_version"], &held["credential_version"]),
        (&json!(1), &json!(2))
    );
}

#[tokio::test]
async fn r75_a_password_that_changes_before_the_last_write_leaves_no_live_session() {
    // Which of the two last writes comes late.
    for (skip, late) in [(0, "PutItem sessions"), (1, "UpdateItem users")] {
        let platform = Platform::start().await;
        platform.register_confirmed(ANN).await;
        let link = mailed_link(&platform, ANN).await;
        platform.connector.forget();
        platform.connector.inject_after(skip, late, Fault::Held, 1);
        let changing = async {
            platform.connector.begun(late, skip + 1).await;
            let done = reset(&platform, &link, NEW_PASSWORD).await;
            platform.connector.heal();
            done
        };
        let (answer, changed) = tokio::join!(platform.login(ANN, PASSWORD), changing);
        assert_eq!(changed.status, 200, "{late}");
        if answer.status == 200 {
            let body = answer.json();
            let text = |name: &str| body[name].as_str().expect("a token").to_owned();
            let session = Session {
                access_token: text("accessToken"),
                refresh_token: text("refreshToken"),
                user: body["user"].clone(),
            };
            assert_ended(&platform, &session).await;
        } else {
            assert_eq!(answer.status, 401, "{late}: {}", answer.body);
            assert_eq!(platform.items("sessions").await, [], "{late}");
        }
        assert_eq!(platform.login(ANN, PASSWORD).await.status, 401, "{late}");
        platform.signed_in(ANN, NEW_PASSWORD).await;
    }
}

#[tokio::test]
async fn r75_a_session_takes_the_version_that_came_with_the_hash() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let stored = platform.items("sessions").await.remove(0);
    assert_eq!(
        stored["credential_version"],
        credential(&platform, ANN).await["credential_version"]
    );
    raise_version(&platform).await;
    assert_ended(&platform, &session).await;
    let session = platform.signed_in(ANN, PASSWORD).await;
    assert_lives(&platform, &session).await;
}

#[tokio::test]
async fn r75_what_ends_sessions_raises_the_version_on_both_items_at_once() {
    for by_link in [false, true] {
        let platform = Platform::start().await;
        let session = platform.new_session(ANN).await;
        let before = credential(&platform, ANN).await["credential_version"]
            .as_i64()
            .expect("a number");
        platform.connector.forget();
        if by_link {
            let link = mailed_link(&platform, ANN).await;
            assert_eq!(reset(&platform, &link, NEW_PASSWORD).await.status, 200);
        } else {
            let password = mailed_password(&platform, ANN).await;
            platform.signed_in(ANN, &password).await;
        }
        let transactions = platform.connector.calls();
        let transactions = transactions
            .iter()
            .filter(|call| call.starts_with("TransactWriteItems users+users"));
        assert_eq!(transactions.count(), 1);
        for kind in ["email#", "user#"] {
            let version = &only(&platform, kind).await["credential_version"];
            assert_eq!(*version, before + 1, "{kind}");
        }
        assert_ended(&platform, &session).await;
    }
}

#[tokio::test]
async fn r75_a_new_version_voids_the_codes_of_the_old_one() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let link = mailed_link(&platform, ANN).await;
    let password = mailed_password(&platform, ANN).await;
    platform.signed_in(ANN, &password).await;
    let refused = reset(&platform, &link, NEW_PASSWORD).await;
    assert_eq!(refused.status, 400);
    assert_eq!(platform.login(ANN, NEW_PASSWORD).await.status, 401);
    platform.signed_in(ANN, &password).await;
}

// 76: the mailed password

#[tokio::test]
async fn r76_a_mailed_password_is_stored_as_a_keyed_digest_only() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let password = mailed_password(&platform, ANN).await;
    let held = credential(&platform, ANN).await;
    assert_eq!(held["mailed_digest"].as_str().map(str::len), Some(64));
    let bare = digest(&SHA256, password.as_bytes());
    let bytes = data_encoding::BASE32_NOPAD
        .decode(password[..24].to_uppercase().as_bytes())
        .expect("base32");
    let dump = platform.dump().await;
    for (what, secret) in [
        ("the password", password.clone()),
        ("in hex", HEXLOWER.encode(password.as_bytes())),
        ("in base64", BASE64URL_NOPAD.encode(password.as_bytes())),
        ("its bytes", HEXLOWER.encode(&bytes)),
        ("its digest", HEXLOWER.encode(bare.as_ref())),
        (
            "its digest in base64",
            BASE64URL_NOPAD.encode(bare.as_ref()),
        ),
    ] {
        assert!(!dump.contains(&secret), "{what} is stored");
    }
}

#[tokio::test]
async fn r76_a_mailed_password_dies_after_an_hour() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let password = mailed_password(&platform, ANN).await;
    platform.clock.advance_seconds(3600);
    assert_eq!(platform.login(ANN, &password).await.status, 401);
    platform.signed_in(ANN, PASSWORD).await;
    let password = mailed_password(&platform, ANN).await;
    platform.clock.advance_seconds(3599);
    platform.signed_in(ANN, &password).await;
}

#[tokio::test]
async fn r76_its_first_use_makes_a_mailed_password_the_password() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let password = mailed_password(&platform, ANN).await;
    platform.signed_in(ANN, PASSWORD).await;
    assert_lives(&platform, &session).await;
    let before = credential(&platform, ANN).await;
    platform.signed_in(ANN, &password).await;
    let after = credential(&platform, ANN).await;
    let hash = after["password_hash"].as_str().expect("a hash");
    assert!(hash.starts_with("$argon2id$"), "{hash}");
    assert_ne!(after["password_hash"], before["password_hash"]);
    for member in [
        "mailed_digest",
        "mailed_intent",
        "mailed_expires",
        "mailed_key_version",
    ] {
        assert!(
            before.contains_key(member) && !after.contains_key(member),
            "{member}"
        );
    }
    assert_ended(&platform, &session).await;
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
    platform.clock.advance_seconds(2 * 3600);
    platform.signed_in(ANN, &password).await;
}

#[tokio::test]
async fn r76_a_mailed_password_passes_a_locked_account() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let password = mailed_password(&platform, ANN).await;
    lock(&platform, ELSEWHERE, ANN).await;
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 429);
    platform.signed_in(ANN, &password).await;
    let held = credential(&platform, ANN).await;
    assert_eq!(
        (&held["failures"], &held["failures_in_a_row"]),
        (&json!(0), &json!(0))
    );
    platform.signed_in(ANN, &password).await;
}

#[tokio::test]
async fn r76_an_expired_mailed_password_passes_no_lock() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let password = mailed_password(&platform, ANN).await;
    platform.clock.advance_seconds(3600);
    lock(&platform, ELSEWHERE, ANN).await;
    assert_eq!(platform.login(ANN, &password).await.status, 429);
}

// 77: the lock

/// Fails often enough for a lock of eight seconds.
async fn lock(platform: &Platform, source: &str, email: &str) {
    for _ in 0..8 {
        assert_eq!(login_from(platform, source, email, WRONG).await.status, 401);
        let failures = credential(platform, email).await["failures"].as_u64();
        platform.clock.advance_seconds(match failures {
            Some(5) => 1,
            Some(6) => 2,
            Some(7) => 4,
            _ => 0,
        });
    }
    assert_eq!(credential(platform, email).await["failures"], 8);
}

#[tokio::test]
async fn r77_five_failures_are_free_then_the_delay_doubles_up_to_fifteen_minutes() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    for _ in 0..5 {
        assert_eq!(platform.login(ANN, WRONG).await.status, 401);
    }
    // A lock of a second is waited out in real time; so this one is jumped over.
    platform.clock.advance_seconds(1);
    assert_eq!(platform.login(ANN, WRONG).await.status, 401);
    for delay in [2, 4, 8, 16, 32, 64, 128, 256, 512] {
        let locked = platform.login(ANN, PASSWORD).await;
        assert_eq!(
            locked.whole(),
            "429\n{\"error\":\"too many attempts\"}",
            "{delay}"
        );
        let seconds = (delay + 1).to_string();
        assert_eq!(locked.header("retry-after"), Some(&*seconds));
        platform
            .clock
            .advance(SignedDuration::from_millis(delay * 1000 - 1001));
        assert_eq!(platform.login(ANN, PASSWORD).await.status, 429, "{delay}");
        platform.clock.advance(SignedDuration::from_millis(1001));
        assert_eq!(platform.login(ANN, WRONG).await.status, 401, "{delay}");
    }
    assert_eq!(credential(&platform, ANN).await["failures"], 15);
    platform.clock.advance_seconds(898);
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 429);
    platform.clock.advance_seconds(2);
    platform.signed_in(ANN, PASSWORD).await;
}

#[tokio::test]
async fn r77_tries_during_the_delay_do_not_count_and_do_not_reach_the_hash() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    lock(&platform, HOME, ANN).await;
    let before = credential(&platform, ANN).await;
    for _ in 0..20 {
        platform.connector.forget();
        assert_eq!(platform.login(ANN, PASSWORD).await.status, 429);
        assert_eq!(
            platform.connector.calls(),
            ["GetItem limits", "UpdateItem users"],
            "the account is not even read"
        );
    }
    assert_eq!(credential(&platform, ANN).await, before);
    platform.clock.advance_seconds(8);
    platform.signed_in(ANN, PASSWORD).await;
}

#[tokio::test]
async fn r77_success_forgets_the_failures() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(platform.login(ANN, WRONG).await.status, 401);
        }
        platform.signed_in(ANN, PASSWORD).await;
        let held = credential(&platform, ANN).await;
        assert_eq!(
            (&held["failures"], &held["failures_in_a_row"]),
            (&json!(0), &json!(0))
        );
    }
}

#[tokio::test]
async fn r77_fifteen_quiet_minutes_begin_the_count_anew() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    lock(&platform, HOME, ANN).await;
    platform.clock.advance_seconds(15 * 60 - 1);
    assert_eq!(platform.login(ANN, WRONG).await.status, 401);
    assert_eq!(
        credential(&platform, ANN).await["failures"],
        9,
        "a second too early"
    );
    platform.clock.advance_seconds(15 * 60);
    assert_eq!(platform.login(ANN, WRONG).await.status, 401);
    let held = credential(&platform, ANN).await;
    assert_eq!(held["failures"], 1);
    assert_eq!(held["failures_in_a_row"], 10, "but not those in a row");
    for _ in 0..4 {
        assert_eq!(platform.login(ANN, WRONG).await.status, 401, "free again");
    }
}

#[tokio::test]
async fn r77_a_known_source_gets_in_while_strangers_have_locked_the_account() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    assert_eq!(login_from(&platform, HOME, ANN, PASSWORD).await.status, 200);
    lock(&platform, ELSEWHERE, ANN).await;
    let locked = credential(&platform, ANN).await;
    assert_eq!(
        login_from(&platform, ELSEWHERE, ANN, PASSWORD).await.status,
        429
    );
    assert_eq!(
        login_from(&platform, "192.0.2.99", ANN, PASSWORD)
            .await
            .status,
        429
    );
    for _ in 0..2 {
        assert_eq!(login_from(&platform, HOME, ANN, PASSWORD).await.status, 200);
    }
    let held = credential(&platform, ANN).await;
    for counter in ["failures", "failures_in_a_row", "failed_at"] {
        assert_eq!(
            held[counter], locked[counter],
            "{counter} is the strangers'"
        );
    }
    assert_eq!(
        login_from(&platform, ELSEWHERE, ANN, PASSWORD).await.status,
        429
    );
    assert!(
        !platform.dump().await.contains(HOME),
        "an address is stored as digest only"
    );
}

#[tokio::test]
async fn r77_known_sources_have_a_counter_of_their_own_with_the_same_delays() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    assert_eq!(login_from(&platform, HOME, ANN, PASSWORD).await.status, 200);
    // A lock that outlives the delays below.
    for _ in 0..12 {
        assert_eq!(
            login_from(&platform, ELSEWHERE, ANN, WRONG).await.status,
            401
        );
        let failures = credential(&platform, ANN).await["failures"].as_u64();
        let delay = failures.and_then(|failures| failures.checked_sub(5));
        platform.clock.advance_seconds(match failures {
            Some(12) | None => 0,
            _ => delay.map_or(0, |power| 1 << power),
        });
    }
    for _ in 0..5 {
        assert_eq!(login_from(&platform, HOME, ANN, WRONG).await.status, 401);
    }
    platform.clock.advance_seconds(1);
    assert_eq!(login_from(&platform, HOME, ANN, WRONG).await.status, 401);
    let refused = login_from(&platform, HOME, ANN, PASSWORD).await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (429, Some("3"))
    );
    platform.clock.advance_seconds(2);
    assert_eq!(credential(&platform, ANN).await["known_failures"], 6);
    assert_eq!(login_from(&platform, HOME, ANN, PASSWORD).await.status, 200);
    let held = credential(&platform, ANN).await;
    assert_eq!(
        (&held["known_failures"], &held["failures"]),
        (&json!(0), &json!(12))
    );
}

#[tokio::test]
async fn r77_the_five_latest_sources_are_known() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let sources: Vec<_> = (1..=6).map(|host| format!("198.51.100.{host}")).collect();
    for source in &sources {
        assert_eq!(
            login_from(&platform, source, ANN, PASSWORD).await.status,
            200
        );
    }
    let known = credential(&platform, ANN).await["known_sources"].clone();
    assert_eq!(known.as_array().map(Vec::len), Some(5));
    lock(&platform, ELSEWHERE, ANN).await;
    assert_eq!(
        login_from(&platform, &sources[0], ANN, PASSWORD)
            .await
            .status,
        429
    );
    for source in &sources[1..] {
        assert_eq!(
            login_from(&platform, source, ANN, PASSWORD).await.status,
            200,
            "{source}"
        );
    }
}

#[tokio::test]
async fn r77_a_source_is_known_only_after_a_sign_in_that_was_let_in() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    assert_eq!(login_from(&platform, HOME, ANN, PASSWORD).await.status, 400);
    assert_eq!(login_from(&platform, HOME, ANN, WRONG).await.status, 401);
    let held = credential(&platform, ANN).await;
    assert!(!held.contains_key("known_sources"), "{held:?}");
    assert!(!held.contains_key("last_sign_in"), "{held:?}");
}

#[tokio::test]
async fn r77_networks_of_one_household_are_one_source() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let (one, same, other) = ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1");
    assert_eq!(login_from(&platform, one, ANN, PASSWORD).await.status, 200);
    lock(&platform, ELSEWHERE, ANN).await;
    assert_eq!(login_from(&platform, same, ANN, PASSWORD).await.status, 200);
    assert_eq!(
        login_from(&platform, other, ANN, PASSWORD).await.status,
        429
    );
}

/// A hundred failures in a row, each after quiet time.
async fn fail_a_hundred_times(platform: &Platform, email: &str) {
    for count in 1..=100 {
        let answer = login_from(platform, ELSEWHERE, email, WRONG).await;
        assert_eq!(answer.status, 401, "{count}");
        platform.clock.advance_seconds(900);
    }
}

#[tokio::test]
async fn r77_after_a_hundred_failures_in_a_row_only_known_sources_pass() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    assert_eq!(login_from(&platform, HOME, ANN, PASSWORD).await.status, 200);
    fail_a_hundred_times(&platform, ANN).await;
    platform.clock.advance_seconds(30 * DAY);
    let refused = login_from(&platform, ELSEWHERE, ANN, PASSWORD).await;
    assert_eq!(refused.whole(), "429\n{\"error\":\"too many attempts\"}");
    assert_eq!(refused.header("retry-after"), Some("901"));
    assert_eq!(login_from(&platform, HOME, ANN, PASSWORD).await.status, 200);
    assert_eq!(
        login_from(&platform, ELSEWHERE, ANN, PASSWORD).await.status,
        429
    );
    assert_eq!(credential(&platform, ANN).await["failures_in_a_row"], 100);
}

#[tokio::test]
async fn r77_the_owner_of_a_locked_account_gets_one_notice_and_gets_in_by_recovery() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    fail_a_hundred_times(&platform, ANN).await;
    for _ in 0..3 {
        assert_eq!(
            login_from(&platform, ELSEWHERE, ANN, WRONG).await.status,
            429
        );
        platform.clock.advance_seconds(900);
    }
    let mails = platform.deliver().await;
    let subjects: Vec<_> = mails.iter().map(|mail| mail.subject.as_str()).collect();
    assert_eq!(subjects.len(), 1, "{subjects:?}");
    assert!(
        mails[0]
            .text
            .contains(&format!("{PUBLIC_URL}/reset-password"))
    );
    assert_eq!(mails[0].to, [ANN]);
    let password = mailed_password(&platform, ANN).await;
    assert_eq!(login_from(&platform, HOME, ANN, PASSWORD).await.status, 429);
    assert_eq!(
        login_from(&platform, HOME, ANN, &password).await.status,
        200
    );
    let held = credential(&platform, ANN).await;
    assert_eq!(
        (&held["failures"], &held["failures_in_a_row"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(
        login_from(&platform, ELSEWHERE, ANN, WRONG).await.status,
        401
    );
    assert_eq!(
        login_from(&platform, HOME, ANN, &password).await.status,
        200
    );
}

#[tokio::test]
async fn r77_a_reset_link_opens_a_locked_account_for_everybody() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    fail_a_hundred_times(&platform, ANN).await;
    let link = mailed_link(&platform, ANN).await;
    assert_eq!(reset(&platform, &link, NEW_PASSWORD).await.status, 200);
    platform.signed_in(ANN, NEW_PASSWORD).await;
}

#[tokio::test]
async fn r77_an_unknown_address_locks_exactly_as_a_known_one() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    platform.register("unconfirmed@example.com").await;
    platform.deliver().await;
    let mut advances = vec![0, 0, 0, 0, 0];
    advances.extend([
        1, 0, 2, 0, 4, 2, 6, 16, 0, 32, 64, 128, 256, 0, 512, 0, 900, 0, 0,
    ]);
    advances.extend([0; 2]);
    // On to a hundred in a row.
    advances.extend([900; 84]);
    let mut statuses = BTreeMap::new();
    for (step, advance) in advances.into_iter().enumerate() {
        platform.clock.advance_seconds(advance);
        let mut seen = Vec::new();
        for email in [ANN, "unconfirmed@example.com", "unknown@example.com"] {
            platform.connector.forget();
            let mut answer = platform.login(email, WRONG).await;
            answer.headers.remove("x-request-id");
            *statuses.entry(answer.status).or_insert(0) += 1;
            seen.push((
                answer.whole(),
                answer.headers,
                platform.connector.round_trips(),
            ));
        }
        assert_eq!(seen[0], seen[1], "step {step}");
        assert_eq!(seen[0], seen[2], "step {step}");
    }
    assert_eq!(statuses[&401], 3 * 100, "{statuses:?}");
    assert!(statuses[&429] > 3 * 5, "{statuses:?}");
    // Each gets its intent; only accounts have somebody to write to.
    assert_eq!(platform.items("outbox").await.len(), 3);
    let mails = platform.deliver().await;
    let mut to: Vec<_> = mails.iter().map(|mail| mail.to[0].as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, [ANN, "unconfirmed@example.com"]);
}

// 78: limits per client

#[tokio::test]
async fn r78_limits_off_switches_off_the_limits_per_client() {
    let platform = Platform::with(&[("LIMITS", "off")]).await;
    for number in 0..40 {
        let email = format!("user{number}@example.com");
        assert_eq!(register(&platform, &email, PASSWORD).await.status, 200);
    }
    assert_eq!(platform.deliver().await.len(), 40);
    for number in 0..110 {
        let email = format!("nobody{number}@example.com");
        assert_eq!(platform.login(&email, WRONG).await.status, 401, "{number}");
    }
    for number in 0..15 {
        ask_for_password(&platform, &format!("user{number}@example.com")).await;
    }
    assert_eq!(platform.deliver().await.len(), 15);
    for item in platform.items("limits").await {
        let key = item["pk"].as_str().expect("a key");
        assert!(!key.contains("client"), "{key}");
    }
}

#[tokio::test]
async fn r78_limits_off_leaves_those_of_accounts_and_mails() {
    let platform = Platform::with(&[("LIMITS", "off")]).await;
    platform.register_confirmed(ANN).await;
    for _ in 0..5 {
        ask_for_password(&platform, ANN).await;
        platform.clock.advance_seconds(1);
    }
    assert_eq!(platform.deliver().await.len(), 3, "three mails an hour");
    lock(&platform, HOME, ANN).await;
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 429);
    platform.register("ben@example.com").await;
    platform.deliver().await;
    platform.clock.advance_seconds(60);
    for _ in 0..3 {
        platform
            .post("/activate/resend")
            .header("origin", PUBLIC_URL)
            .form(&[("email", "ben@example.com")])
            .send()
            .await;
    }
    assert_eq!(
        platform.deliver().await.len(),
        1,
        "one confirmation mail a minute"
    );
}
