//! The wrapped backend: each secret is a `SecureString` parameter of AWS Systems Manager, under a path of the installation's own.
//!
//! `<path>/signing/<algorithm>/<kid>` holds one private key, `<path>/server/<name>` the valid versions of one server key. Nothing
//! is charged while they lie there, and each function may read just those that it needs.

use std::fmt;
use std::time::Duration;

use aws_sdk_ssm::Client;
use aws_sdk_ssm::config::retry::RetryConfig;
use aws_sdk_ssm::config::timeout::TimeoutConfig;
use aws_sdk_ssm::operation::delete_parameter::DeleteParameterError;
use aws_sdk_ssm::operation::put_parameter::PutParameterError;
use aws_sdk_ssm::types::{ParameterTier, ParameterType};
use futures::future::{BoxFuture, try_join, try_join_all};
use secrecy::{ExposeSecret, SecretString};

use super::kms::ConnectKms;
use super::secrets::{Opened, SecretName};
use super::signer::InvalidKey;
use super::stored::{SecretVersion, StoredServerKey, open_versions};
use super::{Algorithm, SealingKey, ServerKey, SigningKey};
use crate::domain::Random;

/// Where a function's secrets lie. Only who has any to open links what opens them.
pub trait Vault: fmt::Debug + Send + Sync {
    /// Opens these secrets, all at once.
    fn open<'a>(
        &'a self,
        names: &'a [SecretName],
    ) -> BoxFuture<'a, Result<Opened, ParametersError>>;
}

/// The secrets of an installation on AWS.
#[derive(Clone)]
pub struct Parameters {
    client: Client,
    path: String,
    kms: Option<ConnectKms>,
}

/// A secret could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum ParametersError {
    /// No answer, throttled, refused.
    #[error("the parameter store does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The installation has not been set up, or was taken apart.
    #[error("the parameter {0} is missing")]
    Missing(String),
    /// It is not what we wrote.
    #[error("the parameter {0} is damaged")]
    Damaged(String),
    /// A key could not be made or written.
    #[error(transparent)]
    Key(#[from] InvalidKey),
}

impl Parameters {
    /// The parameters under this path, such as `/gatehouse/production`.
    pub fn new(client: Client, path: &str) -> Self {
        Self {
            client,
            path: path.trim_end_matches('/').to_owned(),
            kms: None,
        }
    }

    /// The same for who signs: a published key whose private half is not here may lie in KMS.
    #[must_use]
    pub fn with_kms(mut self, connect: ConnectKms) -> Self {
        self.kms = Some(connect);
        self
    }

    /// How long a call may take, with its retries.
    pub fn timeouts() -> TimeoutConfig {
        TimeoutConfig::builder()
            .operation_attempt_timeout(Duration::from_secs(3))
            .operation_timeout(Duration::from_secs(8))
            .build()
    }

    /// Many environments that start at once are throttled: tries again, with jitter, for as long as a call may take.
    pub fn retries() -> RetryConfig {
        RetryConfig::standard()
            .with_max_attempts(8)
            .with_initial_backoff(Duration::from_millis(200))
            .with_max_backoff(Duration::from_secs(2))
    }

    async fn open_all(&self, names: &[SecretName]) -> Result<Opened, ParametersError> {
        let algorithms = names.iter().filter_map(|name| match name {
            SecretName::Signing(algorithm) => Some(*algorithm),
            _ => None,
        });
        let algorithms: Vec<_> = algorithms.collect();
        let signing = algorithms.iter().map(|one| self.signing_keys(*one));
        let server: Vec<_> = names
            .iter()
            .filter_map(|name| server_key_name(*name))
            .collect();
        let (signing, server) = try_join(try_join_all(signing), self.server_keys(&server)).await?;
        let mut opened = Opened {
            algorithms,
            kms: self.kms.clone(),
            signing: signing.into_iter().flatten().collect(),
            ..Opened::default()
        };
        for (name, versions) in server {
            match name {
                "codes" => opened.codes = Some(ServerKey::new(versions)),
                "sources" => opened.sources = Some(ServerKey::new(versions)),
                "refresh" => opened.refresh = Some(ServerKey::new(versions)),
                _ => opened.seal = Some(SealingKey::new(versions)),
            }
        }
        Ok(opened)
    }

    /// The private keys of an algorithm, published or not.
    ///
    /// # Errors
    /// [`ParametersError`].
    pub async fn signing_keys(
        &self,
        algorithm: Algorithm,
    ) -> Result<Vec<SigningKey>, ParametersError> {
        let mut pages = self
            .client
            .get_parameters_by_path()
            .path(self.signing_path(algorithm))
            .with_decryption(true)
            .into_paginator()
            .send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            for parameter in page.map_err(unavailable)?.parameters.unwrap_or_default() {
                let text = SecretString::from(parameter.value.unwrap_or_default());
                let name = parameter.name.unwrap_or_default();
                let key = SigningKey::from_pkcs8(algorithm, &text);
                keys.push(key.map_err(|_| ParametersError::Damaged(name))?);
            }
        }
        Ok(keys)
    }

    /// Keeps a new private key.
    ///
    /// # Errors
    /// [`ParametersError`].
    pub async fn keep_signing_key(&self, key: &SigningKey) -> Result<(), ParametersError> {
        let name = self.signing_key_path(key.algorithm(), key.kid());
        self.keep(name, key.to_pkcs8()?).await.map(|_| ())
    }

    /// Deletes a private key. One that is gone already is fine.
    ///
    /// # Errors
    /// [`ParametersError::Unavailable`].
    pub async fn delete_signing_key(
        &self,
        algorithm: Algorithm,
        kid: &str,
    ) -> Result<(), ParametersError> {
        let name = self.signing_key_path(algorithm, kid);
        let is_gone = DeleteParameterError::is_parameter_not_found;
        match self.client.delete_parameter().name(name).send().await {
            Err(fault) if !fault.as_service_error().is_some_and(is_gone) => Err(unavailable(fault)),
            _ => Ok(()),
        }
    }

    /// Makes the server keys that are not there yet; whether any was made.
    ///
    /// # Errors
    /// [`ParametersError`].
    pub async fn ensure_server_keys(&self, random: &dyn Random) -> Result<bool, ParametersError> {
        let mut made = false;
        for name in [
            SecretName::Codes,
            SecretName::Sources,
            SecretName::Seal,
            SecretName::Refresh,
        ] {
            let name = self.server_key_path(server_key_name(name).unwrap_or_default());
            let first = [StoredServerKey::generate(1, random)];
            let text = serde_json::to_string(&first)
                .map_err(|_| ParametersError::Damaged(name.clone()))?;
            made |= self.keep(name, text.into()).await?;
        }
        Ok(made)
    }

    async fn server_keys(
        &self,
        names: &[&'static str],
    ) -> Result<Vec<(&'static str, Vec<SecretVersion>)>, ParametersError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let paths: Vec<_> = names
            .iter()
            .map(|name| self.server_key_path(name))
            .collect();
        let found = self
            .client
            .get_parameters()
            .set_names(Some(paths))
            .with_decryption(true)
            .send()
            .await
            .map_err(unavailable)?;
        let versions = |name: &'static str| {
            let path = self.server_key_path(name);
            let parameter = found
                .parameters()
                .iter()
                .find(|parameter| parameter.name() == Some(&path))
                .ok_or_else(|| ParametersError::Missing(path.clone()))?;
            let stored: Option<Vec<StoredServerKey>> = parameter
                .value()
                .and_then(|text| serde_json::from_str(text).ok());
            let versions = stored.as_deref().and_then(open_versions);
            Ok((name, versions.ok_or(ParametersError::Damaged(path))?))
        };
        names.iter().map(|name| versions(name)).collect()
    }

    /// Writes a parameter that is not there yet. False if one of that name is.
    async fn keep(&self, name: String, value: SecretString) -> Result<bool, ParametersError> {
        let put = self
            .client
            .put_parameter()
            .name(name)
            .value(value.expose_secret())
            .r#type(ParameterType::SecureString)
            .tier(ParameterTier::Standard)
            .overwrite(false);
        match put.send().await {
            Ok(_) => Ok(true),
            Err(fault)
                if fault
                    .as_service_error()
                    .is_some_and(PutParameterError::is_parameter_already_exists) =>
            {
                Ok(false)
            }
            Err(fault) => Err(unavailable(fault)),
        }
    }

    /// Below it, one parameter per key.
    fn signing_path(&self, algorithm: Algorithm) -> String {
        format!("{}/signing/{}", self.path, algorithm.as_str())
    }

    fn signing_key_path(&self, algorithm: Algorithm, kid: &str) -> String {
        format!("{}/{kid}", self.signing_path(algorithm))
    }

    fn server_key_path(&self, name: &str) -> String {
        format!("{}/server/{name}", self.path)
    }
}

impl Vault for Parameters {
    fn open<'a>(
        &'a self,
        names: &'a [SecretName],
    ) -> BoxFuture<'a, Result<Opened, ParametersError>> {
        Box::pin(self.open_all(names))
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parameters")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

fn server_key_name(name: SecretName) -> Option<&'static str> {
    match name {
        SecretName::Signing(_) => None,
        SecretName::Codes => Some("codes"),
        SecretName::Sources => Some("sources"),
        SecretName::Seal => Some("seal"),
        SecretName::Refresh => Some("refresh"),
    }
}

fn unavailable(fault: impl std::error::Error + Send + Sync + 'static) -> ParametersError {
    ParametersError::Unavailable(fault.into())
}
