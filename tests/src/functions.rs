//! The Lambda functions as themselves: each binary as a process of its own, against a Runtime API and a DynamoDB endpoint.

use serde_json::{Value, json};

use crate::harness::{Function, PASSWORD, Platform, code_in};

/// Sends an event and waits for its answer: status and body.
pub(crate) async fn invoke(function: &Function, event: Value) -> (u64, String) {
    let answer = function.invoke(event).await;
    let status = answer["statusCode"].as_u64().expect("a status");
    let body = answer["body"].as_str().unwrap_or_default();
    (status, body.to_owned())
}

/// An event of an HTTP API, payload version 2.0.
pub(crate) fn event(method: &str, path: &str, headers: &Value, body: Option<&Value>) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": "api.execute-api.eu-central-1.amazonaws.com",
            "domainPrefix": "api",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "test",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1_767_225_600_000_u64,
        },
        "body": body.map(Value::to_string),
        "isBase64Encoded": false,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_function_of_the_user_service_answers_its_events() {
    let platform = Platform::with_running_clock(&[]).await;
    let cloud = platform.cloud().await;
    let auth = cloud.function("user-service-auth");
    let json_headers = json!({ "content-type": "application/json" });
    let credentials = json!({ "email": "ann@example.com", "password": PASSWORD });
    let register = event(
        "POST",
        "/user-service/v1/users/register",
        &json_headers,
        Some(&credentials),
    );
    assert_eq!(invoke(&auth, register).await.0, 200);
    let mails = platform.deliver().await;
    let code = json!({ "code": code_in(&mails[0].text) });
    let activate = event(
        "POST",
        "/user-service/v1/users/activate",
        &json_headers,
        Some(&code),
    );
    assert_eq!(invoke(&auth, activate).await.0, 200);
    let login = event(
        "POST",
        "/user-service/v1/users/login",
        &json_headers,
        Some(&credentials),
    );
    let (status, body) = invoke(&auth, login).await;
    assert_eq!(status, 200, "{body}");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    let token = body["accessToken"].as_str().expect("a token");
    let bearer = json!({ "authorization": format!("Bearer {token}") });

    let profile = cloud.function("user-service-profile");
    let status_event = event("GET", "/user-service/v1/users/status", &bearer, None);
    let (status, body) = invoke(&profile, status_event).await;
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("ann@example.com"));

    let attributes = cloud.function("user-service-attributes");
    let list = event("GET", "/user-service/v1/users/attributes", &bearer, None);
    assert_eq!(invoke(&attributes, list).await, (200, "{}".to_owned()));

    let admin = cloud.function("user-service-admin");
    let list = event("GET", "/user-service/v1/users", &bearer, None);
    let not_found = json!({ "error": "no such path" }).to_string();
    assert_eq!(invoke(&admin, list).await, (404, not_found));

    for (path, query) in [
        ("/user-service/v1/../users", ""),
        ("/a?b", ""),
        ("/", "a=b c"),
        ("no-slash", ""),
    ] {
        let mut hostile = event("GET", path, &json!({ "host": "not a host" }), None);
        hostile["rawQueryString"] = json!(query);
        let refusal = json!({ "error": "the path or the query is not valid" }).to_string();
        assert_eq!(
            invoke(&admin, hostile).await,
            (400, refusal),
            "{path} {query}"
        );
    }

    let pages = cloud.function("platform-pages");
    let page = event("GET", "/reset-password", &json!({}), None);
    let (status, body) = invoke(&pages, page).await;
    assert_eq!(status, 200);
    assert!(body.contains("<h1>"));

    let keys = cloud.function("platform-keys");
    let jwks = event("GET", "/.well-known/jwks.json", &json!({}), None);
    let (status, body) = invoke(&keys, jwks).await;
    assert_eq!(status, 200);
    assert!(body.contains("\"kty\":\"RSA\""));
}
