//! `DELETE users/{id}`: as its owner could.

use insta::assert_snapshot;
use serde_json::json;

use super::{ANN, NO_SUCH_PATH, account, delete, get, patch, refresh_status, set_attribute};
use crate::harness::{PASSWORD, Platform, code_in};
use crate::rbac::uid_of;
use crate::user_service::{ACTIVATE, NEW_PASSWORD, STATUS, USER, administrator, stored};

#[tokio::test]
async fn an_account_is_deleted_as_by_its_owner() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session("ann@example.com").await;
    set_attribute(&platform, &ann, "birthplace", "Heidelberg").await;
    let body = json!({ "email": "ann@example.com" });
    platform.post(NEW_PASSWORD).json(&body).send().await;
    assert_eq!(delete(&platform, &admin, ANN).await.whole(), "204\n");
    assert_eq!(get(&platform, &ann, STATUS).await.status, 401);
    assert_eq!(refresh_status(&platform, &ann).await, 401);
    assert_eq!(
        platform.login("ann@example.com", PASSWORD).await.status,
        401
    );
    let users = stored(&platform, "users").await;
    let mut lines: Vec<_> = users.lines().collect();
    lines.sort_unstable();
    assert_snapshot!(lines.join("\n"), @r#"
    {"attempt":"[attempt]","created_at":1767225600000,"credential_version":1,"expires":"never","failed_at":1767225600000,"failures":0,"failures_in_a_row":0,"known_failures":0,"known_sources":"[1 sources]","last_sign_in":1767225600000,"password_hash":"[password_hash]","pk":"email#default#[digest]","user_id":"[user_id]"}
    {"attempt":"[attempt]","expires":1769817600,"failed_at":1767225600000,"failures":1,"failures_in_a_row":1,"pk":"email#default#[digest]"}
    {"confirmed":true,"created_at":1767225600000,"credential_version":1,"email":"admin@example.com","email_original":"admin@example.com","listed_at":"1767225600000#0000000001","listing":"default#[nibble]","password_changed_at":1767225600000,"permission_level":2,"pk":"user#[id]","realm":"default","suspended":false,"user_language":"en","user_number":1,"user_role":"root"}
    {"deleted_at":1767225600000,"expires":1769817600,"pk":"user#[id]"}
    {"members":"[1 members]","pk":"roots"}
    {"pk":"number#1","user_id":"[user_id]"}
    "#);
    assert_eq!(platform.deliver().await.len(), 0);
    let dump = platform.dump().await;
    for trace in ["ann@example.com", "Heidelberg"] {
        assert!(!dump.contains(trace), "{trace}");
    }
    for table in ["sessions", "attributes"] {
        assert_eq!(
            platform.items(table).await.len(),
            1,
            "{table}: the administrator's"
        );
    }
    assert_eq!(platform.items("codes").await.len(), 0);
}

#[tokio::test]
async fn a_deleted_account_is_404_ever_after_and_its_address_is_free() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register_confirmed("ann@example.com").await;
    delete(&platform, &admin, ANN).await;
    for _ in 0..2 {
        assert_eq!(delete(&platform, &admin, ANN).await.whole(), NO_SUCH_PATH);
        let changed = patch(&platform, &admin, ANN, &json!({ "firstname": "Eve" })).await;
        assert_eq!(changed.whole(), NO_SUCH_PATH);
        let attributes = get(&platform, &admin, &format!("{ANN}/attributes")).await;
        assert_eq!(attributes.whole(), NO_SUCH_PATH);
        platform.deliver().await;
    }
    assert_eq!(platform.register("ann@example.com").await["id"], 3);
}

#[tokio::test]
async fn a_code_does_not_bring_a_deleted_account_back() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register("ann@example.com").await;
    let code = code_in(&platform.deliver().await[0].text);
    delete(&platform, &admin, ANN).await;
    let activated = platform
        .post(ACTIVATE)
        .json(&json!({ "code": code }))
        .send()
        .await;
    assert_eq!(activated.status, 400);
    assert_eq!(delete(&platform, &admin, ANN).await.whole(), NO_SUCH_PATH);
}

#[tokio::test]
async fn an_administrator_may_delete_another_and_themselves() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session("ann@example.com").await;
    let ben = platform.new_session("ben@example.com").await;
    for id in [2, 3] {
        let promotion = json!({ "permissionLevel": 2 });
        patch(&platform, &admin, &account(id), &promotion).await;
    }
    assert_eq!(delete(&platform, &ann, &account(3)).await.status, 204);
    assert_eq!(get(&platform, &ben, STATUS).await.status, 401);
    // The first one holds the role `admin` of the other dialect.
    assert_eq!(delete(&platform, &ann, &account(1)).await.status, 404);
    assert_eq!(delete(&platform, &ann, ANN).await.status, 204);
    assert_eq!(delete(&platform, &ann, ANN).await.status, 401);
    assert_eq!(delete(&platform, &ann, USER).await.status, 401);
}

#[tokio::test]
async fn who_is_root_may_be_deleted_by_another_who_is() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register_confirmed("ann@example.com").await;
    let id = uid_of(&platform, "ann@example.com").await;
    let path = format!("/security/api/v1/user/{id}");
    let promoted = platform
        .request(http::Method::PUT, &path)
        .bearer(&platform.security_token("admin@example.com").await)
        .json(&json!({ "userRole": "root" }))
        .send()
        .await;
    assert_eq!(promoted.status, 200, "{}", promoted.whole());
    assert_eq!(delete(&platform, &admin, ANN).await.whole(), "204\n");
    let users = platform.items("users").await;
    let roots = users.iter().find(|item| item["pk"] == "roots");
    let members = &roots.expect("the roots")["members"];
    assert_eq!(members.as_array().map(Vec::len), Some(1), "{members}");
}
