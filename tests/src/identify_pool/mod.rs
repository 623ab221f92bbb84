//! Signing in to a project that has a user pool (decision 73): whom it takes over, whom not, and when the pool is asked.

mod faults;
mod limits;
mod outages;
mod races;
mod refused;
mod taken_over;

use std::collections::BTreeMap;

use http::Method;
use local::projects::SHARING;
use serde_json::{Value, json};

use crate::harness::{Answer, FakeProviders, Platform, Request};

const ANN: &str = "ann@example.com";
const BEN: &str = "ben@example.com";
/// What the pool knows Ann by.
const POOL_PASSWORD: &str = "a password of the pool";
const WRONG: &str = "not the password";
const LOGIN: &str = "/identify/v1/user/login";

/// How a wrong password is answered, and all that is to look like one.
const REFUSED: &str = "401\n{\"result\":0,\"message\":\"wrong e-mail address or password\",\
                       \"data\":{\"code\":\"invalid_credentials\"}}";

/// A platform with a project, and the pool that the project's users come from.
struct Scene {
    platform: Platform,
    pool: FakeProviders,
}

impl Scene {
    /// Ann is in the pool, which has verified her address.
    async fn set() -> Self {
        Self::on(Platform::start().await).await
    }

    async fn with(values: &[(&str, &str)]) -> Self {
        Self::on(Platform::with(values).await).await
    }

    async fn on(platform: Platform) -> Self {
        let pool = FakeProviders::start().await;
        put_pool(&platform, &pool, SHARING).await;
        pool.pool_user(ANN, POOL_PASSWORD, json!({ "email_verified": "true" }));
        Self { platform, pool }
    }

    async fn login(&self, email: &str, password: &str) -> Answer {
        signing_in(&self.platform, SHARING, email, password)
            .send()
            .await
    }

    /// How often the pool was asked.
    fn calls(&self) -> usize {
        self.pool.calls("/")
    }

    /// The accounts.
    async fn accounts(&self) -> Vec<BTreeMap<String, Value>> {
        users(&self.platform, "user#").await
    }

    /// Nobody has an account, and nobody gets a mail.
    async fn expect_nobody(&self, what: &str) {
        assert_eq!(self.accounts().await, [], "{what}");
        assert_eq!(self.platform.items("attributes").await, [], "{what}");
        assert_eq!(self.platform.items("sessions").await, [], "{what}");
        assert_eq!(self.platform.deliver().await.len(), 0, "{what}");
    }
}

/// Has a project's users come from this pool.
async fn put_pool(platform: &Platform, pool: &FakeProviders, project: &str) {
    let providers = json!({ "awsCognito": pool.pool_settings() });
    let settings = json!({ "providers": providers });
    platform.put_project(project, &settings).await;
}

fn signing_in(platform: &Platform, project: &str, email: &str, password: &str) -> Request {
    let body = json!({
        "projectId": project, "strategy": "email", "provider": "awsCognito",
        "data": { "email": email, "password": password },
    });
    platform.request(Method::PUT, LOGIN).json(&body)
}

/// Items of users whose key begins so.
async fn users(platform: &Platform, kind: &str) -> Vec<BTreeMap<String, Value>> {
    let mut items = platform.items("users").await;
    items.retain(|item| item["pk"].as_str().is_some_and(|pk| pk.starts_with(kind)));
    items
}
