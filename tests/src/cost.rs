//! What operations use of DynamoDB and cost, and that neither grows with the number of accounts.

use std::collections::HashMap;
use std::fmt::Write as _;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use insta::assert_snapshot;
use local::cost::{Estimate, Mix, Rates, Report, Row, rehearse};
use serde_json::{Value, json};
use shared::usage::{Usage, measured};

use crate::deployment::all;
use crate::harness::{PASSWORD, Platform, Request, are_processes};
use crate::template::Template;

type Item = HashMap<String, AttributeValue>;

const V1: &str = "/user-service/v1/users";
/// Items of a `BatchWriteItem`.
const BATCH: usize = 25;

async fn rehearsed() -> Report {
    let platform = Platform::start().await;
    Box::pin(rehearse(&platform.local, &platform.inbox))
        .await
        .expect("each operation is answered");
    Report::of(platform.local.ledger.entries(), Rates::known())
}

fn row<'a>(report: &'a Report, operation: &str) -> &'a Row {
    let mut rows = report.operations.iter();
    let row = rows.find(|row| row.operation == operation && row.status == Some(200));
    row.expect("it was rehearsed")
}

#[tokio::test]
async fn each_operation_takes_these_calls_units_and_messages() {
    let report = rehearsed().await;
    let mut table =
        "operation | calls | round trips | RRU | WRU | hashes | signatures | mails\n".to_owned();
    for row in &report.operations {
        writeln!(
            table,
            "{} {} | {} | {} | {} | {} | {} | {} | {}",
            row.operation,
            row.status
                .map_or("-".to_owned(), |status| status.to_string()),
            row.calls,
            row.round_trips,
            row.read_units,
            row.write_units,
            row.hashes,
            row.signatures,
            row.mails
        )
        .expect("a text grows");
    }
    assert_snapshot!(table);
}

#[tokio::test]
async fn a_sign_in_and_an_authorised_read_cost_what_the_documentation_says() {
    let report = rehearsed().await;
    let per_million = |operation: &str| row(&report, operation).estimate.dollars_per_thousand * 1e3;
    let sign_in = per_million("POST /user-service/{v}/users/login");
    let read = per_million("GET /user-service/{v}/users/status");
    let text = std::fs::read_to_string("../docs/performance.md").expect("the documentation");
    for (name, cost) in [("sign-in", sign_in), ("authorised read", read)] {
        let said = format!("| {name} | {cost:.2} |");
        assert!(
            text.contains(&said),
            "docs/performance.md should say {said}"
        );
    }
    assert!(read <= 1.75, "{read}");
}

#[tokio::test]
async fn a_month_of_ten_times_the_users_costs_ten_times_as_much() {
    let report = rehearsed().await;
    let months = report.months(&Mix::known()).expect("known operations");
    assert_eq!(months.len(), 5);
    for pair in months.windows(2) {
        let [(fewer, less), (more, dearer)] = pair else {
            unreachable!("pairs");
        };
        assert_eq!(fewer * 10, *more);
        assert!((dearer / less - 10.0).abs() < 1e-9);
    }
    let of = |mix: Value| {
        let mix = Mix::read(&mix.to_string()).expect("a mix");
        report.months(&mix).map(|months| months[0].1)
    };
    // A registration is paid with the mail that it brings.
    let registrations = of(json!({ "POST /user-service/{v}/users/register": 1 }));
    let mails = 1000.0 * report.prices.mails_per_thousand / 1000.0;
    assert!(registrations.expect("a known operation") > mails);
    let unknown = of(json!({ "POST /nowhere": 1 })).expect_err("nobody rehearses it");
    assert!(unknown.to_string().contains("POST /nowhere"), "{unknown}");
    let negative = Mix::read(r#"{"GET /": -1}"#).expect_err("less than never");
    assert!(negative.to_string().contains("GET /"), "{negative}");
}

#[test]
fn memory_is_that_of_the_template() {
    let rates = Rates::known();
    let template = Template::of_repository();
    let default = &template.document()["Globals"]["Function"]["MemorySize"];
    let mut seen = 0;
    for properties in template.properties("AWS::Serverless::Function") {
        let name = properties["FunctionName"].to_string();
        let Some(function) = all().into_keys().find(|function| name.contains(*function)) else {
            panic!("{name} is no function of ours");
        };
        let own = &properties["MemorySize"];
        let memory = if own.is_null() { default } else { own };
        assert_eq!(json!(rates.memory_mb(function)), *memory, "{function}");
        seen += 1;
    }
    assert_eq!(seen, all().len());
    let unknown = |name: &&String| !all().contains_key(name.as_str());
    assert_eq!(rates.work.memory_mb_of.keys().find(unknown), None);
}

#[tokio::test]
async fn local_requests_are_in_the_ledger_with_the_function_that_served_them() {
    if are_processes() {
        return; // the ledger is of those that are not
    }
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let before = Report::of(platform.local.ledger.entries(), Rates::known());
    for _ in 0..3 {
        let read = platform
            .get(&format!("{V1}/status"))
            .bearer(&session.access_token);
        assert_eq!(read.send().await.status, 200);
    }
    assert_eq!(
        platform.get("/user-service/nowhere").send().await.status,
        404
    );
    let report = Report::of(platform.local.ledger.entries(), Rates::known());
    let read = row(&report, "GET /user-service/{v}/users/status");
    assert_eq!((read.function, read.requests), ("user-service-profile", 3));
    assert_eq!(
        (read.memory_mb, read.calls, read.round_trips),
        (256, 1.0, 1.0)
    );
    let Estimate {
        dollars_per_thousand,
        ..
    } = read.estimate;
    let nowhere = report.operations.iter().find(|row| row.operation == "-");
    let nowhere = nowhere.expect("refusals, too");
    assert_eq!((nowhere.status, nowhere.calls), (Some(404), 0.0));
    let added = 3.0 * dollars_per_thousand + nowhere.estimate.dollars_per_thousand;
    assert!((report.dollars - before.dollars - added / 1000.0).abs() < 1e-12);
}

/// The same account many times over, under other names.
async fn multiply(platform: &Platform, accounts: usize) {
    let database = platform.database();
    for table in ["users", "sessions", "attributes"] {
        let table = format!("gatehouse-{table}");
        let scan = database.scan().table_name(&table).send().await;
        let mut originals: Vec<Item> = scan.expect("the table can be read").items().to_vec();
        originals.retain(|item| item.values().any(is_of_an_account));
        let mut batch = Vec::new();
        for number in 0..accounts {
            for original in &originals {
                let put = PutRequest::builder().set_item(Some(renamed(original, number)));
                let put = put.build().expect("an item");
                batch.push(WriteRequest::builder().put_request(put).build());
                if batch.len() == BATCH {
                    write(database, &table, std::mem::take(&mut batch)).await;
                }
            }
        }
        write(database, &table, batch).await;
    }
}

/// Whether this is the key of an account, which is as long as a digest or an id.
fn is_of_an_account(value: &AttributeValue) -> bool {
    let key = value.as_s().map_or("", String::as_str);
    ["user#", "email#"].iter().any(|kind| key.starts_with(kind)) || key.len() == 36
}

async fn write(database: &aws_sdk_dynamodb::Client, table: &str, batch: Vec<WriteRequest>) {
    if batch.is_empty() {
        return;
    }
    let written = database
        .batch_write_item()
        .request_items(table, batch)
        .send()
        .await;
    let left = written.expect("a batch is written").unprocessed_items;
    assert!(left.is_none_or(|left| left.is_empty()));
}

/// The item of an account of its own.
fn renamed(original: &Item, number: usize) -> Item {
    let mut item = original.clone();
    for key in ["pk", "user_id"] {
        if let Some(AttributeValue::S(text)) = item.get_mut(key) {
            write!(text, "-{number}").expect("a text grows");
        }
    }
    item
}

/// What these requests use, by name.
async fn used(
    platform: &Platform,
    requests: Vec<(&'static str, Request)>,
) -> Vec<(&'static str, Usage)> {
    let mut all = Vec::new();
    for (name, request) in requests {
        let (answer, usage) = measured(request.send()).await;
        assert!(answer.status < 300, "{name}: {}", answer.whole());
        all.push((name, usage));
    }
    platform.connector.forget();
    all
}

/// `GATEHOUSE_ACCOUNTS=100000 cargo test -p tests -- cost::` has as many of them.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "chooses how many accounts there are"
)]
async fn signing_in_reading_and_checking_use_the_same_among_many_accounts() {
    if are_processes() {
        return; // units are those of this process
    }
    let accounts = std::env::var("GATEHOUSE_ACCOUNTS").ok();
    let accounts = accounts.map_or(1000, |text| text.parse().expect("a number"));
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let credentials = json!({ "email": "ann@example.com", "password": PASSWORD });
    let administrator = crate::rbac::administrator(&platform).await;
    let requests = || {
        let login = platform.post(&format!("{V1}/login")).json(&credentials);
        let read = platform
            .get(&format!("{V1}/status"))
            .bearer(&session.access_token);
        let check = platform.get("/rbac/permissions").bearer(&administrator);
        vec![("sign-in", login), ("read", read), ("check", check)]
    };
    let alone = used(&platform, requests()).await;
    multiply(&platform, accounts).await;
    let stored = platform.items("users").await.len();
    assert!(stored > accounts, "{stored}");
    let among_many = used(&platform, requests()).await;
    println!("{stored} items of users: {among_many:?}");
    assert_eq!(alone, among_many);
    assert!(
        alone
            .iter()
            .all(|(_, usage)| usage.calls > 0 && usage.read_units > 0.0)
    );
}
