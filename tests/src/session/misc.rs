//! What all routes have in common: unknown paths, wrong methods, headers, outages.

use http::Method;
use serde_json::json;

use super::{ANN, CHECK, LOGIN, LOGOUT, POSTS, check, post, refusal, registered, signing_in};
use crate::harness::{Fault, PASSWORD, Platform};
use crate::user_service::expect_nothing_done;

#[tokio::test]
async fn a_path_that_does_not_exist_is_404_and_a_wrong_method_405() {
    let platform = Platform::start().await;
    let before = platform.dump().await;
    for (method, path, status) in [
        (Method::GET, "/session", 404),
        (Method::GET, "/session/", 404),
        (Method::POST, "/session/login/", 404),
        (Method::GET, "/session/login/", 404),
        (Method::POST, "/session/Login", 404),
        (Method::GET, "/session/user", 404),
        (Method::GET, LOGIN, 405),
        (Method::PUT, LOGIN, 405),
        (Method::DELETE, LOGOUT, 405),
        (Method::POST, CHECK, 405),
    ] {
        let answer = platform.request(method.clone(), path).send().await;
        let error = match status {
            404 => "no such path",
            _ => "the method is not allowed",
        };
        assert_eq!(answer.whole(), refusal(status, error), "{method} {path}");
        let allow = match (status, path) {
            (405, CHECK) => Some("GET"),
            (405, _) => Some("POST"),
            _ => None,
        };
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
    }
    expect_nothing_done(&platform, &before, "wrong paths").await;
}

#[tokio::test]
async fn every_answer_has_the_common_headers() {
    let platform = Platform::start().await;
    let held = registered(&platform, ANN).await;
    let posts = POSTS.map(|path| post(&platform, path, &json!({})));
    let reads = [check(&platform, &held), platform.get("/session/nothing")];
    for request in reads.into_iter().chain(posts) {
        let answer = request.send().await;
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
async fn an_outage_is_503_and_opens_nothing() {
    let platform = Platform::start().await;
    let held = registered(&platform, ANN).await;
    platform.deliver().await;
    let before = platform.dump().await;
    for request in [
        check(&platform, &held),
        signing_in(&platform, ANN, PASSWORD),
        platform
            .post(LOGOUT)
            .header("cookie", &format!("sid={held}")),
    ] {
        platform
            .connector
            .inject("", Fault::AccessDenied, usize::MAX);
        let answer = request.send().await;
        platform.connector.heal();
        assert_eq!(answer.whole(), refusal(503, "temporarily unavailable"));
        assert_eq!(answer.header("retry-after"), Some("5"));
        assert_eq!(answer.header("set-cookie"), None);
    }
    assert_eq!(platform.dump().await, before);
}
