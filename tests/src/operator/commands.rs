//! What an operator asks for by hand.

use serde_json::json;
use shared::domain::Clock as _;

use super::{ADMIN, Stack};
use crate::events::event;
use crate::harness::PUBLIC_URL;

/// What there is, at the end of a refusal.
pub(super) const COMMANDS: &str = "; there are status, admin.invite with email, mail.status with email, mail.allow with email, issuer.set with issuer, \
    rotate with algorithm if not all, key.revoke with kid, keys.advance, audit with user, \
    project.put with id, realm and providers as far as wanted, project.list, project.rotate-secret with id, \
    and project.check-signature with id, userId, deviceId, timeStamp and signature";

#[tokio::test]
async fn the_status_names_urls_and_keys() {
    let stack = Stack::created().await;
    let before = stack.dump().await;
    let published = stack.published().await;
    let since = stack.platform.clock.now().to_string();
    assert_eq!(
        stack.command(json!({ "command": "status" })).await,
        Ok(json!({
            "publicUrl": PUBLIC_URL,
            "issuer": PUBLIC_URL,
            "audience": PUBLIC_URL,
            "keys": [
                { "kid": published[0]["kid"], "algorithm": "RS256", "home": "wrapped", "state": "active", "since": since },
                { "kid": published[1]["kid"], "algorithm": "RS512", "home": "wrapped", "state": "active", "since": since },
            ],
        }))
    );
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn what_is_no_command_is_refused_with_what_there_is() {
    let stack = Stack::created().await;
    let before = stack.dump().await;
    for (command, reason) in [
        (
            json!({ "command": "admin.remove" }),
            "unknown variant `admin.remove`",
        ),
        (
            json!({ "command": "admin.invite" }),
            "missing field `email`",
        ),
        (json!({ "command": "issuer.set" }), "missing field `issuer`"),
        (
            json!({ "command": "status", "verbose": true }),
            "unknown field `verbose`",
        ),
        (
            json!({ "command": "admin.invite", "email": 7 }),
            "invalid type: integer `7`",
        ),
        (
            json!({ "command": "project.put", "id": 7 }),
            "invalid type: integer `7`",
        ),
        (
            json!({ "command": "project.put", "provider": {} }),
            "unknown field `provider`",
        ),
        (
            json!({ "command": "project.list", "id": "all" }),
            "unknown field `id`",
        ),
        (
            json!({ "command": "project.rotate-secret" }),
            "missing field `id`",
        ),
        (
            json!({ "command": "project.check-signature", "id": "", "userId": "" }),
            "missing field `deviceId`",
        ),
        (json!({ "command": 7 }), "invalid type"),
        (json!({ "RequestType": 7 }), "missing field `command`"),
        (json!({}), "missing field `command`"),
        (json!([]), "missing field `command`"),
        (json!("status"), "invalid type"),
        (json!(null), "invalid type"),
    ] {
        let refused = stack
            .command(command.clone())
            .await
            .expect_err("it is none");
        assert!(
            refused.starts_with(reason) && refused.ends_with(COMMANDS),
            "{command}: {refused}"
        );
    }
    let status = stack.command(json!({ "command": "status" })).await;
    assert!(status.is_ok(), "it goes on: {status:?}");
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn what_is_about_an_address_needs_one() {
    let stack = Stack::created().await;
    let before = stack.dump().await;
    for email in [
        "",
        "nobody",
        "a@b@c.de",
        "ann@example.com\r\nBcc: ben@example.com",
        "Ann <ann@example.com>",
    ] {
        for name in ["admin.invite", "mail.status", "mail.allow"] {
            let command = json!({ "command": name, "email": email });
            let refused = stack.command(command).await;
            let expected = Err("the e-mail address is not valid".to_owned());
            assert_eq!(refused, expected, "{name} {email:?}");
        }
    }
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn who_gets_no_mail_is_told_and_gets_mail_again() {
    let stack = Stack::created().await;
    let command = async |name: &str| {
        let command = json!({ "command": name, "email": "Ann@Example.com" });
        stack.command(command).await.expect("it is done")
    };
    assert_eq!(command("mail.status").await, json!({ "mailable": true }));
    assert_eq!(command("mail.allow").await, json!({ "removed": false }));
    let bounce = event("platform-outbox", "bounce");
    let reported = stack.platform.invoke("platform-outbox", bounce).await;
    assert_eq!(reported, Ok(json!(null)));
    let since = stack.platform.clock.now().to_string();
    assert_eq!(
        command("mail.status").await,
        json!({ "mailable": false, "reason": "bounce", "since": since })
    );
    assert_eq!(
        command("mail.allow").await,
        json!({ "removed": true, "reason": "bounce", "since": since })
    );
    assert_eq!(command("mail.status").await, json!({ "mailable": true }));
}

#[tokio::test]
async fn an_installation_that_was_not_set_up_says_so() {
    let stack = Stack::empty().await;
    for command in [
        json!({ "command": "status" }),
        json!({ "command": "admin.invite", "email": ADMIN }),
        json!({ "command": "issuer.set", "issuer": "https://issuer.example.com" }),
        json!({ "command": "project.put" }),
        json!({ "command": "project.list" }),
    ] {
        let refused = stack
            .command(command.clone())
            .await
            .expect_err("there is nothing yet");
        assert_eq!(
            refused, "the installation has not been set up: platform-operator has not run",
            "{command}"
        );
    }
    assert_eq!(stack.dump().await, "[]");
}

#[tokio::test]
async fn the_trail_of_an_account_is_shown() {
    let stack = Stack::created().await;
    let user = stack.user(ADMIN).await;
    let id = user["pk"].as_str().expect("a key").replace("user#", "");
    let shown = stack
        .command(json!({ "command": "audit", "user": id }))
        .await;
    let shown = shown.expect("a trail")["events"].clone();
    let events = shown.as_array().expect("events").iter();
    let events: Vec<_> = events.map(|event| &event["event"]).collect();
    assert_eq!(events, ["created"], "{shown}");
}
