//! Rows 6 and 7: seeing users.

use std::collections::BTreeMap;

use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::accounts::{ANN, NOBODY, active, register, set_flag, waiting};
use super::{
    USERS, administrator, all_of, delete, done, get, grant, new_role, next_page, somebody, uid_of,
};
use crate::harness::{PASSWORD, PUBLIC_URL, Platform};

/// Accounts are made without mails and without limits per client.
const QUICK: [(&str, &str); 2] = [("EMAIL_CONFIRMATION", "off"), ("LIMITS", "off")];
const FORBIDDEN: &str = "403\n\"Forbidden\"";
const UNKNOWN: &str = "404\n\"Not Found\"";

fn one(uid: &str) -> String {
    format!("{USERS}/{uid}")
}

/// Makes an account by the Identity Server that is active at once; its id.
async fn quick(platform: &Platform, email: &str) -> String {
    let body = json!({ "name": "Ann Lee", "email": email, "password": PASSWORD });
    let answer = register(platform, &body).await;
    assert_eq!(answer.whole(), "200\n\"User Registered\"");
    uid_of(platform, email).await
}

/// Somebody who may see users and nothing else; a token.
async fn reader(platform: &Platform, admin: &str) -> String {
    let role = new_role(platform, admin, "reader", &["users:read"]).await;
    let uid = quick(platform, "reader@example.com").await;
    assert_eq!(
        grant(platform, admin, &role, &uid).await.whole(),
        "200\ntrue"
    );
    platform.rbac_token("reader@example.com").await
}

async fn emails(platform: &Platform, token: &str, path: &str) -> (Vec<String>, Option<String>) {
    let answer = get(platform, token, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    (emails_of(&answer.json()), next_page(&answer))
}

fn emails_of(users: &Value) -> Vec<String> {
    let users = users.as_array().expect("a list").iter();
    let email = |user: &Value| user["email"].as_str().expect("an address").to_owned();
    users.map(email).collect()
}

#[tokio::test]
async fn a_user_is_shown_whole_with_roles_in_the_order_of_their_ids() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let uid = active(&platform, "Ann@Example.com").await;
    let zebra = new_role(&platform, &admin, "zebra", &[]).await;
    let ant = new_role(&platform, &admin, "ant", &["users:read"]).await;
    for role in [&ant, &zebra] {
        assert_eq!(
            grant(&platform, &admin, role, &uid).await.whole(),
            "200\ntrue"
        );
    }
    let answer = get(&platform, &admin, &one(&uid)).await;
    assert_eq!(
        answer.whole(),
        format!(
            "200\n{{\"uid\":\"{uid}\",\"name\":\"Ann Lee\",\"email\":\"ann@example.com\",\"active\":true,\
             \"reset_password\":false,\"roles\":[\
             {{\"id\":2,\"uid\":\"{}\",\"name\":\"zebra\",\"description\":\"The zebra\"}},\
             {{\"id\":3,\"uid\":\"{}\",\"name\":\"ant\",\"description\":\"The ant\"}}]}}",
            zebra.uid, ant.uid
        )
    );
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let upper = get(&platform, &admin, &one(&uid.to_uppercase())).await;
    assert_eq!(upper.whole(), answer.whole());
    let token = platform.rbac_token(ANN).await;
    assert_eq!(
        get(&platform, &token, &one(&uid)).await.whole(),
        answer.whole()
    );
    let head = platform.request(Method::HEAD, &one(&uid)).bearer(&token);
    assert_eq!(head.send().await.whole(), "200\n");
}

#[tokio::test]
async fn active_is_who_may_sign_in() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let (uid, _) = waiting(&platform, ANN).await;
    let is_active = async || get(&platform, &admin, &one(&uid)).await.json()["active"].clone();
    assert_eq!(is_active().await, false);
    set_flag(&platform, &uid, "confirmed", true).await;
    assert_eq!(is_active().await, true);
    set_flag(&platform, &uid, "suspended", true).await;
    assert_eq!(is_active().await, false);
}

#[tokio::test]
async fn oneself_is_seen_without_any_permission() {
    let platform = Platform::start().await;
    let (uid, token) = somebody(&platform, ANN).await;
    let answer = get(&platform, &token, &one(&uid)).await;
    assert_eq!(
        answer.whole(),
        format!(
            "200\n{{\"uid\":\"{uid}\",\"name\":\"\",\"email\":\"{ANN}\",\"active\":true,\
             \"reset_password\":false,\"roles\":[]}}"
        )
    );
    let upper = get(&platform, &token, &one(&uid.to_uppercase())).await;
    assert_eq!(upper.whole(), answer.whole());
    assert_eq!(get(&platform, &token, USERS).await.whole(), FORBIDDEN);
}

#[tokio::test]
async fn who_may_not_see_others_cannot_tell_who_exists() {
    let platform = Platform::start().await;
    let (_, token) = somebody(&platform, ANN).await;
    let ben = active(&platform, "ben@example.com").await;
    let before = platform.dump().await;
    for segment in [
        &*ben,
        NOBODY,
        "nobody",
        "0",
        "x%20y",
        "me",
        &ben.replace('-', ""),
    ] {
        let answer = get(&platform, &token, &one(segment)).await;
        assert_eq!(answer.whole(), FORBIDDEN, "{segment}");
    }
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn who_may_see_others_is_told_who_does_not_exist() {
    let platform = Platform::with(&QUICK).await;
    let admin = administrator(&platform).await;
    let token = reader(&platform, &admin).await;
    let ann = quick(&platform, ANN).await;
    assert_eq!(get(&platform, &token, &one(&ann)).await.status, 200);
    for segment in [NOBODY, "nobody", "0", "x%20y", "me", &ann.replace('-', "")] {
        let answer = get(&platform, &token, &one(segment)).await;
        assert_eq!(answer.whole(), UNKNOWN, "{segment}");
    }
    let session = platform.signed_in(ANN, PASSWORD).await;
    let delete = platform.delete("/user-service/v1/users/user");
    let delete = delete.bearer(&session.access_token).send().await;
    assert_eq!(delete.status, 204);
    assert_eq!(get(&platform, &token, &one(&ann)).await.whole(), UNKNOWN);
    platform.deliver().await;
    assert_eq!(get(&platform, &token, &one(&ann)).await.whole(), UNKNOWN);
}

#[tokio::test]
async fn nobody_is_changed_or_deleted_here() {
    let platform = Platform::with(&QUICK).await;
    let admin = administrator(&platform).await;
    let ann = quick(&platform, ANN).await;
    let before = platform.dump().await;
    let refused = delete(&platform, &admin, &one(&ann)).await;
    assert_eq!(refused.whole(), "405\n\"Method Not Allowed\"");
    for method in [Method::POST, Method::PUT, Method::PATCH] {
        let request = platform.request(method, &one(&ann)).bearer(&admin);
        let refused = request.json(&json!({ "active": false })).send().await;
        assert_eq!(refused.whole(), "405\n\"Method Not Allowed\"");
        assert_eq!(refused.header("allow"), Some("GET"));
    }
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn a_permission_counts_as_long_as_it_is_held() {
    let platform = Platform::with(&QUICK).await;
    let admin = administrator(&platform).await;
    let role = new_role(&platform, &admin, "reader", &["users:read"]).await;
    let ann = quick(&platform, ANN).await;
    let ben = quick(&platform, "ben@example.com").await;
    let token = platform.rbac_token(ANN).await;
    let statuses = async || {
        let (other, list) = (one(&ben), USERS);
        [
            get(&platform, &token, &other).await.status,
            get(&platform, &token, list).await.status,
        ]
    };
    assert_eq!(statuses().await, [403, 403]);
    grant(&platform, &admin, &role, &ann).await;
    assert_eq!(statuses().await, [200, 200]);
    let permission = super::permission_id(&platform, &admin, "users:read").await;
    let given = json!({ "role_id": role.id, "permission_id": permission });
    done(&platform, &admin, "/rbac/roles/remove_permission", &given).await;
    assert_eq!(statuses().await, [403, 403]);
    done(&platform, &admin, "/rbac/roles/add_permission", &given).await;
    assert_eq!(statuses().await, [200, 200]);
    super::revoke(&platform, &admin, &role, &ann).await;
    assert_eq!(statuses().await, [403, 403]);
}

#[tokio::test]
async fn users_are_listed_by_creation_with_their_roles() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let mut uids = vec![uid_of(&platform, "admin@example.com").await];
    for email in ["zoe@example.com", ANN] {
        platform.clock.advance_seconds(1);
        uids.push(active(&platform, email).await);
    }
    platform.clock.advance_seconds(1);
    let (waits, _) = waiting(&platform, "max@example.com").await;
    let role = new_role(&platform, &admin, "reporter", &[]).await;
    grant(&platform, &admin, &role, &uids[2]).await;
    let admins = super::entry_named(&platform, &admin, super::ROLES, "admin").await;
    let as_held = |role: &Value| {
        let mut role = role.clone();
        role.as_object_mut().expect("a role").remove("permissions");
        role
    };
    let reporter = super::entry_named(&platform, &admin, super::ROLES, "reporter").await;
    let answer = get(&platform, &admin, USERS).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("link"), None);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let user = |uid: &str, name: &str, email: &str, active: bool, roles: Value| {
        json!({
            "uid": uid, "name": name, "email": email, "active": active, "reset_password": false, "roles": roles,
        })
    };
    assert_eq!(
        answer.json(),
        json!([
            user(
                &uids[0],
                "",
                "admin@example.com",
                true,
                json!([as_held(&admins)])
            ),
            user(&uids[1], "Ann Lee", "zoe@example.com", true, json!([])),
            user(&uids[2], "Ann Lee", ANN, true, json!([as_held(&reporter)])),
            user(&waits, "Ann Lee", "max@example.com", false, json!([])),
        ])
    );
    assert!(
        answer
            .body
            .starts_with(&format!("[{{\"uid\":\"{}\",\"name\":", uids[0]))
    );
    let head = platform
        .request(Method::HEAD, USERS)
        .bearer(&admin)
        .send()
        .await;
    assert_eq!(head.whole(), "200\n");
}

#[tokio::test]
async fn a_page_is_as_long_as_asked_and_its_link_leads_to_the_next() {
    let platform = Platform::with(&QUICK).await;
    let admin = administrator(&platform).await;
    for name in ["zoe", "ann", "max"] {
        platform.clock.advance_seconds(1);
        quick(&platform, &format!("{name}@example.com")).await;
    }
    let first = get(&platform, &admin, "/rbac/users?limit=3").await;
    assert_eq!(
        emails_of(&first.json()),
        ["admin@example.com", "zoe@example.com", "ann@example.com"]
    );
    let link = format!("<{PUBLIC_URL}/rbac/users?limit=3&next=1767225602000-3>; rel=\"next\"");
    assert_eq!(first.header("link"), Some(link.as_str()));
    let next = next_page(&first).expect("a next page");
    let (last, none) = emails(&platform, &admin, &next).await;
    assert_eq!((last, none), (vec!["max@example.com".to_owned()], None));
    let (whole, none) = emails(&platform, &admin, "/rbac/users?limit=4").await;
    assert_eq!((whole.len(), none), (4, None));
    let (ignored, _) = emails(&platform, &admin, "/rbac/users?limit=2&page=7&offset=x").await;
    assert_eq!(ignored, ["admin@example.com", "zoe@example.com"]);
    let (behind, none) = emails(&platform, &admin, "/rbac/users?next=1767225603000-4").await;
    assert_eq!((behind.len(), none), (0, None));
}

#[tokio::test]
async fn a_link_leads_where_the_configuration_says_whatever_the_request_claims() {
    let platform = Platform::with(&[QUICK[0], ("PUBLIC_URL", "https://id.example.com")]).await;
    let admin = administrator(&platform).await;
    quick(&platform, ANN).await;
    let answer = platform
        .get("/rbac/users?limit=1")
        .bearer(&admin)
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .send()
        .await;
    assert_eq!(
        answer.header("link"),
        Some("<https://id.example.com/rbac/users?limit=1&next=1767225600000-1>; rel=\"next\"")
    );
}

#[tokio::test]
async fn a_part_that_cannot_be_read_is_400() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    for query in [
        "limit=0",
        "limit=-1",
        "limit=abc",
        "limit=",
        "limit=1.5",
        "limit=%2B1",
        "limit=99999999999999999999999",
        "limit=1&limit=2",
        "limit=%00",
        "next=",
        "next=garbage",
        "next=-1",
        "next=1767225600000",
        "next=1767225600000-",
        "next=1767225600000-x",
        "next=99999999999999999999-1",
        "next=1-1&next=2-1",
        "next=%ff",
        "next=1767225600000%231",
    ] {
        let answer = get(&platform, &admin, &format!("{USERS}?{query}")).await;
        assert_eq!(answer.whole(), "400\n\"Bad Request\"", "{query}");
        assert_eq!(answer.header("link"), None, "{query}");
    }
    let (_, token) = somebody(&platform, ANN).await;
    let refused = get(&platform, &token, "/rbac/users?limit=0").await;
    assert_eq!(refused.whole(), FORBIDDEN);
    let anonymous = platform.get("/rbac/users?limit=0").send().await;
    assert_eq!(anonymous.whole(), "401\n\"Unauthorized\"");
}

/// An administrator and 129 others: every third made within the millisecond of the one before.
async fn crowd() -> (Platform, String) {
    let platform = Platform::with(&QUICK).await;
    let admin = administrator(&platform).await;
    for number in 2..=130 {
        if number % 3 != 0 {
            platform.clock.advance(SignedDuration::from_millis(1));
        }
        platform.register(&address(number)).await;
    }
    (platform, admin)
}

fn address(number: usize) -> String {
    match number {
        1 => "admin@example.com".to_owned(),
        _ => format!("user{number}@example.com"),
    }
}

#[tokio::test]
async fn pages_show_every_user_once_and_a_hundred_at_most() {
    let (platform, admin) = crowd().await;
    let everybody: Vec<_> = (1..=130).map(address).collect();
    for query in ["", "?limit=100", "?limit=37", "?limit=13"] {
        let listed = all_of(&platform, &admin, &format!("{USERS}{query}")).await;
        assert_eq!(emails_of(&json!(listed)), everybody, "{query}");
    }
    for query in [
        "",
        "?limit=100",
        "?limit=101",
        "?limit=1000",
        "?limit=18446744073709551615",
    ] {
        let (listed, next) = emails(&platform, &admin, &format!("{USERS}{query}")).await;
        assert_eq!(listed, everybody[..100], "{query}");
        let next = next.expect("a next page");
        assert!(next.starts_with("/rbac/users?limit=100&next="), "{next}");
    }
}

#[tokio::test]
async fn who_comes_and_goes_between_pages_moves_nobody_else() {
    let platform = Platform::with(&QUICK).await;
    let admin = administrator(&platform).await;
    for number in 2..=9 {
        platform.clock.advance_seconds(1);
        platform.register(&address(number)).await;
    }
    let (first, next) = emails(&platform, &admin, "/rbac/users?limit=4").await;
    assert_eq!(first, [1, 2, 3, 4].map(address));
    // One of the page that was seen, the last of it, and one that is to come.
    for number in [2, 4, 6] {
        let session = platform.signed_in(&address(number), PASSWORD).await;
        let delete = platform.delete("/user-service/v1/users/user");
        let delete = delete.bearer(&session.access_token).send().await;
        assert_eq!(delete.status, 204);
    }
    platform.clock.advance_seconds(1);
    platform.register(&address(10)).await;
    let next = next.expect("a next page");
    let (second, next) = emails(&platform, &admin, &next).await;
    assert_eq!(second, [5, 7, 8, 9].map(address));
    let (third, none) = emails(&platform, &admin, &next.expect("a next page")).await;
    assert_eq!((third, none), (vec![address(10)], None));
}

#[tokio::test]
async fn a_page_ends_early_where_its_users_hold_very_many_roles() {
    let platform = Platform::with(&QUICK).await;
    let admin = administrator(&platform).await;
    let mut uids = BTreeMap::new();
    for number in 2..=6 {
        platform.clock.advance_seconds(1);
        uids.insert(number, quick(&platform, &address(number)).await);
    }
    // Roles that are gone are counted, too: what names them is still read.
    for number in [2, 3, 4] {
        hold(&platform, &uids[&number], 2..=1001).await;
    }
    let (first, next) = emails(&platform, &admin, USERS).await;
    assert_eq!(first, [1, 2].map(address));
    assert_eq!(
        next.as_deref(),
        Some("/rbac/users?limit=100&next=1767225601000-2")
    );
    let (second, next) = emails(&platform, &admin, &next.expect("a next page")).await;
    assert_eq!(second, [3, 4, 5, 6].map(address));
    assert_eq!(next, None);
    let listed = all_of(&platform, &admin, "/rbac/users?limit=2").await;
    assert_eq!(emails_of(&json!(listed)), [1, 2, 3, 4, 5, 6].map(address));
    assert_eq!(listed[1]["roles"], json!([]));
}

/// Has a user hold roles of these numbers, past the platform.
async fn hold(platform: &Platform, uid: &str, roles: std::ops::RangeInclusive<u64>) {
    use aws_sdk_dynamodb::types::AttributeValue;
    let numbers = roles.map(|number| number.to_string()).collect();
    let put = platform
        .database()
        .put_item()
        .table_name("gatehouse-access")
        .item("pk", AttributeValue::S(format!("user#{uid}")))
        .item("sk", AttributeValue::S("roles".to_owned()))
        .item("role_numbers", AttributeValue::Ns(numbers));
    put.send().await.expect("the item is there");
}

#[tokio::test]
async fn every_bearer_operation_refuses_everything_but_a_live_token_of_the_dialect() {
    let platform = Platform::start().await;
    let uid = active(&platform, ANN).await;
    let token = platform.rbac_token(ANN).await;
    let session = platform.signed_in(ANN, PASSWORD).await;
    let before = platform.dump().await;
    let missing = "Bearer";
    let invalid = "Bearer error=\"invalid_token\"";
    for (header, challenge) in [
        (None, missing),
        (Some(String::new()), missing),
        (Some("Bearer".to_owned()), missing),
        (
            Some("Basic YW5uQGV4YW1wbGUuY29tOnZpb2xldA==".to_owned()),
            missing,
        ),
        (Some(token.clone()), missing),
        (Some("Bearer x".to_owned()), invalid),
        (Some(format!("Bearer {token}x")), invalid),
        (Some(format!("Bearer {token} {token}")), invalid),
        (Some(format!("Bearer {}", "x".repeat(5000))), invalid),
        (Some(format!("Bearer {}", session.access_token)), invalid),
        (Some(format!("Bearer {}", session.refresh_token)), invalid),
    ] {
        for path in [USERS.to_owned(), one(&uid), one(NOBODY), one("nobody")] {
            let mut request = platform.get(&path);
            if let Some(header) = &header {
                request = request.header("authorization", header);
            }
            let answer = request.send().await;
            assert_eq!(answer.whole(), "401\n\"Unauthorized\"", "{path} {header:?}");
            assert_eq!(
                answer.header("www-authenticate"),
                Some(challenge),
                "{header:?}"
            );
        }
    }
    assert_eq!(platform.dump().await, before);
    let lower = platform
        .get(&one(&uid))
        .header("authorization", &format!("bearer {token}"));
    assert_eq!(lower.send().await.status, 200);
}
