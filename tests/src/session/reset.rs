//! Row 6: setting a new password with a mailed link.

use serde_json::json;
use shared::domain::{PasswordRule, UserId};

use super::{
    ANN, Link, NEW_PASSWORD, RESET, post, refusal, registered, reset_link, resetting, signed_in,
    signing_in, status_of,
};
use crate::harness::{PASSWORD, Platform};
use crate::user_service::expect_nothing_done;

const REFUSED: &str = "invalid token";
const NOBODY: &str = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
const SAMPLE: &str = "4ddb9c2e-e6c8-4cab-a46d-d3dd1a7a6a2b";

async fn start() -> (Platform, Link) {
    let platform = Platform::start().await;
    registered(&platform, ANN).await;
    platform.deliver().await;
    let link = reset_link(&platform, ANN).await;
    (platform, link)
}

#[tokio::test]
async fn a_token_sets_the_password_once_and_ends_all_sessions() {
    let platform = Platform::start().await;
    let held = registered(&platform, ANN).await;
    platform.deliver().await;
    let link = reset_link(&platform, ANN).await;
    let other = signed_in(&platform, ANN, PASSWORD).await;
    let answer = resetting(&platform, &link, NEW_PASSWORD).send().await;
    assert_eq!(answer.whole(), "204\n");
    assert_eq!(
        answer.header("set-cookie"),
        None,
        "nobody is signed in by it"
    );
    for held in [&held, &other] {
        assert_eq!(status_of(&platform, held).await, 401);
    }
    let again = resetting(&platform, &link, "another good password here")
        .send()
        .await;
    assert_eq!(again.whole(), refusal(500, REFUSED));
    let old = signing_in(&platform, ANN, PASSWORD).send().await;
    assert_eq!(old.status, 401);
    signed_in(&platform, ANN, NEW_PASSWORD).await;
}

/// The mail proves the address, so an account that has not confirmed it is confirmed by it.
#[tokio::test]
async fn a_reset_confirms_the_address() {
    let (platform, link) = start().await;
    assert_eq!(
        resetting(&platform, &link, NEW_PASSWORD)
            .send()
            .await
            .status,
        204
    );
    let answer = signing_in(&platform, ANN, NEW_PASSWORD).send().await;
    assert_eq!(answer.json()["status"], 1);
}

#[tokio::test]
async fn one_wrong_token_is_like_another() {
    let (platform, (id, token)) = start().await;
    registered(&platform, "ben@example.com").await;
    platform.deliver().await;
    let (of_ben, _) = reset_link(&platform, "ben@example.com").await;
    let before = platform.dump().await;
    let last = if token.ends_with('0') { '1' } else { '0' };
    let changed = format!("{}{last}", &token[..35]);
    let bare = token.replace('-', "");
    let long = "x".repeat(4000);
    for (id, token) in [
        (&*id, SAMPLE),
        (&id, &changed),
        (&id, &bare),
        (&id, &*format!("{{{token}}}")),
        (&id, &*format!("urn:uuid:{token}")),
        (&id, ""),
        (&id, "123456"),
        (&id, &long),
        (&of_ben, &token),
        (NOBODY, &token),
        ("", &token),
        ("5ce560da993911b1162fca9b", &token),
        (&*id.replace('-', ""), &token),
        (&long, &token),
    ] {
        for password in [NEW_PASSWORD, "weak"] {
            let body = json!({ "id": id, "token": token, "password": password });
            let answer = post(&platform, RESET, &body).send().await;
            assert_eq!(answer.whole(), refusal(500, REFUSED), "{id} {token}");
            assert_eq!(answer.header("retry-after"), None);
        }
    }
    expect_nothing_done(&platform, &before, "wrong tokens").await;
    let link = (id, token);
    assert_eq!(
        resetting(&platform, &link, NEW_PASSWORD)
            .send()
            .await
            .status,
        204
    );
}

#[tokio::test]
async fn a_refused_password_leaves_the_token_as_it_is() {
    let (platform, link) = start().await;
    let before = platform.dump().await;
    let long = "x".repeat(1025);
    for weak in ["", "short", "password1", ANN, &long] {
        let answer = resetting(&platform, &link, weak).send().await;
        assert_eq!(answer.status, 400, "{weak}: {}", answer.whole());
        assert_eq!(answer.json()["code"], 400);
    }
    expect_nothing_done(&platform, &before, "weak passwords").await;
    assert_eq!(
        resetting(&platform, &link, NEW_PASSWORD)
            .send()
            .await
            .status,
        204
    );
}

#[tokio::test]
async fn missing_fields_are_malformed() {
    let (platform, (id, token)) = start().await;
    let before = platform.dump().await;
    for (body, error) in [
        (json!({}), "id is required"),
        (json!({ "id": id, "token": token }), "password is required"),
        (
            json!({ "id": id, "password": NEW_PASSWORD }),
            "token is required",
        ),
        (
            json!({ "token": token, "password": NEW_PASSWORD }),
            "id is required",
        ),
        (
            json!({ "id": 7, "token": token, "password": NEW_PASSWORD }),
            "id is not valid",
        ),
        (
            json!({ "id": id, "token": null, "password": NEW_PASSWORD }),
            "token is required",
        ),
        (
            json!({ "id": id, "token": token, "password": {} }),
            "password is not valid",
        ),
        (
            json!({ "uid": id, "t": token, "password": NEW_PASSWORD }),
            "id is required",
        ),
    ] {
        let answer = post(&platform, RESET, &body).send().await;
        assert_eq!(answer.whole(), refusal(400, error), "{body}");
    }
    expect_nothing_done(&platform, &before, "malformed").await;
}

#[tokio::test]
async fn a_token_is_good_for_an_hour() {
    for (seconds, status) in [(3599, 204), (3600, 500)] {
        let (platform, link) = start().await;
        platform.clock.advance_seconds(seconds);
        let answer = resetting(&platform, &link, NEW_PASSWORD).send().await;
        assert_eq!(answer.status, status, "{seconds}: {}", answer.whole());
    }
}

#[tokio::test]
async fn a_newer_token_replaces_the_older() {
    let (platform, older) = start().await;
    let newer = reset_link(&platform, ANN).await;
    assert_ne!(older, newer);
    let answer = resetting(&platform, &older, NEW_PASSWORD).send().await;
    assert_eq!(answer.whole(), refusal(500, REFUSED));
    assert_eq!(
        resetting(&platform, &newer, NEW_PASSWORD)
            .send()
            .await
            .status,
        204
    );
}

#[tokio::test]
async fn fields_that_are_not_listed_change_nothing() {
    let (platform, (id, token)) = start().await;
    let body = json!({
        "id": id, "token": token, "password": NEW_PASSWORD,
        "login": "other@example.com", "status": 2, "suspended": true, "userRole": "root", "permissionLevel": 2,
    });
    assert_eq!(post(&platform, RESET, &body).send().await.status, 204);
    let answer = signing_in(&platform, ANN, NEW_PASSWORD).send().await;
    assert_eq!(
        (
            answer.json()["login"].as_str(),
            answer.json()["status"].as_u64()
        ),
        (Some(ANN), Some(1))
    );
    let users = platform.items("users").await;
    let account = users.iter().find(|item| item.contains_key("user_number"));
    let account = account.expect("the account");
    assert_eq!(account["permission_level"], 0);
    assert_eq!(account["suspended"], false);
}

/// Whichever page or dialect a link is used by, it is used once in all.
#[tokio::test]
async fn a_link_that_was_used_elsewhere_is_used_up() {
    let (platform, link) = start().await;
    let local = &platform.local;
    let passwords = local.foundation.passwords().expect("passwords");
    let recovery = local.foundation.recovery(&local.secrets, &passwords);
    let user = UserId::parse(&link.0).expect("an id");
    recovery
        .expect("the keys")
        .reset_password(user, &link.1, NEW_PASSWORD, PasswordRule::Plain)
        .await
        .expect("a live link");
    let again = resetting(&platform, &link, "another good password here");
    assert_eq!(again.send().await.whole(), refusal(500, REFUSED));
    signed_in(&platform, ANN, NEW_PASSWORD).await;
}
