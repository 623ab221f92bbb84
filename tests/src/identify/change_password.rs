//! Row 4: changing a password.

use serde_json::json;

use super::{
    ANN, CHANGE_PASSWORD, DEVICE, ISOLATED, Login, NEW_PASSWORD, OTHER_DEVICE, SHARING, WRONG, ann,
    cognito, confirmed, is_signed, put, refusal, sharing, shown, signed_in, signed_in_on,
    signing_in,
};
use crate::harness::{PASSWORD, Platform};
use crate::user_service::expect_nothing_done;

#[tokio::test]
async fn the_session_that_asks_goes_on_and_all_others_end() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let other = signed_in_on(&platform, SHARING, OTHER_DEVICE).await;
    let elsewhere = platform.signed_in(ANN, PASSWORD).await;
    let rbac = platform.rbac_token(ANN).await;
    platform.clock.advance_seconds(5);
    let changing = login.change_password(&platform, PASSWORD, NEW_PASSWORD);
    let answer = changing.send().await;
    assert_eq!(
        shown(&answer),
        "200\n{\"result\":1,\"message\":\"password has been updated\",\"data\":{\
         \"deviceId\":\"3fa85f64-5717-4562-b3fc-2c963f66afa6\",\"timeStamp\":1767225605,\
         \"signature\":\"[signature]\",\"externalId\":\"[externalId]\",\"userId\":\"[userId]\",\
         \"accessToken\":\"[accessToken]\",\"profileToken\":\"[profileToken]\",\
         \"refreshToken\":\"[refreshToken]\",\"signUp\":1767225600}}"
    );
    assert!(is_signed(&sharing(&platform).await, &answer.json()["data"]));
    let next = Login::of(SHARING, &answer);
    assert_eq!(next.device, DEVICE);
    assert_eq!(next.status(&platform).await, 200);
    assert_eq!(login.status(&platform).await, 200, "its own access token");
    assert_eq!(other.status(&platform).await, 401);
    for path in ["/user-service/v1/users/status", "/rbac/users"] {
        let token = if path.starts_with("/rbac") {
            &rbac
        } else {
            &elsewhere.access_token
        };
        let status = platform.get(path).bearer(token).send().await.status;
        assert_eq!(status, 401, "{path}");
    }
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [ANN]);
    assert_eq!(mails[0].subject, "Gatehouse: Your password was changed");
    let old = signing_in(&platform, SHARING, ANN, PASSWORD).send().await;
    assert_eq!(old.status, 401);
    let new = signing_in(&platform, SHARING, ANN, NEW_PASSWORD)
        .send()
        .await;
    assert_eq!(new.status, 200);
}

/// Of an account of another realm no page of ours knows.
#[tokio::test]
async fn the_mail_leads_to_a_page_that_knows_the_account_or_nowhere() {
    let platform = Platform::start().await;
    for (project, leads) in [(SHARING, true), (ISOLATED, false)] {
        confirmed(&platform, project, ANN).await;
        let login = signed_in(&platform, project, ANN).await;
        let changing = login.change_password(&platform, PASSWORD, NEW_PASSWORD);
        assert_eq!(changing.send().await.status, 200);
        let mails = platform.deliver().await;
        let [mail] = mails.as_slice() else {
            panic!("{} mails", mails.len());
        };
        assert_eq!(mail.subject, "Gatehouse: Your password was changed");
        assert_eq!(mail.text.contains("/reset-password"), leads, "{project}");
        assert_eq!(mail.html.contains("href"), leads, "{project}");
    }
}

#[tokio::test]
async fn the_refresh_token_from_before_is_void_and_the_new_one_works() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let changing = login.change_password(&platform, PASSWORD, NEW_PASSWORD);
    let next = Login::of(SHARING, &changing.send().await);
    let refreshed = next.refresh(&platform).send().await;
    let third = next.refreshed(&refreshed);
    platform.clock.advance_seconds(11);
    let old = login.refresh(&platform).send().await;
    let expected = refusal(401, "the refresh token is not valid", "invalid_token");
    assert_eq!(old.whole(), expected);
    assert_eq!(
        third.status(&platform).await,
        401,
        "two had it: the session ends"
    );
}

/// Whoever has stolen it gets nothing by it, also within the seconds in which a used token still has a successor.
#[tokio::test]
async fn the_refresh_token_from_before_is_void_at_once() {
    let expected = refusal(401, "the refresh token is not valid", "invalid_token");
    for refreshes in [false, true] {
        let platform = Platform::start().await;
        let mut login = ann(&platform).await;
        if refreshes {
            login = login.refreshed(&login.refresh(&platform).send().await);
        }
        let changing = login.change_password(&platform, PASSWORD, NEW_PASSWORD);
        Login::of(SHARING, &changing.send().await);
        let old = login.refresh(&platform).send().await;
        assert_eq!(old.whole(), expected, "{refreshes}");
    }
}

#[tokio::test]
async fn a_wrong_previous_password_changes_nothing_and_counts() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let sessions = platform.items("sessions").await;
    let wrong = login.change_password(&platform, WRONG, NEW_PASSWORD);
    let message = "wrong e-mail address or password";
    let expected = refusal(401, message, "invalid_credentials");
    assert_eq!(wrong.send().await.whole(), expected);
    assert_eq!(platform.items("sessions").await, sessions);
    assert_eq!(login.status(&platform).await, 200);
    for _ in 0..5 {
        let wrong = login.change_password(&platform, WRONG, NEW_PASSWORD);
        wrong.from("203.0.113.9").send().await;
    }
    let locked = login
        .change_password(&platform, PASSWORD, NEW_PASSWORD)
        .from("203.0.113.9")
        .send()
        .await;
    assert_eq!(
        locked.whole(),
        refusal(429, "too many attempts", "rate_limited")
    );
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn a_weak_or_malformed_password_changes_nothing() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let before = platform.dump().await;
    for (password, why) in [
        ("short", "the password needs at least 8 characters"),
        (PASSWORD, "the password is the one that was there"),
        (ANN, "the password is too easy to guess"),
    ] {
        let answer = login.change_password(&platform, PASSWORD, password);
        let answer = answer.send().await;
        assert_eq!(
            answer.whole(),
            refusal(400, why, "weak_password"),
            "{password}"
        );
    }
    for (data, message) in [
        (json!({}), "password is required"),
        (
            json!({ "previousPassword": PASSWORD }),
            "password is required",
        ),
        (
            json!({ "password": NEW_PASSWORD }),
            "previousPassword is required",
        ),
        (
            json!({ "password": 7, "previousPassword": PASSWORD }),
            "password is not valid",
        ),
    ] {
        let body = cognito(SHARING, &data);
        let answer = put(&platform, CHANGE_PASSWORD, &body).bearer(&login.access);
        let answer = answer.send().await;
        assert_eq!(
            answer.whole(),
            refusal(400, message, "bad_request"),
            "{data}"
        );
    }
    expect_nothing_done(&platform, &before, "weak").await;
}

#[tokio::test]
async fn the_password_alone_is_not_enough() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let before = platform.dump().await;
    let data = json!({ "email": ANN, "password": NEW_PASSWORD, "previousPassword": PASSWORD });
    let body = cognito(SHARING, &data);
    let none = put(&platform, CHANGE_PASSWORD, &body).send().await;
    assert_eq!(
        none.whole(),
        refusal(401, "an access token is required", "invalid_token")
    );
    let profile = put(&platform, CHANGE_PASSWORD, &body).bearer(&login.profile);
    assert_eq!(
        profile.send().await.whole(),
        refusal(401, "the token is not valid", "invalid_token")
    );
    expect_nothing_done(&platform, &before, "no token").await;
}
