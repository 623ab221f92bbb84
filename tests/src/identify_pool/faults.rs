//! Taking over against every fault of every one of its calls.

use futures::future::BoxFuture;
use local::projects::SHARING;
use serde_json::{Value, json};

use super::{ANN, POOL_PASSWORD, put_pool, signing_in, users};
use crate::faults::{Flow, Prepared};
use crate::harness::{Answer, FakeProviders, Platform};

fn pool(platform: &Platform, attributes: Value) -> BoxFuture<'_, Prepared> {
    Box::pin(async move {
        // It answers for as long as the test runs.
        let pool = Box::leak(Box::new(FakeProviders::start().await));
        put_pool(platform, pool, SHARING).await;
        pool.pool_user(ANN, POOL_PASSWORD, attributes);
        Prepared::new()
    })
}

fn sign_in<'a>(platform: &'a Platform, _: &'a Prepared) -> BoxFuture<'a, Answer> {
    Box::pin(signing_in(platform, SHARING, ANN, POOL_PASSWORD).send())
}

/// There is one account, which was mailed as often as that.
fn one_account(platform: &Platform, mails: usize) -> BoxFuture<'_, ()> {
    Box::pin(async move {
        for kind in ["user#", "number#", "email#"] {
            assert_eq!(users(platform, kind).await.len(), 1, "{kind}");
        }
        assert_eq!(platform.items("attributes").await.len(), 1);
        assert_eq!(platform.deliver().await.len(), mails);
    })
}

#[tokio::test]
async fn taking_over_survives_every_fault() {
    let flow = Flow {
        prepare: |platform| {
            pool(
                platform,
                json!({ "email_verified": "true", "custom:team": "red" }),
            )
        },
        act: sign_in,
        success: 200,
        again: 200,
        check: |platform, _| one_account(platform, 0),
    };
    flow.walk().await;
}

#[tokio::test]
async fn taking_over_an_unverified_address_survives_every_fault() {
    let flow = Flow {
        prepare: |platform| pool(platform, json!({})),
        act: sign_in,
        success: 403,
        again: 403,
        check: |platform, _| one_account(platform, 1),
    };
    flow.walk().await;
}
