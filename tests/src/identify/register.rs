//! Row 2: registering with an address and a password.

use serde_json::json;

use super::{
    ANN, DAY, DEVICE, ISOLATED, NEW_PASSWORD, SHARING, account, confirm, confirmed, refusal,
    registering, registering_with, sessions, signed_in, signing_in,
};
use crate::harness::{PASSWORD, Platform, code_in};
use crate::user_service::expect_nothing_done;

const CREATED: &str = "201\n{\"result\":1,\"message\":\"User is Correctly Created\",\
                       \"data\":{\"data\":{},\"message\":\"User is Correctly Created\",\"result\":1}}";
const TAKEN: &str = "the e-mail address is already registered";

#[tokio::test]
async fn whoever_registers_is_told_so_twice_and_mailed_a_link() {
    let platform = Platform::start().await;
    let data = json!({
        "email": " Ann@Example.com ", "password": PASSWORD, "nickname": "Ann",
        "custom:team": "red", "custom:town": "Ulm",
    });
    let answer = registering(&platform, SHARING, &data)
        .header("accept-language", "de-AT, fr;q=0.5")
        .send()
        .await;
    assert_eq!(answer.whole(), CREATED);
    let stored = account(&platform, ANN).await;
    for (name, value) in [
        ("nickname", json!("Ann")),
        ("email_original", json!("Ann@Example.com")),
        ("user_language", json!("de")),
        ("realm", json!("default")),
        ("permission_level", json!(0)),
    ] {
        assert_eq!(stored[name], value, "{name}");
    }
    let attributes = platform.items("attributes").await.remove(0);
    for (key, text) in [("team", "red"), ("town", "Ulm")] {
        assert_eq!(attributes["entries"][key]["text"], text);
    }
    assert_eq!(sessions(&platform).await, 0, "nobody is signed in by it");
    assert_eq!(platform.items("devices").await.len(), 0);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["Ann@Example.com"]);
    assert!(mails[0].text.contains("Guten Tag"), "{}", mails[0].text);
    assert!(!platform.dump().await.contains(PASSWORD));
    let page = confirm(&platform, &code_in(&mails[0].text)).await;
    assert_eq!(page.status, 200);
    signed_in(&platform, SHARING, ANN).await;
}

#[tokio::test]
async fn an_address_registers_once_in_a_realm_whoever_was_first() {
    let platform = Platform::start().await;
    confirmed(&platform, SHARING, ANN).await;
    platform.register_confirmed("of-000@example.com").await;
    let before = platform.items("users").await;
    for email in ["ann@example.com", "ANN@example.COM", "of-000@example.com"] {
        let again = registering_with(&platform, SHARING, email).send().await;
        assert_eq!(again.whole(), refusal(409, TAKEN, "user_exists"));
    }
    assert_eq!(platform.items("users").await, before);
    assert_eq!(platform.deliver().await.len(), 0);
    let elsewhere = platform
        .post("/user-service/v1/users/register")
        .json(&json!({ "email": ANN, "password": PASSWORD }));
    assert_eq!(elsewhere.send().await.status, 400, "000 calls it so");
}

#[tokio::test]
async fn an_account_never_confirmed_in_a_day_gives_way_to_a_new_one() {
    let platform = Platform::start().await;
    let first = registering_with(&platform, SHARING, ANN).send().await;
    assert_eq!(first.whole(), CREATED);
    let old = code_in(&platform.deliver().await[0].text);
    let replaced = account(&platform, ANN).await["user_number"].clone();
    platform.clock.advance_seconds(DAY - 1);
    let early = registering_with(&platform, SHARING, ANN).send().await;
    assert_eq!(early.whole(), refusal(409, TAKEN, "user_exists"));
    platform.clock.advance_seconds(1);
    confirmed(&platform, SHARING, ANN).await;
    signed_in(&platform, SHARING, ANN).await;
    assert_ne!(account(&platform, ANN).await["user_number"], replaced);
    assert_ne!(confirm(&platform, &old).await.status, 200);
    let users = platform.items("users").await.into_iter();
    let numbers = users.filter(|item| {
        item["pk"]
            .as_str()
            .is_some_and(|pk| pk.starts_with("number#"))
    });
    assert_eq!(numbers.count(), 1, "the old account's is gone");
}

#[tokio::test]
async fn a_realm_of_its_own_has_accounts_of_its_own() {
    let platform = Platform::start().await;
    confirmed(&platform, SHARING, ANN).await;
    confirmed(&platform, ISOLATED, ANN).await;
    let users = platform.items("users").await;
    let accounts: Vec<_> = users
        .iter()
        .filter(|item| item.get("email") == Some(&json!(ANN)))
        .filter_map(|item| item.get("realm"))
        .collect();
    assert_eq!(accounts.len(), 2);
    assert!(accounts.contains(&&json!("default")) && accounts.contains(&&json!(ISOLATED)));
    let here = signed_in(&platform, SHARING, ANN).await;
    let there = signed_in(&platform, ISOLATED, ANN).await;
    assert_ne!(here.user, there.user);
    let changed = there.change_password(&platform, PASSWORD, NEW_PASSWORD);
    assert_eq!(changed.send().await.status, 200);
    assert_eq!(here.status(&platform).await, 200);
    signed_in(&platform, SHARING, ANN).await;
    let old = signing_in(&platform, ISOLATED, ANN, PASSWORD).send().await;
    assert_eq!(old.status, 401);
    let again = registering_with(&platform, ISOLATED, ANN).send().await;
    assert_eq!(again.whole(), refusal(409, TAKEN, "user_exists"));
}

#[tokio::test]
async fn passwords_that_are_easy_to_guess_are_weak() {
    let platform = Platform::start().await;
    let before = platform.dump().await;
    for (password, why) in [
        ("short", "the password needs at least 8 characters"),
        ("", "the password needs at least 8 characters"),
        ("password", "the password is too easy to guess"),
        ("ann@example.com", "the password is too easy to guess"),
        ("Anastasia", "the password is too easy to guess"),
        (
            &*"x".repeat(1025),
            "the password may have at most 1024 bytes",
        ),
    ] {
        let data = json!({ "email": ANN, "password": password, "nickname": "Anastasia" });
        let answer = registering(&platform, SHARING, &data).send().await;
        assert_eq!(
            answer.whole(),
            refusal(400, why, "weak_password"),
            "{password}"
        );
    }
    expect_nothing_done(&platform, &before, "weak").await;
}

#[tokio::test]
async fn what_is_missing_or_has_a_wrong_form_is_named() {
    let platform = Platform::start().await;
    let before = platform.dump().await;
    let long = "n".repeat(129);
    for (data, message) in [
        (json!({ "password": PASSWORD }), "email is required"),
        (json!({ "email": ANN }), "password is required"),
        (
            json!({ "email": "ann", "password": PASSWORD }),
            "the e-mail address is not valid",
        ),
        (
            json!({ "email": 7, "password": PASSWORD }),
            "email is not valid",
        ),
        (
            json!({ "email": ANN, "password": [PASSWORD] }),
            "password is not valid",
        ),
        (
            json!({ "email": ANN, "password": PASSWORD, "nickname": 7 }),
            "nickname is not valid",
        ),
        (
            json!({ "email": ANN, "password": PASSWORD, "nickname": long }),
            "nickname is not valid",
        ),
        (
            json!({ "email": ANN, "password": PASSWORD, "custom:a": 7 }),
            "a custom field is not valid",
        ),
        (
            json!({ "email": ANN, "password": PASSWORD, "custom:": "x" }),
            "a custom field is not valid",
        ),
        (
            json!({ "email": ANN, "password": PASSWORD, "custom:a": "x".repeat(4097) }),
            "a custom field is not valid",
        ),
    ] {
        let answer = registering(&platform, SHARING, &data).send().await;
        assert_eq!(
            answer.whole(),
            refusal(400, message, "bad_request"),
            "{data}"
        );
    }
    let many: serde_json::Map<_, _> = (0..65)
        .map(|number| (format!("custom:{number}"), json!("x")))
        .chain([
            ("email".to_owned(), json!(ANN)),
            ("password".to_owned(), json!(PASSWORD)),
        ])
        .collect();
    expect_nothing_done(&platform, &before, "malformed").await;
    let answer = registering(&platform, SHARING, &many.into()).send().await;
    assert_eq!(
        answer.whole(),
        refusal(400, "too many attributes", "bad_request")
    );
    assert_eq!(platform.items("users").await.len(), 0);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn fields_that_are_not_listed_change_nothing() {
    let platform = Platform::start().await;
    let id = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    let data = json!({
        "email": ANN, "password": PASSWORD, "userId": id, "id": id, "confirmed": true,
        "permissionLevel": 2, "userRole": "root", "username": "root", "realm": "other",
        "email_proved_at": 1, "externalId": "0".repeat(64), "deviceId": DEVICE, "suspended": true,
        "loginHistory": [1], "appProfile": { "a": 1 }, "roles": ["admin"], "otp": "000000",
    });
    let answer = registering(&platform, SHARING, &data).send().await;
    assert_eq!(answer.whole(), CREATED);
    let told = account(&platform, ANN).await;
    registering_with(&platform, SHARING, "plain@example.com")
        .send()
        .await;
    let plain = account(&platform, "plain@example.com").await;
    assert_eq!(
        told.keys().collect::<Vec<_>>(),
        plain.keys().collect::<Vec<_>>()
    );
    assert_ne!(told["pk"], json!(format!("user#{id}")));
    let own = [
        "pk",
        "email",
        "email_original",
        "user_number",
        "listing",
        "listed_at",
    ];
    for (name, value) in &told {
        if !own.contains(&&**name) {
            assert_eq!(value, &plain[name], "{name}");
        }
    }
    assert_eq!(platform.items("devices").await.len(), 0);
    let waits = signing_in(&platform, SHARING, ANN, PASSWORD).send().await;
    assert_eq!(waits.status, 403);
}

#[tokio::test]
async fn without_confirmation_nothing_is_mailed() {
    let platform = Platform::with(&[("EMAIL_CONFIRMATION", "off")]).await;
    let answer = registering_with(&platform, SHARING, ANN).send().await;
    assert_eq!(answer.whole(), CREATED);
    assert_eq!(platform.deliver().await.len(), 0);
    assert_eq!(account(&platform, ANN).await.get("email_proved_at"), None);
    signed_in(&platform, SHARING, ANN).await;
}

#[tokio::test]
async fn where_registration_is_closed_nobody_registers() {
    let platform = Platform::with(&[("OPEN_REGISTRATION", "off")]).await;
    let before = platform.dump().await;
    for project in [SHARING, ISOLATED] {
        let answer = registering_with(&platform, project, ANN).send().await;
        assert_eq!(answer.whole(), refusal(403, "not allowed", "forbidden"));
    }
    expect_nothing_done(&platform, &before, "closed").await;
}

#[tokio::test]
async fn registrations_are_limited_by_client() {
    let platform =
        Platform::with(&[("LIMIT_REGISTRATIONS_PER_CLIENT", "2"), ("LIMITS", "on")]).await;
    for (number, status) in [(1, 201), (2, 201), (3, 429)] {
        let email = format!("ann{number}@example.com");
        let answer = registering_with(&platform, SHARING, &email).send().await;
        assert_eq!(answer.status, status, "{}", answer.whole());
        if status == 429 {
            assert_eq!(
                answer.whole(),
                refusal(429, "too many attempts", "rate_limited")
            );
            assert!(answer.header("retry-after").is_some());
        }
    }
    let other = registering_with(&platform, SHARING, "ann4@example.com").from("203.0.113.9");
    assert_eq!(other.send().await.status, 201);
}
