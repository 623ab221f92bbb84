//! How many round trips each operation takes, one after another.

use serde_json::json;

use super::{
    ANN, DAY, LOGOUT, RESET_PASSWORD, WRONG, check, confirmation, confirming, post, registered,
    registering, reset_link, resetting, signing_in,
};
use crate::call_budget::{send, trips_of};
use crate::harness::{PASSWORD, Platform};

const AUTHORISED: [&str; 1] = ["BatchGetItem sessions+users"];
const COUNTED: [&str; 2] = ["GetItem limits", "UpdateItem users"];
const BESIDE_THE_HASH: [&str; 1] = ["GetItem users"];
const OPENED: [&str; 3] = ["PutItem audit", "PutItem sessions", "UpdateItem users"];
const TOLD: [&str; 1] = ["PutItem audit"];
const ENDED: [&str; 1] = ["DeleteItem sessions"];

#[tokio::test]
async fn a_check_takes_one_round_trip_and_a_second_one_once_a_day() {
    let platform = Platform::start().await;
    let held = registered(&platform, ANN).await;
    let once = json!([AUTHORISED]);
    for _ in 0..2 {
        assert_eq!(trips_of(&platform, check(&platform, &held)).await, once);
        platform.clock.advance_seconds(DAY);
        let twice = json!([AUTHORISED, ["UpdateItem sessions"]]);
        assert_eq!(trips_of(&platform, check(&platform, &held)).await, twice);
    }
    let (answer, trips) = send(&platform, check(&platform, "garbage")).await;
    assert_eq!((answer.status, trips), (401, json!([])));
}

#[tokio::test]
async fn signing_in_takes_two_and_one_beside_the_hash_and_one_to_end_another() {
    let platform = Platform::start().await;
    let held = registered(&platform, ANN).await;
    let sign_in = || signing_in(&platform, ANN, PASSWORD);
    let budget = json!([COUNTED, BESIDE_THE_HASH, OPENED]);
    assert_eq!(trips_of(&platform, sign_in()).await, budget);
    let garbage = sign_in().header("cookie", "sid=garbage");
    assert_eq!(trips_of(&platform, garbage).await, budget);
    let again = sign_in().header("cookie", &format!("sid={held}"));
    let budget = json!([COUNTED, BESIDE_THE_HASH, OPENED, ENDED, TOLD]);
    assert_eq!(trips_of(&platform, again).await, budget);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_login_make_the_same_calls() {
    let platform = Platform::start().await;
    registered(&platform, ANN).await;
    let budget = json!([
        COUNTED,
        BESIDE_THE_HASH,
        ["PutItem audit", "UpdateItem limits"]
    ]);
    for login in [ANN, "unknown@example.com"] {
        let (answer, trips) = send(&platform, signing_in(&platform, login, WRONG)).await;
        assert_eq!((answer.status, trips), (401, budget.clone()), "{login}");
    }
}

#[tokio::test]
async fn registering_takes_two_and_one_to_tell() {
    let platform = Platform::start().await;
    let budget = json!([
        ["UpdateItem keys", "UpdateItem limits"],
        ["TransactWriteItems users+users+users+attributes+outbox+sessions"],
        TOLD,
    ]);
    let trips = trips_of(&platform, registering(&platform, ANN)).await;
    assert_eq!(trips, budget);
}

#[tokio::test]
async fn what_mails_lead_to_takes_four_at_most_and_one_to_tell() {
    let platform = Platform::start().await;
    let link = confirmation(&platform, ANN).await;
    let confirm = confirming(&platform, &link);
    assert_eq!(
        trips_of(&platform, confirm).await,
        json!([
            ["GetItem users"],
            ["TransactWriteItems users+users+codes"],
            TOLD
        ])
    );
    let ask = post(&platform, RESET_PASSWORD, &json!({ "login": ANN }));
    assert_eq!(
        trips_of(&platform, ask).await,
        json!([
            ["UpdateItem limits", "UpdateItem limits"],
            ["PutItem outbox"]
        ])
    );
    let link = reset_link(&platform, ANN).await;
    let reset = resetting(&platform, &link, super::NEW_PASSWORD);
    assert_eq!(
        trips_of(&platform, reset).await,
        json!([
            ["GetItem users"],
            ["GetItem codes"],
            ["BatchGetItem users"],
            ["TransactWriteItems users+users+codes+users"],
            TOLD,
        ])
    );
}

#[tokio::test]
async fn signing_out_takes_one_and_one_to_tell() {
    let platform = Platform::start().await;
    let held = registered(&platform, ANN).await;
    let logout = |cookie: &str| platform.post(LOGOUT).header("cookie", cookie);
    let live = logout(&format!("sid={held}"));
    assert_eq!(trips_of(&platform, live).await, json!([ENDED, TOLD]));
    let none = logout("sid=garbage");
    assert_eq!(trips_of(&platform, none).await, json!([]));
}
