//! Levels that were set, and the lines that are written since: here at once, elsewhere after a look or a start.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::Router;
use http::Method;
use serde_json::Value;
use shared::domain::Clock as _;
use shared::runtime::{Live, LogFilter, ThisProcess};

use super::commands::{set_levels, told_levels};
use super::{get, path, root};
use crate::harness::{Engine, Fault, Platform, TestClock, keys};
use crate::live;
use crate::logs::{Listening, Log};

/// Expects these lines in the log of a request that is refused. Those of another process arrive when they do.
async fn expect_logged(platform: &Platform, token: &str, log: &Log, lines: &[(&str, &str)]) {
    let answer = get(platform, token, "system?command=dance").await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    let id = answer.header("x-request-id").expect("an id").to_owned();
    let of_request = || {
        let all = log.text() + &platform.log();
        let own: Vec<_> = all.lines().filter(|line| line.contains(&id)).collect();
        told(&own.join("\n"), 0)
    };
    for _ in 0..100 {
        if of_request().len() >= lines.len() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(of_request(), pairs(lines));
}

/// Level and message of each line after the first ones, all of which belong to a request.
fn told(log: &str, skipped: usize) -> Vec<(String, String)> {
    let lines = log.lines().skip(skipped).map(|line| {
        let line: Value = serde_json::from_str(line).expect("JSON");
        assert!(line["request.id"].is_string(), "{line}");
        let text = |name: &str| line[name].as_str().expect("a text").to_owned();
        (text("level"), text("message"))
    });
    lines.collect()
}

fn pairs(lines: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(level, message): &(&str, &str)| ((*level).to_owned(), (*message).to_owned());
    lines.iter().map(owned).collect()
}

const REASON: (&str, &str) = ("DEBUG", "the command is not known");
const ANSWERED: (&str, &str) = ("INFO", "answered");

#[tokio::test]
async fn a_level_counts_at_once_where_it_was_set() {
    let platform = Platform::with(&[("LOG_LEVEL", "info")]).await;
    let root = root(&platform).await;
    let log = Log::default();
    let _listening = Listening::through(&platform.log_filter, &log);
    expect_logged(&platform, &root, &log, &[ANSWERED]).await;
    for (level, lines) in [
        ("debug", &[REASON, ANSWERED][..]),
        ("trace", &[REASON, ANSWERED]),
        ("information", &[ANSWERED]),
        ("notice", &[]),
        ("none", &[]),
        ("debug", &[REASON, ANSWERED]),
    ] {
        set_levels(&platform, &root, &[("http", level)]).await;
        expect_logged(&platform, &root, &log, lines).await;
    }
    set_levels(&platform, &root, &[("all", "error"), ("service", "trace")]).await;
    expect_logged(&platform, &root, &log, &[]).await;
}

#[tokio::test]
async fn who_set_a_level_is_told() {
    let platform = Platform::with(&[("LOG_LEVEL", "info")]).await;
    let root = root(&platform).await;
    let log = Log::default();
    let listening = Listening::through(&platform.log_filter, &log);
    set_levels(&platform, &root, &[("store", "debug")]).await;
    drop(listening);
    let told = || {
        let all = log.text() + &platform.log();
        let set = all.lines().filter(|line| line.contains("log-levels-set"));
        set.map(str::to_owned).collect::<Vec<_>>()
    };
    for _ in 0..100 {
        if !told().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let [line] = &told()[..] else {
        panic!("one line: {:?}", told());
    };
    let line: Value = serde_json::from_str(line).expect("JSON");
    assert_eq!(line["outcome"], "log-levels-set", "{line}");
    assert_eq!(line["user.id"].as_str().map(str::len), Some(36), "{line}");
}

/// Another environment of security-system, with a log of its own.
async fn environment(platform: &Platform) -> (Live<Router>, LogFilter) {
    let filter = LogFilter::at("info");
    let mut source = live::source(platform, security::SYSTEM.secrets);
    let now = platform.clock.now();
    source.process = Arc::new(ThisProcess::new("lambda", filter.clone(), now));
    let live = Live::start(source, security::SYSTEM.build).await;
    (live.expect("it starts"), filter)
}

/// What an environment logs of a request that it refuses.
async fn refused_by(live: &Live<Router>, filter: &LogFilter, token: &str) -> Vec<(String, String)> {
    let log = Log::default();
    let _listening = Listening::through(filter, &log);
    let path = path("system?command=dance");
    let request = Platform::request_to(&live.current(), Method::GET, &path);
    let answer = request.bearer(token).send().await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    told(&log.text(), 0)
}

#[tokio::test]
async fn another_environment_follows_in_five_minutes_and_a_new_one_knows_from_the_start() {
    let platform = Platform::start().await;
    let root = root(&platform).await;
    live::set(&platform, &[]).await;
    let (live, filter) = environment(&platform).await;
    set_levels(&platform, &root, &[("http", "debug")]).await;
    let both = pairs(&[REASON, ANSWERED]);
    platform.clock.advance_seconds(299);
    live.keep_up().await;
    let told = refused_by(&live, &filter, &root).await;
    assert_eq!(told, pairs(&[ANSWERED]));
    let (new, new_filter) = environment(&platform).await;
    assert_eq!(refused_by(&new, &new_filter, &root).await, both);

    platform.clock.advance_seconds(1);
    platform.connector.forget();
    live.keep_up().await;
    let calls = platform.connector.calls();
    assert_eq!(calls, ["BatchGetItem keys"], "nothing is built anew");
    assert_eq!(refused_by(&live, &filter, &root).await, both);
}

#[tokio::test]
async fn levels_outlive_a_restart_of_the_local_server() {
    let engine = Engine::fresh();
    let start = async || {
        let clock = TestClock::standing();
        let values = [("LOG_LEVEL", "info")];
        Platform::build(&values, clock, keys(), engine.clone()).await
    };
    let platform = start().await;
    let root = root(&platform).await;
    set_levels(&platform, &root, &[("http", "debug")]).await;
    let platform = start().await;
    let log = Log::default();
    let _listening = Listening::through(&platform.log_filter, &log);
    expect_logged(&platform, &root, &log, &[REASON, ANSWERED]).await;
}

#[tokio::test]
async fn levels_that_cannot_be_stored_are_not_in_force() {
    let platform = Platform::with(&[("LOG_LEVEL", "info")]).await;
    let root = root(&platform).await;
    let log = Log::default();
    let _listening = Listening::through(&platform.log_filter, &log);
    platform
        .connector
        .inject("UpdateItem keys", Fault::AccessDenied, usize::MAX);
    let body = serde_json::json!({
        "command": "setloglevel", "subsystems": [{ "tag": "http", "value": "debug" }]
    });
    let answer = super::post(&platform, &root, "system", &body).await;
    platform.connector.heal();
    assert_eq!(
        answer.whole(),
        super::refusal(503, 503, "POST", "503: temporarily unavailable")
    );
    expect_logged(&platform, &root, &log, &[ANSWERED]).await;
}

/// As a later release may have written them, or a hand.
#[tokio::test]
async fn levels_that_nobody_knows_are_left_out() {
    let platform = Platform::start().await;
    let root = root(&platform).await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = platform.database().put_item().table_name("gatehouse-keys");
    let put = put
        .item("kind", text("log-levels"))
        .item("cellar", text("debug"))
        .item("http", text("loud"))
        .item("store", AttributeValue::N("5".to_owned()))
        .item("keys", text("debug"));
    put.send().await.expect("it is written");
    live::set(&platform, &[]).await;
    let (live, filter) = environment(&platform).await;
    assert_eq!(refused_by(&live, &filter, &root).await, pairs(&[ANSWERED]));
    let told = told_levels(&platform, &root).await;
    let debug: Vec<_> = told.iter().filter(|(_, level)| level == "debug").collect();
    assert_eq!(debug, [&("keys".to_owned(), "debug".to_owned())]);
}
