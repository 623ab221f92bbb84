//! What the code promises of itself: documents, route tables, layers.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use data_encoding::BASE64URL_NOPAD;
use futures::future::BoxFuture;
use http::Method;
use local::Local;
use serde_json::{Value, json};
use shared::keys::Signer as _;
use shared::mail::{Mail, MailSender, SendError};
use tracing_subscriber::EnvFilter;

use crate::harness::{
    Fault, PASSWORD, PUBLIC_URL, Platform, code_in, keys, password_in, reset_link_in,
};

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
        .into_iter()
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
    let routes = user_service::routes()
        .into_iter()
        .chain(platform::page_routes())
        .chain(platform::key_routes());
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
    let kid = keys().key_set().expect("a key set").keys[0].kid.clone();
    let signer = keys().signer().expect("a signer");
    let signature = signer.sign(&kid, message.as_bytes()).await;
    let signature = BASE64URL_NOPAD.encode(&signature.expect("a signature"));
    format!("{message}.{signature}")
}

/// What a caller sees, without the request's own id.
async fn seen(router: &Router, method: &Method, path: &str) -> (String, http::HeaderMap) {
    let request = Platform::request_to(router, method.clone(), path);
    let mut answer = request.send().await;
    answer.headers.remove("x-request-id");
    if *method == Method::OPTIONS {
        // axum adds it where the function has the path itself.
        answer.headers.remove("allow");
    }
    (answer.whole(), answer.headers)
}

#[tokio::test]
async fn each_function_of_the_dialect_knows_the_whole_route_table() {
    let platform = Platform::start().await;
    let (foundation, secrets) = (&platform.local.foundation, &platform.local.secrets);
    let all = user_service::all(foundation, secrets).expect("a router");
    let functions = [
        user_service::auth(foundation, secrets).expect("a router"),
        user_service::profile(foundation).expect("a router"),
        user_service::attributes(foundation).expect("a router"),
        user_service::admin(foundation, secrets).expect("a router"),
    ];
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
        .iter()
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
        "/User-Service/v1/users/login",
        "/user-service/v1/profile",
    ] {
        unknown.push(path.to_owned());
    }
    let served = |method: &Method, path: &str| {
        let mut routes = user_service::routes().into_iter();
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

/// The Rust files under a directory of the workspace, by their path from there, with their code: no comments, no unit tests.
fn sources(directory: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(directory);
    let mut files = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(found) = open.pop() {
        if found.is_dir() {
            let entries = std::fs::read_dir(&found).expect("a directory");
            open.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else if found.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&found).expect("a source");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let code = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .fold(String::new(), |code, line| code + line + "\n");
            let name = found.strip_prefix(&root).expect("below it");
            files.push((name.to_string_lossy().into_owned(), code));
        }
    }
    assert!(!files.is_empty(), "{directory} has no sources");
    files.sort();
    files
}

/// The words that follow `prefix::` in the code.
fn named_after(code: &str, prefix: &str) -> BTreeSet<String> {
    let prefix = format!("{prefix}::");
    code.match_indices(&prefix)
        .filter(|(at, _)| !code[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        .map(|(at, _)| {
            let rest = &code[at + prefix.len()..];
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            rest[..end.unwrap_or(rest.len())].to_owned()
        })
        .collect()
}

/// Whether the code names this crate.
fn names_crate(code: &str, name: &str) -> bool {
    !named_after(code, name).is_empty()
}

/// The modules of the core, each with those it may use. A new arrow is a decision: write it here.
const CORE: [(&str, &[&str]); 11] = [
    ("domain", &[]),
    ("error", &["domain"]),
    ("passwords", &["domain", "error"]),
    ("keys", &["domain"]),
    ("tokens", &["domain", "error", "keys"]),
    ("mail", &["domain"]),
    ("store", &["domain", "error", "keys"]),
    (
        "service",
        &[
            "domain",
            "error",
            "keys",
            "mail",
            "passwords",
            "store",
            "tokens",
        ],
    ),
    ("http", &["domain", "error"]),
    (
        "config",
        &["domain", "http", "passwords", "service", "tokens"],
    ),
    (
        "runtime",
        &[
            "config",
            "domain",
            "error",
            "http",
            "keys",
            "mail",
            "passwords",
            "service",
            "store",
            "tokens",
        ],
    ),
];

#[test]
fn a_module_of_the_core_uses_only_those_below_it() {
    for (file, code) in sources("shared/src") {
        if file == "lib.rs" {
            continue;
        }
        let module = file.split(['/', '.']).next().expect("a module");
        let allowed = CORE.iter().find(|(name, _)| *name == module);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("{module} stands in no layer"));
        for used in named_after(&code, "crate") {
            let fine = used == module || allowed.contains(&used.as_str());
            assert!(fine, "shared/src/{file} uses crate::{used}");
        }
    }
    let mut lower = Vec::new();
    for (module, allowed) in CORE {
        let missing = allowed.iter().find(|used| !lower.contains(*used));
        assert_eq!(missing, None, "{module} would use a module above it");
        lower.push(module);
    }
}

#[test]
fn foreign_crates_stay_in_the_modules_that_wrap_them() {
    for (foreign, wrappers) in [
        ("aws_sdk_dynamodb", ["store", "runtime"].as_slice()),
        ("aws_sdk_sesv2", &["mail", "runtime"]),
        ("aws_config", &["runtime"]),
        ("lambda_http", &["runtime"]),
        ("axum", &["http", "runtime"]),
        ("tower_http", &["http"]),
        ("argon2", &["passwords"]),
        ("zxcvbn", &["domain"]),
        ("jsonwebtoken", &["tokens"]),
        ("askama", &["mail"]),
        ("tracing_subscriber", &["runtime"]),
    ] {
        for (file, code) in sources("shared/src") {
            let module = file.split(['/', '.']).next().expect("a module");
            let used = names_crate(&code, foreign);
            assert!(
                !used || wrappers.contains(&module),
                "shared/src/{file} uses {foreign}"
            );
        }
        for (file, code) in sources("functions") {
            let page = foreign == "askama" && file.starts_with("platform/");
            let used = names_crate(&code, foreign) && foreign != "axum" && !page;
            assert!(!used, "functions/{file} uses {foreign}");
        }
    }
}

#[test]
fn a_dialect_uses_the_cores_services_and_no_other_dialect() {
    let allowed = ["domain", "error", "http", "runtime", "service", "tokens"];
    for (file, code) in sources("functions") {
        for used in named_after(&code, "shared") {
            let fine = allowed.contains(&used.as_str());
            assert!(fine, "functions/{file} uses shared::{used}");
        }
        let own = file.split('/').next().expect("a crate").replace('-', "_");
        for other in ["user_service", "platform", "local", "tests"] {
            let used = names_crate(&code, other);
            assert!(!used || other == own, "functions/{file} uses {other}");
        }
    }
    for (file, code) in sources("shared/src") {
        for above in ["user_service", "platform", "local"] {
            assert!(!names_crate(&code, above), "shared/src/{file} uses {above}");
        }
    }
}

#[test]
fn a_binary_is_a_few_lines_named_after_its_dialect() {
    let mut binaries = Vec::new();
    for (file, code) in sources("functions") {
        let Some((own, name)) = file.split_once("/src/bin/") else {
            continue;
        };
        let name = name.strip_suffix(".rs").expect("a file");
        assert!(name.starts_with(&format!("{own}-")), "{file}");
        assert!(
            code.lines().count() <= 20,
            "{file} has {} lines",
            code.lines().count()
        );
        assert!(
            code.contains("Foundation::start()") && code.contains("serve("),
            "{file}"
        );
        binaries.push(name.to_owned());
    }
    for name in [
        "platform-keys",
        "platform-pages",
        "user-service-attributes",
        "user-service-auth",
        "user-service-profile",
    ] {
        assert!(
            binaries.iter().any(|found| found == name),
            "{name} is missing"
        );
    }
}

/// A log that is kept.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic inside").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A mail service that refuses and names the address while it does.
#[derive(Debug)]
struct Talkative {
    for_good: bool,
}

impl MailSender for Talkative {
    fn send(&self, mail: Mail) -> BoxFuture<'_, Result<(), SendError>> {
        let why = format!(
            "{} is on the list: {}",
            mail.to.original(),
            mail.content.text
        )
        .into();
        Box::pin(std::future::ready(Err(if self.for_good {
            SendError::Rejected(why)
        } else {
            SendError::Unavailable(why)
        })))
    }
}

/// Goes through the platform with secrets that can be told from anything else; returns them all.
#[expect(clippy::too_many_lines, reason = "one visit after the other")]
async fn leave_secrets(platform: &Platform) -> Vec<String> {
    let v1 = |path: &str| format!("/user-service/v1/users/{path}");
    let email = "canary-address@example.com";
    let password = "canary password of the owner";
    let wrong = "canary password of a guesser";
    let mut secrets: Vec<String> = ["canary", email, password, wrong].map(str::to_owned).into();
    let page = |path: &str, fields: &[(&str, &str)]| {
        let request = platform.post(path).header("origin", PUBLIC_URL);
        request.form(fields).send()
    };
    let send = |path: &str, body: Value| platform.post(&v1(path)).json(&body).send();

    send(
        "register",
        json!({ "email": email, "password": password, "firstname": "canary-name" }),
    )
    .await;
    send("register", json!({ "email": email, "password": password })).await;
    send("register", json!({ "email": email, "password": "canary" })).await;
    send("login", json!({ "email": email, "password": password })).await;
    let code = code_in(&platform.deliver().await[0].text);
    platform
        .get(&v1(&format!("activate?code={code}")))
        .header("accept", "text/html")
        .send()
        .await;
    platform.get(&format!("/activate?code={code}")).send().await;
    platform
        .get(&v1(&format!("activate?code={code}")))
        .send()
        .await;
    send("activate", json!({ "code": code })).await;
    page("/activate", &[("code", &code)]).await;
    secrets.push(code);

    send("login", json!({ "email": email, "password": wrong })).await;
    send(
        "login",
        json!({ "email": "canary-stranger@example.com", "password": wrong }),
    )
    .await;
    let session = platform.signed_in(email, password).await;
    for token in [&session.access_token, &session.refresh_token] {
        let (_, signature) = token.rsplit_once('.').expect("a signature");
        secrets.extend([token.clone(), signature.to_owned()]);
    }
    send(
        "accessToken",
        json!({ "refreshToken": session.refresh_token }),
    )
    .await;
    send(
        "accessToken",
        json!({ "refreshToken": session.access_token }),
    )
    .await;
    platform
        .get(&v1("status"))
        .bearer(&session.refresh_token)
        .send()
        .await;
    let attribute = json!({ "attributeKey": "canary-key", "attributeText": "canary-text" });
    let token = &session.access_token;
    platform
        .post(&v1("attributes"))
        .bearer(token)
        .json(&attribute)
        .send()
        .await;
    platform
        .get(&v1("profile?attributeText=canary-query"))
        .bearer(token)
        .send()
        .await;
    platform
        .delete(&v1("attributes?attributeKey=canary-key"))
        .bearer(token)
        .send()
        .await;
    platform
        .get("/canary-path")
        .header("user-agent", "canary-agent")
        .send()
        .await;

    send("newPassword", json!({ "email": email })).await;
    send(
        "newPassword",
        json!({ "email": "canary-stranger@example.com" }),
    )
    .await;
    let mailed = password_in(&platform.deliver().await[0].text);
    send("login", json!({ "email": email, "password": mailed })).await;
    secrets.push(mailed);
    platform.clock.advance_seconds(1);
    page("/reset-password/request", &[("email", email)]).await;
    let link = reset_link_in(&platform.deliver().await[0].text);
    let fields: Vec<_> =
        form_urlencoded::parse(link.split_once('?').expect("a query").1.as_bytes())
            .map(|(_, value)| value.into_owned())
            .collect();
    platform.get(&link).send().await;
    let next = "canary password that is next";
    for _ in 0..2 {
        let form = [
            ("uid", &*fields[0]),
            ("t", &*fields[1]),
            ("password", next),
            ("password2", next),
        ];
        page("/reset-password", &form).await;
    }
    secrets.extend([fields[1].clone(), link]);

    for fault in [
        Fault::AccessDenied,
        Fault::LostReply,
        Fault::TransactionConflict,
    ] {
        for path in ["register", "login", "newPassword"] {
            platform.connector.inject("", fault, 1);
            let body = json!({ "email": "canary-fault@example.com", "password": password });
            send(path, body).await;
            platform.connector.heal();
        }
    }
    platform.deliver().await;
    platform.clock.advance_seconds(60);
    for for_good in [false, true] {
        page("/reset-password/request", &[("email", email)]).await;
        let foundation = platform.local.foundation.clone();
        let talkative = Arc::new(Talkative { for_good });
        let local = Local {
            delivery: foundation.delivery(&platform.local.secrets, talkative),
            foundation,
            secrets: platform.local.secrets.clone(),
        };
        local.deliver_all().await;
    }
    secrets
}

#[tokio::test]
async fn no_log_holds_a_secret_an_address_or_what_users_wrote() {
    let log = Log::default();
    let written = log.clone();
    let subscriber = tracing_subscriber::fmt()
        // As in production: of the libraries only what goes wrong.
        .with_env_filter(EnvFilter::new(
            "warn,shared=trace,user_service=trace,platform=trace,local=trace",
        ))
        .with_ansi(false)
        .with_writer(move || written.clone())
        .finish();
    // With one subscriber alone, tracing asks whichever thread comes first, one of another test perhaps, whether to log at all.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    let guard = tracing::subscriber::set_default(subscriber);
    let platform = Platform::start().await;
    let secrets = leave_secrets(&platform).await;
    drop(guard);
    let log = String::from_utf8(log.0.lock().expect("no panic inside").clone()).expect("a text");
    for event in [
        "a user signed in",
        "an account was registered",
        "an account was activated",
        "a mailed password was used",
        "a password was reset by link",
        "answered",
        "a mail was given up",
        "an intent was not done",
        "temporarily unavailable",
    ] {
        assert!(log.contains(event), "{event:?} is not logged:\n{log}");
    }
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "{secret:?} is logged");
    }
}
