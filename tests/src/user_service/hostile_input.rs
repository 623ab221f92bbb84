//! Input that no client of good will sends, at every route that reads a body, with a live access token where one is due.

use http::Method;
use serde_json::json;

use super::{
    ACCESS_TOKEN, ACTIVATE, ATTRIBUTES, HEALTH, LOGIN, NEW_PASSWORD, PROFILE, REGISTER, STATUS,
    expect_nothing_done,
};
use crate::harness::{
    Answer, PASSWORD, PUBLIC_URL, Platform, Session, are_processes, is_read_alike,
};

/// A route that reads a body: how it is called, and a field of it.
struct Target {
    method: Method,
    path: &'static str,
    field: &'static str,
}

const PAGES: [&str; 4] = [
    "/activate",
    "/activate/resend",
    "/reset-password",
    "/reset-password/request",
];

fn targets() -> Vec<Target> {
    let api = [
        (Method::POST, ACCESS_TOKEN, "refreshToken"),
        (Method::POST, ACTIVATE, "code"),
        (Method::POST, LOGIN, "email"),
        (Method::POST, NEW_PASSWORD, "email"),
        (Method::POST, REGISTER, "email"),
        (Method::POST, ATTRIBUTES, "attributeText"),
        (Method::DELETE, ATTRIBUTES, "attributeKey"),
        (
            Method::DELETE,
            "/user-service/v1/users/attribute",
            "attributeId",
        ),
        (Method::POST, PROFILE, "firstname"),
    ];
    let fields = ["code", "email", "password", "email"];
    let pages = PAGES.into_iter().zip(fields);
    api.into_iter()
        .chain(pages.map(|(path, field)| (Method::POST, path, field)))
        .map(|(method, path, field)| Target {
            method,
            path,
            field,
        })
        .collect()
}

impl Target {
    fn is_page(&self) -> bool {
        PAGES.contains(&self.path)
    }

    async fn send(
        &self,
        platform: &Platform,
        session: &Session,
        media_type: Option<&str>,
        body: &[u8],
    ) -> Answer {
        let mut request = platform
            .request(self.method.clone(), self.path)
            .bearer(&session.access_token)
            .header("origin", PUBLIC_URL)
            .body(body);
        if let Some(media_type) = media_type {
            request = request.header("content-type", media_type);
        }
        request.send().await
    }

    /// Expects a refusal in the form of the route.
    fn expect_refusal(&self, answer: &Answer, status: u16, what: &str) {
        let Self { method, path, .. } = self;
        let whole = answer.whole();
        assert_eq!(answer.status, status, "{method} {path} {what}: {whole}");
        let media_type = answer.header("content-type").unwrap_or_default();
        if self.is_page() {
            assert_eq!(media_type, "text/html; charset=utf-8", "{path} {what}");
            assert!(
                answer.body.starts_with("<!doctype html>"),
                "{path} {what}: {whole}"
            );
        } else {
            assert_eq!(media_type, "application/json", "{path} {what}");
            let body = answer.json();
            let error = body["error"].as_str().expect("a reason");
            assert_eq!(body, json!({ "error": error }), "{path} {what}");
            assert!(
                !error.is_empty() && error.len() < 80,
                "{path} {what}: {error}"
            );
        }
        for leak in [
            "serde",
            "line 1",
            "column 1",
            "panicked",
            "src/",
            "gatehouse-",
        ] {
            assert!(!answer.body.contains(leak), "{path} {what}: {whole}");
        }
    }
}

async fn start() -> (Platform, Session) {
    let platform = Platform::with(&[("LIMITS", "off")]).await;
    let session = platform.new_session("ann@example.com").await;
    (platform, session)
}

#[tokio::test]
async fn what_is_no_plain_json_object_is_refused_everywhere() {
    let (platform, session) = start().await;
    let before = platform.dump().await;
    for target in targets() {
        let field = target.field;
        let with = |value: &str| format!("{{\"{field}\":{value}}}").into_bytes();
        let nested = |levels: usize| with(&format!("{}{}", "[".repeat(levels), "]".repeat(levels)));
        let mut invalid_utf8 = with("\"?\"");
        let mark = invalid_utf8
            .iter()
            .position(|byte| *byte == b'?')
            .expect("the mark");
        invalid_utf8[mark] = 0xff;
        for (what, body) in [
            ("no JSON", b"email=ann@example.com".to_vec()),
            ("half JSON", b"{\"email\":".to_vec()),
            ("two documents", b"{} {}".to_vec()),
            ("an array", b"[]".to_vec()),
            ("a text", b"\"text\"".to_vec()),
            ("null", b"null".to_vec()),
            ("a number", b"7".to_vec()),
            ("white space", b"  \n".to_vec()),
            ("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
            ("an object as field", with("{\"$gt\":\"\"}")),
            ("an array as field", with("[\"x\"]")),
            ("a flag as field", with("true")),
            ("a fraction as field", with("1.5")),
            ("a negative number as field", with("-1")),
            (
                "a key twice",
                format!("{{\"{field}\":\"a\",\"{field}\":\"a\"}}").into_bytes(),
            ),
            (
                "a key twice, once escaped",
                format!(
                    "{{\"{field}\":\"a\",\"\\u00{:x}{}\":\"a\"}}",
                    field.as_bytes()[0],
                    &field[1..]
                )
                .into_bytes(),
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
            let answer = target
                .send(&platform, &session, Some("application/json"), &body)
                .await;
            target.expect_refusal(&answer, 400, what);
        }
    }
    expect_nothing_done(&platform, &before, "hostile JSON").await;
}

#[tokio::test]
async fn a_field_that_must_be_there_may_be_neither_absent_nor_null_nor_a_number() {
    let (platform, session) = start().await;
    let before = platform.dump().await;
    for target in targets() {
        if target.path == PROFILE {
            continue;
        }
        let field = target.field;
        let by_number = field == "attributeId";
        for body in [
            "{}".to_owned(),
            format!("{{\"{field}\":null}}"),
            format!("{{\"{field}\":{}}}", if by_number { "\"x\"" } else { "7" }),
        ] {
            let answer = target
                .send(
                    &platform,
                    &session,
                    Some("application/json"),
                    body.as_bytes(),
                )
                .await;
            target.expect_refusal(&answer, 400, &body);
        }
        let answer = target.send(&platform, &session, None, b"").await;
        target.expect_refusal(&answer, 400, "no body");
    }
    expect_nothing_done(&platform, &before, "fields of no use").await;
}

#[tokio::test]
async fn a_form_that_can_be_read_in_two_ways_is_refused_everywhere() {
    let (platform, session) = start().await;
    let before = platform.dump().await;
    let form = Some("application/x-www-form-urlencoded");
    for target in targets() {
        let field = target.field;
        for body in [
            format!("{field}=a&{field}=a"),
            format!("{field}=a&%{:x}{}=b", field.as_bytes()[0], &field[1..]),
            format!("{field}=%00"),
            format!("{field}=%ff"),
            "x=1&x=2".to_owned(),
        ] {
            let answer = target
                .send(&platform, &session, form, body.as_bytes())
                .await;
            target.expect_refusal(&answer, 400, &body);
        }
    }
    expect_nothing_done(&platform, &before, "hostile forms").await;
}

#[tokio::test]
async fn a_body_over_64_kb_is_refused_everywhere() {
    let (platform, session) = start().await;
    let before = platform.dump().await;
    for target in targets() {
        let padded = |bytes: usize| {
            let mut body = b"{}".to_vec();
            body.resize(bytes, b' ');
            body
        };
        let json = Some("application/json");
        let answer = target
            .send(&platform, &session, json, &padded(65_537))
            .await;
        target.expect_refusal(&answer, 413, "64 kB and 1");
        // A gateway announces what it has.
        if !are_processes() {
            let announced = platform
                .request(target.method.clone(), target.path)
                .bearer(&session.access_token)
                .header("origin", PUBLIC_URL)
                .header("content-type", "application/json")
                .header("content-length", "65537")
                .body("{}")
                .send()
                .await;
            target.expect_refusal(&announced, 413, "announced as 64 kB and 1");
        }
        if target.path != PROFILE {
            let answer = target
                .send(&platform, &session, json, &padded(65_536))
                .await;
            target.expect_refusal(&answer, 400, "64 kB without a field");
        }
    }
    expect_nothing_done(&platform, &before, "large bodies").await;
}

#[tokio::test]
async fn a_body_of_another_type_is_refused_everywhere() {
    let (platform, session) = start().await;
    let before = platform.dump().await;
    for target in targets() {
        for media_type in [
            None,
            Some("text/plain"),
            Some("application/xml"),
            Some("multipart/form-data; boundary=x"),
            Some("application/jsonp"),
            Some("text/json"),
            Some(""),
        ] {
            let answer = target
                .send(&platform, &session, media_type, b"{\"x\":1}")
                .await;
            target.expect_refusal(&answer, 415, media_type.unwrap_or("none"));
        }
    }
    expect_nothing_done(&platform, &before, "foreign types").await;
}

#[tokio::test]
async fn the_type_may_have_parameters_and_any_case() {
    let (platform, session) = start().await;
    let body = json!({ "email": "ann@example.com", "password": PASSWORD }).to_string();
    for media_type in [
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "application/json ;x=y",
    ] {
        let answer = platform
            .post(LOGIN)
            .bearer(&session.access_token)
            .header("content-type", media_type)
            .body(body.as_str())
            .send()
            .await;
        assert_eq!(answer.status, 200, "{media_type}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_header_over_8_kb_is_refused_everywhere() {
    let (platform, session) = start().await;
    let before = platform.dump().await;
    let long = "x".repeat(9 * 1024);
    for target in targets() {
        for name in ["x-anything", "cookie", "accept-language", "user-agent"] {
            let answer = platform
                .request(target.method.clone(), target.path)
                .bearer(&session.access_token)
                .header("origin", PUBLIC_URL)
                .header(name, &long)
                .json(&json!({ "email": "ann@example.com", "firstname": "Eve", "attributeKey": "k", "attributeText": "t" }))
                .send()
                .await;
            target.expect_refusal(&answer, 400, name);
        }
    }
    for path in [HEALTH, STATUS] {
        let answer = platform.get(path).header("x-anything", &long).send().await;
        assert_eq!(
            answer.whole(),
            "400\n{\"error\":\"a header is too long\"}",
            "{path}"
        );
    }
    expect_nothing_done(&platform, &before, "long headers").await;
}

#[tokio::test]
async fn hostile_paths_are_unknown() {
    let (platform, session) = start().await;
    let before = platform.dump().await;
    let long = format!("/user-service/v1/users/x/{}", "x".repeat(60_000));
    let deep = format!("/user-service{}", "/x".repeat(20_000));
    for path in [
        long.as_str(),
        &deep,
        "/user-service/v1/nothing/%",
        "/user-service/v1/nothing/%zz",
        "/user-service/v1/nothing/%ff",
        "/user-service/v1/users%2flogin",
    ] {
        if !is_read_alike(path) {
            continue;
        }
        for method in [Method::GET, Method::POST] {
            let answer = platform
                .request(method.clone(), path)
                .bearer(&session.access_token)
                .json(&json!({ "email": "ann@example.com", "password": PASSWORD }))
                .send()
                .await;
            let shown = &path[..path.len().min(80)];
            assert_eq!(
                answer.whole(),
                "404\n{\"error\":\"no such path\"}",
                "{method} {shown}"
            );
            assert_eq!(answer.header("x-evil"), None);
        }
    }
    expect_nothing_done(&platform, &before, "hostile paths").await;
}

#[tokio::test]
async fn a_path_that_two_readers_read_differently_is_refused() {
    let (platform, session) = start().await;
    let before = platform.dump().await;
    for path in [
        "/user-service/v1/users/%00",
        "/user-service/v1/users/login%00",
        "/user-service/v1/users/login%0d%0aX-Evil:1",
        "/user-service/v1/..%2f..%2fetc%2fpasswd",
        "/user-service/v1/../v1/users/login",
        "/user-service/v1/users/./login",
        "/user-service/v1/users/%2e/login",
        "/user-service/v1/users/%252e%252e/login",
        "/user-service/v1/users/login%3fx",
        "/user-service/v1/users/login%23x",
        "/user-service/v1/users%5clogin",
    ] {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            let answer = platform
                .request(method.clone(), path)
                .bearer(&session.access_token)
                .json(&json!({ "email": "ann@example.com", "password": PASSWORD }))
                .send()
                .await;
            assert_eq!(
                answer.whole(),
                "400\n{\"error\":\"the path or the query is not valid\"}",
                "{method} {path}"
            );
            assert_eq!(answer.header("x-evil"), None);
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        }
    }
    let page = platform.get("/reset-password/../activate").send().await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains("<h1>"), "{}", page.body);
    expect_nothing_done(&platform, &before, "ambiguous paths").await;
}

#[tokio::test]
async fn a_last_segment_that_is_no_operation_is_nobodys_id() {
    let (platform, session) = start().await;
    let before = platform.dump().await;
    let long = "x".repeat(60_000);
    for segment in [
        long.as_str(),
        "%",
        "%zz",
        "login;x=y",
        "-1",
        "0",
        "1.0",
        "99999999999999999999999",
    ] {
        let path = format!("/user-service/v1/users/{segment}");
        for (method, status) in [
            (Method::GET, 405),
            (Method::POST, 405),
            (Method::PATCH, 404),
            (Method::DELETE, 404),
        ] {
            let answer = platform
                .request(method.clone(), &path)
                .bearer(&session.access_token)
                .json(&json!({ "email": "ann@example.com", "password": PASSWORD }))
                .send()
                .await;
            let shown = &path[..path.len().min(80)];
            assert_eq!(answer.status, status, "{method} {shown}: {}", answer.body);
            assert!(answer.json()["error"].is_string(), "{method} {shown}");
            assert_eq!(answer.header("x-evil"), None);
        }
    }
    expect_nothing_done(&platform, &before, "hostile ids").await;
}

#[tokio::test]
async fn a_version_segment_that_is_no_text_does_no_harm() {
    let (platform, _) = start().await;
    for version in ["%ff", "%00", "%zz", "%", "%2e%2e", "%2f"] {
        let path = format!("/user-service/{version}/users/health");
        let answer = platform.get(&path).send().await;
        assert!(
            [200, 400, 404].contains(&answer.status),
            "{path}: {}",
            answer.whole()
        );
    }
}

#[tokio::test]
async fn a_query_that_can_be_read_in_two_ways_is_refused() {
    let (platform, session) = start().await;
    let before = platform.dump().await;
    for (method, path) in [
        (Method::GET, ACTIVATE),
        (Method::POST, ACTIVATE),
        (Method::DELETE, ATTRIBUTES),
        (Method::DELETE, "/user-service/v1/users/attribute"),
    ] {
        let field = if path == ACTIVATE {
            "code"
        } else {
            "attributeKey"
        };
        for query in [
            format!("{field}=a&{field}=a"),
            format!("{field}=a&{field}=b"),
            format!("{field}=%00"),
            format!("{field}=%ff"),
            format!("{field}=a&x=%c3"),
            format!("%ff={field}"),
            "x=1&x=2".to_owned(),
        ] {
            let answer = platform
                .request(method.clone(), &format!("{path}?{query}"))
                .bearer(&session.access_token)
                .send()
                .await;
            assert_eq!(
                answer.whole(),
                "400\n{\"error\":\"a field stands twice or is no text\"}",
                "{method} {path}?{query}"
            );
        }
    }
    expect_nothing_done(&platform, &before, "hostile queries").await;
}

#[tokio::test]
async fn a_query_with_a_stray_percent_sign_is_no_code() {
    let (platform, _) = start().await;
    let before = platform.dump().await;
    for query in ["code=%", "code=%z", "code=%zz", "code=100%"] {
        let answer = platform.get(&format!("{ACTIVATE}?{query}")).send().await;
        assert_eq!(
            answer.whole(),
            "400\n{\"error\":\"the code is not valid\"}",
            "{query}"
        );
    }
    for query in ["", "&&&", "=", "code", "code=", "?code=x"] {
        let answer = platform.get(&format!("{ACTIVATE}?{query}")).send().await;
        assert_eq!(answer.status, 400, "{query}: {}", answer.body);
    }
    expect_nothing_done(&platform, &before, "stray percent signs").await;
}

#[tokio::test]
async fn a_page_whose_link_cannot_be_read_is_shown_as_without_it() {
    let (platform, _) = start().await;
    // But for the tokens of forms, which differ every time.
    let shown = |page: &Answer| {
        let whole = page.whole();
        let lines = whole.lines().filter(|line| !line.contains("form_token"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let before = platform.dump().await;
    let no_code = platform.get("/activate").send().await;
    for query in ["code=a&code=b", "code=%ff", "code=%00"] {
        let answer = platform.get(&format!("/activate?{query}")).send().await;
        assert_eq!(shown(&answer), shown(&no_code), "{query}");
    }
    let no_link = platform.get("/reset-password").send().await;
    for query in ["uid=a&uid=b&t=c", "uid=%ff&t=c", "uid=x", "t=x"] {
        let answer = platform
            .get(&format!("/reset-password?{query}"))
            .send()
            .await;
        assert_eq!(shown(&answer), shown(&no_link), "{query}");
    }
    expect_nothing_done(&platform, &before, "unreadable links").await;
}

#[tokio::test]
async fn a_header_that_is_no_text_does_no_harm() {
    let (platform, session) = start().await;
    let opaque = "caf\u{e9}";
    for name in [
        "authorization",
        "language",
        "accept-language",
        "accept",
        "origin",
        "cookie",
    ] {
        let answer = platform.get(STATUS).header(name, opaque).send().await;
        assert_eq!(answer.status, 401, "{name}: {}", answer.body);
    }
    let answer = platform
        .get(STATUS)
        .bearer(&session.access_token)
        .header("language", opaque)
        .send()
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["user"]["language"], "en");
}
