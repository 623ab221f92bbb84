//! Where CloudFormation waits for a custom resource: an address that takes one report per request.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// An address for reports.
#[derive(Debug)]
pub(crate) struct Callback {
    url: String,
    state: Arc<State>,
    _server: JoinSet<()>,
}

/// A report that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) address: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

#[derive(Debug, Default)]
struct State {
    reports: Mutex<Vec<Report>>,
    answers: Mutex<VecDeque<StatusCode>>,
}

impl Callback {
    /// On this machine.
    pub(crate) async fn start() -> Self {
        Self::at("127.0.0.1").await
    }

    /// At this address of the machine.
    pub(crate) async fn at(address: &str) -> Self {
        let listener = TcpListener::bind((address, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State::default());
        let taking = Arc::clone(&state);
        let router = Router::new().fallback(move |request: Request| {
            let state = Arc::clone(&taking);
            async move { state.take(request).await }
        });
        let server = async move {
            axum::serve(listener, router).await.expect("it serves");
        };
        Self {
            url: format!("http://{address}/report%2Fof?Signature=a%2Fb%3D&Expires=1"),
            state,
            _server: JoinSet::from_iter([server]),
        }
    }

    /// What the event names as `ResponseURL`, presigned and escaped as S3 does it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Answers the next reports like this, and then all with 200.
    pub(crate) fn answer_with(&self, statuses: &[u16]) {
        let mut answers = self.state.answers.lock().expect("no panic inside");
        let statuses = statuses.iter().map(|status| StatusCode::from_u16(*status));
        answers.extend(statuses.map(|status| status.expect("a status")));
    }

    /// The reports that arrived since the last look.
    pub(crate) fn take(&self) -> Vec<Report> {
        std::mem::take(&mut self.state.reports.lock().expect("no panic inside"))
    }
}

impl State {
    async fn take(&self, request: Request) -> StatusCode {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await;
        let report = Report {
            method: parts.method,
            address: parts.uri.to_string(),
            headers: parts.headers,
            body: serde_json::from_slice(&body.expect("a whole body")).expect("JSON"),
        };
        self.reports.lock().expect("no panic inside").push(report);
        let answer = self.answers.lock().expect("no panic inside").pop_front();
        answer.unwrap_or(StatusCode::OK)
    }
}
