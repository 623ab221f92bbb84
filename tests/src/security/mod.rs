//! The Security Service dialect, route by route.

mod action_link;
mod avatar;
mod call_budget;
mod challenge;
pub(crate) mod factor;
pub(crate) mod faults;
mod forgot_password;
mod logs;
mod me;
mod messaging;
mod new_password;
mod otp;
mod refresh;
mod requirements;
mod sign_in;
mod sign_out;
pub(crate) mod system;
mod totp;
mod unsent;
mod users;
mod validate_token;

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, Platform, Request};

const BASE: &str = "/security/api/v1";
const ADMIN: &str = "admin@example.com";
/// A password that the dialect's own rule allows, too.
const STRICT_PASSWORD: &str = "Violet-tractor-5-sings";

/// A platform with the administrator, who is root; the administrator's token.
async fn start() -> (Platform, String) {
    let platform = Platform::start().await;
    let root = root(&platform).await;
    (platform, root)
}

/// Makes the administrator that an installation starts with; a token.
async fn root(platform: &Platform) -> String {
    crate::user_service::administrator(platform).await;
    token(platform, ADMIN, PASSWORD).await
}

/// Asks to sign in.
async fn sign_in(platform: &Platform, email: &str, password: &str) -> Answer {
    let body = json!({ "userId": email, "password": password });
    platform.post(&path("oauth2")).json(&body).send().await
}

/// Signs in; the access token.
async fn token(platform: &Platform, email: &str, password: &str) -> String {
    let answer = sign_in(platform, email, password).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let token = answer.json()["access_token"].as_str().map(str::to_owned);
    token.expect("a token")
}

/// A path of the dialect, from what comes after its base.
fn path(rest: &str) -> String {
    format!("{BASE}/{rest}")
}

/// A request under a token to a path after the base.
fn request(platform: &Platform, token: &str, method: Method, rest: &str) -> Request {
    platform.request(method, &path(rest)).bearer(token)
}

async fn get(platform: &Platform, token: &str, rest: &str) -> Answer {
    request(platform, token, Method::GET, rest).send().await
}

async fn delete(platform: &Platform, token: &str, rest: &str) -> Answer {
    request(platform, token, Method::DELETE, rest).send().await
}

async fn post(platform: &Platform, token: &str, rest: &str, body: &Value) -> Answer {
    let request = request(platform, token, Method::POST, rest).json(body);
    request.send().await
}

async fn put(platform: &Platform, token: &str, rest: &str, body: &Value) -> Answer {
    let request = request(platform, token, Method::PUT, rest).json(body);
    request.send().await
}

/// The whole answer to something that is refused.
fn refusal(status: u16, code: u16, method: &str, description: &str) -> String {
    let body = format!(
        "{{\"ErrorCode\":{code},\"ErrorDetails\":\"{method}\",\"ErrorDescription\":\"{description}\"}}"
    );
    format!("{status}\n{body}")
}
