//! The database under a platform: the embedded engine, or another where `GATEHOUSE_DYNAMODB` holds the address of its server.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use local::embedded::Embedded;

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

    /// The SDK's own client, which nobody watches: what a test writes and looks up goes not by the code that it tests.
    pub(super) fn client(&self) -> Client {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("tests", "tests", None, None, "tests"))
            .endpoint_url("http://engine.localhost")
            .http_client(SharedHttpClient::new(self.clone()));
        Client::from_conf(config.build())
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
