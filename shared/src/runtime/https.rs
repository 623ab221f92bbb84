//! The way out: HTTPS to AWS and to providers, HTTP/1.1 over rustls, with the roots of the web's certificates in the binary.
//!
//! The SDK's own client reads the machine's certificates at every start and brings HTTP/2 along, which nothing here is asked over:
//! docs/decisions/0046-dynamodb-client.md.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector as Tcp;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::aws_lc_rs::default_provider;

/// As long as another side takes to accept a connection.
const CONNECT: Duration = Duration::from_secs(3);

/// Connections that are kept. Follows no redirect and sets no time for an answer: both are the caller's.
#[derive(Debug, Clone)]
pub(super) struct Https(Client<HttpsConnector<Tcp>, SdkBody>);

impl Https {
    /// Keeps an idle connection for so long.
    pub(super) fn keeping(idle: Duration) -> Self {
        let mut tcp = Tcp::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT));
        let tls = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(default_provider())
            .expect("aws-lc has the protocols that rustls wants")
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(idle)
            .build(tls);
        Self(client)
    }
}

impl HttpConnector for Https {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(fault) => {
                return HttpConnectorFuture::ready(Err(ConnectorError::user(fault.into())));
            }
        };
        let answered = self.0.request(request);
        HttpConnectorFuture::new(async move {
            let answer = answered.await.map_err(unanswered)?;
            let answer = answer.map(SdkBody::from_body_1_x);
            HttpResponse::try_from(answer)
                .map_err(|fault| ConnectorError::other(fault.into(), None))
        })
    }
}

/// What the network did: a client tries again.
fn unanswered(fault: Error) -> ConnectorError {
    ConnectorError::io(fault.into())
}
