//! `PATCH users/{id}`: names, language, state and level. A new address has a file of its own.

use insta::assert_snapshot;
use serde_json::json;

use super::{
    ANN, USERS, account, account_item, credentials_of, get, patch, patched, refresh_status,
    set_attribute,
};
use crate::harness::{Fault, PASSWORD, Platform};
use crate::user_service::{PROFILE, REGISTER, STATUS, administrator, expect_nothing_done};

#[tokio::test]
async fn all_fields_are_changed_together() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session("ann@example.com").await;
    set_attribute(&platform, &ann, "theme", "dark").await;
    let body = json!({
        "firstname": "Ann", "lastname": "Lee", "email": "Anna@Example.org", "language": "de",
        "confirmed": false, "permissionLevel": 1,
    });
    let changed = patch(&platform, &admin, ANN, &body).await;
    assert_snapshot!(changed.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":false,"firstname":"Ann","lastname":"Lee","email":"anna@example.org","id":2,"language":"de","permissionLevel":1,"attributes":{"theme":"dark"}}}
    "#);
    assert_snapshot!(json!(account_item(&platform, 2).await)["permission_level"], @"1");
    let again = patch(&platform, &admin, ANN, &body).await;
    assert_eq!(again.whole(), changed.whole(), "what is so already");
    assert_eq!(platform.deliver().await.len(), 1, "one move, one notice");
}

#[tokio::test]
async fn each_field_alone_leaves_the_others() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session("ann@example.com").await;
    set_attribute(&platform, &ann, "theme", "dark").await;
    let all = json!({
        "firstname": "Ann", "lastname": "Lee", "language": "en-GB", "permissionLevel": 1,
    });
    let mut user = patched(&platform, &admin, ANN, &all).await;
    let mut item = account_item(&platform, 2).await;
    for (field, value, column) in [
        ("firstname", json!("Änne 你好"), "first_name"),
        ("lastname", json!("O'Neil \"the\" <b>"), "last_name"),
        ("firstname", json!("n".repeat(128)), "first_name"),
        ("language", json!("de"), "user_language"),
        ("confirmed", json!(false), "confirmed"),
        ("confirmed", json!(true), "confirmed"),
        ("permissionLevel", json!(0), "permission_level"),
        ("permissionLevel", json!(2), "permission_level"),
    ] {
        let changed = patched(&platform, &admin, ANN, &json!({ field: value })).await;
        user[field] = value.clone();
        assert_eq!(changed, user, "{field}");
        item.insert(column.to_owned(), value);
        assert_eq!(account_item(&platform, 2).await, item, "{field}");
    }
    assert_eq!(get(&platform, &ann, PROFILE).await.json()["user"], user);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn what_is_absent_stays_and_null_clears_a_name() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register_confirmed("ann@example.com").await;
    let names = json!({ "firstname": "Ann", "lastname": "Lee" });
    let user = patched(&platform, &admin, ANN, &names).await;
    let before = platform.dump().await;
    assert_eq!(patched(&platform, &admin, ANN, &json!({})).await, user);
    expect_nothing_done(&platform, &before, "an empty change").await;
    for (body, first, last) in [
        (json!({ "lastname": null }), json!("Ann"), json!(null)),
        (json!({ "lastname": "Lee" }), json!("Ann"), json!("Lee")),
        (
            json!({ "firstname": null, "lastname": null }),
            json!(null),
            json!(null),
        ),
        (json!({ "firstname": null }), json!(null), json!(null)),
    ] {
        let user = patched(&platform, &admin, ANN, &body).await;
        assert_eq!(
            (&user["firstname"], &user["lastname"]),
            (&first, &last),
            "{body}"
        );
    }
    let item = account_item(&platform, 2).await;
    assert!(!item.contains_key("first_name") && !item.contains_key("last_name"));
}

#[tokio::test]
async fn bad_values_change_nothing() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register_confirmed("ann@example.com").await;
    let before = platform.dump().await;
    let mut answers = Vec::new();
    for body in [
        json!({ "email": "no address", "firstname": "Ann" }),
        json!({ "email": "" }),
        json!({ "email": null }),
        json!({ "email": 7 }),
        json!({ "email": ["ann@example.com"] }),
        json!({ "language": "en_US" }),
        json!({ "language": "" }),
        json!({ "language": null }),
        json!({ "language": 1 }),
        json!({ "confirmed": "true" }),
        json!({ "confirmed": 1 }),
        json!({ "confirmed": null }),
        json!({ "permissionLevel": 3 }),
        json!({ "permissionLevel": -1 }),
        json!({ "permissionLevel": 1.5 }),
        json!({ "permissionLevel": 4_294_967_296_u64 }),
        json!({ "permissionLevel": "2" }),
        json!({ "permissionLevel": true }),
        json!({ "permissionLevel": null }),
        json!({ "permissionLevel": [2] }),
        json!({ "firstname": "n".repeat(129) }),
        json!({ "firstname": 7 }),
        json!({ "lastname": ["Lee"] }),
        json!({ "firstname": "Ann", "permissionLevel": 7 }),
        json!(["firstname"]),
    ] {
        let answer = patch(&platform, &admin, ANN, &body).await;
        answers.push(format!("{} {}", answer.status, answer.body));
    }
    assert_snapshot!(answers.join("\n"), @r#"
    400 {"error":"the e-mail address is not valid"}
    400 {"error":"the e-mail address is not valid"}
    400 {"error":"email is not valid"}
    400 {"error":"email is not valid"}
    400 {"error":"email is not valid"}
    400 {"error":"language is not valid"}
    400 {"error":"language is not valid"}
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
    400 {"error":"permissionLevel is not valid"}
    400 {"error":"permissionLevel is not valid"}
    400 {"error":"permissionLevel is not valid"}
    400 {"error":"firstname is not valid"}
    400 {"error":"firstname is not valid"}
    400 {"error":"lastname is not valid"}
    400 {"error":"permissionLevel is not valid"}
    400 {"error":"the body is not a JSON object"}
    "#);
    expect_nothing_done(&platform, &before, "bad values").await;
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
        "first_name": "Eve", "permission_level": 2, "FirstName": "Eve",
    });
    patched(&platform, &admin, ANN, &body).await;
    expect_nothing_done(&platform, &before, "other fields").await;
}

#[tokio::test]
async fn a_level_counts_from_the_users_next_request_on() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session("ann@example.com").await;
    for (level, status) in [(1, 404), (2, 200), (1, 404), (2, 200), (0, 404), (2, 200)] {
        let body = json!({ "permissionLevel": level });
        let changed = patched(&platform, &admin, ANN, &body).await;
        assert_eq!(changed["permissionLevel"], level);
        assert_eq!(get(&platform, &ann, USERS).await.status, status, "{level}");
        let own = get(&platform, &ann, STATUS).await.json();
        assert_eq!(own["user"]["permissionLevel"], level);
    }
    let ben = platform.new_session("ben@example.com").await;
    let promotion = json!({ "permissionLevel": 2 });
    patched(&platform, &ann, &account(3), &promotion).await;
    assert_eq!(get(&platform, &ben, USERS).await.status, 200);
    let demotion = json!({ "permissionLevel": 0 });
    patched(&platform, &ann, &account(3), &demotion).await;
    assert_eq!(get(&platform, &ben, USERS).await.status, 404);
    let back = patch(&platform, &ben, &account(3), &promotion).await;
    assert_eq!(back.status, 404, "nobody lifts themselves");
}

#[tokio::test]
async fn confirming_lets_in_but_proves_no_address() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register("ann@example.com").await;
    platform.deliver().await;
    let refused = platform.login("ann@example.com", PASSWORD).await;
    assert_snapshot!(refused.whole(), @r#"
    400
    {"error":"the account has not been activated"}
    "#);
    let before = account_item(&platform, 2).await;
    let user = patched(&platform, &admin, ANN, &json!({ "confirmed": true })).await;
    assert_eq!(user["confirmed"], true);
    let after = account_item(&platform, 2).await;
    assert_eq!(after["confirmed"], true);
    assert_eq!(after["credential_version"], before["credential_version"]);
    assert!(!after.contains_key("email_proved_at"));
    let credentials = credentials_of(&platform, &after).await;
    assert!(!credentials[0].contains_key("never_confirmed"));
    platform.signed_in("ann@example.com", PASSWORD).await;
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn an_account_once_confirmed_by_an_administrator_is_never_replaced() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register("ann@example.com").await;
    patched(&platform, &admin, ANN, &json!({ "confirmed": true })).await;
    patched(&platform, &admin, ANN, &json!({ "confirmed": false })).await;
    platform.clock.advance_seconds(2 * 86_400);
    let body = json!({ "email": "ann@example.com", "password": "another good password here" });
    let taken = platform.post(REGISTER).json(&body).send().await;
    assert_snapshot!(taken.whole(), @r#"
    400
    {"error":"the e-mail address is already registered"}
    "#);
}

#[tokio::test]
async fn unconfirming_refuses_sign_ins_and_ends_no_session() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session("ann@example.com").await;
    let before = account_item(&platform, 2).await;
    patched(&platform, &admin, ANN, &json!({ "confirmed": false })).await;
    let own = get(&platform, &ann, STATUS).await;
    assert_snapshot!(own.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":false,"firstname":null,"lastname":null,"email":"ann@example.com","id":2,"language":"en","permissionLevel":0}}
    "#);
    let login = platform.login("ann@example.com", PASSWORD).await;
    assert_eq!(
        login.whole(),
        "400\n{\"error\":\"the account has not been activated\"}"
    );
    assert_eq!(refresh_status(&platform, &ann).await, 400);
    let after = account_item(&platform, 2).await;
    assert_eq!(after["email_proved_at"], before["email_proved_at"]);
    patched(&platform, &admin, ANN, &json!({ "confirmed": true })).await;
    assert_eq!(refresh_status(&platform, &ann).await, 200);
    platform.signed_in("ann@example.com", PASSWORD).await;
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn a_change_whose_answer_got_lost_is_made_once() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register("ann@example.com").await;
    platform.deliver().await;
    for body in [
        json!({ "firstname": "Ann" }),
        json!({ "confirmed": true }),
        json!({ "email": "anna@example.org" }),
    ] {
        platform
            .connector
            .inject("TransactWriteItems", Fault::LostReply, 1);
        patched(&platform, &admin, ANN, &body).await;
    }
    let ann = account_item(&platform, 2).await;
    assert_eq!(ann["email"], "anna@example.org");
    assert_eq!(credentials_of(&platform, &ann).await.len(), 1);
    assert_eq!(platform.deliver().await.len(), 1);
}
