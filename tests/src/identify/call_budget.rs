//! How many round trips each operation takes, one after another.

use serde_json::{Value, json};

use super::{
    ANN, DEVICE, NEW_PASSWORD, OTHER_DEVICE, SHARING, WRONG, ann, anonymous, confirmed,
    forgot_password, no_login, registering, signing_in,
};
use crate::call_budget::{send, trips_of};
use crate::harness::{PASSWORD, Platform};

const PROJECT: [&str; 1] = ["GetItem projects"];
const AUTHORISED: [&str; 2] = ["BatchGetItem attributes+sessions+users", "Query devices"];
const TOLD: [&str; 1] = ["PutItem audit"];
const COUNTED: [&str; 2] = ["GetItem limits", "UpdateItem users"];

#[tokio::test]
async fn profile_and_check_take_two_and_a_third_every_ten_minutes() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let twice = json!([PROJECT, AUTHORISED]);
    assert_eq!(trips_of(&platform, login.profile(&platform)).await, twice);
    let check = || login.check(&platform, DEVICE);
    assert_eq!(trips_of(&platform, check()).await, twice);
    platform.clock.advance_seconds(600);
    let seen = json!([PROJECT, AUTHORISED, ["TransactWriteItems users+devices"]]);
    assert_eq!(trips_of(&platform, check()).await, seen);
    assert_eq!(trips_of(&platform, check()).await, twice);
    let other = || login.check(&platform, OTHER_DEVICE);
    assert_eq!(trips_of(&platform, other()).await, seen);
    assert_eq!(trips_of(&platform, other()).await, twice);
}

#[tokio::test]
async fn signing_in_takes_three_and_one_beside_the_hash() {
    let platform = Platform::start().await;
    confirmed(&platform, SHARING, ANN).await;
    let sign_in = || signing_in(&platform, SHARING, ANN, PASSWORD);
    let budget = json!([
        PROJECT,
        COUNTED,
        ["GetItem users", "Query devices"],
        [
            "PutItem audit",
            "PutItem sessions",
            "TransactWriteItems users+devices+devices",
            "UpdateItem users"
        ],
    ]);
    for _ in 0..2 {
        assert_eq!(trips_of(&platform, sign_in()).await, budget);
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_take_the_same_round_trips() {
    let platform = Platform::start().await;
    confirmed(&platform, SHARING, ANN).await;
    let mut seen = Vec::new();
    for email in [ANN, "unknown@example.com"] {
        let wrong = signing_in(&platform, SHARING, email, WRONG);
        let (answer, trips) = send(&platform, wrong).await;
        assert_eq!(answer.status, 401);
        seen.push(trips);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].as_array().map(Vec::len), Some(4));
}

#[tokio::test]
async fn refreshing_and_signing_out_take_two_and_three() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let rotated = json!([
        ["GetItem projects", "GetItem users"],
        ["GetItem users", "UpdateItem sessions"],
    ]);
    assert_eq!(trips_of(&platform, login.refresh(&platform)).await, rotated);
    let ended = json!([PROJECT, AUTHORISED, ["DeleteItem sessions"], TOLD]);
    assert_eq!(trips_of(&platform, login.logout(&platform)).await, ended);
}

#[tokio::test]
async fn registering_takes_three() {
    let platform = Platform::start().await;
    let data = json!({ "email": ANN, "password": PASSWORD, "nickname": "Ann", "custom:a": "b" });
    let budget = json!([
        PROJECT,
        ["UpdateItem keys", "UpdateItem limits"],
        ["TransactWriteItems users+users+users+attributes+outbox"],
        TOLD,
    ]);
    let register = registering(&platform, SHARING, &data);
    assert_eq!(trips_of(&platform, register).await, budget);
}

#[tokio::test]
async fn changing_takes_as_many_as_there_are_things_to_change() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let touched = ["TransactWriteItems users+devices"];
    for (data, writes) in [
        (json!({}), vec![json!(touched)]),
        (
            json!({ "nickname": "Ann" }),
            vec![json!(["UpdateItem users"]), json!(touched)],
        ),
        (
            json!({ "nickname": "Nan", "custom:a": "b", "custom:c": "d" }),
            vec![
                json!(["UpdateItem attributes"]),
                json!(["UpdateItem users"]),
                json!(touched),
            ],
        ),
    ] {
        let mut budget = vec![json!(PROJECT), json!(AUTHORISED)];
        budget.extend(writes);
        let trips = trips_of(&platform, login.change(&platform, &data)).await;
        assert_eq!(trips, Value::from(budget), "{data}");
    }
}

#[tokio::test]
async fn a_new_password_takes_what_it_takes_elsewhere() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    platform.deliver().await;
    let change = login.change_password(&platform, PASSWORD, NEW_PASSWORD);
    let trips = trips_of(&platform, change).await;
    let trips = trips.as_array().expect("a list");
    assert_eq!(trips[..2], [json!(PROJECT), json!(AUTHORISED)]);
    assert!(trips.len() <= 7, "{trips:?}");
    let ask = forgot_password::asking(&platform, SHARING, ANN);
    let asked = json!([
        PROJECT,
        ["UpdateItem limits", "UpdateItem limits"],
        ["PutItem outbox"]
    ]);
    assert_eq!(trips_of(&platform, ask).await, asked);
}

#[tokio::test]
async fn guests_take_three_or_four() {
    let platform = Platform::start().await;
    let came = json!([
        PROJECT,
        ["UpdateItem limits"],
        ["UpdateItem limits"],
        ["TransactWriteItems users+devices+devices"],
        TOLD,
    ]);
    let first = anonymous::coming(&platform, SHARING, DEVICE);
    assert_eq!(trips_of(&platform, first).await, came);
    let returned = json!([
        PROJECT,
        ["GetItem users"],
        ["Query devices"],
        ["TransactWriteItems devices+devices"],
        TOLD,
    ]);
    let return_ = || anonymous::returning(&platform, SHARING, DEVICE);
    assert_eq!(trips_of(&platform, return_()).await, returned);
    let id = no_login::guest(&platform, SHARING).await;
    let looked = json!([PROJECT, ["GetItem users"], ["Query devices"]]);
    let look = || no_login::looking(&platform, SHARING, &id);
    assert_eq!(trips_of(&platform, look()).await, looked);
    platform.clock.advance_seconds(super::DAY);
    let extended = json!([
        PROJECT,
        ["GetItem users"],
        ["Query devices"],
        ["TransactWriteItems devices+users"],
    ]);
    assert_eq!(trips_of(&platform, look()).await, extended);
    assert_eq!(trips_of(&platform, look()).await, looked);
}
