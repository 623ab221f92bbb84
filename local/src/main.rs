//! `cargo run`: the whole platform on this machine.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use data_encoding::BASE32_NOPAD;
use local::clock::MovableClock;
use local::embedded::Embedded;
use local::inbox::Inbox;
use local::{Local, Parts, files, serve};
use shared::config::Config;
use shared::domain::{Clock, EmailAddress, NewPassword, Random, SystemRandom};
use shared::keys::KeyFile;
use shared::service::Administrator;
use tokio::net::TcpListener;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const DATA: &str = ".local";
const USAGE: &str = "usage: cargo run [-- --ephemeral]";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(&failure.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let ephemeral = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [flag] if flag == "--ephemeral" => true,
        _ => return Err(USAGE.into()),
    };
    let settings = Settings::from_environment()?;
    shared::runtime::init_logs(&settings.config.log_level);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port))
        .await
        .map_err(|fault| {
            format!(
                "PORT: cannot listen on 127.0.0.1:{}: {fault}",
                settings.port
            )
        })?;
    let data = (!ephemeral).then(|| Path::new(DATA));
    if let Some(data) = data {
        std::fs::create_dir_all(data)?;
    }
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let clock = Arc::new(data.map_or_else(MovableClock::default, |data| {
        MovableClock::kept_in(data.join("clock"))
    }));
    let inbox_file = data.map(|data| data.join("inbox.json"));
    let from = settings.config.email_from.clone();
    let inbox = Arc::new(Inbox::new(
        from,
        Arc::clone(&clock) as Arc<dyn Clock>,
        inbox_file,
    ));
    let client = match settings.another_database {
        true => shared::runtime::dynamodb_client().await,
        false => match data {
            Some(data) => Embedded::at(&data.join("database.sqlite"))?,
            None => Embedded::in_memory()?,
        }
        .client(),
    };
    let keys = match data {
        Some(data) => KeyFile::open_or_create(&data.join("keys.json"), &*random)?,
        None => KeyFile::generate(&*random)?,
    };
    let local = Local::assemble(Parts {
        config: settings.config.clone(),
        client,
        keys,
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        random: Arc::clone(&random),
        mailer: Arc::clone(&inbox) as _,
    })
    .await?;
    let administrator = ensure_administrator(&local, &settings, data, &*random).await?;
    announce(&settings.config.public_url, &administrator, ephemeral);
    serve(
        local,
        listener,
        inbox,
        clock,
        settings.admin_email.original().to_owned(),
    )
    .await
}

/// What only local mode is told, beside the configuration.
struct Settings {
    config: Config,
    port: u16,
    admin_email: EmailAddress,
    admin_password: Option<NewPassword>,
    /// `AWS_ENDPOINT_URL_DYNAMODB` names one: the embedded database stays away.
    another_database: bool,
}

impl Settings {
    #[expect(
        clippy::disallowed_methods,
        reason = "local mode fills in what the environment leaves out"
    )]
    fn from_environment() -> Result<Self, Failure> {
        let mut values: HashMap<String, String> = std::env::vars().collect();
        let set = |values: &HashMap<String, String>, name: &str| {
            values.get(name).filter(|value| !value.is_empty()).cloned()
        };
        let mut problems = Vec::new();
        let port = set(&values, "PORT").unwrap_or_else(|| "3000".to_owned());
        let port = port.parse().unwrap_or_else(|_| {
            problems.push(format!(
                "  PORT: must be a number from 0 to 65535, not {port:?}"
            ));
            0
        });
        let admin_email =
            set(&values, "ADMIN_EMAIL").unwrap_or_else(|| "admin@example.com".to_owned());
        let admin_email = EmailAddress::parse(&admin_email);
        if admin_email.is_err() {
            problems.push("  ADMIN_EMAIL: is no e-mail address".to_owned());
        }
        let admin_password = set(&values, "ADMIN_PASSWORD")
            .map(|typed| NewPassword::parse(&typed, &[]))
            .transpose();
        if let Err(weak) = &admin_password {
            problems.push(format!("  ADMIN_PASSWORD: {weak}"));
        }
        for (name, value) in [
            ("PUBLIC_URL", format!("http://127.0.0.1:{port}")),
            ("EMAIL_FROM", "no-reply@gatehouse.example".to_owned()),
            ("LIMITS", "off".to_owned()),
            ("KEY_FILE", format!("{DATA}/keys.json")),
            ("LOG_LEVEL", "warn".to_owned()),
        ] {
            values.entry(name.to_owned()).or_insert(value);
        }
        let another_database = set(&values, "AWS_ENDPOINT_URL_DYNAMODB").is_some();
        let config = Config::read(values);
        match (config, admin_email, admin_password) {
            (Ok(config), Ok(admin_email), Ok(admin_password)) if problems.is_empty() => Ok(Self {
                config,
                port,
                admin_email,
                admin_password,
                another_database,
            }),
            (config, ..) => {
                let heading = config.err().map_or_else(
                    || "the configuration cannot be used:".to_owned(),
                    |errors| errors.to_string(),
                );
                Err(std::iter::once(heading)
                    .chain(problems)
                    .collect::<Vec<_>>()
                    .join("\n")
                    .into())
            }
        }
    }
}

/// Makes the administrator at the first start; the lines that tell how to sign in.
async fn ensure_administrator(
    local: &Local,
    settings: &Settings,
    data: Option<&Path>,
    random: &dyn Random,
) -> Result<String, Failure> {
    let generated = settings.admin_password.is_none();
    let file = data.map(|data| data.join("admin-password"));
    let (text, password) = match &settings.admin_password {
        Some(password) => (String::new(), password.clone()),
        None => {
            let kept = file
                .as_ref()
                .and_then(|file| std::fs::read_to_string(file).ok());
            let text =
                kept.unwrap_or_else(|| BASE32_NOPAD.encode(&random.bytes::<15>()).to_lowercase());
            let password = NewPassword::parse(text.trim(), &[])?;
            (text, password)
        }
    };
    let bootstrap = local.foundation.bootstrap(&local.foundation.passwords()?);
    let email = settings.admin_email.original();
    Ok(
        match bootstrap
            .ensure_administrator(&settings.admin_email, &password)
            .await?
        {
            Administrator::Made(_) if generated => {
                if let Some(file) = &file {
                    files::write_private(file, text.as_bytes())?;
                }
                format!("{email}, password {text}")
            }
            Administrator::Made(_) => format!("{email}, password as in ADMIN_PASSWORD"),
            Administrator::Present(_) if generated && file.is_some_and(|file| file.exists()) => {
                format!("password {} unless it was changed", text.trim())
            }
            Administrator::Present(_) => "as at the first start".to_owned(),
            Administrator::AddressTaken => {
                format!("none: {email} belongs to an account that registered itself")
            }
        },
    )
}

fn announce(base: &str, administrator: &str, ephemeral: bool) {
    let data = if ephemeral {
        "in memory only".to_owned()
    } else {
        format!("in {DATA}/")
    };
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
