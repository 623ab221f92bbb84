//! What the code promises of itself: documents, route tables, protection of every route.

use std::path::Path;

use axum::Router;
use data_encoding::BASE64URL_NOPAD;
use http::Method;
use serde_json::{Value, json};
use shared::keys::Algorithm;

use crate::harness::{PASSWORD, Platform, keys, kid_of, signer_of};

/// `UPDATE_OPENAPI=1 cargo test -p tests` writes the file anew.
#[test]
#[expect(clippy::disallowed_methods, reason = "asks whether to write the file")]
fn the_committed_openapi_document_is_that_of_the_code() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi/user-service.json");
    let document = user_service::openapi()
        .to_pretty_json()
        .expect("a document")
        + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&file, &document).expect("the file can be written");
    }
    assert_eq!(
        std::fs::read_to_string(file).expect("the committed document"),
        document
    );
}

/// The operations of the OpenAPI document: method, path, and whether it demands a token.
fn documented() -> Vec<(Method, String, Value)> {
    let document = json!(user_service::openapi());
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let method = method.to_uppercase().parse().expect("a method");
            operations.push((method, path.clone(), operation.clone()));
        }
    }
    operations
}

fn is_protected(operation: &Value) -> bool {
    operation["security"]
        .as_array()
        .is_some_and(|needs| needs.contains(&json!({ "bearer": [] })))
}

/// A path of a template, with something for each parameter.
fn filled(template: &str) -> String {
    let filled: Vec<_> = template
        .split('/')
        .map(|segment| match segment {
            "{v}" => "v1",
            "{document}" => "user-service.json",
            parameter if parameter.starts_with('{') => "1048577",
            literal => literal,
        })
        .collect();
    filled.join("/")
}

#[test]
fn the_route_table_is_that_of_the_openapi_document() {
    let mut routed: Vec<_> = user_service::routes()
        .map(|(method, path)| format!("{method} {path}"))
        .collect();
    let mut documented: Vec<_> = documented()
        .into_iter()
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    routed.sort();
    documented.sort();
    assert_eq!(routed, documented);
}

#[tokio::test]
async fn every_route_of_every_table_has_a_handler() {
    let platform = Platform::start().await;
    let routes = user_service::routes().chain(
        platform::FUNCTIONS
            .into_iter()
            .flat_map(|function| function.routes.to_vec()),
    );
    for (method, path) in routes {
        // A route of an administrator is told from a missing one only by his token: its handler asks for one.
        let answer = platform.request(method.clone(), &filled(path)).send().await;
        assert!(
            ![404, 405, 500].contains(&answer.status),
            "{method} {path}: {}",
            answer.whole()
        );
    }
}

#[tokio::test]
async fn every_protected_route_refuses_what_is_no_live_access_token_of_its_dialect() {
    let platform = Platform::start().await;
    let old = platform.new_session("ann@example.com").await;
    platform.clock.advance_seconds(3605);
    let session = platform.signed_in("ann@example.com", PASSWORD).await;
    let foreign = in_another_dialect(&session.access_token).await;
    let before = platform.dump().await;
    let mut checked = 0;
    for (method, path, operation) in documented() {
        let send = |authorization: Option<String>| {
            let request = platform.request(method.clone(), &filled(&path));
            let request = match authorization {
                Some(value) => request.header("authorization", &value),
                None => request,
            };
            request.json(&json!({})).send()
        };
        let what = format!("{method} {path}");
        if !is_protected(&operation) {
            let status = send(None).await.status;
            assert!(
                ![401, 403].contains(&status),
                "{what} is open, but {status}"
            );
            continue;
        }
        checked += 1;
        for status in ["401", "403"] {
            let documents = &operation["responses"][status];
            assert!(documents.is_object(), "{what} does not document {status}");
        }
        for (token, expected) in [
            (None, 401),
            (Some("Basic YW5uOnBhc3N3b3Jk".to_owned()), 401),
            (Some("Bearer garbage".to_owned()), 403),
            (Some(format!("Bearer {}", old.access_token)), 401),
            (Some(format!("Bearer {}", session.refresh_token)), 403),
            (Some(format!("Bearer {foreign}")), 403),
        ] {
            platform.connector.forget();
            let answer = send(token.clone()).await;
            assert_eq!(
                answer.status, expected,
                "{what} with {token:?}: {}",
                answer.body
            );
            assert!(answer.json()["error"].is_string(), "{what} with {token:?}");
            assert_eq!(platform.connector.calls(), [""; 0], "{what} with {token:?}");
        }
    }
    assert!(checked >= 8, "{checked} protected routes");
    assert_eq!(platform.dump().await, before);
}

/// The same claims for another dialect, under the platform's own key.
async fn in_another_dialect(token: &str) -> String {
    let mut segments = token.split('.');
    let (header, claims) = (segments.next(), segments.next());
    let claims = claims.expect("claims").as_bytes();
    let claims = BASE64URL_NOPAD.decode(claims).expect("base64url");
    let mut claims: Value = serde_json::from_slice(&claims).expect("JSON");
    claims["dialect"] = json!("security");
    let message = format!(
        "{}.{}",
        header.expect("a header"),
        BASE64URL_NOPAD.encode(claims.to_string().as_bytes())
    );
    let kid = kid_of(&keys(), Algorithm::of(user_service::DIALECT));
    let signer = signer_of(&keys());
    let signature = signer.sign(&kid, message.as_bytes()).await;
    let signature = BASE64URL_NOPAD.encode(&signature.expect("a signature"));
    format!("{message}.{signature}")
}

/// What a caller sees, without the request's own id.
async fn seen(router: &Router, method: &Method, path: &str) -> (String, http::HeaderMap) {
    let request = Platform::request_to(router, method.clone(), path);
    let mut answer = request.send().await;
    for name in ["x-request-id", "content-length"] {
        answer.headers.remove(name);
    }
    if *method == Method::OPTIONS {
        // axum adds it where the function has the path itself.
        answer.headers.remove("allow");
    }
    if *method == Method::HEAD {
        // The outermost router drops it.
        answer.body.clear();
    }
    (answer.whole(), answer.headers)
}

#[tokio::test]
async fn each_function_of_the_dialect_knows_the_whole_route_table() {
    let platform = Platform::start().await;
    let (foundation, secrets) = (&platform.local.foundation, &platform.local.secrets);
    let all = platform.router.clone();
    let functions = user_service::FUNCTIONS
        .map(|function| (function.build)(foundation, secrets).expect("a router"));
    let methods = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
        Method::CONNECT,
    ];
    let mut paths: Vec<_> = user_service::routes()
        .map(|(_, path)| filled(path))
        .collect();
    paths.sort();
    paths.dedup();
    let mut unknown: Vec<_> = paths.iter().map(|path| format!("{path}/")).collect();
    for path in [
        "/user-service",
        "/user-service/",
        "/user-service/v1",
        "/user-service/v1/users/nothing/at/all",
        "/user-service/v1/users/login/now",
        "/user-service/v1/Users/login",
        "/user-service/v1/profile",
    ] {
        unknown.push(path.to_owned());
    }
    let served = |method: &Method, path: &str| {
        let mut routes = user_service::routes();
        let reads = if *method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        routes.any(|(served, template)| served == reads && filled(template) == path)
    };
    for path in paths.iter().chain(&unknown) {
        for method in &methods {
            let whole = seen(&all, method, path).await;
            let mut owners = 0;
            for function in &functions {
                let own = seen(function, method, path).await;
                if served(method, path) {
                    // An operation of another function is as good as missing: the gateway never sends it here. Where a path of
                    // its own has a parameter, axum knows the path with other methods.
                    let missing = ["404\n", "405\n"]
                        .iter()
                        .any(|status| own.0.starts_with(status));
                    assert!(
                        own == whole || missing,
                        "{method} {path}: {own:?}, not {whole:?}"
                    );
                    owners += usize::from(own == whole);
                } else {
                    assert_eq!(own, whole, "{method} {path}");
                }
            }
            if served(method, path) {
                assert!(owners > 0, "{method} {path} belongs to no function");
                continue;
            }
            let expected = match *method {
                Method::OPTIONS => "200\noptions allowed",
                _ if unknown.contains(path) => "404\n{\"error\":\"no such path\"}",
                _ => "405\n{\"error\":\"the method is not allowed\"}",
            };
            if *method != Method::HEAD {
                assert_eq!(whole.0, expected, "{method} {path}");
            }
            assert_eq!(
                whole.1.contains_key("allow"),
                whole.0.starts_with("405"),
                "{method} {path}"
            );
        }
    }
}
