//! Deleting the account on the security page.

use super::{ANN, BOB, CLEARED, Elsewhere, TO_SIGN_IN, WRONG, led, said};
use crate::harness::{Answer, Browser, PASSWORD, Platform};
use crate::user_service::administrator;

const PAGE: &str = "Security\nHow you sign in, and how you get back in.";
const GONE: &str = "303 /sign-in?done=deleted";

async fn delete(platform: &Platform, browser: &mut Browser, password: &str) -> Answer {
    let fields = [("current", password)];
    browser.submit(platform, "/account/delete", &fields).await
}

#[tokio::test]
async fn the_right_password_deletes_the_account_and_all_its_sessions() {
    let platform = Platform::start().await;
    platform.register_confirmed(BOB).await;
    platform.register_confirmed(ANN).await;
    let elsewhere = Elsewhere::signed_in(&platform).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let mut bob = Browser::signed_in(&platform, BOB).await;
    let mut copied = browser.clone();
    let gone = delete(&platform, &mut browser, PASSWORD).await;
    assert_eq!(led(&gone), GONE);
    let all: Vec<_> = gone.headers.get_all("set-cookie").iter().collect();
    assert_eq!(all, [CLEARED]);
    assert_eq!(browser.cookie, None);
    elsewhere.expect_ended(&platform).await;
    assert_eq!(led(&copied.get(&platform, "/account").await), TO_SIGN_IN);
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
    platform.deliver().await;
    assert!(!platform.dump().await.contains(ANN));
    assert_eq!(bob.get(&platform, "/account").await.status, 200);
    let page = browser.get(&platform, "/sign-in?done=deleted").await;
    assert_eq!(
        said(&page),
        "200\nSign in\nWelcome back.\nYour account is deleted."
    );
    platform.register_confirmed(ANN).await;
    Browser::signed_in(&platform, ANN).await;
}

#[tokio::test]
async fn a_wrong_password_deletes_nothing_and_counts_as_a_guess() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let elsewhere = Elsewhere::signed_in(&platform).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let long = "x".repeat(1025);
    for password in [WRONG, "", &long] {
        let refused = delete(&platform, &mut browser, password).await;
        let told = "The present password is wrong. Please try again.";
        assert_eq!(said(&refused), format!("400\n{PAGE}\n{told}"));
        assert_eq!(refused.header("set-cookie"), None);
    }
    let refused = browser.submit(&platform, "/account/delete", &[]).await;
    assert_eq!(refused.status, 400);
    let mut tries = 2;
    while delete(&platform, &mut browser, WRONG).await.status != 429 {
        tries += 1;
        assert!(tries < 16, "a known place may fail as often again");
    }
    assert_eq!(delete(&platform, &mut browser, PASSWORD).await.status, 429);
    assert_eq!(platform.items("outbox").await, []);
    elsewhere.expect_alive(&platform).await;
    assert_eq!(browser.get(&platform, "/account").await.status, 200);
}

#[tokio::test]
async fn the_last_root_stays() {
    let platform = Platform::start().await;
    administrator(&platform).await;
    let mut browser = Browser::signed_in(&platform, "admin@example.com").await;
    let refused = delete(&platform, &mut browser, PASSWORD).await;
    let told =
        "This account is the last of its kind and cannot be deleted before there is another root.";
    assert_eq!(said(&refused), format!("400\n{PAGE}\n{told}"));
    assert_eq!(platform.items("outbox").await, []);
    assert_eq!(browser.get(&platform, "/account").await.status, 200);
    platform.add_root().await;
    let gone = delete(&platform, &mut browser, PASSWORD).await;
    assert_eq!(led(&gone), GONE);
}
