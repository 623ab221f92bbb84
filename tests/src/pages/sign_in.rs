//! Signing in on the page: what leads to the account, what every refusal looks like, and whose cookie counts.

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::confirm::registered_by_website;
use super::{
    ANN, BOB, DAY, NEW_PASSWORD, TO_SIGN_IN, WRONG, headers, led, mark, said, session_cookie,
    value_in,
};
use crate::harness::{Browser, PASSWORD, Platform, rbac_code_in};
use crate::user_service::expect_nothing_done;

const SIGN_IN: &str = "200\nSign in\nWelcome back.";
const REFUSED: &str =
    "400\nSign in\nWelcome back.\nEmail address or password is wrong. Please try again.";
const CHOOSE: &str = "Choose a new password\nBefore you go on, please replace your password with one that only you know.";

async fn confirmed(platform: &Platform) -> Browser {
    platform.register_confirmed(ANN).await;
    Browser::default()
}

#[tokio::test]
async fn the_right_password_leads_to_the_account_with_a_cookie_whose_secret_is_not_stored() {
    let platform = Platform::start().await;
    let mut browser = confirmed(&platform).await;
    let page = browser.get(&platform, "/sign-in").await;
    assert_eq!(said(&page), SIGN_IN);
    let visitor = browser.cookie.clone().expect("a visitor's cookie");
    let set = session_cookie(&visitor, DAY);
    assert_eq!(page.header("set-cookie"), Some(&*set));

    let entered = browser.sign_in(&platform, ANN, PASSWORD).await;
    assert_eq!(led(&entered), "303 /account");
    assert_eq!(entered.header("cache-control"), Some("no-store"));
    let cookie = browser.cookie.clone().expect("a session's cookie");
    assert_eq!(cookie.len(), 86);
    let all: Vec<_> = entered.headers.get_all("set-cookie").iter().collect();
    assert_eq!(all, [&*session_cookie(&cookie, 30 * DAY)]);

    let sessions = platform.items("sessions").await;
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0]["dialect"], "pages");
    let bytes = BASE64URL_NOPAD
        .decode(cookie.as_bytes())
        .expect("base64url");
    let secret = &bytes[bytes.len() - 32..];
    let dump = platform.dump().await;
    for form in [
        cookie.clone(),
        HEXLOWER.encode(secret),
        BASE64.encode(secret),
        BASE64URL_NOPAD.encode(secret),
    ] {
        assert!(!dump.contains(&form), "the secret is stored");
    }
    let account = browser.get(&platform, "/account").await;
    assert!(said(&account).starts_with("200\nYour profile\n"));
    assert_eq!(account.header("set-cookie"), None);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn signing_in_leads_to_the_accounts_pages_and_nowhere_else() {
    let platform = Platform::start().await;
    let mut browser = confirmed(&platform).await;
    for (next, led_to) in [
        ("/account", "/account"),
        ("/account/security", "/account/security"),
        ("/account/sessions", "/account/sessions"),
        ("//evil.example", "/account"),
        ("https://evil.example", "/account"),
        ("/\\evil.example", "/account"),
        ("/account/../x", "/account"),
        ("/account/security/", "/account"),
        ("/account?next=//evil.example", "/account"),
        ("/account/avatar", "/account"),
        ("/sign-in", "/account"),
        ("javascript:alert(1)", "/account"),
        ("\"><script>", "/account"),
        ("", "/account"),
    ] {
        browser.cookie = None;
        let query: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let page = browser
            .get(&platform, &format!("/sign-in?next={query}"))
            .await;
        assert_eq!(said(&page), SIGN_IN, "{next}");
        assert_eq!(value_in(&page, "next"), led_to, "{next}");
        let fields = [("email", ANN), ("password", PASSWORD), ("next", next)];
        let refused = [("email", ANN), ("password", WRONG), ("next", next)];
        let again = browser.submit(&platform, "/sign-in", &refused).await;
        assert_eq!(value_in(&again, "next"), led_to, "{next}");
        let entered = browser.submit(&platform, "/sign-in", &fields).await;
        assert_eq!(led(&entered), format!("303 {led_to}"), "{next}");
    }
}

#[tokio::test]
async fn all_that_signs_nobody_in_looks_alike() {
    let platform = Platform::start().await;
    let mut browser = confirmed(&platform).await;
    platform.register_confirmed("barred@example.com").await;
    mark(&platform, "barred@example.com", "suspended").await;
    platform.register("waiting@example.com").await;
    platform.deliver().await;
    let wrong = browser.sign_in(&platform, ANN, WRONG).await;
    assert_eq!(said(&wrong), REFUSED);
    let long = "x".repeat(1025);
    for (email, password) in [
        ("unknown@example.com", PASSWORD),
        ("waiting@example.com", WRONG),
        ("barred@example.com", WRONG),
        ("no address", PASSWORD),
        ("", PASSWORD),
        (ANN, ""),
        (ANN, &long),
        ("unknown@example.com", &long),
    ] {
        let other = browser.sign_in(&platform, email, password).await;
        assert_eq!(other.status, 400, "{email}");
        assert_eq!(headers(&other), headers(&wrong), "{email}");
        let echo = |email: &str| match email {
            "" => String::new(),
            email => format!(" value=\"{email}\""),
        };
        let expected = wrong.body.replace(&echo(ANN), &echo(email));
        assert_eq!(other.body, expected, "{email}");
    }
    assert_eq!(platform.items("sessions").await.len(), 0);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn what_was_typed_comes_back_escaped_and_never_the_password() {
    let platform = Platform::start().await;
    let mut browser = confirmed(&platform).await;
    let typed = "\"><script>alert(1)</script>";
    let refused = browser.sign_in(&platform, typed, "canary<password>").await;
    assert_eq!(said(&refused), REFUSED);
    assert!(!refused.body.contains("<script"), "{}", refused.body);
    assert!(!refused.body.contains("canary"), "{}", refused.body);
    assert_eq!(
        value_in(&refused, "email"),
        "&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;"
    );
}

#[tokio::test]
async fn the_state_of_an_account_is_told_after_the_right_password_alone() {
    let platform = Platform::start().await;
    platform.register_confirmed("barred@example.com").await;
    mark(&platform, "barred@example.com", "suspended").await;
    platform.register("waiting@example.com").await;
    platform.deliver().await;
    let mut browser = Browser::default();
    for (email, told) in [
        (
            "waiting@example.com",
            "Please confirm your email address first: open the link in the email we sent you.",
        ),
        (
            "barred@example.com",
            "This account is suspended. Please contact the people who run the service.",
        ),
    ] {
        let refused = browser.sign_in(&platform, email, WRONG).await;
        assert_eq!(said(&refused), REFUSED, "{email}");
        let refused = browser.sign_in(&platform, email, PASSWORD).await;
        let expected = format!("400\nSign in\nWelcome back.\n{told}");
        assert_eq!(said(&refused), expected, "{email}");
        assert_eq!(refused.header("set-cookie"), None);
        let offers = refused.body.contains("action=\"/activate/resend\"");
        assert_eq!(offers, email.starts_with("waiting"), "{email}");
    }
    assert_eq!(platform.items("sessions").await.len(), 0);
    platform.clock.advance_seconds(60);
    let fields = [("email", "waiting@example.com")];
    let sent = browser.submit(&platform, "/activate/resend", &fields).await;
    assert_eq!(sent.status, 200);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["waiting@example.com"]);
}

#[tokio::test]
async fn a_password_that_must_be_changed_is_changed_by_the_same_form() {
    let platform = Platform::start().await;
    platform.register_by_core(ANN, true).await;
    let (uid, code) = rbac_code_in(&platform.deliver().await[0].text);
    let mut browser = Browser::default();
    let fields = [("uid", &*uid), ("code", &*code)];
    let activated = browser.submit(&platform, "/rbac-activate", &fields).await;
    assert_eq!(activated.status, 200, "{}", activated.body);

    let wrong = browser.sign_in(&platform, ANN, WRONG).await;
    assert_eq!(said(&wrong), REFUSED);
    assert!(!wrong.body.contains("new_password"));
    let asked = browser.sign_in(&platform, ANN, PASSWORD).await;
    assert_eq!(said(&asked), format!("400\n{CHOOSE}"));
    assert_eq!(value_in(&asked, "email"), ANN);
    assert_eq!(value_in(&asked, "new_password"), "");
    for (new, told) in [
        (
            "short",
            "This password is too short. Please use at least 8 characters.",
        ),
        (
            "password",
            "This password is too easy to guess. Please choose another one.",
        ),
        (
            PASSWORD,
            "This is your present password. Please choose another one.",
        ),
        (
            ANN,
            "This password is too easy to guess. Please choose another one.",
        ),
    ] {
        let fields = [
            ("email", ANN),
            ("password", PASSWORD),
            ("new_password", new),
        ];
        let refused = browser.submit(&platform, "/sign-in", &fields).await;
        assert_eq!(said(&refused), format!("400\n{CHOOSE}\n{told}"), "{new}");
    }
    assert_eq!(platform.items("sessions").await.len(), 0);

    let fields = [
        ("email", ANN),
        ("password", PASSWORD),
        ("new_password", NEW_PASSWORD),
        ("next", "/account/security"),
    ];
    let entered = browser.submit(&platform, "/sign-in", &fields).await;
    assert_eq!(led(&entered), "303 /account/security");
    assert_eq!(browser.get(&platform, "/account").await.status, 200);
    let mut other = Browser::default();
    let old = other.sign_in(&platform, ANN, PASSWORD).await;
    assert_eq!(said(&old), REFUSED);
    let new = other.sign_in(&platform, ANN, NEW_PASSWORD).await;
    assert_eq!(led(&new), "303 /account");
}

#[tokio::test]
async fn an_account_that_is_guessed_at_is_locked_for_a_while() {
    let platform = Platform::start().await;
    let mut browser = confirmed(&platform).await;
    for _ in 0..5 {
        let wrong = browser.sign_in(&platform, ANN, WRONG).await;
        assert_eq!(said(&wrong), REFUSED);
    }
    platform.clock.advance_seconds(1);
    browser.sign_in(&platform, ANN, WRONG).await;
    let before = platform.dump().await;
    let locked = browser.sign_in(&platform, ANN, PASSWORD).await;
    assert_eq!(
        said(&locked),
        "429\nA short break, please\nThere were too many attempts in a short time. Please wait a little and try again."
    );
    assert_eq!(locked.header("retry-after"), Some("3"));
    expect_nothing_done(&platform, &before, "a locked account").await;
    platform.clock.advance_seconds(3);
    let entered = browser.sign_in(&platform, ANN, PASSWORD).await;
    assert_eq!(led(&entered), "303 /account");
}

#[tokio::test]
async fn every_sign_in_opens_a_session_of_its_own_and_ends_the_one_before() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let former = browser.clone();
    let ids = async || {
        let sessions = platform.items("sessions").await;
        assert_eq!(sessions.len(), 1);
        sessions[0]["session_id"].clone()
    };
    let id = ids().await;
    let entered = browser.sign_in(&platform, ANN, PASSWORD).await;
    assert_eq!(led(&entered), "303 /account");
    assert_ne!(ids().await, id);
    assert_ne!(browser.cookie, former.cookie);
    let mut former = former;
    let refused = former.get(&platform, "/account").await;
    assert_eq!(led(&refused), TO_SIGN_IN);
    assert_eq!(browser.get(&platform, "/account").await.status, 200);
}

#[tokio::test]
async fn a_planted_session_ends_when_somebody_else_signs_in_over_it() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    platform.register_confirmed(BOB).await;
    let mut thief = Browser::signed_in(&platform, BOB).await;
    let mut victim = thief.clone();
    let entered = victim.sign_in(&platform, ANN, PASSWORD).await;
    assert_eq!(led(&entered), "303 /account");
    let sessions = platform.items("sessions").await;
    assert_eq!(sessions.len(), 1);
    let refused = thief.get(&platform, "/account").await;
    assert_eq!(led(&refused), TO_SIGN_IN);
}

#[tokio::test]
async fn no_value_that_was_there_before_becomes_a_sessions_cookie() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let long = "A".repeat(86);
    for planted in ["planted", "dmlzaXRvcgAAAAAAAAAAAA", &long] {
        let mut browser = Browser {
            cookie: Some(planted.to_owned()),
        };
        let entered = browser.sign_in(&platform, ANN, PASSWORD).await;
        assert_eq!(led(&entered), "303 /account", "{planted}");
        let cookie = browser.cookie.expect("a cookie");
        assert_eq!(cookie.len(), 86, "{planted}");
        assert_ne!(cookie, planted);
        let mut planter = Browser {
            cookie: Some(planted.to_owned()),
        };
        let refused = planter.get(&platform, "/account").await;
        assert_eq!(led(&refused), TO_SIGN_IN, "{planted}");
    }
}

#[tokio::test]
async fn a_cookie_that_stands_twice_is_none() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let token = browser.form_token(&platform).await;
    let cookie = browser.cookie.clone().expect("a cookie");
    let before = platform.dump().await;
    for cookies in [
        format!("__Host-gatehouse={cookie}; __Host-gatehouse={cookie}"),
        format!("__Host-gatehouse={cookie}; __Host-gatehouse=other"),
        format!("__Host-gatehouse=other; __Host-gatehouse={cookie}"),
    ] {
        let page = platform.get("/account").header("cookie", &cookies);
        assert_eq!(led(&page.send().await), TO_SIGN_IN, "{cookies}");
        let page = platform.get("/sign-in").header("cookie", &cookies);
        assert_eq!(said(&page.send().await), SIGN_IN, "{cookies}");
        let form = platform.post("/sign-out").header("cookie", &cookies);
        let form = form.header("sec-fetch-site", "same-origin");
        let refused = form.bare_form(&[("form_token", &token)]).send().await;
        assert_eq!(refused.status, 400, "{cookies}");
    }
    expect_nothing_done(&platform, &before, "two cookies").await;
    assert_eq!(browser.get(&platform, "/account").await.status, 200);
}

#[tokio::test]
async fn what_opens_another_dialect_opens_no_page() {
    let platform = Platform::start().await;
    let website = registered_by_website(&platform, BOB).await;
    let website = website.cookie.expect("a cookie").to_text();
    let session = platform.new_session(ANN).await;
    let security = platform.security_token(ANN).await;
    let rbac = platform.rbac_token(ANN).await;
    for foreign in [
        website.expose_secret(),
        &session.access_token,
        &session.refresh_token,
        &security,
        &rbac,
    ] {
        let mut browser = Browser {
            cookie: Some(foreign.to_owned()),
        };
        for path in ["/account", "/account/avatar"] {
            let refused = browser.with_cookie(platform.get(path)).send().await;
            assert_eq!(led(&refused), TO_SIGN_IN, "{foreign}");
        }
        let refused = platform.get("/account").bearer(foreign).send().await;
        assert_eq!(led(&refused), TO_SIGN_IN, "{foreign}");
        let sid = platform
            .get("/account")
            .header("cookie", &format!("sid={foreign}"));
        assert_eq!(led(&sid.send().await), TO_SIGN_IN, "{foreign}");
        assert_eq!(said(&browser.get(&platform, "/sign-in").await), SIGN_IN);
    }
    let mut browser = Browser {
        cookie: Some(website.expose_secret().to_owned()),
    };
    let before = platform.dump().await;
    let out = browser.submit(&platform, "/sign-out", &[]).await;
    assert_eq!(led(&out), "303 /sign-in?done=signed-out");
    expect_nothing_done(&platform, &before, "a session of a website").await;
    let check = platform.get("/session/check");
    let check = check.header("cookie", &format!("sid={}", website.expose_secret()));
    assert_eq!(check.send().await.status, 200);
}

#[tokio::test]
async fn the_pages_cookie_opens_no_other_dialect() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let browser = Browser::signed_in(&platform, ANN).await;
    let cookie = browser.cookie.clone().expect("a cookie");
    let form = |held: &str| format!("sid={held}; __Host-gatehouse={held}");
    let check = platform
        .get("/session/check")
        .header("cookie", &form(&cookie));
    assert_eq!(check.send().await.status, 401);
    let logout = platform.post("/session/logout").json(&json!({}));
    logout.header("cookie", &form(&cookie)).send().await;
    assert_eq!(platform.items("sessions").await.len(), 1, "nor ends by it");
    for (path, status) in [
        ("/user-service/v1/users/status", 403),
        ("/security/api/v1/oauth2?me=true", 403),
        ("/rbac/users", 401),
    ] {
        let bearer = platform.get(path).bearer(&cookie).send().await;
        assert_eq!(bearer.status, status, "{path}: {}", bearer.body);
        let held = browser.with_cookie(platform.get(path)).send().await;
        assert!(
            held.status >= 400 && held.status < 500,
            "{path}: {}",
            held.body
        );
    }
    let refresh = platform
        .post("/user-service/v1/users/accessToken")
        .json(&json!({ "refreshToken": cookie }));
    assert_eq!(refresh.send().await.status, 401);
}

#[tokio::test]
async fn who_is_signed_in_goes_on_from_the_sign_in_page() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let before = platform.dump().await;
    for (query, led_to) in [
        ("", "/account"),
        ("?next=/account/security", "/account/security"),
        ("?next=//evil.example", "/account"),
        ("?done=signed-out", "/account"),
    ] {
        let gone = browser.get(&platform, &format!("/sign-in{query}")).await;
        assert_eq!(led(&gone), format!("303 {led_to}"), "{query}");
        assert_eq!(gone.header("set-cookie"), None, "{query}");
    }
    expect_nothing_done(&platform, &before, "a redirect").await;
    platform.clock.advance_seconds(DAY);
    let gone = browser.get(&platform, "/sign-in").await;
    let cookie = browser.cookie.clone().expect("a cookie");
    assert_eq!(led(&gone), "303 /account");
    let set = session_cookie(&cookie, 30 * DAY);
    assert_eq!(
        gone.header("set-cookie"),
        Some(&*set),
        "kept as long as its session"
    );
}

#[tokio::test]
async fn the_sign_in_page_says_what_has_just_happened_and_nothing_else() {
    let platform = Platform::start().await;
    let mut browser = Browser::default();
    for (done, told) in [
        ("signed-up", "\nYour account is ready. Please sign in."),
        ("signed-out", "\nYou are signed out."),
        ("deleted", "\nYour account is deleted."),
        ("saved", ""),
        ("<script>", ""),
        ("", ""),
    ] {
        let query: String = form_urlencoded::byte_serialize(done.as_bytes()).collect();
        let page = browser
            .get(&platform, &format!("/sign-in?done={query}"))
            .await;
        assert_eq!(said(&page), format!("{SIGN_IN}{told}"), "{done}");
        assert!(!page.body.contains("<script"));
    }
}

#[tokio::test]
async fn a_strangers_link_cannot_say_what_has_happened() {
    let platform = Platform::start().await;
    for (site, is_shown) in [
        (None, true),
        (Some("same-origin"), true),
        (Some("same-site"), false),
        (Some("cross-site"), false),
        (Some("none"), false),
    ] {
        let mut request = platform.get("/sign-in?done=deleted");
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        let page = request.send().await;
        assert_eq!(page.status, 200);
        let says_so = page.body.contains("Your account is deleted.");
        assert_eq!(says_so, is_shown, "{site:?}");
    }
}
