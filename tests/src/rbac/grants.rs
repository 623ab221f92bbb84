//! Rows 17 and 18: who holds a role may what it gives, from the next call to the last before it is revoked.

use serde_json::json;

use super::stored::{BAD_REQUEST, FORBIDDEN, NOT_FOUND, TRUE, assert_settled};
use super::{
    GRANT, REVOKE, ROLES, USERS, delete, done, get, grant, new_role, post, revoke, somebody, start,
};

#[tokio::test]
async fn granting_twice_and_revoking_what_is_not_held_is_true_and_changes_nothing() {
    let (platform, admin) = start().await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    let (ben, _) = somebody(&platform, "ben@example.com").await;
    let role = new_role(&platform, &admin, "reader", &["users:read"]).await;
    let never = platform.dump().await;
    assert_eq!(revoke(&platform, &admin, &role, &ben).await.whole(), TRUE);
    assert_eq!(platform.dump().await, never);
    assert_eq!(grant(&platform, &admin, &role, &ann).await.whole(), TRUE);
    let once = platform.dump().await;
    assert_eq!(grant(&platform, &admin, &role, &ann).await.whole(), TRUE);
    assert_eq!(platform.dump().await, once);
    assert_eq!(get(&platform, &token, USERS).await.status, 200);
    assert_eq!(revoke(&platform, &admin, &role, &ann).await.whole(), TRUE);
    let none = platform.dump().await;
    assert_eq!(revoke(&platform, &admin, &role, &ann).await.whole(), TRUE);
    assert_eq!(platform.dump().await, none);
    assert_eq!(get(&platform, &token, USERS).await.whole(), FORBIDDEN);
    assert_eq!(platform.deliver().await.len(), 0, "nobody is written to");
    assert_settled(&platform, "twice").await;
}

#[tokio::test]
async fn a_body_names_role_and_user_in_any_of_their_forms() {
    let (platform, admin) = start().await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    let role = new_role(&platform, &admin, "reader", &["users:read"]).await;
    for role_id in [
        json!(role.id),
        json!(role.id.to_string()),
        json!(role.uid),
        json!(role.uid.to_uppercase()),
    ] {
        for user in [ann.clone(), ann.to_uppercase()] {
            let body = json!({ "role_id": role_id, "user_uid": user });
            done(&platform, &admin, GRANT, &body).await;
            assert_eq!(get(&platform, &token, USERS).await.status, 200, "{body}");
            done(&platform, &admin, REVOKE, &body).await;
            assert_eq!(
                get(&platform, &token, USERS).await.whole(),
                FORBIDDEN,
                "{body}"
            );
        }
    }
}

#[tokio::test]
async fn what_names_no_role_or_no_user_is_400_or_404() {
    let (platform, admin) = start().await;
    let (ann, _) = somebody(&platform, "ann@example.com").await;
    let (gone, of_gone) = somebody(&platform, "gone@example.com").await;
    let session = platform
        .signed_in("gone@example.com", crate::harness::PASSWORD)
        .await;
    let deleted = platform
        .delete("/user-service/v1/users/user")
        .bearer(&session.access_token);
    assert_eq!(deleted.send().await.status, 204);
    let role = new_role(&platform, &admin, "reader", &["users:read"]).await;
    let removed = new_role(&platform, &admin, "removed", &[]).await;
    delete(&platform, &admin, &format!("{ROLES}/{}", removed.id)).await;
    let good = json!({ "role_id": role.id, "user_uid": ann });
    for round in ["before", "after"] {
        let before = platform.dump().await;
        for (field, value, expected) in [
            ("user_uid", json!(gone), NOT_FOUND),
            (
                "user_uid",
                json!("02dd5dcb-c073-4efa-bc03-15715ba52742"),
                NOT_FOUND,
            ),
            (
                "user_uid",
                json!("00000000-0000-0000-0000-000000000000"),
                NOT_FOUND,
            ),
            ("user_uid", json!(""), BAD_REQUEST),
            ("user_uid", json!("ann@example.com"), BAD_REQUEST),
            ("user_uid", json!("2"), BAD_REQUEST),
            ("user_uid", json!(2), BAD_REQUEST),
            ("user_uid", json!(format!(" {ann}")), BAD_REQUEST),
            ("user_uid", json!(null), BAD_REQUEST),
            ("user_uid", json!([ann]), BAD_REQUEST),
            ("user_uid", json!({ "uid": ann }), BAD_REQUEST),
            ("role_id", json!(4711), NOT_FOUND),
            ("role_id", json!(0), NOT_FOUND),
            ("role_id", json!(removed.id), NOT_FOUND),
            ("role_id", json!(removed.uid), NOT_FOUND),
            ("role_id", json!(-1), BAD_REQUEST),
            ("role_id", json!(1.5), BAD_REQUEST),
            ("role_id", json!("reader"), BAD_REQUEST),
            ("role_id", json!(null), BAD_REQUEST),
            ("role_id", json!(true), BAD_REQUEST),
            ("role_id", json!({}), BAD_REQUEST),
        ] {
            for path in [GRANT, REVOKE] {
                let mut body = good.clone();
                body[field] = value.clone();
                let answer = post(&platform, &admin, path, &body).await;
                assert_eq!(answer.whole(), expected, "{round} {path} {body}");
            }
        }
        for missing in ["role_id", "user_uid"] {
            let mut body = good.clone();
            body.as_object_mut().expect("an object").remove(missing);
            for path in [GRANT, REVOKE] {
                let answer = post(&platform, &admin, path, &body).await;
                assert_eq!(answer.whole(), BAD_REQUEST, "{path} {body}");
            }
        }
        assert_eq!(platform.dump().await, before, "{round}");
        platform.deliver().await;
    }
    assert_eq!(get(&platform, &of_gone, USERS).await.status, 401);
}
