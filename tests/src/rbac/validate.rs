//! Row 1: whether a token is good.

use data_encoding::BASE64URL_NOPAD;
use serde_json::json;

use super::accounts::{
    ANN, NEXT, NOBODY, NOW, active, authenticate, kid_for, marked, part, reset_password, sign,
    users_of_kind, validate, with,
};
use super::{VALIDATE, uid_of};
use crate::harness::{Fault, PASSWORD, PUBLIC_URL, Platform, reset_code_in};
use crate::user_service::expect_nothing_done;

const GOOD: &str = "200\ntrue";
const BAD: &str = "401\nfalse";

async fn start() -> (Platform, String) {
    let platform = Platform::start().await;
    active(&platform, ANN).await;
    let token = platform.rbac_token(ANN).await;
    (platform, token)
}

/// The token with one character of a part replaced.
fn tampered(token: &str, part: usize, at: usize) -> String {
    let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    let other = if &parts[part][at..=at] == "A" {
        "B"
    } else {
        "A"
    };
    parts[part].replace_range(at..=at, other);
    parts.join(".")
}

#[tokio::test]
async fn a_token_that_was_just_issued_is_good_and_stays_so() {
    let (platform, token) = start().await;
    let before = platform.dump().await;
    for _ in 0..2 {
        let request = platform.post(VALIDATE).json(&json!({ "token": token }));
        let answer = request.send().await;
        assert_eq!(answer.whole(), GOOD);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let more = json!({ "token": token, "uid": NOBODY, "valid": false });
    assert_eq!(
        platform.post(VALIDATE).json(&more).send().await.whole(),
        GOOD
    );
    expect_nothing_done(&platform, &before, "validating").await;
}

#[tokio::test]
async fn what_is_no_token_of_ours_is_not_good_and_costs_no_call() {
    let (platform, token) = start().await;
    let before = platform.dump().await;
    let session = platform.items("sessions").await;
    let (header, payload) = (part(&token, 0), part(&token, 1));
    let [head, claims, signature]: [&str; 3] = token
        .split('.')
        .collect::<Vec<_>>()
        .try_into()
        .expect("three parts");
    let unsigned = BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"at+jwt"}"#);
    let richer = with(&payload, &json!({ "uid": NOBODY, "sub": NOBODY }));
    let richer = BASE64URL_NOPAD.encode(richer.to_string().as_bytes());
    let tokens = [
        String::new(),
        " ".to_owned(),
        "x".to_owned(),
        "a.b.c".to_owned(),
        "..".to_owned(),
        "\u{1f98a}".to_owned(),
        "x".repeat(5000),
        format!("{token}x"),
        format!("{token}="),
        format!(" {token}"),
        format!("Bearer {token}"),
        format!("{token}.{signature}"),
        format!("{head}.{claims}"),
        format!("{head}.{claims}."),
        format!("{unsigned}.{claims}."),
        format!("{head}.{richer}.{signature}"),
        tampered(&token, 0, 5),
        tampered(&token, 1, 40),
        tampered(&token, 2, 0),
        tampered(&token, 2, 300),
    ];
    platform.connector.forget();
    for token in &tokens {
        assert_eq!(validate(&platform, token).await, BAD, "{token}");
    }
    let kid = kid_for("RS512");
    for changes in [
        json!({ "crit": ["exp", "aud"] }),
        json!({ "crit": [] }),
        json!({ "typ": "JWT" }),
        json!({ "typ": "rt+jwt" }),
        json!({ "typ": null }),
        json!({ "alg": "RS256" }),
        json!({ "alg": "RS384" }),
        json!({ "alg": "PS512" }),
        json!({ "alg": "HS512" }),
        json!({ "alg": "none" }),
        json!({ "kid": null }),
        json!({ "kid": kid_for("RS256") }),
    ] {
        let forged = sign(&kid, &with(&header, &changes), &payload).await;
        assert_eq!(validate(&platform, &forged).await, BAD, "{changes}");
    }
    for changes in [
        json!({ "iss": "go" }),
        json!({ "iss": format!("{PUBLIC_URL}/") }),
        json!({ "iss": null }),
        json!({ "aud": [payload["uid"]] }),
        json!({ "aud": null }),
        json!({ "sub": "Ann Lee" }),
        json!({ "sub": null }),
        json!({ "sid": null }),
        json!({ "dialect": "user-service" }),
        json!({ "dialect": "identify" }),
        json!({ "dialect": null }),
        json!({ "token_use": "refresh" }),
        json!({ "token_use": null }),
        json!({ "exp": null }),
        json!({ "exp": (NOW + 1800).to_string() }),
        json!({ "exp": NOW - 60 }),
        json!({ "nbf": NOW + 60 }),
        json!({ "nbf": null }),
    ] {
        let forged = sign(&kid, &header, &with(&payload, &changes)).await;
        assert_eq!(validate(&platform, &forged).await, BAD, "{changes}");
    }
    assert_eq!(platform.connector.calls(), [""; 0]);
    assert_eq!(platform.items("sessions").await, session);
    expect_nothing_done(&platform, &before, "bad tokens").await;
    // Without this the refusals would prove nothing.
    let ours = sign(&kid, &header, &payload).await;
    assert_eq!(validate(&platform, &ours).await, GOOD);
}

#[tokio::test]
async fn a_signature_for_a_session_of_somebody_else_or_of_nobody_is_not_enough() {
    let (platform, token) = start().await;
    active(&platform, "ben@example.com").await;
    let other = part(&platform.rbac_token("ben@example.com").await, 1);
    let (kid, header, payload) = (kid_for("RS512"), part(&token, 0), part(&token, 1));
    for changes in [
        json!({ "sub": other["sub"], "uid": other["uid"] }),
        json!({ "sid": other["sid"] }),
        json!({ "sub": NOBODY }),
        json!({ "sid": NOBODY }),
    ] {
        let forged = sign(&kid, &header, &with(&payload, &changes)).await;
        assert_eq!(validate(&platform, &forged).await, BAD, "{changes}");
    }
}

#[tokio::test]
async fn a_strangers_key_signs_nothing_good() {
    let (platform, token) = start().await;
    let stranger = shared::keys::SigningKey::generate(shared::keys::Algorithm::Rs512);
    let stranger = stranger.expect("a key");
    let header = part(&token, 0);
    let pkcs8 = stranger.to_pkcs8().expect("a key");
    for kid in [kid_for("RS512"), stranger.kid().to_owned()] {
        let header = with(&header, &json!({ "kid": kid }));
        let forged = signed_with(&pkcs8, &header, &part(&token, 1));
        assert_eq!(validate(&platform, &forged).await, BAD, "{kid}");
    }
}

fn signed_with(
    pkcs8: &secrecy::SecretString,
    header: &serde_json::Value,
    claims: &serde_json::Value,
) -> String {
    use aws_lc_rs::signature::{RSA_PKCS1_SHA512, RsaKeyPair};
    use secrecy::ExposeSecret as _;
    let der = data_encoding::BASE64.decode(pkcs8.expose_secret().as_bytes());
    let pair = RsaKeyPair::from_pkcs8(&der.expect("base64")).expect("a key");
    let encode = |value: &serde_json::Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let message = format!("{}.{}", encode(header), encode(claims));
    let mut signature = vec![0; pair.public_modulus_len()];
    let random = aws_lc_rs::rand::SystemRandom::new();
    pair.sign(
        &RSA_PKCS1_SHA512,
        &random,
        message.as_bytes(),
        &mut signature,
    )
    .expect("a signature");
    format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
}

#[tokio::test]
async fn the_user_services_key_makes_no_token_of_this_dialect() {
    let (platform, token) = start().await;
    let kid = kid_for("RS256");
    for changes in [
        json!({ "alg": "RS256", "kid": kid }),
        json!({ "alg": "RS512", "kid": kid }),
        json!({ "alg": "RS256" }),
        json!({}),
    ] {
        let header = with(&part(&token, 0), &changes);
        let forged = sign(&kid, &header, &part(&token, 1)).await;
        assert_eq!(validate(&platform, &forged).await, BAD, "{changes}");
    }
    // Nor this dialect's key one of the User Service.
    let session = platform.signed_in(ANN, PASSWORD).await;
    let kid = kid_for("RS512");
    let header = with(
        &part(&session.access_token, 0),
        &json!({ "alg": "RS512", "kid": kid }),
    );
    let forged = sign(&kid, &header, &part(&session.access_token, 1)).await;
    let status = platform
        .get("/user-service/v1/users/status")
        .bearer(&forged);
    assert_eq!(status.send().await.status, 403);
}

#[tokio::test]
async fn tokens_of_another_dialect_are_not_good_here() {
    let (platform, _) = start().await;
    let session = platform.signed_in(ANN, PASSWORD).await;
    for token in [&session.access_token, &session.refresh_token] {
        assert_eq!(validate(&platform, token).await, BAD);
    }
}

#[tokio::test]
async fn a_token_of_a_user_who_has_to_change_the_password_is_good() {
    let platform = Platform::start().await;
    marked(&platform, ANN).await;
    let token = platform.rbac_token(ANN).await;
    assert_eq!(validate(&platform, &token).await, GOOD);
}

#[tokio::test]
async fn an_expired_token_is_not_good() {
    let (platform, token) = start().await;
    platform.clock.advance_seconds(1799);
    assert_eq!(validate(&platform, &token).await, GOOD);
    platform.clock.advance_seconds(1);
    assert_eq!(validate(&platform, &token).await, BAD);
    platform.clock.advance_seconds(3600);
    assert_eq!(validate(&platform, &token).await, BAD);
}

#[tokio::test]
async fn a_changed_password_ends_the_token_and_not_that_of_somebody_else() {
    let (platform, token) = start().await;
    active(&platform, "ben@example.com").await;
    let other = platform.rbac_token("ben@example.com").await;
    let uid = uid_of(&platform, ANN).await;
    let reset = reset_password(&platform, &uid, PASSWORD, NEXT).await;
    assert_eq!(reset.whole(), "200\n\"Password Reset\"");
    assert_eq!(validate(&platform, &token).await, BAD);
    assert_eq!(validate(&platform, &other).await, GOOD);
    let next = authenticate(&platform, ANN, NEXT).await.json();
    let next = next["token"].as_str().expect("a token");
    assert_eq!(validate(&platform, next).await, GOOD);
}

#[tokio::test]
async fn a_reset_by_mailed_link_ends_the_token() {
    let (platform, token) = start().await;
    platform.clock.advance_seconds(60);
    let ask = platform.post("/reset-password/request");
    let ask = ask.header("origin", PUBLIC_URL).form(&[("email", ANN)]);
    assert_eq!(ask.send().await.status, 200);
    assert_eq!(validate(&platform, &token).await, GOOD);
    let link = reset_code_in(&platform.deliver().await[0].text);
    assert_eq!(platform.reset(&link, NEXT).await.status, 200);
    assert_eq!(validate(&platform, &token).await, BAD);
}

#[tokio::test]
async fn deleting_the_account_ends_the_token() {
    let (platform, token) = start().await;
    let session = platform.signed_in(ANN, PASSWORD).await;
    let delete = platform.delete("/user-service/v1/users/user");
    let delete = delete.bearer(&session.access_token).send().await;
    assert_eq!(delete.status, 204);
    assert_eq!(validate(&platform, &token).await, BAD);
    platform.deliver().await;
    assert_eq!(validate(&platform, &token).await, BAD);
    assert_eq!(users_of_kind(&platform, "email#").await, []);
}

#[tokio::test]
async fn an_administrators_change_of_the_address_ends_the_token() {
    let platform = Platform::start().await;
    let admin = crate::user_service::administrator(&platform).await;
    active(&platform, ANN).await;
    let token = platform.rbac_token(ANN).await;
    let suspend = platform
        .request(http::Method::PATCH, "/user-service/v1/users/2")
        .bearer(&admin.access_token)
        .json(&json!({ "email": "new@example.com" }));
    let changed = suspend.send().await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(validate(&platform, &token).await, BAD);
}

#[tokio::test]
async fn without_a_token_none_is_good() {
    let (platform, token) = start().await;
    for body in [
        json!({}),
        json!({ "token": null }),
        json!({ "Token": token }),
        json!({ "accessToken": token }),
    ] {
        let answer = platform.post(VALIDATE).json(&body).send().await;
        assert_eq!(answer.whole(), BAD, "{body}");
    }
    let elsewhere = platform
        .post(&format!("{VALIDATE}?token={token}"))
        .bearer(&token)
        .json(&json!({}));
    assert_eq!(elsewhere.send().await.whole(), BAD);
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_not_answered() {
    let (platform, token) = start().await;
    for body in [
        json!({ "token": 1 }),
        json!({ "token": true }),
        json!({ "token": [token] }),
        json!({ "token": { "token": token } }),
        json!([token]),
        json!(token),
        json!(null),
    ] {
        let answer = platform.post(VALIDATE).json(&body).send().await;
        assert_eq!(answer.whole(), "400\n\"Bad Request\"", "{body}");
    }
    let json = || {
        platform
            .post(VALIDATE)
            .header("content-type", "application/json")
    };
    for request in [
        platform.post(VALIDATE),
        json(),
        json().body("{\"token\":"),
        json().body(token.clone()),
    ] {
        assert_eq!(request.send().await.whole(), "400\n\"Bad Request\"");
    }
    for request in [
        platform.post(VALIDATE).form(&[("token", &token)]),
        platform
            .post(VALIDATE)
            .body(format!("{{\"token\":\"{token}\"}}")),
    ] {
        let answer = request.send().await;
        assert_eq!(answer.whole(), "415\n\"Unsupported Media Type\"");
    }
}

#[tokio::test]
async fn without_the_database_nobody_says_that_a_token_is_bad() {
    let (platform, token) = start().await;
    platform
        .connector
        .inject("BatchGetItem", Fault::ServerError, 20);
    let answer = platform
        .post(VALIDATE)
        .json(&json!({ "token": token }))
        .send()
        .await;
    assert_eq!(answer.whole(), "503\n\"Service Unavailable\"");
    assert_eq!(answer.header("retry-after"), Some("5"));
    platform.connector.heal();
    assert_eq!(validate(&platform, &token).await, GOOD);
}
