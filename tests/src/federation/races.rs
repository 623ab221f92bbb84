//! Many at once: one user for whom a provider names, and nobody half made.

use std::collections::BTreeMap;

use local::projects::SHARING;
use serde_json::{Value, json};

use super::{ANN, Scene, Stored, text};
use crate::harness::{Answer, Fault, PASSWORD, Platform, Request, at_once, code_in};

const V1: &str = "/user-service/v1/users";

/// With a clock that runs and without limits per client, which are not what is contested here.
async fn start() -> Scene {
    Scene::on(Platform::with_running_clock(&[("LIMITS", "off")]).await).await
}

fn ann() -> Value {
    json!({ "sub": "1001", "email": ANN, "email_verified": true })
}

fn registering(platform: &Platform) -> Request {
    let body = json!({ "email": ANN, "password": PASSWORD });
    platform.post(&format!("{V1}/register")).json(&body)
}

fn statuses(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.status).or_default() += 1;
    }
    counts
}

impl Scene {
    /// There is one account, whom alone Google's user leads to.
    async fn expect_one_account(&self) {
        let one = Stored {
            accounts: 1,
            links: 1,
            members: 1,
            ..Stored::default()
        };
        assert_eq!(self.stored().await, one);
        let account = self.accounts().await.remove(0);
        let linked = text(&self.links().await[0], "user_id").to_owned();
        assert_eq!(text(&account, "pk"), format!("user#{linked}"));
        assert_eq!(account["confirmed"], true);
        assert!(account.contains_key("email_proved_at"));
    }

    /// A first sight whose transaction waits until something else is done.
    async fn sight_meanwhile(&self, other: impl Future<Output = ()>) -> Answer {
        let connector = &self.platform.connector;
        connector.forget();
        connector.inject("TransactWriteItems", Fault::Held, 1);
        let other = async {
            connector.begun("TransactWriteItems", 1).await;
            other.await;
            connector.heal();
        };
        let (answer, ()) = futures::join!(self.google(ann()).send(), other);
        answer
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_first_sights_make_one_account() {
    let scene = start().await;
    let answers = at_once((0..64).map(|_| scene.google(ann()))).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 64)]));
    scene.expect_one_account().await;
    assert_eq!(scene.platform.items("attributes").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_first_sights_make_one_guest() {
    let scene = start().await;
    let claims = json!({ "sub": "1001", "nickname": "guest" });
    let answers = at_once((0..64).map(|_| scene.google(claims.clone()))).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 64)]));
    let one = Stored {
        guests: 1,
        links: 1,
        members: 1,
        ..Stored::default()
    };
    assert_eq!(scene.stored().await, one);
}

#[tokio::test(flavor = "multi_thread")]
async fn first_sights_at_several_providers_lead_to_one_account() {
    let scene = start().await;
    let token = scene.fake.id_token(ann());
    let path = format!("{}?{}", super::USER, super::query(SHARING, "authZero", &[]));
    let requests = (0..64).map(|number| match number % 2 {
        0 => scene.google(ann()),
        _ => scene.platform.get(&path).bearer(&token),
    });
    let answers = at_once(requests).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 64)]));
    let stored = scene.stored().await;
    let both = Stored {
        accounts: 1,
        links: 2,
        members: 1,
        ..Stored::default()
    };
    assert_eq!(stored, both);
}

#[tokio::test(flavor = "multi_thread")]
async fn first_sights_and_registrations_of_one_address_make_one_account_without_a_strangers_password()
 {
    let scene = start().await;
    let requests = (0..32).flat_map(|_| [scene.google(ann()), registering(&scene.platform)]);
    let answers = at_once(requests).await;
    let counts = statuses(&answers);
    let known = counts.keys().all(|status| [200, 400].contains(status));
    assert!(known, "{counts:?}");
    assert!(counts[&200] >= 32, "{counts:?}");
    scene.expect_one_account().await;
    let login = scene.platform.login(ANN, PASSWORD).await;
    assert_eq!(login.status, 401, "{}", login.whole());
}

#[tokio::test]
async fn a_registration_in_between_is_taken_over() {
    let scene = start().await;
    let registered = async {
        assert_eq!(registering(&scene.platform).send().await.status, 200);
    };
    let answer = scene.sight_meanwhile(registered).await;
    assert_eq!(answer.status, 200, "{}", answer.whole());
    scene.expect_one_account().await;
    assert_eq!(scene.platform.login(ANN, PASSWORD).await.status, 401);
}

#[tokio::test]
async fn a_confirmation_in_between_saves_the_password() {
    let scene = start().await;
    let platform = &scene.platform;
    platform.register(ANN).await;
    let code = code_in(&platform.deliver().await[0].text);
    let confirmed = async {
        let body = json!({ "code": code });
        let activate = platform.post(&format!("{V1}/activate")).json(&body);
        assert_eq!(activate.send().await.status, 200);
    };
    let answer = scene.sight_meanwhile(confirmed).await;
    assert_eq!(answer.status, 200, "{}", answer.whole());
    scene.expect_one_account().await;
    platform.signed_in(ANN, PASSWORD).await;
}

async fn delete(platform: &Platform, token: &str) {
    let request = platform.delete(&format!("{V1}/user")).bearer(token);
    assert_eq!(request.send().await.status, 204);
}

#[tokio::test]
async fn a_deletion_in_between_is_followed_by_a_new_account() {
    let scene = start().await;
    let platform = &scene.platform;
    let token = platform.new_session(ANN).await.access_token;
    let answer = scene.sight_meanwhile(delete(platform, &token)).await;
    assert_eq!(answer.status, 200, "{}", answer.whole());
    platform.deliver().await;
    scene.expect_one_account().await;
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_over_of_an_account_that_is_deleted_while_it_is_linked() {
    let scene = start().await;
    let platform = &scene.platform;
    let token = platform.new_session(ANN).await.access_token;
    let deletion = platform.delete(&format!("{V1}/user")).bearer(&token);
    let sights = (0..63).map(|_| scene.google(ann()));
    let (first, rest) = (deletion, sights);
    let answers = at_once([first].into_iter().chain(rest)).await;
    let counts = statuses(&answers);
    assert_eq!(counts, BTreeMap::from([(200, 63), (204, 1)]));
    platform.deliver().await;
    let last = scene.google(ann()).send().await;
    assert_eq!(last.status, 200, "{}", last.whole());
    scene.expect_one_account().await;
}
