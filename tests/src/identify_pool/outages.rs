//! A pool that does not answer: nobody learns whom it knows, and whoever is here signs in.

use super::{ANN, BEN, POOL_PASSWORD, REFUSED, Scene, WRONG};
use crate::harness::PASSWORD;
use crate::logs::{Listening, Log};

#[tokio::test]
async fn a_pool_that_is_away_knows_nobody() {
    let scene = Scene::set().await;
    scene.platform.register_confirmed(BEN).await;
    scene.pool.fail(500);
    for (email, password) in [
        (ANN, POOL_PASSWORD),
        (ANN, WRONG),
        ("eve@example.com", WRONG),
    ] {
        assert_eq!(
            scene.login(email, password).await.whole(),
            REFUSED,
            "{email}"
        );
    }
    // It is left alone for a while.
    assert_eq!(scene.calls(), 1);
    assert_eq!(scene.login(BEN, PASSWORD).await.status, 200);
    scene.pool.heal();
    assert_eq!(scene.login(ANN, POOL_PASSWORD).await.whole(), REFUSED);
    scene.platform.clock.advance_seconds(5);
    assert_eq!(scene.login(ANN, POOL_PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_pool_that_does_not_answer_in_time_knows_nobody() {
    let scene = Scene::set().await;
    scene.platform.register_confirmed(BEN).await;
    scene.pool.hang(true);
    let (ann, ben) = futures::join!(scene.login(ANN, POOL_PASSWORD), scene.login(BEN, PASSWORD));
    assert_eq!((ann.whole().as_str(), ben.status), (REFUSED, 200));
    assert_eq!((scene.calls(), scene.accounts().await.len()), (1, 1));
}

#[tokio::test]
async fn a_pool_that_forgets_who_has_signed_in_knows_nobody() {
    // The password is right, and what it is right for is not told.
    let scene = Scene::set().await;
    let token = r#"{"AuthenticationResult":{"AccessToken":"of nobody"}}"#;
    scene.pool.answer("/", 200, token);
    assert_eq!(scene.login(ANN, POOL_PASSWORD).await.whole(), REFUSED);
    assert_eq!(scene.calls(), 2);
    scene.expect_nobody("no user").await;
}

#[tokio::test]
async fn an_outage_is_a_warning_that_names_nobody() {
    let scene = Scene::with(&[("LOG_LEVEL", "trace")]).await;
    scene.pool.fail(500);
    let log = Log::default();
    let listening = Listening::at("trace", &log);
    assert_eq!(scene.login(ANN, POOL_PASSWORD).await.whole(), REFUSED);
    drop(listening);
    let written = log.text() + &scene.platform.log();
    let warning = "the user pool did not say whether a password is right: the provider does not answer: the answer has status 500";
    let line = written.lines().find(|line| line.contains(warning));
    let line = line.unwrap_or_else(|| panic!("no warning in {written}"));
    assert!(line.contains(r#""level":"WARN""#), "{line}");
    for secret in [ANN, POOL_PASSWORD, scene.pool.url()] {
        assert!(!written.contains(secret), "{written}");
    }
}
