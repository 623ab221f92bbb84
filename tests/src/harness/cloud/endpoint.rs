//! The endpoint that stands in for AWS: DynamoDB, the parameter store, SES and SNS behind one socket, for functions that are processes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::Value;
use shared::domain::Clock as _;

use super::{MailService, Moto, Policies, SmsService};
use crate::harness::TestClock;
use crate::harness::connector::{Call, Connector};

/// The processes that run, by the access key that each signs its calls with.
#[derive(Debug, Clone, Default)]
pub(super) struct Processes(Arc<Mutex<HashMap<String, u32>>>);

/// Which trace each call belonged to.
#[derive(Debug, Clone, Default)]
pub(super) struct Traces(Arc<Mutex<Vec<Option<String>>>>);

impl Traces {
    pub(super) fn all(&self) -> Vec<Option<String>> {
        self.0.lock().expect("no panic inside").clone()
    }

    fn note(&self, headers: &HeaderMap) {
        let trace = headers.get("x-amzn-trace-id");
        let trace = trace.map(|trace| trace.to_str().expect("a text").to_owned());
        self.0.lock().expect("no panic inside").push(trace);
    }
}

/// What stands behind the socket.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    pub(super) connector: Connector,
    pub(super) processes: Processes,
    pub(super) policies: Arc<Policies>,
    pub(super) clock: Arc<TestClock>,
    pub(super) mail: Arc<MailService>,
    pub(super) sms: Arc<SmsService>,
    pub(super) traces: Traces,
    /// Takes the messages, if it is there.
    pub(super) moto: Option<Moto>,
}

/// What a function asks for.
#[derive(Clone, Copy)]
enum Asked<'a> {
    Call(Call<'a>),
    Mail(&'a Value),
    /// A text message, straight to a number.
    Sms,
}

impl Processes {
    pub(super) fn insert(&self, key: String, pid: u32) {
        self.0.lock().expect("no panic inside").insert(key, pid);
    }

    pub(super) fn find(&self, key: &str) -> Option<u32> {
        self.0.lock().expect("no panic inside").get(key).copied()
    }

    /// Waits until the process has nothing left to do but to wait itself. What it sends at the same time has arrived by then.
    async fn settled(&self, key: &str) {
        const TURN: Duration = Duration::from_millis(1);
        const MOST_TURNS: usize = 200;
        let pid = self.find(key);
        for _ in 0..MOST_TURNS {
            tokio::time::sleep(TURN).await;
            if pid.is_none_or(sleeps) {
                break;
            }
        }
        // Its last words may still be in the socket.
        tokio::time::sleep(TURN).await;
    }
}

/// Whether no thread of a process runs (proc(5), `/proc/pid/stat`).
fn sleeps(pid: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else {
        return true;
    };
    threads.flatten().all(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        let state = stat
            .rsplit(") ")
            .next()
            .and_then(|rest| rest.chars().next());
        state != Some('R')
    })
}

impl Endpoint {
    pub(super) fn router(self) -> Router {
        Router::new().fallback(dated_answer).with_state(self)
    }

    fn allows(&self, key: &str, request: Asked<'_>) -> bool {
        let function = key.split('.').next().unwrap_or_default();
        match request {
            Asked::Call(call) if call.is_for_kms() => {
                let id = call.json()["KeyId"].as_str().unwrap_or_default().to_owned();
                let tags = self.connector.kms().tags_of(&id);
                self.policies.allow_kms(function, call, &tags)
            }
            Asked::Call(call) => self.policies.allow(function, call),
            Asked::Mail(mail) => self.policies.allow_mail(function, mail),
            Asked::Sms => self.policies.allow_sms(function),
        }
    }

    async fn send(&self, key: &str, parts: &Parts, body: Bytes) -> Response {
        let mail = serde_json::from_slice(&body).expect("a mail in JSON");
        if !self.allows(key, Asked::Mail(&mail)) {
            return denied(403);
        }
        if let Some((status, refusal)) = self.mail.refusal(&mail).await {
            return respond(status, "application/json", refusal.to_string());
        }
        let Some(moto) = &self.moto else {
            let receipt = self.mail.take(&mail).await;
            return respond(200, "application/json", receipt.to_string());
        };
        let answer = moto.pass(parts, body).await;
        if answer.status().is_success() {
            self.mail.take_with(&mail, answer.body()).await;
        }
        answer.map(Body::from)
    }

    async fn publish(&self, key: &str, parts: &Parts, form: Bytes) -> Response {
        if !self.allows(key, Asked::Sms) {
            return denied(403);
        }
        if let Some((status, refusal)) = self.sms.refusal(&form).await {
            return respond(status, "text/xml", refusal);
        }
        let Some(moto) = &self.moto else {
            return respond(200, "text/xml", self.sms.take(&form).await);
        };
        let answer = moto.pass(parts, form.clone()).await;
        if answer.status().is_success() {
            self.sms.take_with(&form, answer.body()).await;
        }
        answer.map(Body::from)
    }

    async fn pass_on(&self, key: &str, call: Call<'_>) -> Option<(u16, String)> {
        if is_upkeep(call) && !self.connector.watches_upkeep() {
            return Some(self.connector.pass(call).await);
        }
        self.connector
            .answer(call, self.processes.settled(key))
            .await
    }
}

/// Keys, settings and secrets are read at the start and now and then, beside the requests, whose budget and faults they are none
/// of.
fn is_upkeep(call: Call<'_>) -> bool {
    call.is_for_parameters() || ["GetItem keys", "BatchGetItem keys"].contains(&&*call.name())
}

/// The SDK compares the date with its own clock, and tries again what a clock that is wrong may have failed.
async fn dated_answer(State(endpoint): State<Endpoint>, request: Request) -> Response {
    let mut answer = answer(&endpoint, request).await;
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&endpoint.clock.now());
    let date = HeaderValue::from_str(&date.expect("a date of this age"));
    let date = date.expect("a header's value");
    answer.headers_mut().insert("date", date);
    answer
}

async fn answer(endpoint: &Endpoint, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await;
    let body = body.expect("a whole body");
    let key = access_key(&parts.headers);
    endpoint.traces.note(&parts.headers);
    if parts.uri.path() == "/v2/email/outbound-emails" {
        return endpoint.send(key, &parts, body).await;
    }
    // Of all services that we call, SNS alone takes forms.
    if parts.headers["content-type"] == "application/x-www-form-urlencoded" {
        return endpoint.publish(key, &parts, body).await;
    }
    let target = parts.headers["x-amz-target"].to_str().expect("a text");
    let call = Call {
        target,
        body: &body,
    };
    if !endpoint.allows(key, Asked::Call(call)) {
        return denied(400);
    }
    match endpoint.pass_on(key, call).await {
        Some((status, body)) => respond(status, "application/x-amz-json-1.0", body),
        None => lost(),
    }
}

fn denied(status: u16) -> Response {
    let body = r#"{"__type":"AccessDeniedException","message":"no policy allows it"}"#;
    respond(status, "application/x-amz-json-1.0", body.to_owned())
}

/// Who signed (AWS Signature Version 4: `Credential=<access key>/<date>/...`).
fn access_key(headers: &HeaderMap) -> &str {
    let signature = headers["authorization"].to_str().expect("a text");
    let (_, credential) = signature.split_once("Credential=").expect("a signature");
    credential.split('/').next().expect("a key")
}

fn respond(status: u16, kind: &'static str, body: String) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [("content-type", kind)], Bytes::from(body)).into_response()
}

/// An answer that breaks off.
fn lost() -> Response {
    let broken = futures::stream::iter([Err::<Bytes, _>(std::io::Error::other("lost"))]);
    Response::new(Body::from_stream(broken))
}
