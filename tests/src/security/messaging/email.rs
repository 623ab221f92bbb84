//! POST /email: a mail from an administrator.

use http::Method;
use serde_json::{Value, json};
use shared::domain::{Clock as _, EmailAddress, UnmailableReason, UserRole};

use super::super::system::with_role;
use super::super::{post, refusal, request, start, token};
use super::{SUCCESS, bad, expect_refused, limited, not_sent};
use crate::harness::{Fault, MailFault, PASSWORD, Platform};

const FROM: &str = "no-reply@gatehouse.example";

fn mail() -> Value {
    json!({
        "from": FROM,
        "subject": "The lift",
        "recipients": ["Ann@Example.com", "ben@example.com"],
        "text": "It is <b>out of order</b>.\n\nTake the stairs & mind the step.",
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut body = mail();
    body[name] = value;
    body
}

#[tokio::test]
async fn root_and_admins_send_mails_and_nobody_else_does() {
    let platform = Platform::start().await;
    for role in UserRole::ALL {
        let token = with_role(&platform, role).await;
        if matches!(role, UserRole::Root | UserRole::Admin) {
            let before = platform.inbox.messages().len();
            let answer = post(&platform, &token, "email", &mail()).await;
            assert_eq!(answer.whole(), SUCCESS, "{role:?}");
            assert_eq!(
                platform.inbox.messages().len(),
                before + 1,
                "one mail for all"
            );
            continue;
        }
        let expected = refusal(403, 7, "POST", "7: not allowed");
        let sent = request(&platform, &token, Method::POST, "email").json(&mail());
        expect_refused(&platform, sent, &expected, role.as_str()).await;
        let unread = request(&platform, &token, Method::POST, "email").body("no JSON");
        expect_refused(&platform, unread, &expected, role.as_str()).await;
    }
}

#[tokio::test]
async fn one_mail_goes_to_all_recipients_as_it_was_written() {
    let (platform, root) = start().await;
    let answer = post(&platform, &root, "email", &mail()).await;
    assert_eq!(answer.whole(), SUCCESS);
    let sent = platform.inbox.messages().pop().expect("a mail");
    assert_eq!(
        (&*sent.channel, &*sent.from, &*sent.subject, sent.sent_at),
        ("email", FROM, "The lift", platform.clock.now().as_second())
    );
    assert_eq!(sent.to, ["Ann@Example.com", "ben@example.com"]);
    assert_eq!(json!(sent.text), mail()["text"]);
    let shown =
        "It is &#60;b&#62;out of order&#60;/b&#62;.\n\nTake the stairs &#38; mind the step.";
    assert!(sent.html.contains(shown), "{}", sent.html);
    assert!(!sent.html.contains("<b>"), "{}", sent.html);
}

#[tokio::test]
async fn the_sender_is_ours_in_any_case_of_the_domain() {
    let (platform, root) = start().await;
    for from in ["no-reply@GATEHOUSE.example", " no-reply@gatehouse.Example "] {
        let answer = post(&platform, &root, "email", &with("from", json!(from))).await;
        assert_eq!(answer.whole(), SUCCESS, "{from}");
        let sent = platform.inbox.messages().pop().expect("a mail");
        assert_eq!(sent.from, FROM);
    }
    for from in [
        "No-Reply@gatehouse.example",
        "no-reply@gatehouse.example.com",
        "ceo@gatehouse.example",
        "admin@example.com",
        "Gatehouse <no-reply@gatehouse.example>",
        "no-reply@gatehouse.example\r\nBcc: ann@example.com",
        "gatehouse",
        "",
    ] {
        let sent = request(&platform, &root, Method::POST, "email");
        let sent = sent.json(&with("from", json!(from)));
        expect_refused(&platform, sent, &bad("1018: from is not valid"), from).await;
    }
}

#[tokio::test]
async fn what_is_no_mail_is_refused() {
    let (platform, root) = start().await;
    let many =
        |count: usize| -> Vec<_> { (0..count).map(|n| format!("u{n}@example.com")).collect() };
    let mut cases = vec![
        ("subject", json!("")),
        ("subject", json!("s".repeat(201))),
        ("subject", json!("Hello\r\nBcc: eve@example.com")),
        ("subject", json!("Hello\nBcc: eve@example.com")),
        ("subject", json!("Hello\rBcc: eve@example.com")),
        ("subject", json!("Hello\u{85}Bcc: eve@example.com")),
        ("subject", json!("Hello\u{2028}Bcc: eve@example.com")),
        ("subject", json!(["The lift"])),
        ("text", json!("")),
        ("text", json!("t".repeat(20_001))),
        ("text", json!("bell\u{7}")),
        ("text", json!(7)),
        ("recipients", json!([])),
        ("recipients", json!("ann@example.com")),
        ("recipients", json!({ "0": "ann@example.com" })),
        ("recipients", json!([["ann@example.com"]])),
        ("recipients", json!(["ann@example.com", null])),
        ("recipients", json!(["ann@example.com", "Ann@EXAMPLE.com"])),
        ("recipients", json!(["ann@example.com", "nobody"])),
        ("recipients", json!(["ann@example.com, eve@example.com"])),
        (
            "recipients",
            json!(["ann@example.com\r\nBcc: eve@example.com"]),
        ),
        ("recipients", json!(["Ann <ann@example.com>"])),
        ("recipients", json!(many(51))),
    ];
    cases.extend(["subject", "text", "recipients"].map(|name| (name, json!(true))));
    for (name, value) in cases {
        let what = value.to_string();
        let sent = request(&platform, &root, Method::POST, "email");
        let sent = sent.json(&with(name, value));
        let expected = bad(&format!("1018: {name} is not valid"));
        expect_refused(&platform, sent, &expected, &what).await;
    }
    for name in ["from", "subject", "recipients", "text"] {
        let mut body = mail();
        body.as_object_mut().expect("an object").remove(name);
        for body in [body, with(name, Value::Null)] {
            let sent = request(&platform, &root, Method::POST, "email").json(&body);
            let expected = bad(&format!("1018: {name} is required"));
            expect_refused(&platform, sent, &expected, name).await;
        }
    }
    let nul = with("subject", json!("Hello\0"));
    let answer = post(&platform, &root, "email", &nul).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    let largest = with("recipients", json!(many(50)));
    assert_eq!(
        post(&platform, &root, "email", &largest).await.whole(),
        SUCCESS
    );
}

#[tokio::test]
async fn a_caller_mails_two_hundred_recipients_a_day() {
    let platform = Platform::with(&[("LIMITS", "off")]).await;
    let root = with_role(&platform, UserRole::Root).await;
    let admin = with_role(&platform, UserRole::Admin).await;
    let fifty: Vec<_> = (0..50).map(|n| format!("u{n}@example.com")).collect();
    let fifty = with("recipients", json!(fifty));
    for _ in 0..4 {
        assert_eq!(
            post(&platform, &root, "email", &fifty).await.whole(),
            SUCCESS
        );
    }
    platform.clock.advance_seconds(1000);
    let one = with("recipients", json!(["ann@example.com"]));
    let sent = request(&platform, &root, Method::POST, "email").json(&one);
    expect_refused(&platform, sent, &limited(), "one more").await;
    let answer = post(&platform, &root, "email", &one).await;
    let rest_of_day = 86_400 - platform.clock.now().as_second().rem_euclid(86_400) + 1;
    let wait = rest_of_day.to_string();
    assert_eq!(answer.header("retry-after"), Some(&*wait));
    assert_eq!(
        post(&platform, &admin, "email", &one).await.whole(),
        SUCCESS
    );
    platform.clock.advance_seconds(rest_of_day);
    let root = token(&platform, "root@example.com", PASSWORD).await;
    assert_eq!(post(&platform, &root, "email", &one).await.whole(), SUCCESS);
}

#[tokio::test]
async fn a_mail_that_cannot_be_sent_or_counted_is_503_and_goes_to_nobody() {
    let (platform, root) = start().await;
    let before = platform.inbox.messages().len();
    for fault in [
        MailFault::Throttled,
        MailFault::Rejected,
        MailFault::BadRequest,
    ] {
        platform.mail.refuse("ben@example.com", fault);
        let answer = post(&platform, &root, "email", &mail()).await;
        platform.mail.heal();
        assert_eq!(answer.whole(), not_sent(), "{fault:?}");
        assert_eq!(answer.header("retry-after"), Some("5"), "{fault:?}");
    }
    platform
        .connector
        .inject("limits", Fault::AccessDenied, 1000);
    let sent = request(&platform, &root, Method::POST, "email").json(&mail());
    let expected = refusal(503, 503, "POST", "503: temporarily unavailable");
    expect_refused(&platform, sent, &expected, "no limits").await;
    platform.connector.heal();
    assert_eq!(platform.inbox.messages().len(), before);
    let answer = post(&platform, &root, "email", &mail()).await;
    assert_eq!(answer.whole(), SUCCESS);
}

#[tokio::test]
async fn a_mail_goes_to_those_who_get_mail_and_is_503_where_nobody_does() {
    let (platform, root) = start().await;
    let mailability = platform.local.foundation.mailability();
    let refuse = async |email: &str| {
        let address = EmailAddress::parse(email).expect("an address");
        let noted = mailability.refuse(&address, UnmailableReason::Complaint);
        noted.await.expect("it is noted");
    };
    refuse("ann@example.com").await;
    assert_eq!(
        post(&platform, &root, "email", &mail()).await.whole(),
        SUCCESS
    );
    let sent = platform.inbox.messages();
    assert_eq!(
        (sent.len(), &sent[0].to[..]),
        (1, &["ben@example.com".to_owned()][..])
    );
    refuse("ben@example.com").await;
    let answer = post(&platform, &root, "email", &mail()).await;
    assert_eq!(answer.whole(), not_sent());
    assert_eq!(platform.inbox.messages().len(), 1);
}

#[tokio::test]
async fn a_mail_whose_recipients_cannot_be_looked_up_is_not_sent() {
    let (platform, root) = start().await;
    platform
        .connector
        .inject("BatchGetItem users", Fault::AccessDenied, 1);
    let answer = post(&platform, &root, "email", &mail()).await;
    assert_eq!(
        answer.whole(),
        refusal(503, 503, "POST", "503: temporarily unavailable")
    );
    assert_eq!(platform.inbox.messages().len(), 0);
}
