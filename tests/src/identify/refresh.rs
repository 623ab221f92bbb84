//! Row 7: new tokens for a refresh token, which is good once.

use serde_json::json;

use super::{
    ANN, DEVICE, ISOLATED, Login, OTHER_DEVICE, REFRESH, SHARING, ann, confirmed, envelope, post,
    refusal, sessions, shown, signed_in, signed_in_on,
};
use crate::harness::{Platform, Request};
use crate::user_service::expect_nothing_done;

const DAYS_30: i64 = 30 * 86_400;

fn invalid() -> String {
    refusal(401, "the refresh token is not valid", "invalid_token")
}

/// With a token, on a device, in a project and behind a bearer of one's choice.
fn refreshing(
    platform: &Platform,
    (project, device): (&str, &str),
    refresh_token: &str,
    bearer: &str,
) -> Request {
    let beside = json!({ "deviceId": device, "refreshToken": refresh_token });
    let body = envelope(project, "awsCognito", beside);
    post(platform, REFRESH, &body).bearer(bearer)
}

#[tokio::test]
async fn a_refresh_token_is_replaced_by_another() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    platform.clock.advance_seconds(100);
    let answer = login.refresh(&platform).send().await;
    assert_eq!(
        shown(&answer),
        "200\n{\"result\":1,\"message\":\"OK\",\"data\":{\"accessToken\":\"[accessToken]\",\
         \"profileToken\":\"[profileToken]\",\"refreshToken\":\"[refreshToken]\"}}"
    );
    let next = login.refreshed(&answer);
    assert_ne!(next.refresh, login.refresh);
    assert_ne!(next.access, login.access);
    assert_eq!(next.status(&platform).await, 200);
    assert_eq!(
        login.status(&platform).await,
        200,
        "it lives until it expires"
    );
    assert!(!platform.dump().await.contains(&next.refresh));
    let third = next.refreshed(&next.refresh(&platform).send().await);
    assert_ne!(third.refresh, next.refresh);
    assert_eq!(sessions(&platform).await, 1);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn the_access_token_may_have_expired_and_the_session_may_not() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    platform.clock.advance_seconds(7200);
    assert_eq!(login.status(&platform).await, 401);
    let next = login.refreshed(&login.refresh(&platform).send().await);
    assert_eq!(next.status(&platform).await, 200);
    platform.clock.advance_seconds(DAYS_30 - 7201);
    let last = next.refreshed(&next.refresh(&platform).send().await);
    platform.clock.advance_seconds(1);
    let over = last.refresh(&platform).send().await;
    assert_eq!(over.whole(), invalid(), "30 days after the sign-in");
}

#[tokio::test]
async fn whoever_asks_again_within_ten_seconds_gets_the_same() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let next = login.refreshed(&login.refresh(&platform).send().await);
    platform.clock.advance_seconds(9);
    let again = login.refreshed(&login.refresh(&platform).send().await);
    assert_eq!(again.refresh, next.refresh);
    let third = again.refreshed(&again.refresh(&platform).send().await);
    assert_eq!(third.status(&platform).await, 200);
}

#[tokio::test]
async fn a_token_that_comes_back_later_ends_the_session() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let other = signed_in_on(&platform, SHARING, OTHER_DEVICE).await;
    let next = login.refreshed(&login.refresh(&platform).send().await);
    platform.clock.advance_seconds(11);
    assert_eq!(login.refresh(&platform).send().await.whole(), invalid());
    assert_eq!(next.status(&platform).await, 401);
    assert_eq!(next.refresh(&platform).send().await.whole(), invalid());
    assert_eq!(
        other.status(&platform).await,
        200,
        "the other device's goes on"
    );
    assert_eq!(sessions(&platform).await, 1);
}

#[tokio::test]
async fn what_does_not_belong_together_is_refused_and_used_up_by_nobody() {
    let platform = Platform::start().await;
    let third = "0b7c4a52-6a0f-4f6e-9a39-2f1f3f0a7d11";
    platform
        .put_project(third, &json!({ "providers": { "awsCognito": {} } }))
        .await;
    let login = ann(&platform).await;
    let same_device = signed_in_on(&platform, SHARING, DEVICE).await;
    let other_device = signed_in_on(&platform, SHARING, OTHER_DEVICE).await;
    let other_project = signed_in(&platform, third, ANN).await;
    confirmed(&platform, ISOLATED, ANN).await;
    let other_account = signed_in(&platform, ISOLATED, ANN).await;
    let of_000 = platform.signed_in(ANN, crate::harness::PASSWORD).await;
    let of_002 = platform.rbac_token(ANN).await;
    let before = platform.dump().await;
    let (here, own) = ((SHARING, DEVICE), &*login.refresh);
    let spoilt = format!("{}A", &own[..own.len() - 1]);
    for (what, place, token, bearer) in [
        (
            "another device",
            (SHARING, OTHER_DEVICE),
            own,
            &login.access,
        ),
        ("another project", (third, DEVICE), own, &login.access),
        (
            "an isolated project",
            (ISOLATED, DEVICE),
            own,
            &login.access,
        ),
        (
            "that project's bearer",
            (third, DEVICE),
            own,
            &other_project.access,
        ),
        (
            "that project's bearer here",
            here,
            own,
            &other_project.access,
        ),
        (
            "a bearer of another session",
            here,
            own,
            &same_device.access,
        ),
        ("another device's bearer", here, own, &other_device.access),
        ("another account's bearer", here, own, &other_account.access),
        ("a bearer of 000", here, own, &of_000.access_token),
        ("a bearer of 002", here, own, &of_002),
        ("the profile token as bearer", here, own, &login.profile),
        ("the refresh token as bearer", here, own, &login.refresh),
        ("garbage as bearer", here, own, &"x".to_owned()),
        ("an access token", here, &*login.access, &login.access),
        ("a profile token", here, &*login.profile, &login.access),
        (
            "a token of 000",
            here,
            &*of_000.refresh_token,
            &login.access,
        ),
        ("garbage", here, "x", &login.access),
        ("no text", here, "", &login.access),
        ("a spoilt token", here, &*spoilt, &login.access),
    ] {
        if token == own && place == here && bearer == &login.access {
            continue;
        }
        let answer = refreshing(&platform, place, token, bearer).send().await;
        assert_eq!(answer.whole(), invalid(), "{what}");
    }
    assert_eq!(platform.dump().await, before);
    assert_eq!(login.refresh(&platform).send().await.status, 200);
}

#[tokio::test]
async fn without_a_bearer_or_a_field_nothing_is_refreshed() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let before = platform.dump().await;
    let whole = json!({ "deviceId": DEVICE, "refreshToken": login.refresh });
    let body = envelope(SHARING, "awsCognito", whole);
    let none = post(&platform, REFRESH, &body).send().await;
    assert_eq!(
        none.whole(),
        refusal(401, "an access token is required", "invalid_token")
    );
    for (beside, message) in [
        (json!({}), "deviceId is required"),
        (json!({ "deviceId": DEVICE }), "refreshToken is required"),
        (
            json!({ "refreshToken": login.refresh }),
            "deviceId is required",
        ),
        (
            json!({ "deviceId": "x", "refreshToken": login.refresh }),
            "deviceId is not valid",
        ),
        (
            json!({ "deviceId": DEVICE, "refreshToken": 7 }),
            "refreshToken is not valid",
        ),
        (
            json!({ "data": { "deviceId": DEVICE, "refreshToken": login.refresh } }),
            "deviceId is required",
        ),
    ] {
        let body = envelope(SHARING, "awsCognito", beside);
        let answer = post(&platform, REFRESH, &body).bearer(&login.access);
        let answer = answer.send().await;
        assert_eq!(
            answer.whole(),
            refusal(400, message, "bad_request"),
            "{body}"
        );
    }
    expect_nothing_done(&platform, &before, "malformed").await;
}

#[tokio::test]
async fn more_than_sixty_in_a_minute_are_too_many() {
    let platform = Platform::start().await;
    let mut login = ann(&platform).await;
    for _ in 0..60 {
        login = login.refreshed(&login.refresh(&platform).send().await);
    }
    let answer = login.refresh(&platform).send().await;
    assert_eq!(
        answer.whole(),
        refusal(429, "too many attempts", "rate_limited")
    );
    assert_eq!(answer.header("retry-after"), Some("61"));
    platform.clock.advance_seconds(60);
    let next: Login = login.refreshed(&login.refresh(&platform).send().await);
    assert_eq!(next.status(&platform).await, 200, "it was not used up");
}
