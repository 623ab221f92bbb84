//! POST /oauth2?forgotPassword=true: one answer for all, a link for who has an account.

use serde_json::json;

use super::factor::{ANN, account_with, challenge_in};
use super::{STRICT_PASSWORD, path, refusal, sign_in};
use crate::harness::{Answer, PASSWORD, PUBLIC_URL, Platform};

const ANSWER: &str = "200\n{\"userMustChangePassword\":true}";

async fn ask(platform: &Platform, email: &str) -> Answer {
    let request = platform.post(&path("oauth2?forgotPassword=true"));
    request.json(&json!({ "userId": email })).send().await
}

/// The link in a mail: the code in it.
fn code_in(text: &str) -> String {
    let start = format!("{PUBLIC_URL}/security/api/v1/actionLink?action=password_reset&id=");
    let code = text.lines().find_map(|line| line.strip_prefix(&start));
    code.expect("a link of this dialect").to_owned()
}

async fn set(platform: &Platform, code: &str) -> u16 {
    let request = platform.post(&path("actionLink"));
    let form = [
        ("id", code),
        ("password1", STRICT_PASSWORD),
        ("password2", STRICT_PASSWORD),
    ];
    let request = request.header("origin", PUBLIC_URL).form(&form);
    request.send().await.status
}

#[tokio::test]
async fn everybody_is_answered_alike_and_with_the_same_work() {
    let platform = Platform::start().await;
    platform.register("unconfirmed@example.com").await;
    account_with(&platform, "careful@example.com", "email").await;
    platform.register_confirmed(ANN).await;
    let mut work = Vec::new();
    for email in [
        ANN,
        "unconfirmed@example.com",
        "careful@example.com",
        "unknown@example.com",
    ] {
        platform.connector.forget();
        let answer = ask(&platform, email).await;
        assert_eq!(answer.whole(), ANSWER, "{email}");
        work.push(platform.connector.round_trips());
    }
    work.dedup();
    assert_eq!(work.len(), 1, "{work:?}");
    for nobody in ["", "nobody", "a@b@c"] {
        assert_eq!(ask(&platform, nobody).await.whole(), ANSWER, "{nobody}");
    }
    let mails = platform.deliver().await;
    let mut to: Vec<_> = mails.iter().map(|mail| mail.to.join(" ")).collect();
    to.sort();
    assert_eq!(to, [ANN, "careful@example.com", "unconfirmed@example.com"]);
}

#[tokio::test]
async fn the_link_is_good_for_a_day_and_the_old_password_until_then() {
    for (waited, status) in [(86_399, 200), (86_400, 404)] {
        let platform = Platform::start().await;
        platform.register_confirmed(ANN).await;
        ask(&platform, ANN).await;
        let mails = platform.deliver().await;
        let code = code_in(&mails[0].text);
        assert_eq!(sign_in(&platform, ANN, PASSWORD).await.status, 200);
        platform.clock.advance_seconds(waited);
        assert_eq!(set(&platform, &code).await, status);
        let password = if status == 200 {
            STRICT_PASSWORD
        } else {
            PASSWORD
        };
        assert_eq!(sign_in(&platform, ANN, password).await.status, 200);
    }
}

#[tokio::test]
async fn a_reset_link_does_not_stand_in_for_the_second_factor() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "email").await;
    ask(&platform, ANN).await;
    let code = code_in(&platform.deliver().await[0].text);
    assert_eq!(set(&platform, &code).await, 200);
    challenge_in(&sign_in(&platform, ANN, STRICT_PASSWORD).await);
    assert_eq!(platform.items("sessions").await.len(), 0);
}

#[tokio::test]
async fn over_the_limit_nothing_is_sent_and_nothing_is_told() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    for _ in 0..5 {
        platform.clock.advance_seconds(1);
        assert_eq!(ask(&platform, ANN).await.whole(), ANSWER);
    }
    assert_eq!(platform.items("outbox").await.len(), 3);
    assert_eq!(platform.deliver().await.len(), 3);
}

#[tokio::test]
async fn the_address_has_to_be_there() {
    let platform = Platform::start().await;
    for (body, said) in [
        (json!({}), "1018: userId is required"),
        (json!({ "userId": null }), "1018: userId is required"),
        (json!({ "userId": 7 }), "1018: userId is not valid"),
    ] {
        let request = platform.post(&path("oauth2?forgotPassword=true"));
        let answer = request.json(&body).send().await;
        assert_eq!(answer.whole(), refusal(400, 400, "POST", said), "{body}");
    }
    assert_eq!(platform.items("outbox").await.len(), 0);
}
