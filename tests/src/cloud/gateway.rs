//! Which function a request reaches, and as what event.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Received, Routes, event, response};
use crate::template::Template;

const TEMPLATE: &str = "
Resources:
  Pets:
    Type: AWS::Serverless::Function
    Metadata: { BuildProperties: { Binary: pets } }
    Properties:
      Events:
        Dog: { Type: HttpApi, Properties: { Method: get, Path: '/pets/dog/1' } }
        Any: { Type: HttpApi, Properties: { Method: ANY, Path: '/pets/dog/{id}' } }
        Get: { Type: HttpApi, Properties: { Method: GET, Path: '/pets/dog/{id}' } }
        Cat: { Type: HttpApi, Properties: { Method: POST, Path: '/pets/{kind}/cat' } }
        Tick: { Type: Schedule, Properties: { Schedule: rate(1 day) } }
  Rest:
    Type: AWS::Serverless::Function
    Metadata: { BuildProperties: { Binary: rest } }
    Properties:
      Events:
        Greedy: { Type: HttpApi, Properties: { Method: GET, Path: '/pets/{proxy+}' } }
        Deep: { Type: HttpApi, Properties: { Path: '/pets/dog/{proxy+}' } }
        Default: { Type: HttpApi }
";

fn routes() -> Routes {
    Routes::of(&Template::parse(TEMPLATE))
}

#[test]
fn the_route_that_says_most_is_taken() {
    let routes = routes();
    for (method, path, binary, key, parameters) in [
        ("GET", "/pets/dog/1", "pets", "GET /pets/dog/1", json!({})),
        (
            "GET",
            "/pets/dog/2",
            "pets",
            "GET /pets/dog/{id}",
            json!({ "id": "2" }),
        ),
        (
            "POST",
            "/pets/dog/1",
            "pets",
            "ANY /pets/dog/{id}",
            json!({ "id": "1" }),
        ),
        (
            "POST",
            "/pets/dog/cat",
            "pets",
            "ANY /pets/dog/{id}",
            json!({ "id": "cat" }),
        ),
        (
            "POST",
            "/pets/cow/cat",
            "pets",
            "POST /pets/{kind}/cat",
            json!({ "kind": "cow" }),
        ),
        (
            "GET",
            "/pets/cow/cat",
            "rest",
            "GET /pets/{proxy+}",
            json!({ "proxy": "cow/cat" }),
        ),
        (
            "PUT",
            "/pets/dog/1/2",
            "rest",
            "ANY /pets/dog/{proxy+}",
            json!({ "proxy": "1/2" }),
        ),
        ("PUT", "/pets/cow", "rest", "$default", json!({})),
        ("GET", "/pets", "rest", "$default", json!({})),
        (
            "GET",
            "/pets/",
            "rest",
            "GET /pets/{proxy+}",
            json!({ "proxy": "" }),
        ),
        ("GET", "/", "rest", "$default", json!({})),
    ] {
        let found = routes.find(method, path).expect("a route");
        assert_eq!(found.binary, binary, "{method} {path}");
        assert_eq!(found.route_key(), key, "{method} {path}");
        assert_eq!(json!(found.parameters), parameters, "{method} {path}");
    }
}

#[test]
fn without_a_default_route_there_may_be_none() {
    let template = TEMPLATE.replace("Default: { Type: HttpApi }", "");
    let routes = Routes::of(&Template::parse(&template));
    assert!(routes.find("PUT", "/pets/cow").is_none());
}

fn event_of(request: http::request::Builder, body: &[u8]) -> Value {
    let (parts, ()) = request.body(()).expect("a request").into_parts();
    let received = Received {
        parts: &parts,
        body,
        source: "192.0.2.1".to_owned(),
        id: "JKJaXmPLvHcESHA=".to_owned(),
        time_ms: 1_767_225_600_000,
    };
    let routes = routes();
    let matched = routes.find(parts.method.as_str(), parts.uri.path());
    event(&received, &matched.expect("a route"))
}

#[test]
fn an_event_is_of_version_2() {
    let request = http::Request::builder()
        .method(Method::POST)
        .uri("/pets/c%20w/cat?a=1&b=x%20y&a=2")
        .header("X-Two", "one")
        .header("X-Two", "two")
        .header("cookie", "a=1; b=2")
        .header("cookie", "c=3")
        .header("x-forwarded-for", "203.0.113.9")
        .header("user-agent", "test")
        .header("content-type", "application/json; charset=utf-8");
    assert_eq!(
        event_of(request, b"{}"),
        json!({
            "version": "2.0",
            "routeKey": "POST /pets/{kind}/cat",
            "rawPath": "/pets/c w/cat",
            "rawQueryString": "a=1&b=x%20y&a=2",
            "cookies": ["a=1", "b=2", "c=3"],
            "headers": {
                "content-length": "2",
                "content-type": "application/json; charset=utf-8",
                "host": "api.execute-api.eu-central-1.amazonaws.com",
                "user-agent": "test",
                "x-forwarded-for": "203.0.113.9, 192.0.2.1",
                "x-forwarded-port": "443",
                "x-forwarded-proto": "https",
                "x-two": "one,two",
            },
            "queryStringParameters": { "a": "1,2", "b": "x y" },
            "pathParameters": { "kind": "c%20w" },
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "api",
                "domainName": "api.execute-api.eu-central-1.amazonaws.com",
                "domainPrefix": "api",
                "http": {
                    "method": "POST",
                    "path": "/pets/c w/cat",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1",
                    "userAgent": "test",
                },
                "requestId": "JKJaXmPLvHcESHA=",
                "routeKey": "POST /pets/{kind}/cat",
                "stage": "$default",
                "time": "01/Jan/2026:00:00:00 +0000",
                "timeEpoch": 1_767_225_600_000_i64,
            },
            "body": "{}",
            "isBase64Encoded": false,
        })
    );
}

#[test]
fn a_body_of_no_text_type_goes_as_base64() {
    for (kind, body, expected, is_base64) in [
        (Some("text/plain"), "hä".as_bytes(), json!("hä"), false),
        (Some("APPLICATION/JSON"), b"{}", json!("{}"), false),
        (Some("text/plain"), b"\xff", json!("/w=="), true),
        (
            Some("application/x-www-form-urlencoded"),
            b"a=b",
            json!("YT1i"),
            true,
        ),
        (Some("image/png"), b"\x89P", json!("iVA="), true),
        (None, b"a=b", json!("YT1i"), true),
        (None, b"", Value::Null, false),
    ] {
        let request = http::Request::builder().uri("/");
        let request = match kind {
            Some(kind) => request.header("content-type", kind),
            None => request,
        };
        let event = event_of(request, body);
        assert_eq!(event["body"], expected, "{kind:?}");
        assert_eq!(event["isBase64Encoded"], is_base64, "{kind:?}");
    }
}

#[tokio::test]
async fn an_answer_is_of_version_2() {
    let answer = response(&json!({
        "statusCode": 201,
        "headers": { "x-one": "1", "content-length": "999", "vary": "origin, accept" },
        "multiValueHeaders": { "x-many": ["1", "2"] },
        "cookies": ["a=1; Secure", "b=2"],
        "body": "iVA=",
        "isBase64Encoded": true,
    }));
    let (parts, body) = answer.into_parts();
    assert_eq!(parts.status, 201);
    let headers: Vec<_> = parts
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().expect("a text")))
        .collect();
    let expected = [
        "x-one: 1",
        "vary: origin, accept",
        "set-cookie: a=1; Secure",
        "set-cookie: b=2",
    ];
    assert_eq!(
        headers
            .iter()
            .collect::<std::collections::BTreeSet<_>>()
            .len(),
        expected.len()
    );
    for header in expected {
        assert!(
            headers.contains(&header.to_owned()),
            "{header} in {headers:?}"
        );
    }
    let body = axum::body::to_bytes(body, 99).await.expect("a body");
    assert_eq!(&body[..], b"\x89P");
}
