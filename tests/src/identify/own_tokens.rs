//! Rows 11 to 13 with an access token of ours in place of the provider's.

use serde_json::{Value, json};

use super::{
    ANN, CHECK, DEVICE, ISOLATED, Login, OTHER_DEVICE, SHARING, START, USER, account, ann,
    confirmed, envelope, put, query, refusal, sessions, signed_in,
};
use crate::harness::{Platform, Request};
use crate::user_service::expect_nothing_done;

fn profile(platform: &Platform, login: &Login) -> Request {
    let path = format!("{USER}?{}", query(&login.project, "authZero"));
    platform.get(&path).bearer(&login.access)
}

fn change(platform: &Platform, login: &Login, data: &Value) -> Request {
    let body = envelope(&login.project, "authZero", json!({ "data": data }));
    put(platform, USER, &body).bearer(&login.access)
}

fn check(platform: &Platform, login: &Login, device: &str) -> Request {
    let query = query(&login.project, "authZero");
    let path = format!("{CHECK}?{query}&deviceId={device}");
    platform.get(&path).bearer(&login.access)
}

#[tokio::test]
async fn a_profile_is_shown_as_the_document_shows_it_for_auth0() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let before = platform.dump().await;
    let answer = profile(&platform, &login).send().await;
    assert_eq!(
        answer.whole(),
        "200\n{\"result\":1,\"message\":\"OK\",\"data\":{\"username\":\"ann@example.com\",\
         \"appProfile\":{},\"loginHistory\":[1767225600]}}"
    );
    expect_nothing_done(&platform, &before, "looking").await;
}

#[tokio::test]
async fn name_and_app_profile_are_changed_and_the_answer_has_a_token() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let kept = json!({ "team": "red", "score": 7 });
    let data = json!({ "username": "Ann of the Lanterns", "appProfile": kept, "nickname": "Nan" });
    let answer = change(&platform, &login, &data).send().await;
    assert_eq!(
        super::shown(&answer),
        format!(
            "200\n{{\"result\":1,\"message\":\"User is Correctly Created\",\"data\":{{\
             \"externalId\":\"[externalId]\",\"projectId\":\"{SHARING}\",\
             \"accessToken\":\"[accessToken]\",\"appProfile\":{{\"score\":7,\"team\":\"red\"}}}}}}"
        )
    );
    let token = answer.json()["data"]["accessToken"].clone();
    let next = Login {
        access: token.as_str().expect("a token").to_owned(),
        ..login.clone()
    };
    assert_eq!(next.access, login.access, "no access token renews itself");
    assert_eq!(next.status(&platform).await, 200);
    assert_eq!(sessions(&platform).await, 1, "it is the session that asked");
    let shown = profile(&platform, &next).send().await;
    assert_eq!(
        shown.whole(),
        "200\n{\"result\":1,\"message\":\"OK\",\"data\":{\"username\":\"Ann of the Lanterns\",\
         \"appProfile\":{\"score\":7,\"team\":\"red\"},\"loginHistory\":[1767225600]}}"
    );
    let stored = account(&platform, ANN).await;
    assert_eq!(stored.get("nickname"), None, "that is not this provider's");
    let other = json!({ "appProfile": { "score": 8 } });
    change(&platform, &next, &other).send().await;
    let body = profile(&platform, &next).send().await.json();
    assert_eq!(
        body["data"]["appProfile"],
        json!({ "score": 8 }),
        "replaced"
    );
    assert_eq!(body["data"]["username"], "Ann of the Lanterns");
}

#[tokio::test]
async fn a_check_remembers_the_device_and_a_sign_in_on_it() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    platform.clock.advance_seconds(60);
    let answer = check(&platform, &login, OTHER_DEVICE).send().await;
    assert_eq!(
        answer.whole(),
        format!(
            "200\n{{\"result\":1,\"message\":\"OK\",\"data\":{{\"username\":\"ann@example.com\",\
             \"appProfile\":{{}},\"loginHistory\":[{START},{}]}}}}",
            START + 60
        )
    );
    let body = login.profile(&platform).send().await.json();
    let devices = body["data"]["devices"].as_array().expect("a list").clone();
    assert_eq!(devices[1], json!({ "deviceId": OTHER_DEVICE }));
    let before = platform.dump().await;
    check(&platform, &login, DEVICE).send().await;
    check(&platform, &login, OTHER_DEVICE).send().await;
    assert_eq!(platform.dump().await, before, "within ten minutes");
}

#[tokio::test]
async fn no_other_token_is_taken_where_no_issuer_is_known() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    confirmed(&platform, ISOLATED, ANN).await;
    let other = signed_in(&platform, ISOLATED, ANN).await;
    let before = platform.dump().await;
    let invalid = refusal(401, "the token is not valid", "invalid_token");
    let foreign = [
        &*login.profile,
        &login.refresh,
        &other.access,
        "x",
        "eyJ.eyJ.x",
    ];
    for token in foreign {
        let bad = Login {
            access: token.to_owned(),
            ..login.clone()
        };
        for request in [
            profile(&platform, &bad),
            change(&platform, &bad, &json!({ "username": "Eve" })),
            check(&platform, &bad, DEVICE),
        ] {
            assert_eq!(request.send().await.whole(), invalid, "{token}");
        }
    }
    let path = format!("{USER}?{}", query(SHARING, "authZero"));
    let none = platform.get(&path).send().await;
    assert_eq!(
        none.whole(),
        refusal(401, "an access token is required", "invalid_token")
    );
    expect_nothing_done(&platform, &before, "no token").await;
    platform.clock.advance_seconds(3605);
    let expired = profile(&platform, &login).send().await;
    assert_eq!(
        expired.whole(),
        refusal(401, "the token has expired", "invalid_token")
    );
}

#[tokio::test]
async fn what_has_a_wrong_form_changes_nothing() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let before = platform.dump().await;
    for (data, message) in [
        (json!({ "username": 7 }), "username is not valid"),
        (
            json!({ "username": "n".repeat(129) }),
            "username is not valid",
        ),
        (json!({ "appProfile": "x" }), "appProfile is not valid"),
        (
            json!({ "username": "Nan", "appProfile": [] }),
            "appProfile is not valid",
        ),
        (
            json!({ "appProfile": { "a": "x".repeat(16 * 1024) } }),
            "appProfile is not valid",
        ),
        (Value::Null, "data is required"),
    ] {
        let answer = change(&platform, &login, &data).send().await;
        assert_eq!(answer.whole(), refusal(400, message, "bad_request"));
    }
    expect_nothing_done(&platform, &before, "malformed").await;
}
