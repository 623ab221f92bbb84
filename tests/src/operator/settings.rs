//! The settings that all functions share, and the issuer among them.

use serde_json::{Value, json};

use super::{ADMIN, Stack};
use crate::harness::{PASSWORD, PUBLIC_URL};

const MOVED: &str = "http://127.0.0.1:4000";
const ISSUER: &str = "https://issuer.example.com";

#[tokio::test]
async fn changed_settings_are_written_and_the_issuer_stays_the_first_public_url() {
    let stack = Stack::created().await;
    let report = stack
        .run(&stack.update(&[
            ("SERVICE_NAME", "Example Accounts"),
            ("PUBLIC_URL", MOVED),
            ("OPEN_REGISTRATION", ""),
        ]))
        .await;
    assert_eq!(report["Status"], "SUCCESS", "{report}");
    assert_eq!(
        report["Data"],
        json!({ "Administrator": "as before", "Issuer": PUBLIC_URL, "PublicUrl": MOVED, "Keys": "as before" })
    );
    assert_eq!(
        stack.key_item("settings").await,
        json!({
            "issuer": PUBLIC_URL,
            "entries": {
                "PUBLIC_URL": MOVED,
                "SERVICE_NAME": "Example Accounts",
                "EMAIL_FROM": "no-reply@gatehouse.example",
                "EMAIL_CONFIRMATION": "on",
                "SMS": "off",
                "SESSION_COOKIE_NAME": "sid",
                "SESSION_COOKIE_SAMESITE": "lax",
                "AUDIT_DAYS": "365",
                "TOKEN_ALGORITHM": "RS256",
                "SIGNING": "wrapped",
                "KEY_ROTATION_DAYS": "90",
            },
        })
    );
}

#[tokio::test]
async fn a_service_that_moves_ends_no_session_before_its_issuer_is_changed() {
    let stack = Stack::created().await;
    stack.accept_invitation(ADMIN, PASSWORD).await;
    let session = stack.platform.signed_in(ADMIN, PASSWORD).await;
    stack.run(&stack.update(&[("PUBLIC_URL", MOVED)])).await;
    stack.read_again().await;
    assert_eq!(stack.list_users(&session.access_token).await.status, 200);

    let changed = stack
        .command(json!({ "command": "issuer.set", "issuer": ISSUER }))
        .await;
    assert_eq!(changed, Ok(json!({ "issuer": ISSUER })));
    assert_eq!(stack.key_item("settings").await["issuer"], ISSUER);
    stack.read_again().await;
    assert_eq!(
        stack.list_users(&session.access_token).await.status,
        403,
        "it names another issuer"
    );
    let session = stack.platform.signed_in(ADMIN, PASSWORD).await;
    assert_eq!(stack.list_users(&session.access_token).await.status, 200);
    let report = stack.run(&stack.request("Update")).await;
    assert_eq!(report["Data"]["Issuer"], ISSUER, "an update changes it not");
}

impl Stack {
    /// Five minutes later, every function that runs has found what has changed.
    async fn read_again(&self) {
        self.platform.clock.advance_seconds(301);
        self.list_users("").await;
        self.platform.login("nobody@example.com", PASSWORD).await;
    }
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_refused_with_all_that_is_wrong() {
    for set_up in [false, true] {
        let stack = if set_up {
            Stack::created().await
        } else {
            Stack::new().await
        };
        let before = stack.dump().await;
        let bad = [
            ("ALLOWED_ORIGINS", "*"),
            ("EMAIL_FROM", "nobody"),
            ("EMAIL_CONFIRMATION", "maybe"),
        ];
        let report = stack.run(&stack.update(&bad)).await;
        assert_eq!(report["Status"], "FAILED", "{report}");
        assert_eq!(
            report["Reason"],
            "the configuration cannot be used:\n  \
             ALLOWED_ORIGINS: \"*\" is no origin such as https://app.example.com\n  \
             EMAIL_FROM: \"nobody\" is no e-mail address\n  \
             EMAIL_CONFIRMATION: must be on or off, not \"maybe\""
        );
        assert_eq!(stack.dump().await, before);
    }
}

#[tokio::test]
async fn an_issuer_that_cannot_be_used_is_refused() {
    let stack = Stack::created().await;
    let before = stack.dump().await;
    for issuer in ["x".repeat(257), String::new(), " ".to_owned()] {
        let refused = stack
            .command(json!({ "command": "issuer.set", "issuer": issuer }))
            .await;
        let reason = refused.expect_err("it is none");
        let reasons = [
            "TOKEN_ISSUER: may have at most 256 bytes",
            "the issuer must not be empty",
        ];
        assert!(
            reasons.iter().any(|known| reason.contains(known)),
            "{reason}"
        );
        assert_eq!(stack.dump().await, before, "{issuer:?}");
    }
}

#[tokio::test]
async fn settings_of_another_release_are_kept_and_told_apart() {
    let stack = Stack::with(&[("LOG_LEVEL", "warn")]).await;
    let report = stack
        .run(&stack.update(&[("OF_A_LATER_RELEASE", "on")]))
        .await;
    assert_eq!(report["Status"], "SUCCESS", "{report}");
    assert_eq!(
        stack.key_item("settings").await["entries"]["OF_A_LATER_RELEASE"],
        "on"
    );
    let log = stack.platform.log();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert!(!lines.is_empty());
    for line in lines {
        assert_eq!(
            line["message"],
            "settings of another release are ignored: OF_A_LATER_RELEASE"
        );
    }
}
