//! The audit trail: what is kept of what befell an account, and who may read it.

mod flows;
mod operator;
mod outages;
mod reading;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::{PASSWORD, Platform, are_processes};

const ANN: &str = "ann@example.com";
const WRONG: &str = "not the password";
const V1: &str = "/user-service/v1/users";

type Item = BTreeMap<String, Value>;

/// All events, oldest first.
async fn events(platform: &Platform) -> Vec<Item> {
    let mut events = platform.items("audit").await;
    events.sort_by_key(|event| event["happened"].to_string());
    events
}

/// What an event says, in one line: event, dialect, and who did it, if not the user.
fn line(event: &Item) -> String {
    let text = |name: &str| event.get(name).and_then(Value::as_str);
    let (event, dialect) = (text("event"), text("dialect"));
    let line = format!("{} {}", event.expect("an event"), dialect.expect("one"));
    text("by").map_or(line.clone(), |by| format!("{line} by {by}"))
}

/// What happened to a user, oldest first.
async fn told_of(platform: &Platform, user: &str) -> Vec<String> {
    let events = events(platform).await;
    let own = events.iter().filter(|event| event["user_id"] == user);
    own.map(line).collect()
}

/// The id of the account with this address.
async fn id_of(platform: &Platform, email: &str) -> String {
    crate::rbac::uid_of(platform, email).await
}

/// Lets time pass, so that what comes next is later, and sends a request with a JSON body.
async fn post(platform: &Platform, path: &str, body: Value) -> crate::harness::Answer {
    platform.clock.advance_seconds(1);
    platform.post(path).json(&body).send().await
}

#[tokio::test]
async fn an_event_holds_ids_and_times_and_ends_with_its_days() {
    for (days, lifetime) in [("365", 365 * 86_400), ("7", 7 * 86_400)] {
        let platform = Platform::with(&[("AUDIT_DAYS", days)]).await;
        platform.register_confirmed(ANN).await;
        platform.clock.advance_seconds(1);
        let session = platform.signed_in(ANN, PASSWORD).await;
        let events = events(&platform).await;
        let [.., signed_in] = &events[..] else {
            panic!("{events:?}");
        };
        let members: Vec<_> = signed_in.keys().map(String::as_str).collect();
        assert_eq!(
            members,
            [
                "dialect",
                "event",
                "expires",
                "happened",
                "request_id",
                "session_id",
                "user_id"
            ]
        );
        assert_eq!(signed_in["user_id"], id_of(&platform, ANN).await);
        let session_id = &platform.items("sessions").await[0]["session_id"];
        assert_eq!(&signed_in["session_id"], session_id);
        assert!(!session.refresh_token.is_empty());
        let happened = signed_in["happened"].as_str().expect("a text");
        let at: i64 = happened[..15].parse().expect("a time");
        // Rounded up to whole seconds.
        let expires = signed_in["expires"].as_i64().expect("a time");
        assert_eq!(expires, (at + 999) / 1000 + lifetime, "{days}");
    }
}

#[tokio::test]
async fn without_days_nothing_is_kept_and_no_call_is_made_for_it() {
    let platform = Platform::with(&[("AUDIT_DAYS", "0")]).await;
    platform.register_confirmed(ANN).await;
    platform.connector.forget();
    for email in [ANN, "unknown@example.com"] {
        assert_eq!(platform.login(email, WRONG).await.status, 401);
    }
    platform.signed_in(ANN, PASSWORD).await;
    let calls = platform.connector.calls();
    assert!(
        !calls.iter().any(|call| call.contains("audit")),
        "{calls:?}"
    );
    assert_eq!(events(&platform).await, Vec::<Item>::new());
}

#[tokio::test]
async fn sixty_four_sign_ins_at_once_are_sixty_four_events() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    platform.signed_in(ANN, PASSWORD).await;
    let before = events(&platform).await.len();
    let body = json!({ "email": ANN, "password": PASSWORD });
    let requests = (0..64).map(|_| platform.post(&format!("{V1}/login")).json(&body));
    let answers = crate::harness::at_once(requests).await;
    let signed_in = answers.iter().filter(|answer| answer.status == 200).count();
    let after = events(&platform).await;
    let kept = after.iter().filter(|event| event["event"] == "signed-in");
    assert_eq!(kept.count() - 1, signed_in);
    let told = after.len() - before;
    let sessions = platform.items("sessions").await.len();
    assert_eq!(sessions, signed_in + 1);
    if !are_processes() {
        assert_eq!((signed_in, told), (64, 64));
    }
}

#[tokio::test]
async fn attempts_during_a_lock_are_not_written() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    for email in [ANN, "unknown@example.com"] {
        for _ in 0..7 {
            platform.clock.advance_seconds(2);
            assert_eq!(platform.login(email, WRONG).await.status, 401);
        }
        let before = events(&platform).await;
        platform.connector.forget();
        for _ in 0..20 {
            assert_eq!(platform.login(email, WRONG).await.status, 429);
        }
        assert_eq!(events(&platform).await, before);
        let calls = platform.connector.calls();
        assert!(
            !calls.iter().any(|call| call.contains("audit")),
            "{calls:?}"
        );
    }
    let events = events(&platform).await;
    let wrong = events
        .iter()
        .filter(|event| event["event"] == "wrong-password");
    assert_eq!(
        wrong.count(),
        7,
        "those of the account, and none of nobody's"
    );
}
