//! Twitter's credentials: row 19.

use local::projects::SHARING;
use serde_json::{Value, json};

use super::{ANN, START, Scene, Stored, invalid_token, refusal, social, text};

const VERIFY: &str = "/1.1/account/verify_credentials.json";

fn ann() -> Value {
    json!({ "id_str": "38895958", "name": "Ann Example", "email": ANN })
}

fn guest() -> Stored {
    Stored {
        guests: 1,
        links: 1,
        members: 1,
        registrations: 1,
        ..Stored::default()
    }
}

#[tokio::test]
async fn who_is_seen_is_a_guest_and_the_same_again() {
    let scene = Scene::set().await;
    let pair = scene.fake.twitter_pair(ann());
    let expected = social(START, Some("Ann Example"), Some(ANN), &[]);
    let parameters = [("accessToken", pair.as_str()), ("userId", "38895958")];
    let first = scene.ask_with("twitter", &parameters).send().await;
    assert_eq!(first.whole(), expected);
    assert_eq!(scene.stored().await, guest());
    let before = scene.platform.dump().await;
    assert!(
        !before.contains("38895958"),
        "a digest of the name is stored"
    );
    // The pair in the header, as far as one can.
    let named = [("userId", "38895958")];
    let again = scene.ask_with("twitter", &named).bearer(&pair).send().await;
    assert_eq!(again.whole(), expected);
    assert_eq!(scene.platform.dump().await, before);
}

#[tokio::test]
async fn an_address_alone_does_not_link() {
    let scene = Scene::set().await;
    scene.platform.register_confirmed(ANN).await;
    let pair = scene.fake.twitter_pair(ann());
    let parameters = [("accessToken", pair.as_str()), ("userId", "38895958")];
    assert_eq!(
        scene.ask_with("twitter", &parameters).send().await.status,
        200
    );
    let apart = Stored {
        accounts: 1,
        ..guest()
    };
    assert_eq!(scene.stored().await, apart);
    let account = scene.accounts().await.remove(0);
    let linked = text(&scene.links().await[0], "user_id").to_owned();
    assert_ne!(text(&account, "pk"), format!("user#{linked}"));
}

#[tokio::test]
async fn who_somebody_says_to_be_is_demanded_and_compared() {
    let scene = Scene::set().await;
    let pair = scene.fake.twitter_pair(ann());
    let before = scene.platform.dump().await;
    let nobody = scene.ask_in(SHARING, "twitter", &pair).send().await;
    let required = refusal(400, "userId is required", "bad_request");
    assert_eq!(nobody.whole(), required);
    assert_eq!(scene.fake.calls(VERIFY), 1, "the token comes first");
    let without_token = scene.ask_with("twitter", &[]).send().await;
    assert_eq!(without_token.whole(), invalid_token());
    for other in ["38895959", ""] {
        let parameters = [("accessToken", pair.as_str()), ("userId", other)];
        let answer = scene.ask_with("twitter", &parameters).send().await;
        assert_eq!(answer.whole(), invalid_token(), "{other:?}");
    }
    assert_eq!(scene.platform.dump().await, before);
}

#[tokio::test]
async fn tokens_that_any_app_may_hold_are_taken_only_where_that_is_wanted() {
    let scene = Scene::set().await;
    let user = json!({ "id": "38895958", "name": "Ann Example", "username": "ann" });
    let token = scene.fake.twitter_bearer(user);
    let before = scene.platform.dump().await;
    let ask = || {
        scene
            .ask_with("twitter", &[("userId", "38895958")])
            .bearer(&token)
    };
    assert_eq!(ask().send().await.whole(), invalid_token());
    assert_eq!(scene.fake.calls("/2/users/me"), 0);
    assert_eq!(scene.platform.dump().await, before);
    let mut settings = scene.fake.settings();
    settings["twitter"]["accept_unbound_tokens"] = json!(true);
    let settings = json!({ "providers": settings });
    scene.platform.put_project(SHARING, &settings).await;
    let answer = ask().send().await;
    assert_eq!(
        answer.whole(),
        social(START, Some("Ann Example"), None, &[])
    );
    assert_eq!(scene.stored().await, guest());
    // The same person by a pair.
    let pair = scene.fake.twitter_pair(ann());
    let parameters = [("accessToken", pair.as_str()), ("userId", "38895958")];
    assert_eq!(
        scene.ask_with("twitter", &parameters).send().await.whole(),
        answer.whole()
    );
    assert_eq!(scene.stored().await, guest());
}

#[tokio::test]
async fn credentials_that_are_not_good_leave_nothing_behind() {
    let scene = Scene::set().await;
    let pair = scene.fake.twitter_pair(ann());
    let (token, _) = pair.split_once(':').expect("a pair");
    let other_secret = format!("{token}:another");
    let mut settings = scene.fake.settings();
    settings["twitter"]["consumer_secret"] = json!("another-hush");
    let other_app = "11111111-2222-4333-8444-555555555555";
    let settings = json!({ "providers": settings });
    scene.platform.put_project(other_app, &settings).await;
    let before = scene.platform.dump().await;
    for (project, credential) in [
        (SHARING, other_secret.as_str()),
        (SHARING, "unknown:secret"),
        (SHARING, token),
        (SHARING, ":"),
        (other_app, &pair),
    ] {
        let path = format!(
            "{}?{}",
            super::NONSTANDARD,
            super::query(project, "twitter", &[("userId", "38895958")])
        );
        let answer = scene.platform.get(&path).bearer(credential).send().await;
        assert_eq!(answer.whole(), invalid_token(), "{credential}");
    }
    assert_eq!(scene.platform.dump().await, before);
}
