//! Twitter's credentials.

use serde_json::{Value, json};
use shared::domain::{Name, Providers};
use shared::providers::{Identity, ProviderError};

use super::{Scene, fault, only};

const VERIFY: &str = "/1.1/account/verify_credentials.json";

fn ann() -> Value {
    json!({ "id_str": "38895958", "id": 38_895_958, "name": "Ann Example", "email": "ann@example.com" })
}

impl Scene {
    async fn twitter_user(&self, credential: &str) -> Result<Identity, ProviderError> {
        let app = self.settings.twitter().expect("an app");
        self.client.twitter_user(&app, credential).await
    }

    /// Settings of a project that takes OAuth 2 tokens.
    fn unbound(&self) -> Providers {
        let mut settings = self.fake.twitter_settings();
        settings["accept_unbound_tokens"] = json!(true);
        only("twitter", &settings)
    }

    async fn unbound_twitter_user(&self, credential: &str) -> Result<Identity, ProviderError> {
        let settings = self.unbound();
        let app = settings.twitter().expect("an app");
        self.client.twitter_user(&app, credential).await
    }
}

#[tokio::test]
async fn a_pair_for_our_app_says_who_somebody_is() {
    let scene = Scene::set().await;
    let pair = scene.fake.twitter_pair(ann());
    // Twice, with another nonce.
    for _ in 0..2 {
        let identity = scene.twitter_user(&pair).await.expect("an identity");
        assert_eq!(identity.subject, "38895958");
        assert_eq!(identity.unique_subject, "38895958");
        assert_eq!(
            identity.email.expect("an address").canonical(),
            "ann@example.com"
        );
        assert!(!identity.email_verified);
        assert_eq!(identity.nickname, Name::parse("Ann Example"));
    }
    let asked = &scene.fake.asked(VERIFY)[0];
    assert_eq!(asked.parameter("include_email"), "true");
    assert_eq!(asked.parameter("skip_status"), "true");
    let timestamp = format!("oauth_timestamp=\"{}\"", scene.now());
    assert!(asked.header("authorization").contains(&timestamp));
    assert!(!asked.header("authorization").contains("secret+"));
}

#[tokio::test]
async fn pairs_that_are_not_ours_to_take_are_refused() {
    let scene = Scene::set().await;
    let pair = scene.fake.twitter_pair(ann());
    let (token, _) = pair.split_once(':').expect("a pair");
    for credential in [format!("{token}:another"), "unknown:secret".to_owned()] {
        assert_eq!(fault(scene.twitter_user(&credential).await), "refused");
    }
    // Of another app: the signature is not the one that Twitter makes.
    for member in ["consumer_key", "consumer_secret"] {
        let mut settings = scene.fake.twitter_settings();
        settings[member] = json!("another-hush");
        let settings = only("twitter", &settings);
        let app = settings.twitter().expect("an app");
        let answer = scene.client.twitter_user(&app, &pair).await;
        assert_eq!(fault(answer), "refused", "{member}");
    }
}

#[tokio::test]
async fn what_cannot_be_a_credential_is_refused_without_a_call() {
    let scene = Scene::set().await;
    let long = format!("{}:secret", "t".repeat(4096));
    for credential in [
        "", ":", "token:", ":secret", "a:b:c", "a b:c", "a:b\n", &long,
    ] {
        assert_eq!(fault(scene.twitter_user(credential).await), "refused");
        assert_eq!(
            fault(scene.unbound_twitter_user(credential).await),
            "refused"
        );
    }
    assert_eq!(scene.fake.calls(VERIFY), 0);
    assert_eq!(scene.fake.calls("/2/users/me"), 0);
}

#[tokio::test]
async fn tokens_of_oauth_2_are_taken_only_where_a_project_says_so() {
    let scene = Scene::set().await;
    let user = json!({ "id": "38895958", "name": "Ann", "username": "ann" });
    let token = scene.fake.twitter_bearer(user);
    assert_eq!(fault(scene.twitter_user(&token).await), "refused");
    assert_eq!(scene.fake.calls("/2/users/me"), 0);
    let identity = scene.unbound_twitter_user(&token).await;
    let identity = identity.expect("an identity");
    assert_eq!(identity.subject, "38895958");
    assert_eq!(identity.nickname, Name::parse("Ann"));
    assert_eq!((identity.email, identity.email_verified), (None, false));
    assert_eq!(
        fault(scene.unbound_twitter_user("unknown").await),
        "refused"
    );
    assert_eq!(scene.fake.calls("/2/users/me"), 2);
}

#[tokio::test]
async fn a_user_without_a_name_of_the_provider_is_nobody() {
    let scene = Scene::set().await;
    for user in [
        json!({ "id": 38_895_958, "name": "Ann" }),
        json!({ "id_str": "" }),
        json!({ "id_str": 38_895_958 }),
    ] {
        let pair = scene.fake.twitter_pair(user.clone());
        assert_eq!(fault(scene.twitter_user(&pair).await), "refused", "{user}");
    }
}

#[tokio::test]
async fn an_answer_that_says_nothing_of_the_credential_is_none() {
    for (status, body) in [(429, "{}"), (500, "{}"), (404, "{}"), (200, "no JSON")] {
        let scene = Scene::set().await;
        scene.fake.answer(VERIFY, status, body);
        let pair = scene.fake.twitter_pair(ann());
        let answer = fault(scene.twitter_user(&pair).await);
        assert_eq!(answer, "unavailable", "{status} {body}");
    }
    let scene = Scene::set().await;
    scene
        .fake
        .answer(VERIFY, 403, r#"{"errors":[{"code":326}]}"#);
    let pair = scene.fake.twitter_pair(ann());
    assert_eq!(fault(scene.twitter_user(&pair).await), "refused");
}
