//! What reaches a log: no cookie, token, password, address or name, whatever a request puts where; and whose fault a 500 is.

use serde_json::json;

use super::{
    CHECK, LOGIN, LOGOUT, NEW_PASSWORD, POSTS, REGISTER, confirmation_in, confirming, held_by,
    post, reset_link, resetting, signing_in,
};
use crate::harness::{Fault, Platform};
use crate::logs::{Listening, Log};

const CANARY: &str = "canary-address@example.com";
const OWN: &str = "canary password of the owner";
const GUESSED: &str = "canary password of a guesser";

/// Goes through all routes with what can be told from anything else; what must not be told.
async fn leave_secrets(platform: &Platform) -> Vec<String> {
    let body = json!({
        "login": CANARY, "password": OWN, "firstName": "canary-name", "lastName": "canary-name",
        "other": "canary-field",
    });
    let held = held_by(&post(platform, REGISTER, &body).send().await);
    let link = confirmation_in(&platform.deliver().await[0].text);
    confirming(platform, &link).send().await;
    confirming(platform, &link).send().await;
    signing_in(platform, CANARY, GUESSED).send().await;
    signing_in(platform, "canary-unknown@example.com", GUESSED)
        .send()
        .await;
    let cookie = format!("sid={held}; other=canary-cookie");
    let again = signing_in(platform, CANARY, OWN).header("cookie", &cookie);
    let second = held_by(&again.send().await);
    for value in [&held, &second, "canary-cookie"] {
        super::check(platform, value).send().await;
    }
    platform
        .get(&format!("{CHECK}?sid=canary-query"))
        .bearer("canary-bearer")
        .send()
        .await;
    let reset = reset_link(platform, CANARY).await;
    let wrong = (reset.0.clone(), "canary-token".to_owned());
    resetting(platform, &wrong, NEW_PASSWORD).send().await;
    resetting(platform, &reset, "canary").send().await;
    for call in ["TransactWriteItems", "GetItem users"] {
        platform.connector.inject(call, Fault::AccessDenied, 1);
        resetting(platform, &reset, NEW_PASSWORD).send().await;
        platform.connector.heal();
    }
    resetting(platform, &reset, NEW_PASSWORD).send().await;
    let foreign = post(platform, LOGIN, &body).header("origin", "https://canary.example");
    foreign.send().await;
    let half = platform
        .post(LOGIN)
        .header("content-type", "application/json");
    half.body("{\"login\": \"canary-half").send().await;
    platform.get("/session/canary-path").send().await;
    let out = platform
        .post(LOGOUT)
        .header("cookie", &format!("sid={second}"));
    out.send().await;
    [CANARY, OWN, GUESSED, NEW_PASSWORD, "canary"]
        .map(str::to_owned)
        .into_iter()
        .chain([held, second].map(|held| held[43..].to_owned()))
        .chain([link.1, reset.1])
        .collect()
}

#[tokio::test]
async fn no_log_holds_what_signs_somebody_in() {
    let log = Log::default();
    let guard = Listening::at("trace", &log);
    let platform = Platform::with(&[("LOG_LEVEL", "trace"), ("LIMITS", "off")]).await;
    let secrets = leave_secrets(&platform).await;
    drop(guard);
    let log = log.text() + &platform.log();
    for event in [
        "registered",
        "activated",
        "signed-in",
        "wrong-password",
        "password-changed",
    ] {
        assert!(log.contains(event), "{event:?} is not logged:\n{log}");
    }
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "{secret:?} is logged");
    }
}

/// The document's 500 for a wrong token is the caller's fault: it raises no alarm. One of ours does.
#[tokio::test]
async fn a_wrong_token_is_no_error_of_ours() {
    let log = Log::default();
    let guard = Listening::at("info", &log);
    let platform = Platform::with(&[("LOG_LEVEL", "info")]).await;
    for path in &POSTS[4..] {
        let body = json!({ "id": "x", "token": "x", "password": NEW_PASSWORD });
        assert_eq!(post(&platform, path, &body).send().await.status, 500);
    }
    let whole = log.text() + &platform.log();
    assert!(whole.contains("\"status\":500"), "{whole}");
    assert!(
        !whole.contains("ERROR") && !whole.contains("failed"),
        "{whole}"
    );
    platform
        .connector
        .inject("", Fault::AccessDenied, usize::MAX);
    assert_eq!(
        super::registering(&platform, CANARY).send().await.status,
        503
    );
    platform.connector.heal();
    drop(guard);
    let whole = log.text() + &platform.log();
    assert!(whole.contains("\"outcome\":\"failed\""), "{whole}");
}
