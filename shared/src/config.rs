//! Configuration: typed, read once, every missing or bad value reported together. The only reader of the environment.
//!
//! `docs/configuration.md` is the table of all values.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use http::Uri;

use crate::domain::EmailAddress;
use crate::http::{Origins, TrustedProxy};
use crate::passwords::HashCost;
use crate::service::{AccountSettings, LimitSettings};
use crate::tokens::{RESERVED_CLAIMS, TokenSettings};

/// Everything that can be set.
#[derive(Debug, Clone)]
pub struct Config {
    /// `PUBLIC_URL`: where clients reach us.
    pub public_url: String,
    /// `UI_URL`: where the pages are that mails link to.
    pub ui_url: String,
    /// `SERVICE_NAME`: what mails and pages call us.
    pub service_name: String,
    /// `EMAIL_FROM`: the verified identity that mails come from.
    pub email_from: String,
    /// `EMAIL_CONFIRMATION` and `OPEN_REGISTRATION`.
    pub accounts: AccountSettings,
    /// `TRUSTED_PROXY_SECRET` and `CLIENT_IP_HEADER`.
    pub trusted_proxy: Option<TrustedProxy>,
    /// `ALLOWED_ORIGINS`.
    pub origins: Origins,
    /// `TOKEN_ISSUER` and `TOKEN_AUDIENCE`.
    pub tokens: TokenSettings,
    /// `ACCESS_TOKEN_LIFETIME`.
    pub access_token_lifetime: Duration,
    /// `REFRESH_TOKEN_LIFETIME`: of the session, too.
    pub refresh_token_lifetime: Duration,
    /// `TOKEN_ATTRIBUTES`: attributes that are copied into access tokens.
    pub token_attributes: Vec<String>,
    /// `ARGON2_MEMORY_KIB` and `ARGON2_PASSES`.
    pub hash_cost: HashCost,
    /// `LIMITS` and `LIMIT_*`.
    pub limits: LimitSettings,
    /// `TABLE_PREFIX`.
    pub table_prefix: String,
    /// `SIGNING`.
    pub signing: Signing,
    /// `LOG_LEVEL`.
    pub log_level: String,
}

/// Where the private keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signing {
    /// `local`: in the file `KEY_FILE`.
    Local(PathBuf),
}

/// All that is wrong with the configuration.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigErrors(Vec<String>);

impl std::error::Error for ConfigErrors {}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration cannot be used:")?;
        self.0
            .iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

/// The claims that the User Service dialect puts into its access tokens itself.
const OWN_CLAIMS: [&str; 6] = [
    "email",
    "firstname",
    "lastname",
    "id",
    "language",
    "permissionLevel",
];
const DAY: Duration = Duration::from_hours(24);
const LOG_LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

impl Config {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// [`ConfigErrors`] with all that is missing or bad.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    pub fn from_environment() -> Result<Self, ConfigErrors> {
        Self::read(std::env::vars().collect())
    }

    /// Reads these values. Names that are not ours are ignored; an empty value counts as unset.
    ///
    /// # Errors
    /// [`ConfigErrors`] with all that is missing or bad.
    pub fn read(values: HashMap<String, String>) -> Result<Self, ConfigErrors> {
        let mut read = Reader {
            values,
            problems: Vec::new(),
        };
        let public_url = read.url("PUBLIC_URL", None);
        let issuer = read.short_text("TOKEN_ISSUER", &public_url);
        let defaults = LimitSettings::default();
        let cost = HashCost::default();
        let config = Self {
            ui_url: read.url("UI_URL", Some(&public_url)),
            service_name: read.service_name(),
            email_from: read.sender(),
            accounts: AccountSettings {
                email_confirmation: read.switch("EMAIL_CONFIRMATION", true),
                open_registration: read.switch("OPEN_REGISTRATION", true),
            },
            trusted_proxy: read.trusted_proxy(),
            origins: read.origins(),
            tokens: TokenSettings {
                audience: read.short_text("TOKEN_AUDIENCE", &issuer),
                issuer,
            },
            access_token_lifetime: read.seconds(
                "ACCESS_TOKEN_LIFETIME",
                Duration::from_hours(1),
                DAY,
            ),
            refresh_token_lifetime: read.seconds("REFRESH_TOKEN_LIFETIME", 30 * DAY, 365 * DAY),
            token_attributes: read.token_attributes(),
            hash_cost: HashCost {
                memory_kib: read.number("ARGON2_MEMORY_KIB", cost.memory_kib, 8..=1_048_576),
                passes: read.number("ARGON2_PASSES", cost.passes, 1..=100),
            },
            limits: LimitSettings {
                per_client: read.switch("LIMITS", true),
                registrations_per_client: read.limit(
                    "LIMIT_REGISTRATIONS_PER_CLIENT",
                    defaults.registrations_per_client,
                ),
                failures_per_client: read
                    .limit("LIMIT_FAILURES_PER_CLIENT", defaults.failures_per_client),
                recoveries_per_client: read.limit(
                    "LIMIT_RECOVERIES_PER_CLIENT",
                    defaults.recoveries_per_client,
                ),
                recoveries_per_address: read.limit(
                    "LIMIT_RECOVERIES_PER_ADDRESS",
                    defaults.recoveries_per_address,
                ),
                resend_pause: Duration::from_secs(read.number(
                    "LIMIT_RESEND_PAUSE",
                    defaults.resend_pause.as_secs(),
                    1..=86_400,
                )),
                resends_per_day: read.limit("LIMIT_RESENDS_PER_DAY", defaults.resends_per_day),
            },
            table_prefix: read.table_prefix(),
            signing: read.signing(),
            log_level: read.one_of("LOG_LEVEL", "info", &LOG_LEVELS),
            public_url,
        };
        if read.problems.is_empty() {
            Ok(config)
        } else {
            Err(ConfigErrors(read.problems))
        }
    }
}

struct Reader {
    values: HashMap<String, String>,
    problems: Vec<String>,
}

impl Reader {
    fn find(&self, name: &str) -> Option<String> {
        self.values
            .get(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    fn problem(&mut self, name: &str, what: impl fmt::Display) {
        self.problems.push(format!("{name}: {what}"));
    }

    fn text(&mut self, name: &str, default: Option<&str>) -> String {
        match (self.find(name), default) {
            (Some(text), _) => text,
            (None, Some(default)) => default.to_owned(),
            (None, None) => {
                self.problem(name, "must be set");
                String::new()
            }
        }
    }

    /// A text that every token carries.
    fn short_text(&mut self, name: &str, default: &str) -> String {
        let text = self.text(name, Some(default));
        if text.len() > 256 {
            self.problem(name, "may have at most 256 bytes");
        }
        text
    }

    fn switch(&mut self, name: &str, default: bool) -> bool {
        match self.find(name).as_deref() {
            None => default,
            Some("on") => true,
            Some("off") => false,
            Some(other) => {
                self.problem(name, format_args!("must be on or off, not {other:?}"));
                default
            }
        }
    }

    fn one_of(&mut self, name: &str, default: &str, allowed: &[&str]) -> String {
        let value = self.text(name, Some(default)).to_lowercase();
        if !allowed.contains(&value.as_str()) {
            self.problem(
                name,
                format_args!("must be one of {}, not {value:?}", allowed.join(", ")),
            );
        }
        value
    }

    fn number<T: FromStr + PartialOrd + fmt::Display + Copy>(
        &mut self,
        name: &str,
        default: T,
        range: std::ops::RangeInclusive<T>,
    ) -> T {
        let Some(text) = self.find(name) else {
            return default;
        };
        match text.parse().ok().filter(|number| range.contains(number)) {
            Some(number) => number,
            None => {
                let (least, most) = (range.start(), range.end());
                self.problem(
                    name,
                    format_args!("must be a number from {least} to {most}, not {text:?}"),
                );
                default
            }
        }
    }

    fn limit(&mut self, name: &str, default: u32) -> u32 {
        self.number(name, default, 1..=1_000_000)
    }

    fn seconds(&mut self, name: &str, default: Duration, most: Duration) -> Duration {
        Duration::from_secs(self.number(name, default.as_secs(), 60..=most.as_secs()))
    }

    /// An origin or a URL with a path, without query; https, or http on this machine.
    fn url(&mut self, name: &str, default: Option<&str>) -> String {
        let before = self.problems.len();
        let text = self.text(name, default);
        let usable = text
            .parse::<Uri>()
            .ok()
            .as_ref()
            .is_some_and(is_usable_base);
        if !usable && self.problems.len() == before && !text.is_empty() {
            self.problem(
                name,
                format_args!("must be an https URL, or http on this machine, not {text:?}"),
            );
        }
        text.trim_end_matches('/').to_owned()
    }

    fn origins(&mut self) -> Origins {
        let listed = self.list("ALLOWED_ORIGINS");
        for origin in &listed {
            let exact = origin
                .parse::<Uri>()
                .ok()
                .filter(is_usable_base)
                .is_some_and(|uri| uri.path() == "/")
                && !origin.ends_with('/');
            if !exact {
                self.problem(
                    "ALLOWED_ORIGINS",
                    format_args!("{origin:?} is no origin such as https://app.example.com"),
                );
            }
        }
        Origins::new(listed)
    }

    fn token_attributes(&mut self) -> Vec<String> {
        let listed = self.list("TOKEN_ATTRIBUTES");
        for name in &listed {
            if RESERVED_CLAIMS.contains(&name.as_str()) || OWN_CLAIMS.contains(&name.as_str()) {
                self.problem(
                    "TOKEN_ATTRIBUTES",
                    format_args!("{name:?} is a claim of our own"),
                );
            }
        }
        listed
    }

    fn list(&self, name: &str) -> Vec<String> {
        let text = self.find(name).unwrap_or_default();
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    }

    fn sender(&mut self) -> String {
        let before = self.problems.len();
        let sender = self.text("EMAIL_FROM", None);
        if self.problems.len() == before && EmailAddress::parse(&sender).is_err() {
            self.problem(
                "EMAIL_FROM",
                format_args!("{sender:?} is no e-mail address"),
            );
        }
        sender
    }

    /// Mails name the service; clients find a mailed password as the only long word of its mail.
    fn service_name(&mut self) -> String {
        let name = self.text("SERVICE_NAME", Some("Gatehouse"));
        let plain = name.len() <= 64 && !name.chars().any(char::is_control);
        if !plain || name.split_whitespace().any(|word| word.len() >= 16) {
            self.problem(
                "SERVICE_NAME",
                "must be at most 64 bytes in words under 16 bytes",
            );
        }
        name
    }

    fn trusted_proxy(&mut self) -> Option<TrustedProxy> {
        const SECRET: &str = "TRUSTED_PROXY_SECRET";
        const HEADER: &str = "CLIENT_IP_HEADER";
        match (self.find(SECRET), self.find(HEADER)) {
            (None, None) => None,
            (Some(secret), Some(header)) => {
                if secret.len() < 16 {
                    self.problem(SECRET, "must have at least 16 characters");
                }
                match header.parse() {
                    Ok(header) => Some(TrustedProxy::new(secret.into(), header)),
                    Err(_) => {
                        self.problem(HEADER, format_args!("{header:?} is no header's name"));
                        None
                    }
                }
            }
            (Some(_), None) => {
                self.problem(HEADER, "must be set where TRUSTED_PROXY_SECRET is");
                None
            }
            (None, Some(_)) => {
                self.problem(SECRET, "must be set where CLIENT_IP_HEADER is");
                None
            }
        }
    }

    fn table_prefix(&mut self) -> String {
        let prefix = self.text("TABLE_PREFIX", Some("gatehouse-"));
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if prefix.len() > 100 || !prefix.chars().all(allowed) {
            self.problem(
                "TABLE_PREFIX",
                "may hold letters, digits, hyphens, underscores and dots",
            );
        }
        prefix
    }

    fn signing(&mut self) -> Signing {
        self.one_of("SIGNING", "local", &["local"]);
        Signing::Local(self.text("KEY_FILE", None).into())
    }
}

fn is_usable_base(uri: &Uri) -> bool {
    let this_machine = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let secure =
        uri.scheme_str() == Some("https") || (uri.scheme_str() == Some("http") && this_machine);
    secure && uri.host().is_some() && uri.query().is_none()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::Config;

    const NEEDED: [(&str, &str); 3] = [
        ("PUBLIC_URL", "https://id.example.com/"),
        ("EMAIL_FROM", "no-reply@example.com"),
        ("KEY_FILE", "keys.json"),
    ];

    fn read(values: &[(&str, &str)]) -> Result<Config, String> {
        let values: HashMap<_, _> = NEEDED
            .iter()
            .chain(values)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Config::read(values).map_err(|problems| problems.to_string())
    }

    #[test]
    fn what_is_not_set_has_a_default() {
        let config = read(&[]).expect("enough");
        assert_eq!(config.ui_url, "https://id.example.com");
        assert_eq!(config.tokens.issuer, "https://id.example.com");
        assert_eq!(config.tokens.audience, "https://id.example.com");
        assert_eq!(config.access_token_lifetime.as_secs(), 3600);
        assert_eq!(config.refresh_token_lifetime.as_secs(), 30 * 86_400);
        assert!(config.accounts.open_registration && config.accounts.email_confirmation);
        assert!(config.limits.per_client);
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let problems = read(&[
            ("PUBLIC_URL", "ftp://id.example.com"),
            ("EMAIL_CONFIRMATION", "yes"),
            (
                "ALLOWED_ORIGINS",
                "https://app.example.com, *, https://x.example/path",
            ),
            ("TOKEN_ATTRIBUTES", "team, sub, email"),
            ("ARGON2_PASSES", "0"),
            ("ACCESS_TOKEN_LIFETIME", "soon"),
            ("LOG_LEVEL", "loud"),
            ("SIGNING", "paper"),
            ("SERVICE_NAME", "AVeryLongNameWithoutAnySpace"),
            ("TRUSTED_PROXY_SECRET", "short"),
            ("CLIENT_IP_HEADER", "not a name"),
        ])
        .expect_err("nothing of it is usable");
        for name in [
            "PUBLIC_URL: must be an https URL",
            "EMAIL_CONFIRMATION: must be on or off, not \"yes\"",
            "ALLOWED_ORIGINS: \"*\"",
            "ALLOWED_ORIGINS: \"https://x.example/path\"",
            "TOKEN_ATTRIBUTES: \"sub\"",
            "TOKEN_ATTRIBUTES: \"email\"",
            "ARGON2_PASSES: must be a number from 1 to 100, not \"0\"",
            "ACCESS_TOKEN_LIFETIME: must be a number",
            "LOG_LEVEL: must be one of",
            "SIGNING: must be one of",
            "SERVICE_NAME:",
            "TRUSTED_PROXY_SECRET: must have at least 16",
            "CLIENT_IP_HEADER: \"not a name\"",
        ] {
            assert!(problems.contains(name), "{name} is missing in:\n{problems}");
        }
    }

    #[test]
    fn what_must_be_set_is_named() {
        let problems = Config::read(HashMap::new())
            .expect_err("nothing is set")
            .to_string();
        assert_eq!(
            problems,
            "the configuration cannot be used:\n  PUBLIC_URL: must be set\n  EMAIL_FROM: must be set\n  KEY_FILE: must be set"
        );
    }
}
