//! While KMS does not sign: nobody is let in, and nothing is used up that lets somebody in afterwards.

use std::time::Duration;

use futures::future::{join, join_all};
use local::projects::SHARING;
use serde_json::{Value, json};

use super::kms::OAUTH2;
use super::{ADMIN, Stack};
use crate::harness::{Fault, PASSWORD, Platform, Request};
use crate::identify::{NEW_PASSWORD, ann, sign_in_again};
use crate::security::factor::{
    ANN, AUTHENTICATE, IDENTIFY_LOGIN, LOGIN, account_with_authenticator, answer, answering,
    challenge, sessions, signing_in, with,
};

/// Ways in which KMS does not sign.
const OUTAGES: [Fault; 5] = [
    Fault::AccessDenied,
    Fault::ServerError,
    Fault::Throttled,
    Fault::LostReply,
    Fault::Delay(Duration::from_hours(1)),
];

/// Sends these at once; none of them is answered.
async fn expect_no_answer(requests: Vec<Request>, why: &str) {
    for answer in join_all(requests.into_iter().map(Request::send)).await {
        assert_eq!(answer.status, 503, "{why}: {}", answer.body);
    }
}

/// What the audit trail tells, in no order.
async fn told(platform: &Platform) -> Vec<String> {
    let events = platform.items("audit").await;
    let mut told: Vec<_> = events
        .iter()
        .map(|event| event["event"].to_string())
        .collect();
    told.sort();
    told
}

#[tokio::test]
async fn nobody_signs_in_and_no_refresh_token_is_used_up() {
    let stack = Stack::in_kms("ES256").await;
    let body = json!({ "userId": ADMIN, "password": PASSWORD });
    let platform = &stack.platform;
    let tokens = platform.post(OAUTH2).json(&body).send().await.json();
    let session = platform.signed_in(ADMIN, PASSWORD).await;
    for fault in OUTAGES {
        platform.connector.inject("Sign kms", fault, usize::MAX);
        let credentials = json!({ "email": ADMIN, "password": PASSWORD });
        let refresh = json!({ "refreshToken": session.refresh_token });
        let asked = [
            ("/user-service/v1/users/login", &credentials),
            ("/user-service/v1/users/accessToken", &refresh),
            ("/rbac/auth/authenticate", &credentials),
            (OAUTH2, &body),
        ];
        let asked = asked.map(|(path, body)| platform.post(path).json(body).send());
        let (answers, refresh) = join(join_all(asked), stack.refresh(&tokens)).await;
        for answer in answers.iter().chain([&refresh]) {
            assert_eq!(answer.status, 503, "{fault:?}: {}", answer.body);
        }
        // Whoever comes again after this time with a token that was used up loses the session.
        stack.wait(60);
        platform.connector.heal();
    }
    let refreshed = stack.refresh(&tokens).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    let next = stack.refresh(&refreshed.json()).await;
    assert_eq!(next.status, 200, "{}", next.body);
}

#[tokio::test]
async fn identify_signs_nobody_in_and_changes_no_password() {
    let stack = Stack::in_kms("RS256").await;
    let platform = &stack.platform;
    let project = json!({ "command": "project.put", "id": SHARING });
    stack.command(project).await.expect("a project");
    let login = ann(platform).await;
    for fault in OUTAGES {
        platform.connector.inject("Sign kms", fault, usize::MAX);
        let asked = [
            sign_in_again(platform),
            login.refresh(platform),
            login.change_password(platform, PASSWORD, NEW_PASSWORD),
        ];
        for answer in join_all(asked.map(Request::send)).await {
            assert_eq!(answer.status, 503, "{fault:?}: {}", answer.body);
        }
        // Whoever comes again after this time with a token that was used up loses the session.
        stack.wait(60);
        platform.connector.heal();
    }
    let login = login.refreshed(&login.refresh(platform).send().await);
    let changed = login.change_password(platform, PASSWORD, NEW_PASSWORD);
    let login = login.refreshed(&changed.send().await);
    assert_eq!(login.status(platform).await, 200);
}

#[tokio::test]
async fn no_answer_to_a_challenge_is_used_up() {
    let stack = Stack::in_kms("ES256").await;
    let platform = &stack.platform;
    let (authenticator, recovery, _) = account_with_authenticator(platform, ANN).await;
    for (fault, recovery) in OUTAGES.into_iter().zip(&recovery) {
        stack.wait(60);
        let shown = authenticator.code(platform);
        let asked = [
            challenge(platform, ANN).await,
            challenge(platform, ANN).await,
        ];
        let (open, told_before) = (sessions(platform).await, told(platform).await);
        platform.connector.inject("Sign kms", fault, usize::MAX);
        let answers = asked.iter().zip([&shown, recovery]);
        let answers = answers.map(|(asked, code)| answering(platform, asked, code));
        expect_no_answer(answers.collect(), &format!("{fault:?}")).await;
        assert_eq!(sessions(platform).await, open, "{fault:?}");
        assert_eq!(told(platform).await, told_before, "{fault:?}");
        platform.connector.heal();
        for (asked, code) in asked.iter().zip([&shown, recovery]) {
            let opened = answer(platform, asked, code).await;
            assert_eq!(opened.status, 200, "{fault:?}: {}", opened.body);
            let again = answer(platform, asked, code).await;
            assert_eq!(again.status, 403, "{fault:?}: {}", again.body);
        }
    }
}

#[tokio::test]
async fn no_code_beside_a_password_is_used_up() {
    let stack = Stack::in_kms("ES256").await;
    let platform = &stack.platform;
    let project = json!({ "command": "project.put", "id": SHARING });
    stack.command(project).await.expect("a project");
    let (authenticator, recovery, _) = account_with_authenticator(platform, ANN).await;
    // Document 001 asks for codes by a challenge.
    let routes = [LOGIN, AUTHENTICATE, IDENTIFY_LOGIN].into_iter().cycle();
    for ((fault, route), recovery) in OUTAGES.into_iter().zip(routes).zip(&recovery) {
        stack.wait(900);
        for code in [&authenticator.code(platform), recovery] {
            let sign_in = || signing_in(platform, route, &with(PASSWORD, &json!(code)));
            let (open, told_before) = (sessions(platform).await, told(platform).await);
            platform.connector.inject("Sign kms", fault, usize::MAX);
            expect_no_answer(vec![sign_in()], &format!("{route} {fault:?}")).await;
            assert_eq!(sessions(platform).await, open, "{route} {fault:?}");
            assert_eq!(told(platform).await, told_before, "{route} {fault:?}");
            platform.connector.heal();
            let opened = sign_in().send().await;
            assert_eq!(opened.status, 200, "{route} {fault:?}: {}", opened.body);
            let again = sign_in().send().await;
            assert_eq!(again.status, 401, "{route} {fault:?}: {}", again.body);
        }
    }
}

#[tokio::test]
async fn no_password_changes_at_sign_in() {
    let stack = Stack::in_kms("ES256").await;
    let platform = &stack.platform;
    platform.register_confirmed(ANN).await;
    let change = || {
        let body =
            json!({ "userId": ANN, "password": PASSWORD, "newPassword": "Violet-tractor-5-sings" });
        platform.post(OAUTH2).json(&body)
    };
    let told_before = told(platform).await;
    for fault in OUTAGES {
        platform.connector.inject("Sign kms", fault, usize::MAX);
        expect_no_answer(vec![change()], &format!("{fault:?}")).await;
        platform.connector.heal();
    }
    assert_eq!(sessions(platform).await, 0);
    assert_eq!(told(platform).await, told_before);
    assert_eq!(change().send().await.status, 200, "the old one is good");
    let expected = ["\"password-changed\"", "\"signed-in\""].map(str::to_owned);
    let mut expected = [told_before, expected.into()].concat();
    expected.sort();
    assert_eq!(told(platform).await, expected);
}

#[tokio::test]
async fn right_passwords_are_no_guesses() {
    let stack = Stack::in_kms("ES256").await;
    let platform = &stack.platform;
    let project = json!({ "command": "project.put", "id": SHARING });
    stack.command(project).await.expect("a project");
    platform.register_confirmed(ANN).await;
    for route in [LOGIN, AUTHENTICATE, IDENTIFY_LOGIN, OAUTH2] {
        let sign_in = || signing_in(platform, route, &with(PASSWORD, &Value::Null));
        platform
            .connector
            .inject("Sign kms", Fault::ServerError, usize::MAX);
        for _ in 0..10 {
            expect_no_answer(vec![sign_in()], route).await;
        }
        platform.connector.heal();
        let answer = sign_in().send().await;
        assert_eq!(answer.status, 200, "{route}: {}", answer.body);
    }
    assert_eq!(sessions(platform).await, 4);
}
