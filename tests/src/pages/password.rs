//! Changing the password on the security page.

use super::{ANN, Elsewhere, NEW_PASSWORD, TO_SIGN_IN, WRONG, led, said};
use crate::harness::{Answer, Browser, PASSWORD, Platform};
use crate::user_service::expect_nothing_done;

const PAGE: &str = "Security\nHow you sign in, and how you get back in.";
const WRONG_PASSWORD: &str = "The present password is wrong. Please try again.";

async fn change(platform: &Platform, browser: &mut Browser, typed: [&str; 3]) -> Answer {
    let [current, password, again] = typed;
    let fields = [
        ("current", current),
        ("password", password),
        ("password2", again),
    ];
    browser.submit(platform, "/account/password", &fields).await
}

#[tokio::test]
async fn a_change_ends_all_sessions_but_ones_own_and_tells_the_owner() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let elsewhere = Elsewhere::signed_in(&platform).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let cookie = browser.cookie.clone();
    let typed = [PASSWORD, NEW_PASSWORD, NEW_PASSWORD];
    let changed = change(&platform, &mut browser, typed).await;
    assert_eq!(led(&changed), "303 /account/security?done=password-changed");
    assert_eq!(changed.header("set-cookie"), None);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [ANN]);
    assert_eq!(mails[0].subject, "Gatehouse: Your password was changed");
    elsewhere.expect_ended(&platform).await;
    assert_eq!(browser.cookie, cookie);
    let page = browser
        .get(&platform, "/account/security?done=password-changed")
        .await;
    assert_eq!(
        said(&page),
        format!("200\n{PAGE}\nYour password is changed. You are signed out everywhere else.")
    );
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
    platform.signed_in(ANN, NEW_PASSWORD).await;
    platform.clock.advance_seconds(super::DAY);
    assert_eq!(browser.get(&platform, "/account").await.status, 200);
}

#[tokio::test]
async fn a_wrong_present_password_changes_nothing_and_counts_as_a_guess() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let elsewhere = Elsewhere::signed_in(&platform).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let long = "x".repeat(1025);
    let before = platform.dump().await;
    let refused = change(&platform, &mut browser, [&long, NEW_PASSWORD, NEW_PASSWORD]).await;
    assert_eq!(said(&refused), format!("400\n{PAGE}\n{WRONG_PASSWORD}"));
    expect_nothing_done(&platform, &before, "an endless password").await;
    let wrong = [WRONG, NEW_PASSWORD, NEW_PASSWORD];
    let refused = change(&platform, &mut browser, wrong).await;
    assert_eq!(said(&refused), format!("400\n{PAGE}\n{WRONG_PASSWORD}"));
    assert!(!refused.body.contains(WRONG) && !refused.body.contains(NEW_PASSWORD));
    let mut tries = 1;
    while change(&platform, &mut browser, wrong).await.status != 429 {
        tries += 1;
        assert!(tries < 16, "a known place may fail as often again");
    }
    let right = [PASSWORD, NEW_PASSWORD, NEW_PASSWORD];
    let locked = change(&platform, &mut browser, right).await;
    assert_eq!(locked.status, 429);
    assert!(locked.header("retry-after").is_some());
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 429);
    assert_eq!(platform.deliver().await.len(), 0);
    elsewhere.expect_alive(&platform).await;
    platform.clock.advance_seconds(900);
    platform.signed_in(ANN, PASSWORD).await;
}

#[tokio::test]
async fn a_new_password_that_is_not_taken_changes_nothing() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let before = platform.dump().await;
    let long = "x".repeat(1025);
    for (new, again, told) in [
        (
            NEW_PASSWORD,
            PASSWORD,
            "The two passwords differ. Please enter the same one twice.",
        ),
        (
            "short",
            "short",
            "This password is too short. Please use at least 8 characters.",
        ),
        (
            "password",
            "password",
            "This password is too easy to guess. Please choose another one.",
        ),
        (
            ANN,
            ANN,
            "This password is too easy to guess. Please choose another one.",
        ),
        (
            PASSWORD,
            PASSWORD,
            "This is your present password. Please choose another one.",
        ),
        (
            &long,
            &long,
            "This password is too long. Please choose a shorter one.",
        ),
    ] {
        let refused = change(&platform, &mut browser, [PASSWORD, new, again]).await;
        assert_eq!(said(&refused), format!("400\n{PAGE}\n{told}"));
    }
    for missing in ["current", "password", "password2"] {
        let all = [
            ("current", PASSWORD),
            ("password", NEW_PASSWORD),
            ("password2", NEW_PASSWORD),
        ];
        let fields: Vec<_> = all
            .into_iter()
            .filter(|(name, _)| *name != missing)
            .collect();
        let refused = browser
            .submit(&platform, "/account/password", &fields)
            .await;
        assert_eq!(refused.status, 400, "{missing}");
    }
    expect_nothing_done(&platform, &before, "bad passwords").await;
}

#[tokio::test]
async fn a_session_that_another_change_has_ended_signs_in_first() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let mut other = Browser::signed_in(&platform, ANN).await;
    let form = [
        ("current", PASSWORD),
        ("password", "a third of the lanterns"),
        ("password2", "a third of the lanterns"),
    ];
    let form = other.form(&platform, "/account/password", &form).await;
    let typed = [PASSWORD, NEW_PASSWORD, NEW_PASSWORD];
    assert_eq!(change(&platform, &mut browser, typed).await.status, 303);
    platform.deliver().await;
    let before = platform.dump().await;
    assert_eq!(led(&form.send().await), TO_SIGN_IN);
    expect_nothing_done(&platform, &before, "a session that has ended").await;
}
