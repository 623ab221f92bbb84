//! Rows 17 and 18: who holds a role may what it gives, from the next call to the last before it is revoked.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};
use shared::domain::BuiltIn;

use super::stored::{
    BAD_REQUEST, FORBIDDEN, NOT_FOUND, TRUE, access_item, assert_access_whole, assert_settled,
    edge, hold_many, numbers, stored, sweep,
};
use super::{
    PERMISSIONS, ROLES, Role, USERS, administrator, delete, done, entry_named, get, grant,
    new_permission, new_role, post, request, revoke, somebody, uid_of,
};
use crate::harness::{Answer, Fault, Platform};

const GRANT: &str = "/rbac/roles/grant";
const REVOKE: &str = "/rbac/roles/revoke";
const ADD: &str = "/rbac/roles/add_permission";
const REMOVE: &str = "/rbac/roles/remove_permission";

async fn start() -> (Platform, String) {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    (platform, admin)
}

fn admin_role() -> Role {
    Role {
        id: 1,
        uid: String::new(),
    }
}

/// The routes that ask for a permission: how the documents name them, how they are called here, and what they ask for.
const PROTECTED: [(Method, &str, &str); 14] = [
    (Method::GET, "/rbac/users", "users:read"),
    (Method::GET, "/rbac/users/{uid}", "users:read"),
    (Method::GET, "/rbac/permissions", "permissions:read"),
    (Method::GET, "/rbac/permissions/{id}", "permissions:read"),
    (
        Method::POST,
        "/rbac/permissions/create",
        "permissions:write",
    ),
    (
        Method::DELETE,
        "/rbac/permissions/{id}",
        "permissions:write",
    ),
    (Method::GET, "/rbac/roles", "roles:read"),
    (Method::GET, "/rbac/roles/{id}", "roles:read"),
    (Method::POST, "/rbac/roles/create", "roles:write"),
    (Method::POST, "/rbac/roles/add_permission", "roles:write"),
    (Method::POST, "/rbac/roles/remove_permission", "roles:write"),
    (Method::DELETE, "/rbac/roles/{id}", "roles:write"),
    (Method::POST, "/rbac/roles/grant", "roles:grant"),
    (Method::POST, "/rbac/roles/revoke", "roles:grant"),
];

/// Calls a route with what it can do.
async fn call(
    platform: &Platform,
    token: &str,
    (method, path): (Method, &str),
    [permission, role]: [u64; 2],
    user: &str,
) -> Answer {
    let id = if path.starts_with(PERMISSIONS) {
        permission
    } else {
        role
    };
    let path = path.replace("{uid}", user).replace("{id}", &id.to_string());
    let body = json!({
        "name": "new", "role_id": role, "user_uid": user,
        // One that a holder of roles:write has.
        "permission_id": 5,
    });
    request(platform, token, method, &path)
        .json(&body)
        .send()
        .await
}

#[test]
fn every_route_that_is_not_public_is_here() {
    let public = [
        "/rbac/auth/validate",
        "/rbac/auth/authenticate",
        "/rbac/users/register",
        "/rbac/users/reset_password",
        "/rbac/users/activate/{uid}/{code}",
    ];
    let name = |method: &Method, path: &str| format!("{method} {path}");
    let served: BTreeSet<_> = rbac::routes()
        .filter(|(_, path)| !public.contains(path))
        .map(|(method, path)| name(&method, path))
        .collect();
    let here = PROTECTED.iter().map(|(method, path, _)| name(method, path));
    assert_eq!(served, here.collect());
}

#[tokio::test]
async fn each_route_opens_with_its_own_permission_and_closes_without_for_the_same_token() {
    let (platform, admin) = start().await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    let (ben, _) = somebody(&platform, "ben@example.com").await;
    for one in BuiltIn::ALL {
        let others = BuiltIn::ALL.into_iter().filter(|other| *other != one);
        let others: Vec<_> = others.map(BuiltIn::name).collect();
        let name = one.name();
        let with = new_role(&platform, &admin, name, &[name]).await;
        let without = new_role(&platform, &admin, &format!("all but {name}"), &others).await;
        for (number, (method, path, _)) in PROTECTED
            .iter()
            .filter(|(_, _, wanted)| *wanted == name)
            .enumerate()
        {
            let what = format!("{method} {path}");
            let permission = new_permission(&platform, &admin, &format!("{name} {number}")).await;
            let target = new_role(&platform, &admin, &format!("{name} {number}"), &[]).await;
            let call = || {
                let ids = [permission, target.id];
                call(&platform, &token, (method.clone(), path), ids, &ben)
            };
            assert_eq!(grant(&platform, &admin, &without, &ann).await.whole(), TRUE);
            let before = platform.dump().await;
            assert_eq!(call().await.whole(), FORBIDDEN, "{what}: with all others");
            assert_eq!(platform.dump().await, before, "{what}");
            assert_eq!(
                revoke(&platform, &admin, &without, &ann).await.whole(),
                TRUE
            );
            assert_eq!(call().await.whole(), FORBIDDEN, "{what}: without any");

            assert_eq!(grant(&platform, &admin, &with, &ann).await.whole(), TRUE);
            let opened = call().await;
            assert_eq!(opened.status, 200, "{what}: {}", opened.body);
            assert_eq!(revoke(&platform, &admin, &with, &ann).await.whole(), TRUE);
            let before = platform.dump().await;
            assert_eq!(call().await.whole(), FORBIDDEN, "{what}: no more");
            assert_eq!(platform.dump().await, before, "{what}");
        }
        // Made by the route that makes one.
        for list in [PERMISSIONS, ROLES] {
            let entries = super::all_of(&platform, &admin, list).await;
            for made in entries.iter().filter(|entry| entry["name"] == "new") {
                let path = format!("{list}/{}", made["id"]);
                assert_eq!(delete(&platform, &admin, &path).await.whole(), TRUE);
            }
        }
    }
    assert_access_whole(&platform, "every route").await;
}

#[tokio::test]
async fn whatever_takes_a_permission_away_closes_at_once() {
    let (platform, admin) = start().await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    for way in ["revoke", "delete role", "remove permission"] {
        let role = new_role(&platform, &admin, "reader", &["users:read"]).await;
        assert_eq!(grant(&platform, &admin, &role, &ann).await.whole(), TRUE);
        assert_eq!(get(&platform, &token, USERS).await.status, 200, "{way}");
        let answer = match way {
            "revoke" => revoke(&platform, &admin, &role, &ann).await,
            "delete role" => delete(&platform, &admin, &format!("{ROLES}/{}", role.id)).await,
            _ => post(&platform, &admin, REMOVE, &edge(&role, 1)).await,
        };
        assert_eq!(answer.whole(), TRUE, "{way}");
        for round in ["before", "after"] {
            assert_eq!(
                get(&platform, &token, USERS).await.whole(),
                FORBIDDEN,
                "{way} {round}"
            );
            platform.deliver().await;
        }
        // Whoever still holds something else keeps it.
        if way == "remove permission" {
            let own = get(&platform, &token, &format!("{USERS}/{ann}"))
                .await
                .json();
            assert_eq!(own["roles"][0]["name"], "reader");
        }
        delete(&platform, &admin, &format!("{ROLES}/{}", role.id)).await;
    }
    sweep(&platform).await;
    assert_settled(&platform, "taken away").await;
}

#[tokio::test]
async fn of_two_roles_that_give_the_same_one_is_enough() {
    let (platform, admin) = start().await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    let mut roles = Vec::new();
    for name in ["one", "two"] {
        let role = new_role(&platform, &admin, name, &["users:read"]).await;
        grant(&platform, &admin, &role, &ann).await;
        roles.push(role);
    }
    delete(&platform, &admin, &format!("{ROLES}/{}", roles[0].id)).await;
    assert_eq!(get(&platform, &token, USERS).await.status, 200);
    revoke(&platform, &admin, &roles[1], &ann).await;
    assert_eq!(get(&platform, &token, USERS).await.whole(), FORBIDDEN);
}

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

#[tokio::test]
async fn a_user_with_two_hundred_roles_is_checked_in_one_round_trip() {
    let (platform, admin) = start().await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    hold_many(&platform, &ann, 200).await;
    assert_eq!(get(&platform, &token, PERMISSIONS).await.whole(), FORBIDDEN);
    let reader = new_role(&platform, &admin, "reader", &["permissions:read"]).await;
    assert_eq!(grant(&platform, &admin, &reader, &ann).await.whole(), TRUE);
    platform.connector.forget();
    assert_eq!(
        get(&platform, &token, &format!("{PERMISSIONS}/1"))
            .await
            .status,
        200
    );
    assert_eq!(
        json!(platform.connector.round_trips()),
        json!([["BatchGetItem access+sessions+users"], ["GetItem access"]])
    );
    let own: Value = get(&platform, &token, &format!("{USERS}/{ann}"))
        .await
        .json();
    assert_eq!(own["roles"].as_array().map(Vec::len), Some(201));
    assert!(stored(&platform).await.contains("many"));
}
