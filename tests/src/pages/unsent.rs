//! Codes that are not sent: an outage is told, nobody is let in, and doing it again ends well.

use futures::future::BoxFuture;

use super::{ANN, led, value_in};
use crate::faults::{Flow, Prepare, Prepared};
use crate::harness::{Answer, Browser, PASSWORD, Platform};
use crate::security::factor::{account_with, sent_code, sessions};

fn with_mailed_codes(platform: &Platform) -> BoxFuture<'_, Prepared> {
    Box::pin(async {
        account_with(platform, ANN, "email").await;
        Prepared::new()
    })
}

fn with_texted_codes(platform: &Platform) -> BoxFuture<'_, Prepared> {
    Box::pin(async {
        account_with(platform, ANN, "sms").await;
        Prepared::new()
    })
}

/// Gives the right password: the fields of the form that asks for the code, and the browser's cookie.
async fn begun(platform: &Platform) -> Prepared {
    let mut browser = Browser::default();
    let page = browser.sign_in(platform, ANN, PASSWORD).await;
    Prepared::from([
        ("cookie", browser.cookie.expect("a cookie")),
        ("challenge", value_in(&page, "challenge")),
        ("method", value_in(&page, "method")),
    ])
}

async fn submit(
    platform: &Platform,
    prepared: &Prepared,
    path: &str,
    more: &[(&str, &str)],
) -> Answer {
    let shown = ["challenge", "method"].map(|name| (name, &*prepared[name]));
    let mut browser = Browser {
        cookie: Some(prepared["cookie"].clone()),
    };
    let fields = [&shown[..], more].concat();
    browser.submit(platform, path, &fields).await
}

async fn enter(platform: &Platform, prepared: &Prepared) {
    assert_eq!(sessions(platform).await, 0);
    let code = sent_code(platform);
    let entered = submit(platform, prepared, "/sign-in/code", &[("code", &code)]).await;
    assert_eq!(led(&entered), "303 /account");
}

#[tokio::test]
async fn a_sign_in_whose_code_is_not_sent() {
    for prepare in [with_mailed_codes as Prepare, with_texted_codes] {
        let flow = Flow {
            prepare,
            act: |platform, _| {
                Box::pin(async { Browser::default().sign_in(platform, ANN, PASSWORD).await })
            },
            success: 200,
            again: 200,
            check: |platform, _| Box::pin(async { enter(platform, &begun(platform).await).await }),
        };
        flow.go_unsent().await;
    }
}

#[tokio::test]
async fn a_code_that_is_not_sent_again() {
    let prepares: [Prepare; 2] = [
        |platform| {
            Box::pin(async {
                with_mailed_codes(platform).await;
                begun(platform).await
            })
        },
        |platform| {
            Box::pin(async {
                with_texted_codes(platform).await;
                begun(platform).await
            })
        },
    ];
    for prepare in prepares {
        let flow = Flow {
            prepare,
            act: |platform, prepared| Box::pin(submit(platform, prepared, "/sign-in/resend", &[])),
            success: 200,
            again: 400,
            check: |platform, prepared| Box::pin(enter(platform, prepared)),
        };
        flow.go_unsent().await;
    }
}
