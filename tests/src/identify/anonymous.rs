//! Rows 14 and 15: guests who are known by a device.

use serde_json::{Value, json};

use super::{
    DAY, DEVICE, ISOLATED, LOGIN, OTHER_DEVICE, SHARING, USER, envelope, is_signed, known,
    no_login, post, put, refusal, sessions, sharing, shown,
};
use crate::harness::{Platform, Request};
use crate::user_service::expect_nothing_done;

pub(super) fn coming(platform: &Platform, project: &str, device: &str) -> Request {
    let data = json!({ "deviceId": device });
    post(
        platform,
        USER,
        &envelope(project, "anonymous", json!({ "data": data })),
    )
}

pub(super) fn returning(platform: &Platform, project: &str, device: &str) -> Request {
    let data = json!({ "deviceId": device });
    put(
        platform,
        LOGIN,
        &envelope(project, "anonymous", json!({ "data": data })),
    )
}

fn taken() -> String {
    refusal(409, "the device has a user already", "user_exists")
}

fn unknown() -> String {
    refusal(404, "there is no such user", "user_not_found")
}

#[tokio::test]
async fn a_device_makes_a_guest_without_tokens() {
    let platform = Platform::start().await;
    let data = json!({ "deviceId": DEVICE, "additionalId": "seat 17" });
    let body = envelope(SHARING, "anonymous", json!({ "data": data }));
    let answer = post(&platform, USER, &body).send().await;
    assert_eq!(
        shown(&answer),
        "201\n{\"result\":1,\"message\":\"User is Correctly Created\",\"data\":{\
         \"deviceId\":\"3fa85f64-5717-4562-b3fc-2c963f66afa6\",\"timeStamp\":1767225600,\
         \"signature\":\"[signature]\",\"externalId\":\"[externalId]\",\"userId\":\"[userId]\",\
         \"signUp\":1767225600}}"
    );
    let told = answer.json()["data"].clone();
    assert!(is_signed(&sharing(&platform).await, &told));
    let stored = platform.items("devices").await;
    assert_eq!(stored.len(), 2);
    let member = stored
        .iter()
        .find(|item| item["device_id"] == json!(SHARING));
    let member = member.expect("what the project knows");
    assert_eq!(member["user_id"], told["userId"]);
    assert_eq!(
        member["app_profile"],
        json!("{\"additionalId\":\"seat 17\"}")
    );
    for item in &stored {
        assert_eq!(item["expires"], json!(super::START + 90 * DAY));
    }
    let markers = platform.items("users").await;
    assert_eq!(markers.len(), 1, "no account");
    assert_eq!(markers[0]["user_id"], told["userId"]);
    assert!(!markers[0]["pk"].to_string().contains(DEVICE));
    assert_eq!(sessions(&platform).await, 0);
    assert_eq!(platform.deliver().await.len(), 0);
}

/// A device id is no secret: whoever has it must not become somebody by registering again.
#[tokio::test]
async fn a_device_that_has_a_user_makes_no_other() {
    let platform = Platform::start().await;
    let first = coming(&platform, SHARING, DEVICE).send().await;
    let before = (
        platform.items("users").await,
        platform.items("devices").await,
    );
    for device in [DEVICE.to_owned(), DEVICE.to_uppercase()] {
        let again = coming(&platform, SHARING, &device).send().await;
        assert_eq!(again.whole(), taken(), "{device}");
    }
    assert_eq!(
        (
            platform.items("users").await,
            platform.items("devices").await
        ),
        before
    );
    let other = coming(&platform, SHARING, OTHER_DEVICE).send().await;
    assert_eq!(other.status, 201);
    assert_ne!(
        other.json()["data"]["userId"],
        first.json()["data"]["userId"]
    );
}

#[tokio::test]
async fn whoever_returns_is_the_same() {
    let platform = Platform::start().await;
    let came = coming(&platform, SHARING, DEVICE).send().await.json()["data"].clone();
    platform.clock.advance_seconds(100);
    let answer = returning(&platform, SHARING, DEVICE).send().await;
    assert_eq!(
        shown(&answer),
        "200\n{\"result\":1,\"message\":\"OK\",\"data\":{\
         \"deviceId\":\"3fa85f64-5717-4562-b3fc-2c963f66afa6\",\"timeStamp\":1767225700,\
         \"signature\":\"[signature]\",\"externalId\":\"[externalId]\",\"userId\":\"[userId]\",\
         \"signUp\":1767225600}}"
    );
    let told = answer.json()["data"].clone();
    assert!(is_signed(&sharing(&platform).await, &told));
    assert_eq!(told["userId"], came["userId"]);
    assert_eq!(told["externalId"], came["externalId"]);
    let stored = platform.items("devices").await;
    let member = stored
        .iter()
        .find(|item| item["device_id"] == json!(SHARING));
    let sign_ins = json!([super::START, super::START + 100]);
    assert_eq!(
        member.expect("what the project knows")["sign_ins"],
        sign_ins
    );
    assert_eq!(sessions(&platform).await, 0);
}

#[tokio::test]
async fn a_device_that_has_no_user_is_not_found() {
    let platform = Platform::start().await;
    coming(&platform, SHARING, DEVICE).send().await;
    let before = platform.dump().await;
    let answer = returning(&platform, SHARING, OTHER_DEVICE).send().await;
    assert_eq!(answer.whole(), unknown());
    let elsewhere = returning(&platform, ISOLATED, DEVICE).send().await;
    assert_eq!(elsewhere.whole(), unknown());
    expect_nothing_done(&platform, &before, "unknown").await;
}

#[tokio::test]
async fn a_device_is_another_guest_in_each_project() {
    let platform = Platform::start().await;
    let here = coming(&platform, SHARING, DEVICE).send().await.json()["data"].clone();
    let there = coming(&platform, ISOLATED, DEVICE).send().await;
    assert_eq!(there.status, 201, "{}", there.whole());
    let there = there.json()["data"].clone();
    assert_ne!(here["userId"], there["userId"]);
    assert_ne!(here["externalId"], there["externalId"]);
    assert!(is_signed(&known(&platform, ISOLATED).await, &there));
    assert!(!is_signed(&sharing(&platform).await, &there));
}

#[tokio::test]
async fn who_does_not_return_for_ninety_days_is_forgotten_and_returning_counts_anew() {
    let platform = Platform::start().await;
    let first = coming(&platform, SHARING, DEVICE).send().await.json()["data"].clone();
    coming(&platform, SHARING, OTHER_DEVICE).send().await;
    platform.clock.advance_seconds(89 * DAY);
    let returned = returning(&platform, SHARING, DEVICE).send().await;
    assert_eq!(returned.json()["data"]["userId"], first["userId"]);
    platform.clock.advance_seconds(DAY);
    let forgotten = returning(&platform, SHARING, OTHER_DEVICE).send().await;
    assert_eq!(forgotten.whole(), unknown());
    platform.clock.advance_seconds(88 * DAY);
    let returned = returning(&platform, SHARING, DEVICE).send().await;
    assert_eq!(returned.status, 200, "{}", returned.whole());
    platform.clock.advance_seconds(90 * DAY);
    assert_eq!(
        returning(&platform, SHARING, DEVICE).send().await.whole(),
        unknown()
    );
    let anew = coming(&platform, SHARING, DEVICE).send().await;
    assert_eq!(anew.status, 201, "the device is free: {}", anew.whole());
    assert_ne!(anew.json()["data"]["userId"], first["userId"]);
    let again = returning(&platform, SHARING, DEVICE).send().await;
    assert_eq!(
        again.json()["data"]["userId"],
        anew.json()["data"]["userId"]
    );
}

#[tokio::test]
async fn guests_who_are_forgotten_are_swept() {
    let platform = Platform::start().await;
    coming(&platform, SHARING, DEVICE).send().await;
    for _ in 0..3 {
        platform.clock.advance_seconds(45 * DAY);
        returning(&platform, SHARING, DEVICE).send().await;
    }
    platform.clock.advance_seconds(90 * DAY + 1);
    super::sweep(&platform).await;
    assert_eq!(platform.items("devices").await.len(), 0);
    assert_eq!(platform.items("users").await.len(), 0);
}

#[tokio::test]
async fn what_is_missing_or_has_a_wrong_form_is_named() {
    let platform = Platform::start().await;
    let before = platform.dump().await;
    for (beside, message) in [
        (json!({}), "data is required"),
        (json!({ "deviceId": DEVICE }), "data is required"),
        (json!({ "data": {} }), "deviceId is required"),
        (
            json!({ "data": { "deviceId": Value::Null } }),
            "deviceId is required",
        ),
        (
            json!({ "data": { "deviceId": "x" } }),
            "deviceId is not valid",
        ),
        (
            json!({ "data": { "deviceId": 7 } }),
            "deviceId is not valid",
        ),
    ] {
        let body = envelope(SHARING, "anonymous", beside);
        for request in [post(&platform, USER, &body), put(&platform, LOGIN, &body)] {
            let answer = request.send().await;
            assert_eq!(
                answer.whole(),
                refusal(400, message, "bad_request"),
                "{body}"
            );
        }
    }
    for additional in [json!(7), json!("x".repeat(129))] {
        let data = json!({ "deviceId": DEVICE, "additionalId": additional });
        let body = envelope(SHARING, "anonymous", json!({ "data": data }));
        let answer = post(&platform, USER, &body).send().await;
        let expected = refusal(400, "additionalId is not valid", "bad_request");
        assert_eq!(answer.whole(), expected);
    }
    expect_nothing_done(&platform, &before, "malformed").await;
}

#[tokio::test]
async fn guests_are_limited_by_client_and_refused_where_registration_is_closed() {
    let limit = [("LIMIT_REGISTRATIONS_PER_CLIENT", "1"), ("LIMITS", "on")];
    let platform = Platform::with(&limit).await;
    assert_eq!(coming(&platform, SHARING, DEVICE).send().await.status, 201);
    let users = platform.items("users").await;
    let more = coming(&platform, SHARING, OTHER_DEVICE).send().await;
    assert_eq!(
        more.whole(),
        refusal(429, "too many attempts", "rate_limited")
    );
    assert_eq!(platform.items("users").await, users);
    let platform = Platform::with(&[("OPEN_REGISTRATION", "off")]).await;
    let before = platform.dump().await;
    let closed = coming(&platform, SHARING, DEVICE).send().await;
    assert_eq!(closed.whole(), refusal(403, "not allowed", "forbidden"));
    expect_nothing_done(&platform, &before, "closed").await;
}

#[tokio::test]
async fn fields_that_are_not_listed_change_nothing() {
    let platform = Platform::start().await;
    let id = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    let data = json!({
        "deviceId": DEVICE, "userId": id, "externalId": "0".repeat(64), "signUp": 1, "timeStamp": 1,
        "appProfile": { "a": 1 }, "email": "ann@example.com", "nickname": "Ann", "custom:a": "b",
    });
    let body = envelope(SHARING, "anonymous", json!({ "data": data }));
    let answer = post(&platform, USER, &body).send().await;
    let told = answer.json()["data"].clone();
    assert_ne!(told["userId"], json!(id));
    assert_ne!(told["externalId"], json!("0".repeat(64)));
    assert_eq!(told["signUp"], json!(super::START));
    let dump = json!(platform.items("devices").await).to_string();
    assert!(!dump.contains("Ann") && !dump.contains("ann@") && !dump.contains("\"a\\\""));
}

#[tokio::test]
async fn a_project_gets_so_many_guests_a_day() {
    let platform = Platform::with(&[("LIMIT_GUESTS_PER_PROJECT", "2")]).await;
    let first = coming(&platform, SHARING, DEVICE).send().await;
    assert_eq!(first.status, 201);
    let second = no_login::coming(&platform, SHARING).send().await;
    assert_eq!(second.status, 200);
    let (users, devices) = (
        platform.items("users").await,
        platform.items("devices").await,
    );
    let third = coming(&platform, SHARING, OTHER_DEVICE).send().await;
    assert_eq!(
        third.whole(),
        refusal(429, "too many attempts", "rate_limited")
    );
    assert_eq!(third.header("retry-after"), Some("86401"));
    let fourth = no_login::coming(&platform, SHARING).send().await;
    assert_eq!(fourth.status, 429);
    assert_eq!(platform.items("users").await, users);
    assert_eq!(platform.items("devices").await, devices);
    let elsewhere = coming(&platform, ISOLATED, OTHER_DEVICE).send().await;
    assert_eq!(elsewhere.status, 201, "another project has its own");
    let again = returning(&platform, SHARING, DEVICE).send().await;
    assert_eq!(again.status, 200, "who is there already is not counted");
    platform.clock.advance_seconds(DAY);
    let next_day = coming(&platform, SHARING, OTHER_DEVICE).send().await;
    assert_eq!(next_day.status, 201);
}
