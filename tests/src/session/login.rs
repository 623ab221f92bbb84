//! Row 2: signing in.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{
    ANN, LOGIN, NEW_PASSWORD, WRONG, attributes_in, check, confirmation, confirming, held_by, post,
    refusal, registered, sessions, signed_in, signing_in, status_of, without_id,
};
use crate::harness::{PASSWORD, Platform};
use crate::user_service::{expect_nothing_done, set_on_account};

const REFUSED: &str = "wrong e-mail address or password";

#[tokio::test]
async fn the_right_password_opens_a_session_that_a_cookie_holds() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let answer = signing_in(&platform, " ANN@Example.com ", PASSWORD)
        .send()
        .await;
    assert_snapshot!(without_id(&answer), @r#"
    200
    {"id":"[id]","login":"ann@example.com","firstName":"","lastName":"","status":1}
    "#);
    let held = held_by(&answer);
    assert_eq!(
        attributes_in(&answer),
        "Path=/; Max-Age=2592000; Secure; HttpOnly; SameSite=Lax"
    );
    assert_eq!(status_of(&platform, &held).await, 200);
    let mut session = platform.items("sessions").await.remove(0);
    let digest = session.remove("cookie").expect("a digest");
    assert_eq!(digest.as_str().map(str::len), Some(64));
    assert_eq!(session["dialect"], "session");
    assert!(!platform.dump().await.contains(&held[43..]));
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn an_address_need_not_be_confirmed() {
    let platform = Platform::start().await;
    let link = confirmation(&platform, ANN).await;
    let unconfirmed = signing_in(&platform, ANN, PASSWORD).send().await;
    assert_eq!(unconfirmed.json()["status"], 0);
    let held = held_by(&unconfirmed);
    assert_eq!(confirming(&platform, &link).send().await.status, 204);
    assert_eq!(
        signing_in(&platform, ANN, PASSWORD).send().await.json()["status"],
        1
    );
    let user = check(&platform, &held).send().await.json();
    assert_eq!(user["status"], 1, "confirming ends no session");
}

#[tokio::test]
async fn whatever_keeps_an_account_out_is_answered_alike() {
    let platform = Platform::start().await;
    platform.register_confirmed("known@example.com").await;
    platform.register_confirmed("suspended@example.com").await;
    platform.register("unconfirmed@example.com").await;
    set_on_account(&platform, 2, "suspended", true).await;
    let mut seen = Vec::new();
    for (login, password) in [
        ("known@example.com", WRONG),
        ("unknown@example.com", PASSWORD),
        ("unconfirmed@example.com", WRONG),
        ("suspended@example.com", WRONG),
        ("suspended@example.com", PASSWORD),
        ("no address", PASSWORD),
        ("", PASSWORD),
    ] {
        let answer = signing_in(&platform, login, password).send().await;
        assert_eq!(answer.whole(), refusal(401, REFUSED), "{login}");
        let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        names.sort();
        seen.push(names);
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(
        seen[0].iter().filter(|name| *name == "set-cookie").count(),
        0
    );
    assert_eq!(sessions(&platform).await, 0);
    assert_eq!(platform.deliver().await.len(), 1, "the confirmation alone");
}

#[tokio::test]
async fn missing_fields_and_passwords_of_no_size_are_malformed() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let before = platform.dump().await;
    for (body, error) in [
        (json!({}), "password is required"),
        (json!({ "login": ANN }), "password is required"),
        (json!({ "password": PASSWORD }), "login is required"),
        (
            json!({ "login": null, "password": PASSWORD }),
            "login is required",
        ),
        (
            json!({ "login": 7, "password": PASSWORD }),
            "login is not valid",
        ),
        (
            json!({ "login": ANN, "password": [PASSWORD] }),
            "password is not valid",
        ),
        (
            json!({ "login": ANN, "password": "x".repeat(1025) }),
            "password is not valid",
        ),
        (
            json!({ "login": ANN, "password": PASSWORD, "otp": 123_456 }),
            "otp is not valid",
        ),
    ] {
        let answer = post(&platform, LOGIN, &body).send().await;
        assert_eq!(answer.whole(), refusal(400, error), "{body}");
    }
    expect_nothing_done(&platform, &before, "malformed").await;
}

#[tokio::test]
async fn each_sign_in_opens_a_session_of_its_own() {
    let platform = Platform::start().await;
    let first = registered(&platform, ANN).await;
    let second = signed_in(&platform, ANN, PASSWORD).await;
    let third = signed_in(&platform, ANN, PASSWORD).await;
    assert!(first != second && second != third);
    assert!(first[..21] == second[..21], "the user's id stands first");
    assert_ne!(first[22..43], second[22..43], "each session has its own");
    for held in [&first, &second, &third] {
        assert_eq!(status_of(&platform, held).await, 200);
    }
    assert_eq!(sessions(&platform).await, 3);
}

/// Whoever had the old cookie, or planted it, is not signed in by what its bearer does next (session fixation).
#[tokio::test]
async fn the_session_of_a_cookie_that_comes_along_ends() {
    let platform = Platform::start().await;
    let of_ben = registered(&platform, "ben@example.com").await;
    let own = registered(&platform, ANN).await;
    let other = signed_in(&platform, ANN, PASSWORD).await;
    for old in [&own, &of_ben] {
        let wrong = signing_in(&platform, ANN, WRONG).header("cookie", &format!("sid={old}"));
        assert_eq!(wrong.send().await.status, 401);
        assert_eq!(
            status_of(&platform, old).await,
            200,
            "only a success ends it"
        );
        let right = signing_in(&platform, ANN, PASSWORD).header("cookie", &format!("sid={old}"));
        let new = held_by(&right.send().await);
        assert_ne!(&new, old);
        assert_eq!(status_of(&platform, old).await, 401);
        assert_eq!(status_of(&platform, &new).await, 200);
    }
    assert_eq!(status_of(&platform, &other).await, 200, "no other ends");
    let forged = format!("sid={}{}", &other[..43], "A".repeat(43));
    let forged = signing_in(&platform, ANN, PASSWORD).header("cookie", &forged);
    assert_eq!(forged.send().await.status, 200);
    assert_eq!(
        status_of(&platform, &other).await,
        200,
        "nor one that is but named"
    );
}

#[tokio::test]
async fn an_account_of_any_dialect_signs_in_and_into_every_other() {
    let platform = Platform::start().await;
    platform.register_confirmed("of-000@example.com").await;
    platform.register_by_core("of-002@example.com", false).await;
    registered(&platform, "of-003@example.com").await;
    for mail in platform.deliver().await {
        if mail.text.contains("/confirm?") {
            let link = super::confirmation_in(&mail.text);
            assert_eq!(confirming(&platform, &link).send().await.status, 204);
        }
    }
    for (login, status) in [
        ("of-000@example.com", 1),
        ("of-002@example.com", 0),
        ("of-003@example.com", 1),
    ] {
        let answer = signing_in(&platform, login, PASSWORD).send().await;
        assert_eq!(answer.json()["status"], status, "{login}");
        assert_eq!(
            status_of(&platform, &held_by(&answer)).await,
            200,
            "{login}"
        );
    }
    platform.signed_in("of-003@example.com", PASSWORD).await;
    platform.rbac_token("of-003@example.com").await;
    platform.security_token("of-003@example.com").await;
}

#[tokio::test]
async fn too_many_failures_lock_the_account_for_a_while() {
    let platform = Platform::start().await;
    registered(&platform, ANN).await;
    for _ in 0..6 {
        signing_in(&platform, ANN, WRONG).send().await;
    }
    let locked = signing_in(&platform, ANN, PASSWORD)
        .from("203.0.113.9")
        .send()
        .await;
    assert_eq!(locked.status, 429, "{}", locked.body);
    let body: Value = locked.json();
    assert_eq!(body, json!({ "code": 429, "error": "too many attempts" }));
    assert!(locked.header("retry-after").is_some());
    assert_eq!(locked.header("set-cookie"), None);
}

#[tokio::test]
async fn a_password_that_was_replaced_opens_nothing() {
    let platform = Platform::start().await;
    registered(&platform, ANN).await;
    let link = super::reset_link(&platform, ANN).await;
    let done = super::resetting(&platform, &link, NEW_PASSWORD)
        .send()
        .await;
    assert_eq!(done.whole(), "204\n");
    let old = signing_in(&platform, ANN, PASSWORD).send().await;
    assert_eq!(old.whole(), refusal(401, REFUSED));
    signed_in(&platform, ANN, NEW_PASSWORD).await;
}
