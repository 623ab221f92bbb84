//! Row 14: deleting the own account.

use insta::assert_snapshot;
use serde_json::json;

use super::{ATTRIBUTES, NEW_PASSWORD, STATUS, USER, expect_nothing_done, stored};
use crate::harness::{PASSWORD, Platform, Session, code_in};

/// An account with everything that an account can have.
async fn rich_account(platform: &Platform) -> Session {
    let session = platform.new_session("ann@example.com").await;
    platform
        .post(super::PROFILE)
        .bearer(&session.access_token)
        .json(&json!({ "firstname": "Annabel", "lastname": "Leesmith" }))
        .send()
        .await;
    platform
        .post(ATTRIBUTES)
        .bearer(&session.access_token)
        .json(&json!({ "attributeKey": "birthplace", "attributeText": "Heidelberg" }))
        .send()
        .await;
    platform.clock.advance_seconds(1);
    platform
        .post("/reset-password/request")
        .header("sec-fetch-site", "same-origin")
        .form(&[("email", "ann@example.com")])
        .send()
        .await;
    assert_eq!(platform.deliver().await.len(), 1);
    session
}

#[tokio::test]
async fn a_deleted_account_leaves_a_tombstone_without_personal_data() {
    let platform = Platform::start().await;
    let session = rich_account(&platform).await;
    let answer = platform
        .delete(USER)
        .bearer(&session.access_token)
        .send()
        .await;
    assert_eq!(answer.whole(), "204\n");
    assert_snapshot!(stored(&platform, "users").await, @r#"{"deleted_at":1767225601000,"expires":1769817601,"pk":"user#[id]"}"#);
    assert_snapshot!(stored(&platform, "outbox").await, @r#"{"dialect":"user-service","expires":1767830401,"id":"[id]","issued_at":1767225601000,"key_version":0,"kind":"erase","user_id":"[user_id]"}"#);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 0);
    for table in ["attributes", "sessions", "codes", "outbox"] {
        assert_eq!(stored(&platform, table).await, "", "{table}");
    }
    let dump = platform.dump().await;
    for trace in [
        "ann@example.com",
        "Annabel",
        "Leesmith",
        "Heidelberg",
        "$argon2",
    ] {
        assert!(!dump.contains(trace), "{trace} in {dump}");
    }
}

#[tokio::test]
async fn its_tokens_end_at_once() {
    let platform = Platform::start().await;
    let session = rich_account(&platform).await;
    let other = platform.signed_in("ann@example.com", PASSWORD).await;
    platform
        .delete(USER)
        .bearer(&session.access_token)
        .send()
        .await;
    for token in [&session.access_token, &other.access_token] {
        let status = platform.get(STATUS).bearer(token).send().await;
        assert_eq!(status.whole(), "401\n{\"error\":\"the session has ended\"}");
    }
    let again = platform
        .delete(USER)
        .bearer(&session.access_token)
        .send()
        .await;
    assert_eq!(again.whole(), "401\n{\"error\":\"the session has ended\"}");
    let login = platform.login("ann@example.com", PASSWORD).await;
    assert_eq!(
        login.whole(),
        "401\n{\"error\":\"wrong e-mail address or password\"}"
    );
}

#[tokio::test]
async fn its_address_is_free_at_once_for_an_account_that_inherits_nothing() {
    let platform = Platform::start().await;
    let session = rich_account(&platform).await;
    platform
        .delete(USER)
        .bearer(&session.access_token)
        .send()
        .await;
    let user = platform.register("Ann@Example.com").await;
    assert_eq!(
        user,
        json!({
            "confirmed": false, "firstname": null, "lastname": null, "email": "ann@example.com", "id": 2,
            "language": "en", "permissionLevel": 0,
        })
    );
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    let code = code_in(&mails[0].text);
    let body = json!({ "code": code });
    let activated = platform.post(super::ACTIVATE).json(&body).send().await;
    assert_eq!(activated.status, 200, "{}", activated.body);
    let fresh = platform.signed_in("ann@example.com", PASSWORD).await;
    let attributes = platform
        .get(ATTRIBUTES)
        .bearer(&fresh.access_token)
        .send()
        .await;
    assert_eq!(attributes.whole(), "200\n{}");
    let old = platform
        .get(STATUS)
        .bearer(&session.access_token)
        .send()
        .await;
    assert_eq!(old.status, 401);
}

#[tokio::test]
async fn it_gets_no_mail_any_more() {
    let platform = Platform::start().await;
    let session = rich_account(&platform).await;
    platform.clock.advance_seconds(1);
    let body = json!({ "email": "ann@example.com" });
    platform.post(NEW_PASSWORD).json(&body).send().await;
    platform
        .delete(USER)
        .bearer(&session.access_token)
        .send()
        .await;
    platform.post(NEW_PASSWORD).json(&body).send().await;
    assert_eq!(platform.deliver().await.len(), 0);
    assert_eq!(stored(&platform, "outbox").await, "");
}

#[tokio::test]
async fn other_accounts_stay_as_they_are() {
    let platform = Platform::start().await;
    let bob = platform.new_session("bob@example.com").await;
    platform
        .post(ATTRIBUTES)
        .bearer(&bob.access_token)
        .json(&json!({ "attributeKey": "theme", "attributeText": "dark" }))
        .send()
        .await;
    let before = platform
        .get(super::PROFILE)
        .bearer(&bob.access_token)
        .send()
        .await;
    let ann = rich_account(&platform).await;
    platform.delete(USER).bearer(&ann.access_token).send().await;
    platform.deliver().await;
    let after = platform
        .get(super::PROFILE)
        .bearer(&bob.access_token)
        .send()
        .await;
    assert_eq!(after.whole(), before.whole());
    platform.signed_in("bob@example.com", PASSWORD).await;
}

#[tokio::test]
async fn nobody_is_deleted_without_an_access_token() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let before = platform.dump().await;
    let anonymous = platform.delete(USER).send().await;
    assert_snapshot!(anonymous.whole(), @r#"
    401
    {"error":"an access token is required"}
    "#);
    let refresh = platform
        .delete(USER)
        .bearer(&session.refresh_token)
        .send()
        .await;
    assert_snapshot!(refresh.whole(), @r#"
    403
    {"error":"the token is not valid"}
    "#);
    expect_nothing_done(&platform, &before, "no access token").await;
}
