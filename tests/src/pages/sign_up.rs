//! Signing up on the page: who gets an account, and who learns what by it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{ANN, BOB, NEW_PASSWORD, headers, led, said, value_in};
use crate::harness::{Answer, Browser, PASSWORD, Platform, code_in};
use crate::user_service::expect_nothing_done;

const FORM: &str =
    "Create an account\nIt takes a minute. We will send you an email to confirm your address.";
const DONE: &str = "200\nPlease check your inbox\nWe have sent you an email. Open the link in it to confirm your address; it may take a few minutes, and please look in your spam folder too.";

/// What is typed into the form.
struct Typed<'a> {
    first_name: &'a str,
    last_name: &'a str,
    email: &'a str,
    password: &'a str,
}

impl<'a> Typed<'a> {
    fn new(email: &'a str) -> Self {
        Self {
            first_name: "Ann",
            last_name: "of the Lanterns",
            email,
            password: NEW_PASSWORD,
        }
    }

    async fn send(&self, platform: &Platform, browser: &mut Browser) -> Answer {
        let fields = [
            ("first_name", self.first_name),
            ("last_name", self.last_name),
            ("email", self.email),
            ("password", self.password),
        ];
        browser.submit(platform, "/sign-up", &fields).await
    }
}

/// Accounts and credentials.
async fn accounts(platform: &Platform) -> Vec<BTreeMap<String, Value>> {
    let mut users = platform.items("users").await;
    users.retain(|item| item.contains_key("credential_version"));
    users
}

#[tokio::test]
async fn a_new_account_is_confirmed_by_mail_and_then_signed_in_to() {
    let platform = Platform::start().await;
    let mut browser = Browser::default();
    let page = browser.get(&platform, "/sign-up").await;
    assert_eq!(said(&page), format!("200\n{FORM}"));
    let done = Typed::new("Ann@Example.com")
        .send(&platform, &mut browser)
        .await;
    assert_eq!(said(&done), DONE);
    let users = platform.items("users").await;
    let account = users.iter().find(|item| item.contains_key("first_name"));
    let account = account.expect("an account");
    assert_eq!(account["first_name"], "Ann");
    assert_eq!(account["last_name"], "of the Lanterns");
    assert_eq!(account["email"], ANN);
    assert_eq!(account["confirmed"], false);
    assert_eq!(account["permission_level"], 0);
    assert_eq!(platform.items("sessions").await.len(), 0);

    let refused = browser.sign_in(&platform, ANN, NEW_PASSWORD).await;
    assert_eq!(refused.status, 400);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["Ann@Example.com"]);
    let code = code_in(&mails[0].text);
    let confirmed = browser
        .submit(&platform, "/activate", &[("code", &code)])
        .await;
    assert_eq!(confirmed.status, 200);
    assert!(confirmed.body.contains("href=\"/sign-in\""));
    let entered = browser.sign_in(&platform, ANN, NEW_PASSWORD).await;
    assert_eq!(led(&entered), "303 /account");
    let account = browser.get(&platform, "/account").await;
    assert_eq!(value_in(&account, "first_name"), "Ann");
}

#[tokio::test]
async fn nobody_learns_whether_an_address_has_an_account() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    platform.register(BOB).await;
    platform.deliver().await;
    platform.clock.advance_seconds(60);
    let mut browser = Browser::default();
    browser.get(&platform, "/sign-up").await;
    let new = Typed::new("new@example.com")
        .send(&platform, &mut browser)
        .await;
    assert_eq!(said(&new), DONE);
    platform.deliver().await;
    for (taken, subject) in [
        (ANN, "Gatehouse: You already have an account"),
        ("ANN@example.com", ""),
        (BOB, "Gatehouse: You already have an account"),
        ("new@example.com", ""),
    ] {
        let before = accounts(&platform).await;
        let answer = Typed::new(taken).send(&platform, &mut browser).await;
        assert_eq!(answer.whole(), new.whole(), "{taken}");
        assert_eq!(headers(&answer), headers(&new), "{taken}");
        let mails = platform.deliver().await;
        // Another one within a minute is not sent.
        let sent: Vec<_> = mails.iter().map(|mail| &*mail.subject).collect();
        let expected: &[&str] = if subject.is_empty() { &[] } else { &[subject] };
        assert_eq!(sent, expected, "{taken}");
        assert_eq!(accounts(&platform).await, before, "{taken}");
    }
    platform.signed_in(ANN, PASSWORD).await;
    assert_eq!(platform.login(ANN, NEW_PASSWORD).await.status, 401);
}

#[tokio::test]
async fn where_accounts_need_no_confirmation_signing_in_comes_next_and_a_taken_address_is_told() {
    let platform = Platform::with(&[("EMAIL_CONFIRMATION", "off")]).await;
    let mut browser = Browser::default();
    let done = Typed::new(ANN).send(&platform, &mut browser).await;
    assert_eq!(led(&done), "303 /sign-in?done=signed-up");
    assert_eq!(done.header("set-cookie"), None);
    assert_eq!(platform.items("sessions").await.len(), 0);
    assert_eq!(platform.deliver().await.len(), 0);
    let before = platform.items("sessions").await;
    let taken = Typed::new("Ann@Example.com")
        .send(&platform, &mut browser)
        .await;
    assert_eq!(
        said(&taken),
        format!("400\n{FORM}\nThis email address has an account already. Please sign in instead.")
    );
    assert_eq!(value_in(&taken, "email"), "Ann@Example.com");
    assert_eq!(value_in(&taken, "first_name"), "Ann");
    assert!(!taken.body.contains(NEW_PASSWORD));
    assert_eq!(platform.items("sessions").await, before);
    assert_eq!(platform.deliver().await.len(), 0);
    let entered = browser.sign_in(&platform, ANN, NEW_PASSWORD).await;
    assert_eq!(led(&entered), "303 /account");
}

#[tokio::test]
async fn where_registration_is_closed_there_is_no_page_for_it() {
    let platform = Platform::with(&[("OPEN_REGISTRATION", "off")]).await;
    let mut browser = Browser::default();
    let sign_in = browser.get(&platform, "/sign-in").await;
    assert!(!sign_in.body.contains("/sign-up"), "{}", sign_in.body);
    let before = platform.dump().await;
    let not_found = "404\nPage not found\nThere is nothing at this address. Please check whether the link is complete.";
    let page = browser.get(&platform, "/sign-up").await;
    assert_eq!(said(&page), not_found);
    let refused = Typed::new(ANN).send(&platform, &mut browser).await;
    assert_eq!(said(&refused), not_found);
    expect_nothing_done(&platform, &before, "closed").await;
    let open = Platform::start().await;
    let sign_in = browser.get(&open, "/sign-in").await;
    assert!(sign_in.body.contains("href=\"/sign-up\""));
}

#[tokio::test]
async fn what_is_not_taken_comes_back_but_for_the_password() {
    let platform = Platform::start().await;
    let mut browser = Browser::default();
    let before = platform.dump().await;
    let long = "x".repeat(129);
    let endless = "x".repeat(1025);
    let no_address = "This is not an email address we can use. Please check it.";
    let long_name = "This name is too long. Please use at most 128 characters.";
    let short = "This password is too short. Please use at least 8 characters.";
    let common = "This password is too easy to guess. Please choose another one.";
    let typed = || Typed::new(ANN);
    for (typed, told) in [
        (Typed::new("no address"), no_address),
        (Typed::new(""), no_address),
        (Typed::new("a@b\r\nbcc: c@d"), no_address),
        (
            Typed {
                first_name: &long,
                ..typed()
            },
            long_name,
        ),
        (
            Typed {
                last_name: &long,
                ..typed()
            },
            long_name,
        ),
        (
            Typed {
                password: "short",
                ..typed()
            },
            short,
        ),
        (
            Typed {
                password: "",
                ..typed()
            },
            short,
        ),
        (
            Typed {
                password: "password",
                ..typed()
            },
            common,
        ),
        (
            Typed {
                password: ANN,
                ..typed()
            },
            common,
        ),
        (
            Typed {
                password: "of the lanterns",
                ..typed()
            },
            common,
        ),
        (
            Typed {
                password: &endless,
                ..typed()
            },
            "This password is too long. Please choose a shorter one.",
        ),
    ] {
        let refused = typed.send(&platform, &mut browser).await;
        assert_eq!(said(&refused), format!("400\n{FORM}\n{told}"));
        assert_eq!(value_in(&refused, "first_name"), typed.first_name);
        assert_eq!(value_in(&refused, "last_name"), typed.last_name);
        if !typed.email.contains('\r') {
            assert_eq!(value_in(&refused, "email"), typed.email);
        }
        assert_eq!(value_in(&refused, "password"), "");
    }
    expect_nothing_done(&platform, &before, "refused forms").await;
}

#[tokio::test]
async fn what_comes_back_is_escaped() {
    let platform = Platform::start().await;
    let mut browser = Browser::default();
    let before = platform.dump().await;
    let hostile = "\"><script>alert('x')</script>";
    let typed = Typed {
        first_name: hostile,
        last_name: hostile,
        email: hostile,
        password: "canary<script>",
    };
    let refused = typed.send(&platform, &mut browser).await;
    assert_eq!(refused.status, 400);
    assert!(!refused.body.contains("<script"), "{}", refused.body);
    assert!(!refused.body.contains("canary"), "{}", refused.body);
    let escaped = "&#34;&#62;&#60;script&#62;alert(&#39;x&#39;)&#60;/script&#62;";
    for name in ["first_name", "last_name", "email"] {
        assert_eq!(value_in(&refused, name), escaped, "{name}");
    }
    expect_nothing_done(&platform, &before, "a hostile form").await;
}

#[tokio::test]
async fn names_may_be_left_out_and_rank_cannot_be_asked_for() {
    let platform = Platform::start().await;
    let mut browser = Browser::default();
    let fields = [
        ("email", ANN),
        ("password", NEW_PASSWORD),
        ("first_name", "  "),
        ("permissionLevel", "9"),
        ("permission_level", "9"),
        ("confirmed", "true"),
        ("userRole", "1"),
    ];
    let done = browser.submit(&platform, "/sign-up", &fields).await;
    assert_eq!(said(&done), DONE);
    let users = platform.items("users").await;
    let account = users
        .iter()
        .find(|item| item.get("email").is_some_and(|email| email == ANN));
    let account = account.expect("an account");
    assert!(!account.contains_key("first_name") && !account.contains_key("last_name"));
    assert_eq!(account["confirmed"], false);
    assert_eq!(account["permission_level"], 0);
}

#[tokio::test]
async fn the_mails_speak_the_language_that_the_page_was_read_in() {
    let platform = Platform::start().await;
    let mut browser = Browser::default();
    let fields = [("email", ANN), ("password", NEW_PASSWORD)];
    let form = browser.form(&platform, "/sign-up", &fields).await;
    let done = form.header("accept-language", "de").send().await;
    assert_eq!(done.status, 200);
    assert!(done.body.contains("<html lang=\"de\">"));
    let mails = platform.deliver().await;
    assert_eq!(
        mails[0].subject,
        "Gatehouse: Bestätigen Sie Ihre E-Mail-Adresse"
    );
}

#[tokio::test]
async fn too_many_registrations_from_one_place_are_refused() {
    let platform = Platform::with(&[("LIMIT_REGISTRATIONS_PER_CLIENT", "1")]).await;
    let mut browser = Browser::default();
    let done = Typed::new(ANN).send(&platform, &mut browser).await;
    assert_eq!(said(&done), DONE);
    platform.deliver().await;
    let users = platform.items("users").await.len();
    let refused = Typed::new(BOB).send(&platform, &mut browser).await;
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").is_some());
    assert_eq!(platform.items("users").await.len(), users);
    assert_eq!(platform.deliver().await.len(), 0);
}
