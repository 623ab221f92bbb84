//! Facebook's access tokens: row 21.

use local::projects::SHARING;
use serde_json::{Value, json};

use super::{ANN, DEVICE, START, Scene, Stored, invalid_token, refusal, social, text};

fn ann() -> Value {
    json!({ "id": "10150", "name": "Ann Example", "email": "Ann@Example.com" })
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
    let token = scene.fake.facebook_token(ann());
    let expected = social(START, Some("Ann Example"), Some(ANN), &[]);
    let first = scene.ask_in(SHARING, "facebook", &token).send().await;
    assert_eq!(first.whole(), expected);
    assert_eq!(scene.stored().await, guest());
    let member = &scene.members().await[0];
    assert_eq!(
        (text(member, "email"), text(member, "nickname")),
        (ANN, "Ann Example")
    );
    let before = scene.platform.dump().await;
    assert!(!before.contains("10150"), "a digest of the name is stored");
    // Another token of the same person; in the query, with who it is.
    let token = scene.fake.facebook_token(ann());
    let parameters = [("accessToken", token.as_str()), ("userId", "10150")];
    let again = scene.ask_with("facebook", &parameters).send().await;
    assert_eq!(again.whole(), expected);
    assert_eq!(scene.platform.dump().await, before);
    let on_device = [("accessToken", token.as_str()), ("deviceId", DEVICE)];
    let seen = scene.ask_with("facebook", &on_device).send().await;
    assert_eq!(
        seen.whole(),
        social(START, Some("Ann Example"), Some(ANN), &[DEVICE])
    );
}

#[tokio::test]
async fn an_address_alone_does_not_link() {
    let scene = Scene::set().await;
    scene.platform.register_confirmed(ANN).await;
    let before = scene.stored().await;
    let token = scene.fake.facebook_token(ann());
    let seen = scene.ask_in(SHARING, "facebook", &token).send().await;
    assert_eq!(
        seen.whole(),
        social(START, Some("Ann Example"), Some(ANN), &[])
    );
    let apart = Stored {
        accounts: 1,
        registrations: before.registrations,
        ..guest()
    };
    assert_eq!(scene.stored().await, apart);
    let account = scene.accounts().await.remove(0);
    let linked = text(&scene.links().await[0], "user_id").to_owned();
    assert_ne!(text(&account, "pk"), format!("user#{linked}"));
}

#[tokio::test]
async fn tokens_that_are_not_good_leave_nothing_behind() {
    let scene = Scene::set().await;
    let fake = &scene.fake;
    let before = scene.platform.dump().await;
    for debug in [
        json!({ "app_id": "1" }),
        json!({ "is_valid": false }),
        json!({ "user_id": "10151" }),
        json!({ "user_id": null }),
        json!({ "expires_at": null }),
    ] {
        let token = fake.facebook_token_with(ann(), debug.clone());
        let answer = scene.ask_in(SHARING, "facebook", &token).send().await;
        assert_eq!(answer.whole(), invalid_token(), "{debug}");
    }
    let past = json!({ "expires_at": START - 1 });
    let expired = fake.facebook_token_with(ann(), past);
    let answer = scene.ask_in(SHARING, "facebook", &expired).send().await;
    assert_eq!(
        answer.whole(),
        refusal(401, "the token has expired", "invalid_token")
    );
    let token = fake.facebook_token(ann());
    for (token, user) in [("unknown", "10150"), (&token, "10151"), (&token, "")] {
        let parameters = [("accessToken", token), ("userId", user)];
        let answer = scene.ask_with("facebook", &parameters).send().await;
        assert_eq!(answer.whole(), invalid_token(), "{user}");
    }
    assert_eq!(scene.platform.dump().await, before);
    assert_eq!(scene.stored().await, Stored::default());
}
