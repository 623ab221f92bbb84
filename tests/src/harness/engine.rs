//! The database under a platform: the embedded engine, or another where `GATEHOUSE_DYNAMODB` holds the address of its server.

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use local::embedded::{Embedded, client_over};

use super::connector::response;
use super::dynamodb_local::DynamoDbLocal;

/// A database of its own, which several platforms may be put on.
#[derive(Debug, Clone)]
pub(crate) enum Engine {
    Embedded(Embedded),
    Second(DynamoDbLocal),
}

impl Engine {
    /// Without tables yet.
    pub(crate) fn fresh() -> Self {
        match DynamoDbLocal::of_environment() {
            Some(second) => Self::Second(second),
            None => Self::Embedded(Embedded::in_memory().expect("a database")),
        }
    }

    /// A client that nobody watches.
    pub(super) fn client(&self) -> Client {
        match self {
            Self::Embedded(embedded) => embedded.client(),
            Self::Second(_) => client_over(SharedHttpClient::new(self.clone())),
        }
    }

    /// Answers one call of DynamoDB's protocol: the header `X-Amz-Target` and the body, status and body.
    pub(super) async fn answer(&self, target: &str, body: &[u8]) -> (u16, String) {
        match self {
            Self::Embedded(embedded) => embedded.answer(target, body),
            Self::Second(second) => second.answer(target, body).await,
        }
    }
}

impl HttpConnector for Engine {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let engine = self.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            let body = request.body().bytes().unwrap_or_default();
            let (status, body) = engine.answer(target, body).await;
            Ok(response(status, body))
        })
    }
}

impl HttpClient for Engine {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
