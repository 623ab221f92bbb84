//! The Identity Server dialect, route by route.

mod accounts;
mod activate;
mod authenticate;
mod bootstrap;
mod call_budget;
mod erasing;
mod escalation;
pub(crate) mod faults;
mod grants;
mod hostile_input;
mod must_change;
mod outage;
mod permissions;
mod protection;
mod races;
mod rank;
mod register;
mod reset_password;
mod role_admin;
mod roles;
mod sizes;
pub(crate) mod stored;
mod users;
mod validate;
mod walk;

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Platform, Request};

const AUTHENTICATE: &str = "/rbac/auth/authenticate";
const VALIDATE: &str = "/rbac/auth/validate";
const REGISTER: &str = "/rbac/users/register";
const RESET_PASSWORD: &str = "/rbac/users/reset_password";
const USERS: &str = "/rbac/users";
const PERMISSIONS: &str = "/rbac/permissions";
const ROLES: &str = "/rbac/roles";
const GRANT: &str = "/rbac/roles/grant";
const REVOKE: &str = "/rbac/roles/revoke";
const ADD: &str = "/rbac/roles/add_permission";
const REMOVE: &str = "/rbac/roles/remove_permission";

/// A role as its list shows it: number and UUID.
pub(crate) struct Role {
    id: u64,
    uid: String,
}

/// The role that an installation starts with, by its number.
fn admin_role() -> Role {
    Role {
        id: 1,
        uid: String::new(),
    }
}

fn role_path(id: impl std::fmt::Display) -> String {
    format!("{ROLES}/{id}")
}

/// Makes the administrator that an installation starts with; a token.
pub(crate) async fn administrator(platform: &Platform) -> String {
    crate::user_service::administrator(platform).await;
    platform.rbac_token("admin@example.com").await
}

/// A platform with an administrator; the administrator's token.
async fn start() -> (Platform, String) {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    (platform, admin)
}

/// Registers, confirms and signs in somebody without any role: id and token.
async fn somebody(platform: &Platform, email: &str) -> (String, String) {
    platform.register_confirmed(email).await;
    let token = platform.rbac_token(email).await;
    (uid_of(platform, email).await, token)
}

/// The id of the account with this address.
pub(crate) async fn uid_of(platform: &Platform, email: &str) -> String {
    let users = platform.items("users").await;
    let account = users
        .iter()
        .find(|item| item.get("email") == Some(&json!(email)));
    let pk = account.expect("the account")["pk"].as_str().expect("a key");
    pk.strip_prefix("user#").expect("an account").to_owned()
}

fn request(platform: &Platform, token: &str, method: Method, path: &str) -> Request {
    platform.request(method, path).bearer(token)
}

async fn get(platform: &Platform, token: &str, path: &str) -> Answer {
    request(platform, token, Method::GET, path).send().await
}

async fn delete(platform: &Platform, token: &str, path: &str) -> Answer {
    request(platform, token, Method::DELETE, path).send().await
}

async fn post(platform: &Platform, token: &str, path: &str, body: &Value) -> Answer {
    let request = request(platform, token, Method::POST, path).json(body);
    request.send().await
}

/// The same, where it answers `true`.
async fn done(platform: &Platform, token: &str, path: &str, body: &Value) {
    let answer = post(platform, token, path, body).await;
    assert_eq!(answer.whole(), "200\ntrue", "{path} {body}");
}

/// All entries of a list, page by page.
async fn all_of(platform: &Platform, token: &str, list: &str) -> Vec<Value> {
    let mut entries = Vec::new();
    let mut path = list.to_owned();
    loop {
        let answer = get(platform, token, &path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        entries.extend(answer.json().as_array().expect("a list").iter().cloned());
        match next_page(&answer) {
            Some(next) => path = next,
            None => return entries,
        }
    }
}

/// Where the header `Link` leads, without the origin.
fn next_page(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    let (url, relation) = link
        .strip_prefix('<')
        .and_then(|link| link.split_once('>'))
        .expect("a link");
    assert_eq!(relation, "; rel=\"next\"");
    let path = url.strip_prefix(crate::harness::PUBLIC_URL);
    Some(path.expect("a link to here").to_owned())
}

async fn entry_named(platform: &Platform, admin: &str, list: &str, name: &str) -> Value {
    let entries = all_of(platform, admin, list).await;
    let entry = entries.into_iter().find(|entry| entry["name"] == name);
    entry.unwrap_or_else(|| panic!("{name} is not in {list}"))
}

pub(crate) async fn new_permission(platform: &Platform, admin: &str, name: &str) -> u64 {
    let body = json!({ "name": name, "description": format!("May {name}") });
    done(platform, admin, "/rbac/permissions/create", &body).await;
    permission_id(platform, admin, name).await
}

async fn permission_id(platform: &Platform, admin: &str, name: &str) -> u64 {
    let entry = entry_named(platform, admin, PERMISSIONS, name).await;
    entry["id"].as_u64().expect("a number")
}

/// Makes a role that gives these permissions, which exist.
pub(crate) async fn new_role(
    platform: &Platform,
    admin: &str,
    name: &str,
    permissions: &[&str],
) -> Role {
    let body = json!({ "name": name, "description": format!("The {name}") });
    done(platform, admin, "/rbac/roles/create", &body).await;
    let entry = entry_named(platform, admin, ROLES, name).await;
    let role = Role {
        id: entry["id"].as_u64().expect("a number"),
        uid: entry["uid"].as_str().expect("a UUID").to_owned(),
    };
    for permission in permissions {
        let permission = permission_id(platform, admin, permission).await;
        let body = json!({ "role_id": role.id, "permission_id": permission });
        done(platform, admin, "/rbac/roles/add_permission", &body).await;
    }
    role
}

pub(crate) async fn grant(platform: &Platform, by: &str, role: &Role, user: &str) -> Answer {
    let body = json!({ "role_id": role.id, "user_uid": user });
    post(platform, by, "/rbac/roles/grant", &body).await
}

async fn revoke(platform: &Platform, by: &str, role: &Role, user: &str) -> Answer {
    let body = json!({ "role_id": role.id, "user_uid": user });
    post(platform, by, "/rbac/roles/revoke", &body).await
}
