//! What ends a challenge before it is answered: time, and whatever changes on the account.

use futures::future::BoxFuture;
use serde_json::json;

use super::super::factor::{
    ANN, account_with, answer, ask_for, challenge, credential, resend, sent_code, sessions,
};
use super::super::{STRICT_PASSWORD, path};
use super::{Factor, METHODS, over, wrong};
use crate::harness::{PASSWORD, PUBLIC_URL, Platform, reset_code_in};
use crate::user_service::set_on_account;

#[tokio::test]
async fn a_challenge_waits_for_five_minutes() {
    for method in METHODS {
        let platform = Platform::start().await;
        let factor = Factor::of(&platform, method).await;
        let (kept, late) = (
            challenge(&platform, ANN).await,
            challenge(&platform, ANN).await,
        );
        let messages = platform.inbox.messages();
        let code = |number: usize| match messages.get(number) {
            Some(message) => super::super::factor::code_in_message(&message.text),
            None => factor.code(&platform),
        };
        platform.clock.advance_seconds(299);
        let answered = answer(&platform, &kept, &code(0)).await;
        assert_eq!(answered.status, 200, "{method}: {}", answered.body);
        platform.clock.advance_seconds(1);
        let answered = answer(&platform, &late, &code(1)).await;
        assert_eq!(answered.whole(), over(), "{method}");
        assert_eq!(resend(&platform, &late).await.whole(), over());
    }
}

type Change = for<'a> fn(&'a Platform) -> BoxFuture<'a, ()>;

/// What changes on an account, by whatever dialect.
const CHANGES: [(&str, Change); 6] = [
    ("another password by the old one", |platform| {
        Box::pin(async {
            let body = json!({
                "user_uid": credential(platform).await["user_id"],
                "old_password": PASSWORD,
                "new_password": STRICT_PASSWORD,
            });
            let change = platform.post("/rbac/users/reset_password").json(&body);
            assert_eq!(change.send().await.status, 200);
        })
    }),
    ("another password by a mailed link", |platform| {
        Box::pin(async {
            let ask = platform.post("/reset-password/request");
            let ask = ask.header("origin", PUBLIC_URL).form(&[("email", ANN)]);
            assert_eq!(ask.send().await.status, 200);
            let code = reset_code_in(&platform.deliver().await[0].text);
            assert_eq!(platform.reset(&code, STRICT_PASSWORD).await.status, 200);
        })
    }),
    ("suspended", |platform| {
        Box::pin(set_on_account(platform, 1, "suspended", true))
    }),
    ("black listed", |platform| {
        Box::pin(set_on_account(platform, 1, "black_listed", true))
    }),
    ("another factor", |platform| {
        Box::pin(ask_for(platform, ANN, "sms"))
    }),
    ("deleted", |platform| {
        Box::pin(async {
            let user = credential(platform).await["user_id"].clone();
            let pk = format!("user#{}", user.as_str().expect("an id"));
            let delete = platform.database().delete_item();
            let delete = delete.table_name("gatehouse-users");
            let pk = aws_sdk_dynamodb::types::AttributeValue::S(pk);
            delete.key("pk", pk).send().await.expect("it is gone");
        })
    }),
];

#[tokio::test]
async fn whatever_changes_on_the_account_ends_its_challenges() {
    for (change, make) in CHANGES {
        let platform = Platform::start().await;
        account_with(&platform, ANN, "email").await;
        let uuid = challenge(&platform, ANN).await;
        let code = sent_code(&platform);
        make(&platform).await;
        let messages = platform.inbox.messages().len();
        let answered = answer(&platform, &uuid, &code).await;
        assert_eq!(answered.whole(), over(), "{change}");
        assert_eq!(sessions(&platform).await, 0, "{change}");
        assert_eq!(platform.inbox.messages().len(), messages, "{change}");
    }
}

#[tokio::test]
async fn a_code_answers_no_challenge_of_another_account() {
    let platform = Platform::start().await;
    account_with(&platform, "ben@example.com", "email").await;
    account_with(&platform, ANN, "email").await;
    let own = challenge(&platform, "ben@example.com").await;
    let code = sent_code(&platform);
    let foreign = challenge(&platform, ANN).await;
    assert_eq!(answer(&platform, &foreign, &code).await.whole(), wrong());
    let answered = answer(&platform, &own, &code).await;
    assert_eq!(answered.json()["username"], "ben@example.com");
}

#[tokio::test]
async fn a_flag_that_is_neither_true_nor_false_is_refused() {
    let platform = Platform::start().await;
    for flag in [
        "completeMFAChallenge=yes",
        "resendMFACode=1",
        "requirements=",
    ] {
        let request = platform.post(&path(&format!("oauth2?{flag}")));
        let answered = request.json(&json!({})).send().await;
        assert_eq!(answered.status, 400, "{flag}: {}", answered.body);
        assert!(answered.body.contains("1018: "), "{}", answered.body);
    }
}
