//! Row 2: a new access token for a refresh token.

use insta::assert_snapshot;
use serde_json::json;

use super::{
    ACCESS_TOKEN, NEW_PASSWORD, STATUS, USER, expect_nothing_done, set_on_account, without_tokens,
};
use crate::harness::{Answer, PASSWORD, Platform, password_in};

const THIRTY_DAYS: i64 = 30 * 86_400;

async fn refresh(platform: &Platform, token: &str) -> Answer {
    let body = json!({ "refreshToken": token });
    platform.post(ACCESS_TOKEN).json(&body).send().await
}

#[tokio::test]
async fn a_refresh_token_gives_a_new_access_token_and_nothing_else() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    platform.clock.advance_seconds(3700);
    let old = platform
        .get(STATUS)
        .bearer(&session.access_token)
        .send()
        .await;
    assert_snapshot!(old.whole(), @r#"
    401
    {"error":"the token has expired"}
    "#);
    let answer = refresh(&platform, &session.refresh_token).await;
    assert_snapshot!(without_tokens(&answer), @r#"
    200
    {"status":"success","accessToken":"[token]"}
    "#);
    let body = answer.json();
    let access_token = body["accessToken"].as_str().expect("a token");
    assert_ne!(access_token, session.access_token);
    let status = platform.get(STATUS).bearer(access_token).send().await;
    assert_eq!(status.status, 200, "{}", status.body);
}

#[tokio::test]
async fn a_refresh_token_works_again_and_again_for_30_days() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    for _ in 0..3 {
        platform.clock.advance_seconds(THIRTY_DAYS / 3 - 1);
        let answer = refresh(&platform, &session.refresh_token).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    platform.clock.advance_seconds(3);
    let before = platform.dump().await;
    assert_snapshot!(refresh(&platform, &session.refresh_token).await.whole(), @r#"
    401
    {"error":"the session has ended"}
    "#);
    platform.clock.advance_seconds(120);
    assert_snapshot!(refresh(&platform, &session.refresh_token).await.whole(), @r#"
    401
    {"error":"the token has expired"}
    "#);
    expect_nothing_done(&platform, &before, "an expired refresh token").await;
}

#[tokio::test]
async fn an_access_token_is_no_refresh_token() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let before = platform.dump().await;
    assert_snapshot!(refresh(&platform, &session.access_token).await.whole(), @r#"
    401
    {"error":"the refresh token is not valid"}
    "#);
    expect_nothing_done(&platform, &before, "an access token").await;
}

#[tokio::test]
async fn what_is_no_token_of_ours_is_refused() {
    let platform = Platform::start().await;
    let ann = platform.new_session("ann@example.com").await;
    let bob = platform.new_session("bob@example.com").await;
    let [head, claims, signature] = parts(&ann.refresh_token);
    let [_, of_bob, signed_for_bob] = parts(&bob.refresh_token);
    let before = platform.dump().await;
    for token in [
        "",
        "x",
        "a.b.c",
        "....",
        &format!("{head}.{claims}."),
        &format!("{head}.{of_bob}.{signature}"),
        &format!("{head}.{claims}.{signed_for_bob}"),
        &format!(" {}", ann.refresh_token),
        &format!("{}.", ann.refresh_token),
        &"x.".repeat(30_000),
    ] {
        let answer = refresh(&platform, token).await;
        assert_eq!(
            answer.whole(),
            "401\n{\"error\":\"the refresh token is not valid\"}",
            "{token:?}"
        );
    }
    expect_nothing_done(&platform, &before, "forged tokens").await;
}

fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<_> = token.split('.').collect();
    parts.try_into().expect("a token has three parts")
}

#[tokio::test]
async fn the_token_must_be_given_as_a_text() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let before = platform.dump().await;
    let mut answers = Vec::new();
    for body in [
        json!({}),
        json!({ "refreshToken": null }),
        json!({ "refreshToken": 7 }),
    ] {
        let answer = platform
            .post(ACCESS_TOKEN)
            .bearer(&session.refresh_token)
            .json(&body)
            .send()
            .await;
        answers.push(format!("{} {}", answer.status, answer.body));
    }
    assert_snapshot!(answers.join("\n"), @r#"
    400 {"error":"refreshToken is required"}
    400 {"error":"refreshToken is required"}
    400 {"error":"refreshToken is not valid"}
    "#);
    expect_nothing_done(&platform, &before, "no token").await;
}

#[tokio::test]
async fn a_deleted_account_refreshes_nothing() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let deleted = platform
        .delete(USER)
        .bearer(&session.access_token)
        .send()
        .await;
    assert_eq!(deleted.status, 204);
    let at_once = refresh(&platform, &session.refresh_token).await;
    assert_snapshot!(at_once.whole(), @r#"
    401
    {"error":"the session has ended"}
    "#);
    platform.deliver().await;
    let after_erasure = refresh(&platform, &session.refresh_token).await;
    assert_eq!(after_erasure.whole(), at_once.whole());
    assert_eq!(platform.items("sessions").await, []);
}

#[tokio::test]
async fn a_changed_password_ends_refreshing() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let body = json!({ "email": "ann@example.com" });
    platform.clock.advance_seconds(1);
    platform.post(NEW_PASSWORD).json(&body).send().await;
    let password = password_in(&platform.deliver().await[0].text);
    assert_eq!(refresh(&platform, &session.refresh_token).await.status, 200);
    let newer = platform.signed_in("ann@example.com", &password).await;
    assert_snapshot!(refresh(&platform, &session.refresh_token).await.whole(), @r#"
    401
    {"error":"the session has ended"}
    "#);
    assert_eq!(refresh(&platform, &newer.refresh_token).await.status, 200);
}

#[tokio::test]
async fn an_account_that_was_unconfirmed_later_refreshes_nothing_but_keeps_its_access() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    set_on_account(&platform, 1, "confirmed", false).await;
    assert_snapshot!(refresh(&platform, &session.refresh_token).await.whole(), @r#"
    400
    {"error":"the account has not been activated"}
    "#);
    let status = platform
        .get(STATUS)
        .bearer(&session.access_token)
        .send()
        .await;
    assert_snapshot!(status.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":false,"firstname":null,"lastname":null,"email":"ann@example.com","id":1,"language":"en","permissionLevel":0}}
    "#);
}

#[tokio::test]
async fn the_61st_refresh_within_a_minute_has_to_wait() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let other = platform.signed_in("ann@example.com", PASSWORD).await;
    for count in 1..=60 {
        let answer = refresh(&platform, &session.refresh_token).await;
        assert_eq!(answer.status, 200, "{count}: {}", answer.body);
    }
    let refused = refresh(&platform, &session.refresh_token).await;
    assert_snapshot!(refused.whole(), @r#"
    429
    {"error":"too many attempts"}
    "#);
    let wait: i64 = refused
        .header("retry-after")
        .and_then(|seconds| seconds.parse().ok())
        .expect("a time to wait");
    assert!((1..=61).contains(&wait), "{wait}");
    assert_eq!(refresh(&platform, &other.refresh_token).await.status, 200);
    platform.clock.advance_seconds(wait);
    assert_eq!(refresh(&platform, &session.refresh_token).await.status, 200);
}

#[tokio::test]
async fn a_new_access_token_shows_the_account_as_it_is_now() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let body = json!({ "firstname": "Ann", "lastname": "Lee" });
    let renamed = platform
        .post(super::PROFILE)
        .bearer(&session.access_token)
        .json(&body)
        .send()
        .await;
    assert_eq!(renamed.status, 200);
    let answer = refresh(&platform, &session.refresh_token).await.json();
    let token = answer["accessToken"].as_str().expect("a token");
    let [_, claims, _] = parts(token);
    let claims = data_encoding::BASE64URL_NOPAD
        .decode(claims.as_bytes())
        .expect("base64url");
    let claims: serde_json::Value = serde_json::from_slice(&claims).expect("JSON");
    assert_eq!(
        (&claims["firstname"], &claims["lastname"]),
        (&json!("Ann"), &json!("Lee"))
    );
}
