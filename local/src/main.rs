//! `cargo run`: the whole platform on this machine.

mod administrator;
mod settings;

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use local::clock::MovableClock;
use local::cost::{Mix, Rates, Report, rehearse};
use local::embedded::Embedded;
use local::inbox::Inbox;
use local::{Local, Parts, files, projects, serve};
use platform::operator::{COMMANDS, Command};
use serde_json::{Value, json};
use settings::{DATA, Settings};
use shared::aws::Place;
use shared::domain::{Clock, Random, SystemRandom};
use shared::dynamodb::Dynamodb;
use shared::keys::{Home, KeyFile, KeySet, Rotation};
use shared::runtime::{Aws, LogFilter, Messengers};
use tokio::net::TcpListener;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const USAGE: &str =
    "usage: cargo run [-- --ephemeral | -- cost [mix=<file>] | -- <command> [name=value ...]]";

#[tokio::main]
async fn main() -> ExitCode {
    match Box::pin(run()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(&failure.to_string());
            ExitCode::FAILURE
        }
    }
}

/// What the process is to do.
enum Order {
    Serve { ephemeral: bool },
    Cost { mix: Mix },
    Command(Command),
}

async fn run() -> Result<(), Failure> {
    let order = order(std::env::args().skip(1))?;
    let settings = Settings::from_environment()?;
    let log = shared::runtime::init_logs(LogFilter::at(&settings.config.place.log_level));
    match order {
        Order::Serve { ephemeral } => Box::pin(serve_here(&settings, ephemeral, log)).await,
        Order::Cost { mix } => {
            println(&Box::pin(cost(settings, &mix, log)).await?);
            Ok(())
        }
        Order::Command(command) => {
            let data = Path::new(DATA);
            if let Some(answer) = change_keys(&settings, data, &command)? {
                println_json(&answer);
                return Ok(());
            }
            let platform = assemble(&settings, Some(data), log).await?;
            let Local {
                foundation,
                secrets,
                ..
            } = &platform.local;
            let answer = command.run(foundation, secrets).await?;
            println_json(&answer);
            Ok(())
        }
    }
}

/// `--ephemeral`, `cost`, or a command of the operator's with its members as `name=value`.
fn order(arguments: impl Iterator<Item = String>) -> Result<Order, Failure> {
    let arguments: Vec<_> = arguments.collect();
    let (first, members) = match arguments.as_slice() {
        [] => return Ok(Order::Serve { ephemeral: false }),
        [flag] if flag == "--ephemeral" => return Ok(Order::Serve { ephemeral: true }),
        [first, ..] if first.starts_with('-') => return Err(usage()),
        [first, members @ ..] if first == "cost" => return Ok(Order::Cost { mix: mix(members)? }),
        [first, members @ ..] => (first, members),
    };
    let mut command = json!({ "command": first });
    for member in members {
        let (name, value) = member.split_once('=').ok_or_else(usage)?;
        command[name] = json!(value);
    }
    Ok(Order::Command(Command::read(command)?))
}

/// The mix of `mix=<file>`, or the known one.
fn mix(members: &[String]) -> Result<Mix, Failure> {
    match members {
        [] => Ok(Mix::known()),
        [member] => {
            let file = member.strip_prefix("mix=").ok_or_else(usage)?;
            let text = std::fs::read_to_string(file);
            Ok(Mix::read(
                &text.map_err(|fault| format!("{file}: {fault}"))?,
            )?)
        }
        _ => Err(usage()),
    }
}

/// What operations and months cost: each operation is done once, on a platform of its own that leaves nothing.
async fn cost(mut settings: Settings, mix: &Mix, log: LogFilter) -> Result<String, Failure> {
    settings.config.limits.per_client = true; // as on AWS
    let Assembled { local, inbox, .. } = assemble(&settings, None, log).await?;
    rehearse(&local, &inbox).await?;
    let report = Report::of(local.ledger.entries(), Rates::known());
    let months = report.months_table(mix)?;
    Ok(format!("{}\n{months}", report.operations_table()))
}

fn usage() -> Failure {
    format!("{USAGE}\ncommands: {COMMANDS}").into()
}

/// Does to the keys of the file what a command asks for, if it asks for that. A server takes them up when it is started.
fn change_keys(
    settings: &Settings,
    data: &Path,
    command: &Command,
) -> Result<Option<Value>, Failure> {
    files::create_private_folder(data)?;
    let path = data.join("keys.json");
    let now = MovableClock::kept_in(data.join("clock")).now();
    let rules = rules(settings);
    let keys = KeyFile::open_or_create(&path, &SystemRandom)?.key_set()?;
    if command.key_step(&rules, &keys, now)?.is_none() {
        return Ok(None);
    }
    let step = |keys: &KeySet| {
        let step = command.key_step(&rules, keys, now).ok().flatten();
        step.unwrap_or_else(|| rules.due(keys, now, &[]))
    };
    let keys = KeyFile::rotate(&path, now, step)?.key_set()?;
    Ok(Some(command.changed_keys(&keys)))
}

/// How keys follow each other here: all of them lie in the file.
fn rules(settings: &Settings) -> Rotation {
    let mut rules = settings.config.key_rotation();
    rules.wish.home = Home::Wrapped;
    rules
}

/// The platform, and what only a local one has.
struct Assembled {
    local: Local,
    inbox: Arc<Inbox>,
    clock: Arc<MovableClock>,
}

async fn assemble(
    settings: &Settings,
    data: Option<&Path>,
    log: LogFilter,
) -> Result<Assembled, Failure> {
    if let Some(data) = data {
        files::create_private_folder(data)?;
    }
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let clock = Arc::new(data.map_or_else(MovableClock::default, |data| {
        MovableClock::kept_in(data.join("clock"))
    }));
    let inbox = Arc::new(Inbox::new(
        settings.config.email_from.clone(),
        Arc::clone(&clock) as Arc<dyn Clock>,
        data.map(|data| data.join("inbox.json")),
    ));
    let keys = match data {
        Some(data) => {
            let path = data.join("keys.json");
            KeyFile::open_or_create(&path, &*random)?;
            let (rules, now) = (rules(settings), clock.now());
            KeyFile::rotate(&path, now, |keys| rules.due(keys, now, &[]))?
        }
        None => KeyFile::generate(&*random)?,
    };
    let local = Local::assemble(Parts {
        config: settings.config.clone(),
        database: database(settings, data)?,
        keys,
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        random,
        messengers: Messengers {
            mailer: Arc::clone(&inbox) as _,
            sms: Arc::clone(&inbox) as _,
        },
        log,
    })
    .await?;
    Ok(Assembled {
        local,
        inbox,
        clock,
    })
}

async fn serve_here(settings: &Settings, ephemeral: bool, log: LogFilter) -> Result<(), Failure> {
    let listener = listen(settings.port).await?;
    let data = (!ephemeral).then(|| Path::new(DATA));
    let Assembled {
        local,
        inbox,
        clock,
    } = assemble(settings, data, log).await?;
    let known = local.foundation.projects(&local.secrets)?;
    projects::ensure(&known, &settings.projects).await?;
    let administrator = administrator::ensure(&local, settings, data, &SystemRandom).await?;
    announce(settings, &administrator, ephemeral);
    let admin_email = settings.admin_email.original().to_owned();
    serve(local, listener, inbox, clock, admin_email).await
}

async fn listen(port: u16) -> Result<TcpListener, Failure> {
    let listening = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    listening.map_err(|fault| format!("PORT: cannot listen on 127.0.0.1:{port}: {fault}").into())
}

fn database(settings: &Settings, data: Option<&Path>) -> Result<Place, Failure> {
    if settings.another_database {
        return Ok(Aws::new(shared::config::environment()).place(Dynamodb::SERVICE));
    }
    let embedded = match data {
        Some(data) => Embedded::at(&data.join("database.sqlite"))?,
        None => Embedded::in_memory()?,
    };
    Ok(embedded.place())
}

fn announce(settings: &Settings, administrator: &str, ephemeral: bool) {
    let data = match (settings.another_database, ephemeral) {
        (true, _) => "in the database of AWS_ENDPOINT_URL_DYNAMODB".to_owned(),
        (false, true) => "in memory only".to_owned(),
        (false, false) => format!("in {DATA}/"),
    };
    let base = &settings.config.public_url;
    say(&format!(
        "Gatehouse is ready\n\
         \n  start page     {base}/\
         \n  documentation  {base}/docs\
         \n  inbox          {base}/_local/inbox\
         \n  administrator  {administrator}\
         \n  data           {data}\n"
    ));
}

#[expect(
    clippy::print_stderr,
    reason = "what a developer reads in the terminal"
)]
fn say(text: &str) {
    eprintln!("{text}");
}

fn println_json(answer: &Value) {
    println(&format!("{answer:#}"));
}

#[expect(clippy::print_stdout, reason = "what an operator asked for")]
fn println(text: &str) {
    println!("{text}");
}
