//! The way to the providers, over connections that stay open.

use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Limited};

use super::https::Https;
use crate::providers::{MAX_ANSWER_BYTES, NoAnswer, ProviderHttp};

/// A function that was frozen meanwhile does not notice that the other side has hung up.
const IDLE: Duration = Duration::from_secs(15);

/// Calls over the network.
#[derive(Debug, Default)]
pub struct ProviderNetwork(OnceLock<Https>);

impl ProviderNetwork {
    async fn exchange(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, NoAnswer> {
        let request: HttpRequest = request.map(Into::into).try_into()?;
        let answer = self
            .0
            .get_or_init(|| Https::keeping(IDLE))
            .call(request)
            .await?;
        let (parts, body) = answer.try_into_http1x()?.into_parts();
        let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await?;
        Ok(Response::from_parts(parts, body.to_bytes().to_vec()))
    }
}

impl ProviderHttp for ProviderNetwork {
    fn send(
        &self,
        request: Request<Vec<u8>>,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, NoAnswer>> {
        Box::pin(self.exchange(request))
    }
}
