//! The gateway in front of all functions: an HTTP request in, an event to the function that has its route, the answer out.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use shared::domain::Clock as _;

use super::event::{Received, event, response};
use super::runtime_api::Answer;
use super::{Cloud, Function, Policies, Routes, Surroundings};
use crate::harness::TestClock;
use crate::template::Template;

/// The functions of the template behind its routes.
pub(in crate::harness) struct Gateway {
    routes: Routes,
    functions: BTreeMap<String, Function>,
    policies: Arc<Policies>,
    clock: Arc<TestClock>,
    requests: AtomicU64,
    cloud: Cloud,
}

impl Gateway {
    pub(in crate::harness) async fn start(
        template: &Template,
        surroundings: Surroundings<'_>,
    ) -> Arc<Self> {
        let policies = Arc::new(Policies::of(template));
        let cloud = Cloud::around(surroundings, Arc::clone(&policies)).await;
        let functions = template.functions().into_iter();
        let functions = functions.map(|function| {
            let ready = cloud.function_of(&function);
            (function.binary, ready)
        });
        Arc::new(Self {
            routes: Routes::of(template),
            functions: functions.collect(),
            policies,
            clock: Arc::clone(surroundings.clock),
            requests: AtomicU64::new(0),
            cloud,
        })
    }

    /// What all functions have logged.
    pub(in crate::harness) fn log(&self) -> String {
        self.cloud.log()
    }

    /// For requests as clients send them.
    pub(in crate::harness) fn router(self: &Arc<Self>) -> Router {
        let gateway = Arc::clone(self);
        Router::new().fallback(move |request: Request| {
            let gateway = Arc::clone(&gateway);
            async move { gateway.answer(request).await }
        })
    }

    /// Brings the outbox's sender the news of an intent, as its table's stream does.
    pub(in crate::harness) async fn deliver(&self, intent: &Value) {
        let record = json!({
            "eventID": "c4ca4238a0b923820dcc509a6f75849b",
            "eventName": "INSERT",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "eu-central-1",
            "dynamodb": {
                "Keys": { "id": { "S": intent } },
                "SequenceNumber": "4421584500000000017450439091",
                "SizeBytes": 38,
                "StreamViewType": "KEYS_ONLY",
            },
        });
        self.invoke("platform-outbox", json!({ "Records": [record] }))
            .await;
    }

    /// Invokes a function directly.
    pub(in crate::harness) async fn try_invoke(&self, binary: &str, event: Value) -> Answer {
        let answer = self.functions[binary].try_invoke(event).await;
        let refused = self.policies.refused();
        assert!(refused.is_empty(), "no policy allows it: {refused:#?}");
        answer
    }

    async fn invoke(&self, binary: &str, event: Value) -> Value {
        match self.try_invoke(binary, event).await {
            Ok(answer) => answer,
            Err(reason) => panic!("{binary} failed: {reason}"),
        }
    }

    async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let Some(matched) = self.routes.find(parts.method.as_str(), parts.uri.path()) else {
            let body = Json(json!({ "message": "Not Found" }));
            return (StatusCode::NOT_FOUND, body).into_response();
        };
        let body = axum::body::to_bytes(body, usize::MAX).await;
        let number = self.requests.fetch_add(1, Ordering::SeqCst);
        let source: &IpAddr = parts.extensions.get().expect("a client's address");
        let received = Received {
            parts: &parts,
            body: &body.expect("a whole body"),
            source: source.to_string(),
            id: format!("JKJaXmP{number:08}="),
            time_ms: self.clock.now().as_millisecond(),
        };
        let event = event(&received, &matched);
        let mut answer = response(&self.invoke(matched.binary, event).await);
        if parts.method == Method::HEAD {
            *answer.body_mut() = Body::empty();
        }
        answer
    }
}
