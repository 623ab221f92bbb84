//! Names and language on the profile page.

use serde_json::Value;

use super::{ANN, BOB, TO_SIGN_IN, led, said, value_in};
use crate::harness::{Browser, Platform};
use crate::user_service::expect_nothing_done;

const PAGE: &str = "Your profile\nWhat others may see of you, and the language we write to you in.";
const SAVED: &str = "303 /account?done=saved";

/// What is stored of the account with this address.
async fn stored(platform: &Platform, email: &str, field: &str) -> Option<Value> {
    let users = platform.items("users").await;
    let is_it = |item: &&std::collections::BTreeMap<String, Value>| {
        item.get("email").is_some_and(|found| found == email)
    };
    let account = users.iter().find(is_it).expect("the account");
    account.get(field).cloned()
}

#[tokio::test]
async fn names_are_set_changed_and_cleared() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    platform.register_confirmed(BOB).await;
    let bob = platform.items("users").await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    for (first, last) in [("Ann", "Lantern"), (" Änne ", "von der Ley"), ("", "  ")] {
        let fields = [
            ("first_name", first),
            ("last_name", last),
            ("language", "en"),
        ];
        let saved = browser.submit(&platform, "/account/profile", &fields).await;
        assert_eq!(led(&saved), SAVED);
        let page = browser.get(&platform, "/account?done=saved").await;
        assert_eq!(said(&page), format!("200\n{PAGE}\nSaved."));
        for (field, typed) in [("first_name", first), ("last_name", last)] {
            assert_eq!(value_in(&page, field), typed.trim());
            let kept = stored(&platform, ANN, field).await;
            let kept = kept.as_ref().and_then(Value::as_str).unwrap_or_default();
            assert_eq!(kept, typed.trim());
        }
    }
    let bob = bob
        .iter()
        .filter(|item| item.get("email").is_some_and(|it| it == BOB));
    let after = platform.items("users").await;
    assert!(bob.clone().count() == 1 && bob.into_iter().all(|item| after.contains(item)));
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn names_are_shown_escaped() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let hostile = "\"><script>alert('x')</script>";
    let fields = [
        ("first_name", hostile),
        ("last_name", "{{7*7}}"),
        ("language", "en"),
    ];
    browser.submit(&platform, "/account/profile", &fields).await;
    let page = browser.get(&platform, "/account").await;
    assert!(!page.body.contains("<script"), "{}", page.body);
    let escaped = "&#34;&#62;&#60;script&#62;alert(&#39;x&#39;)&#60;/script&#62;";
    assert_eq!(value_in(&page, "first_name"), escaped);
    assert!(page.body.contains("{{7*7}}"));
}

#[tokio::test]
async fn a_name_that_is_too_long_is_refused_and_nothing_changes() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let before = platform.dump().await;
    let long = "x".repeat(129);
    for (first, last) in [(&*long, "Lantern"), ("Ann", &*long)] {
        let fields = [
            ("first_name", first),
            ("last_name", last),
            ("language", "de"),
        ];
        let refused = browser.submit(&platform, "/account/profile", &fields).await;
        let told = "This name is too long. Please use at most 128 characters.";
        assert_eq!(said(&refused), format!("400\n{PAGE}\n{told}"));
    }
    expect_nothing_done(&platform, &before, "a long name").await;
}

#[tokio::test]
async fn a_language_that_is_none_is_refused_and_nothing_changes() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let before = platform.dump().await;
    for language in [&[("language", "<script>")][..], &[("language", "")], &[]] {
        let fields = [&[("first_name", "Ann")][..], language].concat();
        let refused = browser.submit(&platform, "/account/profile", &fields).await;
        assert_eq!(refused.status, 400, "{language:?}");
        assert!(!refused.body.contains("<script"));
    }
    expect_nothing_done(&platform, &before, "no language").await;
}

#[tokio::test]
async fn a_language_without_pages_can_stay() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let status = platform.get("/user-service/v1/users/status");
    let status = status.bearer(&session.access_token);
    status.header("language", "pl").send().await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    for _ in 0..2 {
        let page = browser.get(&platform, "/account").await;
        assert!(
            page.body
                .contains("<option value=\"pl\" lang=\"pl\" selected>pl</option>")
        );
        assert!(page.body.contains("<html lang=\"en\">"));
        let saved = browser
            .submit(&platform, "/account/profile", &[("language", "pl")])
            .await;
        assert_eq!(led(&saved), SAVED);
    }
}

#[tokio::test]
async fn only_what_the_form_asks_for_is_changed() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let account = async || {
        let users = platform.items("users").await;
        let found = users
            .into_iter()
            .find(|item| item.get("email").is_some_and(|it| it == ANN));
        found.expect("the account")
    };
    let mut before = account().await;
    let fields = [
        ("first_name", "Ann"),
        ("language", "en"),
        ("permission_level", "9"),
        ("permissionLevel", "9"),
        ("email", BOB),
        ("confirmed", "false"),
        ("suspended", "true"),
        ("user_role", "1"),
        ("display_name", "Root"),
        ("id", "6ba7b810-9dad-41d1-80b4-00c04fd430c8"),
    ];
    let saved = browser.submit(&platform, "/account/profile", &fields).await;
    assert_eq!(led(&saved), SAVED);
    let after = account().await;
    before.insert("first_name".to_owned(), Value::from("Ann"));
    assert_eq!(after, before);
}

#[tokio::test]
async fn what_is_refused_signed_out_is_not_lost_on_the_way() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let fields = [("first_name", "Ann"), ("language", "en")];
    let form = browser.form(&platform, "/account/profile", &fields).await;
    browser.clone().submit(&platform, "/sign-out", &[]).await;
    let before = platform.dump().await;
    assert_eq!(led(&form.send().await), TO_SIGN_IN);
    expect_nothing_done(&platform, &before, "signed out meanwhile").await;
}
