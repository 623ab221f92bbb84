//! Row 5: activating an account with the mailed code.

use http::Method;
use serde_json::json;

use super::accounts::{ANN, NEXT, NOBODY, activation, authenticate, set_flag, waiting};
use crate::harness::{Answer, PASSWORD, PUBLIC_URL, Platform, code_in};
use crate::user_service::expect_nothing_done;

const DONE: &str = "200\ntrue";
const REFUSED: &str = "400\nfalse";
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn by(platform: &Platform, method: Method, uid: &str, code: &str) -> Answer {
    let request = platform.request(method, &activation(uid, code));
    request.send().await
}

async fn activate(platform: &Platform, uid: &str, code: &str) -> String {
    by(platform, Method::POST, uid, code).await.whole()
}

#[tokio::test]
async fn the_mailed_code_activates_once_by_either_method() {
    for first in [Method::GET, Method::POST] {
        let platform = Platform::start().await;
        let (uid, code) = waiting(&platform, ANN).await;
        let early = authenticate(&platform, ANN, PASSWORD).await;
        assert_eq!(early.whole(), "401\n\"Error Authenticating\"");
        let answer = by(&platform, first.clone(), &uid, &code).await;
        assert_eq!(answer.whole(), DONE, "{first}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let account = &super::accounts::users_of_kind(&platform, "user#").await[0];
        assert_eq!(
            (&account["confirmed"], &account["email_proved_at"]),
            (&json!(true), &json!(1_767_225_600_000_u64))
        );
        let body = authenticate(&platform, ANN, PASSWORD).await.json();
        assert_eq!((&body["uid"], &body["active"]), (&json!(uid), &json!(true)));
        let before = platform.dump().await;
        for again in [Method::GET, Method::POST] {
            let answer = by(&platform, again.clone(), &uid, &code).await;
            assert_eq!(answer.whole(), REFUSED, "{first} {again}");
            assert_eq!(answer.header("content-type"), Some("application/json"));
        }
        expect_nothing_done(&platform, &before, "the second use").await;
    }
}

#[tokio::test]
async fn no_body_and_no_token_are_looked_at() {
    let platform = Platform::start().await;
    let (uid, code) = waiting(&platform, ANN).await;
    let request = platform.post(&activation(&uid, &code));
    let request = request.bearer("x").header("content-type", "text/plain");
    assert_eq!(request.body("{\"uid\":").send().await.whole(), DONE);
}

#[tokio::test]
async fn the_id_may_be_written_in_upper_case() {
    let platform = Platform::start().await;
    let (uid, code) = waiting(&platform, ANN).await;
    assert_eq!(activate(&platform, &uid.to_uppercase(), &code).await, DONE);
}

#[tokio::test]
async fn a_code_is_good_for_the_account_that_is_named_and_for_no_other() {
    let platform = Platform::start().await;
    let (ann, code) = waiting(&platform, ANN).await;
    let (ben, bens) = waiting(&platform, "ben@example.com").await;
    let before = platform.dump().await;
    let mut other_secret = code.clone();
    other_secret.replace_range(60..61, if &code[60..61] == "A" { "B" } else { "A" });
    for (uid, code) in [
        (&*ann, &*bens),
        (&ben, &code),
        (NOBODY, &code),
        ("nobody", &code),
        ("0", &code),
        ("%20", &code),
        (&ann.replace('-', ""), &code),
        (&format!("%7B{ann}%7D"), &code),
        (&ann, "123456"),
        (&ann, "x%20y"),
        (&ann, &other_secret),
        (&ann, &code[..85]),
        (&ann, &format!("{code}=")),
        (&ann, &"A".repeat(86)),
        (&ann, &"A".repeat(6000)),
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = by(&platform, method, uid, code).await;
            assert_eq!(answer.whole(), REFUSED, "{uid} {code}");
        }
    }
    expect_nothing_done(&platform, &before, "wrong codes").await;
    assert_eq!(activate(&platform, &ann, &code).await, DONE);
    assert_eq!(activate(&platform, &ben, &bens).await, DONE);
}

#[tokio::test]
async fn a_code_expires_after_24_hours() {
    let platform = Platform::start().await;
    let (ann, anns) = waiting(&platform, ANN).await;
    let (ben, bens) = waiting(&platform, "ben@example.com").await;
    platform.clock.advance_seconds(86_399);
    assert_eq!(activate(&platform, &ann, &anns).await, DONE);
    platform.clock.advance_seconds(1);
    let before = platform.dump().await;
    assert_eq!(activate(&platform, &ben, &bens).await, REFUSED);
    expect_nothing_done(&platform, &before, "an expired code").await;
}

#[tokio::test]
async fn a_newer_code_kills_the_older() {
    let platform = Platform::start().await;
    let (uid, older) = waiting(&platform, ANN).await;
    platform.clock.advance_seconds(60);
    let resend = platform.post("/activate/resend");
    let resend = resend.header("sec-fetch-site", "same-origin");
    assert_eq!(resend.form(&[("email", ANN)]).send().await.status, 200);
    let newer = code_in(&platform.deliver().await[0].text);
    assert_eq!(activate(&platform, &uid, &older).await, REFUSED);
    assert_eq!(activate(&platform, &uid, &newer).await, DONE);
}

#[tokio::test]
async fn the_codes_of_both_dialects_are_of_one_kind() {
    let platform = Platform::start().await;
    platform.register(ANN).await;
    let code = code_in(&platform.deliver().await[0].text);
    let uid = super::uid_of(&platform, ANN).await;
    assert_eq!(activate(&platform, &uid, &code).await, DONE);
    platform.signed_in(ANN, PASSWORD).await;

    let (_, code) = waiting(&platform, "ben@example.com").await;
    let there = platform.post("/user-service/v1/users/activate");
    let answer = there.json(&json!({ "code": code })).send().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = authenticate(&platform, "ben@example.com", PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn a_live_code_of_an_account_that_needs_none_is_refused() {
    let platform = Platform::start().await;
    let (uid, code) = waiting(&platform, ANN).await;
    set_flag(&platform, &uid, "confirmed", true).await;
    // Confirmed past the platform, its address is not proved: the code still does that.
    assert_eq!(activate(&platform, &uid, &code).await, DONE);
    let before = platform.dump().await;
    assert_eq!(activate(&platform, &uid, &code).await, REFUSED);
    expect_nothing_done(&platform, &before, "a code that is not needed").await;
}

#[tokio::test]
async fn a_code_does_not_lift_a_suspension() {
    let platform = Platform::start().await;
    let (uid, code) = waiting(&platform, ANN).await;
    set_flag(&platform, &uid, "suspended", true).await;
    activate(&platform, &uid, &code).await;
    let answer = authenticate(&platform, ANN, PASSWORD).await;
    assert_eq!(answer.whole(), "401\n\"Error Authenticating\"");
    assert_ne!(PASSWORD, NEXT);
}

#[tokio::test]
async fn a_browser_and_head_are_sent_to_the_page_and_use_nothing_up() {
    let platform = Platform::start().await;
    let (uid, code) = waiting(&platform, ANN).await;
    let before = platform.dump().await;
    let path = activation(&uid, &code);
    let page = format!("/rbac-activate?uid={uid}&code={code}");
    let browser = platform.get(&path).header("accept", BROWSER);
    let head = platform.request(Method::HEAD, &path);
    let head_of_browser = platform
        .request(Method::HEAD, &path)
        .header("accept", BROWSER);
    for request in [browser, head, head_of_browser] {
        let answer = request.send().await;
        assert_eq!(answer.whole(), "303\n");
        let location = format!("{PUBLIC_URL}{page}");
        assert_eq!(answer.header("location"), Some(location.as_str()));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    assert_eq!(platform.get(&page).send().await.status, 200);
    expect_nothing_done(&platform, &before, "following the link").await;
    let machine = platform.get(&path).header("accept", "application/json");
    assert_eq!(machine.send().await.whole(), DONE);
}

#[tokio::test]
async fn the_page_is_where_the_configuration_says_whatever_the_request_claims() {
    let platform = Platform::with(&[("UI_URL", "https://id.example.com/ui")]).await;
    let answer = platform
        .get(&activation("a%26b%3D1", "x%22%3E%3Cscript%3E&c=d"))
        .header("accept", "text/html")
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example")
        .send()
        .await;
    assert_eq!(answer.whole(), "303\n");
    assert_eq!(
        answer.header("location"),
        Some(
            "https://id.example.com/ui/rbac-activate?uid=a%26b%3D1&code=x%22%3E%3Cscript%3E%26c%3Dd"
        )
    );
}

#[tokio::test]
async fn the_page_of_the_mail_activates() {
    let platform = Platform::start().await;
    let (uid, code) = waiting(&platform, ANN).await;
    let button = platform.post("/rbac-activate").header("origin", PUBLIC_URL);
    let done = button.form(&[("uid", &uid), ("code", &code)]).send().await;
    assert_eq!(done.status, 200);
    assert!(done.body.contains("<h1>Your address is confirmed</h1>"));
    assert_eq!(activate(&platform, &uid, &code).await, REFUSED);
    let body = authenticate(&platform, ANN, PASSWORD).await.json();
    assert_eq!(body["active"], true);
}

#[tokio::test]
async fn neighbours_of_the_path_are_unknown() {
    let platform = Platform::start().await;
    let (uid, code) = waiting(&platform, ANN).await;
    let before = platform.dump().await;
    let path = activation(&uid, &code);
    for (path, status) in [
        (format!("{path}/"), 404),
        (format!("{path}/x"), 404),
        (format!("/rbac/users/activate/{uid}/"), 404),
        (format!("/rbac/users/activate//{code}"), 404),
        (format!("/rbac/users/Activate/{uid}/{code}"), 404),
        (format!("/rbac/users/activate/{uid}"), 404),
        (format!("{path}%00"), 400),
        (format!("{path}%0d%0aX-Evil:1"), 400),
        (format!("/rbac/users/activate/{uid}/../{code}"), 400),
    ] {
        let answer = platform.post(&path).send().await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert_eq!(answer.header("x-evil"), None);
        assert!(answer.json().is_string(), "{path}: {}", answer.body);
    }
    expect_nothing_done(&platform, &before, "other paths").await;
}
