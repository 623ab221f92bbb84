//! Nobody learns who has an account: in every dialect, whatever may be asked with an address and no right secret is answered with
//! the same status, headers and body, after the same calls and as many hashes, whatever is the matter with the account.

use http::Method;
use local::projects::SHARING;
use serde_json::{Value, json};
use shared::usage::measured;

use crate::harness::{Browser, FakeProviders, Platform, Request, are_processes, form_token_in};
use crate::user_service::set_on_account;

/// What may be the matter with an account, by an address of the same length each.
const STATES: [(&str, &str); 6] = [
    ("known", "acct-1@example.com"),
    ("unknown", "acct-2@example.com"),
    ("unconfirmed", "acct-3@example.com"),
    ("suspended", "acct-4@example.com"),
    ("of a provider, without a password", "acct-5@example.com"),
    ("with a second factor", "acct-6@example.com"),
];
const WRONG: &str = "not the password of anybody";
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// Whom something is asked about.
struct Asked<'a> {
    platform: &'a Platform,
    email: &'a str,
    /// The account's id, or one that nobody has.
    uid: &'a str,
}

impl Asked<'_> {
    fn post(&self, path: &str, body: &Value) -> Request {
        self.platform.post(path).json(body)
    }

    /// An operation of document 004.
    fn identify(&self, method: Method, path: &str, mut data: Value) -> Request {
        data["email"] = json!(self.email);
        let body = json!({
            "projectId": SHARING, "strategy": "email", "provider": "awsCognito", "data": data,
        });
        let path = format!("/identify/v1/user/{path}");
        self.platform.request(method, &path).json(&body)
    }

    /// A form of the pages.
    async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Request {
        let fields = [fields, &[("email", self.email)]].concat();
        Browser::default().form(self.platform, path, &fields).await
    }
}

/// An account in each state; the ids.
async fn populate(platform: &Platform, fake: &FakeProviders) -> Vec<String> {
    let settings = json!({
        "providers": { "google": fake.google_settings(), "awsCognito": {} },
    });
    platform.put_project(SHARING, &settings).await;
    platform.register_confirmed(STATES[0].1).await;
    platform.register(STATES[2].1).await;
    platform.register_confirmed(STATES[3].1).await;
    set_on_account(platform, 3, "suspended", true).await;
    let claims = json!({ "sub": "1001", "email": STATES[4].1, "email_verified": true });
    let query = format!("projectId={SHARING}&strategy=email&provider=google");
    let seen = platform.get(&format!("/identify/v1/user/check/nonstandard?{query}"));
    let seen = seen.bearer(&fake.id_token(claims)).send().await;
    assert_eq!(seen.status, 200, "{}", seen.whole());
    platform.register_confirmed(STATES[5].1).await;
    crate::security::factor::ask_for(platform, STATES[5].1, "email").await;
    platform.deliver().await;
    // What is mailed next is no neighbour of what was mailed.
    platform.clock.advance_seconds(61);
    let users = platform.items("users").await;
    let uid_of = |email: &str| {
        let account = users
            .iter()
            .find(|item| item.get("email") == Some(&json!(email)));
        let pk = account.and_then(|item| item["pk"].as_str());
        pk.and_then(|pk| pk.strip_prefix("user#"))
            .unwrap_or(NOBODY)
            .to_owned()
    };
    STATES.iter().map(|(_, email)| uid_of(email)).collect()
}

/// What somebody who asks can see, and what they could measure.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    calls: Vec<String>,
    hashes: u32,
}

async fn see(asked: &Asked<'_>, request: Request) -> Seen {
    asked.platform.connector.forget();
    let (answer, usage) = measured(request.send()).await;
    let headers = answer.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.to_string(), value)
    });
    let mut headers: Vec<_> = headers.filter(|(name, _)| name != "x-request-id").collect();
    headers.sort();
    Seen {
        status: answer.status,
        headers,
        body: without_token(&answer.body).replace(asked.email, "[address]"),
        calls: asked.platform.connector.calls(),
        hashes: usage.hashes,
    }
}

/// A page without the token of its form, which is each browser's own.
fn without_token(body: &str) -> String {
    if body.contains("name=\"form_token\"") {
        body.replace(&form_token_in(body), "[token]")
    } else {
        body.to_owned()
    }
}

/// Expects that an operation tells no state from another: it ends with this status after so many hashes.
async fn expect_alike(
    operation: &str,
    (status, hashes): (u16, u32),
    ask: impl AsyncFn(&Asked<'_>) -> Request,
) {
    let platform = Platform::start().await;
    let fake = FakeProviders::start().await;
    let uids = populate(&platform, &fake).await;
    let before = accounts(&platform).await;
    let mut first: Option<Seen> = None;
    for ((state, email), uid) in STATES.into_iter().zip(&uids) {
        let asked = Asked {
            platform: &platform,
            email,
            uid,
        };
        let request = ask(&asked).await;
        let seen = see(&asked, request).await;
        let wanted = first.get_or_insert_with(|| seen.clone());
        assert_eq!(seen, *wanted, "{operation}, {state}");
    }
    let seen = first.expect("a state");
    assert_eq!(seen.status, status, "{operation}: {seen:?}");
    if !are_processes() {
        assert_eq!(seen.hashes, hashes, "{operation}");
    }
    assert!(!seen.calls.is_empty(), "{operation} asks the database");
    assert_eq!(accounts(&platform).await, before, "{operation}");
}

/// The accounts as they are stored, without what is counted of attempts.
async fn accounts(platform: &Platform) -> Vec<Value> {
    let mut users = platform.items("users").await;
    users.retain(|item| item.contains_key("user_number"));
    users.into_iter().map(|item| json!(item)).collect()
}

#[tokio::test]
async fn signing_in_with_a_wrong_password_tells_no_state_in_any_dialect() {
    expect_alike("000", (401, 1), async |asked| {
        let body = json!({ "email": asked.email, "password": WRONG });
        asked.post("/user-service/v1/users/login", &body)
    })
    .await;
    expect_alike("001", (403, 1), async |asked| {
        let body = json!({ "userId": asked.email, "password": WRONG });
        asked.post("/security/api/v1/oauth2", &body)
    })
    .await;
    expect_alike("002", (401, 1), async |asked| {
        let body = json!({ "email": asked.email, "password": WRONG });
        asked.post("/rbac/auth/authenticate", &body)
    })
    .await;
    expect_alike("003", (401, 1), async |asked| {
        let body = json!({ "login": asked.email, "password": WRONG });
        asked.post("/session/login", &body)
    })
    .await;
    expect_alike("004", (401, 1), async |asked| {
        asked.identify(Method::PUT, "login", json!({ "password": WRONG }))
    })
    .await;
    expect_alike("pages", (400, 1), async |asked| {
        asked.form("/sign-in", &[("password", WRONG)]).await
    })
    .await;
}

#[tokio::test]
async fn changing_a_password_by_a_wrong_one_tells_no_state() {
    expect_alike("001", (403, 1), async |asked| {
        let body = json!({
            "userId": asked.email, "password": WRONG, "newPassword": "Nine-paper-lanterns-9",
        });
        asked.post("/security/api/v1/oauth2", &body)
    })
    .await;
    expect_alike("002", (401, 1), async |asked| {
        let body = json!({
            "user_uid": asked.uid, "old_password": WRONG, "new_password": "nine paper lanterns at sea",
        });
        asked.post("/rbac/users/reset_password", &body)
    })
    .await;
}

#[tokio::test]
async fn asking_for_a_way_back_in_tells_no_state_in_any_dialect() {
    expect_alike("000", (200, 0), async |asked| {
        let body = json!({ "email": asked.email });
        asked.post("/user-service/v1/users/newPassword", &body)
    })
    .await;
    expect_alike("001", (200, 0), async |asked| {
        let body = json!({ "userId": asked.email });
        asked.post("/security/api/v1/oauth2?forgotPassword=true", &body)
    })
    .await;
    expect_alike("003", (204, 0), async |asked| {
        let body = json!({ "login": asked.email });
        asked.post("/session/reset-password", &body)
    })
    .await;
    expect_alike("004", (200, 0), async |asked| {
        asked.identify(Method::PUT, "forgot-password", json!({}))
    })
    .await;
    expect_alike("pages", (200, 0), async |asked| {
        asked.form("/reset-password/request", &[]).await
    })
    .await;
}

#[tokio::test]
async fn asking_for_the_confirmation_once_more_tells_no_state() {
    expect_alike("pages", (200, 0), async |asked| {
        asked.form("/activate/resend", &[]).await
    })
    .await;
}

#[tokio::test]
async fn a_guessed_code_tells_no_state() {
    expect_alike("004", (400, 0), async |asked| {
        let data =
            json!({ "confirmationCode": "000000", "password": "nine paper lanterns at sea" });
        asked.identify(Method::POST, "confirm-forgot-password", data)
    })
    .await;
}
