//! Row 10: who an access token speaks for, on which device.

use serde_json::json;

use super::{
    ANN, CHECK, DEVICE, ISOLATED, MINUTE, OTHER_DEVICE, SHARING, START, ann, confirmed, query,
    refusal, shown, signed_in,
};
use crate::harness::Platform;
use crate::user_service::expect_nothing_done;

#[tokio::test]
async fn the_profile_is_answered_and_the_device_was_seen() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    platform.clock.advance_seconds(10 * MINUTE);
    let answer = login.check(&platform, DEVICE).send().await;
    assert_eq!(
        shown(&answer),
        "200\n{\"result\":1,\"message\":\"OK\",\"data\":{\"data\":{\"username\":\"ann@example.com\",\
         \"email\":\"ann@example.com\",\"nickname\":null,\"userId\":\"[userId]\",\
         \"loginHistory\":[1767225600]},\"updatedAt\":\"1767225600\",\"nickname\":null,\
         \"email\":\"ann@example.com\",\"devices\":[\
         {\"deviceId\":\"3fa85f64-5717-4562-b3fc-2c963f66afa6\",\"lastLogin\":1767226200,\
         \"signUp\":1767225600,\"userId\":\"[userId]\",\"timeStamp\":1767225600,\
         \"signature\":\"[signature]\"}]}}"
    );
    let profile = login.profile(&platform).send().await;
    assert_eq!(profile.whole(), answer.whole(), "it is stored");
}

#[tokio::test]
async fn being_seen_is_written_every_ten_minutes_at_most() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let last_login = async || {
        let answer = login.check(&platform, DEVICE).send().await;
        answer.json()["data"]["devices"][0]["lastLogin"].clone()
    };
    let before = platform.dump().await;
    platform.clock.advance_seconds(10 * MINUTE - 1);
    assert_eq!(last_login().await, json!(START));
    assert_eq!(platform.dump().await, before);
    platform.clock.advance_seconds(1);
    assert_eq!(last_login().await, json!(START + 600));
    platform.clock.advance_seconds(599);
    assert_eq!(last_login().await, json!(START + 600));
    platform.clock.advance_seconds(1);
    assert_eq!(last_login().await, json!(START + 1200));
}

#[tokio::test]
async fn a_device_that_nobody_signed_in_on_is_a_name_alone() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    for _ in 0..2 {
        platform.clock.advance_seconds(700);
        let body = login.check(&platform, OTHER_DEVICE).send().await.json();
        let devices = body["data"]["devices"].as_array().expect("a list").clone();
        assert_eq!(devices.len(), 2);
        assert_eq!(devices[1], json!({ "deviceId": OTHER_DEVICE }));
        assert_eq!(
            devices[0]["lastLogin"],
            json!(START),
            "the other was not seen"
        );
    }
    let known = super::signed_in_on(&platform, SHARING, OTHER_DEVICE).await;
    let body = known.profile(&platform).send().await.json();
    let device = &body["data"]["devices"][0];
    assert_eq!(device["deviceId"], OTHER_DEVICE);
    assert_eq!(device["signUp"], json!(START + 1400));
}

#[tokio::test]
async fn names_of_devices_fill_a_list_of_twenty_and_push_nobody_out() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    for number in 0..25 {
        let device = format!("00000000-0000-4000-8000-{number:012}");
        let body = login.check(&platform, &device).send().await.json();
        let devices = body["data"]["devices"].as_array().expect("a list").clone();
        assert_eq!(devices.len(), 20.min(number + 2));
        assert_eq!(devices[0]["deviceId"], DEVICE);
    }
    assert_eq!(platform.items("devices").await.len(), 21);
}

#[tokio::test]
async fn the_device_has_to_be_named() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let before = platform.dump().await;
    let query = query(SHARING, "awsCognito");
    for (rest, message) in [
        ("", "deviceId is required"),
        ("&deviceId=", "deviceId is not valid"),
        ("&deviceId=x", "deviceId is not valid"),
    ] {
        let asked = platform.get(&format!("{CHECK}?{query}{rest}"));
        let answer = asked.bearer(&login.access).send().await;
        assert_eq!(
            answer.whole(),
            refusal(400, message, "bad_request"),
            "{rest}"
        );
        let nobody = platform.get(&format!("{CHECK}?{query}{rest}"));
        let answer = nobody.bearer("x").send().await;
        let expected = refusal(401, "the token is not valid", "invalid_token");
        assert_eq!(answer.whole(), expected, "the token comes first");
    }
    expect_nothing_done(&platform, &before, "no device").await;
}

#[tokio::test]
async fn a_token_of_another_project_is_none() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    confirmed(&platform, ISOLATED, ANN).await;
    signed_in(&platform, ISOLATED, ANN).await;
    let before = platform.dump().await;
    let path = format!(
        "{CHECK}?{}&deviceId={DEVICE}",
        query(ISOLATED, "awsCognito")
    );
    let answer = platform.get(&path).bearer(&login.access).send().await;
    assert_eq!(
        answer.whole(),
        refusal(401, "the token is not valid", "invalid_token")
    );
    expect_nothing_done(&platform, &before, "another project").await;
}
