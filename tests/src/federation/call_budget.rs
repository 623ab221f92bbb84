//! How many round trips each operation takes, one after another. The first reads the project.

use local::projects::SHARING;
use serde_json::{Value, json};

use super::{ANN, CHECK, DEVICE, Scene, USER, envelope, put, query};
use crate::call_budget::{send, trips_of};
use crate::harness::Request;

const PROJECT: [&str; 1] = ["GetItem projects"];
const LINK: [&str; 1] = ["GetItem users"];
const LOADED: [&str; 2] = ["GetItem users", "Query devices"];
const AUTHORISED: [&str; 2] = ["BatchGetItem attributes+sessions+users", "Query devices"];
const TOLD: [&str; 1] = ["PutItem audit"];
const COUNTED: [&str; 1] = ["UpdateItem limits"];

fn ann() -> Value {
    json!({ "sub": "1001", "email": ANN, "email_verified": true })
}

impl Scene {
    /// The keys of the issuer are there.
    async fn warmed_up() -> Self {
        let scene = Self::set().await;
        let other = scene.google(json!({ "sub": "9999" })).send().await;
        assert_eq!(other.status, 200, "{}", other.whole());
        scene
    }

    fn issuer(&self, route: &str, parameters: &[(&str, &str)], token: &str) -> Request {
        let path = format!("{route}?{}", query(SHARING, "authZero", parameters));
        self.platform.get(&path).bearer(token)
    }
}

#[tokio::test]
async fn who_is_known_takes_two_beside_the_project() {
    let scene = Scene::warmed_up().await;
    scene.google(ann()).send().await;
    let budget = json!([PROJECT, LINK, LOADED]);
    assert_eq!(trips_of(&scene.platform, scene.google(ann())).await, budget);
    let token = scene.fake.id_token(ann());
    scene.issuer(USER, &[], &token).send().await;
    let known = scene.issuer(USER, &[], &token);
    assert_eq!(trips_of(&scene.platform, known).await, budget);
}

#[tokio::test]
async fn a_first_sight_takes_three_more_and_a_transaction_at_most() {
    let scene = Scene::warmed_up().await;
    let platform = &scene.platform;
    let guest = json!({ "sub": "1" });
    assert_eq!(
        trips_of(platform, scene.google(guest)).await,
        json!([
            PROJECT,
            LINK,
            COUNTED,
            ["TransactWriteItems users+devices"],
            LOADED,
            TOLD,
        ])
    );
    assert_eq!(
        trips_of(platform, scene.google(ann())).await,
        json!([
            PROJECT,
            LINK,
            ["GetItem users"],
            ["UpdateItem keys", "UpdateItem limits"],
            ["TransactWriteItems users+users+users+attributes+users+devices"],
            LOADED,
            TOLD,
        ])
    );
    platform.register_confirmed("proved@example.com").await;
    let proved = json!({ "sub": "2", "email": "proved@example.com", "email_verified": true });
    assert_eq!(
        trips_of(platform, scene.google(proved)).await,
        json!([
            PROJECT,
            LINK,
            ["GetItem users"],
            ["GetItem users"],
            ["TransactWriteItems users+devices+users"],
            LOADED,
            TOLD,
        ])
    );
    platform.register("unproved@example.com").await;
    let unproved = json!({ "sub": "3", "email": "unproved@example.com", "email_verified": true });
    assert_eq!(
        trips_of(platform, scene.google(unproved)).await,
        json!([
            PROJECT,
            LINK,
            ["GetItem users"],
            ["GetItem users"],
            ["TransactWriteItems users+devices+users+users"],
            LOADED,
            TOLD,
        ])
    );
}

#[tokio::test]
async fn a_token_that_is_not_good_costs_the_project_alone() {
    let scene = Scene::warmed_up().await;
    let other_app = scene.google(json!({ "aud": "another-client" }));
    let (answer, trips) = send(&scene.platform, other_app).await;
    assert_eq!((answer.status, trips), (401, json!([PROJECT])));
}

#[tokio::test]
async fn a_device_takes_a_transaction_every_ten_minutes() {
    let scene = Scene::warmed_up().await;
    let platform = &scene.platform;
    let token = scene.fake.id_token(ann());
    scene.issuer(USER, &[], &token).send().await;
    let check = || scene.issuer(CHECK, &[("deviceId", DEVICE)], &token);
    assert_eq!(
        trips_of(platform, check()).await,
        json!([
            PROJECT,
            LINK,
            LOADED,
            ["TransactWriteItems users+devices+devices"]
        ])
    );
    platform.clock.advance_seconds(599);
    // The issuer's token is no token of ours by a key that is new, so nobody looks for that.
    let budget = json!([PROJECT, LINK, LOADED]);
    assert_eq!(trips_of(platform, check()).await, budget);
    platform.clock.advance_seconds(1);
    let written = json!(["TransactWriteItems users+devices"]);
    assert_eq!(
        trips_of(platform, check()).await,
        json!([PROJECT, LINK, LOADED, written])
    );
}

#[tokio::test]
async fn a_change_takes_a_write_for_the_session_and_one_for_what_is_kept() {
    let scene = Scene::warmed_up().await;
    let platform = &scene.platform;
    let guest = scene.fake.id_token(json!({ "sub": "1" }));
    let data = json!({ "username": "Ann", "appProfile": {} });
    let body = envelope(SHARING, "authZero", &data);
    let change = |token: &str| put(platform, &body).bearer(token);
    scene.issuer(USER, &[], &guest).send().await;
    let changed = ["TransactWriteItems devices"];
    let opened = ["PutItem audit", "PutItem sessions"];
    assert_eq!(
        trips_of(platform, change(&guest)).await,
        json!([PROJECT, LINK, LOADED, opened, changed])
    );
    let answer = change(&guest).send().await;
    let own = super::data(&answer)["accessToken"].clone();
    let own = own.as_str().expect("a token");
    let again = trips_of(platform, change(own)).await;
    assert_eq!(again, json!([PROJECT, AUTHORISED, changed]));
    let shown = trips_of(platform, scene.issuer(USER, &[], own)).await;
    assert_eq!(shown, json!([PROJECT, AUTHORISED]));
    let account = scene.fake.id_token(ann());
    scene.issuer(USER, &[], &account).send().await;
    assert_eq!(
        trips_of(platform, change(&account)).await,
        json!([
            PROJECT,
            LINK,
            LOADED,
            opened,
            ["UpdateItem users"],
            ["TransactWriteItems users+devices"],
        ])
    );
}
