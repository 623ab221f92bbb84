//! Row 5: asking for a link to set a new password.

use serde_json::json;

use super::{ANN, RESET_PASSWORD, post, refusal, registered};
use crate::harness::{Answer, Platform, reset_code_in};
use crate::user_service::{expect_nothing_done, set_on_account};

async fn ask(platform: &Platform, login: &str) -> Answer {
    let body = json!({ "login": login });
    post(platform, RESET_PASSWORD, &body).send().await
}

#[tokio::test]
async fn the_mail_leads_to_the_page_with_id_and_token() {
    let platform = Platform::start().await;
    registered(&platform, "Ann@Example.com").await;
    platform.deliver().await;
    platform.clock.advance_seconds(1);
    let answer = ask(&platform, " ANN@example.com").await;
    assert_eq!(answer.whole(), "204\n");
    let intent = &platform.items("outbox").await[0];
    assert_eq!(intent["kind"], "password-reset");
    assert_eq!(intent["dialect"], "session");
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["Ann@Example.com"]);
    assert!(mails[0].text.contains("1 hour"), "{}", mails[0].text);
    let (id, token) = reset_code_in(&mails[0].text);
    assert_eq!(json!(id), platform.items("attributes").await[0]["user_id"]);
    assert_eq!(
        (token.len(), token.as_bytes()[14]),
        (36, b'4'),
        "a version 4 UUID"
    );
    assert!(!platform.dump().await.contains(&token));
}

#[tokio::test]
async fn every_address_gets_the_same_answer_by_the_same_work() {
    let platform = Platform::with(&[("LIMITS", "off")]).await;
    platform.register_confirmed("known@example.com").await;
    platform.register_confirmed("suspended@example.com").await;
    platform.register("unconfirmed@example.com").await;
    set_on_account(&platform, 2, "suspended", true).await;
    platform.deliver().await;
    platform.clock.advance_seconds(1);
    let mut seen = Vec::new();
    for login in [
        "known@example.com",
        "unknown@example.com",
        "unconfirmed@example.com",
        "suspended@example.com",
    ] {
        platform.connector.forget();
        let mut answer = ask(&platform, login).await;
        answer.headers.remove("x-request-id");
        seen.push((
            answer.whole(),
            answer.headers,
            platform.connector.round_trips(),
        ));
    }
    let first = seen[0].clone();
    assert_eq!(first.0, "204\n");
    assert!(seen.iter().all(|one| *one == first), "{seen:?}");
    let sent = platform.deliver().await;
    let to: Vec<_> = sent.iter().map(|mail| mail.to[0].as_str()).collect();
    assert!(!to.contains(&"unknown@example.com"), "{to:?}");
    assert!(to.contains(&"known@example.com"), "{to:?}");
    assert!(to.contains(&"unconfirmed@example.com"), "{to:?}");
    assert!(!platform.dump().await.contains("unknown@"));
}

#[tokio::test]
async fn what_is_no_address_is_malformed() {
    let platform = Platform::start().await;
    let before = platform.dump().await;
    for (body, error) in [
        (json!({}), "login is required"),
        (json!({ "login": null }), "login is required"),
        (json!({ "login": 7 }), "login is not valid"),
        (json!({ "login": "" }), "the e-mail address is not valid"),
        (json!({ "login": "ann" }), "the e-mail address is not valid"),
        (json!({ "email": ANN }), "login is required"),
    ] {
        let answer = post(&platform, RESET_PASSWORD, &body).send().await;
        assert_eq!(answer.whole(), refusal(400, error), "{body}");
    }
    expect_nothing_done(&platform, &before, "malformed").await;
}

#[tokio::test]
async fn over_the_limit_the_answer_stays_and_no_mail_leaves() {
    let platform = Platform::with(&[("LIMIT_RECOVERIES_PER_ADDRESS", "2")]).await;
    registered(&platform, ANN).await;
    platform.deliver().await;
    for mails in [1, 1, 0] {
        platform.clock.advance_seconds(1);
        let answer = ask(&platform, ANN).await;
        assert_eq!(answer.whole(), "204\n");
        assert_eq!(answer.header("retry-after"), None);
        assert_eq!(platform.deliver().await.len(), mails);
    }
}
