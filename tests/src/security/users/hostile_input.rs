//! Input that no client of good will sends.

use http::Method;
use serde_json::json;

use super::{ANN, NOBODY, somebody, start};
use crate::security::request;

const LEAKS: [&str; 6] = [
    "serde",
    "line 1",
    "panicked",
    "src/",
    "gatehouse-",
    "argon2",
];

#[tokio::test]
async fn bodies_that_are_none_are_refused_and_nothing_is_stored() {
    let (platform, root) = start().await;
    let (ann, _) = somebody(&platform, &root, ANN, "csr").await;
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(1000), "]".repeat(1000));
    let large = json!({ "description": "d".repeat(70_000) }).to_string();
    let before = platform.dump().await;
    for (method, rest) in [
        (Method::POST, "user/0".to_owned()),
        (Method::PUT, format!("user/{ann}")),
    ] {
        for (media_type, body, status) in [
            ("application/json", "", 400),
            ("application/json", "{", 400),
            ("application/json", "[]", 400),
            ("application/json", "{\"name\":\"a\",\"name\":\"b\"}", 400),
            ("application/json", "{\"name\":\"a\\u0000\"}", 400),
            ("application/json", deep.as_str(), 400),
            ("application/json", large.as_str(), 400),
            ("text/plain", "{}", 415),
            ("application/x-www-form-urlencoded", "name=a", 415),
        ] {
            let request = request(&platform, &root, method.clone(), &rest);
            let request = request.header("content-type", media_type).body(body);
            let answer = request.send().await;
            let what = format!("{method} {media_type} {}", &body[..body.len().min(40)]);
            assert_eq!(answer.status, status, "{what}: {}", answer.whole());
            let refusal = answer.json();
            assert_eq!(refusal["ErrorCode"], status, "{what}");
            assert_eq!(refusal["ErrorDetails"], method.as_str(), "{what}");
            for leak in LEAKS {
                assert!(!answer.body.contains(leak), "{what}: {}", answer.body);
            }
        }
    }
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn ids_and_queries_that_are_none_are_refused() {
    let (platform, root) = start().await;
    let before = platform.dump().await;
    for rest in [
        "user/%00",
        "user/..%2f..",
        "user/%F0%9F%92%A3",
        "user/user%23",
        "user/'%20OR%201=1",
        "user/a%2Fb",
        "users?offset=-1",
        "users?offset=10001",
        "users?offset=99999999999999999999999",
        "users?limit=0",
        "users?limit=ten",
        "users?offset=1&offset=2",
        "users?cursor=nowhere",
        "users?cursor=99999999999999999999-1",
        "users?filter=%FF",
        "users?filter=%00",
        "users?idOnly=maybe",
    ] {
        let answer = request(&platform, &root, Method::GET, rest).send().await;
        assert!(
            (400..=404).contains(&answer.status),
            "{rest}: {}",
            answer.whole()
        );
        assert_eq!(answer.json()["ErrorDetails"], "GET", "{rest}");
    }
    let many = vec![NOBODY; 101].join(",");
    let rest = format!("users?select={many}");
    let answer = request(&platform, &root, Method::GET, &rest).send().await;
    assert_eq!(answer.status, 400, "{}", answer.whole());
    assert_eq!(platform.dump().await, before);
}
