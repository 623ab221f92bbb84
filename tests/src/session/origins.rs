//! Whose pages may change something (CSRF), and who may read the answers (CORS).

use http::Method;
use serde_json::{Value, json};

use super::{
    ANN, CHECK, CONFIRM, LOGIN, LOGOUT, POSTS, REGISTER, RESET, check, confirmation, post, refusal,
    registered, reset_link, status_of,
};
use crate::harness::{Answer, PASSWORD, PUBLIC_URL, Platform, Request};
use crate::user_service::expect_nothing_done;

const APP: &str = "https://app.example.com";
const EVIL: &str = "https://evil.example";

/// Everything at once that a route could want, so that nothing else refuses it.
async fn everything(platform: &Platform) -> (String, Value) {
    let held = registered(platform, ANN).await;
    platform.deliver().await;
    let (id, token) = reset_link(platform, ANN).await;
    let body = json!({
        "login": ANN, "password": "violet tractor sings at dawn", "id": id, "token": token,
    });
    (held, body)
}

fn told(request: Request, origin: Option<&str>, site: Option<&str>) -> Request {
    [("origin", origin), ("sec-fetch-site", site)]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .fold(request, |request, (name, value)| {
            request.header(name, value)
        })
}

#[tokio::test]
async fn no_foreign_page_changes_anything() {
    let platform = Platform::with(&[("ALLOWED_ORIGINS", APP), ("LIMITS", "off")]).await;
    let (held, body) = everything(&platform).await;
    let before = platform.dump().await;
    for path in POSTS {
        for (origin, site) in [
            (Some(EVIL), None),
            (Some(EVIL), Some("cross-site")),
            (Some(EVIL), Some("same-origin")),
            (Some("null"), None),
            (Some("null"), Some("same-origin")),
            (Some(""), None),
            (Some("https://app.example.com.evil.example"), None),
            (Some("https://APP.example.com"), None),
            (Some("http://app.example.com"), None),
            (Some("https://app.example.com:8443"), None),
            (Some("http://127.0.0.1:3001"), None),
            (Some("http://localhost:3000"), None),
            (None, Some("cross-site")),
            (None, Some("same-site")),
            (None, Some("anything else")),
        ] {
            platform.connector.forget();
            let request = post(&platform, path, &body).header("cookie", &format!("sid={held}"));
            let answer = told(request, origin, site).send().await;
            assert_eq!(
                answer.whole(),
                refusal(403, "the origin is not allowed"),
                "{path} {origin:?} {site:?}"
            );
            assert_eq!(answer.header("set-cookie"), None, "{path}");
            assert_eq!(platform.connector.calls(), [""; 0], "{path}");
        }
    }
    expect_nothing_done(&platform, &before, "foreign pages").await;
    assert_eq!(status_of(&platform, &held).await, 200);
}

#[tokio::test]
async fn our_own_and_listed_pages_and_what_is_no_browser_may_call() {
    for (origin, site) in [
        (None, None),
        (None, Some("same-origin")),
        (None, Some("none")),
        (Some(PUBLIC_URL), None),
        (Some(PUBLIC_URL), Some("same-origin")),
        (Some(APP), None),
        (Some(APP), Some("cross-site")),
        (Some(APP), Some("same-site")),
    ] {
        let platform = Platform::with(&[("ALLOWED_ORIGINS", APP)]).await;
        let what = format!("{origin:?} {site:?}");
        let (id, token) = confirmation(&platform, ANN).await;
        let confirm = post(&platform, CONFIRM, &json!({ "id": id, "token": token }));
        assert_eq!(
            told(confirm, origin, site).send().await.status,
            204,
            "{what}"
        );
        let body = json!({ "login": ANN, "password": PASSWORD });
        let login = told(post(&platform, LOGIN, &body), origin, site)
            .send()
            .await;
        assert_eq!(login.status, 200, "{what}: {}", login.whole());
        let body = json!({ "login": "ben@example.com", "password": PASSWORD });
        let register = told(post(&platform, REGISTER, &body), origin, site);
        assert_eq!(register.send().await.status, 200, "{what}");
        let reset = told(post(&platform, RESET, &json!({})), origin, site);
        assert_eq!(reset.send().await.status, 400, "{what}");
        let logout = told(platform.post(LOGOUT), origin, site);
        assert_eq!(logout.send().await.status, 204, "{what}");
    }
}

#[tokio::test]
async fn a_body_of_any_other_type_is_malformed() {
    let platform = Platform::with(&[("LIMITS", "off")]).await;
    let (held, body) = everything(&platform).await;
    let before = platform.dump().await;
    for path in POSTS {
        for kind in [
            None,
            Some(""),
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
            Some("multipart/form-data; boundary=x"),
            Some("text/json"),
            Some("application/jsonp"),
            Some("text/plain; application/json"),
        ] {
            platform.connector.forget();
            let request = platform.post(path).header("cookie", &format!("sid={held}"));
            let request = match kind {
                Some(kind) => request.header("content-type", kind),
                None => request,
            };
            let answer = request.body(body.to_string()).send().await;
            assert_eq!(
                answer.whole(),
                refusal(400, "the content type is not supported"),
                "{path} {kind:?}"
            );
            assert_eq!(platform.connector.calls(), [""; 0], "{path} {kind:?}");
        }
    }
    expect_nothing_done(&platform, &before, "other types").await;
}

/// What browsers are told of an answer.
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
async fn a_listed_page_may_ask_first_and_send_the_cookie() {
    let platform = Platform::with(&[("ALLOWED_ORIGINS", APP)]).await;
    for (path, method) in [(LOGIN, "POST"), (CHECK, "GET")] {
        let preflight = platform
            .request(Method::OPTIONS, path)
            .header("origin", APP)
            .header("access-control-request-method", method)
            .header("access-control-request-headers", "content-type");
        let answer = preflight.send().await;
        assert_eq!(answer.whole(), "204\n");
        assert_eq!(
            cors(&answer),
            [
                "access-control-allow-credentials: true".to_owned(),
                "access-control-allow-headers: Authorization, Content-Type, Language".to_owned(),
                format!("access-control-allow-methods: {method}"),
                format!("access-control-allow-origin: {APP}"),
                "access-control-max-age: 600".to_owned(),
                "vary: Origin".to_owned(),
            ]
        );
    }
}

#[tokio::test]
async fn answers_and_refusals_are_readable_for_a_listed_page_alone() {
    let platform = Platform::with(&[("ALLOWED_ORIGINS", APP)]).await;
    let held = registered(&platform, ANN).await;
    let readable = [
        "access-control-allow-credentials: true",
        "access-control-allow-origin: https://app.example.com",
        "access-control-expose-headers: Link, Retry-After, X-Request-Id, X-Scanned",
        "vary: Origin",
    ];
    for (request, status) in [
        (check(&platform, &held), 200),
        (platform.get(CHECK), 401),
        (platform.get("/session/nothing"), 404),
        (post(&platform, LOGIN, &json!({})), 400),
    ] {
        let answer = request.header("origin", APP).send().await;
        assert_eq!(answer.status, status);
        assert_eq!(cors(&answer), readable, "{status}");
    }
    for origin in [EVIL, "null", PUBLIC_URL] {
        let answer = check(&platform, &held)
            .header("origin", origin)
            .send()
            .await;
        assert_eq!(answer.status, 200, "reading is the browser's to refuse");
        assert_eq!(cors(&answer), ["vary: Origin"], "{origin}");
    }
}
