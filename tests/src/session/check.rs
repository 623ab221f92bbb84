//! Row 1: who is signed in.

use http::Method;
use insta::assert_snapshot;
use serde_json::json;

use super::{ANN, CHECK, REGISTER, check, confirmation_in, confirming, held_by, post, refusal};
use super::{registered, status_of, without_id};
use crate::harness::{PASSWORD, Platform};

const SIGNED_OUT: &str = "no live session";

#[tokio::test]
async fn the_cookie_of_a_registration_speaks_for_its_user() {
    let platform = Platform::start().await;
    let body = json!({ "login": "Ann@Example.com", "password": PASSWORD, "firstName": "Ann", "lastName": "Bell" });
    let made = post(&platform, REGISTER, &body).send().await;
    let held = held_by(&made);
    let answer = check(&platform, &held).send().await;
    assert_snapshot!(without_id(&answer), @r#"
    200
    {"id":"[id]","login":"ann@example.com","firstName":"Ann","lastName":"Bell","status":0}
    "#);
    assert_eq!(answer.body, made.body);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("set-cookie"), None);
    let asked = platform.request(Method::HEAD, CHECK);
    let asked = asked.header("cookie", &format!("sid={held}")).send().await;
    assert_eq!(asked.whole(), "200\n");
}

#[tokio::test]
async fn the_answer_follows_the_account() {
    let platform = Platform::start().await;
    let held = registered(&platform, ANN).await;
    let user = check(&platform, &held).send().await.json();
    assert_eq!(
        (&user["firstName"], &user["lastName"]),
        (&json!(""), &json!(""))
    );
    assert_eq!(user["status"], 0);
    let link = confirmation_in(&platform.deliver().await[0].text);
    assert_eq!(confirming(&platform, &link).send().await.whole(), "204\n");
    let token = platform.signed_in(ANN, PASSWORD).await.access_token;
    let named = platform
        .post("/user-service/v1/users/profile")
        .bearer(&token);
    let named = named.json(&json!({ "firstname": "Zoë" })).send().await;
    assert_eq!(named.status, 200, "{}", named.body);
    let user = check(&platform, &held).send().await.json();
    assert_eq!(
        (&user["firstName"], &user["status"]),
        (&json!("Zoë"), &json!(1))
    );
}

#[tokio::test]
async fn what_holds_no_live_session_is_told_nothing() {
    let platform = Platform::start().await;
    let (held, other) = (
        registered(&platform, ANN).await,
        registered(&platform, "ben@example.com").await,
    );
    let before = platform.dump().await;
    let mixed = format!("{}{}", &held[..43], &other[43..]);
    let cut = &held[..85];
    for cookies in [
        None,
        Some(String::new()),
        Some("sid".to_owned()),
        Some("sid=".to_owned()),
        Some("sid=x".to_owned()),
        Some(format!("sid={}", "A".repeat(86))),
        Some(format!("sid={}", "A".repeat(8000))),
        Some(format!("sid={cut}")),
        Some(format!("sid={held}A")),
        Some(format!("sid={held}=")),
        Some(format!("sid=\"{held}\"")),
        Some(format!("sid={mixed}")),
        Some(format!("SID={held}")),
        Some(format!("xsid={held}; other=sid={held}")),
        Some(format!("sid={held}; sid={held}")),
        Some(format!("sid={held}; sid=tossed")),
        Some(format!("sid=; sid={held}")),
        Some(format!("token={held}")),
    ] {
        let request = platform.get(CHECK);
        let request = match &cookies {
            Some(cookies) => request.header("cookie", cookies),
            None => request,
        };
        let answer = request.send().await;
        assert_eq!(answer.whole(), refusal(401, SIGNED_OUT), "{cookies:?}");
        for absent in ["www-authenticate", "set-cookie"] {
            assert_eq!(answer.header(absent), None, "{cookies:?}");
        }
    }
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn a_cookie_that_stands_in_two_headers_counts_as_none() {
    let platform = Platform::start().await;
    let held = registered(&platform, ANN).await;
    let value = format!("sid={held}");
    let twice = platform.get(CHECK).header("cookie", &value);
    let twice = twice.header("cookie", &value).send().await;
    assert_eq!(twice.whole(), refusal(401, SIGNED_OUT));
    let beside = platform.get(CHECK).header("cookie", "theme=dark; lang=en");
    let beside = beside.header("cookie", &format!("a=b; {value}; c"));
    assert_eq!(beside.send().await.status, 200);
}

#[tokio::test]
async fn nothing_but_the_cookie_speaks_for_anybody() {
    let platform = Platform::start().await;
    let held = registered(&platform, ANN).await;
    let session = platform.new_session("ben@example.com").await;
    let query = platform.get(&format!("{CHECK}?sid={held}"));
    let bearers = [&held, &session.access_token].map(|token| platform.get(CHECK).bearer(token));
    let header = platform.get(CHECK).header("sid", &held);
    for request in bearers.into_iter().chain([query, header]) {
        platform.connector.forget();
        assert_eq!(request.send().await.whole(), refusal(401, SIGNED_OUT));
        assert_eq!(platform.connector.calls(), [""; 0]);
    }
    let both = check(&platform, &held).bearer("garbage").send().await;
    assert_eq!(both.status, 200, "the header is not looked at");
    assert_eq!(status_of(&platform, &session.access_token).await, 401);
}
