//! Binding an authenticator on the security page, and taking it off.

use super::{ANN, Elsewhere, WRONG, led, said, value_in};
use crate::harness::{Answer, Browser, PASSWORD, Platform};
use crate::security::factor::{Authenticator, credential};
use crate::user_service::expect_nothing_done;

const PAGE: &str = "Security\nHow you sign in, and how you get back in.";
const SET_UP: &str = "Set up an authenticator app\nScan this picture with your authenticator app. Then enter the code that it shows.";
const CODES: &str = "200\nKeep these recovery codes\nEach of them replaces your authenticator app once. Print them or keep them in a safe place: we cannot show them again.";
const WRONG_CODE: &str = "This code is not right, or it was used before. Please enter a new one.";
const ON: &str = "303 /account/security?done=authenticator-on";
const OFF: &str = "303 /account/security?done=authenticator-off";
const BEGIN: &str = "/account/authenticator";
const CONFIRM: &str = "/account/authenticator/confirm";
const REMOVE: &str = "/account/authenticator/remove";

async fn confirm(platform: &Platform, browser: &mut Browser, secret: &str, code: &str) -> Answer {
    let fields = [("secret", secret), ("code", code)];
    browser.submit(platform, CONFIRM, &fields).await
}

async fn remove(platform: &Platform, browser: &mut Browser, password: &str, code: &str) -> Answer {
    let fields = [("current", password), ("code", code)];
    browser.submit(platform, REMOVE, &fields).await
}

fn codes_in(page: &Answer) -> Vec<String> {
    let codes = page.body.split("<li><code>").skip(1);
    let codes = codes.map(|rest| rest.split('<').next().expect("a code").to_owned());
    codes.collect()
}

/// Binds an authenticator: it, and the recovery codes.
async fn bind(platform: &Platform, browser: &mut Browser) -> (Authenticator, Vec<String>) {
    let page = browser.submit(platform, BEGIN, &[]).await;
    let secret = value_in(&page, "secret");
    let authenticator = Authenticator::holding(&secret);
    let code = authenticator.code(platform);
    let bound = confirm(platform, browser, &secret, &code).await;
    assert_eq!(said(&bound), CODES);
    platform.deliver().await;
    (authenticator, codes_in(&bound))
}

#[tokio::test]
async fn an_authenticator_is_bound_by_its_first_code_and_its_recovery_codes_are_shown_once() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let elsewhere = Elsewhere::signed_in(&platform).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let page = browser.submit(&platform, BEGIN, &[]).await;
    assert_eq!(said(&page), format!("200\n{SET_UP}"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let secret = value_in(&page, "secret");
    assert!(
        page.body
            .contains("<img class=\"qr\" src=\"data:image/png;base64,")
    );
    let grouped: Vec<_> = secret
        .as_bytes()
        .chunks(4)
        .map(String::from_utf8_lossy)
        .collect();
    let grouped = format!("<code class=\"secret\">{}</code>", grouped.join(" "));
    assert!(page.body.contains(&grouped));
    assert!(!platform.dump().await.contains(&secret));
    let authenticator = Authenticator::holding(&secret);

    let wrong = authenticator.wrong_code(&platform);
    let refused = confirm(&platform, &mut browser, &secret, &wrong).await;
    assert_eq!(said(&refused), format!("400\n{SET_UP}\n{WRONG_CODE}"));
    assert_eq!(value_in(&refused, "secret"), secret);
    assert_eq!(credential(&platform).await.get("totp_seed"), None);
    elsewhere.expect_alive(&platform).await;
    assert_eq!(platform.deliver().await.len(), 0);

    let code = format!(" {} ", authenticator.code(&platform));
    let bound = confirm(&platform, &mut browser, &secret, &code).await;
    assert_eq!(said(&bound), CODES);
    assert_eq!(bound.header("cache-control"), Some("no-store"));
    let codes = codes_in(&bound);
    assert_eq!(codes.len(), 10);
    let dump = platform.dump().await;
    assert!(codes.iter().all(|code| !dump.contains(code)));
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [ANN]);
    assert_eq!(
        mails[0].subject,
        "Gatehouse: Your second factor was changed"
    );
    elsewhere.expect_ended(&platform).await;
    let page = browser.get(&platform, "/account/security").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains(REMOVE) && !page.body.contains(CONFIRM));
    assert!(codes.iter().all(|code| !page.body.contains(code)));

    let before = platform.dump().await;
    assert_eq!(led(&browser.submit(&platform, BEGIN, &[]).await), ON);
    expect_nothing_done(&platform, &before, "it is on already").await;
    let code = authenticator.next_code(&platform);
    let again = confirm(&platform, &mut browser, &secret, &code).await;
    assert_eq!(again.status, 400, "no codes are shown again");
    assert_eq!(codes_in(&again), Vec::<String>::new());
}

#[tokio::test]
async fn five_wrong_codes_forget_the_seed() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let page = browser.submit(&platform, BEGIN, &[]).await;
    let secret = value_in(&page, "secret");
    let authenticator = Authenticator::holding(&secret);
    for _ in 0..5 {
        let wrong = authenticator.wrong_code(&platform);
        let refused = confirm(&platform, &mut browser, &secret, &wrong).await;
        assert_eq!(refused.status, 400);
    }
    let code = authenticator.code(&platform);
    let refused = confirm(&platform, &mut browser, &secret, &code).await;
    assert_eq!(said(&refused), format!("400\n{SET_UP}\n{WRONG_CODE}"));
    assert_eq!(credential(&platform).await.get("totp_seed"), None);
}

#[tokio::test]
async fn a_seed_that_was_not_made_here_is_never_bound() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let planted = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    let authenticator = Authenticator::holding(planted);
    let before = platform.dump().await;
    let code = authenticator.code(&platform);
    let refused = confirm(&platform, &mut browser, planted, &code).await;
    assert_eq!(refused.status, 400);
    for secret in ["", "\"><script>", "x"] {
        let refused = confirm(&platform, &mut browser, secret, &code).await;
        assert_eq!(refused.status, 400, "{secret}");
        assert!(!refused.body.contains("<script"));
    }
    expect_nothing_done(&platform, &before, "none was begun").await;
    browser.submit(&platform, BEGIN, &[]).await;
    let refused = confirm(&platform, &mut browser, planted, &code).await;
    assert_eq!(refused.status, 400);
    assert_eq!(credential(&platform).await.get("totp_seed"), None);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn password_and_code_take_it_off() {
    for by_recovery_code in [false, true] {
        let platform = Platform::start().await;
        platform.register_confirmed(ANN).await;
        let mut browser = Browser::signed_in(&platform, ANN).await;
        let (authenticator, codes) = bind(&platform, &mut browser).await;
        platform.clock.advance_seconds(900);
        let code = if by_recovery_code {
            codes[0].clone()
        } else {
            authenticator.code(&platform)
        };
        let refused = remove(&platform, &mut browser, WRONG, &code).await;
        let told = "The present password is wrong. Please try again.";
        assert_eq!(said(&refused), format!("400\n{PAGE}\n{told}"));
        let wrong = authenticator.wrong_code(&platform);
        let refused = remove(&platform, &mut browser, PASSWORD, &wrong).await;
        assert_eq!(said(&refused), format!("400\n{PAGE}\n{WRONG_CODE}"));
        assert!(credential(&platform).await["totp_seed"].is_string());
        assert_eq!(platform.deliver().await.len(), 0);

        let removed = remove(&platform, &mut browser, PASSWORD, &code).await;
        assert_eq!(led(&removed), OFF);
        assert_eq!(credential(&platform).await.get("totp_seed"), None);
        let mails = platform.deliver().await;
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].to, [ANN]);
        let before = platform.dump().await;
        let again = remove(&platform, &mut browser, PASSWORD, &code).await;
        assert_eq!(led(&again), OFF);
        expect_nothing_done(&platform, &before, "it is off already").await;
        let page = browser
            .get(&platform, "/account/security?done=authenticator-off")
            .await;
        assert_eq!(
            said(&page),
            format!(
                "200\n{PAGE}\nThe authenticator app is off. You are signed out everywhere else."
            )
        );
        Browser::signed_in(&platform, ANN).await;
    }
}
