//! The Lambda functions as themselves: each binary as a process of its own, against a Runtime API and a DynamoDB endpoint.

use serde_json::{Value, json};

use crate::events::{answered, event};
use crate::harness::{PASSWORD, Platform, code_in};

/// A sample event with another body.
fn with_body(name: &str, body: &Value) -> Value {
    let mut event = event("user-service-auth", name);
    event["body"] = json!(body.to_string());
    event
}

/// A sample event with this token.
fn with_token(function: &str, name: &str, token: &str) -> Value {
    let mut event = event(function, name);
    event["headers"]["authorization"] = json!(format!("Bearer {token}"));
    event
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_function_of_the_user_service_answers_its_events() {
    let platform = Platform::with_running_clock(&[]).await;
    let cloud = platform.cloud().await;
    let auth = cloud.function("user-service-auth");
    let credentials = json!({ "email": "ann@example.com", "password": PASSWORD });
    assert_eq!(
        answered(&auth, with_body("register", &credentials)).await.0,
        200
    );
    let mails = platform.deliver().await;
    let code = json!({ "code": code_in(&mails[0].text) });
    assert_eq!(answered(&auth, with_body("activate", &code)).await.0, 200);
    let login = with_body("login", &credentials);
    let (status, body) = answered(&auth, login).await;
    assert_eq!(status, 200, "{body}");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    let token = body["accessToken"].as_str().expect("a token");

    let profile = cloud.function("user-service-profile");
    let status_event = with_token("user-service-profile", "status", token);
    let (status, body) = answered(&profile, status_event).await;
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("ann@example.com"));

    let attributes = cloud.function("user-service-attributes");
    let list = with_token("user-service-attributes", "list", token);
    assert_eq!(answered(&attributes, list).await, (200, "{}".to_owned()));

    let admin = cloud.function("user-service-admin");
    let list = with_token("user-service-admin", "list", token);
    let not_found = json!({ "error": "no such path" }).to_string();
    assert_eq!(answered(&admin, list).await, (404, not_found));

    for (path, query) in [
        ("/user-service/v1/../users", ""),
        ("/a?b", ""),
        ("/", "a=b c"),
        ("no-slash", ""),
    ] {
        let mut hostile = event("user-service-admin", "list");
        hostile["headers"]["host"] = json!("not a host");
        hostile["rawPath"] = json!(path);
        hostile["requestContext"]["http"]["path"] = json!(path);
        hostile["rawQueryString"] = json!(query);
        let refusal = json!({ "error": "the path or the query is not valid" }).to_string();
        assert_eq!(
            answered(&admin, hostile).await,
            (400, refusal),
            "{path} {query}"
        );
    }

    let pages = cloud.function("platform-pages");
    let page = event("platform-pages", "reset-password");
    let (status, body) = answered(&pages, page).await;
    assert_eq!(status, 200);
    assert!(body.contains("<h1>"));

    let keys = cloud.function("platform-keys");
    let jwks = event("platform-keys", "jwks");
    let (status, body) = answered(&keys, jwks).await;
    assert_eq!(status, 200);
    assert!(body.contains("\"kty\":\"RSA\""));
}
