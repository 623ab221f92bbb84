//! Providers on this machine: an OpenID Connect issuer, Facebook, Twitter and a Cognito user pool, as far as they are asked who
//! somebody is. They check what they are sent by their own means.

mod facebook;
mod issuer;
mod pool;
mod twitter;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use facebook::Facebook;
use issuer::Issuer;
use pool::Pool;
use twitter::Twitter;

pub(crate) use issuer::{CLIENT_ID, merged};

/// All providers, at one address. Two of them are two origins.
#[derive(Debug)]
pub(crate) struct FakeProviders {
    address: SocketAddr,
    state: Arc<State>,
    server: Mutex<JoinSet<()>>,
}

/// A request that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// The query's pairs, decoded.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

#[derive(Debug)]
struct State {
    /// Scheme and authority.
    url: String,
    issuer: Mutex<Issuer>,
    facebook: Mutex<Facebook>,
    twitter: Mutex<Twitter>,
    pool: Mutex<Pool>,
    faults: Mutex<Faults>,
    asked: Mutex<Vec<Asked>>,
    arrival: Notify,
}

#[derive(Debug, Default)]
struct Faults {
    hangs: bool,
    status: Option<StatusCode>,
    answers: HashMap<String, (StatusCode, HeaderMap, Vec<u8>)>,
}

impl FakeProviders {
    /// All in order, and without users.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            url: format!("http://{address}"),
            issuer: Mutex::new(Issuer::new()),
            facebook: Mutex::default(),
            twitter: Mutex::default(),
            pool: Mutex::default(),
            faults: Mutex::default(),
            asked: Mutex::default(),
            arrival: Notify::new(),
        });
        let server = Mutex::new(serve(listener, &state));
        Self {
            address,
            state,
            server,
        }
    }

    /// What a project has of all of them: its `providers`.
    pub(crate) fn settings(&self) -> Value {
        json!({
            "awsCognito": self.pool_settings(),
            "authZero": self.auth_zero_settings(),
            "google": self.google_settings(),
            "facebook": self.facebook_settings(),
            "twitter": self.twitter_settings(),
            "anonymous": {},
            "noLogin": {},
        })
    }

    /// What a project has of Google: this issuer.
    pub(crate) fn google_settings(&self) -> Value {
        self.issuer_settings()
    }

    /// What a project has of Auth0: the same issuer.
    pub(crate) fn auth_zero_settings(&self) -> Value {
        self.issuer_settings()
    }

    fn issuer_settings(&self) -> Value {
        json!({
            "issuer": self.url(),
            "jwks_uri": format!("{}/jwks", self.url()),
            "client_ids": [CLIENT_ID, "our-other-client"],
        })
    }

    /// What a project has of Facebook.
    pub(crate) fn facebook_settings(&self) -> Value {
        json!({
            "graph_url": self.url(),
            "app_id": facebook::APP_ID,
            "app_secret": facebook::APP_SECRET,
        })
    }

    /// What a project has of Twitter: it takes no OAuth 2 tokens.
    pub(crate) fn twitter_settings(&self) -> Value {
        json!({
            "api_url": self.url(),
            "consumer_key": twitter::CONSUMER_KEY,
            "consumer_secret": twitter::CONSUMER_SECRET,
        })
    }

    /// What a project has of the pool.
    pub(crate) fn pool_settings(&self) -> Value {
        json!({
            "region": "eu-central-1",
            "client_id": pool::CLIENT_ID,
            "client_secret": pool::CLIENT_SECRET,
            "endpoint": self.url(),
        })
    }

    /// Scheme and authority of them all, and the issuer's name.
    pub(crate) fn url(&self) -> &str {
        &self.state.url
    }

    /// An ID token by RS256 with these claims. Those that go without saying are added, and null takes one away.
    pub(crate) fn id_token(&self, claims: Value) -> String {
        self.id_token_by("RS256", claims)
    }

    /// The same by another algorithm, RS256 or ES256.
    pub(crate) fn id_token_by(&self, algorithm: &str, claims: Value) -> String {
        let header = json!({ "typ": "JWT", "alg": algorithm, "kid": self.kid(algorithm) });
        self.sign(&header, &self.claims(claims))
    }

    /// The claims of an ID token.
    pub(crate) fn claims(&self, claims: Value) -> Value {
        let usual = json!({
            "iss": self.url(),
            "aud": CLIENT_ID,
            "sub": "1001",
            "exp": 2_000_000_000,
        });
        merged(usual, claims)
    }

    /// The name of the key that signs by this algorithm.
    pub(crate) fn kid(&self, algorithm: &str) -> String {
        lock(&self.state.issuer).kid(algorithm)
    }

    /// A token with exactly this header and these claims, signed by the present key for ES256 or RS256.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        lock(&self.state.issuer).sign(header, claims)
    }

    /// New keys: the former ones are not published any more.
    pub(crate) fn rotate(&self) {
        lock(&self.state.issuer).rotate();
    }

    /// The issuer's key set.
    pub(crate) fn jwks(&self) -> Value {
        lock(&self.state.issuer).jwks()
    }

    /// A token of somebody with this `id`, `name`, `email` at Facebook, for our app.
    pub(crate) fn facebook_token(&self, user: Value) -> String {
        self.facebook_token_with(user, json!({}))
    }

    /// The same, with other members in what `debug_token` says of it. Null takes one away.
    pub(crate) fn facebook_token_with(&self, user: Value, debug: Value) -> String {
        lock(&self.state.facebook).issue(user, debug)
    }

    /// A pair `token:token_secret` of somebody with this `id_str`, `name`, `email` at Twitter, for our app.
    pub(crate) fn twitter_pair(&self, user: Value) -> String {
        lock(&self.state.twitter).issue_pair(user)
    }

    /// An OAuth 2 token of somebody with this `id`, `name`, `username` at Twitter, for any app.
    pub(crate) fn twitter_bearer(&self, user: Value) -> String {
        lock(&self.state.twitter).issue_bearer(user)
    }

    /// A user of the pool with these attributes beside the address.
    pub(crate) fn pool_user(&self, address: &str, password: &str, attributes: Value) {
        lock(&self.state.pool).add(address, password, attributes);
    }

    /// Answers to an address and its right password with this error, or with this challenge if it is named in capitals.
    pub(crate) fn pool_says(&self, address: &str, what: &str) {
        lock(&self.state.pool).say(address, what);
    }

    /// Takes requests and does not answer them, or does again. Those that it took are never answered.
    pub(crate) fn hang(&self, hangs: bool) {
        lock(&self.state.faults).hangs = hangs;
    }

    /// Answers everything with this status.
    pub(crate) fn fail(&self, status: u16) {
        let status = StatusCode::from_u16(status).expect("a status");
        lock(&self.state.faults).status = Some(status);
    }

    /// Answers requests for a path always with this.
    pub(crate) fn answer(&self, path: &str, status: u16, body: impl Into<Vec<u8>>) {
        self.answer_with(path, status, HeaderMap::new(), body);
    }

    /// Sends requests for a path on to somewhere else.
    pub(crate) fn redirect(&self, path: &str, to: &str) {
        let mut headers = HeaderMap::new();
        headers.insert("location", to.parse().expect("a header's value"));
        self.answer_with(path, 307, headers, "");
    }

    fn answer_with(&self, path: &str, status: u16, headers: HeaderMap, body: impl Into<Vec<u8>>) {
        let status = StatusCode::from_u16(status).expect("a status");
        let mut faults = lock(&self.state.faults);
        let answer = (status, headers, body.into());
        faults.answers.insert(path.to_owned(), answer);
    }

    /// Answers everything as it should again.
    pub(crate) fn heal(&self) {
        *lock(&self.state.faults) = Faults::default();
    }

    /// Is not there any more.
    pub(crate) async fn go_away(&self) {
        let mut server = std::mem::take(&mut *lock(&self.server));
        server.shutdown().await;
    }

    /// Is there again, at the same address.
    pub(crate) async fn come_back(&self) {
        let listener = TcpListener::bind(self.address).await;
        let listener = listener.expect("the port is still free");
        *lock(&self.server) = serve(listener, &self.state);
    }

    /// How many requests for a path have arrived.
    pub(crate) fn calls(&self, path: &str) -> usize {
        self.asked(path).len()
    }

    /// The requests for a path that have arrived.
    pub(crate) fn asked(&self, path: &str) -> Vec<Asked> {
        let asked = lock(&self.state.asked);
        asked
            .iter()
            .filter(|asked| asked.path == path)
            .cloned()
            .collect()
    }

    /// Waits until so many requests for a path have arrived.
    pub(crate) async fn arrived(&self, path: &str, calls: usize) {
        while self.calls(path) < calls {
            self.state.arrival.notified().await;
        }
    }
}

impl State {
    async fn take(&self, request: Request) -> Response {
        let asked = Asked::read(request).await;
        lock(&self.asked).push(asked.clone());
        self.arrival.notify_one();
        if lock(&self.faults).hangs {
            std::future::pending::<()>().await;
        }
        let mut response = match self.fault(&asked.path) {
            Some(fault) => fault,
            None => self.answer(&asked),
        };
        // Otherwise connections would outlive the server.
        let headers = response.headers_mut();
        headers.insert("connection", "close".parse().expect("a header's value"));
        response
    }

    fn fault(&self, path: &str) -> Option<Response> {
        let faults = lock(&self.faults);
        if let Some(status) = faults.status {
            return Some(respond(status, &json!({ "error": "out of order" })));
        }
        let (status, headers, body) = faults.answers.get(path)?.clone();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Some(response)
    }

    fn answer(&self, asked: &Asked) -> Response {
        let (status, body) = match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/jwks") => (200, lock(&self.issuer).jwks()),
            ("GET", "/debug_token") => lock(&self.facebook).debug_token(asked),
            ("GET", "/me") => lock(&self.facebook).me(asked),
            ("GET", twitter::VERIFY) => lock(&self.twitter).verify(asked, &self.url),
            ("GET", "/2/users/me") => lock(&self.twitter).me(asked),
            ("POST", "/") => lock(&self.pool).call(asked),
            _ => (404, json!({ "error": "no such path" })),
        };
        respond(StatusCode::from_u16(status).expect("a status"), &body)
    }
}

impl Asked {
    async fn read(request: Request) -> Self {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await;
        let query = parts.uri.query().unwrap_or_default();
        // Traces are between AWS and us.
        assert!(!parts.headers.contains_key("x-amzn-trace-id"));
        Self {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            headers: parts.headers,
            body: body.expect("a whole body").to_vec(),
        }
    }

    /// A parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        let mut named = self.query.iter().filter(|(own, _)| own == name);
        named.next().map_or("", |(_, value)| value)
    }

    /// A header field.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("a text"))
    }
}

fn serve(listener: TcpListener, state: &Arc<State>) -> JoinSet<()> {
    let state = Arc::clone(state);
    let router = Router::new().fallback(move |request: Request| {
        let state = Arc::clone(&state);
        async move { state.take(request).await }
    });
    let server = async move {
        axum::serve(listener, router).await.expect("it serves");
    };
    JoinSet::from_iter([server])
}

fn respond(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let kind = "application/json".parse().expect("a header's value");
    response.headers_mut().insert("content-type", kind);
    response
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no panic inside")
}
