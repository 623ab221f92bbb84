//! Row 3: registering.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::accounts::{
    ANN, NOBODY, active, authenticate, marked, register, users_of_kind, waiting, with,
};
use super::{REGISTER, administrator, done, new_role, somebody, uid_of};
use crate::harness::{PASSWORD, Platform, Request, code_in, rbac_code_in};
use crate::user_service::{expect_nothing_done, stored};

const DONE: &str = "200\n\"User Registered\"";
const MALFORMED: &str = "400\n\"Error Registering\"";
const TAKEN: &str = "409\n\"Error Registering\"";
const CLOSED: &str = "403\n\"Forbidden\"";

fn body(email: &str) -> Value {
    json!({ "name": "Ann Lee", "email": email, "password": PASSWORD })
}

fn registration(platform: &Platform, email: &str) -> Request {
    platform.post(REGISTER).json(&body(email))
}

#[tokio::test]
async fn a_new_account_waits_and_has_no_rights() {
    let platform = Platform::start().await;
    let answer = register(&platform, &body("Ann@Example.com")).await;
    assert_eq!(answer.whole(), DONE);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_snapshot!(stored(&platform, "users").await, @r#"
    {"confirmed":false,"created_at":1767225600000,"credential_version":1,"display_name":"Ann Lee","email":"ann@example.com","email_original":"Ann@Example.com","listed_at":"1767225600000#0000000001","listing":"default#[nibble]","password_changed_at":1767225600000,"permission_level":0,"pk":"user#[id]","realm":"default","suspended":false,"user_language":"en","user_number":1}
    {"created_at":1767225600000,"credential_version":1,"expires":"never","never_confirmed":true,"password_hash":"[password_hash]","pk":"email#default#[digest]","user_id":"[user_id]"}
    {"pk":"number#1","user_id":"[user_id]"}
    "#);
    assert_snapshot!(stored(&platform, "outbox").await, @r#"{"dialect":"rbac","expires":1767830400,"id":"[id]","issued_at":1767225600000,"key_version":1,"kind":"activation","user_id":"[user_id]"}"#);
    assert_snapshot!(stored(&platform, "attributes").await, @r#"{"bytes_held":0,"entries":{},"user_id":"[user_id]"}"#);
    for table in ["sessions", "codes", "access"] {
        let users = platform.items(table).await.into_iter();
        let of_users: Vec<_> = users
            .filter(|item| json!(item).to_string().contains("user#"))
            .collect();
        assert_eq!(of_users, [], "{table}");
    }
}

#[tokio::test]
async fn the_mail_leads_to_the_page_with_id_and_code() {
    let platform = Platform::start().await;
    assert_eq!(
        register(&platform, &body("Ann@Example.com")).await.whole(),
        DONE
    );
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["Ann@Example.com"]);
    assert_eq!(mails[0].subject, "Gatehouse: Confirm your email address");
    let (uid, code) = rbac_code_in(&mails[0].text);
    assert_eq!(uid, uid_of(&platform, ANN).await);
    assert_snapshot!(mails[0].text.replace(&code, "[code]").replace(&uid, "[uid]"), @"
    Hello,

    Welcome! Please confirm that this email address is yours. Your account is then ready to use.

    Please open this link:

    http://127.0.0.1:3000/rbac-activate?uid=[uid]&code=[code]

    The link is valid for 24 hours and works once.

    If you did not sign up, you can simply ignore this email.

    Gatehouse
    This email was sent automatically. We never ask for your password by email.
    ");
    assert!(!platform.dump().await.contains(&code));
}

#[tokio::test]
async fn without_confirmation_an_account_is_active_at_once_and_gets_no_mail() {
    let platform = Platform::with(&[("EMAIL_CONFIRMATION", "off")]).await;
    assert_eq!(register(&platform, &body(ANN)).await.whole(), DONE);
    assert_eq!(platform.items("outbox").await, []);
    assert_eq!(platform.deliver().await.len(), 0);
    let answer = authenticate(&platform, ANN, PASSWORD).await.json();
    assert_eq!(
        (&answer["active"], &answer["name"]),
        (&json!(true), &json!("Ann Lee"))
    );
    let account = &users_of_kind(&platform, "user#").await[0];
    assert_eq!(account.get("email_proved_at"), None);
}

#[tokio::test]
async fn an_address_is_taken_in_every_spelling_and_in_both_dialects() {
    let platform = Platform::start().await;
    active(&platform, "Jürgen@Bücher.example").await;
    platform.register_confirmed("there@example.com").await;
    let users = platform.items("users").await;
    for spelling in [
        "Jürgen@Bücher.example",
        "JÜRGEN@BÜCHER.EXAMPLE",
        "ju\u{308}rgen@bu\u{308}cher.example",
        " jürgen@xn--bcher-kva.example ",
        "There@Example.com",
    ] {
        let again = with(
            &body(spelling),
            &json!({ "password": "another good password here" }),
        );
        let answer = register(&platform, &again).await;
        assert_eq!(answer.whole(), TAKEN, "{spelling:?}");
        assert_eq!(platform.items("users").await, users, "{spelling:?}");
        assert_eq!(platform.deliver().await.len(), 0, "{spelling:?}");
    }
    assert_eq!(
        authenticate(&platform, "jürgen@bücher.example", PASSWORD)
            .await
            .status,
        200
    );
    let there = json!({ "email": "jürgen@bücher.example", "password": PASSWORD });
    let there = platform
        .post("/user-service/v1/users/register")
        .json(&there);
    assert_eq!(there.send().await.status, 400);
}

#[tokio::test]
async fn an_account_never_confirmed_in_a_day_gives_way_to_a_new_one() {
    let platform = Platform::start().await;
    let (old, code) = waiting(&platform, ANN).await;
    platform.clock.advance_seconds(86_399);
    assert_eq!(register(&platform, &body(ANN)).await.whole(), TAKEN);
    platform.clock.advance_seconds(1);
    assert_eq!(register(&platform, &body(ANN)).await.whole(), DONE);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    let (uid, newer) = rbac_code_in(&mails[0].text);
    assert_ne!(uid, old);
    let use_code = |uid: &str, code: &str| {
        let request = platform.post(&super::accounts::activation(uid, code));
        request.send()
    };
    assert_eq!(use_code(&old, &code).await.whole(), "400\nfalse");
    assert_eq!(use_code(&uid, &newer).await.whole(), "200\ntrue");
}

#[tokio::test]
async fn what_cannot_be_an_account_is_refused_in_the_operations_words() {
    let platform = Platform::start().await;
    let before = platform.dump().await;
    for changes in [
        json!({ "name": null }),
        json!({ "name": "" }),
        json!({ "name": " \t" }),
        json!({ "name": "\u{3000}" }),
        json!({ "name": "n".repeat(129) }),
        json!({ "name": 7 }),
        json!({ "name": ["Ann"] }),
        json!({ "email": null }),
        json!({ "email": "" }),
        json!({ "email": "ann@example" }),
        json!({ "email": "ann@example.com\r\nBcc: eve@example.com" }),
        json!({ "email": "ann@example.com, eve@example.com" }),
        json!({ "email": format!("{}@example.com", "a".repeat(250)) }),
        json!({ "email": [ANN] }),
        json!({ "email": true }),
        json!({ "password": null }),
        json!({ "password": "" }),
        json!({ "password": "7chars!" }),
        json!({ "password": "password1" }),
        json!({ "password": "Ann@Example.com" }),
        json!({ "password": "Wolfeschlegel", "name": "Wolfeschlegel" }),
        json!({ "password": "x".repeat(1025) }),
        json!({ "password": 12_345_678 }),
        json!({ "password": { "length": 12 } }),
        json!({ "reset_password": "true" }),
        json!({ "reset_password": 1 }),
        json!({ "reset_password": [] }),
    ] {
        let answer = register(&platform, &with(&body(ANN), &changes)).await;
        assert_eq!(answer.whole(), MALFORMED, "{changes}");
    }
    for body in [json!({}), json!([]), json!("Ann"), json!(null)] {
        assert_eq!(
            register(&platform, &body).await.whole(),
            MALFORMED,
            "{body}"
        );
    }
    let json = || {
        platform
            .post(REGISTER)
            .header("content-type", "application/json")
    };
    for request in [platform.post(REGISTER), json(), json().body("{\"name\":")] {
        assert_eq!(request.send().await.whole(), MALFORMED);
    }
    expect_nothing_done(&platform, &before, "refused registrations").await;
}

#[tokio::test]
async fn the_longest_name_and_password_are_taken_whole() {
    let platform = Platform::with(&[("EMAIL_CONFIRMATION", "off")]).await;
    let (name, password) = ("ü".repeat(64), PASSWORD.chars().cycle().take(1024));
    let password: String = password.collect();
    let body = json!({ "name": name, "email": ANN, "password": password });
    assert_eq!(register(&platform, &body).await.whole(), DONE);
    let answer = authenticate(&platform, ANN, &password).await.json();
    assert_eq!(answer["name"], name);
}

#[tokio::test]
async fn fields_that_nobody_asked_for_change_nothing() {
    let platform = Platform::start().await;
    let more = json!({
        "roles": [1], "role_id": 1, "permissions": ["users:read"], "active": true, "confirmed": true,
        "uid": NOBODY, "id": 4711, "user_id": NOBODY, "user_uid": NOBODY, "user_number": 4711,
        "permissionLevel": 2, "permission_level": 2, "suspended": true, "credential_version": 9,
        "email_proved_at": 1, "realm": "other", "display_name": "Eve", "firstname": "Eve", "language": "de",
        "must_change_password": true, "created_at": 1, "expires": 1, "token": "x",
    });
    assert_eq!(
        register(&platform, &with(&body(ANN), &more)).await.whole(),
        DONE
    );
    let plain = Platform::start().await;
    assert_eq!(register(&plain, &body(ANN)).await.whole(), DONE);
    for table in [
        "users",
        "attributes",
        "outbox",
        "sessions",
        "codes",
        "access",
    ] {
        assert_eq!(
            stored(&platform, table).await,
            stored(&plain, table).await,
            "{table}"
        );
    }
}

#[tokio::test]
async fn the_user_may_be_obliged_to_change_the_password_first() {
    let platform = Platform::with(&[("EMAIL_CONFIRMATION", "off")]).await;
    for (number, (asked, obliged)) in [
        (json!({ "reset_password": true }), true),
        (json!({ "reset_password": false }), false),
        (json!({ "reset_password": null }), false),
        (json!({}), false),
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("user{number}@example.com");
        let mut request = body(&email);
        let asked = asked.as_object().expect("fields").clone();
        request.as_object_mut().expect("fields").extend(asked);
        assert_eq!(
            register(&platform, &request).await.whole(),
            DONE,
            "{request}"
        );
        let answer = authenticate(&platform, &email, PASSWORD).await.json();
        assert_eq!(answer["reset_password"], obliged, "{request}");
    }
    let accounts = users_of_kind(&platform, "user#").await;
    let marked: Vec<_> = accounts
        .iter()
        .filter_map(|account| account.get("must_change_password"))
        .collect();
    assert_eq!(marked, [&json!(true)]);
}

#[tokio::test]
async fn the_mail_is_in_the_language_of_the_header() {
    let platform = Platform::start().await;
    for (number, (accept, subject)) in [
        (
            Some("de-AT, en;q=0.5"),
            "Gatehouse: Bestätigen Sie Ihre E-Mail-Adresse",
        ),
        (Some("pl"), "Gatehouse: Confirm your email address"),
        (None, "Gatehouse: Confirm your email address"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut request = registration(&platform, &format!("user{number}@example.com"));
        if let Some(accept) = accept {
            request = request.header("accept-language", accept);
        }
        assert_eq!(request.send().await.whole(), DONE);
        let mails = platform.deliver().await;
        assert_eq!(mails[0].subject, subject, "{accept:?}");
    }
}

#[tokio::test]
async fn closed_registration_is_open_to_holders_of_the_role_admin_only() {
    let platform =
        Platform::with(&[("OPEN_REGISTRATION", "off"), ("EMAIL_CONFIRMATION", "off")]).await;
    let level = crate::user_service::administrator(&platform).await;
    let admin = platform.rbac_token("admin@example.com").await;
    let by = |token: &str, email: &str| registration(&platform, email).bearer(token);
    assert_eq!(by(&admin, ANN).send().await.whole(), DONE);
    let ann = platform.rbac_token(ANN).await;
    let everything = new_role(
        &platform,
        &admin,
        "nearly everything",
        &[
            "users:read",
            "permissions:read",
            "permissions:write",
            "roles:read",
            "roles:write",
            "roles:grant",
        ],
    )
    .await;
    let uid = uid_of(&platform, ANN).await;
    let grant = json!({ "role_id": everything.id, "user_uid": uid });
    done(&platform, &admin, "/rbac/roles/grant", &grant).await;

    let before = platform.dump().await;
    let ben = "ben@example.com";
    let signature = admin.rsplit('.').next().expect("a signature");
    let unsigned = admin.replace(signature, "AAAA");
    for (who, request) in [
        ("nobody", registration(&platform, ben)),
        (
            "a holder of all permissions but not of the role",
            by(&ann, ben),
        ),
        (
            "an administrator of the other dialect",
            by(&level.access_token, ben),
        ),
        (
            "a refresh token of the other dialect",
            by(&level.refresh_token, ben),
        ),
        ("a forger", by(&unsigned, ben)),
        ("what is no token", by("x", ben)),
        (
            "another scheme",
            registration(&platform, ben).header("authorization", "Basic YTpi"),
        ),
        ("nobody, with nothing", platform.post(REGISTER)),
        ("nobody, with a taken address", registration(&platform, ANN)),
        (
            "nobody, with half a request",
            platform.post(REGISTER).json(&json!({ "name": "Ben" })),
        ),
    ] {
        let answer = request.send().await;
        assert_eq!(answer.whole(), CLOSED, "{who}");
        assert_eq!(answer.header("www-authenticate"), None, "{who}");
    }
    expect_nothing_done(&platform, &before, "closed registration").await;

    let again = by(&admin, ANN).send().await;
    assert_eq!(again.whole(), TAKEN);
    let malformed = platform.post(REGISTER).bearer(&admin).json(&json!({}));
    assert_eq!(malformed.send().await.whole(), MALFORMED);
    platform.clock.advance_seconds(1800);
    let late = by(&admin, ben).send().await;
    assert_eq!(late.whole(), CLOSED, "an expired token");
}

#[tokio::test]
async fn who_registers_where_it_is_open_needs_no_good_token() {
    let platform = Platform::start().await;
    let request = registration(&platform, ANN).bearer("x");
    assert_eq!(request.send().await.whole(), DONE);
}

#[tokio::test]
async fn an_obliged_administrator_registers_nobody_where_it_is_closed() {
    let platform = Platform::with(&[("OPEN_REGISTRATION", "off")]).await;
    let admin = administrator(&platform).await;
    let uid = uid_of(&platform, "admin@example.com").await;
    super::accounts::set_flag(&platform, &uid, "must_change_password", true).await;
    let refused = registration(&platform, ANN).bearer(&admin).send().await;
    assert_eq!(refused.whole(), CLOSED);
}

#[tokio::test]
async fn a_client_registers_so_many_accounts_an_hour_in_both_dialects_together() {
    let platform = Platform::with(&[("LIMIT_REGISTRATIONS_PER_CLIENT", "3")]).await;
    platform.register("there@example.com").await;
    platform.deliver().await;
    waiting(&platform, ANN).await;
    marked(&platform, "ben@example.com").await;
    let users = platform.items("users").await;
    for email in [ANN, "cyd@example.com"] {
        let limited = register(&platform, &body(email)).await;
        assert_eq!(limited.whole(), "429\n\"Too Many Requests\"");
        assert_eq!(limited.header("retry-after"), Some("3601"));
    }
    assert_eq!(platform.items("users").await, users);
    assert_eq!(platform.deliver().await.len(), 0);
    let elsewhere = registration(&platform, "cyd@example.com").from("203.0.113.9");
    assert_eq!(elsewhere.send().await.whole(), DONE);
}

#[tokio::test]
async fn an_account_of_the_other_dialect_is_listed_here_without_a_whole_name() {
    let platform = Platform::start().await;
    platform.register("there@example.com").await;
    let code = code_in(&platform.deliver().await[0].text);
    assert!(!code.is_empty());
    let (_, token) = somebody(&platform, ANN).await;
    let uid = uid_of(&platform, ANN).await;
    let own = super::get(&platform, &token, &format!("/rbac/users/{uid}")).await;
    assert_eq!(own.json()["name"], "");
}
