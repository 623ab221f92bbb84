//! The second factor against every fault of every one of its calls: whole or nothing, no burnt code, no half-bound authenticator.

use futures::future::BoxFuture;
use http::Method;
use serde_json::{Value, json};

use super::factor::{
    ANN, account_with, account_with_authenticator, answer, ask_for, challenge, challenge_in,
    credential, resend, seed, sent_code, sessions,
};
use super::{STRICT_PASSWORD, get, path, put, request, sign_in, token};
use crate::faults::{Flow, Prepared};
use crate::harness::{Answer, PASSWORD, Platform};

fn answering<'a>(platform: &'a Platform, prepared: &'a Prepared) -> BoxFuture<'a, Answer> {
    Box::pin(answer(platform, &prepared["uuid"], &prepared["code"]))
}

/// That one session came of it, by which its owner goes on.
fn one_more<'a>(platform: &'a Platform, prepared: &'a Prepared) -> BoxFuture<'a, ()> {
    Box::pin(async {
        let before = usize::from(prepared.contains_key("token"));
        assert_eq!(sessions(platform).await, before + 1);
        assert_eq!(credential(platform).await["failures"], 0);
    })
}

#[tokio::test]
async fn a_challenge_begins_or_does_not() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                account_with(platform, ANN, "email").await;
                Prepared::new()
            })
        },
        act: |platform, _| Box::pin(sign_in(platform, ANN, PASSWORD)),
        success: 200,
        again: 200,
        check: |platform, _| {
            Box::pin(async {
                assert_eq!(sessions(platform).await, 0);
                let uuid = challenge(platform, ANN).await;
                let code = sent_code(platform);
                assert_eq!(answer(platform, &uuid, &code).await.status, 200);
            })
        },
    };
    flow.walk().await;
}

pub(crate) fn mailed_code() -> Flow {
    Flow {
        prepare: |platform| {
            Box::pin(async {
                account_with(platform, ANN, "email").await;
                let uuid = challenge(platform, ANN).await;
                Prepared::from([("uuid", uuid), ("code", sent_code(platform))])
            })
        },
        act: answering,
        success: 200,
        again: 403,
        check: one_more,
    }
}

#[tokio::test]
async fn a_mailed_code_opens_one_session() {
    mailed_code().walk().await;
}

#[tokio::test]
async fn a_shown_code_opens_one_session() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                let (authenticator, _, token) = account_with_authenticator(platform, ANN).await;
                let uuid = challenge(platform, ANN).await;
                let code = authenticator.next_code(platform);
                Prepared::from([("uuid", uuid), ("code", code), ("token", token)])
            })
        },
        act: answering,
        success: 200,
        again: 403,
        check: one_more,
    };
    flow.walk().await;
}

#[tokio::test]
async fn a_recovery_code_opens_one_session_and_is_used_up_by_nothing_else() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                let (_, codes, token) = account_with_authenticator(platform, ANN).await;
                let uuid = challenge(platform, ANN).await;
                let code = codes[0].clone();
                Prepared::from([("uuid", uuid), ("code", code), ("token", token)])
            })
        },
        act: answering,
        success: 200,
        again: 403,
        check: |platform, prepared| {
            Box::pin(async {
                one_more(platform, prepared).await;
                let left = credential(platform).await["recovery_codes"].clone();
                assert_eq!(left.as_array().map(Vec::len), Some(9));
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn a_password_that_waits_is_set_with_the_session_or_not_at_all() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                account_with(platform, ANN, "email").await;
                let body =
                    json!({ "userId": ANN, "password": PASSWORD, "newPassword": STRICT_PASSWORD });
                let asked = platform.post(&path("oauth2")).json(&body).send().await;
                let uuid = challenge_in(&asked);
                Prepared::from([("uuid", uuid), ("code", sent_code(platform))])
            })
        },
        act: answering,
        success: 200,
        again: 403,
        check: |platform, prepared| {
            Box::pin(async {
                one_more(platform, prepared).await;
                let old = sign_in(platform, ANN, PASSWORD).await;
                assert_eq!(old.json()["ErrorCode"], 2);
                challenge_in(&sign_in(platform, ANN, STRICT_PASSWORD).await);
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn a_code_is_sent_again_though_a_reply_is_lost() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                account_with(platform, ANN, "sms").await;
                let uuid = challenge(platform, ANN).await;
                Prepared::from([("uuid", uuid), ("code", sent_code(platform))])
            })
        },
        act: |platform, prepared| Box::pin(resend(platform, &prepared["uuid"])),
        success: 200,
        again: 429,
        check: |platform, prepared| {
            Box::pin(async {
                assert_eq!(sent_code(platform), prepared["code"]);
                assert_eq!(answering(platform, prepared).await.status, 200);
            })
        },
    };
    flow.walk().await;
}

/// What the account says of its factor is what its credential holds.
async fn expect_bound(platform: &Platform, token: &str, bound: bool) {
    let me = get(platform, token, "oauth2?me=true").await;
    assert_eq!(me.status, 200, "its own session goes on: {}", me.body);
    let mfa = &me.json()["userTypeProprietaryInfo"]["mfa"];
    assert_eq!(mfa["enabled"], bound);
    assert_eq!(credential(platform).await["totp_seed"].is_string(), bound);
    assert_eq!(platform.deliver().await.len(), 1, "one notice");
}

pub(crate) fn binding() -> Flow {
    Flow {
        prepare: |platform| {
            Box::pin(async {
                platform.register_confirmed(ANN).await;
                let token = token(platform, ANN, PASSWORD).await;
                let code = seed(platform, &token).await.code(platform);
                Prepared::from([("token", token), ("code", code)])
            })
        },
        act: |platform, prepared| {
            let body = json!({ "code": prepared["code"] });
            Box::pin(async move { put(platform, &prepared["token"], "totp", &body).await })
        },
        success: 200,
        again: 400,
        check: |platform, prepared| Box::pin(expect_bound(platform, &prepared["token"], true)),
    }
}

#[tokio::test]
async fn an_authenticator_is_bound_or_is_not() {
    binding().walk().await;
}

#[tokio::test]
async fn an_authenticator_is_taken_off_or_stays() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                let (authenticator, _, token) = account_with_authenticator(platform, ANN).await;
                let code = authenticator.next_code(platform);
                Prepared::from([("token", token), ("code", code)])
            })
        },
        act: |platform, prepared| {
            let body: Value = json!({ "currentPassword": PASSWORD, "code": prepared["code"] });
            let request = request(platform, &prepared["token"], Method::DELETE, "totp");
            Box::pin(request.json(&body).send())
        },
        success: 204,
        again: 404,
        check: |platform, prepared| Box::pin(expect_bound(platform, &prepared["token"], false)),
    };
    flow.walk().await;
}

/// Tokens of a sign-in.
fn signed_in(platform: &Platform) -> BoxFuture<'_, Prepared> {
    Box::pin(async {
        platform.register_confirmed(ANN).await;
        let body = sign_in(platform, ANN, PASSWORD).await.json();
        let text = |name: &str| body[name].as_str().expect("a token").to_owned();
        Prepared::from([
            ("access", text("access_token")),
            ("refresh", text("refresh_token")),
        ])
    })
}

async fn refresh(platform: &Platform, access: &str, refresh: &str) -> Answer {
    let rest = "oauth2?grant_type=refresh_token";
    let request = request(platform, access, Method::POST, rest);
    let body = json!({ "refreshToken": refresh });
    request.json(&body).send().await
}

#[tokio::test]
async fn a_refresh_burns_no_token() {
    let flow = Flow {
        prepare: signed_in,
        act: |platform, prepared| {
            Box::pin(refresh(platform, &prepared["access"], &prepared["refresh"]))
        },
        success: 200,
        again: 200,
        check: |platform, prepared| {
            Box::pin(async {
                let again = refresh(platform, &prepared["access"], &prepared["refresh"]).await;
                let next = again.json()["refresh_token"].clone();
                let next = next.as_str().expect("a token");
                let next = refresh(platform, &prepared["access"], next).await;
                assert_eq!(next.status, 200, "{}", next.body);
                assert_eq!(platform.items("sessions").await[0]["generation"], 2);
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn a_sign_out_ends_the_session_or_says_that_it_did_not() {
    let flow = Flow {
        prepare: signed_in,
        act: |platform, prepared| {
            let rest = format!("oauth2/{}", prepared["access"]);
            Box::pin(async move { super::delete(platform, &prepared["access"], &rest).await })
        },
        success: 204,
        again: 403,
        check: |platform, _| Box::pin(async { assert_eq!(sessions(platform).await, 0) }),
    };
    flow.walk().await;
}

/// While the second half of a sign-in fails for good, nobody is let in by the first.
#[tokio::test]
async fn an_outage_opens_nothing() {
    let platform = Platform::start().await;
    account_with(&platform, ANN, "email").await;
    let uuid = challenge(&platform, ANN).await;
    let code = sent_code(&platform);
    for call in ["UpdateItem codes", "GetItem users", "TransactWriteItems"] {
        let refused = crate::harness::Fault::AccessDenied;
        platform.connector.inject(call, refused, usize::MAX);
        let out = answer(&platform, &uuid, &code).await;
        assert_eq!(out.status, 503, "{call}: {}", out.body);
        assert_eq!(sessions(&platform).await, 0, "{call}");
        platform.connector.heal();
    }
    ask_for(&platform, ANN, "email").await;
    assert_eq!(answer(&platform, &uuid, &code).await.status, 200);
}
