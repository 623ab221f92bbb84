//! Tokens name their dialect; a deleted account leaves a tombstone.

use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use shared::domain::Clock as _;

use super::{
    ANN, DAY, NEW_PASSWORD, START_MS, activate, ask_for_password, assert_ended, assert_lives,
    mailed_link, only, register, v1,
};
use crate::harness::{Answer, Fault, PASSWORD, Platform, Session, code_in};

#[tokio::test]
async fn a_token_and_its_session_name_their_dialect_and_open_no_other() {
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

async fn delete_account(platform: &Platform, session: &Session) -> Answer {
    platform
        .delete(&v1("user"))
        .bearer(&session.access_token)
        .send()
        .await
}

#[tokio::test]
async fn deletion_leaves_a_tombstone_without_personal_data_and_an_intent_to_erase() {
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
        [
            "PutItem audit",
            "TransactWriteItems users+users+users+outbox"
        ],
        "one transaction, and what is kept of it"
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
async fn a_deletion_that_fails_changes_nothing() {
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
async fn every_reader_takes_a_tombstone_for_absent() {
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
    assert_eq!(platform.reset(&link, NEW_PASSWORD).await.status, 400);
    assert_eq!(
        platform.deliver().await.len(),
        0,
        "nothing is mailed to a deleted account"
    );
    assert_eq!(platform.items("outbox").await, []);
}

#[tokio::test]
async fn the_address_is_free_at_once_and_the_erasure_spares_its_next_owner() {
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
