//! A trace goes on through the calls that an invocation makes; its lines name it.

use serde_json::json;

use super::lines;
use crate::events::event;
use crate::harness::{Fault, Platform};

#[tokio::test]
async fn each_call_of_aws_belongs_to_the_trace_of_its_invocation() {
    let platform = Platform::start().await;
    platform.register("ann@example.com").await;
    let cloud = platform.cloud().await;
    let outbox = cloud.function("platform-outbox");
    let intent = platform.items("outbox").await.remove(0);
    let mut news = event("platform-outbox", "stream");
    let records = news["Records"].as_array_mut().expect("records");
    records.truncate(1);
    records[0]["dynamodb"]["Keys"]["id"]["S"] = intent["id"].clone();
    let sweep = event("platform-outbox", "sweep");
    let mut seen = 0;
    for (number, event) in [(0, &sweep), (1, &news), (2, &sweep)] {
        outbox.invoke(event.clone()).await;
        let traces = cloud.traces();
        let own = format!("Root=1-5bef4de7-ad49b0e87f6e{number:012x};Sampled=1");
        let made: Vec<_> = traces[seen..].iter().flatten().collect();
        assert!(
            !made.is_empty() && made.iter().all(|trace| **trace == own),
            "{traces:?}"
        );
        // Only what is read at the start belongs to no invocation.
        let without = traces[seen..]
            .iter()
            .filter(|trace| trace.is_none())
            .count();
        assert_eq!(without > 0, number == 0, "{traces:?}");
        seen = traces.len();
    }
    assert_eq!(platform.inbox.messages().len(), 1, "SES was called, too");
}

#[tokio::test]
async fn a_line_of_what_serves_no_http_names_its_invocation() {
    let platform = Platform::with(&[("LOG_LEVEL", "warn")]).await;
    let cloud = platform.cloud().await;
    let outbox = cloud.function("platform-outbox");
    let operator = cloud.function("platform-operator");
    for name in ["bounce", "complaint"] {
        outbox.invoke(event("platform-outbox", name)).await;
    }
    platform
        .connector
        .inject("Scan outbox", Fault::AccessDenied, 1);
    outbox.invoke(event("platform-outbox", "sweep")).await;
    platform.connector.watch_upkeep();
    platform.connector.inject("", Fault::AccessDenied, 100);
    let status = operator.try_invoke(json!({ "command": "status" })).await;
    assert!(status.is_err(), "{status:?}");
    let mut told = lines(&cloud.log());
    // What the runtime itself says of an event that failed.
    told.retain(|line| line["target"] != "lambda_runtime::layers::panic");
    let ids: Vec<_> = told.iter().map(|line| &line["request.id"]).collect();
    let id = |number: u32| format!("8476a536-e9f4-11e8-9739-{number:012x}");
    assert!(ids.len() >= 4, "{told:?}");
    for id in [id(0), id(1), id(2)] {
        assert!(ids.iter().any(|found| **found == *id), "{told:?}");
    }
    assert!(ids.iter().all(|id| id.is_string()), "{told:?}");
}
