//! DynamoDB over the network: a call is written, signed, sent, tried again where that may help, read and counted.
//!
//! In the place of the SDK's client, whose general machinery takes several times as long for a call as all else of a request:
//! docs/decisions/0046-dynamodb-client.md. Below it is any connector of the SDK's, so that the engine of local mode and the tests'
//! faults can stand where the network is.

mod fault;
mod request;
mod sign;
#[cfg(test)]
mod tests;
mod value;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

pub(crate) use fault::{CancellationReason, Fault, Reason};
pub(crate) use request::{
    BatchGetItem, ConditionCheck, Delete, GetItem, KeysAndAttributes, Put, Query, ReturnValue,
    Scan, TransactWriteItem, TransactWriteItems, Update,
};
pub use sign::Credentials;
pub(crate) use value::{AttributeValue, Blob, Item};

use crate::domain::{Clock, Random};
use crate::usage::{self, Usage};
use sign::{Signer, Signing};

/// Tries of a call beyond the first.
const RETRIES: u32 = 2;
/// The longest that a try takes.
const TRY: Duration = Duration::from_millis(1500);
/// The longest that a call takes with all its tries.
pub const LONGEST_CALL: Duration = Duration::from_secs(5);
const CONTENT_TYPE: &str = "application/x-amz-json-1.0";
const API: &str = "DynamoDB_20120810";

/// A client of one database.
#[derive(Clone)]
pub struct Dynamodb(Arc<Parts>);

struct Parts {
    connector: SharedHttpConnector,
    url: String,
    host: String,
    signer: Option<Signer>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

/// Where a database is, and as whom it is called.
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

/// Some items, and where to go on.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) items: Vec<Item>,
    /// Nothing behind the last page.
    pub(crate) last_evaluated_key: Option<Item>,
}

/// What a batch found by table, and what it left unread.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) responses: HashMap<String, Vec<Item>>,
    pub(crate) unprocessed_keys: HashMap<String, KeysAndAttributes>,
}

/// What any call answers: each has some of it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Answer {
    item: Option<Item>,
    attributes: Option<Item>,
    items: Vec<Item>,
    last_evaluated_key: Option<Item>,
    responses: HashMap<String, Vec<Item>>,
    unprocessed_keys: HashMap<String, KeysAndAttributes>,
    table_names: Vec<String>,
    consumed_capacity: Option<Consumed>,
}

/// What a call took: of one table, or of each.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Consumed {
    One(ConsumedCapacity),
    Each(Vec<ConsumedCapacity>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(
    clippy::struct_field_names,
    reason = "fields are called what the API calls them"
)]
struct ConsumedCapacity {
    capacity_units: f64,
    read_capacity_units: Option<f64>,
    write_capacity_units: Option<f64>,
}

/// A request that wants to know what it takes.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metered<'a, T> {
    #[serde(flatten)]
    request: &'a T,
    return_consumed_capacity: &'static str,
}

/// What a call is for: where an answer tells units of no kind, they are of this one.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Read,
    Write,
}

impl Dynamodb {
    /// A client of the database there.
    pub fn new(place: Place, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let url = place.endpoint.unwrap_or_else(|| endpoint(&place.region));
        let url = url.trim_end_matches('/').to_owned();
        let host = url.split_once("://").map_or(&*url, |(_, host)| host);
        Self(Arc::new(Parts {
            connector: place.connector,
            host: host.to_owned(),
            signer: place
                .credentials
                .map(|credentials| Signer::new(credentials, &place.region)),
            url,
            clock,
            random,
        }))
    }

    pub(crate) async fn get_item(&self, get: &GetItem) -> Result<Option<Item>, Fault> {
        let answer = self.item_call("GetItem", Kind::Read, get).await?;
        Ok(answer.item)
    }

    pub(crate) async fn batch_get_item(&self, batch: &BatchGetItem) -> Result<Batch, Fault> {
        let answer = self.item_call("BatchGetItem", Kind::Read, batch).await?;
        Ok(Batch {
            responses: answer.responses,
            unprocessed_keys: answer.unprocessed_keys,
        })
    }

    pub(crate) async fn query(&self, query: &Query) -> Result<Page, Fault> {
        let answer = self.item_call("Query", Kind::Read, query).await?;
        Ok(answer.page())
    }

    pub(crate) async fn scan(&self, scan: &Scan) -> Result<Page, Fault> {
        let answer = self.item_call("Scan", Kind::Read, scan).await?;
        Ok(answer.page())
    }

    /// What it returned, as the request says.
    pub(crate) async fn put_item(&self, put: &Put) -> Result<Item, Fault> {
        self.write("PutItem", put).await
    }

    /// What it returned, as the request says.
    pub(crate) async fn update_item(&self, update: &Update) -> Result<Item, Fault> {
        self.write("UpdateItem", update).await
    }

    /// What it returned, as the request says.
    pub(crate) async fn delete_item(&self, delete: &Delete) -> Result<Item, Fault> {
        self.write("DeleteItem", delete).await
    }

    pub(crate) async fn transact_write_items(
        &self,
        transaction: &TransactWriteItems,
    ) -> Result<(), Fault> {
        self.item_call("TransactWriteItems", Kind::Write, transaction)
            .await?;
        Ok(())
    }

    /// The names of all tables there, up to a hundred.
    pub(crate) async fn list_tables(&self) -> Result<Vec<String>, Fault> {
        let answer = self.call("ListTables", b"{}".to_vec()).await?;
        Ok(answer.table_names)
    }

    /// Does what is rarely done to a table, with the request as the API has it.
    pub(crate) async fn administer(
        &self,
        operation: &str,
        request: &serde_json::Value,
    ) -> Result<(), Fault> {
        self.call(operation, request.to_string().into_bytes())
            .await?;
        Ok(())
    }

    async fn write(&self, operation: &str, request: &impl Serialize) -> Result<Item, Fault> {
        let answer = self.item_call(operation, Kind::Write, request).await?;
        Ok(answer.attributes.unwrap_or_default())
    }

    async fn item_call(
        &self,
        operation: &str,
        kind: Kind,
        request: &impl Serialize,
    ) -> Result<Answer, Fault> {
        let metered = Metered {
            request,
            return_consumed_capacity: "TOTAL",
        };
        let body = serde_json::to_vec(&metered).expect("maps have texts for keys");
        let answer = self.call(operation, body).await?;
        usage::add(answer.used(kind));
        Ok(answer)
    }

    async fn call(&self, operation: &str, body: Vec<u8>) -> Result<Answer, Fault> {
        let target = format!("{API}.{operation}");
        let tried = timeout(LONGEST_CALL, self.try_call(&target, &body.into())).await;
        let body = tried.unwrap_or(Err(Fault::Late))?;
        serde_json::from_slice(&body).map_err(Fault::Unreadable)
    }

    async fn try_call(&self, target: &str, body: &SdkBody) -> Result<Vec<u8>, Fault> {
        for attempt in 0.. {
            usage::call_begins();
            let tried = timeout(TRY, self.0.send(target, body)).await;
            usage::call_ends();
            match tried.unwrap_or(Err(Fault::Late)) {
                Err(fault) if attempt < RETRIES && fault.may_pass() => self.pause(attempt).await,
                ended => return ended,
            }
        }
        unreachable!("the loop ends by returning")
    }

    /// Full jitter over a doubling bound of 25 to 400 ms.
    pub(crate) async fn pause(&self, attempt: u32) {
        let bound = 25 << attempt.min(4);
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
            Err(Fault::refused(status, &body))
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
        headers.insert("content-type", CONTENT_TYPE);
        headers.insert("x-amz-target", target.to_owned());
        if let Some(signer) = &self.signer {
            let call = Signing {
                host: &self.host,
                content_type: CONTENT_TYPE,
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

impl Answer {
    fn page(self) -> Page {
        Page {
            items: self.items,
            last_evaluated_key: self.last_evaluated_key,
        }
    }

    /// A transaction tells both kinds; what it was asked a second time reads alone.
    fn used(&self, kind: Kind) -> Usage {
        let consumed = match &self.consumed_capacity {
            None => &[][..],
            Some(Consumed::One(one)) => std::slice::from_ref(one),
            Some(Consumed::Each(each)) => each,
        };
        let mut used = Usage::default();
        for consumed in consumed {
            let (read, write) = (consumed.read_capacity_units, consumed.write_capacity_units);
            if read.is_some() || write.is_some() {
                used.read_units += read.unwrap_or_default();
                used.write_units += write.unwrap_or_default();
                continue;
            }
            match kind {
                Kind::Read => used.read_units += consumed.capacity_units,
                Kind::Write => used.write_units += consumed.capacity_units,
            }
        }
        used
    }
}

impl fmt::Debug for Dynamodb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dynamodb at {}", self.0.url)
    }
}

/// The region's own, in AWS's partition that it belongs to.
fn endpoint(region: &str) -> String {
    let domain = match region.split_once('-') {
        Some(("cn", _)) => "amazonaws.com.cn",
        Some(("eusc", _)) => "amazonaws.eu",
        _ => "amazonaws.com",
    };
    format!("https://dynamodb.{region}.{domain}")
}

/// The trace that the present event belongs to: the runtime puts it there for each.
#[expect(
    clippy::disallowed_methods,
    reason = "it is another for each event, so no setting of the start"
)]
fn trace() -> Option<String> {
    std::env::var("_X_AMZN_TRACE_ID").ok()
}
