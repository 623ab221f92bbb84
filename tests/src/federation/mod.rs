//! Federation through document 004: what becomes of those whom a provider vouches for, and of those whom nobody does.

mod auth_zero;
mod call_budget;
mod facebook;
pub(crate) mod faults;
mod google;
mod linking;
mod logs;
mod outage;
mod races;
mod twitter;

use std::collections::BTreeMap;

use http::Method;
use local::projects::SHARING;
use serde_json::{Value, json};

use crate::harness::{Answer, FakeProviders, Platform, Request};

const USER: &str = "/identify/v1/user";
const CHECK: &str = "/identify/v1/user/check";
const NONSTANDARD: &str = "/identify/v1/user/check/nonstandard";

const ANN: &str = "ann@example.com";
const NEW_PASSWORD: &str = "nine paper lanterns over the quay";
const DEVICE: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
const OTHER_DEVICE: &str = "9b2e1f0c-3d57-4c1e-8a0b-5d1c7e2f4a66";
/// The time at which platforms start, in seconds.
const START: i64 = 1_767_225_600;

/// An item as it is stored.
type Item = BTreeMap<String, Value>;

/// A platform, and providers that its first project has.
struct Scene {
    platform: Platform,
    fake: FakeProviders,
}

/// How many there are: accounts, guests, what leads to either, what projects know of them, their devices, counted registrations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Stored {
    accounts: usize,
    guests: usize,
    links: usize,
    members: usize,
    devices: usize,
    registrations: usize,
}

impl Scene {
    async fn set() -> Self {
        Self::with(&[]).await
    }

    /// With some values of the configuration set.
    async fn with(values: &[(&str, &str)]) -> Self {
        Self::on(Platform::with(values).await).await
    }

    async fn on(platform: Platform) -> Self {
        let fake = FakeProviders::start().await;
        let scene = Self { platform, fake };
        scene.put(SHARING).await;
        scene
    }

    /// Gives a project all of the providers.
    async fn put(&self, project: &str) {
        let settings = json!({ "providers": self.fake.settings() });
        self.platform.put_project(project, &settings).await;
    }

    /// Asks a project who a provider's token speaks for; the token in the header.
    fn ask_in(&self, project: &str, provider: &str, token: &str) -> Request {
        let path = format!("{NONSTANDARD}?{}", query(project, provider, &[]));
        self.platform.get(&path).bearer(token)
    }

    /// The same with more in the query, and nothing in the header.
    fn ask_with(&self, provider: &str, parameters: &[(&str, &str)]) -> Request {
        let query = query(SHARING, provider, parameters);
        self.platform.get(&format!("{NONSTANDARD}?{query}"))
    }

    /// Asks the first project who a token of Google with these claims speaks for.
    fn google(&self, claims: Value) -> Request {
        self.ask_in(SHARING, "google", &self.fake.id_token(claims))
    }

    async fn stored(&self) -> Stored {
        Stored::in_platform(&self.platform).await
    }

    /// The accounts.
    async fn accounts(&self) -> Vec<Item> {
        let mut items = self.platform.items("users").await;
        items.retain(|item| item.contains_key("user_number"));
        items
    }

    /// What leads to users.
    async fn links(&self) -> Vec<Item> {
        let mut items = self.platform.items("users").await;
        items.retain(|item| text(item, "pk").starts_with("provider#"));
        items
    }

    /// What projects know of users.
    async fn members(&self) -> Vec<Item> {
        let mut items = self.platform.items("devices").await;
        items.retain(|item| !text(item, "device_id").contains('#'));
        items
    }
}

impl Stored {
    async fn in_platform(platform: &Platform) -> Self {
        let mut stored = Self::default();
        for item in platform.items("users").await {
            stored.accounts += usize::from(item.contains_key("user_number"));
            stored.links += usize::from(text(&item, "pk").starts_with("provider#"));
        }
        for item in platform.items("devices").await {
            let is_device = text(&item, "device_id").contains('#');
            stored.devices += usize::from(is_device);
            stored.members += usize::from(!is_device);
            stored.guests += usize::from(item.contains_key("guest"));
        }
        for item in platform.items("limits").await {
            if text(&item, "pk").starts_with("register#client#") {
                stored.registrations += 1;
            }
        }
        stored
    }
}

/// The text of an item's attribute.
fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item[name].as_str().expect(name)
}

/// The envelope of a query, and more.
fn query(project: &str, provider: &str, parameters: &[(&str, &str)]) -> String {
    let envelope = [
        ("projectId", project),
        ("strategy", "email"),
        ("provider", provider),
    ];
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(envelope)
        .extend_pairs(parameters)
        .finish()
}

/// The envelope of a body with data.
fn envelope(project: &str, provider: &str, data: &Value) -> Value {
    json!({ "projectId": project, "strategy": "email", "provider": provider, "data": data })
}

fn put(platform: &Platform, body: &Value) -> Request {
    platform.request(Method::PUT, USER).json(body)
}

/// Signs in with a password in a project.
fn signing_in(platform: &Platform, project: &str, email: &str, password: &str) -> Request {
    let data = json!({ "email": email, "password": password, "deviceId": DEVICE });
    let body = envelope(project, "awsCognito", &data);
    let path = format!("{USER}/login");
    platform.request(Method::PUT, &path).json(&body)
}

/// The whole answer about a user of a social network.
fn social(at: i64, nickname: Option<&str>, email: Option<&str>, devices: &[&str]) -> String {
    let [nickname, email] = [nickname, email].map(|text| json!(text));
    let devices: Vec<_> = devices.iter().map(|id| json!({ "deviceId": id })).collect();
    let devices = json!(devices);
    format!(
        "200\n{{\"result\":1,\"message\":\"OK\",\"data\":{{\"updatedAt\":\"{at}\",\"nickname\":{nickname},\
         \"email\":{email},\"devices\":{devices}}}}}"
    )
}

/// The whole answer to what is refused.
fn refusal(status: u16, message: &str, code: &str) -> String {
    format!("{status}\n{{\"result\":0,\"message\":\"{message}\",\"data\":{{\"code\":\"{code}\"}}}}")
}

fn invalid_token() -> String {
    refusal(401, "the token is not valid", "invalid_token")
}

/// What is answered to those whose account is barred.
fn barred() -> String {
    refusal(
        401,
        "wrong e-mail address or password",
        "invalid_credentials",
    )
}

/// Data of an answer that succeeds.
fn data(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.whole());
    answer.json()["data"].clone()
}

/// The projects that know a user, in order.
fn members_of(members: &[Item], user: &str) -> Vec<String> {
    let of_user = |member: &&Item| member["user_id"] == user;
    let known = members.iter().filter(of_user);
    let mut projects: Vec<_> = known
        .map(|member| text(member, "device_id").to_owned())
        .collect();
    projects.sort();
    projects
}
