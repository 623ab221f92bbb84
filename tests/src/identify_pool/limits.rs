//! When a pool is not asked.

use local::projects::SHARING;

use super::{ANN, POOL_PASSWORD, REFUSED, Scene, WRONG, signing_in};
use crate::harness::Answer;

impl Scene {
    /// Strangers of one client, who are all unknown.
    async fn strangers(&self, number: usize) {
        for stranger in 0..number {
            let email = format!("stranger-{stranger}@example.com");
            assert_eq!(self.login(&email, WRONG).await.whole(), REFUSED);
        }
    }

    async fn ann_from(&self, client: &str) -> Answer {
        let request = signing_in(&self.platform, SHARING, ANN, POOL_PASSWORD);
        request.from(client).send().await
    }
}

#[tokio::test]
async fn the_pool_is_asked_ten_times_a_minute_and_client() {
    let scene = Scene::set().await;
    scene.strangers(10).await;
    assert_eq!(scene.calls(), 10);
    for _ in 0..2 {
        assert_eq!(scene.login(ANN, POOL_PASSWORD).await.whole(), REFUSED);
    }
    assert_eq!(scene.calls(), 10);
    scene.expect_nobody("over the limit").await;
    scene.platform.clock.advance_seconds(60);
    assert_eq!(scene.login(ANN, POOL_PASSWORD).await.status, 200);
    assert_eq!(scene.calls(), 12);
}

#[tokio::test]
async fn one_client_uses_up_nothing_of_anothers() {
    let scene = Scene::set().await;
    scene.strangers(11).await;
    assert_eq!(scene.calls(), 10);
    assert_eq!(scene.ann_from("198.51.100.7").await.status, 200);
    // Whoever has an account is not concerned.
    assert_eq!(scene.login(ANN, POOL_PASSWORD).await.status, 200);
    assert_eq!(scene.calls(), 12);
}

#[tokio::test]
async fn a_neighbouring_address_of_one_network_is_the_same_client() {
    let scene = Scene::set().await;
    for host in 1..=10 {
        let request = signing_in(
            &scene.platform,
            SHARING,
            &format!("s{host}@example.com"),
            WRONG,
        );
        request.from(&format!("2001:db8:0:1::{host}")).send().await;
    }
    assert_eq!(scene.ann_from("2001:db8:0:1::ffff").await.whole(), REFUSED);
    assert_eq!(scene.calls(), 10);
    assert_eq!(scene.ann_from("2001:db8:0:2::1").await.status, 200);
}

#[tokio::test]
async fn the_limit_is_set_or_off_like_others_per_client() {
    for (name, value, calls) in [
        ("LIMIT_POOL_SIGN_INS_PER_CLIENT", "2", 2),
        ("LIMITS", "off", 12),
    ] {
        let scene = Scene::with(&[(name, value)]).await;
        scene.strangers(12).await;
        assert_eq!(scene.calls(), calls, "{name}");
    }
}

#[tokio::test]
async fn a_locked_address_is_not_asked_for() {
    let scene = Scene::set().await;
    for _ in 0..5 {
        assert_eq!(scene.login(ANN, WRONG).await.whole(), REFUSED);
    }
    scene.platform.clock.advance_seconds(1);
    assert_eq!(scene.login(ANN, WRONG).await.whole(), REFUSED);
    assert_eq!(scene.calls(), 6);
    let locked = scene.login(ANN, POOL_PASSWORD).await;
    assert_eq!(
        (locked.status, locked.header("retry-after")),
        (429, Some("3"))
    );
    assert_eq!(scene.calls(), 6);
    scene.platform.clock.advance_seconds(2);
    assert_eq!(scene.login(ANN, POOL_PASSWORD).await.status, 200);
}
