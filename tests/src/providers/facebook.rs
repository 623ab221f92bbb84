//! Facebook's access tokens.

use serde_json::{Value, json};
use shared::domain::Name;
use shared::providers::{Identity, ProviderError};

use super::{Scene, fault, only};
use crate::harness::FakeProviders;

fn ann() -> Value {
    json!({ "id": "1207059", "name": "Ann Example", "email": "Ann@Example.com" })
}

impl Scene {
    async fn facebook_user(&self, token: &str) -> Result<Identity, ProviderError> {
        let app = self.settings.facebook().expect("an app");
        self.client.facebook_user(&app, token).await
    }
}

#[tokio::test]
async fn a_token_for_our_app_says_who_somebody_is() {
    let scene = Scene::set().await;
    let token = scene.fake.facebook_token(ann());
    let identity = scene.facebook_user(&token).await.expect("an identity");
    assert_eq!(identity.subject, "1207059");
    assert_eq!(identity.unique_subject, "1207059");
    assert_eq!(
        identity.email.expect("an address").canonical(),
        "ann@example.com"
    );
    assert!(!identity.email_verified);
    assert_eq!(identity.nickname, Name::parse("Ann Example"));
    let asked = scene.fake.asked("/me");
    assert_eq!(asked[0].parameter("fields"), "id,name,email");
    assert_eq!((scene.fake.calls("/debug_token"), asked.len()), (1, 1));
}

#[tokio::test]
async fn name_and_address_may_be_missing() {
    let scene = Scene::set().await;
    for user in [
        json!({ "id": "1" }),
        json!({ "id": "1", "name": "", "email": "none" }),
        json!({ "id": "1", "name": 1, "email": null }),
    ] {
        let token = scene.fake.facebook_token(user);
        let identity = scene.facebook_user(&token).await.expect("an identity");
        assert_eq!((identity.email, identity.nickname), (None, None));
    }
}

#[tokio::test]
async fn tokens_that_are_not_ours_to_take_are_refused() {
    let scene = Scene::set().await;
    for debug in [
        json!({ "app_id": "another" }),
        json!({ "app_id": null }),
        json!({ "app_id": 1 }),
        json!({ "is_valid": false }),
        json!({ "is_valid": "true" }),
        json!({ "is_valid": null }),
        json!({ "expires_at": null }),
        json!({ "expires_at": "0" }),
        json!({ "user_id": null }),
        json!({ "user_id": 1_207_059 }),
        json!({ "user_id": "" }),
    ] {
        let token = scene.fake.facebook_token_with(ann(), debug.clone());
        let refused = fault(scene.facebook_user(&token).await);
        assert_eq!(refused, "refused", "{debug}");
    }
    assert_eq!(fault(scene.facebook_user("unknown").await), "refused");
    // The token is asked about before anybody asks with it.
    assert_eq!(scene.fake.calls("/me"), 0);
}

#[tokio::test]
async fn both_answers_have_to_be_of_one_user() {
    let scene = Scene::set().await;
    let debug = json!({ "user_id": "another" });
    let token = scene.fake.facebook_token_with(ann(), debug);
    assert_eq!(fault(scene.facebook_user(&token).await), "refused");
    assert_eq!(scene.fake.calls("/me"), 1);
}

#[tokio::test]
async fn an_app_may_be_a_number() {
    let scene = Scene::set().await;
    let debug = json!({ "app_id": 138_483_919_580_948_i64 });
    let token = scene.fake.facebook_token_with(ann(), debug);
    assert!(scene.facebook_user(&token).await.is_ok());
}

#[tokio::test]
async fn a_token_expires_by_our_clock() {
    let scene = Scene::set().await;
    let debug = json!({ "expires_at": scene.now() + 60 });
    let token = scene.fake.facebook_token_with(ann(), debug);
    scene.clock.advance_seconds(59);
    assert!(scene.facebook_user(&token).await.is_ok());
    scene.clock.advance_seconds(1);
    assert_eq!(fault(scene.facebook_user(&token).await), "expired");
}

#[tokio::test]
async fn what_cannot_be_a_token_is_refused_without_a_call() {
    let scene = Scene::set().await;
    let long = "t".repeat(4097);
    for token in ["", "a b", "a\nb", "t\u{f6}ken", &long] {
        assert_eq!(fault(scene.facebook_user(token).await), "refused");
    }
    assert_eq!(scene.fake.calls("/debug_token"), 0);
}

#[tokio::test]
async fn another_apps_secret_gets_nobody_anywhere() {
    let scene = Scene::set().await;
    let mut settings = scene.fake.facebook_settings();
    settings["app_secret"] = json!("another-hush");
    let settings = only("facebook", &settings);
    let app = settings.facebook().expect("an app");
    let token = scene.fake.facebook_token(ann());
    let answer = scene.client.facebook_user(&app, &token).await;
    assert_eq!(fault(answer), "refused");
}

#[tokio::test]
async fn a_token_that_is_refused_is_no_failure_of_facebook() {
    let scene = Scene::set().await;
    scene
        .fake
        .answer("/debug_token", 400, r#"{"error":{"code":190}}"#);
    let token = scene.fake.facebook_token(ann());
    assert_eq!(fault(scene.facebook_user(&token).await), "refused");
    scene.fake.heal();
    assert!(scene.facebook_user(&token).await.is_ok());
}

#[tokio::test]
async fn an_answer_that_says_nothing_of_the_token_is_none() {
    for (path, status, body) in [
        ("/debug_token", 400, r#"{"error":{"code":4}}"#),
        ("/debug_token", 403, r#"{"error":{"code":2}}"#),
        ("/debug_token", 200, "no JSON"),
        ("/debug_token", 500, "{}"),
        ("/debug_token", 404, "{}"),
        ("/me", 200, ""),
        ("/me", 503, "{}"),
    ] {
        let scene = Scene::set().await;
        scene.fake.answer(path, status, body);
        let token = scene.fake.facebook_token(ann());
        let answer = fault(scene.facebook_user(&token).await);
        assert_eq!(answer, "unavailable", "{path} {status} {body}");
        // It is left alone from then on.
        let calls = scene.fake.calls("/debug_token");
        assert_eq!(fault(scene.facebook_user(&token).await), "unavailable");
        assert_eq!(scene.fake.calls("/debug_token"), calls);
    }
}

#[tokio::test]
async fn who_is_asked_for_too_often_keeps_nobody_else_out() {
    for (path, status, body) in [
        ("/debug_token", 429, "{}"),
        ("/me", 400, r#"{"error":{"code":17}}"#),
        ("/me", 400, r#"{"error":{"code":613}}"#),
    ] {
        let scene = Scene::set().await;
        scene.fake.answer(path, status, body);
        let token = scene.fake.facebook_token(ann());
        let answer = fault(scene.facebook_user(&token).await);
        assert_eq!(answer, "unavailable", "{path} {status} {body}");
        scene.fake.heal();
        assert!(scene.facebook_user(&token).await.is_ok(), "{path}");
    }
}

#[tokio::test]
async fn the_graph_may_be_below_a_path() {
    let scene = Scene::set().await;
    let mut settings = scene.fake.facebook_settings();
    settings["graph_url"] = json!(format!("{}/v25.0/", scene.fake.url()));
    let settings = only("facebook", &settings);
    let app = settings.facebook().expect("an app");
    let debug = json!({ "data": { "app_id": app.app_id, "is_valid": true, "expires_at": 0, "user_id": "1" } });
    scene
        .fake
        .answer("/v25.0/debug_token", 200, debug.to_string());
    scene.fake.answer("/v25.0/me", 200, r#"{"id":"1"}"#);
    let identity = scene.client.facebook_user(&app, "token").await;
    assert_eq!(identity.expect("an identity").subject, "1");
}

#[tokio::test]
async fn nothing_listens_where_facebook_is_said_to_be() {
    let scene = Scene::set().await;
    let gone = FakeProviders::start().await;
    gone.go_away().await;
    let settings = only("facebook", &gone.facebook_settings());
    let app = settings.facebook().expect("an app");
    let answer = scene.client.facebook_user(&app, "token").await;
    assert_eq!(fault(answer), "unavailable");
}
