//! Rows 12 and 13: messages that administrators have sent, and phone numbers that users prove to have.

mod email;
mod moto;
mod phone_validation;
mod sms;

use serde_json::Value;

use super::refusal;
use crate::harness::{Platform, Request};

const SUCCESS: &str = "200\n{\"Operation\":\"POST\",\"Details\":\"Command completed.\",\"Code\":0}";
const NUMBER: &str = "+4915112345678";
const OTHER_NUMBER: &str = "+33612345678";

/// The whole answer to something that is refused with 400.
fn bad(description: &str) -> String {
    refusal(400, 400, "POST", description)
}

fn limited() -> String {
    refusal(429, 10, "POST", "10: too many attempts")
}

fn not_sent() -> String {
    refusal(503, 503, "POST", "1056: the message could not be sent")
}

/// Sends what is to be refused so; nothing is stored or sent.
async fn expect_refused(platform: &Platform, request: Request, expected: &str, what: &str) {
    let before = (platform.dump().await, platform.inbox.messages().len());
    let answer = request.send().await;
    assert_eq!(answer.whole(), expected, "{what}");
    let after = (platform.dump().await, platform.inbox.messages().len());
    assert!(after == before, "{what}: {after:?}");
}

/// The texts that went to phones, oldest first: numbers and words.
fn texts(platform: &Platform) -> Vec<(String, String)> {
    let messages = platform.inbox.messages().into_iter();
    let texts = messages.filter(|message| message.channel == "sms");
    texts
        .map(|message| (message.to.join(" "), message.text))
        .collect()
}

/// The stored account with this address.
async fn account(platform: &Platform, email: &str) -> Value {
    let users = platform.items("users").await.into_iter();
    let mut users = users.map(|item| serde_json::json!(item));
    users
        .find(|item| item["email"] == email && item["pk"].as_str().is_some_and(is_account))
        .expect("the account")
}

fn is_account(pk: &str) -> bool {
    pk.starts_with("user#")
}
