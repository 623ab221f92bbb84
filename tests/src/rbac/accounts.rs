//! How tests of rows 1 to 7 make accounts, sign in, and look at tokens.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::{AUTHENTICATE, REGISTER, RESET_PASSWORD, VALIDATE};
use crate::harness::{Answer, PASSWORD, Platform, Request, keys, rbac_code_in, signer_of};

pub(super) const ANN: &str = "ann@example.com";
pub(super) const WRONG: &str = "not the password";
pub(super) const NEXT: &str = "nine paper lanterns over the quay";
pub(super) const NOBODY: &str = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
/// The start of the standing clock.
pub(super) const NOW: i64 = 1_767_225_600;

pub(super) fn authentication(platform: &Platform, email: &str, password: &str) -> Request {
    let body = json!({ "email": email, "password": password });
    platform.post(AUTHENTICATE).json(&body)
}

pub(super) async fn authenticate(platform: &Platform, email: &str, password: &str) -> Answer {
    authentication(platform, email, password).send().await
}

pub(super) async fn validate(platform: &Platform, token: &str) -> String {
    let body = json!({ "token": token });
    let answer = platform.post(VALIDATE).json(&body).send().await;
    answer.whole()
}

pub(super) async fn register(platform: &Platform, body: &Value) -> Answer {
    platform.post(REGISTER).json(body).send().await
}

pub(super) async fn reset_password(platform: &Platform, uid: &str, old: &str, new: &str) -> Answer {
    let body = json!({ "user_uid": uid, "old_password": old, "new_password": new });
    platform.post(RESET_PASSWORD).json(&body).send().await
}

/// Where a code is used.
pub(super) fn activation(uid: &str, code: &str) -> String {
    format!("/rbac/users/activate/{uid}/{code}")
}

/// Registers an account, which then waits: the user id and the code that were mailed.
pub(super) async fn waiting(platform: &Platform, email: &str) -> (String, String) {
    waiting_with(platform, email, false).await
}

async fn waiting_with(platform: &Platform, email: &str, reset_password: bool) -> (String, String) {
    let body = json!({
        "name": "Ann Lee", "email": email, "password": PASSWORD, "reset_password": reset_password,
    });
    let answer = register(platform, &body).await;
    assert_eq!(answer.whole(), "200\n\"User Registered\"");
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    rbac_code_in(&mails[0].text)
}

/// Registers and activates `Ann Lee`; the user id.
pub(super) async fn active(platform: &Platform, email: &str) -> String {
    activated(platform, waiting(platform, email).await).await
}

/// The same, with a password that has to be changed first.
pub(super) async fn marked(platform: &Platform, email: &str) -> String {
    activated(platform, waiting_with(platform, email, true).await).await
}

async fn activated(platform: &Platform, (uid, code): (String, String)) -> String {
    let answer = platform.post(&activation(&uid, &code)).send().await;
    assert_eq!(answer.whole(), "200\ntrue");
    uid
}

/// Changes a flag of an account, past the platform.
pub(super) async fn set_flag(platform: &Platform, uid: &str, field: &str, value: bool) {
    use aws_sdk_dynamodb::types::AttributeValue;
    let update = platform
        .database()
        .update_item()
        .table_name("gatehouse-users")
        .key("pk", AttributeValue::S(format!("user#{uid}")))
        .update_expression("SET #field = :value")
        .expression_attribute_names("#field", field)
        .expression_attribute_values(":value", AttributeValue::Bool(value));
    update.send().await.expect("the item changes");
}

/// The items of the Users table whose key begins so.
pub(super) async fn users_of_kind(platform: &Platform, kind: &str) -> Vec<BTreeMap<String, Value>> {
    let mut items = platform.items("users").await;
    items.retain(|item| item["pk"].as_str().is_some_and(|pk| pk.starts_with(kind)));
    items
}

/// Everything of an answer that may not tell one case from another.
pub(super) fn face(answer: &Answer) -> String {
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", value.to_str().expect("a text")))
        .collect();
    headers.sort();
    format!("{}\n{}", headers.join("\n"), answer.whole())
}

/// Header (0) or claims (1) of a token.
pub(super) fn part(token: &str, index: usize) -> Value {
    let segment = token.split('.').nth(index).expect("a segment");
    let bytes = BASE64URL_NOPAD.decode(segment.as_bytes());
    serde_json::from_slice(&bytes.expect("base64url")).expect("JSON")
}

/// The `kid` of the platform's key for an algorithm.
pub(super) fn kid_for(algorithm: &str) -> String {
    let published = keys().key_set().expect("a key set").keys;
    let mut of_algorithm = published.into_iter();
    let key = of_algorithm.find(|key| key.algorithm.as_str() == algorithm);
    key.expect("a key").kid
}

/// A token with any header and claims, signed by the platform's key of this name.
pub(super) async fn sign(kid: &str, header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let message = format!("{}.{}", encode(header), encode(claims));
    let keys = keys();
    let signature = signer_of(&keys).sign(kid, message.as_bytes()).await;
    let signature = BASE64URL_NOPAD.encode(&signature.expect("a signature"));
    format!("{message}.{signature}")
}

/// The object with these members set; a null removes.
pub(super) fn with(object: &Value, changes: &Value) -> Value {
    let mut object = object.as_object().expect("an object").clone();
    for (name, value) in changes.as_object().expect("changes") {
        object.remove(name);
        if !value.is_null() {
            object.insert(name.clone(), value.clone());
        }
    }
    Value::Object(object)
}
