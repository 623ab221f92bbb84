//! Many at once: one account, and whoever has its password signs in.

use std::collections::BTreeSet;

use local::projects::SHARING;
use serde_json::json;

use super::{ANN, POOL_PASSWORD, REFUSED, Scene, signing_in, users};
use crate::harness::{Answer, Fault, PASSWORD, Platform, at_once};

/// With a clock that runs and without limits per client, which are not what is contested here.
async fn start() -> Scene {
    Scene::on(Platform::with_running_clock(&[("LIMITS", "off")]).await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_right_sign_ins_at_once_make_one_account_and_all_succeed() {
    let scene = start().await;
    let requests = (0..20).map(|_| signing_in(&scene.platform, SHARING, ANN, POOL_PASSWORD));
    let answers = at_once(requests).await;
    let ids: BTreeSet<_> = answers
        .iter()
        .map(|answer| {
            assert_eq!(answer.status, 200, "{}", answer.body);
            answer.json()["data"]["userId"].to_string()
        })
        .collect();
    assert_eq!(ids.len(), 1);
    let platform = &scene.platform;
    for (kind, number) in [("user#", 1), ("number#", 1), ("email#", 1)] {
        assert_eq!(users(platform, kind).await.len(), number, "{kind}");
    }
    assert_eq!(platform.items("attributes").await.len(), 1);
    assert_eq!(platform.items("sessions").await.len(), 20);
    assert_eq!(platform.deliver().await.len(), 0);
}

/// Ann registers while she is being taken over by this password; how the sign-in is answered then.
async fn registering_meanwhile(scene: &Scene, password: &str) -> Answer {
    let connector = &scene.platform.connector;
    connector.forget();
    connector.inject("TransactWriteItems", Fault::Held, 1);
    let request = signing_in(&scene.platform, SHARING, ANN, password);
    let registering = async {
        connector.begun("TransactWriteItems", 1).await;
        scene.platform.register_confirmed(ANN).await;
        connector.heal();
    };
    let (answer, ()) = futures::join!(request.send(), registering);
    assert_eq!((scene.calls(), scene.accounts().await.len()), (2, 1));
    answer
}

#[tokio::test]
async fn a_registration_that_came_first_wins() {
    let scene = start().await;
    let answer = registering_meanwhile(&scene, POOL_PASSWORD).await;
    assert_eq!(answer.whole(), REFUSED);
    assert_eq!(scene.login(ANN, PASSWORD).await.status, 200);
    assert_eq!(scene.login(ANN, POOL_PASSWORD).await.whole(), REFUSED);
    assert_eq!(scene.calls(), 2);
}

#[tokio::test]
async fn who_registers_meanwhile_with_the_same_password_signs_in() {
    let scene = start().await;
    let known = json!({ "email_verified": "true" });
    scene.pool.pool_user(ANN, PASSWORD, known);
    let answer = registering_meanwhile(&scene, PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let id = answer.json()["data"]["userId"].clone();
    let id = id.as_str().expect("an id");
    assert_eq!(scene.accounts().await[0]["pk"], format!("user#{id}"));
}

#[tokio::test]
async fn who_was_taken_over_cannot_be_registered() {
    let scene = start().await;
    assert_eq!(scene.login(ANN, POOL_PASSWORD).await.status, 200);
    let body = json!({
        "projectId": SHARING, "strategy": "email", "provider": "awsCognito",
        "data": { "email": ANN, "password": PASSWORD },
    });
    let answer = scene
        .platform
        .post("/identify/v1/user")
        .json(&body)
        .send()
        .await;
    assert_eq!(
        (answer.status, &answer.json()["data"]["code"]),
        (409, &json!("user_exists"))
    );
    assert_eq!(scene.login(ANN, POOL_PASSWORD).await.status, 200);
}
