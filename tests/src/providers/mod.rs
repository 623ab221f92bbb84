//! Providers: what is believed of what they say, and what becomes of us when they do not.

mod breaker;
mod cognito;
mod facebook;
mod oidc;
mod twitter;

use std::fmt::Debug;
use std::sync::Arc;

use serde_json::{Value, json};
use shared::domain::{Clock, Providers};
use shared::providers::{ProviderClient, ProviderError};
use shared::runtime::ProviderNetwork;

use crate::harness::{FakeProviders, SeededRandom, TestClock};

/// A client, and whom it calls.
struct Scene {
    fake: FakeProviders,
    clock: Arc<TestClock>,
    client: ProviderClient,
    settings: Providers,
}

impl Scene {
    async fn set() -> Self {
        let fake = FakeProviders::start().await;
        let clock = Arc::new(TestClock::standing());
        let client = ProviderClient::new(
            Arc::new(ProviderNetwork::default()),
            Arc::clone(&clock) as Arc<dyn Clock>,
            Arc::new(SeededRandom::default()),
        );
        let settings = read(fake.settings());
        Self {
            fake,
            clock,
            client,
            settings,
        }
    }

    /// The present second, by the clock.
    fn now(&self) -> i64 {
        self.clock.now().as_second()
    }
}

fn read(settings: Value) -> Providers {
    Providers::read(settings, true).expect("settings")
}

/// Settings of one provider.
fn only(provider: &str, settings: &Value) -> Providers {
    read(json!({ provider: settings }))
}

/// How a call went wrong. Whatever is behind it, it tells no secret.
#[track_caller]
fn fault<T: Debug>(result: Result<T, ProviderError>) -> &'static str {
    let fault = result.expect_err("a fault");
    let told = format!("{fault} {fault:?}");
    for secret in ["hush", "token=", "secret+", "EAAB", "OAuth", "http:"] {
        assert!(!told.contains(secret), "{told}");
    }
    match fault {
        ProviderError::Refused => "refused",
        ProviderError::Expired => "expired",
        ProviderError::Unavailable(_) => "unavailable",
    }
}
