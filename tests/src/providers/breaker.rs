//! Providers that do not answer: who waits, and how long nobody asks them again.

use futures::future::join_all;
use serde_json::json;
use shared::providers::{Identity, ProviderError};

use super::{FakeProviders, Scene, fault, only, read};

impl Scene {
    /// An exchange with the provider: the keys are never kept.
    async fn ask(&self) -> Result<Identity, ProviderError> {
        let token = self.fake.facebook_token(json!({ "id": "1" }));
        let app = self.settings.facebook().expect("an app");
        self.client.facebook_user(&app, &token).await
    }

    fn calls(&self) -> usize {
        self.fake.calls("/debug_token")
    }

    async fn is_left_alone(&self) -> bool {
        let calls = self.calls();
        let answer = self.ask().await;
        let is_unavailable = matches!(answer, Err(ProviderError::Unavailable(_)));
        is_unavailable && self.calls() == calls
    }
}

#[tokio::test]
async fn a_provider_that_hangs_is_given_up_and_then_left_alone() {
    let scene = Scene::set().await;
    scene.fake.hang(true);
    assert_eq!(fault(scene.ask().await), "unavailable");
    assert_eq!(scene.calls(), 1);
    scene.fake.heal();
    for seconds in [0, 4] {
        scene.clock.advance_seconds(seconds);
        assert!(scene.is_left_alone().await);
    }
    scene.clock.advance_seconds(1);
    assert!(scene.ask().await.is_ok());
    assert!(scene.ask().await.is_ok());
    assert_eq!(scene.calls(), 3);
}

#[tokio::test]
async fn a_body_that_hangs_is_given_up() {
    use tokio::io::AsyncWriteExt as _;
    let scene = Scene::set().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let settings = json!({ "graph_url": url, "app_id": "1", "app_secret": "hush" });
    let settings = only("facebook", &settings);
    let app = settings.facebook().expect("an app");
    let half = async {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{";
        stream.write_all(head).await.expect("it is sent");
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = half => unreachable!("it never ends"),
        answer = scene.client.facebook_user(&app, "token") => {
            assert_eq!(fault(answer), "unavailable");
        }
    }
}

#[tokio::test]
async fn one_asks_whether_it_is_over_while_the_others_are_refused() {
    let scene = Scene::set().await;
    scene.fake.fail(500);
    assert_eq!(fault(scene.ask().await), "unavailable");
    scene.clock.advance_seconds(5);
    let all = join_all((0..8).map(|_| scene.ask())).await;
    assert!(all.into_iter().all(|answer| fault(answer) == "unavailable"));
    assert_eq!(scene.calls(), 2);
    // It has failed again, so it is left alone for twice as long.
    scene.fake.heal();
    scene.clock.advance_seconds(9);
    assert!(scene.is_left_alone().await);
    scene.clock.advance_seconds(1);
    let all = join_all((0..8).map(|_| scene.ask())).await;
    let answered = all.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!((answered, scene.calls()), (1, 3));
    let all = join_all((0..8).map(|_| scene.ask())).await;
    assert!(all.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_question_that_is_given_up_leaves_the_next_one_to_ask() {
    let scene = Scene::set().await;
    scene.fake.fail(503);
    assert_eq!(fault(scene.ask().await), "unavailable");
    scene.clock.advance_seconds(5);
    scene.fake.heal();
    scene.fake.hang(true);
    let mut probe = Box::pin(scene.ask());
    tokio::select! {
        answer = &mut probe => panic!("it answered: {answer:?}"),
        () = scene.fake.arrived("/debug_token", 2) => {}
    }
    assert!(scene.is_left_alone().await);
    drop(probe);
    scene.fake.heal();
    assert!(scene.ask().await.is_ok());
}

#[tokio::test]
async fn a_question_that_is_given_up_is_no_failure() {
    let scene = Scene::set().await;
    scene.fake.hang(true);
    let question = Box::pin(scene.ask());
    tokio::select! {
        answer = question => panic!("it answered: {answer:?}"),
        () = scene.fake.arrived("/debug_token", 1) => {}
    }
    scene.fake.heal();
    assert!(scene.ask().await.is_ok());
}

#[tokio::test]
async fn a_provider_that_is_gone_is_found_again() {
    let scene = Scene::set().await;
    scene.fake.go_away().await;
    assert_eq!(fault(scene.ask().await), "unavailable");
    scene.fake.come_back().await;
    assert!(scene.is_left_alone().await);
    scene.clock.advance_seconds(5);
    assert!(scene.ask().await.is_ok());
}

#[tokio::test]
async fn providers_are_left_alone_each_for_itself() {
    let scene = Scene::set().await;
    let other = FakeProviders::start().await;
    scene.fake.fail(500);
    assert_eq!(fault(scene.ask().await), "unavailable");
    let settings = read(other.settings());
    let issuer = settings.google().expect("an issuer");
    let token = other.id_token(json!({}));
    assert!(scene.client.verify_id_token(&issuer, &token).await.is_ok());
    assert!(scene.is_left_alone().await);
}

#[tokio::test]
async fn refused_tokens_do_not_have_a_provider_left_alone() {
    let scene = Scene::set().await;
    let app = scene.settings.facebook().expect("an app");
    for _ in 0..20 {
        let answer = scene.client.facebook_user(&app, "unknown").await;
        assert_eq!(fault(answer), "refused");
    }
    assert!(scene.ask().await.is_ok());
}
