//! Each route asks for its own permission, and what is taken away closes it at the next call.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};
use shared::domain::BuiltIn;

use super::stored::{
    FORBIDDEN, TRUE, assert_access_whole, assert_settled, edge, hold_many, stored, sweep,
};
use super::{
    PERMISSIONS, REMOVE, ROLES, USERS, delete, get, grant, new_permission, new_role, post, request,
    revoke, somebody, start,
};
use crate::harness::{Answer, Platform};

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
