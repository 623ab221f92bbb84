//! What reaches a log of the pages: no password, code, seed, cookie, token of a form or address.

use super::{BOB, value_in};
use crate::harness::{Browser, Fault, Platform, code_in};
use crate::logs::{Listening, Log};
use crate::security::factor::Authenticator;

const EMAIL: &str = "canary-address@example.com";
const MOVED: &str = "canary-moved@example.com";
const PASSWORD: &str = "canary password of the owner";
const NEW_PASSWORD: &str = "another canary for the owner";

/// Signs up and in, well and badly; what must not be told.
async fn enter(platform: &Platform, browser: &mut Browser) -> Vec<String> {
    let sign_up = [
        ("email", EMAIL),
        ("password", PASSWORD),
        ("first_name", "canary-name"),
        ("last_name", "canary"),
    ];
    browser.submit(platform, "/sign-up", &sign_up).await;
    browser.submit(platform, "/sign-up", &sign_up).await;
    let mut secrets = vec![browser.form_token(platform).await];
    secrets.extend(browser.cookie.clone());
    let code = code_in(&platform.deliver().await[0].text);
    let link = format!("/activate?code={code}");
    browser.get(platform, &link).await;
    for _ in 0..2 {
        let fields = [("code", &*code)];
        browser.submit(platform, "/activate", &fields).await;
    }
    secrets.push(code);
    browser
        .get(platform, "/sign-in?next=canary&done=canary")
        .await;
    browser
        .sign_in(platform, EMAIL, "canary of a guesser")
        .await;
    browser.sign_in(platform, "canary", PASSWORD).await;
    let refused = Fault::AccessDenied;
    platform.connector.inject("PutItem sessions", refused, 1);
    let out = browser.sign_in(platform, EMAIL, PASSWORD).await;
    assert_eq!(out.status, 503);
    let entered = browser.sign_in(platform, EMAIL, PASSWORD).await;
    assert_eq!(entered.status, 303);
    secrets.extend(browser.cookie.clone());
    secrets.push(browser.form_token(platform).await);
    secrets
}

/// Changes what the profile page shows, also from elsewhere.
async fn change_profile(platform: &Platform, browser: &mut Browser) {
    let profile = [("first_name", "canary"), ("language", "en")];
    browser.submit(platform, "/account/profile", &profile).await;
    let path = "/account/attributes";
    let attribute = [("key", "canary-key"), ("text", "canary-text")];
    browser.submit(platform, path, &attribute).await;
    let form = browser.form(platform, path, &attribute).await;
    let form = form.header("origin", "https://canary.example");
    form.send().await;
    let foreign = platform.post(path).header("sec-fetch-site", "cross-site");
    let foreign = browser.with_cookie(foreign).bare_form(&attribute);
    assert_eq!(foreign.send().await.status, 400);
}

/// Binds an authenticator, signs in by it and takes it off; what must not be told.
async fn use_authenticator(platform: &Platform, browser: &mut Browser) -> Vec<String> {
    let page = browser
        .submit(platform, "/account/authenticator", &[])
        .await;
    let secret = value_in(&page, "secret");
    let authenticator = Authenticator::holding(&secret);
    let path = "/account/authenticator/confirm";
    let wrong = [("secret", &*secret), ("code", "canary")];
    browser.submit(platform, path, &wrong).await;
    let code = authenticator.code(platform);
    let right = [("secret", &*secret), ("code", &*code)];
    let bound = browser.submit(platform, path, &right).await;
    let recovery = bound.body.split("<li><code>").skip(1);
    let recovery = recovery.filter_map(|rest| rest.split('<').next());
    let mut secrets: Vec<_> = recovery.map(str::to_owned).collect();
    assert_eq!(secrets.len(), 10);
    platform.clock.advance_seconds(900);
    let mut other = Browser::default();
    let page = other.sign_in(platform, EMAIL, PASSWORD).await;
    let challenge = value_in(&page, "challenge");
    let shown = authenticator.code(platform);
    let answer = [("challenge", &*challenge), ("code", &*shown)];
    let entered = other.submit(platform, "/sign-in/code", &answer).await;
    assert_eq!(entered.status, 303);
    secrets.extend(other.cookie.clone());
    let code = authenticator.next_code(platform);
    let remove = [("current", PASSWORD), ("code", &*code)];
    let path = "/account/authenticator/remove";
    let removed = browser.submit(platform, path, &remove).await;
    assert_eq!(removed.status, 303);
    // Six digits may be part of any number: as a word of their own they are a code.
    secrets.extend([secret, challenge, format!("\"{shown}\"")]);
    secrets
}

/// Changes password and address and deletes the account; what must not be told.
async fn leave(platform: &Platform, browser: &mut Browser) -> Vec<String> {
    let change = [
        ("current", PASSWORD),
        ("password", NEW_PASSWORD),
        ("password2", NEW_PASSWORD),
    ];
    for _ in 0..2 {
        browser.submit(platform, "/account/password", &change).await;
    }
    platform.deliver().await;
    let email = [("email", MOVED), ("current", NEW_PASSWORD)];
    browser.submit(platform, "/account/email", &email).await;
    let mails = platform.deliver().await;
    let (_, code) = mails[0]
        .text
        .split_once("/confirm-email?code=")
        .expect("a link");
    let code = code.split_whitespace().next().expect("a code");
    let link = format!("/confirm-email?code={code}");
    browser.get(platform, &link).await;
    for _ in 0..2 {
        let fields = [("code", code)];
        browser.submit(platform, "/confirm-email", &fields).await;
    }
    browser.cookie = None;
    let entered = browser.sign_in(platform, MOVED, NEW_PASSWORD).await;
    assert_eq!(entered.status, 303);
    let mut secrets = vec![code.to_owned()];
    secrets.extend(browser.cookie.clone());
    browser.get(platform, "/account/sessions?done=canary").await;
    let end = [("session", "canary")];
    browser
        .submit(platform, "/account/sessions/end", &end)
        .await;
    let delete = [("current", NEW_PASSWORD)];
    let gone = browser.submit(platform, "/account/delete", &delete).await;
    assert_eq!(gone.status, 303);
    browser.sign_in(platform, BOB, "canary").await;
    platform.deliver().await;
    secrets
}

#[tokio::test]
async fn no_log_holds_what_the_pages_are_told() {
    let log = Log::default();
    let guard = Listening::at("trace", &log);
    let platform = Platform::with(&[("LOG_LEVEL", "trace")]).await;
    let mut secrets: Vec<String> = ["canary", EMAIL, MOVED, PASSWORD, NEW_PASSWORD]
        .map(str::to_owned)
        .into();
    let mut browser = Browser::default();
    secrets.extend(enter(&platform, &mut browser).await);
    change_profile(&platform, &mut browser).await;
    secrets.extend(use_authenticator(&platform, &mut browser).await);
    secrets.extend(leave(&platform, &mut browser).await);
    drop(guard);
    let log = log.text() + &platform.log();
    for event in [
        "registered",
        "signed-in",
        "password-changed",
        "email-changed",
        "second-factor-bound",
        "second-factor-removed",
        "deleted",
    ] {
        assert!(log.contains(event), "{event:?} is not logged:\n{log}");
    }
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "{secret:?} is logged");
    }
}
