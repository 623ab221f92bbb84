//! `GET users`: pages of accounts, oldest first.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{USERS, delete, get, patched, set_attribute};
use crate::harness::{Fault, PASSWORD, Platform, Session};
use crate::user_service::{ANYBODY_MAY_REGISTER, REGISTER, USER, administrator};

async fn page(platform: &Platform, admin: &Session, query: &str) -> Vec<Value> {
    let answer = get(platform, admin, &format!("{USERS}?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    let body = answer.json();
    assert_eq!(body["status"], "success");
    body["users"].as_array().expect("users").clone()
}

async fn ids(platform: &Platform, admin: &Session, query: &str) -> Vec<u64> {
    let users = page(platform, admin, query).await;
    let id = |user: &Value| user["id"].as_u64().expect("an id");
    users.iter().map(id).collect()
}
