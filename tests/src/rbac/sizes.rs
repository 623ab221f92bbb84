//! Many roles and permissions: pages, and how much one of them holds.

use serde_json::{Value, json};

use super::stored::{
    BAD_REQUEST, FORBIDDEN, TRUE, access_item, assert_settled, edge, give_many, hold_many, ids,
    numbers, padded, put_in_set, sweep,
};
use super::{
    ADD, REMOVE, ROLES, Role, USERS, all_of, delete, done, get, grant, new_permission, new_role,
    post, revoke, role_path, somebody, start,
};

const CREATE: &str = "/rbac/roles/create";

#[tokio::test]
async fn pages_show_every_role_once_and_a_hundred_at_most() {
    let (platform, admin) = start().await;
    for number in 2..=130 {
        done(
            &platform,
            &admin,
            CREATE,
            &json!({ "name": format!("many{number}") }),
        )
        .await;
    }
    for gone in [50, 99, 100, 101] {
        assert_eq!(
            delete(&platform, &admin, &role_path(gone)).await.whole(),
            TRUE
        );
    }
    let there: Vec<_> = (1..=130)
        .filter(|id| ![50, 99, 100, 101].contains(id))
        .collect();
    for limit in [100, 49, 13, 1] {
        let list = format!("{ROLES}?limit={limit}");
        assert_eq!(
            ids(&all_of(&platform, &admin, &list).await),
            there,
            "{limit}"
        );
    }
    let first = get(&platform, &admin, &format!("{ROLES}?limit=4711")).await;
    assert_eq!(ids(first.json().as_array().expect("a list")), there[..100]);
    assert_eq!(
        first.header("link"),
        Some("<http://127.0.0.1:3000/rbac/roles?limit=100&next=104>; rel=\"next\"")
    );
    let exact = get(&platform, &admin, &format!("{ROLES}?limit=26&next=104")).await;
    assert_eq!(ids(exact.json().as_array().expect("a list")), there[100..]);
    assert_eq!(exact.header("link"), None, "nothing comes after it");
    let none = get(&platform, &admin, &format!("{ROLES}?next=130")).await;
    assert_eq!(
        (none.whole().as_str(), none.header("link")),
        ("200\n[]", None)
    );
    for query in [
        "limit=0",
        "limit=x",
        "limit=-1",
        "next=x",
        "next=",
        "limit=1&limit=1",
    ] {
        let answer = get(&platform, &admin, &format!("{ROLES}?{query}")).await;
        assert_eq!(answer.whole(), BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn a_page_ends_early_where_its_roles_give_very_many_permissions() {
    let (platform, admin) = start().await;
    let mut roles = Vec::new();
    for name in ["one", "two", "three", "four"] {
        roles.push(new_role(&platform, &admin, name, &[]).await);
    }
    // 6 of admin, 1200 and 794 are 2000 together.
    let many = give_many(&platform, &roles[0], 1200).await;
    for (role, count) in [(&roles[1], 794), (&roles[2], 900), (&roles[3], 1200)] {
        for number in many.clone().take(count) {
            let key = format!("permission#many:{number}");
            put_in_set(&platform, (&key, "-"), "role_numbers", [role.id]).await;
        }
        let given = many.clone().take(count);
        put_in_set(
            &platform,
            ("roles", &padded(role.id)),
            "permission_numbers",
            given,
        )
        .await;
    }
    assert_settled(&platform, "many permissions").await;
    let mut list = Some(ROLES.to_owned());
    let mut pages = Vec::new();
    while let Some(path) = list {
        let page = get(&platform, &admin, &path).await;
        pages.push(ids(page.json().as_array().expect("a list")));
        list = super::next_page(&page);
    }
    assert_eq!(pages, [vec![1, 2, 3], vec![4], vec![5]]);
}

#[tokio::test]
async fn a_role_with_a_thousand_permissions_is_listed_granted_and_checked() {
    let (platform, admin) = start().await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    let (ben, of_ben) = somebody(&platform, "ben@example.com").await;
    let role = new_role(&platform, &admin, "all", &["users:read", "roles:grant"]).await;
    let given = give_many(&platform, &role, 1000).await;
    assert_settled(&platform, "a thousand permissions").await;
    let found = get(&platform, &admin, &role_path(&role.uid)).await.json();
    let expected: Vec<_> = [1, 6].into_iter().chain(given.clone()).collect();
    assert_eq!(
        ids(found["permissions"].as_array().expect("a list")),
        expected
    );
    let listed = get(&platform, &admin, ROLES).await.json();
    assert_eq!(listed[1], found);

    assert_eq!(grant(&platform, &admin, &role, &ann).await.whole(), TRUE);
    assert_eq!(get(&platform, &token, USERS).await.status, 200);
    // The one who has all of them may hand them on; a check of rank compares them all.
    assert_eq!(grant(&platform, &token, &role, &ben).await.whole(), TRUE);
    assert_eq!(get(&platform, &of_ben, USERS).await.status, 200);
    assert_eq!(
        delete(&platform, &admin, &role_path(role.id)).await.whole(),
        TRUE
    );
    assert_eq!(get(&platform, &of_ben, USERS).await.whole(), FORBIDDEN);
    sweep(&platform).await;
    assert_settled(&platform, "erased").await;
    let one = format!("permission#many:{}", given.start);
    let left = access_item(&platform, &one, "-").await;
    assert_eq!(numbers(left.as_ref(), "role_numbers"), [0; 0]);
}

#[tokio::test]
async fn a_role_gives_two_thousand_permissions_and_no_more() {
    let (platform, admin) = start().await;
    let role = new_role(&platform, &admin, "all", &["users:read"]).await;
    let key = ("roles", &*padded(role.id));
    put_in_set(&platform, key, "permission_numbers", 10_001..=11_998).await;
    done(&platform, &admin, ADD, &edge(&role, 2)).await;
    let before = platform.dump().await;
    let full = post(&platform, &admin, ADD, &edge(&role, 3)).await;
    assert_eq!(full.whole(), BAD_REQUEST);
    assert_eq!(platform.dump().await, before);
    done(&platform, &admin, ADD, &edge(&role, 2)).await;
    done(&platform, &admin, REMOVE, &edge(&role, 2)).await;
    done(&platform, &admin, ADD, &edge(&role, 3)).await;
}

#[tokio::test]
async fn a_user_holds_a_thousand_roles_and_no_more() {
    let (platform, admin) = start().await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    let reader = new_role(&platform, &admin, "reader", &["users:read"]).await;
    let spare = new_role(&platform, &admin, "spare", &[]).await;
    let held = hold_many(&platform, &ann, 999).await;
    assert_eq!(grant(&platform, &admin, &reader, &ann).await.whole(), TRUE);
    assert_settled(&platform, "a thousand roles").await;
    assert_eq!(get(&platform, &token, USERS).await.status, 200);
    let own = get(&platform, &token, &format!("{USERS}/{ann}"))
        .await
        .json();
    let shown: Vec<_> = own["roles"].as_array().expect("roles").clone();
    let expected: Vec<_> = [reader.id].into_iter().chain(held).collect();
    assert_eq!(ids(&shown), expected);
    let before = platform.dump().await;
    let full = grant(&platform, &admin, &spare, &ann).await;
    assert_eq!(full.whole(), BAD_REQUEST);
    assert_eq!(platform.dump().await, before);
    assert_eq!(
        grant(&platform, &admin, &reader, &ann).await.whole(),
        TRUE,
        "held already"
    );
    let one = Role {
        id: expected[1],
        uid: String::new(),
    };
    assert_eq!(revoke(&platform, &admin, &one, &ann).await.whole(), TRUE);
    assert_eq!(grant(&platform, &admin, &spare, &ann).await.whole(), TRUE);
    assert_settled(&platform, "one for another").await;
}

#[tokio::test]
async fn a_list_shows_each_roles_own_permissions() {
    let (platform, admin) = start().await;
    new_permission(&platform, &admin, "reports:read").await;
    new_role(&platform, &admin, "a", &["reports:read", "users:read"]).await;
    new_role(&platform, &admin, "b", &[]).await;
    new_role(&platform, &admin, "c", &["reports:read"]).await;
    let roles = get(&platform, &admin, ROLES).await.json();
    let shown: Vec<_> = roles
        .as_array()
        .expect("a list")
        .iter()
        .skip(1)
        .map(shown)
        .collect();
    assert_eq!(
        shown,
        [
            json!(["a", "The a", [{ "id": 1, "name": "users:read", "description": "See all users and their roles" },
                { "id": 7, "name": "reports:read", "description": "May reports:read" }]]),
            json!(["b", "The b", []]),
            json!(["c", "The c", [{ "id": 7, "name": "reports:read", "description": "May reports:read" }]]),
        ]
    );
}

fn shown(role: &Value) -> Value {
    json!([role["name"], role["description"], role["permissions"]])
}
