//! What functions take: figures without a judgement, by `.ci/speed`. They are of the release's binaries, which it builds.

use std::cell::Cell;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::events::event;
use crate::harness::{PASSWORD, Platform, Sample};
use crate::tokens;

/// Starts of each binary.
const STARTS: usize = 21;
/// Rounds of all events. Others use the machine, too, now more and now less: what is compared is of one round.
const ROUNDS: usize = 24;
/// Of a round.
const EVENTS: u32 = 50;
/// Each with a hash.
const HASHES: u32 = 5;
/// Before memory is looked at.
const SIGN_INS: u32 = 100;

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

/// What is measured: a function's processor time for an event, by round.
struct Case<'a> {
    name: &'static str,
    function: &'a Sample,
    /// In a round.
    events: u32,
    event: Box<dyn Fn() -> Value + 'a>,
    took: Vec<Duration>,
}

impl<'a> Case<'a> {
    fn new(
        name: &'static str,
        function: &'a Sample,
        events: u32,
        event: impl Fn() -> Value + 'a,
    ) -> Self {
        Self {
            name,
            function,
            events,
            event: Box::new(event),
            took: Vec::new(),
        }
    }

    async fn measure(&mut self) {
        let (used, _) = self.function.answer(self.events, |_| (self.event)()).await;
        self.took.push(used.processor);
    }

    /// The least of all rounds.
    fn least(&self) -> Duration {
        self.took.iter().copied().min().expect("a round")
    }

    /// Beside another, in the middle of the rounds.
    fn by(&self, other: impl Fn(usize) -> Duration) -> f64 {
        let rounds = self.took.iter().enumerate();
        let ratios = rounds.map(|(round, took)| took.as_secs_f64() / other(round).as_secs_f64());
        let mut ratios = ratios.collect::<Vec<_>>();
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    }
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

/// Measures; a table of what each took. The first two are the bare loop and a hash in it.
async fn in_rounds(cases: &mut [Case<'_>]) -> String {
    for case in &mut *cases {
        case.measure().await;
        case.took.clear(); // it has warmed up
    }
    for _ in 0..ROUNDS {
        for case in &mut *cases {
            case.measure().await;
        }
    }
    let (nothing, hash) = (&cases[0], &cases[1]);
    let mut table =
        "| event | processor, us | over the loop, us | by a bare hash |\n|---|---|---|---|\n"
            .to_owned();
    for case in &*cases {
        let least = case.least();
        writeln!(
            table,
            "| {} | {} | {} | {:.3} |",
            case.name,
            micros(least),
            micros(least.saturating_sub(nothing.least())),
            case.by(|round| hash.took[round].saturating_sub(nothing.took[round]))
        )
        .expect("a text grows");
    }
    table
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
    let profile = cloud
        .function("user-service-profile")
        .sample_of(&released("user-service-profile"))
        .await;
    let idle = profile.resident();
    let auth = cloud
        .function("user-service-auth")
        .sample_of(&released("user-service-auth"))
        .await;
    let keys = cloud
        .function("platform-keys")
        .sample_of(&released("platform-keys"))
        .await;

    // Signature and claims are looked at before the time, and nothing is asked of the database.
    let expired = tokens::expired(token).await;
    let jwks = event("platform-keys", "jwks");
    let refused = with_token("user-service-profile", "status", &expired);
    let status = with_token("user-service-profile", "status", token);
    let refresh = json!({ "refreshToken": session.refresh_token });
    let refresh = with_body("user-service-auth", "access-token", &refresh);
    let credentials = json!({ "email": "ann@example.com", "password": PASSWORD });
    let login = with_body("user-service-auth", "login", &credentials);
    // Before registrations, which judge passwords by a dictionary.
    auth.answer(SIGN_INS, |_| login.clone()).await;
    let after_sign_ins = auth.resident();
    let registered = Cell::new(0);
    let register = || {
        registered.set(registered.get() + 1);
        let email = format!("ann-{}@example.com", registered.get());
        let body = json!({ "email": email, "password": PASSWORD });
        with_body("user-service-auth", "register", &body)
    };
    let mut cases = [
        Case::new("the bare loop", &bare, EVENTS, || json!({})),
        Case::new("one bare hash", &bare, HASHES, || json!({ "hashes": 1 })),
        Case::new(
            "five bare hashes in a row",
            &bare,
            1,
            || json!({ "hashes": 5 }),
        ),
        Case::new("the key set (platform-keys)", &keys, EVENTS, || {
            jwks.clone()
        }),
        Case::new(
            "a token that has expired (user-service-profile)",
            &profile,
            EVENTS,
            || refused.clone(),
        ),
        Case::new(
            "an authorised read (user-service-profile)",
            &profile,
            EVENTS,
            || status.clone(),
        ),
        Case::new("a refresh (user-service-auth)", &auth, 5, || {
            refresh.clone()
        }),
        Case::new("a sign-in (user-service-auth)", &auth, HASHES, || {
            login.clone()
        }),
        Case::new(
            "a registration (user-service-auth)",
            &auth,
            HASHES,
            register,
        ),
    ];
    println!(
        "{}\nresident memory: idle {:.1} MiB, after sign-ins {:.1} MiB (at most {:.1})",
        in_rounds(&mut cases).await,
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
