//! The forms of the pages against every fault of every one of their calls.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use local::views::InboxMessage;
use serde_json::Value;

use super::{ANN, NEW_PASSWORD, TO_SIGN_IN, led, value_in};
use crate::faults::{Flow, Prepared};
use crate::harness::{Answer, Browser, Fault, PASSWORD, Platform, code_in};
use crate::security::factor::{Authenticator, account_with_authenticator};

const NEW: &str = "anna@example.org";

fn browser(prepared: &Prepared) -> Browser {
    Browser {
        cookie: Some(prepared["cookie"].clone()),
    }
}

fn signed_in(platform: &Platform) -> BoxFuture<'_, Prepared> {
    Box::pin(async {
        platform.register_confirmed(ANN).await;
        let browser = Browser::signed_in(platform, ANN).await;
        Prepared::from([("cookie", browser.cookie.expect("a cookie"))])
    })
}

async fn submit(
    platform: &Platform,
    prepared: &Prepared,
    path: &str,
    fields: &[(&str, &str)],
) -> Answer {
    browser(prepared).submit(platform, path, fields).await
}

#[tokio::test]
async fn a_sign_in_ends_with_a_cookie_that_counts_and_without_the_one_before() {
    let flow = Flow {
        prepare: signed_in,
        act: |platform, prepared| {
            Box::pin(async move {
                let mut browser = browser(prepared);
                let answer = browser.sign_in(platform, ANN, PASSWORD).await;
                assert_eq!(answer.header("set-cookie").is_some(), answer.status == 303);
                answer
            })
        },
        success: 303,
        again: 303,
        check: |platform, prepared| {
            Box::pin(async move {
                let mut former = browser(prepared);
                let refused = former.get(platform, "/account").await;
                assert_eq!(led(&refused), TO_SIGN_IN);
                let mut browser = Browser::signed_in(platform, ANN).await;
                assert_eq!(browser.get(platform, "/account").await.status, 200);
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn a_code_opens_one_session_or_is_not_used_up() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                let (authenticator, ..) = account_with_authenticator(platform, ANN).await;
                let mut browser = Browser::default();
                let code = authenticator.next_code(platform);
                let page = browser.sign_in(platform, ANN, PASSWORD).await;
                let fields = [
                    ("challenge", &*value_in(&page, "challenge")),
                    ("code", &code),
                ];
                let entered = browser.submit(platform, "/sign-in/code", &fields).await;
                assert_eq!(entered.status, 303);
                let code = authenticator.next_code(platform);
                let page = browser.sign_in(platform, ANN, PASSWORD).await;
                Prepared::from([
                    ("cookie", browser.cookie.expect("a cookie")),
                    ("challenge", value_in(&page, "challenge")),
                    ("code", code),
                ])
            })
        },
        act: |platform, prepared| {
            Box::pin(async move {
                let fields = [
                    ("challenge", &*prepared["challenge"]),
                    ("code", &prepared["code"]),
                ];
                let answer = submit(platform, prepared, "/sign-in/code", &fields).await;
                assert_eq!(answer.header("set-cookie").is_some(), answer.status == 303);
                answer
            })
        },
        success: 303,
        again: 400,
        check: |platform, prepared| {
            Box::pin(async move {
                let mut former = browser(prepared);
                let refused = former.get(platform, "/account").await;
                assert_eq!(led(&refused), TO_SIGN_IN);
                assert_eq!(platform.items("sessions").await.len(), 2);
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn an_outage_while_the_session_before_ends_costs_no_code() {
    let platform = Platform::start().await;
    let (authenticator, ..) = account_with_authenticator(&platform, ANN).await;
    let mut browser = enter(&platform, &authenticator).await;
    let before = browser.cookie.clone();
    let code = authenticator.next_code(&platform);
    let page = browser.sign_in(&platform, ANN, PASSWORD).await;
    let challenge = value_in(&page, "challenge");
    let fields = [("challenge", &*challenge), ("code", &code)];
    let refused = Fault::AccessDenied;
    platform
        .connector
        .inject("DeleteItem sessions", refused, usize::MAX);
    let out = browser.submit(&platform, "/sign-in/code", &fields).await;
    assert_eq!(out.status, 503);
    assert_eq!(browser.cookie, before);
    platform.connector.heal();
    let entered = browser.submit(&platform, "/sign-in/code", &fields).await;
    assert_eq!(led(&entered), "303 /account");
}

async fn enter(platform: &Platform, authenticator: &Authenticator) -> Browser {
    let mut browser = Browser::default();
    let code = authenticator.next_code(platform);
    let page = browser.sign_in(platform, ANN, PASSWORD).await;
    let challenge = value_in(&page, "challenge");
    let fields = [("challenge", &*challenge), ("code", &code)];
    let entered = browser.submit(platform, "/sign-in/code", &fields).await;
    assert_eq!(led(&entered), "303 /account");
    browser
}

#[tokio::test]
async fn a_password_is_changed_for_ones_own_session_or_not_at_all() {
    let flow = Flow {
        prepare: signed_in,
        act: |platform, prepared| {
            let fields = [
                ("current", PASSWORD),
                ("password", NEW_PASSWORD),
                ("password2", NEW_PASSWORD),
            ];
            Box::pin(async move { submit(platform, prepared, "/account/password", &fields).await })
        },
        success: 303,
        again: 400,
        check: |platform, prepared| {
            Box::pin(async move {
                let mut browser = browser(prepared);
                assert_eq!(browser.get(platform, "/account").await.status, 200);
                assert_eq!(platform.deliver().await.len(), 1, "one notice");
                assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
                platform.signed_in(ANN, NEW_PASSWORD).await;
            })
        },
    };
    flow.walk().await;
}

pub(crate) fn change_of_address() -> Flow {
    Flow {
        prepare: |platform| {
            Box::pin(async {
                let mut prepared = signed_in(platform).await;
                let fields = [("email", NEW), ("current", PASSWORD)];
                submit(platform, &prepared, "/account/email", &fields).await;
                let mails = platform.deliver().await;
                let (_, code) = mails[0]
                    .text
                    .split_once("/confirm-email?code=")
                    .expect("a link");
                let code = code.split_whitespace().next().expect("a code");
                prepared.insert("code", code.to_owned());
                prepared
            })
        },
        act: |platform, prepared| {
            Box::pin(async move {
                let fields = [("code", &*prepared["code"])];
                submit(platform, prepared, "/confirm-email", &fields).await
            })
        },
        success: 200,
        again: 400,
        check: |platform, prepared| {
            Box::pin(async move {
                let mails = platform.deliver().await;
                assert_eq!(mails.len(), 1);
                assert_eq!(mails[0].to, [ANN]);
                let refused = browser(prepared).get(platform, "/account").await;
                assert_eq!(led(&refused), TO_SIGN_IN);
                assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
                platform.signed_in(NEW, PASSWORD).await;
            })
        },
    }
}

#[tokio::test]
async fn an_address_moves_once_and_its_owner_is_told() {
    change_of_address().walk().await;
}

#[tokio::test]
async fn an_account_is_deleted_whole_or_not_at_all() {
    let flow = Flow {
        prepare: signed_in,
        act: |platform, prepared| {
            Box::pin(async move {
                let fields = [("current", PASSWORD)];
                submit(platform, prepared, "/account/delete", &fields).await
            })
        },
        success: 303,
        again: 303,
        check: |platform, prepared| {
            Box::pin(async move {
                let refused = browser(prepared).get(platform, "/account").await;
                assert_eq!(led(&refused), TO_SIGN_IN);
                assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
                platform.deliver().await;
                assert!(!platform.dump().await.contains(ANN));
                platform.register_confirmed(ANN).await;
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn a_sign_up_makes_one_account_and_one_mail() {
    let flow = Flow {
        prepare: |_| Box::pin(async { Prepared::from([("cookie", "visitor".to_owned())]) }),
        act: |platform, prepared| {
            Box::pin(async move {
                let fields = [("email", ANN), ("password", PASSWORD)];
                submit(platform, prepared, "/sign-up", &fields).await
            })
        },
        success: 200,
        again: 200,
        check: |platform, _| {
            Box::pin(async move {
                let is_account =
                    |item: &&BTreeMap<String, Value>| item.contains_key("permission_level");
                let users = platform.items("users").await;
                assert_eq!(users.iter().filter(is_account).count(), 1);
                let mails = platform.deliver().await;
                let leads_on = |mail: &&InboxMessage| mail.text.contains("/activate?code=");
                let confirmations: Vec<_> = mails.iter().filter(leads_on).collect();
                assert_eq!(confirmations.len(), 1);
                let code = code_in(&confirmations[0].text);
                let mut browser = Browser::default();
                let fields = [("code", &*code)];
                let done = browser.submit(platform, "/activate", &fields).await;
                assert_eq!(done.status, 200);
                Browser::signed_in(platform, ANN).await;
            })
        },
    };
    flow.walk().await;
}

/// While what a page reads cannot be read, nobody is sent away as signed out.
#[tokio::test]
async fn an_outage_is_no_end_of_a_session() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let cookie = browser.cookie.clone();
    let refused = Fault::AccessDenied;
    platform
        .connector
        .inject("BatchGetItem", refused, usize::MAX);
    for path in ["/account", "/account/avatar", "/sign-in"] {
        let out = browser.get(&platform, path).await;
        assert_eq!(out.status, 503, "{path}");
        assert!(
            out.body.contains("<h1>We will be right back</h1>"),
            "{path}"
        );
        assert!(out.header("retry-after").is_some(), "{path}");
        assert_eq!(out.header("set-cookie"), None, "{path}");
    }
    platform.connector.heal();
    assert_eq!(browser.cookie, cookie);
    assert_eq!(browser.get(&platform, "/account").await.status, 200);
    platform.connector.inject("DeleteItem", refused, usize::MAX);
    let out = browser.submit(&platform, "/sign-out", &[]).await;
    assert_eq!(out.status, 503, "who is not signed out is not told so");
    assert_eq!(out.header("set-cookie"), None);
    platform.connector.heal();
    assert_eq!(
        browser.submit(&platform, "/sign-out", &[]).await.status,
        303
    );
}
