//! Row 3: signing out.

use serde_json::json;

use super::{ANN, LOGOUT, refusal, registered, sessions, signed_in, status_of};
use crate::harness::{Answer, PASSWORD, Platform};

const CLEARED: &str = "sid=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax";

fn expect_out(answer: &Answer, what: &str) {
    assert_eq!(answer.whole(), "204\n", "{what}");
    assert_eq!(answer.header("set-cookie"), Some(CLEARED), "{what}");
}

#[tokio::test]
async fn signing_out_ends_this_session_and_clears_the_cookie() {
    let platform = Platform::start().await;
    let held = registered(&platform, ANN).await;
    let other = signed_in(&platform, ANN, PASSWORD).await;
    let cookie = format!("theme=dark; sid={held}");
    let out = platform.post(LOGOUT).header("cookie", &cookie).send().await;
    expect_out(&out, "a live session");
    assert_eq!(status_of(&platform, &held).await, 401);
    assert_eq!(status_of(&platform, &other).await, 200);
    assert_eq!(sessions(&platform).await, 1);
    let again = platform.post(LOGOUT).header("cookie", &cookie).send().await;
    expect_out(&again, "once more");
}

#[tokio::test]
async fn without_a_session_there_is_nothing_to_do() {
    let platform = Platform::start().await;
    let held = registered(&platform, ANN).await;
    let before = platform.dump().await;
    let forged = format!("sid={}{}", &held[..43], "A".repeat(43));
    let twice = format!("sid={held}; sid={held}");
    for cookies in ["theme=dark", "sid=", "sid=garbage", &forged, &twice] {
        let out = platform.post(LOGOUT).header("cookie", cookies).send().await;
        expect_out(&out, cookies);
    }
    expect_out(&platform.post(LOGOUT).send().await, "no cookie");
    assert_eq!(platform.dump().await, before);
    assert_eq!(status_of(&platform, &held).await, 200);
}

#[tokio::test]
async fn no_body_is_needed_and_one_that_comes_is_json() {
    let platform = Platform::start().await;
    let held = registered(&platform, ANN).await;
    let before = platform.dump().await;
    let request = || {
        platform
            .post(LOGOUT)
            .header("cookie", &format!("sid={held}"))
    };
    for (kind, body) in [
        ("text/plain", "{}"),
        ("application/x-www-form-urlencoded", "a=b"),
        ("application/json", "{"),
    ] {
        let refused = request()
            .header("content-type", kind)
            .body(body)
            .send()
            .await;
        assert_eq!(refused.status, 400, "{kind}: {}", refused.whole());
        assert_eq!(refused.header("set-cookie"), None);
    }
    assert_eq!(platform.dump().await, before);
    let out = request().json(&json!({ "everywhere": true })).send().await;
    expect_out(&out, "fields that nobody asks for");
    assert_eq!(status_of(&platform, &held).await, 401);
}

#[tokio::test]
async fn a_link_signs_nobody_out() {
    let platform = Platform::start().await;
    let held = registered(&platform, ANN).await;
    let get = platform
        .get(LOGOUT)
        .header("cookie", &format!("sid={held}"));
    let refused = get.send().await;
    assert_eq!(refused.whole(), refusal(405, "the method is not allowed"));
    assert_eq!(refused.header("allow"), Some("POST"));
    assert_eq!(status_of(&platform, &held).await, 200);
}
