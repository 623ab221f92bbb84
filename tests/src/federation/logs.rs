//! What reaches a log: no token, no name at a provider, no address, whatever a request puts where.

use local::projects::SHARING;
use serde_json::{Value, json};

use super::{CHECK, DEVICE, Scene, USER, envelope, put, query};
use crate::harness::{Fault, Platform};
use crate::logs::{Listening, Log};

const CANARY: &str = "canary-address@example.com";

fn ann() -> Value {
    json!({ "sub": "canary-subject", "email": CANARY, "email_verified": true, "nickname": "canary-name" })
}

/// Goes through all routes with what can be told from anything else; what must not be told.
async fn leave_secrets(scene: &Scene) -> Vec<String> {
    let (platform, fake) = (&scene.platform, &scene.fake);
    let id_token = fake.id_token(ann());
    let guest =
        fake.id_token(json!({ "sub": "canary-guest", "email": "canary-guest@example.com" }));
    let user = json!({ "id": "canary-facebook", "name": "canary-name", "email": CANARY });
    let facebook = fake.facebook_token(user);
    let user = json!({ "id_str": "canary-twitter", "name": "canary-name" });
    let pair = fake.twitter_pair(user);
    for call in ["TransactWriteItems", "UpdateItem limits", "GetItem users"] {
        platform.connector.inject(call, Fault::AccessDenied, 1);
        assert_eq!(scene.google(ann()).send().await.status, 503);
        platform.connector.heal();
    }
    for (provider, token, subject) in [
        ("google", &id_token, "canary-subject"),
        ("google", &guest, "canary-guest"),
        ("facebook", &facebook, "canary-facebook"),
        ("twitter", &pair, "canary-twitter"),
    ] {
        let wrong = [
            ("accessToken", token.as_str()),
            ("userId", "canary-claimed"),
        ];
        assert_eq!(scene.ask_with(provider, &wrong).send().await.status, 401);
        let right = [("accessToken", token.as_str()), ("userId", subject)];
        assert_eq!(scene.ask_with(provider, &right).send().await.status, 200);
        let in_header = scene.ask_with(provider, &[("userId", subject), ("deviceId", DEVICE)]);
        assert_eq!(in_header.bearer(token).send().await.status, 200);
    }
    for bad in [
        "canary.garbage.token",
        "canary-garbage",
        &format!("{id_token}x"),
    ] {
        assert_eq!(
            scene.ask_in(SHARING, "google", bad).send().await.status,
            401
        );
    }
    let path = format!("{USER}?{}", query(SHARING, "authZero", &[]));
    let linked = platform.get(&path).bearer(&id_token).send().await;
    assert_eq!(linked.status, 200, "{}", linked.whole());
    let data = json!({ "username": "canary-name", "appProfile": { "canary-key": "canary-value" } });
    let change = put(platform, &envelope(SHARING, "authZero", &data));
    let own = super::data(&change.bearer(&id_token).send().await)["accessToken"].clone();
    let own = own.as_str().expect("a token").to_owned();
    for (route, parameters) in [(USER, vec![]), (CHECK, vec![("deviceId", DEVICE)])] {
        let path = format!("{route}?{}", query(SHARING, "authZero", &parameters));
        for token in [&own, &id_token] {
            assert_eq!(platform.get(&path).bearer(token).send().await.status, 200);
        }
    }
    // And where a provider fails, on every way.
    fake.answer("/debug_token", 500, "canary-answer");
    fake.answer("/1.1/account/verify_credentials.json", 200, "canary-answer");
    for (provider, token) in [("facebook", &facebook), ("twitter", &pair)] {
        let parameters = [
            ("accessToken", token.as_str()),
            ("userId", "canary-subject"),
        ];
        let answer = scene.ask_with(provider, &parameters).send().await;
        assert_eq!(answer.status, 502, "{}", answer.whole());
        platform.clock.advance_seconds(60);
    }
    let tail = |token: &str| token[token.len() - 24..].to_owned();
    let (token, secret) = pair.split_once(':').expect("a pair");
    let secrets = [
        "canary",
        "hush",
        "xvz1evFS4wEEPTGEFPHBog",
        secret,
        token,
        &facebook,
    ];
    let encoded: String = form_urlencoded::byte_serialize(facebook.as_bytes()).collect();
    secrets
        .map(str::to_owned)
        .into_iter()
        .chain([tail(&id_token), tail(&guest), tail(&own), encoded])
        .collect()
}

#[tokio::test]
async fn no_log_holds_what_a_provider_says() {
    let log = Log::default();
    let guard = Listening::at("trace", &log);
    let values = [("LOG_LEVEL", "trace"), ("LIMITS", "on")];
    let scene = Scene::on(Platform::with(&values).await).await;
    let secrets = leave_secrets(&scene).await;
    drop(guard);
    let log = log.text() + &scene.platform.log();
    for event in [
        "registered",
        "linked",
        "changed",
        "the provider does not answer",
    ] {
        assert!(log.contains(event), "{event:?} is not logged:\n{log}");
    }
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "{secret:?} is logged");
    }
}
