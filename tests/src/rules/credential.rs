//! The credential item and its version.

use data_encoding::HEXLOWER;
use serde_json::json;
use shared::domain::Clock as _;

use super::{
    ANN, DAY, NEW_PASSWORD, START_MS, WRONG, ask_for_password, assert_ended, assert_lives,
    credential, credential_key, mailed_link, mailed_password, only, raise_version, users_of_kind,
};
use crate::harness::{Fault, PASSWORD, PUBLIC_URL, Platform, Session};

#[tokio::test]
async fn a_year_later_every_account_still_signs_in_and_the_guards_are_gone() {
    let platform = Platform::start().await;
    let strangers = ["who@example.com", "is@example.com", "there@example.com"];
    for email in strangers {
        assert_eq!(platform.login(email, WRONG).await.status, 401);
    }
    let accounts = ["ann@example.com", "ben@example.com", "cem@example.com"];
    platform.register_confirmed(accounts[0]).await;
    platform.signed_in(accounts[0], PASSWORD).await;
    platform.register_confirmed(accounts[1]).await;
    platform.login(accounts[1], WRONG).await;
    // This one's address was tried before it was registered: its guard must not outlive as a TTL.
    platform.login(accounts[2], WRONG).await;
    platform.register_confirmed(accounts[2]).await;
    platform.login(accounts[2], WRONG).await;
    platform.signed_in(accounts[2], PASSWORD).await;
    let items = users_of_kind(&platform, "email#").await;
    assert_eq!(items.len(), 6);
    for item in items {
        let expected = if item.contains_key("user_id") {
            json!("never")
        } else {
            json!(START_MS / 1000 + 30 * DAY)
        };
        assert_eq!(item["expires"], expected, "{item:?}");
    }
    platform.clock.advance_seconds(365 * DAY);
    let context = &platform.local.foundation.context;
    context
        .store
        .sweep_expired(platform.clock.now())
        .await
        .expect("a sweep");
    assert_eq!(
        users_of_kind(&platform, "email#").await.len(),
        3,
        "the guards are gone"
    );
    assert_eq!(platform.items("sessions").await, []);
    for email in accounts {
        platform.signed_in(email, PASSWORD).await;
    }
}

#[tokio::test]
async fn what_strangers_type_is_stored_nowhere() {
    let platform = Platform::start().await;
    platform.login("stranger@example.com", WRONG).await;
    ask_for_password(&platform, "stranger@example.com").await;
    for path in ["/reset-password/request", "/activate/resend"] {
        platform
            .post(path)
            .header("origin", PUBLIC_URL)
            .form(&[("email", "Stranger@Example.com")])
            .send()
            .await;
    }
    let dump = platform.dump().await.to_lowercase();
    assert!(!dump.contains("stranger"), "{dump}");
    assert!(!dump.contains(&HEXLOWER.encode(b"stranger")), "{dump}");
    assert!(
        dump.contains(&credential_key("stranger@example.com")),
        "{dump}"
    );
    platform.deliver().await;
    assert!(!platform.dump().await.to_lowercase().contains("stranger"));
}

#[tokio::test]
async fn a_registration_takes_the_place_of_a_guard_and_of_its_count() {
    let platform = Platform::start().await;
    for _ in 0..4 {
        platform.login(ANN, WRONG).await;
    }
    platform.register_confirmed(ANN).await;
    let held = credential(&platform, ANN).await;
    assert!(!held.contains_key("failures"), "{held:?}");
    for _ in 0..4 {
        assert_eq!(platform.login(ANN, WRONG).await.status, 401);
    }
    platform.signed_in(ANN, PASSWORD).await;
}

#[tokio::test]
async fn a_password_that_changes_while_the_hash_runs_refuses_the_sign_in() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    platform.connector.forget();
    platform.connector.inject("GetItem users", Fault::Held, 1);
    let changing = async {
        platform.connector.begun("GetItem users", 1).await;
        raise_version(&platform).await;
        platform.connector.heal();
    };
    let (answer, ()) = tokio::join!(platform.login(ANN, PASSWORD), changing);
    assert_eq!(
        answer.whole(),
        "401\n{\"error\":\"wrong e-mail address or password\"}"
    );
    assert_eq!(platform.items("sessions").await, [], "no session is left");
}

#[tokio::test]
async fn a_refused_session_that_cannot_be_deleted_is_dead_all_the_same() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    platform.connector.forget();
    platform.connector.inject("GetItem users", Fault::Held, 1);
    let changing = async {
        platform.connector.begun("GetItem users", 1).await;
        raise_version(&platform).await;
        platform.connector.heal();
        let fault = Fault::AccessDenied;
        platform.connector.inject("DeleteItem sessions", fault, 1);
    };
    let (answer, ()) = tokio::join!(platform.login(ANN, PASSWORD), changing);
    assert_eq!(answer.status, 503, "{}", answer.body);
    let left = platform.items("sessions").await.remove(0);
    let held = credential(&platform, ANN).await;
    assert_eq!(
        (&left["credential_version"], &held["credential_version"]),
        (&json!(1), &json!(2))
    );
}

#[tokio::test]
async fn a_password_that_changes_before_the_last_write_leaves_no_live_session() {
    // Which of the two last writes comes late.
    for (skip, late) in [(0, "PutItem sessions"), (1, "UpdateItem users")] {
        let platform = Platform::start().await;
        platform.register_confirmed(ANN).await;
        let link = mailed_link(&platform, ANN).await;
        platform.connector.forget();
        platform.connector.inject_after(skip, late, Fault::Held, 1);
        let changing = async {
            platform.connector.begun(late, skip + 1).await;
            let done = platform.reset(&link, NEW_PASSWORD).await;
            platform.connector.heal();
            done
        };
        let (answer, changed) = tokio::join!(platform.login(ANN, PASSWORD), changing);
        assert_eq!(changed.status, 200, "{late}");
        if answer.status == 200 {
            let body = answer.json();
            let text = |name: &str| body[name].as_str().expect("a token").to_owned();
            let session = Session {
                access_token: text("accessToken"),
                refresh_token: text("refreshToken"),
                user: body["user"].clone(),
            };
            assert_ended(&platform, &session).await;
        } else {
            assert_eq!(answer.status, 401, "{late}: {}", answer.body);
            assert_eq!(platform.items("sessions").await, [], "{late}");
        }
        assert_eq!(platform.login(ANN, PASSWORD).await.status, 401, "{late}");
        platform.signed_in(ANN, NEW_PASSWORD).await;
    }
}

#[tokio::test]
async fn a_session_takes_the_version_that_came_with_the_hash() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let stored = platform.items("sessions").await.remove(0);
    assert_eq!(
        stored["credential_version"],
        credential(&platform, ANN).await["credential_version"]
    );
    raise_version(&platform).await;
    assert_ended(&platform, &session).await;
    let session = platform.signed_in(ANN, PASSWORD).await;
    assert_lives(&platform, &session).await;
}

#[tokio::test]
async fn what_ends_sessions_raises_the_version_on_both_items_at_once() {
    for by_link in [false, true] {
        let platform = Platform::start().await;
        let session = platform.new_session(ANN).await;
        let before = credential(&platform, ANN).await["credential_version"]
            .as_i64()
            .expect("a number");
        platform.connector.forget();
        if by_link {
            let link = mailed_link(&platform, ANN).await;
            assert_eq!(platform.reset(&link, NEW_PASSWORD).await.status, 200);
        } else {
            let password = mailed_password(&platform, ANN).await;
            platform.signed_in(ANN, &password).await;
        }
        let transactions = platform.connector.calls();
        let transactions = transactions
            .iter()
            .filter(|call| call.starts_with("TransactWriteItems users+users"));
        assert_eq!(transactions.count(), 1);
        for kind in ["email#", "user#"] {
            let version = &only(&platform, kind).await["credential_version"];
            assert_eq!(*version, before + 1, "{kind}");
        }
        assert_ended(&platform, &session).await;
    }
}

#[tokio::test]
async fn a_new_version_voids_the_codes_of_the_old_one() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let link = mailed_link(&platform, ANN).await;
    let password = mailed_password(&platform, ANN).await;
    platform.signed_in(ANN, &password).await;
    let refused = platform.reset(&link, NEW_PASSWORD).await;
    assert_eq!(refused.status, 400);
    assert_eq!(platform.login(ANN, NEW_PASSWORD).await.status, 401);
    platform.signed_in(ANN, &password).await;
}
