//! Row 8: signing out.

use super::{
    ANN, LOGOUT, OTHER_DEVICE, SHARING, ann, envelope, post, refusal, sessions, signed_in_on,
};
use crate::harness::{PASSWORD, Platform};
use crate::user_service::expect_nothing_done;

#[tokio::test]
async fn the_session_of_the_token_ends_and_no_other() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let other = signed_in_on(&platform, SHARING, OTHER_DEVICE).await;
    let elsewhere = platform.signed_in(ANN, PASSWORD).await;
    let devices = platform.items("devices").await;
    let answer = login.logout(&platform).send().await;
    assert_eq!(answer.whole(), "200\n{\"result\":1,\"message\":\"OK\"}");
    assert_eq!(sessions(&platform).await, 2);
    assert_eq!(login.status(&platform).await, 401);
    let refreshed = login.refresh(&platform).send().await;
    assert_eq!(
        refreshed.whole(),
        refusal(401, "the refresh token is not valid", "invalid_token")
    );
    assert_eq!(other.status(&platform).await, 200);
    let status = platform.get("/user-service/v1/users/status");
    let status = status.bearer(&elsewhere.access_token).send().await;
    assert_eq!(status.status, 200);
    assert_eq!(platform.items("devices").await, devices, "it stays known");
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn signing_out_twice_says_so() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    assert_eq!(login.logout(&platform).send().await.status, 200);
    let again = login.logout(&platform).send().await;
    assert_eq!(
        again.whole(),
        refusal(401, "the session has ended", "invalid_token")
    );
}

#[tokio::test]
async fn nobody_is_signed_out_without_the_access_token() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let before = platform.dump().await;
    let body = envelope(SHARING, "awsCognito", serde_json::json!({}));
    let none = post(&platform, LOGOUT, &body).send().await;
    assert_eq!(
        none.whole(),
        refusal(401, "an access token is required", "invalid_token")
    );
    for token in [&*login.profile, &login.refresh, "x", ""] {
        let answer = post(&platform, LOGOUT, &body).bearer(token).send().await;
        assert_eq!(answer.status, 401, "{token}");
        assert_eq!(answer.json()["data"]["code"], "invalid_token");
    }
    expect_nothing_done(&platform, &before, "no token").await;
    assert_eq!(login.status(&platform).await, 200);
}
