//! Rows 12 to 16 and 19: roles are made, seen, changed and deleted.

use http::Method;
use serde_json::json;

use super::stored::{
    BAD_REQUEST, CONFLICT, FORBIDDEN, NOT_FOUND, TRUE, assert_access_whole, assert_settled, edge,
    names, stored, sweep,
};
use super::{
    ADD, PERMISSIONS, REMOVE, ROLES, USERS, all_of, delete, done, get, grant, new_permission,
    new_role, post, request, role_path, somebody, start,
};

const CREATE: &str = "/rbac/roles/create";

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
        let found = get(&platform, &admin, &role_path(id)).await;
        assert_eq!(found.whole(), format!("200\n{whole}"), "{id}");
    }
    let plain = get(&platform, &admin, &role_path(uid.replace('-', ""))).await;
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
    let role = get(&platform, &admin, &role_path(2)).await.json();
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
            let answer = request(&platform, &admin, method.clone(), &role_path(id));
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
            let found = get(&platform, &admin, &role_path(role.id)).await.json();
            assert_eq!(names(&found["permissions"]), ["reports:read"], "{body}");
            done(&platform, &admin, REMOVE, &body).await;
            let found = get(&platform, &admin, &role_path(role.id)).await.json();
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
    let found = get(&platform, &admin, &role_path(role.id)).await.json();
    assert_eq!(
        names(&found["permissions"]),
        ["users:read", "permissions:read", "roles:read"]
    );
    for permission in [1, 1, 3] {
        done(&platform, &admin, REMOVE, &edge(&role, permission)).await;
    }
    let found = get(&platform, &admin, &role_path(role.id)).await.json();
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
        assert_eq!(
            delete(&platform, &admin, &role_path(&id)).await.whole(),
            TRUE
        );
        for round in ["at once", "erased", "forgotten"] {
            for id in [&old.id.to_string(), &old.uid] {
                for method in [Method::GET, Method::DELETE] {
                    let again = request(&platform, &admin, method, &role_path(id))
                        .send()
                        .await;
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
        let found = get(&platform, &admin, &role_path(new.id)).await.json();
        assert_eq!(found["permissions"], json!([]));
        delete(&platform, &admin, &role_path(new.id)).await;
        sweep(&platform).await;
    }
}

#[tokio::test]
async fn a_name_is_free_before_its_role_is_erased() {
    let (platform, admin) = start().await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    let old = new_role(&platform, &admin, "reader", &["users:read"]).await;
    grant(&platform, &admin, &old, &ann).await;
    delete(&platform, &admin, &role_path(old.id)).await;
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
