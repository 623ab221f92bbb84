//! Proving the password again: no second place to guess, and what it is proof of.

use serde_json::json;

use super::own_account::{
    self, DONE, ENDED, LOCKED, REFUSED, current, give_authenticator, proven, told,
};
use super::{
    ANN, ELSEWHERE, WRONG, assert_ended, assert_lives, credential, lock, login_from,
    mailed_password, only, raise_version, users_of_kind,
};
use crate::harness::{PASSWORD, Platform, Session};

/// Gives this as the password of who is signed in; what the caller is told.
async fn prove(platform: &Platform, session: &Session, password: &str) -> String {
    let current = current(platform, session).await;
    told(own_account::prove(platform, &current, password).await)
}

#[tokio::test]
async fn the_right_password_proves_who_is_signed_in_and_forgets_the_failures() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let account = only(&platform, "user#").await;
    for _ in 0..3 {
        assert_eq!(prove(&platform, &session, WRONG).await, REFUSED);
    }
    assert_eq!(credential(&platform, ANN).await["failures"], 3);
    let proof = proven(&platform, &session).await;
    assert_eq!(proof.current().user().email.canonical(), ANN);
    assert_eq!(proof.current().user().credential_version, 1);
    let held = credential(&platform, ANN).await;
    assert_eq!(
        (&held["failures"], &held["failures_in_a_row"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(only(&platform, "user#").await, account);
    assert_eq!(platform.items("outbox").await, []);
    assert_lives(&platform, &session).await;
}

#[tokio::test]
async fn wrong_passwords_lock_the_sign_in_and_wrong_sign_ins_the_proof() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    lock(&platform, ELSEWHERE, ANN).await;
    let before = platform.dump().await;
    assert_eq!(prove(&platform, &session, PASSWORD).await, LOCKED);
    assert_eq!(platform.dump().await, before);
    platform.clock.advance_seconds(8);
    assert_eq!(prove(&platform, &session, WRONG).await, REFUSED);
    assert_eq!(credential(&platform, ANN).await["failures"], 9);
    let stranger = login_from(&platform, ELSEWHERE, ANN, PASSWORD).await;
    assert_eq!(stranger.status, 429);
    platform.clock.advance_seconds(16);
    assert_eq!(prove(&platform, &session, PASSWORD).await, DONE);
    platform.signed_in(ANN, PASSWORD).await;
}

#[tokio::test]
async fn an_account_with_a_second_factor_keeps_its_failures() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    give_authenticator(&platform, ANN).await;
    assert_eq!(prove(&platform, &session, WRONG).await, REFUSED);
    assert_eq!(prove(&platform, &session, PASSWORD).await, DONE);
    assert_eq!(credential(&platform, ANN).await["failures"], 2);
}

#[tokio::test]
async fn what_ended_the_sessions_meanwhile_refuses_the_proof() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let current = current(&platform, &session).await;
    raise_version(&platform).await;
    let proven = own_account::prove(&platform, &current, PASSWORD).await;
    assert_eq!(told(proven), ENDED);
}

#[tokio::test]
async fn a_mailed_password_becomes_the_password_and_ends_the_session() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let mailed = mailed_password(&platform, ANN).await;
    assert_eq!(prove(&platform, &session, &mailed).await, ENDED);
    assert_ended(&platform, &session).await;
    platform.signed_in(ANN, &mailed).await;
}

#[tokio::test]
async fn who_has_taken_the_address_over_is_somebody_else() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let former = current(&platform, &session).await;
    let proof = proven(&platform, &session).await;
    let accounts = platform.local.foundation.accounts();
    accounts.delete_proven(&proof).await.expect("a deletion");
    platform.deliver().await;
    platform.register_confirmed(ANN).await;
    let before = users_of_kind(&platform, "user#").await;
    let proven = own_account::prove(&platform, &former, PASSWORD).await;
    assert_eq!(told(proven), REFUSED);
    assert_eq!(users_of_kind(&platform, "user#").await, before);
}

#[tokio::test]
async fn a_proof_deletes_the_account() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let proof = proven(&platform, &session).await;
    let accounts = platform.local.foundation.accounts();
    assert_eq!(told(accounts.delete_proven(&proof).await), DONE);
    assert!(only(&platform, "user#").await.contains_key("deleted_at"));
    assert_ended(&platform, &session).await;
    assert_eq!(platform.deliver().await.len(), 0, "no mail");
    assert_eq!(platform.items("sessions").await, []);
    assert_eq!(told(accounts.delete_proven(&proof).await), ENDED);
}

#[tokio::test]
async fn a_proof_of_before_a_change_deletes_nothing() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let proof = proven(&platform, &session).await;
    raise_version(&platform).await;
    let before = platform.dump().await;
    let accounts = platform.local.foundation.accounts();
    assert_eq!(told(accounts.delete_proven(&proof).await), ENDED);
    assert_eq!(platform.dump().await, before);
    platform.signed_in(ANN, PASSWORD).await;
}
