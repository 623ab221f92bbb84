//! GET /oauth2?me=true.

use serde_json::json;
use shared::domain::Clock as _;

use super::factor::ANN;
use super::{ADMIN, get, refusal, start, token};
use crate::harness::{PASSWORD, Platform};

#[tokio::test]
async fn a_token_tells_its_user() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let registered_at = platform.clock.now().as_second();
    platform.clock.advance_seconds(60);
    let token = token(&platform, ANN, PASSWORD).await;
    let answer = get(&platform, &token, "oauth2?me=true").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let id = super::factor::credential(&platform).await["user_id"].clone();
    assert_eq!(
        answer.json(),
        json!({
            "id": id,
            "name": "",
            "description": "",
            "avatar": "",
            "email": ANN,
            "validated": true,
            "validationEmail": "",
            "validationDate": registered_at,
            "created": registered_at,
            "validationURI": "",
            "changePassword": false,
            "lastLogin": registered_at + 60,
            "currentLoginURI": "",
            "lastPasswordChange": registered_at,
            "lastEmailCheck": registered_at,
            "waitingForEmailCheck": false,
            "location": "",
            "owner": "",
            "suspended": false,
            "blackListed": false,
            "locale": "en",
            "userRole": "subscriber",
            "oauthUserInfo": "",
            "securityPolicy": "",
            "securityPolicyChange": 0,
            "notes": [],
            "userTypeProprietaryInfo": {
                "mobiles": [],
                "mfa": { "enabled": false, "method": "" },
            },
        })
    );
}

#[tokio::test]
async fn the_administrator_is_root() {
    let (platform, root) = start().await;
    let me = get(&platform, &root, "oauth2?me=true").await.json();
    assert_eq!(me["email"], ADMIN);
    assert_eq!(me["userRole"], "root");
}

#[tokio::test]
async fn nothing_but_oneself_can_be_asked_for() {
    let (platform, root) = start().await;
    let expected = refusal(400, 400, "GET", "1050: only me=true can be asked for");
    for rest in ["oauth2", "oauth2?me=false", "oauth2?you=true"] {
        let answer = get(&platform, &root, rest).await;
        assert_eq!(answer.whole(), expected, "{rest}");
    }
    for rest in ["oauth2?me=1", "oauth2?me=TRUE", "oauth2?me="] {
        let answer = get(&platform, &root, rest).await;
        let expected = refusal(400, 400, "GET", "1018: me is not valid");
        assert_eq!(answer.whole(), expected, "{rest}");
    }
}
