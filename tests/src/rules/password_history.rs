//! What an account's password has been: every way to set another one remembers it, and document 001's rule refuses by it.

use serde_json::{Value, json};
use shared::domain::{Dialect, Password, PasswordRule, UserId};
use shared::error::Error;
use shared::service::PasswordChangeRequest;

use super::{ANN, NEW_PASSWORD, credential, mailed_link, mailed_password, only, users_of_kind, v1};
use crate::harness::{PASSWORD, Platform};

const STRICT: [&str; 7] = [
    "Lantern-1-harbour",
    "Lantern-2-harbour",
    "Lantern-3-harbour",
    "Lantern-4-harbour",
    "Lantern-5-harbour",
    "Lantern-6-harbour",
    "Lantern-7-harbour",
];

async fn present(platform: &Platform) -> Value {
    credential(platform, ANN).await["password_hash"].clone()
}

/// The hashes that are remembered beside the present one.
async fn former(platform: &Platform) -> Vec<Value> {
    let history = only(platform, "history#").await;
    let members: Vec<_> = history.keys().map(String::as_str).collect();
    assert_eq!(members, ["hashes", "pk"]);
    history["hashes"].as_array().expect("a list").clone()
}

async fn change(platform: &Platform, old: &str, new: &str) {
    let local = &platform.local;
    let passwords = local.foundation.passwords().expect("passwords");
    let change = local.foundation.password_change(&local.secrets, &passwords);
    let held = credential(platform, ANN).await;
    let request = PasswordChangeRequest {
        user: held["user_id"]
            .as_str()
            .and_then(UserId::parse)
            .expect("an id"),
        dialect: Dialect::Rbac,
        old: &Password::parse(old).expect("short enough"),
        new,
        client: None,
    };
    let changed = change.expect("the keys").change(request).await;
    changed.expect("the password is changed");
}

/// Sets a password by the rule of document 001, with the code of a mailed link.
async fn reset_strictly(
    platform: &Platform,
    (uid, code): &(String, String),
    typed: &str,
) -> Result<(), Error> {
    let local = &platform.local;
    let passwords = local.foundation.passwords().expect("passwords");
    let recovery = local.foundation.recovery(&local.secrets, &passwords);
    let recovery = recovery.expect("the keys");
    let user = UserId::parse(uid).expect("an id");
    let reset = recovery.reset_password(user, code, typed, PasswordRule::Strict);
    reset.await
}

#[tokio::test]
async fn every_way_to_set_a_password_remembers_the_ones_before() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    assert_eq!(users_of_kind(&platform, "history#").await.len(), 0);
    let mut expected = vec![present(&platform).await];
    change(&platform, PASSWORD, NEW_PASSWORD).await;
    assert_eq!(former(&platform).await, expected, "by the old one");
    expected.insert(0, present(&platform).await);
    let mailed = mailed_password(&platform, ANN).await;
    platform.signed_in(ANN, &mailed).await;
    assert_eq!(former(&platform).await, expected, "by a mailed one");
    for password in STRICT {
        expected.insert(0, present(&platform).await);
        expected.truncate(4);
        let link = mailed_link(&platform, ANN).await;
        assert_eq!(platform.reset(&link, password).await.status, 200);
        assert_eq!(former(&platform).await, expected, "by a link");
        platform.clock.advance_seconds(3600);
    }
    assert!(!former(&platform).await.contains(&present(&platform).await));
}

#[tokio::test]
async fn the_strict_rule_refuses_the_last_five_and_leaves_the_link_as_it_is() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    for password in &STRICT[..6] {
        let link = mailed_link(&platform, ANN).await;
        let reset = reset_strictly(&platform, &link, password).await;
        reset.expect("the password is set");
        platform.clock.advance_seconds(3600);
    }
    let link = mailed_link(&platform, ANN).await;
    let before = platform.dump().await;
    for refused in &STRICT[1..6] {
        let reset = reset_strictly(&platform, &link, refused).await;
        let why = reset.expect_err(refused).to_string();
        assert_eq!(why, "the password was used before", "{refused}");
    }
    let weak = reset_strictly(&platform, &link, NEW_PASSWORD).await;
    assert_eq!(
        weak.expect_err("no digit").to_string(),
        "the password needs upper and lower case letters, a digit and one of #?!@$%^&*-"
    );
    assert_eq!(platform.dump().await, before);
    let sixth = reset_strictly(&platform, &link, STRICT[0]).await;
    sixth.expect("the sixth last is free again");
    platform.signed_in(ANN, STRICT[0]).await;
}

#[tokio::test]
async fn the_other_dialects_refuse_nothing_by_it() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    change(&platform, PASSWORD, NEW_PASSWORD).await;
    change(&platform, NEW_PASSWORD, PASSWORD).await;
    let link = mailed_link(&platform, ANN).await;
    assert_eq!(platform.reset(&link, NEW_PASSWORD).await.status, 200);
    platform.signed_in(ANN, NEW_PASSWORD).await;
}

#[tokio::test]
async fn what_is_remembered_goes_with_the_account() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    change(&platform, PASSWORD, NEW_PASSWORD).await;
    let session = platform.signed_in(ANN, NEW_PASSWORD).await;
    assert_eq!(former(&platform).await.len(), 1);
    let delete = platform
        .delete(&v1("user"))
        .bearer(&session.access_token)
        .send();
    assert_eq!(delete.await.status, 204);
    platform.deliver().await;
    let left = platform.items("users").await;
    let kinds: Vec<_> = left.iter().map(|item| json!(item["pk"])).collect();
    assert_eq!(left.len(), 1, "{kinds:?}");
    assert!(left[0].contains_key("deleted_at"));
}
