//! Row 2: signing in.

use http::Method;
use insta::assert_snapshot;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use super::accounts::{
    ANN, NEXT, NOW, WRONG, active, authenticate, authentication, face, kid_for, marked, part,
    set_flag, users_of_kind, validate, waiting,
};
use super::{AUTHENTICATE, USERS, administrator, get, uid_of};
use crate::harness::{Answer, PASSWORD, PUBLIC_URL, Platform, Request, code_in, keys, password_in};
use crate::user_service::{expect_nothing_done, set_on_account, stored};

const REFUSED: &str = "401\n\"Error Authenticating\"";
const LOCKED: &str = "429\n\"Too Many Requests\"";

fn token_of(answer: &Answer) -> String {
    let token = answer.json()["token"].as_str().map(str::to_owned);
    token.unwrap_or_else(|| panic!("no token: {}", answer.body))
}

#[tokio::test]
async fn the_right_password_answers_the_six_fields_and_opens_a_session() {
    let platform = Platform::start().await;
    let uid = active(&platform, "Ann@Example.com").await;
    let answer = authenticate(&platform, " ANN@example.com ", PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let token = token_of(&answer);
    assert_eq!(
        answer.body,
        format!(
            "{{\"uid\":\"{uid}\",\"name\":\"Ann Lee\",\"email\":\"ann@example.com\",\"active\":true,\
             \"reset_password\":false,\"token\":\"{token}\"}}"
        )
    );
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_snapshot!(stored(&platform, "sessions").await, @r#"{"created_at":1767225600000,"credential_version":1,"dialect":"rbac","expires":1767227400,"session_id":"[session_id]","user_id":"[user_id]"}"#);
    assert!(!platform.dump().await.contains(&token));
    assert_eq!(platform.deliver().await.len(), 0);
    assert_eq!(validate(&platform, &token).await, "200\ntrue");
}

#[tokio::test]
async fn the_name_is_the_whole_one_else_first_and_last_else_empty() {
    let platform = Platform::with(&[("EMAIL_CONFIRMATION", "off")]).await;
    active_at_once(&platform, "whole@example.com").await;
    for (email, names, shown) in [
        (
            "both@example.com",
            json!({ "firstname": "Ann", "lastname": "Müller 🦊" }),
            "Ann Müller 🦊",
        ),
        ("first@example.com", json!({ "firstname": "Ann" }), "Ann"),
        (
            "last@example.com",
            json!({ "firstname": "", "lastname": "Lee" }),
            "Lee",
        ),
        ("none@example.com", json!({}), ""),
    ] {
        let body = json!({ "email": email, "password": PASSWORD });
        let body = super::accounts::with(&body, &names);
        let register = platform.post("/user-service/v1/users/register");
        assert_eq!(register.json(&body).send().await.status, 200);
        let answer = authenticate(&platform, email, PASSWORD).await;
        assert_eq!(answer.json()["name"], shown, "{email}");
        assert_eq!(part(&token_of(&answer), 1)["name"], shown, "{email}");
    }
    let answer = authenticate(&platform, "whole@example.com", PASSWORD).await;
    assert_eq!(answer.json()["name"], "Ann Lee");
}

async fn active_at_once(platform: &Platform, email: &str) {
    let body = json!({ "name": "Ann Lee", "email": email, "password": PASSWORD });
    let answer = super::accounts::register(platform, &body).await;
    assert_eq!(answer.whole(), "200\n\"User Registered\"");
}

#[tokio::test]
async fn a_token_holds_the_name_and_the_registered_claims_and_nothing_else() {
    let platform = Platform::start().await;
    let uid = active(&platform, ANN).await;
    let token = platform.rbac_token(ANN).await;
    let kid = kid_for("RS512");
    assert_eq!(
        part(&token, 0),
        json!({ "alg": "RS512", "kid": kid, "typ": "at+jwt" })
    );
    let published = platform.get("/.well-known/jwks.json").send().await.json();
    let published = published["keys"].as_array().expect("keys").clone();
    let of_ours = published.iter().filter(|key| key["kid"] == json!(kid));
    assert_eq!(
        of_ours.map(|key| &key["alg"]).collect::<Vec<_>>(),
        ["RS512"]
    );
    let signature = token.rsplit('.').next().expect("a signature");
    let signature = data_encoding::BASE64URL_NOPAD.decode(signature.as_bytes());
    assert_eq!(signature.expect("base64url").len(), 512);
    let claims = part(&token, 1);
    let session = &platform.items("sessions").await[0];
    assert_eq!(
        claims,
        json!({
            "uid": uid,
            "name": "Ann Lee",
            "iss": PUBLIC_URL,
            "aud": PUBLIC_URL,
            "sub": uid,
            "iat": NOW,
            "nbf": NOW,
            "exp": NOW + 1800,
            "jti": claims["jti"],
            "sid": session["session_id"],
            "token_use": "access",
            "dialect": "rbac",
        })
    );
    assert_eq!(claims["jti"].as_str().map(str::len), Some(36));
    let another = part(&platform.rbac_token(ANN).await, 1);
    assert_ne!(another["jti"], claims["jti"]);
    assert_ne!(another["sid"], claims["sid"]);
}

#[tokio::test]
async fn another_library_verifies_a_token_by_our_published_keys() {
    let platform = Platform::with_running_clock(&[]).await;
    active(&platform, ANN).await;
    let token = platform.rbac_token(ANN).await;
    let published = platform.get("/.well-known/jwks.json").send().await;
    let published: JwkSet = serde_json::from_str(&published.body).expect("a JWK set");
    let header = jsonwebtoken::decode_header(&token).expect("a header");
    let key = published.find(&header.kid.expect("a kid"));
    let key = DecodingKey::from_jwk(key.expect("a published key")).expect("a key");
    let mut rules = Validation::new(Algorithm::RS512);
    rules.set_audience(&[PUBLIC_URL]);
    rules.set_issuer(&[PUBLIC_URL]);
    rules.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
    rules.validate_nbf = true;
    jsonwebtoken::decode::<Value>(&token, &key, &rules).expect("a token that verifies");
    assert_eq!(keys().key_set().expect("a key set").keys.len(), 2);
}

#[tokio::test]
async fn a_token_and_its_session_live_for_half_an_hour_or_as_configured() {
    for (platform, lifetime) in [
        (Platform::start().await, 1800),
        (Platform::with(&[("RBAC_TOKEN_LIFETIME", "600")]).await, 600),
    ] {
        let uid = active(&platform, ANN).await;
        let token = platform.rbac_token(ANN).await;
        let claims = part(&token, 1);
        assert_eq!(claims["exp"], json!(NOW + lifetime));
        let session = &platform.items("sessions").await[0];
        assert_eq!(session["expires"], json!(NOW + lifetime));
        platform.clock.advance_seconds(lifetime - 1);
        assert_eq!(validate(&platform, &token).await, "200\ntrue");
        let own = format!("{USERS}/{uid}");
        assert_eq!(get(&platform, &token, &own).await.status, 200);
        platform.clock.advance_seconds(1);
        assert_eq!(validate(&platform, &token).await, "401\nfalse");
        let late = get(&platform, &token, &own).await;
        assert_eq!(late.whole(), "401\n\"Unauthorized\"");
    }
}

#[tokio::test]
async fn whoever_may_not_sign_in_looks_like_an_unknown_address() {
    let platform = Platform::start().await;
    active(&platform, "known@example.com").await;
    waiting(&platform, "waiting@example.com").await;
    let suspended = active(&platform, "suspended@example.com").await;
    set_flag(&platform, &suspended, "suspended", true).await;
    let unknown = authenticate(&platform, "unknown@example.com", WRONG).await;
    assert_snapshot!(face(&unknown), @r#"
    cache-control: no-store
    content-length: 22
    content-type: application/json
    x-content-type-options: nosniff
    401
    "Error Authenticating"
    "#);
    for (email, password) in [
        ("known@example.com", WRONG),
        ("known@example.com", ""),
        ("waiting@example.com", WRONG),
        ("waiting@example.com", PASSWORD),
        ("suspended@example.com", WRONG),
        ("suspended@example.com", PASSWORD),
        ("no address at all", PASSWORD),
        ("", PASSWORD),
        ("admin@example.com\r\nBcc: eve@example.com", PASSWORD),
    ] {
        let answer = authenticate(&platform, email, password).await;
        assert_eq!(face(&answer), face(&unknown), "{email:?} {password:?}");
    }
    assert_eq!(platform.items("sessions").await, []);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn a_request_without_its_fields_is_malformed() {
    let platform = Platform::start().await;
    active(&platform, ANN).await;
    let before = platform.dump().await;
    for body in [
        json!({}),
        json!({ "email": ANN }),
        json!({ "password": PASSWORD }),
        json!({ "email": null, "password": PASSWORD }),
        json!({ "email": ANN, "password": null }),
        json!({ "email": [ANN], "password": PASSWORD }),
        json!({ "email": ANN, "password": { "$ne": "" } }),
        json!({ "email": ANN, "password": 12_345_678 }),
        json!({ "email": true, "password": PASSWORD }),
        json!({ "email": ANN, "password": "x".repeat(1025) }),
        json!({ "Email": ANN, "Password": PASSWORD }),
        json!([ANN, PASSWORD]),
        json!("text"),
        json!(null),
    ] {
        let answer = platform.post(AUTHENTICATE).json(&body).send().await;
        assert_eq!(answer.whole(), "400\n\"Bad Request\"", "{body}");
    }
    let query = format!("{AUTHENTICATE}?email={ANN}&password=violet+tractor+sings+at+dawn");
    for request in [
        platform.post(AUTHENTICATE),
        platform
            .post(AUTHENTICATE)
            .header("content-type", "application/json"),
        platform.post(&query),
    ] {
        assert_eq!(request.send().await.whole(), "400\n\"Bad Request\"");
    }
    expect_nothing_done(&platform, &before, "malformed sign-ins").await;
}

async fn login_of(platform: &Platform, password: &str) -> u16 {
    platform.login(ANN, password).await.status
}

#[tokio::test]
async fn failures_here_lock_the_user_service_and_failures_there_lock_this() {
    let platform = Platform::start().await;
    active(&platform, ANN).await;
    for step in 0..6 {
        let answer = authenticate(&platform, ANN, WRONG).await;
        assert_eq!(answer.whole(), REFUSED, "{step}");
        platform.clock.advance_seconds(i64::from(step == 4));
    }
    let sessions = platform.items("sessions").await;
    let locked = authenticate(&platform, ANN, PASSWORD).await;
    assert_eq!(locked.whole(), LOCKED);
    assert_eq!(locked.header("retry-after"), Some("3"));
    assert_eq!(login_of(&platform, PASSWORD).await, 429);
    assert_eq!(platform.items("sessions").await, sessions);
    platform.clock.advance_seconds(2);
    assert_eq!(login_of(&platform, PASSWORD).await, 200);

    for step in 0..6 {
        assert_eq!(login_of(&platform, WRONG).await, 401, "{step}");
        platform.clock.advance_seconds(i64::from(step == 4));
    }
    let elsewhere = |request: Request| request.from("203.0.113.9").send();
    let locked = elsewhere(authentication(&platform, ANN, PASSWORD)).await;
    assert_eq!(locked.whole(), LOCKED);
    platform.clock.advance_seconds(2);
    let answer = elsewhere(authentication(&platform, ANN, PASSWORD)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn an_unknown_address_locks_like_a_known_one() {
    let platform = Platform::start().await;
    active(&platform, ANN).await;
    let mut seen = Vec::new();
    for email in [ANN, "unknown@example.com"] {
        let mut faces = Vec::new();
        for step in 0..7 {
            faces.push(face(&authenticate(&platform, email, WRONG).await));
            platform.clock.advance_seconds(i64::from(step == 4));
        }
        seen.push(faces);
    }
    assert!(seen[0][6].ends_with(LOCKED), "{}", seen[0][6]);
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn a_client_that_fails_too_often_is_told_to_wait() {
    let platform = Platform::with(&[("LIMIT_FAILURES_PER_CLIENT", "2")]).await;
    active(&platform, ANN).await;
    for number in 0..2 {
        let email = format!("nobody{number}@example.com");
        assert_eq!(
            authenticate(&platform, &email, WRONG).await.whole(),
            REFUSED
        );
    }
    let limited = authenticate(&platform, ANN, PASSWORD).await;
    assert_eq!(limited.whole(), LOCKED);
    assert_eq!(limited.header("retry-after"), Some("901"));
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 429);
    let elsewhere = authentication(&platform, ANN, PASSWORD).from("203.0.113.9");
    assert_eq!(elsewhere.send().await.status, 200);
}

#[tokio::test]
async fn an_account_of_either_dialect_signs_in_by_both() {
    let platform = Platform::start().await;
    active(&platform, ANN).await;
    let session = platform.signed_in(ANN, PASSWORD).await;
    assert_eq!(session.user["firstname"], Value::Null);
    platform.register_confirmed("ben@example.com").await;
    let answer = authenticate(&platform, "ben@example.com", PASSWORD).await;
    let expected = uid_of(&platform, "ben@example.com").await;
    assert_eq!(answer.json()["uid"], expected);

    platform.register("cyd@example.com").await;
    let code = code_in(&platform.deliver().await[0].text);
    let early = authenticate(&platform, "cyd@example.com", PASSWORD).await;
    assert_eq!(early.whole(), REFUSED);
    let activate = platform.post("/user-service/v1/users/activate");
    activate.json(&json!({ "code": code })).send().await;
    let answer = authenticate(&platform, "cyd@example.com", PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn rights_in_one_dialect_are_none_in_the_other() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    assert_eq!(get(&platform, &admin, USERS).await.status, 200);
    // Number 1 is the first administrator, who loses the level and keeps the role.
    let level = |number: u64, level: u64| set_level(&platform, number, level);
    level(1, 0).await;
    let without_level = platform.signed_in("admin@example.com", PASSWORD).await;
    let accounts = "/user-service/v1/users";
    let list = platform.get(accounts).bearer(&without_level.access_token);
    assert_eq!(list.send().await.status, 404);
    assert_eq!(get(&platform, &admin, USERS).await.status, 200);

    platform.register_confirmed(ANN).await;
    level(2, 2).await;
    let with_level = platform.signed_in(ANN, PASSWORD).await;
    let list = platform.get(accounts).bearer(&with_level.access_token);
    assert_eq!(list.send().await.status, 200);
    let token = platform.rbac_token(ANN).await;
    let refused = get(&platform, &token, USERS).await;
    assert_eq!(refused.whole(), "403\n\"Forbidden\"");
}

async fn set_level(platform: &Platform, number: u64, level: u64) {
    use aws_sdk_dynamodb::types::AttributeValue;
    let accounts = users_of_kind(platform, "user#").await;
    let mut accounts = accounts.into_iter();
    let account = accounts.find(|account| account["user_number"] == json!(number));
    let pk = account.expect("the account")["pk"].clone();
    let update = platform
        .database()
        .update_item()
        .table_name("gatehouse-users")
        .key(
            "pk",
            AttributeValue::S(pk.as_str().expect("a key").to_owned()),
        )
        .update_expression("SET permission_level = :level")
        .expression_attribute_values(":level", AttributeValue::N(level.to_string()));
    update.send().await.expect("the item changes");
}

#[tokio::test]
async fn a_token_of_one_dialect_opens_nothing_in_the_other() {
    let platform = Platform::start().await;
    let uid = active(&platform, ANN).await;
    let session = platform.signed_in(ANN, PASSWORD).await;
    let token = platform.rbac_token(ANN).await;
    let status = platform.get("/user-service/v1/users/status").bearer(&token);
    assert_eq!(status.send().await.status, 403);
    for foreign in [&session.access_token, &session.refresh_token] {
        let own = get(&platform, foreign, &format!("{USERS}/{uid}")).await;
        assert_eq!(own.whole(), "401\n\"Unauthorized\"");
        assert_eq!(
            own.header("www-authenticate"),
            Some("Bearer error=\"invalid_token\"")
        );
    }
}

#[tokio::test]
async fn a_mailed_password_signs_in_and_becomes_the_password() {
    let platform = Platform::start().await;
    let uid = active(&platform, ANN).await;
    let before = platform.rbac_token(ANN).await;
    let ask = platform.post("/user-service/v1/users/newPassword");
    ask.json(&json!({ "email": ANN })).send().await;
    let mailed = password_in(&platform.deliver().await[0].text);
    let answer = authenticate(&platform, ANN, &mailed).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["uid"], uid);
    assert_eq!(validate(&platform, &token_of(&answer)).await, "200\ntrue");
    assert_eq!(validate(&platform, &before).await, "401\nfalse");
    assert_eq!(
        authenticate(&platform, ANN, PASSWORD).await.whole(),
        REFUSED
    );
    platform.signed_in(ANN, &mailed).await;
}

#[tokio::test]
async fn a_password_to_be_changed_is_told_and_a_mailed_one_settles_it() {
    let platform = Platform::start().await;
    marked(&platform, ANN).await;
    let answer = authenticate(&platform, ANN, PASSWORD).await.json();
    assert_eq!(
        (&answer["active"], &answer["reset_password"]),
        (&json!(true), &json!(true))
    );
    let ask = platform.post("/user-service/v1/users/newPassword");
    ask.json(&json!({ "email": ANN })).send().await;
    let mailed = password_in(&platform.deliver().await[0].text);
    let answer = authenticate(&platform, ANN, &mailed).await.json();
    assert_eq!(answer["reset_password"], json!(false));
}

#[tokio::test]
async fn a_cookie_a_query_and_other_methods_sign_nobody_in() {
    let platform = Platform::start().await;
    active(&platform, ANN).await;
    let token = platform.rbac_token(ANN).await;
    let uid = uid_of(&platform, ANN).await;
    let by_query = platform
        .get(&format!("{USERS}/{uid}?access_token={token}&token={token}"))
        .header("cookie", &format!("sid={token}; token={token}"));
    let refused = by_query.send().await;
    assert_eq!(refused.whole(), "401\n\"Unauthorized\"");
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer = platform.request(method, AUTHENTICATE).send().await;
        assert_eq!(answer.whole(), "405\n\"Method Not Allowed\"");
        assert_eq!(answer.header("allow"), Some("POST"));
    }
    let next = authenticate(&platform, ANN, NEXT).await;
    assert_eq!(next.whole(), REFUSED);
    let account = users_of_kind(&platform, "user#").await;
    let number = account[0]["user_number"].as_u64().expect("a number");
    set_on_account(&platform, number, "confirmed", false).await;
    let answer = authenticate(&platform, ANN, PASSWORD).await;
    assert_eq!(answer.whole(), REFUSED);
}
