//! The shell around a dialect's router: what every answer has in common, and what is refused before routing.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, HeaderName, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Method};
use percent_encoding::percent_decode_str;
use tokio::time::timeout;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;
use tracing::field::Empty;

use super::path::is_refused;
use super::routes::is_among;
use super::{Fault, Origins, RequestId, RouteTable, TrustedProxy};
use crate::domain::Random;
use crate::error::Error;
use crate::service::Trail;
use crate::usage::measured;

/// How a dialect writes a fault.
pub type Render = fn(&Fault) -> Response;

/// How a dialect completes its answers by what was asked.
pub type Complete = fn(&Method, Response) -> Response;

/// How long a request may take: less than the gateway's 30 seconds and a function's 29, after which nobody could say so in the
/// dialect's words.
pub const DEADLINE: Duration = Duration::from_secs(25);

/// The longest header value that is looked at, in bytes.
const MAX_HEADER_BYTES: usize = 8 * 1024;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a dialect's functions share around their handlers.
#[derive(Clone)]
pub struct Shell {
    /// Every operation of the dialect, also those of its other functions.
    pub routes: RouteTable,
    /// Who may call from a browser.
    pub origins: Origins,
    /// The dialect's error body.
    pub render: Render,
    /// What its error body says of the request, if it does.
    pub complete: Option<Complete>,
    /// The answer to OPTIONS on any path; 204 without a body if there is none.
    pub options_text: Option<&'static str>,
    /// Who else than the gateway may name the client.
    pub proxy: Option<TrustedProxy>,
    /// How long a request may take, after which it is dropped wherever it stands: no other than a process that ends there.
    pub deadline: Duration,
    /// Keeps what requests tell.
    pub trail: Trail,
    /// Makes request ids.
    pub random: Arc<dyn Random>,
}

impl Shell {
    /// Puts the shell around a router.
    pub fn around(self, router: Router) -> Router {
        let render = self.render;
        let panicked = move |_: Box<dyn Any + Send>| {
            render(&Fault::Core(Error::Internal("a handler panicked".into())))
        };
        // What gets here is an operation of the dialect; if this router lacks it, another function has it.
        let elsewhere = move || async move { render(&Fault::NotFound) };
        let operations = router
            .fallback(elsewhere)
            .method_not_allowed_fallback(elsewhere);
        Router::new()
            .fallback_service(operations)
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn_with_state(Arc::new(self), enter))
    }

    fn options(&self) -> Response {
        match self.options_text {
            Some(text) => text.into_response(),
            None => http::StatusCode::NO_CONTENT.into_response(),
        }
    }
}

fn refuse(method: &Method, known: Option<(&str, &[Method])>, headers: &HeaderMap) -> Option<Fault> {
    let Some((_, methods)) = known else {
        return Some(Fault::NotFound);
    };
    if !is_among(method, methods) {
        return Some(Fault::MethodNotAllowed(list(methods)));
    }
    let too_long = headers.values().any(|value| value.len() > MAX_HEADER_BYTES);
    too_long.then(|| Error::Malformed("a header is too long").into())
}

async fn enter(State(shell): State<Arc<Shell>>, mut request: Request, next: Next) -> Response {
    let id = request
        .extensions()
        .get()
        .cloned()
        .unwrap_or_else(|| RequestId(shell.random.uuid().to_string()));
    if let Some(proxy) = &shell.proxy
        && let Some(client) = proxy.client(request.headers())
    {
        request.extensions_mut().insert(client);
    }
    let method = request.method().clone();
    let headers = (!shell.origins.is_empty()).then(|| request.headers().clone());
    let path = request.uri().path();
    let readable = percent_decode_str(path).decode_utf8().is_ok() && !path.contains("//");
    let known = shell.routes.find(path).filter(|_| readable);
    let route = known.map_or("-", |(template, _)| template);
    // What becomes of the request is told by the services.
    let span = tracing::error_span!(
        "request",
        request.id = %id,
        %method,
        route,
        outcome = Empty,
        user.id = Empty
    );
    let work = shell
        .trail
        .keep(&id.0, answer(&shell, request, next, known));
    let (mut answer, usage) = measured(work).instrument(span.clone()).await;
    if let Some(complete) = shell.complete {
        answer = complete(&method, answer);
    }
    if let Some(headers) = headers {
        let methods = known.map(|(_, methods)| list(methods)).unwrap_or_default();
        shell
            .origins
            .answer(&headers, &methods, answer.headers_mut());
    }
    finish(&id, answer.headers_mut());
    let status = answer.status().as_u16();
    let units = |units: f64| (units > 0.0).then_some(units);
    let (rcu, wcu) = (units(usage.read_units), units(usage.write_units));
    span.in_scope(|| tracing::info!(status, calls = usage.calls, rcu, wcu, "answered"));
    answer
}

async fn answer(
    shell: &Shell,
    request: Request<Body>,
    next: Next,
    known: Option<(&str, &[Method])>,
) -> Response {
    if is_refused(request.uri().path(), request.headers()) {
        let hostile = Error::Malformed("the path or the query is not valid");
        return (shell.render)(&hostile.into());
    }
    if request.method() == Method::OPTIONS {
        return shell.options();
    }
    match refuse(request.method(), known, request.headers()) {
        Some(refused) => (shell.render)(&refused),
        None => match timeout(shell.deadline, next.run(request)).await {
            Ok(answer) => answer,
            Err(_) => (shell.render)(&Fault::DeadlinePassed),
        },
    }
}

fn finish(id: &RequestId, answer: &mut HeaderMap) {
    answer
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    answer.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        answer.insert(REQUEST_ID, id);
    }
}

fn list(methods: &[Method]) -> String {
    methods
        .iter()
        .map(Method::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}
