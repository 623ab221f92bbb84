//! Tokens as strangers see and forge them: what ours hold, that others can verify them, and everything that is refused.

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use shared::keys::{Algorithm as Signing, KeyFile};

use crate::harness::{
    Answer, PASSWORD, PUBLIC_URL, Platform, Session, keys, kid_of, other_keys, signer_of,
};

const STATUS: &str = "/user-service/v1/users/status";
const ACCESS_TOKEN: &str = "/user-service/v1/users/accessToken";
/// The start of the standing clock.
const NOW: i64 = 1_767_225_600;
const DAY: i64 = 86_400;

pub(crate) fn encode(value: &Value) -> String {
    BASE64URL_NOPAD.encode(value.to_string().as_bytes())
}

/// Header (0) or claims (1) of a token.
pub(crate) fn part(token: &str, index: usize) -> Value {
    let segment = token.split('.').nth(index).expect("a segment");
    let bytes = BASE64URL_NOPAD
        .decode(segment.as_bytes())
        .expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// The name of the key that tokens of the User Service are signed with.
fn own_kid(keys: &KeyFile) -> String {
    kid_of(keys, Signing::Rs256)
}

/// A token with any header and claims under the platform's own key.
async fn sign(header: &Value, claims: &Value) -> String {
    sign_by(&own_kid(&keys()), header, claims).await
}

/// The same token, a minute after its time.
pub(crate) async fn expired(token: &str) -> String {
    let claims = part(token, 1);
    let then = claims["iat"].as_i64().expect("seconds") - 60;
    sign(&part(token, 0), &with(&claims, &json!({ "exp": then }))).await
}

/// A token with any header and claims under this key of the platform's.
pub(crate) async fn sign_by(kid: &str, header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = signer_of(&keys()).sign(kid, message.as_bytes()).await;
    let signature = BASE64URL_NOPAD.encode(&signature.expect("a signature"));
    format!("{message}.{signature}")
}

/// The object with these members set; a null removes.
pub(crate) fn with(object: &Value, changes: &Value) -> Value {
    let mut object = object.as_object().expect("an object").clone();
    for (name, value) in changes.as_object().expect("changes") {
        if value.is_null() {
            object.remove(name);
        } else {
            object.insert(name.clone(), value.clone());
        }
    }
    Value::Object(object)
}

async fn status_by(platform: &Platform, token: &str) -> Answer {
    platform.get(STATUS).bearer(token).send().await
}

/// The token is refused with 403, without a look into the database.
async fn assert_refused(platform: &Platform, what: &str, token: &str) {
    platform.connector.forget();
    let answer = status_by(platform, token).await;
    assert_eq!(
        answer.whole(),
        "403\n{\"error\":\"the token is not valid\"}",
        "{what}"
    );
    assert_eq!(platform.connector.calls(), [""; 0], "{what}");
}

async fn start() -> (Platform, Session, Value, Value) {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let header = part(&session.access_token, 0);
    let claims = part(&session.access_token, 1);
    (platform, session, header, claims)
}

#[tokio::test]
async fn another_library_verifies_a_token_by_our_published_keys() {
    let platform = Platform::with_running_clock(&[]).await;
    let session = platform.new_session("ann@example.com").await;
    let published = platform.get("/.well-known/jwks.json").send().await;
    let published: JwkSet = serde_json::from_str(&published.body).expect("a JWK set");
    for token in [&session.access_token, &session.refresh_token] {
        let header = jsonwebtoken::decode_header(token).expect("a header");
        assert_eq!(header.alg, Algorithm::RS256);
        let key = published
            .find(&header.kid.expect("a kid"))
            .expect("a published key");
        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_audience(&[PUBLIC_URL]);
        rules.set_issuer(&[PUBLIC_URL]);
        rules.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        rules.validate_nbf = true;
        let key = DecodingKey::from_jwk(key).expect("a key");
        jsonwebtoken::decode::<Value>(token, &key, &rules).expect("a token that verifies");
    }
}

#[tokio::test]
async fn an_access_token_holds_the_documented_claims_and_the_registered_ones() {
    let platform = Platform::start().await;
    let registered = platform
        .post("/user-service/v1/users/register")
        .json(&json!({ "email": "Ann@Example.com", "password": PASSWORD, "firstname": "Ann", "language": "de" }))
        .send()
        .await;
    assert_eq!(registered.status, 200);
    let code = crate::harness::code_in(&platform.deliver().await[0].text);
    platform
        .post("/user-service/v1/users/activate")
        .json(&json!({ "code": code }))
        .send()
        .await;
    let session = platform.signed_in("ann@example.com", PASSWORD).await;
    let kid = own_kid(&keys());
    assert_eq!(
        part(&session.access_token, 0),
        json!({ "alg": "RS256", "kid": kid, "typ": "at+jwt" })
    );
    let claims = part(&session.access_token, 1);
    let stored = &platform.items("sessions").await[0];
    assert_eq!(
        claims,
        json!({
            "email": "ann@example.com",
            "firstname": "Ann",
            "lastname": "",
            "id": session.user["id"],
            "language": "de",
            "permissionLevel": 0,
            "iss": PUBLIC_URL,
            "aud": PUBLIC_URL,
            "sub": stored["user_id"],
            "iat": NOW,
            "nbf": NOW,
            "exp": NOW + 3600,
            "jti": claims["jti"],
            "sid": stored["session_id"],
            "token_use": "access",
            "dialect": "user-service",
        })
    );
    assert!(claims["id"].is_u64(), "{claims}");
    for name in ["sub", "jti"] {
        let text = claims[name].as_str().expect("a text");
        let dashes: Vec<_> = text.match_indices('-').map(|(at, _)| at).collect();
        assert_eq!(
            (text.len(), dashes, &text[14..15]),
            (36, vec![8, 13, 18, 23], "4"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_refresh_token_holds_the_number_and_no_personal_data_for_thirty_days() {
    let (_, session, header, access) = start().await;
    let refresh = part(&session.refresh_token, 1);
    assert_eq!(
        part(&session.refresh_token, 0),
        with(&header, &json!({ "typ": "rt+jwt" }))
    );
    assert_eq!(
        refresh,
        json!({
            "id": session.user["id"],
            "iss": PUBLIC_URL,
            "aud": PUBLIC_URL,
            "sub": access["sub"],
            "iat": NOW,
            "nbf": NOW,
            "exp": NOW + 30 * DAY,
            "jti": refresh["jti"],
            "sid": access["sid"],
            "token_use": "refresh",
            "dialect": "user-service",
        })
    );
    assert_ne!(refresh["jti"], access["jti"]);
}

#[tokio::test]
async fn a_refreshed_access_token_speaks_for_the_same_session_from_now_on() {
    let (platform, session, header, claims) = start().await;
    platform.clock.advance_seconds(100);
    let answer = platform
        .post(ACCESS_TOKEN)
        .json(&json!({ "refreshToken": session.refresh_token }))
        .send()
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = answer.json();
    let token = answer["accessToken"].as_str().expect("a token");
    let renewed = part(token, 1);
    assert_eq!(
        answer,
        json!({ "status": "success", "accessToken": token }),
        "no new refresh token"
    );
    assert_eq!(part(token, 0), header);
    assert_ne!(renewed["jti"], claims["jti"]);
    let changes =
        json!({ "iat": NOW + 100, "nbf": NOW + 100, "exp": NOW + 3700, "jti": renewed["jti"] });
    assert_eq!(renewed, with(&claims, &changes));
}

#[tokio::test]
async fn lifetimes_issuer_and_audience_can_be_configured() {
    let platform = Platform::with(&[
        ("ACCESS_TOKEN_LIFETIME", "120"),
        ("REFRESH_TOKEN_LIFETIME", "600"),
        ("TOKEN_ISSUER", "https://id.example.com"),
        ("TOKEN_AUDIENCE", "orders"),
    ])
    .await;
    let session = platform.new_session("ann@example.com").await;
    let (access, refresh) = (
        part(&session.access_token, 1),
        part(&session.refresh_token, 1),
    );
    assert_eq!(
        (&access["exp"], &refresh["exp"]),
        (&json!(NOW + 120), &json!(NOW + 600))
    );
    assert_eq!(
        (&access["iss"], &access["aud"]),
        (&json!("https://id.example.com"), &json!("orders"))
    );
    assert_eq!(
        status_by(&platform, &session.access_token).await.status,
        200
    );
    let foreign = sign(
        &part(&session.access_token, 0),
        &with(&access, &json!({ "aud": PUBLIC_URL })),
    )
    .await;
    assert_refused(&platform, "the default audience", &foreign).await;
}

/// Without this the refusals below would prove nothing.
#[tokio::test]
async fn a_token_signed_by_the_test_with_the_platforms_key_is_taken() {
    let (platform, _, header, claims) = start().await;
    let token = sign(&header, &claims).await;
    assert_eq!(status_by(&platform, &token).await.status, 200);
    let more = with(&claims, &json!({ "nickname": "annie" }));
    let token = sign(&header, &more).await;
    assert_eq!(status_by(&platform, &token).await.status, 200);
}

#[tokio::test]
async fn claims_that_are_not_meant_for_this_route_are_refused() {
    let (platform, _, header, claims) = start().await;
    for changes in [
        json!({ "iss": "https://attacker.example" }),
        json!({ "iss": format!("{PUBLIC_URL}/") }),
        json!({ "iss": null }),
        json!({ "iss": [PUBLIC_URL] }),
        json!({ "aud": "https://other.example" }),
        json!({ "aud": null }),
        json!({ "aud": [PUBLIC_URL] }),
        json!({ "dialect": "security" }),
        json!({ "dialect": "rbac" }),
        json!({ "dialect": "identify" }),
        json!({ "dialect": "nobody" }),
        json!({ "dialect": null }),
        json!({ "token_use": "refresh" }),
        json!({ "token_use": "profile" }),
        json!({ "token_use": null }),
        json!({ "exp": null }),
        json!({ "exp": "1767229200" }),
        json!({ "exp": 1_767_229_200.5 }),
        json!({ "exp": 1e300 }),
        json!({ "exp": i64::MAX }),
        json!({ "exp": [NOW + 3600] }),
        json!({ "nbf": null }),
        json!({ "nbf": NOW.to_string() }),
        json!({ "nbf": NOW + 6 }),
        json!({ "nbf": i64::MIN }),
        json!({ "iat": null }),
        json!({ "iat": NOW.to_string() }),
        json!({ "sub": null }),
        json!({ "sub": 1 }),
        json!({ "sub": "ann@example.com" }),
        json!({ "sid": null }),
        json!({ "sid": "" }),
        json!({ "sid": ["a"] }),
        json!({ "jti": null }),
    ] {
        let token = sign(&header, &with(&claims, &changes)).await;
        assert_refused(&platform, &changes.to_string(), &token).await;
    }
}

#[tokio::test]
async fn a_claim_that_stands_twice_is_refused() {
    let (platform, _, header, claims) = start().await;
    let claims = claims.to_string();
    let twice = format!("{{\"exp\":{},{}", NOW + DAY, &claims[1..]);
    let signer = signer_of(&keys());
    let kid = header["kid"].as_str().expect("a kid");
    let message = format!(
        "{}.{}",
        encode(&header),
        BASE64URL_NOPAD.encode(twice.as_bytes())
    );
    let signature = signer
        .sign(kid, message.as_bytes())
        .await
        .expect("a signature");
    let token = format!("{message}.{}", BASE64URL_NOPAD.encode(&signature));
    assert_refused(&platform, "exp twice", &token).await;
}

#[tokio::test]
async fn another_users_or_an_unknown_session_is_no_session() {
    let (platform, _, header, claims) = start().await;
    let other = platform.new_session("ben@example.com").await;
    let other = part(&other.access_token, 1);
    for changes in [
        json!({ "sub": other["sub"] }),
        json!({ "sid": other["sid"] }),
        json!({ "sub": "00000000-0000-4000-8000-000000000000" }),
    ] {
        let token = sign(&header, &with(&claims, &changes)).await;
        let answer = status_by(&platform, &token).await;
        assert_eq!(
            answer.whole(),
            "401\n{\"error\":\"the session has ended\"}",
            "{changes}"
        );
    }
}

#[tokio::test]
async fn a_token_of_an_unpublished_key_is_refused() {
    let (platform, _, header, claims) = start().await;
    let stranger = other_keys();
    let own_kid = own_kid(&stranger);
    let signer = signer_of(&stranger);
    for header in [with(&header, &json!({ "kid": own_kid })), header] {
        let message = format!("{}.{}", encode(&header), encode(&claims));
        let signature = signer
            .sign(&own_kid, message.as_bytes())
            .await
            .expect("a signature");
        let token = format!("{message}.{}", BASE64URL_NOPAD.encode(&signature));
        assert_refused(&platform, &header.to_string(), &token).await;
    }
}

/// Who makes tokens of another dialect makes none of this one.
#[tokio::test]
async fn a_token_under_a_key_of_another_algorithm_is_refused() {
    let (platform, _, header, claims) = start().await;
    let kid = kid_of(&keys(), Signing::Rs512);
    for changes in [
        json!({ "kid": kid, "alg": "RS512" }),
        json!({ "kid": kid }),
        json!({ "alg": "RS512" }),
        json!({}),
    ] {
        let token = sign_by(&kid, &with(&header, &changes), &claims).await;
        assert_refused(&platform, &changes.to_string(), &token).await;
    }
}

#[tokio::test]
async fn an_access_token_ends_an_hour_and_the_leeway_after_it_was_issued() {
    let (platform, session, ..) = start().await;
    platform.clock.advance_seconds(3604);
    assert_eq!(
        status_by(&platform, &session.access_token).await.status,
        200
    );
    platform.clock.advance_seconds(1);
    let answer = status_by(&platform, &session.access_token).await;
    assert_eq!(answer.whole(), "401\n{\"error\":\"the token has expired\"}");
    assert_eq!(
        answer.header("www-authenticate"),
        Some("Bearer error=\"invalid_token\"")
    );
}

#[tokio::test]
async fn a_refresh_token_ends_with_its_session_after_thirty_days() {
    let (platform, session, ..) = start().await;
    let refresh = || {
        platform
            .post(ACCESS_TOKEN)
            .json(&json!({ "refreshToken": session.refresh_token }))
            .send()
    };
    platform.clock.advance_seconds(30 * DAY - 1);
    assert_eq!(refresh().await.status, 200);
    platform.clock.advance_seconds(1);
    assert_eq!(refresh().await.status, 401, "the session has no leeway");
    platform.clock.advance_seconds(5);
    assert_eq!(
        refresh().await.whole(),
        "401\n{\"error\":\"the token has expired\"}"
    );
}

#[tokio::test]
async fn clocks_may_differ_by_five_seconds_before_a_token_begins() {
    let (platform, _, header, claims) = start().await;
    let token = sign(&header, &with(&claims, &json!({ "nbf": NOW + 5 }))).await;
    assert_eq!(status_by(&platform, &token).await.status, 200);
    let token = sign(&header, &with(&claims, &json!({ "nbf": NOW + 6 }))).await;
    assert_refused(&platform, "six seconds early", &token).await;
}

#[tokio::test]
async fn access_and_refresh_tokens_never_stand_in_for_each_other() {
    let (platform, session, header, claims) = start().await;
    assert_refused(&platform, "a refresh token", &session.refresh_token).await;
    let refresh_header = with(&header, &json!({ "typ": "rt+jwt" }));
    for (what, token) in [
        ("an access token", session.access_token.clone()),
        (
            "an access token's claims",
            sign(&refresh_header, &claims).await,
        ),
        (
            "an access token's header",
            sign(&header, &part(&session.refresh_token, 1)).await,
        ),
        (
            "another dialect",
            sign(
                &refresh_header,
                &with(
                    &part(&session.refresh_token, 1),
                    &json!({ "dialect": "security" }),
                ),
            )
            .await,
        ),
        ("garbage", "garbage".to_owned()),
        ("nothing", String::new()),
    ] {
        let answer = platform
            .post(ACCESS_TOKEN)
            .json(&json!({ "refreshToken": token }))
            .send()
            .await;
        assert_eq!(
            answer.whole(),
            "401\n{\"error\":\"the refresh token is not valid\"}",
            "{what}"
        );
    }
}

#[tokio::test]
async fn a_token_over_four_kilobytes_is_not_looked_at() {
    let (platform, _, header, claims) = start().await;
    let of_length = async |padding: usize| {
        let padded = with(&claims, &json!({ "padding": "x".repeat(padding) }));
        sign(&header, &padded).await
    };
    let bare = of_length(0).await.len();
    let room = (4096 - bare) / 4 * 3;
    let longest = of_length(room - 3).await;
    assert!((4085..=4096).contains(&longest.len()), "{}", longest.len());
    assert_eq!(status_by(&platform, &longest).await.status, 200);
    let too_long = of_length(room + 3).await;
    assert!(too_long.len() > 4096);
    assert_refused(&platform, "over 4096 bytes", &too_long).await;
    let huge = "a".repeat(64 * 1024);
    assert_eq!(
        status_by(&platform, &huge).await.whole(),
        "400\n{\"error\":\"a header is too long\"}"
    );
}

#[tokio::test]
async fn what_is_no_bearer_token_counts_as_none() {
    let (platform, session, ..) = start().await;
    let token = &session.access_token;
    for authorization in [
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "bearer".to_owned(),
        token.clone(),
        format!("Basic {token}"),
        format!("DPoP {token}"),
        format!("Bearer:{token}"),
        "Basic YW5uOnBhc3N3b3Jk".to_owned(),
    ] {
        let answer = platform
            .get(STATUS)
            .header("authorization", &authorization)
            .send()
            .await;
        let what: String = authorization.chars().take(20).collect();
        assert_eq!(
            answer.whole(),
            "401\n{\"error\":\"an access token is required\"}",
            "{what:?}"
        );
        assert_eq!(
            answer.header("www-authenticate"),
            Some("Bearer"),
            "{what:?}"
        );
    }
    for place in [
        format!("{STATUS}?access_token={token}"),
        format!("{STATUS}?accessToken={token}"),
    ] {
        assert_eq!(platform.get(&place).send().await.status, 401);
    }
    let by_cookie = platform
        .get(STATUS)
        .header("cookie", &format!("sid={token}"));
    assert_eq!(by_cookie.send().await.status, 401);
    let any_case = platform
        .get(STATUS)
        .header("authorization", &format!("bEARER {token}"));
    assert_eq!(any_case.send().await.status, 200);
}

#[tokio::test]
async fn listed_attributes_are_claims_as_long_as_they_fit() {
    let platform = Platform::with(&[("TOKEN_ATTRIBUTES", "team, biography, motto, absent")]).await;
    let session = platform.new_session("ann@example.com").await;
    for (key, text) in [
        ("team", "red"),
        ("biography", &*"x".repeat(4096)),
        ("motto", "onward"),
        ("private", "not listed"),
    ] {
        let answer = platform
            .post("/user-service/v1/users/attributes")
            .bearer(&session.access_token)
            .json(&json!({ "attributeKey": key, "attributeText": text }))
            .send()
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let before = part(&session.access_token, 1);
    assert_eq!(before["team"], Value::Null, "it did not exist then");
    let session = platform.signed_in("ann@example.com", PASSWORD).await;
    let refreshed = platform
        .post(ACCESS_TOKEN)
        .json(&json!({ "refreshToken": session.refresh_token }))
        .send()
        .await
        .json();
    let refreshed = refreshed["accessToken"].as_str().expect("a token");
    for token in [session.access_token.as_str(), refreshed] {
        let claims = part(token, 1);
        let own =
            json!({ "jti": claims["jti"], "sid": claims["sid"], "team": "red", "motto": "onward" });
        assert_eq!(claims, with(&before, &own));
        assert!(token.len() <= 3072, "{}", token.len());
        assert_eq!(status_by(&platform, token).await.status, 200);
    }
    assert_eq!(part(&session.refresh_token, 1)["team"], Value::Null);
}

#[tokio::test]
async fn attributes_fill_a_token_up_to_three_kilobytes_and_no_further() {
    let names: Vec<_> = (0..16).map(|number| format!("claim{number:02}")).collect();
    let platform = Platform::with(&[("TOKEN_ATTRIBUTES", &names.join(","))]).await;
    let session = platform.new_session("ann@example.com").await;
    for name in &names {
        let answer = platform
            .post("/user-service/v1/users/attributes")
            .bearer(&session.access_token)
            .json(&json!({ "attributeKey": name, "attributeText": "\u{1}".repeat(25) }))
            .send()
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let token = platform
        .signed_in("ann@example.com", PASSWORD)
        .await
        .access_token;
    let claims = part(&token, 1);
    let held = names
        .iter()
        .filter(|name| claims.get(name.as_str()).is_some())
        .count();
    assert!((1..16).contains(&held), "{held}");
    assert!(token.len() <= 3072, "{}", token.len());
    assert_eq!(status_by(&platform, &token).await.status, 200);
}

/// Characters that JSON writes as six make the longest tokens.
#[tokio::test]
async fn the_longest_names_and_address_make_a_token_that_works() {
    let platform = Platform::start().await;
    let label = "d".repeat(60);
    let email = format!("{}@{label}.{label}.{label}.com", "l".repeat(64));
    let name = "\u{1}".repeat(128);
    let answer = platform
        .post("/user-service/v1/users/register")
        .json(&json!({ "email": email, "password": PASSWORD, "firstname": name, "lastname": name }))
        .send()
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let code = crate::harness::code_in(&platform.deliver().await[0].text);
    let activated = platform
        .post("/user-service/v1/users/activate")
        .json(&json!({ "code": code }))
        .send()
        .await;
    assert_eq!(activated.status, 200);
    let token = platform.signed_in(&email, PASSWORD).await.access_token;
    assert_eq!(
        status_by(&platform, &token).await.status,
        200,
        "{} bytes",
        token.len()
    );
}

/// `SubjectPublicKeyInfo` (RFC 5280 §4.1) of an RSA key.
pub(crate) fn public_key_der(modulus: &str, exponent: &str) -> Vec<u8> {
    let integer = |text: &str| {
        let mut bytes = BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64url");
        if bytes[0] >= 0x80 {
            bytes.insert(0, 0);
        }
        tagged(0x02, &bytes)
    };
    let key = tagged(0x30, &[integer(modulus), integer(exponent)].concat());
    let algorithm = [
        0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
    ];
    let bits = tagged(0x03, &[&[0], key.as_slice()].concat());
    tagged(0x30, &[algorithm.as_slice(), &bits].concat())
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len())
        .expect("a short value")
        .to_be_bytes();
    let mut out = vec![tag];
    match length {
        [0, short @ 0..0x80] => out.push(short),
        [0, one] => out.extend([0x81, one]),
        two => out.extend([&[0x82], two.as_slice()].concat()),
    }
    out.extend(content);
    out
}
