//! Row 7: registering.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{REGISTER, STATUS, expect_nothing_done, stored};
use crate::harness::{Answer, PASSWORD, Platform, code_in};

async fn register(platform: &Platform, body: &Value) -> Answer {
    platform.post(REGISTER).json(body).send().await
}

#[tokio::test]
async fn a_new_account_is_unconfirmed_standard_and_without_names() {
    let platform = Platform::start().await;
    let body = json!({ "email": "Ann@Example.com", "password": PASSWORD });
    let answer = register(&platform, &body).await;
    assert_snapshot!(answer.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":false,"firstname":null,"lastname":null,"email":"ann@example.com","id":1,"language":"en","permissionLevel":0}}
    "#);
    assert_snapshot!(stored(&platform, "users").await, @r#"
    {"confirmed":false,"created_at":1767225600000,"credential_version":1,"email":"ann@example.com","email_original":"Ann@Example.com","listed_at":"1767225600000#0000000001","listing":"default#[nibble]","password_changed_at":1767225600000,"permission_level":0,"pk":"user#[id]","realm":"default","suspended":false,"user_language":"en","user_number":1}
    {"created_at":1767225600000,"credential_version":1,"expires":"never","never_confirmed":true,"password_hash":"[password_hash]","pk":"email#default#[digest]","user_id":"[user_id]"}
    {"pk":"number#1","user_id":"[user_id]"}
    "#);
    assert_snapshot!(stored(&platform, "attributes").await, @r#"{"bytes_held":0,"entries":{},"user_id":"[user_id]"}"#);
    assert_snapshot!(stored(&platform, "outbox").await, @r#"{"dialect":"user-service","expires":1767830400,"id":"[id]","issued_at":1767225600000,"key_version":1,"kind":"activation","user_id":"[user_id]"}"#);
    assert_eq!(platform.items("sessions").await, []);
    assert_eq!(platform.items("codes").await, []);
}

#[tokio::test]
async fn the_confirmation_goes_to_the_address_as_it_was_typed() {
    let platform = Platform::start().await;
    let body = json!({ "email": " Ann@Example.COM ", "password": PASSWORD });
    let answer = register(&platform, &body).await;
    assert_eq!(answer.json()["user"]["email"], "ann@example.com");
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!(mail.to, ["Ann@Example.COM"]);
    assert_eq!(mail.from, "no-reply@gatehouse.example");
    assert_eq!(mail.subject, "Gatehouse: Confirm your email address");
    let code = code_in(&mail.text);
    assert_snapshot!(mail.text.replace(&code, "[code]"), @"
    Hello,

    Welcome! Please confirm that this email address is yours. Your account is then ready to use.

    Please open this link:

    http://127.0.0.1:3000/activate?code=[code]

    The link is valid for 24 hours and works once.

    If you did not sign up, you can simply ignore this email.

    Gatehouse
    This email was sent automatically. We never ask for your password by email.
    ");
    assert_eq!(stored(&platform, "outbox").await, "");
    assert_snapshot!(stored(&platform, "codes").await, @r#"{"credential_version":1,"digest":"[digest]","expires":1767312000,"intent_id":"[intent_id]","issued_at":1767225600000,"purpose":"activation","user_id":"[user_id]"}"#);
    let code_record = json!(platform.items("codes").await).to_string();
    assert!(!code_record.contains(&code));
}

#[tokio::test]
async fn names_and_language_may_be_given() {
    let platform = Platform::start().await;
    let body = json!({
        "email": "ann@example.com", "password": PASSWORD,
        "firstname": "Ann", "lastname": "Müller-O’Brien 🦊", "language": "pt-BR",
    });
    assert_snapshot!(register(&platform, &body).await.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":false,"firstname":"Ann","lastname":"Müller-O’Brien 🦊","email":"ann@example.com","id":1,"language":"pt-BR","permissionLevel":0}}
    "#);
}

#[tokio::test]
async fn an_empty_name_stays_empty_and_null_counts_as_absent() {
    let platform = Platform::start().await;
    let body = json!({
        "email": "ann@example.com", "password": PASSWORD,
        "firstname": "", "lastname": null, "language": null,
    });
    assert_snapshot!(register(&platform, &body).await.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":false,"firstname":"","lastname":null,"email":"ann@example.com","id":1,"language":"en","permissionLevel":0}}
    "#);
}

#[tokio::test]
async fn a_form_registers_as_json_does() {
    let platform = Platform::start().await;
    let fields = [
        ("email", "ann@example.com"),
        ("password", PASSWORD),
        ("firstname", "Ann"),
    ];
    let answer = platform.post(REGISTER).form(&fields).send().await;
    assert_snapshot!(answer.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":false,"firstname":"Ann","lastname":null,"email":"ann@example.com","id":1,"language":"en","permissionLevel":0}}
    "#);
    platform.login("ann@example.com", PASSWORD).await;
    assert_eq!(platform.deliver().await.len(), 1);
}

#[tokio::test]
async fn the_language_is_that_of_the_body_then_of_the_headers() {
    let platform = Platform::start().await;
    for (index, (body, language, accept, expected)) in [
        (Some("es"), Some("fr"), Some("de"), "es"),
        (None, Some("fr-CA"), Some("de"), "fr-CA"),
        (None, None, Some("pl, de-AT;q=0.7, fr;q=0.5"), "de"),
        (None, Some("not a tag"), Some("es"), "es"),
        (None, None, Some("pl"), "en"),
        (None, None, None, "en"),
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("ann{index}@example.com");
        let mut request = platform
            .post(REGISTER)
            .json(&json!({ "email": email, "password": PASSWORD, "language": body }));
        for (name, value) in [("language", language), ("accept-language", accept)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(
            answer.json()["user"]["language"],
            expected,
            "{body:?} {language:?} {accept:?}"
        );
    }
}

#[tokio::test]
async fn a_language_that_is_no_tag_is_refused() {
    let platform = Platform::start().await;
    let before = platform.dump().await;
    let body =
        json!({ "email": "ann@example.com", "password": PASSWORD, "language": "en_US.UTF-8" });
    assert_snapshot!(register(&platform, &body).await.whole(), @r#"
    400
    {"error":"language is not valid"}
    "#);
    expect_nothing_done(&platform, &before, "a bad language").await;
}

#[tokio::test]
async fn an_address_is_taken_in_every_spelling() {
    let platform = Platform::start().await;
    platform.register_confirmed("Jürgen@Bücher.example").await;
    let users = platform.items("users").await;
    for spelling in [
        "Jürgen@Bücher.example",
        "JÜRGEN@BÜCHER.EXAMPLE",
        "ju\u{308}rgen@bu\u{308}cher.example",
        " jürgen@xn--bcher-kva.example ",
    ] {
        let body = json!({ "email": spelling, "password": "another good password here" });
        let answer = register(&platform, &body).await;
        assert_eq!(
            answer.whole(),
            "400\n{\"error\":\"the e-mail address is already registered\"}",
            "{spelling:?}"
        );
        assert_eq!(platform.items("users").await, users, "{spelling:?}");
        assert_eq!(platform.deliver().await.len(), 0, "{spelling:?}");
    }
    platform.signed_in("jürgen@bücher.example", PASSWORD).await;
}

#[tokio::test]
async fn an_unconfirmed_account_holds_its_address_for_a_day() {
    let platform = Platform::start().await;
    platform.register("ann@example.com").await;
    platform.deliver().await;
    let users = platform.items("users").await;
    platform.clock.advance_seconds(86_399);
    let body = json!({ "email": "ann@example.com", "password": "another good password here" });
    assert_snapshot!(register(&platform, &body).await.whole(), @r#"
    400
    {"error":"the e-mail address is already registered"}
    "#);
    assert_eq!(platform.items("users").await, users);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn an_account_never_confirmed_in_a_day_gives_way_to_a_new_one() {
    let platform = Platform::start().await;
    platform.register("ann@example.com").await;
    let old_code = code_in(&platform.deliver().await[0].text);
    platform.clock.advance_seconds(86_400);
    let body = json!({ "email": "ann@example.com", "password": "another good password here" });
    assert_snapshot!(register(&platform, &body).await.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":false,"firstname":null,"lastname":null,"email":"ann@example.com","id":2,"language":"en","permissionLevel":0}}
    "#);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    let refused = platform
        .post(super::ACTIVATE)
        .json(&json!({ "code": old_code }))
        .send()
        .await;
    assert_eq!(
        refused.whole(),
        "400\n{\"error\":\"the code is not valid\"}"
    );
    let code = code_in(&mails[0].text);
    let activated = platform
        .post(super::ACTIVATE)
        .json(&json!({ "code": code }))
        .send()
        .await;
    assert_eq!(activated.status, 200, "{}", activated.body);
    platform
        .signed_in("ann@example.com", "another good password here")
        .await;
    assert_eq!(
        platform.login("ann@example.com", PASSWORD).await.status,
        401
    );
    assert_snapshot!(stored(&platform, "users").await, @r#"
    {"attempt":"[attempt]","created_at":1767312000000,"credential_version":1,"expires":"never","failed_at":1767312000000,"failures":1,"failures_in_a_row":1,"known_failures":0,"known_sources":"[1 sources]","last_sign_in":1767312000000,"password_hash":"[password_hash]","pk":"email#default#[digest]","user_id":"[user_id]"}
    {"confirmed":true,"created_at":1767312000000,"credential_version":1,"email":"ann@example.com","email_original":"ann@example.com","email_proved_at":1767312000000,"listed_at":"1767312000000#0000000002","listing":"default#[nibble]","password_changed_at":1767312000000,"permission_level":0,"pk":"user#[id]","realm":"default","suspended":false,"user_language":"en","user_number":2}
    {"deleted_at":1767312000000,"expires":1769904000,"pk":"user#[id]"}
    {"pk":"number#2","user_id":"[user_id]"}
    "#);
}

#[tokio::test]
async fn what_cannot_be_an_account_is_refused_with_its_reason() {
    let platform = Platform::start().await;
    let long = "x".repeat(1025);
    let long_name = "n".repeat(129);
    let before = platform.dump().await;
    let mut answers = Vec::new();
    for body in [
        json!({}),
        json!({ "email": "ann@example.com" }),
        json!({ "password": PASSWORD }),
        json!({ "email": "", "password": PASSWORD }),
        json!({ "email": "ann@example", "password": PASSWORD }),
        json!({ "email": "ann@example.com\r\nBcc: eve@example.com", "password": PASSWORD }),
        json!({ "email": format!("{}@example.com", "a".repeat(250)), "password": PASSWORD }),
        json!({ "email": "ann@example.com", "password": "7chars!" }),
        json!({ "email": "ann@example.com", "password": "" }),
        json!({ "email": "ann@example.com", "password": "password1" }),
        json!({ "email": "ann@example.com", "password": "Ann@Example.com" }),
        json!({ "email": "ann@example.com", "password": "Wolfeschlegel", "lastname": "Wolfeschlegel" }),
        json!({ "email": "ann@example.com", "password": long }),
        json!({ "email": "ann@example.com", "password": PASSWORD, "firstname": long_name }),
        json!({ "email": "ann@example.com", "password": PASSWORD, "lastname": 7 }),
        json!({ "email": "ann@example.com", "password": PASSWORD, "language": ["en"] }),
    ] {
        let answer = register(&platform, &body).await;
        answers.push(format!("{} {}", answer.status, answer.body));
    }
    assert_snapshot!(answers.join("\n"), @r#"
    400 {"error":"password is required"}
    400 {"error":"password is required"}
    400 {"error":"email is required"}
    400 {"error":"the e-mail address is not valid"}
    400 {"error":"the e-mail address is not valid"}
    400 {"error":"the e-mail address is not valid"}
    400 {"error":"the e-mail address is not valid"}
    400 {"error":"the password needs at least 8 characters"}
    400 {"error":"the password needs at least 8 characters"}
    400 {"error":"the password is too easy to guess"}
    400 {"error":"the password is too easy to guess"}
    400 {"error":"the password is too easy to guess"}
    400 {"error":"the password may have at most 1024 bytes"}
    400 {"error":"firstname is not valid"}
    400 {"error":"lastname is not valid"}
    400 {"error":"language is not valid"}
    "#);
    expect_nothing_done(&platform, &before, "refused registrations").await;
}

#[tokio::test]
async fn the_longest_password_and_names_are_taken_whole() {
    let platform = Platform::with(&[("EMAIL_CONFIRMATION", "off")]).await;
    let longest: String = PASSWORD.chars().cycle().take(1024).collect();
    let name = "ü".repeat(64);
    let body = json!({ "email": "ann@example.com", "password": longest, "firstname": name });
    let answer = register(&platform, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["user"]["firstname"], name);
    platform.signed_in("ann@example.com", &longest).await;
    let cut = &longest[..1023];
    assert_eq!(platform.login("ann@example.com", cut).await.status, 401);
}

#[tokio::test]
async fn fields_that_nobody_asked_for_change_nothing() {
    let platform = Platform::start().await;
    let body = json!({
        "email": "ann@example.com", "password": PASSWORD,
        "permissionLevel": 2, "permission_level": 2, "confirmed": true, "id": 4711, "user_number": 4711,
        "credential_version": 9, "credentialVersion": 9, "email_proved_at": 1, "suspended": true,
        "user_id": "6ba7b810-9dad-41d1-80b4-00c04fd430c8", "attributes": { "role": "admin" }, "status": "failed",
        "display_name": "Ann", "name": "Ann", "must_change_password": true, "reset_password": true,
        "createdAt": 1, "deletedAt": 1, "realm": "other", "emailCode": "known", "expires": 1,
    });
    let answer = register(&platform, &body).await;
    assert_snapshot!(answer.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":false,"firstname":null,"lastname":null,"email":"ann@example.com","id":1,"language":"en","permissionLevel":0}}
    "#);
    let plain = Platform::start().await;
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    register(&plain, &body).await;
    for table in ["users", "attributes", "outbox", "sessions", "codes"] {
        assert_eq!(
            stored(&platform, table).await,
            stored(&plain, table).await,
            "{table}"
        );
    }
}

#[tokio::test]
async fn without_confirmation_an_account_is_confirmed_at_once_and_gets_no_mail() {
    let platform = Platform::with(&[("EMAIL_CONFIRMATION", "off")]).await;
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    assert_snapshot!(register(&platform, &body).await.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":true,"firstname":null,"lastname":null,"email":"ann@example.com","id":1,"language":"en","permissionLevel":0}}
    "#);
    assert_eq!(stored(&platform, "outbox").await, "");
    assert_eq!(platform.deliver().await.len(), 0);
    let users = platform.items("users").await;
    assert!(
        users
            .iter()
            .all(|item| !item.contains_key("email_proved_at"))
    );
    platform.signed_in("ann@example.com", PASSWORD).await;
}

#[tokio::test]
async fn numbers_are_counted_and_never_used_twice() {
    let platform = Platform::start().await;
    assert_eq!(platform.register("ann@example.com").await["id"], 1);
    platform.deliver().await;
    let session = platform.new_session("bob@example.com").await;
    assert_eq!(session.user["id"], 2);
    let deleted = platform
        .delete(super::USER)
        .bearer(&session.access_token)
        .send()
        .await;
    assert_eq!(deleted.status, 204);
    platform.deliver().await;
    assert_eq!(platform.register("bob@example.com").await["id"], 3);
}

async fn closed_platform() -> Platform {
    Platform::with(&[("OPEN_REGISTRATION", "off")]).await
}

#[tokio::test]
async fn closed_registration_is_open_to_an_administrator_only() {
    let platform = closed_platform().await;
    let admin = super::administrator(&platform).await;
    assert_eq!(admin.user["permissionLevel"], 2);
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    let answer = platform
        .post(REGISTER)
        .bearer(&admin.access_token)
        .json(&body)
        .send()
        .await;
    assert_snapshot!(answer.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":false,"firstname":null,"lastname":null,"email":"ann@example.com","id":2,"language":"en","permissionLevel":0}}
    "#);
    let code = code_in(&platform.deliver().await[0].text);
    let activated = platform
        .post(super::ACTIVATE)
        .json(&json!({ "code": code }))
        .send()
        .await;
    assert_eq!(activated.status, 200);
    let ann = platform.signed_in("ann@example.com", PASSWORD).await;

    let users = platform.items("users").await;
    let body = json!({ "email": "bob@example.com", "password": PASSWORD });
    let anonymous = platform.post(REGISTER).json(&body).send().await;
    assert_snapshot!(anonymous.whole(), @r#"
    404
    {"error":"no such path"}
    "#);
    let standard = platform
        .post(REGISTER)
        .bearer(&ann.access_token)
        .json(&body)
        .send()
        .await;
    assert_eq!(standard.whole(), anonymous.whole());
    let malformed = platform.post(REGISTER).json(&json!({})).send().await;
    assert_eq!(malformed.whole(), anonymous.whole());
    assert_eq!(platform.items("users").await, users);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn closed_registration_does_not_take_an_administrators_refresh_token() {
    let platform = closed_platform().await;
    let admin = super::administrator(&platform).await;
    let before = platform.dump().await;
    let answer = platform
        .post(REGISTER)
        .bearer(&admin.refresh_token)
        .json(&json!({ "email": "bob@example.com", "password": PASSWORD }))
        .send()
        .await;
    assert_eq!(answer.whole(), "404\n{\"error\":\"no such path\"}");
    expect_nothing_done(&platform, &before, "a refresh token").await;
    let status = platform
        .get(STATUS)
        .bearer(&admin.access_token)
        .send()
        .await;
    assert_eq!(status.json()["user"]["permissionLevel"], 2);
}
