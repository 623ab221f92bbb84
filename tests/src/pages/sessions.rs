//! The page of one's sessions: all dialects' are shown, and end there.

use super::{ANN, BOB, CLEARED, DAY, Elsewhere, TO_SIGN_IN, led, said};
use crate::harness::{Answer, Browser, Platform};
use crate::user_service::expect_nothing_done;

const SESSIONS: &str = "/account/sessions";
const PAGE: &str = "Sessions\nWhere you are signed in.";

/// The sessions on the page: kind, whether it is the present one, and the id that its button sends.
fn listed(page: &Answer) -> Vec<(String, bool, Option<String>)> {
    let (_, list) = page.body.split_once("<ul class=\"rows\">").expect("a list");
    let (list, _) = list.split_once("</ul>").expect("its end");
    let between = |text: &str, start: &str| {
        let (_, rest) = text.split_once(start)?;
        Some(rest.split(['<', '"']).next()?.to_owned())
    };
    let rows = list.split("<li>").skip(1);
    rows.map(|row| {
        let kind = between(row, "<strong>").expect("a kind");
        let id = between(row, "name=\"session\" value=\"");
        (kind, row.contains("This session"), id)
    })
    .collect()
}

async fn end(platform: &Platform, browser: &mut Browser, session: &str) -> Answer {
    let fields = [("session", session)];
    browser
        .submit(platform, "/account/sessions/end", &fields)
        .await
}

#[tokio::test]
async fn the_sessions_of_all_dialects_are_shown_the_present_one_first() {
    let platform = Platform::start().await;
    platform.register_confirmed(BOB).await;
    platform.register_confirmed(ANN).await;
    Browser::signed_in(&platform, BOB).await;
    let _elsewhere = Elsewhere::signed_in(&platform).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let page = browser.get(&platform, SESSIONS).await;
    assert_eq!(said(&page), format!("200\n{PAGE}"));
    let listed = listed(&page);
    let (kind, is_present, button) = &listed[0];
    assert_eq!(
        (&**kind, *is_present, button),
        ("Account pages", true, &None)
    );
    let mut kinds: Vec<_> = listed.iter().skip(1).map(|(kind, ..)| &**kind).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["Account pages", "App", "App", "App"]);
    assert!(
        listed
            .iter()
            .skip(1)
            .all(|(_, is_present, id)| !is_present && id.is_some())
    );
    assert!(
        page.body
            .contains("<time datetime=\"2026-01-01T00:00:00Z\">2026-01-01 00:00 UTC</time>")
    );
    let cookie = browser.cookie.as_deref().expect("a cookie");
    assert!(!page.body.contains(cookie));
}

#[tokio::test]
async fn one_session_after_the_other_is_ended() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let elsewhere = Elsewhere::signed_in(&platform).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let others = listed(&browser.get(&platform, SESSIONS).await);
    for (count, (_, _, id)) in others.iter().skip(1).enumerate() {
        let id = id.as_deref().expect("a button");
        for _ in 0..2 {
            let ended = end(&platform, &mut browser, id).await;
            assert_eq!(led(&ended), "303 /account/sessions?done=session-ended");
            assert_eq!(
                platform.items("sessions").await.len(),
                others.len() - 1 - count
            );
        }
    }
    elsewhere.expect_ended(&platform).await;
    let page = browser
        .get(&platform, "/account/sessions?done=session-ended")
        .await;
    assert_eq!(said(&page), format!("200\n{PAGE}\nThe session has ended."));
    assert_eq!(listed(&page).len(), 1);
    assert!(!page.body.contains("end-others"));
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn all_other_sessions_are_ended_at_once() {
    let platform = Platform::start().await;
    platform.register_confirmed(BOB).await;
    platform.register_confirmed(ANN).await;
    let elsewhere = Elsewhere::signed_in(&platform).await;
    let mut bob = Browser::signed_in(&platform, BOB).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let path = "/account/sessions/end-others";
    let ended = browser.submit(&platform, path, &[]).await;
    assert_eq!(led(&ended), "303 /account/sessions?done=sessions-ended");
    elsewhere.expect_ended(&platform).await;
    let page = browser
        .get(&platform, "/account/sessions?done=sessions-ended")
        .await;
    assert_eq!(
        said(&page),
        format!("200\n{PAGE}\nYou are signed out everywhere else.")
    );
    assert_eq!(listed(&page).len(), 1);
    assert_eq!(bob.get(&platform, "/account").await.status, 200);
    let again = browser.submit(&platform, path, &[]).await;
    assert_eq!(led(&again), "303 /account/sessions?done=sessions-ended");
    assert_eq!(browser.get(&platform, "/account").await.status, 200);
    Browser::signed_in(&platform, ANN).await;
}

#[tokio::test]
async fn nobody_ends_the_session_of_somebody_else() {
    let platform = Platform::start().await;
    platform.register_confirmed(BOB).await;
    platform.register_confirmed(ANN).await;
    let mut other = Browser::signed_in(&platform, BOB).await;
    let mut bob = Browser::signed_in(&platform, BOB).await;
    let id = listed(&bob.get(&platform, SESSIONS).await)[1].2.clone();
    let id = id.expect("a button");
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let before = platform.dump().await;
    let unknown = end(&platform, &mut browser, "AAAAAAAAAAAAAAAAAAAAAA").await;
    let refused = end(&platform, &mut browser, &id).await;
    assert_eq!(refused.whole(), unknown.whole());
    assert_eq!(led(&refused), led(&unknown));
    for bad in ["", "x", "../..", "\"><script>"] {
        let refused = end(&platform, &mut browser, bad).await;
        assert_eq!(refused.status, 400, "{bad}");
        assert!(!refused.body.contains("<script"));
    }
    let refused = browser
        .submit(&platform, "/account/sessions/end", &[])
        .await;
    assert_eq!(refused.status, 400);
    expect_nothing_done(&platform, &before, "sessions of somebody else").await;
    assert_eq!(other.get(&platform, "/account").await.status, 200);
}

#[tokio::test]
async fn ending_the_present_session_signs_out() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let mut other = Browser::signed_in(&platform, ANN).await;
    let id = listed(&other.get(&platform, SESSIONS).await)[1].2.clone();
    let mut copied = browser.clone();
    let ended = end(&platform, &mut browser, &id.expect("a button")).await;
    assert_eq!(led(&ended), "303 /sign-in?done=signed-out");
    let all: Vec<_> = ended.headers.get_all("set-cookie").iter().collect();
    assert_eq!(all, [CLEARED]);
    assert_eq!(led(&copied.get(&platform, "/account").await), TO_SIGN_IN);
    assert_eq!(other.get(&platform, "/account").await.status, 200);
}

#[tokio::test]
async fn a_session_that_is_over_is_not_shown() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    Browser::signed_in(&platform, ANN).await;
    platform.clock.advance_seconds(29 * DAY);
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let page = browser.get(&platform, SESSIONS).await;
    assert_eq!(listed(&page).len(), 2);
    platform.clock.advance_seconds(DAY);
    let page = browser.get(&platform, SESSIONS).await;
    assert_eq!(listed(&page).len(), 1);
}
