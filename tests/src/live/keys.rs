//! Tokens whose key is younger than what a function has read, or was withdrawn.

use axum::Router;
use data_encoding::BASE64URL_NOPAD;
use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};
use shared::keys::KeyFile;
use shared::runtime::Live;

use super::{kid, newer_keys, publish, set, source};
use crate::harness::{Answer, Fault, Platform, keys, signer_of};

const INSTALLATION: &str = "BatchGetItem keys";
const SESSION: &str = "BatchGetItem sessions+users";
const REFUSED: &str = "403\n{\"error\":\"the token is not valid\"}";

/// A function that was started before the newer keys were published, and a token of a live session under them.
struct Started {
    platform: Platform,
    live: Live<Router>,
    old: String,
    new: String,
}

impl Started {
    async fn new() -> Self {
        let platform = Platform::start().await;
        let session = platform.new_session("ann@example.com").await;
        set(&platform, &[]).await;
        let function = user_service::PROFILE;
        let live = Live::start(source(&platform, function.secrets), function.build).await;
        let new = signed_anew(&session.access_token, &newer_keys()).await;
        Self {
            platform,
            live: live.expect("it starts"),
            old: session.access_token,
            new,
        }
    }

    /// Asks as a caller with this token, without a look for changes.
    async fn ask(&self, token: &str) -> Answer {
        let status = Platform::request_to(
            &self.live.current(),
            Method::GET,
            "/user-service/v1/users/status",
        );
        status.bearer(token).send().await
    }

    /// The answer's status and the calls that it took.
    async fn ask_counting(&self, token: &str) -> (u16, Vec<Vec<String>>) {
        self.platform.connector.forget();
        let answer = self.ask(token).await;
        if answer.status == 403 {
            assert_eq!(answer.whole(), REFUSED);
        }
        (answer.status, self.platform.connector.round_trips())
    }

    fn wait(&self, seconds: i64) {
        self.platform.clock.advance_seconds(seconds);
    }
}

/// The same claims under the key of this file.
async fn signed_anew(token: &str, file: &KeyFile) -> String {
    let claims = token.split('.').nth(1).expect("claims");
    let header = json!({ "alg": "RS256", "kid": kid(file), "typ": "at+jwt" });
    let header = BASE64URL_NOPAD.encode(header.to_string().as_bytes());
    let message = format!("{header}.{claims}");
    let signature = signer_of(file).sign(&kid(file), message.as_bytes()).await;
    format!(
        "{message}.{}",
        BASE64URL_NOPAD.encode(&signature.expect("a signature"))
    )
}

/// A token under a key that nobody has.
fn garbage(token: &str, name: &str) -> String {
    let (_, rest) = token.split_once('.').expect("three parts");
    let header = json!({ "alg": "RS256", "kid": name, "typ": "at+jwt" });
    format!(
        "{}.{rest}",
        BASE64URL_NOPAD.encode(header.to_string().as_bytes())
    )
}

fn trips(calls: &[&str]) -> Vec<Vec<String>> {
    calls.iter().map(|call| vec![(*call).to_owned()]).collect()
}

#[tokio::test]
async fn a_token_under_a_key_that_was_published_since_is_accepted() {
    let started = Started::new().await;
    publish(&started.platform, &[&keys(), &newer_keys()]).await;
    started.wait(60);
    assert_eq!(
        started.ask_counting(&started.new).await,
        (200, trips(&[INSTALLATION, SESSION]))
    );
    for token in [&started.new, &started.old, &started.new] {
        assert_eq!(
            started.ask_counting(token).await,
            (200, trips(&[SESSION])),
            "it is known now"
        );
    }
}

#[tokio::test]
async fn many_tokens_under_a_new_key_at_once_have_it_read_once() {
    let started = Started::new().await;
    publish(&started.platform, &[&keys(), &newer_keys()]).await;
    started.wait(60);
    started.platform.connector.forget();
    let answers = join_all((0..16).map(|_| started.ask(&started.new))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let calls = started.platform.connector.calls();
    assert_eq!(
        calls.iter().filter(|call| *call == INSTALLATION).count(),
        1,
        "{calls:?}"
    );
}

#[tokio::test]
async fn unknown_keys_are_looked_for_once_a_minute() {
    let started = Started::new().await;
    assert_eq!(
        started.ask_counting(&started.new).await,
        (403, vec![]),
        "it has just been started"
    );
    started.wait(60);
    let tokens: Vec<_> = ["a", "b", "c"]
        .map(|name| garbage(&started.old, name))
        .into();
    assert_eq!(
        started.ask_counting(&tokens[0]).await,
        (403, trips(&[INSTALLATION]))
    );
    for seconds in [0, 1, 58] {
        started.wait(seconds);
        for token in &tokens {
            assert_eq!(started.ask_counting(token).await, (403, vec![]));
        }
    }
    publish(&started.platform, &[&keys(), &newer_keys()]).await;
    assert_eq!(started.ask_counting(&started.new).await, (403, vec![]));
    started.wait(1);
    assert_eq!(
        started.ask_counting(&started.new).await,
        (200, trips(&[INSTALLATION, SESSION]))
    );
    assert_eq!(
        started.ask_counting(&tokens[0]).await,
        (403, vec![]),
        "what was found is not lost"
    );
    started.wait(60);
    assert_eq!(
        started.ask_counting(&tokens[0]).await,
        (403, trips(&[INSTALLATION]))
    );
    assert_eq!(
        started.ask_counting(&started.new).await,
        (200, trips(&[SESSION]))
    );
}

#[tokio::test]
async fn what_has_not_the_form_of_a_token_is_looked_for_nowhere() {
    let started = Started::new().await;
    started.wait(60);
    let header = |value: Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let long = "x".repeat(5000);
    for token in [
        "garbage".to_owned(),
        "a.b.c".to_owned(),
        format!("{}.b.c", header(json!({ "alg": "RS256" }))),
        format!(
            "{}.b.c",
            header(json!({ "alg": "RS256", "kid": 7, "typ": "at+jwt" }))
        ),
        format!(
            "{}.b",
            header(json!({ "alg": "RS256", "kid": "a", "typ": "at+jwt" }))
        ),
        format!(
            "{}.b.{long}",
            header(json!({ "alg": "RS256", "kid": "a", "typ": "at+jwt" }))
        ),
    ] {
        assert_eq!(
            started.ask_counting(&token).await,
            (403, vec![]),
            "{token:.60}"
        );
    }
}

#[tokio::test]
async fn while_the_keys_cannot_be_read_nobody_is_told_that_a_token_is_not_valid() {
    let started = Started::new().await;
    publish(&started.platform, &[&keys(), &newer_keys()]).await;
    started.wait(60);
    for fault in [Fault::AccessDenied, Fault::ServerError] {
        started
            .platform
            .connector
            .inject(INSTALLATION, fault, usize::MAX);
        for _ in 0..2 {
            let answer = started.ask(&started.new).await;
            assert_eq!(answer.status, 503, "{fault:?}: {}", answer.whole());
            assert!(answer.header("retry-after").is_some());
        }
        assert_eq!(
            started.ask_counting(&started.old).await,
            (200, trips(&[SESSION]))
        );
        started.platform.connector.heal();
    }
    assert_eq!(started.ask(&started.new).await.status, 200);
}

#[tokio::test]
async fn tokens_under_a_key_that_was_withdrawn_are_refused_after_five_minutes() {
    let started = Started::new().await;
    publish(&started.platform, &[&newer_keys()]).await;
    started.wait(299);
    started.live.keep_up().await;
    assert_eq!(started.ask(&started.old).await.status, 200);
    started.wait(1);
    started.live.keep_up().await;
    assert_eq!(started.ask_counting(&started.old).await, (403, vec![]));
    assert_eq!(started.ask(&started.new).await.status, 200);
}

/// The function never sees a change: the key set is as it was at both of its looks.
#[tokio::test]
async fn a_key_that_was_published_and_withdrawn_between_two_looks_is_refused_after_five_minutes() {
    let started = Started::new().await;
    publish(&started.platform, &[&keys(), &newer_keys()]).await;
    started.wait(60);
    assert_eq!(started.ask(&started.new).await.status, 200);
    publish(&started.platform, &[&keys()]).await;
    started.wait(240);
    started.live.keep_up().await;
    started.wait(60);
    started.live.keep_up().await;
    assert_eq!(
        started.ask_counting(&started.new).await,
        (403, trips(&[INSTALLATION]))
    );
    assert_eq!(started.ask(&started.old).await.status, 200);
}
