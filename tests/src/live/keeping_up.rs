//! Keeping up: what has changed counts from the request after the look, which nobody waits for in vain.

use std::sync::Arc;

use futures::future::join_all;
use serde_json::{Value, json};
use shared::keys::{KeyFile, KeySet};
use shared::runtime::{Algorithm, Live, SecretName};

use super::{newer_keys, public, publish, set, source, store};
use crate::harness::{Fault, PARAMETER_PATH, Platform, keys};
use crate::logs::{Listening, Log};

const SECRETS: &[SecretName] = &[SecretName::Signing(Algorithm::Rs256), SecretName::Codes];
const INSTALLATION: &str = "BatchGetItem keys";
const ALL: [&str; 3] = [
    INSTALLATION,
    "GetParameters server/codes",
    "GetParametersByPath signing/RS256",
];

/// A function that shows what it is called and the names of the keys that it knows.
async fn start(platform: &Platform) -> Live<(String, Vec<String>)> {
    set(platform, &[("SERVICE_NAME", "First")]).await;
    let live = Live::start(source(platform, SECRETS), |foundation, _| {
        let keys = foundation.key_set.keys.iter();
        let name = foundation.config.service_name.clone();
        Ok((name, keys.map(|key| key.kid.clone()).collect()))
    });
    let live = live.await.expect("it starts");
    platform.connector.forget();
    live
}

/// The names of all keys in a file.
fn kids(file: &KeyFile) -> Vec<String> {
    let keys = public(file).keys.into_iter();
    keys.map(|key| key.kid).collect()
}

/// Looks; the calls that were made.
async fn look(platform: &Platform, live: &Live<(String, Vec<String>)>) -> Vec<String> {
    platform.connector.forget();
    live.keep_up().await;
    platform.connector.calls()
}

#[tokio::test]
async fn changed_settings_are_found_after_five_minutes_and_not_before() {
    let platform = Platform::start().await;
    let live = start(&platform).await;
    set(&platform, &[("SERVICE_NAME", "Second")]).await;
    for seconds in [0, 60, 239] {
        platform.clock.advance_seconds(seconds);
        assert_eq!(look(&platform, &live).await, [""; 0]);
        assert_eq!(live.current().0, "First");
    }
    platform.clock.advance_seconds(1);
    assert_eq!(look(&platform, &live).await, ALL);
    assert_eq!(live.current().0, "Second");
    platform.clock.advance_seconds(299);
    assert_eq!(look(&platform, &live).await, [""; 0], "it has just looked");
}

#[tokio::test]
async fn changed_keys_are_found_too() {
    let platform = Platform::start().await;
    let live = start(&platform).await;
    publish(&platform, &[&keys(), &newer_keys()]).await;
    platform.clock.advance_seconds(300);
    assert_eq!(look(&platform, &live).await, ALL);
    assert_eq!(
        live.current().1,
        [kids(&keys()), kids(&newer_keys())].concat()
    );
}

#[tokio::test]
async fn where_nothing_has_changed_no_secret_is_read() {
    let platform = Platform::start().await;
    let live = start(&platform).await;
    for _ in 0..3 {
        platform.clock.advance_seconds(300);
        assert_eq!(look(&platform, &live).await, [INSTALLATION]);
    }
}

#[tokio::test]
async fn many_requests_at_once_look_once_and_none_waits_for_what_it_serves_with() {
    let platform = Platform::start().await;
    let live = Arc::new(start(&platform).await);
    set(&platform, &[("SERVICE_NAME", "Second")]).await;
    platform.connector.forget();
    platform.clock.advance_seconds(300);
    platform.connector.inject(INSTALLATION, Fault::Held, 1);
    let looks = join_all((0..16).map(|_| live.keep_up()));
    let meanwhile = async {
        platform.connector.begun(INSTALLATION, 1).await;
        assert_eq!(live.current().0, "First");
        platform.connector.heal();
    };
    futures::join!(looks, meanwhile);
    assert_eq!(platform.connector.calls(), ALL);
    assert_eq!(live.current().0, "Second");
}

/// That a look fails in this way, is told, and is repeated after a minute, when `mend` has mended it.
async fn assert_tried_again(
    platform: &Platform,
    live: &Live<(String, Vec<String>)>,
    reason: &str,
    mend: impl Future,
) {
    let log = Log::default();
    let listening = Listening::at("info", &log);
    assert!(!look(platform, live).await.is_empty());
    assert_eq!(live.current(), ("First".to_owned(), kids(&keys())));
    platform.clock.advance_seconds(59);
    assert_eq!(look(platform, live).await, [""; 0], "{reason}");
    drop(listening);
    let log = log.text();
    let [written] = log.lines().collect::<Vec<_>>()[..] else {
        panic!("one line: {log}");
    };
    let told: Value = serde_json::from_str(written).expect("JSON");
    let message = told["message"].as_str().expect("a text");
    let begin = format!("keys and settings were not read again: {reason}");
    assert!(message.starts_with(&begin), "{message}");
    assert_eq!(
        (&told["level"], &told["outcome"]),
        (&json!("ERROR"), &json!("failed"))
    );
    mend.await;
    platform.clock.advance_seconds(1);
    assert_eq!(look(platform, live).await, ALL, "{reason}");
    assert_eq!(live.current().0, "Second", "{reason}");
}

#[tokio::test]
async fn a_look_that_fails_is_repeated_after_a_minute() {
    for (call, reason) in [
        (INSTALLATION, "the database does not answer"),
        ("GetParameters ", "the parameter store does not answer"),
        ("GetParametersByPath", "the parameter store does not answer"),
    ] {
        let platform = Platform::start().await;
        let live = start(&platform).await;
        set(&platform, &[("SERVICE_NAME", "Second")]).await;
        platform.clock.advance_seconds(300);
        platform
            .connector
            .inject(call, Fault::AccessDenied, usize::MAX);
        assert_tried_again(&platform, &live, reason, async {
            platform.connector.heal();
        })
        .await;
    }
}

#[tokio::test]
async fn settings_that_cannot_be_used_change_nothing() {
    let platform = Platform::start().await;
    let live = start(&platform).await;
    set(
        &platform,
        &[("SERVICE_NAME", "Second"), ("EMAIL_FROM", "nobody")],
    )
    .await;
    platform.clock.advance_seconds(300);
    let mend = set(&platform, &[("SERVICE_NAME", "Second")]);
    let reason = "the configuration cannot be used:\n  EMAIL_FROM: \"nobody\" is no e-mail address";
    assert_tried_again(&platform, &live, reason, mend).await;
}

#[tokio::test]
async fn keys_that_cannot_be_used_change_nothing() {
    for (files, reason) in [
        (vec![], "the installation has not been set up"),
        (
            vec![newer_keys()],
            "no private key belongs to the published key that signs RS256",
        ),
    ] {
        let platform = Platform::start().await;
        let live = start(&platform).await;
        set(&platform, &[("SERVICE_NAME", "Second")]).await;
        publish(&platform, &files.iter().collect::<Vec<_>>()).await;
        platform.clock.advance_seconds(300);
        assert_tried_again(&platform, &live, reason, publish(&platform, &[&keys()])).await;
    }
}

#[tokio::test]
async fn a_secret_that_was_damaged_changes_nothing() {
    let platform = Platform::start().await;
    let live = start(&platform).await;
    set(&platform, &[("SERVICE_NAME", "Second")]).await;
    let name = format!("{PARAMETER_PATH}/server/codes");
    let parameters = platform.parameters.dump();
    let (.., whole, _) = parameters
        .iter()
        .find(|(found, ..)| *found == name)
        .expect("it is there");
    platform.parameters.remove(&name);
    platform.clock.advance_seconds(300);
    let mend = async { platform.parameters.put_secret(&name, whole) };
    assert_tried_again(
        &platform,
        &live,
        &format!("the parameter {name} is missing"),
        mend,
    )
    .await;
}

/// The real binary: the request that looks is answered as before, the next one by what was found.
#[tokio::test]
async fn a_function_serves_what_has_changed_from_the_next_request_on() {
    let platform = Platform::start().await;
    let cloud = platform.cloud().await;
    let function = cloud.function("platform-keys");
    let published = async || {
        let event = crate::events::event("platform-keys", "jwks");
        let (status, body) = crate::events::answered(&function, event).await;
        assert_eq!(status, 200, "{body}");
        let body: Value = serde_json::from_str(&body).expect("JSON");
        body["keys"].as_array().expect("keys").len()
    };
    assert_eq!(published().await, 2);
    publish(&platform, &[&keys(), &newer_keys()]).await;
    platform.clock.advance_seconds(299);
    assert_eq!([published().await, published().await], [2, 2]);
    platform.clock.advance_seconds(1);
    assert_eq!([published().await, published().await], [2, 4]);

    platform.connector.watch_upkeep();
    let none = store(&platform).put_key_set(&KeySet::default()).await;
    none.expect("it is empty");
    platform.clock.advance_seconds(300);
    assert_eq!([published().await, published().await], [4, 4]);
    platform
        .connector
        .inject(INSTALLATION, Fault::ServerError, usize::MAX);
    platform.clock.advance_seconds(60);
    assert_eq!([published().await, published().await], [4, 4]);
    platform.connector.heal();
    publish(&platform, &[&keys()]).await;
    platform.clock.advance_seconds(60);
    assert_eq!([published().await, published().await], [4, 2]);
}
