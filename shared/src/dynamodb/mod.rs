//! DynamoDB: the calls that the store makes, as values, and what they take.
//!
//! docs/decisions/0046-dynamodb-client.md says why it is not the SDK's.

mod fault;
mod request;
#[cfg(test)]
mod tests;
mod value;

use std::collections::HashMap;
use std::time::Duration;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) use fault::{CancellationReason, Reason};
pub(crate) use request::{
    BatchGetItem, ConditionCheck, Delete, GetItem, KeysAndAttributes, Put, Query, ReturnValue,
    Scan, TransactWriteItem, TransactWriteItems, Update,
};
pub(crate) use value::{AttributeValue, Item};

use crate::aws::{Client, Fault, Service};
use crate::usage::{self, Usage};

/// A client of one database.
#[derive(Debug, Clone)]
pub struct Dynamodb(Client);

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
    /// DynamoDB answers at once or not at all.
    pub const SERVICE: &'static Service = &Service {
        name: "dynamodb",
        api: "DynamoDB_20120810",
        content_type: "application/x-amz-json-1.0",
        longest_try: Duration::from_millis(1500),
        longest_call: Duration::from_secs(5),
        retries: 2,
        first_pause: Duration::from_millis(25),
        longest_pause: Duration::from_millis(400),
    };

    /// The database that this client reaches.
    pub fn new(client: Client) -> Self {
        Self(client)
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
        let answer: Answer = self.0.call("ListTables", &json!({})).await?;
        Ok(answer.table_names)
    }

    /// Does what is rarely done to a table, with the request as the API has it.
    pub(crate) async fn administer(
        &self,
        operation: &str,
        request: &serde_json::Value,
    ) -> Result<(), Fault> {
        self.0.call::<IgnoredAny>(operation, request).await?;
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
        let answer: Answer = self.0.call(operation, &metered).await?;
        usage::add(answer.used(kind));
        Ok(answer)
    }

    /// Between two tries of what collided with another write.
    pub(crate) async fn pause(&self, attempt: u32) {
        self.0.pause(attempt).await;
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
