//! What the tests of the second factor have in common: accounts that ask for one, challenges and their answers, and an
//! authenticator that is not ours.

use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::BASE32_NOPAD;
use http::Method;
use local::projects::SHARING;
use serde_json::{Value, json};
use shared::domain::Clock as _;
use totp_rs::{Builder, Totp};

use super::{path, post, put, sign_in, token};
use crate::harness::{Answer, PASSWORD, Platform, Request};

pub(crate) const ANN: &str = "ann@example.com";
pub(crate) const PHONE: &str = "+14155552671";

/// Where a password, and a code beside it, sign in by the other dialects.
pub(crate) const LOGIN: &str = "/user-service/v1/users/login";
pub(crate) const AUTHENTICATE: &str = "/rbac/auth/authenticate";
pub(crate) const SESSION_LOGIN: &str = "/session/login";
pub(crate) const IDENTIFY_LOGIN: &str = "/identify/v1/user/login";

/// An app that shows codes.
pub(crate) struct Authenticator(Totp);

impl Authenticator {
    /// That has been given this secret.
    pub(crate) fn holding(secret: &str) -> Self {
        let seed = BASE32_NOPAD.decode(secret.as_bytes()).expect("base32");
        let seed: [u8; 20] = seed.try_into().expect("160 bits");
        let totp = Builder::new().with_secret(seed).build();
        Self(totp.expect("an authenticator"))
    }

    /// What it shows now.
    pub(crate) fn code(&self, platform: &Platform) -> String {
        self.code_after(platform, 0)
    }

    /// What it shows so many seconds from now.
    pub(crate) fn code_after(&self, platform: &Platform, seconds: i64) -> String {
        let at = platform.clock.now().as_second() + seconds;
        self.0.generate(at.unsigned_abs()).to_string()
    }

    /// Waits for a code that it has not shown before.
    pub(crate) fn next_code(&self, platform: &Platform) -> String {
        platform.clock.advance_seconds(30);
        self.code(platform)
    }

    /// Six digits that it shows at no time near now.
    pub(crate) fn wrong_code(&self, platform: &Platform) -> String {
        let shown = [-60, -30, 0, 30, 60].map(|seconds| self.code_after(platform, seconds));
        let mut codes = (0..).map(|number| format!("{number:06}"));
        let code = codes.find(|code| !shown.contains(code));
        code.expect("there are a million")
    }
}

/// Registers and confirms an account that asks for codes which are texted or mailed.
pub(crate) async fn account_with(platform: &Platform, email: &str, method: &str) {
    platform.register_confirmed(email).await;
    ask_for(platform, email, method).await;
    platform.inbox.empty().expect("an inbox in memory");
}

/// Lets an account ask for codes which are texted or mailed, without ending anything.
pub(crate) async fn ask_for(platform: &Platform, email: &str, method: &str) {
    let users = platform.items("users").await;
    let account = users
        .iter()
        .find(|item| item.get("email") == Some(&json!(email)));
    let pk = account.expect("the account")["pk"].as_str().expect("a key");
    let phone = AttributeValue::S(PHONE.to_owned());
    let update = platform.database().update_item();
    let update = update
        .table_name("gatehouse-users")
        .key("pk", AttributeValue::S(pk.to_owned()))
        .update_expression("SET second_factor = :method, phones = :phones")
        .expression_attribute_values(":method", AttributeValue::S(method.to_owned()))
        .expression_attribute_values(":phones", AttributeValue::L(vec![phone]));
    update.send().await.expect("the item can be changed");
}

/// Registers and confirms an account and binds an authenticator to it: the authenticator, ten recovery codes, and the token by
/// which it was bound.
pub(crate) async fn account_with_authenticator(
    platform: &Platform,
    email: &str,
) -> (Authenticator, Vec<String>, String) {
    platform.register_confirmed(email).await;
    let token = token(platform, email, PASSWORD).await;
    let (authenticator, codes) = bind(platform, &token).await;
    platform.deliver().await;
    platform.inbox.empty().expect("an inbox in memory");
    (authenticator, codes, token)
}

/// A seed that waits for its first code.
pub(crate) async fn seed(platform: &Platform, token: &str) -> Authenticator {
    let begun = post(platform, token, "totp", &json!({})).await;
    assert_eq!(begun.status, 200, "{}", begun.body);
    Authenticator::holding(begun.json()["secret"].as_str().expect("a secret"))
}

/// Binds an authenticator: the authenticator and its recovery codes.
pub(crate) async fn bind(platform: &Platform, token: &str) -> (Authenticator, Vec<String>) {
    let authenticator = seed(platform, token).await;
    let code = json!({ "code": authenticator.code(platform) });
    let bound = put(platform, token, "totp", &code).await;
    assert_eq!(bound.status, 200, "{}", bound.body);
    let codes = bound.json()["recoveryCodes"].clone();
    let codes = codes.as_array().expect("codes").iter();
    let codes = codes.map(|code| code.as_str().expect("a code").to_owned());
    (authenticator, codes.collect())
}

/// Ann's password and a code, by every dialect's name for her address.
pub(crate) fn with(password: &str, otp: &Value) -> Value {
    json!({ "email": ANN, "login": ANN, "userId": ANN, "password": password, "otp": otp })
}

/// Signs in by a route of any dialect. Document 004 has its members inside an envelope.
pub(crate) fn signing_in(platform: &Platform, route: &str, body: &Value) -> Request {
    if route != IDENTIFY_LOGIN {
        return platform.post(route).json(body);
    }
    let enveloped = json!({
        "projectId": SHARING, "strategy": "email", "provider": "awsCognito", "data": body,
    });
    platform.request(Method::PUT, route).json(&enveloped)
}

/// Shows the right password: the challenge that it leads to.
pub(crate) async fn challenge(platform: &Platform, email: &str) -> String {
    let answer = sign_in(platform, email, PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    challenge_in(&answer)
}

/// The challenge in an answer.
pub(crate) fn challenge_in(answer: &Answer) -> String {
    let uuid = answer.json()["uuid"].as_str().map(str::to_owned);
    uuid.unwrap_or_else(|| panic!("no challenge: {}", answer.body))
}

/// Answers a challenge.
pub(crate) fn answering(platform: &Platform, challenge: &str, answer: &str) -> Request {
    let body = json!({ "uuid": challenge, "answer": answer });
    let request = platform.post(&path("oauth2?completeMFAChallenge=true"));
    request.json(&body)
}

pub(crate) async fn answer(platform: &Platform, challenge: &str, answer: &str) -> Answer {
    answering(platform, challenge, answer).send().await
}

/// Asks for the code of a challenge again.
pub(crate) async fn resend(platform: &Platform, challenge: &str) -> Answer {
    let body = json!({ "uuid": challenge });
    let request = platform.post(&path("oauth2?resendMFACode=true"));
    request.json(&body).send().await
}

/// The code in the latest message.
pub(crate) fn sent_code(platform: &Platform) -> String {
    let messages = platform.inbox.messages();
    code_in_message(&messages.last().expect("a message").text)
}

pub(crate) fn code_in_message(text: &str) -> String {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit());
    let code = numbers.find(|digits| digits.len() == 6);
    code.expect("six digits").to_owned()
}

/// Six digits that are not these.
pub(crate) fn other_than(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

/// How many sessions there are.
pub(crate) async fn sessions(platform: &Platform) -> usize {
    platform.items("sessions").await.len()
}

/// The credential of the only account.
pub(crate) async fn credential(platform: &Platform) -> Value {
    let users = platform.items("users").await;
    let is_credential = |pk: &Value| pk.as_str().is_some_and(|pk| pk.starts_with("email#"));
    let credential = users.iter().find(|item| is_credential(&item["pk"]));
    json!(credential.expect("a credential"))
}
