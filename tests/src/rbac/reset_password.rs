//! Row 4: changing a password, with the old one as proof.

use serde_json::json;

use super::accounts::{
    ANN, NEXT, NOBODY, WRONG, active, authenticate, face, marked, reset_password, set_flag,
    users_of_kind, validate, waiting, with,
};
use super::{RESET_PASSWORD, USERS, get};
use crate::harness::{PASSWORD, Platform, password_in};
use crate::user_service::expect_nothing_done;

const DONE: &str = "200\n\"Password Reset\"";
const MALFORMED: &str = "400\n\"Error Resetting Password\"";
const REFUSED: &str = "401\n\"Error Resetting Password\"";
const THIRD: &str = "a third password for the quay";

#[tokio::test]
async fn the_old_password_is_dead_and_the_new_one_works_in_both_dialects() {
    let platform = Platform::start().await;
    let uid = active(&platform, ANN).await;
    platform.clock.advance_seconds(60);
    let answer = reset_password(&platform, &uid, PASSWORD, NEXT).await;
    assert_eq!(answer.whole(), DONE);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let account = &users_of_kind(&platform, "user#").await[0];
    assert_eq!(account["credential_version"], 2);
    assert_eq!(account["password_changed_at"], 1_767_225_660_000_u64);
    assert_eq!(platform.items("outbox").await, []);
    assert_eq!(platform.items("sessions").await, []);
    assert!(!platform.dump().await.contains(NEXT));
    let old = authenticate(&platform, ANN, PASSWORD).await;
    assert_eq!(old.whole(), "401\n\"Error Authenticating\"");
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
    assert_eq!(authenticate(&platform, ANN, NEXT).await.status, 200);
    platform.signed_in(ANN, NEXT).await;
    let again = reset_password(&platform, &uid, PASSWORD, THIRD).await;
    assert_eq!(again.whole(), REFUSED);
}

#[tokio::test]
async fn an_account_of_the_other_dialect_is_changed_alike_by_its_id_in_any_case() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let uid = super::uid_of(&platform, ANN).await.to_uppercase();
    let answer = reset_password(&platform, &uid, PASSWORD, NEXT).await;
    assert_eq!(answer.whole(), DONE);
    platform.signed_in(ANN, NEXT).await;
}

#[tokio::test]
async fn the_sessions_of_both_dialects_end() {
    let platform = Platform::start().await;
    let uid = active(&platform, ANN).await;
    let token = platform.rbac_token(ANN).await;
    let session = platform.signed_in(ANN, PASSWORD).await;
    let answer = reset_password(&platform, &uid, PASSWORD, NEXT).await;
    assert_eq!(answer.whole(), DONE);
    assert_eq!(validate(&platform, &token).await, "401\nfalse");
    let own = get(&platform, &token, &format!("{USERS}/{uid}")).await;
    assert_eq!(own.whole(), "401\n\"Unauthorized\"");
    let status = platform.get("/user-service/v1/users/status");
    let status = status.bearer(&session.access_token).send().await;
    assert_eq!(status.status, 401);
    let refresh = platform.post("/user-service/v1/users/accessToken");
    let refresh = refresh.json(&json!({ "refreshToken": session.refresh_token }));
    assert_eq!(refresh.send().await.status, 401);
}

#[tokio::test]
async fn who_had_to_change_the_password_has_done_so() {
    let platform = Platform::start().await;
    let uid = marked(&platform, ANN).await;
    let answer = reset_password(&platform, &uid, PASSWORD, NEXT).await;
    assert_eq!(answer.whole(), DONE);
    let account = &users_of_kind(&platform, "user#").await[0];
    assert_eq!(account.get("must_change_password"), None);
    let signed_in = authenticate(&platform, ANN, NEXT).await.json();
    assert_eq!(signed_in["reset_password"], false);
    let token = signed_in["token"].as_str().expect("a token");
    let own = get(&platform, token, &format!("{USERS}/{uid}")).await;
    assert_eq!(own.status, 200, "{}", own.body);
}

#[tokio::test]
async fn whoever_may_not_change_it_looks_like_an_unknown_user() {
    let platform = Platform::start().await;
    let ann = active(&platform, ANN).await;
    let ben = active(&platform, "ben@example.com").await;
    let reset = reset_password(&platform, &ben, PASSWORD, NEXT).await;
    assert_eq!(reset.whole(), DONE);
    let (inactive, _) = waiting(&platform, "waiting@example.com").await;
    let suspended = active(&platform, "suspended@example.com").await;
    set_flag(&platform, &suspended, "suspended", true).await;
    let gone = active(&platform, "gone@example.com").await;
    let session = platform.signed_in("gone@example.com", PASSWORD).await;
    let delete = platform.delete("/user-service/v1/users/user");
    let delete = delete.bearer(&session.access_token).send().await;
    assert_eq!(delete.status, 204);
    platform.deliver().await;
    let accounts = users_of_kind(&platform, "user#").await;
    let unknown = reset_password(&platform, NOBODY, PASSWORD, THIRD).await;
    assert_eq!(unknown.whole(), REFUSED);
    for (uid, old) in [
        (&ann, WRONG),
        (&ann, ""),
        (&ann, NEXT),
        (&inactive, WRONG),
        (&inactive, PASSWORD),
        (&suspended, WRONG),
        (&suspended, PASSWORD),
        (&gone, PASSWORD),
    ] {
        let answer = reset_password(&platform, uid, old, THIRD).await;
        assert_eq!(face(&answer), face(&unknown), "{uid} {old:?}");
    }
    assert_eq!(users_of_kind(&platform, "user#").await, accounts);
    assert_eq!(platform.deliver().await.len(), 0);
    assert_eq!(authenticate(&platform, ANN, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_new_password_that_may_not_be_is_refused_before_anything_is_counted() {
    let platform = Platform::start().await;
    let uid = active(&platform, ANN).await;
    let before = platform.dump().await;
    let body = json!({ "user_uid": uid, "old_password": PASSWORD, "new_password": NEXT });
    for changes in [
        json!({ "new_password": "" }),
        json!({ "new_password": "7chars!" }),
        json!({ "new_password": "password1" }),
        json!({ "new_password": PASSWORD }),
        json!({ "new_password": "x".repeat(1025) }),
        json!({ "new_password": null }),
        json!({ "new_password": 12_345_678 }),
        json!({ "new_password": [NEXT] }),
        json!({ "old_password": null }),
        json!({ "old_password": "x".repeat(1025) }),
        json!({ "old_password": true }),
        json!({ "old_password": { "$ne": "" } }),
        json!({ "user_uid": null }),
        json!({ "user_uid": "" }),
        json!({ "user_uid": "nobody" }),
        json!({ "user_uid": 1 }),
        json!({ "user_uid": [uid] }),
        json!({ "user_uid": uid.replace('-', "") }),
        json!({ "user_uid": format!("{{{uid}}}") }),
        json!({ "user_uid": format!("urn:uuid:{uid}") }),
        json!({ "user_uid": format!(" {uid}") }),
        json!({ "user_uid": ANN }),
    ] {
        let request = platform.post(RESET_PASSWORD).json(&with(&body, &changes));
        assert_eq!(request.send().await.whole(), MALFORMED, "{changes}");
    }
    for body in [json!({}), json!([]), json!("x"), json!(null)] {
        let request = platform.post(RESET_PASSWORD).json(&body);
        assert_eq!(request.send().await.whole(), MALFORMED, "{body}");
    }
    let json = || {
        platform
            .post(RESET_PASSWORD)
            .header("content-type", "application/json")
    };
    for request in [platform.post(RESET_PASSWORD), json(), json().body("{")] {
        assert_eq!(request.send().await.whole(), MALFORMED);
    }
    expect_nothing_done(&platform, &before, "refused changes").await;
}

#[tokio::test]
async fn what_is_close_to_the_owner_is_told_after_the_right_password_only() {
    let platform = Platform::start().await;
    let uid = active(&platform, "wolfeschlegel@example.com").await;
    let close = "wolfeschlegel@example.com";
    let wrong = reset_password(&platform, &uid, WRONG, close).await;
    assert_eq!(wrong.whole(), REFUSED);
    let right = reset_password(&platform, &uid, PASSWORD, close).await;
    assert_eq!(right.whole(), MALFORMED);
    assert_eq!(authenticate(&platform, close, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn fields_that_nobody_asked_for_change_nothing() {
    let platform = Platform::start().await;
    let uid = active(&platform, ANN).await;
    let body = json!({
        "user_uid": uid, "old_password": PASSWORD, "new_password": NEXT,
        "reset_password": true, "email": "eve@example.com", "name": "Eve", "active": false,
        "roles": [1], "permissionLevel": 2, "uid": NOBODY,
    });
    let request = platform.post(RESET_PASSWORD).json(&body);
    assert_eq!(request.send().await.whole(), DONE);
    let body = authenticate(&platform, ANN, NEXT).await.json();
    assert_eq!(
        (&body["name"], &body["reset_password"]),
        (&json!("Ann Lee"), &json!(false))
    );
    let account = &users_of_kind(&platform, "user#").await[0];
    assert_eq!(account["permission_level"], 0);
}

#[tokio::test]
async fn wrong_old_passwords_lock_this_the_sign_in_and_the_other_dialect() {
    let platform = Platform::start().await;
    let known = active(&platform, ANN).await;
    let mut seen = Vec::new();
    for uid in [&*known, NOBODY] {
        let mut faces = Vec::new();
        for step in 0..7 {
            faces.push(face(&reset_password(&platform, uid, WRONG, NEXT).await));
            platform.clock.advance_seconds(i64::from(step == 4));
        }
        if uid == known {
            let locked = authenticate(&platform, ANN, PASSWORD).await;
            assert_eq!(locked.whole(), "429\n\"Too Many Requests\"");
            assert_eq!(platform.login(ANN, PASSWORD).await.status, 429);
            let locked = reset_password(&platform, &known, PASSWORD, NEXT).await;
            assert_eq!(locked.whole(), "429\n\"Too Many Requests\"");
            assert_eq!(locked.header("retry-after"), Some("3"));
        }
        seen.push(faces);
    }
    assert!(seen[0][5].ends_with(REFUSED), "{}", seen[0][5]);
    assert!(seen[0][6].ends_with("429\n\"Too Many Requests\""));
    assert_eq!(seen[0], seen[1], "an unknown user locks like a known one");
    platform.clock.advance_seconds(2);
    let answer = reset_password(&platform, &known, PASSWORD, NEXT).await;
    assert_eq!(answer.whole(), DONE);
}

#[tokio::test]
async fn a_client_that_fails_too_often_is_told_to_wait() {
    let platform = Platform::with(&[("LIMIT_FAILURES_PER_CLIENT", "2")]).await;
    let uid = active(&platform, ANN).await;
    for _ in 0..2 {
        let answer = reset_password(&platform, NOBODY, WRONG, NEXT).await;
        assert_eq!(answer.whole(), REFUSED);
    }
    let accounts = users_of_kind(&platform, "user#").await;
    let limited = reset_password(&platform, &uid, PASSWORD, NEXT).await;
    assert_eq!(limited.whole(), "429\n\"Too Many Requests\"");
    assert_eq!(limited.header("retry-after"), Some("901"));
    assert_eq!(users_of_kind(&platform, "user#").await, accounts);
}

#[tokio::test]
async fn a_mailed_password_is_proof_enough() {
    let platform = Platform::start().await;
    let uid = active(&platform, ANN).await;
    let ask = platform.post("/user-service/v1/users/newPassword");
    ask.json(&json!({ "email": ANN })).send().await;
    let mailed = password_in(&platform.deliver().await[0].text);
    let answer = reset_password(&platform, &uid, &mailed, NEXT).await;
    assert_eq!(answer.whole(), DONE);
    assert_eq!(authenticate(&platform, ANN, NEXT).await.status, 200);
    for dead in [&mailed, PASSWORD] {
        let answer = authenticate(&platform, ANN, dead).await;
        assert_eq!(answer.whole(), "401\n\"Error Authenticating\"");
    }
}

#[tokio::test]
async fn of_many_changes_at_once_one_succeeds() {
    let platform = Platform::start().await;
    let uid = active(&platform, ANN).await;
    let new = |number: usize| format!("{NEXT} {number}");
    let changes = (0..64).map(|number| {
        let (platform, uid) = (&platform, &uid);
        async move { reset_password(platform, uid, PASSWORD, &new(number)).await }
    });
    let answers = futures::future::join_all(changes).await;
    let mut done = Vec::new();
    for (number, answer) in answers.iter().enumerate() {
        match answer.status {
            200 => done.push(number),
            401 | 429 => {}
            _ => panic!("{}", answer.whole()),
        }
    }
    assert_eq!(done.len(), 1);
    platform.clock.advance_seconds(900);
    let answer = authenticate(&platform, ANN, &new(done[0])).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}
