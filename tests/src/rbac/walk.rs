//! The whole of it in one walk: what is granted counts at the next call, and what is revoked does not.

use serde_json::json;

use super::{ROLES, USERS, administrator, get, grant, new_permission, new_role, revoke, somebody};
use crate::harness::Platform;

#[tokio::test]
async fn a_granted_role_opens_what_was_closed_and_a_revoked_one_closes_it_with_the_same_token() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    assert_eq!(
        get(&platform, &token, USERS).await.whole(),
        "403\n\"Forbidden\""
    );

    let reports = new_permission(&platform, &admin, "reports:read").await;
    assert_eq!(reports, 7);
    let role = new_role(
        &platform,
        &admin,
        "reporter",
        &["reports:read", "users:read"],
    )
    .await;
    assert_eq!(role.id, 2);
    assert_eq!(
        grant(&platform, &admin, &role, &ann).await.whole(),
        "200\ntrue"
    );

    let users = get(&platform, &token, USERS).await;
    assert_eq!(users.status, 200, "{}", users.body);
    let users = users.json();
    assert_eq!(users[1]["uid"], ann.as_str());
    assert_eq!(
        users[1]["roles"],
        json!([{ "id": 2, "uid": role.uid, "name": "reporter", "description": "The reporter" }])
    );

    assert_eq!(
        revoke(&platform, &admin, &role, &ann).await.whole(),
        "200\ntrue"
    );
    assert_eq!(
        get(&platform, &token, USERS).await.whole(),
        "403\n\"Forbidden\""
    );
    assert_eq!(
        get(&platform, &token, ROLES).await.whole(),
        "403\n\"Forbidden\""
    );
}
