//! The lock against guessing, which is no weapon.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use serde_json::json;

use super::{
    ANN, DAY, ELSEWHERE, HOME, NEW_PASSWORD, WRONG, ask_for_password, credential, credential_key,
    lock, login_from, mailed_link, mailed_password, proofs, register, update_users,
};
use crate::harness::{PASSWORD, PUBLIC_URL, Platform};

#[tokio::test]
async fn five_failures_are_free_then_the_delay_doubles_up_to_fifteen_minutes() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    for _ in 0..5 {
        assert_eq!(platform.login(ANN, WRONG).await.status, 401);
    }
    // A lock of a second is waited out in real time; so this one is jumped over.
    platform.clock.advance_seconds(1);
    assert_eq!(platform.login(ANN, WRONG).await.status, 401);
    for delay in [2, 4, 8, 16, 32, 64, 128, 256, 512] {
        let locked = platform.login(ANN, PASSWORD).await;
        assert_eq!(
            locked.whole(),
            "429\n{\"error\":\"too many attempts\"}",
            "{delay}"
        );
        let seconds = (delay + 1).to_string();
        assert_eq!(locked.header("retry-after"), Some(&*seconds));
        platform
            .clock
            .advance(SignedDuration::from_millis(delay * 1000 - 1001));
        assert_eq!(platform.login(ANN, PASSWORD).await.status, 429, "{delay}");
        platform.clock.advance(SignedDuration::from_millis(1001));
        assert_eq!(platform.login(ANN, WRONG).await.status, 401, "{delay}");
    }
    assert_eq!(credential(&platform, ANN).await["failures"], 15);
    platform.clock.advance_seconds(898);
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 429);
    platform.clock.advance_seconds(2);
    platform.signed_in(ANN, PASSWORD).await;
}

#[tokio::test]
async fn tries_during_the_delay_do_not_count_and_do_not_reach_the_hash() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    lock(&platform, HOME, ANN).await;
    let before = credential(&platform, ANN).await;
    for _ in 0..20 {
        platform.connector.forget();
        assert_eq!(platform.login(ANN, PASSWORD).await.status, 429);
        assert_eq!(
            platform.connector.calls(),
            ["GetItem limits", "UpdateItem users"],
            "the account is not even read"
        );
    }
    assert_eq!(credential(&platform, ANN).await, before);
    platform.clock.advance_seconds(8);
    platform.signed_in(ANN, PASSWORD).await;
}

#[tokio::test]
async fn success_forgets_the_failures() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(platform.login(ANN, WRONG).await.status, 401);
        }
        platform.signed_in(ANN, PASSWORD).await;
        let held = credential(&platform, ANN).await;
        assert_eq!(
            (&held["failures"], &held["failures_in_a_row"]),
            (&json!(0), &json!(0))
        );
    }
}

#[tokio::test]
async fn fifteen_quiet_minutes_begin_the_count_anew() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    lock(&platform, HOME, ANN).await;
    platform.clock.advance_seconds(15 * 60 - 1);
    assert_eq!(platform.login(ANN, WRONG).await.status, 401);
    assert_eq!(
        credential(&platform, ANN).await["failures"],
        9,
        "a second too early"
    );
    platform.clock.advance_seconds(15 * 60);
    assert_eq!(platform.login(ANN, WRONG).await.status, 401);
    let held = credential(&platform, ANN).await;
    assert_eq!(held["failures"], 1);
    assert_eq!(held["failures_in_a_row"], 10, "but not those in a row");
    for _ in 0..4 {
        assert_eq!(platform.login(ANN, WRONG).await.status, 401, "free again");
    }
}

#[tokio::test]
async fn a_known_source_gets_in_while_strangers_have_locked_the_account() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    assert_eq!(login_from(&platform, HOME, ANN, PASSWORD).await.status, 200);
    lock(&platform, ELSEWHERE, ANN).await;
    let locked = credential(&platform, ANN).await;
    assert_eq!(
        login_from(&platform, ELSEWHERE, ANN, PASSWORD).await.status,
        429
    );
    assert_eq!(
        login_from(&platform, "192.0.2.99", ANN, PASSWORD)
            .await
            .status,
        429
    );
    for _ in 0..2 {
        assert_eq!(login_from(&platform, HOME, ANN, PASSWORD).await.status, 200);
    }
    let held = credential(&platform, ANN).await;
    for counter in ["failures", "failures_in_a_row", "failed_at"] {
        assert_eq!(
            held[counter], locked[counter],
            "{counter} is the strangers'"
        );
    }
    assert_eq!(
        login_from(&platform, ELSEWHERE, ANN, PASSWORD).await.status,
        429
    );
    assert!(
        !platform.dump().await.contains(HOME),
        "an address is stored as digest only"
    );
}

#[tokio::test]
async fn known_sources_have_a_counter_of_their_own_with_the_same_delays() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    assert_eq!(login_from(&platform, HOME, ANN, PASSWORD).await.status, 200);
    // A lock that outlives the delays below.
    for _ in 0..12 {
        assert_eq!(
            login_from(&platform, ELSEWHERE, ANN, WRONG).await.status,
            401
        );
        let failures = credential(&platform, ANN).await["failures"].as_u64();
        let delay = failures.and_then(|failures| failures.checked_sub(5));
        platform.clock.advance_seconds(match failures {
            Some(12) | None => 0,
            _ => delay.map_or(0, |power| 1 << power),
        });
    }
    for _ in 0..5 {
        assert_eq!(login_from(&platform, HOME, ANN, WRONG).await.status, 401);
    }
    platform.clock.advance_seconds(1);
    assert_eq!(login_from(&platform, HOME, ANN, WRONG).await.status, 401);
    let refused = login_from(&platform, HOME, ANN, PASSWORD).await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (429, Some("3"))
    );
    platform.clock.advance_seconds(2);
    assert_eq!(credential(&platform, ANN).await["known_failures"], 6);
    assert_eq!(login_from(&platform, HOME, ANN, PASSWORD).await.status, 200);
    let held = credential(&platform, ANN).await;
    assert_eq!(
        (&held["known_failures"], &held["failures"]),
        (&json!(0), &json!(12))
    );
}

#[tokio::test]
async fn the_five_latest_sources_are_known() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let sources: Vec<_> = (1..=6).map(|host| format!("198.51.100.{host}")).collect();
    for source in &sources {
        assert_eq!(
            login_from(&platform, source, ANN, PASSWORD).await.status,
            200
        );
    }
    let known = credential(&platform, ANN).await["known_sources"].clone();
    assert_eq!(known.as_array().map(Vec::len), Some(5));
    lock(&platform, ELSEWHERE, ANN).await;
    assert_eq!(
        login_from(&platform, &sources[0], ANN, PASSWORD)
            .await
            .status,
        429
    );
    for source in &sources[1..] {
        assert_eq!(
            login_from(&platform, source, ANN, PASSWORD).await.status,
            200,
            "{source}"
        );
    }
}

#[tokio::test]
async fn a_source_is_known_only_after_a_sign_in_that_was_let_in() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    assert_eq!(login_from(&platform, HOME, ANN, PASSWORD).await.status, 400);
    assert_eq!(login_from(&platform, HOME, ANN, WRONG).await.status, 401);
    let held = credential(&platform, ANN).await;
    assert!(!held.contains_key("known_sources"), "{held:?}");
    assert!(!held.contains_key("last_sign_in"), "{held:?}");
}

#[tokio::test]
async fn networks_of_one_household_are_one_source() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let (one, same, other) = ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1");
    assert_eq!(login_from(&platform, one, ANN, PASSWORD).await.status, 200);
    lock(&platform, ELSEWHERE, ANN).await;
    assert_eq!(login_from(&platform, same, ANN, PASSWORD).await.status, 200);
    assert_eq!(
        login_from(&platform, other, ANN, PASSWORD).await.status,
        429
    );
}

/// A hundred failures in a row, each after quiet time.
async fn fail_a_hundred_times(platform: &Platform, email: &str) {
    for count in 1..=100 {
        let answer = login_from(platform, ELSEWHERE, email, WRONG).await;
        assert_eq!(answer.status, 401, "{count}");
        platform.clock.advance_seconds(900);
    }
}

#[tokio::test]
async fn after_a_hundred_failures_in_a_row_only_known_sources_pass() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    assert_eq!(login_from(&platform, HOME, ANN, PASSWORD).await.status, 200);
    fail_a_hundred_times(&platform, ANN).await;
    platform.clock.advance_seconds(30 * DAY);
    let refused = login_from(&platform, ELSEWHERE, ANN, PASSWORD).await;
    assert_eq!(refused.whole(), "429\n{\"error\":\"too many attempts\"}");
    assert_eq!(refused.header("retry-after"), Some("901"));
    assert_eq!(login_from(&platform, HOME, ANN, PASSWORD).await.status, 200);
    assert_eq!(
        login_from(&platform, ELSEWHERE, ANN, PASSWORD).await.status,
        429
    );
    assert_eq!(credential(&platform, ANN).await["failures_in_a_row"], 100);
}

#[tokio::test]
async fn the_owner_of_a_locked_account_gets_one_notice_and_gets_in_by_recovery() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    fail_a_hundred_times(&platform, ANN).await;
    for _ in 0..3 {
        assert_eq!(
            login_from(&platform, ELSEWHERE, ANN, WRONG).await.status,
            429
        );
        platform.clock.advance_seconds(900);
    }
    let mails = platform.deliver().await;
    let subjects: Vec<_> = mails.iter().map(|mail| mail.subject.as_str()).collect();
    assert_eq!(subjects.len(), 1, "{subjects:?}");
    assert!(
        mails[0]
            .text
            .contains(&format!("{PUBLIC_URL}/reset-password"))
    );
    assert_eq!(mails[0].to, [ANN]);
    let password = mailed_password(&platform, ANN).await;
    assert_eq!(login_from(&platform, HOME, ANN, PASSWORD).await.status, 429);
    assert_eq!(
        login_from(&platform, HOME, ANN, &password).await.status,
        200
    );
    let held = credential(&platform, ANN).await;
    assert_eq!(
        (&held["failures"], &held["failures_in_a_row"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(
        login_from(&platform, ELSEWHERE, ANN, WRONG).await.status,
        401
    );
    assert_eq!(
        login_from(&platform, HOME, ANN, &password).await.status,
        200
    );
}

#[tokio::test]
async fn the_owner_is_told_wherever_the_hundredth_failure_is() {
    for number in 0..6 {
        let platform = Platform::start().await;
        platform.register_confirmed(ANN).await;
        let (key, failures) = (
            json!(credential_key(ANN)),
            AttributeValue::N("99".to_owned()),
        );
        let expression = "SET failures_in_a_row = :value";
        update_users(&platform, &key, expression, failures).await;
        let guess = proofs(&platform, WRONG).await.into_iter().nth(number);
        let refused = guess.expect("a request").send().await;
        let status = refused.status;
        assert!((400..404).contains(&status), "{number}: {status}");
        let mails = platform.deliver().await;
        let told: Vec<_> = mails.iter().map(|mail| &mail.to).collect();
        assert_eq!(told, [&[ANN.to_owned()]], "{number}");
        assert!(mails[0].text.contains("/reset-password"), "{number}");
    }
}

#[tokio::test]
async fn a_reset_link_opens_a_locked_account_for_everybody() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    fail_a_hundred_times(&platform, ANN).await;
    let link = mailed_link(&platform, ANN).await;
    assert_eq!(platform.reset(&link, NEW_PASSWORD).await.status, 200);
    platform.signed_in(ANN, NEW_PASSWORD).await;
}

#[tokio::test]
async fn an_unknown_address_locks_exactly_as_a_known_one() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    platform.register("unconfirmed@example.com").await;
    platform.deliver().await;
    let mut advances = vec![0, 0, 0, 0, 0];
    advances.extend([
        1, 0, 2, 0, 4, 2, 6, 16, 0, 32, 64, 128, 256, 0, 512, 0, 900, 0, 0,
    ]);
    advances.extend([0; 2]);
    // On to a hundred in a row.
    advances.extend([900; 84]);
    let mut statuses = BTreeMap::new();
    for (step, advance) in advances.into_iter().enumerate() {
        platform.clock.advance_seconds(advance);
        let mut seen = Vec::new();
        for email in [ANN, "unconfirmed@example.com", "unknown@example.com"] {
            platform.connector.forget();
            let mut answer = platform.login(email, WRONG).await;
            answer.headers.remove("x-request-id");
            *statuses.entry(answer.status).or_insert(0) += 1;
            seen.push((
                answer.whole(),
                answer.headers,
                platform.connector.round_trips(),
            ));
        }
        assert_eq!(seen[0], seen[1], "step {step}");
        assert_eq!(seen[0], seen[2], "step {step}");
    }
    assert_eq!(statuses[&401], 3 * 100, "{statuses:?}");
    assert!(statuses[&429] > 3 * 5, "{statuses:?}");
    // Each gets its intent; only accounts have somebody to write to.
    assert_eq!(platform.items("outbox").await.len(), 3);
    let mails = platform.deliver().await;
    let mut to: Vec<_> = mails.iter().map(|mail| mail.to[0].as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, [ANN, "unconfirmed@example.com"]);
}

#[tokio::test]
async fn limits_off_switches_off_the_limits_per_client() {
    let platform = Platform::with(&[("LIMITS", "off")]).await;
    for number in 0..40 {
        let email = format!("user{number}@example.com");
        assert_eq!(register(&platform, &email, PASSWORD).await.status, 200);
    }
    assert_eq!(platform.deliver().await.len(), 40);
    for number in 0..110 {
        let email = format!("nobody{number}@example.com");
        assert_eq!(platform.login(&email, WRONG).await.status, 401, "{number}");
    }
    for number in 0..15 {
        ask_for_password(&platform, &format!("user{number}@example.com")).await;
    }
    assert_eq!(platform.deliver().await.len(), 15);
    for item in platform.items("limits").await {
        let key = item["pk"].as_str().expect("a key");
        assert!(!key.contains("client"), "{key}");
    }
}

#[tokio::test]
async fn limits_off_leaves_those_of_accounts_and_mails() {
    let platform = Platform::with(&[("LIMITS", "off")]).await;
    platform.register_confirmed(ANN).await;
    for _ in 0..5 {
        ask_for_password(&platform, ANN).await;
        platform.clock.advance_seconds(1);
    }
    assert_eq!(platform.deliver().await.len(), 3, "three mails an hour");
    lock(&platform, HOME, ANN).await;
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 429);
    platform.register("ben@example.com").await;
    platform.deliver().await;
    platform.clock.advance_seconds(60);
    for _ in 0..3 {
        platform
            .post("/activate/resend")
            .header("origin", PUBLIC_URL)
            .form(&[("email", "ben@example.com")])
            .send()
            .await;
    }
    assert_eq!(
        platform.deliver().await.len(),
        1,
        "one confirmation mail a minute"
    );
}
