//! Does each operation of the mix once, on a platform that nobody else uses, so that its ledger holds what one of each takes.

use std::net::Ipv4Addr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use http::Method;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};
use shared::domain::{EmailAddress, NewPassword};
use shared::http::Client;
use shared::usage::measured;
use tower::ServiceExt as _;

use super::ledger::Entry;
use super::report::AFTER;
use crate::inbox::Inbox;
use crate::platform::Local;

const USERS: &str = "/user-service/v1/users";
const ANN: &str = "ann@example.com";
const ADMIN: &str = "admin@example.com";
const PASSWORD: &str = "violet tractor sings at dawn";
const MAX_BODY_BYTES: usize = 1 << 20;

/// The rehearsal did not come to its end.
#[derive(Debug, thiserror::Error)]
#[error("the rehearsal failed: {0}")]
pub struct RehearsalError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// Fills the platform's ledger with one of each operation of the mix, and with what comes after it.
///
/// # Errors
/// [`RehearsalError`]: an operation was not answered as it should.
pub async fn rehearse(local: &Local, inbox: &Inbox) -> Result<(), RehearsalError> {
    let stage = Stage {
        local,
        inbox,
        router: local.router().map_err(failed)?,
    };
    let credentials = json!({ "email": ANN, "password": PASSWORD });
    stage.post("register", &credentials).await?;
    let code = stage.mailed_code()?;
    stage.post("activate", &json!({ "code": code })).await?;
    let session = stage.post("login", &credentials).await?;
    let refresh = json!({ "refreshToken": session["refreshToken"] });
    let session = stage.post("accessToken", &refresh).await?;
    let token = session["accessToken"].as_str().unwrap_or_default();
    stage.get(&format!("{USERS}/status"), token).await?;
    stage.get(&format!("{USERS}/profile"), token).await?;
    let attribute = json!({ "attributeKey": "theme", "attributeText": "dark" });
    let path = format!("{USERS}/attributes");
    stage
        .play(Method::POST, &path, Some(token), Some(&attribute), 200)
        .await?;
    let wrong = json!({ "email": ANN, "password": "not the password" });
    let path = format!("{USERS}/login");
    stage
        .play(Method::POST, &path, None, Some(&wrong), 401)
        .await?;
    stage.post("newPassword", &json!({ "email": ANN })).await?;

    stage.make_administrator().await?;
    let credentials = json!({ "email": ADMIN, "password": PASSWORD });
    let path = "/rbac/auth/authenticate";
    let answer = stage
        .play(Method::POST, path, None, Some(&credentials), 200)
        .await?;
    let token = answer["token"].as_str().unwrap_or_default();
    stage.get("/rbac/permissions", token).await?;
    let path = "/rbac/auth/validate";
    let body = json!({ "token": token });
    stage
        .play(Method::POST, path, None, Some(&body), 200)
        .await?;
    stage.get("/.well-known/jwks.json", "").await?;
    Ok(())
}

struct Stage<'a> {
    local: &'a Local,
    inbox: &'a Inbox,
    router: Router,
}

impl Stage<'_> {
    async fn post(&self, name: &str, body: &Value) -> Result<Value, RehearsalError> {
        let path = format!("{USERS}/{name}");
        self.play(Method::POST, &path, None, Some(body), 200).await
    }

    async fn get(&self, path: &str, token: &str) -> Result<Value, RehearsalError> {
        self.play(Method::GET, path, Some(token), None, 200).await
    }

    /// One operation, and then what it promised.
    async fn play(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
        expected: u16,
    ) -> Result<Value, RehearsalError> {
        let known = self.local.ledger.entries();
        let client = Client::at(Ipv4Addr::LOCALHOST.into());
        let mut request = Request::builder()
            .method(&method)
            .uri(path)
            .extension(client);
        if let Some(token) = token.filter(|token| !token.is_empty()) {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header(CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let request = request.body(body).map_err(failed)?;
        let answer = self.router.clone().oneshot(request).await;
        let answer = answer.map_err(failed)?;
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), MAX_BODY_BYTES).await;
        let body = body.map_err(failed)?;
        if status != expected {
            let text = String::from_utf8_lossy(&body);
            return Err(failed(format!("{method} {path}: {status} {text}")));
        }
        let after = self.local.ledger.entries();
        let played = after.into_keys().find(|entry| !known.contains_key(entry));
        if let Some(played) = played {
            self.keep_promises(&played.operation).await?;
        }
        serde_json::from_slice(&body).map_err(failed)
    }

    /// Does what the outbox has, as platform-outbox does it for its stream.
    async fn keep_promises(&self, operation: &str) -> Result<(), RehearsalError> {
        let delivery = &self.local.delivery;
        for intent in delivery.open_intents().await.map_err(failed)? {
            let work = measured(delivery.deliver_by_id(intent.id));
            let (delivered, usage) = Box::pin(work).await;
            delivered.map_err(failed)?;
            let entry = Entry {
                function: "platform-outbox",
                operation: format!("{AFTER}{operation}"),
                status: None,
            };
            self.local.ledger.record(entry, usage);
        }
        Ok(())
    }

    /// The code of the mail that came last.
    fn mailed_code(&self) -> Result<String, RehearsalError> {
        let messages = self.inbox.messages();
        let text = messages.last().map(|mail| &*mail.text).unwrap_or_default();
        let code = text.split_once("activate?code=").map(|(_, rest)| {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            rest[..end].to_owned()
        });
        code.ok_or_else(|| failed("no mail with a code"))
    }

    async fn make_administrator(&self) -> Result<(), RehearsalError> {
        let Local {
            foundation,
            secrets,
            ..
        } = self.local;
        let bootstrap = foundation.bootstrap(secrets).map_err(failed)?;
        let passwords = foundation.passwords().map_err(failed)?;
        let password = NewPassword::parse(PASSWORD, &[]).map_err(failed)?;
        let hash = passwords.hash(password.as_password()).await;
        let hash = hash.map_err(failed)?;
        let email = EmailAddress::parse(ADMIN).map_err(failed)?;
        let made = bootstrap.ensure_administrator(&email, Some(&hash)).await;
        made.map(|_| ()).map_err(failed)
    }
}

fn failed(fault: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> RehearsalError {
    RehearsalError(fault.into())
}
