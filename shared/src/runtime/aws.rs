//! Clients of AWS, each made by the function that uses it. Region and credentials come from the environment, as Lambda gives
//! them; `AWS_ENDPOINT_URL_<SERVICE>` names another endpoint.

use aws_config::environment::{
    EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider,
};
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::Client;

use crate::config::{Config, Place};
use crate::keys::Parameters;
use crate::mail::SesSender;
use crate::store::Store;

/// What the SDK finds in the environment.
#[derive(Debug, Clone)]
pub struct Environment(SdkConfig);

impl Environment {
    /// Reads it. Looks for credentials nowhere else: a walk through files and metadata services costs time at every start.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that loads the SDK's configuration"
    )]
    pub async fn read() -> Self {
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .credentials_provider(EnvironmentVariableCredentialsProvider::new())
            .region(EnvironmentVariableRegionProvider::new());
        Self(loader.load().await)
    }
}

/// A client of DynamoDB.
pub fn dynamodb_client(environment: &Environment) -> Client {
    let config = aws_sdk_dynamodb::config::Builder::from(&environment.0);
    Client::from_conf(config.timeout_config(Store::timeouts()).build())
}

/// The secrets of an installation.
pub(super) fn parameters(environment: &Environment, place: &Place) -> Parameters {
    let config = aws_sdk_ssm::config::Builder::from(&environment.0)
        .timeout_config(Parameters::timeouts())
        .retry_config(Parameters::retries());
    let client = aws_sdk_ssm::Client::from_conf(config.build());
    Parameters::new(client, &place.parameter_path)
}

/// Sends mail from the configured address.
pub fn mailer(environment: &Environment, config: &Config) -> SesSender {
    let client = aws_sdk_sesv2::config::Builder::from(&environment.0);
    let client = client.timeout_config(SesSender::timeouts()).build();
    SesSender::new(
        aws_sdk_sesv2::Client::from_conf(client),
        config.email_from.clone(),
        config.ses_configuration_set.clone(),
    )
}
