//! What ends sessions elsewhere ends them here, and at once.

use http::Method;
use serde_json::json;
use shared::domain::Dialect;

use super::{ANN, NEW_PASSWORD, confirmation_in, confirming, registered, signed_in, status_of};
use crate::harness::{PASSWORD, Platform};
use crate::user_service::administrator;

/// An account of this dialect, confirmed, with two sessions.
async fn two_sessions(platform: &Platform) -> [String; 2] {
    let first = registered(platform, ANN).await;
    let link = confirmation_in(&platform.deliver().await[0].text);
    assert_eq!(confirming(platform, &link).send().await.status, 204);
    [first, signed_in(platform, ANN, PASSWORD).await]
}

async fn expect(platform: &Platform, held: &[String], status: u16, what: &str) {
    for held in held {
        assert_eq!(status_of(platform, held).await, status, "{what}");
    }
}

#[tokio::test]
async fn a_password_that_is_changed_ends_them() {
    let platform = Platform::start().await;
    let held = two_sessions(&platform).await;
    let token = platform.rbac_token(ANN).await;
    expect(&platform, &held, 200, "before").await;
    let id = platform.items("attributes").await[0]["user_id"].clone();
    let body = json!({ "user_uid": id, "old_password": PASSWORD, "new_password": NEW_PASSWORD });
    let change = platform.post("/rbac/users/reset_password").bearer(&token);
    let changed = change.json(&body).send().await;
    assert_eq!(changed.status, 200, "{}", changed.whole());
    expect(&platform, &held, 401, "after").await;
    signed_in(&platform, ANN, NEW_PASSWORD).await;
}

#[tokio::test]
async fn a_suspension_ends_them_and_its_end_does_not_bring_them_back() {
    let platform = Platform::start().await;
    administrator(&platform).await;
    let held = two_sessions(&platform).await;
    let root = platform.security_token("admin@example.com").await;
    let attributes = platform.items("sessions").await;
    let own = attributes
        .iter()
        .find(|session| session["dialect"] == "session");
    let id = own.expect("a session")["user_id"].clone();
    let path = format!("/security/api/v1/user/{}", id.as_str().expect("an id"));
    for (suspended, signing_in) in [(true, 401), (false, 200)] {
        let change = platform.request(Method::PUT, &path).bearer(&root);
        let changed = change.json(&json!({ "suspended": suspended })).send().await;
        assert_eq!(changed.status, 200, "{}", changed.whole());
        expect(&platform, &held, 401, "suspended or not").await;
        let answer = super::signing_in(&platform, ANN, PASSWORD).send().await;
        assert_eq!(answer.status, signing_in, "{}", answer.whole());
    }
}

#[tokio::test]
async fn ending_all_others_leaves_the_one_that_asks() {
    let platform = Platform::start().await;
    let held = two_sessions(&platform).await;
    let foundation = &platform.local.foundation;
    let sessions = foundation.cookie_sessions(Dialect::Session);
    let resumed = sessions.resume(&held[1]).await.expect("a session");
    let own = foundation.own_sessions();
    let listed = own.list(&resumed.current).await.expect("a list");
    assert_eq!(listed.len(), 2);
    assert!(
        listed
            .iter()
            .all(|session| session.dialect == Dialect::Session)
    );
    own.end_others(&resumed.current).await.expect("they end");
    expect(&platform, &held[..1], 401, "the other").await;
    expect(&platform, &held[1..], 200, "the one that asks").await;
}

#[tokio::test]
async fn a_deleted_account_has_no_sessions() {
    let platform = Platform::start().await;
    let held = two_sessions(&platform).await;
    let token = platform.signed_in(ANN, PASSWORD).await.access_token;
    let delete = platform
        .delete("/user-service/v1/users/user")
        .bearer(&token);
    assert_eq!(delete.send().await.status, 204);
    expect(&platform, &held, 401, "deleted").await;
    platform.deliver().await;
    assert_eq!(super::sessions(&platform).await, 0);
    let answer = super::signing_in(&platform, ANN, PASSWORD).send().await;
    assert_eq!(answer.status, 401);
}
