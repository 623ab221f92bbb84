//! Providers that do not answer, or not as they should.

use local::projects::SHARING;
use serde_json::json;

use super::{ANN, Scene, Stored, refusal, signing_in};
use crate::harness::{Answer, FakeProviders, PASSWORD, Platform};

/// Longer than any answer that is read.
const OVERSIZED: usize = 3_000_000;

fn expect_unavailable(answer: &Answer, what: &str) {
    let told = refusal(502, "the provider does not answer", "provider_unavailable");
    assert_eq!(answer.whole(), told, "{what}");
    assert_eq!(answer.header("retry-after"), Some("5"), "{what}");
}

impl Scene {
    /// Somebody whom Facebook knows: its keys are never kept, so that it is asked each time.
    async fn facebook(&self) -> Answer {
        let token = self.fake.facebook_token(json!({ "id": "10150" }));
        self.ask_in(SHARING, "facebook", &token).send().await
    }
}

#[tokio::test]
async fn a_provider_that_hangs_is_given_up_and_left_alone_until_it_may_have_healed() {
    let scene = Scene::set().await;
    let before = scene.platform.dump().await;
    scene.fake.hang(true);
    let path = format!("{}?{}", super::USER, super::query(SHARING, "authZero", &[]));
    let token = scene.fake.id_token(json!({}));
    let show = || scene.platform.get(&path).bearer(&token);
    expect_unavailable(&show().send().await, "it hangs");
    assert_eq!(scene.fake.calls("/jwks"), 1);
    scene.fake.heal();
    for _ in 0..3 {
        expect_unavailable(&show().send().await, "it is left alone");
    }
    assert_eq!(scene.fake.calls("/jwks"), 1, "nothing has arrived");
    assert_eq!(scene.platform.dump().await, before);
    scene.platform.clock.advance_seconds(60);
    let answer = show().send().await;
    assert_eq!(answer.status, 200, "{}", answer.whole());
    assert_eq!(scene.fake.calls("/jwks"), 2);
    let google = scene.google(json!({})).send().await;
    assert_eq!(google.status, 200, "{}", google.whole());
}

#[tokio::test]
async fn whatever_a_provider_answers_instead_nobody_is_made() {
    for (what, status) in [("out of order", 500), ("busy", 429), ("away", 503)] {
        let scene = Scene::set().await;
        let before = scene.platform.dump().await;
        scene.fake.fail(status);
        expect_unavailable(&scene.google(json!({})).send().await, what);
        expect_unavailable(&scene.facebook().await, what);
        assert_eq!(scene.platform.dump().await, before, "{what}");
    }
    // Good keys, and too much beside them.
    let fake = FakeProviders::start().await;
    let mut oversized = fake.jwks().to_string().into_bytes();
    oversized.resize(OVERSIZED, b' ');
    for (what, body) in [
        ("empty", Vec::new()),
        ("garbage", b"<html>".to_vec()),
        ("no object", b"[]".to_vec()),
        ("oversized", oversized),
    ] {
        let scene = Scene::set().await;
        let before = scene.platform.dump().await;
        scene.fake.answer("/jwks", 200, body);
        expect_unavailable(&scene.google(json!({})).send().await, what);
        assert_eq!(scene.platform.dump().await, before, "{what}");
    }
}

#[tokio::test]
async fn nobody_is_sent_elsewhere() {
    let scene = Scene::set().await;
    let elsewhere = FakeProviders::start().await;
    for path in ["/jwks", "/debug_token"] {
        let to = format!("{}{path}", elsewhere.url());
        scene.fake.redirect(path, &to);
    }
    expect_unavailable(&scene.google(json!({})).send().await, "keys");
    expect_unavailable(&scene.facebook().await, "a token");
    let calls = elsewhere.calls("/jwks") + elsewhere.calls("/debug_token");
    assert_eq!(calls, 0);
    assert_eq!(scene.stored().await, Stored::default());
}

#[tokio::test]
async fn who_is_known_has_to_wait_as_well_and_loses_nothing() {
    let scene = Scene::set().await;
    let first = scene.facebook().await;
    assert_eq!(first.status, 200, "{}", first.whole());
    let before = scene.platform.dump().await;
    scene.fake.go_away().await;
    expect_unavailable(&scene.facebook().await, "it is gone");
    scene.fake.come_back().await;
    scene.platform.clock.advance_seconds(60);
    assert_eq!(scene.facebook().await.whole(), first.whole());
    assert_eq!(scene.platform.dump().await, before);
}

#[tokio::test]
async fn keys_that_are_kept_outlast_an_outage() {
    let scene = Scene::set().await;
    let first = scene.google(json!({})).send().await;
    assert_eq!(first.status, 200, "{}", first.whole());
    scene.fake.fail(500);
    let again = scene.google(json!({})).send().await;
    assert_eq!(again.whole(), first.whole());
}

#[tokio::test]
async fn what_does_not_need_the_provider_goes_on() {
    let scene = Scene::set().await;
    let other = FakeProviders::start().await;
    let third = "11111111-2222-4333-8444-555555555555";
    let platform: &Platform = &scene.platform;
    let settings = json!({ "providers": other.settings() });
    platform.put_project(third, &settings).await;
    platform.register_confirmed(ANN).await;
    let own = json!({ "username": "n" });
    let body = super::envelope(SHARING, "authZero", &own);
    let change = super::put(platform, &body).bearer(&scene.fake.id_token(json!({})));
    let own = super::data(&change.send().await)["accessToken"].clone();
    scene.fake.fail(500);
    expect_unavailable(&scene.facebook().await, "its own");
    let path = format!("{}?{}", super::USER, super::query(SHARING, "authZero", &[]));
    let own = platform.get(&path).bearer(own.as_str().expect("a token"));
    assert_eq!(own.send().await.status, 200, "a token of ours");
    let login = signing_in(platform, SHARING, ANN, PASSWORD).send().await;
    assert_eq!(login.status, 200, "{}", login.whole());
    let token = other.facebook_token(json!({ "id": "10150" }));
    let elsewhere = scene.ask_in(third, "facebook", &token).send().await;
    assert_eq!(elsewhere.status, 200, "{}", elsewhere.whole());
}
