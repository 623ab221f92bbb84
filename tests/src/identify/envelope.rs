//! What every request says first, and in which order what is wrong with it is told.

use http::Method;
use serde_json::{Value, json};

use super::{
    CHANGE_PASSWORD, CHECK, CONFIRM_FORGOT, DEVICE, FORGOT, ISOLATED, LOGIN, LOGOUT, REFRESH,
    SHARING, USER, ann, refusal,
};
use crate::harness::{Answer, Fault, Platform, Request};
use crate::user_service::expect_nothing_done;

const NONSTANDARD: &str = "/identify/v1/user/check/nonstandard";
const UNKNOWN: &str = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";

/// A route, a provider that has it, whether it asks for a token, and whether it asks for more in the body or the query.
type Row = (Method, &'static str, &'static str, bool, bool);

const ROWS: [Row; 19] = [
    (Method::GET, USER, "awsCognito", true, false),
    (Method::POST, USER, "awsCognito", false, true),
    (Method::PUT, USER, "awsCognito", true, true),
    (Method::PUT, CHANGE_PASSWORD, "awsCognito", true, true),
    (Method::PUT, FORGOT, "awsCognito", false, true),
    (Method::POST, CONFIRM_FORGOT, "awsCognito", false, true),
    (Method::POST, REFRESH, "awsCognito", true, true),
    (Method::POST, LOGOUT, "awsCognito", true, false),
    (Method::PUT, LOGIN, "awsCognito", false, true),
    (Method::GET, CHECK, "awsCognito", true, true),
    (Method::GET, USER, "authZero", true, false),
    (Method::PUT, USER, "authZero", true, true),
    (Method::GET, CHECK, "authZero", true, true),
    (Method::POST, USER, "anonymous", false, true),
    (Method::PUT, LOGIN, "anonymous", false, true),
    (Method::GET, USER, "noLogin", false, true),
    (Method::PUT, USER, "noLogin", false, true),
    (Method::GET, NONSTANDARD, "google", true, false),
    (Method::GET, NONSTANDARD, "facebook", true, false),
];

fn strategy(provider: &str) -> &'static str {
    super::strategy(provider)
}

/// A request with these members of the envelope, in the query of a GET and else in the body.
fn request(platform: &Platform, method: &Method, path: &str, members: &[(&str, Value)]) -> Request {
    if *method == Method::GET {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in members {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            query.append_pair(name, &text);
        }
        return platform.get(&format!("{path}?{}", query.finish()));
    }
    let body: serde_json::Map<_, _> = members
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    platform.request(method.clone(), path).json(&body.into())
}

fn envelope(project: &str, provider: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("projectId", json!(project)),
        ("strategy", json!(strategy(provider))),
        ("provider", json!(provider)),
    ]
}

/// Has the isolated project take all providers.
async fn start() -> Platform {
    let platform = Platform::start().await;
    let settings = json!({ "providers": {
        "awsCognito": {}, "authZero": {}, "anonymous": {}, "noLogin": {},
        "google": { "client_ids": ["ours"] },
        "facebook": { "app_id": "1", "app_secret": "hush" },
        "twitter": { "consumer_key": "k", "consumer_secret": "hush" },
    } });
    platform.put_project(ISOLATED, &settings).await;
    platform
}

fn bad(message: &str) -> String {
    refusal(400, message, "bad_request")
}

#[tokio::test]
async fn the_envelope_comes_first_then_the_project_the_provider_the_token_and_the_rest() {
    let platform = start().await;
    let before = platform.dump().await;
    for (method, path, provider, asks_token, asks_more) in ROWS {
        let what = format!("{method} {path} {provider}");
        let send = async |members: Vec<(&'static str, Value)>| -> Answer {
            request(&platform, &method, path, &members)
                .bearer("garbage")
                .send()
                .await
        };
        let whole = envelope(UNKNOWN, provider);
        for (missing, name) in ["projectId", "strategy", "provider"]
            .into_iter()
            .enumerate()
        {
            let mut members = whole.clone();
            members.remove(missing);
            let answer = send(members).await;
            assert_eq!(
                answer.whole(),
                bad(&format!("{name} is required")),
                "{what}"
            );
            let mut members = whole.clone();
            members[missing].1 = json!("else");
            let answer = send(members).await;
            assert_eq!(
                answer.whole(),
                bad(&format!("{name} is not valid")),
                "{what}"
            );
        }
        let answer = send(whole).await;
        let expected = refusal(404, "there is no such project", "unknown_project");
        assert_eq!(answer.whole(), expected, "{what}");
        let other = if provider == "twitter" {
            "anonymous"
        } else {
            "twitter"
        };
        if path != NONSTANDARD {
            let answer = send(envelope(ISOLATED, other)).await;
            let expected = refusal(
                400,
                "the provider is not supported here",
                "unsupported_provider",
            );
            assert_eq!(
                answer.whole(),
                expected,
                "{what}: {other} has no such operation"
            );
        }
        let answer = request(&platform, &method, path, &envelope(ISOLATED, provider));
        let answer = answer.send().await;
        if asks_token {
            assert_eq!(answer.status, 401, "{what}: {}", answer.whole());
            assert_eq!(answer.json()["data"]["code"], "invalid_token", "{what}");
            if path != NONSTANDARD {
                let answer = send(envelope(ISOLATED, provider)).await;
                assert_eq!(answer.status, 401, "{what}: {}", answer.whole());
                assert_eq!(answer.json()["data"]["code"], "invalid_token", "{what}");
            }
        } else if asks_more {
            assert_eq!(answer.status, 400, "{what}: {}", answer.whole());
            assert_eq!(answer.json()["data"]["code"], "bad_request", "{what}");
        }
    }
    expect_nothing_done(&platform, &before, "refused").await;
}

#[tokio::test]
async fn a_provider_that_the_project_lacks_is_unsupported() {
    let platform = start().await;
    let bare = "0b7c4a52-6a0f-4f6e-9a39-2f1f3f0a7d11";
    platform
        .put_project(bare, &json!({ "providers": {} }))
        .await;
    let before = platform.dump().await;
    for (method, path, provider, ..) in ROWS {
        let answer = request(&platform, &method, path, &envelope(bare, provider));
        let answer = answer.send().await;
        let expected = refusal(
            400,
            "the provider is not supported here",
            "unsupported_provider",
        );
        assert_eq!(answer.whole(), expected, "{method} {path} {provider}");
    }
    for (method, path, provider, ..) in &ROWS[17..] {
        let answer = request(&platform, method, path, &envelope(SHARING, provider));
        let answer = answer.send().await;
        assert_eq!(answer.json()["data"]["code"], "unsupported_provider");
    }
    expect_nothing_done(&platform, &before, "unsupported").await;
}

#[tokio::test]
async fn a_strategy_is_that_of_the_provider() {
    let platform = start().await;
    for (method, path, provider, ..) in ROWS {
        let other = match strategy(provider) {
            "email" => "simplified",
            _ => "email",
        };
        let mut members = envelope(ISOLATED, provider);
        members[1].1 = json!(other);
        let answer = request(&platform, &method, path, &members).send().await;
        assert_eq!(
            answer.whole(),
            bad("strategy is not valid"),
            "{method} {path} {provider}"
        );
    }
}

#[tokio::test]
async fn members_of_a_wrong_type_or_case_are_refused() {
    let platform = start().await;
    for (name, value) in [
        ("projectId", json!(7)),
        ("projectId", json!(["x"])),
        ("projectId", json!({})),
        ("strategy", json!("Email")),
        ("strategy", json!(true)),
        ("provider", json!("awscognito")),
        ("provider", json!("cognito")),
        ("provider", json!(7)),
    ] {
        let mut body: serde_json::Map<_, _> = envelope(SHARING, "awsCognito")
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        body.insert(name.to_owned(), value.clone());
        let answer = platform.request(Method::PUT, LOGIN).json(&body.into());
        let answer = answer.send().await;
        assert_eq!(
            answer.whole(),
            bad(&format!("{name} is not valid")),
            "{value}"
        );
    }
}

/// A GET has its envelope in the query, all others in the body.
#[tokio::test]
async fn an_envelope_stands_in_its_place() {
    let platform = start().await;
    let login = ann(&platform).await;
    let in_query = super::query(SHARING, "awsCognito");
    let in_body = super::envelope(SHARING, "awsCognito", json!({}));
    let get = platform.get(USER).json(&in_body).bearer(&login.access);
    assert_eq!(get.send().await.whole(), bad("projectId is required"));
    let post = platform
        .post(&format!("{LOGOUT}?{in_query}"))
        .json(&json!({}));
    let post = post.bearer(&login.access).send().await;
    assert_eq!(post.whole(), bad("projectId is required"));
    assert_eq!(login.status(&platform).await, 200);
    let twice = platform.get(&format!("{USER}?{in_query}&provider=noLogin"));
    assert_eq!(twice.send().await.status, 400, "which one?");
}

#[tokio::test]
async fn a_path_that_does_not_exist_is_404_and_a_wrong_method_405() {
    let platform = start().await;
    let before = platform.dump().await;
    for (method, path, status, allow) in [
        (Method::GET, "/identify", 404, None),
        (Method::GET, "/identify/v1", 404, None),
        (Method::GET, "/identify/v2/user", 404, None),
        (Method::GET, "/identify/v1/user/", 404, None),
        (Method::PUT, "/identify/v1/User/login", 404, None),
        (Method::GET, "/identify/v1/user/nobody", 404, None),
        (Method::DELETE, USER, 405, Some("GET, POST, PUT")),
        (Method::POST, CHANGE_PASSWORD, 405, Some("PUT")),
        (Method::GET, FORGOT, 405, Some("PUT")),
        (Method::PUT, CONFIRM_FORGOT, 405, Some("POST")),
        (Method::GET, REFRESH, 405, Some("POST")),
        (Method::DELETE, LOGOUT, 405, Some("POST")),
        (Method::POST, CHECK, 405, Some("GET")),
        (Method::PUT, NONSTANDARD, 405, Some("GET")),
    ] {
        let answer = platform.request(method.clone(), path).send().await;
        let expected = match status {
            404 => refusal(404, "no such path", "not_found"),
            _ => refusal(405, "the method is not allowed", "method_not_allowed"),
        };
        assert_eq!(answer.whole(), expected, "{method} {path}");
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
    }
    expect_nothing_done(&platform, &before, "wrong paths").await;
}

#[tokio::test]
async fn every_answer_has_the_common_headers() {
    let platform = start().await;
    for (method, path, provider, ..) in ROWS {
        let answer = request(&platform, &method, path, &envelope(ISOLATED, provider));
        let answer = answer.send().await;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{}", answer.whole());
        }
        assert!(answer.header("x-request-id").is_some());
    }
}

#[tokio::test]
async fn an_outage_is_503_and_changes_nothing() {
    let platform = start().await;
    let login = ann(&platform).await;
    let before = platform.dump().await;
    for request in [
        login.profile(&platform),
        login.check(&platform, DEVICE),
        login.refresh(&platform),
        login.logout(&platform),
        super::signing_in(&platform, SHARING, super::ANN, crate::harness::PASSWORD),
        super::anonymous::coming(&platform, SHARING, DEVICE),
        super::no_login::coming(&platform, SHARING),
    ] {
        platform
            .connector
            .inject("", Fault::AccessDenied, usize::MAX);
        let answer = request.send().await;
        platform.connector.heal();
        assert_eq!(
            answer.whole(),
            refusal(503, "temporarily unavailable", "unavailable")
        );
        assert_eq!(answer.header("retry-after"), Some("5"));
    }
    assert_eq!(platform.dump().await, before);
}
