//! What deleted roles, permissions and users leave behind, and how it goes: in any order, from any point, twice.

use http::Method;
use serde_json::{Value, json};

use super::stored::{
    FORBIDDEN, TRUE, access_item, assert_access_whole, assert_settled, numbers, padded, sweep,
};
use super::{
    PERMISSIONS, REGISTER, ROLES, Role, USERS, delete, get, grant, new_permission, new_role,
    somebody, start, uid_of,
};
use crate::harness::{Fault, PASSWORD, Platform};

/// Keys and members of the table, without the role `admin` and what it has.
async fn left(platform: &Platform) -> Vec<Value> {
    let mut left = Vec::new();
    for item in platform.items("access").await {
        let names_role_2 =
            item["pk"] == "role#2" || (item["pk"] == "roles" && item["sk"] == *padded(2));
        let roles = numbers(Some(&item), "role_numbers");
        if names_role_2 || roles.contains(&2) {
            left.push(json!([item["pk"], item["sk"]]));
        }
    }
    left
}

/// A role with two permissions and two holders, one of whose tokens is returned.
async fn held_role(platform: &Platform, admin: &str) -> (Role, String) {
    let (ann, token) = somebody(platform, "ann@example.com").await;
    let (ben, _) = somebody(platform, "ben@example.com").await;
    let role = new_role(platform, admin, "reader", &["users:read", "roles:read"]).await;
    for user in [&ann, &ben] {
        assert_eq!(grant(platform, admin, &role, user).await.whole(), TRUE);
    }
    (role, token)
}

#[tokio::test]
async fn a_deleted_role_is_erased_at_both_ends_and_forgotten_a_quarter_of_an_hour_later() {
    let (platform, admin) = start().await;
    let (role, token) = held_role(&platform, &admin).await;
    assert_eq!(
        left(&platform).await.len(),
        7,
        "role, two permissions, two holders"
    );
    let path = format!("{ROLES}/{}", role.id);
    assert_eq!(delete(&platform, &admin, &path).await.whole(), TRUE);
    let intents = platform.items("outbox").await;
    assert_eq!(intents.len(), 1);
    let intent = json!([
        intents[0]["kind"],
        intents[0]["role"],
        intents[0]["dialect"]
    ]);
    assert_eq!(intent, json!(["erase", 2, "rbac"]));

    assert_eq!(platform.deliver().await.len(), 0);
    let tombstone = json!(["roles", padded(2)]);
    let mark = json!(["removed-roles", "-"]);
    assert_eq!(left(&platform).await, [tombstone.clone(), mark.clone()]);
    for seconds in [0, 899] {
        platform.clock.advance_seconds(seconds);
        platform.deliver().await;
        assert_eq!(left(&platform).await, [tombstone.clone(), mark.clone()]);
        assert_eq!(platform.items("outbox").await.len(), 1);
        assert_eq!(get(&platform, &token, USERS).await.whole(), FORBIDDEN);
    }
    platform.clock.advance_seconds(1);
    platform.deliver().await;
    assert_eq!(left(&platform).await, [] as [Value; 0]);
    assert_settled(&platform, "forgotten").await;
}

#[tokio::test]
async fn an_intent_that_comes_again_changes_nothing() {
    let (platform, admin) = start().await;
    let (role, _) = held_role(&platform, &admin).await;
    let reports = new_permission(&platform, &admin, "reports:read").await;
    let other = new_role(&platform, &admin, "other", &["reports:read"]).await;
    delete(&platform, &admin, &format!("{ROLES}/{}", role.id)).await;
    delete(&platform, &admin, &format!("{PERMISSIONS}/{reports}")).await;
    let delivery = &platform.local.delivery;
    let intents = delivery.open_intents().await.expect("a readable outbox");
    assert_eq!(intents.len(), 2);
    sweep(&platform).await;
    assert_settled(&platform, "erased").await;
    // Meanwhile the names are in use again.
    let admin = platform.rbac_token("admin@example.com").await;
    new_permission(&platform, &admin, "reports:read").await;
    let again = new_role(&platform, &admin, "reader", &["users:read", "reports:read"]).await;
    let ann = uid_of(&platform, "ann@example.com").await;
    for role in [&again, &other] {
        grant(&platform, &admin, role, &ann).await;
    }
    let before = platform.dump().await;
    for intent in &intents {
        delivery.deliver(intent).await.expect("nothing to do");
    }
    assert_eq!(platform.dump().await, before);
}

/// Lets the sender die before each of its calls in turn, and then end.
async fn dying_leaves_no_right(remove: &str, closed: &str) {
    for died in 0.. {
        let (platform, admin) = start().await;
        new_permission(&platform, &admin, "reports:read").await;
        let (_, token) = held_role(&platform, &admin).await;
        let reports = new_role(&platform, &admin, "reporter", &["reports:read"]).await;
        let ann = uid_of(&platform, "ann@example.com").await;
        grant(&platform, &admin, &reports, &ann).await;
        assert_eq!(delete(&platform, &admin, remove).await.whole(), TRUE);
        let what = format!("{remove}: died before call {died}");
        let mut has_died = false;
        for minutes in [0, 15] {
            platform.clock.advance_seconds(minutes * 60);
            platform.connector.forget();
            let denied = Fault::AccessDenied;
            platform
                .connector
                .inject_after(died, "", denied, usize::MAX);
            platform.deliver().await;
            has_died |= platform.connector.calls().len() > died;
            platform.connector.heal();
            assert_access_whole(&platform, &what).await;
            if !closed.is_empty() {
                let answer = get(&platform, &token, closed).await;
                assert_eq!(answer.whole(), FORBIDDEN, "{what}");
            }
        }
        platform.deliver().await;
        assert_settled(&platform, &what).await;
        if !has_died {
            assert!(died >= 4, "{what}");
            return;
        }
    }
}

#[tokio::test]
async fn dying_while_a_role_is_erased_leaves_no_right_and_the_next_run_ends_it() {
    dying_leaves_no_right("/rbac/roles/2", USERS).await;
}

#[tokio::test]
async fn dying_while_a_permission_is_erased_leaves_no_right_and_the_next_run_ends_it() {
    dying_leaves_no_right("/rbac/permissions/7", "").await;
}

#[tokio::test]
async fn a_deleted_user_holds_nothing() {
    let (platform, admin) = start().await;
    let (role, _) = held_role(&platform, &admin).await;
    let ann = uid_of(&platform, "ann@example.com").await;
    let spare = new_role(&platform, &admin, "spare", &[]).await;
    grant(&platform, &admin, &spare, &ann).await;
    let session = platform.signed_in("ann@example.com", PASSWORD).await;
    let user = "/user-service/v1/users/user";
    let deleted = platform
        .delete(user)
        .bearer(&session.access_token)
        .send()
        .await;
    assert_eq!(deleted.status, 204);
    assert_access_whole(&platform, "deleted").await;
    platform.deliver().await;
    assert_settled(&platform, "erased").await;
    let items = platform.items("access").await;
    assert!(!json!(items).to_string().contains(&ann));
    let ben = uid_of(&platform, "ben@example.com").await;
    let held = access_item(&platform, &format!("user#{ben}"), "roles").await;
    assert_eq!(numbers(held.as_ref(), "role_numbers"), [role.id]);
    // Nor does whoever gets the address next.
    let (_, token) = somebody(&platform, "ann@example.com").await;
    assert_eq!(get(&platform, &token, USERS).await.whole(), FORBIDDEN);
}

#[tokio::test]
async fn an_administrator_deletes_a_user_and_the_roles_go_along() {
    let (platform, admin) = start().await;
    held_role(&platform, &admin).await;
    let session = platform.signed_in("admin@example.com", PASSWORD).await;
    for id in [2, 3] {
        let path = format!("/user-service/v1/users/{id}");
        let request = platform.request(Method::DELETE, &path);
        let deleted = request.bearer(&session.access_token).send().await;
        assert_eq!(deleted.status, 204, "{}", deleted.body);
    }
    // One of both dies in between.
    platform
        .connector
        .inject_after(4, "access", Fault::AccessDenied, 3);
    platform.deliver().await;
    assert_access_whole(&platform, "half erased").await;
    platform.connector.heal();
    platform.deliver().await;
    assert_settled(&platform, "erased").await;
    let mut items = platform.items("access").await;
    items.retain(|item| {
        item["pk"] == "role#2"
            || item["pk"]
                .as_str()
                .is_some_and(|pk| pk.starts_with("user#"))
    });
    assert_eq!(items.len(), 1, "the administrator's: {items:?}");
}

#[tokio::test]
async fn an_account_that_is_replaced_before_it_was_confirmed_leaves_no_roles() {
    let (platform, admin) = start().await;
    let squatter = json!({ "name": "Squatter", "email": "ann@example.com", "password": "nine paper lanterns over the quay" });
    let registered = platform.post(REGISTER).json(&squatter).send().await;
    assert_eq!(registered.status, 200, "{}", registered.body);
    platform.deliver().await;
    let old = uid_of(&platform, "ann@example.com").await;
    let role = new_role(&platform, &admin, "reader", &["users:read"]).await;
    assert_eq!(grant(&platform, &admin, &role, &old).await.whole(), TRUE);
    platform.clock.advance_seconds(86_400);
    let (new, token) = somebody(&platform, "ann@example.com").await;
    assert_ne!(old, new);
    assert_access_whole(&platform, "replaced").await;
    assert_eq!(get(&platform, &token, USERS).await.whole(), FORBIDDEN);
    sweep(&platform).await;
    assert_settled(&platform, "erased").await;
    let items = platform.items("access").await;
    assert!(!json!(items).to_string().contains(&old));
}
