//! How many round trips signing in takes, one after another.

use http::Method;
use serde_json::json;

use super::factor::{
    ANN, account_with, account_with_authenticator, answering, challenge, sent_code,
};
use super::{path, request, sign_in, token};
use crate::call_budget::{send, trips_of};
use crate::harness::{PASSWORD, Platform, Request};

const COUNTED: [&str; 2] = ["GetItem limits", "UpdateItem users"];
const BESIDE_THE_HASH: [&str; 1] = ["GetItem users"];
const AUTHORISED: [&str; 1] = ["BatchGetItem sessions+users"];
const TOLD: [&str; 1] = ["PutItem audit"];

fn signing_in(platform: &Platform, email: &str, password: &str) -> Request {
    let body = json!({ "userId": email, "password": password });
    platform.post(&path("oauth2")).json(&body)
}

#[tokio::test]
async fn signing_in_takes_two_round_trips_and_one_beside_the_hash() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let budget = json!([
        COUNTED,
        BESIDE_THE_HASH,
        ["PutItem audit", "PutItem sessions", "UpdateItem users"],
    ]);
    let sign_in = signing_in(&platform, ANN, PASSWORD);
    assert_eq!(trips_of(&platform, sign_in).await, budget);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_make_the_same_calls() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    platform.register("unconfirmed@example.com").await;
    account_with(&platform, "careful@example.com", "sms").await;
    let budget = json!([
        COUNTED,
        BESIDE_THE_HASH,
        ["PutItem audit", "UpdateItem limits"]
    ]);
    for email in [
        ANN,
        "unconfirmed@example.com",
        "careful@example.com",
        "unknown@example.com",
    ] {
        let sign_in = signing_in(&platform, email, "not the password");
        let (answer, trips) = send(&platform, sign_in).await;
        assert_eq!((answer.status, trips), (403, budget.clone()), "{email}");
    }
}

#[tokio::test]
async fn a_challenge_is_one_write_and_what_its_message_is_limited_by() {
    let platform = Platform::start().await;
    account_with_authenticator(&platform, "shown@example.com").await;
    account_with(&platform, "mailed@example.com", "email").await;
    account_with(&platform, "texted@example.com", "sms").await;
    for (email, limits) in [
        ("shown@example.com", &[][..]),
        ("mailed@example.com", &[["BatchGetItem users"]]),
        (
            "texted@example.com",
            &[
                ["TransactWriteItems limits+limits+limits"],
                ["TransactWriteItems limits"],
            ],
        ),
    ] {
        let mut budget = json!([COUNTED, BESIDE_THE_HASH, ["PutItem codes"]]);
        let trips = budget.as_array_mut().expect("a list");
        trips.extend(limits.iter().map(|trip| json!(trip)));
        trips.push(json!(TOLD));
        let sign_in = signing_in(&platform, email, PASSWORD);
        assert_eq!(trips_of(&platform, sign_in).await, budget, "{email}");
    }
}

#[tokio::test]
async fn an_answer_takes_three_round_trips() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "email").await;
    let uuid = challenge(&platform, ANN).await;
    let right = answering(&platform, &uuid, &sent_code(&platform));
    assert_eq!(
        trips_of(&platform, right).await,
        json!([
            ["GetItem limits"],
            ["UpdateItem codes"],
            ["GetItem users", "GetItem users"],
            ["TransactWriteItems codes+users+sessions"],
            TOLD,
        ])
    );
    let late = answering(&platform, &uuid, "123456");
    let (answer, trips) = send(&platform, late).await;
    assert_eq!(answer.status, 403);
    assert_eq!(trips, json!([["GetItem limits"], ["UpdateItem codes"]]));
}

#[tokio::test]
async fn refreshing_takes_one_round_trip() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut tokens = sign_in(&platform, ANN, PASSWORD).await.json();
    for _ in 0..2 {
        let access = tokens["access_token"].as_str().expect("a token");
        let rest = "oauth2?grant_type=refresh_token";
        let refresh = request(&platform, access, Method::POST, rest);
        let body = json!({ "refreshToken": tokens["refresh_token"] });
        let (answer, trips) = send(&platform, refresh.json(&body)).await;
        assert_eq!(trips, json!([["GetItem users", "UpdateItem sessions"]]));
        tokens = answer.json();
        platform.clock.advance_seconds(60);
    }
}

#[tokio::test]
async fn a_foreign_refresh_token_is_known_without_asking() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let access = token(&platform, ANN, PASSWORD).await;
    let rest = "oauth2?grant_type=refresh_token";
    for refresh in ["ghr_AAAA", "", &access] {
        let request = request(&platform, &access, Method::POST, rest);
        let body = json!({ "refreshToken": refresh });
        let (answer, trips) = send(&platform, request.json(&body)).await;
        assert_eq!((answer.status, trips), (403, json!([])), "{refresh}");
    }
}

#[tokio::test]
async fn what_a_token_tells_takes_two_round_trips() {
    let platform = Platform::start().await;
    let root = super::root(&platform).await;
    let read = |rest: &str| request(&platform, &root, Method::GET, rest);
    let details = json!(["BatchGetItem users"]);
    assert_eq!(
        trips_of(&platform, read("oauth2?me=true")).await,
        json!([AUTHORISED, details])
    );
    let validate = read(&format!("validateToken?token={root}"));
    assert_eq!(
        trips_of(&platform, validate).await,
        json!([AUTHORISED, AUTHORISED, details])
    );
    let sign_out = request(&platform, &root, Method::DELETE, &format!("oauth2/{root}"));
    assert_eq!(
        trips_of(&platform, sign_out).await,
        json!([AUTHORISED, ["DeleteItem sessions"], TOLD])
    );
}
