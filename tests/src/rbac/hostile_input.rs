//! Input that no client of good will sends, at the routes of rows 1 to 7; and what a browser of another origin may read.

use http::Method;
use serde_json::json;

use super::accounts::{ANN, active};
use super::{AUTHENTICATE, REGISTER, RESET_PASSWORD, USERS, VALIDATE, administrator};
use crate::harness::{Answer, PASSWORD, PUBLIC_URL, Platform, are_processes, is_read_alike};
use crate::user_service::expect_nothing_done;

const APP: &str = "https://app.example.com";

/// A route that reads a body, a field of it, and what it says with 400.
const TARGETS: [(&str, &str, &str); 4] = [
    (VALIDATE, "token", "\"Bad Request\""),
    (AUTHENTICATE, "email", "\"Bad Request\""),
    (REGISTER, "email", "\"Error Registering\""),
    (RESET_PASSWORD, "user_uid", "\"Error Resetting Password\""),
];

async fn start() -> Platform {
    let platform = Platform::with(&[("LIMITS", "off")]).await;
    active(&platform, ANN).await;
    platform
}

async fn send(platform: &Platform, path: &str, media_type: Option<&str>, body: &[u8]) -> Answer {
    let mut request = platform.post(path).body(body);
    if let Some(media_type) = media_type {
        request = request.header("content-type", media_type);
    }
    request.send().await
}

fn expect_refusal(answer: &Answer, status: u16, body: &str, what: &str) {
    assert_eq!(answer.whole(), format!("{status}\n{body}"), "{what}");
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{what}"
    );
}

#[tokio::test]
async fn what_is_no_plain_json_object_is_refused() {
    let platform = start().await;
    let before = platform.dump().await;
    for (path, field, refusal) in TARGETS {
        let with = |value: &str| format!("{{\"{field}\":{value}}}").into_bytes();
        let nested = |levels: usize| with(&format!("{}{}", "[".repeat(levels), "]".repeat(levels)));
        let twice = |second: &str| format!("{{\"{field}\":\"a\",\"{second}\":\"a\"}}").into_bytes();
        let escaped = format!("\\u00{:x}{}", field.as_bytes()[0], &field[1..]);
        let invalid_utf8 = [b"{\"", field.as_bytes(), b"\":\"\xff\"}"].concat();
        for (what, body) in [
            ("no JSON", b"email=ann@example.com".to_vec()),
            ("half JSON", b"{\"email\":".to_vec()),
            ("two documents", b"{} {}".to_vec()),
            ("an array", b"[]".to_vec()),
            ("a text", b"\"text\"".to_vec()),
            ("null", b"null".to_vec()),
            ("white space", b"  \n".to_vec()),
            ("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
            ("an object as field", with("{\"$gt\":\"\"}")),
            ("an array as field", with("[\"x\"]")),
            ("a flag as field", with("true")),
            ("a number as field", with("7")),
            ("a key twice", twice(field)),
            ("a key twice, once escaped", twice(&escaped)),
            ("a key twice inside", b"{\"x\":{\"a\":1,\"a\":2}}".to_vec()),
            ("NUL in a value", with("\"a\\u0000b\"")),
            ("NUL in a key", b"{\"a\\u0000\":1}".to_vec()),
            ("invalid UTF-8", invalid_utf8),
            ("a lone surrogate", with("\"\\ud800\"")),
            ("a raw control character", with("\"a\nb\"")),
            ("too deep", nested(33)),
            ("far too deep", nested(30_000)),
            ("too large a number", with("1e999")),
        ] {
            let answer = send(&platform, path, Some("application/json"), &body).await;
            expect_refusal(&answer, 400, refusal, &format!("{path} {what}"));
        }
    }
    expect_nothing_done(&platform, &before, "hostile JSON").await;
}

#[tokio::test]
async fn a_body_over_64_kb_is_refused() {
    let platform = start().await;
    let before = platform.dump().await;
    let mut body = b"{}".to_vec();
    body.resize(65_537, b' ');
    for (path, _, refusal) in TARGETS {
        let json = Some("application/json");
        let large = send(&platform, path, json, &body).await;
        expect_refusal(&large, 413, "\"Payload Too Large\"", path);
        // A gateway announces what it has.
        if !are_processes() {
            let announced = platform.post(path).header("content-length", "65537");
            let announced = announced.json(&json!({})).send().await;
            expect_refusal(&announced, 413, "\"Payload Too Large\"", path);
        }
        let largest = send(&platform, path, json, &body[..65_536]).await;
        if path == VALIDATE {
            expect_refusal(&largest, 401, "false", path);
        } else {
            expect_refusal(&largest, 400, refusal, path);
        }
    }
    expect_nothing_done(&platform, &before, "large bodies").await;
}

#[tokio::test]
async fn a_body_of_another_type_is_refused() {
    let platform = start().await;
    let before = platform.dump().await;
    for (path, ..) in TARGETS {
        for media_type in [
            None,
            Some("application/x-www-form-urlencoded"),
            Some("text/plain"),
            Some("application/xml"),
            Some("multipart/form-data; boundary=x"),
            Some("application/jsonp"),
            Some(""),
        ] {
            let answer = send(&platform, path, media_type, b"{\"x\":1}").await;
            let what = format!("{path} {media_type:?}");
            expect_refusal(&answer, 415, "\"Unsupported Media Type\"", &what);
        }
    }
    expect_nothing_done(&platform, &before, "foreign types").await;
    let body = json!({ "email": ANN, "password": PASSWORD }).to_string();
    for media_type in ["application/json; charset=utf-8", "APPLICATION/JSON"] {
        let answer = send(&platform, AUTHENTICATE, Some(media_type), body.as_bytes()).await;
        assert_eq!(answer.status, 200, "{media_type}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_header_over_8_kb_is_refused() {
    let platform = start().await;
    let before = platform.dump().await;
    let long = "x".repeat(9 * 1024);
    for (path, ..) in TARGETS {
        for name in ["x-anything", "cookie", "accept-language", "authorization"] {
            let request = platform.post(path).header(name, &long);
            let answer = request.json(&json!({ "token": "x" })).send().await;
            assert_eq!(answer.status, 400, "{path} {name}: {}", answer.body);
        }
    }
    expect_nothing_done(&platform, &before, "long headers").await;
}

#[tokio::test]
async fn a_path_that_two_readers_read_differently_is_refused() {
    let platform = start().await;
    let before = platform.dump().await;
    for (path, status, body) in [
        ("/rbac/auth/authenticate%00", 400, "\"Bad Request\""),
        (
            "/rbac/auth/authenticate%0d%0aX-Evil:1",
            400,
            "\"Bad Request\"",
        ),
        (
            "/rbac/..%2frbac%2fauth/authenticate",
            400,
            "\"Bad Request\"",
        ),
        ("/rbac/../rbac/auth/authenticate", 400, "\"Bad Request\""),
        ("/rbac/auth/./authenticate", 400, "\"Bad Request\""),
        ("/rbac/auth/%2e/authenticate", 400, "\"Bad Request\""),
        ("/rbac/auth/authenticate%3fx", 400, "\"Bad Request\""),
        ("/rbac/auth%5cauthenticate", 400, "\"Bad Request\""),
        ("/rbac/auth/authenticate/", 404, "\"Not Found\""),
        ("/rbac//auth/authenticate", 404, "\"Not Found\""),
        ("/rbac/Auth/authenticate", 404, "\"Not Found\""),
        ("/rbac/auth", 404, "\"Not Found\""),
        ("/rbac/", 404, "\"Not Found\""),
        ("/rbac", 404, "\"Not Found\""),
        ("/rbac/users/", 404, "\"Not Found\""),
        ("/rbac/auth/%ff", 404, "\"Not Found\""),
    ] {
        if !is_read_alike(path) {
            continue;
        }
        let request = platform
            .post(path)
            .json(&json!({ "email": ANN, "password": PASSWORD }));
        let answer = request.send().await;
        expect_refusal(&answer, status, body, path);
        assert_eq!(answer.header("x-evil"), None);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
    expect_nothing_done(&platform, &before, "hostile paths").await;
}

#[tokio::test]
async fn a_segment_that_is_no_id_is_nobodys() {
    let platform = start().await;
    let admin = administrator(&platform).await;
    let before = platform.dump().await;
    let long = "x".repeat(60_000);
    for segment in [
        long.as_str(),
        "%",
        "%zz",
        "x;y=z",
        "-1",
        "0",
        "1",
        "register%20x",
        "*",
        "null",
        "%F0%9F%A6%8A",
    ] {
        let path = format!("{USERS}/{segment}");
        let shown = &path[..path.len().min(80)];
        let answer = platform.get(&path).bearer(&admin).send().await;
        expect_refusal(&answer, 404, "\"Not Found\"", shown);
        let answer = platform
            .post(&path)
            .bearer(&admin)
            .json(&json!({}))
            .send()
            .await;
        expect_refusal(&answer, 405, "\"Method Not Allowed\"", shown);
        assert_eq!(answer.header("allow"), Some("GET"), "{shown}");
    }
    expect_nothing_done(&platform, &before, "hostile ids").await;
}

#[tokio::test]
async fn a_wrong_method_is_405_and_the_right_ones_are_named() {
    let platform = start().await;
    let before = platform.dump().await;
    for (path, allow) in [
        (VALIDATE, "POST"),
        (AUTHENTICATE, "POST"),
        ("/rbac/users/activate/x/y", "GET, POST"),
        (USERS, "GET"),
        ("/rbac/users/6ba7b810-9dad-41d1-80b4-00c04fd430c8", "GET"),
    ] {
        for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::TRACE] {
            let answer = platform.request(method.clone(), path).send().await;
            let what = format!("{method} {path}");
            expect_refusal(&answer, 405, "\"Method Not Allowed\"", &what);
            assert_eq!(answer.header("allow"), Some(allow), "{what}");
        }
    }
    expect_nothing_done(&platform, &before, "wrong methods").await;
}

#[tokio::test]
async fn every_answer_keeps_out_of_caches_and_names_its_request() {
    let platform = start().await;
    let token = platform.rbac_token(ANN).await;
    let list = || platform.get(USERS);
    let answers = [
        platform
            .post(VALIDATE)
            .json(&json!({ "token": token }))
            .send()
            .await,
        platform.post(VALIDATE).json(&json!({})).send().await,
        platform.post(AUTHENTICATE).json(&json!({})).send().await,
        platform.post(AUTHENTICATE).body("x").send().await,
        platform
            .post(AUTHENTICATE)
            .json(&json!("x".repeat(66_000)))
            .send()
            .await,
        list().send().await,
        list().bearer(&token).send().await,
        platform.get("/rbac/nothing").send().await,
        platform.delete(USERS).send().await,
        platform.request(Method::OPTIONS, USERS).send().await,
        platform
            .request(Method::HEAD, "/rbac/users/activate/x/y")
            .send()
            .await,
    ];
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(
        statuses,
        [200, 401, 400, 415, 413, 401, 403, 404, 405, 204, 303]
    );
    let mut ids = Vec::new();
    for answer in &answers {
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        ids.push(answer.header("x-request-id").expect("an id"));
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), answers.len());
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
async fn a_preflight_of_a_listed_origin_is_allowed_what_the_path_has() {
    let platform = Platform::with(&[("ALLOWED_ORIGINS", APP)]).await;
    for (path, methods) in [
        (AUTHENTICATE, "POST"),
        (USERS, "GET"),
        ("/rbac/users/activate/x/y", "GET, POST"),
    ] {
        let preflight = platform
            .request(Method::OPTIONS, path)
            .header("origin", APP)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization, content-type",
            );
        let answer = preflight.send().await;
        assert_eq!(answer.whole(), "204\n", "{path}");
        assert_eq!(
            cors(&answer),
            [
                "access-control-allow-credentials: true",
                "access-control-allow-headers: Authorization, Content-Type, Language",
                &format!("access-control-allow-methods: {methods}"),
                "access-control-allow-origin: https://app.example.com",
                "access-control-max-age: 600",
                "vary: Origin",
            ],
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_app_of_a_listed_origin_may_follow_links_and_no_other_may_read_anything() {
    let platform = Platform::with(&[("ALLOWED_ORIGINS", APP)]).await;
    active(&platform, ANN).await;
    let admin = administrator(&platform).await;
    let page = |origin: &str| {
        let request = platform.get("/rbac/users?limit=1").bearer(&admin);
        request.header("origin", origin).send()
    };
    let answer = page(APP).await;
    let link = answer.header("link").expect("a next page");
    assert!(
        link.starts_with(&format!("<{PUBLIC_URL}/rbac/users?limit=1&next=")),
        "{link}"
    );
    assert_eq!(
        cors(&answer),
        [
            "access-control-allow-credentials: true",
            "access-control-allow-origin: https://app.example.com",
            "access-control-expose-headers: Link, Retry-After, X-Request-Id, X-Scanned",
            "vary: Origin",
        ]
    );
    for origin in [
        "https://evil.example",
        "null",
        "*",
        "https://app.example.com.evil.example",
    ] {
        assert_eq!(cors(&page(origin).await), ["vary: Origin"], "{origin}");
        let preflight = platform
            .request(Method::OPTIONS, USERS)
            .header("origin", origin);
        let preflight = preflight.header("access-control-request-method", "GET");
        assert_eq!(cors(&preflight.send().await), ["vary: Origin"], "{origin}");
    }
}
