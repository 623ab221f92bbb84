//! What all routes have in common: OPTIONS, health, tokens, unknown paths, wrong methods, headers.

use http::Method;
use insta::assert_snapshot;
use serde_json::json;

use super::{ATTRIBUTES, HEALTH, LOGIN, PROFILE, STATUS, USER, expect_nothing_done};
use crate::harness::{Answer, Platform};

const APP: &str = "https://app.example.com";

fn bearer_routes() -> [(Method, &'static str); 8] {
    [
        (Method::POST, ATTRIBUTES),
        (Method::GET, ATTRIBUTES),
        (Method::DELETE, ATTRIBUTES),
        (Method::DELETE, "/user-service/v1/users/attribute"),
        (Method::POST, PROFILE),
        (Method::GET, PROFILE),
        (Method::GET, STATUS),
        (Method::DELETE, USER),
    ]
}

fn cors(answer: &Answer) -> Vec<String> {
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("access-control-") || *name == "vary")
        .map(|(name, value)| format!("{name}: {}", value.to_str().expect("a text")))
        .collect();
    headers.sort();
    headers
}

#[tokio::test]
async fn health_is_all_good() {
    let platform = Platform::start().await;
    let answer = platform.get(HEALTH).send().await;
    assert_eq!(answer.whole(), "200\nall good");
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    let head = platform.request(Method::HEAD, HEALTH).send().await;
    assert_eq!(head.whole(), "200\n");
}

#[tokio::test]
async fn the_version_segment_is_any_name() {
    let platform = Platform::start().await;
    for version in ["v1", "v2", "*", "latest", "users", "%20"] {
        let path = format!("/user-service/{version}/users/health");
        assert_eq!(
            platform.get(&path).send().await.whole(),
            "200\nall good",
            "{path}"
        );
    }
}

#[tokio::test]
async fn options_answers_its_text_on_any_path() {
    let platform = Platform::start().await;
    let before = platform.dump().await;
    for path in [
        LOGIN,
        STATUS,
        "/user-service",
        "/user-service/",
        "/user-service/no/such/path",
        "/user-service/v1/users/login/",
    ] {
        let answer = platform.request(Method::OPTIONS, path).send().await;
        assert_eq!(answer.whole(), "200\noptions allowed", "{path}");
        assert_eq!(
            answer.header("content-type"),
            Some("text/plain; charset=utf-8"),
            "{path}"
        );
        assert_eq!(cors(&answer), [] as [&str; 0], "{path}");
    }
    expect_nothing_done(&platform, &before, "OPTIONS").await;
}

#[tokio::test]
async fn a_preflight_of_a_listed_origin_is_allowed_what_the_path_has() {
    let list = "https://app.example.com, http://localhost:5173";
    let platform = Platform::with(&[("ALLOWED_ORIGINS", list)]).await;
    for origin in [APP, "http://localhost:5173"] {
        let answer = platform
            .request(Method::OPTIONS, ATTRIBUTES)
            .header("origin", origin)
            .header("access-control-request-method", "DELETE")
            .header("access-control-request-headers", "authorization")
            .send()
            .await;
        assert_eq!(answer.whole(), "200\noptions allowed");
        assert_eq!(
            cors(&answer),
            [
                "access-control-allow-credentials: true".to_owned(),
                "access-control-allow-headers: Authorization, Content-Type, Language".to_owned(),
                "access-control-allow-methods: POST, GET, DELETE".to_owned(),
                format!("access-control-allow-origin: {origin}"),
                "access-control-max-age: 600".to_owned(),
                "vary: Origin".to_owned(),
            ]
        );
    }
}

#[tokio::test]
async fn answers_and_refusals_are_readable_for_a_listed_origin() {
    let platform = Platform::with(&[("ALLOWED_ORIGINS", APP)]).await;
    for path in [HEALTH, STATUS, "/user-service/no/such/path", LOGIN] {
        let answer = platform.get(path).header("origin", APP).send().await;
        assert_eq!(
            cors(&answer),
            [
                "access-control-allow-credentials: true",
                "access-control-allow-origin: https://app.example.com",
                "access-control-expose-headers: Link, Retry-After, X-Request-Id, X-Scanned",
                "vary: Origin",
            ],
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_origin_that_is_not_listed_is_never_named() {
    let listed = Platform::with(&[("ALLOWED_ORIGINS", APP)]).await;
    let closed = Platform::start().await;
    for origin in [
        "https://evil.example",
        "https://app.example.com.evil.example",
        "https://app.example.com:8443",
        "http://app.example.com",
        "https://APP.example.com",
        "null",
        "*",
        "",
    ] {
        for method in [Method::OPTIONS, Method::GET] {
            for (platform, vary) in [(&listed, Some("Origin")), (&closed, None)] {
                let answer = platform
                    .request(method.clone(), STATUS)
                    .header("origin", origin)
                    .header("access-control-request-method", "GET")
                    .send()
                    .await;
                let names: Vec<_> = cors(&answer)
                    .into_iter()
                    .filter(|header| header.starts_with("access-control-"))
                    .collect();
                assert_eq!(names, [] as [&str; 0], "{method} {origin:?}");
                assert_eq!(answer.header("vary"), vary, "{method} {origin:?}");
            }
        }
    }
}

#[tokio::test]
async fn every_bearer_route_refuses_everything_but_a_live_access_token() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let access = &session.access_token;
    let [head, claims, signature]: [&str; 3] = access
        .split('.')
        .collect::<Vec<_>>()
        .try_into()
        .expect("three parts");
    let before = platform.dump().await;
    let forged = format!(
        "Bearer {head}.{claims}.{}",
        signature.chars().rev().collect::<String>()
    );
    let unsigned = format!("Bearer eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{claims}.");
    let missing = "401 Bearer {\"error\":\"an access token is required\"}";
    let invalid = "403 Bearer error=\"invalid_token\" {\"error\":\"the token is not valid\"}";
    let basic = "Basic YW5uQGV4YW1wbGUuY29tOnZpb2xldA==".to_owned();
    for (header, expected) in [
        (None, missing),
        (Some(String::new()), missing),
        (Some("Bearer".to_owned()), missing),
        (Some(basic), missing),
        (Some(access.clone()), missing),
        (Some("Bearer x".to_owned()), invalid),
        (Some("Bearer a.b.c".to_owned()), invalid),
        (Some(format!("Bearer {access}x")), invalid),
        (Some(format!("Bearer {access} {access}")), invalid),
        (Some(format!("Bearer {}", "x".repeat(5000))), invalid),
        (Some(format!("Bearer {}", session.refresh_token)), invalid),
        (Some(forged), invalid),
        (Some(unsigned), invalid),
    ] {
        for (method, path) in bearer_routes() {
            let mut request = platform
                .request(method.clone(), path)
                .json(&json!({ "attributeKey": "k", "attributeText": "t" }));
            if let Some(header) = &header {
                request = request.header("authorization", header);
            }
            let answer = request.send().await;
            let challenge = answer.header("www-authenticate").unwrap_or("-");
            assert_eq!(
                format!("{} {challenge} {}", answer.status, answer.body),
                expected,
                "{method} {path} {header:?}"
            );
        }
    }
    expect_nothing_done(&platform, &before, "no live access token").await;
}

#[tokio::test]
async fn the_scheme_is_read_in_any_case() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let header = format!("{scheme} {}", session.access_token);
        let answer = platform
            .get(STATUS)
            .header("authorization", &header)
            .send()
            .await;
        assert_eq!(answer.status, 200, "{scheme}");
    }
}

#[tokio::test]
async fn every_bearer_route_refuses_an_expired_token() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    platform.clock.advance_seconds(3600 + 60);
    let before = platform.dump().await;
    for (method, path) in bearer_routes() {
        let answer = platform
            .request(method.clone(), path)
            .bearer(&session.access_token)
            .json(&json!({ "attributeKey": "k", "attributeText": "t" }))
            .send()
            .await;
        assert_eq!(
            answer.whole(),
            "401\n{\"error\":\"the token has expired\"}",
            "{method} {path}"
        );
    }
    expect_nothing_done(&platform, &before, "an expired token").await;
}

#[tokio::test]
async fn a_cookie_or_a_query_is_no_access_token() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let token = &session.access_token;
    let answer = platform
        .get(&format!(
            "{STATUS}?access_token={token}&accessToken={token}"
        ))
        .header("cookie", &format!("sid={token}; accessToken={token}"))
        .send()
        .await;
    assert_snapshot!(answer.whole(), @r#"
    401
    {"error":"an access token is required"}
    "#);
}

#[tokio::test]
async fn unknown_paths_are_404() {
    let platform = Platform::start().await;
    for path in [
        "/user-service",
        "/user-service/",
        "/user-service/v1",
        "/user-service/v1/users/",
        "/user-service/v1/users/health/",
        "/user-service/v1/users/login/",
        "/user-service//v1/users/health",
        "/user-service/v1//users/health",
        "/user-service/v1/Users/health",
        "/user-service/v1/users/current/health",
        "/user-service/v1/v2/users/health",
        "/user-service/users/health",
    ] {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
            let answer = platform.request(method.clone(), path).send().await;
            assert_eq!(
                answer.whole(),
                "404\n{\"error\":\"no such path\"}",
                "{method} {path}"
            );
            assert_eq!(
                answer.header("content-type"),
                Some("application/json"),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn a_wrong_method_is_405_and_the_right_ones_are_named() {
    let platform = Platform::start().await;
    let before = platform.dump().await;
    for (operation, allow) in [
        ("accessToken", "POST"),
        ("activate", "GET, POST"),
        ("health", "GET"),
        ("login", "POST"),
        ("newPassword", "POST"),
        ("register", "POST"),
        ("attributes", "POST, GET, DELETE"),
        ("attribute", "DELETE"),
        ("profile", "POST, GET"),
        ("status", "GET"),
        ("user", "DELETE"),
    ] {
        let path = format!("/user-service/v1/users/{operation}");
        for method in [
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::TRACE,
            Method::from_bytes(b"PROPFIND").expect("a method"),
        ] {
            let named = allow
                .split(", ")
                .any(|name| name == method.as_str() || (name == "GET" && method == Method::HEAD));
            if named {
                continue;
            }
            let answer = platform.request(method.clone(), &path).send().await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
            if method != Method::HEAD {
                assert_eq!(
                    answer.body, "{\"error\":\"the method is not allowed\"}",
                    "{method} {path}"
                );
            }
        }
    }
    expect_nothing_done(&platform, &before, "wrong methods").await;
}

#[tokio::test]
async fn head_answers_as_get_does_without_its_body() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    for path in [HEALTH, STATUS, PROFILE, ATTRIBUTES] {
        let get = platform
            .get(path)
            .bearer(&session.access_token)
            .send()
            .await;
        let head = platform
            .request(Method::HEAD, path)
            .bearer(&session.access_token)
            .send()
            .await;
        assert_eq!(head.whole(), format!("{}\n", get.status), "{path}");
        assert_eq!(
            head.header("content-type"),
            get.header("content-type"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn every_answer_keeps_out_of_caches_and_names_its_request() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let token = &session.access_token;
    let json = json!({});
    let answers = [
        ("success", platform.get(STATUS).bearer(token).send().await),
        ("health", platform.get(HEALTH).send().await),
        (
            "options",
            platform.request(Method::OPTIONS, LOGIN).send().await,
        ),
        ("400", platform.post(LOGIN).json(&json).send().await),
        ("401", platform.get(STATUS).send().await),
        ("403", platform.get(STATUS).bearer("x").send().await),
        ("404", platform.get("/user-service/nothing").send().await),
        ("405", platform.post(STATUS).send().await),
        (
            "413",
            platform
                .post(LOGIN)
                .json(&json!("x".repeat(66_000)))
                .send()
                .await,
        ),
        ("415", platform.post(LOGIN).body("x").send().await),
        (
            "303",
            platform
                .get("/user-service/v1/users/activate?code=x")
                .header("accept", "text/html")
                .send()
                .await,
        ),
        ("page", platform.get("/activate?code=x").send().await),
        ("page 404", platform.get("/nothing").send().await),
        ("204", platform.delete(USER).bearer(token).send().await),
    ];
    let mut ids = Vec::new();
    for (what, answer) in &answers {
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{what}"
        );
        ids.push(answer.header("x-request-id").expect(what));
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), answers.len());
}
