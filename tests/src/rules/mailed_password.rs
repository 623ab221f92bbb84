//! The mailed password beside the hash.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde_json::json;

use super::{
    ANN, ELSEWHERE, assert_ended, assert_lives, credential, lock, mailed_password, proofs,
};
use crate::harness::{Fault, PASSWORD, Platform};

#[tokio::test]
async fn a_mailed_password_is_stored_as_a_keyed_digest_only() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let password = mailed_password(&platform, ANN).await;
    let held = credential(&platform, ANN).await;
    assert_eq!(held["mailed_digest"].as_str().map(str::len), Some(64));
    let bare = digest(&SHA256, password.as_bytes());
    let bytes = data_encoding::BASE32_NOPAD
        .decode(password[..24].to_uppercase().as_bytes())
        .expect("base32");
    let dump = platform.dump().await;
    for (what, secret) in [
        ("the password", password.clone()),
        ("in hex", HEXLOWER.encode(password.as_bytes())),
        ("in base64", BASE64URL_NOPAD.encode(password.as_bytes())),
        ("its bytes", HEXLOWER.encode(&bytes)),
        ("its digest", HEXLOWER.encode(bare.as_ref())),
        (
            "its digest in base64",
            BASE64URL_NOPAD.encode(bare.as_ref()),
        ),
    ] {
        assert!(!dump.contains(&secret), "{what} is stored");
    }
}

#[tokio::test]
async fn a_mailed_password_dies_after_an_hour() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let password = mailed_password(&platform, ANN).await;
    platform.clock.advance_seconds(3600);
    assert_eq!(platform.login(ANN, &password).await.status, 401);
    platform.signed_in(ANN, PASSWORD).await;
    let password = mailed_password(&platform, ANN).await;
    platform.clock.advance_seconds(3599);
    platform.signed_in(ANN, &password).await;
}

#[tokio::test]
async fn its_first_use_makes_a_mailed_password_the_password() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let password = mailed_password(&platform, ANN).await;
    platform.signed_in(ANN, PASSWORD).await;
    assert_lives(&platform, &session).await;
    let before = credential(&platform, ANN).await;
    platform.signed_in(ANN, &password).await;
    let after = credential(&platform, ANN).await;
    let hash = after["password_hash"].as_str().expect("a hash");
    assert!(hash.starts_with("$argon2id$"), "{hash}");
    assert_ne!(after["password_hash"], before["password_hash"]);
    for member in [
        "mailed_digest",
        "mailed_intent",
        "mailed_expires",
        "mailed_key_version",
    ] {
        assert!(
            before.contains_key(member) && !after.contains_key(member),
            "{member}"
        );
    }
    assert_ended(&platform, &session).await;
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
    platform.clock.advance_seconds(2 * 3600);
    platform.signed_in(ANN, &password).await;
}

#[tokio::test]
async fn a_mailed_password_passes_a_locked_account() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let password = mailed_password(&platform, ANN).await;
    lock(&platform, ELSEWHERE, ANN).await;
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 429);
    platform.signed_in(ANN, &password).await;
    let held = credential(&platform, ANN).await;
    assert_eq!(
        (&held["failures"], &held["failures_in_a_row"]),
        (&json!(0), &json!(0))
    );
    platform.signed_in(ANN, &password).await;
}

#[tokio::test]
async fn an_expired_mailed_password_passes_no_lock() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let password = mailed_password(&platform, ANN).await;
    platform.clock.advance_seconds(3600);
    lock(&platform, ELSEWHERE, ANN).await;
    assert_eq!(platform.login(ANN, &password).await.status, 429);
}

#[tokio::test]
async fn whoever_comes_second_with_a_mailed_password_finds_it_to_be_the_password() {
    const USED: &str = "TransactWriteItems users";
    for number in 0..6 {
        let platform = Platform::start().await;
        platform.register_confirmed(ANN).await;
        // Functions that have started are fast enough to come first.
        let warm = || platform.signed_in(ANN, PASSWORD);
        tokio::join!(warm(), warm());
        let password = mailed_password(&platform, ANN).await;
        let second = proofs(&platform, &password).await.into_iter().nth(number);
        let second = second.expect("a request");
        platform.connector.forget();
        platform.connector.inject(USED, Fault::Held, 1);
        let (second, ()) = tokio::join!(second.send(), async {
            platform.connector.begun(USED, 1).await;
            platform.signed_in(ANN, &password).await;
            platform.connector.heal();
        });
        assert_eq!(second.status, 200, "{number}: {}", second.whole());
        assert!(
            !credential(&platform, ANN)
                .await
                .contains_key("mailed_digest")
        );
    }
}
