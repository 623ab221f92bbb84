//! The Identify dialect (document 004), route by route.

mod anonymous;
mod call_budget;
mod change;
mod change_password;
mod check;
mod deletion;
mod devices;
mod ended;
mod envelope;
pub(crate) mod faults;
mod forgot_password;
mod hostile_input;
mod login;
mod logout;
mod logs;
mod no_login;
mod own_tokens;
mod profile;
mod races;
mod refresh;
mod register;
mod tokens;

use http::Method;
use local::projects::{ISOLATED, SHARING};
use serde_json::{Value, json};
use shared::domain::{DeviceId, Project, UserId};

use crate::harness::{Answer, Browser, PASSWORD, Platform, Request, code_in};

const USER: &str = "/identify/v1/user";
const LOGIN: &str = "/identify/v1/user/login";
const LOGOUT: &str = "/identify/v1/user/logout";
const REFRESH: &str = "/identify/v1/user/refresh";
const CHECK: &str = "/identify/v1/user/check";
const CHANGE_PASSWORD: &str = "/identify/v1/user/change-password";
const FORGOT: &str = "/identify/v1/user/forgot-password";
const CONFIRM_FORGOT: &str = "/identify/v1/user/confirm-forgot-password";

const ANN: &str = "ann@example.com";
const BEN: &str = "ben@example.com";
pub(crate) const NEW_PASSWORD: &str = "nine paper lanterns over the quay";
const WRONG: &str = "not the password";
const DEVICE: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
const OTHER_DEVICE: &str = "9b2e1f0c-3d57-4c1e-8a0b-5d1c7e2f4a66";
/// The time at which platforms start, in seconds.
const START: i64 = 1_767_225_600;
const MINUTE: i64 = 60;
const DAY: i64 = 86_400;

/// What whoever has signed in holds.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    project: String,
    device: String,
    user: String,
    pub(crate) access: String,
    pub(crate) profile: String,
    refresh: String,
}

fn strategy(provider: &str) -> &'static str {
    match provider {
        "anonymous" | "noLogin" => "simplified",
        _ => "email",
    }
}

/// The envelope of a body, and what stands in and beside it.
fn envelope(project: &str, provider: &str, beside: Value) -> Value {
    let mut envelope = json!({
        "projectId": project, "strategy": strategy(provider), "provider": provider,
    });
    let Value::Object(beside) = beside else {
        panic!("{beside} is no object");
    };
    envelope.as_object_mut().expect("an object").extend(beside);
    envelope
}

fn cognito(project: &str, data: &Value) -> Value {
    envelope(project, "awsCognito", json!({ "data": data }))
}

/// The envelope of a query.
fn query(project: &str, provider: &str) -> String {
    let strategy = strategy(provider);
    format!("projectId={project}&strategy={strategy}&provider={provider}")
}

fn post(platform: &Platform, path: &str, body: &Value) -> Request {
    platform.post(path).json(body)
}

fn put(platform: &Platform, path: &str, body: &Value) -> Request {
    platform.request(Method::PUT, path).json(body)
}

fn registering(platform: &Platform, project: &str, data: &Value) -> Request {
    post(platform, USER, &cognito(project, data))
}

/// Registers with an address and a password, and nothing else.
fn registering_with(platform: &Platform, project: &str, email: &str) -> Request {
    let data = json!({ "email": email, "password": PASSWORD });
    registering(platform, project, &data)
}

/// Confirms the address by the page that a mail leads to.
async fn confirm(platform: &Platform, code: &str) -> Answer {
    let mut browser = Browser::default();
    browser
        .submit(platform, "/activate", &[("code", code)])
        .await
}

/// Registers and confirms by the mailed link.
async fn confirmed(platform: &Platform, project: &str, email: &str) {
    let answer = registering_with(platform, project, email).send().await;
    assert_eq!(answer.status, 201, "{}", answer.whole());
    let mails = platform.deliver().await;
    let code = code_in(&mails.last().expect("a mail").text);
    assert_eq!(confirm(platform, &code).await.status, 200);
}

fn signing_in(platform: &Platform, project: &str, email: &str, password: &str) -> Request {
    signing_in_on(platform, project, (email, password), DEVICE)
}

fn signing_in_on(
    platform: &Platform,
    project: &str,
    (email, password): (&str, &str),
    device: &str,
) -> Request {
    let data = json!({ "email": email, "password": password, "deviceId": device });
    put(platform, LOGIN, &cognito(project, &data))
}

async fn signed_in(platform: &Platform, project: &str, email: &str) -> Login {
    let signing_in = signing_in(platform, project, email, PASSWORD);
    Login::of(project, &signing_in.send().await)
}

async fn signed_in_on(platform: &Platform, project: &str, device: &str) -> Login {
    let signing_in = signing_in_on(platform, project, (ANN, PASSWORD), device);
    Login::of(project, &signing_in.send().await)
}

/// Registers Ann in the sharing project, confirms and signs in.
pub(crate) async fn ann(platform: &Platform) -> Login {
    confirmed(platform, SHARING, ANN).await;
    signed_in(platform, SHARING, ANN).await
}

/// Signs Ann in once more.
pub(crate) fn sign_in_again(platform: &Platform) -> Request {
    signing_in(platform, SHARING, ANN, PASSWORD)
}

impl Login {
    fn of(project: &str, answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.whole());
        let data = answer.json()["data"].clone();
        let text = |name: &str| data[name].as_str().expect(name).to_owned();
        Self {
            project: project.to_owned(),
            device: text("deviceId"),
            user: text("userId"),
            access: text("accessToken"),
            profile: text("profileToken"),
            refresh: text("refreshToken"),
        }
    }

    /// With the tokens of a refresh.
    pub(crate) fn refreshed(&self, answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.whole());
        let data = answer.json()["data"].clone();
        let text = |name: &str| data[name].as_str().expect(name).to_owned();
        Self {
            access: text("accessToken"),
            profile: text("profileToken"),
            refresh: text("refreshToken"),
            ..self.clone()
        }
    }

    /// Asks for the profile.
    fn profile(&self, platform: &Platform) -> Request {
        let path = format!("{USER}?{}", query(&self.project, "awsCognito"));
        platform.get(&path).bearer(&self.access)
    }

    /// Asks who this is, on a device.
    fn check(&self, platform: &Platform, device: &str) -> Request {
        let query = query(&self.project, "awsCognito");
        let path = format!("{CHECK}?{query}&deviceId={device}");
        platform.get(&path).bearer(&self.access)
    }

    fn change(&self, platform: &Platform, data: &Value) -> Request {
        put(platform, USER, &cognito(&self.project, data)).bearer(&self.access)
    }

    pub(crate) fn refresh(&self, platform: &Platform) -> Request {
        let beside = json!({ "deviceId": self.device, "refreshToken": self.refresh });
        let body = envelope(&self.project, "awsCognito", beside);
        post(platform, REFRESH, &body).bearer(&self.access)
    }

    fn logout(&self, platform: &Platform) -> Request {
        let body = envelope(&self.project, "awsCognito", json!({}));
        post(platform, LOGOUT, &body).bearer(&self.access)
    }

    pub(crate) fn change_password(
        &self,
        platform: &Platform,
        previous: &str,
        password: &str,
    ) -> Request {
        let data = json!({ "previousPassword": previous, "password": password });
        put(platform, CHANGE_PASSWORD, &cognito(&self.project, &data)).bearer(&self.access)
    }

    /// 200 while the access token is good.
    pub(crate) async fn status(&self, platform: &Platform) -> u16 {
        self.profile(platform).send().await.status
    }
}

/// The whole answer to what is refused.
fn refusal(status: u16, message: &str, code: &str) -> String {
    format!("{status}\n{{\"result\":0,\"message\":\"{message}\",\"data\":{{\"code\":\"{code}\"}}}}")
}

/// The whole answer with what differs every time replaced by its name, once it has the form that it is to have.
fn shown(answer: &Answer) -> String {
    let mut found = Vec::new();
    find_secrets(&answer.json(), &mut found);
    found
        .into_iter()
        .fold(answer.whole(), |text, (name, value)| {
            text.replace(&value, &format!("[{name}]"))
        })
}

fn find_secrets(value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_str() {
                    Some(text) if has_form(name, text) => {
                        found.push((name.clone(), text.to_owned()));
                    }
                    _ => find_secrets(value, found),
                }
            }
        }
        Value::Array(elements) => {
            for element in elements {
                find_secrets(element, found);
            }
        }
        _ => {}
    }
}

/// Whether a member is one that differs every time; that it has the form that the document shows.
fn has_form(name: &str, text: &str) -> bool {
    let digits = |valid: fn(u8) -> bool| text.bytes().all(|c| c.is_ascii_digit() || valid(c));
    let form = match name {
        "signature" => text.len() == 40 && digits(|c| (b'A'..=b'F').contains(&c)),
        "externalId" => text.len() == 64 && digits(|c| (b'a'..=b'f').contains(&c)),
        "userId" => text.len() == 36 && UserId::parse(text).is_some(),
        "accessToken" | "profileToken" => text.starts_with("eyJ") && text.split('.').count() == 3,
        "refreshToken" => text.starts_with("ghr_"),
        _ => return false,
    };
    assert!(form, "{name}: {text}");
    true
}

/// Whether the signature that stands beside user, device and time is the project's.
fn is_signed(project: &Project, signed: &Value) -> bool {
    let text = |name: &str| signed[name].as_str().expect(name);
    let user = UserId::parse(text("userId")).expect("a user");
    let device = DeviceId::parse(text("deviceId")).expect("a device");
    let seconds = signed["timeStamp"].as_i64().expect("an integer");
    let at = jiff::Timestamp::from_second(seconds).expect("a time");
    project.verifies((user, device, seconds), text("signature"), at)
}

/// The known project, with its secrets.
async fn sharing(platform: &Platform) -> Project {
    known(platform, SHARING).await
}

async fn known(platform: &Platform, id: &str) -> Project {
    let settings = json!({
        "providers": { "awsCognito": {}, "authZero": {}, "anonymous": {}, "noLogin": {} },
    });
    platform.put_project(id, &settings).await
}

/// Deletes what has expired, as DynamoDB does.
async fn sweep(platform: &Platform) {
    let now = shared::domain::Clock::now(&*platform.clock);
    let store = &platform.local.foundation.context.store;
    store.sweep_expired(now).await.expect("a sweep");
}

async fn sessions(platform: &Platform) -> usize {
    platform.items("sessions").await.len()
}

/// The item of an account.
async fn account(platform: &Platform, email: &str) -> std::collections::BTreeMap<String, Value> {
    let users = platform.items("users").await;
    let mut accounts = users.into_iter().filter(|item| {
        item.get("email") == Some(&json!(email)) && item.contains_key("user_number")
    });
    accounts.next().expect("an account")
}
