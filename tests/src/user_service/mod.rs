//! The User Service dialect, route by route.

mod access_token;
mod activate;
mod admin;
mod attributes;
mod delete;
mod hostile_input;
mod login;
mod misc;
mod new_password;
mod profile;
mod register;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::domain::{EmailAddress, NewPassword};

use crate::harness::{Answer, PASSWORD, Platform, Session};

const ACCESS_TOKEN: &str = "/user-service/v1/users/accessToken";
const ACTIVATE: &str = "/user-service/v1/users/activate";
const ATTRIBUTES: &str = "/user-service/v1/users/attributes";
const HEALTH: &str = "/user-service/v1/users/health";
const LOGIN: &str = "/user-service/v1/users/login";
const NEW_PASSWORD: &str = "/user-service/v1/users/newPassword";
const PROFILE: &str = "/user-service/v1/users/profile";
const REGISTER: &str = "/user-service/v1/users/register";
const STATUS: &str = "/user-service/v1/users/status";
const USER: &str = "/user-service/v1/users/user";

/// Status and body, with the tokens left out: they are signed with keys that each run makes.
fn without_tokens(answer: &Answer) -> String {
    let mut parts = answer.whole();
    while let Some(start) = parts.find("eyJ") {
        let length = parts[start..].find('"').expect("the end of the token");
        parts.replace_range(start..start + length, "[token]");
    }
    parts
}

/// What a table holds, an item a line, with what chance or a key of this run made left out.
pub(crate) async fn stored(platform: &Platform, table: &str) -> String {
    let items = platform.items(table).await;
    let lines = items
        .into_iter()
        .map(|item| json!(masked(item)).to_string());
    lines.collect::<Vec<_>>().join("\n")
}

fn masked(item: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let mask = |(name, value): (String, Value)| {
        let value = match (name.as_str(), value.as_str()) {
            ("pk", Some(pk)) if pk.starts_with("user#") => json!("user#[id]"),
            ("pk", Some(pk)) if pk.starts_with("email#") => json!("email#default#[digest]"),
            ("pk", Some(pk)) if pk.starts_with("history#") => json!("history#[id]"),
            ("members" | "hashes", _) => {
                json!(format!("[{} {name}]", value.as_array().map_or(0, Vec::len)))
            }
            ("listing", Some(_)) => json!("default#[nibble]"),
            (
                "user_id" | "session_id" | "id" | "intent_id" | "mailed_intent" | "password_hash"
                | "digest" | "mailed_digest" | "address" | "attempt",
                _,
            ) => json!(format!("[{name}]")),
            ("known_sources", _) => {
                json!(format!(
                    "[{} sources]",
                    value.as_array().map_or(0, Vec::len)
                ))
            }
            _ => value,
        };
        (name, value)
    };
    item.into_iter().map(mask).collect()
}

/// Makes the administrator that an installation starts with, who has number 1 if nobody registered before.
pub(crate) async fn administrator(platform: &Platform) -> Session {
    let foundation = &platform.local.foundation;
    let passwords = foundation.passwords().expect("passwords");
    let email = EmailAddress::parse("admin@example.com").expect("an address");
    let password = NewPassword::parse(PASSWORD, &[]).expect("a good password");
    let hash = passwords.hash(password.as_password()).await;
    let secrets = &platform.local.secrets;
    foundation
        .bootstrap(secrets)
        .expect("the keys")
        .ensure_administrator(&email, Some(&hash.expect("a hash")))
        .await
        .expect("an administrator");
    platform.signed_in("admin@example.com", PASSWORD).await
}

/// Expects that nothing was stored since `before` was dumped, and that nothing is about to be sent.
pub(crate) async fn expect_nothing_done(platform: &Platform, before: &str, what: &str) {
    assert_eq!(platform.dump().await, before, "{what}");
    assert_eq!(platform.deliver().await.len(), 0, "{what}");
}

/// Changes an account's item in a way that no route of this dialect can.
pub(crate) async fn set_on_account(platform: &Platform, number: u64, field: &str, value: bool) {
    use aws_sdk_dynamodb::types::AttributeValue;
    let users = platform.items("users").await;
    let account = users
        .iter()
        .find(|item| item.get("user_number") == Some(&json!(number)))
        .expect("the account");
    let pk = account["pk"].as_str().expect("a key").to_owned();
    platform
        .database()
        .update_item()
        .table_name("gatehouse-users")
        .key("pk", AttributeValue::S(pk))
        .update_expression("SET #field = :value")
        .expression_attribute_names("#field", field)
        .expression_attribute_values(":value", AttributeValue::Bool(value))
        .send()
        .await
        .expect("the item can be changed");
}
