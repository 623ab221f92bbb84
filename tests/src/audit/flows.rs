//! What each dialect's main flows leave in the trail: each event once, of the right user.

use http::Method;
use serde_json::json;

use super::{ANN, V1, WRONG, events, id_of, line, post, told_of};
use crate::harness::{
    Browser, PASSWORD, Platform, code_in, password_in, rbac_code_in, reset_code_in,
};
use crate::logs::{Listening, Log};
use crate::security::factor;

const NEXT: &str = "nine paper lanterns over the quay";

#[tokio::test]
async fn the_user_service_from_registering_to_deleting() {
    let platform = Platform::start().await;
    let account = json!({ "email": ANN, "password": PASSWORD });
    post(&platform, &format!("{V1}/register"), account.clone()).await;
    let user = id_of(&platform, ANN).await;
    let code = code_in(&platform.deliver().await[0].text);
    post(
        &platform,
        &format!("{V1}/activate"),
        json!({ "code": code }),
    )
    .await;
    let wrong = json!({ "email": ANN, "password": WRONG });
    post(&platform, &format!("{V1}/login"), wrong).await;
    let session = post(&platform, &format!("{V1}/login"), account)
        .await
        .json();
    let refresh = json!({ "refreshToken": session["refreshToken"] });
    let refreshed = post(&platform, &format!("{V1}/accessToken"), refresh).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    post(
        &platform,
        &format!("{V1}/newPassword"),
        json!({ "email": ANN }),
    )
    .await;
    platform.clock.advance_seconds(1);
    let mailed = password_in(&platform.deliver().await[0].text);
    platform.clock.advance_seconds(1);
    let session = platform.signed_in(ANN, &mailed).await;
    platform.clock.advance_seconds(1);
    let delete = platform.delete(&format!("{V1}/user"));
    let deleted = delete.bearer(&session.access_token).send().await;
    assert_eq!(deleted.status, 204);
    platform.deliver().await;
    assert_eq!(
        told_of(&platform, &user).await,
        [
            "registered user-service",
            "activated user-service",
            "wrong-password user-service",
            "signed-in user-service",
            "recovery-mailed user-service",
            "password-changed user-service",
            "signed-in user-service",
            "deleted user-service",
        ]
    );
    assert_eq!(events(&platform).await.len(), 8, "and nothing else");
}

#[tokio::test]
async fn a_message_that_is_delivered_twice_is_one_event() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    post(
        &platform,
        &format!("{V1}/newPassword"),
        json!({ "email": ANN }),
    )
    .await;
    let lost = crate::harness::Fault::AccessDenied;
    platform.connector.inject("DeleteItem outbox", lost, 1);
    platform.deliver().await;
    assert_eq!(platform.items("outbox").await.len(), 1);
    platform.clock.advance_seconds(1000);
    platform.connector.heal();
    platform.deliver().await;
    assert_eq!(platform.items("outbox").await.len(), 0);
    let events = events(&platform).await;
    let mailed = events
        .iter()
        .filter(|event| event["event"] == "recovery-mailed");
    assert_eq!(mailed.count(), 1);
}

#[tokio::test]
async fn the_identity_server_names_who_did_it() {
    let platform = Platform::start().await;
    let body = json!({ "name": "Ann", "email": ANN, "password": PASSWORD });
    post(&platform, "/rbac/users/register", body).await;
    let (uid, code) = rbac_code_in(&platform.deliver().await[0].text);
    post(
        &platform,
        &format!("/rbac/users/activate/{uid}/{code}"),
        json!({}),
    )
    .await;
    crate::user_service::administrator(&platform).await;
    let boss = id_of(&platform, "admin@example.com").await;
    platform.clock.advance_seconds(1);
    let admin = platform.rbac_token("admin@example.com").await;
    let role = json!({ "name": "porter", "description": "Opens" });
    let send = async |method: Method, path: String, body: serde_json::Value| {
        platform.clock.advance_seconds(1);
        let request = platform.request(method, &format!("/rbac/{path}"));
        let answer = request.bearer(&admin).json(&body).send().await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer
    };
    send(Method::POST, "roles/create".to_owned(), role).await;
    let listed = send(Method::GET, "roles".to_owned(), json!({}))
        .await
        .json();
    let listed = listed.as_array().expect("roles").clone();
    let porter = listed.iter().find(|role| role["name"] == "porter");
    let role = &porter.expect("the role")["id"];
    let grant = json!({ "user_uid": uid, "role_id": role });
    send(Method::POST, "roles/grant".to_owned(), grant.clone()).await;
    send(Method::POST, "roles/revoke".to_owned(), grant).await;
    assert_eq!(
        told_of(&platform, &uid).await,
        [
            "registered rbac".to_owned(),
            "activated rbac".to_owned(),
            format!("role-granted rbac by {boss}"),
            format!("role-revoked rbac by {boss}"),
        ]
    );
    let told = told_of(&platform, &boss).await;
    assert_eq!(told.last().map(String::as_str), Some("role-created rbac"));
}

#[tokio::test]
async fn the_security_service_tells_of_both_factors_and_of_changes() {
    let platform = Platform::start().await;
    let (authenticator, recovery, _) = factor::account_with_authenticator(&platform, ANN).await;
    let user = id_of(&platform, ANN).await;
    platform.clock.advance_seconds(1);
    let uuid = factor::challenge(&platform, ANN).await;
    platform.clock.advance_seconds(1);
    let wrong = authenticator.wrong_code(&platform);
    assert_eq!(factor::answer(&platform, &uuid, &wrong).await.status, 403);
    platform.clock.advance_seconds(1);
    let opened = factor::answer(&platform, &uuid, &recovery[0]).await;
    assert_eq!(opened.status, 200, "{}", opened.body);
    platform.clock.advance_seconds(1);
    let token = opened.json()["access_token"].clone();
    let token = token.as_str().expect("a token");
    let end = platform.delete(&format!("/security/api/v1/oauth2/{token}"));
    assert_eq!(end.bearer(token).send().await.status, 204);
    let mut told = told_of(&platform, &user).await;
    // What was prepared stands at one time, in whatever order.
    told[..4].sort();
    assert_eq!(
        told,
        [
            "activated user-service",
            "registered user-service",
            "second-factor-bound security",
            "signed-in security",
            "challenged security",
            "wrong-second-factor security",
            "recovery-code-used security",
            "signed-in security",
            "signed-out security",
        ]
    );
}

#[tokio::test]
async fn the_pages_tell_what_is_done_there() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let user = id_of(&platform, ANN).await;
    platform.signed_in(ANN, PASSWORD).await;
    platform.clock.advance_seconds(1);
    let mut browser = Browser::signed_in(&platform, ANN).await;
    platform.clock.advance_seconds(1);
    let fields = [
        ("current", PASSWORD),
        ("password", NEXT),
        ("password2", NEXT),
    ];
    browser
        .submit(&platform, "/account/password", &fields)
        .await;
    platform.clock.advance_seconds(1);
    browser.submit(&platform, "/sign-out", &[]).await;
    platform.clock.advance_seconds(61);
    let request = platform.post("/reset-password/request");
    let request = request.header("origin", crate::harness::PUBLIC_URL);
    request.form(&[("email", ANN)]).send().await;
    platform.clock.advance_seconds(1);
    let mails = platform.deliver().await;
    let mail = mails
        .iter()
        .find(|mail| mail.text.contains("/reset-password?"));
    let link = reset_code_in(&mail.expect("a link").text);
    platform.clock.advance_seconds(1);
    assert_eq!(platform.reset(&link, PASSWORD).await.status, 200);
    assert_eq!(
        told_of(&platform, &user).await[3..],
        [
            "signed-in pages",
            "password-changed pages",
            "signed-out pages",
            "recovery-mailed pages",
            "password-changed pages",
        ]
    );
}

#[tokio::test]
async fn an_administrator_who_changes_an_account_is_named() {
    let platform = Platform::start().await;
    crate::user_service::administrator(&platform).await;
    let boss = id_of(&platform, "admin@example.com").await;
    let admin = platform.security_token("admin@example.com").await;
    platform.register_confirmed(ANN).await;
    let user = id_of(&platform, ANN).await;
    let path = format!("/security/api/v1/user/{user}");
    platform.clock.advance_seconds(1);
    let change = platform.request(Method::PUT, &path).bearer(&admin);
    let changed = change.json(&json!({ "description": "asked" })).send().await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    platform.clock.advance_seconds(1);
    let deleted = platform.delete(&path).bearer(&admin).send().await;
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    platform.deliver().await;
    assert_eq!(
        told_of(&platform, &user).await[2..],
        [
            format!("changed security by {boss}"),
            format!("deleted security by {boss}"),
        ]
    );
}

#[tokio::test]
async fn no_event_says_who_somebody_is_or_what_they_know() {
    let platform = Platform::start().await;
    let email = "canary-address@example.com";
    let password = "canary password of the owner";
    let account = json!({ "email": email, "password": password, "firstname": "canary-name" });
    let post = async |path: &str, body: serde_json::Value| {
        let request = platform.post(&format!("{V1}/{path}")).json(&body);
        let request = request.header("user-agent", "canary-agent");
        request.send().await
    };
    post("register", account).await;
    let code = code_in(&platform.deliver().await[0].text);
    post("activate", json!({ "code": code })).await;
    post(
        "login",
        json!({ "email": email, "password": "canary guess" }),
    )
    .await;
    let stranger = json!({ "email": "canary-stranger@example.com", "password": password });
    post("login", stranger).await;
    let session = platform.signed_in(email, password).await;
    post("newPassword", json!({ "email": email })).await;
    let mailed = password_in(&platform.deliver().await[0].text);
    platform.signed_in(email, &mailed).await;
    let events = events(&platform).await;
    assert!(events.len() >= 6, "{events:?}");
    let kept = json!(events).to_string();
    for secret in [
        "canary",
        "example.com",
        "127.0.0.1",
        &code,
        &mailed,
        &session.access_token,
        &session.refresh_token,
    ] {
        assert!(!kept.contains(secret), "{secret:?} is kept");
    }
}

#[tokio::test]
async fn one_request_with_two_outcomes_is_one_line_and_two_events() {
    let log = Log::default();
    let guard = Listening::at("info", &log);
    let platform = Platform::with(&[("LOG_LEVEL", "info")]).await;
    platform.register_confirmed(ANN).await;
    post(
        &platform,
        &format!("{V1}/newPassword"),
        json!({ "email": ANN }),
    )
    .await;
    let mailed = password_in(&platform.deliver().await[0].text);
    platform.clock.advance_seconds(1);
    platform.signed_in(ANN, &mailed).await;
    drop(guard);
    let log = log.text() + &platform.log();
    let line_of = |outcome: &str| {
        let outcome = format!("\"outcome\":\"{outcome}\"");
        log.lines().filter(|line| line.contains(&outcome)).count()
    };
    assert_eq!(line_of("password-changed,signed-in"), 1, "{log}");
    assert_eq!(line_of("password-changed"), 0, "{log}");
    let events = events(&platform).await;
    let [.., changed, signed_in] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(line(changed), "password-changed user-service");
    assert_eq!(line(signed_in), "signed-in user-service");
    assert_eq!(changed["request_id"], signed_in["request_id"]);
}
