//! Every flow against every fault of every one of its calls: whole or nothing, and a retry ends well.

use futures::future::BoxFuture;
use http::Method;
use local::projects::SHARING;
use serde_json::{Value, json};

use super::{ANN, CHECK, DEVICE, NONSTANDARD, Stored, USER, envelope, query};
use crate::faults::{Flow, Prepared};
use crate::harness::{Answer, FakeProviders, PASSWORD, Platform};

fn ann() -> Value {
    json!({ "sub": "1001", "email": ANN, "email_verified": true })
}

fn guest() -> Value {
    json!({ "sub": "2002", "nickname": "guest" })
}

/// A project with providers, and a token of theirs with these claims.
async fn token(platform: &Platform, claims: Value) -> Prepared {
    // They answer for as long as the test runs.
    let fake = Box::leak(Box::new(FakeProviders::start().await));
    let settings = json!({ "providers": fake.settings() });
    platform.put_project(SHARING, &settings).await;
    Prepared::from([("token", fake.id_token(claims))])
}

fn see<'a>(platform: &'a Platform, prepared: &'a Prepared) -> BoxFuture<'a, Answer> {
    let path = format!("{NONSTANDARD}?{}", query(SHARING, "google", &[]));
    Box::pin(platform.get(&path).bearer(&prepared["token"]).send())
}

fn see_on_device<'a>(platform: &'a Platform, prepared: &'a Prepared) -> BoxFuture<'a, Answer> {
    let query = query(SHARING, "google", &[("deviceId", DEVICE)]);
    let path = format!("{NONSTANDARD}?{query}");
    Box::pin(platform.get(&path).bearer(&prepared["token"]).send())
}

fn check<'a>(platform: &'a Platform, prepared: &'a Prepared) -> BoxFuture<'a, Answer> {
    let query = query(SHARING, "authZero", &[("deviceId", DEVICE)]);
    let path = format!("{CHECK}?{query}");
    Box::pin(platform.get(&path).bearer(&prepared["token"]).send())
}

fn change<'a>(platform: &'a Platform, prepared: &'a Prepared) -> BoxFuture<'a, Answer> {
    let data = json!({ "username": "Ann", "appProfile": { "level": 7 } });
    let request = platform.request(Method::PUT, USER);
    let request = request.json(&envelope(SHARING, "authZero", &data));
    Box::pin(request.bearer(&prepared["token"]).send())
}

async fn expect(platform: &Platform, [accounts, guests, devices]: [usize; 3]) {
    let stored = Stored {
        registrations: 0,
        ..Stored::in_platform(platform).await
    };
    let expected = Stored {
        accounts,
        guests,
        devices,
        links: 1,
        members: 1,
        registrations: 0,
    };
    assert_eq!(stored, expected);
}

pub(crate) fn first_sight() -> Flow {
    Flow {
        prepare: |platform| Box::pin(token(platform, ann())),
        act: see,
        success: 200,
        again: 200,
        check: |platform, _| Box::pin(expect(platform, [1, 0, 0])),
    }
}

#[tokio::test]
async fn who_is_seen_first_gets_an_account_or_nothing() {
    first_sight().walk().await;
}

#[tokio::test]
async fn who_has_no_address_becomes_a_guest_or_nothing() {
    let flow = Flow {
        prepare: |platform| Box::pin(token(platform, guest())),
        act: see_on_device,
        success: 200,
        again: 200,
        check: |platform, _| Box::pin(expect(platform, [0, 1, 1])),
    };
    flow.walk().await;
}

pub(crate) fn link() -> Flow {
    Flow {
        prepare: |platform| {
            Box::pin(async {
                platform.register_confirmed(ANN).await;
                token(platform, ann()).await
            })
        },
        act: see,
        success: 200,
        again: 200,
        check: |platform, _| {
            Box::pin(async {
                expect(platform, [1, 0, 0]).await;
                platform.signed_in(ANN, PASSWORD).await;
            })
        },
    }
}

#[tokio::test]
async fn an_account_is_linked_and_loses_nothing() {
    link().walk().await;
}

#[tokio::test]
async fn an_account_is_taken_over_whole() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                platform.register(ANN).await;
                token(platform, ann()).await
            })
        },
        act: see,
        success: 200,
        again: 200,
        check: |platform, _| {
            Box::pin(async {
                expect(platform, [1, 0, 0]).await;
                assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
                assert_eq!(platform.deliver().await.len(), 0);
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn who_is_known_is_seen_again_on_a_device() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                let prepared = token(platform, ann()).await;
                assert_eq!(see(platform, &prepared).await.status, 200);
                prepared
            })
        },
        act: see_on_device,
        success: 200,
        again: 200,
        check: |platform, _| Box::pin(expect(platform, [1, 0, 1])),
    };
    flow.walk().await;
}

#[tokio::test]
async fn an_issuers_user_is_checked() {
    let flow = Flow {
        prepare: |platform| Box::pin(token(platform, ann())),
        act: check,
        success: 200,
        again: 200,
        check: |platform, prepared| {
            Box::pin(async {
                expect(platform, [1, 0, 1]).await;
                let answer = check(platform, prepared).await.json();
                let sign_ins = answer["data"]["loginHistory"].as_array().expect("a list");
                assert_eq!(sign_ins.len(), 1);
            })
        },
    };
    flow.walk().await;
}

/// What was kept is there, and a token of ours works.
async fn changed(platform: &Platform, prepared: &Prepared) {
    let answer = change(platform, prepared).await;
    let own = answer.json()["data"]["accessToken"].clone();
    let path = format!("{USER}?{}", query(SHARING, "authZero", &[]));
    let own = own.as_str().expect("a token");
    let shown = platform.get(&path).bearer(own).send().await;
    assert_eq!(shown.status, 200, "{}", shown.whole());
    let data = &shown.json()["data"];
    assert_eq!(data["username"], "Ann");
    assert_eq!(data["appProfile"], json!({ "level": 7 }));
}

#[tokio::test]
async fn a_guest_changes_what_is_kept_of_them() {
    let flow = Flow {
        prepare: |platform| Box::pin(token(platform, guest())),
        act: change,
        success: 200,
        again: 200,
        check: |platform, prepared| {
            Box::pin(async {
                changed(platform, prepared).await;
                expect(platform, [0, 1, 0]).await;
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn a_linked_account_changes_what_is_kept_of_it() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                platform.register_confirmed(ANN).await;
                token(platform, ann()).await
            })
        },
        act: change,
        success: 200,
        again: 200,
        check: |platform, prepared| {
            Box::pin(async {
                changed(platform, prepared).await;
                expect(platform, [1, 0, 0]).await;
            })
        },
    };
    flow.walk().await;
}
