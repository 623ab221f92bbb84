//! The events of `events/`, answered by the real binaries: status, headers and body of each, one after another as they are named.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use insta::assert_snapshot;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::harness::{Callback, Cloud, Function, PASSWORD, Platform};

/// A function's events by name.
fn events_of(function: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let entries = std::fs::read_dir(folder.join(function)).expect("the function's events");
    let mut events: Vec<_> = entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().expect("a name").to_string_lossy();
            let text = std::fs::read_to_string(&path).expect("an event");
            let event = serde_json::from_str(&text).expect("an event is JSON");
            (name.into_owned(), event)
        })
        .collect();
    events.sort_by(|(one, _), (other, _)| one.cmp(other));
    events
}

/// A sample event by its name.
pub(crate) fn event(function: &str, name: &str) -> Value {
    let mut events = events_of(function).into_iter();
    let found = events.find(|(found, _)| found == name);
    found.expect("an event of that name").1
}

/// What the function makes of its events, on an installation that nobody has used.
async fn answers(name: &str) -> String {
    let platform = Platform::start().await;
    let cloud = platform.cloud().await;
    let function = cloud.function(name);
    let mut answers = String::new();
    for (case, event) in events_of(name) {
        let answer = match function.try_invoke(event).await {
            Ok(answer) => written(&answer),
            Err(_) => "the event fails\n".to_owned(),
        };
        writeln!(answers, "## {case}\n{answer}").expect("a text grows");
    }
    answers
}

/// An answer to the gateway as text; any other as JSON.
fn written(answer: &Value) -> String {
    let Some(status) = answer["statusCode"].as_u64() else {
        return format!("{answer}\n");
    };
    let mut text = format!("{status}\n");
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        let value = value.as_str().expect("a header is a text");
        writeln!(text, "{name}: {value}").expect("a text grows");
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten() {
        let cookie = cookie.as_str().expect("a cookie is a text");
        let (value, attributes) = cookie.split_once(';').expect("attributes");
        // What holds a session, or tells visitors apart, differs every time.
        let (name, value) = value.split_once('=').expect("a name");
        let value = if value.is_empty() { "" } else { "..." };
        writeln!(text, "set-cookie: {name}={value};{attributes}").expect("a text grows");
    }
    let body = answer["body"].as_str().unwrap_or_default();
    writeln!(text, "\n{}", shortened(body)).expect("a text grows");
    text
}

/// Without what differs every time, or is shown elsewhere.
fn shortened(body: &str) -> String {
    if let Some((_, rest)) = body.split_once("<h1>") {
        let heading = rest.split("</h1>").next().expect("a heading");
        return format!("<h1>{heading}</h1>");
    }
    let Ok(mut body) = serde_json::from_str::<Value>(body) else {
        return body.to_owned();
    };
    let keys = body.get_mut("keys").and_then(Value::as_array_mut);
    for key in keys.into_iter().flatten() {
        for member in ["kid", "n"] {
            assert!(key[member].as_str().is_some_and(|text| text.len() >= 43));
            key[member] = json!("...");
        }
    }
    if body["id"].as_str().is_some_and(|id| id.len() == 36) {
        body["id"] = json!("...");
    }
    for member in ["signature", "externalId", "userId"] {
        if body["data"][member].is_string() {
            body["data"][member] = json!("...");
        }
    }
    if body["openapi"].is_string() {
        return "the document".to_owned();
    }
    body.to_string()
}

macro_rules! events_are_answered {
    ($($test:ident: $function:literal,)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            assert_snapshot!(answers($function).await);
        }
    )*};
}
events_are_answered! {
    user_service_auth: "user-service-auth",
    user_service_profile: "user-service-profile",
    user_service_attributes: "user-service-attributes",
    user_service_admin: "user-service-admin",
    security_oauth2: "security-oauth2",
    security_messaging: "security-messaging",
    security_system: "security-system",
    security_avatar: "security-avatar",
    security_users: "security-users",
    rbac_auth: "rbac-auth",
    rbac_users: "rbac-users",
    rbac_permissions: "rbac-permissions",
    rbac_roles: "rbac-roles",
    session_auth: "session-auth",
    identify_check: "identify-check",
    identify_sessions: "identify-sessions",
    identify_users: "identify-users",
    platform_pages: "platform-pages",
    platform_keys: "platform-keys",
    platform_outbox: "platform-outbox",
}

/// What the operator makes of its events, from an installation that is not set up, and what CloudFormation is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn platform_operator() {
    let platform = Platform::bare(&[]).await;
    let callback = Callback::start().await;
    let mut answers = String::new();
    for (case, mut event) in events_of("platform-operator") {
        if event["ResponseURL"].is_string() {
            event["ResponseURL"] = json!(callback.url());
        }
        let answer = match platform.invoke("platform-operator", event).await {
            Ok(mut answer) => {
                for random in [
                    "/invited",
                    "/keys/0/kid",
                    "/keys/1/kid",
                    "/keys/2/kid",
                    "/signatureSecret",
                    "/createdAt",
                    "/projects/0/createdAt",
                    "/formerValidUntil",
                ] {
                    if let Some(member) = answer.pointer_mut(random) {
                        *member = json!("...");
                    }
                }
                answer.to_string()
            }
            Err(failed) => failed,
        };
        writeln!(answers, "## {case}\n{answer}").expect("a text grows");
        for report in callback.take() {
            writeln!(answers, "{:#}", report.body).expect("a text grows");
        }
    }
    assert_snapshot!(answers);
}

/// Status and body of an answer to a gateway.
pub(crate) async fn answered(function: &Function, event: Value) -> (u64, String) {
    let answer = function.invoke(event).await;
    let status = answer["statusCode"].as_u64().expect("a status");
    let body = answer["body"].as_str().unwrap_or_default();
    (status, body.to_owned())
}

/// A function that has signed somebody in, and the event that it did so by.
#[cfg(target_os = "linux")]
async fn signing_in(platform: &Platform, cloud: &Cloud) -> (Function, Value) {
    platform.register_confirmed("ann@example.com").await;
    let function = cloud.function("user-service-auth");
    let mut login = event("user-service-auth", "login");
    let credentials = json!({ "email": "ann@example.com", "password": PASSWORD });
    login["body"] = json!(credentials.to_string());
    assert_eq!(answered(&function, login.clone()).await.0, 200);
    (function, login)
}

/// Lambda freezes an environment once it has answered, for hours perhaps: nothing may be left to do behind an answer, and what
/// was read before is too old to serve with.
#[cfg(target_os = "linux")] // the clock of a process is moved there only
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_that_was_frozen_has_left_nothing_undone_and_looks_before_it_answers() {
    let platform = Platform::start().await;
    let cloud = platform.cloud().await;
    let (function, login) = signing_in(&platform, &cloud).await;
    function.freeze();
    platform.connector.forget();
    platform.connector.watch_upkeep();
    platform.clock.advance_seconds(3 * 3600);
    function.thaw();
    // Whatever was left to do would be done now.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(platform.connector.calls().is_empty(), "behind the answer");
    assert_eq!(answered(&function, login).await.0, 200);
    let trips = platform.connector.round_trips();
    assert_eq!(trips[0], ["BatchGetItem keys"], "{trips:?}");
}

#[cfg(target_os = "linux")] // the clock of a process is moved there only
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_that_panicked_answers_so_and_then_the_next_event() {
    let platform = Platform::start().await;
    let cloud = platform.cloud().await;
    let (function, login) = signing_in(&platform, &cloud).await;

    // On the last day that a timestamp can hold, no session can be given an end.
    let last_day = Timestamp::MAX.as_second() - 3600;
    let away = SignedDuration::from_secs(last_day - 1_767_225_600);
    platform.clock.advance(away);
    let panicked = answered(&function, login.clone()).await;
    assert_eq!(
        panicked,
        (500, json!({ "error": "internal error" }).to_string())
    );
    platform.clock.advance(-away);

    let (status, body) = answered(&function, login).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_is_none_fails_alone() {
    let platform = Platform::start().await;
    let cloud = platform.cloud().await;
    for (name, fine) in [
        ("user-service-auth", "health"),
        ("user-service-profile", "status-no-token"),
        ("user-service-attributes", "list-no-token"),
        ("user-service-admin", "list-no-token"),
        ("security-oauth2", "validate-no-token"),
        ("security-messaging", "sms-no-token"),
        ("security-system", "endpoints-no-token"),
        ("security-avatar", "get-no-token"),
        ("security-users", "list-no-token"),
        ("rbac-auth", "validate-text"),
        ("rbac-users", "list-no-token"),
        ("rbac-permissions", "list-no-token"),
        ("rbac-roles", "list-no-token"),
        ("session-auth", "check-no-cookie"),
        ("identify-check", "check-no-token"),
        ("identify-sessions", "logout-no-token"),
        ("identify-users", "get-no-token"),
        ("platform-pages", "account"),
        ("platform-keys", "jwks"),
    ] {
        let function = cloud.function(name);
        let before = answered(&function, event(name, fine)).await;
        for poison in [event(name, "poison"), json!([]), json!("text"), Value::Null] {
            let failed = function
                .try_invoke(poison)
                .await
                .expect_err("no such event");
            assert!(!failed.contains("panicked"), "{name}: {failed}");
        }
        assert_eq!(
            answered(&function, event(name, fine)).await,
            before,
            "{name}"
        );
    }
}

/// A domain may lead here under several paths, which the gateway leaves in the event.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_leads_here_under_its_paths() {
    let platform = Platform::start().await;
    let cloud = platform.cloud().await;
    let own = [("BASE_PATHS".to_owned(), "id,,id/v1".to_owned())];
    let function = cloud.function_with("platform-keys", own.into());
    let mut asked = event("platform-keys", "jwks");
    let by_its_own_host = answered(&function, asked.clone()).await;
    assert_eq!(by_its_own_host.0, 200);
    for base in ["/id", "/id/v1"] {
        asked["rawPath"] = json!(format!("{base}/.well-known/jwks.json"));
        assert_eq!(answered(&function, asked.clone()).await, by_its_own_host);
    }
    for (path, status) in [
        ("/id/v2/.well-known/jwks.json", 404),
        ("/id/v1/../.well-known/jwks.json", 400),
    ] {
        asked["rawPath"] = json!(path);
        assert_eq!(answered(&function, asked.clone()).await.0, status, "{path}");
    }
}
