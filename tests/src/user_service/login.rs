//! Row 5: signing in.

use insta::assert_snapshot;
use serde_json::json;

use super::{LOGIN, expect_nothing_done, set_on_account, stored, without_tokens};
use crate::harness::{Answer, PASSWORD, Platform};

/// Everything of an answer that may not tell one case from another.
fn face(answer: &Answer) -> String {
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    format!("{}\n{}", headers.join("\n"), answer.whole())
}

#[tokio::test]
async fn the_right_password_opens_a_session() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    let answer = platform.login("ann@example.com", PASSWORD).await;
    assert_snapshot!(without_tokens(&answer), @r#"
    200
    {"refreshToken":"[token]","status":"success","user":{"confirmed":true,"firstname":null,"lastname":null,"email":"ann@example.com","id":1,"language":"en","permissionLevel":0},"accessToken":"[token]"}
    "#);
    assert_snapshot!(stored(&platform, "sessions").await, @r#"{"created_at":1767225600000,"credential_version":1,"dialect":"user-service","expires":1769817600,"session_id":"[session_id]","user_id":"[user_id]"}"#);
    assert_eq!(platform.deliver().await.len(), 0);
    let body = answer.json();
    let dump = platform.dump().await;
    for (token, status) in [("accessToken", 200), ("refreshToken", 403)] {
        let token = body[token].as_str().expect("a token");
        let answer = platform.get(super::STATUS).bearer(token).send().await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(!dump.contains(token), "tokens are not stored");
    }
}

#[tokio::test]
async fn each_sign_in_opens_a_session_of_its_own() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    let first = platform.signed_in("ann@example.com", PASSWORD).await;
    let second = platform.signed_in("ann@example.com", PASSWORD).await;
    assert_ne!(first.refresh_token, second.refresh_token);
    let sessions = platform.items("sessions").await;
    assert_eq!(sessions.len(), 2);
    assert_ne!(sessions[0]["session_id"], sessions[1]["session_id"]);
    for session in [first, second] {
        let status = platform
            .get(super::STATUS)
            .bearer(&session.access_token)
            .send()
            .await;
        assert_eq!(status.status, 200);
    }
}

#[tokio::test]
async fn any_spelling_of_the_address_signs_in() {
    let platform = Platform::start().await;
    platform.register_confirmed("Jürgen@Bücher.example").await;
    for spelling in [
        "Jürgen@Bücher.example",
        " JÜRGEN@bücher.EXAMPLE\t",
        "ju\u{308}rgen@xn--bcher-kva.example",
    ] {
        let session = platform.signed_in(spelling, PASSWORD).await;
        assert_eq!(
            session.user["email"], "jürgen@xn--bcher-kva.example",
            "{spelling:?}"
        );
    }
}

#[tokio::test]
async fn a_password_counts_in_its_composed_form_and_is_not_trimmed() {
    let platform = Platform::with(&[("EMAIL_CONFIRMATION", "off")]).await;
    let body = json!({ "email": "ann@example.com", "password": "caf\u{e9} au lait  sans sucre" });
    let registered = platform.post(super::REGISTER).json(&body).send().await;
    assert_eq!(registered.status, 200);
    let decomposed = "cafe\u{301} au lait  sans sucre";
    platform.signed_in("ann@example.com", decomposed).await;
    for other in [
        " caf\u{e9} au lait  sans sucre",
        "caf\u{e9} au lait  sans sucre ",
        "caf\u{e9} au lait sans sucre",
        "CAF\u{c9} AU LAIT  SANS SUCRE",
    ] {
        let answer = platform.login("ann@example.com", other).await;
        assert_eq!(answer.status, 401, "{other:?}");
        platform.signed_in("ann@example.com", decomposed).await;
    }
}

#[tokio::test]
async fn a_form_signs_in_as_json_does() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    let fields = [("email", "ann@example.com"), ("password", PASSWORD)];
    let answer = platform.post(LOGIN).form(&fields).send().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_look_alike() {
    let platform = Platform::start().await;
    platform.register_confirmed("known@example.com").await;
    platform.register("waiting@example.com").await;
    platform.register_confirmed("suspended@example.com").await;
    set_on_account(&platform, 3, "suspended", true).await;
    platform.deliver().await;
    let wrong = platform
        .login("known@example.com", "not the password")
        .await;
    assert_snapshot!(face(&wrong), @r#"
    cache-control: "no-store"
    content-length: "44"
    content-type: "application/json"
    x-content-type-options: "nosniff"
    401
    {"error":"wrong e-mail address or password"}
    "#);
    for email in [
        "unknown@example.com",
        "waiting@example.com",
        "suspended@example.com",
        "no address at all",
        "",
    ] {
        let answer = platform.login(email, "not the password").await;
        assert_eq!(face(&answer), face(&wrong), "{email:?}");
    }
    assert_eq!(platform.items("sessions").await, []);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_cost_the_same_calls() {
    let platform = Platform::start().await;
    platform.register_confirmed("known@example.com").await;
    platform.connector.forget();
    platform
        .login("known@example.com", "not the password")
        .await;
    let known = platform.connector.calls();
    platform.connector.forget();
    platform
        .login("unknown@example.com", "not the password")
        .await;
    assert_eq!(platform.connector.calls(), known);
    assert!(!known.is_empty());
}

#[tokio::test]
async fn what_strangers_type_is_not_stored() {
    let platform = Platform::start().await;
    platform
        .login("stranger@example.com", "hunter2hunter2")
        .await;
    let dump = platform.dump().await;
    for canary in ["stranger", "hunter2", "192.0.2.1"] {
        assert!(!dump.contains(canary), "{canary}");
    }
}

#[tokio::test]
async fn that_an_account_waits_is_told_after_the_right_password_only() {
    let platform = Platform::start().await;
    platform.register("ann@example.com").await;
    platform.deliver().await;
    let right = platform.login("ann@example.com", PASSWORD).await;
    assert_snapshot!(right.whole(), @r#"
    400
    {"error":"the account has not been activated"}
    "#);
    let wrong = platform.login("ann@example.com", "not the password").await;
    assert_snapshot!(wrong.whole(), @r#"
    401
    {"error":"wrong e-mail address or password"}
    "#);
    assert_eq!(platform.items("sessions").await, []);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn a_suspended_account_looks_like_one_not_activated() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    set_on_account(&platform, 1, "suspended", true).await;
    let answer = platform.login("ann@example.com", PASSWORD).await;
    assert_eq!(
        answer.whole(),
        "400\n{\"error\":\"the account has not been activated\"}"
    );
    assert_eq!(platform.items("sessions").await, []);
}

#[tokio::test]
async fn a_request_without_its_fields_is_malformed() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    let before = platform.dump().await;
    let mut answers = Vec::new();
    for body in [
        json!({}),
        json!({ "email": "ann@example.com" }),
        json!({ "password": PASSWORD }),
        json!({ "email": null, "password": PASSWORD }),
        json!({ "email": "ann@example.com", "password": null }),
        json!({ "email": ["ann@example.com"], "password": PASSWORD }),
        json!({ "email": "ann@example.com", "password": { "$ne": "" } }),
        json!({ "email": "ann@example.com", "password": 12_345_678 }),
        json!({ "email": "ann@example.com", "password": "x".repeat(1025) }),
        json!({ "Email": "ann@example.com", "Password": PASSWORD }),
    ] {
        let answer = platform.post(LOGIN).json(&body).send().await;
        answers.push(format!("{} {}", answer.status, answer.body));
    }
    assert_snapshot!(answers.join("\n"), @r#"
    400 {"error":"password is required"}
    400 {"error":"password is required"}
    400 {"error":"email is required"}
    400 {"error":"email is required"}
    400 {"error":"password is required"}
    400 {"error":"email is not valid"}
    400 {"error":"password is not valid"}
    400 {"error":"password is not valid"}
    400 {"error":"password is not valid"}
    400 {"error":"password is required"}
    "#);
    expect_nothing_done(&platform, &before, "malformed sign-ins").await;
}

#[tokio::test]
async fn credentials_in_the_query_are_not_looked_at() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    let before = platform.dump().await;
    let path = format!("{LOGIN}?email=ann@example.com&password=violet+tractor+sings+at+dawn");
    let answer = platform.post(&path).send().await;
    assert_eq!(answer.whole(), "400\n{\"error\":\"password is required\"}");
    expect_nothing_done(&platform, &before, "a query").await;
}
