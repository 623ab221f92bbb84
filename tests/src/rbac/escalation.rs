//! Who hands out rights finds no way to more of them.

use serde_json::json;

use super::stored::{FORBIDDEN, TRUE, access_item, assert_settled, edge, numbers, sweep};
use super::{
    ADD, GRANT, REMOVE, REVOKE, ROLES, Role, USERS, admin_role, delete, done, entry_named, get,
    grant, new_permission, new_role, post, revoke, somebody, start, uid_of,
};
use crate::harness::Fault;

#[tokio::test]
async fn nobody_gives_what_they_lack() {
    let (platform, admin) = start().await;
    new_permission(&platform, &admin, "reports:read").await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    let (ben, of_ben) = somebody(&platform, "ben@example.com").await;
    let granter = new_role(&platform, &admin, "granter", &["roles:grant"]).await;
    let reader = new_role(&platform, &admin, "reader", &["users:read", "reports:read"]).await;
    let empty = new_role(&platform, &admin, "empty", &[]).await;
    grant(&platform, &admin, &granter, &ann).await;
    let before = platform.dump().await;
    for user in [&ann, &ben] {
        assert_eq!(
            grant(&platform, &token, &reader, user).await.whole(),
            FORBIDDEN
        );
    }
    assert_eq!(platform.dump().await, before);
    for role in [&empty, &granter] {
        assert_eq!(grant(&platform, &token, role, &ben).await.whole(), TRUE);
    }
    // One of two is not enough; both are, through whichever roles.
    let users = new_role(&platform, &admin, "users", &["users:read"]).await;
    let reports = new_role(&platform, &admin, "reports", &["reports:read"]).await;
    grant(&platform, &admin, &users, &ann).await;
    assert_eq!(
        grant(&platform, &token, &reader, &ben).await.whole(),
        FORBIDDEN
    );
    grant(&platform, &admin, &reports, &ann).await;
    assert_eq!(grant(&platform, &token, &reader, &ben).await.whole(), TRUE);
    assert_eq!(get(&platform, &of_ben, USERS).await.status, 200);
    // Taking away needs the permission of the route alone.
    revoke(&platform, &admin, &reports, &ann).await;
    assert_eq!(revoke(&platform, &token, &reader, &ben).await.whole(), TRUE);
    assert_eq!(get(&platform, &of_ben, USERS).await.whole(), FORBIDDEN);
    assert_settled(&platform, "granted").await;
}

#[tokio::test]
async fn a_permission_that_one_lacks_cannot_be_added_to_a_role() {
    let (platform, admin) = start().await;
    let reports = new_permission(&platform, &admin, "reports:read").await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    let writer = new_role(&platform, &admin, "writer", &["roles:write"]).await;
    let target = new_role(&platform, &admin, "target", &[]).await;
    grant(&platform, &admin, &writer, &ann).await;
    let before = platform.dump().await;
    for permission in [1, 2, 3, 4, 6, reports] {
        for role in [&target, &writer] {
            let answer = post(&platform, &token, ADD, &edge(role, permission)).await;
            assert_eq!(answer.whole(), FORBIDDEN, "{permission}");
        }
    }
    assert_eq!(platform.dump().await, before);
    done(&platform, &token, ADD, &edge(&target, 5)).await;
    done(&platform, &admin, ADD, &edge(&writer, reports)).await;
    done(&platform, &token, ADD, &edge(&target, reports)).await;
    // What one lacks can be taken away.
    done(&platform, &admin, REMOVE, &edge(&writer, reports)).await;
    done(&platform, &token, REMOVE, &edge(&target, reports)).await;
    assert_settled(&platform, "added").await;
}

#[tokio::test]
async fn who_may_change_and_grant_roles_finds_no_way_to_more() {
    let (platform, admin) = start().await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    let (eve, of_eve) = somebody(&platform, "eve@example.com").await;
    let officer = new_role(
        &platform,
        &admin,
        "officer",
        &["roles:write", "roles:grant"],
    )
    .await;
    let keeper = new_role(&platform, &admin, "keeper", &["permissions:write"]).await;
    grant(&platform, &admin, &officer, &ann).await;
    let admin_uid = uid_of(&platform, "admin@example.com").await;
    let before = platform.dump().await;
    for (path, body) in [
        (ADD, edge(&officer, 3)),
        (ADD, json!({ "role_id": officer.uid, "permission_id": "3" })),
        (ADD, edge(&admin_role(), 5)),
        (REMOVE, edge(&admin_role(), 3)),
        (GRANT, json!({ "role_id": keeper.id, "user_uid": ann })),
        (GRANT, json!({ "role_id": keeper.uid, "user_uid": ann })),
        (GRANT, json!({ "role_id": keeper.id, "user_uid": eve })),
        (GRANT, json!({ "role_id": 1, "user_uid": ann })),
        (GRANT, json!({ "role_id": "1", "user_uid": ann })),
        (GRANT, json!({ "role_id": "01", "user_uid": eve })),
        (REVOKE, json!({ "role_id": 1, "user_uid": admin_uid })),
        (
            "/rbac/permissions/create",
            json!({ "name": "permissions:write" }),
        ),
    ] {
        let answer = post(&platform, &token, path, &body).await;
        assert_eq!(answer.whole(), FORBIDDEN, "{path} {body}");
    }
    let answer = delete(&platform, &token, &format!("{ROLES}/1")).await;
    assert_eq!(answer.whole(), FORBIDDEN);
    assert_eq!(platform.dump().await, before);

    // What the officer may do leads nowhere: a role that was emptied, deleted or made anew gives nothing to its holders.
    done(
        &platform,
        &token,
        "/rbac/roles/create",
        &json!({ "name": "own" }),
    )
    .await;
    let own = entry_named(&platform, &admin, ROLES, "own").await;
    let own = Role {
        id: own["id"].as_u64().expect("a number"),
        uid: String::new(),
    };
    assert_eq!(
        post(&platform, &token, ADD, &edge(&own, 3)).await.whole(),
        FORBIDDEN
    );
    done(&platform, &token, ADD, &edge(&own, 5)).await;
    assert_eq!(grant(&platform, &token, &own, &eve).await.whole(), TRUE);
    assert_eq!(
        post(&platform, &of_eve, ADD, &edge(&own, 6)).await.whole(),
        FORBIDDEN
    );
    done(&platform, &token, REMOVE, &edge(&keeper, 3)).await;
    assert_eq!(grant(&platform, &token, &keeper, &ann).await.whole(), TRUE);
    assert_eq!(
        post(&platform, &token, ADD, &edge(&keeper, 3))
            .await
            .whole(),
        FORBIDDEN
    );
    assert_eq!(
        delete(&platform, &token, &format!("{ROLES}/{}", keeper.id))
            .await
            .whole(),
        TRUE
    );
    done(
        &platform,
        &token,
        "/rbac/roles/create",
        &json!({ "name": "keeper" }),
    )
    .await;
    for token in [&token, &of_eve] {
        let create = post(
            &platform,
            token,
            "/rbac/permissions/create",
            &json!({ "name": "x" }),
        )
        .await;
        assert_eq!(create.whole(), FORBIDDEN);
    }
    sweep(&platform).await;
    assert_settled(&platform, "no way").await;
}

#[tokio::test]
async fn a_role_that_gains_a_permission_while_it_is_granted_is_judged_anew() {
    let (platform, admin) = start().await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    let granter = new_role(&platform, &admin, "granter", &["roles:grant"]).await;
    let role = new_role(&platform, &admin, "growing", &[]).await;
    grant(&platform, &admin, &granter, &ann).await;
    platform.connector.forget();
    platform
        .connector
        .inject("TransactWriteItems", Fault::Held, 1);
    let overtake = async {
        platform.connector.begun("TransactWriteItems", 1).await;
        done(&platform, &admin, ADD, &edge(&role, 3)).await;
        platform.connector.heal();
    };
    let (answer, ()) = tokio::join!(grant(&platform, &token, &role, &ann), overtake);
    assert_eq!(answer.whole(), FORBIDDEN);
    let held = access_item(&platform, &format!("user#{ann}"), "roles").await;
    assert_eq!(numbers(held.as_ref(), "role_numbers"), [granter.id]);
    assert_settled(&platform, "judged anew").await;
}
