//! How much a project remembers of one user.

use serde_json::{Value, json};

use super::{ANN, SHARING, START, ann, confirmed, signed_in, signed_in_on};
use crate::harness::Platform;

fn device(number: i64) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

#[tokio::test]
async fn of_twenty_five_devices_the_twenty_that_were_seen_last_remain() {
    let platform = Platform::start().await;
    confirmed(&platform, SHARING, ANN).await;
    let mut last = None;
    for number in 1..=25 {
        platform.clock.advance_seconds(1);
        last = Some(signed_in_on(&platform, SHARING, &device(number)).await);
    }
    let last = last.expect("a sign-in");
    let body = last.profile(&platform).send().await.json();
    let shown: Vec<_> = body["data"]["devices"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|device| device["deviceId"].clone())
        .collect();
    let expected: Vec<Value> = (6..=25).rev().map(|number| json!(device(number))).collect();
    assert_eq!(shown, expected);
    assert_eq!(platform.items("devices").await.len(), 21);
    platform.clock.advance_seconds(600);
    last.check(&platform, &device(6)).send().await;
    signed_in_on(&platform, SHARING, &device(26)).await;
    let body = last.profile(&platform).send().await.json();
    let devices = body["data"]["devices"].to_string();
    assert!(devices.contains(&device(6)), "it was seen since");
    assert!(!devices.contains(&device(7)), "the stalest went");
}

#[tokio::test]
async fn of_twenty_five_sign_ins_the_last_twenty_remain() {
    let platform = Platform::start().await;
    let mut login = ann(&platform).await;
    for _ in 0..24 {
        platform.clock.advance_seconds(1);
        login = signed_in(&platform, SHARING, ANN).await;
    }
    let body = login.profile(&platform).send().await.json();
    let expected: Vec<i64> = (START + 5..=START + 24).collect();
    assert_eq!(body["data"]["data"]["loginHistory"], json!(expected));
    assert_eq!(platform.items("devices").await.len(), 2);
}
