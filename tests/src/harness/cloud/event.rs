//! Requests as events of an HTTP API and answers back, payload version 2.0, as the guide to API Gateway describes them.

use axum::body::Body;
use axum::response::Response;
use data_encoding::BASE64;
use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HeaderName, TRANSFER_ENCODING,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::routes::Matched;

/// Where the gateway is reached.
const HOST: &str = "api.execute-api.eu-central-1.amazonaws.com";

/// A request as it reaches the gateway.
pub(crate) struct Received<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) body: &'a [u8],
    /// The client's address.
    pub(crate) source: String,
    pub(crate) id: String,
    pub(crate) time_ms: i64,
}

/// The event of a request that takes this route.
pub(crate) fn event(request: &Received<'_>, matched: &Matched<'_>) -> Value {
    let Parts {
        method,
        uri,
        headers,
        ..
    } = request.parts;
    // What the gateway hands on is decoded already.
    let path = percent_decode_str(uri.path()).decode_utf8_lossy();
    let query = uri.query().unwrap_or_default();
    let mut event = json!({
        "version": "2.0",
        "routeKey": matched.route_key(),
        "rawPath": path,
        "rawQueryString": query,
        "headers": joined_headers(request),
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": HOST,
            "domainPrefix": "api",
            "http": {
                "method": method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.source,
                "userAgent": header_text(headers, "user-agent"),
            },
            "requestId": request.id,
            "routeKey": matched.route_key(),
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": request.time_ms,
        },
        "isBase64Encoded": false,
    });
    let cookies = cookies(headers);
    for (name, value) in [
        ("cookies", json!(cookies)),
        ("queryStringParameters", json!(query_parameters(query))),
        ("pathParameters", json!(matched.parameters)),
    ] {
        let is_empty = value.as_array().is_some_and(Vec::is_empty)
            || value.as_object().is_some_and(Map::is_empty);
        if !is_empty {
            event[name] = value;
        }
    }
    put_body(&mut event, headers, request.body);
    event
}

/// The answer that a function's answer stands for. `multiValueHeaders` are none of version 2.0, so they are not looked at.
pub(crate) fn response(answer: &Value) -> Response {
    let status = answer["statusCode"].as_u64().expect("a status");
    let status = u16::try_from(status).ok();
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    let body = answer["body"].as_str().unwrap_or_default();
    let body = if answer["isBase64Encoded"] == true {
        BASE64.decode(body.as_bytes()).expect("base64")
    } else {
        body.as_bytes().to_vec()
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status.expect("an HTTP status");
    let headers = response.headers_mut();
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        let name: HeaderName = name.parse().expect("a header's name");
        // The gateway frames answers itself.
        if ![CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING].contains(&name) {
            headers.insert(name, header_value(value));
        }
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten() {
        headers.append("set-cookie", header_value(cookie));
    }
    response
}

fn header_value(value: &Value) -> HeaderValue {
    let text = value.as_str().expect("a text");
    HeaderValue::from_bytes(text.as_bytes()).expect("a header's value")
}

/// Names in lower case, as `http` holds them; repeated headers joined by commas; cookies have a place of their own.
fn joined_headers(request: &Received<'_>) -> Map<String, Value> {
    let headers = &request.parts.headers;
    let mut joined = Map::new();
    for name in headers.keys().filter(|name| *name != COOKIE) {
        joined.insert(name.to_string(), json!(header_text(headers, name.as_str())));
    }
    let forwarded = joined.get("x-forwarded-for").and_then(Value::as_str);
    let forwarded = forwarded.map_or_else(
        || request.source.clone(),
        |sent| format!("{sent}, {}", request.source),
    );
    for (name, value) in [
        ("host", HOST),
        ("x-forwarded-for", &forwarded),
        ("x-forwarded-port", "443"),
        ("x-forwarded-proto", "https"),
    ] {
        joined.insert(name.to_owned(), json!(value));
    }
    if !request.body.is_empty() {
        let length = request.body.len().to_string();
        joined.insert("content-length".to_owned(), json!(length));
    }
    joined
}

fn header_text(headers: &HeaderMap, name: &str) -> String {
    let values = headers.get_all(name).iter();
    let texts: Vec<_> = values
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    texts.join(",")
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let sent = headers.get_all(COOKIE).iter();
    let sent = sent.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let sent = sent.collect::<Vec<_>>().join(";");
    sent.split(';')
        .map(|cookie| cookie.trim().to_owned())
        .filter(|cookie| !cookie.is_empty())
        .collect()
}

fn query_parameters(query: &str) -> Map<String, Value> {
    let mut parameters: Map<String, Value> = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let joined = match parameters.get(name.as_ref()).and_then(Value::as_str) {
            Some(earlier) => format!("{earlier},{value}"),
            None => value.into_owned(),
        };
        parameters.insert(name.into_owned(), json!(joined));
    }
    parameters
}

fn put_body(event: &mut Value, headers: &HeaderMap, body: &[u8]) {
    if body.is_empty() {
        return;
    }
    let kind = header_text(headers, CONTENT_TYPE.as_str());
    match std::str::from_utf8(body) {
        Ok(text) if is_text(&kind) => event["body"] = json!(text),
        _ => {
            event["body"] = json!(BASE64.encode(body));
            event["isBase64Encoded"] = json!(true);
        }
    }
}

/// The types whose bodies the gateway hands on as they are. A form is not among them.
fn is_text(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    kind.starts_with("text/")
        || [
            "application/json",
            "application/javascript",
            "application/xml",
        ]
        .contains(&&*kind)
}
