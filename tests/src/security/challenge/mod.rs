//! The second step of signing in: a challenge, and its answer.

mod ended;
mod guessing;
mod messages;

use serde_json::{Value, json};
use shared::domain::Clock as _;

use super::factor::{
    ANN, Authenticator, PHONE, account_with, account_with_authenticator, answer, challenge_in,
    other_than, sent_code, sessions,
};
use super::{get, path, refusal, sign_in};
use crate::harness::{Answer, PASSWORD, Platform};

const OVER: &str = "11: the challenge is over";
const WRONG: &str = "12: the answer is wrong";

fn over() -> String {
    refusal(403, 11, "POST", OVER)
}

fn wrong() -> String {
    refusal(403, 12, "POST", WRONG)
}

/// An account that asks for a factor, and how its codes are come by.
enum Factor {
    Sent,
    Shown(Authenticator),
}

impl Factor {
    async fn of(platform: &Platform, method: &str) -> Self {
        if method == "authenticator" {
            let (authenticator, ..) = account_with_authenticator(platform, ANN).await;
            // What it showed when it was bound is used up.
            platform.clock.advance_seconds(30);
            return Self::Shown(authenticator);
        }
        account_with(platform, ANN, method).await;
        Self::Sent
    }

    fn code(&self, platform: &Platform) -> String {
        match self {
            Self::Sent => sent_code(platform),
            Self::Shown(authenticator) => authenticator.code(platform),
        }
    }

    fn wrong_code(&self, platform: &Platform) -> String {
        match self {
            Self::Sent => other_than(&sent_code(platform)).to_owned(),
            Self::Shown(authenticator) => authenticator.wrong_code(platform),
        }
    }
}

const METHODS: [&str; 3] = ["sms", "email", "authenticator"];

/// Tokens are left out.
fn without_tokens(answer: &Answer) -> Value {
    let mut body = answer.json();
    for token in ["access_token", "refresh_token"] {
        let text = body[token].as_str().expect("a token");
        assert!(text.len() > 80, "{text}");
        body[token] = json!("...");
    }
    body
}

#[tokio::test]
async fn the_right_password_alone_gets_a_challenge_and_nothing_else() {
    for method in METHODS {
        let platform = Platform::start().await;
        let factor = Factor::of(&platform, method).await;
        let before = sessions(&platform).await;
        let asked = sign_in(&platform, ANN, PASSWORD).await;
        let uuid = challenge_in(&asked);
        assert_eq!(
            asked.json(),
            json!({
                "uuid": uuid,
                "question": "mfa challenge",
                "created": platform.clock.now().as_second(),
                "method": method,
            }),
            "{method}"
        );
        assert_eq!(sessions(&platform).await, before, "{method}: no session");
        assert_eq!(get(&platform, &uuid, "oauth2?me=true").await.status, 403);
        expect_code_sent(&platform, method);

        let answered = answer(&platform, &uuid, &factor.code(&platform)).await;
        assert_eq!(answered.status, 200, "{method}: {}", answered.body);
        assert_eq!(
            without_tokens(&answered),
            json!({
                "access_token": "...",
                "refresh_token": "...",
                "token_type": "Bearer",
                "expires_in": 3600,
                "idle_timeout": 300,
                "username": ANN,
                "created": platform.clock.now().as_second(),
                "userMustChangePassword": false,
                "errorCode": 0,
                "aclTemplate": {
                    "Read": false,
                    "ReadWrite": false,
                    "ReadWriteCreate": false,
                    "Delete": false,
                    "PortalLogin": true,
                },
            })
        );
        assert_eq!(sessions(&platform).await, before + 1, "{method}");
        let token = answered.json()["access_token"].clone();
        let token = token.as_str().expect("a token");
        assert_eq!(get(&platform, token, "oauth2?me=true").await.status, 200);
    }
}

/// That the code was sent to where the method says, if it is one that is sent, and is not stored.
fn expect_code_sent(platform: &Platform, method: &str) {
    let messages = platform.inbox.messages();
    let to: Vec<_> = messages
        .iter()
        .map(|message| (message.channel.as_str(), message.to.join(" ")))
        .collect();
    match method {
        "sms" => assert_eq!(to, [("sms", PHONE.to_owned())]),
        "email" => assert_eq!(to, [("email", ANN.to_owned())]),
        _ => assert_eq!(to, []),
    }
}

#[tokio::test]
async fn a_challenge_is_answered_once() {
    for method in METHODS {
        let platform = Platform::start().await;
        let factor = Factor::of(&platform, method).await;
        let uuid = challenge_in(&sign_in(&platform, ANN, PASSWORD).await);
        let code = factor.code(&platform);
        assert_eq!(answer(&platform, &uuid, &code).await.status, 200);
        let before = sessions(&platform).await;
        let again = answer(&platform, &uuid, &code).await;
        assert_eq!(again.whole(), over(), "{method}");
        assert_eq!(sessions(&platform).await, before, "{method}");
    }
}

#[tokio::test]
async fn a_code_in_other_digits_or_with_more_around_it_is_wrong() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "email").await;
    for spoilt in [
        |code: &str| format!("{code}0"),
        |code: &str| code[1..].to_owned(),
        |code: &str| format!("{code}\u{a0}"),
        |_: &str| String::new(),
    ] {
        platform.clock.advance_seconds(900);
        let uuid = challenge_in(&sign_in(&platform, ANN, PASSWORD).await);
        let code = spoilt(&sent_code(&platform));
        assert_eq!(answer(&platform, &uuid, &code).await.whole(), wrong());
    }
}

#[tokio::test]
async fn what_names_no_challenge_is_refused_and_counts_nowhere() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "email").await;
    let uuid = challenge_in(&sign_in(&platform, ANN, PASSWORD).await);
    let code = sent_code(&platform);
    let before = platform.dump().await;
    let unknown = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    for other in [unknown, "", "challenge", &uuid[1..]] {
        let answered = answer(&platform, other, &code).await;
        assert_eq!(answered.whole(), over(), "{other}");
    }
    for (body, missing) in [
        (json!({ "answer": code }), "uuid"),
        (json!({ "uuid": uuid }), "answer"),
        (json!({ "uuid": uuid, "answer": null }), "answer"),
    ] {
        let request = platform.post(&path("oauth2?completeMFAChallenge=true"));
        let expected = refusal(400, 400, "POST", &format!("1018: {missing} is required"));
        assert_eq!(request.json(&body).send().await.whole(), expected);
    }
    assert_eq!(platform.dump().await, before);
    assert_eq!(answer(&platform, &uuid, &code).await.status, 200);
}
