//! An account with a second factor, in every dialect: no route gives a token or a cookie for less than the factor.

use http::Method;
use local::projects::SHARING;
use serde_json::{Value, json};
use shared::http::Route;

use super::factor::{
    ANN, AUTHENTICATE, Authenticator, IDENTIFY_LOGIN, LOGIN, SESSION_LOGIN, account_with,
    account_with_authenticator, answer, challenge, sessions, signing_in, with,
};
use super::path;
use crate::harness::{Answer, PASSWORD, PUBLIC_URL, Platform, password_in, reset_code_in};

const REQUIRED: [(&str, &str); 4] = [
    (LOGIN, "401\n{\"error\":\"second factor required\"}"),
    (AUTHENTICATE, "401\n\"second factor required\""),
    (
        SESSION_LOGIN,
        "401\n{\"code\":401,\"error\":\"second factor required\"}",
    ),
    (
        IDENTIFY_LOGIN,
        "401\n{\"result\":0,\"message\":\"second factor required\",\"data\":{\"code\":\"invalid_credentials\"}}",
    ),
];

async fn send(platform: &Platform, route: &str, body: &Value) -> Answer {
    signing_in(platform, route, body).send().await
}

/// Whether an answer gives anybody a token or a cookie.
fn gives_entry(answer: &Answer) -> bool {
    let set = answer.header("set-cookie");
    set.is_some_and(|cookie| !cookie.contains("Max-Age=0;"))
        || answer.body.contains("eyJ")
        || answer.body.contains("ghr_")
}

/// Every route of every dialect, sent everything that its owner has but the factor. Whatever a dialect that comes later calls its
/// members: it belongs here.
#[tokio::test]
async fn no_route_of_any_dialect_gives_entry_without_the_factor() {
    let dialects: [fn() -> Vec<Route>; 5] = [
        || user_service::routes().collect(),
        || security::routes().collect(),
        || rbac::routes().collect(),
        || session::routes().collect(),
        || identify::routes().collect(),
    ];
    for method in ["email", "sms", "authenticator"] {
        let platform = Platform::with(&[("LIMITS", "off")]).await;
        if method == "authenticator" {
            account_with_authenticator(&platform, ANN).await;
        } else {
            account_with(&platform, ANN, method).await;
        }
        let before = sessions(&platform).await;
        let knows = json!({
            "email": ANN, "userId": ANN, "username": ANN, "login": ANN,
            "password": PASSWORD, "currentPassword": PASSWORD, "old_password": PASSWORD,
            "projectId": SHARING, "strategy": "email", "provider": "awsCognito",
            "data": { "email": ANN, "password": PASSWORD, "previousPassword": PASSWORD },
        });
        for (verb, template) in dialects.iter().flat_map(|routes| routes()) {
            let route = template.replace("{v}", "v1");
            for query in [
                "",
                "?me=true",
                "?completeMFAChallenge=true",
                "?grant_type=refresh_token",
            ] {
                platform.clock.advance_seconds(900);
                let request = platform.request(verb.clone(), &format!("{route}{query}"));
                let request = request.header("origin", PUBLIC_URL).json(&knows);
                let answer = request.send().await;
                assert!(
                    !gives_entry(&answer),
                    "{verb} {route}{query}: {}",
                    answer.whole()
                );
            }
        }
        assert_eq!(sessions(&platform).await, before, "{method}");
        let opens = platform.post(&path("oauth2")).json(&knows).send().await;
        assert_eq!(opens.json()["method"], method, "the password is right");
    }
}

#[tokio::test]
async fn the_factor_is_named_after_the_right_password_only() {
    for method in ["email", "authenticator"] {
        let platform = Platform::start().await;
        if method == "authenticator" {
            account_with_authenticator(&platform, ANN).await;
        } else {
            account_with(&platform, ANN, method).await;
        }
        let before = sessions(&platform).await;
        for (route, required) in REQUIRED {
            let unknown = json!({ "email": "unknown@example.com", "login": "unknown@example.com", "password": PASSWORD });
            let unknown = send(&platform, route, &unknown).await.whole();
            let wrong = with("not the password", &Value::Null);
            assert_eq!(send(&platform, route, &wrong).await.whole(), unknown);
            let right = with(PASSWORD, &Value::Null);
            assert_eq!(
                send(&platform, route, &right).await.whole(),
                required,
                "{method}"
            );
            assert_ne!(unknown, required);
            for otp in ["", "000000", "ABCD-EFGH-IJKL-MNOP", "a code"] {
                platform.clock.advance_seconds(900);
                let spoilt = with(PASSWORD, &json!(otp));
                let answer = send(&platform, route, &spoilt).await;
                assert_eq!(answer.whole(), unknown, "{method} {otp:?}");
            }
        }
        assert_eq!(sessions(&platform).await, before);
        assert_eq!(
            platform.inbox.messages().len(),
            0,
            "these dialects send no codes"
        );
    }
}

#[tokio::test]
async fn a_code_or_a_recovery_code_beside_the_password_opens_the_session() {
    let platform = Platform::start().await;
    let (authenticator, codes, _) = account_with_authenticator(&platform, ANN).await;
    for (number, (route, _)) in REQUIRED.into_iter().enumerate() {
        let shown = authenticator.next_code(&platform);
        for code in [&shown, &codes[number]] {
            let before = sessions(&platform).await;
            let answer = send(&platform, route, &with(PASSWORD, &json!(code))).await;
            assert_eq!(answer.status, 200, "{route}: {}", answer.body);
            assert!(gives_entry(&answer));
            assert_eq!(sessions(&platform).await, before + 1);
            let again = send(&platform, route, &with(PASSWORD, &json!(code))).await;
            assert_eq!(again.status, 401, "{route}: {}", again.body);
        }
        platform.clock.advance_seconds(900);
    }
}

#[tokio::test]
async fn wrong_codes_beside_the_password_lock_like_wrong_passwords() {
    for (route, _) in REQUIRED {
        let platform = Platform::start().await;
        let (authenticator, ..) = account_with_authenticator(&platform, ANN).await;
        platform.clock.advance_seconds(900);
        // From where the owner has never been: known places have a count of their own.
        let send = |otp: Value| {
            let request = signing_in(&platform, route, &with(PASSWORD, &otp));
            request.from("203.0.113.9").send()
        };
        for number in 0..7 {
            platform.clock.advance_seconds(2);
            let wrong = authenticator.wrong_code(&platform);
            let otp = if number % 2 == 0 {
                json!(wrong)
            } else {
                Value::Null
            };
            let answer = send(otp).await;
            assert_eq!(answer.status, 401, "{}", answer.body);
        }
        let code = authenticator.code(&platform);
        let locked = send(json!(code)).await;
        assert_eq!(locked.status, 429, "{}", locked.body);
    }
}

#[tokio::test]
async fn a_code_that_is_no_text_is_refused_before_anything_is_counted() {
    let platform = Platform::start().await;
    for (route, _) in REQUIRED {
        for otp in [json!(123_456), json!(["123456"]), json!(true)] {
            platform.connector.forget();
            let answer = send(&platform, route, &with(PASSWORD, &otp)).await;
            assert_eq!(answer.status, 400, "{route} {otp}: {}", answer.body);
            let calls = platform.connector.calls();
            assert!(
                calls.iter().all(|call| call == "GetItem projects"),
                "{calls:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_mailed_password_does_not_stand_in_for_the_factor() {
    let platform = Platform::start().await;
    let (authenticator, ..) = account_with_authenticator(&platform, ANN).await;
    let ask = json!({ "email": ANN });
    send(&platform, "/user-service/v1/users/newPassword", &ask).await;
    let mailed = password_in(&platform.deliver().await[0].text);
    let before = sessions(&platform).await;
    for (route, required) in REQUIRED {
        let answer = send(&platform, route, &with(&mailed, &Value::Null)).await;
        assert_eq!(answer.whole(), required);
    }
    let body = json!({ "userId": ANN, "password": mailed });
    let asked = send(&platform, &path("oauth2"), &body).await;
    assert_eq!(asked.json()["method"], "authenticator", "{}", asked.body);
    assert!(sessions(&platform).await <= before);
    let code = authenticator.next_code(&platform);
    let uuid = asked.json()["uuid"]
        .as_str()
        .expect("a challenge")
        .to_owned();
    assert_eq!(answer(&platform, &uuid, &code).await.status, 200);
}

#[tokio::test]
async fn a_reset_link_does_not_stand_in_for_the_factor_and_leaves_it() {
    let platform = Platform::start().await;
    let (authenticator, codes, _) = account_with_authenticator(&platform, ANN).await;
    let ask = platform.post("/reset-password/request");
    let ask = ask.header("origin", PUBLIC_URL).form(&[("email", ANN)]);
    ask.send().await;
    let link = reset_code_in(&platform.deliver().await[0].text);
    let next = "nine paper lanterns over the quay";
    let done = platform.reset(&link, next).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(!gives_entry(&done));
    for (route, required) in REQUIRED {
        let answer = send(&platform, route, &with(next, &Value::Null)).await;
        assert_eq!(answer.whole(), required);
    }
    let code = authenticator.next_code(&platform);
    for code in [&code, &codes[0]] {
        let answer = send(&platform, LOGIN, &with(next, &json!(code))).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

/// The session of a code that was texted is one of this dialect: it opens no other.
#[tokio::test]
async fn an_answered_challenge_opens_this_dialect_alone() {
    let platform = Platform::start().await;
    let (authenticator, ..): (Authenticator, _, _) =
        account_with_authenticator(&platform, ANN).await;
    let uuid = challenge(&platform, ANN).await;
    let code = authenticator.next_code(&platform);
    let answered = answer(&platform, &uuid, &code).await.json();
    let token = answered["access_token"].as_str().expect("a token");
    for route in ["/user-service/v1/users/status", "/rbac/users"] {
        let request = platform.request(Method::GET, route).bearer(token);
        let status = request.send().await.status;
        assert!([401, 403].contains(&status), "{route}: {status}");
    }
}
