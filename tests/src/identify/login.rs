//! Row 9: signing in with an address and a password.

use http::Method;
use serde_json::{Value, json};

use super::{
    ANN, BEN, DEVICE, ISOLATED, LOGIN, Login, NEW_PASSWORD, OTHER_DEVICE, SHARING, START, WRONG,
    ann, cognito, confirmed, is_signed, known, put, refusal, registering_with, sessions, sharing,
    shown, signed_in, signed_in_on, signing_in, signing_in_on,
};
use crate::harness::{PASSWORD, Platform, password_in};
use crate::security::factor::account_with_authenticator;
use crate::user_service::{expect_nothing_done, set_on_account};

const REFUSED: &str = "wrong e-mail address or password";

fn wrong() -> String {
    refusal(401, REFUSED, "invalid_credentials")
}

#[tokio::test]
async fn the_right_password_gives_login_data() {
    let platform = Platform::start().await;
    confirmed(&platform, SHARING, ANN).await;
    platform.clock.advance_seconds(150);
    let answer = signing_in(&platform, SHARING, " ANN@Example.com ", PASSWORD)
        .send()
        .await;
    assert_eq!(
        shown(&answer),
        "200\n{\"result\":1,\"message\":\"OK\",\"data\":{\
         \"deviceId\":\"3fa85f64-5717-4562-b3fc-2c963f66afa6\",\"timeStamp\":1767225750,\
         \"signature\":\"[signature]\",\"externalId\":\"[externalId]\",\"userId\":\"[userId]\",\
         \"accessToken\":\"[accessToken]\",\"profileToken\":\"[profileToken]\",\
         \"refreshToken\":\"[refreshToken]\",\"signUp\":1767225600}}"
    );
    let data = answer.json()["data"].clone();
    assert!(is_signed(&sharing(&platform).await, &data));
    assert!(!is_signed(&known(&platform, ISOLATED).await, &data));
    let mut forged = data.clone();
    forged["timeStamp"] = json!(1_767_225_751);
    assert!(!is_signed(&sharing(&platform).await, &forged));
    let login = Login::of(SHARING, &answer);
    assert_eq!(login.status(&platform).await, 200);
    let session = platform.items("sessions").await.remove(0);
    assert_eq!(session["dialect"], "identify");
    assert_eq!(session["user_id"], json!(login.user));
    let dump = platform.dump().await;
    for secret in [&login.access, &login.profile, &login.refresh] {
        assert!(!dump.contains(&**secret));
    }
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn a_mailed_password_signs_in_and_becomes_the_password() {
    let platform = Platform::start().await;
    let before = ann(&platform).await;
    let ask = platform.post("/user-service/v1/users/newPassword");
    ask.json(&json!({ "email": ANN })).send().await;
    let mailed = password_in(&platform.deliver().await[0].text);
    let answer = signing_in(&platform, SHARING, ANN, &mailed).send().await;
    let login = Login::of(SHARING, &answer);
    assert_eq!(login.user, before.user);
    assert_eq!(login.status(&platform).await, 200);
    assert_eq!(before.status(&platform).await, 401);
    let old = signing_in(&platform, SHARING, ANN, PASSWORD).send().await;
    assert_eq!(old.whole(), wrong());
    platform.signed_in(ANN, &mailed).await;
}

#[tokio::test]
async fn a_sign_in_and_its_device_are_remembered() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    platform.clock.advance_seconds(60);
    signed_in_on(&platform, SHARING, DEVICE).await;
    let devices = platform.items("devices").await;
    let [member, device] = &devices[..] else {
        panic!("{devices:?}");
    };
    let is_member = member["device_id"] == json!(SHARING);
    let (member, device) = if is_member {
        (member, device)
    } else {
        (device, member)
    };
    assert_eq!(member["user_id"], json!(login.user));
    assert_eq!(member["sign_ins"], json!([START, START + 60]));
    assert_eq!(device["device_id"], json!(format!("{SHARING}#{DEVICE}")));
    assert_eq!(device["signed_up_at"], json!(START * 1000));
    assert_eq!(device["last_login"], json!((START + 60) * 1000));
    assert_eq!(device["signed_at"], json!((START + 60) * 1000));
}

#[tokio::test]
async fn a_device_is_made_for_whoever_names_none() {
    let platform = Platform::start().await;
    confirmed(&platform, SHARING, ANN).await;
    let mut seen = Vec::new();
    for device in [Value::Null, Value::Null] {
        let data = json!({ "email": ANN, "password": PASSWORD, "deviceId": device });
        let answer = put(&platform, LOGIN, &cognito(SHARING, &data)).send().await;
        let login = Login::of(SHARING, &answer);
        assert_eq!(login.device.len(), 36);
        assert!(is_signed(&sharing(&platform).await, &answer.json()["data"]));
        let refreshed = login.refresh(&platform).send().await;
        assert_eq!(refreshed.status, 200, "{}", refreshed.whole());
        seen.push(login.device);
    }
    assert_ne!(seen[0], seen[1]);
    assert_eq!(platform.items("devices").await.len(), 3);
}

#[tokio::test]
async fn an_external_id_stays_and_is_another_in_each_project() {
    let platform = Platform::start().await;
    let third = "0b7c4a52-6a0f-4f6e-9a39-2f1f3f0a7d11";
    platform
        .put_project(third, &json!({ "providers": { "awsCognito": {} } }))
        .await;
    confirmed(&platform, SHARING, ANN).await;
    confirmed(&platform, SHARING, BEN).await;
    let id_of = async |project: &str, email: &str| {
        let answer = signing_in(&platform, project, email, PASSWORD).send().await;
        let data = answer.json()["data"].clone();
        let text = |name: &str| data[name].as_str().expect(name).to_owned();
        (text("externalId"), text("userId"))
    };
    let (first, user) = id_of(SHARING, ANN).await;
    platform.clock.advance_seconds(1000);
    assert_eq!(id_of(SHARING, ANN).await, (first.clone(), user.clone()));
    let (other, same) = id_of(third, ANN).await;
    assert_eq!(same, user, "the account is one");
    assert_ne!(other, first);
    assert_ne!(id_of(SHARING, BEN).await.0, first);
}

#[tokio::test]
async fn whatever_keeps_an_account_out_is_answered_alike() {
    let platform = Platform::start().await;
    confirmed(&platform, SHARING, "known@example.com").await;
    confirmed(&platform, SHARING, "suspended@example.com").await;
    registering_with(&platform, SHARING, "unconfirmed@example.com")
        .send()
        .await;
    platform.deliver().await;
    set_on_account(&platform, 2, "suspended", true).await;
    let mut seen = Vec::new();
    for (email, password) in [
        ("known@example.com", WRONG),
        ("unknown@example.com", PASSWORD),
        ("unconfirmed@example.com", WRONG),
        ("suspended@example.com", WRONG),
        ("suspended@example.com", PASSWORD),
        ("no address", PASSWORD),
        ("", PASSWORD),
    ] {
        let answer = signing_in(&platform, SHARING, email, password).send().await;
        assert_eq!(answer.whole(), wrong(), "{email}");
        let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        names.sort();
        seen.push(names);
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
    let right = signing_in(&platform, SHARING, "unconfirmed@example.com", PASSWORD);
    assert_eq!(
        right.send().await.whole(),
        refusal(403, "the account has not been activated", "not_confirmed")
    );
    assert_eq!(sessions(&platform).await, 0);
    assert_eq!(platform.items("devices").await.len(), 0);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn what_is_missing_or_has_a_wrong_form_is_named() {
    let platform = Platform::start().await;
    confirmed(&platform, SHARING, ANN).await;
    let before = platform.dump().await;
    for (data, message) in [
        (json!({}), "password is required"),
        (json!({ "email": ANN }), "password is required"),
        (json!({ "password": PASSWORD }), "email is required"),
        (
            json!({ "email": 7, "password": PASSWORD }),
            "email is not valid",
        ),
        (
            json!({ "email": ANN, "password": 7 }),
            "password is not valid",
        ),
        (
            json!({ "email": ANN, "password": PASSWORD, "otp": 123_456 }),
            "otp is not valid",
        ),
        (
            json!({ "email": ANN, "password": PASSWORD, "deviceId": "x" }),
            "deviceId is not valid",
        ),
        (
            json!({ "email": ANN, "password": PASSWORD, "deviceId": 7 }),
            "deviceId is not valid",
        ),
    ] {
        let answer = put(&platform, LOGIN, &cognito(SHARING, &data)).send().await;
        assert_eq!(
            answer.whole(),
            refusal(400, message, "bad_request"),
            "{data}"
        );
    }
    expect_nothing_done(&platform, &before, "malformed").await;
}

#[tokio::test]
async fn an_account_with_a_second_factor_asks_for_it_inside_data() {
    let platform = Platform::start().await;
    let (authenticator, codes, _) = account_with_authenticator(&platform, ANN).await;
    let before = sessions(&platform).await;
    let required = refusal(401, "second factor required", "invalid_credentials");
    let bare = signing_in(&platform, SHARING, ANN, PASSWORD).send().await;
    assert_eq!(bare.whole(), required);
    let mut beside = cognito(SHARING, &json!({ "email": ANN, "password": PASSWORD }));
    beside["otp"] = json!(codes[0]);
    let beside = put(&platform, LOGIN, &beside).send().await;
    assert_eq!(beside.whole(), required, "it stands in data");
    let with = |otp: &str, password: &str| {
        let data = json!({ "email": ANN, "password": password, "otp": otp });
        put(&platform, LOGIN, &cognito(SHARING, &data))
    };
    let unknown = with(&codes[0], WRONG).send().await;
    assert_eq!(unknown.whole(), wrong());
    let spoilt = with(&authenticator.wrong_code(&platform), PASSWORD);
    assert_eq!(spoilt.send().await.whole(), wrong());
    assert_eq!(sessions(&platform).await, before);
    platform.clock.advance_seconds(900);
    for code in [authenticator.next_code(&platform), codes[0].clone()] {
        Login::of(SHARING, &with(&code, PASSWORD).send().await);
        assert_eq!(
            with(&code, PASSWORD).send().await.whole(),
            wrong(),
            "good once"
        );
    }
    assert_eq!(sessions(&platform).await, before + 2);
}

#[tokio::test]
async fn accounts_of_all_dialects_sign_in_where_their_realm_is_shared() {
    let platform = Platform::start().await;
    platform.register_confirmed("of-000@example.com").await;
    let of_003 = json!({ "login": "of-003@example.com", "password": PASSWORD });
    platform
        .post("/session/register")
        .json(&of_003)
        .send()
        .await;
    platform.register_by_core("of-002@example.com", false).await;
    set_on_account(&platform, 2, "confirmed", true).await;
    set_on_account(&platform, 3, "confirmed", true).await;
    for email in [
        "of-000@example.com",
        "of-002@example.com",
        "of-003@example.com",
    ] {
        let login = signed_in(&platform, SHARING, email).await;
        assert_eq!(login.status(&platform).await, 200);
        let isolated = signing_in(&platform, ISOLATED, email, PASSWORD)
            .send()
            .await;
        assert_eq!(isolated.whole(), wrong(), "{email}");
    }
    platform.deliver().await;
    confirmed(&platform, SHARING, ANN).await;
    platform.signed_in(ANN, PASSWORD).await;
    platform.rbac_token(ANN).await;
    platform.security_token(ANN).await;
    let session = json!({ "login": ANN, "password": PASSWORD });
    let session = platform.post("/session/login").json(&session).send().await;
    assert_eq!(session.status, 200);
    confirmed(&platform, ISOLATED, BEN).await;
    assert_eq!(platform.login(BEN, PASSWORD).await.status, 401);
    let foreign = signing_in(&platform, SHARING, BEN, PASSWORD).send().await;
    assert_eq!(foreign.whole(), wrong());
}

#[tokio::test]
async fn failures_count_in_all_dialects_together() {
    let platform = Platform::start().await;
    confirmed(&platform, SHARING, ANN).await;
    confirmed(&platform, ISOLATED, ANN).await;
    for number in 0..6 {
        platform.clock.advance_seconds(1);
        let status = if number % 2 == 0 {
            let wrong = signing_in(&platform, SHARING, ANN, WRONG);
            wrong.send().await.status
        } else {
            platform.login("ANN@example.com", WRONG).await.status
        };
        assert_eq!(status, 401);
    }
    let locked = signing_in(&platform, SHARING, ANN, PASSWORD)
        .from("203.0.113.9")
        .send()
        .await;
    assert_eq!(
        locked.whole(),
        refusal(429, "too many attempts", "rate_limited")
    );
    assert!(locked.header("retry-after").is_some());
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 429);
    let other = signing_in(&platform, ISOLATED, ANN, PASSWORD);
    assert_eq!(other.send().await.status, 200, "that is somebody else");
}

#[tokio::test]
async fn each_sign_in_opens_a_session_of_its_own() {
    let platform = Platform::start().await;
    let first = ann(&platform).await;
    let second = signed_in_on(&platform, SHARING, DEVICE).await;
    let third = signed_in_on(&platform, SHARING, OTHER_DEVICE).await;
    assert_eq!(sessions(&platform).await, 3);
    assert_eq!(second.logout(&platform).send().await.status, 200);
    assert_eq!(first.status(&platform).await, 200);
    assert_eq!(second.status(&platform).await, 401);
    assert_eq!(third.status(&platform).await, 200);
}

#[tokio::test]
async fn a_password_that_was_replaced_opens_nothing() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let changed = login.change_password(&platform, PASSWORD, NEW_PASSWORD);
    assert_eq!(changed.send().await.status, 200);
    let old = signing_in(&platform, SHARING, ANN, PASSWORD).send().await;
    assert_eq!(old.whole(), wrong());
    let new = signing_in_on(&platform, SHARING, (ANN, NEW_PASSWORD), DEVICE);
    assert_eq!(new.send().await.status, 200);
}

#[tokio::test]
async fn signing_in_is_a_put() {
    let platform = Platform::start().await;
    confirmed(&platform, SHARING, ANN).await;
    for method in [Method::POST, Method::GET] {
        let answer = platform.request(method, LOGIN).send().await;
        let expected = refusal(405, "the method is not allowed", "method_not_allowed");
        assert_eq!(answer.whole(), expected);
        assert_eq!(answer.header("allow"), Some("PUT"));
    }
}
