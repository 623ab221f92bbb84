//! DynamoDB in this process: an engine in the place of the network.
//!
//! The client runs unchanged, from expressions to retries; only the socket is missing. The store code cannot tell.

use std::path::Path;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use dynoxide::Database;
use dynoxide::errors::DynoxideError;
use shared::aws::Place;

/// An embedded DynamoDB.
#[derive(Clone)]
pub struct Embedded {
    database: Arc<Database>,
}

/// The database could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("the local database cannot be opened: {0}")]
pub struct OpenError(String);

impl Embedded {
    /// A database that lives as long as the process.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn in_memory() -> Result<Self, OpenError> {
        Self::wrap(Database::memory())
    }

    /// A database in this file, which is made if it is not there.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn at(path: &Path) -> Result<Self, OpenError> {
        Self::wrap(Database::new(&path.to_string_lossy()))
    }

    /// Where a client finds this database.
    pub fn place(&self) -> Place {
        place_behind(self.clone())
    }

    fn wrap(database: Result<Database, DynoxideError>) -> Result<Self, OpenError> {
        let database = Arc::new(database.map_err(|fault| OpenError(fault.to_string()))?);
        Ok(Self { database })
    }

    /// Answers one call of DynamoDB's protocol: the header `X-Amz-Target` and the body, status and body.
    pub fn answer(&self, target: &str, body: &[u8]) -> (u16, String) {
        let operation = target.rsplit('.').next().unwrap_or_default();
        match self.dispatch(operation, body) {
            Ok(answer) => (200, answer),
            Err(fault) => (fault.status_code(), fault.to_json()),
        }
    }

    fn dispatch(&self, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
        macro_rules! operations {
            ($($name:literal => $method:ident),* $(,)?) => {
                match operation {
                    $($name => {
                        let request = serde_json::from_slice(body).map_err(|fault| unreadable(&fault))?;
                        let answer = self.database.$method(request)?;
                        serde_json::to_string(&answer).map_err(|fault| unreadable(&fault))
                    })*
                    _ => Err(DynoxideError::ValidationException(format!("{operation} is not served"))),
                }
            };
        }
        operations! {
            "BatchGetItem" => batch_get_item,
            "BatchWriteItem" => batch_write_item,
            "CreateTable" => create_table,
            "DeleteItem" => delete_item,
            "DescribeTable" => describe_table,
            "DescribeTimeToLive" => describe_time_to_live,
            "GetItem" => get_item,
            "ListTables" => list_tables,
            "PutItem" => put_item,
            "Query" => query,
            "Scan" => scan,
            "TransactGetItems" => transact_get_items,
            "TransactWriteItems" => transact_write_items,
            "UpdateItem" => update_item,
            "UpdateTimeToLive" => update_time_to_live,
        }
    }
}

/// A place behind any connector, for calls that are not signed: an engine of our own does not look at signatures.
pub fn place_behind(connector: impl HttpConnector + 'static) -> Place {
    Place {
        connector: SharedHttpConnector::new(connector),
        endpoint: Some("http://embedded.localhost".to_owned()),
        region: "eu-central-1".to_owned(),
        credentials: None,
    }
}

impl HttpConnector for Embedded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let database = self.clone();
        HttpConnectorFuture::new(async move {
            // Others get their turn before each call, as they would on a network.
            tokio::task::yield_now().await;
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            let body = request.body().bytes().unwrap_or_default();
            let (status, body) = database.answer(target, body);
            let status = StatusCode::try_from(status).expect("the engine answers HTTP statuses");
            let mut answer = HttpResponse::new(status, SdkBody::from(body));
            answer
                .headers_mut()
                .insert("content-type", "application/x-amz-json-1.0");
            Ok::<_, ConnectorError>(answer)
        })
    }
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Embedded")
    }
}

/// A request that serde refuses carries the engine's verdict as a marker before its text and a position behind it.
fn unreadable(fault: &serde_json::Error) -> DynoxideError {
    let text = fault.to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(text, _)| text);
    for marker in ["VALIDATION:", "VALIDATION_REQUEST:", "VALIDATION_AS_READ:"] {
        if let Some(verdict) = text.strip_prefix(marker) {
            return DynoxideError::ValidationException(verdict.to_owned());
        }
    }
    DynoxideError::SerializationException(text.to_owned())
}
