//! The same form many times at once.

use http::Method;

use super::{ANN, NEW_PASSWORD, value_in};
use crate::harness::{Answer, Browser, PASSWORD, Platform, Request, at_once};
use crate::security::factor::{account_with_authenticator, sessions};

const MANY: usize = 64;

/// With a clock that runs and without limits per client, which are not what is contested here.
async fn start() -> Platform {
    Platform::with_running_clock(&[("LIMITS", "off")]).await
}

/// The same form, so many times.
async fn forms(
    platform: &Platform,
    browser: &mut Browser,
    path: &str,
    fields: &[(&str, &str)],
) -> Vec<Request> {
    let mut forms = Vec::new();
    for _ in 0..MANY {
        forms.push(browser.form(platform, path, fields).await);
    }
    forms
}

/// How many were answered so, and that no other was with anything but this.
fn count(answers: &[Answer], won: (u16, &str), lost: &[u16]) -> usize {
    let is_won = |answer: &&Answer| {
        let location = answer.header("location").unwrap_or_default();
        (answer.status, location) == won
    };
    for answer in answers.iter().filter(|answer| !is_won(answer)) {
        assert!(lost.contains(&answer.status), "{}", answer.whole());
    }
    answers.iter().filter(is_won).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_code_opens_one_session() {
    let platform = start().await;
    let (authenticator, ..) = account_with_authenticator(&platform, ANN).await;
    let before = sessions(&platform).await;
    let code = authenticator.next_code(&platform);
    let mut browser = Browser::default();
    let page = browser.sign_in(&platform, ANN, PASSWORD).await;
    let challenge = value_in(&page, "challenge");
    let fields = [("challenge", &*challenge), ("code", &*code)];
    let forms = forms(&platform, &mut browser, "/sign-in/code", &fields).await;
    let answers = at_once(forms).await;
    assert_eq!(count(&answers, (303, "/account"), &[400]), 1);
    assert_eq!(sessions(&platform).await, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_link_moves_one_account_once() {
    let platform = start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let fields = [("email", "anna@example.org"), ("current", PASSWORD)];
    browser.submit(&platform, "/account/email", &fields).await;
    let mails = platform.deliver().await;
    let (_, code) = mails[0]
        .text
        .split_once("/confirm-email?code=")
        .expect("a link");
    let fields = [("code", code.split_whitespace().next().expect("a code"))];
    let forms = forms(&platform, &mut browser, "/confirm-email", &fields).await;
    let answers = at_once(forms).await;
    assert_eq!(count(&answers, (200, ""), &[400]), 1);
    assert_eq!(platform.deliver().await.len(), 1, "one notice");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_password_form_counts_and_its_session_goes_on() {
    let platform = start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let fields = [
        ("current", PASSWORD),
        ("password", NEW_PASSWORD),
        ("password2", NEW_PASSWORD),
    ];
    let forms = forms(&platform, &mut browser, "/account/password", &fields).await;
    let answers = at_once(forms).await;
    let changed = (303, "/account/security?done=password-changed");
    assert_eq!(count(&answers, changed, &[303, 400, 429]), 1);
    assert_eq!(platform.deliver().await.len(), 1, "one notice");
    assert_eq!(browser.get(&platform, "/account").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_registration_makes_one_account() {
    let platform = start().await;
    let mut browser = Browser::default();
    let mut spelled = Vec::new();
    for number in 0..MANY {
        let email = if number % 2 == 0 {
            ANN
        } else {
            "ANN@Example.com"
        };
        let fields = [("email", email), ("password", NEW_PASSWORD)];
        spelled.push(browser.form(&platform, "/sign-up", &fields).await);
    }
    let answers = at_once(spelled).await;
    assert_eq!(count(&answers, (200, ""), &[]), MANY);
    let users = platform.items("users").await;
    let accounts = users.iter().filter(|item| item.contains_key("email"));
    assert_eq!(accounts.count(), 1);
    let mails = platform.deliver().await;
    let confirmations = mails
        .iter()
        .filter(|mail| mail.text.contains("/activate?code="));
    assert_eq!(confirmations.count(), 1);
    assert!(mails.len() <= 2, "the pause between two mails holds");
}

#[tokio::test(flavor = "multi_thread")]
async fn attributes_that_are_set_at_once_are_all_kept() {
    let platform = start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let mut forms = Vec::new();
    for number in 0..MANY {
        let key = format!("key {number}");
        let fields = [("key", &*key), ("text", "x")];
        forms.push(
            browser
                .form(&platform, "/account/attributes", &fields)
                .await,
        );
    }
    let answers = at_once(forms).await;
    assert_eq!(count(&answers, (303, "/account?done=saved"), &[]), MANY);
    let held = platform.items("attributes").await[0]["entries"].clone();
    assert_eq!(held.as_object().map(serde_json::Map::len), Some(MANY));
    let page = platform.request(Method::GET, "/account");
    let page = browser.with_cookie(page).send().await;
    assert_eq!(
        page.body.matches("/account/attributes/remove").count(),
        MANY
    );
}
