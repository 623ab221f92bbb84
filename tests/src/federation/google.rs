//! Google's ID tokens: row 20.

use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use local::projects::SHARING;
use serde_json::{Value, json};

use super::{
    ANN, DEVICE, OTHER_DEVICE, START, Scene, Stored, invalid_token, refusal, social, text,
};
use crate::harness::FakeProviders;

fn ann() -> Value {
    json!({ "sub": "1001", "email": "Ann@Example.com", "email_verified": true, "nickname": "ann", "name": "Ann Example" })
}

#[tokio::test]
async fn who_is_seen_first_gets_an_account_without_a_password() {
    let scene = Scene::set().await;
    let answer = scene.google(ann()).send().await;
    let expected = social(START, Some("ann"), Some(ANN), &[]);
    assert_eq!(answer.whole(), expected);
    let one = Stored {
        accounts: 1,
        links: 1,
        members: 1,
        registrations: 1,
        ..Stored::default()
    };
    assert_eq!(scene.stored().await, one);
    let account = &scene.accounts().await[0];
    let id = text(account, "pk").strip_prefix("user#").expect("a user");
    assert_eq!(account["confirmed"], true);
    assert_eq!(account["email_proved_at"], START * 1000);
    assert_eq!(account["email_original"], "Ann@Example.com");
    assert_eq!(
        (&account["nickname"], &account["realm"]),
        (&json!("ann"), &json!("default"))
    );
    let users = scene.platform.items("users").await;
    let credential = users
        .iter()
        .find(|item| text(item, "pk").starts_with("email#"));
    let credential = credential.expect("a credential");
    assert_eq!(credential["user_id"], id);
    for absent in ["password_hash", "never_confirmed"] {
        assert!(!credential.contains_key(absent), "{absent}");
    }
    let links = scene.links().await;
    let start = format!("provider#{SHARING}#google#");
    let digest = text(&links[0], "pk")
        .strip_prefix(&start)
        .expect("of Google");
    assert_eq!((digest.len(), text(&links[0], "user_id")), (64, id));
    let member = &scene.members().await[0];
    assert_eq!(
        (text(member, "user_id"), text(member, "device_id")),
        (id, SHARING)
    );
    assert_eq!(member["links"], json!([links[0]["pk"]]));
    assert!(!member.contains_key("guest") && !member.contains_key("email"));
    assert_eq!(scene.platform.items("attributes").await.len(), 1);
    assert_eq!(scene.platform.items("sessions").await.len(), 0);
    assert_eq!(scene.platform.deliver().await.len(), 0, "nobody is mailed");
}

#[tokio::test]
async fn who_is_seen_again_is_the_same() {
    let scene = Scene::set().await;
    let first = scene.google(ann()).send().await;
    let before = scene.platform.dump().await;
    scene.platform.clock.advance_seconds(3600);
    // What the provider says of somebody later does not matter any more.
    let moved = json!({ "sub": "1001", "email": "other@example.com", "email_verified": true, "nickname": "other" });
    for claims in [ann(), json!({ "sub": "1001" }), moved] {
        let again = scene.google(claims).send().await;
        assert_eq!(again.whole(), first.whole());
    }
    assert_eq!(scene.platform.dump().await, before);
}

#[tokio::test]
async fn who_has_no_address_becomes_a_guest() {
    let scene = Scene::set().await;
    let first = scene.google(json!({ "name": "Ann Example" })).send().await;
    let expected = social(START, Some("Ann Example"), None, &[]);
    assert_eq!(first.whole(), expected);
    let guest = Stored {
        guests: 1,
        links: 1,
        members: 1,
        registrations: 1,
        ..Stored::default()
    };
    assert_eq!(scene.stored().await, guest);
    let member = &scene.members().await[0];
    assert!(
        !member.contains_key("expires"),
        "guests of a provider are not forgotten"
    );
    let before = scene.platform.dump().await;
    scene.platform.clock.advance_seconds(100 * 86_400);
    let again = scene.google(json!({})).send().await;
    assert_eq!(again.whole(), expected);
    assert_eq!(scene.platform.dump().await, before);
}

#[tokio::test]
async fn the_token_may_stand_in_the_query_and_then_counts_alone() {
    let scene = Scene::set().await;
    let token = scene.fake.id_token(ann());
    let expected = social(START, Some("ann"), Some(ANN), &[]);
    let in_query = || scene.ask_with("google", &[("accessToken", &token)]);
    assert_eq!(in_query().send().await.whole(), expected);
    assert_eq!(in_query().bearer("garbage").send().await.whole(), expected);
    let in_header = scene.ask_with("google", &[]).bearer(&token);
    assert_eq!(in_header.send().await.whole(), expected);
    for brought in ["garbage", ""] {
        let request = scene.ask_with("google", &[("accessToken", brought)]);
        let answer = request.bearer(&token).send().await;
        assert_eq!(answer.whole(), invalid_token(), "{brought:?}");
    }
    let nothing = scene.ask_with("google", &[]).send().await;
    assert_eq!(nothing.whole(), invalid_token());
    assert_eq!(
        nothing.header("www-authenticate"),
        Some("Bearer error=\"invalid_token\"")
    );
    let twice = scene.ask_with(
        "google",
        &[("accessToken", &token), ("accessToken", &token)],
    );
    assert_eq!(twice.send().await.status, 400);
}

#[tokio::test]
async fn who_they_say_they_are_has_to_be_the_tokens() {
    let scene = Scene::set().await;
    let token = scene.fake.id_token(ann());
    let before = scene.platform.dump().await;
    let claimed = |id| scene.ask_with("google", &[("accessToken", &token), ("userId", id)]);
    for other in ["1002", "", "10010", " 1001"] {
        let answer = claimed(other).send().await;
        assert_eq!(answer.whole(), invalid_token(), "{other:?}");
    }
    assert_eq!(scene.platform.dump().await, before);
    let answer = claimed("1001").send().await;
    assert_eq!(answer.whole(), social(START, Some("ann"), Some(ANN), &[]));
    assert_eq!(
        claimed("1002").send().await.whole(),
        invalid_token(),
        "later, too"
    );
}

fn encode(part: &Value) -> String {
    BASE64URL_NOPAD.encode(part.to_string().as_bytes())
}

fn header(alg: &str, kid: &str) -> Value {
    json!({ "typ": "JWT", "alg": alg, "kid": kid })
}

/// Tokens by HS256, over all that somebody may take the public key for.
fn by_the_public_key(fake: &FakeProviders) -> Vec<String> {
    let jwks = fake.jwks();
    let modulus = jwks["keys"][0]["n"].as_str().expect("a modulus");
    let decoded = BASE64URL_NOPAD.decode(modulus.as_bytes());
    let secrets = [
        jwks.to_string().into_bytes(),
        jwks["keys"][0].to_string().into_bytes(),
        modulus.as_bytes().to_vec(),
        decoded.expect("base64"),
    ];
    let header = encode(&header("HS256", &fake.kid("RS256")));
    let message = format!("{header}.{}", encode(&fake.claims(ann())));
    let signed = |secret: &Vec<u8>| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let signature = hmac::sign(&key, message.as_bytes());
        format!("{message}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
    };
    secrets.iter().map(signed).collect()
}

/// Ann's claims, with one in another way.
fn with(claim: &str, value: &Value) -> Value {
    let mut claims = ann();
    claims[claim] = value.clone();
    claims
}

#[tokio::test]
async fn tokens_that_are_not_good_leave_nothing_behind() {
    let scene = Scene::set().await;
    let fake = &scene.fake;
    let other = FakeProviders::start().await;
    other.rotate();
    let kid = fake.kid("RS256");
    let genuine = fake.id_token(ann());
    let (signed, signature) = genuine.rsplit_once('.').expect("a signature");
    let (head, _) = signed.split_once('.').expect("claims");
    let unsigned = |alg: &str| {
        format!(
            "{}.{}.",
            encode(&header(alg, &kid)),
            encode(&fake.claims(ann()))
        )
    };
    let forged = encode(&fake.claims(with("email", &json!("root@example.com"))));
    let mut bad = vec![
        unsigned("none"),
        unsigned("None"),
        format!("{signed}."),
        format!("{head}.{forged}.{signature}"),
        other.sign(&header("RS256", &kid), &fake.claims(ann())),
        other.sign(&header("RS256", &other.kid("RS256")), &fake.claims(ann())),
        other.id_token(ann()),
        "garbage".to_owned(),
    ];
    bad.extend(by_the_public_key(fake));
    bad.extend(
        [
            ("iss", json!("https://evil.example")),
            ("aud", json!("another-client")),
            ("aud", json!(["our-client", "another-client"])),
            ("exp", Value::Null),
            ("nbf", json!(START + 60)),
            ("sub", Value::Null),
            ("sub", json!("")),
            ("email", json!(1)),
        ]
        .iter()
        .map(|(claim, value)| fake.id_token(with(claim, value))),
    );
    let before = scene.platform.dump().await;
    for token in &bad {
        let answer = scene.ask_in(SHARING, "google", token).send().await;
        assert_eq!(answer.whole(), invalid_token(), "{token}");
    }
    let expired = scene.google(with("exp", &json!(START - 60))).send().await;
    let told = refusal(401, "the token has expired", "invalid_token");
    assert_eq!(expired.whole(), told);
    assert_eq!(scene.platform.dump().await, before);
    assert_eq!(scene.stored().await, Stored::default());
}

#[tokio::test]
async fn elliptic_signatures_and_new_keys_are_taken() {
    let scene = Scene::set().await;
    let expected = social(START, Some("ann"), Some(ANN), &[]);
    let former = scene.fake.id_token(ann());
    for algorithm in ["RS256", "ES256"] {
        let token = scene.fake.id_token_by(algorithm, ann());
        let answer = scene.ask_in(SHARING, "google", &token).send().await;
        assert_eq!(answer.whole(), expected, "{algorithm}");
    }
    assert_eq!(scene.fake.calls("/jwks"), 1, "keys are kept");
    scene.fake.rotate();
    scene.platform.clock.advance_seconds(3600);
    assert_eq!(scene.google(ann()).send().await.whole(), expected);
    let gone = scene.ask_in(SHARING, "google", &former).send().await;
    assert_eq!(gone.whole(), invalid_token(), "by a key that is withdrawn");
    assert_eq!(scene.stored().await.accounts, 1);
}

#[tokio::test]
async fn a_device_is_remembered_by_its_name() {
    let scene = Scene::set().await;
    let token = scene.fake.id_token(ann());
    let on = |device| scene.ask_with("google", &[("accessToken", &token), ("deviceId", device)]);
    let before = scene.platform.dump().await;
    for bad in ["", "garbage", "3fa85f64-5717-4562-b3fc"] {
        let answer = on(bad).send().await;
        let told = refusal(400, "deviceId is not valid", "bad_request");
        assert_eq!(answer.whole(), told);
    }
    assert_eq!(scene.platform.dump().await, before);
    let once = social(START, Some("ann"), Some(ANN), &[DEVICE]);
    assert_eq!(on(DEVICE).send().await.whole(), once);
    let before = scene.platform.dump().await;
    assert_eq!(on(DEVICE).send().await.whole(), once);
    assert_eq!(scene.platform.dump().await, before);
    let both = social(START, Some("ann"), Some(ANN), &[DEVICE, OTHER_DEVICE]);
    assert_eq!(on(OTHER_DEVICE).send().await.whole(), both);
    let later = scene.google(ann()).send().await;
    assert_eq!(later.whole(), both, "also where no device is told");
    assert_eq!(scene.stored().await.devices, 2);
}

#[tokio::test]
async fn what_is_wrong_is_told_in_order() {
    let scene = Scene::set().await;
    let token = scene.fake.id_token(ann());
    let nobodys = "00000000-0000-4000-8000-000000000000";
    let path = |project: &str, strategy: &str, provider: &str| {
        let envelope = format!("projectId={project}&strategy={strategy}&provider={provider}");
        format!("{}?{envelope}&deviceId=garbage", super::NONSTANDARD)
    };
    let unsupported = refusal(
        400,
        "the provider is not supported here",
        "unsupported_provider",
    );
    let unknown = refusal(404, "there is no such project", "unknown_project");
    let invalid = |field: &str| refusal(400, &format!("{field} is not valid"), "bad_request");
    let before = scene.platform.dump().await;
    for (path, token, expected) in [
        (
            path("garbage", "email", "google"),
            None,
            invalid("projectId"),
        ),
        (
            path(nobodys, "simplified", "google"),
            None,
            invalid("strategy"),
        ),
        (path(nobodys, "email", "orkut"), None, invalid("provider")),
        (path(nobodys, "email", "authZero"), None, unknown),
        (
            path(SHARING, "email", "authZero"),
            None,
            unsupported.clone(),
        ),
        (
            path(SHARING, "email", "awsCognito"),
            None,
            unsupported.clone(),
        ),
        (
            path(local::projects::ISOLATED, "email", "google"),
            Some(&token),
            unsupported,
        ),
        (path(SHARING, "email", "google"), None, invalid_token()),
        (
            path(SHARING, "email", "google"),
            Some(&token),
            invalid("deviceId"),
        ),
    ] {
        let mut request = scene.platform.get(&path);
        if let Some(token) = token {
            request = request.bearer(token);
        }
        assert_eq!(request.send().await.whole(), expected, "{path}");
    }
    assert_eq!(scene.platform.dump().await, before);
    assert_eq!(scene.fake.calls("/jwks"), 1, "for the token of the last");
}
