//! Rows 1 to 7 while the database is out or loses replies, and when many come at once.

use futures::future::join_all;
use http::Method;
use serde_json::json;

use super::accounts::{
    ANN, NEXT, activation, active, authenticate, authentication, register, reset_password,
    users_of_kind, validate, waiting,
};
use super::{REGISTER, RESET_PASSWORD, USERS, VALIDATE, administrator, get};
use crate::harness::{Fault, PASSWORD, Platform, Request, rbac_code_in};
use crate::user_service::expect_nothing_done;

#[tokio::test]
async fn an_outage_is_503_everywhere_and_leaves_nothing_behind() {
    let platform = Platform::with(&[("LIMITS", "off")]).await;
    let admin = administrator(&platform).await;
    let uid = active(&platform, ANN).await;
    let (ben, code) = waiting(&platform, "ben@example.com").await;
    let cyd = json!({ "name": "Cyd", "email": "cyd@example.com", "password": PASSWORD });
    let reset = json!({ "user_uid": uid, "old_password": PASSWORD, "new_password": NEXT });
    let token = json!({ "token": admin });
    let requests = || -> Vec<(Request, &str)> {
        vec![
            (platform.post(VALIDATE).json(&token), "true"),
            (platform.post(REGISTER).json(&cyd), "\"User Registered\""),
            (platform.post(&activation(&ben, &code)), "true"),
            (platform.get(&format!("{USERS}/{uid}")).bearer(&admin), "{"),
            (platform.get(USERS).bearer(&admin), "["),
            (authentication(&platform, ANN, PASSWORD), "{"),
            (
                platform.post(RESET_PASSWORD).json(&reset),
                "\"Password Reset\"",
            ),
        ]
    };
    let before = platform.dump().await;
    for fault in [Fault::ServerError, Fault::AccessDenied, Fault::Throttled] {
        for (number, (request, _)) in requests().into_iter().enumerate() {
            platform.connector.inject("", fault, 1000);
            let answer = request.send().await;
            platform.connector.heal();
            let what = format!("{fault:?} {number}");
            assert_eq!(answer.whole(), "503\n\"Service Unavailable\"", "{what}");
            assert_eq!(answer.header("retry-after"), Some("5"), "{what}");
        }
    }
    expect_nothing_done(&platform, &before, "an outage").await;
    for (number, (request, begins)) in requests().into_iter().enumerate() {
        let answer = request.send().await;
        assert_eq!(answer.status, 200, "{number}: {}", answer.body);
        assert!(answer.body.starts_with(begins), "{number}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_lost_reply_changes_no_answer() {
    for call in ["TransactWriteItems", "UpdateItem", "PutItem", "GetItem"] {
        let platform = Platform::start().await;
        let lose = || {
            platform.connector.heal();
            platform.connector.inject(call, Fault::LostReply, 1);
        };
        let body = json!({ "name": "Ann Lee", "email": ANN, "password": PASSWORD });
        lose();
        let registered = register(&platform, &body).await;
        assert_eq!(registered.whole(), "200\n\"User Registered\"", "{call}");
        platform.connector.heal();
        let mails = platform.deliver().await;
        assert_eq!(mails.len(), 1, "{call}");
        let (uid, code) = rbac_code_in(&mails[0].text);
        lose();
        let activated = platform.post(&activation(&uid, &code)).send().await;
        assert_eq!(activated.whole(), "200\ntrue", "{call}");
        lose();
        let answer = authenticate(&platform, ANN, PASSWORD).await;
        assert_eq!(answer.status, 200, "{call}: {}", answer.body);
        let token = answer.json()["token"].as_str().expect("a token").to_owned();
        lose();
        assert_eq!(validate(&platform, &token).await, "200\ntrue", "{call}");
        lose();
        let own = get(&platform, &token, &format!("{USERS}/{uid}")).await;
        assert_eq!(own.status, 200, "{call}: {}", own.body);
        lose();
        let reset = reset_password(&platform, &uid, PASSWORD, NEXT).await;
        assert_eq!(reset.whole(), "200\n\"Password Reset\"", "{call}");
        platform.connector.heal();
        let answer = authenticate(&platform, ANN, NEXT).await;
        assert_eq!(answer.status, 200, "{call}: {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_registrations_of_one_address_in_both_dialects_one_succeeds() {
    let platform = Platform::with(&[("LIMITS", "off")]).await;
    let requests = (0..64).map(|number| {
        let email = ["ann@example.com", " Ann@Example.com", "ANN@EXAMPLE.COM"][number % 3];
        let body = json!({ "name": "Ann Lee", "email": email, "password": PASSWORD });
        let path = [REGISTER, "/user-service/v1/users/register"][number % 2];
        platform.post(path).json(&body).send()
    });
    let mut statuses = Vec::new();
    for (number, answer) in join_all(requests).await.into_iter().enumerate() {
        match (number % 2, answer.status) {
            (_, 200) => statuses.push(number),
            (0, 409) => assert_eq!(answer.body, "\"Error Registering\""),
            (1, 400) => {}
            _ => panic!("{number}: {}", answer.whole()),
        }
    }
    assert_eq!(statuses.len(), 1, "{statuses:?}");
    assert_eq!(users_of_kind(&platform, "user#").await.len(), 1);
    assert_eq!(platform.deliver().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_uses_of_one_code_by_both_methods_one_succeeds() {
    let platform = Platform::start().await;
    let (uid, code) = waiting(&platform, ANN).await;
    let path = activation(&uid, &code);
    let uses = (0..64).map(|number| {
        let method = [Method::GET, Method::POST][number % 2].clone();
        platform.request(method, &path).send()
    });
    let mut wholes: Vec<_> = join_all(uses)
        .await
        .iter()
        .map(super::Answer::whole)
        .collect();
    wholes.sort();
    assert_eq!(wholes[0], "200\ntrue");
    assert!(
        wholes[1..].iter().all(|whole| whole == "400\nfalse"),
        "{wholes:?}"
    );
    assert_eq!(authenticate(&platform, ANN, PASSWORD).await.status, 200);
}
