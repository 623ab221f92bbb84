//! Changing a password with the old one as proof: who may, what it ends, and that it is no second place to guess.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use shared::domain::{ClientAddress, Dialect, EmailAddress, Password, UserId};
use shared::service::{PasswordChange, PasswordChangeRequest};
use tokio::task::JoinSet;

use super::{
    ANN, ELSEWHERE, HOME, Item, NEW_PASSWORD, WRONG, activate, ask_for_password, assert_ended,
    assert_lives, credential, lock, login_from, mailed_link, mailed_password, only, update_users,
    users_of_kind, v1,
};
use crate::harness::{PASSWORD, Platform, Session, rbac_code_in};

const DONE: &str = "done";
const REFUSED: &str = "wrong e-mail address or password";
const LOCKED: &str = "too many attempts";
const TOO_COMMON: &str = "the password is too easy to guess";
const NOBODY: &str = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";

fn password_change(platform: &Platform) -> PasswordChange {
    let local = &platform.local;
    let passwords = local.foundation.passwords().expect("passwords");
    let change = local.foundation.password_change(&local.secrets, &passwords);
    change.expect("the keys")
}

/// Asks for another password; what the caller is told.
async fn ask(
    change: &PasswordChange,
    source: Option<&str>,
    user: UserId,
    (old, new): (&str, &str),
) -> String {
    let client = source.map(|source| source.parse().expect("an address"));
    let request = PasswordChangeRequest {
        user,
        dialect: Dialect::Rbac,
        old: &Password::parse(old).expect("short enough"),
        new,
        client: client.map(ClientAddress::new),
    };
    match change.change(request).await {
        Ok(()) => DONE.to_owned(),
        Err(refused) => refused.to_string(),
    }
}

async fn change(platform: &Platform, user: UserId, old: &str, new: &str) -> String {
    ask(&password_change(platform), None, user, (old, new)).await
}

async fn change_from(
    platform: &Platform,
    source: &str,
    user: UserId,
    passwords: (&str, &str),
) -> String {
    ask(&password_change(platform), Some(source), user, passwords).await
}

async fn user_of(platform: &Platform, email: &str) -> UserId {
    let held = credential(platform, email).await;
    let id = held["user_id"].as_str().and_then(UserId::parse);
    id.expect("an id")
}

fn nobody() -> UserId {
    UserId::parse(NOBODY).expect("an id")
}

async fn confirmed(platform: &Platform) -> UserId {
    platform.register_confirmed(ANN).await;
    user_of(platform, ANN).await
}

/// A confirmed account whose password is to be changed first.
async fn marked(platform: &Platform) -> UserId {
    let user = platform.register_by_core(ANN, true).await;
    let (_, code) = rbac_code_in(&platform.deliver().await[0].text);
    assert_eq!(activate(platform, &code).await.status, 200);
    assert!(is_marked(platform).await);
    user.id
}

async fn is_marked(platform: &Platform) -> bool {
    let account = only(platform, "user#").await;
    account.get("must_change_password") == Some(&json!(true))
}

async fn set_on_account(platform: &Platform, field: &str, value: bool) {
    let pk = &only(platform, "user#").await["pk"];
    let expression = format!("SET {field} = :value");
    update_users(platform, pk, &expression, AttributeValue::Bool(value)).await;
}

async fn suspend(platform: &Platform) {
    set_on_account(platform, "suspended", true).await;
}

/// An item without the counters.
fn uncounted(mut item: Item) -> Item {
    item.retain(|name, _| !name.starts_with("failed_at") && !name.starts_with("failures"));
    item.remove("attempt");
    item
}

fn failures(held: &Item) -> (&Value, &Value) {
    (&held["failures"], &held["failures_in_a_row"])
}

#[tokio::test]
async fn the_old_password_sets_another_and_ends_all_sessions() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let user = user_of(&platform, ANN).await;
    let before = only(&platform, "user#").await;
    platform.clock.advance_seconds(60);
    assert_eq!(change(&platform, user, PASSWORD, NEW_PASSWORD).await, DONE);
    assert_ended(&platform, &session).await;
    let mut expected = before.clone();
    expected.insert("credential_version".to_owned(), json!(2));
    let now = before["password_changed_at"].as_i64().expect("an instant") + 60_000;
    expected.insert("password_changed_at".to_owned(), json!(now));
    assert_eq!(only(&platform, "user#").await, expected);
    let held = credential(&platform, ANN).await;
    assert_eq!(held["credential_version"], 2);
    assert_eq!(failures(&held), (&json!(0), &json!(0)));
    assert_eq!(platform.items("outbox").await, []);
    platform.signed_in(ANN, NEW_PASSWORD).await;
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
    let again = change(&platform, user, PASSWORD, "a third password for the quay").await;
    assert_eq!(again, REFUSED);
}

#[tokio::test]
async fn who_has_not_the_password_is_told_nothing_and_changes_nothing() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    platform.register_confirmed("ben@example.com").await;
    let ben = user_of(&platform, "ben@example.com").await;
    assert_eq!(change(&platform, ben, PASSWORD, NEW_PASSWORD).await, DONE);
    let ann = user_of(&platform, ANN).await;
    let accounts = users_of_kind(&platform, "user#").await;
    let before = credential(&platform, ANN).await;
    for (user, old) in [
        (ann, WRONG),
        (ann, ""),
        (ann, NEW_PASSWORD),
        (nobody(), PASSWORD),
        (nobody(), ""),
    ] {
        let told = change(&platform, user, old, "a third password for the quay").await;
        assert_eq!(told, REFUSED);
    }
    assert_eq!(users_of_kind(&platform, "user#").await, accounts);
    let held = credential(&platform, ANN).await;
    assert_eq!(held["failures"], 3);
    assert_eq!(uncounted(held), uncounted(before));
    assert_lives(&platform, &session).await;
    platform.signed_in(ANN, PASSWORD).await;
}

#[tokio::test]
async fn an_account_in_bad_state_looks_like_a_wrong_password_and_forgets_its_failures() {
    for (state, value) in [("suspended", true), ("confirmed", false)] {
        let platform = Platform::start().await;
        let user = confirmed(&platform).await;
        set_on_account(&platform, state, value).await;
        let account = only(&platform, "user#").await;
        for _ in 0..3 {
            assert_eq!(change(&platform, user, WRONG, NEW_PASSWORD).await, REFUSED);
        }
        assert_eq!(credential(&platform, ANN).await["failures"], 3, "{state}");
        let told = change(&platform, user, PASSWORD, NEW_PASSWORD).await;
        assert_eq!(told, REFUSED, "{state}");
        let held = credential(&platform, ANN).await;
        assert_eq!(failures(&held), (&json!(0), &json!(0)), "{state}");
        assert!(!held.contains_key("last_sign_in"), "{state}");
        assert_eq!(only(&platform, "user#").await, account, "{state}");
    }
}

#[tokio::test]
async fn a_new_account_cannot_change_its_password_before_it_is_confirmed() {
    let platform = Platform::start().await;
    let user = platform.register_by_core(ANN, true).await;
    let told = change(&platform, user.id, PASSWORD, NEW_PASSWORD).await;
    assert_eq!(told, REFUSED);
    assert_eq!(credential(&platform, ANN).await["never_confirmed"], true);
    let (_, code) = rbac_code_in(&platform.deliver().await[0].text);
    assert_eq!(activate(&platform, &code).await.status, 200);
    let told = change(&platform, user.id, PASSWORD, NEW_PASSWORD).await;
    assert_eq!(told, DONE);
}

#[tokio::test]
async fn a_deleted_account_is_an_unknown_one() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let user = user_of(&platform, ANN).await;
    let delete = platform.delete(&v1("user")).bearer(&session.access_token);
    assert_eq!(delete.send().await.status, 204);
    let told = change(&platform, user, PASSWORD, NEW_PASSWORD).await;
    assert_eq!(told, REFUSED);
    // Whoever has the address next is somebody else.
    platform.register_confirmed(ANN).await;
    let told = change(&platform, user, PASSWORD, NEW_PASSWORD).await;
    assert_eq!(told, REFUSED);
    platform.signed_in(ANN, PASSWORD).await;
}

#[tokio::test]
async fn an_unknown_user_costs_and_locks_exactly_as_a_known_one() {
    let platform = Platform::start().await;
    let known = confirmed(&platform).await;
    let mut advances = vec![0, 0, 0, 0, 0, 1, 0, 2, 0, 4, 2, 6, 16, 0, 32, 900, 900];
    advances.extend([900; 90]);
    let mut told = BTreeMap::new();
    for (step, advance) in advances.into_iter().enumerate() {
        platform.clock.advance_seconds(advance);
        let mut seen = Vec::new();
        for user in [known, nobody()] {
            platform.connector.forget();
            let answer = change_from(&platform, ELSEWHERE, user, (WRONG, NEW_PASSWORD)).await;
            *told.entry(answer.clone()).or_insert(0) += 1;
            seen.push((answer, platform.connector.round_trips()));
        }
        assert_eq!(seen[0], seen[1], "step {step}");
    }
    assert_eq!(told[REFUSED], 2 * 100, "{told:?}");
    assert!(told[LOCKED] > 2 * 3, "{told:?}");
    // Each gets its intent; only the account has somebody to write to.
    assert_eq!(platform.items("outbox").await.len(), 2);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [ANN]);
}

#[tokio::test]
async fn a_change_takes_three_round_trips_and_one_beside_each_hash() {
    let platform = Platform::start().await;
    let user = confirmed(&platform).await;
    let mut trips = Vec::new();
    for (user, old) in [(user, PASSWORD), (user, WRONG), (nobody(), WRONG)] {
        platform.connector.forget();
        change_from(&platform, HOME, user, (old, NEW_PASSWORD)).await;
        trips.push(json!(platform.connector.round_trips()));
    }
    let refused = json!([
        ["GetItem users"],
        ["GetItem limits", "UpdateItem users"],
        ["GetItem users"],
        ["UpdateItem limits"],
    ]);
    let mut done = refused.clone();
    let made = ["BatchGetItem users", "TransactWriteItems users+users+users"];
    done.as_array_mut().expect("trips").truncate(3);
    let trips_made = made.map(|call| json!([call]));
    done.as_array_mut().expect("trips").extend(trips_made);
    assert_eq!(trips, [done, refused.clone(), refused]);
}

#[tokio::test]
async fn an_unknown_user_leaves_a_guard_that_expires() {
    let platform = Platform::start().await;
    change(&platform, nobody(), PASSWORD, NEW_PASSWORD).await;
    let guard = only(&platform, "email#default#").await;
    assert!(guard["expires"].is_i64() && !guard.contains_key("user_id"));
    assert!(!platform.dump().await.contains(NOBODY));
}

#[tokio::test]
async fn wrong_changes_lock_the_sign_in_and_wrong_sign_ins_the_change() {
    let platform = Platform::start().await;
    let user = confirmed(&platform).await;
    for _ in 0..8 {
        let passwords = (WRONG, NEW_PASSWORD);
        let told = change_from(&platform, ELSEWHERE, user, passwords).await;
        assert_eq!(told, REFUSED);
        let failures = credential(&platform, ANN).await["failures"].as_u64();
        platform.clock.advance_seconds(match failures {
            Some(5) => 1,
            Some(6) => 2,
            Some(7) => 4,
            _ => 0,
        });
    }
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 429);
    assert_eq!(
        change(&platform, user, PASSWORD, NEW_PASSWORD).await,
        LOCKED
    );
    platform.clock.advance_seconds(8);
    platform.signed_in(ANN, PASSWORD).await;

    lock(&platform, ELSEWHERE, ANN).await;
    let before = platform.dump().await;
    assert_eq!(
        change(&platform, user, PASSWORD, NEW_PASSWORD).await,
        LOCKED
    );
    assert_eq!(platform.dump().await, before);
    platform.clock.advance_seconds(8);
    assert_eq!(change(&platform, user, PASSWORD, NEW_PASSWORD).await, DONE);
}

#[tokio::test]
async fn a_known_source_changes_the_password_while_strangers_have_locked_the_account() {
    let platform = Platform::start().await;
    let user = confirmed(&platform).await;
    let (right, wrong) = ((PASSWORD, NEW_PASSWORD), (WRONG, NEW_PASSWORD));
    assert_eq!(login_from(&platform, HOME, ANN, PASSWORD).await.status, 200);
    lock(&platform, ELSEWHERE, ANN).await;
    assert_eq!(change_from(&platform, ELSEWHERE, user, right).await, LOCKED);
    assert_eq!(change_from(&platform, HOME, user, wrong).await, REFUSED);
    assert_eq!(credential(&platform, ANN).await["known_failures"], 1);
    assert_eq!(change_from(&platform, HOME, user, right).await, DONE);
    // What strangers have guessed at is gone, and their failures with it.
    let held = credential(&platform, ANN).await;
    assert_eq!(failures(&held), (&json!(0), &json!(0)));
    assert_eq!(held["known_failures"], 0);
}

#[tokio::test]
async fn wrong_changes_count_for_the_client_as_failed_sign_ins_do() {
    let platform = Platform::with(&[("LIMIT_FAILURES_PER_CLIENT", "3")]).await;
    let user = confirmed(&platform).await;
    for _ in 0..3 {
        let told = change_from(&platform, ELSEWHERE, nobody(), (WRONG, NEW_PASSWORD)).await;
        assert_eq!(told, REFUSED);
    }
    let right = (PASSWORD, NEW_PASSWORD);
    assert_eq!(change_from(&platform, ELSEWHERE, user, right).await, LOCKED);
    let login = login_from(&platform, ELSEWHERE, ANN, PASSWORD).await;
    assert_eq!(login.status, 429);
    assert_eq!(change_from(&platform, HOME, user, right).await, DONE);
}

#[tokio::test]
async fn what_cannot_be_a_new_password_is_refused_before_an_attempt_is_counted() {
    let platform = Platform::start().await;
    let user = confirmed(&platform).await;
    let before = platform.dump().await;
    platform.connector.forget();
    let long = "x1Y!".repeat(257);
    for (old, new, told) in [
        (
            PASSWORD,
            "short7!",
            "the password needs at least 8 characters",
        ),
        (PASSWORD, &*long, "the password may have at most 1024 bytes"),
        (PASSWORD, "password123", TOO_COMMON),
        (PASSWORD, PASSWORD, "the password is the one that was there"),
        (WRONG, WRONG, "the password is the one that was there"),
    ] {
        assert_eq!(change(&platform, user, old, new).await, told);
    }
    assert_eq!(platform.connector.calls(), [""; 0]);
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn what_everybody_knows_of_the_owner_is_refused_after_the_right_password_only() {
    let platform = Platform::start().await;
    let user = marked(&platform).await;
    let before = only(&platform, "user#").await;
    for known in [ANN, "Ann of the Lanterns", "ANN OF THE LANTERNS"] {
        assert_eq!(change(&platform, user, WRONG, known).await, REFUSED);
        assert_eq!(credential(&platform, ANN).await["failures"], 1);
        assert_eq!(change(&platform, user, PASSWORD, known).await, TOO_COMMON);
        let held = credential(&platform, ANN).await;
        assert_eq!(failures(&held), (&json!(0), &json!(0)));
        assert!(!held.contains_key("last_sign_in"));
    }
    assert_eq!(only(&platform, "user#").await, before);
    platform.signed_in(ANN, PASSWORD).await;
}

#[tokio::test]
async fn a_mailed_password_is_an_old_one_and_passes_the_lock() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let user = user_of(&platform, ANN).await;
    let mailed = mailed_password(&platform, ANN).await;
    lock(&platform, ELSEWHERE, ANN).await;
    assert_eq!(change(&platform, user, &mailed, NEW_PASSWORD).await, DONE);
    assert_ended(&platform, &session).await;
    for old in [PASSWORD, &mailed] {
        assert_eq!(platform.login(ANN, old).await.status, 401);
    }
    platform.signed_in(ANN, NEW_PASSWORD).await;
}

#[tokio::test]
async fn a_mailed_password_proves_the_address_of_an_account_that_waits() {
    let platform = Platform::start().await;
    let user = platform.register_by_core(ANN, true).await.id;
    let mailed = mailed_password(&platform, ANN).await;
    assert_eq!(change(&platform, user, &mailed, ANN).await, TOO_COMMON);
    let account = only(&platform, "user#").await;
    assert_eq!(account["confirmed"], true);
    assert!(account.contains_key("email_proved_at"));
    // It is the password by now, and stays that until another one is taken.
    assert_eq!(change(&platform, user, &mailed, NEW_PASSWORD).await, DONE);
    platform.signed_in(ANN, NEW_PASSWORD).await;
}

#[tokio::test]
async fn a_mailed_password_of_a_suspended_account_changes_nothing_more() {
    let platform = Platform::start().await;
    let user = confirmed(&platform).await;
    let mailed = mailed_password(&platform, ANN).await;
    suspend(&platform).await;
    assert_eq!(
        change(&platform, user, &mailed, NEW_PASSWORD).await,
        REFUSED
    );
    set_on_account(&platform, "suspended", false).await;
    assert_eq!(platform.login(ANN, NEW_PASSWORD).await.status, 401);
}

#[tokio::test]
async fn what_was_mailed_before_is_void_afterwards() {
    let platform = Platform::start().await;
    let user = confirmed(&platform).await;
    let link = mailed_link(&platform, ANN).await;
    let mailed = mailed_password(&platform, ANN).await;
    ask_for_password(&platform, ANN).await;
    platform.clock.advance_seconds(1);
    assert_eq!(change(&platform, user, PASSWORD, NEW_PASSWORD).await, DONE);
    for member in ["mailed_digest", "mailed_intent", "mailed_expires"] {
        assert!(!credential(&platform, ANN).await.contains_key(member));
    }
    assert_eq!(platform.deliver().await.len(), 0, "nor does it still come");
    let third = "a third password for the quay";
    assert_eq!(platform.reset(&link, third).await.status, 400);
    assert_eq!(platform.login(ANN, &mailed).await.status, 401);
    platform.signed_in(ANN, NEW_PASSWORD).await;
}

#[tokio::test]
async fn every_way_to_set_a_password_clears_the_duty_to_change_it() {
    let platform = Platform::start().await;
    let user = marked(&platform).await;
    platform.signed_in(ANN, PASSWORD).await;
    assert!(is_marked(&platform).await, "signing in does not");
    assert_eq!(change(&platform, user, PASSWORD, NEW_PASSWORD).await, DONE);
    assert!(!is_marked(&platform).await);

    let platform = Platform::start().await;
    marked(&platform).await;
    let link = mailed_link(&platform, ANN).await;
    assert_eq!(platform.reset(&link, NEW_PASSWORD).await.status, 200);
    assert!(!is_marked(&platform).await);

    let platform = Platform::start().await;
    marked(&platform).await;
    let mailed = mailed_password(&platform, ANN).await;
    platform.signed_in(ANN, &mailed).await;
    assert!(!is_marked(&platform).await);

    let platform = Platform::start().await;
    marked(&platform).await;
    let local = &platform.local;
    let bootstrap = local.foundation.bootstrap(&local.secrets);
    let ann = EmailAddress::parse(ANN).expect("an address");
    let invited = bootstrap.expect("the keys").invite(&ann).await;
    invited.expect("an invitation");
    assert!(!is_marked(&platform).await);
}

#[tokio::test]
async fn a_wrong_or_refused_change_leaves_the_duty() {
    let platform = Platform::start().await;
    let user = marked(&platform).await;
    assert_eq!(change(&platform, user, WRONG, NEW_PASSWORD).await, REFUSED);
    assert_eq!(change(&platform, user, PASSWORD, ANN).await, TOO_COMMON);
    assert!(is_marked(&platform).await);
}

#[tokio::test]
async fn an_activation_code_is_void_after_a_change() {
    let platform = Platform::start().await;
    let user = platform.register_by_core(ANN, false).await.id;
    let (_, code) = rbac_code_in(&platform.deliver().await[0].text);
    let mailed = mailed_password(&platform, ANN).await;
    assert_eq!(change(&platform, user, &mailed, NEW_PASSWORD).await, DONE);
    assert_eq!(activate(&platform, &code).await.status, 400);
}

/// All at once; what each is told, in their order.
pub(super) async fn at_once<T: Send + 'static>(
    acts: Vec<impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let mut running = JoinSet::new();
    for (number, act) in acts.into_iter().enumerate() {
        running.spawn(async move { (number, act.await) });
    }
    let mut told = running.join_all().await;
    told.sort_by_key(|(number, _)| *number);
    told.into_iter().map(|(_, told)| told).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_right_changes_at_once_one_succeeds() {
    let platform = Platform::with_running_clock(&[("LIMITS", "off")]).await;
    let user = confirmed(&platform).await;
    let passwords: Vec<_> = (0..64)
        .map(|number| format!("{number} {NEW_PASSWORD}"))
        .collect();
    let changes = passwords.iter().cloned().map(|new| {
        let change = password_change(&platform);
        async move { ask(&change, Some(HOME), user, (PASSWORD, &new)).await }
    });
    let told = at_once(changes.collect()).await;
    let lawful = |told: &String| [DONE, REFUSED, LOCKED].contains(&&**told);
    assert!(told.iter().all(lawful), "{told:?}");
    let winners: Vec<_> = (0..64).filter(|number| told[*number] == DONE).collect();
    assert_eq!(winners.len(), 1, "{told:?}");
    for kind in ["user#", "email#"] {
        assert_eq!(only(&platform, kind).await["credential_version"], 2);
    }
    platform.clock.advance_seconds(3600);
    platform.signed_in(ANN, &passwords[winners[0]]).await;
}

fn tokens(answer: &Value) -> Session {
    let text = |name: &str| answer[name].as_str().expect("a token").to_owned();
    Session {
        access_token: text("accessToken"),
        refresh_token: text("refreshToken"),
        user: answer["user"].clone(),
    }
}

/// Changes the password beside what else is done.
fn changing(platform: &Platform, user: UserId) -> JoinSet<String> {
    let change = password_change(platform);
    let mut changing = JoinSet::new();
    changing.spawn(async move { ask(&change, None, user, (PASSWORD, NEW_PASSWORD)).await });
    changing
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_against_signing_in_leaves_no_session_of_the_old_password() {
    for _ in 0..8 {
        let platform = Platform::with_running_clock(&[("LIMITS", "off")]).await;
        let session = platform.new_session(ANN).await;
        let user = user_of(&platform, ANN).await;
        let logins = (0..4).map(|_| {
            let body = json!({ "email": ANN, "password": PASSWORD });
            platform.post(&v1("login")).json(&body).send()
        });
        let changing = changing(&platform, user);
        let answers = at_once(logins.collect()).await;
        assert_eq!(changing.join_all().await, [DONE]);
        for answer in answers {
            assert!([200, 401].contains(&answer.status), "{}", answer.whole());
            if answer.status == 200 {
                assert_ended(&platform, &tokens(&answer.json())).await;
            }
        }
        assert_ended(&platform, &session).await;
        platform.signed_in(ANN, NEW_PASSWORD).await;
    }
}

/// Reset and change of one password: whichever is first voids the other.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_against_a_mailed_link_sets_one_password() {
    for _ in 0..8 {
        let platform = Platform::with_running_clock(&[("LIMITS", "off")]).await;
        let user = confirmed(&platform).await;
        let link = mailed_link(&platform, ANN).await;
        let changing = changing(&platform, user);
        let third = "a third password for the quay";
        let reset = platform.reset(&link, third).await.status;
        let changed = changing.join_all().await;
        let password = match (&*changed[0], reset) {
            (DONE, 400) => NEW_PASSWORD,
            (REFUSED, 200) => third,
            other => panic!("{other:?}"),
        };
        assert_eq!(only(&platform, "user#").await["credential_version"], 2);
        platform.signed_in(ANN, password).await;
    }
}
