//! The rules of the core, one by one: each test fails when its rule is taken out.

mod addresses;
mod credential;
mod deletion;
mod email_change;
mod lockout;
mod mailed_password;
mod own_account;
mod own_password;
mod password_change;
mod password_history;
mod reauthentication;
mod reset_code;
mod sign_up;

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::HEXLOWER;
use http::Method;
use local::projects::SHARING;
use serde_json::{Value, json};

use crate::harness::{Answer, PUBLIC_URL, Platform, Request, Session, password_in, reset_code_in};
use crate::rbac::uid_of;

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
    reset_code_in(&with_link.expect("a mail").text)
}

async fn login_from(platform: &Platform, source: &str, email: &str, password: &str) -> Answer {
    platform
        .post(&v1("login"))
        .from(source)
        .json(&json!({ "email": email, "password": password }))
        .send()
        .await
}

/// Requests that prove Ann's password, one to every function that takes one.
async fn proofs(platform: &Platform, password: &str) -> [Request; 6] {
    let ask = |method: Method, path: &str, body: Value| platform.request(method, path).json(&body);
    let data = json!({ "email": ANN, "password": password });
    let identify = json!({
        "projectId": SHARING, "strategy": "email", "provider": "awsCognito", "data": data,
    });
    let change = json!({
        "user_uid": uid_of(platform, ANN).await,
        "old_password": password,
        "new_password": NEW_PASSWORD,
    });
    let by_user_id = json!({ "userId": ANN, "password": password });
    let by_login = json!({ "login": ANN, "password": password });
    [
        ask(Method::POST, &v1("login"), data.clone()),
        ask(Method::POST, "/security/api/v1/oauth2", by_user_id),
        ask(Method::POST, "/rbac/auth/authenticate", data),
        ask(Method::POST, "/rbac/users/reset_password", change),
        ask(Method::POST, "/session/login", by_login),
        ask(Method::PUT, "/identify/v1/user/login", identify),
    ]
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
