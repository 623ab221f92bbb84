//! The Lambda functions as themselves: each binary as a process of its own, against a Runtime API and a DynamoDB endpoint.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use local::embedded::Embedded;
use serde_json::{Value, json};
use shared::domain::SystemRandom;
use shared::keys::KeyFile;
use tokio::net::TcpListener;
use tokio::process::Child;
use tokio::sync::{Mutex, mpsc};

use crate::harness::{PASSWORD, PUBLIC_URL, Platform, TestClock, code_in};

/// One running function.
struct Function {
    _process: Child,
    events: mpsc::Sender<Value>,
    answers: Mutex<mpsc::Receiver<Value>>,
}

impl Function {
    async fn start(name: &str, keys: &Path, database: &str) -> Self {
        let (events, waiting) = mpsc::channel(8);
        let (answered, answers) = mpsc::channel(8);
        let runtime = serve(runtime_api(waiting, answered)).await;
        let process = tokio::process::Command::new(binary(name))
            .env_clear()
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", runtime.as_str()),
                ("AWS_LAMBDA_FUNCTION_NAME", name),
                ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
                ("AWS_REGION", "eu-central-1"),
                ("AWS_ACCESS_KEY_ID", "local"),
                ("AWS_SECRET_ACCESS_KEY", "local"),
                ("AWS_ENDPOINT_URL_DYNAMODB", &format!("http://{database}")),
                ("PUBLIC_URL", PUBLIC_URL),
                ("EMAIL_FROM", "no-reply@gatehouse.example"),
                ("ARGON2_MEMORY_KIB", "64"),
                ("ARGON2_PASSES", "1"),
                ("LOG_LEVEL", "error"),
            ])
            .env("KEY_FILE", keys)
            .kill_on_drop(true)
            .spawn()
            .expect("the function starts");
        Self {
            _process: process,
            events,
            answers: Mutex::new(answers),
        }
    }

    /// Sends an event and waits for its answer: status and body.
    async fn invoke(&self, event: Value) -> (u64, String) {
        self.events.send(event).await.expect("the function listens");
        let answer = self
            .answers
            .lock()
            .await
            .recv()
            .await
            .expect("the function answers");
        let status = answer["statusCode"].as_u64().expect("a status");
        (
            status,
            answer["body"].as_str().unwrap_or_default().to_owned(),
        )
    }
}

/// The path of a function's binary. All are built once, as they are for everybody.
fn binary(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--workspace", "--bins", "--locked"])
            .status()
            .expect("cargo runs");
        assert!(built.success(), "the functions do not build");
        let test = std::env::current_exe().expect("a path");
        test.parent()
            .and_then(Path::parent)
            .expect("a target folder")
            .to_owned()
    });
    folder.join(name)
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    #[expect(clippy::disallowed_methods, reason = "a server beside the test")]
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// The Runtime API of AWS Lambda: the next event, and where its answer goes.
fn runtime_api(events: mpsc::Receiver<Value>, answers: mpsc::Sender<Value>) -> Router {
    let events = Arc::new(Mutex::new(events));
    Router::new().fallback(move |request: Request| {
        let (events, answers) = (Arc::clone(&events), answers.clone());
        async move {
            let path = request.uri().path().to_owned();
            if path.ends_with("/invocation/next") {
                return match events.lock().await.recv().await {
                    Some(event) => next(&event),
                    None => std::future::pending().await,
                };
            }
            let body = axum::body::to_bytes(request.into_body(), usize::MAX)
                .await
                .expect("a body");
            let answer = if path.ends_with("/response") {
                serde_json::from_slice(&body).expect("an answer in JSON")
            } else {
                panic!("{path}: {}", String::from_utf8_lossy(&body))
            };
            answers.send(answer).await.expect("the test waits");
            StatusCode::ACCEPTED.into_response()
        }
    })
}

fn next(event: &Value) -> Response {
    let headers = [
        (
            "lambda-runtime-aws-request-id",
            "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        ),
        ("lambda-runtime-deadline-ms", "9999999999999"),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:123456789012:function:f",
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
        ),
    ];
    (headers, event.to_string()).into_response()
}

/// The embedded database behind a socket.
fn database(embedded: Embedded) -> Router {
    async fn answer(State(embedded): State<Embedded>, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX)
            .await
            .expect("a body");
        let target = parts.headers["x-amz-target"].to_str().expect("a text");
        let (status, body) = embedded.answer(target, &body);
        let status = StatusCode::from_u16(status).expect("a status");
        (
            status,
            [("content-type", "application/x-amz-json-1.0")],
            Bytes::from(body),
        )
            .into_response()
    }
    Router::new().fallback(answer).with_state(embedded)
}

/// An event of an HTTP API, payload version 2.0.
fn event(method: &str, path: &str, headers: &Value, body: Option<&Value>) -> Value {
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
    let folder = std::env::temp_dir().join(format!("gatehouse-functions-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let key_file = folder.join("keys.json");
    let keys = KeyFile::open_or_create(&key_file, &SystemRandom).expect("keys");
    let embedded = Embedded::in_memory().expect("a database");
    let platform = Platform::build(&[], TestClock::running(), keys, embedded.clone()).await;
    let database = serve(database(embedded)).await;
    let start = |name| Function::start(name, &key_file, &database);

    let auth = start("user-service-auth").await;
    let json_headers = json!({ "content-type": "application/json" });
    let credentials = json!({ "email": "ann@example.com", "password": PASSWORD });
    let register = event(
        "POST",
        "/user-service/v1/users/register",
        &json_headers,
        Some(&credentials),
    );
    assert_eq!(auth.invoke(register).await.0, 200);
    let mails = platform.deliver().await;
    let code = json!({ "code": code_in(&mails[0].text) });
    let activate = event(
        "POST",
        "/user-service/v1/users/activate",
        &json_headers,
        Some(&code),
    );
    assert_eq!(auth.invoke(activate).await.0, 200);
    let login = event(
        "POST",
        "/user-service/v1/users/login",
        &json_headers,
        Some(&credentials),
    );
    let (status, body) = auth.invoke(login).await;
    assert_eq!(status, 200, "{body}");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    let token = body["accessToken"].as_str().expect("a token");
    let bearer = json!({ "authorization": format!("Bearer {token}") });

    let profile = start("user-service-profile").await;
    let status_event = event("GET", "/user-service/v1/users/status", &bearer, None);
    let (status, body) = profile.invoke(status_event).await;
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("ann@example.com"));

    let attributes = start("user-service-attributes").await;
    let list = event("GET", "/user-service/v1/users/attributes", &bearer, None);
    assert_eq!(attributes.invoke(list).await, (200, "{}".to_owned()));

    let admin = start("user-service-admin").await;
    let list = event("GET", "/user-service/v1/users", &bearer, None);
    let not_found = json!({ "error": "no such path" }).to_string();
    assert_eq!(admin.invoke(list).await, (404, not_found));

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
            admin.invoke(hostile).await,
            (400, refusal),
            "{path} {query}"
        );
    }

    let pages = start("platform-pages").await;
    let page = event("GET", "/reset-password", &json!({}), None);
    let (status, body) = pages.invoke(page).await;
    assert_eq!(status, 200);
    assert!(body.contains("<h1>"));

    let keys = start("platform-keys").await;
    let jwks = event("GET", "/.well-known/jwks.json", &json!({}), None);
    let (status, body) = keys.invoke(jwks).await;
    assert_eq!(status, 200);
    assert!(body.contains("\"kty\":\"RSA\""));
    std::fs::remove_dir_all(folder).expect("the folder goes");
}
