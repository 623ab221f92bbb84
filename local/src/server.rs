//! The local server: the platform's router, and around it what a developer needs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::header::{ACCEPT, CACHE_CONTROL, HOST, ORIGIN};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;
use shared::domain::Clock as _;
use shared::http::{Client, Fields};
use shared::runtime::StartError;
use tokio::net::TcpListener;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::clock::MovableClock;
use crate::cost::{Ledger, Rates, Report};
use crate::inbox::Inbox;
use crate::platform::Local;
use crate::views::{CostPage, DialectLink, InboxPage, StartPage};

const DELIVERY_PAUSE: Duration = Duration::from_millis(250);
/// Sweeps once a minute, and whenever the clock has been moved.
const PAUSES_PER_SWEEP: u32 = 240;

const DIALECTS: [DialectLink; 5] = [
    DialectLink {
        name: "User Service",
        prefix: "/user-service",
        summary: "Sign-up, sign-in with JSON Web Tokens, profile and attributes.",
    },
    DialectLink {
        name: "Security Service",
        prefix: "/security",
        summary: "Sign-in with a second factor, users and their roles, avatars, messages.",
    },
    DialectLink {
        name: "Identity Server",
        prefix: "/rbac",
        summary: "Users, roles and permissions.",
    },
    DialectLink {
        name: "Session",
        prefix: "/session",
        summary: "Sign-up and sign-in for browsers, by a cookie.",
    },
    DialectLink {
        name: "Identify",
        prefix: "/identify",
        summary: "Users of projects, by their providers and on their devices.",
    },
];

#[derive(Clone)]
struct Developer {
    inbox: Arc<Inbox>,
    clock: Arc<MovableClock>,
    moved: Arc<tokio::sync::Notify>,
    ledger: Arc<Ledger>,
    base: String,
    admin_email: String,
}

/// Serves until the process ends.
///
/// # Errors
/// The router cannot be built or the listener fails.
pub async fn serve(
    local: Local,
    listener: TcpListener,
    inbox: Arc<Inbox>,
    clock: Arc<MovableClock>,
    admin_email: String,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let moved = Arc::new(tokio::sync::Notify::new());
    let base = local.foundation.config.public_url.clone();
    let developer = Developer {
        inbox,
        clock,
        moved: Arc::clone(&moved),
        ledger: Arc::clone(&local.ledger),
        base,
        admin_email,
    };
    let router = router(&local, developer)?;
    let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::select! {
        served = axum::serve(listener, service) => Ok(served?),
        () = keep_house(local, moved) => Ok(()),
    }
}

/// The work that has no request: sending what was promised, sweeping what has expired.
async fn keep_house(local: Local, moved: Arc<tokio::sync::Notify>) {
    let mut tried = HashMap::new();
    let mut pauses = 0;
    loop {
        tokio::select! {
            () = tokio::time::sleep(DELIVERY_PAUSE) => pauses += 1,
            () = moved.notified() => pauses = PAUSES_PER_SWEEP,
        }
        local.deliver(&mut tried).await;
        if pauses >= PAUSES_PER_SWEEP {
            pauses = 0;
            let context = &local.foundation.context;
            if let Err(fault) = context.store.sweep_expired(context.clock.now()).await {
                tracing::error!("expired items were not swept: {fault}");
            }
        }
    }
}

fn router(local: &Local, developer: Developer) -> Result<Router, StartError> {
    let own = Router::new()
        .route("/", get(start))
        .route("/_local/inbox", get(show_inbox).delete(empty_inbox))
        .route("/_local/inbox/empty", post(empty_inbox_by_form))
        .route("/_local/clock", get(show_clock).post(move_clock))
        .route("/_local/cost", get(show_cost))
        .with_state(developer);
    let docs = SwaggerUi::new("/docs").config(
        Config::new([
            "/openapi/user-service.json",
            "/openapi/security.json",
            "/openapi/rbac.json",
            "/openapi/session.json",
            "/openapi/identify.json",
        ])
        .validator_url("none"),
    );
    Ok(Router::new()
        .merge(own)
        .merge(docs)
        .fallback_service(local.router()?)
        .layer(from_fn(receive)))
}

/// Refuses requests under a foreign host name, so that no web page reads the inbox by DNS rebinding, and notes who sent it.
async fn receive(mut request: Request, next: Next) -> Response {
    // A request may name its host in the request line, too (RFC 9112 §3.2.2).
    let named = request.uri().host().is_none_or(is_this_machine);
    if !named
        || !request
            .headers()
            .get(HOST)
            .and_then(|host| host.to_str().ok())
            .is_some_and(is_this_machine)
    {
        return (
            StatusCode::MISDIRECTED_REQUEST,
            Json(json!({ "error": "this server answers on this machine only" })),
        )
            .into_response();
    }
    if let Some(ConnectInfo(address)) = request
        .extensions()
        .get::<ConnectInfo<std::net::SocketAddr>>()
        .copied()
    {
        request.extensions_mut().insert(Client::at(address.ip()));
    }
    next.run(request).await
}

fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "127.0.0.1" | "[::1]" | "localhost")
}

async fn start(State(developer): State<Developer>) -> Response {
    let page = StartPage {
        base: &developer.base,
        admin_email: &developer.admin_email,
        dialects: &DIALECTS,
    };
    render(&page)
}

/// Whether this is a browser's own request.
fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

async fn show_inbox(State(developer): State<Developer>, headers: HeaderMap) -> Response {
    let messages = developer.inbox.messages();
    if wants_page(&headers) {
        return render(&InboxPage {
            messages: &messages,
        });
    }
    ([NO_STORE], Json(messages)).into_response()
}

async fn empty_inbox(State(developer): State<Developer>) -> Response {
    match developer.inbox.empty() {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(fault) => failed(&fault),
    }
}

/// The button of the inbox page; a foreign page's form says by its origin that it is one.
async fn empty_inbox_by_form(State(developer): State<Developer>, headers: HeaderMap) -> Response {
    let site = headers
        .get("sec-fetch-site")
        .and_then(|site| site.to_str().ok());
    let foreign = site.map_or_else(
        || headers.contains_key(ORIGIN),
        |site| site != "same-origin",
    );
    if foreign {
        return StatusCode::FORBIDDEN.into_response();
    }
    match developer.inbox.empty() {
        Ok(()) => Redirect::to("/_local/inbox").into_response(),
        Err(fault) => failed(&fault),
    }
}

async fn show_cost(State(developer): State<Developer>, headers: HeaderMap) -> Response {
    let report = Report::of(developer.ledger.entries(), Rates::known());
    if wants_page(&headers) {
        return render(&CostPage { report: &report });
    }
    ([NO_STORE], Json(report)).into_response()
}

async fn show_clock(State(developer): State<Developer>) -> Response {
    (
        [NO_STORE],
        Json(json!({ "now": developer.clock.now().as_second() })),
    )
        .into_response()
}

async fn move_clock(State(developer): State<Developer>, request: Request) -> Response {
    let seconds = match shared::http::read_fields(request, false)
        .await
        .and_then(|fields| advance(&fields))
    {
        Ok(seconds) => seconds,
        Err(fault) => {
            return (
                StatusCode::BAD_REQUEST,
                Json(json!({ "error": fault.to_string() })),
            )
                .into_response();
        }
    };
    match developer.clock.advance(seconds) {
        Ok(()) => {}
        Err(fault) if fault.kind() == std::io::ErrorKind::InvalidInput => {
            let error = "the clock moves at most a hundred years";
            return (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
        }
        Err(fault) => return failed(&fault),
    }
    developer.moved.notify_one();
    show_clock(State(developer)).await
}

fn advance(fields: &Fields) -> Result<u32, shared::http::Fault> {
    const NAME: &str = "advance_seconds";
    let seconds = fields
        .optional_number(NAME)?
        .ok_or(shared::error::Error::MissingField(NAME))?;
    Ok(u32::try_from(seconds).map_err(|_| shared::error::Error::InvalidField(NAME))?)
}

const NO_STORE: (http::HeaderName, HeaderValue) =
    (CACHE_CONTROL, HeaderValue::from_static("no-store"));

fn render(page: &impl Template) -> Response {
    match page.render() {
        Ok(page) => ([NO_STORE], Html(page)).into_response(),
        Err(fault) => failed(&fault),
    }
}

fn failed(fault: &(dyn std::error::Error + 'static)) -> Response {
    tracing::error!("the local server failed: {fault}");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
