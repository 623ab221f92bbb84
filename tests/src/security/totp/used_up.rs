//! What proves an authenticator is used up by that: a step with all before it, a recovery code alone.

use serde_json::json;

use super::super::factor::{
    ANN, account_with_authenticator, answer, challenge, credential, sessions,
};
use super::super::{path, refusal, sign_in};
use crate::harness::{Answer, PASSWORD, Platform, at_once};

fn wrong() -> String {
    refusal(403, 12, "POST", "12: the answer is wrong")
}

async fn prove(platform: &Platform, code: &str) -> Answer {
    let challenge = challenge(platform, ANN).await;
    answer(platform, &challenge, code).await
}

/// Signs in through the User Service with the code beside the password.
async fn login(platform: &Platform, code: &str) -> Answer {
    let body = json!({ "email": ANN, "password": PASSWORD, "otp": code });
    let request = platform.post("/user-service/v1/users/login");
    request.json(&body).send().await
}

async fn authenticate(platform: &Platform, code: &str) -> Answer {
    let body = json!({ "email": ANN, "password": PASSWORD, "otp": code });
    let request = platform.post("/rbac/auth/authenticate");
    request.json(&body).send().await
}

#[tokio::test]
async fn a_step_is_used_once_in_whatever_dialect() {
    let platform = Platform::start().await;
    let (authenticator, ..) = account_with_authenticator(&platform, ANN).await;
    let bound_with = authenticator.code(&platform);
    assert_eq!(prove(&platform, &bound_with).await.whole(), wrong());

    let code = authenticator.next_code(&platform);
    assert_eq!(prove(&platform, &code).await.status, 200);
    assert_eq!(prove(&platform, &code).await.whole(), wrong());
    assert_eq!(login(&platform, &code).await.status, 401);
    platform.clock.advance_seconds(900);
    assert_eq!(authenticate(&platform, &code).await.status, 401);

    let code = authenticator.next_code(&platform);
    assert_eq!(login(&platform, &code).await.status, 200);
    assert_eq!(authenticate(&platform, &code).await.status, 401);
    assert_eq!(prove(&platform, &code).await.whole(), wrong());
    let code = authenticator.next_code(&platform);
    assert_eq!(authenticate(&platform, &code).await.status, 200);
    assert_eq!(login(&platform, &code).await.status, 401);
}

#[tokio::test]
async fn a_step_uses_up_those_before_it() {
    let platform = Platform::start().await;
    let (authenticator, ..) = account_with_authenticator(&platform, ANN).await;
    platform.clock.advance_seconds(300);
    let (now, next) = (
        authenticator.code(&platform),
        authenticator.code_after(&platform, 30),
    );
    assert_eq!(prove(&platform, &next).await.status, 200, "a step early");
    assert_eq!(prove(&platform, &now).await.whole(), wrong());
    platform.clock.advance_seconds(60);
    let before = authenticator.code_after(&platform, -30);
    assert_eq!(before, next);
    assert_eq!(prove(&platform, &before).await.whole(), wrong());
    let now = authenticator.code(&platform);
    platform.clock.advance_seconds(30);
    assert_eq!(prove(&platform, &now).await.status, 200, "a step late");
}

#[tokio::test]
async fn a_code_of_two_steps_aside_is_wrong() {
    for seconds in [-90, -60, 60, 90] {
        let platform = Platform::start().await;
        let (authenticator, ..) = account_with_authenticator(&platform, ANN).await;
        platform.clock.advance_seconds(3600);
        let code = authenticator.code_after(&platform, seconds);
        assert_eq!(prove(&platform, &code).await.whole(), wrong(), "{seconds}");
    }
}

#[tokio::test]
async fn each_recovery_code_is_good_once_in_any_spelling_and_any_dialect() {
    let platform = Platform::start().await;
    let (_, codes, _) = account_with_authenticator(&platform, ANN).await;
    let spell: [fn(&str) -> String; 5] = [
        str::to_owned,
        str::to_lowercase,
        |code| code.replace('-', ""),
        |code| code.replace('-', " ").to_lowercase(),
        |code| format!(" {code} "),
    ];
    for (number, code) in codes.iter().enumerate() {
        platform.clock.advance_seconds(900);
        let spelled = spell[number % 5](code);
        let used = match number % 3 {
            0 => prove(&platform, &spelled).await,
            1 => login(&platform, &spelled).await,
            _ => authenticate(&platform, &spelled).await,
        };
        assert_eq!(used.status, 200, "{spelled:?}: {}", used.body);
        assert_eq!(prove(&platform, code).await.whole(), wrong());
        assert_eq!(login(&platform, code).await.status, 401);
        assert_eq!(authenticate(&platform, code).await.status, 401);
    }
    let left = credential(&platform).await;
    assert_eq!(left.get("recovery_codes"), None, "all are used up");
}

#[tokio::test]
async fn a_recovery_code_is_its_accounts_own() {
    let platform = Platform::start().await;
    let (_, foreign, _) = account_with_authenticator(&platform, "ben@example.com").await;
    let (_, own, _) = account_with_authenticator(&platform, ANN).await;
    assert_eq!(prove(&platform, &foreign[0]).await.whole(), wrong());
    let mut spoilt = own[0].clone();
    let last = spoilt.pop().expect("a letter");
    spoilt.push(if last == 'A' { 'B' } else { 'A' });
    assert_eq!(prove(&platform, &spoilt).await.whole(), wrong());
    assert_eq!(prove(&platform, &own[0]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_beside_the_password_opens_one_session_of_many_at_once() {
    for by_recovery_code in [false, true] {
        let platform = Platform::with_running_clock(&[("LIMITS", "off")]).await;
        let (authenticator, codes, _) = account_with_authenticator(&platform, ANN).await;
        let code = if by_recovery_code {
            codes[0].clone()
        } else {
            authenticator.next_code(&platform)
        };
        let before = sessions(&platform).await;
        let body = json!({ "email": ANN, "password": PASSWORD, "otp": code });
        let login = || platform.post("/user-service/v1/users/login").json(&body);
        let answers = at_once((0..64).map(|_| login())).await;
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses[0], 200);
        // So many failures lock the account.
        assert!(statuses[1..].iter().all(|lost| [401, 429].contains(lost)));
        assert_eq!(sessions(&platform).await, before + 1);
    }
}

#[tokio::test]
async fn nobody_signs_in_by_a_code_without_the_password() {
    let platform = Platform::start().await;
    let (authenticator, codes, _) = account_with_authenticator(&platform, ANN).await;
    let before = sessions(&platform).await;
    let code = authenticator.next_code(&platform);
    for password in [&code, &codes[0]] {
        let answer = sign_in(&platform, ANN, password).await;
        assert!(answer.body.contains(r#""ErrorCode":2"#), "{}", answer.body);
    }
    let body = json!({ "userId": ANN, "answer": code });
    let request = platform.post(&path("oauth2")).json(&body);
    assert_eq!(request.send().await.status, 400);
    assert_eq!(sessions(&platform).await, before);
}
