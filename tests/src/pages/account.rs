//! Who is let in to the account's pages, and how long a session lives.

use http::Method;

use super::{ANN, DAY, NEW_PASSWORD, TO_SIGN_IN, led, said, session_cookie};
use crate::harness::{Browser, PASSWORD, Platform};
use crate::user_service::expect_nothing_done;

const PAGES: [&str; 3] = ["/account", "/account/security", "/account/sessions"];

/// Every route of the account, and the page that signing in leads to from there.
fn routes() -> Vec<(Method, &'static str, &'static str)> {
    let all = ::platform::PAGES.routes.iter();
    let own = all.filter(|(_, path)| path.starts_with("/account"));
    own.map(|(method, path)| {
        let page = PAGES.into_iter().find(|page| page == path);
        (method.clone(), *path, page.unwrap_or("/account"))
    })
    .collect()
}

async fn expect_shut(platform: &Platform, cookie: Option<&str>, what: &str) {
    let browser = Browser {
        cookie: cookie.map(str::to_owned),
    };
    for (method, path, next) in routes() {
        let request = platform.request(method.clone(), path);
        let request = request.header("sec-fetch-site", "same-origin");
        let refused = browser.with_cookie(request).send().await;
        let expected = format!("303 /sign-in?next={next}");
        assert_eq!(led(&refused), expected, "{what}: {method} {path}");
        assert_eq!(refused.header("set-cookie"), None, "{what}: {path}");
        assert_eq!(refused.header("cache-control"), Some("no-store"), "{what}");
    }
}

/// A cookie with another secret.
fn spoilt(cookie: &str) -> String {
    let other = if &cookie[60..61] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &cookie[..60], &cookie[61..])
}

#[tokio::test]
async fn whoever_is_not_signed_in_signs_in_first_and_comes_back() {
    assert_eq!(routes().len(), 17);
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let live = Browser::signed_in(&platform, ANN).await.cookie;
    let live = live.expect("a cookie");
    let mut ended = Browser::signed_in(&platform, ANN).await;
    let former = ended.cookie.clone();
    ended.submit(&platform, "/sign-out", &[]).await;
    let before = platform.dump().await;
    let visitor = "dmlzaXRvcgAAAAAAAAAAAA";
    for (cookie, what) in [
        (None, "no cookie"),
        (Some(visitor), "a visitor's cookie"),
        (Some(&*spoilt(&live)), "another secret"),
        (Some(&live[1..]), "a cut cookie"),
        (Some(&*format!("{live}A")), "a longer cookie"),
        (former.as_deref(), "a session that has ended"),
    ] {
        expect_shut(&platform, cookie, what).await;
    }
    expect_nothing_done(&platform, &before, "nobody is signed in").await;
    platform.clock.advance_seconds(30 * DAY);
    let before = platform.dump().await;
    expect_shut(&platform, Some(&live), "a session that has expired").await;
    expect_nothing_done(&platform, &before, "the session has expired").await;
}

#[tokio::test]
async fn a_session_ends_with_its_account() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let session = platform.signed_in(ANN, PASSWORD).await;
    let delete = platform.delete("/user-service/v1/users/user");
    let deleted = delete.bearer(&session.access_token).send().await;
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    let refused = browser.get(&platform, "/account").await;
    assert_eq!(led(&refused), TO_SIGN_IN);
}

#[tokio::test]
async fn a_session_that_is_used_lives_on_by_one_write_a_day() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let cookie = browser.cookie.clone().expect("a cookie");
    let before = platform.dump().await;
    platform.clock.advance_seconds(DAY - 1);
    for page in PAGES {
        let shown = browser.get(&platform, page).await;
        assert_eq!(shown.status, 200);
        assert_eq!(shown.header("set-cookie"), None, "{page}");
    }
    assert_eq!(platform.dump().await, before);
    for page in PAGES {
        platform.clock.advance_seconds(DAY);
        platform.connector.forget();
        let shown = browser.get(&platform, page).await;
        assert_eq!(shown.status, 200);
        let set = session_cookie(&cookie, 30 * DAY);
        assert_eq!(shown.header("set-cookie"), Some(&*set), "{page}");
        let calls = platform.connector.calls();
        let writes = calls.iter().filter(|call| call.starts_with("UpdateItem"));
        assert_eq!(
            writes.collect::<Vec<_>>(),
            ["UpdateItem sessions"],
            "{page}"
        );
        let again = browser.get(&platform, page).await;
        assert_eq!(again.header("set-cookie"), None, "{page}");
    }
}

#[tokio::test]
async fn a_session_that_is_not_used_ends_after_thirty_days() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    for _ in 0..3 {
        platform.clock.advance_seconds(30 * DAY - 1);
        assert_eq!(browser.get(&platform, "/account").await.status, 200);
    }
    platform.clock.advance_seconds(30 * DAY);
    let refused = browser.get(&platform, "/account").await;
    assert_eq!(led(&refused), TO_SIGN_IN);
}

#[tokio::test]
async fn a_session_ends_after_a_hundred_and_eighty_days_however_often_it_is_used() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let cookie = browser.cookie.clone().expect("a cookie");
    for days in (20..180).step_by(20) {
        platform.clock.advance_seconds(20 * DAY);
        let shown = browser.get(&platform, "/account").await;
        let left = (180 - days).min(30);
        let set = session_cookie(&cookie, left * DAY);
        assert_eq!(shown.header("set-cookie"), Some(&*set), "{days}");
    }
    platform.clock.advance_seconds(20 * DAY - 1);
    let shown = browser.get(&platform, "/account").await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.header("set-cookie"), None);
    platform.clock.advance_seconds(1);
    let refused = browser.get(&platform, "/account").await;
    assert_eq!(led(&refused), TO_SIGN_IN);
}

#[tokio::test]
async fn a_form_after_a_day_is_taken_and_its_session_lives_on() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let cookie = browser.cookie.clone().expect("a cookie");
    let changes = [
        ("current", PASSWORD),
        ("password", NEW_PASSWORD),
        ("password2", NEW_PASSWORD),
    ];
    let set = session_cookie(&cookie, 30 * DAY);
    for (path, fields) in [
        ("/account/profile", &[("language", "en")][..]),
        (
            "/account/attributes",
            &[("key", "colour"), ("text", "violet")],
        ),
        ("/account/sessions/end-others", &[]),
        ("/account/password", &changes),
    ] {
        platform.clock.advance_seconds(DAY);
        let taken = browser.submit(&platform, path, fields).await;
        assert_eq!(taken.status, 303, "{path}: {}", taken.body);
        assert_eq!(taken.header("set-cookie"), Some(&*set), "{path}");
        platform.clock.advance_seconds(DAY - 1);
        let shown = browser.get(&platform, "/account").await;
        assert_eq!(shown.status, 200, "{path}");
        assert_eq!(shown.header("set-cookie"), None, "{path}");
    }
}

#[tokio::test]
async fn a_session_that_ends_by_its_form_is_not_sent_again() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    platform.clock.advance_seconds(DAY);
    let fields = [("current", PASSWORD)];
    let gone = browser.submit(&platform, "/account/delete", &fields).await;
    assert_eq!(led(&gone), "303 /sign-in?done=deleted");
    let all: Vec<_> = gone.headers.get_all("set-cookie").iter().collect();
    assert_eq!(all, [super::CLEARED]);
}

#[tokio::test]
async fn the_accounts_pages_speak_its_language_and_others_the_readers() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    for (language, titles) in [
        ("de", ["Ihr Profil", "Sicherheit", "Sitzungen"]),
        ("fr", ["Votre profil", "Sécurité", "Sessions"]),
        ("es", ["Su perfil", "Seguridad", "Sesiones"]),
        ("en", ["Your profile", "Security", "Sessions"]),
    ] {
        let fields = [("language", language)];
        let saved = browser.submit(&platform, "/account/profile", &fields).await;
        assert_eq!(led(&saved), "303 /account?done=saved");
        for (page, title) in PAGES.into_iter().zip(titles) {
            let request = platform.get(page).header("accept-language", "pl, es;q=0.5");
            let shown = browser.with_cookie(request).send().await;
            let start = format!("200\n{title}\n");
            assert!(said(&shown).starts_with(&start), "{}", said(&shown));
            assert!(shown.body.contains(&format!("<html lang=\"{language}\">")));
        }
        let request = platform
            .get("/reset-password")
            .header("accept-language", "es");
        let shown = browser.with_cookie(request).send().await;
        assert!(shown.body.contains("<html lang=\"es\">"));
    }
}

#[tokio::test]
async fn a_page_says_what_was_done_only_if_it_knows_it() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    for page in PAGES {
        let plain = said(&browser.get(&platform, page).await);
        for done in ["", "%3Cscript%3E", "other", "saved&done=saved"] {
            let shown = browser.get(&platform, &format!("{page}?done={done}")).await;
            assert_eq!(said(&shown), plain, "{page} {done}");
        }
        let shown = browser.get(&platform, &format!("{page}?done=saved")).await;
        assert_eq!(said(&shown), format!("{plain}\nSaved."));
    }
}
