//! Rows 11 to 13: names, language, status.

use http::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{ATTRIBUTES, PROFILE, STATUS, stored};
use crate::harness::{Answer, Platform, Session};

async fn rename(platform: &Platform, session: &Session, body: &Value) -> Answer {
    let request = platform.post(PROFILE).bearer(&session.access_token);
    request.json(body).send().await
}

async fn profile(platform: &Platform, session: &Session) -> Answer {
    let request = platform.get(PROFILE).bearer(&session.access_token);
    request.send().await
}

async fn with_attribute(platform: &Platform) -> Session {
    let session = platform.new_session("ann@example.com").await;
    let answer = platform
        .post(ATTRIBUTES)
        .bearer(&session.access_token)
        .json(&json!({ "attributeKey": "theme", "attributeText": "dark" }))
        .send()
        .await;
    assert_eq!(answer.status, 200);
    session
}

#[tokio::test]
async fn a_profile_shows_the_attributes_and_a_status_never_does() {
    let platform = Platform::start().await;
    let session = with_attribute(&platform).await;
    assert_snapshot!(profile(&platform, &session).await.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":true,"firstname":null,"lastname":null,"email":"ann@example.com","id":1,"language":"en","permissionLevel":0,"attributes":{"theme":"dark"}}}
    "#);
    let status = platform
        .get(STATUS)
        .bearer(&session.access_token)
        .send()
        .await;
    assert_snapshot!(status.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":true,"firstname":null,"lastname":null,"email":"ann@example.com","id":1,"language":"en","permissionLevel":0}}
    "#);
}

#[tokio::test]
async fn both_names_are_set() {
    let platform = Platform::start().await;
    let session = with_attribute(&platform).await;
    let body = json!({ "firstname": "Ann", "lastname": "Müller 🦊" });
    let answer = rename(&platform, &session, &body).await;
    assert_snapshot!(answer.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":true,"firstname":"Ann","lastname":"Müller 🦊","email":"ann@example.com","id":1,"language":"en","permissionLevel":0,"attributes":{"theme":"dark"}}}
    "#);
    assert_eq!(profile(&platform, &session).await.whole(), answer.whole());
    assert_snapshot!(stored(&platform, "users").await, @r#"
    {"attempt":"[attempt]","created_at":1767225600000,"credential_version":1,"expires":"never","failed_at":1767225600000,"failures":0,"failures_in_a_row":0,"known_failures":0,"known_sources":"[1 sources]","last_sign_in":1767225600000,"password_hash":"[password_hash]","pk":"email#default#[digest]","user_id":"[user_id]"}
    {"confirmed":true,"created_at":1767225600000,"credential_version":1,"email":"ann@example.com","email_original":"ann@example.com","email_proved_at":1767225600000,"first_name":"Ann","last_name":"Müller 🦊","listed_at":"1767225600000#0000000001","listing":"default#[nibble]","password_changed_at":1767225600000,"permission_level":0,"pk":"user#[id]","realm":"default","suspended":false,"user_language":"en","user_number":1}
    {"pk":"number#1","user_id":"[user_id]"}
    "#);
}

#[tokio::test]
async fn a_name_that_is_not_given_is_cleared() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let both = json!({ "firstname": "Ann", "lastname": "Lee" });
    for (body, first, last) in [
        (json!({ "firstname": "Bea" }), json!("Bea"), json!(null)),
        (json!({ "lastname": "Ray" }), json!(null), json!("Ray")),
        (
            json!({ "firstname": null, "lastname": "Ray" }),
            json!(null),
            json!("Ray"),
        ),
        (
            json!({ "firstname": "", "lastname": "" }),
            json!(""),
            json!(""),
        ),
        (json!({}), json!(null), json!(null)),
    ] {
        rename(&platform, &session, &both).await;
        let answer = rename(&platform, &session, &body).await;
        assert_eq!(answer.status, 200, "{body}: {}", answer.body);
        let user = profile(&platform, &session).await.json()["user"].clone();
        assert_eq!(
            (&user["firstname"], &user["lastname"]),
            (&first, &last),
            "{body}"
        );
        assert_eq!(answer.json()["user"], user, "{body}");
    }
    rename(&platform, &session, &both).await;
    let empty = platform
        .post(PROFILE)
        .bearer(&session.access_token)
        .send()
        .await;
    assert_snapshot!(empty.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":true,"firstname":null,"lastname":null,"email":"ann@example.com","id":1,"language":"en","permissionLevel":0,"attributes":{}}}
    "#);
}

#[tokio::test]
async fn a_form_sets_names_as_json_does() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let answer = platform
        .post(PROFILE)
        .bearer(&session.access_token)
        .form(&[("firstname", "Ann & Bob"), ("lastname", "")])
        .send()
        .await;
    assert_snapshot!(answer.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":true,"firstname":"Ann & Bob","lastname":"","email":"ann@example.com","id":1,"language":"en","permissionLevel":0,"attributes":{}}}
    "#);
}

#[tokio::test]
async fn a_name_has_a_size_and_is_a_text() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    rename(&platform, &session, &json!({ "firstname": "Ann" })).await;
    let before = platform.dump().await;
    let mut answers = Vec::new();
    for body in [
        json!({ "firstname": "n".repeat(129) }),
        json!({ "lastname": "ü".repeat(65) }),
        json!({ "firstname": 7 }),
        json!({ "lastname": false }),
        json!({ "firstname": ["Ann"] }),
        json!({ "firstname": { "de": "Ann" } }),
    ] {
        let answer = rename(&platform, &session, &body).await;
        answers.push(format!("{} {}", answer.status, answer.body));
    }
    assert_snapshot!(answers.join("\n"), @r#"
    400 {"error":"firstname is not valid"}
    400 {"error":"lastname is not valid"}
    400 {"error":"firstname is not valid"}
    400 {"error":"lastname is not valid"}
    400 {"error":"firstname is not valid"}
    400 {"error":"firstname is not valid"}
    "#);
    assert_eq!(platform.dump().await, before);
    let longest = json!({ "firstname": "n".repeat(128), "lastname": "ü".repeat(64) });
    assert_eq!(rename(&platform, &session, &longest).await.status, 200);
}

#[tokio::test]
async fn fields_that_nobody_asked_for_change_nothing() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let before = platform.dump().await;
    let body = json!({
        "permissionLevel": 2, "confirmed": false, "id": 7, "email": "eve@example.com", "language": "de",
        "credential_version": 9, "suspended": true, "attributes": { "role": "admin" }, "user_number": 7,
        "password": "another good password here",
    });
    let answer = rename(&platform, &session, &body).await;
    assert_snapshot!(answer.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":true,"firstname":null,"lastname":null,"email":"ann@example.com","id":1,"language":"en","permissionLevel":0,"attributes":{}}}
    "#);
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn one_users_names_are_not_anothers() {
    let platform = Platform::start().await;
    let ann = platform.new_session("ann@example.com").await;
    let bob = platform.new_session("bob@example.com").await;
    rename(&platform, &ann, &json!({ "firstname": "Ann" })).await;
    let user = &profile(&platform, &bob).await.json()["user"];
    assert_eq!(
        (&user["email"], &user["firstname"]),
        (&json!("bob@example.com"), &json!(null))
    );
}

#[tokio::test]
async fn a_language_header_sets_the_language_on_every_authenticated_call() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let text = json!({ "attributeKey": "theme", "attributeText": "dark" });
    for (method, path, language) in [
        (Method::GET, STATUS, "de"),
        (Method::GET, PROFILE, "fr"),
        (Method::POST, PROFILE, "es-MX"),
        (Method::POST, ATTRIBUTES, "zh-Hant-TW"),
        (Method::DELETE, ATTRIBUTES, "nl"),
        (Method::GET, ATTRIBUTES, "it"),
    ] {
        let answer = platform
            .request(method.clone(), path)
            .bearer(&session.access_token)
            .header("language", language)
            .json(&text)
            .send()
            .await;
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.body);
        if let Some(user) = answer.json().get("user") {
            assert_eq!(user["language"], language, "{method} {path}");
        }
        let status = platform
            .get(STATUS)
            .bearer(&session.access_token)
            .send()
            .await;
        assert_eq!(
            status.json()["user"]["language"],
            language,
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn a_language_header_that_is_no_tag_and_one_without_a_token_change_nothing() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let before = platform.dump().await;
    for language in ["", "not a tag", "en_US", "<script>", &"x".repeat(100)] {
        let answer = platform
            .get(STATUS)
            .bearer(&session.access_token)
            .header("language", language)
            .send()
            .await;
        assert_eq!(answer.status, 200, "{language:?}: {}", answer.body);
        assert_eq!(answer.json()["user"]["language"], "en", "{language:?}");
    }
    let refused = platform.get(STATUS).header("language", "de").send().await;
    assert_eq!(refused.status, 401);
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn an_accept_language_header_does_not_change_an_account() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let before = platform.dump().await;
    let answer = platform
        .get(STATUS)
        .bearer(&session.access_token)
        .header("accept-language", "de")
        .send()
        .await;
    assert_eq!(answer.json()["user"]["language"], "en");
    assert_eq!(platform.dump().await, before);
}
