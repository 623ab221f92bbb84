//! POST /system: each of its commands, and what is none.

use http::Method;
use serde_json::{Value, json};

use super::{path, post, refusal, request, root, start};
use crate::harness::Platform;
use crate::user_service::expect_nothing_done;

pub(super) const DONE: &str =
    "200\n{\"Operation\":\"POST\",\"Details\":\"Command completed.\",\"Code\":0}";
const SUBSYSTEMS: [&str; 14] = [
    "http",
    "service",
    "store",
    "mail",
    "sms",
    "tokens",
    "keys",
    "runtime",
    "platform",
    "user-service",
    "security",
    "rbac",
    "session",
    "identify",
];

/// Has levels set.
pub(super) async fn set_levels(platform: &Platform, root: &str, levels: &[(&str, &str)]) {
    let level = |(tag, value): &(&str, &str)| json!({ "tag": tag, "value": value });
    let levels: Vec<_> = levels.iter().map(level).collect();
    let body = json!({ "command": "setloglevel", "subsystems": levels });
    assert_eq!(post(platform, root, "system", &body).await.whole(), DONE);
}

/// The levels as they are told, subsystem by subsystem.
pub(super) async fn told_levels(platform: &Platform, root: &str) -> Vec<(String, String)> {
    let body = json!({ "command": "getLogLevels" });
    let answer = post(platform, root, "system", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = answer.json();
    assert_eq!(answer.as_object().map(serde_json::Map::len), Some(1));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let levels = answer["tagList"].as_array().expect("a list").iter();
    levels
        .map(|level| (text(&level["tag"]), text(&level["value"])))
        .collect()
}

/// What is stored of levels.
pub(super) async fn stored_levels(platform: &Platform) -> Vec<Value> {
    let items = platform.items("keys").await.into_iter();
    let levels = items.filter(|item| item["kind"] == "log-levels");
    levels.map(|item| json!(item)).collect()
}

#[tokio::test]
async fn the_names_of_levels_and_subsystems_are_told() {
    let (platform, root) = start().await;
    for (command, list) in [
        (
            "getloglevelnames",
            json!([
                "none",
                "fatal",
                "critical",
                "error",
                "warning",
                "notice",
                "information",
                "debug",
                "trace"
            ]),
        ),
        ("getsubsystemnames", json!(SUBSYSTEMS)),
        ("GetSubsystemNames", json!(SUBSYSTEMS)),
    ] {
        let body = json!({ "command": command });
        let answer = post(&platform, &root, "system", &body).await;
        assert_eq!(answer.whole(), format!("200\n{}", json!({ "list": list })));
    }
}

#[tokio::test]
async fn levels_that_were_not_set_are_those_of_the_configuration() {
    for (setting, level) in [
        ("info", "information"),
        ("warn", "warning"),
        ("trace", "trace"),
    ] {
        let platform = Platform::with(&[("LOG_LEVEL", setting)]).await;
        let root = root(&platform).await;
        let expected = SUBSYSTEMS.map(|name| (name.to_owned(), level.to_owned()));
        assert_eq!(told_levels(&platform, &root).await, expected);
    }
}

#[tokio::test]
async fn levels_are_told_by_the_names_that_they_were_set_by() {
    let (platform, root) = start().await;
    set_levels(&platform, &root, &[("http", "notice"), ("rbac", "fatal")]).await;
    set_levels(&platform, &root, &[("store", "none"), ("rbac", "critical")]).await;
    let told = told_levels(&platform, &root).await;
    let told: Vec<_> = told.iter().map(|(tag, value)| (&**tag, &**value)).collect();
    for level in [("http", "notice"), ("store", "none"), ("rbac", "critical")] {
        assert!(told.contains(&level), "{told:?}");
    }
    assert_eq!(
        stored_levels(&platform).await,
        [json!({ "kind": "log-levels", "http": "notice", "rbac": "critical", "store": "none" })]
    );
}

#[tokio::test]
async fn all_stands_for_every_subsystem_and_of_two_levels_the_last_counts() {
    let (platform, root) = start().await;
    let levels = [
        ("http", "debug"),
        ("all", "error"),
        ("keys", "trace"),
        ("keys", "debug"),
    ];
    set_levels(&platform, &root, &levels).await;
    let expected = SUBSYSTEMS.map(|name| {
        let level = if name == "keys" { "debug" } else { "error" };
        (name.to_owned(), level.to_owned())
    });
    assert_eq!(told_levels(&platform, &root).await, expected);
}

#[tokio::test]
async fn a_reload_is_done_whichever_subsystem_it_names() {
    let (platform, root) = start().await;
    let before = platform.dump().await;
    for subsystems in [json!(["all"]), json!(["keys", "rbac"])] {
        let body = json!({ "command": "Reload", "subsystems": subsystems });
        assert_eq!(post(&platform, &root, "system", &body).await.whole(), DONE);
    }
    expect_nothing_done(&platform, &before, "reload").await;
}

#[tokio::test]
async fn what_is_no_command_or_lacks_something_is_refused_and_changes_nothing() {
    let (platform, root) = start().await;
    let before = platform.dump().await;
    let set = |subsystems: Value| json!({ "command": "setloglevel", "subsystems": subsystems });
    let reload = |subsystems: Value| json!({ "command": "reload", "subsystems": subsystems });
    let fine = json!({ "tag": "http", "value": "debug" });
    for (body, description) in [
        (json!({}), "1031: the command is not known"),
        (json!({ "command": null }), "1031: the command is not known"),
        (
            json!({ "command": "info" }),
            "1031: the command is not known",
        ),
        (
            json!({ "command": "setloglevel " }),
            "1031: the command is not known",
        ),
        (json!({ "command": 5 }), "1018: command is not valid"),
        (
            json!({ "command": "setloglevel" }),
            "1018: subsystems is required",
        ),
        (set(json!(null)), "1018: subsystems is required"),
        (
            set(json!({ "tag": "http", "value": "debug" })),
            "1018: subsystems is not valid",
        ),
        (set(json!([])), "1018: subsystems is not valid"),
        (set(json!(["http"])), "1018: subsystems is not valid"),
        (
            set(json!([fine, { "tag": "http" }])),
            "1018: value is required",
        ),
        (
            set(json!([fine, { "value": "debug" }])),
            "1018: tag is required",
        ),
        (
            set(json!([fine, { "tag": 1, "value": "debug" }])),
            "1018: tag is not valid",
        ),
        (
            set(json!([fine, { "tag": "cellar", "value": "debug" }])),
            "1018: tag is not valid",
        ),
        (
            set(json!([fine, { "tag": "pages", "value": "debug" }])),
            "1018: tag is not valid",
        ),
        (
            set(json!([fine, { "tag": "http", "value": "loud" }])),
            "1018: value is not valid",
        ),
        (
            set(json!([fine, { "tag": "http", "value": 5 }])),
            "1018: value is not valid",
        ),
        (
            json!({ "command": "reload" }),
            "1018: subsystems is required",
        ),
        (reload(json!("all")), "1018: subsystems is not valid"),
        (reload(json!([])), "1018: subsystems is not valid"),
        (
            reload(json!(["http", "cellar"])),
            "1018: subsystems is not valid",
        ),
        (reload(json!([fine])), "1018: subsystems is not valid"),
    ] {
        let answer = post(&platform, &root, "system", &body).await;
        assert_eq!(
            answer.whole(),
            refusal(400, 400, "POST", description),
            "{body}"
        );
    }
    let ask = || request(&platform, &root, Method::POST, "system");
    for (request, status, code, description) in [
        (ask(), 400, 400, "1003: a body is required"),
        (
            ask().header("content-type", "application/json").body("[]"),
            400,
            400,
            "1003: the body is not a JSON object",
        ),
        (
            ask().form(&[("command", "getloglevels")]),
            415,
            415,
            "1050: the content type is not supported",
        ),
    ] {
        let answer = request.send().await;
        assert_eq!(answer.whole(), refusal(status, code, "POST", description));
    }
    expect_nothing_done(&platform, &before, "refused").await;
}

#[tokio::test]
async fn nobody_without_a_token_commands_anything() {
    let platform = Platform::start().await;
    let body =
        json!({ "command": "setloglevel", "subsystems": [{ "tag": "all", "value": "none" }] });
    let answer = platform.post(&path("system")).json(&body).send().await;
    let refused = refusal(403, 8, "POST", "8: an access token is required");
    assert_eq!(answer.whole(), refused);
    assert_eq!(stored_levels(&platform).await, [json!(null); 0]);
}
