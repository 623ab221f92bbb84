//! POST /oauth2 with the password.

use serde_json::json;
use shared::domain::Clock as _;

use super::{ADMIN, STRICT_PASSWORD, refusal, root, sign_in};
use crate::harness::{PASSWORD, Platform};

#[tokio::test]
async fn the_right_password_gets_tokens() {
    let platform = Platform::start().await;
    root(&platform).await;
    let answer = sign_in(&platform, ADMIN, PASSWORD).await;
    assert_eq!(answer.status, 200);
    let mut body = answer.json();
    for token in ["access_token", "refresh_token"] {
        let text = body[token].as_str().expect("a token");
        assert!(text.len() > 80, "{text}");
        body[token] = json!("...");
    }
    assert_eq!(
        body,
        json!({
            "access_token": "...",
            "refresh_token": "...",
            "token_type": "Bearer",
            "expires_in": 3600,
            "idle_timeout": 300,
            "username": ADMIN,
            "created": platform.clock.now().as_second(),
            "userMustChangePassword": false,
            "errorCode": 0,
            "aclTemplate": {
                "Read": true,
                "ReadWrite": true,
                "ReadWriteCreate": true,
                "Delete": true,
                "PortalLogin": true,
            },
        })
    );
}

#[tokio::test]
async fn an_unknown_user_and_a_wrong_password_look_alike() {
    let platform = Platform::start().await;
    root(&platform).await;
    let expected = refusal(403, 2, "POST", "2: wrong e-mail address or password");
    for (user, password) in [
        (ADMIN, STRICT_PASSWORD),
        ("nobody@example.com", PASSWORD),
        ("admin", PASSWORD),
        ("", PASSWORD),
    ] {
        let answer = sign_in(&platform, user, password).await;
        assert_eq!(answer.whole(), expected, "{user}");
    }
}
