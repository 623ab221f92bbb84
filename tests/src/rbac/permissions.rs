//! Rows 8 to 11: permissions are made, seen and deleted.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};

use super::stored::{
    BAD_REQUEST, CONFLICT, FORBIDDEN, NOT_FOUND, TRUE, access_item, assert_access_whole,
    assert_settled, edge, ids, names, numbers, padded, stored,
};
use super::{
    PERMISSIONS, ROLES, all_of, delete, done, get, grant, new_permission, new_role, next_page,
    permission_id, post, request, somebody, start,
};

const CREATE: &str = "/rbac/permissions/create";

fn path(id: impl std::fmt::Display) -> String {
    format!("{PERMISSIONS}/{id}")
}

#[tokio::test]
async fn a_new_permission_is_listed_with_the_next_id() {
    let (platform, admin) = start().await;
    let body = json!({ "name": "reports:read", "description": "Read \"reports\" – all" });
    let created = post(&platform, &admin, CREATE, &body).await;
    assert_eq!(created.whole(), TRUE);
    assert_eq!(created.header("content-type"), Some("application/json"));
    assert_eq!(
        get(&platform, &admin, PERMISSIONS).await.whole(),
        "200\n[\
         {\"id\":1,\"name\":\"users:read\",\"description\":\"See all users and their roles\"},\
         {\"id\":2,\"name\":\"permissions:read\",\"description\":\"See permissions\"},\
         {\"id\":3,\"name\":\"permissions:write\",\"description\":\"Create and delete permissions\"},\
         {\"id\":4,\"name\":\"roles:read\",\"description\":\"See roles and their permissions\"},\
         {\"id\":5,\"name\":\"roles:write\",\"description\":\"Create, change and delete roles\"},\
         {\"id\":6,\"name\":\"roles:grant\",\"description\":\"Grant roles to users and revoke them\"},\
         {\"id\":7,\"name\":\"reports:read\",\"description\":\"Read \\\"reports\\\" – all\"}]"
    );
    assert_settled(&platform, "a new permission").await;
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let (platform, admin) = start().await;
    new_permission(&platform, &admin, "reports:read").await;
    let before = stored(&platform).await;
    for name in ["reports:read", "users:read"] {
        let body = json!({ "name": name, "description": "Another one" });
        let answer = post(&platform, &admin, CREATE, &body).await;
        assert_eq!(answer.whole(), CONFLICT, "{name}");
    }
    assert_eq!(stored(&platform).await, before);
    // Case counts, as in every comparison of names.
    done(
        &platform,
        &admin,
        CREATE,
        &json!({ "name": "Reports:Read" }),
    )
    .await;
    assert_eq!(all_of(&platform, &admin, PERMISSIONS).await.len(), 8);
}

#[tokio::test]
async fn what_is_no_name_or_no_description_is_400() {
    let (platform, admin) = start().await;
    let before = platform.dump().await;
    for body in [
        json!({}),
        json!({ "description": "No name" }),
        json!({ "name": null }),
        json!({ "name": "" }),
        json!({ "name": " " }),
        json!({ "name": " reports:read" }),
        json!({ "name": "reports:read\u{a0}" }),
        json!({ "name": "reports\nread" }),
        json!({ "name": "reports\u{0}read" }),
        json!({ "name": "reports\u{85}read" }),
        json!({ "name": "x".repeat(129) }),
        json!({ "name": "ü".repeat(65) }),
        json!({ "name": 7 }),
        json!({ "name": true }),
        json!({ "name": ["reports:read"] }),
        json!({ "name": { "S": "reports:read" } }),
        json!({ "name": "reports:read", "description": 7 }),
        json!({ "name": "reports:read", "description": ["a"] }),
        json!({ "name": "reports:read", "description": false }),
        json!({ "name": "reports:read", "description": "a\u{0}b" }),
        json!({ "name": "reports:read", "description": "x".repeat(1025) }),
        json!({ "name": "reports:read", "description": "ü".repeat(513) }),
        json!([]),
        json!("reports:read"),
        json!(null),
    ] {
        let answer = post(&platform, &admin, CREATE, &body).await;
        assert_eq!(answer.whole(), BAD_REQUEST, "{body}");
    }
    for text in [
        "",
        "{",
        "{\"name\":\"a\",\"name\":\"b\"}",
        "{\"name\":\"a\",}",
        "name=a",
    ] {
        let sent = request(&platform, &admin, Method::POST, CREATE);
        let sent = sent.header("content-type", "application/json").body(text);
        assert_eq!(sent.send().await.whole(), BAD_REQUEST, "{text}");
    }
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn a_description_may_be_missing_and_both_may_be_as_long_as_they_may() {
    let (platform, admin) = start().await;
    let (name, description) = ("ü".repeat(64), "x".repeat(1024));
    for (body, expected) in [
        (
            json!({ "name": "a" }),
            json!({ "id": 7, "name": "a", "description": "" }),
        ),
        (
            json!({ "name": "b", "description": null }),
            json!({ "id": 8, "name": "b", "description": "" }),
        ),
        (
            json!({ "name": "c", "description": "" }),
            json!({ "id": 9, "name": "c", "description": "" }),
        ),
        (
            json!({ "name": name, "description": description }),
            json!({ "id": 10, "name": name, "description": description }),
        ),
        (
            json!({ "name": "permission#users:read" }),
            json!({ "id": 11, "name": "permission#users:read", "description": "" }),
        ),
    ] {
        done(&platform, &admin, CREATE, &body).await;
        let found = get(&platform, &admin, &path(&expected["id"])).await;
        assert_eq!(found.json(), expected);
    }
    assert_settled(&platform, "names").await;
}

#[tokio::test]
async fn fields_that_are_not_listed_change_nothing() {
    let (platform, admin) = start().await;
    let body = json!({
        "name": "reports:read", "id": 1, "number": 1, "uid": "x", "roles": [1], "role_numbers": [1], "role_id": 1,
    });
    done(&platform, &admin, CREATE, &body).await;
    assert_eq!(
        get(&platform, &admin, &path(7)).await.whole(),
        "200\n{\"id\":7,\"name\":\"reports:read\",\"description\":\"\"}"
    );
    let givers = access_item(&platform, "permission#reports:read", "-").await;
    assert_eq!(
        json!(givers.expect("it is there")),
        json!({ "pk": "permission#reports:read", "sk": "-", "number": 7 })
    );
    let role = get(&platform, &admin, &format!("{ROLES}/1")).await;
    assert_eq!(role.json()["permissions"].as_array().map(Vec::len), Some(6));
}

#[tokio::test]
async fn an_id_that_is_none_is_404() {
    let (platform, admin) = start().await;
    let before = platform.dump().await;
    for id in [
        "0",
        "7",
        "-1",
        "+1",
        "1.0",
        "1e0",
        "0x1",
        "abc",
        "%20",
        "99999999999999999999999",
        "18446744073709551615",
        "18446744073709551616",
        "2b1d2d2e-7c1c-4c9a-8e4b-4a1f6f8f0a11",
    ] {
        for method in [Method::GET, Method::DELETE] {
            let answer = request(&platform, &admin, method.clone(), &path(id));
            assert_eq!(answer.send().await.whole(), NOT_FOUND, "{method} {id}");
        }
    }
    assert_eq!(platform.dump().await, before);
    let word = get(&platform, &admin, CREATE).await;
    assert_eq!((word.status, word.header("allow")), (405, Some("POST")));
}

#[tokio::test]
async fn a_deleted_permission_is_gone_from_every_role_at_once() {
    let (platform, admin) = start().await;
    let reports = new_permission(&platform, &admin, "reports:read").await;
    for name in ["reporter", "auditor"] {
        new_role(&platform, &admin, name, &["reports:read", "users:read"]).await;
    }
    let shown = |roles: Value| -> Vec<Vec<String>> {
        let roles = roles.as_array().expect("roles").iter().skip(1);
        let own = |role: &Value| {
            names(&role["permissions"])
                .into_iter()
                .map(str::to_owned)
                .collect()
        };
        roles.map(own).collect()
    };
    let all = get(&platform, &admin, ROLES).await.json();
    assert_eq!(shown(all), [["users:read", "reports:read"]; 2]);

    assert_eq!(
        delete(&platform, &admin, &path(reports)).await.whole(),
        TRUE
    );
    for round in ["before", "after"] {
        for method in [Method::GET, Method::DELETE] {
            let again = request(&platform, &admin, method, &path(reports));
            assert_eq!(again.send().await.whole(), NOT_FOUND, "{round}");
        }
        let all = get(&platform, &admin, ROLES).await.json();
        assert_eq!(shown(all), [["users:read"]; 2], "{round}");
        assert_eq!(all_of(&platform, &admin, PERMISSIONS).await.len(), 6);
        assert_access_whole(&platform, round).await;
        assert_eq!(platform.deliver().await.len(), 0, "nobody is written to");
    }
    for role in [2, 3] {
        let item = access_item(&platform, "roles", &padded(role)).await;
        assert_eq!(numbers(item.as_ref(), "permission_numbers"), [1]);
    }
    assert_settled(&platform, "a deleted permission").await;
}

#[tokio::test]
async fn what_this_api_asks_for_stays() {
    let (platform, admin) = start().await;
    let before = platform.dump().await;
    for id in 1..=6 {
        let answer = delete(&platform, &admin, &path(id)).await;
        assert_eq!(answer.whole(), FORBIDDEN, "{id}");
    }
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn a_permission_made_anew_under_the_same_name_is_another_one() {
    let (platform, admin) = start().await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    let old = new_permission(&platform, &admin, "reports:read").await;
    let role = new_role(
        &platform,
        &admin,
        "reporter",
        &["reports:read", "roles:write"],
    )
    .await;
    let spare = new_role(&platform, &admin, "spare", &[]).await;
    assert_eq!(grant(&platform, &admin, &role, &ann).await.whole(), TRUE);
    let add = "/rbac/roles/add_permission";
    done(&platform, &token, add, &edge(&spare, old)).await;

    delete(&platform, &admin, &path(old)).await;
    let new = new_permission(&platform, &admin, "reports:read").await;
    assert_eq!((old, new), (7, 8));
    for round in ["before", "after"] {
        let found = get(&platform, &admin, &format!("{ROLES}/{}", role.id)).await;
        assert_eq!(
            names(&found.json()["permissions"]),
            ["roles:write"],
            "{round}"
        );
        let given = post(&platform, &token, add, &edge(&spare, new)).await;
        assert_eq!(
            given.whole(),
            FORBIDDEN,
            "{round}: the caller does not have the new one"
        );
        let given = post(&platform, &token, add, &edge(&spare, old)).await;
        assert_eq!(given.whole(), NOT_FOUND, "{round}");
        let givers = access_item(&platform, "permission#reports:read", "-").await;
        assert_eq!(numbers(givers.as_ref(), "role_numbers"), [0; 0], "{round}");
        platform.deliver().await;
    }
    assert_settled(&platform, "made anew").await;
    assert_eq!(permission_id(&platform, &admin, "reports:read").await, new);
}

#[tokio::test]
async fn pages_show_every_permission_once_and_a_hundred_at_most() {
    let (platform, admin) = start().await;
    for number in 7..=130 {
        done(
            &platform,
            &admin,
            CREATE,
            &json!({ "name": format!("many:{number}") }),
        )
        .await;
    }
    for limit in [100, 37, 13] {
        let list = format!("{PERMISSIONS}?limit={limit}");
        let entries = all_of(&platform, &admin, &list).await;
        assert_eq!(ids(&entries), (1..=130).collect::<Vec<_>>(), "{limit}");
    }
    for query in [
        "",
        "?limit=101",
        "?limit=18446744073709551615",
        "?limit=100",
        "?other=1",
    ] {
        let page = get(&platform, &admin, &format!("{PERMISSIONS}{query}")).await;
        assert_eq!(page.json().as_array().map(Vec::len), Some(100), "{query}");
        assert_eq!(
            page.header("link"),
            Some("<http://127.0.0.1:3000/rbac/permissions?limit=100&next=100>; rel=\"next\""),
            "{query}"
        );
    }
    let last = get(&platform, &admin, &format!("{PERMISSIONS}?next=100")).await;
    assert_eq!(
        ids(last.json().as_array().expect("a list")),
        (101..=130).collect::<Vec<_>>()
    );
    assert_eq!(last.header("link"), None);
    let whole = get(
        &platform,
        &admin,
        &format!("{PERMISSIONS}?limit=30&next=100"),
    )
    .await;
    assert_eq!(whole.header("link"), None, "nothing comes after it");
    for query in ["next=130", "next=4711", "next=18446744073709551615"] {
        let none = get(&platform, &admin, &format!("{PERMISSIONS}?{query}")).await;
        assert_eq!(
            (none.whole().as_str(), none.header("link")),
            ("200\n[]", None)
        );
    }
}

#[tokio::test]
async fn entries_that_come_and_go_between_pages_neither_hide_nor_repeat_others() {
    let (platform, admin) = start().await;
    for number in 7..=60 {
        done(
            &platform,
            &admin,
            CREATE,
            &json!({ "name": format!("many:{number}") }),
        )
        .await;
    }
    let (mut seen, mut path_of_next) = (Vec::new(), Some(format!("{PERMISSIONS}?limit=7")));
    let mut gone = BTreeSet::new();
    while let Some(list) = path_of_next {
        let page = get(&platform, &admin, &list).await;
        seen.extend(ids(page.json().as_array().expect("a list")));
        path_of_next = next_page(&page);
        let last = *seen.last().expect("an entry");
        // The one that the page ended with, and one that is still to come.
        for id in [last, last + 3] {
            if (7..=60).contains(&id) && gone.insert(id) {
                assert_eq!(delete(&platform, &admin, &path(id)).await.whole(), TRUE);
            }
        }
        let name = format!("new:{last}");
        if last < 60 {
            done(&platform, &admin, CREATE, &json!({ "name": name })).await;
        }
    }
    let distinct: BTreeSet<_> = seen.iter().copied().collect();
    assert_eq!(
        distinct.iter().copied().collect::<Vec<_>>(),
        seen,
        "in order, each once"
    );
    let stayed = (1..=60).filter(|id| !gone.contains(id));
    assert!(stayed.clone().all(|id| distinct.contains(&id)), "{seen:?}");
    assert!(
        seen.iter().any(|id| *id > 60),
        "what was made meanwhile comes at the end"
    );
}

#[tokio::test]
async fn a_part_that_cannot_be_read_is_400() {
    let (platform, admin) = start().await;
    for query in [
        "limit=0",
        "limit=-1",
        "limit=",
        "limit=x",
        "limit=1.5",
        "limit=%2B1",
        "limit=18446744073709551616",
        "limit=1&limit=2",
        "next=",
        "next=x",
        "next=-1",
        "next=1.0",
        "next=18446744073709551616",
        "next=1&next=2",
        "next=%00",
        "limit=%ff",
    ] {
        let answer = get(&platform, &admin, &format!("{PERMISSIONS}?{query}")).await;
        assert_eq!(answer.whole(), BAD_REQUEST, "{query}");
    }
}
