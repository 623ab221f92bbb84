//! A trail that cannot be written: what is done stays done, and the log has it.

use serde_json::{Value, json};

use super::{ANN, V1, events, id_of, line};
use crate::harness::{Fault, PASSWORD, Platform};
use crate::logs::{Listening, Log};

/// The log's lines that say so, each with event and user.
fn lacking(log: &str) -> Vec<(String, String)> {
    let lines = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let lacks = |line: &Value| {
        let message = line["message"].as_str().unwrap_or_default();
        message.starts_with("the audit trail lacks an event: ")
    };
    let lines = lines.filter(lacks);
    let named = lines.map(|line: Value| {
        assert_eq!(
            (&line["level"], &line["outcome"]),
            (&json!("ERROR"), &json!("failed"))
        );
        assert!(line["request.id"].is_string(), "{line}");
        let text = |name: &str| line[name].as_str().expect("a text").to_owned();
        (text("event"), text("user.id"))
    });
    named.collect()
}

#[tokio::test]
async fn what_is_done_stays_done_and_the_log_tells_what_is_lacking() {
    for fault in [Fault::AccessDenied, Fault::Throttled] {
        let log = Log::default();
        let guard = Listening::at("info", &log);
        let platform = Platform::with(&[("LOG_LEVEL", "info")]).await;
        platform.register_confirmed(ANN).await;
        let user = id_of(&platform, ANN).await;
        let before = events(&platform).await;
        platform.connector.inject("PutItem audit", fault, 1000);
        let session = platform.signed_in(ANN, PASSWORD).await;
        let delete = platform.delete(&format!("{V1}/user"));
        let deleted = delete.bearer(&session.access_token).send().await;
        assert_eq!(deleted.whole(), "204\n");
        platform.connector.heal();
        assert_eq!(
            platform.login(ANN, PASSWORD).await.status,
            401,
            "it is gone"
        );
        assert_eq!(events(&platform).await, before);
        drop(guard);
        let log = log.text() + &platform.log();
        let lacking = lacking(&log);
        let expected = ["signed-in", "deleted"].map(|event| (event.to_owned(), user.clone()));
        assert_eq!(lacking, expected, "{fault:?}: {log}");
        for outcome in ["signed-in", "deleted"] {
            let outcome = format!("\"outcome\":\"{outcome}\"");
            assert!(log.contains(&outcome), "answered: {log}");
        }
    }
}

#[tokio::test]
async fn a_lost_reply_is_no_second_event() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let before = events(&platform).await.len();
    platform
        .connector
        .inject("PutItem audit", Fault::LostReply, 1);
    platform.signed_in(ANN, PASSWORD).await;
    assert_eq!(events(&platform).await.len(), before + 1);
}

#[tokio::test]
async fn a_sign_in_that_came_to_nothing_is_taken_back() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let before = events(&platform).await.len();
    platform.clock.advance_seconds(1);
    platform
        .connector
        .inject("PutItem sessions", Fault::AccessDenied, 1);
    let refused = platform.login(ANN, PASSWORD).await;
    assert_eq!(refused.status, 503, "{}", refused.body);
    let after = events(&platform).await;
    let told: Vec<_> = after[before..].iter().map(line).collect();
    assert_eq!(
        told,
        ["signed-in user-service", "sign-in-withdrawn user-service"]
    );
    assert_eq!(after[before]["session_id"], after[before + 1]["session_id"]);
    assert_eq!(platform.items("sessions").await.len(), 0);
}

#[tokio::test]
async fn a_refusal_takes_no_longer_where_the_trail_is_out() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    platform
        .connector
        .inject("PutItem audit", Fault::AccessDenied, 1000);
    for email in [ANN, "unknown@example.com"] {
        let refused = platform.login(email, "not the password").await;
        assert_eq!(refused.status, 401, "{email}");
    }
}
