//! Guessing codes: five tries for a challenge, and no more challenges than the lock of the account allows.

use std::collections::BTreeMap;

use serde_json::json;

use super::super::factor::{
    ANN, account_with, account_with_authenticator, answer, answering, challenge, challenge_in,
    credential, other_than, sent_code, sessions,
};
use super::super::{STRICT_PASSWORD, path, refusal, sign_in};
use super::{Factor, METHODS, over, wrong};
use crate::harness::{PASSWORD, Platform, Request, at_once};

#[tokio::test]
async fn the_fifth_wrong_answer_burns_the_challenge() {
    for method in METHODS {
        let platform = Platform::start().await;
        let factor = Factor::of(&platform, method).await;
        let uuid = challenge(&platform, ANN).await;
        let (code, other) = (factor.code(&platform), factor.wrong_code(&platform));
        let before = sessions(&platform).await;
        for number in 0..5 {
            let answered = answer(&platform, &uuid, &other).await;
            assert_eq!(answered.whole(), wrong(), "{method} {number}");
        }
        for late in [&other, &code] {
            let answered = answer(&platform, &uuid, late).await;
            assert_eq!(answered.whole(), over(), "{method}");
        }
        assert_eq!(sessions(&platform).await, before, "{method}");
        let uuid = challenge(&platform, ANN).await;
        let answered = answer(&platform, &uuid, &factor.code(&platform)).await;
        assert_eq!(answered.status, 200, "{method}: {}", answered.body);
    }
}

#[tokio::test]
async fn four_wrong_answers_leave_the_fifth() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "sms").await;
    let uuid = challenge(&platform, ANN).await;
    let code = sent_code(&platform);
    for _ in 0..4 {
        let answered = answer(&platform, &uuid, other_than(&code)).await;
        assert_eq!(answered.whole(), wrong());
    }
    assert_eq!(answer(&platform, &uuid, &code).await.status, 200);
}

/// Sends all of them at the same time; how often which answer came.
async fn counted(requests: impl IntoIterator<Item = Request>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for answer in at_once(requests).await {
        let what = if answer.status == 200 {
            "200".to_owned()
        } else {
            answer.whole()
        };
        *counts.entry(what).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_wrong_answers_at_once_five_are_looked_at() {
    for method in METHODS {
        let platform = Platform::with_running_clock(&[("LIMITS", "off")]).await;
        let factor = Factor::of(&platform, method).await;
        let uuid = challenge(&platform, ANN).await;
        let (code, other) = (factor.code(&platform), factor.wrong_code(&platform));
        let before = sessions(&platform).await;
        let counts = counted((0..64).map(|_| answering(&platform, &uuid, &other))).await;
        let expected = BTreeMap::from([(wrong(), 5), (over(), 59)]);
        assert_eq!(counts, expected, "{method}");
        assert_eq!(answer(&platform, &uuid, &code).await.whole(), over());
        assert_eq!(sessions(&platform).await, before, "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_right_answers_at_once_open_one_session() {
    for method in METHODS {
        let platform = Platform::with_running_clock(&[("LIMITS", "off")]).await;
        let factor = Factor::of(&platform, method).await;
        let uuid = challenge(&platform, ANN).await;
        let code = factor.code(&platform);
        let before = sessions(&platform).await;
        let counts = counted((0..64).map(|_| answering(&platform, &uuid, &code))).await;
        let expected = BTreeMap::from([("200".to_owned(), 1), (over(), 63)]);
        assert_eq!(counts, expected, "{method}");
        assert_eq!(sessions(&platform).await, before + 1, "{method}");
    }
}

/// Two challenges, one code that an authenticator shows: used up by whoever comes first.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_answers_one_of_two_challenges_at_once() {
    let platform = Platform::with_running_clock(&[("LIMITS", "off")]).await;
    let (authenticator, ..) = account_with_authenticator(&platform, ANN).await;
    platform.clock.advance_seconds(30);
    let one = challenge(&platform, ANN).await;
    let other = challenge(&platform, ANN).await;
    let code = authenticator.code(&platform);
    let counts = counted([&one, &other].map(|uuid| answering(&platform, uuid, &code))).await;
    assert_eq!(
        counts,
        BTreeMap::from([("200".to_owned(), 1), (wrong(), 1)])
    );
}

/// Whoever has the password opens no more challenges than the lock allows, whatever they do in between.
#[tokio::test]
async fn the_attempt_stays_counted_until_the_factor_is_proved() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "email").await;
    for number in 1..=7 {
        platform.clock.advance_seconds(2);
        challenge(&platform, ANN).await;
        assert_eq!(credential(&platform).await["failures"], number);
    }
    let locked = sign_in(&platform, ANN, PASSWORD).await;
    let expected = refusal(429, 10, "POST", "10: too many attempts");
    assert_eq!(locked.whole(), expected);
    assert_eq!(locked.header("retry-after"), Some("5"));

    platform.clock.advance_seconds(4);
    let uuid = challenge(&platform, ANN).await;
    let code = sent_code(&platform);
    assert_eq!(answer(&platform, &uuid, &code).await.status, 200);
    let credential = credential(&platform).await;
    assert_eq!(credential["failures"], 0);
    assert_eq!(credential["failures_in_a_row"], 0);
}

#[tokio::test]
async fn nothing_that_the_password_alone_does_sets_the_count_back() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "email").await;
    let sign_in_with = |new: &str| {
        let body = json!({ "userId": ANN, "password": PASSWORD, "newPassword": new });
        platform.post(&path("oauth2")).json(&body).send()
    };
    let refused = sign_in_with("short").await;
    assert!(
        refused.body.contains(r#""ErrorCode":5"#),
        "{}",
        refused.body
    );
    challenge_in(&sign_in_with(STRICT_PASSWORD).await);
    assert_eq!(credential(&platform).await["failures"], 2);

    let body = json!({
        "user_uid": credential(&platform).await["user_id"],
        "old_password": PASSWORD,
        "new_password": STRICT_PASSWORD,
    });
    let change = platform.post("/rbac/users/reset_password").json(&body);
    assert_eq!(change.send().await.status, 200);
    assert_eq!(credential(&platform).await["failures"], 3);
}
