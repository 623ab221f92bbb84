//! A team's own name, colour and logo on the pages.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64;

use super::{ANN, said};
use crate::harness::{Answer, Browser, Platform};

const LOGO: &str =
    "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=";

/// The style sheet on a page.
fn sheet(page: &Answer) -> &str {
    let (_, rest) = page.body.split_once("<style>").expect("a style sheet");
    rest.split_once("</style>").expect("its end").0
}

/// That the policy allows this very sheet, and nothing but it.
fn expect_allowed(page: &Answer, what: &str) {
    let hash = BASE64.encode(digest(&SHA256, sheet(page).as_bytes()).as_ref());
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    let found = page.header("content-security-policy");
    assert_eq!(found, Some(&*policy), "{what}");
    assert_eq!(page.body.matches("<style>").count(), 1, "{what}");
    assert!(!page.body.contains(" style="), "{what}");
}

#[tokio::test]
async fn every_page_shows_the_colour_and_the_logo() {
    let values = [
        ("ACCENT_COLOR", "#7c2d12"),
        ("LOGO", LOGO),
        ("SERVICE_NAME", "Lanterns"),
    ];
    let platform = Platform::with(&values).await;
    platform.register_confirmed(ANN).await;
    let mut member = Browser::signed_in(&platform, ANN).await;
    let mut visitor = Browser::default();
    for path in [
        "/account",
        "/account/security",
        "/account/sessions",
        "/sign-in",
        "/sign-up",
        "/reset-password",
        "/activate?code=x",
        "/confirm-email?code=x",
    ] {
        let browser = if path.starts_with("/account") {
            &mut member
        } else {
            &mut visitor
        };
        let page = browser.get(&platform, path).await;
        assert_eq!(page.status, 200, "{path}");
        expect_allowed(&page, path);
        assert!(sheet(&page).contains("--accent: #7c2d12"), "{path}");
        let logo = LOGO.replace('+', "&#43;");
        let shown =
            [LOGO, &logo].map(|logo| format!("<img class=\"logo\" src=\"{logo}\" alt=\"\">"));
        assert!(
            shown.iter().any(|logo| page.body.contains(logo)),
            "{path}: {}",
            page.body
        );
        assert!(page.body.contains("· Lanterns</title>"), "{path}");
        assert!(!page.body.contains("Gatehouse"), "{path}");
    }
    let refused = visitor.sign_in(&platform, ANN, "wrong").await;
    assert_eq!(refused.status, 400);
    expect_allowed(&refused, "a refusal");
    let missing = visitor.get(&platform, "/account/avatar/x").await;
    assert_eq!(missing.status, 404);
    expect_allowed(&missing, "no page");
}

#[tokio::test]
async fn without_a_theme_the_pages_have_their_own() {
    let platform = Platform::start().await;
    let page = Browser::default().get(&platform, "/sign-in").await;
    expect_allowed(&page, "our own");
    assert!(sheet(&page).contains("--accent: #4f46e5"));
    assert!(
        page.body
            .contains("<span class=\"gate\" aria-hidden=\"true\"></span>")
    );
    assert!(!page.body.contains("class=\"logo\""));
}

#[tokio::test]
async fn a_name_is_escaped_wherever_it_stands() {
    let name = "<b>'A\"&";
    let platform = Platform::with(&[("SERVICE_NAME", name)]).await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    for path in [
        "/account",
        "/account/security",
        "/sign-in?x",
        "/reset-password",
    ] {
        let page = browser.get(&platform, path).await;
        if page.status == 303 {
            continue;
        }
        let escaped = "&#60;b&#62;&#39;A&#34;&#38;";
        assert!(
            page.body.contains(&format!("· {escaped}</title>")),
            "{path}"
        );
        assert!(
            page.body.contains(&format!("<span>{escaped}</span>")),
            "{path}"
        );
        assert!(!page.body.contains("<b>"), "{path}");
        expect_allowed(&page, path);
    }
    let page = Browser::default().get(&platform, "/sign-in").await;
    assert!(said(&page).starts_with("200\nSign in"));
    assert!(!page.body.contains("<b>"));
}
