//! The start: what is read, and what ends a function before its first event.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};
use shared::keys::{KeyFile, KeyRole, KeySet, KeyState};
use shared::runtime::{Algorithm, Foundation, Live, SecretName, Secrets};

use super::{kid, newer_keys, public, publish, set, source, store};
use crate::harness::{
    Engine, Fault, Function, PARAMETER_PATH, PASSWORD, Platform, TestClock, keys, kid_of,
};

const INSTALLATION: &str = "BatchGetItem keys";

/// What each function reads when it starts, all of it at once.
fn reads() -> BTreeMap<&'static str, Vec<&'static str>> {
    BTreeMap::from([
        ("platform-keys", vec![INSTALLATION]),
        (
            "platform-outbox",
            vec![INSTALLATION, "GetParameters server/codes+server/seal"],
        ),
        (
            "platform-pages",
            vec![
                INSTALLATION,
                "GetParameters server/codes+server/sources+server/seal",
            ],
        ),
        (
            "user-service-admin",
            vec![INSTALLATION, "GetParameters server/seal"],
        ),
        ("user-service-attributes", vec![INSTALLATION]),
        (
            "user-service-auth",
            vec![
                INSTALLATION,
                "GetParameters server/codes+server/sources+server/seal",
                "GetParametersByPath signing/ES256",
                "GetParametersByPath signing/RS256",
            ],
        ),
        ("user-service-profile", vec![INSTALLATION]),
    ])
}

#[tokio::test]
async fn a_function_reads_its_installation_and_its_secrets_at_once_and_nothing_else() {
    let platform = Platform::start().await;
    set(&platform, &[]).await;
    let reads = reads();
    for function in user_service::FUNCTIONS.iter().chain(&platform::FUNCTIONS) {
        platform.connector.forget();
        let mut source = source(&platform, function.secrets);
        let messengers = platform.local.foundation.messengers.clone().expect("some");
        source.messengers = Some(Arc::new(move |_| messengers.clone()));
        Live::start(source, function.build)
            .await
            .expect("it starts");
        assert_eq!(
            platform.connector.round_trips(),
            [&*reads[function.name]],
            "{}",
            function.name
        );
    }
}

#[tokio::test]
async fn the_binaries_read_the_same() {
    let platform = Platform::start().await;
    let cloud = platform.cloud().await;
    platform.connector.watch_upkeep();
    for (name, reads) in reads() {
        platform.connector.forget();
        let function = cloud.function(name);
        // No function understands it.
        let _ = function.try_invoke(json!({})).await;
        assert_eq!(platform.connector.round_trips(), [reads], "{name}");
    }
    platform.connector.forget();
    let _ = cloud
        .function("platform-operator")
        .try_invoke(json!({}))
        .await;
    assert_eq!(
        platform.connector.calls(),
        [""; 0],
        "there may be nothing to read"
    );
}

/// How a function ends that cannot start: its one line.
async fn failed_start(function: &Function) -> String {
    let failed = function
        .try_invoke(json!({}))
        .await
        .expect_err("it does not start");
    let (status, log) = failed.split_once(":\n").expect("a status and a log");
    assert_eq!(status, "it ended, exit status: 1", "{failed}");
    let [line] = log.lines().collect::<Vec<_>>()[..] else {
        panic!("one line: {log}");
    };
    let line: Value = serde_json::from_str(line).expect("JSON");
    assert_eq!(
        (&line["level"], &line["outcome"]),
        (&json!("ERROR"), &json!("failed"))
    );
    line["message"].as_str().expect("a text").to_owned()
}

fn parameter(name: &str) -> String {
    format!("{PARAMETER_PATH}/{name}")
}

#[tokio::test]
async fn a_function_without_its_secrets_does_not_start_and_says_which() {
    let signing = format!("signing/RS256/{}", kid(&keys()));
    let missing = |name: &str| {
        format!(
            "the function ended: the parameter {} is missing",
            parameter(name)
        )
    };
    let damaged = |name: &str| {
        format!(
            "the function ended: the parameter {} is damaged",
            parameter(name)
        )
    };
    let canary = "canary0123456789canary0123456789canary012345";
    let short = json!([{ "version": 1, "secret": "Y2FuYXJ5" }]).to_string();
    let unpublished =
        "the function ended: no private key belongs to the published key that signs RS256";
    for (name, value, message) in [
        ("server/codes", None, missing("server/codes")),
        ("server/codes", Some(canary), damaged("server/codes")),
        ("server/codes", Some(&*short), damaged("server/codes")),
        ("server/codes", Some("[]"), damaged("server/codes")),
        ("server/sources", Some("{}"), damaged("server/sources")),
        (&*signing, None, unpublished.to_owned()),
        (&*signing, Some(canary), damaged(&signing)),
    ] {
        let platform = Platform::start().await;
        platform.parameters.remove(name);
        if let Some(value) = value {
            platform.parameters.put_secret(&parameter(name), value);
        }
        let cloud = platform.cloud().await;
        let ended = failed_start(&cloud.function("user-service-auth")).await;
        assert!(
            !cloud.log().to_lowercase().contains("canary"),
            "{name}: {}",
            cloud.log()
        );
        assert_eq!(ended, message, "{name}: {value:?}");
    }
    let platform = Platform::start().await;
    publish(&platform, &[&newer_keys()]).await;
    let cloud = platform.cloud().await;
    assert_eq!(
        failed_start(&cloud.function("user-service-auth")).await,
        unpublished
    );
    let profile = cloud
        .function("user-service-profile")
        .try_invoke(json!({}))
        .await;
    assert!(
        !profile.expect_err("no event").contains("ended"),
        "one without secrets does"
    );
}

#[tokio::test]
async fn a_function_whose_installation_cannot_be_read_or_used_does_not_start() {
    let platform = Platform::bare(&[]).await;
    let cloud = platform.bare_cloud().await;
    let not_set_up =
        "the function ended: the installation has not been set up: platform-operator has not run";
    for name in reads().keys() {
        assert_eq!(
            failed_start(&cloud.function(name)).await,
            not_set_up,
            "{name}"
        );
    }

    let platform = Platform::start().await;
    let cloud = platform.cloud().await;
    set(&platform, &[("EMAIL_FROM", "nobody"), ("LIMITS", "maybe")]).await;
    assert_eq!(
        failed_start(&cloud.function("platform-keys")).await,
        "the function ended: the configuration cannot be used:\n  \
         EMAIL_FROM: \"nobody\" is no e-mail address\n  \
         LIMITS: must be on or off, not \"maybe\""
    );

    set(&platform, &[]).await;
    platform.connector.watch_upkeep();
    for call in [INSTALLATION, "GetParameters"] {
        platform
            .connector
            .inject(call, Fault::AccessDenied, usize::MAX);
        let message = failed_start(&cloud.function("platform-pages")).await;
        platform.connector.heal();
        assert!(
            message.contains("does not answer") && message.contains("AccessDenied"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_throttled_start_is_tried_again() {
    let platform = Platform::start().await;
    let cloud = platform.cloud().await;
    platform.connector.watch_upkeep();
    platform
        .connector
        .inject("GetParameters", Fault::Throttled, 4);
    platform.connector.inject(INSTALLATION, Fault::Throttled, 1);
    let keys = cloud.function("platform-outbox").invoke(json!({})).await;
    assert_eq!(keys, Value::Null);
}

/// A function that signs for dialects of both.
#[tokio::test]
async fn a_function_opens_the_keys_of_each_algorithm_that_it_names_at_once() {
    const SECRETS: &[SecretName] = &[
        SecretName::Signing(Algorithm::Rs512),
        SecretName::Codes,
        SecretName::Signing(Algorithm::Rs256),
    ];
    let platform = Platform::start().await;
    set(&platform, &[]).await;
    platform.connector.forget();
    let active = |_: &Foundation, secrets: &Secrets| {
        let signer = secrets.signer()?;
        Ok(KeyRole::ALL.map(|role| signer.active(role).map(|key| key.kid.to_owned())))
    };
    let live = Live::start(source(&platform, SECRETS), active).await;
    let live = live.expect("it starts").current();
    assert_eq!(
        live,
        [Algorithm::Rs256, Algorithm::Rs512].map(|algorithm| Some(kid_of(&keys(), algorithm)))
    );
    assert_eq!(
        platform.connector.round_trips(),
        [[
            INSTALLATION,
            "GetParameters server/codes",
            "GetParametersByPath signing/RS256",
            "GetParametersByPath signing/RS512",
        ]]
    );
    platform.parameters.remove("/signing/RS512/");
    let failed = Live::start(source(&platform, SECRETS), active).await;
    assert_eq!(
        failed.expect_err("one is missing").to_string(),
        "no private key belongs to the published key that signs RS512"
    );
}

/// One that was started before there was a second algorithm, or that has no use for it.
#[tokio::test]
async fn a_function_starts_without_the_keys_of_an_algorithm_that_it_does_not_name() {
    let platform = Platform::start().await;
    platform.parameters.remove("/signing/RS512/");
    set(&platform, &[]).await;
    let mut published = public(&keys());
    published
        .keys
        .retain(|key| key.algorithm == Algorithm::Rs256);
    let written = store(&platform).put_key_set(&published).await;
    written.expect("it is published");
    let source = source(&platform, user_service::AUTH.secrets);
    let live = Live::start(source, user_service::AUTH.build).await;
    live.expect("it starts");
}

async fn platform_of(keys: KeyFile) -> Platform {
    let engine = Engine::fresh();
    Platform::build(&[], TestClock::standing(), keys, engine).await
}

/// The private half of a retired key stays for a while, and may lie before that of the active one.
#[tokio::test]
async fn a_retired_key_signs_nothing() {
    for (signing, retired) in [(keys(), newer_keys()), (newer_keys(), keys())] {
        let platform = platform_of(signing.clone()).await;
        for (name, _, value, _) in platform_of(retired.clone()).await.parameters.dump() {
            if name.contains("/signing/") {
                platform.parameters.put_secret(&name, &value);
            }
        }
        let mut keys = public(&retired).keys;
        for key in &mut keys {
            key.state = KeyState::Retired;
        }
        keys.extend(public(&signing).keys);
        let keys = KeySet {
            keys,
            dropped: Vec::new(),
        };
        let published = store(&platform).put_key_set(&keys).await;
        published.expect("they are published");
        set(&platform, &[]).await;
        let source = source(&platform, user_service::AUTH.secrets);
        let live = Live::start(source, user_service::AUTH.build).await;
        let router = live.expect("it starts").current();
        platform.register_confirmed("ann@example.com").await;
        let path = "/user-service/v1/users/login";
        let login = Platform::request_to(&router, Method::POST, path);
        let login = login.json(&json!({ "email": "ann@example.com", "password": PASSWORD }));
        let login = login.send().await;
        assert_eq!(login.status, 200, "{}", login.body);
        let login = login.json();
        let token = login["accessToken"].as_str().expect("a token");
        let header = jsonwebtoken::decode_header(token).expect("a header");
        assert_eq!(header.kid, Some(kid(&signing)));
    }
}
