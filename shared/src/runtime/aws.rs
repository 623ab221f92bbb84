//! Clients of AWS, each made by the function that uses it.
//!
//! Region and credentials come from the environment, as Lambda gives them, and from nowhere else: the SDK's own search through
//! files and services costs time at every start. `AWS_ENDPOINT_URL_<SERVICE>`, or `AWS_ENDPOINT_URL`, names another endpoint.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sesv2::config::interceptors::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_sdk_sesv2::config::{ConfigBag, Intercept, RuntimeComponents, SharedCredentialsProvider};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector, http_client_fn};

use super::Messengers;
use super::https::Https;
use crate::aws::{self, Client, Credentials, Service};
use crate::config::{Config, Place, Values};
use crate::domain::{SystemClock, SystemRandom};
use crate::keys::{Kms, KmsKeys, Parameters, RemoteSigner, Vault};
use crate::mail::SesSender;
use crate::sms::SnsSender;
use crate::usage;

/// Longer than AWS keeps an idle connection itself: it hangs up first.
const IDLE: Duration = Duration::from_secs(90);

/// What all clients share: region, credentials, connections.
#[derive(Clone)]
pub struct Aws {
    connector: SharedHttpConnector,
    shared: SdkConfig,
    environment: Values,
}

impl Aws {
    /// As these values say.
    pub fn new(environment: Values) -> Self {
        let connector = SharedHttpConnector::new(Https::keeping(IDLE));
        let credentials = EnvironmentVariableCredentialsProvider::new();
        let region = region(&environment).cloned();
        let shared = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region.map(Region::new))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(client_over(connector.clone()))
            .build();
        Self {
            connector,
            shared,
            environment,
        }
    }

    /// The network, for a client of the SDK's.
    pub fn network(&self) -> SharedHttpClient {
        client_over(self.connector.clone())
    }

    /// A client of a service that speaks JSON.
    pub fn client(&self, service: &'static Service) -> Client {
        let place = self.place(service);
        Client::new(
            service,
            place,
            Arc::new(SystemClock),
            Arc::new(SystemRandom),
        )
    }

    /// Where such a service is.
    pub fn place(&self, service: &Service) -> aws::Place {
        let value = |name: &str| self.environment.get(name).cloned();
        let credentials = || {
            Some(Credentials {
                access_key_id: value("AWS_ACCESS_KEY_ID")?,
                secret_access_key: value("AWS_SECRET_ACCESS_KEY")?.into(),
                session_token: value("AWS_SESSION_TOKEN"),
            })
        };
        aws::Place {
            connector: self.connector.clone(),
            endpoint: self.endpoint(&service.name.to_ascii_uppercase()),
            region: region(&self.environment).cloned().unwrap_or_default(),
            credentials: credentials(),
        }
    }

    /// For a client of the SDK's, at its service's own endpoint.
    fn of(&self, service: &str) -> SdkConfig {
        let mut config = self.shared.to_builder();
        config.set_endpoint_url(self.endpoint(service));
        config.build()
    }

    fn endpoint(&self, service: &str) -> Option<String> {
        let own = self.environment.get(&format!("AWS_ENDPOINT_URL_{service}"));
        let endpoint = own.or_else(|| self.environment.get("AWS_ENDPOINT_URL"));
        endpoint.cloned()
    }
}

fn client_over(connector: SharedHttpConnector) -> SharedHttpClient {
    http_client_fn(move |_, _| connector.clone())
}

fn region(environment: &Values) -> Option<&String> {
    let names = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    names.into_iter().find_map(|name| environment.get(name))
}

impl fmt::Debug for Aws {
    /// Not the environment: it holds secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aws")
    }
}

/// Counts the calls of a client of the SDK's.
#[derive(Debug)]
struct CountCalls;

impl Intercept for CountCalls {
    fn name(&self) -> &'static str {
        "CountCalls"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        usage::call_begins();
        Ok(())
    }

    fn read_after_attempt(
        &self,
        _: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        usage::call_ends();
        Ok(())
    }
}

/// The secrets of an installation.
pub(super) fn parameters(aws: &Aws, place: &Place) -> Parameters {
    Parameters::new(aws.client(Parameters::SERVICE), &place.parameter_path)
}

/// The same, for whoever only opens them.
pub(super) fn vault(aws: &Aws, place: &Place) -> Arc<dyn Vault> {
    Arc::new(parameters(aws, place))
}

/// The same, for whoever signs with the private keys among them: those that lie in KMS sign there.
pub(super) fn signing_vault(aws: &Aws, place: &Place) -> Arc<dyn Vault> {
    let shared = aws.clone();
    let connect = move || Arc::new(Kms::new(shared.client(Kms::SERVICE))) as Arc<dyn RemoteSigner>;
    Arc::new(parameters(aws, place).with_kms(Arc::new(connect)))
}

/// The keys of an installation in KMS.
pub(super) fn kms_keys(aws: &Aws, place: &Place) -> KmsKeys {
    KmsKeys::new(aws.client(Kms::SERVICE), &place.parameter_path)
}

/// Sends mail from the configured address.
pub fn mailer(aws: &Aws, config: &Config) -> SesSender {
    let client = aws_sdk_sesv2::config::Builder::from(&aws.of("SESV2"))
        .timeout_config(SesSender::timeouts())
        .interceptor(CountCalls);
    SesSender::new(
        aws_sdk_sesv2::Client::from_conf(client.build()),
        config.email_from.clone(),
        config.ses_configuration_set.clone(),
    )
}

/// Sends text messages.
fn sms_sender(aws: &Aws) -> SnsSender {
    let client = aws_sdk_sns::config::Builder::from(&aws.of("SNS"))
        .timeout_config(SnsSender::timeouts())
        .interceptor(CountCalls);
    SnsSender::new(aws_sdk_sns::Client::from_conf(client.build()))
}

/// Both, for a function that sends before it answers.
pub(super) fn messengers(aws: &Aws, config: &Config) -> Messengers {
    Messengers {
        mailer: Arc::new(mailer(aws, config)),
        sms: Arc::new(sms_sender(aws)),
    }
}
