//! Moving the account to another address: asked for on the security page, confirmed by the page that the mail leads to.

use std::collections::BTreeMap;

use local::views::InboxMessage;
use serde_json::Value;

use super::{ANN, BOB, DAY, Elsewhere, TO_SIGN_IN, WRONG, led, said, value_in};
use crate::harness::{Answer, Browser, PASSWORD, PUBLIC_URL, Platform};
use crate::user_service::expect_nothing_done;

const NEW: &str = "anna@example.org";
const PAGE: &str = "Security\nHow you sign in, and how you get back in.";
const ASKED: &str = "303 /account/security?done=email-sent";
const BUTTON: &str = "200\nUse this email address\nOne click and your account uses this address. You will be signed out everywhere and sign in with it again.";
const MOVED: &str =
    "200\nYour email address is changed\nPlease sign in with your new address from now on.";
const OVER: &str = "400\nThis link is no longer valid\nIt has already been used, was replaced by a newer one or has expired. You can ask for a new one on the security page of your account.";

async fn ask(platform: &Platform, browser: &mut Browser, email: &str, password: &str) -> Answer {
    let fields = [("email", email), ("current", password)];
    browser.submit(platform, "/account/email", &fields).await
}

/// Path and query of the link in a mail.
fn link_in(mail: &InboxMessage) -> String {
    let start = format!("{PUBLIC_URL}/confirm-email?");
    let link = mail.text.lines().find(|line| line.starts_with(&start));
    let link = link.expect("a link").strip_prefix(PUBLIC_URL);
    link.expect("a link of ours").to_owned()
}

/// The accounts, without what counts attempts to sign in.
async fn accounts(platform: &Platform) -> Vec<BTreeMap<String, Value>> {
    let mut users = platform.items("users").await;
    users.retain(|item| item.contains_key("email"));
    users
}

async fn confirm(platform: &Platform, code: &str) -> Answer {
    let fields = [("code", code)];
    Browser::default()
        .submit(platform, "/confirm-email", &fields)
        .await
}

/// Ann, who has asked for the new address, and the link that was mailed.
async fn asked() -> (Platform, Browser, String) {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    assert_eq!(
        led(&ask(&platform, &mut browser, NEW, PASSWORD).await),
        ASKED
    );
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [NEW]);
    let link = link_in(&mails[0]);
    (platform, browser, link)
}

#[tokio::test]
async fn the_link_in_the_mail_shows_a_button_which_moves_the_account() {
    let (platform, mut browser, link) = asked().await;
    let page = browser
        .get(&platform, "/account/security?done=email-sent")
        .await;
    assert_eq!(
        said(&page),
        format!(
            "200\n{PAGE}\nPlease check the inbox of your new address: the change applies once you have opened the link in our email."
        )
    );
    assert!(page.body.contains(&format!("<strong>{ANN}</strong>")));
    let elsewhere = Elsewhere::signed_in(&platform).await;
    let before = platform.dump().await;
    let mut reader = Browser::default();
    for _ in 0..3 {
        let page = reader.get(&platform, &link).await;
        assert_eq!(said(&page), BUTTON);
    }
    expect_nothing_done(&platform, &before, "a link that was followed").await;
    elsewhere.expect_alive(&platform).await;

    let code = value_in(&reader.get(&platform, &link).await, "code");
    let fields = [("code", &*code)];
    let moved = reader.submit(&platform, "/confirm-email", &fields).await;
    assert_eq!(said(&moved), MOVED);
    assert_eq!(moved.header("set-cookie"), None);
    assert!(moved.body.contains("href=\"/sign-in\""));
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [ANN], "the former address is told");
    assert!(!mails[0].text.contains(NEW), "but not where it went");
    elsewhere.expect_ended(&platform).await;
    assert_eq!(led(&browser.get(&platform, "/account").await), TO_SIGN_IN);
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
    let mut browser = Browser::default();
    let entered = browser.sign_in(&platform, NEW, PASSWORD).await;
    assert_eq!(led(&entered), "303 /account");

    let before = platform.dump().await;
    let again = reader.submit(&platform, "/confirm-email", &fields).await;
    assert_eq!(said(&again), OVER);
    expect_nothing_done(&platform, &before, "a used link").await;
    assert_eq!(browser.get(&platform, "/account").await.status, 200);
}

#[tokio::test]
async fn a_link_that_does_not_count_says_so() {
    let (platform, mut browser, link) = asked().await;
    let code = value_in(&browser.get(&platform, &link).await, "code");
    let before = platform.dump().await;
    for bad in ["", "x", "\"><script>", &code[1..], &format!("{code}A")] {
        let refused = confirm(&platform, bad).await;
        assert_eq!(said(&refused), OVER, "{bad}");
        assert!(!refused.body.contains("<script"));
    }
    let page = browser.get(&platform, "/confirm-email").await;
    assert_eq!(said(&page), OVER);
    let page = browser
        .get(&platform, "/confirm-email?code=%22%3E%3Cscript%3E")
        .await;
    assert_eq!(said(&page), BUTTON);
    assert!(!page.body.contains("<script"));
    let refused = browser.submit(&platform, "/confirm-email", &[]).await;
    assert_eq!(refused.status, 400);
    expect_nothing_done(&platform, &before, "bad links").await;
    platform.clock.advance_seconds(DAY);
    let late = confirm(&platform, &code).await;
    assert_eq!(said(&late), OVER);
    platform.signed_in(ANN, PASSWORD).await;
}

#[tokio::test]
async fn a_newer_link_voids_the_one_before() {
    let (platform, mut browser, former) = asked().await;
    platform.clock.advance_seconds(60);
    let other = "other@example.org";
    assert_eq!(
        led(&ask(&platform, &mut browser, other, PASSWORD).await),
        ASKED
    );
    let latter = link_in(&platform.deliver().await[0]);
    let former = value_in(&browser.get(&platform, &former).await, "code");
    assert_eq!(said(&confirm(&platform, &former).await), OVER);
    let latter = value_in(&browser.get(&platform, &latter).await, "code");
    assert_eq!(said(&confirm(&platform, &latter).await), MOVED);
    platform.signed_in(other, PASSWORD).await;
}

#[tokio::test]
async fn nobody_learns_by_it_whether_an_address_has_an_account() {
    let platform = Platform::start().await;
    platform.register_confirmed(BOB).await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let before = accounts(&platform).await;
    let free = ask(&platform, &mut browser, NEW, PASSWORD).await;
    assert_eq!(platform.deliver().await.len(), 1);
    let taken = ask(&platform, &mut browser, BOB, PASSWORD).await;
    let own = ask(&platform, &mut browser, "Ann@Example.com", PASSWORD).await;
    for other in [&taken, &own] {
        assert_eq!(other.whole(), free.whole());
        assert_eq!(super::headers(other), super::headers(&free));
    }
    for mail in platform.deliver().await {
        assert_eq!(mail.to, [BOB], "its owner alone is told");
        assert!(!mail.text.contains(ANN));
        if let Some((_, code)) = mail.text.split_once("/confirm-email?code=") {
            let code = code.split_whitespace().next().expect("a code");
            let refused = confirm(&platform, code).await;
            assert_eq!(said(&refused), OVER);
        }
    }
    assert_eq!(accounts(&platform).await, before);
}

#[tokio::test]
async fn without_the_right_password_or_an_address_nothing_is_mailed() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let refused = ask(&platform, &mut browser, NEW, WRONG).await;
    let told = "The present password is wrong. Please try again.";
    assert_eq!(said(&refused), format!("400\n{PAGE}\n{told}"));
    assert_eq!(platform.items("outbox").await, []);
    let before = platform.dump().await;
    for email in ["", "no address", "a@b\r\nbcc: c@d", "\"><script>"] {
        let refused = ask(&platform, &mut browser, email, PASSWORD).await;
        let told = "This is not an email address we can use. Please check it.";
        assert_eq!(said(&refused), format!("400\n{PAGE}\n{told}"), "{email}");
        assert!(!refused.body.contains("<script"));
    }
    expect_nothing_done(&platform, &before, "no address").await;
}

#[tokio::test]
async fn whoever_else_is_signed_in_moves_the_account_that_asked() {
    let (platform, _, link) = asked().await;
    platform.register_confirmed(BOB).await;
    let mut bob = Browser::signed_in(&platform, BOB).await;
    let code = value_in(&bob.get(&platform, &link).await, "code");
    let moved = bob
        .submit(&platform, "/confirm-email", &[("code", &code)])
        .await;
    assert_eq!(said(&moved), MOVED);
    assert_eq!(bob.get(&platform, "/account").await.status, 200);
    platform.signed_in(NEW, PASSWORD).await;
    platform.signed_in(BOB, PASSWORD).await;
}
