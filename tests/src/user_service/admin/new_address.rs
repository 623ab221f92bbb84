//! `PATCH users/{id}` with an address: the account moves to it.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{ANN, account, account_item, credentials_of, get, patch, patched, refresh_status};
use crate::harness::{
    Answer, PASSWORD, PUBLIC_URL, Platform, Session, code_in, password_in, reset_link_in,
};
use crate::user_service::{
    ACTIVATE, NEW_PASSWORD, STATUS, administrator, expect_nothing_done, stored,
};

const FORMER: &str = "ann@example.com";
const NEW: &str = "anna@example.org";

async fn move_ann(platform: &Platform, admin: &Session) -> Value {
    patched(platform, admin, ANN, &json!({ "email": NEW })).await
}

async fn ask_by_page(platform: &Platform, path: &str, email: &str) {
    let request = platform.post(path).header("origin", PUBLIC_URL);
    let answer = request.form(&[("email", email)]).send().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

async fn ask_for_password(platform: &Platform, email: &str) {
    let body = json!({ "email": email });
    let answer = platform.post(NEW_PASSWORD).json(&body).send().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// Follows a mailed link and sets a password there.
async fn reset(platform: &Platform, link: &str, password: &str) -> Answer {
    let (_, query) = link.split_once('?').expect("a query");
    let fields: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let mut form: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (&**n, &**v)).collect();
    form.extend([("password", password), ("password2", password)]);
    let request = platform
        .post("/reset-password")
        .header("origin", PUBLIC_URL);
    request.form(&form).send().await
}

#[tokio::test]
async fn the_whole_account_moves() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session("Ann@Example.com").await;
    let other = platform.signed_in(FORMER, PASSWORD).await;
    assert!(
        account_item(&platform, 2)
            .await
            .contains_key("email_proved_at")
    );
    let body = json!({ "email": "Anna@Example.org" });
    assert_snapshot!(patch(&platform, &admin, ANN, &body).await.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":true,"firstname":null,"lastname":null,"email":"anna@example.org","id":2,"language":"en","permissionLevel":0,"attributes":{}}}
    "#);
    assert_snapshot!(stored(&platform, "users").await, @r#"
    {"attempt":"[attempt]","created_at":1767225600000,"credential_version":1,"expires":"never","failed_at":1767225600000,"failures":0,"failures_in_a_row":0,"known_failures":0,"known_sources":"[1 sources]","last_sign_in":1767225600000,"password_hash":"[password_hash]","pk":"email#default#[digest]","user_id":"[user_id]"}
    {"confirmed":true,"created_at":1767225600000,"credential_version":1,"email":"admin@example.com","email_original":"admin@example.com","listed_at":"1767225600000#0000000001","listing":"default#[nibble]","password_changed_at":1767225600000,"permission_level":2,"pk":"user#[id]","realm":"default","suspended":false,"user_language":"en","user_number":1,"user_role":"root"}
    {"confirmed":true,"created_at":1767225600000,"credential_version":2,"email":"anna@example.org","email_original":"Anna@Example.org","listed_at":"1767225600000#0000000002","listing":"default#[nibble]","password_changed_at":1767225600000,"permission_level":0,"pk":"user#[id]","realm":"default","suspended":false,"user_language":"en","user_number":2}
    {"created_at":1767225600000,"credential_version":2,"expires":"never","password_hash":"[password_hash]","pk":"email#default#[digest]","user_id":"[user_id]"}
    {"members":"[1 members]","pk":"roots"}
    {"pk":"number#1","user_id":"[user_id]"}
    {"pk":"number#2","user_id":"[user_id]"}
    "#);
    for session in [&ann, &other] {
        let status = get(&platform, session, STATUS).await;
        assert_eq!(status.whole(), "401\n{\"error\":\"the session has ended\"}");
        assert_eq!(refresh_status(&platform, session).await, 401);
    }
    assert_eq!(platform.login(FORMER, PASSWORD).await.status, 401);
    let session = platform.signed_in(NEW, PASSWORD).await;
    assert_eq!(session.user["id"], 2);
}

#[tokio::test]
async fn the_former_address_is_free() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register_confirmed(FORMER).await;
    move_ann(&platform, &admin).await;
    let newcomer = platform.register(FORMER).await;
    assert_eq!(newcomer["id"], 3);
    platform.signed_in(NEW, PASSWORD).await;
    let back = patch(&platform, &admin, ANN, &json!({ "email": FORMER })).await;
    assert_eq!(back.status, 400, "{}", back.body);
}

#[tokio::test]
async fn an_account_can_move_back() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register_confirmed(FORMER).await;
    move_ann(&platform, &admin).await;
    patched(&platform, &admin, ANN, &json!({ "email": FORMER })).await;
    platform.signed_in(FORMER, PASSWORD).await;
    assert_eq!(platform.login(NEW, PASSWORD).await.status, 401);
    let ann = account_item(&platform, 2).await;
    assert_eq!(credentials_of(&platform, &ann).await.len(), 1);
    let mails = platform.deliver().await;
    let told: Vec<_> = mails.iter().map(|mail| mail.to[0].as_str()).collect();
    assert_eq!(told.len(), 2);
    assert!(told.contains(&FORMER) && told.contains(&NEW), "{told:?}");
}

#[tokio::test]
async fn the_former_address_is_told_once_and_kept_only_sealed() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register_confirmed("Ann@Example.com").await;
    move_ann(&platform, &admin).await;
    let dump = platform.dump().await;
    for spelling in ["ann@example.com", "Ann@Example.com"] {
        assert!(!dump.contains(spelling), "{spelling}");
        let bytes = data_encoding::HEXLOWER.encode(spelling.as_bytes());
        assert!(!dump.contains(&bytes), "{spelling} as bytes");
    }
    let intents = platform.items("outbox").await;
    let kinds: Vec<_> = intents.iter().map(|intent| &intent["kind"]).collect();
    assert_eq!(kinds, ["email-changed-notice"]);
    let columns: Vec<_> = intents[0].keys().map(String::as_str).collect();
    assert_snapshot!(columns.join(" "), @"dialect expires id issued_at key_version kind sealed user_id");
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["Ann@Example.com"]);
    assert_snapshot!(format!("{}\n\n{}", mails[0].subject, mails[0].text), @"
    Gatehouse: Your email address was changed

    Hello,

    The account that used this email address now has another one. Mails about the account go there from now on.

    This address no longer belongs to the account; you need not do anything.

    If you did not expect this change, please contact the people who run the service.

    Gatehouse
    This email was sent automatically. We never ask for your password by email.
    ");
    assert!(!mails[0].text.contains(NEW) && !mails[0].html.contains(NEW));
    assert_eq!(stored(&platform, "outbox").await, "");
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn the_notice_speaks_the_accounts_language() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register_confirmed(FORMER).await;
    patched(&platform, &admin, ANN, &json!({ "language": "de-AT" })).await;
    move_ann(&platform, &admin).await;
    let mails = platform.deliver().await;
    assert_snapshot!(mails[0].subject, @"Gatehouse: Ihre E-Mail-Adresse wurde geändert");
}

#[tokio::test]
async fn the_own_address_in_another_spelling_is_no_move() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session(FORMER).await;
    let mut item = account_item(&platform, 2).await;
    let credentials = credentials_of(&platform, &item).await;
    let user = patched(
        &platform,
        &admin,
        ANN,
        &json!({ "email": "ANN@Example.com" }),
    )
    .await;
    assert_eq!(user["email"], FORMER);
    item.insert("email_original".to_owned(), json!("ANN@Example.com"));
    assert_eq!(account_item(&platform, 2).await, item);
    assert_eq!(credentials_of(&platform, &item).await, credentials);
    assert_eq!(get(&platform, &ann, STATUS).await.status, 200);
    assert_eq!(refresh_status(&platform, &ann).await, 200);
    assert_eq!(platform.deliver().await.len(), 0);
    ask_for_password(&platform, FORMER).await;
    let mails = platform.deliver().await;
    assert_eq!(
        mails[0].to,
        ["ANN@Example.com"],
        "mails take the new spelling"
    );
}

#[tokio::test]
async fn an_address_of_another_account_is_400_and_nothing_changes() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session(FORMER).await;
    platform.register_confirmed("bob@example.com").await;
    platform.register("unconfirmed@example.com").await;
    platform.deliver().await;
    let before = platform.dump().await;
    for email in [
        "bob@example.com",
        "BOB@Example.COM",
        "unconfirmed@example.com",
    ] {
        let body = json!({ "email": email, "firstname": "Ann", "permissionLevel": 1 });
        let taken = patch(&platform, &admin, ANN, &body).await;
        assert_eq!(
            taken.whole(),
            "400\n{\"error\":\"the e-mail address is already registered\"}",
            "{email}"
        );
    }
    expect_nothing_done(&platform, &before, "a taken address").await;
    assert_eq!(get(&platform, &ann, STATUS).await.status, 200);
}

#[tokio::test]
async fn a_mailed_password_is_gone() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register_confirmed(FORMER).await;
    platform.clock.advance_seconds(1);
    ask_for_password(&platform, FORMER).await;
    let mailed = password_in(&platform.deliver().await[0].text);
    move_ann(&platform, &admin).await;
    let ann = account_item(&platform, 2).await;
    let credential = &credentials_of(&platform, &ann).await[0];
    assert!(
        credential
            .keys()
            .all(|column| !column.starts_with("mailed"))
    );
    for email in [FORMER, NEW] {
        assert_eq!(platform.login(email, &mailed).await.status, 401, "{email}");
    }
    platform.signed_in(NEW, PASSWORD).await;
}

#[tokio::test]
async fn a_reset_link_to_the_former_address_is_dead() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register_confirmed(FORMER).await;
    platform.clock.advance_seconds(1);
    ask_by_page(&platform, "/reset-password/request", FORMER).await;
    let link = reset_link_in(&platform.deliver().await[0].text);
    move_ann(&platform, &admin).await;
    let other = "another good password here";
    assert_eq!(reset(&platform, &link, other).await.status, 400);
    assert_eq!(platform.login(NEW, other).await.status, 401);
    platform.signed_in(NEW, PASSWORD).await;
}

#[tokio::test]
async fn what_was_asked_for_before_the_move_is_not_sent_after_it() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register_confirmed(FORMER).await;
    platform.clock.advance_seconds(1);
    ask_for_password(&platform, FORMER).await;
    ask_by_page(&platform, "/reset-password/request", FORMER).await;
    move_ann(&platform, &admin).await;
    let mails = platform.deliver().await;
    let told: Vec<_> = mails
        .iter()
        .map(|mail| (mail.subject.as_str(), &mail.to))
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_snapshot!(told[0].0, @"Gatehouse: Your email address was changed");
}

#[tokio::test]
async fn an_unconfirmed_account_stays_so_and_its_code_is_dead() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register(FORMER).await;
    let code = code_in(&platform.deliver().await[0].text);
    platform.clock.advance_seconds(61);
    assert_eq!(move_ann(&platform, &admin).await["confirmed"], false);
    let activate = |code: String| {
        platform
            .post(ACTIVATE)
            .json(&json!({ "code": code }))
            .send()
    };
    assert_eq!(activate(code).await.status, 400);
    assert_eq!(platform.login(NEW, PASSWORD).await.status, 400);
    platform.deliver().await;
    ask_by_page(&platform, "/activate/resend", NEW).await;
    let mails = platform.deliver().await;
    assert_eq!(mails[0].to, [NEW]);
    assert_eq!(activate(code_in(&mails[0].text)).await.status, 200);
    platform.signed_in(NEW, PASSWORD).await;
}

#[tokio::test]
async fn counters_of_both_addresses_are_forgotten() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register_confirmed(FORMER).await;
    for email in [FORMER, NEW] {
        for _ in 0..7 {
            platform.clock.advance_seconds(2);
            assert_eq!(platform.login(email, "not the password").await.status, 401);
        }
        assert_eq!(platform.login(email, PASSWORD).await.status, 429, "{email}");
    }
    let user = patched(
        &platform,
        &admin,
        ANN,
        &json!({ "email": NEW, "confirmed": true }),
    )
    .await;
    assert_eq!(user["email"], NEW);
    let ann = account_item(&platform, 2).await;
    assert_snapshot!(json!(
        credentials_of(&platform, &ann).await[0].keys().collect::<Vec<_>>()
    ), @r#"["created_at","credential_version","expires","password_hash","pk","user_id"]"#);
    platform.signed_in(NEW, PASSWORD).await;
}

#[tokio::test]
async fn an_administrators_own_address_moves_as_well() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let body = json!({ "email": NEW });
    assert_eq!(
        patched(&platform, &admin, &account(1), &body).await["email"],
        NEW
    );
    assert_eq!(get(&platform, &admin, STATUS).await.status, 401);
    let admin = platform.signed_in(NEW, PASSWORD).await;
    assert_eq!(admin.user["permissionLevel"], 2);
}
