//! What `cargo run` is told: the platform's configuration, with local defaults, and what only local mode knows.

use std::collections::HashMap;
use std::path::Path;

use local::projects::{self, WantedProject};
use shared::config::Config;
use shared::domain::{EmailAddress, NewPassword};

/// Where data is kept, below the working directory.
pub(crate) const DATA: &str = ".local";

/// Everything that is set.
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) port: u16,
    pub(crate) admin_email: EmailAddress,
    pub(crate) admin_password: Option<NewPassword>,
    /// Those of `PROJECTS_FILE`.
    pub(crate) projects: Vec<WantedProject>,
    /// `AWS_ENDPOINT_URL_DYNAMODB` names one: the embedded database stays away.
    pub(crate) another_database: bool,
}

impl Settings {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// One message with all that is bad.
    #[expect(
        clippy::disallowed_methods,
        reason = "local mode fills in what the environment leaves out"
    )]
    pub(crate) fn from_environment() -> Result<Self, String> {
        Self::read(std::env::vars().collect())
    }

    fn read(mut values: HashMap<String, String>) -> Result<Self, String> {
        values.retain(|_, value| !value.trim().is_empty());
        let mut problems = Vec::new();
        let port = port(&values, &mut problems);
        let admin_email = admin_email(&values, &mut problems);
        let admin_password = admin_password(&values, &mut problems);
        let projects = wanted_projects(&values, &mut problems);
        let another_database = values.contains_key("AWS_ENDPOINT_URL_DYNAMODB");
        for (name, value) in [
            ("PUBLIC_URL", format!("http://127.0.0.1:{port}")),
            ("EMAIL_FROM", "no-reply@gatehouse.example".to_owned()),
            ("LIMITS", "off".to_owned()),
            ("SMS", "on".to_owned()),
            ("LOG_LEVEL", "warn".to_owned()),
        ] {
            values.entry(name.to_owned()).or_insert(value);
        }
        match (Config::read(values), admin_email) {
            (Ok(config), Some(admin_email)) if problems.is_empty() => Ok(Self {
                config,
                port,
                admin_email,
                admin_password,
                projects,
                another_database,
            }),
            (config, _) => {
                let heading = match config {
                    Ok(_) => "the configuration cannot be used:".to_owned(),
                    Err(errors) => errors.to_string(),
                };
                Err(std::iter::once(heading)
                    .chain(problems)
                    .collect::<Vec<_>>()
                    .join("\n"))
            }
        }
    }
}

fn port(values: &HashMap<String, String>, problems: &mut Vec<String>) -> u16 {
    const DEFAULT: u16 = 3000;
    let Some(text) = values.get("PORT") else {
        return DEFAULT;
    };
    match text.trim().parse() {
        Ok(port) if port > 0 => port,
        _ => {
            problems.push(format!(
                "  PORT: must be a number from 1 to 65535, not {text:?}"
            ));
            DEFAULT
        }
    }
}

fn admin_email(
    values: &HashMap<String, String>,
    problems: &mut Vec<String>,
) -> Option<EmailAddress> {
    let typed = values
        .get("ADMIN_EMAIL")
        .map_or("admin@example.com", String::as_str);
    let parsed = EmailAddress::parse(typed).ok();
    if parsed.is_none() {
        problems.push(format!("  ADMIN_EMAIL: {typed:?} is no e-mail address"));
    }
    parsed
}

fn admin_password(
    values: &HashMap<String, String>,
    problems: &mut Vec<String>,
) -> Option<NewPassword> {
    match NewPassword::parse(values.get("ADMIN_PASSWORD")?, &[]) {
        Ok(password) => Some(password),
        Err(weak) => {
            problems.push(format!("  ADMIN_PASSWORD: {weak}"));
            None
        }
    }
}

fn wanted_projects(
    values: &HashMap<String, String>,
    problems: &mut Vec<String>,
) -> Vec<WantedProject> {
    let Some(file) = values.get("PROJECTS_FILE") else {
        return Vec::new();
    };
    projects::read(Path::new(file.trim())).unwrap_or_else(|found| {
        let found = found.into_iter();
        problems.extend(found.map(|problem| format!("  PROJECTS_FILE: {problem}")));
        Vec::new()
    })
}
