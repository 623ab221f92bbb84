//! Who may act on whose account: whoever reaches it in every dialect, in level and in permissions.

use std::fmt::Write as _;

use http::Method;
use serde_json::json;

use super::stored::{TRUE, assert_settled, padded, put_in_set};
use super::{Role, administrator, delete, grant, new_permission, new_role, uid_of};
use crate::harness::{PASSWORD, Platform, Session};

const ACCOUNTS: &str = "/user-service/v1/users";
const NO_SUCH_PATH: &str = "404\n{\"error\":\"no such path\"}";
/// Accounts are made without mails and without limits per client.
const QUICK: [(&str, &str); 2] = [("EMAIL_CONFIRMATION", "off"), ("LIMITS", "off")];

/// What somebody has of document 002.
const RIGHTS: [&str; 4] = ["nothing", "one", "two", "admin"];

struct Stage {
    platform: Platform,
    admin: String,
    /// The administrator of both dialects, in the User Service.
    highest: Session,
    /// Of [`RIGHTS`]; nothing needs no role.
    roles: [Option<Role>; 4],
}

impl Stage {
    async fn set() -> Self {
        let platform = Platform::with(&QUICK).await;
        let admin = administrator(&platform).await;
        let highest = platform.signed_in("admin@example.com", PASSWORD).await;
        new_permission(&platform, &admin, "reports:read").await;
        let one = new_role(&platform, &admin, "one", &["reports:read"]).await;
        let two = new_role(&platform, &admin, "two", &["reports:read", "users:read"]).await;
        let all = Role {
            id: 1,
            uid: String::new(),
        };
        Self {
            platform,
            admin,
            highest,
            roles: [None, Some(one), Some(two), Some(all)],
        }
    }

    /// Makes an account of this level and with these rights; its number in the User Service.
    async fn account(&self, email: &str, level: u64, rights: usize) -> u64 {
        let user = self.platform.register(email).await;
        let id = user["id"].as_u64().expect("a number");
        let body = json!({ "permissionLevel": level });
        let changed = self.patch(&self.highest, id, &body).await;
        assert!(changed.starts_with("200"), "{changed}");
        if let Some(role) = &self.roles[rights] {
            let uid = uid_of(&self.platform, email).await;
            let granted = grant(&self.platform, &self.admin, role, &uid).await;
            assert_eq!(granted.whole(), TRUE);
        }
        id
    }

    async fn patch(&self, by: &Session, id: u64, body: &serde_json::Value) -> String {
        let request = self
            .platform
            .request(Method::PATCH, &format!("{ACCOUNTS}/{id}"));
        let answer = request.bearer(&by.access_token).json(body).send().await;
        answer.whole()
    }

    async fn delete(&self, by: &Session, id: u64) -> String {
        let request = self.platform.delete(&format!("{ACCOUNTS}/{id}"));
        request.bearer(&by.access_token).send().await.whole()
    }
}

#[tokio::test]
async fn an_account_is_changed_and_deleted_by_whoever_reaches_it_in_both_dialects() {
    let stage = Stage::set().await;
    let mut table = String::new();
    for (own, name) in RIGHTS.into_iter().enumerate() {
        let email = format!("caller.{name}@example.com");
        stage.account(&email, 2, own).await;
        let caller = stage.platform.signed_in(&email, PASSWORD).await;
        for level in 0..=2 {
            for (others, target) in RIGHTS.into_iter().enumerate() {
                let what = format!("{name} on {target} of level {level}");
                let email = format!("{name}.{target}.{level}@example.com");
                let id = stage.account(&email, level, others).await;
                let before = stage.platform.dump().await;
                let moved = json!({ "email": format!("moved.{email}") });
                let answers = [
                    stage
                        .patch(&caller, id, &json!({ "confirmed": true }))
                        .await,
                    stage.patch(&caller, id, &moved).await,
                    stage.delete(&caller, id).await,
                ];
                let reaches = own >= others;
                if reaches {
                    let statuses = answers.each_ref().map(|answer| &answer[..3]);
                    assert_eq!(statuses, ["200", "200", "204"], "{what}");
                } else {
                    assert_eq!(answers, [NO_SUCH_PATH; 3], "{what}");
                    assert_eq!(stage.platform.dump().await, before, "{what}");
                }
                writeln!(table, "{what}: {reaches}").expect("a text grows");
            }
        }
    }
    assert_eq!(table.lines().count(), 48, "{table}");
    assert_eq!(table.matches("true").count(), 30, "{table}");
    stage.platform.deliver().await;
    assert_settled(&stage.platform, "all pairs").await;
}

#[tokio::test]
async fn everybody_reaches_themselves() {
    let stage = Stage::set().await;
    for (own, name) in RIGHTS.into_iter().enumerate() {
        let email = format!("caller.{name}@example.com");
        let id = stage.account(&email, 2, own).await;
        let caller = stage.platform.signed_in(&email, PASSWORD).await;
        let changed = stage
            .patch(&caller, id, &json!({ "confirmed": true }))
            .await;
        assert!(changed.starts_with("200"), "{name}: {changed}");
        assert_eq!(&stage.delete(&caller, id).await[..3], "204", "{name}");
    }
}

#[tokio::test]
async fn what_was_granted_and_revoked_counts_at_once() {
    let stage = Stage::set().await;
    let id = stage.account("ann@example.com", 0, 0).await;
    let ann = uid_of(&stage.platform, "ann@example.com").await;
    stage.account("boss@example.com", 2, 0).await;
    let boss = stage.platform.signed_in("boss@example.com", PASSWORD).await;
    let names = json!({ "firstname": "Ann" });
    let one = stage.roles[1].as_ref().expect("a role");
    for _ in 0..2 {
        assert!(stage.patch(&boss, id, &names).await.starts_with("200"));
        grant(&stage.platform, &stage.admin, one, &ann).await;
        assert_eq!(stage.patch(&boss, id, &names).await, NO_SUCH_PATH);
        super::revoke(&stage.platform, &stage.admin, one, &ann).await;
    }
    grant(&stage.platform, &stage.admin, one, &ann).await;
    let path = format!("{}/{}", super::ROLES, one.id);
    assert_eq!(
        delete(&stage.platform, &stage.admin, &path).await.whole(),
        TRUE
    );
    assert!(
        stage.patch(&boss, id, &names).await.starts_with("200"),
        "before it is erased"
    );
}

#[tokio::test]
async fn a_permission_that_does_not_exist_any_more_counts_for_nothing() {
    let stage = Stage::set().await;
    let target = stage.account("ann@example.com", 1, 1).await;
    stage.account("boss@example.com", 2, 0).await;
    let boss = stage.platform.signed_in("boss@example.com", PASSWORD).await;
    let names = json!({ "firstname": "Ann" });
    assert_eq!(stage.patch(&boss, target, &names).await, NO_SUCH_PATH);
    let reports = format!("{}/7", super::PERMISSIONS);
    assert_eq!(
        delete(&stage.platform, &stage.admin, &reports)
            .await
            .whole(),
        TRUE
    );
    let roles = stage.platform.items("access").await;
    let role = roles
        .iter()
        .find(|item| item["pk"] == "roles" && item["sk"] == *padded(2));
    assert_eq!(
        role.expect("the role")["permission_numbers"],
        json!([7]),
        "not erased yet"
    );
    assert!(stage.patch(&boss, target, &names).await.starts_with("200"));
    put_in_set(
        &stage.platform,
        ("roles", &padded(2)),
        "permission_numbers",
        [1],
    )
    .await;
    assert_eq!(stage.patch(&boss, target, &names).await, NO_SUCH_PATH);
}
