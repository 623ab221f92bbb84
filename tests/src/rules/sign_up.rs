//! Signing up without being told whether the address has an account.

use insta::assert_snapshot;
use serde_json::json;
use shared::domain::{
    ClientAddress, Dialect, EmailAddress, Language, MessageLanguage, NewPassword, Realm,
};
use shared::error::Result;
use shared::service::{Registrar, Registration};

use super::own_account::{DONE, answered, told};
use super::{
    ANN, DAY, ELSEWHERE, NEW_PASSWORD, activate, assert_lives, credential, only, users_of_kind,
};
use crate::faults::{Flow, Prepared};
use crate::harness::{PASSWORD, PUBLIC_URL, Platform, code_in, reset_code_in};

const TAKEN: &str = "the e-mail address is already registered";

const OWN_PASSWORD: &str = "nine paper lanterns over the quay";

fn registrar(platform: &Platform) -> Registrar {
    let local = &platform.local;
    let passwords = local.foundation.passwords().expect("passwords");
    let registrar = local.foundation.registrar(&local.secrets, &passwords);
    registrar.expect("the keys")
}

/// Signs up; what the caller is told.
async fn sign_up(platform: &Platform, email: &str) -> String {
    told(try_sign_up(platform, email).await)
}

async fn try_sign_up(platform: &Platform, email: &str) -> Result<()> {
    let registrar = registrar(platform);
    let client = ELSEWHERE.parse().expect("an address");
    let registration = Registration {
        realm: Realm::default_realm(),
        dialect: Dialect::UserService,
        email: &EmailAddress::parse(email).expect("an address"),
        password: &NewPassword::parse(NEW_PASSWORD, &[]).expect("a good password"),
        first_name: None,
        last_name: None,
        display_name: None,
        nickname: None,
        attributes: Vec::new(),
        must_change_password: false,
        language: Language::from(MessageLanguage::En),
        client: Some(ClientAddress::new(client)),
    };
    let admission = registrar.admit_anybody().expect("open registration");
    registrar.register_unrevealed(admission, registration).await
}

#[tokio::test]
async fn a_new_address_gets_an_account_and_its_confirmation() {
    let platform = Platform::start().await;
    assert_eq!(sign_up(&platform, ANN).await, DONE);
    assert_eq!(only(&platform, "user#").await["confirmed"], false);
    let intents = platform.items("outbox").await;
    assert_eq!(intents.len(), 1);
    assert_eq!(intents[0]["kind"], "activation");
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    let code = code_in(&mails[0].text);
    assert_eq!(activate(&platform, &code).await.status, 200);
    platform.signed_in(ANN, NEW_PASSWORD).await;
}

#[tokio::test]
async fn the_owner_of_a_taken_address_is_told_and_nothing_changes() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let before = [
        platform.items("users").await,
        platform.items("attributes").await,
        platform.items("codes").await,
    ];
    assert_eq!(sign_up(&platform, "Ann@Example.com").await, DONE);
    let intents = platform.items("outbox").await;
    assert_eq!(intents.len(), 1);
    assert_eq!(intents[0]["kind"], "registered-again");
    assert!(!intents[0].contains_key("user_id"), "nobody has looked");
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [ANN]);
    assert_snapshot!(format!("{}\n\n{}", mails[0].subject, mails[0].text), @"
    Gatehouse: You already have an account

    Hello,

    Someone, perhaps you, has just signed up with this email address. It has an account already, so no new one was made. Please sign in as usual. If you have forgotten your password, you can set a new one here.

    Please open this link:

    http://127.0.0.1:3000/reset-password

    Your password stays as it is until you set a new one.

    If it was not you, you can simply ignore this email: nothing about your account has changed.

    Gatehouse
    This email was sent automatically. We never ask for your password by email.
    ");
    let link = mails[0]
        .text
        .lines()
        .find_map(|l| l.strip_prefix(PUBLIC_URL));
    let page = platform.get(link.expect("a link")).send().await;
    assert_eq!(page.status, 200);
    let after = [
        platform.items("users").await,
        platform.items("attributes").await,
        platform.items("codes").await,
    ];
    assert_eq!(after, before);
    assert_eq!(platform.items("outbox").await, []);
    assert_lives(&platform, &session).await;
    assert_eq!(platform.login(ANN, NEW_PASSWORD).await.status, 401);
    platform.signed_in(ANN, PASSWORD).await;
}

#[tokio::test]
async fn the_mail_speaks_the_language_of_the_account() {
    for (language, subject) in [
        ("de", "Gatehouse: Sie haben bereits ein Konto"),
        ("fr", "Gatehouse: Vous avez déjà un compte"),
        ("es", "Gatehouse: Ya tiene una cuenta"),
    ] {
        let platform = Platform::start().await;
        let session = platform.new_session(ANN).await;
        let status = platform.get("/user-service/v1/users/status");
        let status = status.bearer(&session.access_token);
        status.header("language", language).send().await;
        assert_eq!(sign_up(&platform, ANN).await, DONE);
        assert_eq!(platform.deliver().await[0].subject, subject);
    }
}

#[tokio::test]
async fn the_owner_of_an_account_that_waits_is_led_to_a_password_of_their_own() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    platform.deliver().await;
    platform.clock.advance_seconds(1);
    let account = only(&platform, "user#").await;
    assert_eq!(sign_up(&platform, ANN).await, DONE);
    assert_eq!(only(&platform, "user#").await, account);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject, "Gatehouse: You already have an account");
    let link = reset_code_in(&mails[0].text);
    assert_eq!(platform.reset(&link, OWN_PASSWORD).await.status, 200);
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
    platform.signed_in(ANN, OWN_PASSWORD).await;
}

#[tokio::test]
async fn known_and_unknown_addresses_cost_the_same_but_for_one_put() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut trips = Vec::new();
    for email in [ANN, "unknown@example.com"] {
        platform.connector.forget();
        assert_eq!(sign_up(&platform, email).await, DONE);
        trips.push(platform.connector.calls());
    }
    let put = trips[0].iter().position(|call| call == "PutItem outbox");
    trips[0].remove(put.expect("a promise"));
    let transaction = |calls: &[String]| {
        let mut calls = calls.to_vec();
        calls.retain(|call| !call.starts_with("TransactWriteItems"));
        calls
    };
    assert_eq!(transaction(&trips[0]), transaction(&trips[1]));
    assert_eq!(trips[0].len(), trips[1].len());
}

#[tokio::test]
async fn over_the_limit_of_mails_nothing_is_sent_and_nothing_is_told() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut sent = 0;
    for (pause, allowed) in [(0, 1), (59, 0), (1, 1), (60, 1), (60, 0)] {
        platform.clock.advance_seconds(pause);
        assert_eq!(sign_up(&platform, ANN).await, DONE);
        assert_eq!(platform.items("outbox").await.len(), allowed, "{pause}");
        sent += platform.deliver().await.len();
    }
    assert_eq!(sent, 3);
    assert_eq!(users_of_kind(&platform, "user#").await.len(), 1);
}

#[tokio::test]
async fn who_is_over_the_limit_of_registrations_is_told_for_every_address() {
    let platform = Platform::with(&[("LIMIT_REGISTRATIONS_PER_CLIENT", "1")]).await;
    platform.register_confirmed(ANN).await;
    assert_eq!(sign_up(&platform, "ben@example.com").await, DONE);
    platform.deliver().await;
    for email in [ANN, "unknown@example.com"] {
        assert_eq!(sign_up(&platform, email).await, "too many attempts");
        assert_eq!(platform.items("outbox").await, []);
    }
}

#[tokio::test]
async fn a_squatter_makes_room_after_a_day() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    platform.deliver().await;
    let squatter = credential(&platform, ANN).await["user_id"].clone();
    platform.clock.advance_seconds(DAY);
    assert_eq!(sign_up(&platform, ANN).await, DONE);
    assert_ne!(credential(&platform, ANN).await["user_id"], squatter);
    let code = code_in(&platform.deliver().await[0].text);
    assert_eq!(activate(&platform, &code).await.status, 200);
    platform.signed_in(ANN, NEW_PASSWORD).await;
}

#[tokio::test]
async fn without_confirmation_there_is_nothing_to_hide() {
    let platform = Platform::with(&[("EMAIL_CONFIRMATION", "off")]).await;
    assert_eq!(sign_up(&platform, ANN).await, DONE);
    platform.signed_in(ANN, NEW_PASSWORD).await;
    assert_eq!(sign_up(&platform, ANN).await, TAKEN);
    assert_eq!(platform.items("outbox").await, []);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn an_account_that_is_gone_before_the_mail_gets_none() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    assert_eq!(sign_up(&platform, ANN).await, DONE);
    let delete = platform.delete("/user-service/v1/users/user");
    let deleted = delete.bearer(&session.access_token).send().await;
    assert_eq!(deleted.status, 204);
    assert_eq!(platform.deliver().await.len(), 0);
    assert_eq!(platform.items("outbox").await, []);
    assert_eq!(json!(users_of_kind(&platform, "email#").await), json!([]));
}

#[tokio::test]
async fn a_fault_at_any_call_loses_neither_the_account_nor_its_mail() {
    let flow = Flow {
        prepare: |_| Box::pin(async { Prepared::new() }),
        act: |platform, _| Box::pin(async { answered(&try_sign_up(platform, ANN).await) }),
        success: 200,
        again: 200,
        check: |platform, _| {
            Box::pin(async {
                let mails = platform.deliver().await;
                // Beside it, after a second try, is one that tells of the first.
                let mut mails = mails.iter().map(|mail| &mail.text);
                let mail = mails.find(|text| text.contains("/activate?"));
                let code = code_in(mail.expect("a mail"));
                assert_eq!(activate(platform, &code).await.status, 200);
                assert_eq!(users_of_kind(platform, "user#").await.len(), 1);
                platform.signed_in(ANN, NEW_PASSWORD).await;
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn a_fault_at_any_call_leaves_a_taken_address_to_its_owner() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                platform.register_confirmed(ANN).await;
                Prepared::new()
            })
        },
        act: |platform, _| Box::pin(async { answered(&try_sign_up(platform, ANN).await) }),
        success: 200,
        again: 200,
        check: |platform, _| {
            Box::pin(async {
                assert!(platform.deliver().await.len() <= 1);
                assert_eq!(users_of_kind(platform, "user#").await.len(), 1);
                platform.signed_in(ANN, PASSWORD).await;
            })
        },
    };
    flow.walk().await;
}
