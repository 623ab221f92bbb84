//! Rows 15 to 18: administrators and the accounts of others.

mod access;
mod attributes;
mod change;
mod delete;
mod list;
mod new_address;
mod races;

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use super::ATTRIBUTES;
use crate::harness::{Answer, Platform, Session};

const USERS: &str = "/user-service/v1/users";
/// What any path answers that does not exist.
const NO_SUCH_PATH: &str = "404\n{\"error\":\"no such path\"}";
/// The first account after the administrator's.
const ANN: &str = "/user-service/v1/users/2";

type Item = BTreeMap<String, Value>;

fn account(id: u64) -> String {
    format!("{USERS}/{id}")
}

async fn patch(platform: &Platform, by: &Session, path: &str, body: &Value) -> Answer {
    let request = platform.request(Method::PATCH, path);
    request.bearer(&by.access_token).json(body).send().await
}

/// The same, where it succeeds; the changed user.
async fn patched(platform: &Platform, by: &Session, path: &str, body: &Value) -> Value {
    let answer = patch(platform, by, path, body).await;
    assert_eq!(answer.status, 200, "{body}: {}", answer.body);
    answer.json()["user"].clone()
}

async fn get(platform: &Platform, by: &Session, path: &str) -> Answer {
    platform.get(path).bearer(&by.access_token).send().await
}

async fn delete(platform: &Platform, by: &Session, path: &str) -> Answer {
    platform.delete(path).bearer(&by.access_token).send().await
}

async fn set_attribute(platform: &Platform, by: &Session, key: &str, text: &str) {
    let body = json!({ "attributeKey": key, "attributeText": text });
    let request = platform.post(ATTRIBUTES).bearer(&by.access_token);
    assert_eq!(request.json(&body).send().await.status, 200);
}

/// The account with this number, as it is stored.
async fn account_item(platform: &Platform, number: u64) -> Item {
    let mut users = platform.items("users").await.into_iter();
    users
        .find(|item| item.get("user_number") == Some(&json!(number)))
        .expect("the account")
}

/// The credentials of an account: one, if all is well.
async fn credentials_of(platform: &Platform, account: &Item) -> Vec<Item> {
    let id = account["pk"].as_str().expect("a key").strip_prefix("user#");
    let is_one = |item: &Item| {
        let pk = item["pk"].as_str().unwrap_or_default();
        pk.starts_with("email#") && item.get("user_id").and_then(Value::as_str) == id
    };
    let users = platform.items("users").await.into_iter();
    users.filter(is_one).collect()
}

async fn refresh_status(platform: &Platform, session: &Session) -> u16 {
    let body = json!({ "refreshToken": session.refresh_token });
    let request = platform.post(super::ACCESS_TOKEN).json(&body);
    request.send().await.status
}
