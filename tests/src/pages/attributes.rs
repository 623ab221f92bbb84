//! Attributes on the profile page.

use serde_json::json;

use super::{ANN, BOB, led, said};
use crate::harness::{Answer, Browser, Platform};
use crate::user_service::expect_nothing_done;

const PAGE: &str = "Your profile\nWhat others may see of you, and the language we write to you in.";
const SAVED: &str = "303 /account?done=saved";
const BAD: &str = "A name has 1 to 128 characters, a value at most 4096. Please shorten it.";
const FULL: &str = "There is no room for more. Please remove something first.";

async fn set(platform: &Platform, browser: &mut Browser, key: &str, text: &str) -> Answer {
    let fields = [("key", key), ("text", text)];
    browser
        .submit(platform, "/account/attributes", &fields)
        .await
}

async fn remove(platform: &Platform, browser: &mut Browser, key: &str) -> Answer {
    let fields = [("key", key)];
    browser
        .submit(platform, "/account/attributes/remove", &fields)
        .await
}

/// What the accounts hold, as `key=text`, an account a list.
async fn held(platform: &Platform) -> Vec<Vec<String>> {
    let items = platform.items("attributes").await;
    let texts = |item: &std::collections::BTreeMap<String, serde_json::Value>| {
        let entries = item["entries"].as_object().expect("a map").clone();
        let entries = entries.iter();
        let texts = entries
            .map(|(key, entry)| format!("{key}={}", entry["text"].as_str().unwrap_or_default()));
        texts.collect()
    };
    let mut held: Vec<_> = items.iter().map(texts).collect();
    held.sort();
    held
}

#[tokio::test]
async fn attributes_are_added_changed_and_removed() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    platform.register_confirmed(BOB).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let mut bob = Browser::signed_in(&platform, BOB).await;
    assert_eq!(
        led(&set(&platform, &mut bob, "colour", "grey").await),
        SAVED
    );
    for text in ["violet", "", "a \"<b>\" & c"] {
        assert_eq!(
            led(&set(&platform, &mut browser, "colour", text).await),
            SAVED
        );
        let mut expected = [[format!("colour={text}")], ["colour=grey".to_owned()]];
        expected.sort();
        assert_eq!(held(&platform).await, expected);
    }
    let page = browser.get(&platform, "/account").await;
    let shown = "name=\"text\" type=\"text\" value=\"a &#34;&#60;b&#62;&#34; &#38; c\"";
    assert!(page.body.contains(shown), "{}", page.body);
    assert_eq!(
        led(&set(&platform, &mut browser, "shape", "round").await),
        SAVED
    );
    for _ in 0..2 {
        let removed = remove(&platform, &mut browser, "colour").await;
        assert_eq!(led(&removed), SAVED);
        assert_eq!(held(&platform).await, [["colour=grey"], ["shape=round"]]);
    }
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn names_of_attributes_are_shown_escaped() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    let hostile = "\"><script>alert(1)</script>";
    assert_eq!(
        led(&set(&platform, &mut browser, hostile, hostile).await),
        SAVED
    );
    let page = browser.get(&platform, "/account").await;
    assert!(!page.body.contains("<script"), "{}", page.body);
    let escaped = "value=\"&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;\"";
    assert!(page.body.contains(&format!("name=\"key\" {escaped}")));
    assert_eq!(led(&remove(&platform, &mut browser, hostile).await), SAVED);
    assert_eq!(held(&platform).await, [Vec::<String>::new()]);
}

#[tokio::test]
async fn an_attribute_out_of_its_limits_is_refused_and_nothing_changes() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    set(&platform, &mut browser, "colour", "violet").await;
    let before = platform.dump().await;
    for (key, text) in [
        ("", "x"),
        (&*"k".repeat(129), "x"),
        (&*"ä".repeat(65), "x"),
        ("colour", &*"x".repeat(4097)),
        ("colour", &*"ä".repeat(2049)),
    ] {
        let refused = set(&platform, &mut browser, key, text).await;
        assert_eq!(said(&refused), format!("400\n{PAGE}\n{BAD}"));
    }
    for fields in [&[("text", "x")][..], &[]] {
        let refused = browser
            .submit(&platform, "/account/attributes", fields)
            .await;
        assert_eq!(refused.status, 400);
    }
    let refused = browser
        .submit(&platform, "/account/attributes/remove", &[])
        .await;
    assert_eq!(refused.status, 400);
    expect_nothing_done(&platform, &before, "bad attributes").await;
    let most = (&*"k".repeat(128), &*"x".repeat(4096));
    assert_eq!(
        led(&set(&platform, &mut browser, most.0, most.1).await),
        SAVED
    );
}

#[tokio::test]
async fn an_account_holds_sixty_four_attributes() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    for number in 0..64 {
        let key = format!("key {number}");
        assert_eq!(led(&set(&platform, &mut browser, &key, "x").await), SAVED);
    }
    let before = platform.dump().await;
    let refused = set(&platform, &mut browser, "one more", "x").await;
    assert_eq!(said(&refused), format!("400\n{PAGE}\n{FULL}"));
    expect_nothing_done(&platform, &before, "one too many").await;
    assert_eq!(
        led(&set(&platform, &mut browser, "key 7", "y").await),
        SAVED
    );
    assert_eq!(led(&remove(&platform, &mut browser, "key 8").await), SAVED);
    assert_eq!(
        led(&set(&platform, &mut browser, "one more", "x").await),
        SAVED
    );
}

#[tokio::test]
async fn what_the_page_keeps_the_api_shows() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    set(&platform, &mut browser, "colour", "violet").await;
    let list = platform.get("/user-service/v1/users/attributes");
    let list = list.bearer(&session.access_token).send().await;
    assert_eq!(list.status, 200);
    let text = list.json().to_string();
    assert!(text.contains("colour") && text.contains("violet"), "{text}");
    let shown = json!("violet").to_string();
    assert!(
        browser
            .get(&platform, "/account")
            .await
            .body
            .contains(&format!("value={shown}"))
    );
}
