//! What the template watches: metrics that the code counts, at a price that is bounded, and nothing unless it is asked for.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::runtime::{NAMESPACE, metric_names};

use crate::template::Template;

/// Types that are there for watching alone.
const WATCHING: [&str; 3] = [
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::SNS::Topic",
];

fn monitored() -> Template {
    Template::of_repository().with("Monitoring", "on")
}

/// The alarms' metrics: namespace, name, dimensions.
fn alarmed(template: &Template) -> Vec<(Value, Value, Value)> {
    let mut metrics = Vec::new();
    for alarm in template.properties("AWS::CloudWatch::Alarm") {
        let parts = alarm["Metrics"].as_array().cloned().unwrap_or_default();
        let parts = parts
            .into_iter()
            .map(|part| part["MetricStat"]["Metric"].clone());
        let parts: Vec<_> = parts.chain([alarm]).collect();
        let named = parts.iter().filter(|part| part["MetricName"].is_string());
        metrics.extend(named.map(|part| {
            let of = |name: &str| part[name].clone();
            (of("Namespace"), of("MetricName"), of("Dimensions"))
        }));
    }
    metrics
}

/// The metrics of the dashboard's graphs, as they stand there.
fn shown(template: &Template) -> Vec<Value> {
    let dashboards = template.properties("AWS::CloudWatch::Dashboard");
    assert_eq!(dashboards.len(), 1);
    let body = dashboards[0]["DashboardBody"].as_str().expect("a text");
    let body: Value = serde_json::from_str(body).expect("JSON");
    let widgets = body["widgets"].as_array().expect("widgets");
    let metrics = widgets
        .iter()
        .flat_map(|widget| widget["properties"]["metrics"].as_array().expect("metrics"));
    metrics.cloned().collect()
}

#[test]
fn nothing_of_it_is_there_unless_it_is_asked_for() {
    let template = Template::of_repository();
    for kind in WATCHING {
        assert_eq!(template.properties(kind), [Value::Null; 0], "{kind}");
    }
    for function in template.functions() {
        assert_eq!(
            function.environment["METRICS"], "off",
            "{}",
            function.binary
        );
    }
    for function in monitored().functions() {
        assert_eq!(function.environment["METRICS"], "on", "{}", function.binary);
    }
    let resources = template.document()["Resources"].as_object();
    for (name, resource) in resources.expect("resources") {
        let watches = WATCHING.iter().any(|kind| resource["Type"] == *kind);
        let asked_for = ["IsMonitored", "HasAlarmEmail"].map(|condition| json!(condition));
        assert_eq!(
            watches,
            asked_for.contains(&resource["Condition"]),
            "{name}"
        );
    }
}

#[test]
fn it_costs_what_is_written_down() {
    let template = monitored();
    assert!(metric_names().count() <= 8);
    assert!(template.properties("AWS::CloudWatch::Alarm").len() <= 10);
    assert_eq!(template.properties("AWS::CloudWatch::Dashboard").len(), 1);
    // An alarm is charged by the metric.
    let prices = "alarms on 18 metrics";
    assert_eq!(
        format!("alarms on {} metrics", alarmed(&template).len()),
        prices
    );
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let documented = std::fs::read_to_string(path.join("../docs/decisions/0040-metrics.md"));
    assert!(documented.expect("the decision").contains(prices));
}

#[test]
fn what_is_watched_is_what_the_code_counts() {
    let template = monitored();
    let counted: BTreeSet<_> = metric_names().map(str::to_owned).collect();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    for (namespace, name, dimensions) in alarmed(&template) {
        if namespace == NAMESPACE {
            assert!(counted.contains(&text(&name)), "{name}");
            assert_eq!(
                dimensions,
                json!([{ "Name": "installation", "Value": "gatehouse" }])
            );
        }
    }
    let shown = shown(&template).into_iter();
    let own = shown.filter(|metric| metric[0] == NAMESPACE);
    let own: BTreeSet<_> = own
        .map(|metric| {
            assert_eq!(
                (&metric[2], &metric[3]),
                (&json!("installation"), &json!("gatehouse"))
            );
            text(&metric[1])
        })
        .collect();
    assert_eq!(own, counted);
}

/// SEARCH finds what a dashboard shows of all functions; an alarm may not use it.
#[test]
fn throttles_are_those_of_the_functions_that_hash() {
    let template = monitored();
    let alarms = template.properties("AWS::CloudWatch::Alarm");
    assert!(!json!(alarms).to_string().contains("SEARCH"));
    let throttles = alarmed(&template).into_iter();
    let throttles = throttles.filter(|(_, name, _)| name == "Throttles");
    let watched: BTreeSet<_> = throttles
        .map(|(_, _, dimensions)| dimensions[0]["Value"].to_string())
        .collect();
    let functions = template.properties("AWS::Serverless::Function").into_iter();
    let hashing: BTreeSet<_> = functions
        .filter(|function| function["MemorySize"] == 1769)
        .map(|function| function["FunctionName"].to_string())
        .filter(|name| !name.contains("platform-operator"))
        .collect();
    assert_eq!(watched, hashing);
}

#[test]
fn an_alarm_tells_whom_the_operator_names() {
    let email = "operator@example.com";
    let template = Template::of_repository()
        .with("Monitoring", "on")
        .with("AlarmEmail", email);
    let topics = template.properties("AWS::SNS::Topic");
    let told = json!([{ "Protocol": "email", "Endpoint": email }]);
    assert_eq!((topics.len(), &topics[0]["Subscription"]), (1, &told));
    for alarm in template.properties("AWS::CloudWatch::Alarm") {
        assert_eq!(alarm["AlarmActions"], json!(["AlarmTopic"]), "{alarm}");
        assert!(alarm["TreatMissingData"].is_string(), "{alarm}");
        assert!(!alarm["AlarmDescription"].is_null(), "{alarm}");
    }
    for alarm in monitored().properties("AWS::CloudWatch::Alarm") {
        assert!(alarm["AlarmActions"].is_null(), "nobody is named: {alarm}");
    }
}

#[test]
fn what_serves_requests_is_traced_while_it_is_watched() {
    let tracing = |template: &Template, function: &Value| {
        let own = &function["Tracing"];
        let all = &template.document()["Globals"]["Function"]["Tracing"];
        assert_eq!(
            all,
            &json!({ "Fn::If": ["IsMonitored", "Active", "PassThrough"] })
        );
        own.clone()
    };
    let template = monitored();
    for function in template.properties("AWS::Serverless::Function") {
        let name = function["FunctionName"].as_str().expect("a name");
        let waits = !["gatehouse-platform-outbox", "gatehouse-platform-operator"].contains(&name);
        let own = tracing(&template, &function);
        assert_eq!(
            own,
            if waits {
                Value::Null
            } else {
                json!("Disabled")
            },
            "{name}"
        );
    }
}
