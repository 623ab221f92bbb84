//! Row 6: a new password by mail.

use insta::assert_snapshot;
use serde_json::json;

use super::{NEW_PASSWORD, STATUS, expect_nothing_done, stored};
use crate::harness::{Answer, PASSWORD, Platform, password_in};

async fn ask(platform: &Platform, email: &str) -> Answer {
    let body = json!({ "email": email });
    platform.post(NEW_PASSWORD).json(&body).send().await
}

/// Asks a second after whatever was before, and reads the mail.
async fn mailed_password(platform: &Platform, email: &str) -> String {
    platform.clock.advance_seconds(1);
    assert_eq!(ask(platform, email).await.status, 200);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    password_in(&mails[0].text)
}

#[tokio::test]
async fn the_answer_is_a_neutral_user_with_the_address_as_it_was_typed() {
    let platform = Platform::start().await;
    platform.register_confirmed("Ann@Example.com").await;
    platform.clock.advance_seconds(1);
    assert_snapshot!(ask(&platform, "ANN@example.COM").await.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":true,"firstname":"","lastname":"","email":"ANN@example.COM","id":0,"language":"en","permissionLevel":0}}
    "#);
    assert_snapshot!(stored(&platform, "outbox").await, @r#"{"address":"[address]","dialect":"user-service","expires":1767830401,"id":"[id]","issued_at":1767225601000,"key_version":1,"kind":"mailed-password","realm":"default"}"#);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["Ann@Example.com"]);
    assert_eq!(mails[0].subject, "Gatehouse: Your new password");
    let password = password_in(&mails[0].text);
    assert_snapshot!(mails[0].text.replace(&password, "[password]"), @"
    Hello,

    You asked for a new password. Please sign in with it and then choose one of your own.

    Your new password:

    [password]

    It is valid for 1 hour. Until you first sign in with it, your old password keeps working.

    If you did not ask for this, you can simply ignore this email: your password stays as it is.

    Gatehouse
    This email was sent automatically. We never ask for your password by email.
    ");
    assert_eq!(stored(&platform, "outbox").await, "");
    assert!(!platform.dump().await.contains(&password));
}

#[tokio::test]
async fn an_unknown_address_gets_the_same_answer_and_no_mail() {
    let platform = Platform::start().await;
    platform.register_confirmed("known@example.com").await;
    platform.clock.advance_seconds(1);
    platform.connector.forget();
    let known = ask(&platform, "known@example.com").await;
    let calls = platform.connector.calls();
    assert_eq!(platform.deliver().await.len(), 1);
    platform.connector.forget();
    let unknown = ask(&platform, "unknown@example.com").await;
    assert_eq!(
        unknown.whole(),
        known
            .whole()
            .replace("known@example.com", "unknown@example.com")
    );
    assert_eq!(platform.connector.calls(), calls);
    let names = |answer: &Answer| {
        answer
            .headers
            .keys()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&unknown), names(&known));
    assert_eq!(platform.deliver().await.len(), 0);
    assert_eq!(stored(&platform, "outbox").await, "");
    assert!(!platform.dump().await.contains("unknown@"));
}

#[tokio::test]
async fn the_old_password_works_until_the_new_one_is_first_used() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    let mailed = mailed_password(&platform, "ann@example.com").await;
    platform.signed_in("ann@example.com", PASSWORD).await;
    platform.signed_in("ann@example.com", &mailed).await;
    let old = platform.login("ann@example.com", PASSWORD).await;
    assert_snapshot!(old.whole(), @r#"
    401
    {"error":"wrong e-mail address or password"}
    "#);
}

#[tokio::test]
async fn a_used_mailed_password_stays_the_password() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    let mailed = mailed_password(&platform, "ann@example.com").await;
    platform.signed_in("ann@example.com", &mailed).await;
    assert_snapshot!(stored(&platform, "users").await, @r#"
    {"attempt":"[attempt]","created_at":1767225600000,"credential_version":2,"expires":"never","failed_at":1767225601000,"failures":0,"failures_in_a_row":0,"known_failures":0,"last_sign_in":1767225601000,"mailed_issued_at":1767225601000,"password_hash":"[password_hash]","pk":"email#default#[digest]","user_id":"[user_id]"}
    {"confirmed":true,"created_at":1767225600000,"credential_version":2,"email":"ann@example.com","email_original":"ann@example.com","email_proved_at":1767225600000,"listed_at":"1767225600000#0000000001","listing":"default#[nibble]","password_changed_at":1767225601000,"permission_level":0,"pk":"user#[id]","realm":"default","suspended":false,"user_language":"en","user_number":1}
    {"hashes":"[1 hashes]","pk":"history#[id]"}
    {"pk":"number#1","user_id":"[user_id]"}
    "#);
    platform.clock.advance_seconds(90 * 86_400);
    platform.signed_in("ann@example.com", &mailed).await;
}

#[tokio::test]
async fn a_mailed_password_dies_unused_after_an_hour() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    let mailed = mailed_password(&platform, "ann@example.com").await;
    platform.clock.advance_seconds(3600);
    let late = platform.login("ann@example.com", &mailed).await;
    assert_snapshot!(late.whole(), @r#"
    401
    {"error":"wrong e-mail address or password"}
    "#);
    platform.signed_in("ann@example.com", PASSWORD).await;
    let again = mailed_password(&platform, "ann@example.com").await;
    assert_ne!(again, mailed);
    platform.clock.advance_seconds(3599);
    platform.signed_in("ann@example.com", &again).await;
}

#[tokio::test]
async fn a_newer_mailed_password_kills_the_older() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    let older = mailed_password(&platform, "ann@example.com").await;
    let newer = mailed_password(&platform, "ann@example.com").await;
    assert_eq!(platform.login("ann@example.com", &older).await.status, 401);
    platform.signed_in("ann@example.com", &newer).await;
}

#[tokio::test]
async fn the_first_use_ends_earlier_sessions() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let mailed = mailed_password(&platform, "ann@example.com").await;
    let status = async |token: &str| platform.get(STATUS).bearer(token).send().await;
    assert_eq!(status(&session.access_token).await.status, 200);
    let newer = platform.signed_in("ann@example.com", &mailed).await;
    assert_snapshot!(status(&session.access_token).await.whole(), @r#"
    401
    {"error":"the session has ended"}
    "#);
    assert_eq!(status(&newer.access_token).await.status, 200);
}

#[tokio::test]
async fn the_first_use_confirms_an_account_that_waits() {
    let platform = Platform::start().await;
    platform.register("ann@example.com").await;
    platform.deliver().await;
    let mailed = mailed_password(&platform, "ann@example.com").await;
    let waiting = platform.login("ann@example.com", PASSWORD).await;
    assert_eq!(waiting.status, 400, "{}", waiting.body);
    let session = platform.signed_in("ann@example.com", &mailed).await;
    assert_eq!(session.user["confirmed"], true);
    let users = platform.items("users").await;
    assert!(
        users
            .iter()
            .any(|item| item.contains_key("email_proved_at"))
    );
    assert!(
        users
            .iter()
            .all(|item| !item.contains_key("never_confirmed"))
    );
}

#[tokio::test]
async fn asking_changes_nothing_on_the_account() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let users = platform.items("users").await;
    platform.clock.advance_seconds(1);
    ask(&platform, "ann@example.com").await;
    assert_eq!(platform.items("users").await, users);
    let status = platform
        .get(STATUS)
        .bearer(&session.access_token)
        .send()
        .await;
    assert_eq!(status.status, 200);
}

#[tokio::test]
async fn a_suspended_account_stays_out_with_a_mailed_password() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    super::set_on_account(&platform, 1, "suspended", true).await;
    let mailed = mailed_password(&platform, "ann@example.com").await;
    let answer = platform.login("ann@example.com", &mailed).await;
    assert_eq!(
        answer.whole(),
        "400\n{\"error\":\"the account has not been activated\"}"
    );
    assert_eq!(platform.items("sessions").await, []);
}

#[tokio::test]
async fn over_three_an_hour_nothing_is_mailed_and_nothing_is_told() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    let mut bodies = Vec::new();
    let mut mails = 0;
    for _ in 0..5 {
        platform.clock.advance_seconds(10);
        bodies.push(ask(&platform, "ann@example.com").await.whole());
        mails += platform.deliver().await.len();
    }
    assert_eq!(mails, 3);
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    platform.clock.advance_seconds(3600);
    mailed_password(&platform, "ann@example.com").await;
}

#[tokio::test]
async fn what_is_no_address_is_refused() {
    let platform = Platform::start().await;
    let before = platform.dump().await;
    let mut answers = Vec::new();
    for body in [
        json!({}),
        json!({ "email": null }),
        json!({ "email": "" }),
        json!({ "email": "ann" }),
        json!({ "email": "ann@example.com,eve@example.com" }),
        json!({ "email": "ann@example.com\nBcc: eve@example.com" }),
        json!({ "email": ["ann@example.com", "eve@example.com"] }),
        json!({ "email": { "to": "ann@example.com" } }),
    ] {
        let answer = platform.post(NEW_PASSWORD).json(&body).send().await;
        answers.push(format!("{} {}", answer.status, answer.body));
    }
    assert_snapshot!(answers.join("\n"), @r#"
    400 {"error":"email is required"}
    400 {"error":"email is required"}
    400 {"error":"the e-mail address is not valid"}
    400 {"error":"the e-mail address is not valid"}
    400 {"error":"the e-mail address is not valid"}
    400 {"error":"the e-mail address is not valid"}
    400 {"error":"email is not valid"}
    400 {"error":"email is not valid"}
    "#);
    expect_nothing_done(&platform, &before, "no addresses").await;
}
