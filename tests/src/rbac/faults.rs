//! Every write of roles and permissions against every fault of every one of its calls.

use futures::future::BoxFuture;
use http::Method;
use serde_json::{Value, json};

use super::stored::{FORBIDDEN, NOT_FOUND, assert_settled, names, sweep};
use super::{
    PERMISSIONS, ROLES, administrator, all_of, get, grant, new_permission, new_role, somebody,
};
use crate::faults::{Flow, Prepare, Prepared};
use crate::harness::{Answer, Platform};

/// An administrator, Ann, a role `reader` with number 2 that she may hold, and a permission `reports:read` with number 7.
fn ready(platform: &Platform) -> BoxFuture<'_, Prepared> {
    Box::pin(async {
        let admin = administrator(platform).await;
        let (uid, token) = somebody(platform, "ann@example.com").await;
        new_permission(platform, &admin, "reports:read").await;
        new_role(platform, &admin, "reader", &["permissions:read"]).await;
        Prepared::from([("admin", admin), ("uid", uid), ("token", token)])
    })
}

/// The same, where Ann holds the role.
fn granted(platform: &Platform) -> BoxFuture<'_, Prepared> {
    Box::pin(async {
        let prepared = ready(platform).await;
        act(platform, &prepared, "grant").await;
        prepared
    })
}

/// The same, where the role also gives `reports:read`.
fn given(platform: &Platform) -> BoxFuture<'_, Prepared> {
    Box::pin(async {
        let prepared = granted(platform).await;
        act(platform, &prepared, "add_permission").await;
        prepared
    })
}

fn call<'a>(
    platform: &'a Platform,
    prepared: &'a Prepared,
    method: Method,
    path: &str,
    body: &Value,
) -> BoxFuture<'a, Answer> {
    let request = platform.request(method, path).bearer(&prepared["admin"]);
    Box::pin(request.json(body).send())
}

/// An operation on the role, the permission and Ann.
fn act<'a>(
    platform: &'a Platform,
    prepared: &'a Prepared,
    operation: &str,
) -> BoxFuture<'a, Answer> {
    let body = json!({ "role_id": 2, "permission_id": 7, "user_uid": prepared["uid"] });
    let path = format!("{ROLES}/{operation}");
    call(platform, prepared, Method::POST, &path, &body)
}

fn create<'a>(platform: &'a Platform, prepared: &'a Prepared, list: &str) -> BoxFuture<'a, Answer> {
    let path = format!("{list}/create");
    call(
        platform,
        prepared,
        Method::POST,
        &path,
        &json!({ "name": "new" }),
    )
}

async fn one_is_new(platform: &Platform, prepared: &Prepared, list: &str) {
    let entries = all_of(platform, &prepared["admin"], list).await;
    let new = entries.iter().filter(|entry| entry["name"] == "new");
    assert_eq!(new.count(), 1, "{entries:?}");
    assert_settled(platform, list).await;
}

async fn permissions_of_reader(platform: &Platform, prepared: &Prepared) -> Vec<String> {
    let role = get(platform, &prepared["admin"], &format!("{ROLES}/2")).await;
    let role = role.json();
    let names = names(&role["permissions"]).into_iter();
    names.map(str::to_owned).collect()
}

async fn ann_sees_permissions(platform: &Platform, prepared: &Prepared) -> bool {
    let answer = get(platform, &prepared["token"], PERMISSIONS).await;
    assert!(
        answer.status == 200 || answer.whole() == FORBIDDEN,
        "{}",
        answer.whole()
    );
    answer.status == 200
}

#[tokio::test]
async fn creating_a_role() {
    let flow = Flow {
        prepare: ready,
        act: |platform, prepared| create(platform, prepared, ROLES),
        success: 200,
        again: 409,
        check: |platform, prepared| Box::pin(one_is_new(platform, prepared, ROLES)),
    };
    flow.walk().await;
}

#[tokio::test]
async fn creating_a_permission() {
    let flow = Flow {
        prepare: ready,
        act: |platform, prepared| create(platform, prepared, PERMISSIONS),
        success: 200,
        again: 409,
        check: |platform, prepared| Box::pin(one_is_new(platform, prepared, PERMISSIONS)),
    };
    flow.walk().await;
}

#[tokio::test]
async fn adding_a_permission() {
    let flow = Flow {
        prepare: ready,
        act: |platform, prepared| act(platform, prepared, "add_permission"),
        success: 200,
        again: 200,
        check: |platform, prepared| {
            Box::pin(async {
                let names = permissions_of_reader(platform, prepared).await;
                assert_eq!(names, ["permissions:read", "reports:read"]);
                assert_settled(platform, "added").await;
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn removing_a_permission() {
    let flow = Flow {
        prepare: given,
        act: |platform, prepared| act(platform, prepared, "remove_permission"),
        success: 200,
        again: 200,
        check: |platform, prepared| {
            Box::pin(async {
                let names = permissions_of_reader(platform, prepared).await;
                assert_eq!(names, ["permissions:read"]);
                assert_settled(platform, "removed").await;
            })
        },
    };
    flow.walk().await;
}

pub(crate) fn granting_a_role() -> Flow {
    Flow {
        prepare: ready,
        act: |platform, prepared| act(platform, prepared, "grant"),
        success: 200,
        again: 200,
        check: |platform, prepared| {
            Box::pin(async {
                assert!(ann_sees_permissions(platform, prepared).await);
                assert_settled(platform, "granted").await;
            })
        },
    }
}

#[tokio::test]
async fn granting() {
    granting_a_role().walk().await;
}

#[tokio::test]
async fn revoking() {
    let flow = Flow {
        prepare: granted,
        act: |platform, prepared| act(platform, prepared, "revoke"),
        success: 200,
        again: 200,
        check: |platform, prepared| {
            Box::pin(async {
                assert!(!ann_sees_permissions(platform, prepared).await);
                assert_settled(platform, "revoked").await;
            })
        },
    };
    flow.walk().await;
}

pub(crate) fn revocation_of_admin() -> Flow {
    Flow {
        prepare: |platform| {
            Box::pin(async {
                let prepared = ready(platform).await;
                let admin = super::Role {
                    id: 1,
                    uid: String::new(),
                };
                let granted = grant(platform, &prepared["admin"], &admin, &prepared["uid"]).await;
                assert_eq!(granted.status, 200);
                prepared
            })
        },
        act: |platform, prepared| {
            let body = json!({ "role_id": 1, "user_uid": prepared["uid"] });
            call(
                platform,
                prepared,
                Method::POST,
                "/rbac/roles/revoke",
                &body,
            )
        },
        success: 200,
        again: 200,
        check: |platform, prepared| {
            Box::pin(async {
                assert!(!ann_sees_permissions(platform, prepared).await);
                assert_settled(platform, "revoked").await;
            })
        },
    }
}

#[tokio::test]
async fn revoking_the_role_admin() {
    revocation_of_admin().walk().await;
}

pub(crate) fn deletion_of_a_role() -> Flow {
    Flow {
        prepare: given,
        act: |platform, prepared| {
            call(
                platform,
                prepared,
                Method::DELETE,
                "/rbac/roles/2",
                &Value::Null,
            )
        },
        success: 200,
        again: 404,
        check: |platform, prepared| {
            Box::pin(async {
                assert!(!ann_sees_permissions(platform, prepared).await);
                let gone = get(platform, &prepared["admin"], "/rbac/roles/2").await;
                assert_eq!(gone.whole(), NOT_FOUND);
                platform.deliver().await;
                sweep(platform).await;
                assert_settled(platform, "deleted").await;
            })
        },
    }
}

#[tokio::test]
async fn deleting_a_role() {
    deletion_of_a_role().walk().await;
}

#[tokio::test]
async fn deleting_a_permission() {
    let flow = Flow {
        prepare: given,
        act: |platform, prepared| {
            call(
                platform,
                prepared,
                Method::DELETE,
                "/rbac/permissions/7",
                &Value::Null,
            )
        },
        success: 200,
        again: 404,
        check: |platform, prepared| {
            Box::pin(async {
                let names = permissions_of_reader(platform, prepared).await;
                assert_eq!(names, ["permissions:read"]);
                platform.deliver().await;
                assert_settled(platform, "deleted").await;
            })
        },
    };
    flow.walk().await;
}

/// What was granted before stays, and what was not is not let in.
#[tokio::test]
async fn asking_for_a_permission() {
    let flows = [(granted as Prepare, 200), (ready, 403)].map(|(prepare, status)| Flow {
        prepare,
        act: |platform, prepared| Box::pin(get(platform, &prepared["token"], PERMISSIONS)),
        success: status,
        again: status,
        check: |_, _| Box::pin(async {}),
    });
    Flow::walk_all(flows).await;
}
