//! What ends sessions elsewhere ends them here, and at once.

use http::Method;
use serde_json::json;

use super::{
    ANN, DEVICE, ISOLATED, Login, NEW_PASSWORD, OTHER_DEVICE, SHARING, account, ann, confirmed,
    refusal, signed_in, signed_in_on, signing_in,
};
use crate::harness::{PASSWORD, Platform};
use crate::user_service::administrator;

async fn expect_ended(platform: &Platform, login: &Login) {
    let ended = refusal(401, "the session has ended", "invalid_token");
    for request in [
        login.profile(platform),
        login.check(platform, DEVICE),
        login.change(platform, &json!({ "nickname": "Eve" })),
        login.change_password(platform, PASSWORD, NEW_PASSWORD),
        login.logout(platform),
    ] {
        assert_eq!(request.send().await.whole(), ended);
    }
    let refreshed = login.refresh(platform).send().await;
    let expected = refusal(401, "the refresh token is not valid", "invalid_token");
    assert_eq!(refreshed.whole(), expected);
}

async fn suspend(platform: &Platform, root: &str, suspended: bool) {
    let pk = account(platform, ANN).await["pk"].clone();
    let id = pk.as_str().and_then(|pk| pk.strip_prefix("user#"));
    let path = format!("/security/api/v1/user/{}", id.expect("an id"));
    let change = platform.request(Method::PUT, &path).bearer(root);
    let changed = change.json(&json!({ "suspended": suspended })).send().await;
    assert_eq!(changed.status, 200, "{}", changed.whole());
}

#[tokio::test]
async fn a_suspension_ends_them_and_its_end_does_not_bring_them_back() {
    let platform = Platform::start().await;
    administrator(&platform).await;
    let first = ann(&platform).await;
    let second = signed_in_on(&platform, SHARING, OTHER_DEVICE).await;
    let root = platform.security_token("admin@example.com").await;
    let message = "wrong e-mail address or password";
    for (suspended, status) in [(true, 401), (false, 200)] {
        suspend(&platform, &root, suspended).await;
        expect_ended(&platform, &first).await;
        expect_ended(&platform, &second).await;
        let answer = signing_in(&platform, SHARING, ANN, PASSWORD).send().await;
        assert_eq!(answer.status, status, "{}", answer.whole());
        if suspended {
            assert_eq!(answer.whole(), refusal(401, message, "invalid_credentials"));
        }
    }
}

#[tokio::test]
async fn a_password_that_is_changed_elsewhere_ends_them() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let token = platform.rbac_token(ANN).await;
    let body = json!({
        "user_uid": login.user, "old_password": PASSWORD, "new_password": NEW_PASSWORD,
    });
    let change = platform.post("/rbac/users/reset_password").bearer(&token);
    let changed = change.json(&body).send().await;
    assert_eq!(changed.status, 200, "{}", changed.whole());
    expect_ended(&platform, &login).await;
}

#[tokio::test]
async fn what_ends_them_in_one_realm_leaves_those_of_another() {
    let platform = Platform::start().await;
    let here = ann(&platform).await;
    confirmed(&platform, ISOLATED, ANN).await;
    let there = signed_in(&platform, ISOLATED, ANN).await;
    let token = platform.signed_in(ANN, PASSWORD).await.access_token;
    let delete = platform.delete("/user-service/v1/users/user");
    assert_eq!(delete.bearer(&token).send().await.status, 204);
    platform.deliver().await;
    expect_ended(&platform, &here).await;
    assert_eq!(there.status(&platform).await, 200);
}

#[tokio::test]
async fn sessions_of_this_dialect_are_listed_and_ended_from_the_account_page() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let other = signed_in_on(&platform, SHARING, OTHER_DEVICE).await;
    let mut browser = crate::harness::Browser::signed_in(&platform, ANN).await;
    let page = browser.get(&platform, "/account/sessions").await;
    assert_eq!(
        page.body.matches("name=\"session\"").count(),
        2,
        "{}",
        page.body
    );
    let path = "/account/sessions/end-others";
    assert_eq!(browser.submit(&platform, path, &[]).await.status, 303);
    expect_ended(&platform, &login).await;
    expect_ended(&platform, &other).await;
}
