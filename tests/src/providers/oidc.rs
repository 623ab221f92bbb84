//! ID tokens: which are believed, and how the keys are kept.

use aws_lc_rs::rsa::KeySize;
use data_encoding::BASE64URL_NOPAD;
use futures::future::join_all;
use serde_json::{Value, json};
use shared::domain::{EmailAddress, Name, TrustedIssuer};
use shared::providers::{Identity, ProviderError};

use super::{Scene, fault};
use crate::harness::Platform;

const NOBODY: [&str; 0] = [];

impl Scene {
    async fn verify(&self, token: &str) -> Result<Identity, ProviderError> {
        let issuer = self.settings.google().expect("an issuer");
        self.client.verify_id_token(&issuer, token).await
    }

    async fn verify_claims(&self, claims: Value) -> Result<Identity, ProviderError> {
        self.verify(&self.fake.id_token(claims)).await
    }

    /// A token with other members in its header. The text "absent" takes one away.
    async fn verify_header(&self, header: Value) -> Result<Identity, ProviderError> {
        let usual = json!({ "typ": "JWT", "alg": "RS256", "kid": self.fake.kid("RS256") });
        let mut members = usual.as_object().expect("an object").clone();
        for (name, value) in header.as_object().expect("an object") {
            members.insert(name.clone(), value.clone());
        }
        members.retain(|_, value| *value != "absent");
        let claims = self.fake.claims(json!({}));
        let token = self.fake.sign(&Value::Object(members), &claims);
        self.verify(&token).await
    }
}

#[tokio::test]
async fn a_token_of_either_algorithm_says_who_somebody_is() {
    let scene = Scene::set().await;
    for algorithm in ["RS256", "ES256"] {
        let token = scene.fake.id_token_by(
            algorithm,
            json!({
                "sub": "1001",
                "email": "Ann@Example.com",
                "email_verified": true,
                "name": "Ann Example",
                "nickname": "ann",
                "iat": scene.now(),
                "nbf": scene.now(),
            }),
        );
        let identity = scene.verify(&token).await.expect("an identity");
        assert_eq!(identity.subject, "1001");
        assert_eq!(
            identity.unique_subject,
            format!("{}\n1001", scene.fake.url())
        );
        let email = identity.email.expect("an address");
        assert_eq!(email.canonical(), "ann@example.com");
        assert!(identity.email_verified);
        assert_eq!(identity.nickname, Name::parse("ann"));
    }
}

#[tokio::test]
async fn what_a_token_does_not_say_is_not_made_up() {
    let scene = Scene::set().await;
    let long = "n".repeat(129);
    for (claims, email, verified, nickname) in [
        (json!({}), None, false, None),
        (
            json!({ "email": "a@b.example" }),
            Some("a@b.example"),
            false,
            None,
        ),
        (
            json!({ "email": "a@b.example", "email_verified": "true" }),
            Some("a@b.example"),
            false,
            None,
        ),
        (
            json!({ "email": "nobody", "email_verified": true }),
            None,
            true,
            None,
        ),
        (json!({ "name": "Ann" }), None, false, Some("Ann")),
        (
            json!({ "name": "Ann", "nickname": "" }),
            None,
            false,
            Some("Ann"),
        ),
        (
            json!({ "name": "Ann", "nickname": long }),
            None,
            false,
            Some("Ann"),
        ),
    ] {
        let identity = scene.verify_claims(claims.clone()).await;
        let identity = identity.unwrap_or_else(|fault| panic!("{claims}: {fault}"));
        let own = identity.email.as_ref().map(EmailAddress::canonical);
        let name = identity.nickname.as_ref().map(Name::as_str);
        assert_eq!((own, name), (email, nickname), "{claims}");
        assert_eq!(identity.email_verified, verified, "{claims}");
    }
}

#[tokio::test]
async fn headers_that_are_taken_and_refused() {
    let scene = Scene::set().await;
    for header in [
        json!({}),
        json!({ "typ": "absent" }),
        json!({ "typ": "at+jwt" }),
        json!({ "x5t": "thumb" }),
    ] {
        let verified = scene.verify_header(header.clone()).await;
        assert!(verified.is_ok(), "{header}");
    }
    let jwk = scene.fake.jwks()["keys"][0].clone();
    for header in [
        json!({ "kid": "absent" }),
        json!({ "kid": 1 }),
        json!({ "kid": "" }),
        json!({ "kid": "unknown" }),
        json!({ "kid": scene.fake.kid("ES256") }),
        json!({ "alg": "absent" }),
        json!({ "alg": "none" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "RS512" }),
        json!({ "alg": "PS256" }),
        json!({ "alg": "ES256" }),
        json!({ "typ": "logout+jwt" }),
        json!({ "crit": ["exp"] }),
        json!({ "crit": [] }),
        json!({ "crit": null }),
        json!({ "b64": true }),
        json!({ "jwk": jwk }),
        json!({ "jku": format!("{}/jwks", scene.fake.url()) }),
        json!({ "x5u": "https://evil.example" }),
        json!({ "x5c": ["MII"] }),
    ] {
        let refused = fault(scene.verify_header(header.clone()).await);
        assert_eq!(refused, "refused", "{header}");
    }
}

#[tokio::test]
async fn claims_that_are_refused() {
    let scene = Scene::set().await;
    let now = scene.now();
    for claims in [
        json!({ "iss": null }),
        json!({ "iss": "https://evil.example" }),
        json!({ "iss": format!("{}/", scene.fake.url()) }),
        json!({ "iss": [scene.fake.url()] }),
        json!({ "aud": null }),
        json!({ "aud": "another-client" }),
        json!({ "aud": NOBODY }),
        json!({ "aud": ["another-client"] }),
        json!({ "aud": ["our-client", 1] }),
        json!({ "aud": { "our-client": true } }),
        json!({ "aud": ["our-client", "another-client"] }),
        json!({ "aud": ["our-client", "another-client"], "azp": "another-client" }),
        json!({ "exp": null }),
        json!({ "exp": "2000000000" }),
        json!({ "exp": 1e300 }),
        json!({ "exp": i64::MAX }),
        json!({ "nbf": now + 6 }),
        json!({ "nbf": "now" }),
        json!({ "iat": now + 6 }),
        json!({ "iat": true }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "sub": 1001 }),
        json!({ "sub": "s".repeat(256) }),
        json!({ "email": 1 }),
        json!({ "nickname": ["ann"] }),
    ] {
        let refused = fault(scene.verify_claims(claims.clone()).await);
        assert_eq!(refused, "refused", "{claims}");
    }
    for claims in [
        json!({ "aud": ["our-client"] }),
        json!({ "aud": ["our-other-client", "our-client"] }),
        json!({ "aud": ["our-client", "another-client"], "azp": "our-other-client" }),
        json!({ "aud": "our-client", "azp": "android-client" }),
        json!({ "nbf": now + 5, "iat": now + 5 }),
        json!({ "exp": 253_402_207_200_i64 }),
        json!({ "exp": 1_999_999_999.5 }),
        json!({ "sub": "s".repeat(255) }),
    ] {
        let verified = scene.verify_claims(claims.clone()).await;
        assert!(verified.is_ok(), "{claims}");
    }
}

#[tokio::test]
async fn forms_that_are_no_tokens_are_refused_without_a_call() {
    let scene = Scene::set().await;
    let whole = scene.fake.id_token(json!({}));
    let (message, signature) = whole.rsplit_once('.').expect("a token");
    let padded = format!("{message}=.{signature}");
    let long = scene.fake.id_token(json!({ "filler": "f".repeat(4096) }));
    let five = format!("{whole}.a.b");
    let spaced = format!(" {whole}");
    let elsewhere = scene
        .fake
        .id_token(json!({ "iss": "https://evil.example" }));
    for token in [
        "", ".", "..", "a.b.c", message, &padded, &long, &five, &spaced, &elsewhere,
    ] {
        assert_eq!(fault(scene.verify(token).await), "refused", "{token}");
    }
    assert_eq!(scene.fake.calls("/jwks"), 0);
}

#[tokio::test]
async fn a_signature_has_to_be_the_issuers() {
    let scene = Scene::set().await;
    let token = scene.fake.id_token(json!({ "sub": "1001" }));
    let other = scene.fake.id_token(json!({ "sub": "1002" }));
    let (message, _) = other.rsplit_once('.').expect("a token");
    let (_, signature) = token.rsplit_once('.').expect("a token");
    for forged in [format!("{message}.{signature}"), format!("{message}.")] {
        assert_eq!(fault(scene.verify(&forged).await), "refused");
    }
    // The name is that of a published key, the key is another.
    let claims = scene.fake.claims(json!({}));
    let header = json!({ "alg": "RS256", "kid": "RS256-0" });
    scene.fake.rotate();
    let foreign = scene.fake.sign(&header, &claims);
    let fresh = Scene::set().await;
    let issuer = fresh.settings.google().expect("an issuer");
    let issuer = TrustedIssuer {
        issuer: scene.fake.url(),
        ..issuer
    };
    let verified = fresh.client.verify_id_token(&issuer, &foreign).await;
    assert_eq!(fault(verified), "refused");
    assert!(fresh.client.verify_id_token(&issuer, &token).await.is_ok());
}

#[tokio::test]
async fn a_token_that_is_late_and_else_right_has_expired() {
    let scene = Scene::set().await;
    let expires = scene.now() + 60;
    let token = scene.fake.id_token(json!({ "exp": expires }));
    let fraction = scene.fake.id_token(json!({ "exp": 1_767_225_660.5 }));
    scene.clock.advance_seconds(64);
    assert!(scene.verify(&token).await.is_ok());
    scene.clock.advance_seconds(1);
    assert_eq!(fault(scene.verify(&token).await), "expired");
    assert!(scene.verify(&fraction).await.is_ok());
    scene.clock.advance_seconds(1);
    assert_eq!(fault(scene.verify(&fraction).await), "expired");
    let (message, _) = token.rsplit_once('.').expect("a token");
    let forged = format!("{message}.AAAA");
    assert_eq!(fault(scene.verify(&forged).await), "refused");
    for claims in [
        json!({ "exp": expires, "aud": "another-client" }),
        json!({ "exp": expires, "sub": "" }),
        json!({ "exp": expires, "nbf": expires + 1000 }),
    ] {
        let refused = fault(scene.verify_claims(claims.clone()).await);
        assert_eq!(refused, "refused", "{claims}");
    }
}

#[tokio::test]
async fn google_may_leave_out_the_scheme_and_is_one_issuer_still() {
    let scene = Scene::set().await;
    let client_ids = ["our-client".to_owned()];
    let jwks_uri = format!("{}/jwks", scene.fake.url());
    let google = TrustedIssuer {
        issuer: "https://accounts.google.com",
        jwks_uri: &jwks_uri,
        client_ids: &client_ids,
    };
    for iss in ["https://accounts.google.com", "accounts.google.com"] {
        let token = scene.fake.id_token(json!({ "iss": iss }));
        let identity = scene.client.verify_id_token(&google, &token).await;
        let identity = identity.expect("an identity");
        assert_eq!(identity.unique_subject, "https://accounts.google.com\n1001");
    }
    let other = TrustedIssuer {
        issuer: "https://issuer.example",
        ..google
    };
    let token = scene.fake.id_token(json!({ "iss": "issuer.example" }));
    let verified = scene.client.verify_id_token(&other, &token).await;
    assert_eq!(fault(verified), "refused");
}

#[tokio::test]
async fn keys_that_are_weak_or_for_something_else_are_not_taken() {
    let scene = Scene::set().await;
    let published = scene.fake.jwks();
    let key = |index: usize, change: Value| {
        let mut key = published["keys"][index].clone();
        for (name, value) in change.as_object().expect("an object") {
            key[name] = value.clone();
        }
        key
    };
    let modulus = published["keys"][0]["n"].as_str().expect("a text");
    let modulus = BASE64URL_NOPAD.decode(modulus.as_bytes()).expect("bytes");
    assert_eq!(modulus.len(), KeySize::Rsa2048.len());
    let weak = BASE64URL_NOPAD.encode(&modulus[..128]);
    let mut padded = vec![0; 128];
    padded.extend(&modulus[..128]);
    let padded = BASE64URL_NOPAD.encode(&padded);
    let x = published["keys"][1]["x"].as_str().expect("a text");
    for (algorithm, jwk) in [
        ("RS256", key(0, json!({ "alg": "RS512" }))),
        ("RS256", key(0, json!({ "alg": null }))),
        ("RS256", key(0, json!({ "use": "enc" }))),
        ("RS256", key(0, json!({ "key_ops": ["encrypt"] }))),
        ("RS256", key(0, json!({ "kty": "oct", "k": "AAAA" }))),
        ("RS256", key(0, json!({ "n": weak }))),
        ("RS256", key(0, json!({ "n": padded }))),
        ("RS256", key(0, json!({ "n": 1 }))),
        ("RS256", json!("no key")),
        ("ES256", key(1, json!({ "alg": "ES384" }))),
        ("ES256", key(1, json!({ "crv": "P-384" }))),
        ("ES256", key(1, json!({ "x": &x[1..] }))),
    ] {
        let scene = Scene {
            ..Scene::set().await
        };
        let token = scene.fake.id_token_by(algorithm, json!({}));
        let kid = scene.fake.kid(algorithm);
        let set = json!({ "keys": [jwk] });
        scene.fake.answer("/jwks", 200, set.to_string());
        // As if the key were not there: the set is fetched again for it.
        for calls in [1, 2] {
            let refused = fault(scene.verify(&token).await);
            assert_eq!(refused, "refused", "{kid}: {set}");
            assert_eq!(scene.fake.calls("/jwks"), calls, "{kid}: {set}");
        }
    }
}

#[tokio::test]
async fn keys_may_say_less_of_themselves() {
    let scene = Scene::set().await;
    let mut set = scene.fake.jwks();
    for key in set["keys"].as_array_mut().expect("keys") {
        let key = key.as_object_mut().expect("a key");
        key.remove("alg");
        key.remove("use");
        key.insert("key_ops".to_owned(), json!(["verify"]));
    }
    scene.fake.answer("/jwks", 200, set.to_string());
    for algorithm in ["RS256", "ES256"] {
        let token = scene.fake.id_token_by(algorithm, json!({}));
        assert!(scene.verify(&token).await.is_ok(), "{algorithm}");
    }
}

#[tokio::test]
async fn keys_are_fetched_once_in_five_minutes() {
    let scene = Scene::set().await;
    let token = scene.fake.id_token(json!({}));
    for _ in 0..3 {
        scene.verify(&token).await.expect("an identity");
    }
    scene.clock.advance_seconds(299);
    scene.verify(&token).await.expect("an identity");
    assert_eq!(scene.fake.calls("/jwks"), 1);
    scene.clock.advance_seconds(1);
    scene.verify(&token).await.expect("an identity");
    assert_eq!(scene.fake.calls("/jwks"), 2);
}

#[tokio::test]
async fn a_key_that_is_withdrawn_is_taken_five_minutes_at_most() {
    let scene = Scene::set().await;
    let token = scene.fake.id_token(json!({}));
    scene.verify(&token).await.expect("an identity");
    scene.fake.rotate();
    scene.clock.advance_seconds(300);
    assert_eq!(fault(scene.verify(&token).await), "refused");
}

#[tokio::test]
async fn a_new_key_is_found_at_once_and_an_unknown_one_sought_once_a_minute() {
    let scene = Scene::set().await;
    let old = scene.fake.id_token(json!({}));
    scene.verify(&old).await.expect("an identity");
    scene.fake.rotate();
    let new = scene.fake.id_token(json!({}));
    scene
        .verify(&new)
        .await
        .expect("an identity by the new key");
    assert_eq!(fault(scene.verify(&old).await), "refused");
    assert_eq!(scene.fake.calls("/jwks"), 2);
    for _ in 0..3 {
        let unknown = scene.verify_header(json!({ "kid": "unknown" })).await;
        assert_eq!(fault(unknown), "refused");
    }
    scene.clock.advance_seconds(59);
    assert_eq!(fault(scene.verify(&old).await), "refused");
    assert_eq!(scene.fake.calls("/jwks"), 2);
    scene.clock.advance_seconds(1);
    let all = (0..8).map(|_| scene.verify_header(json!({ "kid": "unknown" })));
    for unknown in join_all(all).await {
        assert_eq!(fault(unknown), "refused");
    }
    assert_eq!(scene.fake.calls("/jwks"), 3);
    assert!(scene.verify(&new).await.is_ok());
}

#[tokio::test]
async fn many_at_once_wait_for_one_fetch() {
    let scene = Scene::set().await;
    let tokens: Vec<_> = (0..16)
        .map(|n| scene.fake.id_token(json!({ "sub": format!("{n}") })))
        .collect();
    let all = tokens.iter().map(|token| scene.verify(token));
    for (n, identity) in join_all(all).await.into_iter().enumerate() {
        assert_eq!(identity.expect("an identity").subject, n.to_string());
    }
    assert_eq!(scene.fake.calls("/jwks"), 1);
}

#[tokio::test]
async fn who_waits_fetches_if_the_fetching_one_gives_up() {
    let scene = Scene::set().await;
    let token = scene.fake.id_token(json!({}));
    scene.fake.hang(true);
    let first = Box::pin(scene.verify(&token));
    tokio::select! {
        answer = first => panic!("it answered: {answer:?}"),
        () = scene.fake.arrived("/jwks", 1) => {}
    }
    scene.fake.heal();
    scene.verify(&token).await.expect("an identity");
    assert_eq!(scene.fake.calls("/jwks"), 2);
}

#[tokio::test]
async fn known_keys_serve_while_the_issuer_is_away() {
    let scene = Scene::set().await;
    let token = scene.fake.id_token(json!({}));
    scene.verify(&token).await.expect("an identity");
    scene.fake.go_away().await;
    let unknown = scene.verify_header(json!({ "kid": "unknown" })).await;
    assert_eq!(fault(unknown), "unavailable");
    scene
        .verify(&token)
        .await
        .expect("an identity by the known key");
    scene.clock.advance_seconds(300);
    assert_eq!(fault(scene.verify(&token).await), "unavailable");
}

#[tokio::test]
async fn answers_that_are_no_key_sets_are_none() {
    for (status, body) in [
        (200, "no JSON".to_owned()),
        (200, "{}".to_owned()),
        (200, r#"{"keys": {}}"#.to_owned()),
        (
            200,
            format!(r#"{{"keys": [], "filler": "{}"}}"#, "f".repeat(256 * 1024)),
        ),
        (204, String::new()),
        (404, r#"{"keys": []}"#.to_owned()),
        (401, r#"{"keys": []}"#.to_owned()),
        (429, r#"{"keys": []}"#.to_owned()),
        (500, r#"{"keys": []}"#.to_owned()),
    ] {
        let scene = Scene::set().await;
        scene.fake.answer("/jwks", status, body.clone());
        let token = scene.fake.id_token(json!({}));
        let answer = fault(scene.verify(&token).await);
        assert_eq!(answer, "unavailable", "{status} {body:.40}");
        assert_eq!(scene.fake.calls("/jwks"), 1);
    }
}

#[tokio::test]
async fn a_large_key_set_is_taken_as_long_as_it_is_bounded() {
    let scene = Scene::set().await;
    let mut set = scene.fake.jwks();
    set["filler"] = json!("f".repeat(250 * 1024));
    scene.fake.answer("/jwks", 200, set.to_string());
    let token = scene.fake.id_token(json!({}));
    assert!(scene.verify(&token).await.is_ok());
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let scene = Scene::set().await;
    let elsewhere = super::FakeProviders::start().await;
    let to = format!("{}/jwks", elsewhere.url());
    scene.fake.redirect("/jwks", &to);
    let token = scene.fake.id_token(json!({}));
    assert_eq!(fault(scene.verify(&token).await), "unavailable");
    assert_eq!(elsewhere.calls("/jwks"), 0);
}

#[tokio::test]
async fn all_of_one_process_know_the_same_keys() {
    let platform = Platform::start().await;
    let scene = Scene::set().await;
    let token = scene.fake.id_token(json!({}));
    let issuer = scene.settings.google().expect("an issuer");
    for _ in 0..2 {
        let client = platform.local.foundation.provider_client();
        let verified = client.verify_id_token(&issuer, &token).await;
        assert!(verified.is_ok());
    }
    assert_eq!(scene.fake.calls("/jwks"), 1);
}
