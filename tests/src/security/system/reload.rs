//! Reloading, by the real binary: what has changed counts from the next request on, without waiting for five minutes.

use serde_json::{Value, json};

use super::root;
use crate::events::{answered, event};
use crate::harness::{PUBLIC_URL, Platform};
use crate::live;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_that_was_told_to_reload_serves_the_next_request_with_what_is_set_now() {
    let platform = Platform::start().await;
    let root = root(&platform).await;
    let cloud = platform.cloud().await;
    let function = cloud.function("security-system");
    let under_root = |name: &str| {
        let mut event = event("security-system", name);
        event["headers"]["authorization"] = json!(format!("Bearer {root}"));
        event
    };
    let first_uri = async || {
        let (status, body) = answered(&function, under_root("endpoints")).await;
        assert_eq!(status, 200, "{body}");
        let body: Value = serde_json::from_str(&body).expect("JSON");
        body["endpoints"][0]["uri"]
            .as_str()
            .expect("a text")
            .to_owned()
    };
    let before = format!("{PUBLIC_URL}/user-service");
    assert_eq!(first_uri().await, before);
    // Tokens name the issuer, which stays.
    let settings = [
        ("TOKEN_ISSUER", PUBLIC_URL),
        ("PUBLIC_URL", "https://new.example.com"),
    ];
    live::set(&platform, &settings).await;
    assert_eq!([first_uri().await, first_uri().await], [&*before, &*before]);
    let (status, body) = answered(&function, under_root("reload")).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(first_uri().await, "https://new.example.com/user-service");
}
