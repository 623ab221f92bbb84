//! Events of API Gateway's HTTP APIs as requests, and answers as the gateway takes them (payload version 2.0).
//!
//! The gateway has decoded the path already: some events have more than one reading, and one reader could take them for another
//! path than the next. It leaves in the path what it chose the API by.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use data_encoding::BASE64;
use http::header::{CONTENT_LENGTH, COOKIE, HOST, HeaderName, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::lambda::ServeError;
use crate::http::{Client, REFUSED, RequestId, is_ambiguous};

/// What a path's characters are sent as (WHATWG URL, "path percent-encode set").
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// What of an event makes the request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(borrow)]
    raw_path: Cow<'a, str>,
    #[serde(borrow)]
    raw_query_string: Option<Cow<'a, str>>,
    cookies: Option<Vec<String>>,
    headers: Option<Headers>,
    #[serde(borrow)]
    body: Option<Cow<'a, str>>,
    #[serde(default)]
    is_base64_encoded: bool,
    #[serde(borrow)]
    request_context: Context<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    #[serde(borrow)]
    http: Asked<'a>,
    request_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    source_ip: Option<Cow<'a, str>>,
}

/// The request that an event is, under the path that is left without that of `bases` which it is under; the longest stands
/// first. Client address and request id are the gateway's, never from a header.
///
/// A request whose path or query has two readings is marked, for the dialect to refuse.
///
/// # Errors
/// The event is none of an HTTP API.
pub(super) fn request(event: &str, bases: &[String]) -> Result<Request, ServeError> {
    let event: Event<'_> = serde_json::from_str(event)?;
    let body = match event.body {
        None => Body::empty(),
        Some(body) if event.is_base64_encoded => BASE64.decode(body.as_bytes())?.into(),
        Some(body) => body.into_owned().into(),
    };
    let mut request = Request::new(body);
    *request.method_mut() = Method::from_bytes(event.request_context.http.method.as_bytes())?;
    let mut headers = event.headers.unwrap_or_default().0;
    if let Some(cookies) = event.cookies.and_then(cookie_header) {
        headers.insert(COOKIE, cookies);
    }
    let query = event.raw_query_string.unwrap_or_default();
    match uri(below(&event.raw_path, bases), &query) {
        Some(uri) => *request.uri_mut() = uri,
        None => drop(headers.insert(REFUSED, HeaderValue::from_static("path"))),
    }
    *request.headers_mut() = headers;
    let extensions = request.extensions_mut();
    let Context { http, request_id } = event.request_context;
    let address = http.source_ip.and_then(|it| it.parse::<IpAddr>().ok());
    extensions.insert(address.map_or(Client(None), Client::at));
    if let Some(id) = request_id {
        extensions.insert(RequestId(id));
    }
    Ok(request)
}

/// Path and query as they were sent; nothing if they have two readings.
fn uri(path: &str, query: &str) -> Option<Uri> {
    if is_ambiguous(path) {
        return None;
    }
    let path = utf8_percent_encode(path, PATH);
    let uri = match query {
        "" => path.to_string(),
        query => format!("{path}?{query}"),
    };
    Uri::try_from(uri).ok()
}

/// The path under the first base that it is under; else as it is: the gateway's own host has none.
fn below<'a>(path: &'a str, bases: &[String]) -> &'a str {
    let rest = bases.iter().find_map(|base| {
        let rest = path.strip_prefix(base.as_str())?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    });
    match rest {
        Some("") => "/",
        Some(rest) => rest,
        None => path,
    }
}

/// All cookies in one header. One that no header can hold would take all others with it.
fn cookie_header(mut cookies: Vec<String>) -> Option<HeaderValue> {
    cookies.retain(|cookie| HeaderValue::from_str(cookie).is_ok());
    HeaderValue::try_from(cookies.join("; ")).ok()
}

/// The headers of an event, but for one that HTTP cannot hold, and for what the event says of the host: links come from
/// configuration.
#[derive(Default)]
struct Headers(HeaderMap);

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Headers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("headers by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut sent: A) -> Result<Headers, A::Error> {
                let mut headers = HeaderMap::with_capacity(16);
                while let Some((name, value)) = sent.next_entry::<Text<'_>, Text<'_>>()? {
                    if let Ok(name) = HeaderName::from_bytes(name.0.as_bytes())
                        && let Ok(value) = HeaderValue::from_bytes(value.0.as_bytes())
                        && name != HOST
                    {
                        headers.try_append(name, value).map_err(A::Error::custom)?;
                    }
                }
                Ok(Headers(headers))
            }
        }
        from.deserialize_map(Names)
    }
}

/// A text that is copied only where its JSON has escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// An answer as the gateway takes it.
pub(super) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    /// The answer to a request by this method. HEAD has no body.
    ///
    /// # Errors
    /// The body did not come whole.
    pub(super) async fn to(method: &Method, response: Response) -> Result<Self, ServeError> {
        let (parts, body) = response.into_parts();
        let body = match *method {
            Method::HEAD => Bytes::new(),
            _ => to_bytes(body, usize::MAX).await?,
        };
        Ok(Self {
            status: parts.status,
            headers: parts.headers,
            body,
        })
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let text = str::from_utf8(&self.body);
        let body = text.map_or_else(|_| BASE64.encode(&self.body).into(), Cow::Borrowed);
        let cookies = self.headers.get_all(SET_COOKIE).iter().map(value);
        let mut answer = to.serialize_struct("Answer", 5)?;
        answer.serialize_field("statusCode", &self.status.as_u16())?;
        answer.serialize_field("headers", &Joined(&self.headers))?;
        answer.serialize_field("cookies", &cookies.collect::<Vec<_>>())?;
        answer.serialize_field("body", &body)?;
        answer.serialize_field("isBase64Encoded", &text.is_err())?;
        answer.end()
    }
}

/// Headers by name, repeated ones as one, without cookies, which an answer has beside them, and the length, which the gateway tells.
struct Joined<'a>(&'a HeaderMap);

impl Serialize for Joined<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let names = self.0.keys();
        let names = names.filter(|name| ![SET_COOKIE, CONTENT_LENGTH].contains(name));
        to.collect_map(names.map(|name| {
            let mut values = self.0.get_all(name).iter().map(value);
            let first = values.next().unwrap_or_default();
            let all = values.fold(first, |all, next| format!("{all}, {next}").into());
            (name.as_str(), all)
        }))
    }
}

fn value(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::path::Path;

    use axum::Json;
    use axum::body::{Body, to_bytes};
    use axum::response::{IntoResponse as _, Response};
    use http::header::{COOKIE, HeaderName};
    use http::{HeaderValue, Method, StatusCode};
    use lambda_http::request::LambdaRequest;
    use lambda_http::{Adapter, LambdaEvent, Service as _};
    use percent_encoding::percent_decode_str;
    use proptest::collection::vec;
    use proptest::prelude::{any, prop_assert_eq, proptest};
    use serde_json::{Value, json};

    use super::{Answer, below, request, uri};
    use crate::http::{Client, REFUSED, RequestId};

    fn event(changes: Value) -> Value {
        let mut event = json!({
            "version": "2.0",
            "rawPath": "/",
            "rawQueryString": "",
            "requestContext": {
                "http": { "method": "GET", "sourceIp": "203.0.113.7" },
                "requestId": "JKJaXmPLvHcESHA=",
            },
        });
        let Value::Object(changes) = changes else {
            panic!("no members");
        };
        event.as_object_mut().expect("an object").extend(changes);
        event
    }

    fn asked(changes: Value) -> axum::extract::Request {
        request(&event(changes).to_string(), &[]).expect("an event of an HTTP API")
    }

    #[test]
    fn a_path_with_two_readings_is_refused() {
        for path in [
            "",
            "users",
            "/a?b",
            "/a#b",
            "/a\\b",
            "/a\u{0}",
            "/a\nb",
            "/a/./b",
            "/a/../b",
            "/..",
            "/a/%2e%2E/b",
            "/.%2e",
        ] {
            let asked = asked(json!({ "rawPath": path }));
            assert!(asked.headers().contains_key(REFUSED), "{path:?}");
            assert_eq!(asked.uri(), "/", "{path:?}");
        }
    }

    #[test]
    fn a_path_is_sent_on_as_a_url_has_it() {
        for (path, sent) in [
            ("/", "/"),
            ("/a/b", "/a/b"),
            ("/a b", "/a%20b"),
            ("/ä", "/%C3%A4"),
            ("/a/...", "/a/..."),
            ("/a%20b", "/a%20b"),
            ("/\"<a>`{b}^", "/%22%3Ca%3E%60%7Bb%7D%5E"),
            ("/a|b[c]:@&=+$,;'!*()~", "/a|b[c]:@&=+$,;'!*()~"),
        ] {
            let asked = asked(json!({ "rawPath": path, "rawQueryString": "a=b&a=%20" }));
            assert_eq!(
                asked.uri(),
                format!("{sent}?a=b&a=%20").as_str(),
                "{path:?}"
            );
            assert!(!asked.headers().contains_key(REFUSED), "{path:?}");
        }
    }

    #[test]
    fn a_query_that_no_uri_can_hold_is_refused() {
        for query in ["a=b c", "a=\u{7f}", "a=\u{0}"] {
            assert_eq!(uri("/", query), None, "{query:?}");
        }
        for query in ["", "a=b&a=c", "a=%20", "code=x-_~"] {
            assert!(uri("/", query).is_some(), "{query:?}");
        }
    }

    #[test]
    fn what_the_domain_chose_the_api_by_is_not_the_path() {
        for (path, under) in [
            ("/id/v1/users", "/users"),
            ("/id/v1/", "/"),
            ("/id/v1", "/"),
            ("/id/v1/id/v1/a", "/id/v1/a"),
            ("/id/v12/users", "/id/v12/users"),
            ("/id/users", "/id/users"),
            ("/users", "/users"),
            ("/app/users", "/users"),
            ("/app/id/v1", "/id/v1"),
        ] {
            let bases = ["/id/v1".to_owned(), "/app".to_owned()];
            assert_eq!(below(path, &bases), under, "{path}");
        }
    }

    #[test]
    fn a_path_is_judged_under_its_base() {
        let event = event(json!({ "rawPath": "/id/../users" })).to_string();
        let asked = request(&event, &["/id".to_owned()]).expect("an event");
        assert!(asked.headers().contains_key(REFUSED));
    }

    #[test]
    fn what_no_header_can_hold_hides_no_other() {
        let asked = asked(json!({
            "cookies": ["a=\u{7}", "sid=a", "b=c"],
            "headers": {
                "X-One": "a\u{7}",
                "no name": "a",
                "X-Two": "ä",
                "host": "elsewhere.example.com",
                "X-Escaped": "\"",
            },
        }));
        let headers = asked.headers();
        assert_eq!(headers.len(), 3);
        assert_eq!(headers[COOKIE], "sid=a; b=c");
        assert_eq!(headers["x-two"].as_bytes(), "ä".as_bytes());
        assert_eq!(headers["x-escaped"], "\"");
    }

    #[tokio::test]
    async fn a_body_comes_as_it_was_sent() {
        for (changes, body) in [
            (json!({}), b"".as_slice()),
            (
                json!({ "body": null, "cookies": null, "headers": null }),
                b"",
            ),
            (json!({ "body": "a \"b\" \u{e4}" }), "a \"b\" ä".as_bytes()),
            (
                json!({ "body": "/wA=", "isBase64Encoded": true }),
                b"\xff\0",
            ),
        ] {
            let came = to_bytes(asked(changes).into_body(), 100).await;
            assert_eq!(came.expect("a whole body"), body);
        }
    }

    proptest! {
        #[test]
        fn whatever_a_client_sends_is_a_request(
            path in any::<String>(),
            query in any::<String>(),
            name in any::<String>(),
            value in any::<String>(),
            cookies in vec(any::<String>(), 0..4),
            body in any::<String>(),
        ) {
            let path = format!("/{path}");
            let asked = asked(json!({
                "rawPath": path,
                "rawQueryString": query,
                "headers": { name: value },
                "cookies": cookies,
                "body": body,
            }));
            if !asked.headers().contains_key(REFUSED) {
                let sent = percent_decode_str(asked.uri().path()).collect::<Vec<_>>();
                prop_assert_eq!(sent, percent_decode_str(&path).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn who_asks_is_told_by_the_gateway_alone() {
        let asked = asked(json!({ "headers": { "x-forwarded-for": "198.51.100.1" } }));
        let Client(client) = asked.extensions().get().expect("a client");
        assert_eq!(
            *client,
            Client::at("203.0.113.7".parse().expect("an address")).0
        );
        let RequestId(id) = asked.extensions().get().expect("an id");
        assert_eq!(id, "JKJaXmPLvHcESHA=");
    }

    #[test]
    fn an_event_of_anything_else_is_an_error() {
        for none in [
            json!({}),
            json!([]),
            json!("text"),
            Value::Null,
            json!({ "version": "1.0", "path": "/", "httpMethod": "GET", "requestContext": {} }),
            event(json!({ "requestContext": { "http": { "method": "G T" } } })),
            event(json!({ "body": "no base64", "isBase64Encoded": true })),
            event(json!({ "headers": [] })),
        ] {
            assert!(request(&none.to_string(), &[]).is_err(), "{none}");
        }
    }

    #[tokio::test]
    async fn an_answer_has_its_cookies_apart_and_its_bytes_in_base64() {
        let mut response = Response::new("a \"b\" ä".into());
        *response.status_mut() = StatusCode::CREATED;
        for (name, value) in [
            ("set-cookie", "sid=a; Secure"),
            ("vary", "origin"),
            ("set-cookie", "b=c"),
            ("vary", "accept"),
            ("content-length", "8"),
        ] {
            let name = HeaderName::from_static(name);
            let value = HeaderValue::from_static(value);
            response.headers_mut().append(name, value);
        }
        let answer = Answer::to(&Method::GET, response).await;
        assert_eq!(
            json!(answer.expect("a whole body")),
            json!({
                "statusCode": 201,
                "headers": { "vary": "origin, accept" },
                "cookies": ["sid=a; Secure", "b=c"],
                "body": "a \"b\" ä",
                "isBase64Encoded": false,
            })
        );
        let bytes = Response::new(b"\xff\0".as_slice().into());
        let answer = Answer::to(&Method::GET, bytes).await;
        let answer = json!(answer.expect("a whole body"));
        assert_eq!(
            (&answer["body"], &answer["isBase64Encoded"]),
            (&json!("/wA="), &json!(true))
        );
    }
    /// All events that are sent to functions that serve HTTP, but for those that `lambda_http` does not get through.
    fn sent() -> Vec<String> {
        let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
        let mut sent = Vec::new();
        for function in std::fs::read_dir(functions).expect("a folder") {
            let events = std::fs::read_dir(function.expect("an entry").path());
            for event in events.expect("a folder") {
                let path = event.expect("an entry").path();
                let text = std::fs::read_to_string(path).expect("a text");
                let event: Value = serde_json::from_str(&text).expect("JSON");
                let member = |name| event[name].as_str().unwrap_or_default();
                let is_hostile = uri(member("rawPath"), member("rawQueryString")).is_none();
                if event["version"] == "2.0" && !is_hostile {
                    sent.push(text);
                }
            }
        }
        sent
    }

    #[tokio::test]
    async fn an_event_is_the_request_that_lambda_http_makes_of_it() {
        let sent = sent();
        assert!(sent.len() > 100);
        for text in sent {
            let theirs: LambdaRequest = serde_json::from_str(&text).expect("an event");
            let mut theirs = http::Request::<lambda_http::Body>::from(theirs);
            theirs.headers_mut().remove("host");
            let ours = request(&text, &[]).expect("an event");
            assert_eq!(ours.method(), theirs.method(), "{text}");
            assert_eq!(ours.headers(), theirs.headers(), "{text}");
            assert_eq!(ours.uri().path_and_query(), theirs.uri().path_and_query());
            let body = to_bytes(ours.into_body(), usize::MAX).await;
            assert_eq!(body.expect("a whole body"), theirs.body().as_ref());
        }
    }

    #[tokio::test]
    async fn an_answer_is_what_lambda_http_makes_of_it() {
        let answers: [fn() -> Response; 4] = [
            || StatusCode::NO_CONTENT.into_response(),
            || Json(json!({ "a": "ä\u{7}" })).into_response(),
            || {
                let mut image = Response::new(Body::from(b"\x89PNG\xff".as_slice()));
                let kind = HeaderValue::from_static("image/png");
                image.headers_mut().insert("content-type", kind);
                image
            },
            || {
                let mut text = Response::new(Body::from("text"));
                let cookie = HeaderValue::from_static("sid=a; Secure");
                text.headers_mut().append("set-cookie", cookie.clone());
                text.headers_mut().append("set-cookie", cookie);
                text
            },
        ];
        for answer in answers {
            let mut theirs = Adapter::from(tower::service_fn(move |_| async move {
                Ok::<_, Infallible>(answer())
            }));
            let event = serde_json::from_value(event(json!({}))).expect("an event");
            let event = LambdaEvent::new(event, lambda_http::Context::default());
            let theirs = theirs.call(event).await.expect("an answer");
            let mut theirs = json!(theirs);
            let members = theirs.as_object_mut().expect("an object");
            members.remove("multiValueHeaders");
            members.entry("body").or_insert(json!(""));
            let ours = Answer::to(&Method::GET, answer()).await;
            assert_eq!(json!(ours.expect("a whole body")), theirs);
        }
    }
}
