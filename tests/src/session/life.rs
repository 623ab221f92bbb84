//! How long a session lives: 30 days from its last use, written at most once a day, 180 days in all.

use super::{ANN, DAY, attributes_in, check, registered, signed_in, status_of};
use crate::harness::{PASSWORD, Platform};

const READ: [&str; 1] = ["BatchGetItem sessions+users"];

/// Uses a session; the life that the cookie is given anew.
async fn used(platform: &Platform, held: &str) -> Option<String> {
    platform.connector.forget();
    let answer = check(platform, held).send().await;
    assert_eq!(answer.status, 200, "{}", answer.whole());
    let writes = platform.connector.calls().len() - READ.len();
    let set = answer.header("set-cookie").map(str::to_owned);
    assert_eq!(
        writes,
        usize::from(set.is_some()),
        "what is written is told"
    );
    let set = set?;
    assert!(set.starts_with(&format!("sid={held}; ")), "the value stays");
    let attributes = attributes_in(&answer);
    let life = attributes.strip_prefix("Path=/; Max-Age=").expect("a life");
    let life = life.strip_suffix("; Secure; HttpOnly; SameSite=Lax");
    Some(life.expect("attributes").to_owned())
}

#[tokio::test]
async fn a_use_on_the_same_day_writes_nothing() {
    let platform = Platform::start().await;
    let held = registered(&platform, ANN).await;
    let before = platform.dump().await;
    for seconds in [0, 1, DAY / 2, DAY / 2 - 2] {
        platform.clock.advance_seconds(seconds);
        assert_eq!(used(&platform, &held).await, None);
    }
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn a_use_after_a_day_moves_the_end_and_sets_the_cookie_again() {
    let platform = Platform::start().await;
    let held = registered(&platform, ANN).await;
    for _ in 0..3 {
        platform.clock.advance_seconds(DAY);
        let life = used(&platform, &held).await;
        assert_eq!(life.as_deref(), Some("2592000"));
        assert_eq!(used(&platform, &held).await, None);
    }
    let session = &platform.items("sessions").await[0];
    let end = 1_767_225_600 + 33 * DAY;
    assert_eq!(session["expires"], end);
}

#[tokio::test]
async fn a_session_that_is_not_used_for_30_days_has_ended() {
    let platform = Platform::start().await;
    let held = registered(&platform, ANN).await;
    platform.clock.advance_seconds(30 * DAY - 1);
    assert!(used(&platform, &held).await.is_some());
    platform.clock.advance_seconds(30 * DAY);
    assert_eq!(status_of(&platform, &held).await, 401);
}

#[tokio::test]
async fn a_session_ends_after_180_days_however_often_it_is_used() {
    let platform = Platform::start().await;
    let held = registered(&platform, ANN).await;
    for _ in 0..17 {
        platform.clock.advance_seconds(10 * DAY);
        used(&platform, &held).await;
    }
    let last = platform.items("sessions").await[0]["expires"].clone();
    assert_eq!(last, 1_767_225_600 + 180 * DAY);
    platform.clock.advance_seconds(10 * DAY - 1);
    assert_eq!(used(&platform, &held).await, None, "it cannot live on");
    platform.clock.advance_seconds(1);
    assert_eq!(status_of(&platform, &held).await, 401);
}

#[tokio::test]
async fn the_cookie_never_outlives_the_session() {
    let platform = Platform::start().await;
    let held = registered(&platform, ANN).await;
    for _ in 0..8 {
        platform.clock.advance_seconds(20 * DAY);
        used(&platform, &held).await;
    }
    // 20 days are left, and that is what the use at day 160 has said already.
    let answer = signed_in(&platform, ANN, PASSWORD).await;
    assert_ne!(answer, held);
    platform.clock.advance_seconds(20 * DAY);
    assert_eq!(status_of(&platform, &held).await, 401);
    assert_eq!(status_of(&platform, &answer).await, 200);
}

#[tokio::test]
async fn the_life_can_be_configured() {
    let platform = Platform::with(&[("SESSION_LIFETIME", "3600")]).await;
    let answer = super::registering(&platform, ANN).send().await;
    assert!(attributes_in(&answer).contains("Max-Age=3600;"));
    let held = super::held_by(&answer);
    platform.clock.advance_seconds(3599);
    assert_eq!(
        used(&platform, &held).await,
        None,
        "an hour is less than a day"
    );
    platform.clock.advance_seconds(1);
    assert_eq!(status_of(&platform, &held).await, 401);
}
