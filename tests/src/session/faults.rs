//! Every operation against every fault of every one of its calls: whole or nothing, no burnt token, a retry ends well.

use futures::future::BoxFuture;

use super::{
    ANN, LOGOUT, Link, NEW_PASSWORD, confirmation, confirmation_in, confirming, held_by,
    registered, registering, reset_link, resetting, sessions, signed_in, signing_in, status_of,
};
use crate::faults::{Flow, Prepared};
use crate::harness::{Answer, PASSWORD, Platform};

fn link(prepared: &Prepared) -> Link {
    (prepared["id"].clone(), prepared["token"].clone())
}

fn with_session(platform: &Platform) -> BoxFuture<'_, Prepared> {
    Box::pin(async { Prepared::from([("held", registered(platform, ANN).await)]) })
}

#[tokio::test]
async fn registering_makes_account_and_session_or_neither() {
    let flow = Flow {
        prepare: |_| Box::pin(async { Prepared::new() }),
        act: |platform, _| Box::pin(registering(platform, ANN).send()),
        success: 200,
        again: 401,
        check: |platform, _| {
            Box::pin(async {
                assert_eq!(sessions(platform).await, 1, "one account, one session");
                let mails = platform.deliver().await;
                assert_eq!(mails.len(), 1, "one account, one mail");
                let link = confirmation_in(&mails[0].text);
                assert_eq!(confirming(platform, &link).send().await.status, 204);
                signed_in(platform, ANN, PASSWORD).await;
            })
        },
    };
    flow.walk().await;
}

pub(crate) fn sign_in() -> Flow {
    Flow {
        prepare: with_session,
        act: |platform, prepared| {
            let cookie = format!("sid={}", prepared["held"]);
            let request = signing_in(platform, ANN, PASSWORD).header("cookie", &cookie);
            Box::pin(request.send())
        },
        success: 200,
        again: 200,
        check: |platform, prepared| {
            Box::pin(async {
                assert_eq!(status_of(platform, &prepared["held"]).await, 401);
                let new = held_by(&signing_in(platform, ANN, PASSWORD).send().await);
                assert_eq!(status_of(platform, &new).await, 200);
            })
        },
    }
}

#[tokio::test]
async fn signing_in_opens_a_session_and_ends_the_former() {
    sign_in().walk().await;
}

#[tokio::test]
async fn signing_out_ends_the_session_or_says_that_it_did_not() {
    let flow = Flow {
        prepare: with_session,
        act: |platform, prepared| {
            let cookie = format!("sid={}", prepared["held"]);
            let request = platform.post(LOGOUT).header("cookie", &cookie);
            Box::pin(request.send())
        },
        success: 204,
        again: 204,
        check: |platform, prepared| {
            Box::pin(async {
                assert_eq!(status_of(platform, &prepared["held"]).await, 401);
                assert_eq!(sessions(platform).await, 0);
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn a_use_that_moves_the_end_of_a_session_loses_it_never() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                let held = registered(platform, ANN).await;
                platform.clock.advance_seconds(super::DAY);
                Prepared::from([("held", held)])
            })
        },
        act: |platform, prepared| Box::pin(super::check(platform, &prepared["held"]).send()),
        success: 200,
        again: 200,
        check: |platform, prepared| {
            Box::pin(async {
                platform.clock.advance_seconds(29 * super::DAY);
                assert_eq!(status_of(platform, &prepared["held"]).await, 200);
            })
        },
    };
    flow.walk().await;
}

fn reset<'a>(platform: &'a Platform, prepared: &'a Prepared) -> BoxFuture<'a, Answer> {
    Box::pin(resetting(platform, &link(prepared), NEW_PASSWORD).send())
}

#[tokio::test]
async fn a_token_sets_the_password_or_stays_good() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                let held = registered(platform, ANN).await;
                platform.deliver().await;
                let (id, token) = reset_link(platform, ANN).await;
                Prepared::from([("held", held), ("id", id), ("token", token)])
            })
        },
        act: reset,
        success: 204,
        again: 500,
        check: |platform, prepared| {
            Box::pin(async {
                assert_eq!(status_of(platform, &prepared["held"]).await, 401);
                signed_in(platform, ANN, NEW_PASSWORD).await;
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn a_token_confirms_or_stays_good() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                let (id, token) = confirmation(platform, ANN).await;
                Prepared::from([("id", id), ("token", token)])
            })
        },
        act: |platform, prepared| Box::pin(confirming(platform, &link(prepared)).send()),
        success: 204,
        again: 500,
        check: |platform, _| {
            Box::pin(async {
                let answer = signing_in(platform, ANN, PASSWORD).send().await;
                assert_eq!(answer.json()["status"], 1);
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn a_link_that_is_asked_for_is_mailed_once() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                registered(platform, ANN).await;
                platform.deliver().await;
                platform.clock.advance_seconds(1);
                Prepared::new()
            })
        },
        act: |platform, _| {
            let body = serde_json::json!({ "login": ANN });
            Box::pin(super::post(platform, super::RESET_PASSWORD, &body).send())
        },
        success: 204,
        again: 204,
        check: |platform, _| {
            Box::pin(async {
                let mails = platform.deliver().await;
                let last = mails.last().expect("a mail");
                let link = crate::harness::reset_code_in(&last.text);
                let done = resetting(platform, &link, NEW_PASSWORD).send().await;
                assert_eq!(done.status, 204, "{}", done.whole());
            })
        },
    };
    flow.walk().await;
}
