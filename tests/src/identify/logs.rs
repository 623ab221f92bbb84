//! What reaches a log: no token, code, password, address, external id or name, whatever a request puts where.

use serde_json::json;

use super::{
    CHECK, ISOLATED, LOGIN, Login, NEW_PASSWORD, SHARING, USER, anonymous, cognito, confirm,
    envelope, forgot_password, no_login, post, put, query, registering, signing_in,
};
use crate::harness::{Fault, Platform, code_in};
use crate::logs::{Listening, Log};

const CANARY: &str = "canary-address@example.com";
const OWN: &str = "canary password of the owner";
const GUESSED: &str = "canary password of a guesser";

/// Goes through all routes with what can be told from anything else; what must not be told.
async fn leave_secrets(platform: &Platform) -> Vec<String> {
    let data = json!({
        "email": CANARY, "password": OWN, "nickname": "canary-name", "custom:canary-key": "canary-text",
        "other": "canary-field",
    });
    registering(platform, SHARING, &data).send().await;
    let code = code_in(&platform.deliver().await[0].text);
    confirm(platform, &code).await;
    signing_in(platform, SHARING, CANARY, GUESSED).send().await;
    signing_in(platform, ISOLATED, CANARY, GUESSED).send().await;
    let signed_in = signing_in(platform, SHARING, CANARY, OWN).send().await;
    let external_id = signed_in.json()["data"]["externalId"].clone();
    let signature = signed_in.json()["data"]["signature"].clone();
    let login = Login::of(SHARING, &signed_in);
    login.profile(platform).send().await;
    login.check(platform, "canary-device").send().await;
    let moved = json!({ "email": "canary-other@example.com", "nickname": "canary-nick" });
    login.change(platform, &moved).send().await;
    let path = format!(
        "{USER}?{}&accessToken=canary-query",
        query(SHARING, "awsCognito")
    );
    platform.get(&path).bearer("canary-bearer").send().await;
    let path = format!(
        "{CHECK}?{}&deviceId=canary",
        query("canary-project", "canary-provider")
    );
    platform.get(&path).bearer(&login.access).send().await;
    let next = login.refreshed(&login.refresh(platform).send().await);
    platform.clock.advance_seconds(1);
    let changing = next.change_password(platform, GUESSED, NEW_PASSWORD);
    changing.send().await;
    let digits = forgot_password::mailed_code_among(platform, SHARING, CANARY).await;
    let wrong = forgot_password::setting(platform, SHARING, (CANARY, "canary"), NEW_PASSWORD);
    wrong.send().await;
    for call in ["TransactWriteItems", "GetItem users"] {
        platform.connector.inject(call, Fault::AccessDenied, 1);
        let set = forgot_password::setting(platform, SHARING, (CANARY, &digits), NEW_PASSWORD);
        set.send().await;
        platform.connector.heal();
    }
    let set = forgot_password::setting(platform, SHARING, (CANARY, &digits), NEW_PASSWORD);
    set.send().await;
    let device = "ca9a9ca9-a9ca-4a9c-a9ca-ca9a9ca9a9ca";
    anonymous::coming(platform, SHARING, device).send().await;
    anonymous::returning(platform, SHARING, device).send().await;
    let id = no_login::guest(platform, SHARING).await;
    no_login::looking(platform, SHARING, &id).send().await;
    no_login::looking(platform, ISOLATED, &id).send().await;
    no_login::replacing(platform, SHARING, &id, &json!({ "canary-profile": 1 }))
        .send()
        .await;
    let half = platform.request(http::Method::PUT, LOGIN);
    let half = half.header("content-type", "application/json");
    half.body("{\"email\": \"canary-half").send().await;
    put(platform, LOGIN, &cognito("canary-project", &data))
        .send()
        .await;
    post(
        platform,
        USER,
        &envelope(SHARING, "canary-provider", json!({})),
    )
    .send()
    .await;
    platform.get("/identify/v1/canary-path").send().await;
    [CANARY, OWN, GUESSED, NEW_PASSWORD, "canary", "canary-other"]
        .map(str::to_owned)
        .into_iter()
        .chain([login.access, login.profile, login.refresh])
        .chain([next.access, next.profile, next.refresh])
        .chain([code, id, device.to_owned()])
        .chain([external_id, signature].map(|text| text.as_str().expect("a text").to_owned()))
        .chain([format!("\"{digits}\""), format!(" {digits} ")])
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
        "changed",
    ] {
        assert!(log.contains(event), "{event:?} is not logged:\n{log}");
    }
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "{secret:?} is logged");
    }
}
