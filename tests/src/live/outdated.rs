//! A function that has not looked for changes for too long: it looks before it serves, and signs nothing while it cannot.

use axum::Router;
use http::Method;
use serde_json::json;
use shared::runtime::Live;

use super::{kid, newer_keys, publish, set, source};
use crate::harness::{Answer, Engine, Fault, PASSWORD, Platform, keys};

const INSTALLATION: &str = "BatchGetItem keys";
const ANN: &str = "ann@example.com";

async fn started() -> (Platform, Live<Router>) {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    set(&platform, &[]).await;
    let function = user_service::AUTH;
    let mut source = source(&platform, function.secrets);
    source.messengers = platform
        .local
        .foundation
        .messengers
        .clone()
        .map(|messengers| std::sync::Arc::new(move |_: &_| messengers.clone()) as _);
    let live = Live::start(source, function.build).await;
    (platform, live.expect("it starts"))
}

/// Signs in, as a request that comes to the function.
async fn login(live: &Live<Router>) -> Answer {
    live.catch_up().await;
    let path = "/user-service/v1/users/login";
    let login = Platform::request_to(&live.current(), Method::POST, path);
    let body = json!({ "email": ANN, "password": PASSWORD });
    login.json(&body).send().await
}

fn kid_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = answer.json();
    let token = answer["accessToken"].as_str().expect("a token");
    let header = jsonwebtoken::decode_header(token).expect("a header");
    header.kid.expect("a name")
}

/// Puts the newer keys into the parameter store and publishes them alone.
async fn rotate(platform: &Platform) {
    let newer = Platform::build(
        &[],
        crate::harness::TestClock::standing(),
        newer_keys(),
        Engine::fresh(),
    );
    for (name, _, value, _) in newer.await.parameters.dump() {
        if name.contains("/signing/") {
            platform.parameters.put_secret(&name, &value);
        }
    }
    publish(platform, &[&newer_keys()]).await;
}

#[tokio::test]
async fn a_function_that_was_frozen_looks_before_it_serves() {
    let (platform, live) = started().await;
    rotate(&platform).await;
    platform.clock.advance_seconds(599);
    assert_eq!(kid_of(&login(&live).await), kid(&keys()));
    platform.clock.advance_seconds(1);
    assert_eq!(kid_of(&login(&live).await), kid(&newer_keys()));
}

#[tokio::test]
async fn while_nothing_can_be_read_nothing_is_signed_and_a_look_mends_it() {
    let (platform, live) = started().await;
    let connector = &platform.connector;
    connector.inject(INSTALLATION, Fault::AccessDenied, usize::MAX);
    platform.clock.advance_seconds(599);
    assert_eq!(login(&live).await.status, 200);
    platform.clock.advance_seconds(1);
    for seconds in [0, 59, 1, 3600] {
        platform.clock.advance_seconds(seconds);
        let refused = login(&live).await;
        assert_eq!(refused.status, 503, "{}", refused.body);
        assert!(refused.header("retry-after").is_some());
    }
    connector.heal();
    assert_eq!(login(&live).await.status, 503, "it tries again in a minute");
    platform.clock.advance_seconds(60);
    assert_eq!(login(&live).await.status, 200);
}

#[tokio::test]
async fn while_nothing_can_be_read_tokens_are_verified() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    set(&platform, &[]).await;
    let function = user_service::PROFILE;
    let live = Live::start(source(&platform, function.secrets), function.build).await;
    let live = live.expect("it starts");
    let connector = &platform.connector;
    connector.inject(INSTALLATION, Fault::AccessDenied, usize::MAX);
    for _ in 0..2 {
        platform.clock.advance_seconds(1200);
        live.catch_up().await;
        let path = "/user-service/v1/users/status";
        let status = Platform::request_to(&live.current(), Method::GET, path);
        let status = status.bearer(&session.access_token).send().await;
        assert_eq!(status.status, 200, "{}", status.body);
    }
}
