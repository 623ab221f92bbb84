//! Rows 12 to 16 and 19: roles are made, seen, changed and deleted.

use http::Method;
use serde_json::{Value, json};

use super::stored::{
    BAD_REQUEST, CONFLICT, FORBIDDEN, NOT_FOUND, TRUE, access_item, assert_access_whole,
    assert_settled, edge, give_many, hold_many, ids, names, numbers, padded, put_in_set, stored,
    sweep,
};
use super::{
    PERMISSIONS, ROLES, Role, USERS, administrator, all_of, delete, done, get, grant,
    new_permission, new_role, post, request, revoke, somebody,
};
use crate::harness::Platform;

const CREATE: &str = "/rbac/roles/create";
const ADD: &str = "/rbac/roles/add_permission";
const REMOVE: &str = "/rbac/roles/remove_permission";

async fn start() -> (Platform, String) {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    (platform, admin)
}

fn path(id: impl std::fmt::Display) -> String {
    format!("{ROLES}/{id}")
}

async fn admin_role(platform: &Platform, admin: &str) -> Role {
    let role = get(platform, admin, &path(1)).await.json();
    let uid = role["uid"].as_str().expect("a UUID").to_owned();
    Role { id: 1, uid }
}

#[tokio::test]
async fn a_new_role_gives_nothing_and_has_a_number_and_a_uuid() {
    let (platform, admin) = start().await;
    let body = json!({ "name": "reporter", "description": "Writes reports" });
    let created = post(&platform, &admin, CREATE, &body).await;
    assert_eq!(created.whole(), TRUE);
    let list = get(&platform, &admin, ROLES).await;
    let uid = list.json()[1]["uid"].as_str().expect("a UUID").to_owned();
    assert_eq!(uid.len(), 36);
    let whole = format!(
        "{{\"id\":2,\"uid\":\"{uid}\",\"name\":\"reporter\",\"description\":\"Writes reports\",\"permissions\":[]}}"
    );
    assert!(list.body.ends_with(&format!(",{whole}]")), "{}", list.body);
    assert_eq!(list.json()[0]["name"], "admin");
    assert_eq!(list.json()[0]["description"], "Has every permission");
    assert_eq!(
        list.json()[0]["permissions"],
        get(&platform, &admin, PERMISSIONS).await.json()
    );
    for id in ["2", "02", &uid, &uid.to_uppercase()] {
        let found = get(&platform, &admin, &path(id)).await;
        assert_eq!(found.whole(), format!("200\n{whole}"), "{id}");
    }
    let plain = get(&platform, &admin, &path(uid.replace('-', ""))).await;
    assert_eq!(plain.status, 404, "one text form only");
    assert_settled(&platform, "a new role").await;
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let (platform, admin) = start().await;
    new_role(&platform, &admin, "reporter", &[]).await;
    let before = stored(&platform).await;
    for name in ["reporter", "admin"] {
        let answer = post(&platform, &admin, CREATE, &json!({ "name": name })).await;
        assert_eq!(answer.whole(), CONFLICT, "{name}");
    }
    assert_eq!(stored(&platform).await, before);
    done(&platform, &admin, CREATE, &json!({ "name": "Admin" })).await;
    assert_eq!(all_of(&platform, &admin, ROLES).await.len(), 3);
}

#[tokio::test]
async fn what_is_no_name_or_no_description_is_400() {
    let (platform, admin) = start().await;
    let before = platform.dump().await;
    for body in [
        json!({}),
        json!({ "name": null }),
        json!({ "name": "" }),
        json!({ "name": "\t" }),
        json!({ "name": "reporter " }),
        json!({ "name": "x".repeat(129) }),
        json!({ "name": 1 }),
        json!({ "name": ["reporter"] }),
        json!({ "name": "reporter", "description": 1 }),
        json!({ "name": "reporter", "description": "x".repeat(1025) }),
        json!([{ "name": "reporter" }]),
    ] {
        let answer = post(&platform, &admin, CREATE, &body).await;
        assert_eq!(answer.whole(), BAD_REQUEST, "{body}");
    }
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn fields_that_are_not_listed_change_nothing() {
    let (platform, admin) = start().await;
    let body = json!({
        "name": "reporter", "id": 1, "uid": "02dd5dcb-c073-4efa-bc03-15715ba52742", "permissions": [1, 2],
        "permission_numbers": [1], "permission_id": 1, "users": ["x"], "version": 7,
    });
    done(&platform, &admin, CREATE, &body).await;
    let role = get(&platform, &admin, &path(2)).await.json();
    assert_ne!(role["uid"], body["uid"]);
    assert_eq!(role["permissions"], json!([]));
    let roles = platform.items("access").await;
    assert_eq!(roles.iter().filter(|item| item["pk"] == "roles").count(), 2);
}

#[tokio::test]
async fn an_id_that_is_none_is_404() {
    let (platform, admin) = start().await;
    let before = platform.dump().await;
    for id in [
        "0",
        "2",
        "-1",
        "+1",
        "1.0",
        "abc",
        "admin",
        "99999999999999999999999",
        "18446744073709551615",
        "02dd5dcb-c073-4efa-bc03-15715ba52742",
        "02dd5dcb-c073-4efa-bc03-15715ba5274",
        "02dd5dcb-c073-4efa-bc03-15715ba5274g",
        "00000000-0000-0000-0000-000000000000",
    ] {
        for method in [Method::GET, Method::DELETE] {
            let answer = request(&platform, &admin, method.clone(), &path(id));
            assert_eq!(answer.send().await.whole(), NOT_FOUND, "{method} {id}");
        }
    }
    assert_eq!(platform.dump().await, before);
    let word = get(&platform, &admin, ADD).await;
    assert_eq!((word.status, word.header("allow")), (405, Some("POST")));
}

#[tokio::test]
async fn a_body_names_a_role_by_number_digits_or_uuid() {
    let (platform, admin) = start().await;
    let reports = new_permission(&platform, &admin, "reports:read").await;
    let role = new_role(&platform, &admin, "reporter", &[]).await;
    for role_id in [
        json!(role.id),
        json!(role.id.to_string()),
        json!(role.uid),
        json!(role.uid.to_uppercase()),
    ] {
        for permission_id in [json!(reports), json!(reports.to_string())] {
            let body = json!({ "role_id": role_id, "permission_id": permission_id });
            done(&platform, &admin, ADD, &body).await;
            let found = get(&platform, &admin, &path(role.id)).await.json();
            assert_eq!(names(&found["permissions"]), ["reports:read"], "{body}");
            done(&platform, &admin, REMOVE, &body).await;
            let found = get(&platform, &admin, &path(role.id)).await.json();
            assert_eq!(found["permissions"], json!([]), "{body}");
        }
    }
    assert_settled(&platform, "added and removed").await;
}

#[tokio::test]
async fn what_names_no_role_or_no_permission_is_400_or_404() {
    let (platform, admin) = start().await;
    let role = new_role(&platform, &admin, "reporter", &["users:read"]).await;
    let before = platform.dump().await;
    let unknown = "02dd5dcb-c073-4efa-bc03-15715ba52742";
    for (field, value, expected) in [
        ("role_id", json!(0), NOT_FOUND),
        ("role_id", json!(4711), NOT_FOUND),
        ("role_id", json!("0"), NOT_FOUND),
        ("role_id", json!(unknown), NOT_FOUND),
        ("role_id", json!(u64::MAX), NOT_FOUND),
        ("role_id", json!(-1), BAD_REQUEST),
        ("role_id", json!(2.0), BAD_REQUEST),
        ("role_id", json!(1.5), BAD_REQUEST),
        ("role_id", json!("-1"), BAD_REQUEST),
        ("role_id", json!(""), BAD_REQUEST),
        ("role_id", json!(" 2"), BAD_REQUEST),
        ("role_id", json!("reporter"), BAD_REQUEST),
        ("role_id", json!("18446744073709551616"), BAD_REQUEST),
        ("role_id", json!(null), BAD_REQUEST),
        ("role_id", json!(true), BAD_REQUEST),
        ("role_id", json!([2]), BAD_REQUEST),
        ("role_id", json!({ "id": 2 }), BAD_REQUEST),
        ("permission_id", json!(0), NOT_FOUND),
        ("permission_id", json!(4711), NOT_FOUND),
        ("permission_id", json!("0"), NOT_FOUND),
        ("permission_id", json!(-1), BAD_REQUEST),
        ("permission_id", json!(1.5), BAD_REQUEST),
        ("permission_id", json!("users:read"), BAD_REQUEST),
        ("permission_id", json!(unknown), BAD_REQUEST),
        ("permission_id", json!(null), BAD_REQUEST),
        ("permission_id", json!(false), BAD_REQUEST),
        ("permission_id", json!([1]), BAD_REQUEST),
        ("permission_id", json!({}), BAD_REQUEST),
    ] {
        for path in [ADD, REMOVE] {
            let mut body = edge(&role, 1);
            body[field] = value.clone();
            let answer = post(&platform, &admin, path, &body).await;
            assert_eq!(answer.whole(), expected, "{path} {body}");
        }
    }
    for missing in ["role_id", "permission_id"] {
        let mut body = edge(&role, 1);
        body.as_object_mut().expect("an object").remove(missing);
        for path in [ADD, REMOVE] {
            let answer = post(&platform, &admin, path, &body).await;
            assert_eq!(answer.whole(), BAD_REQUEST, "{path} {body}");
        }
    }
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn adding_and_removing_twice_is_true_and_the_order_is_that_of_the_ids() {
    let (platform, admin) = start().await;
    let role = new_role(&platform, &admin, "reader", &[]).await;
    for permission in [4, 1, 2, 4, 1] {
        done(&platform, &admin, ADD, &edge(&role, permission)).await;
    }
    let found = get(&platform, &admin, &path(role.id)).await.json();
    assert_eq!(
        names(&found["permissions"]),
        ["users:read", "permissions:read", "roles:read"]
    );
    for permission in [1, 1, 3] {
        done(&platform, &admin, REMOVE, &edge(&role, permission)).await;
    }
    let found = get(&platform, &admin, &path(role.id)).await.json();
    assert_eq!(
        names(&found["permissions"]),
        ["permissions:read", "roles:read"]
    );
    assert_settled(&platform, "twice").await;
}

#[tokio::test]
async fn a_deleted_role_is_gone_by_both_names_and_its_own_is_free() {
    let (platform, _) = start().await;
    for by_uuid in [false, true] {
        let admin = platform.rbac_token("admin@example.com").await;
        let old = new_role(&platform, &admin, "reporter", &["users:read"]).await;
        let id = if by_uuid {
            old.uid.to_uppercase()
        } else {
            old.id.to_string()
        };
        assert_eq!(delete(&platform, &admin, &path(&id)).await.whole(), TRUE);
        for round in ["at once", "erased", "forgotten"] {
            for id in [&old.id.to_string(), &old.uid] {
                for method in [Method::GET, Method::DELETE] {
                    let again = request(&platform, &admin, method, &path(id)).send().await;
                    assert_eq!(again.whole(), NOT_FOUND, "{round}");
                }
                for at in [ADD, REMOVE] {
                    let body = json!({ "role_id": id, "permission_id": 1 });
                    let answer = post(&platform, &admin, at, &body).await;
                    assert_eq!(answer.whole(), NOT_FOUND, "{round}");
                }
            }
            assert_eq!(all_of(&platform, &admin, ROLES).await.len(), 1, "{round}");
            assert_access_whole(&platform, round).await;
            match round {
                "at once" => assert_eq!(platform.deliver().await.len(), 0, "nobody is written to"),
                "erased" => sweep(&platform).await,
                _ => {}
            }
        }
        assert_settled(&platform, "a deleted role").await;
        let new = new_role(&platform, &admin, "reporter", &[]).await;
        assert!(new.id > old.id && new.uid != old.uid);
        let found = get(&platform, &admin, &path(new.id)).await.json();
        assert_eq!(found["permissions"], json!([]));
        delete(&platform, &admin, &path(new.id)).await;
        sweep(&platform).await;
    }
}

#[tokio::test]
async fn a_name_is_free_before_its_role_is_erased() {
    let (platform, admin) = start().await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    let old = new_role(&platform, &admin, "reader", &["users:read"]).await;
    grant(&platform, &admin, &old, &ann).await;
    delete(&platform, &admin, &path(old.id)).await;
    let new = new_role(&platform, &admin, "reader", &["users:read"]).await;
    assert_eq!((old.id, new.id), (2, 3));
    for _ in 0..2 {
        assert_eq!(get(&platform, &token, USERS).await.whole(), FORBIDDEN);
        let users = get(&platform, &admin, USERS).await.json();
        assert_eq!(users[1]["roles"], json!([]));
        sweep(&platform).await;
    }
    assert_settled(&platform, "a name that was free").await;
}

#[tokio::test]
async fn the_role_admin_is_its_holders_business() {
    let (platform, admin) = start().await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    let own = admin_role(&platform, &admin).await;
    let all = [
        "users:read",
        "permissions:read",
        "permissions:write",
        "roles:read",
        "roles:write",
        "roles:grant",
    ];
    let officer = new_role(&platform, &admin, "officer", &all).await;
    assert_eq!(grant(&platform, &admin, &officer, &ann).await.whole(), TRUE);
    let reports = new_permission(&platform, &admin, "reports:read").await;
    let admin_uid = super::uid_of(&platform, "admin@example.com").await;
    let before = platform.dump().await;
    for by in [&own.id.to_string(), &own.uid] {
        let answer = delete(&platform, &admin, &path(by)).await;
        assert_eq!(answer.whole(), FORBIDDEN, "not even by a holder");
        assert_eq!(
            delete(&platform, &token, &path(by)).await.whole(),
            FORBIDDEN
        );
    }
    for permission in 1..=6 {
        let answer = post(&platform, &admin, REMOVE, &edge(&own, permission)).await;
        assert_eq!(answer.whole(), FORBIDDEN, "{permission}");
        for at in [ADD, REMOVE] {
            let answer = post(&platform, &token, at, &edge(&own, permission)).await;
            assert_eq!(answer.whole(), FORBIDDEN, "{at} {permission}");
        }
    }
    for user in [&ann, &admin_uid] {
        for answer in [
            grant(&platform, &token, &own, user).await,
            revoke(&platform, &token, &own, user).await,
        ] {
            assert_eq!(answer.whole(), FORBIDDEN);
        }
    }
    assert_eq!(platform.dump().await, before);
    // What is not built in comes and goes.
    done(&platform, &admin, ADD, &edge(&own, reports)).await;
    done(&platform, &admin, REMOVE, &edge(&own, reports)).await;
    assert_eq!(grant(&platform, &admin, &own, &ann).await.whole(), TRUE);
    assert_eq!(
        revoke(&platform, &token, &own, &admin_uid).await.whole(),
        TRUE
    );
    assert_settled(&platform, "the role admin").await;
}

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
        assert_eq!(delete(&platform, &admin, &path(gone)).await.whole(), TRUE);
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
    let found = get(&platform, &admin, &path(&role.uid)).await.json();
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
        delete(&platform, &admin, &path(role.id)).await.whole(),
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
