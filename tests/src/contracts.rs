//! What the code promises of itself: documents, route tables, protection of every route.

use std::collections::BTreeSet;
use std::path::Path;

use axum::Router;
use data_encoding::BASE64URL_NOPAD;
use http::Method;
use serde_json::{Value, json};
use shared::http::Route;
use shared::runtime::Function;

use crate::harness::{PASSWORD, Platform, keys, signer_of};

/// What a dialect promises, as the tests here need it.
pub(crate) struct Dialect {
    pub(crate) name: &'static str,
    /// Its OpenAPI document, from the code.
    openapi: fn() -> String,
    routes: fn() -> Vec<Route>,
    functions: &'static [Function],
    /// The status without a token or with an expired one, and of a token that does not verify.
    no_token: u16,
    bad_token: u16,
    /// How many routes demand a token or a cookie, at least, and the statuses that each of them documents.
    protected: (usize, &'static [u16]),
    /// OPTIONS of any path, a path that does not exist, another method, which stands for METHOD.
    refusals: [&'static str; 3],
    /// Paths that do not exist, beside those with a slash at the end.
    unknown: &'static [&'static str],
}

pub(crate) const DIALECTS: [Dialect; 5] = [
    Dialect {
        name: "user-service",
        openapi: || {
            user_service::openapi()
                .to_pretty_json()
                .expect("a document")
        },
        routes: || user_service::routes().collect(),
        functions: &user_service::FUNCTIONS,
        no_token: 401,
        bad_token: 403,
        protected: (8, &[401, 403]),
        refusals: [
            "200\noptions allowed",
            "404\n{\"error\":\"no such path\"}",
            "405\n{\"error\":\"the method is not allowed\"}",
        ],
        unknown: &[
            "/user-service",
            "/user-service/",
            "/user-service/v1",
            "/user-service/v1/users/nothing/at/all",
            "/user-service/v1/users/login/now",
            "/user-service/v1/Users/login",
            "/user-service/v1/profile",
        ],
    },
    Dialect {
        name: "security",
        openapi: || security::openapi().to_pretty_json().expect("a document"),
        routes: || security::routes().collect(),
        functions: &security::FUNCTIONS,
        no_token: 403,
        bad_token: 403,
        protected: (8, &[403]),
        refusals: [
            "204\n",
            "404\n{\"ErrorCode\":404,\"ErrorDetails\":\"METHOD\",\"ErrorDescription\":\"404: no such path\"}",
            "405\n{\"ErrorCode\":405,\"ErrorDetails\":\"METHOD\",\"ErrorDescription\":\"1004: the method is not allowed\"}",
        ],
        unknown: &[
            "/security",
            "/security/",
            "/security/api",
            "/security/api/v1",
            "/security/api/v2/users",
            "/security/users",
            "/security/api/v1/Users",
            "/security/api/v1/user",
            "/security/api/v1/oauth2/token/now",
        ],
    },
    Dialect {
        name: "rbac",
        openapi: || rbac::openapi().to_pretty_json().expect("a document"),
        routes: || rbac::routes().collect(),
        functions: &rbac::FUNCTIONS,
        no_token: 401,
        bad_token: 401,
        protected: (8, &[401, 403]),
        refusals: ["204\n", "404\n\"Not Found\"", "405\n\"Method Not Allowed\""],
        unknown: &[
            "/rbac",
            "/rbac/",
            "/rbac/users/activate/1",
            "/rbac/auth",
            "/rbac/Roles",
            "/rbac/roles/grant/now",
            "/rbac/v1/users",
        ],
    },
    Dialect {
        name: "session",
        openapi: || session::openapi().to_pretty_json().expect("a document"),
        routes: || session::routes().collect(),
        functions: &session::FUNCTIONS,
        no_token: 401,
        bad_token: 401,
        protected: (1, &[401]),
        refusals: [
            "204\n",
            "404\n{\"code\":404,\"error\":\"no such path\"}",
            "405\n{\"code\":405,\"error\":\"the method is not allowed\"}",
        ],
        unknown: &[
            "/session",
            "/session/",
            "/session/v1/check",
            "/session/Check",
            "/session/login/now",
            "/session/user",
        ],
    },
    Dialect {
        name: "identify",
        openapi: || identify::openapi().to_pretty_json().expect("a document"),
        routes: || identify::routes().collect(),
        functions: &identify::FUNCTIONS,
        no_token: 401,
        bad_token: 401,
        protected: (4, &[401]),
        refusals: [
            "204\n",
            "404\n{\"result\":0,\"message\":\"no such path\",\"data\":{\"code\":\"not_found\"}}",
            "405\n{\"result\":0,\"message\":\"the method is not allowed\",\"data\":{\"code\":\"method_not_allowed\"}}",
        ],
        unknown: &[
            "/identify",
            "/identify/",
            "/identify/user",
            "/identify/v1",
            "/identify/v2/user",
            "/identify/v1/User",
            "/identify/v1/user/check/",
            "/identify/v1/user/check/standard",
            "/identify/v1/users",
        ],
    },
];

/// `UPDATE_OPENAPI=1 cargo test -p tests contracts` writes the files anew.
#[test]
#[expect(clippy::disallowed_methods, reason = "asks whether to write the files")]
fn the_committed_openapi_documents_are_those_of_the_code() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi");
    for dialect in DIALECTS {
        let file = folder.join(format!("{}.json", dialect.name));
        let document = (dialect.openapi)() + "\n";
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(&file, &document).expect("the file can be written");
        }
        let committed = std::fs::read_to_string(file).expect("the committed document");
        assert_eq!(committed, document, "{}", dialect.name);
    }
}

/// The operations of a dialect's OpenAPI document: method, path, and what is said of it.
pub(crate) fn documented(dialect: &Dialect) -> Vec<(Method, String, Value)> {
    let document: Value = serde_json::from_str(&(dialect.openapi)()).expect("JSON");
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
    let needs = operation["security"].as_array().map(Vec::as_slice);
    [[json!({ "bearer": [] })], [json!({ "cookie": [] })]]
        .iter()
        .any(|one| needs == Some(one))
}

/// A path of a template, with something for each parameter.
pub(crate) fn filled(template: &str) -> String {
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
    for dialect in DIALECTS {
        let routed = (dialect.routes)().into_iter();
        let mut routed: Vec<_> = routed
            .map(|(method, path)| format!("{method} {path}"))
            .collect();
        let mut documented: Vec<_> = documented(&dialect)
            .into_iter()
            .map(|(method, path, _)| format!("{method} {path}"))
            .collect();
        routed.sort();
        documented.sort();
        assert_eq!(routed, documented);
    }
}

#[test]
fn a_document_names_no_parameter_twice_and_describes_each_answer() {
    for dialect in DIALECTS {
        for (method, path, operation) in documented(&dialect) {
            let none = Vec::new();
            let parameters = operation["parameters"].as_array().unwrap_or(&none);
            let mut names: Vec<_> = parameters
                .iter()
                .map(|parameter| (parameter["in"].as_str(), parameter["name"].as_str()))
                .collect();
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{method} {path}: {names:?}");
            let responses = operation["responses"].as_object().expect("responses");
            for (status, response) in responses {
                assert!(
                    response["description"].is_string(),
                    "{method} {path}: {status} has no description"
                );
            }
        }
    }
}

#[test]
fn a_document_has_answers_in_json_but_for_pages_pictures_and_a_sign_of_life() {
    let mut others = Vec::new();
    for dialect in DIALECTS {
        for (method, path, operation) in documented(&dialect) {
            let responses = operation["responses"].as_object().expect("responses");
            let types = responses
                .values()
                .filter_map(|response| response["content"].as_object())
                .flat_map(|content| content.keys())
                .filter(|content_type| *content_type != "application/json");
            let types: BTreeSet<_> = types.cloned().collect();
            others.extend(types.iter().map(|one| format!("{method} {path} {one}")));
        }
    }
    others.sort();
    assert_eq!(
        others,
        [
            "GET /security/api/v1/actionLink text/html",
            "GET /security/api/v1/avatar/{id} image/jpeg",
            "GET /security/api/v1/avatar/{id} image/png",
            "GET /user-service/{v}/users/health text/plain",
            "POST /security/api/v1/actionLink text/html",
        ]
    );
}

#[tokio::test]
async fn a_path_that_others_could_read_differently_is_refused_as_documented() {
    let platform = Platform::start().await;
    let mut refused = 0;
    for dialect in DIALECTS {
        for (method, path, operation) in documented(&dialect) {
            let Some((start, rest)) = path.split_once('{') else {
                continue;
            };
            let (_, end) = rest.split_once('}').expect("a parameter");
            let sent = filled(&format!("{start}a%23b{end}"));
            let answer = platform.request(method.clone(), &sent).send().await;
            assert_eq!(answer.status, 400, "{method} {sent}: {}", answer.body);
            let sent_type = answer.headers["content-type"].to_str().expect("a type");
            let documented = &operation["responses"]["400"]["content"][sent_type];
            assert!(documented.is_object(), "{method} {path}: 400 {sent_type}");
            refused += 1;
        }
    }
    assert!(refused > 30, "{refused} paths with a value");
}

#[tokio::test]
async fn every_route_of_every_table_has_a_handler() {
    let platform = Platform::start().await;
    let dialects = DIALECTS.iter().flat_map(|dialect| (dialect.routes)());
    let others = platform::FUNCTIONS.into_iter();
    let others = others.flat_map(|function| function.routes.to_vec());
    for (method, path) in dialects.chain(others) {
        // A route of an administrator is told from a missing one only by his token: its handler asks for one.
        let answer = platform.request(method.clone(), &filled(path)).send().await;
        // What is no link is not found either, by a page.
        let shows_page = path.ends_with("/actionLink") && answer.body.contains("<h1>");
        assert!(
            ![404, 405, 500].contains(&answer.status) || shows_page,
            "{method} {path}: {}",
            answer.whole()
        );
    }
}

#[tokio::test]
async fn every_protected_route_refuses_what_is_no_live_access_token_of_its_dialect() {
    let platform = Platform::start().await;
    let old = platform.new_session("ann@example.com").await;
    let old_rbac = platform.rbac_token("ann@example.com").await;
    let old_security = platform.security_token("ann@example.com").await;
    platform.clock.advance_seconds(3605);
    let session = platform.signed_in("ann@example.com", PASSWORD).await;
    let service = &session.access_token;
    let rbac = &platform.rbac_token("ann@example.com").await;
    let security = &platform.security_token("ann@example.com").await;
    let before = platform.dump().await;
    for dialect in DIALECTS {
        let (old, own, foreign, other) = match dialect.name {
            "rbac" => (&old_rbac, rbac, [service, security], "security"),
            "security" => (&old_security, security, [service, rbac], "user-service"),
            _ => (&old.access_token, service, [rbac, security], "security"),
        };
        let forged = in_another_dialect(own, other).await;
        let (none, bad) = (dialect.no_token, dialect.bad_token);
        let tokens = [
            (None, none),
            (Some("Basic YW5uOnBhc3N3b3Jk".to_owned()), none),
            (Some("Bearer garbage".to_owned()), bad),
            (Some(format!("Bearer {old}")), none),
            (Some(format!("Bearer {}", session.refresh_token)), bad),
            (Some(format!("Bearer {}", foreign[0])), bad),
            (Some(format!("Bearer {}", foreign[1])), bad),
            (Some(format!("Bearer {forged}")), bad),
        ];
        let checked = expect_refusals(&platform, &dialect, &tokens).await;
        let (least, _) = dialect.protected;
        assert!(checked >= least, "{checked} protected routes");
    }
    assert_eq!(platform.dump().await, before);
}

/// Sends each of these to each protected route; how many of those there are.
async fn expect_refusals(
    platform: &Platform,
    dialect: &Dialect,
    tokens: &[(Option<String>, u16)],
) -> usize {
    let mut checked = 0;
    for (method, path, operation) in documented(dialect) {
        let (asked, body) = if is_protected(&operation) {
            enveloped(dialect, &method)
        } else {
            ("", json!({}))
        };
        let send = |authorization: Option<String>| {
            let request = platform.request(method.clone(), &(filled(&path) + asked));
            let request = match authorization {
                Some(value) => request.header("authorization", &value),
                None => request,
            };
            request.json(&body).send()
        };
        let what = format!("{method} {path}");
        if !is_protected(&operation) {
            let answer = send(None).await;
            let is_refusal =
                ![200, 204, 400, 404].contains(&answer.status) && answer.body != "false";
            assert!(!is_refusal, "{what} is open, but {}", answer.whole());
            continue;
        }
        checked += 1;
        for status in dialect.protected.1 {
            let documents = &operation["responses"][status.to_string()];
            assert!(documents.is_object(), "{what} does not document {status}");
        }
        for (token, expected) in tokens {
            platform.connector.forget();
            let answer = send(token.clone()).await;
            assert_eq!(
                answer.status, *expected,
                "{what} with {token:?}: {}",
                answer.body
            );
            let text = answer.json();
            let said = [
                &text,
                &text["error"],
                &text["ErrorDescription"],
                &text["message"],
            ];
            let text = said.into_iter().find(|text| text.is_string());
            let text = text.unwrap_or(&Value::Null);
            assert!(text.is_string(), "{what} with {token:?}");
            let calls = platform.connector.calls();
            assert_eq!(calls, reads_of(dialect), "{what} with {token:?}");
        }
    }
    checked
}

/// What is asked of a protected route, where it is refused before its token is looked at unless something is: query and body.
pub(crate) fn enveloped(dialect: &Dialect, method: &Method) -> (&'static str, Value) {
    const QUERY: &str =
        "?projectId=a69a31e9-f2e6-4d5f-b080-6138c6a721b7&strategy=email&provider=awsCognito";
    let body = json!({
        "projectId": "a69a31e9-f2e6-4d5f-b080-6138c6a721b7",
        "strategy": "email",
        "provider": "awsCognito",
    });
    match dialect.name {
        "identify" if method == Method::GET => (QUERY, json!({})),
        "identify" => ("", body),
        _ => ("", json!({})),
    }
}

/// What is read before a token is looked at.
pub(crate) fn reads_of(dialect: &Dialect) -> &'static [&'static str] {
    match dialect.name {
        "identify" => &["GetItem projects"],
        _ => &[],
    }
}

/// The same claims for another dialect, under the platform's own key.
async fn in_another_dialect(token: &str, dialect: &str) -> String {
    let mut segments = token.split('.');
    let (header, claims) = (segments.next(), segments.next());
    let claims = claims.expect("claims").as_bytes();
    let claims = BASE64URL_NOPAD.decode(claims).expect("base64url");
    let mut claims: Value = serde_json::from_slice(&claims).expect("JSON");
    claims["dialect"] = json!(dialect);
    let message = format!(
        "{}.{}",
        header.expect("a header"),
        BASE64URL_NOPAD.encode(claims.to_string().as_bytes())
    );
    let header: Value = header_of(token);
    let kid = header["kid"].as_str().expect("a key");
    let signer = signer_of(&keys());
    let signature = signer.sign(kid, message.as_bytes()).await;
    let signature = BASE64URL_NOPAD.encode(&signature.expect("a signature"));
    format!("{message}.{signature}")
}

fn header_of(token: &str) -> Value {
    let header = token.split('.').next().expect("a header");
    let header = BASE64URL_NOPAD.decode(header.as_bytes());
    serde_json::from_slice(&header.expect("base64url")).expect("JSON")
}

/// A name is a file below `tests/src`, or below `shared` its own sources, and a test in it; a star stands for all of a file.
#[test]
fn every_test_that_the_security_page_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(root.join("SECURITY.md")).expect("the page");
    let spans = page.split('`').skip(1).step_by(2);
    let names: Vec<_> = spans.filter(|span| span.contains("::")).collect();
    assert!(names.len() > 200, "{} names", names.len());
    for name in names.into_iter().filter(|name| *name != "shared::") {
        let (module, test) = name.rsplit_once("::").expect("a path");
        let source = source_of(&root, module);
        let source = source.unwrap_or_else(|| panic!("{name}: no such file"));
        assert!(has_test(&source, test), "{name}: no such test");
    }
}

/// The source of a module of the tests, or of the core.
pub(crate) fn source_of(root: &Path, module: &str) -> Option<String> {
    let path = module.replace("::", "/");
    let base = match path.strip_prefix("shared/") {
        Some(rest) => root.join("shared/src").join(rest),
        None => root.join("tests/src").join(path),
    };
    let files = [base.with_extension("rs"), base.join("mod.rs")];
    files
        .iter()
        .find_map(|file| std::fs::read_to_string(file).ok())
}

fn has_test(source: &str, test: &str) -> bool {
    let is_marked = |above: &str| above.contains("#[test]") || above.contains("#[tokio::test");
    if test == "*" {
        return is_marked(source);
    }
    let start = format!("fn {test}(");
    let mut parts = source.split(&start);
    let above = parts.next().and_then(|above| above.rsplit("\n\n").next());
    parts.next().is_some() && above.is_some_and(is_marked)
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
async fn each_function_of_a_dialect_knows_its_whole_route_table() {
    let platform = Platform::start().await;
    for dialect in DIALECTS {
        let (foundation, secrets) = (&platform.local.foundation, &platform.local.secrets);
        let build = |function: &Function| (function.build)(foundation, secrets).expect("a router");
        let functions: Vec<_> = dialect.functions.iter().map(build).collect();
        compare(&platform.router, &functions, &dialect).await;
    }
}

/// Each function of a dialect alone against all of them together, at every path with every method.
async fn compare(all: &Router, functions: &[Router], dialect: &Dialect) {
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
    let routes = (dialect.routes)();
    let mut paths: Vec<_> = routes.iter().map(|(_, path)| filled(path)).collect();
    paths.sort();
    paths.dedup();
    let mut unknown: Vec<_> = paths.iter().map(|path| format!("{path}/")).collect();
    unknown.extend(dialect.unknown.iter().map(ToString::to_string));
    let served = |method: &Method, path: &str| {
        let reads = if *method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let mut routes = routes.iter();
        routes.any(|(served, template)| served == reads && filled(template) == path)
    };
    for path in paths.iter().chain(&unknown) {
        for method in &methods {
            let whole = seen(all, method, path).await;
            let mut owners = 0;
            for function in functions {
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
            let [options, not_found, not_allowed] = dialect.refusals;
            let expected = match *method {
                Method::OPTIONS => options,
                _ if unknown.contains(path) => not_found,
                _ => not_allowed,
            };
            if *method != Method::HEAD {
                let expected = expected.replace("METHOD", method.as_str());
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
