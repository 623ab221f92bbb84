//! How many round trips each operation takes, and that a check takes one, whoever asks.

use http::Method;
use serde_json::{Value, json};

use super::stored::{hold_many, numbers};
use super::{
    PERMISSIONS, ROLES, administrator, done, grant, new_permission, new_role, request, somebody,
};
use crate::call_budget::{send, trips_of};
use crate::harness::Platform;

const CHECK: [&str; 1] = ["BatchGetItem access+sessions+users"];
const READ: [&str; 1] = ["GetItem access"];
const READ_MANY: [&str; 1] = ["BatchGetItem access"];
const TOLD: [&str; 1] = ["PutItem audit"];

async fn trips(
    platform: &Platform,
    token: &str,
    method: Method,
    path: &str,
    body: &Value,
) -> Value {
    trips_of(platform, request(platform, token, method, path).json(body)).await
}

#[tokio::test]
async fn a_check_takes_one_round_trip_however_many_roles_there_are() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    let (ben, of_ben) = somebody(&platform, "ben@example.com").await;
    let reader = new_role(&platform, &admin, "reader", &["permissions:read"]).await;
    grant(&platform, &admin, &reader, &ann).await;
    let path = format!("{PERMISSIONS}/1");
    for more in [0, 19, 180] {
        if more > 0 {
            hold_many(&platform, &ann, more).await;
            hold_many(&platform, &ben, more).await;
        }
        let read = trips(&platform, &token, Method::GET, &path, &json!({})).await;
        assert_eq!(read, json!([CHECK, READ]), "{more} more");
        let refused = request(&platform, &of_ben, Method::GET, &path);
        let (refused, read) = send(&platform, refused).await;
        assert_eq!((refused.status, read), (403, json!([CHECK])), "{more} more");
    }
    let access = platform.items("access").await;
    let most = access
        .iter()
        .filter(|item| item["pk"] == format!("user#{ann}"))
        .map(|item| numbers(Some(item), "role_numbers").len());
    assert_eq!(most.max(), Some(200));
}

#[tokio::test]
async fn permissions_take_the_check_and_two_round_trips_at_most() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let named = json!({ "name": "reports:read" });
    for (method, path, budget) in [
        (
            Method::POST,
            "/create",
            json!([
                CHECK,
                ["UpdateItem access"],
                ["TransactWriteItems access+access"],
                TOLD,
            ]),
        ),
        (Method::GET, "", json!([CHECK, ["Query access"]])),
        (Method::GET, "/7", json!([CHECK, READ])),
        (
            Method::DELETE,
            "/7",
            json!([
                CHECK,
                READ,
                ["TransactWriteItems access+access+outbox"],
                TOLD,
            ]),
        ),
    ] {
        let path = format!("{PERMISSIONS}{path}");
        let made = trips(&platform, &admin, method.clone(), &path, &named).await;
        assert_eq!(made, budget, "{method} {path}");
    }
}

#[tokio::test]
async fn roles_take_the_check_and_two_round_trips_at_most_and_one_more_by_uuid() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let (ann, _) = somebody(&platform, "ann@example.com").await;
    new_permission(&platform, &admin, "reports:read").await;
    let create = json!([
        CHECK,
        ["UpdateItem access"],
        ["TransactWriteItems access+access+access"],
        TOLD,
    ]);
    let path = format!("{ROLES}/create");
    let made = trips(
        &platform,
        &admin,
        Method::POST,
        &path,
        &json!({ "name": "a" }),
    )
    .await;
    assert_eq!(made, create);
    let role = new_role(&platform, &admin, "reporter", &[]).await;
    let body = json!({ "role_id": role.id, "permission_id": 7, "user_uid": ann });
    let joined = json!([
        CHECK,
        ["GetItem access", "GetItem access"],
        ["TransactWriteItems access+access"],
        TOLD,
    ]);
    let held = json!([
        CHECK,
        READ,
        ["TransactWriteItems users+access+access+access"],
        TOLD,
    ]);
    let deleted = json!([
        CHECK,
        READ,
        ["TransactWriteItems access+access+access+access+outbox"],
        TOLD,
    ]);
    let (id, uid) = (format!("/{}", role.id), format!("/{}", role.uid));
    for (method, path, budget) in [
        (Method::GET, &*id, json!([CHECK, READ])),
        (Method::POST, "/add_permission", joined.clone()),
        (Method::GET, &id, json!([CHECK, READ, READ_MANY])),
        (Method::GET, &uid, json!([CHECK, READ, READ, READ_MANY])),
        (Method::GET, "", json!([CHECK, ["Query access"], READ_MANY])),
        (Method::POST, "/grant", held.clone()),
        (Method::POST, "/revoke", held),
        (Method::POST, "/remove_permission", joined),
        (Method::DELETE, &id, deleted),
    ] {
        let path = format!("{ROLES}{path}");
        let made = trips(&platform, &admin, method.clone(), &path, &body).await;
        assert_eq!(made, budget, "{method} {path}");
    }
}

#[tokio::test]
async fn whoever_is_no_administrator_is_compared_with_the_role_in_one_round_trip_more() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    let all = ["roles:grant", "roles:write", "users:read"];
    let officer = new_role(&platform, &admin, "officer", &all).await;
    let reader = new_role(&platform, &admin, "reader", &["users:read"]).await;
    grant(&platform, &admin, &officer, &ann).await;
    let body = json!({ "role_id": reader.id, "permission_id": 6, "user_uid": ann });
    let path = format!("{ROLES}/grant");
    let granted = trips(&platform, &token, Method::POST, &path, &body).await;
    let write = ["TransactWriteItems users+access+access+access"];
    assert_eq!(granted, json!([CHECK, READ, READ_MANY, write, TOLD]));
    let path = format!("{ROLES}/add_permission");
    let added = trips(&platform, &token, Method::POST, &path, &body).await;
    let both = ["GetItem access", "GetItem access"];
    let write = ["TransactWriteItems access+access"];
    assert_eq!(added, json!([CHECK, both, READ_MANY, write, TOLD]));
}

#[tokio::test]
async fn revoking_the_role_admin_looks_for_somebody_who_remains() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let (ann, _) = somebody(&platform, "ann@example.com").await;
    let body = json!({ "role_id": 1, "user_uid": ann });
    done(&platform, &admin, "/rbac/roles/grant", &body).await;
    let path = format!("{ROLES}/revoke");
    let revoked = trips(&platform, &admin, Method::POST, &path, &body).await;
    assert_eq!(
        revoked,
        json!([
            CHECK,
            READ,
            ["Query access"],
            ["BatchGetItem users"],
            ["TransactWriteItems users+access+access+access+access+users"],
            TOLD,
        ])
    );
}
