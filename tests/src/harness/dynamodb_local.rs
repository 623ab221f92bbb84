//! Amazon's DynamoDB Local in the place of the embedded engine, and all that is done for it because its build is of 2020.
//! Decision 0042 says what differs.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};
use shared::store::TABLES;
use tokio::sync::RwLock;

use super::remote::Remote;

/// Most parts of a transaction that this build takes.
const MOST_PARTS: usize = 10;
/// What an empty text is while it lies there: this build takes none but as no value at all.
const EMPTY: &str = "\u{e000}empty";
const PROTOCOL: &str = "com.amazonaws.dynamodb.v20120810";

/// A database of its own in the server, which keeps one for each access key.
#[derive(Debug, Clone)]
pub(crate) struct DynamoDbLocal {
    server: Remote,
    authorization: HeaderValue,
    /// The tokens of the transactions that were made in pieces, beside which no other call is made.
    in_pieces: Arc<RwLock<HashSet<String>>>,
}

/// Numbers the databases of this process, each of which a key of its own leads to.
static DATABASES: AtomicUsize = AtomicUsize::new(0);

impl DynamoDbLocal {
    /// If the environment names one.
    pub(super) fn of_environment() -> Option<Self> {
        let server = Remote::named_by("GATEHOUSE_DYNAMODB")?;
        let number = DATABASES.fetch_add(1, Ordering::SeqCst);
        let key = format!("run{}database{number}", std::process::id());
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={key}/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=none"
        );
        let authorization = HeaderValue::try_from(authorization).expect("a header's value");
        Some(Self {
            server,
            authorization,
            in_pieces: Arc::default(),
        })
    }

    /// Answers one call of the protocol as DynamoDB does today: status and body.
    pub(super) async fn answer(&self, target: &str, body: &[u8]) -> (u16, String) {
        let request: Value = serde_json::from_slice(body).expect("a request in JSON");
        if target.ends_with(".UpdateTimeToLive") {
            // It would sweep by its own clock, and all that a test stores has expired long ago.
            return (200, "{}".to_owned());
        }
        let parts = request["TransactItems"].as_array().map_or(0, Vec::len);
        if parts > MOST_PARTS {
            let mut done = self.in_pieces.write().await;
            return self.transact(&request, &mut done).await;
        }
        let _beside_others = self.in_pieces.read().await;
        let (status, answer) = self.call(target, sorted(&request)).await;
        if status == 400 && asks_for_refused_item(&request) {
            return (status, self.with_refused_item(&request, answer).await);
        }
        (status, answer)
    }

    /// A transaction of more parts than it takes: piece by piece. If one is refused, all is put back as it was.
    async fn transact(&self, request: &Value, done: &mut HashSet<String>) -> (u16, String) {
        let token = request["ClientRequestToken"].as_str().unwrap_or_default();
        if done.contains(token) {
            return (200, "{}".to_owned());
        }
        let parts = request["TransactItems"].as_array().expect("parts");
        let mut before = Vec::new();
        for write in parts.iter().map(write_of) {
            before.push((write, self.find(write).await));
        }
        let mut reasons = Vec::new();
        for piece in parts.chunks(MOST_PARTS) {
            match self.transact_piece(piece).await {
                Ok(found) => reasons.extend(found),
                Err(answer) => {
                    self.put_back(before).await;
                    return answer;
                }
            }
        }
        if reasons.iter().all(|reason| reason["Code"] == "None") {
            done.insert(token.to_owned());
            return (200, "{}".to_owned());
        }
        self.put_back(before).await;
        let refusal = json!({
            "__type": format!("{PROTOCOL}#TransactionCanceledException"),
            "message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
            "CancellationReasons": reasons,
        });
        (400, refusal.to_string())
    }

    /// For each part why it was refused, or `None`; or an answer that is about something else.
    async fn transact_piece(&self, piece: &[Value]) -> Result<Vec<Value>, (u16, String)> {
        let body = json!({ "TransactItems": piece });
        let target = "DynamoDB_20120810.TransactWriteItems";
        let (status, answer) = self.call(target, body.to_string()).await;
        if status == 200 {
            return Ok(vec![json!({ "Code": "None" }); piece.len()]);
        }
        let refusal: Value = serde_json::from_str(&answer).expect("a refusal in JSON");
        match refusal["CancellationReasons"].as_array() {
            Some(reasons) => Ok(reasons.clone()),
            None => Err((status, answer)),
        }
    }

    async fn put_back(&self, before: Vec<(&Value, Value)>) {
        for (write, item) in before {
            let table = &write["TableName"];
            let (target, body) = if item.is_object() {
                let put = json!({ "TableName": table, "Item": item });
                ("DynamoDB_20120810.PutItem", put)
            } else {
                let delete = json!({ "TableName": table, "Key": key_of(write) });
                ("DynamoDB_20120810.DeleteItem", delete)
            };
            let (status, answer) = self.call(target, body.to_string()).await;
            assert_eq!(status, 200, "{answer}");
        }
    }

    /// The item that a write is about; null if there is none.
    async fn find(&self, write: &Value) -> Value {
        let read = json!({
            "TableName": write["TableName"],
            "Key": key_of(write),
            "ConsistentRead": true,
        });
        let target = "DynamoDB_20120810.GetItem";
        let (status, found) = self.call(target, read.to_string()).await;
        assert_eq!(status, 200, "{found}");
        let mut found: Value = serde_json::from_str(&found).expect("an answer in JSON");
        found["Item"].take()
    }

    async fn call(&self, target: &str, body: String) -> (u16, String) {
        let target = HeaderValue::from_str(target).expect("a header's value");
        let mut headers = HeaderMap::new();
        headers.insert("authorization", self.authorization.clone());
        headers.insert("x-amz-date", HeaderValue::from_static("20260101T000000Z"));
        let kind = HeaderValue::from_static("application/x-amz-json-1.0");
        headers.insert("content-type", kind);
        headers.insert("x-amz-target", target);
        // A quote inside of a text would have a stroke before it, so this is never part of one.
        let [empty, filled] = ["", EMPTY].map(|text| format!(r#""S":"{text}""#));
        let body = body.replace(&empty, &filled);
        let asked = self.server.ask(&Method::POST, "/", &headers, body.into());
        let (parts, body) = asked.await.into_parts();
        let body = String::from_utf8(body.to_vec()).expect("a text");
        (parts.status.as_u16(), body.replace(&filled, &empty))
    }

    /// It knows `ReturnValuesOnConditionCheckFailure` in transactions only. The item is read after the refusal, so it may be
    /// younger than the one that was refused.
    async fn with_refused_item(&self, request: &Value, answer: String) -> String {
        let mut refusal: Value = serde_json::from_str(&answer).expect("a refusal in JSON");
        let kind = refusal["__type"].as_str().unwrap_or_default();
        if !kind.ends_with("#ConditionalCheckFailedException") {
            return answer;
        }
        let item = self.find(request).await;
        if item.is_object() {
            refusal["Item"] = item;
        }
        refusal.to_string()
    }
}

/// It takes a transaction for another one if the same members come in another order, as those of the SDK's maps do from try to try.
fn sorted(request: &Value) -> String {
    request.to_string()
}

/// What a part of a transaction is about.
fn write_of(part: &Value) -> &Value {
    let part = part.as_object().and_then(|part| part.values().next());
    part.expect("a write or a check")
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
