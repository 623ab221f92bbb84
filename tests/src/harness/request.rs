//! A request, built step by step and sent through the routers.

use std::net::IpAddr;

use axum::Router;
use axum::body::Body;
use http::Method;
use http_body_util::BodyExt;
use serde_json::Value;
use shared::http::Client;
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::Answer;

/// A request that has not been sent yet.
pub(crate) struct Request {
    router: Router,
    builder: http::request::Builder,
    body: Vec<u8>,
    client: IpAddr,
    visitor: Option<Visitor>,
}

/// Somebody whom pages are shown to, without a session.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    /// As it stands in the header.
    pub(crate) cookie: String,
    /// What the forms of the pages carry for the holder of this cookie.
    pub(crate) token: String,
}

impl Request {
    pub(super) fn new(router: Router, method: Method, path: &str) -> Self {
        let builder = http::Request::builder().method(method).uri(path);
        Self {
            router,
            builder,
            body: Vec::new(),
            client: IpAddr::from([192, 0, 2, 1]),
            visitor: None,
        }
    }

    /// By whom a page has been shown to before.
    pub(super) fn of(self, visitor: &Visitor) -> Self {
        Self {
            visitor: Some(visitor.clone()),
            ..self
        }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// A JSON body.
    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(body.to_string())
    }

    /// A form, as a page of ours sends it that was shown to a visitor.
    pub(crate) fn form(self, fields: &[(&str, &str)]) -> Self {
        let Some(Visitor { cookie, token }) = self.visitor.clone() else {
            return self.bare_form(fields);
        };
        let token = [("form_token", &*token)];
        let fields: Vec<_> = token.into_iter().chain(fields.iter().copied()).collect();
        self.header("cookie", &cookie).bare_form(&fields)
    }

    /// A form with these fields and nothing else, sent by whoever other headers say.
    pub(crate) fn bare_form(self, fields: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.header("content-type", "application/x-www-form-urlencoded")
            .body(body)
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// From this address.
    pub(crate) fn from(mut self, client: &str) -> Self {
        self.client = client.parse().expect("an address");
        self
    }

    pub(crate) async fn send(self) -> Answer {
        let mut request = self
            .builder
            .body(Body::from(self.body))
            .expect("a request that can be sent");
        request.extensions_mut().insert(Client::at(self.client));
        request.extensions_mut().insert(self.client);
        let answer = self
            .router
            .oneshot(request)
            .await
            .expect("routers do not fail");
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
            bytes: body.to_vec(),
        }
    }
}

/// Sends requests at the same time; their answers in the order in which they come.
pub(crate) async fn at_once(requests: impl IntoIterator<Item = Request>) -> Vec<Answer> {
    let mut sending: JoinSet<Answer> = requests.into_iter().map(Request::send).collect();
    let mut answers = Vec::new();
    while let Some(answer) = sending.join_next().await {
        answers.push(answer.expect("an answer"));
    }
    answers
}
