//! Tells CloudFormation how setting up has ended: one PUT to a presigned address.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use http::{Method, Uri};

use super::ServeError;
use super::https::Https;
use crate::http::is_https_or_local;

const TRIES: u32 = 3;
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a report is waited for.
#[derive(Debug)]
pub struct Callback<'a>(&'a str);

impl<'a> Callback<'a> {
    /// Takes the presigned address.
    ///
    /// # Errors
    /// It is none that a report may go to.
    pub fn at(address: &'a str) -> Result<Self, ServeError> {
        let uri: Uri = address.parse()?;
        if !is_https_or_local(&uri) {
            return Err("reports go over https".into());
        }
        Ok(Self(address))
    }

    /// Puts a report there.
    ///
    /// # Errors
    /// Nobody took it.
    pub async fn report(&self, body: &str) -> Result<(), ServeError> {
        put(self.0, body).await
    }
}

async fn put(address: &str, body: &str) -> Result<(), ServeError> {
    let connector = Https::keeping(PATIENCE);
    let mut last: ServeError = "the report was not sent".into();
    for attempt in 0..TRIES {
        tokio::time::sleep(PATIENCE * attempt / TRIES).await;
        let mut request = HttpRequest::new(body.into());
        request.set_method(Method::PUT.as_str())?;
        request.set_uri(address)?;
        match tokio::time::timeout(PATIENCE, connector.call(request)).await {
            Ok(Ok(answer)) if answer.status().is_success() => return Ok(()),
            Ok(Ok(answer)) => last = format!("the report was answered {}", answer.status()).into(),
            Ok(Err(fault)) => last = fault.into(),
            Err(late) => last = late.into(),
        }
    }
    Err(last)
}
