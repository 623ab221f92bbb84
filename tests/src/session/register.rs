//! Row 4: registering.

use insta::assert_snapshot;
use serde_json::json;

use super::{
    ANN, DAY, NEW_PASSWORD, REGISTER, attributes_in, confirmation_in, held_by, post, refusal,
    registered, registering, sessions, signed_in, status_of, without_id,
};
use crate::harness::{PASSWORD, Platform};
use crate::user_service::{expect_nothing_done, stored};

#[tokio::test]
async fn a_new_account_has_a_session_at_once() {
    let platform = Platform::start().await;
    let body = json!({
        "login": "Che@Example.com", "password": PASSWORD, "firstName": "Che", "lastName": "Guevara",
    });
    let answer = post(&platform, REGISTER, &body).send().await;
    assert_snapshot!(without_id(&answer), @r#"
    200
    {"id":"[id]","login":"che@example.com","firstName":"Che","lastName":"Guevara","status":0}
    "#);
    assert_eq!(
        attributes_in(&answer),
        "Path=/; Max-Age=2592000; Secure; HttpOnly; SameSite=Lax"
    );
    assert_eq!(status_of(&platform, &held_by(&answer)).await, 200);
    assert_snapshot!(stored(&platform, "users").await);
    assert_snapshot!(stored(&platform, "outbox").await);
    let session = &platform.items("sessions").await[0];
    assert_eq!(session["dialect"], "session");
    assert_eq!(session["credential_version"], 1);
    assert_eq!(session["expires"], 1_767_225_600 + 30 * DAY);
}

#[tokio::test]
async fn the_mail_leads_to_the_page_that_confirms() {
    let ui = ("UI_URL", "https://app.example.com/auth/");
    let platform = Platform::with(&[ui]).await;
    registering(&platform, "Ann@Example.com").send().await;
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["Ann@Example.com"]);
    let id = platform.items("attributes").await[0]["user_id"].clone();
    let start = format!(
        "https://app.example.com/auth/confirm?uid={}&t=",
        id.as_str().expect("an id")
    );
    let link = mails[0]
        .text
        .lines()
        .find_map(|line| line.strip_prefix(&start));
    let token = link.expect("a link");
    assert_eq!(
        (token.len(), token.as_bytes()[14]),
        (36, b'4'),
        "a version 4 UUID"
    );
    assert!(mails[0].text.contains("7 days"), "{}", mails[0].text);
    assert!(!platform.dump().await.contains(token));
}

#[tokio::test]
async fn names_may_be_left_out_and_the_language_is_the_browsers() {
    let platform = Platform::start().await;
    let request = registering(&platform, ANN).header("accept-language", "pl, de-AT;q=0.7");
    let answer = request.send().await;
    assert_snapshot!(without_id(&answer), @r#"
    200
    {"id":"[id]","login":"ann@example.com","firstName":"","lastName":"","status":0}
    "#);
    let mails = platform.deliver().await;
    assert!(mails[0].text.contains("Guten Tag"), "{}", mails[0].text);
}

#[tokio::test]
async fn without_confirmation_an_account_is_active_at_once() {
    let platform = Platform::with(&[("EMAIL_CONFIRMATION", "off")]).await;
    let answer = registering(&platform, ANN).send().await;
    assert_eq!(answer.json()["status"], 1);
    assert_eq!(status_of(&platform, &held_by(&answer)).await, 200);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn a_login_is_taken_in_every_spelling() {
    let platform = Platform::start().await;
    let held = registered(&platform, "Jürgen@Bücher.example").await;
    platform.deliver().await;
    let users = platform.items("users").await;
    for spelling in [
        "Jürgen@Bücher.example",
        "JÜRGEN@BÜCHER.EXAMPLE",
        " jürgen@xn--bcher-kva.example ",
    ] {
        let body = json!({ "login": spelling, "password": NEW_PASSWORD });
        let answer = post(&platform, REGISTER, &body).send().await;
        assert_eq!(
            answer.whole(),
            refusal(401, "the e-mail address is already registered"),
            "{spelling:?}"
        );
        assert_eq!(answer.header("set-cookie"), None);
        assert_eq!(answer.header("www-authenticate"), None);
        assert_eq!(platform.items("users").await, users, "{spelling:?}");
        assert_eq!(sessions(&platform).await, 1);
        assert_eq!(platform.deliver().await.len(), 0, "{spelling:?}");
    }
    assert_eq!(status_of(&platform, &held).await, 200);
    signed_in(&platform, "jürgen@bücher.example", PASSWORD).await;
}

#[tokio::test]
async fn what_is_malformed_or_weak_makes_no_account() {
    let platform = Platform::start().await;
    let before = platform.dump().await;
    for (body, error) in [
        (json!({}), "password is required"),
        (json!({ "login": ANN }), "password is required"),
        (json!({ "password": PASSWORD }), "login is required"),
        (
            json!({ "login": "ann", "password": PASSWORD }),
            "the e-mail address is not valid",
        ),
        (
            json!({ "login": [ANN], "password": PASSWORD }),
            "login is not valid",
        ),
        (
            json!({ "login": ANN, "password": 12_345_678 }),
            "password is not valid",
        ),
        (
            json!({ "login": ANN, "password": PASSWORD, "firstName": 7 }),
            "firstName is not valid",
        ),
        (
            json!({ "login": ANN, "password": PASSWORD, "lastName": "x".repeat(129) }),
            "lastName is not valid",
        ),
    ] {
        let answer = post(&platform, REGISTER, &body).send().await;
        assert_eq!(answer.whole(), refusal(400, error), "{body}");
    }
    let long = "x".repeat(1025);
    for password in ["short", "password1", "ann@example.com", &long] {
        let body = json!({ "login": ANN, "password": password, "firstName": "Annabella", "lastName": "Bell" });
        let answer = post(&platform, REGISTER, &body).send().await;
        assert_eq!(answer.status, 400, "{password}: {}", answer.whole());
        assert_eq!(answer.json()["code"], 400);
        assert_eq!(answer.header("set-cookie"), None);
    }
    expect_nothing_done(&platform, &before, "malformed").await;
}

#[tokio::test]
async fn closed_registration_does_not_exist() {
    let platform = Platform::with(&[("OPEN_REGISTRATION", "off")]).await;
    let admin = crate::user_service::administrator(&platform).await;
    let before = platform.dump().await;
    for request in [
        registering(&platform, ANN),
        registering(&platform, ANN).bearer(&admin.access_token),
        post(&platform, REGISTER, &json!({})),
    ] {
        let answer = request.send().await;
        assert_eq!(answer.whole(), refusal(404, "no such path"));
    }
    expect_nothing_done(&platform, &before, "closed").await;
}

#[tokio::test]
async fn fields_that_are_not_listed_change_nothing() {
    let platform = Platform::start().await;
    let body = json!({
        "login": ANN, "password": PASSWORD,
        "id": "6ba7b810-9dad-41d1-80b4-00c04fd430c8", "status": 1, "confirmed": true, "suspended": true,
        "emailConfirmed": true, "permissionLevel": 2, "userRole": "root", "roles": ["admin"],
        "email": "other@example.com", "created_at": 0, "credential_version": 7,
    });
    let answer = post(&platform, REGISTER, &body).send().await;
    let with = (without_id(&answer), stored(&platform, "users").await);
    let plain = Platform::start().await;
    let answer = registering(&plain, ANN).send().await;
    assert_eq!(with, (without_id(&answer), stored(&plain, "users").await));
}

#[tokio::test]
async fn the_session_of_a_cookie_that_comes_along_ends() {
    let platform = Platform::start().await;
    let old = registered(&platform, "ben@example.com").await;
    let cookie = format!("sid={old}");
    let taken = registering(&platform, "ben@example.com").header("cookie", &cookie);
    assert_eq!(taken.send().await.status, 401);
    assert_eq!(status_of(&platform, &old).await, 200);
    let request = registering(&platform, ANN).header("cookie", &cookie);
    let new = held_by(&request.send().await);
    assert_eq!(status_of(&platform, &old).await, 401);
    assert_eq!(status_of(&platform, &new).await, 200);
}

#[tokio::test]
async fn an_account_never_confirmed_in_a_day_gives_way_and_so_does_its_session() {
    let platform = Platform::start().await;
    let squatter = registered(&platform, ANN).await;
    platform.deliver().await;
    platform.clock.advance_seconds(DAY);
    let body = json!({ "login": ANN, "password": NEW_PASSWORD });
    let owner = held_by(&post(&platform, REGISTER, &body).send().await);
    assert_eq!(status_of(&platform, &squatter).await, 401);
    assert_eq!(status_of(&platform, &owner).await, 200);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    confirmation_in(&mails[0].text);
}

#[tokio::test]
async fn too_many_registrations_of_one_client_have_to_wait() {
    let platform = Platform::with(&[("LIMIT_REGISTRATIONS_PER_CLIENT", "1")]).await;
    registered(&platform, ANN).await;
    let users = platform.items("users").await;
    let over = registering(&platform, "ben@example.com").send().await;
    assert_eq!(over.whole(), refusal(429, "too many attempts"));
    assert!(over.header("retry-after").is_some());
    assert_eq!(platform.items("users").await, users);
    assert_eq!(sessions(&platform).await, 1);
}
