//! The hosted pages, and the public keys.

mod account;
mod activate;
mod attributes;
mod authenticator;
mod avatar;
mod call_budget;
mod confirm;
mod deletion;
mod email;
pub(crate) mod faults;
mod form_tokens;
mod guard;
mod keys;
mod logs;
mod password;
mod profile;
mod races;
mod rbac_activate;
mod reset;
mod second_factor;
mod sessions;
mod sign_in;
mod sign_out;
mod sign_up;
mod theme;
mod unsent;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;

use crate::harness::{Answer, Browser, PASSWORD, Platform};
use crate::rbac::uid_of;

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";
const WRONG: &str = "not the password";
const NEW_PASSWORD: &str = "nine paper lanterns over the quay";
const DAY: i64 = 86_400;
const TO_SIGN_IN: &str = "303 /sign-in?next=/account";
/// What clears the cookie.
const CLEARED: &str = "__Host-gatehouse=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax";

/// Sends a form as a browser does from a page of ours.
async fn submit(platform: &Platform, path: &str, fields: &[(&str, &str)]) -> Answer {
    let request = platform.post(path).header("sec-fetch-site", "same-origin");
    request.form(fields).send().await
}

/// The headers of an answer but for its id and its length, sorted.
fn headers(answer: &Answer) -> Vec<(&str, String)> {
    let all = answer.headers.iter();
    let mut all: Vec<_> = all
        .map(|(name, value)| (name.as_str(), value))
        .filter(|(name, _)| !["x-request-id", "content-length"].contains(name))
        .map(|(name, value)| (name, String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    all.sort();
    all
}

/// Where an answer leads.
fn led(answer: &Answer) -> String {
    assert_eq!(answer.body, "", "{}", answer.status);
    let location = answer.header("location").unwrap_or_default();
    format!("{} {location}", answer.status)
}

/// The header that sets a cookie of a session.
fn session_cookie(value: &str, max_age: i64) -> String {
    format!("__Host-gatehouse={value}; Path=/; Max-Age={max_age}; Secure; HttpOnly; SameSite=Lax")
}

/// What a form on the page carries unseen, or shows to be changed.
fn value_in(page: &Answer, name: &str) -> String {
    let input = format!("name=\"{name}\"");
    let (_, rest) = page.body.split_once(&input).expect("an input");
    let (input, _) = rest.split_once('>').expect("its end");
    let value = input.split_once("value=\"").map(|(_, rest)| rest);
    let value = value.and_then(|rest| rest.split('"').next());
    value.unwrap_or_default().to_owned()
}

/// Ann's sessions in other dialects, and in another browser.
struct Elsewhere {
    tokens: [(&'static str, String); 2],
    rbac: String,
    browser: Browser,
}

impl Elsewhere {
    async fn signed_in(platform: &Platform) -> Self {
        let session = platform.signed_in(ANN, PASSWORD).await;
        let tokens = [
            ("/user-service/v1/users/status", session.access_token),
            (
                "/security/api/v1/oauth2?me=true",
                platform.security_token(ANN).await,
            ),
        ];
        Self {
            tokens,
            rbac: platform.rbac_token(ANN).await,
            browser: Browser::signed_in(platform, ANN).await,
        }
    }

    /// The statuses of what they ask for.
    async fn statuses(&self, platform: &Platform) -> [u16; 4] {
        let ask = async |(path, token): &(&str, String)| {
            let answer = platform.get(path).bearer(token).send().await;
            answer.status
        };
        let rbac = platform.post("/rbac/auth/validate");
        let rbac = rbac.json(&json!({ "token": self.rbac })).send().await;
        let page = self.browser.clone().get(platform, "/account").await;
        [
            ask(&self.tokens[0]).await,
            ask(&self.tokens[1]).await,
            rbac.status,
            page.status,
        ]
    }

    async fn expect_alive(&self, platform: &Platform) {
        assert_eq!(self.statuses(platform).await, [200, 200, 200, 200]);
    }

    async fn expect_ended(&self, platform: &Platform) {
        assert_eq!(self.statuses(platform).await, [401, 403, 401, 303]);
    }
}

/// Sets a mark of an account, past the platform.
async fn mark(platform: &Platform, email: &str, field: &str) {
    let pk = format!("user#{}", uid_of(platform, email).await);
    let update = platform.database().update_item();
    let update = update
        .table_name("gatehouse-users")
        .key("pk", AttributeValue::S(pk))
        .update_expression("SET #field = :value")
        .expression_attribute_names("#field", field)
        .expression_attribute_values(":value", AttributeValue::Bool(true));
    update.send().await.expect("the item can be changed");
}

/// What a page says: its title, heading, sentence and, if there is one, its notice or error.
fn said(answer: &Answer) -> String {
    let parts = [
        ("<h1>", "</h1>"),
        ("<p class=\"lead\">", "</p>"),
        ("role=\"status\">", "</p>"),
        ("role=\"alert\">", "</p>"),
        ("role=\"alert\" tabindex=\"-1\" autofocus>", "</p>"),
    ];
    let mut said = vec![answer.status.to_string()];
    for (start, end) in parts {
        if let Some((_, rest)) = answer.body.split_once(start) {
            said.push(rest.split(end).next().expect("an end").to_owned());
        }
    }
    said.join("\n")
}

/// A page from its heading on, without the tokens of its forms, which differ every time.
fn main_part(answer: &Answer) -> String {
    let (_, main) = answer.body.split_once("<main>").expect("a page");
    let lines = main.trim().lines();
    let lines: Vec<_> = lines
        .filter(|line| !line.contains("name=\"form_token\""))
        .collect();
    format!("{}\n{}", answer.status, lines.join("\n"))
}
