//! How many round trips the pages take, one after another.

use serde_json::json;

use super::{ANN, DAY, NEW_PASSWORD, WRONG};
use crate::call_budget::{send, trips_of};
use crate::harness::{Browser, PASSWORD, Platform, Request};

const COUNTED: [&str; 2] = ["GetItem limits", "UpdateItem users"];
const BESIDE_THE_HASH: [&str; 1] = ["GetItem users"];
const OPENED: [&str; 3] = ["PutItem audit", "PutItem sessions", "UpdateItem users"];
const TOLD: [&str; 1] = ["PutItem audit"];
const AUTHORISED: [&str; 1] = ["BatchGetItem attributes+sessions+users"];

async fn signed_in() -> (Platform, Browser) {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let browser = Browser::signed_in(&platform, ANN).await;
    (platform, browser)
}

async fn form(
    platform: &Platform,
    browser: &mut Browser,
    path: &str,
    fields: &[(&str, &str)],
) -> Request {
    browser.form(platform, path, fields).await
}

#[tokio::test]
async fn signing_in_takes_two_round_trips_and_one_beside_the_hash() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::default();
    let fields = [("email", ANN), ("password", PASSWORD)];
    let sign_in = form(&platform, &mut browser, "/sign-in", &fields).await;
    let (entered, trips) = send(&platform, sign_in).await;
    assert_eq!(entered.status, 303);
    assert_eq!(trips, json!([COUNTED, BESIDE_THE_HASH, OPENED]));
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let sign_in = form(&platform, &mut browser, "/sign-in", &fields).await;
    let (entered, trips) = send(&platform, sign_in).await;
    assert_eq!(entered.status, 303);
    let dropped = ["DeleteItem sessions"];
    let budget = json!([COUNTED, BESIDE_THE_HASH, OPENED, dropped, TOLD]);
    assert_eq!(trips, budget);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_make_the_same_calls() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::default();
    for email in [ANN, "unknown@example.com"] {
        let fields = [("email", email), ("password", WRONG)];
        let sign_in = form(&platform, &mut browser, "/sign-in", &fields).await;
        let (refused, trips) = send(&platform, sign_in).await;
        assert_eq!(refused.status, 400);
        let budget = json!([
            COUNTED,
            BESIDE_THE_HASH,
            ["PutItem audit", "UpdateItem limits"]
        ]);
        assert_eq!(trips, budget, "{email}");
    }
}

#[tokio::test]
async fn the_accounts_pages_take_one_round_trip_and_that_of_the_sessions_two() {
    let (platform, browser) = signed_in().await;
    for (path, more) in [
        ("/account", &[][..]),
        ("/account/security", &[]),
        ("/account/sessions", &[["Query sessions"]]),
    ] {
        let mut budget = vec![json!(AUTHORISED)];
        budget.extend(more.iter().map(|trip| json!(trip)));
        let page = browser.with_cookie(platform.get(path));
        assert_eq!(trips_of(&platform, page).await, json!(budget), "{path}");
    }
    platform.clock.advance_seconds(DAY);
    let page = browser.with_cookie(platform.get("/account"));
    let extended = json!([AUTHORISED, ["UpdateItem sessions"]]);
    assert_eq!(trips_of(&platform, page).await, extended);
}

#[tokio::test]
async fn pages_for_everybody_read_nothing() {
    let platform = Platform::start().await;
    for path in [
        "/sign-in",
        "/sign-up",
        "/reset-password",
        "/activate?code=x",
        "/confirm?uid=x&t=x",
        "/confirm-email?code=x",
    ] {
        let page = platform.get(path);
        assert_eq!(trips_of(&platform, page).await, json!([]), "{path}");
    }
    for cookie in ["dmlzaXRvcgAAAAAAAAAAAA", "", "sid=x"] {
        let page = platform
            .get("/sign-in")
            .header("cookie", &format!("__Host-gatehouse={cookie}"));
        assert_eq!(trips_of(&platform, page).await, json!([]), "{cookie}");
        let page = platform
            .get("/account")
            .header("cookie", &format!("__Host-gatehouse={cookie}"));
        let (shut, trips) = send(&platform, page).await;
        assert_eq!((shut.status, trips), (303, json!([])), "{cookie}");
    }
}

#[tokio::test]
async fn what_is_changed_takes_one_more_round_trip() {
    let (platform, mut browser) = signed_in().await;
    for (path, fields, more) in [
        (
            "/account/attributes",
            &[("key", "colour"), ("text", "violet")][..],
            json!([["UpdateItem attributes"]]),
        ),
        (
            "/account/attributes/remove",
            &[("key", "colour")],
            json!([["UpdateItem attributes"]]),
        ),
        (
            "/account/sessions/end",
            &[("session", "dmlzaXRvcgAAAAAAAAAAAA")],
            json!([["DeleteItem sessions"]]),
        ),
        ("/account/authenticator", &[], json!([["PutItem codes"]])),
    ] {
        let request = form(&platform, &mut browser, path, fields).await;
        let (done, trips) = send(&platform, request).await;
        assert!(done.status < 400, "{path}: {}", done.body);
        let mut budget = vec![json!(AUTHORISED)];
        budget.extend(more.as_array().expect("a list").iter().cloned());
        assert_eq!(trips, json!(budget), "{path}");
    }
}

#[tokio::test]
async fn a_password_change_takes_three_round_trips_and_one_beside_the_hash() {
    let (platform, mut browser) = signed_in().await;
    let fields = [
        ("current", PASSWORD),
        ("password", NEW_PASSWORD),
        ("password2", NEW_PASSWORD),
    ];
    let request = form(&platform, &mut browser, "/account/password", &fields).await;
    let (done, trips) = send(&platform, request).await;
    assert_eq!(done.status, 303);
    let trips = trips.as_array().expect("a list");
    assert_eq!(
        trips[..3],
        json!([AUTHORISED, COUNTED, BESIDE_THE_HASH])
            .as_array()
            .expect("a list")[..]
    );
    assert!(trips.len() <= 6, "{trips:?}");
}
