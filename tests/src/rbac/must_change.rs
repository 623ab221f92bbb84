//! Users who have to change their password before anything else.

use http::Method;
use serde_json::{Value, json};

use super::accounts::{ANN, NEXT, authenticate, marked, reset_password, set_flag, validate};
use super::{PERMISSIONS, ROLES, USERS, administrator, get, somebody, uid_of};
use crate::harness::{Answer, PASSWORD, Platform};
use crate::user_service::expect_nothing_done;

/// Every operation of the dialect that takes an access token.
fn operations(uid: &str) -> Vec<(Method, String, Value)> {
    let read = |path: String| (Method::GET, path, json!(null));
    let write = |path: &str, body: Value| (Method::POST, path.to_owned(), body);
    let held = json!({ "role_id": 1, "user_uid": uid });
    let given = json!({ "role_id": 1, "permission_id": 1 });
    vec![
        read(format!("{USERS}/{uid}")),
        read(USERS.to_owned()),
        read(PERMISSIONS.to_owned()),
        read(format!("{PERMISSIONS}/1")),
        read(ROLES.to_owned()),
        read(format!("{ROLES}/1")),
        write("/rbac/permissions/create", json!({ "name": "x:read" })),
        write("/rbac/roles/create", json!({ "name": "x" })),
        write("/rbac/roles/add_permission", given.clone()),
        write("/rbac/roles/remove_permission", given),
        write("/rbac/roles/grant", held.clone()),
        write("/rbac/roles/revoke", held),
        (Method::DELETE, format!("{PERMISSIONS}/7"), json!(null)),
        (Method::DELETE, format!("{ROLES}/2"), json!(null)),
    ]
}

async fn send(
    platform: &Platform,
    token: &str,
    (method, path, body): &(Method, String, Value),
) -> Answer {
    let request = platform.request(method.clone(), path).bearer(token);
    request.json(body).send().await
}

#[tokio::test]
async fn they_sign_in_and_can_do_nothing_not_even_see_themselves() {
    let platform = Platform::start().await;
    let uid = marked(&platform, ANN).await;
    let answer = authenticate(&platform, ANN, PASSWORD).await;
    let body = answer.json();
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(body["reset_password"], true);
    let token = body["token"].as_str().expect("a token");
    let before = platform.dump().await;
    for operation in operations(&uid) {
        let refused = send(&platform, token, &operation).await;
        assert_eq!(refused.whole(), "403\n\"Forbidden\"", "{operation:?}");
    }
    expect_nothing_done(&platform, &before, "forbidden operations").await;
    assert_eq!(validate(&platform, token).await, "200\ntrue");
    assert_eq!(
        reset_password(&platform, &uid, PASSWORD, NEXT).await.status,
        200
    );
    let own = format!("{USERS}/{uid}");
    assert_eq!(get(&platform, token, &own).await.status, 401);
    let body = authenticate(&platform, ANN, NEXT).await.json();
    let token = body["token"].as_str().expect("a token");
    let seen = get(&platform, token, &own).await;
    assert_eq!(
        seen.whole(),
        format!(
            "200\n{{\"uid\":\"{uid}\",\"name\":\"Ann Lee\",\"email\":\"{ANN}\",\"active\":true,\
             \"reset_password\":false,\"roles\":[]}}"
        )
    );
}

#[tokio::test]
async fn that_they_hold_the_role_admin_helps_only_afterwards() {
    let platform = Platform::start().await;
    let token = administrator(&platform).await;
    let uid = uid_of(&platform, "admin@example.com").await;
    set_flag(&platform, &uid, "must_change_password", true).await;
    let before = platform.dump().await;
    for operation in operations(&uid) {
        let refused = send(&platform, &token, &operation).await;
        assert_eq!(refused.whole(), "403\n\"Forbidden\"", "{operation:?}");
    }
    expect_nothing_done(&platform, &before, "forbidden operations").await;
    assert_eq!(
        reset_password(&platform, &uid, PASSWORD, NEXT).await.status,
        200
    );
    let body = authenticate(&platform, "admin@example.com", NEXT)
        .await
        .json();
    let token = body["token"].as_str().expect("a token");
    for operation in &operations(&uid)[..6] {
        let answer = send(&platform, token, operation).await;
        assert_eq!(answer.status, 200, "{operation:?}: {}", answer.body);
    }
}

#[tokio::test]
async fn others_see_that_they_have_to() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let uid = marked(&platform, ANN).await;
    let seen = get(&platform, &admin, &format!("{USERS}/{uid}"))
        .await
        .json();
    assert_eq!(
        (&seen["active"], &seen["reset_password"]),
        (&json!(true), &json!(true))
    );
    let (ben, _) = somebody(&platform, "ben@example.com").await;
    let seen = get(&platform, &admin, &format!("{USERS}/{ben}"))
        .await
        .json();
    assert_eq!(seen["reset_password"], false);
}
