//! Rows 16 to 18: guests who are known by an external id, which alone opens their profile.

use http::Method;
use serde_json::{Value, json};

use super::{DAY, ISOLATED, LOGIN, SHARING, USER, envelope, post, put, query, refusal, sessions};
use crate::harness::{Answer, Platform, Request};
use crate::user_service::expect_nothing_done;

fn unknown() -> String {
    refusal(404, "there is no such user", "user_not_found")
}

pub(super) fn coming(platform: &Platform, project: &str) -> Request {
    post(platform, USER, &envelope(project, "noLogin", json!({})))
}

pub(super) async fn guest(platform: &Platform, project: &str) -> String {
    let answer = coming(platform, project).send().await;
    assert_eq!(answer.status, 200, "{}", answer.whole());
    let id = answer.json()["data"]["externalId"].clone();
    id.as_str().expect("an external id").to_owned()
}

pub(super) fn looking(platform: &Platform, project: &str, id: &str) -> Request {
    let query = query(project, "noLogin");
    platform.get(&format!("{USER}?{query}&externalId={id}"))
}

pub(super) fn replacing(platform: &Platform, project: &str, id: &str, profile: &Value) -> Request {
    let beside = json!({ "externalId": id, "data": { "appProfile": profile } });
    put(platform, USER, &envelope(project, "noLogin", beside))
}

fn profile_of(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.whole());
    answer.json()["appProfile"].clone()
}

#[tokio::test]
async fn a_guest_is_told_the_id_once_and_nobody_keeps_it() {
    let platform = Platform::start().await;
    let answer = coming(&platform, SHARING).send().await;
    let id = answer.json()["data"]["externalId"].clone();
    let id = id.as_str().expect("an external id");
    let is_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    assert!(id.len() == 64 && id.bytes().all(is_hex), "{id}");
    assert_eq!(
        answer.whole().replace(id, "[id]"),
        "200\n{\"data\":{\"externalId\":\"[id]\"},\"message\":\"ok\",\"result\":1}"
    );
    assert!(
        !platform.dump().await.contains(id),
        "a digest alone is stored"
    );
    assert_eq!(platform.items("users").await.len(), 1);
    assert_eq!(platform.items("devices").await.len(), 1);
    assert_eq!(sessions(&platform).await, 0);
    assert_ne!(guest(&platform, SHARING).await, id);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn the_profile_is_shown_and_replaced_flat() {
    let platform = Platform::start().await;
    let id = guest(&platform, SHARING).await;
    let fresh = looking(&platform, SHARING, &id).send().await;
    assert_eq!(
        fresh.whole().replace(&id, "[id]"),
        format!(
            "200\n{{\"strategy\":\"simplified\",\"provider\":\"noLogin\",\"projectId\":\"{SHARING}\",\
             \"externalId\":\"[id]\",\"appProfile\":{{}},\"result\":1,\"message\":\"ok\"}}"
        )
    );
    let first = json!({ "score": 7, "name": "Zoë", "deep": { "list": [1, null, "x"] } });
    let replaced = replacing(&platform, SHARING, &id, &first).send().await;
    assert_eq!(
        replaced.whole().replace(&id, "[id]"),
        format!(
            "200\n{{\"strategy\":\"simplified\",\"provider\":\"noLogin\",\"projectId\":\"{SHARING}\",\
             \"externalId\":\"[id]\",\"result\":1,\"message\":\"ok\"}}"
        )
    );
    let shown = looking(&platform, SHARING, &id).send().await;
    assert_eq!(profile_of(&shown), first);
    let second = json!({ "score": 8 });
    replacing(&platform, SHARING, &id, &second).send().await;
    let shown = looking(&platform, SHARING, &id).send().await;
    assert_eq!(profile_of(&shown), second, "replaced, not merged");
    assert!(!platform.dump().await.contains(&id));
}

#[tokio::test]
async fn an_id_is_good_in_its_project_and_for_its_guest_alone() {
    let platform = Platform::start().await;
    let id = guest(&platform, SHARING).await;
    let other = guest(&platform, SHARING).await;
    replacing(&platform, SHARING, &id, &json!({ "mine": 1 }))
        .send()
        .await;
    assert_eq!(
        profile_of(&looking(&platform, SHARING, &other).send().await),
        json!({})
    );
    let before = platform.dump().await;
    let nobody = "0".repeat(64);
    for (project, id) in [(ISOLATED, &id), (SHARING, &nobody)] {
        let shown = looking(&platform, project, id).send().await;
        assert_eq!(shown.whole(), unknown());
        let replaced = replacing(&platform, project, id, &json!({ "a": 1 }))
            .send()
            .await;
        assert_eq!(replaced.whole(), unknown());
    }
    expect_nothing_done(&platform, &before, "unknown").await;
}

#[tokio::test]
async fn what_is_missing_or_has_a_wrong_form_is_named() {
    let platform = Platform::start().await;
    let id = guest(&platform, SHARING).await;
    let before = platform.dump().await;
    let upper = "A".repeat(64);
    for (rest, message) in [
        ("", "externalId is required"),
        ("&externalId=", "externalId is not valid"),
        (
            "&externalId=6ba7b810-9dad-41d1-80b4-00c04fd430c8",
            "externalId is not valid",
        ),
        (&*format!("&externalId={upper}"), "externalId is not valid"),
    ] {
        let path = format!("{USER}?{}{rest}", query(SHARING, "noLogin"));
        let answer = platform.get(&path).send().await;
        assert_eq!(
            answer.whole(),
            refusal(400, message, "bad_request"),
            "{rest}"
        );
    }
    let fits = json!({ "a": "x".repeat(16 * 1024 - 8) });
    let large = json!({ "a": "x".repeat(16 * 1024 - 7) });
    for (beside, message) in [
        (json!({}), "externalId is required"),
        (
            json!({ "externalId": id, "data": { "appProfile": 7 } }),
            "appProfile is not valid",
        ),
        (
            json!({ "externalId": id, "data": { "appProfile": [] } }),
            "appProfile is not valid",
        ),
        (
            json!({ "externalId": id, "data": { "appProfile": large } }),
            "appProfile is not valid",
        ),
        (
            json!({ "data": { "externalId": id, "appProfile": {} } }),
            "externalId is required",
        ),
    ] {
        let body = envelope(SHARING, "noLogin", beside);
        let answer = put(&platform, USER, &body).send().await;
        assert_eq!(answer.whole(), refusal(400, message, "bad_request"));
    }
    // As the document shows it, which has no field for a profile: nothing is replaced.
    for beside in [
        json!({ "externalId": id }),
        json!({ "externalId": id, "data": {} }),
    ] {
        let body = envelope(SHARING, "noLogin", beside);
        assert_eq!(put(&platform, USER, &body).send().await.status, 200);
    }
    expect_nothing_done(&platform, &before, "malformed").await;
    let replaced = replacing(&platform, SHARING, &id, &fits).send().await;
    assert_eq!(replaced.status, 200, "{}", replaced.whole());
}

#[tokio::test]
async fn who_does_not_come_for_ninety_days_is_forgotten_and_every_use_counts_anew() {
    let platform = Platform::start().await;
    let [looked, changed, idle] = [
        guest(&platform, SHARING).await,
        guest(&platform, SHARING).await,
        guest(&platform, SHARING).await,
    ];
    for _ in 0..2 {
        platform.clock.advance_seconds(89 * DAY);
        let shown = looking(&platform, SHARING, &looked).send().await;
        assert_eq!(shown.status, 200, "{}", shown.whole());
        let replaced = replacing(&platform, SHARING, &changed, &json!({ "a": 1 }));
        let replaced = replaced.send().await;
        assert_eq!(replaced.status, 200, "{}", replaced.whole());
    }
    assert_eq!(
        looking(&platform, SHARING, &idle).send().await.whole(),
        unknown()
    );
    platform.clock.advance_seconds(90 * DAY);
    for id in [&looked, &changed] {
        assert_eq!(
            looking(&platform, SHARING, id).send().await.whole(),
            unknown()
        );
        let replaced = replacing(&platform, SHARING, id, &json!({})).send().await;
        assert_eq!(replaced.whole(), unknown());
    }
    super::sweep(&platform).await;
    assert_eq!(platform.items("devices").await.len(), 0);
    assert_eq!(platform.items("users").await.len(), 0);
}

#[tokio::test]
async fn nobody_signs_in_by_it_and_closed_registration_makes_no_guests() {
    let platform = Platform::with(&[("OPEN_REGISTRATION", "off")]).await;
    let before = platform.dump().await;
    let closed = coming(&platform, SHARING).send().await;
    assert_eq!(closed.whole(), refusal(403, "not allowed", "forbidden"));
    let body = envelope(SHARING, "noLogin", json!({ "data": {} }));
    let login = platform
        .request(Method::PUT, LOGIN)
        .json(&body)
        .send()
        .await;
    let message = "the provider is not supported here";
    assert_eq!(login.whole(), refusal(400, message, "unsupported_provider"));
    expect_nothing_done(&platform, &before, "closed").await;
}
