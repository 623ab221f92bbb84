//! The page that confirms an account of document 003.

use shared::domain::{Dialect, EmailAddress, MessageLanguage, NewPassword, Realm};
use shared::service::{Registration, SignedIn};

use super::{ANN, BOB, DAY, led, said, value_in};
use crate::harness::{Browser, PASSWORD, PUBLIC_URL, Platform};
use crate::user_service::expect_nothing_done;

const BUTTON: &str = "200\nConfirm your email address\nOne click and your account is ready to use.";
const DONE: &str =
    "200\nYour address is confirmed\nThank you! You can close this page and sign in.";
const OVER: &str = "This link is no longer valid\nIt has already been used, was replaced by a newer one or has expired. If your address is confirmed, you can simply sign in. Otherwise we will gladly send you a new link.";

/// Registers by document 003, which opens a session at once.
pub(super) async fn registered_by_website(platform: &Platform, email: &str) -> SignedIn {
    let local = &platform.local;
    let passwords = local.foundation.passwords().expect("passwords");
    let registrar = local.foundation.registrar(&local.secrets, &passwords);
    let registrar = registrar.expect("the keys");
    let registration = Registration {
        realm: Realm::default_realm(),
        dialect: Dialect::Session,
        email: &EmailAddress::parse(email).expect("an address"),
        password: &NewPassword::parse(PASSWORD, &[]).expect("a good password"),
        first_name: None,
        last_name: None,
        display_name: None,
        nickname: None,
        attributes: Vec::new(),
        must_change_password: false,
        language: MessageLanguage::En.into(),
        client: None,
    };
    let admission = registrar.admit_anybody().expect("open registration");
    let lifetime = std::time::Duration::from_hours(24);
    let opened = registrar.register_and_sign_in(admission, registration, lifetime);
    opened.await.expect("an account")
}

/// Path and query of the link that is mailed.
async fn mailed_link(platform: &Platform, email: &str) -> String {
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [email]);
    let start = format!("{PUBLIC_URL}/confirm?uid=");
    let mut lines = mails[0].text.lines();
    let link = lines.find(|line| line.starts_with(&start));
    let link = link.expect("a link").strip_prefix(PUBLIC_URL);
    link.expect("a link of ours").to_owned()
}

/// User id and code, as the page's form has them.
async fn fields(platform: &Platform, link: &str) -> (String, String) {
    let page = Browser::default().get(platform, link).await;
    assert_eq!(said(&page), BUTTON);
    (value_in(&page, "uid"), value_in(&page, "t"))
}

#[tokio::test]
async fn the_button_confirms_the_account_once() {
    let platform = Platform::start().await;
    registered_by_website(&platform, ANN).await;
    let link = mailed_link(&platform, ANN).await;
    let before = platform.dump().await;
    let (uid, code) = fields(&platform, &link).await;
    assert!(uuid_like(&uid) && uuid_like(&code), "{uid} {code}");
    fields(&platform, &link).await;
    expect_nothing_done(&platform, &before, "a link that was followed").await;

    let mut browser = Browser::default();
    let form = [("uid", &*uid), ("t", &*code)];
    let refused = browser.sign_in(&platform, ANN, PASSWORD).await;
    assert_eq!(refused.status, 400);
    let done = browser.submit(&platform, "/confirm", &form).await;
    assert_eq!(said(&done), DONE);
    assert_eq!(platform.deliver().await.len(), 0);
    let entered = browser.sign_in(&platform, ANN, PASSWORD).await;
    assert_eq!(led(&entered), "303 /account");
    let before = platform.dump().await;
    let again = browser.submit(&platform, "/confirm", &form).await;
    assert_eq!(said(&again), format!("400\n{OVER}"));
    expect_nothing_done(&platform, &before, "a used link").await;
}

fn uuid_like(text: &str) -> bool {
    let hyphens = |(at, letter): (usize, char)| match at {
        8 | 13 | 18 | 23 => letter == '-',
        _ => letter.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.chars().enumerate().all(hyphens)
}

#[tokio::test]
async fn a_link_that_is_not_of_the_account_confirms_nothing() {
    let platform = Platform::start().await;
    registered_by_website(&platform, ANN).await;
    let (ann, code) = fields(&platform, &mailed_link(&platform, ANN).await).await;
    registered_by_website(&platform, BOB).await;
    let (bob, others) = fields(&platform, &mailed_link(&platform, BOB).await).await;
    let before = platform.dump().await;
    let nobody = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    let mut browser = Browser::default();
    for (uid, code) in [
        (&*ann, nobody),
        (&ann, &others),
        (&bob, &code),
        (nobody, &code),
        ("no uuid", &code),
        (&ann, "no uuid"),
        (&ann, ""),
        ("\"><script>", "\"><script>"),
    ] {
        let form = [("uid", uid), ("t", code)];
        let refused = browser.submit(&platform, "/confirm", &form).await;
        assert_eq!(said(&refused), format!("400\n{OVER}"), "{uid} {code}");
        assert!(!refused.body.contains("<script"));
    }
    for link in ["/confirm", "/confirm?uid=x", "/confirm?t=x"] {
        let page = browser.get(&platform, link).await;
        assert_eq!(said(&page), format!("200\n{OVER}"), "{link}");
    }
    for form in [&[("uid", &*ann)][..], &[("t", &code)], &[]] {
        let refused = browser.submit(&platform, "/confirm", form).await;
        assert_eq!(refused.status, 400);
    }
    expect_nothing_done(&platform, &before, "wrong links").await;
    let form = [("uid", &*ann), ("t", &*code)];
    let done = browser.submit(&platform, "/confirm", &form).await;
    assert_eq!(said(&done), DONE);
}

#[tokio::test]
async fn a_link_expires_after_a_week() {
    let platform = Platform::start().await;
    registered_by_website(&platform, ANN).await;
    let (uid, code) = fields(&platform, &mailed_link(&platform, ANN).await).await;
    platform.clock.advance_seconds(7 * DAY);
    let before = platform.dump().await;
    let form = [("uid", &*uid), ("t", &*code)];
    let late = Browser::default()
        .submit(&platform, "/confirm", &form)
        .await;
    assert_eq!(said(&late), format!("400\n{OVER}"));
    expect_nothing_done(&platform, &before, "a late click").await;
}
