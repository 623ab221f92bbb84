//! The session dialect, route by route.

mod call_budget;
mod check;
mod confirm;
mod cookie;
mod ended;
pub(crate) mod faults;
mod hostile_input;
mod life;
mod login;
mod logout;
mod logs;
mod misc;
mod origins;
mod races;
mod register;
mod reset;
mod reset_password;

use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, PUBLIC_URL, Platform, Request, reset_code_in};

const CHECK: &str = "/session/check";
const LOGIN: &str = "/session/login";
const LOGOUT: &str = "/session/logout";
const REGISTER: &str = "/session/register";
const RESET_PASSWORD: &str = "/session/reset-password";
const RESET: &str = "/session/reset";
const CONFIRM: &str = "/session/confirm";
/// All that change something.
const POSTS: [&str; 6] = [LOGIN, LOGOUT, REGISTER, RESET_PASSWORD, RESET, CONFIRM];

const ANN: &str = "ann@example.com";
const NEW_PASSWORD: &str = "nine paper lanterns over the quay";
const WRONG: &str = "not the password";
const DAY: i64 = 86_400;

/// The user id and the token of a mailed link.
type Link = (String, String);

fn post(platform: &Platform, path: &str, body: &Value) -> Request {
    platform.post(path).json(body)
}

/// Asks who is signed in, by a cookie of this value.
fn check(platform: &Platform, held: &str) -> Request {
    platform.get(CHECK).header("cookie", &format!("sid={held}"))
}

async fn status_of(platform: &Platform, held: &str) -> u16 {
    check(platform, held).send().await.status
}

fn signing_in(platform: &Platform, login: &str, password: &str) -> Request {
    let body = json!({ "login": login, "password": password });
    post(platform, LOGIN, &body)
}

fn registering(platform: &Platform, login: &str) -> Request {
    let body = json!({ "login": login, "password": PASSWORD });
    post(platform, REGISTER, &body)
}

/// Registers through this dialect; what holds the session.
async fn registered(platform: &Platform, login: &str) -> String {
    held_by(&registering(platform, login).send().await)
}

/// Signs in through this dialect; what holds the session.
async fn signed_in(platform: &Platform, login: &str, password: &str) -> String {
    held_by(&signing_in(platform, login, password).send().await)
}

/// The value of the cookie that an answer sets.
fn held_by(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.whole());
    let set = answer.header("set-cookie").expect("a cookie");
    let value = set.strip_prefix("sid=").expect("its name");
    let value = value.split(';').next().expect("its value");
    assert_eq!(value.len(), 86, "{set}");
    value.to_owned()
}

/// What an answer says of the cookie beside its value.
fn attributes_in(answer: &Answer) -> &str {
    let set = answer.header("set-cookie").expect("a cookie");
    set.split_once("; ").expect("attributes").1
}

/// The user id and the token in the link that a registration mails.
fn confirmation_in(text: &str) -> Link {
    let start = format!("{PUBLIC_URL}/confirm?uid=");
    let link = text.lines().find_map(|line| line.strip_prefix(&start));
    let (uid, token) = link
        .and_then(|link| link.split_once("&t="))
        .expect("a link");
    (uid.to_owned(), token.to_owned())
}

/// The link that is mailed when somebody registers.
async fn confirmation(platform: &Platform, login: &str) -> Link {
    registered(platform, login).await;
    let mails = platform.deliver().await;
    confirmation_in(&mails.last().expect("a mail").text)
}

/// The link that is mailed when somebody forgets the password, a second after whatever was before.
async fn reset_link(platform: &Platform, login: &str) -> Link {
    platform.clock.advance_seconds(1);
    let asked = post(platform, RESET_PASSWORD, &json!({ "login": login }));
    assert_eq!(asked.send().await.whole(), "204\n");
    let mails = platform.deliver().await;
    let mail = mails
        .iter()
        .rfind(|mail| mail.text.contains("/reset-password?"));
    reset_code_in(&mail.expect("a mail").text)
}

fn confirming(platform: &Platform, (id, token): &Link) -> Request {
    post(platform, CONFIRM, &json!({ "id": id, "token": token }))
}

fn resetting(platform: &Platform, (id, token): &Link, password: &str) -> Request {
    let body = json!({ "id": id, "token": token, "password": password });
    post(platform, RESET, &body)
}

/// The whole answer to what is refused.
fn refusal(status: u16, error: &str) -> String {
    format!("{status}\n{}", json!({ "code": status, "error": error }))
}

/// The whole answer without the user's id, which differs every time.
fn without_id(answer: &Answer) -> String {
    let id = answer.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(id.len(), 36, "{id}");
    answer.whole().replace(&id, "[id]")
}

async fn sessions(platform: &Platform) -> usize {
    platform.items("sessions").await.len()
}
