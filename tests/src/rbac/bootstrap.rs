//! Who holds the role `admin` from the start: the administrator of an installation, of an older one too, and whoever is invited.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use shared::domain::EmailAddress;
use shared::service::{Administrator, Bootstrap, Invited};

use super::stored::{FORBIDDEN, access_item, assert_access_whole, numbers};
use super::{ROLES, USERS, administrator, get, somebody, uid_of};
use crate::harness::{Fault, PASSWORD, Platform, reset_link_in};

const ADMIN: &str = "admin@example.com";

fn bootstrap(platform: &Platform) -> Bootstrap {
    let local = &platform.local;
    local
        .foundation
        .bootstrap(&local.secrets)
        .expect("the keys")
}

async fn ensured(platform: &Platform) -> Administrator {
    let email = EmailAddress::parse(ADMIN).expect("an address");
    let ensured = bootstrap(platform).ensure_administrator(&email, None).await;
    ensured.expect("an administrator")
}

/// As a release left it that knew nothing of roles.
async fn forget_roles(platform: &Platform) {
    for item in platform.items("access").await {
        let key = |name: &str| AttributeValue::S(item[name].as_str().expect("a key").to_owned());
        let delete = platform
            .database()
            .delete_item()
            .table_name("gatehouse-access");
        let deleted = delete
            .key("pk", key("pk"))
            .key("sk", key("sk"))
            .send()
            .await;
        deleted.expect("it is gone");
    }
    assert_eq!(platform.items("access").await, []);
}

/// The numbers of the roles that somebody holds.
async fn roles_of(platform: &Platform, email: &str) -> Vec<u64> {
    let uid = uid_of(platform, email).await;
    let held = access_item(platform, &format!("user#{uid}"), "roles").await;
    numbers(held.as_ref(), "role_numbers")
}

/// Sets the password that an invitation asks for; a token.
async fn accept_invitation(platform: &Platform, email: &str) -> String {
    let mails = platform.deliver().await;
    let mail = mails
        .iter()
        .rfind(|mail| mail.to == [email])
        .expect("an invitation");
    let link = reset_link_in(&mail.text);
    let (_, query) = link.split_once('?').expect("a query");
    let field = |name: &str| {
        let mut fields = form_urlencoded::parse(query.as_bytes());
        let found = fields.find(|(found, _)| found == name).expect("a field");
        found.1.into_owned()
    };
    let set = platform.reset(&(field("uid"), field("t")), PASSWORD).await;
    assert_eq!(set.status, 200, "{}", set.body);
    platform.rbac_token(email).await
}

#[tokio::test]
async fn the_administrator_that_an_installation_starts_with_holds_the_role_admin() {
    let platform = Platform::start().await;
    assert_eq!(platform.items("access").await, []);
    let admin = administrator(&platform).await;
    assert_eq!(roles_of(&platform, ADMIN).await, [1]);
    let roles = get(&platform, &admin, ROLES).await.json();
    assert_eq!(
        (&roles[0]["id"], &roles[0]["name"]),
        (&json!(1), &json!("admin"))
    );
    assert_eq!(roles[0]["permissions"].as_array().map(Vec::len), Some(6));
    let users = get(&platform, &admin, USERS).await.json();
    assert_eq!(users[0]["roles"][0]["name"], "admin");
    assert_access_whole(&platform, "from the start").await;
    let before = platform.dump().await;
    assert!(matches!(
        ensured(&platform).await,
        Administrator::Present(_)
    ));
    assert_eq!(
        platform.dump().await,
        before,
        "another start changes nothing"
    );
}

#[tokio::test]
async fn an_installation_of_an_older_release_is_completed() {
    let platform = Platform::start().await;
    administrator(&platform).await;
    let (_, token) = somebody(&platform, "ann@example.com").await;
    forget_roles(&platform).await;
    let admin = platform.rbac_token(ADMIN).await;
    for token in [&admin, &token] {
        assert_eq!(get(&platform, token, ROLES).await.whole(), FORBIDDEN);
    }
    assert!(matches!(
        ensured(&platform).await,
        Administrator::Completed(_)
    ));
    assert_eq!(get(&platform, &admin, ROLES).await.status, 200);
    assert_eq!(get(&platform, &token, ROLES).await.whole(), FORBIDDEN);
    assert_eq!(roles_of(&platform, ADMIN).await, [1]);
    assert_eq!(roles_of(&platform, "ann@example.com").await, [0; 0]);
    assert_access_whole(&platform, "completed").await;
    assert!(matches!(
        ensured(&platform).await,
        Administrator::Present(_)
    ));
}

#[tokio::test]
async fn completing_an_older_installation_may_fail_at_any_call_and_ends_at_the_next_try() {
    for call in 0..8 {
        let platform = Platform::start().await;
        administrator(&platform).await;
        forget_roles(&platform).await;
        platform.connector.forget();
        platform
            .connector
            .inject_after(call, "", Fault::AccessDenied, usize::MAX);
        let email = EmailAddress::parse(ADMIN).expect("an address");
        let first = bootstrap(&platform)
            .ensure_administrator(&email, None)
            .await;
        let made = platform.connector.calls();
        platform.connector.heal();
        assert_access_whole(&platform, &format!("{made:?}")).await;
        let second = ensured(&platform).await;
        assert_eq!(roles_of(&platform, ADMIN).await, [1], "{made:?}");
        assert_access_whole(&platform, &format!("{made:?}")).await;
        match first {
            Ok(_) => assert!(matches!(second, Administrator::Present(_)), "{made:?}"),
            Err(_) => assert!(matches!(second, Administrator::Completed(_)), "{made:?}"),
        }
    }
}

#[tokio::test]
async fn several_starts_at_once_make_one_role_admin() {
    let platform = Platform::with_running_clock(&[]).await;
    administrator(&platform).await;
    forget_roles(&platform).await;
    let starts = (0..8).map(|_| ensured(&platform));
    futures::future::join_all(starts).await;
    let roles = platform.items("access").await;
    let roles: Vec<_> = roles.iter().filter(|item| item["pk"] == "roles").collect();
    assert_eq!(roles.len(), 1, "{roles:?}");
    assert_eq!(roles_of(&platform, ADMIN).await, [1]);
    assert_access_whole(&platform, "several starts").await;
}

#[tokio::test]
async fn whoever_is_invited_holds_the_role_admin() {
    let platform = Platform::start().await;
    administrator(&platform).await;
    let (_, old) = somebody(&platform, "ann@example.com").await;
    for (email, is_new) in [("ben@example.com", true), ("ann@example.com", false)] {
        let address = EmailAddress::parse(email).expect("an address");
        let invited = bootstrap(&platform)
            .invite(&address)
            .await
            .expect("an invitation");
        assert_eq!(matches!(invited, Invited::NewAccount(_)), is_new, "{email}");
        assert_eq!(roles_of(&platform, email).await, [1]);
        let token = accept_invitation(&platform, email).await;
        let users: Value = get(&platform, &token, USERS).await.json();
        let own = users
            .as_array()
            .expect("a list")
            .iter()
            .find(|user| user["email"] == email);
        assert_eq!(own.expect("the invited one")["roles"][0]["name"], "admin");
    }
    assert_eq!(
        get(&platform, &old, USERS).await.status,
        401,
        "its sessions are over"
    );
    assert_access_whole(&platform, "invited").await;
}
