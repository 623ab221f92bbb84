//! `POST /oauth2?grant_type=refresh_token`: one use for each token, and the session ends when one comes back.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};
use shared::domain::Clock as _;

use super::factor::{ANN, sessions};
use super::{get, path, refusal, request, sign_in};
use crate::harness::{Answer, PASSWORD, Platform, Request, at_once};

/// The tokens of an answer.
#[derive(Clone)]
struct Tokens {
    access: String,
    refresh: String,
}

impl Tokens {
    fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.body);
        let body = answer.json();
        let text = |name: &str| body[name].as_str().expect("a token").to_owned();
        Self {
            access: text("access_token"),
            refresh: text("refresh_token"),
        }
    }
}

async fn start() -> (Platform, Tokens) {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let tokens = Tokens::of(&sign_in(&platform, ANN, PASSWORD).await);
    (platform, tokens)
}

fn refreshing(platform: &Platform, access: &str, refresh: &str) -> Request {
    let body = json!({ "refreshToken": refresh });
    let path = "oauth2?grant_type=refresh_token";
    request(platform, access, Method::POST, path).json(&body)
}

async fn refresh(platform: &Platform, tokens: &Tokens) -> Answer {
    refreshing(platform, &tokens.access, &tokens.refresh)
        .send()
        .await
}

async fn is_live(platform: &Platform, tokens: &Tokens) -> bool {
    let me = get(platform, &tokens.access, "oauth2?me=true").await;
    me.status == 200
}

fn refused() -> String {
    refusal(403, 14, "POST", "14: the refresh token is not valid")
}

#[tokio::test]
async fn a_refresh_token_gets_new_tokens_of_the_same_session() {
    let (platform, first) = start().await;
    platform.clock.advance_seconds(60);
    let answer = refresh(&platform, &first).await;
    let next = Tokens::of(&answer);
    assert_ne!(next.access, first.access);
    assert_ne!(next.refresh, first.refresh);
    let mut body = answer.json();
    for token in ["access_token", "refresh_token"] {
        body[token] = json!("...");
    }
    assert_eq!(
        body,
        json!({
            "access_token": "...",
            "refresh_token": "...",
            "token_type": "Bearer",
            "expires_in": 3600,
            "idle_timeout": 300,
            "username": ANN,
            "created": platform.clock.now().as_second(),
            "userMustChangePassword": false,
            "errorCode": 0,
            "aclTemplate": {
                "Read": false,
                "ReadWrite": false,
                "ReadWriteCreate": false,
                "Delete": false,
                "PortalLogin": true,
            },
        })
    );
    assert_eq!(sessions(&platform).await, 1);
    assert!(is_live(&platform, &first).await, "until it expires");
    assert!(is_live(&platform, &next).await);
    let stored = platform.dump().await;
    assert!(!stored.contains(&first.refresh) && !stored.contains(&next.refresh));
}

#[tokio::test]
async fn the_access_token_beside_it_may_have_expired() {
    let (platform, mut tokens) = start().await;
    for _ in 0..3 {
        platform.clock.advance_seconds(86_400);
        assert!(!is_live(&platform, &tokens).await);
        tokens = Tokens::of(&refresh(&platform, &tokens).await);
        assert!(is_live(&platform, &tokens).await);
    }
}

/// Refreshing does not make a session live any longer.
#[tokio::test]
async fn a_session_ends_thirty_days_after_the_sign_in() {
    let (platform, mut tokens) = start().await;
    for _ in 0..29 {
        platform.clock.advance_seconds(86_400);
        tokens = Tokens::of(&refresh(&platform, &tokens).await);
    }
    platform.clock.advance_seconds(86_399);
    tokens = Tokens::of(&refresh(&platform, &tokens).await);
    platform.clock.advance_seconds(1);
    assert_eq!(refresh(&platform, &tokens).await.whole(), refused());
    assert!(!is_live(&platform, &tokens).await);
}

#[tokio::test]
async fn whoever_asks_again_within_ten_seconds_gets_the_same_successor() {
    let (platform, first) = start().await;
    let next = Tokens::of(&refresh(&platform, &first).await);
    platform
        .clock
        .advance(jiff::SignedDuration::from_millis(9_999));
    let again = Tokens::of(&refresh(&platform, &first).await);
    assert_eq!(again.refresh, next.refresh);
    assert!(is_live(&platform, &again).await);
    let after = Tokens::of(&refresh(&platform, &again).await);
    assert_ne!(after.refresh, next.refresh);
}

/// Whoever has stolen a token, the owner and the thief cannot both go on.
#[tokio::test]
async fn a_used_token_ends_the_session_whoever_comes_first() {
    for later in [10, 600] {
        let (platform, stolen) = start().await;
        let first_of_two = Tokens::of(&refresh(&platform, &stolen).await);
        platform.clock.advance_seconds(later);
        assert_eq!(refresh(&platform, &stolen).await.whole(), refused());
        assert!(!is_live(&platform, &first_of_two).await);
        let after = refresh(&platform, &first_of_two).await;
        assert_eq!(after.whole(), refused());
        assert_eq!(sessions(&platform).await, 0);
    }
}

#[tokio::test]
async fn a_token_of_two_generations_ago_ends_the_session_at_once() {
    let (platform, first) = start().await;
    let second = Tokens::of(&refresh(&platform, &first).await);
    let third = Tokens::of(&refresh(&platform, &second).await);
    assert_eq!(refresh(&platform, &first).await.whole(), refused());
    assert!(!is_live(&platform, &third).await);
    assert_eq!(refresh(&platform, &third).await.whole(), refused());
}

#[tokio::test]
async fn reuse_in_one_session_leaves_the_others() {
    let (platform, stolen) = start().await;
    let other = Tokens::of(&sign_in(&platform, ANN, PASSWORD).await);
    refresh(&platform, &stolen).await;
    platform.clock.advance_seconds(10);
    assert_eq!(refresh(&platform, &stolen).await.whole(), refused());
    assert!(is_live(&platform, &other).await);
    Tokens::of(&refresh(&platform, &other).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_uses_at_once_begin_one_generation() {
    let platform = Platform::with_running_clock(&[("LIMITS", "off")]).await;
    platform.register_confirmed(ANN).await;
    let first = Tokens::of(&sign_in(&platform, ANN, PASSWORD).await);
    let requests = (0..64).map(|_| refreshing(&platform, &first.access, &first.refresh));
    let answers = at_once(requests).await;
    let tokens = answers.iter().map(Tokens::of);
    let successors: BTreeSet<_> = tokens.map(|tokens| tokens.refresh).collect();
    assert_eq!(successors.len(), 1);
    assert_eq!(platform.items("sessions").await[0]["generation"], 1);
    let next = Tokens {
        refresh: successors.first().expect("one").clone(),
        ..first
    };
    Tokens::of(&refresh(&platform, &next).await);
}

#[tokio::test]
async fn a_session_is_refreshed_sixty_times_a_minute() {
    let (platform, mut tokens) = start().await;
    for _ in 0..60 {
        tokens = Tokens::of(&refresh(&platform, &tokens).await);
    }
    let limited = refresh(&platform, &tokens).await;
    let expected = refusal(429, 10, "POST", "10: too many attempts");
    assert_eq!(limited.whole(), expected);
    assert_eq!(limited.header("retry-after"), Some("61"));
    platform.clock.advance_seconds(60);
    Tokens::of(&refresh(&platform, &tokens).await);
}

/// The token with its last letter changed.
fn tampered(token: &str) -> String {
    let mut token = token.to_owned();
    let last = token.pop().expect("a letter");
    token.push(if last == 'A' { 'E' } else { 'A' });
    token
}

#[tokio::test]
async fn what_is_no_refresh_token_of_the_session_is_refused_and_ends_nothing() {
    let (platform, own) = start().await;
    let second = Tokens::of(&sign_in(&platform, ANN, PASSWORD).await);
    let service = platform.new_session("ben@example.com").await;
    let ben = Tokens::of(&sign_in(&platform, "ben@example.com", PASSWORD).await);
    let rbac = platform.rbac_token(ANN).await;
    let before = platform.dump().await;
    let own_refresh = own.refresh.as_str();
    for (access, refresh) in [
        (&own.access, tampered(own_refresh).as_str()),
        (&own.access, &own.access),
        (&own.access, &second.refresh),
        (&own.access, &ben.refresh),
        (&own.access, &service.refresh_token),
        (&own.access, ""),
        (&own.access, "ghr_"),
        (&second.access, own_refresh),
        (&ben.access, own_refresh),
        (&rbac, own_refresh),
        (&service.access_token, own_refresh),
        (&service.refresh_token, own_refresh),
        (&own.refresh, own_refresh),
        (&tampered(&own.access), own_refresh),
    ] {
        let answer = refreshing(&platform, access, refresh).send().await;
        assert_eq!(answer.whole(), refused(), "{access} {refresh}");
    }
    let without = platform.post(&path("oauth2?grant_type=refresh_token"));
    let body = json!({ "refreshToken": own.refresh });
    let without = without.json(&body).send().await;
    assert_eq!(without.whole(), refused());
    assert_eq!(platform.dump().await, before);
    Tokens::of(&refresh(&platform, &own).await);
}

#[tokio::test]
async fn a_refresh_token_opens_nothing_as_an_access_token() {
    let (platform, tokens) = start().await;
    let answer = get(&platform, &tokens.refresh, "oauth2?me=true").await;
    assert_eq!(
        answer.whole(),
        refusal(403, 8, "GET", "8: the token is not valid")
    );
    let body = json!({ "refreshToken": tokens.refresh });
    let foreign = platform.post("/user-service/v1/users/accessToken");
    assert_eq!(foreign.json(&body).send().await.status, 401);
}

#[tokio::test]
async fn the_token_of_an_ended_session_is_refused() {
    let (platform, signed_out) = start().await;
    let changed = Tokens::of(&sign_in(&platform, ANN, PASSWORD).await);
    super::delete(
        &platform,
        &signed_out.access,
        &format!("oauth2/{}", signed_out.access),
    )
    .await;
    assert_eq!(refresh(&platform, &signed_out).await.whole(), refused());
    let body: Value =
        json!({ "userId": ANN, "password": PASSWORD, "newPassword": super::STRICT_PASSWORD });
    let other = platform.post(&path("oauth2")).json(&body).send().await;
    let other = Tokens::of(&other);
    assert_eq!(refresh(&platform, &changed).await.whole(), refused());
    Tokens::of(&refresh(&platform, &other).await);
}

#[tokio::test]
async fn a_body_without_a_token_and_another_grant_are_ill_formed() {
    let (platform, tokens) = start().await;
    for (query, body, said) in [
        ("refresh_token", json!({}), "1018: refreshToken is required"),
        (
            "refresh_token",
            json!({ "refreshToken": 1 }),
            "1018: refreshToken is not valid",
        ),
        ("password", json!({}), "1018: grant_type is not valid"),
        ("", json!({}), "1018: grant_type is not valid"),
    ] {
        let rest = format!("oauth2?grant_type={query}");
        let request = request(&platform, &tokens.access, Method::POST, &rest);
        let answer = request.json(&body).send().await;
        assert_eq!(answer.whole(), refusal(400, 400, "POST", said), "{query}");
    }
}
