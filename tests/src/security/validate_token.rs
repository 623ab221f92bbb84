//! GET /validateToken: whether a token is good, for services that were given one.

use serde_json::json;
use shared::domain::{Clock as _, UserRole};

use super::factor::ANN;
use super::{ADMIN, get, refusal, sign_in, start, token};
use crate::harness::{PASSWORD, Platform};

#[tokio::test]
async fn a_good_token_tells_whose_it_is() {
    let (platform, root) = start().await;
    platform.register_confirmed(ANN).await;
    let seen = token(&platform, ANN, PASSWORD).await;
    let made_at = platform.clock.now().as_second();
    platform.clock.advance_seconds(60);
    let answer = get(&platform, &root, &format!("validateToken?token={seen}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let me = get(&platform, &seen, "oauth2?me=true").await.json();
    assert_eq!(
        answer.json(),
        json!({
            "userInfo": me,
            "tokenInfo": {
                "access_token": seen,
                "refresh_token": "",
                "token_type": "Bearer",
                "expires_in": 3600,
                "idle_timeout": 300,
                "username": ANN,
                "created": made_at,
                "userMustChangePassword": false,
                "errorCode": 0,
                "aclTemplate": {
                    "Read": false,
                    "ReadWrite": false,
                    "ReadWriteCreate": false,
                    "Delete": false,
                    "PortalLogin": true,
                },
            },
        })
    );
}

#[tokio::test]
async fn what_is_no_good_token_is_not_found() {
    let (platform, _) = start().await;
    let service = platform.new_session(ANN).await;
    let rbac = platform.rbac_token(ANN).await;
    let signed_in = sign_in(&platform, ANN, PASSWORD).await.json();
    let text = |name: &str| signed_in[name].as_str().expect("a token").to_owned();
    let (expired, refresh) = (text("access_token"), text("refresh_token"));
    let ended = token(&platform, ANN, PASSWORD).await;
    super::delete(&platform, &ended, &format!("oauth2/{ended}")).await;
    platform.clock.advance_seconds(1800);
    let root = token(&platform, ADMIN, PASSWORD).await;
    platform.clock.advance_seconds(1806);
    let changed = token(&platform, ANN, PASSWORD).await;
    let long = "x".repeat(5000);
    let body =
        json!({ "userId": ANN, "password": PASSWORD, "newPassword": super::STRICT_PASSWORD });
    let change = platform.post(&super::path("oauth2")).json(&body);
    assert_eq!(change.send().await.status, 200);
    for (what, token) in [
        ("expired", expired.as_str()),
        ("signed out", &ended),
        ("before the password changed", &changed),
        ("a refresh token", &refresh),
        ("a token of document 000", &service.access_token),
        ("its refresh token", &service.refresh_token),
        ("a token of document 002", &rbac),
        ("spoilt", &root[..root.len() - 4]),
        ("garbage", "garbage"),
        ("empty", ""),
        ("too long", &long),
    ] {
        let answer = get(&platform, &root, &format!("validateToken?token={token}")).await;
        let expected = refusal(404, 404, "GET", "404: not found");
        assert_eq!(answer.whole(), expected, "{what}");
    }
}

#[tokio::test]
async fn a_token_has_to_be_given() {
    let (platform, root) = start().await;
    for rest in ["validateToken", "validateToken?other=1"] {
        let answer = get(&platform, &root, rest).await;
        let expected = refusal(400, 400, "GET", "1018: token is required");
        assert_eq!(answer.whole(), expected, "{rest}");
    }
}

#[tokio::test]
async fn only_root_and_system_may_ask() {
    let platform = Platform::start().await;
    for role in UserRole::ALL {
        let own = super::system::with_role(&platform, role).await;
        let answer = get(&platform, &own, &format!("validateToken?token={own}")).await;
        if [UserRole::Root, UserRole::System].contains(&role) {
            assert_eq!(answer.status, 200, "{role:?}: {}", answer.body);
            continue;
        }
        let expected = refusal(403, 7, "GET", "7: not allowed");
        assert_eq!(answer.whole(), expected, "{role:?}");
        let without = get(&platform, &own, "validateToken").await;
        assert_eq!(without.whole(), expected, "{role:?}: before what is asked");
    }
}
