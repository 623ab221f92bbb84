//! The cookie: what an installation may choose of it, and whose it is.

use secrecy::ExposeSecret as _;
use shared::config::Config;
use shared::domain::{Dialect, EmailAddress, Password, Realm};
use shared::error::Error;
use shared::service::SignInRequest;

use super::{ANN, CHECK, LOGOUT, held_by, registered, registering, sessions, status_of};
use crate::harness::{PASSWORD, PUBLIC_URL, Platform};

/// Opens a session of the hosted pages; what holds it.
async fn of_pages(platform: &Platform) -> String {
    let local = &platform.local;
    let passwords = local.foundation.passwords().expect("passwords");
    let sign_in = local.foundation.sign_in(&local.secrets, &passwords);
    let request = SignInRequest {
        realm: Realm::default_realm(),
        dialect: Dialect::Pages,
        email: &EmailAddress::parse(ANN).expect("an address"),
        password: &Password::parse(PASSWORD).expect("a password"),
        second_factor: None,
        client: None,
        admit_unconfirmed: true,
        place: None,
        session_lifetime: local.foundation.config.session_lifetime,
    };
    let signed_in = sign_in.expect("the keys").sign_in(request).await;
    let cookie = signed_in.expect("a session").cookie.expect("a cookie");
    cookie.to_text().expose_secret().to_owned()
}

#[tokio::test]
async fn a_session_of_the_pages_and_one_of_this_dialect_are_two() {
    let platform = Platform::start().await;
    let own = registered(&platform, ANN).await;
    let pages = of_pages(&platform).await;
    assert_eq!(status_of(&platform, &pages).await, 401);
    let out = platform
        .post(LOGOUT)
        .header("cookie", &format!("sid={pages}"));
    assert_eq!(out.send().await.status, 204);
    assert_eq!(
        sessions(&platform).await,
        2,
        "it ends by its own cookie alone"
    );
    let of_pages = platform.local.foundation.cookie_sessions(Dialect::Pages);
    assert!(of_pages.resume(&pages).await.is_ok());
    let refused = of_pages.resume(&own).await;
    assert!(matches!(refused, Err(Error::SessionEnded)));
    of_pages.end(&own).await.expect("nothing is done");
    assert_eq!(status_of(&platform, &own).await, 200);
    let named = platform
        .get(CHECK)
        .header("cookie", &format!("__Host-gatehouse={own}"));
    assert_eq!(named.send().await.status, 401);
}

#[tokio::test]
async fn other_dialects_look_at_no_cookie() {
    let platform = Platform::start().await;
    let held = registered(&platform, ANN).await;
    let cookies = format!("sid={held}; __Host-gatehouse={held}; token={held}");
    for path in [
        "/user-service/v1/users/status",
        "/security/api/v1/oauth2?me=true",
        "/rbac/users",
    ] {
        let without = platform.get(path).send().await;
        let with = platform.get(path).header("cookie", &cookies).send().await;
        assert_eq!(with.whole(), without.whole(), "{path}");
        assert!([401, 403].contains(&with.status), "{path}");
        let bearer = platform.get(path).bearer(&held).send().await;
        assert!([401, 403].contains(&bearer.status), "{path}");
        assert_eq!(with.header("set-cookie"), None, "{path}");
    }
}

#[tokio::test]
async fn an_installation_calls_it_as_it_likes() {
    let platform = Platform::with(&[("SESSION_COOKIE_NAME", "__Host-ccx.session")]).await;
    let answer = registering(&platform, ANN).send().await;
    let set = answer.header("set-cookie").expect("a cookie").to_owned();
    let (cookie, attributes) = set.split_once("; ").expect("attributes");
    assert!(cookie.starts_with("__Host-ccx.session="), "{set}");
    assert_eq!(
        attributes,
        "Path=/; Max-Age=2592000; Secure; HttpOnly; SameSite=Lax"
    );
    let check = platform.get(CHECK).header("cookie", cookie).send().await;
    assert_eq!(check.status, 200);
    let value = cookie.split_once('=').expect("a value").1;
    assert_eq!(
        status_of(&platform, value).await,
        401,
        "sid is another cookie"
    );
    let out = platform.post(LOGOUT).header("cookie", cookie).send().await;
    let cleared = "__Host-ccx.session=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax";
    assert_eq!(out.header("set-cookie"), Some(cleared));
}

#[tokio::test]
async fn it_goes_with_requests_of_listed_pages_where_that_is_wanted() {
    let none = ("SESSION_COOKIE_SAMESITE", "none");
    let listed = ("ALLOWED_ORIGINS", "https://app.example.com");
    let platform = Platform::with(&[none, listed]).await;
    let answer = registering(&platform, ANN).send().await;
    let set = answer.header("set-cookie").expect("a cookie");
    assert!(set.ends_with("; Secure; HttpOnly; SameSite=None"), "{set}");
    let cookie = format!("sid={}", held_by(&answer));
    let out = platform.post(LOGOUT).header("cookie", &cookie).send().await;
    assert_eq!(
        out.header("set-cookie"),
        Some("sid=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=None")
    );
}

#[test]
fn what_cannot_be_a_cookie_of_this_dialect_stops_the_start() {
    let problems = |values: &[(&str, &str)]| {
        let needed = [
            ("PUBLIC_URL", PUBLIC_URL),
            ("EMAIL_FROM", "no-reply@example.com"),
        ];
        let values = needed.iter().chain(values);
        let values = values.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let read = Config::read(values.collect());
        read.expect_err("it cannot be used").to_string()
    };
    for name in [
        "a b",
        "s;id",
        "s=id",
        "sid,",
        "\"sid\"",
        "sid\u{e9}",
        "__Host-gatehouse",
    ] {
        let problems = problems(&[("SESSION_COOKIE_NAME", name)]);
        assert!(
            problems.contains("\n  SESSION_COOKIE_NAME: "),
            "{name}: {problems}"
        );
    }
    let all = problems(&[
        ("SESSION_COOKIE_SAMESITE", "none"),
        ("SESSION_COOKIE_NAME", "s;id"),
        ("LIMITS", "perhaps"),
    ]);
    for name in ["SESSION_COOKIE_SAMESITE", "SESSION_COOKIE_NAME", "LIMITS"] {
        assert!(all.contains(&format!("\n  {name}: ")), "{name}: {all}");
    }
}
