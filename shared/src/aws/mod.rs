//! AWS over the network, as far as its services speak JSON: a call is signed, sent, tried again where that may help, and counted.
//!
//! In the place of the SDK's clients, whose general machinery takes several times as long for a call as all else of a request, and
//! half of a function's start: docs/decisions/0046-dynamodb-client.md, 0047-json-services.md. Below it is any connector of the
//! SDK's, so that the engine of local mode and the tests' faults can stand where the network is.

mod blob;
mod fault;
mod sign;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

pub(crate) use blob::Blob;
pub(crate) use fault::Fault;
pub use sign::Credentials;

use crate::domain::{Clock, Random};
use crate::usage;
use sign::{Signer, Signing};

/// A client of one service.
#[derive(Clone)]
pub struct Client(Arc<Parts>);

struct Parts {
    service: &'static Service,
    connector: SharedHttpConnector,
    url: String,
    host: String,
    signer: Option<Signer>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

/// A service, and how patiently it is asked.
#[derive(Debug)]
pub struct Service {
    /// As hosts and signatures name it, such as `dynamodb`.
    pub name: &'static str,
    /// What stands before each operation's name.
    pub(crate) api: &'static str,
    /// That of the protocol's version.
    pub(crate) content_type: &'static str,
    /// The longest that a try takes.
    pub(crate) longest_try: Duration,
    /// The longest that a call takes with all its tries.
    pub longest_call: Duration,
    /// Tries of a call beyond the first.
    pub(crate) retries: u32,
    /// The bound of the first pause between two tries; it doubles with each.
    pub(crate) first_pause: Duration,
    /// The bound of any pause.
    pub(crate) longest_pause: Duration,
}

/// Where a service is, and as whom it is called.
#[derive(Debug, Clone)]
pub struct Place {
    /// Opens connections and keeps them.
    pub connector: SharedHttpConnector,
    /// Another than the region's own, such as `http://localhost:8000`.
    pub endpoint: Option<String>,
    /// As AWS names it, such as `eu-central-1`.
    pub region: String,
    /// Without them no call is signed.
    pub credentials: Option<Credentials>,
}

impl Client {
    /// A client of this service, there.
    pub fn new(
        service: &'static Service,
        place: Place,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        let own = || endpoint(service.name, &place.region);
        let url = place.endpoint.unwrap_or_else(own);
        let url = url.trim_end_matches('/').to_owned();
        let host = url.split_once("://").map_or(&*url, |(_, host)| host);
        Self(Arc::new(Parts {
            service,
            connector: place.connector,
            host: host.to_owned(),
            signer: place
                .credentials
                .map(|credentials| Signer::new(credentials, &place.region, service.name)),
            url,
            clock,
            random,
        }))
    }

    /// Performs an operation: the request and the answer as the API has them.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        operation: &str,
        request: &impl Serialize,
    ) -> Result<T, Fault> {
        let service = self.0.service;
        let target = format!("{}.{operation}", service.api);
        let body = serde_json::to_vec(request).expect("maps have texts for keys");
        let body = SdkBody::from(body);
        let answer = timeout(service.longest_call, self.try_call(&target, &body)).await;
        let answer = answer.unwrap_or(Err(Fault::Late))?;
        let answer = if answer.is_empty() { b"{}" } else { &*answer };
        serde_json::from_slice(answer).map_err(|fault| Fault::unreadable(&fault))
    }

    async fn try_call(&self, target: &str, body: &SdkBody) -> Result<Vec<u8>, Fault> {
        let service = self.0.service;
        for attempt in 0.. {
            usage::call_begins();
            let tried = timeout(service.longest_try, self.0.send(target, body)).await;
            usage::call_ends();
            match tried.unwrap_or(Err(Fault::Late)) {
                Err(fault) if attempt < service.retries && fault.may_pass() => {
                    self.pause(attempt).await;
                }
                ended => return ended,
            }
        }
        unreachable!("the loop ends by returning")
    }

    /// Any time below a bound that doubles with each attempt.
    pub(crate) async fn pause(&self, attempt: u32) {
        let service = self.0.service;
        let bound = service.first_pause * (1 << attempt.min(8));
        let bound = bound.min(service.longest_pause).as_millis();
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        tokio::time::sleep(Duration::from_millis(self.0.random.below(bound))).await;
    }
}

impl Parts {
    async fn send(&self, target: &str, body: &SdkBody) -> Result<Vec<u8>, Fault> {
        let request = self.request(target, body);
        let request = request.map_err(|fault| Fault::Unreachable(fault.into()))?;
        let answer = self.connector.call(request).await;
        let answer = answer.map_err(|fault| Fault::Unreachable(fault.into()))?;
        let status = answer.status();
        let body = answer.into_body().collect().await;
        let body = body.map_err(Fault::Unreachable)?.to_bytes();
        if status.is_success() {
            Ok(body.into())
        } else {
            Err(Fault::refused(status, body.into()))
        }
    }

    fn request(
        &self,
        target: &str,
        body: &SdkBody,
    ) -> Result<HttpRequest, aws_smithy_runtime_api::http::HttpError> {
        let bytes = body.bytes().unwrap_or_default();
        let mut request = HttpRequest::new(body.try_clone().unwrap_or_else(SdkBody::empty));
        request.set_method("POST")?;
        request.set_uri(format!("{}/", self.url))?;
        let headers = request.headers_mut();
        headers.insert("content-type", self.service.content_type);
        headers.insert("x-amz-target", target.to_owned());
        if let Some(signer) = &self.signer {
            let call = Signing {
                host: &self.host,
                content_type: self.service.content_type,
                target,
                body: bytes,
            };
            let signed = signer.sign(&call, self.clock.now());
            headers.insert("x-amz-date", signed.date);
            headers.insert("authorization", signed.authorization);
            if let Some(token) = signer.token() {
                headers.insert("x-amz-security-token", token.to_owned());
            }
        }
        if let Some(trace) = trace() {
            headers.insert("x-amzn-trace-id", trace);
        }
        Ok(request)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.0.service.name, self.0.url)
    }
}

/// A service's own in a region, in AWS's partition that the region belongs to.
fn endpoint(service: &str, region: &str) -> String {
    let domain = match region.split_once('-') {
        Some(("cn", _)) => "amazonaws.com.cn",
        Some(("eusc", _)) => "amazonaws.eu",
        _ => "amazonaws.com",
    };
    format!("https://{service}.{region}.{domain}")
}

/// The trace that the present event belongs to: the runtime puts it there for each.
#[expect(
    clippy::disallowed_methods,
    reason = "it is another for each event, so no setting of the start"
)]
fn trace() -> Option<String> {
    std::env::var("_X_AMZN_TRACE_ID").ok()
}
