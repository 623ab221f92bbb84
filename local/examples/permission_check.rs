//! What a check of a permission costs: `cargo run --release -p local --example permission_check`.
//!
//! Fills the database with users who hold a role, then has users with 1, 20 and 200 roles checked. Read units are those that the
//! engine reports, which counts as DynamoDB does; times are those of the whole core over the embedded engine.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use axum::Router;
use axum::body::{Body, to_bytes};
use http::Request;
use local::clock::MovableClock;
use local::embedded::{Embedded, place_behind};
use local::inbox::Inbox;
use local::{Local, Parts};
use serde_json::{Value, json};
use shared::aws::Place;
use shared::config::Config;
use shared::domain::{Clock, Dialect, EmailAddress, NewPassword, Random, SystemRandom};
use shared::keys::KeyFile;
use shared::runtime::{LogFilter, Messengers};
use shared::service::UsersRead;
use tower::ServiceExt;

const USERS: [u64; 3] = [10, 1_000, 100_000];
const ROLES: [u64; 3] = [1, 20, 200];
const ROUNDS: usize = 300;
const PASSWORD: &str = "violet tractor sings at dawn";

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let meter = Meter::over(Embedded::in_memory()?);
    let local = platform(place_behind(meter.clone())).await?;
    let router = local.router()?;
    let admin = token(&router, "admin@example.com").await;
    let most = ROLES[ROLES.len() - 1];
    for role in 0..most {
        let body = json!({ "name": format!("role {role}"), "description": "" });
        call(&router, &admin, "/rbac/roles/create", &body).await;
        // The role `admin` has number 1, and the first permission is the one that is checked.
        let body = json!({ "role_id": role + 2, "permission_id": 1 });
        call(&router, &admin, "/rbac/roles/add_permission", &body).await;
    }
    let mut checked = Vec::new();
    for roles in ROLES {
        let email = format!("has-{roles}@example.com");
        let body = json!({ "name": "Ann", "email": email, "password": PASSWORD });
        call(&router, &admin, "/rbac/users/register", &body).await;
        let token = token(&router, &email).await;
        let uid = uid_of(&token);
        for role in 0..roles {
            let body = json!({ "role_id": role + 2, "user_uid": uid });
            call(&router, &admin, "/rbac/roles/grant", &body).await;
        }
        checked.push((roles, token));
    }

    let sessions = local.foundation.sessions()?;
    let mut present = 0;
    say("users     roles of the caller  calls  queries  read units  median");
    for users in USERS {
        fill(&meter.engine, present..users);
        present = users;
        for (roles, token) in &checked {
            let mut times = Vec::new();
            meter.reset();
            for _ in 0..ROUNDS {
                let begin = now();
                let caller = sessions.authorise_caller::<UsersRead>(token, Dialect::Rbac);
                caller.await?.into_permitted()?;
                times.push(begin.elapsed());
            }
            let (calls, queries, units) = meter.read();
            let each = |total: f64| total / f64::from(u32::try_from(ROUNDS).unwrap_or(u32::MAX));
            say(&format!(
                "{users:7} {roles:20} {:6} {:8} {:11} {:6.2} ms",
                each(calls),
                each(queries),
                each(units),
                median(&mut times)
            ));
        }
    }
    Ok(())
}

async fn platform(database: Place) -> Result<Local, Failure> {
    let values = [
        ("PUBLIC_URL", "http://127.0.0.1:3000"),
        ("EMAIL_FROM", "no-reply@gatehouse.example"),
        ("EMAIL_CONFIRMATION", "off"),
    ];
    let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::read(HashMap::from(values))?;
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let clock: Arc<dyn Clock> = Arc::new(MovableClock::default());
    let inbox = Inbox::new(config.email_from.clone(), Arc::clone(&clock), None);
    let inbox = Arc::new(inbox);
    let parts = Parts {
        config,
        database,
        keys: KeyFile::generate(&*random)?,
        clock,
        random,
        messengers: Messengers {
            mailer: Arc::clone(&inbox) as _,
            sms: inbox,
        },
        log: LogFilter::at("info"),
    };
    let local = Local::assemble(parts).await?;
    let passwords = local.foundation.passwords()?;
    let password = NewPassword::parse(PASSWORD, &[])?;
    let hash = passwords.hash(password.as_password()).await?;
    let admin = EmailAddress::parse("admin@example.com").expect("an address");
    let bootstrap = local.foundation.bootstrap(&local.secrets)?;
    bootstrap.ensure_administrator(&admin, Some(&hash)).await?;
    Ok(local)
}

/// Sends a request that succeeds; the answer.
async fn call(router: &Router, token: &str, path: &str, body: &Value) -> Value {
    let request = Request::post(path)
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::from(body.to_string()))
        .expect("a request");
    let answer = router.clone().oneshot(request).await;
    let answer = answer.expect("routers do not fail");
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await;
    let body = body.expect("a whole body");
    assert!(status.is_success(), "{path}: {status} {body:?}");
    serde_json::from_slice(&body).expect("JSON")
}

async fn token(router: &Router, email: &str) -> String {
    let body = json!({ "email": email, "password": PASSWORD });
    let answer = call(router, "-", "/rbac/auth/authenticate", &body).await;
    answer["token"].as_str().expect("a token").to_owned()
}

fn uid_of(token: &str) -> String {
    let claims = token.split('.').nth(1).expect("claims");
    let claims = data_encoding::BASE64URL_NOPAD.decode(claims.as_bytes());
    let claims: Value = serde_json::from_slice(&claims.expect("base64url")).expect("JSON");
    claims["uid"].as_str().expect("an id").to_owned()
}

/// More users who hold the role with number 2, as granting writes them.
fn fill(engine: &Embedded, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let user = format!("user#{}", uuid_of(number));
        let held = json!({ "pk": { "S": &user }, "sk": { "S": "roles" }, "role_numbers": { "NS": ["2"] } });
        let holder = json!({ "pk": { "S": "role#2" }, "sk": { "S": user } });
        let puts = [held, holder].map(|item| json!({ "PutRequest": { "Item": item } }));
        let write = json!({ "RequestItems": { "gatehouse-access": puts } }).to_string();
        let (status, answer) = engine.answer("BatchWriteItem", write.as_bytes());
        assert_eq!(status, 200, "{answer}");
    }
}

fn uuid_of(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

/// Between the SDK and the engine: asks for the units of each call, and adds them up.
#[derive(Clone)]
struct Meter {
    engine: Embedded,
    calls: Arc<AtomicU64>,
    queries: Arc<AtomicU64>,
    units: Arc<Mutex<f64>>,
}

impl Meter {
    fn over(engine: Embedded) -> Self {
        Self {
            engine,
            calls: Arc::default(),
            queries: Arc::default(),
            units: Arc::default(),
        }
    }

    fn reset(&self) {
        self.calls.store(0, Ordering::Relaxed);
        self.queries.store(0, Ordering::Relaxed);
        *self.units.lock().unwrap_or_else(PoisonError::into_inner) = 0.0;
    }

    #[expect(clippy::cast_precision_loss, reason = "a few thousand at most")]
    fn read(&self) -> (f64, f64, f64) {
        let units = *self.units.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = self.calls.load(Ordering::Relaxed) as f64;
        let queries = self.queries.load(Ordering::Relaxed) as f64;
        (calls, queries, units)
    }

    fn count(&self, target: &str, answer: &str) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if target.ends_with("Query") {
            self.queries.fetch_add(1, Ordering::Relaxed);
        }
        let answer: Value = serde_json::from_str(answer).unwrap_or_default();
        let consumed = &answer["ConsumedCapacity"];
        let each = consumed
            .as_array()
            .map_or(std::slice::from_ref(consumed), Vec::as_slice);
        let units: f64 = each
            .iter()
            .filter_map(|table| table["CapacityUnits"].as_f64())
            .sum();
        *self.units.lock().unwrap_or_else(PoisonError::into_inner) += units;
    }
}

impl HttpConnector for Meter {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let target = target.to_owned();
        let body = request.body().bytes().unwrap_or_default();
        let mut asked: Value = serde_json::from_slice(body).unwrap_or_default();
        if target.ends_with("Item") || target.ends_with("Query") {
            asked["ReturnConsumedCapacity"] = json!("TOTAL");
        }
        let mut request = request;
        *request.body_mut() = SdkBody::from(asked.to_string());
        let (meter, answered) = (self.clone(), self.engine.call(request));
        HttpConnectorFuture::new(async move {
            let answer = answered.await?;
            let body = answer.body().bytes().unwrap_or_default();
            meter.count(&target, &String::from_utf8_lossy(body));
            Ok(answer)
        })
    }
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meter")
    }
}

#[expect(clippy::disallowed_methods, reason = "measures")]
fn now() -> Instant {
    Instant::now()
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

#[expect(clippy::print_stdout, reason = "what the program is for")]
fn say(line: &str) {
    println!("{line}");
}
