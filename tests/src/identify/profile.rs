//! Row 1: who an access token speaks for.

use serde_json::json;

use super::{
    ANN, DEVICE, ISOLATED, OTHER_DEVICE, SHARING, USER, ann, confirmed, is_signed, query, refusal,
    registering, sharing, shown, signed_in,
};
use crate::harness::{PASSWORD, Platform};

#[tokio::test]
async fn a_profile_shows_what_is_known_twice() {
    let platform = Platform::start().await;
    let data = json!({
        "email": ANN, "password": PASSWORD, "nickname": "Ann", "custom:team": "red", "custom:Town": "",
    });
    registering(&platform, SHARING, &data).send().await;
    let mails = platform.deliver().await;
    super::confirm(&platform, &crate::harness::code_in(&mails[0].text)).await;
    platform.clock.advance_seconds(100);
    let login = signed_in(&platform, SHARING, ANN).await;
    platform.clock.advance_seconds(3);
    login.check(&platform, OTHER_DEVICE).send().await;
    let project = sharing(&platform).await;
    let before = platform.dump().await;
    let answer = login.profile(&platform).send().await;
    assert_eq!(
        shown(&answer),
        "200\n{\"result\":1,\"message\":\"OK\",\"data\":{\"data\":{\"username\":\"ann@example.com\",\
         \"email\":\"ann@example.com\",\"nickname\":\"Ann\",\"userId\":\"[userId]\",\
         \"loginHistory\":[1767225700],\"custom:Town\":\"\",\"custom:team\":\"red\"},\
         \"custom:Town\":\"\",\"custom:team\":\"red\",\"updatedAt\":\"1767225700\",\"nickname\":\"Ann\",\
         \"email\":\"ann@example.com\",\"devices\":[\
         {\"deviceId\":\"3fa85f64-5717-4562-b3fc-2c963f66afa6\",\"lastLogin\":1767225700,\
         \"signUp\":1767225700,\"userId\":\"[userId]\",\"timeStamp\":1767225700,\
         \"signature\":\"[signature]\"},{\"deviceId\":\"9b2e1f0c-3d57-4c1e-8a0b-5d1c7e2f4a66\"}]}}"
    );
    let body = answer.json();
    let device = &body["data"]["devices"][0];
    assert_eq!(device["deviceId"], DEVICE);
    assert!(is_signed(&project, device));
    assert_eq!(platform.dump().await, before, "looking changes nothing");
}

#[tokio::test]
async fn a_user_without_a_nickname_has_null() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let answer = login.profile(&platform).send().await;
    assert_eq!(
        shown(&answer),
        "200\n{\"result\":1,\"message\":\"OK\",\"data\":{\"data\":{\"username\":\"ann@example.com\",\
         \"email\":\"ann@example.com\",\"nickname\":null,\"userId\":\"[userId]\",\
         \"loginHistory\":[1767225600]},\"updatedAt\":\"1767225600\",\"nickname\":null,\
         \"email\":\"ann@example.com\",\"devices\":[\
         {\"deviceId\":\"3fa85f64-5717-4562-b3fc-2c963f66afa6\",\"lastLogin\":1767225600,\
         \"signUp\":1767225600,\"userId\":\"[userId]\",\"timeStamp\":1767225600,\
         \"signature\":\"[signature]\"}]}}"
    );
}

#[tokio::test]
async fn a_whole_name_is_the_username() {
    let platform = Platform::start().await;
    platform.register_by_core(ANN, false).await;
    crate::user_service::set_on_account(&platform, 1, "confirmed", true).await;
    let login = signed_in(&platform, SHARING, ANN).await;
    let body = login.profile(&platform).send().await.json();
    assert_eq!(body["data"]["data"]["username"], "Ann of the Lanterns");
}

#[tokio::test]
async fn what_other_dialects_set_shows_here() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let session = platform.signed_in(ANN, PASSWORD).await;
    let attribute = json!({ "attributeKey": "town", "attributeText": "Ulm" });
    let set = platform.post("/user-service/v1/users/attributes");
    let set = set.bearer(&session.access_token).json(&attribute);
    let set = set.send().await;
    assert!(set.status < 300, "{}", set.whole());
    let body = login.profile(&platform).send().await.json();
    assert_eq!(body["data"]["custom:town"], "Ulm");
    assert_eq!(body["data"]["data"]["custom:town"], "Ulm");
}

#[tokio::test]
async fn what_a_project_knows_is_its_own() {
    let platform = Platform::start().await;
    let third = "0b7c4a52-6a0f-4f6e-9a39-2f1f3f0a7d11";
    platform
        .put_project(third, &json!({ "providers": { "awsCognito": {} } }))
        .await;
    let here = ann(&platform).await;
    platform.clock.advance_seconds(60);
    let there = signed_in(&platform, third, ANN).await;
    assert_eq!(here.user, there.user);
    for (login, at) in [(&here, super::START), (&there, super::START + 60)] {
        let body = login.profile(&platform).send().await.json();
        assert_eq!(body["data"]["data"]["loginHistory"], json!([at]));
        assert_eq!(body["data"]["devices"].as_array().map(Vec::len), Some(1));
        assert_eq!(body["data"]["devices"][0]["signUp"], at);
    }
}

#[tokio::test]
async fn without_a_good_token_nothing_is_shown() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    confirmed(&platform, ISOLATED, ANN).await;
    let other = signed_in(&platform, ISOLATED, ANN).await;
    let path = format!("{USER}?{}", query(SHARING, "awsCognito"));
    let invalid = refusal(401, "the token is not valid", "invalid_token");
    for token in [
        &other.access,
        &login.profile,
        &login.refresh,
        "x",
        "eyJ.x.y",
    ] {
        let answer = platform.get(&path).bearer(token).send().await;
        assert_eq!(answer.whole(), invalid, "{token}");
    }
    let none = platform.get(&path).send().await;
    assert_eq!(
        none.whole(),
        refusal(401, "an access token is required", "invalid_token")
    );
    let in_query = platform.get(&format!("{path}&accessToken={}", login.access));
    assert_eq!(in_query.send().await.status, 401);
    platform.clock.advance_seconds(3605);
    let expired = platform.get(&path).bearer(&login.access).send().await;
    assert_eq!(
        expired.whole(),
        refusal(401, "the token has expired", "invalid_token")
    );
}
