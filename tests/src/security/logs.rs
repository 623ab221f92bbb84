//! What reaches a log of signing in: no password, code, seed, token or address, whatever a request puts where.

use http::Method;
use serde_json::json;

use super::factor::{ANN, PHONE, account_with, answer, bind, challenge, code_in_message, resend};
use super::{STRICT_PASSWORD, delete, get, path, request, sign_in, token};
use crate::harness::{Answer, Fault, PASSWORD, PUBLIC_URL, Platform};
use crate::logs::{Listening, Log};

/// The tokens of an answer, by what cannot be guessed of them.
fn tokens(answer: &Answer) -> (String, String) {
    let body = answer.json();
    let text = |name: &str| body[name].as_str().expect("a token").to_owned();
    (text("access_token"), text("refresh_token"))
}

fn signature(token: &str) -> String {
    token.rsplit('.').next().expect("a signature").to_owned()
}

/// Signs in by every kind of factor, well and badly; what must not be told.
async fn leave_secrets(platform: &Platform) -> Vec<String> {
    let mut secrets: Vec<String> = [ANN, PASSWORD, STRICT_PASSWORD, PHONE, "canary"]
        .map(str::to_owned)
        .into();
    let mut codes = Vec::new();
    for method in ["email", "sms"] {
        let email = format!("canary-{method}@example.com");
        account_with(platform, &email, method).await;
        let uuid = challenge(platform, &email).await;
        let messages = platform.inbox.messages();
        let code = code_in_message(&messages.last().expect("a message").text);
        resend(platform, &uuid).await;
        answer(platform, &uuid, "canary answer").await;
        platform
            .connector
            .inject("TransactWriteItems codes", Fault::AccessDenied, 1);
        assert_eq!(answer(platform, &uuid, &code).await.status, 503);
        let (access, refresh) = tokens(&answer(platform, &uuid, &code).await);
        codes.push(code);
        secrets.extend([signature(&access), refresh]);
    }
    platform.register_confirmed(ANN).await;
    let own = token(platform, ANN, PASSWORD).await;
    let (authenticator, recovery) = bind(platform, &own).await;
    platform.deliver().await;
    let code = authenticator.next_code(platform);
    let uuid = challenge(platform, ANN).await;
    let (access, refresh) = tokens(&answer(platform, &uuid, &code).await);
    let rest = "oauth2?grant_type=refresh_token";
    for used in [&refresh, "ghr_canary"] {
        let request = request(platform, &access, Method::POST, rest);
        request.json(&json!({ "refreshToken": used })).send().await;
    }
    for seen in [&access, "canary-token"] {
        get(platform, &own, &format!("validateToken?token={seen}")).await;
        delete(platform, &own, &format!("oauth2/{seen}")).await;
    }
    let in_query = format!("oauth2?newPassword={STRICT_PASSWORD}&canary=canary");
    let body = json!({ "userId": ANN, "password": PASSWORD });
    platform.post(&path(&in_query)).json(&body).send().await;
    let form = [
        ("action", "canary"),
        ("id", "canary"),
        ("password1", "canary"),
    ];
    let post = platform
        .post(&path("actionLink"))
        .header("origin", PUBLIC_URL);
    post.form(&form).send().await;
    platform
        .get(&path("actionLink?action=password_reset&id=canary"))
        .send()
        .await;
    sign_in(platform, "canary@example.com", "canary password").await;
    delete(platform, &access, &format!("oauth2/{access}")).await;
    secrets.extend([signature(&access), signature(&own), refresh]);
    secrets.extend(recovery);
    // Six digits may be part of any number: as a word of their own they are a code.
    codes.push(code);
    secrets.extend(codes.iter().map(|code| format!("\"{code}\"")));
    secrets
}

#[tokio::test]
async fn no_log_holds_what_signs_somebody_in() {
    let log = Log::default();
    let guard = Listening::at("trace", &log);
    let platform = Platform::with(&[("LOG_LEVEL", "trace")]).await;
    let secrets = leave_secrets(&platform).await;
    drop(guard);
    let log = log.text() + &platform.log();
    for event in [
        "challenged",
        "wrong-second-factor",
        "signed-in",
        "signed-out",
        "second-factor-bound",
    ] {
        assert!(log.contains(event), "{event:?} is not logged:\n{log}");
    }
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "{secret:?} is logged");
    }
}
