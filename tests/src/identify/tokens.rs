//! What the tokens hold, and that none of them stands in for another.

use data_encoding::BASE64URL_NOPAD;
use http::Method;
use serde_json::{Value, json};

use super::{ANN, DEVICE, Login, SHARING, START, ann, refusal, signed_in};
use crate::harness::{PASSWORD, PUBLIC_URL, Platform};

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("a part");
    let part = BASE64URL_NOPAD.decode(part.as_bytes()).expect("base64url");
    serde_json::from_slice(&part).expect("JSON")
}

/// The claims, with what differs every time left out once it was looked at.
fn claims(token: &str, login: &Login) -> Value {
    let mut claims = part(token, 1);
    assert_eq!(claims["sub"], json!(login.user));
    for name in ["sub", "sid", "jti", "externalId"] {
        if let Some(claim) = claims.get_mut(name) {
            assert!(
                claim.as_str().is_some_and(|text| text.len() >= 22),
                "{name}"
            );
            *claim = json!("...");
        }
    }
    claims
}

#[tokio::test]
async fn an_access_token_names_project_and_device() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let header = part(&login.access, 0);
    assert_eq!(
        (&header["alg"], &header["typ"]),
        (&json!("RS256"), &json!("at+jwt"))
    );
    assert_eq!(
        claims(&login.access, &login),
        json!({
            "iss": PUBLIC_URL, "aud": PUBLIC_URL, "sub": "...", "sid": "...", "jti": "...",
            "iat": START, "nbf": START, "exp": START + 3600, "token_use": "access",
            "dialect": "identify", "projectId": SHARING, "deviceId": DEVICE,
        })
    );
}

#[tokio::test]
async fn a_profile_token_tells_the_callers_side_who_it_is() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    login
        .change(&platform, &json!({ "nickname": "Ann" }))
        .send()
        .await;
    let answer = super::signing_in(&platform, SHARING, ANN, PASSWORD)
        .send()
        .await;
    let again = Login::of(SHARING, &answer);
    let header = part(&again.profile, 0);
    assert_eq!(header["typ"], "profile+jwt");
    assert_eq!(
        part(&again.profile, 1)["externalId"],
        answer.json()["data"]["externalId"]
    );
    assert_eq!(
        claims(&again.profile, &again),
        json!({
            "iss": PUBLIC_URL, "aud": PUBLIC_URL, "sub": "...", "sid": "...", "jti": "...",
            "iat": START, "nbf": START, "exp": START + 3600, "token_use": "profile",
            "dialect": "identify", "projectId": SHARING, "deviceId": DEVICE,
            "externalId": "...", "email": ANN, "nickname": "Ann",
        })
    );
    assert_eq!(claims(&login.profile, &login)["nickname"], Value::Null);
}

#[tokio::test]
async fn a_token_of_another_dialect_is_none_here_and_ours_is_none_there() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let of_000 = platform.signed_in(ANN, PASSWORD).await;
    let foreign = [
        of_000.access_token,
        of_000.refresh_token,
        platform.rbac_token(ANN).await,
        platform.security_token(ANN).await,
    ];
    for token in foreign {
        let stranger = Login {
            access: token,
            ..login.clone()
        };
        for request in [
            stranger.profile(&platform),
            stranger.check(&platform, DEVICE),
            stranger.change(&platform, &json!({ "nickname": "Eve" })),
            stranger.change_password(&platform, PASSWORD, super::NEW_PASSWORD),
            stranger.logout(&platform),
        ] {
            let expected = refusal(401, "the token is not valid", "invalid_token");
            assert_eq!(request.send().await.whole(), expected);
        }
    }
    for token in [&login.access, &login.profile, &login.refresh] {
        for (method, path) in [
            (Method::GET, "/user-service/v1/users/status"),
            (Method::GET, "/security/api/v1/oauth2?me=true"),
            (Method::GET, "/rbac/users"),
        ] {
            let request = platform.request(method, path).bearer(token);
            let status = request.send().await.status;
            assert!([401, 403].contains(&status), "{path}: {status}");
        }
        let body = json!({ "refreshToken": token });
        let refresh = platform
            .post("/user-service/v1/users/accessToken")
            .json(&body);
        let status = refresh.send().await.status;
        assert!(
            (400..404).contains(&status),
            "000 refreshes by it: {status}"
        );
        let cookie = platform.get("/session/check");
        let cookie = cookie.header("cookie", &format!("sid={token}"));
        assert_eq!(cookie.send().await.status, 401);
    }
    assert_eq!(login.status(&platform).await, 200);
}

#[tokio::test]
async fn each_sign_in_has_tokens_of_its_own() {
    let platform = Platform::start().await;
    let first = ann(&platform).await;
    let second = signed_in(&platform, SHARING, ANN).await;
    assert_ne!(
        part(&first.access, 1)["sid"],
        part(&second.access, 1)["sid"]
    );
    assert_ne!(
        part(&first.access, 1)["jti"],
        part(&first.profile, 1)["jti"]
    );
    assert_ne!(first.refresh, second.refresh);
}
