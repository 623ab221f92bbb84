//! Rows 8 to 10: a user's own keys and texts.

use std::collections::BTreeMap;

use http::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{ATTRIBUTES, stored};
use crate::harness::{Answer, Platform, Session};

/// The path's other spelling, for removing.
const ATTRIBUTE: &str = "/user-service/v1/users/attribute";

async fn put(platform: &Platform, session: &Session, key: &str, text: &str) -> Answer {
    let body = json!({ "attributeKey": key, "attributeText": text });
    let request = platform.post(ATTRIBUTES).bearer(&session.access_token);
    request.json(&body).send().await
}

async fn remove(platform: &Platform, session: &Session, body: &Value) -> Answer {
    let request = platform.delete(ATTRIBUTES).bearer(&session.access_token);
    request.json(body).send().await
}

async fn list(platform: &Platform, session: &Session) -> Value {
    let request = platform.get(ATTRIBUTES).bearer(&session.access_token);
    let answer = request.send().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// The id that is stored with a key; no answer of these routes shows it.
async fn id_of(platform: &Platform, key: &str) -> u64 {
    let items = platform.items("attributes").await;
    items[0]["entries"][key]["id"].as_u64().expect("an id")
}

#[tokio::test]
async fn an_attribute_is_set_and_set_anew() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    assert_snapshot!(put(&platform, &session, "theme", "dark").await.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":true,"firstname":null,"lastname":null,"email":"ann@example.com","id":1,"language":"en","permissionLevel":0,"attributes":{"theme":"dark"}}}
    "#);
    let before = platform.items("attributes").await;
    let anew = put(&platform, &session, "theme", "light").await;
    assert_snapshot!(anew.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":true,"firstname":null,"lastname":null,"email":"ann@example.com","id":1,"language":"en","permissionLevel":0,"attributes":{"theme":"light"}}}
    "#);
    assert_snapshot!(stored(&platform, "attributes").await, @r#"{"bytes_held":10,"entries":{"theme":{"id":1297282,"text":"light"}},"user_id":"[user_id]"}"#);
    let after = platform.items("attributes").await;
    assert_eq!(
        before[0]["entries"]["theme"]["id"],
        after[0]["entries"]["theme"]["id"]
    );
}

#[tokio::test]
async fn all_attributes_are_a_bare_map() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let request = platform.get(ATTRIBUTES).bearer(&session.access_token);
    assert_eq!(request.send().await.whole(), "200\n{}");
    put(&platform, &session, "theme", "dark").await;
    put(&platform, &session, "Theme", "").await;
    let request = platform.get(ATTRIBUTES).bearer(&session.access_token);
    assert_snapshot!(request.send().await.whole(), @r#"
    200
    {"Theme":"","theme":"dark"}
    "#);
}

#[tokio::test]
async fn a_form_sets_an_attribute_as_json_does() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let answer = platform
        .post(ATTRIBUTES)
        .bearer(&session.access_token)
        .form(&[("attributeKey", "a key"), ("attributeText", "1+1=2 & ü")])
        .send()
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(
        list(&platform, &session).await,
        json!({ "a key": "1+1=2 & ü" })
    );
}

#[tokio::test]
async fn two_users_with_one_key_do_not_touch_each_other() {
    let platform = Platform::start().await;
    let ann = platform.new_session("ann@example.com").await;
    let bob = platform.new_session("bob@example.com").await;
    put(&platform, &ann, "theme", "dark").await;
    put(&platform, &bob, "theme", "light").await;
    assert_eq!(list(&platform, &ann).await, json!({ "theme": "dark" }));
    let removed = remove(&platform, &bob, &json!({ "attributeKey": "theme" })).await;
    assert_eq!(removed.status, 200);
    assert_eq!(list(&platform, &bob).await, json!({}));
    assert_eq!(list(&platform, &ann).await, json!({ "theme": "dark" }));
}

#[tokio::test]
async fn another_users_attribute_cannot_be_removed_by_its_id() {
    let platform = Platform::start().await;
    let ann = platform.new_session("ann@example.com").await;
    let bob = platform.new_session("bob@example.com").await;
    put(&platform, &ann, "theme", "dark").await;
    let items = platform.items("attributes").await;
    let id = items
        .iter()
        .find_map(|item| item["entries"]["theme"]["id"].as_u64())
        .expect("an id");
    for body in [
        json!({ "attributeId": id }),
        json!({ "attributeKey": id.to_string() }),
    ] {
        assert_eq!(remove(&platform, &bob, &body).await.status, 200);
        assert_eq!(platform.items("attributes").await, items, "{body}");
    }
}

#[tokio::test]
async fn an_attribute_is_removed_by_any_of_its_names() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    put(&platform, &session, "kept", "1").await;
    put(&platform, &session, "gone", "2").await;
    let id = id_of(&platform, "gone").await;
    for body in [
        json!({ "attributeKey": "gone" }),
        json!({ "attributeKey": id.to_string() }),
        json!({ "attributeId": id }),
        json!({ "attributeId": id.to_string() }),
        json!({ "attributeText": "gone" }),
        json!({ "attributeKey": null, "attributeText": "gone" }),
    ] {
        put(&platform, &session, "gone", "2").await;
        let answer = remove(&platform, &session, &body).await;
        assert_eq!(
            answer.whole(),
            "200\n{\"status\":\"success\",\"user\":{\"confirmed\":true,\"firstname\":null,\"lastname\":null,\
             \"email\":\"ann@example.com\",\"id\":1,\"language\":\"en\",\"permissionLevel\":0,\
             \"attributes\":{\"kept\":\"1\"}}}",
            "{body}"
        );
        assert_eq!(
            list(&platform, &session).await,
            json!({ "kept": "1" }),
            "{body}"
        );
    }
    assert_snapshot!(stored(&platform, "attributes").await, @r#"{"bytes_held":5,"entries":{"kept":{"id":1548039,"text":"1"}},"user_id":"[user_id]"}"#);
}

#[tokio::test]
async fn an_attribute_is_removed_by_query_and_by_the_other_path() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    put(&platform, &session, "gone soon", "2").await;
    let id = id_of(&platform, "gone soon").await;
    for path in [
        format!("{ATTRIBUTES}?attributeKey=gone%20soon"),
        format!("{ATTRIBUTES}?attributeKey=gone+soon"),
        format!("{ATTRIBUTES}?attributeKey={id}"),
        format!("{ATTRIBUTES}?attributeId={id}"),
        format!("{ATTRIBUTES}?attributeText=gone+soon"),
        format!("{ATTRIBUTE}?attributeKey=gone+soon"),
        format!("{ATTRIBUTE}?attributeId={id}"),
    ] {
        put(&platform, &session, "gone soon", "2").await;
        let answer = platform
            .delete(&path)
            .bearer(&session.access_token)
            .send()
            .await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert_eq!(answer.json()["user"]["attributes"], json!({}), "{path}");
        assert_eq!(list(&platform, &session).await, json!({}), "{path}");
    }
    put(&platform, &session, "gone soon", "2").await;
    let answer = platform
        .delete(ATTRIBUTE)
        .bearer(&session.access_token)
        .json(&json!({ "attributeKey": "gone soon" }))
        .send()
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(list(&platform, &session).await, json!({}));
}

#[tokio::test]
async fn a_key_of_digits_is_a_key_before_it_is_an_id() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    put(&platform, &session, "theme", "dark").await;
    let id = id_of(&platform, "theme").await;
    put(&platform, &session, &id.to_string(), "a number").await;
    let body = json!({ "attributeKey": id.to_string() });
    remove(&platform, &session, &body).await;
    assert_eq!(list(&platform, &session).await, json!({ "theme": "dark" }));
    remove(&platform, &session, &body).await;
    assert_eq!(list(&platform, &session).await, json!({}));
}

#[tokio::test]
async fn the_key_counts_before_the_id_and_the_id_before_the_text() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    for key in ["one", "two", "three"] {
        put(&platform, &session, key, key).await;
    }
    let id = id_of(&platform, "two").await;
    let body = json!({ "attributeKey": "one", "attributeId": id, "attributeText": "three" });
    remove(&platform, &session, &body).await;
    assert_eq!(
        list(&platform, &session).await,
        json!({ "three": "three", "two": "two" })
    );
    let body = json!({ "attributeId": id, "attributeText": "three" });
    remove(&platform, &session, &body).await;
    assert_eq!(list(&platform, &session).await, json!({ "three": "three" }));
}

#[tokio::test]
async fn removing_what_is_not_there_is_a_success() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    put(&platform, &session, "kept", "1").await;
    let before = platform.dump().await;
    for body in [
        json!({ "attributeKey": "absent" }),
        json!({ "attributeKey": "" }),
        json!({ "attributeKey": "99999999999999999999999999" }),
        json!({ "attributeKey": "x".repeat(1000) }),
        json!({ "attributeId": 0 }),
        json!({ "attributeId": u64::MAX }),
        json!({ "attributeText": "1" }),
    ] {
        let answer = remove(&platform, &session, &body).await;
        assert_eq!(answer.status, 200, "{body}: {}", answer.body);
        assert_eq!(
            answer.json()["user"]["attributes"],
            json!({ "kept": "1" }),
            "{body}"
        );
    }
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn removing_needs_a_name() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    put(&platform, &session, "kept", "1").await;
    let before = platform.dump().await;
    let mut answers = Vec::new();
    for body in [
        json!({}),
        json!({ "attributeKey": null }),
        json!({ "attributeKey": 1 }),
        json!({ "attributeId": "one" }),
        json!({ "attributeId": -1 }),
        json!({ "attributeId": 1.5 }),
        json!({ "attributeId": [1] }),
        json!({ "attributeText": ["kept"] }),
    ] {
        let answer = remove(&platform, &session, &body).await;
        answers.push(format!("{} {}", answer.status, answer.body));
    }
    assert_snapshot!(answers.join("\n"), @r#"
    400 {"error":"attributeKey is required"}
    400 {"error":"attributeKey is required"}
    400 {"error":"attributeKey is not valid"}
    400 {"error":"attributeId is not valid"}
    400 {"error":"attributeId is not valid"}
    400 {"error":"attributeId is not valid"}
    400 {"error":"attributeId is not valid"}
    400 {"error":"attributeText is not valid"}
    "#);
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn any_text_is_a_key() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let mut expected = BTreeMap::new();
    for key in [
        "a.b.c",
        "a[0]",
        "entries.#key",
        "#key",
        ":value",
        "with space",
        " ",
        "🦊",
        "ü",
        "u\u{308}",
        "\"quoted\"",
        "back\\slash",
        "tab\tand\nline",
        "__proto__",
        "text",
        "id",
        "bytes_held",
        "user_id",
        "null",
        "0",
        "<script>alert(1)</script>",
        "${jndi:ldap://x}",
        "'; DROP TABLE users; --",
        &"k".repeat(128),
        &"🦊".repeat(32),
    ] {
        let answer = put(&platform, &session, key, key).await;
        assert_eq!(answer.status, 200, "{key:?}: {}", answer.body);
        expected.insert(key.to_owned(), key.to_owned());
    }
    assert_eq!(list(&platform, &session).await, json!(expected));
    let keys: Vec<_> = expected.keys().cloned().collect();
    for key in keys {
        let answer = put(&platform, &session, &key, "anew").await;
        assert_eq!(answer.json()["user"]["attributes"][&key], "anew", "{key:?}");
        let answer = remove(&platform, &session, &json!({ "attributeKey": key })).await;
        assert_eq!(answer.status, 200, "{key:?}: {}", answer.body);
        expected.remove(&key);
        assert_eq!(
            answer.json()["user"]["attributes"],
            json!(expected),
            "{key:?}"
        );
    }
    assert_snapshot!(stored(&platform, "attributes").await, @r#"{"bytes_held":0,"entries":{},"user_id":"[user_id]"}"#);
}

#[tokio::test]
async fn a_key_and_a_text_have_sizes_and_are_texts() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let longest = put(&platform, &session, &"k".repeat(128), &"t".repeat(4096)).await;
    assert_eq!(longest.status, 200);
    let before = platform.dump().await;
    let mut answers = Vec::new();
    for body in [
        json!({}),
        json!({ "attributeKey": "theme" }),
        json!({ "attributeText": "dark" }),
        json!({ "attributeKey": "theme", "attributeText": null }),
        json!({ "attributeKey": "", "attributeText": "dark" }),
        json!({ "attributeKey": "k".repeat(129), "attributeText": "dark" }),
        json!({ "attributeKey": "ü".repeat(65), "attributeText": "dark" }),
        json!({ "attributeKey": "theme", "attributeText": "t".repeat(4097) }),
        json!({ "attributeKey": 1, "attributeText": "dark" }),
        json!({ "attributeKey": "theme", "attributeText": true }),
        json!({ "attributeKey": ["theme"], "attributeText": "dark" }),
        json!({ "attributeKey": "theme", "attributeText": { "text": "dark" } }),
    ] {
        let answer = platform
            .post(ATTRIBUTES)
            .bearer(&session.access_token)
            .json(&body)
            .send()
            .await;
        answers.push(format!("{} {}", answer.status, answer.body));
    }
    assert_snapshot!(answers.join("\n"), @r#"
    400 {"error":"attributeKey is required"}
    400 {"error":"attributeText is required"}
    400 {"error":"attributeKey is required"}
    400 {"error":"attributeText is required"}
    400 {"error":"attributeKey is not valid"}
    400 {"error":"attributeKey is not valid"}
    400 {"error":"attributeKey is not valid"}
    400 {"error":"attributeText is not valid"}
    400 {"error":"attributeKey is not valid"}
    400 {"error":"attributeText is not valid"}
    400 {"error":"attributeKey is not valid"}
    400 {"error":"attributeText is not valid"}
    "#);
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn a_user_has_at_most_64_attributes() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    for index in 0..64 {
        let answer = put(&platform, &session, &format!("key {index}"), "text").await;
        assert_eq!(answer.status, 200, "{index}: {}", answer.body);
    }
    let before = platform.dump().await;
    let refused = put(&platform, &session, "key 64", "text").await;
    assert_snapshot!(refused.whole(), @r#"
    400
    {"error":"too many attributes"}
    "#);
    assert_eq!(platform.dump().await, before);
    let anew = put(&platform, &session, "key 63", "another text").await;
    assert_eq!(anew.status, 200, "{}", anew.body);
    remove(&platform, &session, &json!({ "attributeKey": "key 0" })).await;
    let answer = put(&platform, &session, "key 64", "text").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn a_user_has_at_most_32_kib_of_attributes() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    // Each takes 4 KiB with its key.
    for index in 0..8 {
        let answer = put(&platform, &session, &format!("k{index}"), &"t".repeat(4094)).await;
        assert_eq!(answer.status, 200, "{index}: {}", answer.body);
    }
    let before = platform.dump().await;
    for (key, text) in [("x", ""), ("k0", &"t".repeat(4095))] {
        let refused = put(&platform, &session, key, text).await;
        assert_eq!(
            refused.whole(),
            "400\n{\"error\":\"too many attributes\"}",
            "{key}"
        );
    }
    assert_eq!(platform.dump().await, before);
    assert_eq!(
        put(&platform, &session, "k0", &"t".repeat(4093))
            .await
            .status,
        200
    );
    assert_eq!(put(&platform, &session, "x", "").await.status, 200);
    let items = platform.items("attributes").await;
    assert_eq!(items[0]["bytes_held"], 32 * 1024);
}

#[tokio::test]
async fn fields_that_nobody_asked_for_change_nothing() {
    let platform = Platform::start().await;
    let ann = platform.new_session("ann@example.com").await;
    let bob = platform.new_session("bob@example.com").await;
    let body = json!({
        "attributeKey": "theme", "attributeText": "dark", "attributeId": 1, "userID": 2, "user_id": bob.user["id"],
        "id": 2, "permissionLevel": 2, "confirmed": false,
    });
    let answer = platform
        .post(ATTRIBUTES)
        .bearer(&ann.access_token)
        .json(&body)
        .send()
        .await;
    assert_snapshot!(answer.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":true,"firstname":null,"lastname":null,"email":"ann@example.com","id":1,"language":"en","permissionLevel":0,"attributes":{"theme":"dark"}}}
    "#);
    assert_eq!(list(&platform, &bob).await, json!({}));
}

#[tokio::test]
async fn a_gone_users_token_writes_no_attribute() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    put(&platform, &session, "theme", "dark").await;
    platform
        .delete(super::USER)
        .bearer(&session.access_token)
        .send()
        .await;
    platform.deliver().await;
    let before = platform.dump().await;
    let body = json!({ "attributeKey": "theme", "attributeText": "dark" });
    for method in [Method::POST, Method::GET, Method::DELETE] {
        let answer = platform
            .request(method.clone(), ATTRIBUTES)
            .bearer(&session.access_token)
            .json(&body)
            .send()
            .await;
        assert_eq!(
            answer.whole(),
            "401\n{\"error\":\"the session has ended\"}",
            "{method}"
        );
    }
    assert_eq!(platform.dump().await, before);
    assert_eq!(platform.items("attributes").await, []);
}
