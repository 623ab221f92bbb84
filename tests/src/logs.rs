//! What reaches a log: nothing that is secret, personal or written by users.

use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use http::Method;
use local::Local;
use serde_json::{Value, json};
use shared::mail::{Mail, MailSender};
use shared::runtime::{LogFilter, logs};
use shared::sending::SendError;

use crate::harness::{
    Fault, PUBLIC_URL, Platform, Request, code_in, password_in, rbac_code_in, reset_link_in,
};

/// A log that is kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic inside").clone()).expect("a text")
    }
}

/// As long as it lives, this thread's log goes there, written as in production.
pub(crate) struct Listening {
    _guard: tracing::subscriber::DefaultGuard,
    _second: tracing::Dispatch,
}

impl Listening {
    pub(crate) fn at(level: &str, log: &Log) -> Self {
        Self::through(&LogFilter::at(level), log)
    }

    /// The same, through the filter of a platform, whose levels may change.
    pub(crate) fn through(filter: &LogFilter, log: &Log) -> Self {
        let log = log.clone();
        Self {
            _guard: tracing::subscriber::set_default(logs(filter, move || log.clone())),
            // With one subscriber alone, tracing asks whichever thread comes first, one of another test perhaps, whether to
            // log at all.
            _second: tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default()),
        }
    }
}

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
            mail.to[0].original(),
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
            delivery: foundation
                .delivery(&platform.local.secrets, talkative)
                .expect("delivery"),
            foundation,
            secrets: platform.local.secrets.clone(),
            ledger: Arc::default(),
        };
        local.deliver_all().await;
    }
    secrets
}

/// The same through the Identity Server, whose codes and ids stand in paths.
#[expect(clippy::too_many_lines, reason = "one visit after the other")]
async fn leave_secrets_of_rbac(platform: &Platform) -> Vec<String> {
    let email = "canary-holder@example.com";
    let password = "canary password of the holder";
    let next = "canary password that comes next";
    let mut secrets: Vec<String> = [email, password, next].map(str::to_owned).into();
    let post = |path: &str| platform.post(&format!("/rbac/{path}"));
    let send = |path: &str, body: Value| post(path).json(&body).send();
    let register = |name: &str, email: &str, password: &str| {
        let body = json!({ "name": name, "email": email, "password": password });
        send("users/register", body)
    };
    let authenticate = |email: &str, password: &str| {
        let body = json!({ "email": email, "password": password });
        send("auth/authenticate", body)
    };
    for (name, password) in [
        ("canary-name", password),
        ("canary-name", password),
        ("canary-name", "canary"),
        ("", password),
    ] {
        register(name, email, password).await;
    }
    authenticate(email, password).await;
    let mails = platform.deliver().await;
    let (uid, code) = rbac_code_in(&mails.last().expect("a mail").text);
    let path = format!("/rbac/users/activate/{uid}/{code}");
    let at = |method: Method, path: &str| platform.request(method, path);
    for request in [
        at(Method::GET, &path).header("accept", "text/html"),
        at(Method::HEAD, &path),
        at(Method::PUT, &path),
        at(Method::POST, &format!("{path}/")),
        at(Method::POST, &format!("{path}%00")),
        at(
            Method::POST,
            &format!("/rbac/users/activate/canary-uid/{code}"),
        ),
        at(
            Method::GET,
            &format!("/rbac-activate?uid={uid}&code={code}"),
        ),
        at(Method::POST, &path),
        at(Method::GET, &path),
        at(Method::POST, "/rbac-activate")
            .header("origin", PUBLIC_URL)
            .form(&[("uid", &uid), ("code", &code)]),
    ] {
        request.send().await;
    }
    secrets.push(code);

    authenticate(email, "canary password of a guesser").await;
    authenticate("canary-stranger@example.com", password).await;
    authenticate("canary no address", password).await;
    let answer = authenticate(email, password).await.json();
    let token = answer["token"].as_str().expect("a token").to_owned();
    let signature = token.rsplit('.').next().expect("a signature");
    secrets.push(signature.to_owned());
    for tried in [&token, &format!("{token}x"), "canary-token"] {
        send("auth/validate", json!({ "token": tried })).await;
    }
    let read = |path: &str, token: &str| -> Request {
        platform.get(&format!("/rbac/{path}")).bearer(token)
    };
    for request in [
        read(&format!("users/{uid}"), &token),
        read(&format!("users/{uid}?token={token}"), &token),
        read("users/canary-uid", &token),
        read("users?next=canary-next", &token),
        read("users", "canary-token"),
    ] {
        request.send().await;
    }
    for (old, new) in [
        ("canary password of a guesser", next),
        (password, "canary"),
        (password, email),
        (password, next),
    ] {
        let body = json!({ "user_uid": uid, "old_password": old, "new_password": new });
        send("users/reset_password", body).await;
    }
    let again = authenticate(email, next).await;
    assert_eq!(again.status, 200, "{}", again.body);
    for fault in [
        Fault::AccessDenied,
        Fault::LostReply,
        Fault::TransactionConflict,
    ] {
        platform.connector.inject("", fault, 1);
        register("canary-name", "canary-fault-of-rbac@example.com", password).await;
        platform.connector.heal();
        for path in ["users/reset_password", "auth/authenticate", "auth/validate"] {
            platform.connector.inject("", fault, 1);
            let body = json!({
                "email": email, "password": next, "token": token,
                "user_uid": uid, "old_password": next, "new_password": password,
            });
            send(path, body).await;
            platform.connector.heal();
        }
    }
    secrets.push(token);
    secrets
}

#[tokio::test]
async fn no_log_holds_a_secret_an_address_or_what_users_wrote() {
    let log = Log::default();
    let guard = Listening::at("trace", &log);
    let platform = Platform::with(&[("LOG_LEVEL", "trace")]).await;
    let mut secrets = leave_secrets(&platform).await;
    secrets.extend(leave_secrets_of_rbac(&platform).await);
    drop(guard);
    let log = log.text() + &platform.log();
    for event in [
        "signed-in",
        "wrong-password",
        "registered",
        "activated",
        "password-changed,signed-in",
        "password-changed",
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

/// What became of each request, by its one line: method, route, status, outcome, and whether the user is named.
fn told(log: &str) -> Vec<String> {
    let lines: Vec<Value> = log
        .lines()
        .inspect(|line| assert!(line.len() <= 300, "{} bytes: {line}", line.len()))
        .map(|line| serde_json::from_str(line).expect("a line is an object"))
        .collect();
    lines
        .iter()
        .map(|line| {
            let text = |name: &str| line[name].as_str().unwrap_or("-");
            let by = if text("user.id").len() == 36 {
                "user"
            } else {
                "-"
            };
            assert_eq!(line["message"], "answered", "{line}");
            assert!(text("request.id").len() >= 16, "{line}");
            format!(
                "{} {} {} {} {by}",
                text("method"),
                text("route"),
                line["status"],
                text("outcome")
            )
        })
        .collect()
}

#[tokio::test]
async fn a_successful_request_is_one_line_of_at_most_300_bytes() {
    let log = Log::default();
    let guard = Listening::at("info", &log);
    let platform = Platform::with(&[("LOG_LEVEL", "info")]).await;
    let session = platform.new_session("ann@example.com").await;
    let token = &session.access_token;
    let attribute = json!({ "attributeKey": "theme", "attributeText": "dark" });
    let attributes = "/user-service/v1/users/attributes";
    let put = platform.post(attributes).bearer(token).json(&attribute);
    assert_eq!(put.send().await.status, 200);
    let status = platform.get("/user-service/v1/users/status").bearer(token);
    assert_eq!(status.send().await.status, 200);
    drop(guard);
    let told = told(&(log.text() + &platform.log()));
    assert_eq!(
        told,
        [
            "POST /user-service/{v}/users/register 200 registered user",
            "POST /user-service/{v}/users/activate 200 activated user",
            "POST /user-service/{v}/users/login 200 signed-in user",
            "POST /user-service/{v}/users/attributes 200 - -",
            "GET /user-service/{v}/users/status 200 - -",
        ]
    );
}

#[tokio::test]
async fn the_identity_server_tells_no_more_of_a_request() {
    let log = Log::default();
    let guard = Listening::at("info", &log);
    let platform = Platform::with(&[("LOG_LEVEL", "info")]).await;
    platform.register_confirmed("ann@example.com").await;
    let token = platform.rbac_token("ann@example.com").await;
    let validate = platform.post("/rbac/auth/validate");
    let validate = validate.json(&json!({ "token": token }));
    assert_eq!(validate.send().await.status, 200);
    drop(guard);
    let told = told(&(log.text() + &platform.log()));
    assert_eq!(
        told[2..],
        [
            "POST /rbac/auth/authenticate 200 signed-in user",
            "POST /rbac/auth/validate 200 - -",
        ]
    );
}
