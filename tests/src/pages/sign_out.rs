//! Signing out on the page.

use super::{ANN, CLEARED, TO_SIGN_IN, led, said};
use crate::harness::{Browser, Platform};
use crate::user_service::expect_nothing_done;

#[tokio::test]
async fn signing_out_ends_the_session_and_clears_the_cookie() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let mut elsewhere = Browser::signed_in(&platform, ANN).await;
    let mut copied = browser.clone();
    let out = browser.submit(&platform, "/sign-out", &[]).await;
    assert_eq!(led(&out), "303 /sign-in?done=signed-out");
    let all: Vec<_> = out.headers.get_all("set-cookie").iter().collect();
    assert_eq!(all, [CLEARED]);
    assert_eq!(browser.cookie, None);
    assert_eq!(platform.items("sessions").await.len(), 1);
    let refused = copied.get(&platform, "/account").await;
    assert_eq!(led(&refused), TO_SIGN_IN);
    assert_eq!(elsewhere.get(&platform, "/account").await.status, 200);
    let page = browser.get(&platform, "/sign-in?done=signed-out").await;
    assert_eq!(
        said(&page),
        "200\nSign in\nWelcome back.\nYou are signed out."
    );
}

#[tokio::test]
async fn signing_out_needs_a_form_that_was_shown_to_this_browser() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let mut other = Browser::signed_in(&platform, ANN).await;
    let own = browser.form_token(&platform).await;
    let foreign = other.form_token(&platform).await;
    let before = platform.dump().await;
    for (token, site) in [
        (None, "same-origin"),
        (Some(&foreign), "same-origin"),
        (Some(&own), "cross-site"),
        (Some(&own), "none"),
    ] {
        let fields: Vec<_> = token
            .iter()
            .map(|token| ("form_token", &***token))
            .collect();
        let form = platform.post("/sign-out").header("sec-fetch-site", site);
        let refused = browser.with_cookie(form).bare_form(&fields).send().await;
        assert_eq!(refused.status, 400, "{token:?} {site}");
        assert_eq!(refused.header("set-cookie"), None, "{token:?} {site}");
    }
    expect_nothing_done(&platform, &before, "a refused form").await;
    assert_eq!(browser.get(&platform, "/account").await.status, 200);
}

#[tokio::test]
async fn a_visitor_who_signs_out_is_a_visitor() {
    let platform = Platform::start().await;
    let mut browser = Browser::default();
    let before = platform.dump().await;
    let out = browser.submit(&platform, "/sign-out", &[]).await;
    assert_eq!(led(&out), "303 /sign-in?done=signed-out");
    expect_nothing_done(&platform, &before, "nobody signs out").await;
}
