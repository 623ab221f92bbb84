//! POST /oauth2 with a new password beside the old one: what is told, and in which order.

use http::Method;
use serde_json::{Value, json};

use super::factor::{
    ANN, account_with, answer, ask_for, challenge_in, credential, sent_code, sessions,
};
use super::{STRICT_PASSWORD, get, path, refusal, sign_in, token};
use crate::harness::{Answer, PASSWORD, Platform};
use crate::user_service::set_on_account;

const OTHER: &str = "Marble-lantern-7-walks";

async fn send(platform: &Platform, query: &str, body: &Value) -> Answer {
    let request = platform.request(Method::POST, &path(&format!("oauth2{query}")));
    request.json(body).send().await
}

/// Signs in with the first password and sets the second.
async fn change(platform: &Platform, old: &str, new: &str) -> Answer {
    let body = json!({ "userId": ANN, "password": old, "newPassword": new });
    send(platform, "", &body).await
}

fn refused(code: u16, text: &str) -> String {
    refusal(403, code, "POST", &format!("{code}: {text}"))
}

const TAKEN: &str = "the password was used before";

#[tokio::test]
async fn each_state_of_the_account_is_told_before_what_comes_after_it() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    let state = |field: &'static str, value| set_on_account(&platform, 1, field, value);
    state("must_change_password", true).await;
    let wrong = || refused(2, "wrong e-mail address or password");
    for barred in ["suspended", "black_listed"] {
        state(barred, true).await;
        for new in [None, Some("short"), Some(PASSWORD)] {
            platform.clock.advance_seconds(900);
            let body = json!({ "userId": ANN, "password": "not the password", "newPassword": new });
            assert_eq!(send(&platform, "", &body).await.whole(), wrong());
            let body = json!({ "userId": ANN, "password": PASSWORD, "newPassword": new });
            let suspended = refused(15, "the account is suspended");
            assert_eq!(send(&platform, "", &body).await.whole(), suspended);
        }
        state(barred, false).await;
    }
    let pending = refused(4, "the account has not been activated");
    assert_eq!(change(&platform, PASSWORD, "short").await.whole(), pending);
    assert_eq!(sign_in(&platform, ANN, PASSWORD).await.whole(), pending);
    state("confirmed", true).await;
    let must_change = refused(1, "the password has to be changed");
    let plain = sign_in(&platform, ANN, PASSWORD).await;
    assert_eq!(plain.whole(), must_change);
    let body = json!({ "userId": ANN, "password": PASSWORD, "newPassword": "" });
    assert_eq!(send(&platform, "", &body).await.whole(), must_change);
    let weak = change(&platform, PASSWORD, "short").await;
    assert_eq!(weak.status, 403);
    assert_eq!(weak.json()["ErrorCode"], 5, "{}", weak.body);
    assert_eq!(sessions(&platform).await, 0);
    assert_eq!(credential(&platform).await["credential_version"], 1);

    let changed = change(&platform, PASSWORD, STRICT_PASSWORD).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(changed.json()["userMustChangePassword"], false);
    platform.clock.advance_seconds(900);
    assert_eq!(change(&platform, PASSWORD, OTHER).await.whole(), wrong());
    let again = sign_in(&platform, ANN, STRICT_PASSWORD).await;
    assert_eq!(again.status, 200, "{}", again.body);
}

#[tokio::test]
async fn a_password_that_breaks_the_rule_is_refused_and_nothing_changes() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let credential_of = async || {
        let mut credential = credential(&platform).await;
        for counted in ["failed_at", "attempt", "last_sign_in", "known_failures"] {
            credential.as_object_mut().expect("an item").remove(counted);
        }
        credential
    };
    sign_in(&platform, ANN, PASSWORD).await;
    let before = credential_of().await;
    for weak in [
        "Ab1-xyz",
        "violet-tractor-5-sings",
        "VIOLET-TRACTOR-5-SINGS",
        "Violet-tractor-sings",
        "Violet tractor 5 sings",
    ] {
        let answer = change(&platform, PASSWORD, weak).await;
        assert_eq!(answer.status, 403, "{weak}: {}", answer.body);
        assert_eq!(answer.json()["ErrorCode"], 5, "{weak}: {}", answer.body);
    }
    assert_eq!(credential_of().await, before);
    assert_eq!(sessions(&platform).await, 1);
}

#[tokio::test]
async fn the_last_five_passwords_are_not_taken_again() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let passwords: Vec<_> = (0..6).map(|number| format!("{OTHER}-{number}")).collect();
    let mut current = PASSWORD.to_owned();
    for next in &passwords {
        let changed = change(&platform, &current, next).await;
        assert_eq!(changed.status, 200, "{next}: {}", changed.body);
        current.clone_from(next);
    }
    for used in &passwords[1..] {
        let answer = change(&platform, &current, used).await;
        assert_eq!(answer.status, 403, "{used}: {}", answer.body);
        assert_eq!(answer.json()["ErrorCode"], 3, "{used}: {}", answer.body);
    }
    let answer = change(&platform, &current, &passwords[4]).await;
    assert_eq!(answer.whole(), refused(3, TAKEN));
    let oldest = change(&platform, &current, &passwords[0]).await;
    assert_eq!(oldest.status, 200, "{}", oldest.body);
}

#[tokio::test]
async fn a_changed_password_ends_all_sessions_but_its_own() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let old = token(&platform, ANN, PASSWORD).await;
    let changed = change(&platform, PASSWORD, STRICT_PASSWORD).await.json();
    let new = changed["access_token"].as_str().expect("a token");
    let ended = refusal(403, 8, "GET", "8: the session has ended");
    let seen = get(&platform, &old, "oauth2?me=true").await;
    assert_eq!(seen.whole(), ended);
    assert_eq!(get(&platform, new, "oauth2?me=true").await.status, 200);
    assert_eq!(sign_in(&platform, ANN, PASSWORD).await.status, 403);
}

#[tokio::test]
async fn the_body_goes_before_the_query() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let body = json!({ "userId": ANN, "password": PASSWORD, "newPassword": STRICT_PASSWORD });
    let changed = send(&platform, &format!("?newPassword={OTHER}"), &body).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let mut current = STRICT_PASSWORD;
    for (new, next) in [
        (json!(null), "Marble-lantern-8-walks"),
        (json!(""), "Marble-lantern-9-walks"),
    ] {
        let body = json!({ "userId": ANN, "password": current, "newPassword": new });
        let changed = send(&platform, &format!("?newPassword={next}"), &body).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        current = next;
    }
    token(&platform, ANN, current).await;
    let body = json!({ "userId": ANN, "password": current });
    let kept = send(&platform, "?newPassword=", &body).await;
    assert_eq!(kept.status, 200, "{}", kept.body);
    token(&platform, ANN, current).await;
}

#[tokio::test]
async fn with_a_second_factor_nothing_changes_before_it_is_proved() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "email").await;
    set_on_account(&platform, 1, "must_change_password", true).await;
    let asked = change(&platform, PASSWORD, STRICT_PASSWORD).await;
    let uuid = challenge_in(&asked);
    let before = credential(&platform).await;
    assert_eq!(before["credential_version"], 1);
    assert!(!platform.dump().await.contains(STRICT_PASSWORD));
    let refused = sign_in(&platform, ANN, STRICT_PASSWORD).await;
    assert_eq!(refused.json()["ErrorCode"], 2, "{}", refused.body);

    let code = sent_code(&platform);
    let answered = answer(&platform, &uuid, &code).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    assert_eq!(answered.json()["userMustChangePassword"], false);
    let own = answered.json()["access_token"].clone();
    let own = own.as_str().expect("a token");
    assert_eq!(get(&platform, own, "oauth2?me=true").await.status, 200);
    let after = credential(&platform).await;
    assert_eq!(after["credential_version"], 2);
    assert_ne!(after["password_hash"], before["password_hash"]);
    challenge_in(&sign_in(&platform, ANN, STRICT_PASSWORD).await);
    let old = sign_in(&platform, ANN, PASSWORD).await;
    assert_eq!(old.json()["ErrorCode"], 2, "{}", old.body);
}

/// What waits in a challenge counts among the last five like any other.
#[tokio::test]
async fn a_password_that_waited_in_a_challenge_is_remembered() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    change(&platform, PASSWORD, STRICT_PASSWORD).await;
    ask_for(&platform, ANN, "email").await;
    let uuid = challenge_in(&change(&platform, STRICT_PASSWORD, OTHER).await);
    assert_eq!(
        answer(&platform, &uuid, &sent_code(&platform)).await.status,
        200
    );
    for used in [STRICT_PASSWORD, OTHER] {
        let again = change(&platform, OTHER, used).await;
        assert_eq!(again.json()["ErrorCode"], 3, "{used}: {}", again.body);
    }
}
