//! Rows 4 to 8: users.

mod allow_list;
mod change;
mod create;
mod delete;
mod history;
mod hostile_input;
mod list;
mod matrix;
mod notes;
mod races;
mod rank;
mod read;
mod roles;
mod second_factor;

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use super::{ADMIN, STRICT_PASSWORD, delete, get, post, put, refusal, start, token};
use crate::harness::{Answer, PASSWORD, Platform};

const NOBODY: &str = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
const ANN: &str = "ann@example.com";
const BEN: &str = "ben@example.com";
const NEXT: &str = "Paper-lantern-9-quay";

type Item = BTreeMap<String, Value>;

/// What somebody may not is told so.
fn forbidden(method: &str) -> String {
    refusal(403, 7, method, "7: not allowed")
}

/// What there is not is told to those who may see all.
fn not_found(method: &str) -> String {
    refusal(404, 404, method, "404: not found")
}

/// A request that is refused by a number of the document.
fn bad(method: &str, description: &str) -> String {
    refusal(400, 400, method, description)
}

/// Makes a user of this role, with a password; the answer's user.
async fn create(platform: &Platform, by: &str, email: &str, role: &str) -> Value {
    let body = json!({ "email": email, "userRole": role, "currentPassword": STRICT_PASSWORD });
    created(&post(platform, by, "user/0", &body).await)
}

fn created(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.whole());
    answer.json()
}

fn id_of(user: &Value) -> String {
    user["id"].as_str().expect("an id").to_owned()
}

/// Makes a user of this role who is signed in: id and token.
async fn somebody(platform: &Platform, by: &str, email: &str, role: &str) -> (String, String) {
    let user = create(platform, by, email, role).await;
    (id_of(&user), token(platform, email, STRICT_PASSWORD).await)
}

/// Changes a user, where it succeeds; the answer's user.
async fn changed(platform: &Platform, by: &str, id: &str, body: &Value) -> Value {
    let answer = put(platform, by, &format!("user/{id}"), body).await;
    assert_eq!(answer.status, 200, "{body}: {}", answer.whole());
    answer.json()
}

/// An item of the Users table.
async fn item(platform: &Platform, pk: &str) -> Option<Item> {
    let mut items = platform.items("users").await.into_iter();
    items.find(|item| item["pk"] == pk)
}

async fn account(platform: &Platform, id: &str) -> Item {
    let account = item(platform, &format!("user#{id}")).await;
    account.expect("an account")
}

/// The credential of a user.
async fn credential(platform: &Platform, id: &str) -> Item {
    let mut items = platform.items("users").await.into_iter();
    let is_one = |item: &Item| {
        let pk = item["pk"].as_str().unwrap_or_default();
        pk.starts_with("email#") && item.get("user_id") == Some(&json!(id))
    };
    items.find(is_one).expect("a credential")
}

/// Whether a token still opens its owner's account.
async fn lives(platform: &Platform, token: &str, id: &str) -> bool {
    let answer = get(platform, token, &format!("user/{id}")).await;
    match answer.status {
        200 => true,
        _ => {
            let ended = refusal(403, 8, "GET", "8: the session has ended");
            assert_eq!(answer.whole(), ended);
            false
        }
    }
}

/// Changes an account's item past the platform.
async fn set_on(
    platform: &Platform,
    pk: &str,
    field: &str,
    value: aws_sdk_dynamodb::types::AttributeValue,
) {
    use aws_sdk_dynamodb::types::AttributeValue;
    let update = platform.database().update_item();
    let update = update
        .table_name("gatehouse-users")
        .key("pk", AttributeValue::S(pk.to_owned()))
        .update_expression("SET #field = :value")
        .expression_attribute_names("#field", field)
        .expression_attribute_values(":value", value);
    update.send().await.expect("the item can be changed");
}

/// Makes somebody an administrator of the User Service.
async fn raise(platform: &Platform, id: &str) {
    let highest = platform.signed_in(ADMIN, PASSWORD).await;
    let number = &account(platform, id).await["user_number"];
    let path = format!("/user-service/v1/users/{number}");
    let request = platform.request(Method::PATCH, &path);
    let request = request.bearer(&highest.access_token);
    let raised = request.json(&json!({ "permissionLevel": 2 })).send().await;
    assert_eq!(raised.status, 200, "{}", raised.whole());
}

/// Gives somebody every permission of document 002.
async fn grant_admin(platform: &Platform, id: &str) {
    let holder = platform.rbac_token(ADMIN).await;
    let grant = platform.post("/rbac/roles/grant").bearer(&holder);
    let body = json!({ "role_id": 1, "user_uid": id });
    let granted = grant.json(&body).send().await;
    assert_eq!(granted.status, 200, "{}", granted.whole());
}
