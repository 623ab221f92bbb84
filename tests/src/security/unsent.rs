//! Messages that are not sent: an outage is told, nothing opens, and doing it again ends well.

use futures::future::BoxFuture;
use serde_json::json;

use super::factor::{
    ANN, account_with, answer, challenge, code_in_message, resend, sent_code, sessions,
};
use super::{post, root, sign_in, token};
use crate::faults::{Flow, Prepare, Prepared};
use crate::harness::{PASSWORD, Platform};

const NUMBER: &str = "+4915112345678";

fn with_mailed_codes(platform: &Platform) -> BoxFuture<'_, Prepared> {
    Box::pin(async {
        account_with(platform, ANN, "email").await;
        Prepared::new()
    })
}

fn with_texted_codes(platform: &Platform) -> BoxFuture<'_, Prepared> {
    Box::pin(async {
        account_with(platform, ANN, "sms").await;
        Prepared::new()
    })
}

fn with_root(platform: &Platform) -> BoxFuture<'_, Prepared> {
    Box::pin(async { Prepared::from([("token", root(platform).await)]) })
}

fn with_token(platform: &Platform) -> BoxFuture<'_, Prepared> {
    Box::pin(async {
        platform.register_confirmed(ANN).await;
        Prepared::from([("token", token(platform, ANN, PASSWORD).await)])
    })
}

fn begun(platform: &Platform) -> BoxFuture<'_, Prepared> {
    Box::pin(async {
        let uuid = challenge(platform, ANN).await;
        Prepared::from([("uuid", uuid), ("code", sent_code(platform))])
    })
}

#[tokio::test]
async fn a_challenge_whose_code_is_not_sent() {
    for prepare in [with_mailed_codes as Prepare, with_texted_codes] {
        let flow = Flow {
            prepare,
            act: |platform, _| Box::pin(sign_in(platform, ANN, PASSWORD)),
            success: 200,
            again: 200,
            check: |platform, _| {
                Box::pin(async {
                    assert_eq!(sessions(platform).await, 0);
                    let uuid = challenge(platform, ANN).await;
                    let answered = answer(platform, &uuid, &sent_code(platform)).await;
                    assert_eq!(answered.status, 200, "{}", answered.body);
                })
            },
        };
        flow.go_unsent().await;
    }
}

#[tokio::test]
async fn a_code_that_is_not_sent_again() {
    let prepares: [Prepare; 2] = [
        |platform| {
            Box::pin(async {
                with_mailed_codes(platform).await;
                begun(platform).await
            })
        },
        |platform| {
            Box::pin(async {
                with_texted_codes(platform).await;
                begun(platform).await
            })
        },
    ];
    for prepare in prepares {
        let flow = Flow {
            prepare,
            act: |platform, prepared| Box::pin(resend(platform, &prepared["uuid"])),
            success: 200,
            again: 429,
            check: |platform, prepared| {
                Box::pin(async {
                    for message in platform.inbox.messages() {
                        assert_eq!(code_in_message(&message.text), prepared["code"]);
                    }
                    let (uuid, code) = (&prepared["uuid"], &prepared["code"]);
                    let answered = answer(platform, uuid, code).await;
                    assert_eq!(answered.status, 200, "{}", answered.body);
                })
            },
        };
        flow.go_unsent().await;
    }
}

#[tokio::test]
async fn a_number_whose_code_is_not_sent() {
    let flow = Flow {
        prepare: with_token,
        act: |platform, prepared| {
            Box::pin(async {
                let rest = "sms?validateNumber=true";
                post(platform, &prepared["token"], rest, &json!({ "to": NUMBER })).await
            })
        },
        success: 200,
        again: 200,
        check: |platform, prepared| {
            Box::pin(async {
                let code = sent_code(platform);
                let rest = format!("sms?completeValidation=true&validationCode={code}");
                let body = json!({ "to": NUMBER });
                let proved = post(platform, &prepared["token"], &rest, &body).await;
                assert_eq!(proved.status, 200, "{}", proved.body);
            })
        },
    };
    flow.go_unsent().await;
}

#[tokio::test]
async fn a_mail_of_an_administrator_that_is_not_sent() {
    let flow = Flow {
        prepare: with_root,
        act: |platform, prepared| {
            let body = json!({
                "from": "no-reply@gatehouse.example",
                "subject": "The lift",
                "recipients": ["ben@example.com"],
                "text": "It is out of order.",
            });
            Box::pin(async move { post(platform, &prepared["token"], "email", &body).await })
        },
        success: 200,
        again: 200,
        check: |platform, _| {
            Box::pin(async {
                let last = platform.inbox.messages().pop().expect("a mail");
                assert_eq!(last.to, ["ben@example.com"]);
            })
        },
    };
    flow.go_unsent().await;
}

#[tokio::test]
async fn a_text_message_of_an_administrator_that_is_not_sent() {
    let flow = Flow {
        prepare: with_root,
        act: |platform, prepared| {
            let body = json!({ "to": NUMBER, "text": "The lift is out of order." });
            Box::pin(async move { post(platform, &prepared["token"], "sms", &body).await })
        },
        success: 200,
        again: 200,
        check: |platform, _| {
            Box::pin(async {
                let last = platform.inbox.messages().pop().expect("a message");
                assert_eq!(last.to, [NUMBER]);
            })
        },
    };
    flow.go_unsent().await;
}
