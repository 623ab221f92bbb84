//! Between the stores and their backends, the database and the parameter store: records every call, groups calls that overlap,
//! and injects faults on command.
//!
//! The platform in this process calls through its client, functions that are processes through a socket; both meet the same rules.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::Value;

use super::{Engine, KmsService, Parameters};

/// A connector that watches.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    engine: Engine,
    parameters: Arc<Parameters>,
    kms: Arc<KmsService>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    watches_upkeep: bool,
    in_flight: usize,
    held: usize,
    round_trips: Vec<Vec<String>>,
    rules: Vec<Rule>,
    heals: usize,
}

#[derive(Debug)]
struct Rule {
    /// Part of a call's name, such as `PutItem sessions`.
    call: String,
    /// So many such calls pass first.
    skip: usize,
    fault: Fault,
    times: usize,
}

/// What can happen to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is made, and its answer is lost: the client tries again.
    LostReply,
    /// It is not made, and nobody answers: the client tries again.
    NotReached,
    /// It is refused before it is made, as throttled.
    Throttled,
    /// It is refused with 500.
    ServerError,
    /// It is refused for want of rights, which is not tried again.
    AccessDenied,
    /// A transaction holds the item: DynamoDB does this, the embedded engine never.
    TransactionConflict,
    /// It takes a while.
    Delay(Duration),
    /// It waits for `heal`.
    Held,
    /// It is made, and its answer waits for `heal`.
    HeldReply,
}

impl Connector {
    pub(super) fn over(engine: Engine, parameters: Arc<Parameters>) -> Self {
        Self {
            engine,
            parameters,
            kms: Arc::new(KmsService::of_environment()),
            state: Arc::default(),
        }
    }

    /// The keys of KMS.
    pub(crate) fn kms(&self) -> &KmsService {
        &self.kms
    }

    /// From now on, what processes read beside their requests is recorded and meets faults, too.
    pub(crate) fn watch_upkeep(&self) {
        self.lock().watches_upkeep = true;
    }

    pub(super) fn watches_upkeep(&self) -> bool {
        self.lock().watches_upkeep
    }

    /// Forgets what was recorded.
    pub(crate) fn forget(&self) {
        self.lock().round_trips.clear();
    }

    /// The calls since the last `forget`, as `Operation table+table`; those that overlapped stand together, sorted.
    pub(crate) fn round_trips(&self) -> Vec<Vec<String>> {
        let mut trips = self.lock().round_trips.clone();
        for calls in &mut trips {
            calls.sort();
        }
        trips
    }

    /// All calls since the last `forget`, sorted.
    pub(crate) fn calls(&self) -> Vec<String> {
        let mut calls = self.lock().round_trips.concat();
        calls.sort();
        calls
    }

    /// Lets the next `times` calls whose name holds `call` meet a fault.
    pub(crate) fn inject(&self, call: &str, fault: Fault, times: usize) {
        self.inject_after(0, call, fault, times);
    }

    /// The same, after `skip` such calls have passed.
    pub(crate) fn inject_after(&self, skip: usize, call: &str, fault: Fault, times: usize) {
        self.lock().rules.push(Rule {
            call: call.to_owned(),
            skip,
            fault,
            times,
        });
    }

    /// Calls off all faults and lets go what is held.
    pub(crate) fn heal(&self) {
        let mut state = self.lock();
        state.rules.clear();
        state.heals += 1;
    }

    /// Waits until so many calls have been begun since the last `forget` whose name holds `call`.
    pub(crate) async fn begun(&self, call: &str, times: usize) {
        while self
            .calls()
            .iter()
            .filter(|made| made.contains(call))
            .count()
            < times
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Waits until a call is held, or its answer.
    pub(crate) async fn holding(&self) {
        while self.lock().held == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Waits until no call is under way: all are answered, or given up by whoever made them.
    pub(crate) async fn idle(&self) {
        while self.lock().in_flight > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Answers a call as the rules say: status and body, or nothing if the reply is lost. It is begun before `others` and made
    /// after, so that whatever else is ready by then counts as overlapping.
    pub(super) async fn answer(
        &self,
        call: Call<'_>,
        others: impl Future,
    ) -> Option<(u16, String)> {
        let (_in_flight, fault) = self.enter(&call.name());
        let heals = self.lock().heals;
        others.await;
        match fault {
            None => {}
            Some(Fault::Delay(time)) => tokio::time::sleep(time).await,
            Some(Fault::Held) => self.hold(heals).await,
            Some(Fault::HeldReply) => {
                let answer = self.pass(call).await;
                self.hold(heals).await;
                return Some(answer);
            }
            Some(Fault::LostReply) => {
                self.pass(call).await;
                return None;
            }
            Some(Fault::NotReached) => return None,
            Some(Fault::Throttled) => {
                return Some(refusal(400, "ProvisionedThroughputExceededException", ""));
            }
            Some(Fault::ServerError) => return Some(refusal(500, "InternalServerError", "")),
            Some(Fault::AccessDenied) => return Some(refusal(400, "AccessDeniedException", "")),
            Some(Fault::TransactionConflict) => return Some(conflict(call)),
        }
        Some(self.pass(call).await)
    }

    async fn hold(&self, heals: usize) {
        let _held = Held::by(self);
        while self.lock().heals == heals {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Answers a call that is not the test's concern: it is not recorded and meets no fault.
    pub(super) async fn pass(&self, call: Call<'_>) -> (u16, String) {
        if call.is_for_parameters() {
            return self.parameters.answer(call);
        }
        if call.is_for_kms() {
            return self.kms.answer(call).await;
        }
        self.engine.answer(call.target, call.body).await
    }

    fn enter(&self, call: &str) -> (InFlight<'_>, Option<Fault>) {
        let mut state = self.lock();
        if state.in_flight == 0 {
            state.round_trips.push(Vec::new());
        }
        state.in_flight += 1;
        let trip = state.round_trips.last_mut();
        trip.expect("one was pushed").push(call.to_owned());
        (InFlight(self), state.fault_for(call))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no panic inside")
    }
}

impl State {
    fn fault_for(&mut self, call: &str) -> Option<Fault> {
        let rule = self
            .rules
            .iter_mut()
            .find(|rule| rule.times > 0 && call.contains(&rule.call))?;
        if rule.skip > 0 {
            rule.skip -= 1;
            return None;
        }
        rule.times -= 1;
        Some(rule.fault)
    }
}

/// A call that has been begun; dropped when it is answered, or when its caller gives up.
struct InFlight<'a>(&'a Connector);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.lock().in_flight -= 1;
    }
}

/// A call that is held; dropped when it goes on, or when its caller gives up.
struct Held<'a>(&'a Connector);

impl<'a> Held<'a> {
    fn by(connector: &'a Connector) -> Self {
        connector.lock().held += 1;
        Self(connector)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.lock().held -= 1;
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let call = Call {
                target: request.headers().get("x-amz-target").unwrap_or_default(),
                body: request.body().bytes().unwrap_or_default(),
            };
            // Once for what starts together, once more for others, which get their turn on a network, too.
            let others = async {
                tokio::task::yield_now().await;
                tokio::task::yield_now().await;
            };
            match this.answer(call, others).await {
                Some((status, body)) => Ok(response(status, body)),
                None => Err(ConnectorError::io("the connection was reset".into())),
            }
        })
    }
}

impl HttpClient for Connector {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// A call of DynamoDB's protocol, or of the parameter store's, which is much alike.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    /// The header `X-Amz-Target`.
    pub(crate) target: &'a str,
    pub(crate) body: &'a [u8],
}

impl Call<'_> {
    pub(super) fn is_for_parameters(&self) -> bool {
        self.target.starts_with("AmazonSSM.")
    }

    pub(super) fn is_for_kms(&self) -> bool {
        self.target.starts_with("TrentService.")
    }

    /// Operation and tables: `TransactWriteItems users+users+outbox`. Or parameters: `GetParameters server/codes+server/seal`. Or
    /// `Sign kms`.
    pub(super) fn name(&self) -> String {
        let body = self.json();
        if self.is_for_kms() {
            return format!("{} kms", self.operation());
        }
        if self.is_for_parameters() {
            let names = body["Names"].as_array().into_iter().flatten();
            let names = names.chain([&body["Name"], &body["Path"]]);
            let names = names.filter_map(Value::as_str).map(below_path);
            return format!(
                "{} {}",
                self.operation(),
                names.collect::<Vec<_>>().join("+")
            );
        }
        let mut tables = Vec::new();
        if let Some(table) = body["TableName"].as_str() {
            tables.push(table);
        }
        if let Some(batch) = body["RequestItems"].as_object() {
            tables.extend(batch.keys().map(String::as_str));
            tables.sort_unstable();
        }
        for part in body["TransactItems"].as_array().into_iter().flatten() {
            let write = part.as_object().and_then(|part| part.values().next());
            tables.extend(write.and_then(|write| write["TableName"].as_str()));
        }
        let tables: Vec<_> = tables
            .iter()
            .map(|table| table.trim_start_matches("gatehouse-"))
            .collect();
        format!("{} {}", self.operation(), tables.join("+"))
    }

    pub(super) fn operation(&self) -> &str {
        self.target.rsplit('.').next().unwrap_or_default()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(self.body).unwrap_or_default()
    }
}

/// A parameter's name within its installation: `server/codes`.
fn below_path(name: &str) -> &str {
    let start = name.find("/server/").or_else(|| name.find("/signing/"));
    start.map_or(name, |start| &name[start + 1..])
}

fn conflict(call: Call<'_>) -> (u16, String) {
    if call.operation() != "TransactWriteItems" {
        return refusal(400, "TransactionConflictException", "");
    }
    let parts = call.json()["TransactItems"].as_array().map_or(1, Vec::len);
    let mut reasons = vec![r#"{"Code":"TransactionConflict"}"#];
    reasons.resize(parts, r#"{"Code":"None"}"#);
    refusal(
        400,
        "TransactionCanceledException",
        &format!(r#","CancellationReasons":[{}]"#, reasons.join(",")),
    )
}

pub(super) fn refusal(status: u16, kind: &str, more: &str) -> (u16, String) {
    let body = format!(
        r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{kind}","message":"injected"{more}}}"#
    );
    (status, body)
}

pub(super) fn response(status: u16, body: String) -> HttpResponse {
    HttpResponse::new(
        StatusCode::try_from(status).expect("a status"),
        SdkBody::from(body),
    )
}
