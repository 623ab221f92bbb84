//! A new password by six mailed digits (document 004): they can be guessed, so few tries are taken, and nothing tells who has an
//! account.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::BoxFuture;
use local::views::InboxMessage;
use serde_json::json;
use shared::domain::{ClientAddress, Dialect, EmailAddress, PasswordRule, Realm, SystemRandom};
use shared::error::{Error, Result};
use shared::service::Recovery;

use super::own_account::{DONE, LOCKED, answered, give_authenticator, told};
use super::password_change::at_once;
use super::{
    ANN, HOME, Item, NEW_PASSWORD, START_MS, activate, assert_ended, assert_lives, credential,
    lock, mailed_link, mailed_password, only, raise_version, update_users,
};
use crate::faults::{Flow, Prepared};
use crate::harness::{Answer, Engine, PASSWORD, Platform, TestClock, keys, rbac_code_in};

const INVALID: &str = "the code is not valid";
const TOO_EASY: &str = "the password is too easy to guess";
const UNKNOWN: &str = "unknown@example.com";
const OTHER_PASSWORD: &str = "seven copper kettles by the sea";
const QUARTER: i64 = 900;

fn recovery(platform: &Platform) -> Recovery {
    let local = &platform.local;
    let passwords = local.foundation.passwords().expect("passwords");
    let recovery = local.foundation.recovery(&local.secrets, &passwords);
    recovery.expect("the keys")
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

fn home() -> ClientAddress {
    ClientAddress::new(HOME.parse().expect("an address"))
}

async fn ask(platform: &Platform, email: &str, client: Option<ClientAddress>) {
    let (realm, email) = (Realm::default_realm(), address(email));
    let asked = recovery(platform)
        .mail_reset_code(&realm, Dialect::Identify, &email, client)
        .await;
    asked.expect("the same answer for all");
}

async fn reset_from(
    recovery: &Recovery,
    client: Option<ClientAddress>,
    email: &str,
    (code, typed): (&str, &str),
) -> Result<()> {
    let (realm, rule) = (Realm::default_realm(), PasswordRule::Plain);
    recovery
        .reset_by_code(&realm, &address(email), code, typed, rule, client)
        .await
}

async fn reset(platform: &Platform, email: &str, code: &str, typed: &str) -> String {
    told(reset_from(&recovery(platform), None, email, (code, typed)).await)
}

/// The code in a mail: alone on its line.
fn digits_in(mail: &InboxMessage) -> String {
    let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|c| c.is_ascii_digit());
    let codes: Vec<_> = mail.text.lines().filter(is_code).collect();
    assert_eq!(codes.len(), 1, "{}", mail.text);
    codes[0].to_owned()
}

/// The code of the one mail that goes out when somebody asks for one.
async fn mailed_code(platform: &Platform, email: &str) -> String {
    platform.clock.advance_seconds(1);
    ask(platform, email, None).await;
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [email]);
    digits_in(&mails[0])
}

/// Six digits that are not the code, the `step`-th after it.
fn wrong(code: &str, step: u32) -> String {
    let code: u32 = code.parse().expect("digits");
    format!("{:06}", (code + step) % 1_000_000)
}

async fn record(platform: &Platform) -> Item {
    let mut codes = platform.items("codes").await;
    codes.retain(|code| code["purpose"] == "reset-code");
    assert_eq!(codes.len(), 1, "{codes:?}");
    codes.remove(0)
}

/// Nothing of the account has changed.
async fn assert_refused(platform: &Platform, code: &str, why: &str) {
    let users = platform.items("users").await;
    let told = reset(platform, ANN, code, NEW_PASSWORD).await;
    assert_eq!(told, INVALID, "{why}");
    assert_eq!(platform.items("users").await, users, "{why}");
}

#[tokio::test]
async fn six_digits_arrive_in_the_accounts_language_and_set_a_password_once() {
    let platform = Platform::start().await;
    let register = platform
        .post("/user-service/v1/users/register")
        .json(&json!({ "email": ANN, "password": PASSWORD, "language": "de" }));
    assert_eq!(register.send().await.status, 200);
    let activation = platform.deliver().await;
    let code = crate::harness::code_in(&activation[0].text);
    assert_eq!(activate(&platform, &code).await.status, 200);
    let session = platform.signed_in(ANN, PASSWORD).await;

    platform.clock.advance_seconds(1);
    ask(&platform, ANN, Some(home())).await;
    let users = platform.items("users").await;
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [ANN]);
    assert_eq!(
        mails[0].subject,
        "Gatehouse: Ihr Code für ein neues Passwort"
    );
    assert_eq!(platform.items("users").await, users, "nothing changes yet");
    assert_eq!(platform.items("outbox").await, []);
    assert_lives(&platform, &session).await;

    let code = digits_in(&mails[0]);
    let done = reset_from(
        &recovery(&platform),
        Some(home()),
        ANN,
        (&code, NEW_PASSWORD),
    )
    .await;
    assert_eq!(told(done), DONE);
    assert_ended(&platform, &session).await;
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
    platform.signed_in(ANN, NEW_PASSWORD).await;

    let before = platform.dump().await;
    let again = reset(&platform, ANN, &code, OTHER_PASSWORD).await;
    assert_eq!(again, INVALID);
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn what_is_stored_of_a_code_is_a_keyed_digest_and_its_tries() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let code = mailed_code(&platform, ANN).await;
    let held = record(&platform).await;
    let members: Vec<_> = held.keys().map(String::as_str).collect();
    let expected = [
        "credential_version",
        "digest",
        "expires",
        "intent_id",
        "issued_at",
        "key_version",
        "purpose",
        "tries",
        "user_id",
    ];
    assert_eq!(members, expected);
    assert_eq!(held["tries"], 0);
    assert_eq!(held["key_version"], 1);
    assert_eq!(held["expires"], START_MS / 1000 + 1 + QUARTER);
    let guess = wrong(&code, 1);
    assert_eq!(reset(&platform, ANN, &guess, NEW_PASSWORD).await, INVALID);
    assert_eq!(record(&platform).await["tries"], 1);
}

#[tokio::test]
async fn it_proves_the_address_and_voids_what_was_mailed_before() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    platform.deliver().await;
    let link = mailed_link(&platform, ANN).await;
    let mailed = mailed_password(&platform, ANN).await;
    let code = mailed_code(&platform, ANN).await;
    assert_eq!(reset(&platform, ANN, &code, NEW_PASSWORD).await, DONE);
    let user = only(&platform, "user#").await;
    assert_eq!(user["confirmed"], true);
    assert_eq!(user["email_proved_at"], START_MS + 1000);
    assert_eq!(platform.reset(&link, OTHER_PASSWORD).await.status, 400);
    assert_eq!(platform.login(ANN, &mailed).await.status, 401);
    platform.signed_in(ANN, NEW_PASSWORD).await;
}

#[tokio::test]
async fn an_account_with_a_second_factor_keeps_it_and_one_that_is_suspended_stays_so() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    give_authenticator(&platform, ANN).await;
    let user = only(&platform, "user#").await;
    let suspended = AttributeValue::Bool(true);
    update_users(&platform, &user["pk"], "SET suspended = :value", suspended).await;
    let before = credential(&platform, ANN).await;
    let code = mailed_code(&platform, ANN).await;
    assert_eq!(reset(&platform, ANN, &code, NEW_PASSWORD).await, DONE);
    let held = credential(&platform, ANN).await;
    for member in ["totp_seed", "totp_step", "recovery_codes"] {
        assert_eq!(held[member], before[member], "{member}");
    }
    let user = only(&platform, "user#").await;
    assert_eq!(user["second_factor"], "authenticator");
    assert_eq!(user["suspended"], true);
    assert_eq!(user["credential_version"], 2);
}

#[tokio::test]
async fn a_locked_account_is_opened_by_it() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    lock(&platform, HOME, ANN).await;
    let code = mailed_code(&platform, ANN).await;
    assert_eq!(reset(&platform, ANN, &code, NEW_PASSWORD).await, DONE);
    platform.signed_in(ANN, NEW_PASSWORD).await;
}

#[tokio::test]
async fn the_fifth_try_may_be_right_and_the_sixth_not_any_more() {
    for (wrong_ones, expected) in [(4, DONE), (5, INVALID)] {
        let platform = Platform::start().await;
        platform.register_confirmed(ANN).await;
        let code = mailed_code(&platform, ANN).await;
        for step in 1..=wrong_ones {
            assert_refused(&platform, &wrong(&code, step), "a guess").await;
        }
        let told = reset(&platform, ANN, &code, NEW_PASSWORD).await;
        assert_eq!(told, expected, "after {wrong_ones} wrong ones");
        let password = if expected == DONE {
            NEW_PASSWORD
        } else {
            PASSWORD
        };
        platform.signed_in(ANN, password).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_once_count() {
    let platform = Platform::with_running_clock(&[("LIMITS", "off")]).await;
    platform.register_confirmed(ANN).await;
    let code = mailed_code(&platform, ANN).await;
    let guesses = (1..=64).map(|step| {
        let (recovery, guess) = (recovery(&platform), wrong(&code, step));
        async move { told(reset_from(&recovery, None, ANN, (&guess, NEW_PASSWORD)).await) }
    });
    let told = at_once(guesses.collect()).await;
    assert!(told.iter().all(|told| told == INVALID), "{told:?}");
    assert_eq!(record(&platform).await["tries"], 5);
    assert_refused(&platform, &code, "its tries are over").await;
    platform.signed_in(ANN, PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_right_ones_at_once_one_succeeds() {
    let platform = Platform::with_running_clock(&[("LIMITS", "off")]).await;
    platform.register_confirmed(ANN).await;
    let code = mailed_code(&platform, ANN).await;
    let passwords: Vec<_> = (0..64)
        .map(|number| format!("{number} {NEW_PASSWORD}"))
        .collect();
    let resets = passwords.iter().cloned().map(|typed| {
        let (recovery, code) = (recovery(&platform), code.clone());
        async move { told(reset_from(&recovery, None, ANN, (&code, &typed)).await) }
    });
    let told = at_once(resets.collect()).await;
    assert_eq!(told.iter().filter(|told| *told == INVALID).count(), 63);
    let done = told.iter().position(|told| told == DONE);
    let done = done.expect("one succeeds");
    for kind in ["user#", "email#"] {
        assert_eq!(only(&platform, kind).await["credential_version"], 2);
    }
    platform.signed_in(ANN, &passwords[done]).await;
}

#[tokio::test]
async fn a_code_lives_for_a_quarter_of_an_hour() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let code = mailed_code(&platform, ANN).await;
    platform.clock.advance_seconds(QUARTER);
    let before = platform.dump().await;
    assert_refused(&platform, &code, "too late").await;
    assert_eq!(platform.dump().await, before);

    let code = mailed_code(&platform, ANN).await;
    platform.clock.advance_seconds(QUARTER - 1);
    assert_eq!(reset(&platform, ANN, &code, NEW_PASSWORD).await, DONE);
}

#[tokio::test]
async fn a_newer_code_kills_the_older_and_has_its_own_tries() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let older = mailed_code(&platform, ANN).await;
    for step in 1..=5 {
        assert_refused(&platform, &wrong(&older, step), "a guess").await;
    }
    let newer = mailed_code(&platform, ANN).await;
    assert_ne!(newer, older);
    assert_refused(&platform, &older, "replaced").await;
    assert_eq!(reset(&platform, ANN, &newer, NEW_PASSWORD).await, DONE);
}

#[tokio::test]
async fn whatever_ends_the_sessions_voids_the_code() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let code = mailed_code(&platform, ANN).await;
    raise_version(&platform).await;
    assert_refused(&platform, &code, "another version").await;

    let code = mailed_code(&platform, ANN).await;
    let link = mailed_link(&platform, ANN).await;
    assert_eq!(platform.reset(&link, OTHER_PASSWORD).await.status, 200);
    assert_refused(&platform, &code, "another password").await;
    platform.signed_in(ANN, OTHER_PASSWORD).await;
}

/// What everybody can see is told before anything is asked, what only the owner is known by after the right code.
#[tokio::test]
async fn a_weak_password_leaves_the_code_usable() {
    let platform = Platform::start().await;
    platform.register_by_core(ANN, false).await;
    let (_, activation) = rbac_code_in(&platform.deliver().await[0].text);
    assert_eq!(activate(&platform, &activation).await.status, 200);
    let code = mailed_code(&platform, ANN).await;
    let before = platform.dump().await;
    platform.connector.forget();
    for email in [ANN, UNKNOWN] {
        for code in [&*code, "000000", "no code"] {
            let short = reset(&platform, email, code, "short").await;
            assert_eq!(short, "the password needs at least 8 characters");
            assert_eq!(reset(&platform, email, code, email).await, TOO_EASY);
        }
    }
    assert_eq!(json!(platform.connector.round_trips()), json!([]));
    assert_eq!(platform.dump().await, before);

    let name = "Ann of the Lanterns";
    let users = platform.items("users").await;
    assert_eq!(reset(&platform, ANN, &wrong(&code, 1), name).await, INVALID);
    assert_eq!(reset(&platform, UNKNOWN, &code, name).await, INVALID);
    assert_eq!(reset(&platform, ANN, &code, name).await, TOO_EASY);
    assert_eq!(platform.items("users").await, users);
    assert!(!record(&platform).await.contains_key("used_at"));
    assert_eq!(reset(&platform, ANN, &code, NEW_PASSWORD).await, DONE);
    platform.signed_in(ANN, NEW_PASSWORD).await;
}

#[tokio::test]
async fn anything_but_six_digits_is_refused_without_a_call() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let code = mailed_code(&platform, ANN).await;
    platform.connector.forget();
    for text in [
        "",
        "no code",
        &code[1..],
        &format!("{code}0"),
        &format!(" {code}"),
        &"1".repeat(100_000),
    ] {
        let told = reset_from(
            &recovery(&platform),
            Some(home()),
            ANN,
            (text, NEW_PASSWORD),
        )
        .await;
        assert!(matches!(told, Err(Error::InvalidCode)), "{told:?}");
    }
    assert_eq!(json!(platform.connector.round_trips()), json!([]));
    assert_eq!(reset(&platform, ANN, &code, NEW_PASSWORD).await, DONE);
}

#[tokio::test]
async fn an_unknown_address_costs_and_answers_the_same_and_gets_no_mail() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    platform.register_confirmed("ben@example.com").await;
    platform.register("waits@example.com").await;
    platform.deliver().await;
    let code = mailed_code(&platform, ANN).await;
    let users = platform.items("users").await;
    for email in [ANN, "ben@example.com", "waits@example.com", UNKNOWN] {
        platform.connector.forget();
        let guess = wrong(&code, 1);
        let told = reset_from(
            &recovery(&platform),
            Some(home()),
            email,
            (&guess, NEW_PASSWORD),
        )
        .await;
        assert!(matches!(told, Err(Error::InvalidCode)), "{email}: {told:?}");
        assert_eq!(
            json!(platform.connector.round_trips()),
            json!([
                ["GetItem limits", "GetItem users"],
                ["GetItem users", "UpdateItem codes"],
                ["UpdateItem limits"],
            ]),
            "{email}"
        );
    }
    let codes = platform.items("codes").await;
    for email in [UNKNOWN, ANN] {
        platform.connector.forget();
        ask(&platform, email, Some(home())).await;
        assert_eq!(
            json!(platform.connector.round_trips()),
            json!([
                ["UpdateItem limits", "UpdateItem limits"],
                ["PutItem outbox"]
            ]),
            "{email}"
        );
        if email == UNKNOWN {
            assert_eq!(platform.deliver().await.len(), 0);
            assert_eq!(platform.items("outbox").await, []);
            assert_eq!(platform.items("codes").await, codes);
        }
    }
    assert_eq!(platform.items("users").await, users);
}

#[tokio::test]
async fn over_the_limit_nothing_is_promised_and_nothing_is_told() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    for _ in 0..3 {
        mailed_code(&platform, ANN).await;
    }
    let held = record(&platform).await;
    platform.clock.advance_seconds(1);
    ask(&platform, ANN, None).await;
    assert_eq!(platform.items("outbox").await, []);
    assert_eq!(platform.deliver().await.len(), 0);
    assert_eq!(record(&platform).await, held);
}

#[tokio::test]
async fn a_failed_guess_counts_as_a_failure_of_its_client() {
    let platform = Platform::with(&[("LIMIT_FAILURES_PER_CLIENT", "2")]).await;
    platform.register_confirmed(ANN).await;
    let code = mailed_code(&platform, ANN).await;
    let recovery = recovery(&platform);
    for email in [ANN, UNKNOWN] {
        let guess = (&*wrong(&code, 1), NEW_PASSWORD);
        let told = told(reset_from(&recovery, Some(home()), email, guess).await);
        assert_eq!(told, INVALID);
    }
    let before = platform.dump().await;
    let right = (&*code, NEW_PASSWORD);
    let refused = reset_from(&recovery, Some(home()), ANN, right).await;
    assert_eq!(told(refused), LOCKED);
    assert_eq!(platform.dump().await, before, "no try is lost");
    let elsewhere = reset_from(&recovery, None, ANN, right).await;
    assert_eq!(told(elsewhere), DONE);
}

/// The intent of the moment, and what puts it back.
async fn intent(platform: &Platform) -> HashMap<String, AttributeValue> {
    let scan = platform.database().scan().table_name("gatehouse-outbox");
    let found = scan.send().await.expect("a scan").items;
    found.expect("items").remove(0)
}

async fn redeliver(
    platform: &Platform,
    intent: &HashMap<String, AttributeValue>,
) -> Vec<InboxMessage> {
    let put = platform
        .database()
        .put_item()
        .table_name("gatehouse-outbox");
    let put = put.set_item(Some(intent.clone())).send();
    put.await.expect("the intent is back");
    let mails = platform.deliver().await;
    assert_eq!(platform.items("outbox").await, [], "it is done");
    mails
}

#[tokio::test]
async fn a_redelivery_carries_the_same_code_until_it_is_used_or_worn_out() {
    for worn_out in [false, true] {
        let platform = Platform::start().await;
        platform.register_confirmed(ANN).await;
        platform.clock.advance_seconds(1);
        ask(&platform, ANN, None).await;
        let intent = intent(&platform).await;
        let first = platform.deliver().await;
        let code = digits_in(&first[0]);
        assert_refused(&platform, &wrong(&code, 1), "a guess").await;
        let held = record(&platform).await;
        platform.clock.advance_seconds(60);
        let again = redeliver(&platform, &intent).await;
        assert_eq!(again[0].text, first[0].text);
        assert_eq!(record(&platform).await, held, "the tries stay counted");
        if worn_out {
            for step in 2..=5 {
                assert_refused(&platform, &wrong(&code, step), "a guess").await;
            }
        } else {
            assert_eq!(reset(&platform, ANN, &code, NEW_PASSWORD).await, DONE);
        }
        assert_eq!(redeliver(&platform, &intent).await.len(), 0);
    }
}

#[tokio::test]
async fn what_was_asked_for_before_the_password_changed_sends_nothing() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    ask(&platform, ANN, None).await;
    let intent = intent(&platform).await;
    platform.deliver().await;
    let link = mailed_link(&platform, ANN).await;
    platform.clock.advance_seconds(1);
    assert_eq!(platform.reset(&link, NEW_PASSWORD).await.status, 200);
    let codes = platform.items("codes").await;
    assert_eq!(redeliver(&platform, &intent).await.len(), 0);
    assert_eq!(platform.items("codes").await, codes);
}

#[tokio::test]
async fn a_code_is_of_the_key_that_it_was_made_with() {
    let engine = Engine::fresh();
    // Chance must not repeat itself at the next start.
    let under = async |start: usize, keys| {
        let platform = Platform::build(&[], TestClock::standing(), keys, engine.clone()).await;
        let random = &platform.local.foundation.context.random;
        random.fill(&mut vec![0; start * 100_000]);
        platform
    };
    let before = under(0, keys()).await;
    before.register_confirmed(ANN).await;
    let code = mailed_code(&before, ANN).await;
    let newer = keys().with_newer_codes_key(&SystemRandom);
    let newest = newer.clone().with_newer_codes_key(&SystemRandom);
    let newest = under(1, newest).await;
    assert_refused(&newest, &code, "out of use").await;
    let after = under(2, newer).await;
    assert_eq!(reset(&after, ANN, &code, NEW_PASSWORD).await, DONE);
    after.signed_in(ANN, NEW_PASSWORD).await;
}

#[tokio::test]
async fn a_fault_at_any_call_sets_the_password_or_leaves_the_code() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                let session = platform.new_session(ANN).await;
                let code = mailed_code(platform, ANN).await;
                Prepared::from([("access", session.access_token), ("code", code)])
            })
        },
        act: set_password,
        success: 200,
        again: 400,
        check: |platform, prepared| {
            Box::pin(async {
                let status = platform.get("/user-service/v1/users/status");
                let status = status.bearer(&prepared["access"]).send().await;
                assert_eq!(status.status, 401, "its sessions have ended");
                assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
                platform.signed_in(ANN, NEW_PASSWORD).await;
            })
        },
    };
    flow.walk().await;
}

fn set_password<'a>(platform: &'a Platform, prepared: &'a Prepared) -> BoxFuture<'a, Answer> {
    Box::pin(async {
        let right = (&*prepared["code"], NEW_PASSWORD);
        answered(&reset_from(&recovery(platform), Some(home()), ANN, right).await)
    })
}

#[tokio::test]
async fn a_fault_at_any_call_of_asking_promises_one_mail() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                platform.register_confirmed(ANN).await;
                Prepared::new()
            })
        },
        act: promise,
        success: 200,
        again: 200,
        check: |platform, _| {
            Box::pin(async {
                let mails = platform.deliver().await;
                let code = digits_in(mails.last().expect("a mail"));
                assert_eq!(reset(platform, ANN, &code, NEW_PASSWORD).await, DONE);
            })
        },
    };
    flow.walk().await;
}

fn promise<'a>(platform: &'a Platform, _: &'a Prepared) -> BoxFuture<'a, Answer> {
    Box::pin(async {
        platform.clock.advance_seconds(1);
        let (realm, email) = (Realm::default_realm(), address(ANN));
        let asked = recovery(platform)
            .mail_reset_code(&realm, Dialect::Identify, &email, Some(home()))
            .await;
        answered(&asked)
    })
}
