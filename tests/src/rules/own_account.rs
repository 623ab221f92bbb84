//! What the tests of one's own account have in common: who is signed in, and the services that act for them.

use std::fmt::Debug;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use shared::domain::{Dialect, Password};
use shared::error::{Error, Result};
use shared::service::{CurrentUser, Reauthenticated, Reauthentication};

use super::{credential, only, update_users};
use crate::harness::{Answer, PASSWORD, Platform, Session};

pub(super) const DONE: &str = "done";
pub(super) const REFUSED: &str = "wrong e-mail address or password";
pub(super) const LOCKED: &str = "too many attempts";
pub(super) const ENDED: &str = "the session has ended";

/// What the caller is told.
pub(super) fn told<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => DONE.to_owned(),
        Err(refused) => refused.to_string(),
    }
}

/// The same as a dialect would tell it, for a walk along the faults.
pub(super) fn answered<T: Debug>(result: &Result<T>) -> Answer {
    let mut headers = http::HeaderMap::new();
    let status = match result {
        Ok(_) => 200,
        Err(Error::BadCredentials | Error::SessionEnded) => 401,
        Err(Error::InvalidCode) => 400,
        Err(Error::Unavailable(_)) => {
            headers.insert("retry-after", http::HeaderValue::from_static("5"));
            503
        }
        Err(_) => 500,
    };
    Answer {
        status,
        headers,
        body: format!("{result:?}"),
        bytes: Vec::new(),
    }
}

pub(super) fn typed(password: &str) -> Password {
    Password::parse(password).expect("short enough")
}

/// Whose live session this is.
pub(super) async fn authorised(platform: &Platform, access_token: &str) -> Result<CurrentUser> {
    let sessions = platform.local.foundation.sessions().expect("the keys");
    sessions.authorise(access_token, Dialect::UserService).await
}

pub(super) async fn current(platform: &Platform, session: &Session) -> CurrentUser {
    let current = authorised(platform, &session.access_token).await;
    current.expect("a live session")
}

fn reauthentication(platform: &Platform) -> Reauthentication {
    let local = &platform.local;
    let passwords = local.foundation.passwords().expect("passwords");
    let made = local
        .foundation
        .reauthentication(&local.secrets, &passwords);
    made.expect("the keys")
}

/// Gives this as the caller's password.
pub(super) async fn prove(
    platform: &Platform,
    current: &CurrentUser,
    password: &str,
) -> Result<Reauthenticated> {
    let password = typed(password);
    reauthentication(platform)
        .prove(current, &password, None)
        .await
}

/// Proves the password that every test account has.
pub(super) async fn proven(platform: &Platform, session: &Session) -> Reauthenticated {
    let current = current(platform, session).await;
    let proven = prove(platform, &current, PASSWORD).await;
    proven.expect("the right password")
}

/// Gives the one account an authenticator, as if it had been bound, without ending anything.
pub(super) async fn give_authenticator(platform: &Platform, email: &str) {
    let account = only(platform, "user#").await;
    let method = AttributeValue::S("authenticator".to_owned());
    let expression = "SET second_factor = :value";
    update_users(platform, &account["pk"], expression, method).await;
    let held = credential(platform, email).await;
    for (field, value) in [
        ("totp_seed", AttributeValue::B(Blob::new([1; 36]))),
        ("totp_step", AttributeValue::N("58907520".to_owned())),
        (
            "recovery_codes",
            AttributeValue::Bs(vec![Blob::new([7; 16])]),
        ),
    ] {
        let expression = format!("SET {field} = :value");
        update_users(platform, &held["pk"], &expression, value).await;
    }
}
