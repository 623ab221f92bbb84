//! Who is not taken over: whatever the reason, the answer is that to a wrong password.

use serde_json::json;

use super::{ANN, BEN, POOL_PASSWORD, REFUSED, Scene, WRONG};
use crate::harness::PASSWORD;

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_look_alike() {
    let scene = Scene::set().await;
    for (email, password, calls) in [(ANN, WRONG, 1), (BEN, POOL_PASSWORD, 2), (BEN, WRONG, 3)] {
        assert_eq!(
            scene.login(email, password).await.whole(),
            REFUSED,
            "{email} {password}"
        );
        assert_eq!(scene.calls(), calls);
    }
    scene.expect_nobody("wrong").await;
    // What was refused before is no obstacle.
    assert_eq!(scene.login(ANN, POOL_PASSWORD).await.status, 200);
}

#[tokio::test]
async fn who_the_pool_wants_more_of_is_not_taken_over_and_gets_no_mail() {
    for says in [
        "SOFTWARE_TOKEN_MFA",
        "NEW_PASSWORD_REQUIRED",
        "PasswordResetRequiredException",
        "UserNotConfirmedException",
    ] {
        let scene = Scene::set().await;
        scene.pool.pool_says(ANN, says);
        assert_eq!(
            scene.login(ANN, POOL_PASSWORD).await.whole(),
            REFUSED,
            "{says}"
        );
        assert_eq!(scene.calls(), 1, "{says}");
        scene.expect_nobody(says).await;
    }
}

#[tokio::test]
async fn a_user_of_the_pool_with_another_address_is_not_taken_over() {
    let scene = Scene::set().await;
    let known = json!({ "email": BEN, "email_verified": "true" });
    scene.pool.pool_user(ANN, POOL_PASSWORD, known);
    assert_eq!(scene.login(ANN, POOL_PASSWORD).await.whole(), REFUSED);
    scene.expect_nobody("another address").await;
}

#[tokio::test]
async fn an_account_that_is_here_counts_and_the_pool_is_not_asked() {
    let scene = Scene::set().await;
    scene.platform.register(ANN).await;
    assert_eq!(scene.platform.deliver().await.len(), 1);
    let unconfirmed = scene.login(ANN, POOL_PASSWORD).await;
    assert_eq!((unconfirmed.whole().as_str(), scene.calls()), (REFUSED, 0));
    scene.platform.register_confirmed(BEN).await;
    assert_eq!(scene.login(BEN, WRONG).await.whole(), REFUSED);
    assert_eq!(scene.login(BEN, PASSWORD).await.status, 200);
    assert_eq!(scene.calls(), 0);
}

#[tokio::test]
async fn what_cannot_be_an_address_or_a_password_is_not_asked_for() {
    let scene = Scene::set().await;
    let long = "p".repeat(1025);
    for (email, password) in [("nobody", POOL_PASSWORD), ("", POOL_PASSWORD), (ANN, &long)] {
        assert_eq!(
            scene.login(email, password).await.whole(),
            REFUSED,
            "{email}"
        );
    }
    assert_eq!(scene.calls(), 0);
    scene.expect_nobody("nobody").await;
}
