//! What functions take: figures without a judgement, by `.ci/speed`. They are of the release's binaries, which it builds.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::events::event;
use crate::harness::{PASSWORD, Platform, Sample};
use crate::tokens;

/// Starts of each binary.
const STARTS: usize = 21;
/// Events that warm a process up.
const WARM: u32 = 20;
/// Batches of events, of which the best is told: others use the machine, too.
const BATCHES: u32 = 8;
const EVENTS: u32 = 100;
/// Each with a hash.
const HASHES: u32 = 15;

/// A binary beside the tests' own, of the release.
fn released(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a path");
    let mut targets = test.ancestors().skip(3);
    targets
        .next()
        .expect("a target folder")
        .join("release")
        .join(name)
}

/// The least that an event took, of several batches.
async fn best(sample: &Sample, events: u32, event: impl Fn(u32) -> Value) -> Duration {
    sample.answer(WARM.min(events), &event).await;
    let mut least = Duration::MAX;
    for _ in 0..BATCHES {
        let (used, _) = sample.answer(events, &event).await;
        least = least.min(used.processor);
    }
    least
}

fn micros(time: Duration) -> String {
    format!("{:.0}", time.as_secs_f64() * 1e6)
}

/// Millions of bytes.
fn megabytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes).expect("less than four gigabytes")) / 1e6
}

fn mib(bytes: u64) -> f64 {
    megabytes(bytes) * 1e6 / f64::from(1 << 20)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn with_body(function: &str, name: &str, body: &Value) -> Value {
    let mut event = event(function, name);
    event["body"] = json!(body.to_string());
    event
}

fn with_token(function: &str, name: &str, token: &str) -> Value {
    let mut event = event(function, name);
    event["headers"]["authorization"] = json!(format!("Bearer {token}"));
    event
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures the release's binaries: .ci/speed"]
async fn what_operations_take() {
    let own = [
        ("ARGON2_MEMORY_KIB", "19456"),
        ("ARGON2_PASSES", "2"),
        ("LIMITS", "off"),
        ("LOG_LEVEL", "info"),
    ];
    let platform = Platform::with_running_clock(&own).await;
    let cloud = platform.cloud().await;
    let session = platform.new_session("ann@example.com").await;
    let token = &session.access_token;

    let bare = cloud
        .function("bare")
        .sample_of(&released("examples/bare"))
        .await;
    let nothing = best(&bare, EVENTS, |_| json!({})).await;
    let hash = best(&bare, HASHES, |_| json!({ "hashes": 1 })).await;
    let hash = hash.saturating_sub(nothing);
    let hashes = best(&bare, 1, |_| json!({ "hashes": 20 })).await;
    let hashes = hashes.saturating_sub(nothing);
    let hash_of_many = hashes / 20;

    let profile = cloud
        .function("user-service-profile")
        .sample_of(&released("user-service-profile"))
        .await;
    let idle = profile.resident();
    let status_event = with_token("user-service-profile", "status", token);
    let read = best(&profile, EVENTS, |_| status_event.clone()).await;
    // Signature and claims are looked at before the time, and nothing is asked of the database.
    let expired = tokens::expired(token).await;
    let expired_event = with_token("user-service-profile", "status", &expired);
    let validation = best(&profile, EVENTS, |_| expired_event.clone()).await;

    let auth = cloud
        .function("user-service-auth")
        .sample_of(&released("user-service-auth"))
        .await;
    let credentials = json!({ "email": "ann@example.com", "password": PASSWORD });
    let login_event = with_body("user-service-auth", "login", &credentials);
    let sign_in = best(&auth, HASHES, |_| login_event.clone()).await;
    let after_sign_ins = auth.resident();
    let refresh_body = json!({ "refreshToken": session.refresh_token });
    let refresh_event = with_body("user-service-auth", "access-token", &refresh_body);
    let refresh = best(&auth, 5, |_| refresh_event.clone()).await;
    let registered = Cell::new(0);
    let register = best(&auth, HASHES, |_| {
        registered.set(registered.get() + 1);
        let email = format!("ann-{}@example.com", registered.get());
        let body = json!({ "email": email, "password": PASSWORD });
        with_body("user-service-auth", "register", &body)
    })
    .await;

    let keys = cloud
        .function("platform-keys")
        .sample_of(&released("platform-keys"))
        .await;
    let jwks_event = event("platform-keys", "jwks");
    let jwks = best(&keys, EVENTS, |_| jwks_event.clone()).await;

    println!("| event | processor, us | over the loop, us | by a bare hash |\n|---|---|---|---|");
    for (name, took) in [
        ("the bare loop", nothing),
        ("one bare hash", hash + nothing),
        ("one of 20 bare hashes in a row", hash_of_many + nothing),
        ("the key set (platform-keys)", jwks),
        (
            "a token that has expired (user-service-profile)",
            validation,
        ),
        ("an authorised read (user-service-profile)", read),
        ("a refresh (user-service-auth)", refresh),
        ("a sign-in (user-service-auth)", sign_in),
        ("a registration (user-service-auth)", register),
    ] {
        println!(
            "| {name} | {} | {} | {:.3} |",
            micros(took),
            micros(took.saturating_sub(nothing)),
            took.as_secs_f64() / hash.as_secs_f64()
        );
    }
    println!(
        "\nresident memory: idle {:.1} MiB, after sign-ins {:.1} MiB (at most {:.1})",
        mib(idle.now),
        mib(after_sign_ins.now),
        mib(after_sign_ins.peak)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures the release's binaries: .ci/speed"]
async fn what_starts_take() {
    let platform = Platform::with_running_clock(&[]).await;
    let cloud = platform.cloud().await;
    println!(
        "| binary | MB | to the first poll: processor, ms | wall, ms | first answer: processor, ms | wall, ms | resident, MiB |\n|---|---|---|---|---|---|---|"
    );
    for (name, case) in [
        ("bare", None),
        ("platform-keys", Some("jwks")),
        ("user-service-profile", Some("status")),
        ("user-service-auth", Some("login")),
        ("rbac-permissions", Some("list")),
    ] {
        let mut polls = (Vec::new(), Vec::new());
        let mut answers = (Vec::new(), Vec::new());
        let (mut bytes, mut resident) = (0, 0);
        for _ in 0..STARTS {
            let function = cloud.function(name);
            let sample = match case {
                Some(_) => function.sample_of(&released(name)).await,
                None => function.sample_of(&released("examples/bare")).await,
            };
            polls.0.push(sample.started.processor);
            polls.1.push(sample.started.wall);
            resident = sample.resident().now;
            let first = case.map_or(json!({}), |case| event(name, case));
            let (first, _) = sample.answer(1, |_| first.clone()).await;
            answers.0.push(first.processor);
            answers.1.push(first.wall);
            bytes = sample.bytes;
            sample.end().await;
        }
        let ms = |times| median(times).as_secs_f64() * 1e3;
        println!(
            "| {name} | {:.2} | {:.2} | {:.1} | {:.2} | {:.1} | {:.1} |",
            megabytes(bytes),
            ms(polls.0),
            ms(polls.1),
            ms(answers.0),
            ms(answers.1),
            mib(resident),
        );
    }
}
