//! What a request's line tells of what it used.

use serde_json::{Value, json};
use shared::usage::measured;

use super::lines;
use crate::deployment::served;
use crate::harness::{Fault, PASSWORD, Platform, Request};
use crate::logs::{Listening, Log};

/// Calls, read units and write units that the line of a request tells.
async fn told(platform: &Platform, log: &Log, request: Request) -> Value {
    // Each process has a log of its own, so what is new may stand anywhere.
    let answered = || {
        let mut lines = lines(&(log.text() + &platform.log()));
        lines.retain(|line| line["message"] == "answered");
        lines
    };
    let mut known = answered();
    platform.connector.forget();
    request.send().await;
    let calls = platform.connector.calls().len();
    let mut new = answered();
    new.retain(|line| {
        let at = known.iter().position(|before| before == line);
        at.map(|at| known.swap_remove(at)).is_none()
    });
    let [line] = &new[..] else {
        panic!("one line: {new:?}");
    };
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
    // Single reads and writes.
    let login = told(&platform, &log, post("login", known.clone())).await;
    assert_eq!(login, json!([6, 1.5, 4]));
    // A batch reads two tables.
    let status = told(&platform, &log, read("status")).await;
    assert!(status[1].as_f64() >= Some(1.0), "{status}");
    assert_eq!((&status[0], &status[2]), (&json!(1), &Value::Null));
    // A transaction, each of whose five writes counts twice, and two updates.
    let made = told(&platform, &log, post("register", new)).await;
    assert!(made[2].as_f64() >= Some(12.0), "{made}");
    assert_eq!((&made[0], &made[1]), (&json!(4), &Value::Null));
    // What a condition refuses is not reported: the updates before it are.
    let refused = told(&platform, &log, post("register", known)).await;
    assert_eq!(refused, json!([3, null, 2]));
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
async fn what_is_no_request_is_counted_for_who_asks() {
    let platform = Platform::start().await;
    platform.register("ann@example.com").await;
    let (intents, usage) = measured(platform.local.delivery.open_intents()).await;
    assert_eq!(intents.expect("the outbox").len(), 1);
    assert_eq!((usage.calls, usage.write_units), (1, 0.0));
    assert!(usage.read_units > 0.0, "a scan reads: {usage:?}");
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
    let mut registered = registered.filter(|line| line["outcome"] == "registered");
    let mut line = registered.next_back().expect("a line");
    line["request.id"] = json!("JKJaXmPLvHcESHA=");
    for (name, value) in [("calls", json!(9)), ("rcu", json!(3.5)), ("wcu", json!(12))] {
        line[name] = value;
    }
    let functions = served().into_iter();
    for (method, path) in functions.flat_map(|function| function.routes.iter()) {
        // The longest outcomes that they tell.
        let sets_password = path.contains("assword");
        let outcome = if sets_password {
            "password-changed"
        } else {
            "role-granted"
        };
        line["outcome"] = json!(outcome);
        line["method"] = json!(method.as_str());
        line["route"] = json!(path);
        let bytes = line.to_string().len();
        assert!(bytes <= 300, "{bytes} bytes: {line}");
    }
}
