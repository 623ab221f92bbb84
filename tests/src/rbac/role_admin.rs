//! The role `admin`: its holders have every permission, and one of them stays.

use super::stored::{FORBIDDEN, TRUE, assert_access_whole, assert_settled, edge};
use super::{
    ADD, REMOVE, ROLES, Role, admin_role, delete, done, get, grant, new_permission, new_role, post,
    revoke, role_path, somebody, start, uid_of,
};

#[tokio::test]
async fn the_role_admin_is_its_holders_business() {
    let (platform, admin) = start().await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    let shown = get(&platform, &admin, &role_path(1)).await.json();
    let uid = shown["uid"].as_str().expect("a UUID").to_owned();
    let own = Role {
        uid,
        ..admin_role()
    };
    let all = [
        "users:read",
        "permissions:read",
        "permissions:write",
        "roles:read",
        "roles:write",
        "roles:grant",
    ];
    let officer = new_role(&platform, &admin, "officer", &all).await;
    assert_eq!(grant(&platform, &admin, &officer, &ann).await.whole(), TRUE);
    let reports = new_permission(&platform, &admin, "reports:read").await;
    let admin_uid = super::uid_of(&platform, "admin@example.com").await;
    let before = platform.dump().await;
    for by in [&own.id.to_string(), &own.uid] {
        let answer = delete(&platform, &admin, &role_path(by)).await;
        assert_eq!(answer.whole(), FORBIDDEN, "not even by a holder");
        assert_eq!(
            delete(&platform, &token, &role_path(by)).await.whole(),
            FORBIDDEN
        );
    }
    for permission in 1..=6 {
        let answer = post(&platform, &admin, REMOVE, &edge(&own, permission)).await;
        assert_eq!(answer.whole(), FORBIDDEN, "{permission}");
        for at in [ADD, REMOVE] {
            let answer = post(&platform, &token, at, &edge(&own, permission)).await;
            assert_eq!(answer.whole(), FORBIDDEN, "{at} {permission}");
        }
    }
    for user in [&ann, &admin_uid] {
        for answer in [
            grant(&platform, &token, &own, user).await,
            revoke(&platform, &token, &own, user).await,
        ] {
            assert_eq!(answer.whole(), FORBIDDEN);
        }
    }
    assert_eq!(platform.dump().await, before);
    // What is not built in comes and goes.
    done(&platform, &admin, ADD, &edge(&own, reports)).await;
    done(&platform, &admin, REMOVE, &edge(&own, reports)).await;
    assert_eq!(grant(&platform, &admin, &own, &ann).await.whole(), TRUE);
    assert_eq!(
        revoke(&platform, &token, &own, &admin_uid).await.whole(),
        TRUE
    );
    assert_settled(&platform, "the role admin").await;
}

#[tokio::test]
async fn administrators_have_what_is_made_after_them() {
    let (platform, admin) = start().await;
    let (ann, _) = somebody(&platform, "ann@example.com").await;
    let reports = new_permission(&platform, &admin, "reports:read").await;
    let role = new_role(&platform, &admin, "reporter", &[]).await;
    done(&platform, &admin, ADD, &edge(&role, reports)).await;
    assert_eq!(grant(&platform, &admin, &role, &ann).await.whole(), TRUE);
}

#[tokio::test]
async fn the_role_admin_stays_with_its_last_holder() {
    let (platform, admin) = start().await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    let first = uid_of(&platform, "admin@example.com").await;
    let alone = platform.dump().await;
    assert_eq!(
        revoke(&platform, &admin, &admin_role(), &first)
            .await
            .whole(),
        FORBIDDEN
    );
    assert_eq!(platform.dump().await, alone);
    assert_eq!(
        revoke(&platform, &admin, &admin_role(), &ann).await.whole(),
        TRUE,
        "not held"
    );

    assert_eq!(
        grant(&platform, &admin, &admin_role(), &ann).await.whole(),
        TRUE
    );
    assert_eq!(
        revoke(&platform, &token, &admin_role(), &first)
            .await
            .whole(),
        TRUE
    );
    assert_eq!(get(&platform, &admin, ROLES).await.whole(), FORBIDDEN);
    assert_eq!(
        revoke(&platform, &token, &admin_role(), &ann).await.whole(),
        FORBIDDEN
    );
    assert_eq!(
        grant(&platform, &token, &admin_role(), &first)
            .await
            .whole(),
        TRUE
    );
    assert_eq!(
        revoke(&platform, &admin, &admin_role(), &ann).await.whole(),
        TRUE
    );
    assert_eq!(get(&platform, &token, ROLES).await.whole(), FORBIDDEN);
    assert_settled(&platform, "the last holder").await;
}

#[tokio::test]
async fn an_administrator_whose_account_was_deleted_does_not_count() {
    let (platform, admin) = start().await;
    let (ann, _) = somebody(&platform, "ann@example.com").await;
    let first = uid_of(&platform, "admin@example.com").await;
    assert_eq!(
        grant(&platform, &admin, &admin_role(), &ann).await.whole(),
        TRUE
    );
    let session = platform
        .signed_in("ann@example.com", crate::harness::PASSWORD)
        .await;
    let deleted = platform
        .delete("/user-service/v1/users/user")
        .bearer(&session.access_token);
    assert_eq!(deleted.send().await.status, 204);
    for round in ["before", "after"] {
        let answer = revoke(&platform, &admin, &admin_role(), &first).await;
        assert_eq!(answer.whole(), FORBIDDEN, "{round}");
        assert_access_whole(&platform, round).await;
        platform.deliver().await;
    }
    assert_settled(&platform, "deleted").await;
}
