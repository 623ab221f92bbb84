//! A server that is not ours: requests go to it over connections that stay open.

use std::collections::HashMap;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::{
    HttpConnector as _, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use axum::body::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::BodyExt as _;
use shared::runtime::Aws;

/// Servers hang up after a while without a word; whoever writes at that moment gets no answer.
const IDLE: Duration = Duration::from_secs(2);

/// The network as functions reach it, for a client of the SDK's.
pub(crate) fn network() -> SharedHttpClient {
    Aws::new(HashMap::new()).network()
}

/// A server at an address. Made anew for each platform: connections end with the runtime that opened them.
#[derive(Debug, Clone)]
pub(super) struct Remote {
    origin: String,
    connector: SharedHttpConnector,
}

impl Remote {
    /// The server whose address this variable of the environment holds.
    #[expect(clippy::disallowed_methods, reason = "chooses what is tested against")]
    pub(super) fn named_by(variable: &str) -> Option<Self> {
        let address = std::env::var(variable).ok();
        let origin = address.filter(|address| !address.is_empty())?;
        assert!(
            origin.starts_with("http://") && !origin.ends_with('/'),
            "{variable} is like http://127.0.0.1:5000, not {origin:?}"
        );
        let connector = Connector::builder().pool_idle_timeout(IDLE).build_http();
        Some(Self {
            origin,
            connector: SharedHttpConnector::new(connector),
        })
    }

    /// Asks for a path with its query.
    ///
    /// # Panics
    /// No answer comes.
    pub(super) async fn ask(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Response<Bytes> {
        let mut request = Request::new(body.to_vec());
        *request.method_mut() = method.clone();
        *request.uri_mut() = format!("{}{path}", self.origin).parse().expect("a URL");
        *request.headers_mut() = headers.clone();
        for of_the_connection in [CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING] {
            request.headers_mut().remove(of_the_connection);
        }
        let request: HttpRequest = request.map(Into::into).try_into().expect("a request");
        let answer = self.connector.call(request).await;
        let answer =
            answer.unwrap_or_else(|fault| panic!("no answer of {}: {fault:?}", self.origin));
        let (parts, body) = answer.try_into_http1x().expect("an answer").into_parts();
        let body = body.collect().await.expect("a whole answer");
        Response::from_parts(parts, body.to_bytes())
    }
}
