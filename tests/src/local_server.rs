//! `cargo run` as a developer meets it: the real binary in a directory of its own, over real sockets.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::harness::{PASSWORD, binary, code_in};

/// A directory that nobody else has, removed at the end.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("gatehouse-test-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

pub(crate) fn command(
    directory: &Directory,
    arguments: &[&str],
    values: &[(&str, &str)],
) -> Command {
    let mut command = Command::new(binary("gatehouse"));
    command
        .args(arguments)
        .current_dir(&directory.0)
        .env_clear()
        .env("ARGON2_MEMORY_KIB", "64")
        .env("ARGON2_PASSES", "1")
        .envs(values.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// A server that runs.
pub(crate) struct Server {
    child: Child,
    port: u16,
    /// What it wrote to the terminal so far.
    said: Arc<Mutex<String>>,
}

/// An answer off the wire.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// A header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(found, _)| found.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value)
    }
}

impl Server {
    pub(crate) async fn start(
        directory: &Directory,
        arguments: &[&str],
        values: &[(&str, &str)],
    ) -> Self {
        let port = free_port();
        let number = port.to_string();
        let values = [&[("PORT", &*number)], values].concat();
        let mut child = command(directory, arguments, &values)
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let said = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&said);
        let (ready, is_ready) = tokio::sync::oneshot::channel();
        #[expect(clippy::disallowed_methods, reason = "reads beside the test")]
        tokio::task::spawn(async move {
            let mut ready = Some(ready);
            while let Ok(Some(line)) = lines.next_line().await {
                let last = line.contains("  data  ");
                heard
                    .lock()
                    .expect("no panic inside")
                    .push_str(&(line + "\n"));
                if last && let Some(ready) = ready.take() {
                    let _ = ready.send(());
                }
            }
        });
        let server = Self { child, port, said };
        assert!(is_ready.await.is_ok(), "it stopped: {}", server.said());
        server
    }

    pub(crate) fn said(&self) -> String {
        self.said.lock().expect("no panic inside").clone()
    }

    /// The password that it printed for its administrator.
    fn printed_password(&self) -> String {
        let said = self.said();
        let (_, rest) = said.split_once("password ").expect("a password");
        rest.split_whitespace()
            .next()
            .expect("a password")
            .to_owned()
    }

    pub(crate) async fn stop(mut self) {
        self.child.kill().await.expect("it was running");
    }

    /// Sends a request with exactly these headers.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            write!(request, "{name}: {value}\r\n").expect("a text grows");
        }
        request.push_str("\r\n");
        request.push_str(body);
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))
            .await
            .expect("it listens");
        stream
            .write_all(request.as_bytes())
            .await
            .expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("it answers");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").expect("a whole head");
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        Answer {
            status: status.expect("a status"),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[("host", &self.host())], "").await
    }

    async fn page(&self, path: &str) -> Answer {
        let headers = [("host", &*self.host()), ("accept", "text/html")];
        self.send("GET", path, &headers, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let headers = [
            ("host", &*self.host()),
            ("content-type", "application/json"),
        ];
        self.send("POST", path, &headers, &body.to_string()).await
    }

    pub(crate) async fn login(&self, email: &str, password: &str) -> Answer {
        let body = json!({ "email": email, "password": password });
        self.post("/user-service/v1/users/login", &body).await
    }

    async fn inbox(&self) -> Vec<Value> {
        let messages = self.get("/_local/inbox").await.json();
        messages.as_array().expect("an array").clone()
    }

    /// Waits for this many messages.
    pub(crate) async fn mails(&self, count: usize) -> Vec<Value> {
        for _ in 0..200 {
            let messages = self.inbox().await;
            if messages.len() >= count {
                return messages;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no {count} mails: {}", self.said());
    }

    async fn register(&self, email: &str) {
        let body = json!({ "email": email, "password": PASSWORD });
        let answer = self.post("/user-service/v1/users/register", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    pub(crate) async fn register_confirmed(&self, email: &str) {
        let before = self.inbox().await.len();
        self.register(email).await;
        let mails = self.mails(before + 1).await;
        let text = mails[before]["text"].as_str().expect("a text");
        let body = json!({ "code": code_in(text) });
        let answer = self.post("/user-service/v1/users/activate", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    async fn now(&self) -> i64 {
        let clock = self.get("/_local/clock").await.json();
        clock["now"].as_i64().expect("a number")
    }
}

#[tokio::test]
async fn the_whole_platform_serves_on_one_port() {
    let directory = Directory::new();
    let server = Server::start(&directory, &[], &[]).await;
    let base = format!("http://127.0.0.1:{}", server.port);
    server.register_confirmed("ann@example.com").await;
    let signed_in = server.login("ann@example.com", PASSWORD).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.body);
    let signed_in = signed_in.json();
    let bearer = format!(
        "Bearer {}",
        signed_in["accessToken"].as_str().expect("a token")
    );
    let headers = [("host", &*server.host()), ("authorization", &*bearer)];
    let status = server
        .send("GET", "/user-service/v1/users/status", &headers, "")
        .await;
    assert_eq!(status.status, 200);
    assert_eq!(status.json()["user"], signed_in["user"]);
    let keys = server.get("/.well-known/jwks.json").await.json();
    assert_eq!(keys["keys"].as_array().map(Vec::len), Some(2));
    let discovery = server.get("/.well-known/openid-configuration").await.json();
    assert_eq!(discovery["issuer"], base);
    let document = server.get("/openapi/user-service.json").await;
    assert_eq!(document.status, 200);
    assert_eq!(server.page("/reset-password").await.status, 200);
    for line in [
        format!("{base}/"),
        format!("{base}/docs"),
        format!("{base}/_local/inbox"),
        "admin@example.com".to_owned(),
    ] {
        assert!(server.said().contains(&line), "{line} in {}", server.said());
    }
}

#[tokio::test]
async fn a_foreign_host_name_is_misdirected() {
    let directory = Directory::new();
    let server = Server::start(&directory, &["--ephemeral"], &[]).await;
    let port = server.port;
    for path in [
        "/",
        "/_local/inbox",
        "/_local/clock",
        "/_local/cost",
        "/docs/",
        "/user-service/v1/users/health",
    ] {
        for host in [
            "attacker.example".to_owned(),
            format!("attacker.example:{port}"),
            "localhost.attacker.example".to_owned(),
            "127.0.0.1.attacker.example".to_owned(),
            format!("127.0.0.1@attacker.example:{port}"),
            "0.0.0.0".to_owned(),
            "192.168.0.1".to_owned(),
            String::new(),
        ] {
            let answer = server.send("GET", path, &[("host", &host)], "").await;
            assert_eq!(answer.status, 421, "{path} at {host:?}");
        }
    }
    let answer = server.send("GET", "/_local/inbox", &[], "").await;
    assert!([400, 421].contains(&answer.status), "without a Host");
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        &*format!("localhost:{port}"),
    ] {
        let answer = server.send("GET", "/", &[("host", host)], "").await;
        assert_eq!(answer.status, 200, "{host}");
    }
}

#[tokio::test]
async fn a_restart_keeps_accounts_inbox_clock_keys_and_administrator() {
    let directory = Directory::new();
    let server = Server::start(&directory, &[], &[]).await;
    server.register_confirmed("ann@example.com").await;
    let password = server.printed_password();
    let moved = server
        .post("/_local/clock", &json!({ "advance_seconds": 1000 }))
        .await;
    assert_eq!(moved.status, 200);
    let (now, inbox) = (server.now().await, server.inbox().await);
    let keys = server.get("/.well-known/jwks.json").await.body;
    server.stop().await;

    let server = Server::start(&directory, &[], &[]).await;
    assert!(server.now().await >= now, "the clock keeps its lead");
    assert_eq!(server.inbox().await, inbox);
    assert_eq!(server.get("/.well-known/jwks.json").await.body, keys);
    assert_eq!(server.printed_password(), password);
    assert_eq!(
        server.login("admin@example.com", &password).await.status,
        200
    );
    assert_eq!(server.login("ann@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_session_outlives_a_restart_under_the_same_url() {
    let directory = Directory::new();
    let issuer = [("TOKEN_ISSUER", "http://127.0.0.1:3000")];
    let server = Server::start(&directory, &[], &issuer).await;
    server.register_confirmed("ann@example.com").await;
    let signed_in = server.login("ann@example.com", PASSWORD).await.json();
    server.stop().await;
    let server = Server::start(&directory, &[], &issuer).await;
    let body = json!({ "refreshToken": signed_in["refreshToken"] });
    let refreshed = server
        .post("/user-service/v1/users/accessToken", &body)
        .await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
}

#[tokio::test]
async fn an_ephemeral_server_keeps_nothing() {
    let directory = Directory::new();
    let server = Server::start(&directory, &["--ephemeral"], &[]).await;
    server.register_confirmed("ann@example.com").await;
    let body = json!({ "advance_seconds": 100_000 });
    server.post("/_local/clock", &body).await;
    let (now, password) = (server.now().await, server.printed_password());
    assert_eq!(
        server.login("admin@example.com", &password).await.status,
        200
    );
    server.stop().await;
    let left = std::fs::read_dir(&directory.0).expect("the directory");
    assert_eq!(left.count(), 0, "it wrote something");
    let server = Server::start(&directory, &["--ephemeral"], &[]).await;
    assert_eq!(server.login("ann@example.com", PASSWORD).await.status, 401);
    assert_eq!(server.inbox().await, [json!(null); 0]);
    assert!(server.now().await < now - 90_000);
    assert_ne!(server.printed_password(), password);
}

/// What a start says that fails.
pub(crate) async fn failed_start(arguments: &[&str], values: &[(&str, &str)]) -> String {
    let directory = Directory::new();
    let output = command(&directory, arguments, values)
        .output()
        .await
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let left = std::fs::read_dir(&directory.0).expect("the directory");
    assert_eq!(left.count(), 0, "it wrote something");
    String::from_utf8(output.stderr).expect("a text")
}

#[tokio::test]
async fn a_bad_configuration_stops_the_start_with_one_message_that_names_all_of_it() {
    let message = failed_start(
        &[],
        &[
            ("PORT", "seventy"),
            ("ADMIN_EMAIL", "nobody"),
            ("ADMIN_PASSWORD", "hunter2-secret"),
            ("EMAIL_CONFIRMATION", "maybe"),
            ("ARGON2_PASSES", "0"),
            ("TOKEN_ATTRIBUTES", "sub"),
            ("ALLOWED_ORIGINS", "*"),
            ("LIMIT_FAILURES_PER_CLIENT", "many"),
        ],
    )
    .await;
    for name in [
        "PORT",
        "ADMIN_EMAIL",
        "EMAIL_CONFIRMATION",
        "ARGON2_PASSES",
        "TOKEN_ATTRIBUTES",
        "ALLOWED_ORIGINS",
        "LIMIT_FAILURES_PER_CLIENT",
    ] {
        let named = message.matches(&format!("\n  {name}: ")).count();
        assert_eq!(named, 1, "{name} in {message}");
    }
    assert_eq!(
        message.matches("the configuration cannot be used:").count(),
        1,
        "{message}"
    );
    assert!(
        !message.contains("panicked") && !message.contains("hunter2"),
        "{message}"
    );
}

#[tokio::test]
async fn one_bad_value_is_reported_in_the_same_way() {
    let message = failed_start(&[], &[("PORT", "70000")]).await;
    assert_eq!(
        message,
        "the configuration cannot be used:\n  PORT: must be a number from 1 to 65535, not \"70000\"\n"
    );
    let message = failed_start(&[], &[("ADMIN_PASSWORD", "short")]).await;
    assert!(message.contains("\n  ADMIN_PASSWORD: "), "{message}");
    assert!(
        !message.contains("short\"") && !message.contains("panicked"),
        "{message}"
    );
    let message = failed_start(&["--nonsense"], &[]).await;
    assert!(message.starts_with("usage: "), "{message}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("its address").port().to_string();
    let message = failed_start(&["--ephemeral"], &[("PORT", &port)]).await;
    assert!(message.starts_with("PORT: cannot listen on"), "{message}");
}

#[tokio::test]
async fn the_generated_administrators_password_is_kept_for_its_owner_alone() {
    let directory = Directory::new();
    let server = Server::start(&directory, &[], &[("ADMIN_EMAIL", "root@example.com")]).await;
    let file = directory.0.join(".local/admin-password");
    let kept = std::fs::read_to_string(&file).expect("the file");
    assert_eq!(kept.trim(), server.printed_password());
    let signed_in = server.login("root@example.com", kept.trim()).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.body);
    assert_eq!(signed_in.json()["user"]["permissionLevel"], 2);
    assert_eq!(signed_in.json()["user"]["confirmed"], true);
    server.register("ann@example.com").await;
    server.mails(1).await;
    for name in ["admin-password", "keys.json", "inbox.json"] {
        let file = directory.0.join(".local").join(name);
        let metadata = std::fs::metadata(&file).unwrap_or_else(|_| panic!("{name} is missing"));
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn an_administrators_password_that_was_given_is_neither_printed_nor_kept() {
    let directory = Directory::new();
    let values = [("ADMIN_PASSWORD", PASSWORD)];
    let server = Server::start(&directory, &[], &values).await;
    assert!(!server.said().contains(PASSWORD), "{}", server.said());
    assert!(!directory.0.join(".local/admin-password").exists());
    assert_eq!(
        server.login("admin@example.com", PASSWORD).await.status,
        200
    );
    server.stop().await;
    let server = Server::start(
        &directory,
        &[],
        &[("ADMIN_PASSWORD", "another long password")],
    )
    .await;
    assert_eq!(
        server.login("admin@example.com", PASSWORD).await.status,
        200,
        "the account keeps its password"
    );
}

#[tokio::test]
async fn an_account_that_registered_itself_is_never_made_administrator() {
    let directory = Directory::new();
    let server = Server::start(&directory, &[], &[]).await;
    server.register_confirmed("ann@example.com").await;
    server.stop().await;
    let values = [("ADMIN_EMAIL", "ann@example.com")];
    let server = Server::start(&directory, &[], &values).await;
    let signed_in = server.login("ann@example.com", PASSWORD).await.json();
    assert_eq!(signed_in["user"]["permissionLevel"], 0);
}

#[tokio::test]
async fn the_clock_moves_forward_and_everything_follows_it() {
    let directory = Directory::new();
    let server = Server::start(&directory, &["--ephemeral"], &[]).await;
    server.register_confirmed("ann@example.com").await;
    let token = server.login("ann@example.com", PASSWORD).await.json();
    let bearer = format!("Bearer {}", token["accessToken"].as_str().expect("a token"));
    let status = async || {
        let headers = [("host", &*server.host()), ("authorization", &*bearer)];
        let path = "/user-service/v1/users/status";
        server.send("GET", path, &headers, "").await.status
    };
    assert_eq!(status().await, 200);
    let before = server.now().await;
    let moved = server
        .post("/_local/clock", &json!({ "advance_seconds": 3700 }))
        .await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    assert!(
        moved.json()["now"]
            .as_i64()
            .is_some_and(|now| now >= before + 3700)
    );
    assert_eq!(status().await, 401, "the token has expired");
    for refused in [
        json!({ "advance_seconds": -1 }),
        json!({ "advance_seconds": "soon" }),
        json!({ "advance_seconds": 1.5 }),
        json!({ "advance_seconds": 1e18 }),
        json!({}),
        json!([]),
    ] {
        let answer = server.post("/_local/clock", &refused).await;
        assert_eq!(answer.status, 400, "{refused}: {}", answer.body);
    }
    assert!(server.now().await < before + 3800, "it stayed where it was");
}

#[tokio::test]
async fn the_inbox_shows_what_was_sent_and_can_be_emptied() {
    let directory = Directory::new();
    let server = Server::start(
        &directory,
        &["--ephemeral"],
        &[("EMAIL_FROM", "us@example.org")],
    )
    .await;
    assert_eq!(server.inbox().await, [json!(null); 0]);
    server.register("Ann@Example.com").await;
    server.mails(1).await;
    server.register("ben@example.com").await;
    let mails = server.mails(2).await;
    for (mail, to) in mails.iter().zip(["Ann@Example.com", "ben@example.com"]) {
        let members: Vec<_> = mail.as_object().expect("an object").keys().collect();
        let mut members: Vec<_> = members.into_iter().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(
            members,
            [
                "channel", "from", "html", "sent_at", "subject", "text", "to"
            ]
        );
        assert_eq!(mail["channel"], "email");
        assert!(
            mail["from"]
                .as_str()
                .is_some_and(|from| from.contains("us@example.org"))
        );
        assert_eq!(mail["to"], json!([to]));
        assert!(mail["sent_at"].is_i64());
        let link = format!("http://127.0.0.1:{}/activate?code=", server.port);
        assert!(
            mail["text"]
                .as_str()
                .is_some_and(|text| text.contains(&link))
        );
        assert!(
            mail["html"]
                .as_str()
                .is_some_and(|html| html.contains(&link))
        );
    }
    let host = server.host();
    let foreign = [("host", &*host), ("origin", "https://attacker.example")];
    let answer = server
        .send("POST", "/_local/inbox/empty", &foreign, "")
        .await;
    assert_eq!(answer.status, 403);
    let cross_site = [("host", &*host), ("sec-fetch-site", "cross-site")];
    let answer = server
        .send("POST", "/_local/inbox/empty", &cross_site, "")
        .await;
    assert_eq!(answer.status, 403);
    assert_eq!(server.inbox().await.len(), 2);
    let answer = server
        .send("DELETE", "/_local/inbox", &[("host", &host)], "")
        .await;
    assert_eq!((answer.status, &*answer.body), (204, ""));
    assert_eq!(server.inbox().await, [json!(null); 0]);
    server.register("cem@example.com").await;
    server.mails(1).await;
    let own = [("host", &*host), ("sec-fetch-site", "same-origin")];
    let answer = server.send("POST", "/_local/inbox/empty", &own, "").await;
    assert_eq!(answer.status, 303);
    assert_eq!(server.inbox().await, [json!(null); 0]);
}

#[tokio::test]
async fn the_cost_of_what_was_asked_is_shown_as_json_and_as_a_page() {
    let directory = Directory::new();
    let server = Server::start(&directory, &["--ephemeral"], &[]).await;
    let nothing = server.get("/_local/cost").await.json();
    assert_eq!(
        (&nothing["dollars"], &nothing["operations"]),
        (&json!(0.0), &json!([]))
    );
    server.register("ann@example.com").await;
    server.mails(1).await;
    let cost = server.get("/_local/cost").await;
    assert_eq!(cost.header("cache-control"), Some("no-store"));
    let cost = cost.json();
    let operations = cost["operations"].as_array().expect("a list");
    let named = |name: &str| {
        let mut found = operations.iter().filter(|row| row["operation"] == name);
        found.next().unwrap_or_else(|| panic!("{name} in {cost}"))
    };
    let register = named("POST /user-service/{v}/users/register");
    assert_eq!(register["function"], "user-service-auth");
    assert_eq!(
        (&register["status"], &register["requests"]),
        (&json!(200), &json!(1))
    );
    assert!(register["write_units"].as_f64() > Some(0.0), "{register}");
    assert_eq!(named("deliver activation")["mails"], 1.0);
    assert!(cost["dollars"].as_f64() > Some(0.0), "{cost}");
    assert_eq!(cost["prices"]["region"], "us-east-1");
    let page = server.page("/_local/cost").await;
    assert!(
        page.body
            .contains("<th scope=\"row\">POST /user-service/{v}/users/register"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn the_cost_of_operations_and_months_is_told_by_a_command() {
    let directory = Directory::new();
    let told = output(&directory, &["cost"]).await;
    assert!(
        told.contains("\n| POST /user-service/{v}/users/login | user-service-auth | 1769 |"),
        "{told}"
    );
    assert!(told.contains("\n| 10000000 | "), "{told}");
    let file = directory.0.join("mix.json");
    std::fs::write(&file, r#"{"GET /user-service/{v}/users/status": 1000}"#).expect("a file");
    let of_reads = output(&directory, &["cost", "mix=mix.json"]).await;
    let month = |told: &str| {
        let line = told.lines().find_map(|line| line.strip_prefix("| 1000 | "));
        let dollars = line.and_then(|line| line.strip_suffix(" |"));
        dollars
            .and_then(|text| text.parse::<f64>().ok())
            .expect("dollars")
    };
    // A million reads.
    assert!((1.0..2.0).contains(&month(&of_reads)), "{of_reads}");
    for (arguments, reason) in [
        (["cost", "mix=nowhere.json"], "nowhere.json"),
        (["cost", "mixed"], "usage: "),
    ] {
        let message = failed_start(&arguments, &[]).await;
        assert!(message.contains(reason), "{message}");
    }
}

/// What a command writes, which succeeds.
async fn output(directory: &Directory, arguments: &[&str]) -> String {
    let done = command(directory, arguments, &[]).output().await;
    let done = done.expect("the program runs");
    let text = String::from_utf8(done.stdout).expect("text");
    assert!(
        done.status.success(),
        "{text} {}",
        String::from_utf8_lossy(&done.stderr)
    );
    text
}

#[tokio::test]
async fn a_foreign_page_can_neither_move_the_clock_nor_empty_the_inbox() {
    let directory = Directory::new();
    let server = Server::start(&directory, &["--ephemeral"], &[]).await;
    let before = server.now().await;
    let host = server.host();
    // What a form or a script of another site can send without being asked for leave first.
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ] {
        let headers = [
            ("host", &*host),
            ("origin", "https://attacker.example"),
            ("content-type", content_type),
        ];
        let body = r#"{"advance_seconds":1000000}"#;
        let answer = server.send("POST", "/_local/clock", &headers, body).await;
        assert!(
            (400..500).contains(&answer.status),
            "{content_type}: {answer:?}"
        );
    }
    assert!(server.now().await < before + 1000);
    let preflight = [
        ("host", &*host),
        ("origin", "https://attacker.example"),
        ("access-control-request-method", "DELETE"),
    ];
    for path in ["/_local/inbox", "/_local/clock"] {
        let answer = server.send("OPTIONS", path, &preflight, "").await;
        assert!(!answer.head.contains("access-control-allow"), "{answer:?}");
        let read = [("host", &*host), ("origin", "https://attacker.example")];
        let answer = server.send("GET", path, &read, "").await;
        assert!(!answer.head.contains("access-control-allow"), "{answer:?}");
    }
}

#[tokio::test]
async fn pages_load_nothing_from_elsewhere() {
    let directory = Directory::new();
    let server = Server::start(&directory, &["--ephemeral"], &[]).await;
    server.register("ann@example.com").await;
    server.mails(1).await;
    let own = format!("http://127.0.0.1:{}", server.port);
    for path in [
        "/",
        "/_local/inbox",
        "/_local/cost",
        "/docs/",
        "/activate?code=a",
        "/reset-password",
    ] {
        let answer = server.page(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(
            answer.head.contains("content-type: text/html"),
            "{path}: {}",
            answer.head
        );
        for attribute in ["src=\"", "href=\"", "action=\"", "url("] {
            for (at, _) in answer.body.match_indices(attribute) {
                let target = &answer.body[at + attribute.len()..];
                let end = target.find(['"', ')']).unwrap_or(target.len());
                let target = &target[..end];
                let elsewhere = target.starts_with("//")
                    || (target.contains("://") && !target.starts_with(&own));
                assert!(!elsewhere, "{path} refers to {target}");
            }
        }
    }
    let docs = server.get("/docs").await;
    assert!([200, 303, 307, 308].contains(&docs.status), "{docs:?}");
    for asset in [
        "swagger-ui.css",
        "swagger-ui-bundle.js",
        "swagger-initializer.js",
    ] {
        let answer = server.get(&format!("/docs/{asset}")).await;
        assert_eq!(answer.status, 200, "{asset}");
        assert!(!answer.body.is_empty(), "{asset}");
    }
    let start = server.get("/").await.body;
    assert!(
        start.contains(&own) && start.contains("curl"),
        "commands that work as shown"
    );
}

#[tokio::test]
async fn what_nobody_serves_is_404_and_what_is_only_local_has_its_methods() {
    let directory = Directory::new();
    let server = Server::start(&directory, &["--ephemeral"], &[]).await;
    let host = [("host", &*server.host())];
    for (method, path, expected) in [
        ("GET", "/nothing", 404),
        ("GET", "/_local", 404),
        ("GET", "/_local/nothing", 404),
        ("GET", "/user-service/v1/nothing", 404),
        ("GET", "/user-service/v1/users/login", 405),
        ("DELETE", "/_local/clock", 405),
        ("PUT", "/_local/inbox", 405),
        ("GET", "/openapi/nothing.json", 404),
    ] {
        let answer = server.send(method, path, &host, "").await;
        assert_eq!(answer.status, expected, "{method} {path}");
    }
}
