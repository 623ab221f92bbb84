//! Rows 15 to 18: administrators and the accounts of others.

use http::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{
    ACCESS_TOKEN, ATTRIBUTES, NEW_PASSWORD, PROFILE, STATUS, USER, administrator,
    expect_nothing_done, stored,
};
use crate::harness::{Answer, PASSWORD, Platform, Session};

const USERS: &str = "/user-service/v1/users";

fn account(id: u64) -> String {
    format!("{USERS}/{id}")
}

async fn patch(platform: &Platform, by: &Session, path: &str, body: &Value) -> Answer {
    let request = platform.request(Method::PATCH, path);
    request.bearer(&by.access_token).json(body).send().await
}

async fn get(platform: &Platform, by: &Session, path: &str) -> Answer {
    platform.get(path).bearer(&by.access_token).send().await
}

async fn set_attribute(platform: &Platform, by: &Session, key: &str, text: &str) {
    let body = json!({ "attributeKey": key, "attributeText": text });
    let request = platform.post(ATTRIBUTES).bearer(&by.access_token);
    assert_eq!(request.json(&body).send().await.status, 200);
}

#[tokio::test]
async fn an_administrator_lists_accounts_by_creation() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    for name in ["zoe", "ann", "max"] {
        platform.clock.advance_seconds(1);
        platform.register(&format!("{name}@example.com")).await;
        platform.deliver().await;
    }
    set_attribute(&platform, &admin, "theme", "dark").await;
    assert_snapshot!(get(&platform, &admin, USERS).await.whole(), @r#"
    200
    {"status":"success","users":[{"confirmed":true,"firstname":null,"lastname":null,"email":"admin@example.com","id":1,"language":"en","permissionLevel":2,"attributes":{"theme":"dark"}},{"confirmed":false,"firstname":null,"lastname":null,"email":"zoe@example.com","id":2,"language":"en","permissionLevel":0,"attributes":{}},{"confirmed":false,"firstname":null,"lastname":null,"email":"ann@example.com","id":3,"language":"en","permissionLevel":0,"attributes":{}},{"confirmed":false,"firstname":null,"lastname":null,"email":"max@example.com","id":4,"language":"en","permissionLevel":0,"attributes":{}}]}
    "#);
    for (query, expected) in [
        ("bottomIndex=0&upperIndex=2", &[1, 2][..]),
        ("bottomIndex=1&upperIndex=3", &[2, 3]),
        ("bottomIndex=1", &[2, 3, 4]),
        ("upperIndex=1", &[1]),
        ("bottomIndex=3&upperIndex=100", &[4]),
        ("bottomIndex=2&upperIndex=2", &[]),
        ("bottomIndex=4", &[]),
    ] {
        let answer = get(&platform, &admin, &format!("{USERS}?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        let body = answer.json();
        let users = body["users"].as_array().expect("users");
        let ids: Vec<_> = users
            .iter()
            .map(|user| user["id"].as_u64().unwrap())
            .collect();
        assert_eq!(ids, expected, "{query}");
    }
    for query in [
        "bottomIndex=-1",
        "bottomIndex=x",
        "upperIndex=1.5",
        "bottomIndex=99999999999999999999999",
        "bottomIndex=0&bottomIndex=1",
        "bottomIndex=10001",
    ] {
        let answer = get(&platform, &admin, &format!("{USERS}?{query}")).await;
        assert_eq!(answer.status, 400, "{query}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_deleted_account_is_not_listed() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session("ann@example.com").await;
    platform.delete(USER).bearer(&ann.access_token).send().await;
    let body = get(&platform, &admin, USERS).await.json();
    assert_eq!(body["users"].as_array().expect("users").len(), 1);
}

#[tokio::test]
async fn for_anybody_else_these_routes_do_not_exist() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session("ann@example.com").await;
    let moderator = platform.new_session("moderator@example.com").await;
    let promoted = patch(
        &platform,
        &admin,
        &account(3),
        &json!({ "permissionLevel": 1 }),
    )
    .await;
    assert_eq!(promoted.status, 200, "{}", promoted.body);
    set_attribute(&platform, &ann, "theme", "dark").await;
    let listed = get(&platform, &admin, &format!("{}/attributes", account(2))).await;
    let attribute = listed.json()[0]["id"].clone();
    let before = platform.dump().await;
    let body = json!({ "firstname": "Eve", "permissionLevel": 2, "value": "eve" });
    for (method, path) in [
        (Method::GET, USERS.to_owned()),
        (Method::PATCH, account(2)),
        (Method::PATCH, account(1)),
        (Method::PATCH, account(4711)),
        (Method::DELETE, account(2)),
        (Method::DELETE, account(4711)),
        (Method::GET, format!("{}/attributes", account(2))),
        (Method::PATCH, format!("{ATTRIBUTES}/{attribute}")),
    ] {
        for (token, status) in [
            (None, 401),
            (Some("x"), 403),
            (Some(admin.refresh_token.as_str()), 403),
            (Some(ann.access_token.as_str()), 404),
            (Some(moderator.access_token.as_str()), 404),
        ] {
            let mut request = platform.request(method.clone(), &path).json(&body);
            if let Some(token) = token {
                request = request.bearer(token);
            }
            let answer = request.send().await;
            assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
            if status == 404 {
                assert_eq!(
                    answer.body, "{\"error\":\"no such path\"}",
                    "{method} {path}"
                );
            }
        }
    }
    expect_nothing_done(&platform, &before, "no administrator").await;
}

#[tokio::test]
async fn what_is_absent_stays_and_null_clears_a_name() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session("ann@example.com").await;
    set_attribute(&platform, &ann, "theme", "dark").await;
    let body = json!({ "firstname": "Ann", "lastname": "Lee", "language": "de" });
    let changed = patch(&platform, &admin, &account(2), &body).await;
    assert_snapshot!(changed.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":true,"firstname":"Ann","lastname":"Lee","email":"ann@example.com","id":2,"language":"de","permissionLevel":0,"attributes":{"theme":"dark"}}}
    "#);
    let unchanged = patch(&platform, &admin, &account(2), &json!({})).await;
    assert_eq!(unchanged.whole(), changed.whole());
    let cleared = patch(&platform, &admin, &account(2), &json!({ "lastname": null })).await;
    let user = &cleared.json()["user"];
    assert_eq!(
        (&user["firstname"], &user["lastname"]),
        (&json!("Ann"), &json!(null))
    );
    let own = get(&platform, &ann, PROFILE).await;
    assert_eq!(own.json()["user"], *user);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn a_level_counts_at_once() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session("ann@example.com").await;
    assert_eq!(get(&platform, &ann, USERS).await.status, 404);
    let promoted = patch(
        &platform,
        &admin,
        &account(2),
        &json!({ "permissionLevel": 2 }),
    )
    .await;
    assert_eq!(promoted.json()["user"]["permissionLevel"], 2);
    assert_eq!(get(&platform, &ann, USERS).await.status, 200);
    patch(
        &platform,
        &ann,
        &account(1),
        &json!({ "permissionLevel": 0 }),
    )
    .await;
    assert_eq!(get(&platform, &admin, USERS).await.status, 404);
}

#[tokio::test]
async fn confirming_proves_no_address_and_ends_nothing() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register("ann@example.com").await;
    platform.deliver().await;
    let confirmed = patch(
        &platform,
        &admin,
        &account(2),
        &json!({ "confirmed": true }),
    )
    .await;
    assert_eq!(confirmed.json()["user"]["confirmed"], true);
    let users = platform.items("users").await;
    assert!(
        users
            .iter()
            .all(|item| !item.contains_key("email_proved_at"))
    );
    let ann = platform.signed_in("ann@example.com", PASSWORD).await;
    let back = patch(
        &platform,
        &admin,
        &account(2),
        &json!({ "confirmed": false }),
    )
    .await;
    assert_eq!(back.json()["user"]["confirmed"], false);
    let status = get(&platform, &ann, STATUS).await;
    assert_eq!(status.json()["user"]["confirmed"], false);
    let login = platform.login("ann@example.com", PASSWORD).await;
    assert_eq!(
        login.whole(),
        "400\n{\"error\":\"the account has not been activated\"}"
    );
    platform.clock.advance_seconds(2 * 86_400);
    let body = json!({ "email": "ann@example.com", "password": "another good password here" });
    let taken = platform.post(super::REGISTER).json(&body).send().await;
    assert_eq!(
        taken.status, 400,
        "a once confirmed account is never replaced"
    );
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn a_new_address_takes_the_place_of_the_old_one() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session("Ann@Example.com").await;
    let body = json!({ "email": "Anna@Example.org" });
    let changed = patch(&platform, &admin, &account(2), &body).await;
    assert_snapshot!(changed.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":true,"firstname":null,"lastname":null,"email":"anna@example.org","id":2,"language":"en","permissionLevel":0,"attributes":{}}}
    "#);
    assert_snapshot!(stored(&platform, "users").await, @r#"
    {"attempt":"[attempt]","created_at":1767225600000,"credential_version":1,"expires":"never","failed_at":1767225600000,"failures":0,"failures_in_a_row":0,"known_failures":0,"known_sources":"[1 sources]","last_sign_in":1767225600000,"password_hash":"[password_hash]","pk":"email#default#[digest]","user_id":"[user_id]"}
    {"confirmed":true,"created_at":1767225600000,"credential_version":1,"email":"admin@example.com","email_original":"admin@example.com","listed_at":"1767225600000#0000000001","listing":"default#[nibble]","password_changed_at":1767225600000,"permission_level":2,"pk":"user#[id]","realm":"default","suspended":false,"user_language":"en","user_number":1}
    {"confirmed":true,"created_at":1767225600000,"credential_version":2,"email":"anna@example.org","email_original":"Anna@Example.org","listed_at":"1767225600000#0000000002","listing":"default#[nibble]","password_changed_at":1767225600000,"permission_level":0,"pk":"user#[id]","realm":"default","suspended":false,"user_language":"en","user_number":2}
    {"created_at":1767225600000,"credential_version":2,"expires":"never","password_hash":"[password_hash]","pk":"email#default#[digest]","user_id":"[user_id]"}
    {"pk":"number#1","user_id":"[user_id]"}
    {"pk":"number#2","user_id":"[user_id]"}
    "#);
    let outbox = platform.dump().await;
    assert!(!outbox.contains("nn@example.com") && !outbox.contains("nn@Example.com"));
    assert_eq!(get(&platform, &ann, STATUS).await.status, 401);
    let refresh = json!({ "refreshToken": ann.refresh_token });
    let refreshed = platform.post(ACCESS_TOKEN).json(&refresh).send().await;
    assert_eq!(refreshed.status, 401);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["Ann@Example.com"]);
    assert_snapshot!(format!("{}\n\n{}", mails[0].subject, mails[0].text), @"
    Gatehouse: Your email address was changed

    Hello,

    The account that used this email address now has another one. Mails about the account go there from now on.

    Please open this link:

    http://127.0.0.1:3000/

    This address no longer belongs to the account; you need not do anything.

    If you did not expect this change, please contact the people who run the service.

    Gatehouse
    This email was sent automatically. We never ask for your password by email.
    ");
    assert_eq!(stored(&platform, "outbox").await, "");
    assert_eq!(
        platform.login("ann@example.com", PASSWORD).await.status,
        401
    );
    let session = platform.signed_in("anna@example.org", PASSWORD).await;
    assert_eq!(session.user["id"], 2);
    assert_eq!(platform.register("ann@example.com").await["id"], 3);
}

#[tokio::test]
async fn a_new_address_voids_what_was_mailed_to_the_old_one() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register_confirmed("ann@example.com").await;
    platform.clock.advance_seconds(1);
    let ask = json!({ "email": "ann@example.com" });
    platform.post(NEW_PASSWORD).json(&ask).send().await;
    let mailed = crate::harness::password_in(&platform.deliver().await[0].text);
    platform.clock.advance_seconds(1);
    patch(
        &platform,
        &admin,
        &account(2),
        &json!({ "email": "anna@example.org" }),
    )
    .await;
    for email in ["ann@example.com", "anna@example.org"] {
        assert_eq!(platform.login(email, &mailed).await.status, 401, "{email}");
    }
    platform.signed_in("anna@example.org", PASSWORD).await;
}

#[tokio::test]
async fn an_address_that_is_taken_or_none_and_other_bad_values_change_nothing() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register_confirmed("ann@example.com").await;
    platform.register_confirmed("bob@example.com").await;
    let before = platform.dump().await;
    let mut answers = Vec::new();
    for body in [
        json!({ "email": "BOB@example.com", "firstname": "Ann" }),
        json!({ "email": "no address", "firstname": "Ann" }),
        json!({ "email": null }),
        json!({ "email": 7 }),
        json!({ "language": "en_US" }),
        json!({ "language": null }),
        json!({ "confirmed": "true" }),
        json!({ "confirmed": 1 }),
        json!({ "confirmed": null }),
        json!({ "permissionLevel": 3 }),
        json!({ "permissionLevel": -1 }),
        json!({ "permissionLevel": 1.5 }),
        json!({ "permissionLevel": null }),
        json!({ "permissionLevel": [2] }),
        json!({ "firstname": "n".repeat(129) }),
        json!({ "lastname": ["Lee"] }),
        json!({ "firstname": "Ann", "permissionLevel": 7 }),
    ] {
        let answer = patch(&platform, &admin, &account(2), &body).await;
        answers.push(format!("{} {}", answer.status, answer.body));
    }
    assert_snapshot!(answers.join("\n"), @r#"
    400 {"error":"the e-mail address is already registered"}
    400 {"error":"the e-mail address is not valid"}
    400 {"error":"email is not valid"}
    400 {"error":"email is not valid"}
    400 {"error":"language is not valid"}
    400 {"error":"language is not valid"}
    400 {"error":"confirmed is not valid"}
    400 {"error":"confirmed is not valid"}
    400 {"error":"confirmed is not valid"}
    400 {"error":"permissionLevel is not valid"}
    400 {"error":"permissionLevel is not valid"}
    400 {"error":"permissionLevel is not valid"}
    400 {"error":"permissionLevel is not valid"}
    400 {"error":"permissionLevel is not valid"}
    400 {"error":"firstname is not valid"}
    400 {"error":"lastname is not valid"}
    400 {"error":"permissionLevel is not valid"}
    "#);
    expect_nothing_done(&platform, &before, "bad values").await;
}

#[tokio::test]
async fn the_own_address_in_another_spelling_is_no_other_account() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register_confirmed("ann@example.com").await;
    let answer = patch(
        &platform,
        &admin,
        &account(2),
        &json!({ "email": "ANN@example.com" }),
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["user"]["email"], "ann@example.com");
    platform.signed_in("ann@example.com", PASSWORD).await;
}

#[tokio::test]
async fn fields_that_nobody_asked_for_change_nothing() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register_confirmed("ann@example.com").await;
    let before = platform.dump().await;
    let body = json!({
        "id": 7, "password": "another good password here", "suspended": true, "attributes": { "a": "b" },
        "credential_version": 9, "email_proved_at": 1, "deletedAt": 1, "realm": "other",
    });
    let answer = patch(&platform, &admin, &account(2), &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    expect_nothing_done(&platform, &before, "other fields").await;
}

#[tokio::test]
async fn an_account_is_deleted_as_by_its_owner() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session("ann@example.com").await;
    set_attribute(&platform, &ann, "birthplace", "Heidelberg").await;
    let request = platform.delete(&account(2)).bearer(&admin.access_token);
    assert_eq!(request.send().await.whole(), "204\n");
    assert_eq!(get(&platform, &ann, STATUS).await.status, 401);
    assert_eq!(platform.deliver().await.len(), 0);
    let dump = platform.dump().await;
    for trace in ["ann@example.com", "Heidelberg"] {
        assert!(!dump.contains(trace), "{trace}");
    }
    assert_eq!(platform.items("sessions").await.len(), 1);
    let again = platform.delete(&account(2)).bearer(&admin.access_token);
    assert_eq!(again.send().await.status, 404);
    assert_eq!(platform.register("ann@example.com").await["id"], 3);
}

#[tokio::test]
async fn attributes_are_listed_and_changed_by_their_ids() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session("ann@example.com").await;
    set_attribute(&platform, &ann, "theme", "dark").await;
    set_attribute(&platform, &ann, "a.b #c", "").await;
    let listed = get(&platform, &admin, &format!("{}/attributes", account(2))).await;
    assert_snapshot!(listed.whole(), @r#"
    200
    [{"id":2715498,"text":"","key":"a.b #c","userID":2},{"id":2345858,"text":"dark","key":"theme","userID":2}]
    "#);
    let id = listed.json()[1]["id"].clone();
    let path = format!("{ATTRIBUTES}/{id}");
    let changed = patch(&platform, &admin, &path, &json!({ "value": "light" })).await;
    assert_snapshot!(changed.whole(), @r#"
    200
    {"id":2345858,"text":"light","key":"theme","userID":2}
    "#);
    let kept = patch(&platform, &admin, &path, &json!({})).await;
    assert_eq!(kept.whole(), changed.whole());
    let own = get(&platform, &ann, ATTRIBUTES).await;
    assert_eq!(own.json(), json!({ "a.b #c": "", "theme": "light" }));
    assert_snapshot!(stored(&platform, "attributes").await, @r#"
    {"bytes_held":0,"entries":{},"user_id":"[user_id]"}
    {"bytes_held":16,"entries":{"a.b #c":{"id":2715498,"text":""},"theme":{"id":2345858,"text":"light"}},"user_id":"[user_id]"}
    "#);
}

#[tokio::test]
async fn an_attribute_that_is_not_there_is_404_and_a_bad_value_400() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session("ann@example.com").await;
    set_attribute(&platform, &ann, "theme", "dark").await;
    let listed = get(&platform, &admin, &format!("{}/attributes", account(2))).await;
    let id = listed.json()[0]["id"].as_u64().expect("an id");
    let before = platform.dump().await;
    for missing in [0, 1, id + 1, id + (1 << 20), u64::MAX] {
        let path = format!("{ATTRIBUTES}/{missing}");
        let answer = patch(&platform, &admin, &path, &json!({ "value": "light" })).await;
        assert_eq!(
            answer.whole(),
            "404\n{\"error\":\"no such path\"}",
            "{missing}"
        );
    }
    let path = format!("{ATTRIBUTES}/{id}");
    for value in [
        json!("t".repeat(4097)),
        json!(7),
        json!(["light"]),
        json!(null),
    ] {
        let answer = patch(&platform, &admin, &path, &json!({ "value": value })).await;
        assert_eq!(answer.whole(), "400\n{\"error\":\"value is not valid\"}");
    }
    expect_nothing_done(&platform, &before, "no such attribute").await;
}

#[tokio::test]
async fn an_id_that_is_none_is_404_for_an_administrator() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register_confirmed("ann@example.com").await;
    let before = platform.dump().await;
    for id in [
        "0",
        "3",
        "-1",
        "2.0",
        "1e0",
        "0x2",
        "%32x",
        "%ff",
        "%00",
        "%zz",
        "x",
        "99999999999999999999999",
        "18446744073709551615",
    ] {
        for (method, path) in [
            (Method::PATCH, format!("{USERS}/{id}")),
            (Method::DELETE, format!("{USERS}/{id}")),
            (Method::GET, format!("{USERS}/{id}/attributes")),
            (Method::PATCH, format!("{ATTRIBUTES}/{id}")),
        ] {
            let answer = platform
                .request(method.clone(), &path)
                .bearer(&admin.access_token)
                .json(&json!({ "firstname": "Eve", "value": "x" }))
                .send()
                .await;
            assert_eq!(
                answer.whole(),
                "404\n{\"error\":\"no such path\"}",
                "{method} {path}"
            );
        }
    }
    expect_nothing_done(&platform, &before, "no ids").await;
}

#[tokio::test]
async fn a_word_that_is_an_operation_is_no_id() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let before = platform.dump().await;
    for (operation, allow) in [
        ("login", "POST"),
        ("status", "GET"),
        ("profile", "POST, GET"),
        ("attributes", "POST, GET, DELETE"),
        ("user", "DELETE"),
    ] {
        let path = format!("{USERS}/{operation}");
        let answer = patch(&platform, &admin, &path, &json!({ "firstname": "Eve" })).await;
        assert_eq!(answer.status, 405, "{path}");
        assert_eq!(answer.header("allow"), Some(allow), "{path}");
    }
    expect_nothing_done(&platform, &before, "words").await;
}
