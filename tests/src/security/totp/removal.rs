//! Taking an authenticator off: by the password and a code, and by neither alone.

use http::Method;
use serde_json::{Value, json};

use super::super::factor::{
    ANN, Authenticator, account_with_authenticator, answer, bind, challenge, credential,
};
use super::super::{get, refusal, request, sign_in, token};
use crate::harness::{Answer, PASSWORD, Platform};

async fn remove(platform: &Platform, token: &str, body: &Value) -> Answer {
    let request = request(platform, token, Method::DELETE, "totp");
    request.json(body).send().await
}

fn with(password: &str, code: &str) -> Value {
    json!({ "currentPassword": password, "code": code })
}

/// Binds, and lets some time pass.
async fn start() -> (Platform, Authenticator, Vec<String>, String) {
    let platform = Platform::start().await;
    let (authenticator, codes, token) = account_with_authenticator(&platform, ANN).await;
    platform.clock.advance_seconds(900);
    (platform, authenticator, codes, token)
}

#[tokio::test]
async fn password_and_code_take_it_off_end_other_sessions_and_tell_the_owner() {
    for by_recovery_code in [false, true] {
        let (platform, authenticator, codes, own) = start().await;
        let uuid = challenge(&platform, ANN).await;
        let other = answer(&platform, &uuid, &codes[1]).await.json();
        let other = other["access_token"].as_str().expect("a token");
        let code = if by_recovery_code {
            codes[0].clone()
        } else {
            authenticator.code(&platform)
        };
        let removed = remove(&platform, &own, &with(PASSWORD, &code)).await;
        assert_eq!(removed.whole(), "204\n");

        let ended = refusal(403, 8, "GET", "8: the session has ended");
        let seen = get(&platform, other, "oauth2?me=true").await;
        assert_eq!(seen.whole(), ended);
        let me = get(&platform, &own, "oauth2?me=true").await.json();
        let off = json!({ "enabled": false, "method": "" });
        assert_eq!(me["userTypeProprietaryInfo"]["mfa"], off);
        let mails = platform.deliver().await;
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].to, [ANN]);
        assert_eq!(
            mails[0].subject,
            "Gatehouse: Your second factor was changed"
        );
        let credential = credential(&platform).await;
        for left in ["totp_seed", "totp_step", "recovery_codes"] {
            assert_eq!(credential.get(left), None, "{left}");
        }
        let signed_in = sign_in(&platform, ANN, PASSWORD).await;
        assert!(signed_in.json()["access_token"].is_string());
        bind(&platform, &own).await;
    }
}

#[tokio::test]
async fn neither_password_nor_code_alone_takes_it_off() {
    let (platform, authenticator, codes, token) = start().await;
    let (code, wrong_code) = (
        authenticator.code(&platform),
        authenticator.wrong_code(&platform),
    );
    let bad_password = refusal(403, 2, "DELETE", "2: wrong e-mail address or password");
    let wrong_answer = refusal(403, 12, "DELETE", "12: the answer is wrong");
    let missing = |field: &str| {
        let said = format!("1018: {field} is required");
        refusal(400, 400, "DELETE", &said)
    };
    for (body, expected) in [
        (with("not the password", &code), &bad_password),
        (with("not the password", &codes[0]), &bad_password),
        (with(PASSWORD, &wrong_code), &wrong_answer),
        (with(PASSWORD, ""), &wrong_answer),
        (with(PASSWORD, "ABCD-EFGH-IJKL-MNOP"), &wrong_answer),
        (json!({ "currentPassword": PASSWORD }), &missing("code")),
        (json!({ "code": code }), &missing("currentPassword")),
    ] {
        platform.clock.advance_seconds(1);
        let refused = remove(&platform, &token, &body).await;
        assert_eq!(&refused.whole(), expected, "{body}");
    }
    assert_eq!(platform.deliver().await.len(), 0);
    assert!(credential(&platform).await["totp_seed"].is_string());
    platform.clock.advance_seconds(900);
    let uuid = challenge(&platform, ANN).await;
    assert_eq!(answer(&platform, &uuid, &codes[0]).await.status, 200);
}

#[tokio::test]
async fn a_code_that_was_used_takes_nothing_off() {
    let (platform, authenticator, codes, token) = start().await;
    let code = authenticator.code(&platform);
    for used in [&code, &codes[0]] {
        let uuid = challenge(&platform, ANN).await;
        assert_eq!(answer(&platform, &uuid, used).await.status, 200);
        let refused = remove(&platform, &token, &with(PASSWORD, used)).await;
        let expected = refusal(403, 12, "DELETE", "12: the answer is wrong");
        assert_eq!(refused.whole(), expected);
    }
}

/// A place to guess like any other: the same lock.
#[tokio::test]
async fn wrong_codes_beside_the_right_password_are_counted() {
    let (platform, authenticator, _, token) = start().await;
    // From where the owner has never been: known places have a count of their own.
    let remove_by = |code: String| {
        let request = request(&platform, &token, Method::DELETE, "totp");
        let request = request.json(&with(PASSWORD, &code));
        request.from("203.0.113.9").send()
    };
    for _ in 0..7 {
        platform.clock.advance_seconds(2);
        let refused = remove_by(authenticator.wrong_code(&platform)).await;
        assert_eq!(refused.status, 403, "{}", refused.body);
    }
    let locked = remove_by(authenticator.code(&platform)).await;
    let expected = refusal(429, 10, "DELETE", "10: too many attempts");
    assert_eq!(locked.whole(), expected);
    platform.clock.advance_seconds(900);
    let removed = remove_by(authenticator.code(&platform)).await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    assert_eq!(credential(&platform).await["failures"], 0);
}

#[tokio::test]
async fn there_is_nothing_to_take_off_where_none_is_bound() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let token = token(&platform, ANN, PASSWORD).await;
    let removed = remove(&platform, &token, &with(PASSWORD, "123456")).await;
    let expected = refusal(404, 404, "DELETE", "404: not found");
    assert_eq!(removed.whole(), expected);
}
