//! POST /sms without a flag: a text message from an administrator.

use http::Method;
use serde_json::{Value, json};
use shared::domain::UserRole;

use super::super::system::with_role;
use super::super::{post, refusal, request, start};
use super::{NUMBER, OTHER_NUMBER, SUCCESS, bad, expect_refused, limited, not_sent, texts};
use crate::harness::{Fault, Platform, SmsFault};

const TEXT: &str = "The lift is out of order.\nPlease take the stairs.";

fn message() -> Value {
    json!({ "to": NUMBER, "text": TEXT })
}

#[tokio::test]
async fn root_and_admins_send_text_messages_and_nobody_else_does() {
    let platform = Platform::start().await;
    for (number, role) in UserRole::ALL.into_iter().enumerate() {
        let token = with_role(&platform, role).await;
        let to = format!("+49151123456{}", 10 + number);
        let body = json!({ "to": to, "text": TEXT, "from": "somebody" });
        if matches!(role, UserRole::Root | UserRole::Admin) {
            let answer = post(&platform, &token, "sms", &body).await;
            assert_eq!(answer.whole(), SUCCESS, "{role:?}");
            assert_eq!(texts(&platform).pop(), Some((to, TEXT.to_owned())));
            continue;
        }
        let sent = request(&platform, &token, Method::POST, "sms").json(&body);
        let expected = refusal(403, 7, "POST", "7: not allowed");
        expect_refused(&platform, sent, &expected, role.as_str()).await;
        let unread = request(&platform, &token, Method::POST, "sms").body("no JSON");
        expect_refused(&platform, unread, &expected, role.as_str()).await;
    }
}

#[tokio::test]
async fn a_number_in_any_spelling_gets_the_text_as_it_is() {
    let (platform, root) = start().await;
    let longest = "é".repeat(1600);
    let body = json!({ "to": " +49 (0)1511 234-5678", "text": longest });
    let answer = post(&platform, &root, "sms", &body).await;
    assert_eq!(answer.whole(), SUCCESS);
    assert_eq!(texts(&platform), [(NUMBER.to_owned(), longest)]);
}

#[tokio::test]
async fn what_is_no_message_is_refused() {
    let (platform, root) = start().await;
    let with = |name: &str, value: Value| {
        let mut body = message();
        body[name] = value;
        body
    };
    for (body, description) in [
        (json!({}), "1018: text is required"),
        (json!({ "to": NUMBER }), "1018: text is required"),
        (json!({ "text": TEXT }), "1018: to is required"),
        (with("to", Value::Null), "1018: to is required"),
        (with("to", json!([NUMBER])), "1018: to is not valid"),
        (
            with("to", json!(4_915_112_345_678_u64)),
            "1018: to is not valid",
        ),
        (with("text", json!({})), "1018: text is not valid"),
        (with("text", json!("")), "1018: text is not valid"),
        (with("text", json!(" \n")), "1018: text is not valid"),
        (
            with("text", json!("a".repeat(1601))),
            "1018: text is not valid",
        ),
        (with("text", json!("a\r\nb")), "1018: text is not valid"),
        (with("text", json!("a\u{1b}[2J")), "1018: text is not valid"),
        (
            with("to", json!("+4915112345678,+33612345678")),
            "1018: the phone number is not valid",
        ),
        (
            with("to", json!("arn:aws:sns:eu-central-1:123456789012:topic")),
            "1018: the phone number is not valid",
        ),
    ] {
        let sent = request(&platform, &root, Method::POST, "sms").json(&body);
        expect_refused(&platform, sent, &bad(description), &body.to_string()).await;
    }
    for body in ["{\"to\":", "[]", "", "{\"to\":\"a\",\"to\":\"b\"}"] {
        let sent = request(&platform, &root, Method::POST, "sms");
        let sent = sent.header("content-type", "application/json").body(body);
        let before = platform.inbox.messages().len();
        let answer = sent.send().await;
        let description = answer.json()["ErrorDescription"].to_string();
        assert_eq!(answer.status, 400, "{body}: {description}");
        assert!(description.starts_with("\"1003: "), "{body}: {description}");
        assert_eq!(platform.inbox.messages().len(), before, "{body}");
    }
}

#[tokio::test]
async fn numbers_that_cost_more_or_are_no_phones_get_nothing() {
    let (platform, root) = start().await;
    for number in [
        "+19005551234",
        "+448431234567",
        "+449012345678",
        "+499001234567",
        "+491801234567",
        "+43900123456",
        "+41900123456",
        "+33899123456",
        "+34803123456",
        "+39899123456",
        "+31909123456",
        "+611900123456",
        "+447012345678",
        "+881612345678",
        "+8835100123456",
        "+80012345678",
        "0900123456",
        "911",
        "+1",
    ] {
        for (rest, body) in [
            ("sms", json!({ "to": number, "text": TEXT })),
            ("sms?validateNumber=true", json!({ "to": number })),
        ] {
            let sent = request(&platform, &root, Method::POST, rest).json(&body);
            let expected = bad("1018: the phone number is not valid");
            expect_refused(&platform, sent, &expected, number).await;
        }
    }
}

#[tokio::test]
async fn a_number_is_texted_three_times_an_hour_by_whomever() {
    let platform = Platform::with(&[("LIMITS", "off")]).await;
    let root = with_role(&platform, UserRole::Root).await;
    let admin = with_role(&platform, UserRole::Admin).await;
    for token in [&root, &admin, &root] {
        let answer = post(&platform, token, "sms", &message()).await;
        assert_eq!(answer.whole(), SUCCESS);
    }
    platform.clock.advance_seconds(600);
    for token in [&root, &admin] {
        let answer = post(&platform, token, "sms", &message()).await;
        assert_eq!(answer.whole(), limited());
        assert_eq!(answer.header("retry-after"), Some("3001"));
        let sent = request(&platform, token, Method::POST, "sms?validateNumber=true");
        let sent = sent.json(&message());
        expect_refused(&platform, sent, &limited(), "a code for the same number").await;
    }
    let other = json!({ "to": OTHER_NUMBER, "text": TEXT });
    assert_eq!(post(&platform, &root, "sms", &other).await.status, 200);
    platform.clock.advance_seconds(3000);
    let later = post(&platform, &root, "sms", &message()).await;
    assert_eq!(later.whole(), SUCCESS);
    assert_eq!(texts(&platform).len(), 5);
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_or_counted_is_503() {
    let (platform, root) = start().await;
    for fault in [SmsFault::Throttled, SmsFault::OptedOut, SmsFault::Invalid] {
        platform.sms.refuse("15112345678", fault);
        let answer = post(&platform, &root, "sms", &message()).await;
        platform.sms.heal();
        assert_eq!(answer.whole(), not_sent(), "{fault:?}");
        assert_eq!(answer.header("retry-after"), Some("5"), "{fault:?}");
    }
    platform.clock.advance_seconds(3600);
    platform
        .connector
        .inject("limits", Fault::AccessDenied, 1000);
    let sent = request(&platform, &root, Method::POST, "sms").json(&message());
    let expected = refusal(503, 503, "POST", "503: temporarily unavailable");
    expect_refused(&platform, sent, &expected, "no limits").await;
    platform.connector.heal();
    assert_eq!(texts(&platform), []);
    let answer = post(&platform, &root, "sms", &message()).await;
    assert_eq!(answer.whole(), SUCCESS);
}

#[tokio::test]
async fn an_installation_may_send_no_text_messages() {
    let platform = Platform::with(&[("SMS", "off")]).await;
    let root = super::super::root(&platform).await;
    for rest in ["sms", "sms?validateNumber=true"] {
        let sent = request(&platform, &root, Method::POST, rest).json(&message());
        let expected = bad("1084: text messages are switched off");
        expect_refused(&platform, sent, &expected, rest).await;
    }
}
