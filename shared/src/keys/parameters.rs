//! The wrapped backend: each secret is a `SecureString` parameter of AWS Systems Manager, under a path of the installation's own.
//!
//! `<path>/signing/<algorithm>/<kid>` holds one private key, `<path>/server/<name>` the valid versions of one server key. Nothing
//! is charged while they lie there, and each function may read just those that it needs.

use std::fmt;
use std::time::Duration;

use futures::future::{BoxFuture, try_join, try_join_all};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::kms::ConnectKms;
use super::secrets::{Opened, SecretName};
use super::signer::InvalidKey;
use super::stored::{SecretVersion, StoredServerKey, open_versions};
use super::{Algorithm, SealingKey, ServerKey, SigningKey};
use crate::aws::{Client, Fault, Service};
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

/// What reading tells, by path or by names.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Found {
    parameters: Vec<Parameter>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    name: String,
    value: String,
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
    /// Many environments that start at once are throttled: it is tried again for as long as a call may take.
    pub const SERVICE: &'static Service = &Service {
        name: "ssm",
        api: "AmazonSSM",
        content_type: "application/x-amz-json-1.1",
        longest_try: Duration::from_secs(3),
        longest_call: Duration::from_secs(8),
        retries: 7,
        first_pause: Duration::from_millis(200),
        longest_pause: Duration::from_secs(2),
    };

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
        let path = self.signing_path(algorithm);
        let mut keys = Vec::new();
        let mut after = None;
        loop {
            let mut request = json!({ "Path": path, "WithDecryption": true });
            if let Some(token) = after {
                request["NextToken"] = token;
            }
            let found = self.client.call("GetParametersByPath", &request).await;
            let found: Found = found.map_err(unavailable)?;
            for Parameter { name, value } in found.parameters {
                let key = SigningKey::from_pkcs8(algorithm, &SecretString::from(value));
                keys.push(key.map_err(|_| ParametersError::Damaged(name))?);
            }
            match found.next_token.filter(|token| !token.is_empty()) {
                Some(token) => after = Some(token.into()),
                None => return Ok(keys),
            }
        }
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
        let request = json!({ "Name": name });
        let deleted = self.client.call("DeleteParameter", &request).await;
        match deleted.map(|IgnoredAny| ()) {
            Err(fault) if !fault.is_any_of(&["ParameterNotFound"]) => Err(unavailable(fault)),
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
        let request = json!({ "Names": paths, "WithDecryption": true });
        let found = self.client.call("GetParameters", &request).await;
        let found: Found = found.map_err(unavailable)?;
        let versions = |name: &'static str| {
            let path = self.server_key_path(name);
            let mut parameters = found.parameters.iter();
            let parameter = parameters
                .find(|parameter| parameter.name == path)
                .ok_or_else(|| ParametersError::Missing(path.clone()))?;
            let stored: Option<Vec<StoredServerKey>> = serde_json::from_str(&parameter.value).ok();
            let versions = stored.as_deref().and_then(open_versions);
            Ok((name, versions.ok_or(ParametersError::Damaged(path))?))
        };
        names.iter().map(|name| versions(name)).collect()
    }

    /// Writes a parameter that is not there yet. False if one of that name is.
    async fn keep(&self, name: String, value: SecretString) -> Result<bool, ParametersError> {
        let request = json!({
            "Name": name,
            "Value": value.expose_secret(),
            "Type": "SecureString",
            "Tier": "Standard",
            "Overwrite": false,
        });
        let kept = self.client.call("PutParameter", &request).await;
        match kept.map(|IgnoredAny| ()) {
            Ok(()) => Ok(true),
            Err(fault) if fault.is_any_of(&["ParameterAlreadyExists"]) => Ok(false),
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

fn unavailable(fault: Fault) -> ParametersError {
    ParametersError::Unavailable(fault.into())
}
