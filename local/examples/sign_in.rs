//! Where the time of a sign-in goes: `cargo run --release -p local --example sign_in`.
//!
//! Signs in through the whole stack but the socket, then times its parts alone. All on one machine in one run: read the shares.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use http::{Request, StatusCode};
use local::clock::MovableClock;
use local::embedded::Embedded;
use local::inbox::Inbox;
use local::{Local, Parts};
use serde_json::{Map, json};
use shared::config::Config;
use shared::domain::{Clock, Dialect, Password, Random, Session, SessionId, SystemRandom, UserId};
use shared::keys::KeyFile;
use shared::runtime::{LogFilter, Messengers};
use shared::tokens::{NewToken, Subject, TokenUse};
use tower::ServiceExt;

const ROUNDS: usize = 200;
const PASSWORD: &str = "violet tractor sings at dawn";

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let local = platform().await?;
    let router = local.router()?;
    let send = |path: &'static str| {
        let body = json!({ "email": "ann@example.com", "password": PASSWORD }).to_string();
        let request = Request::post(path).header("content-type", "application/json");
        let request = request.body(Body::from(body)).expect("a request");
        let router = router.clone();
        async move {
            router
                .oneshot(request)
                .await
                .expect("routers do not fail")
                .status()
        }
    };
    assert_eq!(
        send("/user-service/v1/users/register").await,
        StatusCode::OK
    );

    let passwords = local.foundation.passwords()?;
    let password = Password::parse(PASSWORD).expect("short enough");
    let hash = passwords.hash(&password).await?;
    let issuer = local.foundation.token_issuer(&local.secrets)?;
    let session = session(&*local.foundation.context.clock);

    let mut whole = Vec::new();
    let mut hashing = Vec::new();
    let mut signing = Vec::new();
    for _ in 0..ROUNDS {
        let begin = now();
        assert_eq!(send("/user-service/v1/users/login").await, StatusCode::OK);
        whole.push(begin.elapsed());
        let begin = now();
        assert!(passwords.verify(&password, Some(&hash)).await?.matches);
        hashing.push(begin.elapsed());
        let begin = now();
        for token_use in [TokenUse::Access, TokenUse::Refresh] {
            let token = NewToken {
                subject: Subject::of(&session),
                dialect: session.dialect,
                token_use,
                issued_at: session.created_at,
                lifetime: Duration::from_hours(1),
                own_claims: Map::new(),
            };
            issuer.issue(token).await?;
        }
        signing.push(begin.elapsed());
    }
    report(&mut whole, &mut hashing, &mut signing);
    Ok(())
}

async fn platform() -> Result<Local, Failure> {
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
        database: Embedded::in_memory()?.place(),
        keys: KeyFile::generate(&*random)?,
        clock,
        random,
        messengers: Messengers {
            mailer: Arc::clone(&inbox) as _,
            sms: inbox,
        },
        log: LogFilter::at("info"),
    };
    Ok(Local::assemble(parts).await?)
}

fn session(clock: &dyn Clock) -> Session {
    Session {
        generation: 0,
        cookie: None,
        project: None,
        device: None,
        id: SessionId::new(&SystemRandom),
        user: UserId::new(&SystemRandom),
        dialect: Dialect::UserService,
        credential_version: 1,
        created_at: clock.now(),
        expires_at: clock.now(),
    }
}

#[expect(clippy::disallowed_methods, reason = "measures")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::print_stdout, reason = "what the program is for")]
fn report(whole: &mut [Duration], hashing: &mut [Duration], signing: &mut [Duration]) {
    let median = |times: &mut [Duration]| {
        times.sort();
        times[times.len() / 2].as_secs_f64() * 1000.0
    };
    let (whole, hashing, signing) = (median(whole), median(hashing), median(signing));
    let rest = whole - hashing - signing;
    println!("medians of {ROUNDS} sign-ins");
    for (part, time) in [
        ("whole sign-in", whole),
        ("argon2id, one hash", hashing),
        ("two RS256 tokens", signing),
        ("the rest: five store calls, routing, JSON", rest),
    ] {
        println!("{part:42} {time:7.2} ms {:5.1} %", 100.0 * time / whole);
    }
}
