//! What a request's line tells of what it used.

use serde_json::{Value, json};

use super::lines;
use crate::deployment::served;
use crate::harness::{Fault, PASSWORD, Platform, Request};
use crate::logs::{Listening, Log};

/// Calls, read units and write units that the line of a request tells.
async fn told(platform: &Platform, log: &Log, request: Request) -> Value {
    let before = (log.text() + &platform.log()).len();
    platform.connector.forget();
    request.send().await;
    let calls = platform.connector.calls().len();
    let text = log.text() + &platform.log();
    let answered = lines(&text[before..]);
    let answered = answered.iter().find(|line| line["message"] == "answered");
    let line = answered.expect("a line");
    assert_eq!(line["calls"], calls, "{line}");
    json!([line["calls"], line["rcu"], line["wcu"]])
}

#[tokio::test]
async fn a_line_tells_calls_and_capacity() {
    let log = Log::default();
    let _guard = Listening::at("info", &log);
    let platform = Platform::with(&[("LOG_LEVEL", "info")]).await;
    let session = platform.new_session("ann@example.com").await;
    let v1 = |path: &str| format!("/user-service/v1/users/{path}");
    let post = |path: &str, body: Value| platform.post(&v1(path)).json(&body);
    let known = json!({ "email": "ann@example.com", "password": PASSWORD });
    let new = json!({ "email": "ben@example.com", "password": PASSWORD });
    let read = |path: &str| platform.get(&v1(path)).bearer(&session.access_token);
    for (request, usage) in [
        // Single reads and writes.
        (post("login", known.clone()), json!([5, 2, 3])),
        // A batch reads two tables.
        (read("status"), json!([1, 2, null])),
        // A transaction, each of whose writes counts twice.
        (post("register", new), json!([3, null, 12])),
        // What a condition refuses is not reported: the two updates before it are.
        (post("register", known), json!([3, null, 2])),
    ] {
        assert_eq!(told(&platform, &log, request).await, usage);
    }
    let health = platform.get(&v1("health"));
    assert_eq!(told(&platform, &log, health).await, json!([0, null, null]));
}

#[tokio::test]
async fn a_call_that_is_tried_again_counts_again() {
    let log = Log::default();
    let _guard = Listening::at("info", &log);
    let platform = Platform::with(&[("LOG_LEVEL", "info")]).await;
    let session = platform.new_session("ann@example.com").await;
    platform
        .connector
        .inject("BatchGetItem", Fault::LostReply, 1);
    let status = platform.get("/user-service/v1/users/status");
    let request = status.bearer(&session.access_token);
    assert_eq!(
        told(&platform, &log, request).await,
        json!([2, 2, null]),
        "one of them answers"
    );
}

#[tokio::test]
async fn a_query_tells_its_capacity() {
    let log = Log::default();
    let _guard = Listening::at("info", &log);
    let platform = Platform::with(&[("LOG_LEVEL", "info")]).await;
    let token = platform.rbac_token("admin@example.com").await;
    let list = platform.get("/rbac/users").bearer(&token);
    let told = told(&platform, &log, list).await;
    assert!(told[1].as_f64() > Some(0.0), "{told}");
    assert_eq!(told[2], Value::Null);
}

/// The longest line of a request that went well: behind a gateway, whose request ids have 16 characters.
#[tokio::test]
async fn the_line_of_the_longest_route_has_at_most_300_bytes() {
    let log = Log::default();
    let _guard = Listening::at("info", &log);
    let platform = Platform::with(&[("LOG_LEVEL", "info")]).await;
    platform.register_confirmed("ann@example.com").await;
    let text = log.text() + &platform.log();
    let registered = lines(&text).into_iter();
    let registered = registered.filter(|line| line["outcome"] == "registered");
    let mut line = registered.last().expect("a line");
    line["request.id"] = json!("JKJaXmPLvHcESHA=");
    for (name, value) in [("calls", json!(9)), ("rcu", json!(3.5)), ("wcu", json!(12))] {
        line[name] = value;
    }
    // The longest that a route without a browser tells.
    line["outcome"] = json!("password-changed");
    let functions = served().into_iter();
    for (method, path) in functions.flat_map(|function| function.routes.iter()) {
        line["method"] = json!(method.as_str());
        line["route"] = json!(path);
        let bytes = line.to_string().len();
        assert!(bytes <= 300, "{bytes} bytes: {line}");
    }
}
