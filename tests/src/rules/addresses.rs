//! Confirmed is not proved: what a mailed secret does for an account, and who may take an address over.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    ANN, DAY, NEW_PASSWORD, START_MS, activate, assert_ended, assert_lives, credential,
    mailed_link, mailed_password, only, register, set_confirmed, users_of_kind,
};
use crate::harness::{Fault, PASSWORD, Platform, code_in};

#[tokio::test]
async fn without_confirmation_an_account_is_confirmed_but_its_address_unproved() {
    let platform = Platform::with(&[("EMAIL_CONFIRMATION", "off")]).await;
    let user = platform.register(ANN).await;
    assert_eq!(user["confirmed"], true);
    assert_eq!(platform.items("outbox").await, []);
    assert_eq!(platform.deliver().await.len(), 0);
    let stored = only(&platform, "user#").await;
    assert_eq!(stored["confirmed"], true);
    assert!(!stored.contains_key("email_proved_at"), "{stored:?}");
    let held = credential(&platform, ANN).await;
    assert!(!held.contains_key("never_confirmed"), "{held:?}");
    platform.signed_in(ANN, PASSWORD).await;
}

#[tokio::test]
async fn activation_confirms_the_account_and_proves_its_address() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    let stored = only(&platform, "user#").await;
    assert_eq!(stored["confirmed"], false);
    assert!(!stored.contains_key("email_proved_at"));
    assert_eq!(credential(&platform, ANN).await["never_confirmed"], true);
    platform.clock.advance_seconds(60);
    let code = code_in(&platform.deliver().await[0].text);
    assert_eq!(activate(&platform, &code).await.status, 200);
    let stored = only(&platform, "user#").await;
    assert_eq!(stored["confirmed"], true);
    assert_eq!(stored["email_proved_at"], START_MS + 60_000);
    assert!(
        !credential(&platform, ANN)
            .await
            .contains_key("never_confirmed")
    );
}

#[tokio::test]
async fn a_mailed_secret_proves_the_address_of_an_account_that_needed_no_confirmation() {
    for by_link in [false, true] {
        let platform = Platform::with(&[("EMAIL_CONFIRMATION", "off")]).await;
        platform.register(ANN).await;
        platform.clock.advance_seconds(5);
        if by_link {
            let link = mailed_link(&platform, ANN).await;
            assert_eq!(platform.reset(&link, NEW_PASSWORD).await.status, 200);
        } else {
            let password = mailed_password(&platform, ANN).await;
            let stored = only(&platform, "user#").await;
            assert!(
                !stored.contains_key("email_proved_at"),
                "mailing proves nothing"
            );
            platform.signed_in(ANN, &password).await;
        }
        let stored = only(&platform, "user#").await;
        assert_eq!(stored["email_proved_at"], START_MS + 5_000);
    }
}

#[tokio::test]
async fn the_first_proof_of_an_address_keeps_its_time() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    platform.clock.advance_seconds(DAY);
    let password = mailed_password(&platform, ANN).await;
    platform.signed_in(ANN, &password).await;
    assert_eq!(only(&platform, "user#").await["email_proved_at"], START_MS);
}

#[tokio::test]
async fn an_unconfirmed_account_signs_in_with_a_mailed_password_only() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    let password = mailed_password(&platform, ANN).await;
    let refused = platform.login(ANN, PASSWORD).await;
    assert_eq!(
        refused.whole(),
        "400\n{\"error\":\"the account has not been activated\"}"
    );
    assert_eq!(platform.items("sessions").await, []);
    let session = platform.signed_in(ANN, &password).await;
    assert_eq!(session.user["confirmed"], true);
    let stored = only(&platform, "user#").await;
    assert_eq!(
        (&stored["confirmed"], &stored["email_proved_at"]),
        (&json!(true), &json!(START_MS))
    );
    assert!(
        !credential(&platform, ANN)
            .await
            .contains_key("never_confirmed")
    );
}

#[tokio::test]
async fn a_reset_link_confirms_an_unconfirmed_account() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    let link = mailed_link(&platform, ANN).await;
    assert_eq!(platform.reset(&link, NEW_PASSWORD).await.status, 200);
    let session = platform.signed_in(ANN, NEW_PASSWORD).await;
    assert_eq!(session.user["confirmed"], true);
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
    let stored = only(&platform, "user#").await;
    assert_eq!(stored["email_proved_at"], START_MS);
    assert!(
        !credential(&platform, ANN)
            .await
            .contains_key("never_confirmed")
    );
}

#[tokio::test]
async fn recovering_an_unconfirmed_account_ends_the_sessions_made_before() {
    for by_link in [false, true] {
        let platform = Platform::start().await;
        let session = platform.new_session(ANN).await;
        set_confirmed(&platform, false).await;
        assert_lives(&platform, &session).await;
        if by_link {
            let link = mailed_link(&platform, ANN).await;
            assert_lives(&platform, &session).await;
            assert_eq!(platform.reset(&link, NEW_PASSWORD).await.status, 200);
        } else {
            let password = mailed_password(&platform, ANN).await;
            assert_lives(&platform, &session).await;
            platform.signed_in(ANN, &password).await;
        }
        assert_ended(&platform, &session).await;
        assert_eq!(only(&platform, "user#").await["confirmed"], true);
    }
}

#[tokio::test]
async fn within_a_day_an_unconfirmed_account_keeps_its_address() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    platform.deliver().await;
    let before = platform.items("users").await;
    platform
        .clock
        .advance(SignedDuration::from_millis(DAY * 1000 - 1));
    let refused = register(&platform, ANN, NEW_PASSWORD).await;
    assert_eq!(
        refused.whole(),
        "400\n{\"error\":\"the e-mail address is already registered\"}"
    );
    assert_eq!(platform.items("users").await, before);
    assert_eq!(platform.items("outbox").await, []);
}

#[tokio::test]
async fn after_a_day_an_unconfirmed_account_gives_its_address_to_the_next() {
    let platform = Platform::start().await;
    let squatter = platform.register("Ann@Example.com").await;
    let old = only(&platform, "user#").await;
    // Mailed late, so that the old code would still be within its own day.
    platform.clock.advance_seconds(DAY / 2);
    let old_code = code_in(&platform.deliver().await[0].text);
    platform.clock.advance_seconds(DAY / 2);
    let answer = register(&platform, ANN, NEW_PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let owner = answer.json()["user"].clone();
    assert_ne!(owner["id"], squatter["id"]);
    assert_eq!(owner["confirmed"], false);

    let now_ms = START_MS + DAY * 1000;
    let tombstone = json!({
        "pk": old["pk"],
        "deleted_at": now_ms,
        "expires": (now_ms / 1000) + 30 * DAY,
    });
    let accounts = users_of_kind(&platform, "user#").await;
    assert!(
        accounts.iter().any(|item| json!(item) == tombstone),
        "{accounts:?}"
    );
    assert_eq!(accounts.len(), 2);
    let markers = users_of_kind(&platform, "number#").await;
    assert_eq!(markers.len(), 1, "{markers:?}");
    assert_eq!(markers[0]["pk"], format!("number#{}", owner["id"]));
    let held = credential(&platform, ANN).await;
    assert_eq!(held["user_id"], markers[0]["user_id"]);
    assert_eq!(held["created_at"], now_ms);
    let mut kinds: Vec<_> = platform
        .items("outbox")
        .await
        .iter()
        .map(|intent| intent["kind"].clone())
        .collect();
    kinds.sort_by_key(Value::to_string);
    assert_eq!(kinds, ["activation", "erase"]);

    assert_eq!(
        activate(&platform, &old_code).await.status,
        400,
        "the old code is dead"
    );
    assert_eq!(
        platform.login(ANN, PASSWORD).await.status,
        401,
        "so is the old password"
    );
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    let old_id = old["pk"].as_str().and_then(|pk| pk.strip_prefix("user#"));
    for table in ["attributes", "codes"] {
        let items = platform.items(table).await;
        assert_eq!(items.len(), 1, "{table}: {items:?}");
        assert_ne!(items[0]["user_id"].as_str(), old_id, "{table}");
    }
    assert_eq!(activate(&platform, &old_code).await.status, 400);
    assert_eq!(
        activate(&platform, &code_in(&mails[0].text)).await.status,
        200
    );
    platform.signed_in(ANN, NEW_PASSWORD).await;
}

#[tokio::test]
async fn a_recovery_asked_for_by_the_replaced_account_reaches_only_the_new_one() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    let old_link = mailed_link(&platform, ANN).await;
    platform.clock.advance_seconds(DAY);
    assert_eq!(register(&platform, ANN, NEW_PASSWORD).await.status, 200);
    assert_eq!(platform.reset(&old_link, PASSWORD).await.status, 400);
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
}

#[tokio::test]
async fn an_account_once_confirmed_is_never_replaced() {
    for confirmed_by in ["code", "mailed password", "link", "configuration"] {
        let confirmation = if confirmed_by == "configuration" {
            "off"
        } else {
            "on"
        };
        let platform = Platform::with(&[("EMAIL_CONFIRMATION", confirmation)]).await;
        platform.register(ANN).await;
        match confirmed_by {
            "code" => {
                let code = code_in(&platform.deliver().await[0].text);
                assert_eq!(activate(&platform, &code).await.status, 200);
            }
            "mailed password" => {
                let password = mailed_password(&platform, ANN).await;
                platform.signed_in(ANN, &password).await;
            }
            "link" => {
                let link = mailed_link(&platform, ANN).await;
                assert_eq!(platform.reset(&link, PASSWORD).await.status, 200);
            }
            _ => {}
        }
        set_confirmed(&platform, false).await;
        platform.clock.advance_seconds(1000 * DAY);
        let before = platform.items("users").await;
        let refused = register(&platform, ANN, NEW_PASSWORD).await;
        assert_eq!(refused.status, 400, "{confirmed_by}: {}", refused.body);
        assert_eq!(platform.items("users").await, before, "{confirmed_by}");
    }
}

#[tokio::test]
async fn the_owner_who_confirms_first_wins_against_a_replacement() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    platform.clock.advance_seconds(DAY);
    let code = code_in(&platform.deliver().await[0].text);
    platform.connector.forget();
    // The replacement has read the account and is about to write.
    platform
        .connector
        .inject_after(1, "TransactWriteItems", Fault::Held, 1);
    let replacing = register(&platform, ANN, NEW_PASSWORD);
    let confirming = async {
        platform.connector.begun("TransactWriteItems", 2).await;
        let activated = activate(&platform, &code).await;
        platform.connector.heal();
        activated
    };
    let (replaced, activated) = tokio::join!(replacing, confirming);
    assert_eq!((replaced.status, activated.status), (400, 200));
    platform.signed_in(ANN, PASSWORD).await;
    assert_eq!(users_of_kind(&platform, "number#").await.len(), 1);
}
