//! A request that takes too long is given up, in the words of whoever was asked.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::stream;
use http::{Method, Request};
use http_body_util::BodyExt as _;
use shared::dynamodb::Dynamodb;
use tokio::time::Instant;
use tower::ServiceExt as _;

use crate::harness::{PUBLIC_URL, Platform};

/// A request whose body never ends.
fn hanging(method: Method, path: &str) -> Request<Body> {
    let endless = stream::pending::<Result<Bytes, Infallible>>();
    Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .header("origin", PUBLIC_URL)
        .body(Body::from_stream(endless))
        .expect("a request")
}

#[tokio::test(start_paused = true)]
async fn a_request_that_hangs_is_given_up_after_25_seconds() {
    let platform = Platform::start().await;
    let before = platform.dump().await;
    let router = platform.local.router().expect("the routers build");
    for (method, path, status, expected) in [
        (
            Method::POST,
            "/user-service/v1/users/login",
            503,
            "{\"error\":\"the request took too long\"}",
        ),
        (
            Method::POST,
            "/security/api/v1/oauth2",
            503,
            "{\"ErrorCode\":503,\"ErrorDetails\":\"POST\",\"ErrorDescription\":\"503: the request took too long\"}",
        ),
        (
            Method::POST,
            "/rbac/auth/authenticate",
            503,
            "\"Service Unavailable\"",
        ),
        (
            Method::POST,
            "/session/login",
            408,
            "{\"code\":408,\"error\":\"the request took too long\"}",
        ),
        (Method::POST, "/activate", 503, "<h1>"),
    ] {
        let begun = Instant::now();
        let answer = router.clone().oneshot(hanging(method, path)).await;
        let (parts, body) = answer.expect("routers do not fail").into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        let body = String::from_utf8_lossy(&body);
        assert_eq!(begun.elapsed().as_secs(), 25, "{path}");
        assert_eq!(parts.status, status, "{path}");
        assert_eq!(parts.headers["retry-after"], "5", "{path}");
        assert_eq!(parts.headers["cache-control"], "no-store", "{path}");
        let is_page = expected == "<h1>" && body.contains(expected);
        assert!(is_page || body == expected, "{path}: {body}");
    }
    assert_eq!(platform.dump().await, before);
}

/// Each call to the database gives up long before, so that a caller learns what is out of service.
#[test]
fn the_database_is_given_up_before_the_request() {
    assert!(Dynamodb::SERVICE.longest_call * 4 < Duration::from_secs(25));
}
