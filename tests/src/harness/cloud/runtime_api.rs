//! The Runtime API of AWS Lambda: hands events to the processes of one function, and their answers to whoever waits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::Value;
use tokio::sync::{Notify, mpsc, oneshot};

/// Events that wait, and those that are being answered.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    queue: mpsc::UnboundedSender<Invocation>,
    waiting: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
    state: Mutex<State>,
    count: AtomicU64,
    asked: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Who waits for which answer.
    open: HashMap<String, oneshot::Sender<Answer>>,
    /// Why no answer will come any more.
    ended: Option<String>,
}

#[derive(Debug)]
struct Invocation {
    id: String,
    event: Value,
}

/// The trace that an invocation belongs to.
fn trace_of(id: &str) -> String {
    let number = id.rsplit('-').next().unwrap_or_default();
    format!("Root=1-5bef4de7-ad49b0e87f6e{number};Sampled=1")
}

/// What a function made of an event: an answer, or a failure in words.
pub(crate) type Answer = Result<Value, String>;

impl RuntimeApi {
    pub(super) fn new() -> Self {
        let (queue, waiting) = mpsc::unbounded_channel();
        Self {
            queue,
            waiting: tokio::sync::Mutex::new(waiting),
            state: Mutex::default(),
            count: AtomicU64::new(0),
            asked: Notify::new(),
        }
    }

    /// Queues an event. It is answered even if nobody waits for that any more, as in Lambda.
    pub(super) fn send(&self, event: Value) -> oneshot::Receiver<Answer> {
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        let id = format!("8476a536-e9f4-11e8-9739-{number:012x}");
        let (sender, receiver) = oneshot::channel();
        let mut state = self.lock();
        if let Some(reason) = &state.ended {
            let _ = sender.send(Err(reason.clone()));
            return receiver;
        }
        state.open.insert(id.clone(), sender);
        let queued = self.queue.send(Invocation { id, event });
        queued.expect("the queue is as old as its sender");
        receiver
    }

    /// Events that wait or are being answered.
    pub(super) fn open(&self) -> usize {
        self.lock().open.len()
    }

    /// Waits until a process asks for an event, which ends its start.
    pub(super) async fn asked(&self) {
        self.asked.notified().await;
    }

    /// Fails all events, also those to come.
    pub(super) fn end(&self, reason: &str) {
        let mut state = self.lock();
        state.ended = Some(reason.to_owned());
        for (_, sender) in state.open.drain() {
            let _ = sender.send(Err(reason.to_owned()));
        }
    }

    pub(super) fn router(self: &Arc<Self>) -> Router {
        let api = Arc::clone(self);
        Router::new().fallback(move |request: Request| {
            let api = Arc::clone(&api);
            async move {
                let path = request.uri().path().to_owned();
                let body = axum::body::to_bytes(request.into_body(), usize::MAX).await;
                api.answer(&path, &body.expect("a whole body")).await
            }
        })
    }

    async fn answer(&self, path: &str, body: &[u8]) -> Response {
        let text = || String::from_utf8_lossy(body).into_owned();
        let mut end = path.rsplit('/');
        match (end.next(), end.next()) {
            (Some("next"), _) => return self.next().await,
            (Some("response"), Some(id)) => {
                let answer = serde_json::from_slice(body);
                self.finish(id, answer.map_err(|_| format!("no JSON: {}", text())));
            }
            (Some("error"), Some("init")) => self.end(&text()),
            (Some("error"), Some(id)) => self.finish(id, Err(text())),
            _ => return StatusCode::NOT_FOUND.into_response(),
        }
        StatusCode::ACCEPTED.into_response()
    }

    async fn next(&self) -> Response {
        self.asked.notify_waiters();
        let invocation = self.waiting.lock().await.recv().await;
        let Invocation { id, event } = invocation.expect("the queue is as old as its sender");
        let headers = [
            ("lambda-runtime-aws-request-id", id.as_str()),
            ("lambda-runtime-deadline-ms", "9999999999999"),
            (
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:eu-central-1:123456789012:function:f",
            ),
            ("lambda-runtime-trace-id", &trace_of(&id)),
        ];
        (headers, event.to_string()).into_response()
    }

    fn finish(&self, id: &str, answer: Answer) {
        if let Some(sender) = self.lock().open.remove(id) {
            // Whoever asked may have gone.
            let _ = sender.send(answer);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic inside")
    }
}
