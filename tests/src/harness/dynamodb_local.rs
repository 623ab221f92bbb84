//! Amazon's DynamoDB Local in the place of the embedded engine, and all that is done for it because its build is of 2020.
//! Decision 0042 says what differs.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};
use shared::store::TABLES;

use super::remote::Remote;

/// A database of its own in the server, which keeps one for each access key.
#[derive(Debug, Clone)]
pub(crate) struct DynamoDbLocal {
    server: Remote,
    authorization: HeaderValue,
}

impl DynamoDbLocal {
    /// If the environment names one.
    pub(super) fn of_environment() -> Option<Self> {
        let server = Remote::named_by("GATEHOUSE_DYNAMODB")?;
        static DATABASES: AtomicUsize = AtomicUsize::new(0);
        let number = DATABASES.fetch_add(1, Ordering::SeqCst);
        let key = format!("run{}database{number}", std::process::id());
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={key}/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=none"
        );
        let authorization = HeaderValue::try_from(authorization).expect("a header's value");
        Some(Self {
            server,
            authorization,
        })
    }

    /// Answers one call of the protocol as DynamoDB does today: status and body.
    pub(super) async fn answer(&self, target: &str, body: &[u8]) -> (u16, String) {
        let request: Value = serde_json::from_slice(body).expect("a request in JSON");
        let (status, answer) = self.call(target, sorted(&request)).await;
        if status == 400 && asks_for_refused_item(&request) {
            return (status, self.with_refused_item(&request, answer).await);
        }
        (status, answer)
    }

    async fn call(&self, target: &str, body: String) -> (u16, String) {
        let target = HeaderValue::from_str(target).expect("a header's value");
        let mut headers = HeaderMap::new();
        headers.insert("authorization", self.authorization.clone());
        headers.insert("x-amz-date", HeaderValue::from_static("20260101T000000Z"));
        let kind = HeaderValue::from_static("application/x-amz-json-1.0");
        headers.insert("content-type", kind);
        headers.insert("x-amz-target", target);
        let asked = self.server.ask(&Method::POST, "/", &headers, body.into());
        let (parts, body) = asked.await.into_parts();
        let body = String::from_utf8(body.to_vec()).expect("a text");
        (parts.status.as_u16(), body)
    }

    /// It knows `ReturnValuesOnConditionCheckFailure` in transactions only. The item is read after the refusal, so it may be
    /// younger than the one that was refused.
    async fn with_refused_item(&self, request: &Value, answer: String) -> String {
        let mut refusal: Value = serde_json::from_str(&answer).expect("a refusal in JSON");
        let kind = refusal["__type"].as_str().unwrap_or_default();
        if !kind.ends_with("#ConditionalCheckFailedException") {
            return answer;
        }
        let read = json!({
            "TableName": request["TableName"],
            "Key": key_of(request),
            "ConsistentRead": true,
        });
        let (status, found) = self
            .call("DynamoDB_20120810.GetItem", read.to_string())
            .await;
        assert_eq!(status, 200, "{found}");
        let mut found: Value = serde_json::from_str(&found).expect("an answer in JSON");
        if found["Item"].is_object() {
            refusal["Item"] = found["Item"].take();
        }
        refusal.to_string()
    }
}

/// It takes a transaction for another one if the same members come in another order, as those of the SDK's maps do from try to try.
fn sorted(request: &Value) -> String {
    request.to_string()
}

fn asks_for_refused_item(request: &Value) -> bool {
    request["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
}

/// The key of what an update, a put or a delete writes.
fn key_of(request: &Value) -> Value {
    if request["Key"].is_object() {
        return request["Key"].clone();
    }
    let name = request["TableName"].as_str().expect("a table");
    let mut tables = TABLES.iter();
    let table = tables.find(|table| name.ends_with(&format!("-{}", table.name)));
    let table = table.expect("a table of ours");
    let names = [Some(table.partition_key), table.sort_key];
    let parts = names.into_iter().flatten();
    parts
        .map(|name| (name.to_owned(), request["Item"][name].clone()))
        .collect()
}
