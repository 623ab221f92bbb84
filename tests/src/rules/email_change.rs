//! Moving one's own account to another address: proved before anything moves, whole or not at all, and no way to ask who has an
//! account.

use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::HEXLOWER;
use futures::future::BoxFuture;
use insta::assert_snapshot;
use local::views::InboxMessage;
use serde_json::json;
use shared::domain::{ClientAddress, EmailAddress, OneTimeCode};
use shared::service::{EmailChange, Reauthenticated};

use super::own_account::{
    DONE, answered, authorised, current, give_authenticator, proven, told, typed,
};
use super::password_change::at_once;
use super::{
    ANN, DAY, HOME, NEW_PASSWORD, START_MS, activate, assert_ended, assert_lives, credential,
    credential_key, mailed_link, mailed_password, only, raise_version, register, set_confirmed,
    update_users, users_of_kind,
};
use crate::faults::{Flow, Prepared};
use crate::harness::{Answer, PASSWORD, PUBLIC_URL, Platform, Session, code_in};

const NEW: &str = "anna@example.org";
const BEN: &str = "ben@example.com";
const INVALID: &str = "the code is not valid";
const TAKEN: &str = "the e-mail address is already registered";

fn email_change(platform: &Platform) -> EmailChange {
    let local = &platform.local;
    let change = local.foundation.email_change(&local.secrets);
    change.expect("the keys")
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

/// Asks to move to this address; what the caller is told.
async fn ask_by(platform: &Platform, proof: &Reauthenticated, new: &str) -> String {
    let change = email_change(platform);
    told(change.request(proof, &address(new), None).await)
}

async fn ask(platform: &Platform, session: &Session, new: &str) -> String {
    ask_by(platform, &proven(platform, session).await, new).await
}

async fn confirm(platform: &Platform, code: &str) -> String {
    told(email_change(platform).confirm(code).await)
}

async fn is_live(platform: &Platform, code: &str) -> bool {
    let code = OneTimeCode::parse(code).expect("a code");
    let live = email_change(platform).is_live(&code).await;
    live.expect("an answer")
}

fn change_code_in(mail: &InboxMessage) -> String {
    let start = format!("{PUBLIC_URL}/confirm-email?code=");
    let code = mail.text.lines().find_map(|line| line.strip_prefix(&start));
    code.expect("a link").to_owned()
}

/// The code of the one mail that goes to this address when somebody asks to move to it.
async fn mailed_code(platform: &Platform, session: &Session, new: &str) -> String {
    platform.clock.advance_seconds(1);
    assert_eq!(ask(platform, session, new).await, DONE);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [new]);
    change_code_in(&mails[0])
}

#[tokio::test]
async fn the_new_address_is_mailed_and_nothing_changes_before_its_code_comes_back() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let proof = proven(&platform, &session).await;
    let users = platform.items("users").await;
    assert_eq!(ask_by(&platform, &proof, "Anna@Example.org").await, DONE);
    let dump = platform.dump().await.to_lowercase();
    assert!(!dump.contains(NEW) && !dump.contains(&HEXLOWER.encode(NEW.as_bytes())));
    let intents = platform.items("outbox").await;
    let columns: Vec<_> = intents[0].keys().map(String::as_str).collect();
    assert_snapshot!(columns.join(" "), @"dialect expires id issued_at key_version kind sealed user_id");
    assert_eq!(intents[0]["kind"], "email-change");

    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["Anna@Example.org"]);
    let code = change_code_in(&mails[0]);
    let mail = format!("{}\n\n{}", mails[0].subject, mails[0].text);
    assert_snapshot!(mail.replace(&code, "[code]"), @"
    Gatehouse: Confirm your new email address

    Hello,

    You want to use this email address for your account. Please confirm that it is yours. From then on you sign in with it, and mails about the account come here.

    Please open this link:

    http://127.0.0.1:3000/confirm-email?code=[code]

    The link is valid for 24 hours and works once. After that, please sign in again on all your devices.

    If you did not ask for this, you can simply ignore this email: without the link, no account gets your address.

    Gatehouse
    This email was sent automatically. We never ask for your password by email.
    ");
    assert_eq!(platform.items("users").await, users);
    assert_eq!(platform.items("outbox").await, []);
    let dump = platform.dump().await.to_lowercase();
    assert!(!dump.contains(NEW) && !dump.contains(&HEXLOWER.encode(NEW.as_bytes())));
    assert!(!dump.contains(&code.to_lowercase()));
    assert_lives(&platform, &session).await;
    platform.signed_in(ANN, PASSWORD).await;
    assert_eq!(platform.login(NEW, PASSWORD).await.status, 401);
}

#[tokio::test]
async fn the_code_moves_the_whole_account_once() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let attribute = platform
        .post("/user-service/v1/users/attributes")
        .bearer(&session.access_token)
        .json(&json!({ "attributeKey": "pet", "attributeText": "cat" }));
    assert_eq!(attribute.send().await.status, 200);
    let account = only(&platform, "user#").await;
    let phones = AttributeValue::L(vec![AttributeValue::S("+14155552671".to_owned())]);
    for (field, value) in [
        ("phones", phones),
        ("display_name", AttributeValue::S("Ann".to_owned())),
        ("avatar", AttributeValue::S("a-tag".to_owned())),
    ] {
        let expression = format!("SET {field} = :value");
        update_users(&platform, &account["pk"], &expression, value).await;
    }
    let code = mailed_code(&platform, &session, "Anna@Example.org").await;
    give_authenticator(&platform, ANN).await;
    let account = only(&platform, "user#").await;
    let held = credential(&platform, ANN).await;
    platform.clock.advance_seconds(59);

    let moved = email_change(&platform).confirm(&code).await;
    let moved = moved.expect("a live code");
    assert_eq!(moved.email.canonical(), NEW);
    let mut expected = account;
    for (field, value) in [
        ("email", json!(NEW)),
        ("email_original", json!("Anna@Example.org")),
        ("email_proved_at", json!(START_MS + 60_000)),
        ("credential_version", json!(2)),
    ] {
        expected.insert(field.to_owned(), value);
    }
    assert_eq!(only(&platform, "user#").await, expected);
    let mut expected = held;
    let counters = [
        "attempt",
        "failed_at",
        "failures",
        "failures_in_a_row",
        "known_failures",
    ];
    expected.retain(|name, _| !counters.contains(&&**name));
    for forgotten in ["known_sources", "last_sign_in"] {
        expected.remove(forgotten);
    }
    expected.insert("pk".to_owned(), json!(credential_key(NEW)));
    expected.insert("credential_version".to_owned(), json!(2));
    assert_eq!(users_of_kind(&platform, "email#").await, [expected]);
    assert_ended(&platform, &session).await;
    assert_eq!(
        platform.items("attributes").await[0]["entries"]["pet"]["text"],
        "cat"
    );

    assert_eq!(confirm(&platform, &code).await, INVALID);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [ANN]);
    assert_eq!(
        mails[0].subject,
        "Gatehouse: Your email address was changed"
    );
    assert!(!mails[0].text.contains(NEW), "{}", mails[0].text);
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
    let missing = platform.login(NEW, PASSWORD).await;
    assert!(
        missing.body.contains("second factor required"),
        "{}",
        missing.body
    );
}

#[tokio::test]
async fn the_former_address_is_free_and_the_new_one_signs_in() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let code = mailed_code(&platform, &session, NEW).await;
    assert!(is_live(&platform, &code).await, "looking uses nothing up");
    assert_eq!(confirm(&platform, &code).await, DONE);
    assert!(!is_live(&platform, &code).await);
    platform.signed_in(NEW, PASSWORD).await;
    assert_eq!(register(&platform, ANN, NEW_PASSWORD).await.status, 200);
}

#[tokio::test]
async fn the_mail_speaks_the_accounts_language() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    for (language, subject) in [
        ("de", "Gatehouse: Bestätigen Sie Ihre neue E-Mail-Adresse"),
        ("fr", "Gatehouse: Confirmez votre nouvelle adresse e-mail"),
        ("es", "Gatehouse: Confirme su nueva dirección de correo"),
    ] {
        let status = platform.get("/user-service/v1/users/status");
        let status = status.bearer(&session.access_token);
        status.header("language", language).send().await;
        assert_eq!(ask(&platform, &session, NEW).await, DONE);
        assert_eq!(platform.deliver().await[0].subject, subject);
        platform.clock.advance_seconds(1);
    }
}

#[tokio::test]
async fn an_unconfirmed_account_is_confirmed_by_it() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    set_confirmed(&platform, false).await;
    let code = mailed_code(&platform, &session, NEW).await;
    assert_eq!(confirm(&platform, &code).await, DONE);
    assert_eq!(only(&platform, "user#").await["confirmed"], true);
    platform.signed_in(NEW, PASSWORD).await;
}

#[tokio::test]
async fn the_own_address_is_no_new_one() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let proof = proven(&platform, &session).await;
    let before = platform.dump().await;
    for own in [ANN, "ANN@Example.com"] {
        assert_eq!(ask_by(&platform, &proof, own).await, TAKEN);
    }
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn a_taken_address_costs_and_answers_the_same_and_gets_no_mail() {
    let platform = Platform::start().await;
    platform.register_confirmed(BEN).await;
    register(&platform, "waits@example.com", PASSWORD).await;
    platform.deliver().await;
    let session = platform.new_session(ANN).await;
    let proof = proven(&platform, &session).await;
    let mut seen = Vec::new();
    for new in [NEW, BEN, "waits@example.com"] {
        platform.connector.forget();
        let answer = ask_by(&platform, &proof, new).await;
        seen.push((answer, platform.connector.round_trips()));
        platform.clock.advance_seconds(1);
    }
    assert_eq!(seen[0].0, DONE);
    assert!(seen.iter().all(|other| *other == seen[0]), "{seen:?}");
    let users = platform.items("users").await;
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [NEW]);
    assert_eq!(platform.items("users").await, users);
    assert_eq!(platform.items("outbox").await, []);
}

/// Else a link of one's own, by dying or not, would tell whether another address has an account.
#[tokio::test]
async fn a_newer_request_voids_the_code_whether_or_not_its_address_is_taken() {
    for newer in ["another@example.org", BEN] {
        let platform = Platform::start().await;
        platform.register_confirmed(BEN).await;
        let session = platform.new_session(ANN).await;
        let code = mailed_code(&platform, &session, NEW).await;
        platform.clock.advance_seconds(1);
        assert_eq!(ask(&platform, &session, newer).await, DONE);
        platform.deliver().await;
        let before = platform.dump().await;
        assert!(!is_live(&platform, &code).await, "{newer}");
        assert_eq!(confirm(&platform, &code).await, INVALID, "{newer}");
        assert_eq!(platform.dump().await, before, "{newer}");
    }
}

#[tokio::test]
async fn over_the_limit_nothing_is_promised_and_nothing_is_told() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let proof = proven(&platform, &session).await;
    for _ in 0..3 {
        assert_eq!(ask_by(&platform, &proof, NEW).await, DONE);
        platform.clock.advance_seconds(1);
    }
    assert_eq!(platform.deliver().await.len(), 3);
    let codes = platform.items("codes").await;
    assert_eq!(ask_by(&platform, &proof, NEW).await, DONE);
    assert_eq!(platform.items("outbox").await, []);
    assert_eq!(platform.deliver().await.len(), 0);
    assert_eq!(platform.items("codes").await, codes);

    let client = HOME.parse().expect("an address");
    let client = Some(ClientAddress::new(client));
    let change = email_change(&platform);
    for number in 0..11 {
        let new = address(&format!("anna{number}@example.org"));
        let asked = change.request(&proof, &new, client).await;
        assert_eq!(told(asked), DONE);
    }
    assert_eq!(platform.items("outbox").await.len(), 10, "per client");
}

#[tokio::test]
async fn an_address_that_is_taken_meanwhile_stays_its_holders() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let code = mailed_code(&platform, &session, NEW).await;
    assert_eq!(register(&platform, NEW, NEW_PASSWORD).await.status, 200);
    let registered = platform.deliver().await;
    let before = platform.dump().await;
    assert_eq!(confirm(&platform, &code).await, TAKEN);
    assert_eq!(platform.dump().await, before);
    assert_lives(&platform, &session).await;
    platform.signed_in(ANN, PASSWORD).await;
    let activation = code_in(&registered[0].text);
    assert_eq!(activate(&platform, &activation).await.status, 200);
    platform.signed_in(NEW, NEW_PASSWORD).await;
}

#[tokio::test]
async fn a_guard_at_the_new_address_is_no_account() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    platform.login(NEW, PASSWORD).await;
    let code = mailed_code(&platform, &session, NEW).await;
    assert_eq!(confirm(&platform, &code).await, DONE);
    assert!(!credential(&platform, NEW).await.contains_key("failures"));
    platform.signed_in(NEW, PASSWORD).await;
}

#[tokio::test]
async fn whatever_ends_the_sessions_voids_the_code() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let passwords = platform.local.foundation.passwords().expect("passwords");
    let local = &platform.local;
    let password_change = local.foundation.password_change(&local.secrets, &passwords);
    let password_change = password_change.expect("the keys");
    let old = typed(PASSWORD);

    let code = mailed_code(&platform, &session, NEW).await;
    let current = current(&platform, &session).await;
    let changed = password_change.change_own(&current, &old, NEW_PASSWORD, None);
    assert_eq!(told(changed.await), DONE);
    assert_eq!(platform.deliver().await.len(), 1);
    assert_void(&platform, &code, "a password of one's own").await;

    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let code = mailed_code(&platform, &session, NEW).await;
    let link = mailed_link(&platform, ANN).await;
    assert_eq!(platform.reset(&link, NEW_PASSWORD).await.status, 200);
    assert_void(&platform, &code, "a password by a link").await;

    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let code = mailed_code(&platform, &session, NEW).await;
    let mailed = mailed_password(&platform, ANN).await;
    platform.signed_in(ANN, &mailed).await;
    assert_void(&platform, &code, "a mailed password").await;

    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let code = mailed_code(&platform, &session, NEW).await;
    raise_version(&platform).await;
    assert_void(&platform, &code, "a suspension").await;
}

async fn assert_void(platform: &Platform, code: &str, why: &str) {
    let before = platform.dump().await;
    assert!(!is_live(platform, code).await, "{why}");
    assert_eq!(confirm(platform, code).await, INVALID, "{why}");
    assert_eq!(platform.dump().await, before, "{why}");
}

/// The code is made by the sender, who may come late.
#[tokio::test]
async fn what_ends_the_sessions_before_the_mail_is_sent_voids_the_request() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    assert_eq!(ask(&platform, &session, NEW).await, DONE);
    raise_version(&platform).await;
    let codes = platform.items("codes").await;
    assert_eq!(platform.deliver().await.len(), 0);
    assert_eq!(platform.items("codes").await, codes);
    assert_eq!(platform.items("outbox").await, []);
}

#[tokio::test]
async fn a_code_lives_for_a_day() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let code = mailed_code(&platform, &session, NEW).await;
    platform.clock.advance_seconds(DAY);
    assert_void(&platform, &code, "a day later").await;

    let session = platform.signed_in(ANN, PASSWORD).await;
    let code = mailed_code(&platform, &session, NEW).await;
    platform.clock.advance_seconds(DAY - 1);
    assert_eq!(confirm(&platform, &code).await, DONE);
}

#[tokio::test]
async fn a_code_is_for_one_purpose_and_one_account() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    let activation = code_in(&platform.deliver().await[0].text);
    for text in ["", "not a code", &"A".repeat(86), &*activation] {
        let before = platform.dump().await;
        assert_eq!(confirm(&platform, text).await, INVALID, "{text}");
        assert_eq!(platform.dump().await, before);
    }
    assert_eq!(activate(&platform, &activation).await.status, 200);
    let session = platform.signed_in(ANN, PASSWORD).await;
    let code = mailed_code(&platform, &session, NEW).await;
    let before = platform.dump().await;
    assert_eq!(activate(&platform, &code).await.status, 400);
    let uid = OneTimeCode::parse(&code)
        .expect("a code")
        .user()
        .to_string();
    let reset = platform.reset(&(uid, code.clone()), NEW_PASSWORD).await;
    assert_eq!(reset.status, 400);
    assert_eq!(platform.dump().await, before);
    assert_eq!(confirm(&platform, &code).await, DONE);
}

#[tokio::test]
async fn a_redelivery_carries_the_same_link_until_it_is_used() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    assert_eq!(ask(&platform, &session, NEW).await, DONE);
    let scan = platform.database().scan().table_name("gatehouse-outbox");
    let found = scan.send().await.expect("a scan").items;
    let intent = found.expect("items").remove(0);
    let put_back = || {
        let put = platform
            .database()
            .put_item()
            .table_name("gatehouse-outbox");
        put.set_item(Some(intent.clone())).send()
    };
    let first = platform.deliver().await;
    put_back().await.expect("the intent is back");
    let again = platform.deliver().await;
    assert_eq!(again[0].text, first[0].text);
    assert_eq!(confirm(&platform, &change_code_in(&first[0])).await, DONE);
    platform.deliver().await;
    put_back().await.expect("the intent is back");
    assert_eq!(platform.deliver().await.len(), 0);
    assert_eq!(platform.items("outbox").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_confirmations_at_once_one_succeeds() {
    let platform = Platform::with_running_clock(&[("LIMITS", "off")]).await;
    let session = platform.new_session(ANN).await;
    let code = mailed_code(&platform, &session, NEW).await;
    let confirmations = (0..64).map(|_| {
        let (change, code) = (email_change(&platform), code.clone());
        async move { told(change.confirm(&code).await) }
    });
    let told = at_once(confirmations.collect()).await;
    assert_eq!(told.iter().filter(|told| *told == DONE).count(), 1);
    assert_eq!(told.iter().filter(|told| *told == INVALID).count(), 63);
    for kind in ["user#", "email#"] {
        assert_eq!(only(&platform, kind).await["credential_version"], 2);
    }
    assert_eq!(platform.deliver().await.len(), 1, "one notice");
    platform.signed_in(NEW, PASSWORD).await;
}

#[tokio::test]
async fn a_fault_at_any_call_moves_all_or_nothing() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                let session = platform.new_session(ANN).await;
                let code = mailed_code(platform, &session, NEW).await;
                Prepared::from([("access", session.access_token), ("code", code)])
            })
        },
        act: confirm_move,
        success: 200,
        again: 400,
        check: |platform, prepared| {
            Box::pin(async {
                assert!(authorised(platform, &prepared["access"]).await.is_err());
                let mails = platform.deliver().await;
                assert_eq!(mails.len(), 1, "one notice");
                assert_eq!(mails[0].to, [ANN]);
                platform.signed_in(NEW, PASSWORD).await;
                assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
            })
        },
    };
    flow.walk().await;
}

fn confirm_move<'a>(platform: &'a Platform, prepared: &'a Prepared) -> BoxFuture<'a, Answer> {
    Box::pin(async { answered(&email_change(platform).confirm(&prepared["code"]).await) })
}
