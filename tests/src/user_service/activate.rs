//! Row 3: confirming an account with the mailed code.

use insta::assert_snapshot;
use serde_json::json;

use super::{ACTIVATE, expect_nothing_done, stored};
use crate::harness::{Answer, PASSWORD, PUBLIC_URL, Platform, code_in};

async fn waiting(platform: &Platform, email: &str) -> String {
    platform.register(email).await;
    let mails = platform.deliver().await;
    code_in(&mails.last().expect("a mail").text)
}

async fn activate(platform: &Platform, code: &str) -> Answer {
    let body = json!({ "code": code });
    platform.post(ACTIVATE).json(&body).send().await
}

const NOT_VALID: &str = "400\n{\"error\":\"the code is not valid\"}";

#[tokio::test]
async fn the_mailed_code_confirms_the_account_and_lets_it_sign_in() {
    let platform = Platform::start().await;
    let code = waiting(&platform, "ann@example.com").await;
    let early = platform.login("ann@example.com", PASSWORD).await;
    assert_snapshot!(early.whole(), @r#"
    400
    {"error":"the account has not been activated"}
    "#);
    assert_snapshot!(activate(&platform, &code).await.whole(), @r#"
    200
    {"status":"success","user":{"confirmed":true,"firstname":null,"lastname":null,"email":"ann@example.com","id":1,"language":"en","permissionLevel":0}}
    "#);
    assert_snapshot!(stored(&platform, "users").await, @r#"
    {"attempt":"[attempt]","created_at":1767225600000,"credential_version":1,"expires":"never","failed_at":1767225600000,"failures":0,"failures_in_a_row":0,"known_failures":0,"password_hash":"[password_hash]","pk":"email#default#[digest]","user_id":"[user_id]"}
    {"confirmed":true,"created_at":1767225600000,"credential_version":1,"email":"ann@example.com","email_original":"ann@example.com","email_proved_at":1767225600000,"listed_at":"1767225600000#0000000001","listing":"default#[nibble]","password_changed_at":1767225600000,"permission_level":0,"pk":"user#[id]","realm":"default","suspended":false,"user_language":"en","user_number":1}
    {"pk":"number#1","user_id":"[user_id]"}
    "#);
    assert_snapshot!(stored(&platform, "codes").await, @r#"{"credential_version":1,"digest":"[digest]","expires":1767312000,"intent_id":"[intent_id]","issued_at":1767225600000,"purpose":"activation","used_at":1767225600000,"user_id":"[user_id]"}"#);
    assert_eq!(platform.deliver().await.len(), 0);
    platform.signed_in("ann@example.com", PASSWORD).await;
}

#[tokio::test]
async fn the_code_may_come_by_query_body_or_form() {
    let platform = Platform::start().await;
    for (way, email) in [
        ("GET query", "ann@example.com"),
        ("POST query", "bob@example.com"),
        ("POST json", "cyd@example.com"),
        ("POST form", "dan@example.com"),
        ("GET query, of whatever type", "eve@example.com"),
    ] {
        let code = waiting(&platform, email).await;
        let with_query = format!("{ACTIVATE}?code={code}");
        let request = match way {
            "GET query" => platform.get(&with_query),
            "POST query" => platform.post(&with_query),
            "POST json" => platform.post(ACTIVATE).json(&json!({ "code": code })),
            "POST form" => platform.post(ACTIVATE).form(&[("code", &code)]),
            _ => platform.get(&with_query).header("accept", "*/*"),
        };
        let answer = request.send().await;
        assert_eq!(answer.status, 200, "{way}: {}", answer.body);
        let user = &answer.json()["user"];
        assert_eq!(
            (&user["email"], &user["confirmed"]),
            (&json!(email), &json!(true)),
            "{way}"
        );
        platform.signed_in(email, PASSWORD).await;
    }
}

#[tokio::test]
async fn a_browser_is_sent_to_the_page_and_uses_nothing_up() {
    let platform = Platform::start().await;
    let code = waiting(&platform, "ann@example.com").await;
    let before = platform.dump().await;
    let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let answer = platform
        .get(&format!("{ACTIVATE}?code={code}"))
        .header("accept", accept)
        .send()
        .await;
    assert_eq!(answer.whole(), "303\n");
    let page = format!("/activate?code={code}");
    assert_eq!(
        answer.header("location"),
        Some(format!("{PUBLIC_URL}{page}").as_str())
    );
    assert_eq!(platform.get(&page).send().await.status, 200);
    expect_nothing_done(&platform, &before, "a browser that follows the link").await;
    assert_eq!(activate(&platform, &code).await.status, 200);
}

#[tokio::test]
async fn asking_for_the_headers_alone_uses_nothing_up() {
    let platform = Platform::start().await;
    let code = waiting(&platform, "ann@example.com").await;
    let before = platform.dump().await;
    let path = format!("{ACTIVATE}?code={code}");
    let answer = platform.request(http::Method::HEAD, &path).send().await;
    assert_eq!(answer.whole(), "303\n");
    expect_nothing_done(&platform, &before, "HEAD").await;
    assert_eq!(activate(&platform, &code).await.status, 200);
}

#[tokio::test]
async fn the_page_is_where_the_configuration_says_whatever_the_request_claims() {
    let platform = Platform::with(&[("UI_URL", "https://id.example.com/ui")]).await;
    let answer = platform
        .get(&format!("{ACTIVATE}?code=a%26b%3D1%23%0d%0aX-Evil:1"))
        .header("accept", "text/html")
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example")
        .send()
        .await;
    assert_eq!(answer.status, 303);
    assert_eq!(
        answer.header("location"),
        Some("https://id.example.com/ui/activate?code=a%26b%3D1%23%0D%0AX-Evil%3A1")
    );
    assert_eq!(answer.header("x-evil"), None);
}

#[tokio::test]
async fn a_code_works_once() {
    let platform = Platform::start().await;
    let code = waiting(&platform, "ann@example.com").await;
    assert_eq!(activate(&platform, &code).await.status, 200);
    let before = platform.dump().await;
    assert_eq!(activate(&platform, &code).await.whole(), NOT_VALID);
    let by_link = platform
        .get(&format!("{ACTIVATE}?code={code}"))
        .send()
        .await;
    assert_eq!(by_link.whole(), NOT_VALID);
    expect_nothing_done(&platform, &before, "the second use").await;
}

#[tokio::test]
async fn a_code_expires_after_24_hours() {
    let platform = Platform::start().await;
    let ann = waiting(&platform, "ann@example.com").await;
    let bob = waiting(&platform, "bob@example.com").await;
    platform.clock.advance_seconds(86_399);
    assert_eq!(activate(&platform, &ann).await.status, 200);
    platform.clock.advance_seconds(1);
    let before = platform.dump().await;
    assert_eq!(activate(&platform, &bob).await.whole(), NOT_VALID);
    expect_nothing_done(&platform, &before, "an expired code").await;
}

#[tokio::test]
async fn a_newer_code_kills_the_older() {
    let platform = Platform::start().await;
    let older = waiting(&platform, "ann@example.com").await;
    platform.clock.advance_seconds(60);
    let resent = platform
        .post("/activate/resend")
        .header("sec-fetch-site", "same-origin")
        .form(&[("email", "ann@example.com")])
        .send()
        .await;
    assert_eq!(resent.status, 200);
    let newer = code_in(&platform.deliver().await[0].text);
    assert_ne!(newer, older);
    let before = platform.dump().await;
    assert_eq!(activate(&platform, &older).await.whole(), NOT_VALID);
    expect_nothing_done(&platform, &before, "the older code").await;
    assert_eq!(activate(&platform, &newer).await.status, 200);
}

#[tokio::test]
async fn a_code_of_an_account_that_is_gone_is_unknown() {
    let platform = Platform::start().await;
    let code = waiting(&platform, "ann@example.com").await;
    assert_eq!(activate(&platform, &code).await.status, 200);
    let session = platform.signed_in("ann@example.com", PASSWORD).await;
    let deleted = platform
        .delete(super::USER)
        .bearer(&session.access_token)
        .send()
        .await;
    assert_eq!(deleted.status, 204);
    platform.deliver().await;
    let before = platform.dump().await;
    assert_eq!(activate(&platform, &code).await.whole(), NOT_VALID);
    expect_nothing_done(&platform, &before, "a code of nobody").await;
}

#[tokio::test]
async fn what_is_no_code_is_refused() {
    let platform = Platform::start().await;
    let code = waiting(&platform, "ann@example.com").await;
    let before = platform.dump().await;
    let mut other_secret = code.clone();
    other_secret.replace_range(60..61, if &code[60..61] == "A" { "B" } else { "A" });
    let mut other_record = code.clone();
    other_record.replace_range(25..26, if &code[25..26] == "A" { "B" } else { "A" });
    for text in [
        "",
        " ",
        "123456",
        "\u{1f98a}",
        &format!("{code}="),
        &format!(" {code}"),
        &code[..85],
        &code.to_lowercase(),
        &other_secret,
        &other_record,
        &"A".repeat(86),
        &"A".repeat(60_000),
    ] {
        assert_eq!(
            activate(&platform, text).await.whole(),
            NOT_VALID,
            "{text:?}"
        );
    }
    expect_nothing_done(&platform, &before, "wrong codes").await;
    assert_eq!(activate(&platform, &code).await.status, 200);
}

#[tokio::test]
async fn a_code_must_be_given() {
    let platform = Platform::start().await;
    let before = platform.dump().await;
    let by_get = platform.get(ACTIVATE).send().await;
    assert_snapshot!(by_get.whole(), @r#"
    400
    {"error":"code is required"}
    "#);
    let by_post = platform.post(ACTIVATE).json(&json!({})).send().await;
    assert_eq!(by_post.whole(), by_get.whole());
    let by_browser = platform
        .get(ACTIVATE)
        .header("accept", "text/html")
        .send()
        .await;
    assert_eq!(by_browser.whole(), by_get.whole());
    expect_nothing_done(&platform, &before, "no code").await;
}

#[tokio::test]
async fn a_password_reset_voids_an_activation_code() {
    let platform = Platform::start().await;
    let code = waiting(&platform, "ann@example.com").await;
    platform.clock.advance_seconds(60);
    platform
        .post(super::NEW_PASSWORD)
        .json(&json!({ "email": "ann@example.com" }))
        .send()
        .await;
    let password = crate::harness::password_in(&platform.deliver().await[0].text);
    platform.signed_in("ann@example.com", &password).await;
    let before = platform.dump().await;
    assert_eq!(activate(&platform, &code).await.whole(), NOT_VALID);
    expect_nothing_done(&platform, &before, "a voided code").await;
}
