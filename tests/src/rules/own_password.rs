//! Changing the password by who is signed in: what ends, what goes on, who is told.

use futures::future::BoxFuture;
use insta::assert_snapshot;
use serde_json::json;
use shared::error::Result;
use shared::service::{CurrentUser, PasswordChange};

use super::own_account::{
    DONE, ENDED, LOCKED, REFUSED, answered, authorised, current, give_authenticator, told, typed,
};
use super::password_change::at_once;
use super::{
    ANN, ELSEWHERE, NEW_PASSWORD, START_MS, WRONG, activate, ask_for_password, assert_ended,
    assert_lives, credential, lock, mailed_link, mailed_password, only, raise_version,
};
use crate::faults::{Flow, Prepared};
use crate::harness::{Answer, PASSWORD, PUBLIC_URL, Platform, Session, rbac_code_in};

const THIRD: &str = "a third password for the quay";

fn password_change(platform: &Platform) -> PasswordChange {
    let local = &platform.local;
    let passwords = local.foundation.passwords().expect("passwords");
    let change = local.foundation.password_change(&local.secrets, &passwords);
    change.expect("the keys")
}

async fn ask(change: &PasswordChange, current: &CurrentUser, old: &str, new: &str) -> Result<()> {
    let old = typed(old);
    let changed = change.change_own(current, &old, new, None);
    changed.await.map(|_| ())
}

/// Changes the password of who is signed in; what the caller is told.
async fn change(platform: &Platform, session: &Session, old: &str, new: &str) -> String {
    let current = current(platform, session).await;
    told(ask(&password_change(platform), &current, old, new).await)
}

#[tokio::test]
async fn the_own_session_goes_on_all_others_end_and_the_owner_is_told() {
    let platform = Platform::start().await;
    let own = platform.new_session(ANN).await;
    let other = platform.signed_in(ANN, PASSWORD).await;
    let elsewhere = platform.rbac_token(ANN).await;
    let before = only(&platform, "user#").await;
    platform.clock.advance_seconds(60);
    assert_eq!(change(&platform, &own, PASSWORD, NEW_PASSWORD).await, DONE);
    let mut expected = before;
    expected.insert("credential_version".to_owned(), json!(2));
    let changed_at = json!(START_MS + 60_000);
    expected.insert("password_changed_at".to_owned(), changed_at);
    assert_eq!(only(&platform, "user#").await, expected);
    let held = credential(&platform, ANN).await;
    assert_eq!(held["credential_version"], 2);
    assert_eq!(held["failures"], 0);
    assert_eq!(held["expires"], "never");
    assert_lives(&platform, &own).await;
    assert_ended(&platform, &other).await;
    let validate = platform.post("/rbac/auth/validate");
    let validate = validate.json(&json!({ "token": elsewhere }));
    assert_eq!(validate.send().await.status, 401);
    let refresh = platform
        .post("/user-service/v1/users/accessToken")
        .json(&json!({ "refreshToken": own.refresh_token }));
    assert_eq!(refresh.send().await.status, 200);
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
    platform.signed_in(ANN, NEW_PASSWORD).await;

    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [ANN]);
    assert_snapshot!(format!("{}\n\n{}", mails[0].subject, mails[0].text), @"
    Gatehouse: Your password was changed

    Hello,

    The password of your account was changed, and all other devices were signed out. If it was not you, please set a new password at once.

    Please open this link:

    http://127.0.0.1:3000/reset-password

    If it was you, you need not do anything.

    If you did not change your password, please also contact the people who run the service.

    Gatehouse
    This email was sent automatically. We never ask for your password by email.
    ");
    assert!(!mails[0].text.contains('?'), "no code: {}", mails[0].text);
    let stays = change(&platform, &own, NEW_PASSWORD, THIRD).await;
    assert_eq!(stays, DONE, "the session can be used for more");
}

#[tokio::test]
async fn the_notice_leads_to_a_page_and_speaks_the_accounts_language() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    for (language, subject) in [
        ("de-AT", "Gatehouse: Ihr Passwort wurde geändert"),
        ("fr", "Gatehouse: Votre mot de passe a été modifié"),
        ("es", "Gatehouse: Su contraseña ha cambiado"),
    ] {
        let status = platform.get("/user-service/v1/users/status");
        let status = status.bearer(&session.access_token);
        status.header("language", language).send().await;
        let (old, new) = match language {
            "de-AT" => (PASSWORD, NEW_PASSWORD),
            "fr" => (NEW_PASSWORD, THIRD),
            _ => (THIRD, PASSWORD),
        };
        assert_eq!(change(&platform, &session, old, new).await, DONE);
        let mail = platform.deliver().await.remove(0);
        assert_eq!(mail.subject, subject);
        let link = mail.text.lines().find_map(|l| l.strip_prefix(PUBLIC_URL));
        let page = platform.get(link.expect("a link")).send().await;
        assert_eq!(page.status, 200);
    }
}

#[tokio::test]
async fn a_wrong_old_password_is_counted_and_changes_nothing() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let account = only(&platform, "user#").await;
    let hash = credential(&platform, ANN).await["password_hash"].clone();
    for tried in 1..=3 {
        let refused = change(&platform, &session, WRONG, NEW_PASSWORD).await;
        assert_eq!(refused, REFUSED);
        assert_eq!(credential(&platform, ANN).await["failures"], tried);
    }
    assert_eq!(only(&platform, "user#").await, account);
    assert_eq!(credential(&platform, ANN).await["password_hash"], hash);
    assert_eq!(platform.items("outbox").await, []);
    assert_lives(&platform, &session).await;
    platform.signed_in(ANN, PASSWORD).await;

    lock(&platform, ELSEWHERE, ANN).await;
    let before = platform.dump().await;
    let refused = change(&platform, &session, PASSWORD, NEW_PASSWORD).await;
    assert_eq!(refused, LOCKED);
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn what_cannot_be_the_new_password_is_refused_before_an_attempt_is_counted() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let before = platform.dump().await;
    for (old, new, why) in [
        (
            PASSWORD,
            "short7!",
            "the password needs at least 8 characters",
        ),
        (PASSWORD, "password123", "the password is too easy to guess"),
        (PASSWORD, ANN, "the password is too easy to guess"),
        (PASSWORD, PASSWORD, "the password is the one that was there"),
        (WRONG, WRONG, "the password is the one that was there"),
    ] {
        assert_eq!(change(&platform, &session, old, new).await, why);
    }
    assert_eq!(platform.dump().await, before);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn an_account_with_a_second_factor_keeps_its_failures_and_its_authenticator() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    give_authenticator(&platform, ANN).await;
    let before = credential(&platform, ANN).await;
    assert_eq!(
        change(&platform, &session, WRONG, NEW_PASSWORD).await,
        REFUSED
    );
    let changed = change(&platform, &session, PASSWORD, NEW_PASSWORD).await;
    assert_eq!(changed, DONE);
    let held = credential(&platform, ANN).await;
    assert_eq!(held["failures"], 2);
    for member in ["totp_seed", "totp_step", "recovery_codes"] {
        assert_eq!(held[member], before[member], "{member}");
    }
    assert_lives(&platform, &session).await;
}

#[tokio::test]
async fn what_was_mailed_before_is_void_and_the_duty_to_change_is_done() {
    let platform = Platform::start().await;
    platform.register_by_core(ANN, true).await;
    let (_, code) = rbac_code_in(&platform.deliver().await[0].text);
    assert_eq!(activate(&platform, &code).await.status, 200);
    let session = platform.signed_in(ANN, PASSWORD).await;
    let link = mailed_link(&platform, ANN).await;
    let mailed = mailed_password(&platform, ANN).await;
    platform.clock.advance_seconds(1);
    ask_for_password(&platform, ANN).await;
    platform.clock.advance_seconds(1);
    let changed = change(&platform, &session, PASSWORD, NEW_PASSWORD).await;
    assert_eq!(changed, DONE);
    let account = only(&platform, "user#").await;
    assert!(!account.contains_key("must_change_password"));
    assert_eq!(platform.deliver().await.len(), 1, "the notice alone");
    assert_eq!(platform.reset(&link, THIRD).await.status, 400);
    assert_eq!(platform.login(ANN, &mailed).await.status, 401);
    platform.signed_in(ANN, NEW_PASSWORD).await;
}

#[tokio::test]
async fn what_ended_the_session_meanwhile_refuses_the_change() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let gone = current(&platform, &session).await;
    let sessions = platform.local.foundation.sessions().expect("the keys");
    sessions.end(&gone).await.expect("a sign-out");
    let before = only(&platform, "user#").await;
    let refused = ask(&password_change(&platform), &gone, PASSWORD, NEW_PASSWORD).await;
    assert_eq!(told(refused), ENDED, "signed out");
    assert_eq!(only(&platform, "user#").await, before);

    let session = platform.signed_in(ANN, PASSWORD).await;
    let stale = current(&platform, &session).await;
    raise_version(&platform).await;
    let refused = ask(&password_change(&platform), &stale, PASSWORD, NEW_PASSWORD).await;
    assert_eq!(told(refused), ENDED, "ended from elsewhere");
    assert_eq!(platform.items("outbox").await, []);
    platform.signed_in(ANN, PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_changes_at_once_one_succeeds() {
    let platform = Platform::with_running_clock(&[("LIMITS", "off")]).await;
    let session = platform.new_session(ANN).await;
    let current = current(&platform, &session).await;
    let changes = (0..64).map(|number| {
        let (change, current) = (password_change(&platform), current.clone());
        let new = format!("{number} {NEW_PASSWORD}");
        async move { told(ask(&change, &current, PASSWORD, &new).await) }
    });
    let told = at_once(changes.collect()).await;
    let lawful = |told: &String| [DONE, REFUSED, LOCKED, ENDED].contains(&&**told);
    assert!(told.iter().all(lawful), "{told:?}");
    let winners: Vec<_> = (0..64).filter(|number| told[*number] == DONE).collect();
    assert_eq!(winners.len(), 1, "{told:?}");
    assert_eq!(platform.deliver().await.len(), 1);
    assert_lives(&platform, &session).await;
    platform.clock.advance_seconds(3600);
    let new = format!("{} {NEW_PASSWORD}", winners[0]);
    platform.signed_in(ANN, &new).await;
}

/// Authorises by the token and changes the password.
fn change_own<'a>(platform: &'a Platform, prepared: &'a Prepared) -> BoxFuture<'a, Answer> {
    Box::pin(async {
        let changed = match authorised(platform, &prepared["access"]).await {
            Ok(current) => {
                let change = password_change(platform);
                ask(&change, &current, PASSWORD, NEW_PASSWORD).await
            }
            Err(refused) => Err(refused),
        };
        answered(&changed)
    })
}

#[tokio::test]
async fn a_fault_at_any_call_changes_all_or_nothing() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                let own = platform.new_session(ANN).await;
                let other = platform.signed_in(ANN, PASSWORD).await;
                Prepared::from([("access", own.access_token), ("other", other.access_token)])
            })
        },
        act: change_own,
        success: 200,
        again: 401,
        check: |platform, prepared| {
            Box::pin(async {
                assert!(authorised(platform, &prepared["access"]).await.is_ok());
                assert!(authorised(platform, &prepared["other"]).await.is_err());
                assert_eq!(platform.deliver().await.len(), 1, "one notice");
                platform.signed_in(ANN, NEW_PASSWORD).await;
                assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
            })
        },
    };
    flow.walk().await;
}
