//! Configuration: typed, every missing or bad value reported together. The only reader of the environment.
//!
//! A function finds its [`Place`] in the environment, and the rest there and in the settings that all functions share.
//! `docs/configuration.md` is the table of all values.

mod reader;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::Duration;

use jiff::SignedDuration;

use crate::http::{CookieSettings, Origins, TrustedProxy};
use crate::keys::{Algorithm, Home, Rotation, Wish};
use crate::pages::Theme;
use crate::passwords::HashCost;
use crate::service::{AccountSettings, LimitSettings, SmsLimits};
use crate::tokens::TokenSettings;
use reader::Reader;

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
    /// `SMS`: whether text messages are sent.
    pub sms: bool,
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
    /// `ACCENT_COLOR` and `LOGO`: how the hosted pages look.
    pub theme: Theme,
    /// `SESSION_LIFETIME`: how long a session that a cookie holds goes on without being used.
    pub session_lifetime: Duration,
    /// `SESSION_COOKIE_NAME` and `SESSION_COOKIE_SAMESITE`: what holds a session of document 003.
    pub session_cookie: CookieSettings,
    /// `RBAC_TOKEN_LIFETIME`: of the session, too.
    pub rbac_token_lifetime: Duration,
    /// `TOKEN_ALGORITHM`, `SIGNING` and `KEY_ROTATION_DAYS`.
    pub keys: KeySettings,
    /// `ACCESS_POLICY_URL` and `PASSWORD_POLICY_URL`: documents that document 001 leads to; empty if there are none.
    pub access_policy_url: String,
    /// See there.
    pub password_policy_url: String,
    /// `TOKEN_ATTRIBUTES`: attributes that are copied into access tokens.
    pub token_attributes: Vec<String>,
    /// `ARGON2_MEMORY_KIB` and `ARGON2_PASSES`.
    pub hash_cost: HashCost,
    /// `LIMITS` and `LIMIT_*`.
    pub limits: LimitSettings,
    /// `AUDIT_DAYS`: how long an event of the audit trail is kept; none is if that is 0.
    pub audit_days: u32,
    /// `SES_CONFIGURATION_SET`: what SES applies to our mails, if set.
    pub ses_configuration_set: Option<String>,
    /// Where this installation keeps its things.
    pub place: Place,
}

/// How signing keys are made, and how long they sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeySettings {
    /// What tokens of all dialects but document 002's are to be signed by.
    pub algorithm: Algorithm,
    /// Where new keys lie.
    pub home: Home,
    /// Whether functions still may sign by KMS although new keys do not lie there.
    pub leaves_kms: bool,
    /// After what time a key is replaced, if it is by itself.
    pub period: Option<SignedDuration>,
}

/// Where an installation keeps its things: what a function has to know before it can read its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `TABLE_PREFIX`.
    pub table_prefix: String,
    /// `PARAMETER_PATH`: above the parameters that hold the private keys.
    pub parameter_path: String,
    /// `LOG_LEVEL`.
    pub log_level: String,
    /// `METRICS`: whether lines of the log count for CloudWatch.
    pub metrics: bool,
    /// `BASE_PATHS`: under which the gateway's domain leads here, each with a slash before it, the longest first.
    pub base_paths: Vec<String>,
}

/// Values by name, as the environment holds them.
pub type Values = HashMap<String, String>;

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

const DAY: Duration = Duration::from_hours(24);
/// Tokens of earlier settings may live as long as by default, and longer if they were longer.
const LEAST_GENERAL_LIFE: Duration = Duration::from_hours(30 * 24);
const TOKEN_ALGORITHMS: [&str; 2] = ["RS256", "ES256"];
const SIGNINGS: [&str; 3] = ["wrapped", "kms", "leave-kms"];
const LOG_LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// The process's environment.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
pub fn environment() -> Values {
    std::env::vars().collect()
}

impl Place {
    /// Reads these values.
    ///
    /// # Errors
    /// [`ConfigErrors`] with all that is bad.
    pub fn read(values: Values) -> Result<Self, ConfigErrors> {
        let mut read = Reader::new(values);
        let place = Self::take(&mut read);
        read.finish(place)
    }

    fn take(read: &mut Reader) -> Self {
        Self {
            table_prefix: read.table_prefix(),
            parameter_path: read.parameter_path(),
            log_level: read.one_of("LOG_LEVEL", "info", &LOG_LEVELS),
            metrics: read.switch("METRICS", false),
            base_paths: read.base_paths(),
        }
    }
}

impl Config {
    /// Reads the environment, and where it is silent the installation's settings. Settings that are not ours are of another
    /// release: they are named in one warning.
    ///
    /// # Errors
    /// [`ConfigErrors`] with all that is missing or bad.
    pub fn with_settings(
        environment: &Values,
        settings: &BTreeMap<String, String>,
    ) -> Result<Self, ConfigErrors> {
        let mut values: Values = settings.clone().into_iter().collect();
        let set = environment
            .iter()
            .filter(|(_, value)| !value.trim().is_empty());
        values.extend(set.map(|(name, value)| (name.clone(), value.clone())));
        let mut read = Reader::new(values);
        let config = Self::take(&mut read);
        let unknown: Vec<_> = settings
            .keys()
            .filter(|name| !read.knows(name))
            .map(String::as_str)
            .collect();
        if !unknown.is_empty() {
            tracing::warn!(
                "settings of another release are ignored: {}",
                unknown.join(", ")
            );
        }
        read.finish(config)
    }

    /// The rules by which signing keys follow each other.
    pub fn key_rotation(&self) -> Rotation {
        let general = LEAST_GENERAL_LIFE
            .max(self.refresh_token_lifetime)
            .max(self.access_token_lifetime);
        let signed = |life| SignedDuration::try_from(life).unwrap_or(SignedDuration::MAX);
        Rotation {
            wish: Wish {
                general: self.keys.algorithm,
                home: self.keys.home,
            },
            lead: Rotation::LEAD,
            period: self.keys.period,
            general_life: signed(general),
            rbac_life: signed(DAY.max(self.rbac_token_lifetime)),
        }
    }

    /// Reads these values. Names that are not ours are ignored; an empty value counts as unset.
    ///
    /// # Errors
    /// [`ConfigErrors`] with all that is missing or bad.
    pub fn read(values: Values) -> Result<Self, ConfigErrors> {
        let mut read = Reader::new(values);
        let config = Self::take(&mut read);
        read.finish(config)
    }

    fn take(read: &mut Reader) -> Self {
        let public_url = read.url("PUBLIC_URL", None);
        let issuer = read.short_text("TOKEN_ISSUER", &public_url);
        let origins = read.origins();
        let cost = HashCost::default();
        Self {
            ui_url: read.url("UI_URL", Some(&public_url)),
            service_name: read.service_name(),
            email_from: read.sender(),
            accounts: AccountSettings {
                email_confirmation: read.switch("EMAIL_CONFIRMATION", true),
                open_registration: read.switch("OPEN_REGISTRATION", true),
            },
            sms: read.switch("SMS", false),
            trusted_proxy: read.trusted_proxy(),
            session_cookie: read.session_cookie(&origins),
            origins,
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
            theme: read.theme(),
            session_lifetime: read.seconds("SESSION_LIFETIME", 30 * DAY, 180 * DAY),
            rbac_token_lifetime: read.seconds("RBAC_TOKEN_LIFETIME", Duration::from_mins(30), DAY),
            keys: key_settings(read),
            access_policy_url: read.url("ACCESS_POLICY_URL", Some("")),
            password_policy_url: read.url("PASSWORD_POLICY_URL", Some("")),
            token_attributes: read.token_attributes(),
            hash_cost: HashCost {
                memory_kib: read.number("ARGON2_MEMORY_KIB", cost.memory_kib, 8..=1_048_576),
                passes: read.number("ARGON2_PASSES", cost.passes, 1..=100),
            },
            limits: limits(read),
            audit_days: read.number("AUDIT_DAYS", 365, 0..=3653),
            ses_configuration_set: read.optional_text("SES_CONFIGURATION_SET"),
            place: Place::take(read),
            public_url,
        }
    }
}

fn key_settings(read: &mut Reader) -> KeySettings {
    let signing = read.one_of("SIGNING", "wrapped", &SIGNINGS);
    let algorithm = read.one_of("TOKEN_ALGORITHM", "RS256", &TOKEN_ALGORITHMS);
    let days: i64 = read.number("KEY_ROTATION_DAYS", 90, 0..=3650);
    KeySettings {
        algorithm: match algorithm.as_str() {
            "ES256" => Algorithm::Es256,
            _ => Algorithm::Rs256,
        },
        home: match signing.as_str() {
            "kms" => Home::Kms,
            _ => Home::Wrapped,
        },
        leaves_kms: signing == "leave-kms",
        period: (days > 0).then(|| SignedDuration::from_hours(days * 24)),
    }
}

fn limits(read: &mut Reader) -> LimitSettings {
    let defaults = LimitSettings::default();
    let mut limit = |name, default| read.limit(name, default);
    LimitSettings {
        registrations_per_client: limit(
            "LIMIT_REGISTRATIONS_PER_CLIENT",
            defaults.registrations_per_client,
        ),
        failures_per_client: limit("LIMIT_FAILURES_PER_CLIENT", defaults.failures_per_client),
        recoveries_per_client: limit(
            "LIMIT_RECOVERIES_PER_CLIENT",
            defaults.recoveries_per_client,
        ),
        recoveries_per_address: limit(
            "LIMIT_RECOVERIES_PER_ADDRESS",
            defaults.recoveries_per_address,
        ),
        resends_per_day: limit("LIMIT_RESENDS_PER_DAY", defaults.resends_per_day),
        sms: SmsLimits {
            per_number_and_hour: limit(
                "LIMIT_SMS_PER_NUMBER_AND_HOUR",
                defaults.sms.per_number_and_hour,
            ),
            per_number_and_day: limit(
                "LIMIT_SMS_PER_NUMBER_AND_DAY",
                defaults.sms.per_number_and_day,
            ),
            per_user_and_day: limit("LIMIT_SMS_PER_USER_AND_DAY", defaults.sms.per_user_and_day),
            per_day: limit("LIMIT_SMS_PER_DAY", defaults.sms.per_day),
        },
        mailed_recipients_per_user: limit(
            "LIMIT_MAILED_RECIPIENTS_PER_USER",
            defaults.mailed_recipients_per_user,
        ),
        guests_per_project: limit("LIMIT_GUESTS_PER_PROJECT", defaults.guests_per_project),
        pool_sign_ins_per_client: limit(
            "LIMIT_POOL_SIGN_INS_PER_CLIENT",
            defaults.pool_sign_ins_per_client,
        ),
        resend_pause: Duration::from_secs(read.number(
            "LIMIT_RESEND_PAUSE",
            defaults.resend_pause.as_secs(),
            1..=86_400,
        )),
        per_client: read.switch("LIMITS", true),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{Config, Place};
    use crate::http::SameSite;
    use crate::keys::{Algorithm, Home, Rotation};

    const NEEDED: [(&str, &str); 2] = [
        ("PUBLIC_URL", "https://id.example.com/"),
        ("EMAIL_FROM", "no-reply@example.com"),
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
    fn base_paths_are_written_with_slashes_or_without() {
        let bases = |text: &str| {
            let values = [("BASE_PATHS".to_owned(), text.to_owned())];
            Place::read(values.into()).map(|place| place.base_paths.join(" "))
        };
        for (text, paths) in [
            ("", ""),
            (",,", ""),
            ("id", "/id"),
            ("/auth/v1.2/", "/auth/v1.2"),
            ("id,,id/users, app", "/id/users /app /id"),
        ] {
            assert_eq!(bases(text).as_deref(), Ok(paths), "{text}");
        }
        for text in ["/", "a//b", "a/../b", "a b", "a?b", "ä", "id,.a"] {
            let problems = bases(text).expect_err(text).to_string();
            assert!(problems.contains("BASE_PATHS"), "{problems}");
        }
    }

    #[test]
    fn what_is_not_set_has_a_default() {
        let config = read(&[]).expect("enough");
        assert_eq!(config.ui_url, "https://id.example.com");
        assert_eq!(config.tokens.issuer, "https://id.example.com");
        assert_eq!(config.tokens.audience, "https://id.example.com");
        assert_eq!(config.access_token_lifetime.as_secs(), 3600);
        assert_eq!(config.refresh_token_lifetime.as_secs(), 30 * 86_400);
        assert_eq!(config.session_lifetime.as_secs(), 30 * 86_400);
        assert_eq!(config.rbac_token_lifetime.as_secs(), 1800);
        assert!(config.accounts.open_registration && config.accounts.email_confirmation);
        assert!(config.limits.per_client);
        assert!(!config.sms);
        let Rotation { wish, period, .. } = config.key_rotation();
        assert_eq!((wish.general, wish.home), (Algorithm::Rs256, Home::Wrapped));
        assert_eq!(period.map(|period| period.as_hours()), Some(90 * 24));
        assert_eq!(config.session_cookie.name, "sid");
        assert_eq!(config.session_cookie.same_site, SameSite::Lax);
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
            ("PARAMETER_PATH", "gatehouse"),
            ("SERVICE_NAME", "AVeryLongNameWithoutAnySpace"),
            ("TRUSTED_PROXY_SECRET", "short"),
            ("CLIENT_IP_HEADER", "not a name"),
            ("SESSION_COOKIE_NAME", "s;d"),
            ("SESSION_COOKIE_SAMESITE", "strict"),
            ("TOKEN_ALGORITHM", "RS512"),
            ("SIGNING", "hsm"),
            ("KEY_ROTATION_DAYS", "-1"),
            ("ACCENT_COLOR", "red"),
            ("LOGO", "https://cdn.example.com/logo.svg"),
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
            "PARAMETER_PATH: must begin with a slash",
            "SERVICE_NAME:",
            "TRUSTED_PROXY_SECRET: must have at least 16",
            "CLIENT_IP_HEADER: \"not a name\"",
            "SESSION_COOKIE_NAME: \"s;d\"",
            "SESSION_COOKIE_SAMESITE: must be one of lax, none",
            "TOKEN_ALGORITHM: must be one of RS256, ES256, not",
            "SIGNING: must be one of wrapped, kms, leave-kms, not",
            "KEY_ROTATION_DAYS: must be a number from 0 to 3650",
            "ACCENT_COLOR: must be a colour such as #4f46e5, not \"red\"",
            "LOGO: must be a data URI",
        ] {
            assert!(problems.contains(name), "{name} is missing in:\n{problems}");
        }
    }

    #[test]
    fn a_retired_key_outlasts_every_token_that_is_configured() {
        let lives = |values: &[(&str, &str)]| {
            let Rotation {
                general_life,
                rbac_life,
                ..
            } = read(values).expect("enough").key_rotation();
            (general_life.as_hours(), rbac_life.as_hours())
        };
        assert_eq!(lives(&[]), (30 * 24, 24));
        assert_eq!(lives(&[("REFRESH_TOKEN_LIFETIME", "3600")]), (30 * 24, 24));
        let long = ("REFRESH_TOKEN_LIFETIME", "31536000");
        assert_eq!(lives(&[long]), (365 * 24, 24));
    }

    #[test]
    fn keys_are_as_they_are_set() {
        let config = read(&[
            ("TOKEN_ALGORITHM", "ES256"),
            ("SIGNING", "kms"),
            ("KEY_ROTATION_DAYS", "0"),
        ]);
        let Rotation { wish, period, .. } = config.expect("enough").key_rotation();
        assert_eq!((wish.general, wish.home), (Algorithm::Es256, Home::Kms));
        assert_eq!(period, None);
        let leaving = read(&[("SIGNING", "leave-kms")]).expect("enough").keys;
        assert_eq!((leaving.home, leaving.leaves_kms), (Home::Wrapped, true));
    }

    #[test]
    fn a_cookie_for_other_sites_needs_to_know_them() {
        let none = ("SESSION_COOKIE_SAMESITE", "none");
        let problems = read(&[none]).expect_err("no origins");
        let problem = "SESSION_COOKIE_SAMESITE: must be lax where ALLOWED_ORIGINS is not set";
        assert!(problems.contains(problem), "{problems}");
        let config = read(&[none, ("ALLOWED_ORIGINS", "https://app.example.com")]);
        let cookie = config.expect("enough").session_cookie;
        assert_eq!(cookie.same_site, SameSite::None);
    }

    #[test]
    fn the_cookie_of_the_pages_is_theirs_alone() {
        let problems = read(&[("SESSION_COOKIE_NAME", "__Host-gatehouse")]).expect_err("taken");
        assert!(problems.contains("SESSION_COOKIE_NAME"), "{problems}");
        let config = read(&[("SESSION_COOKIE_NAME", "__Host-sid")]).expect("free");
        assert_eq!(config.session_cookie.name, "__Host-sid");
    }

    #[test]
    fn what_must_be_set_is_named() {
        let problems = Config::read(HashMap::new())
            .expect_err("nothing is set")
            .to_string();
        assert_eq!(
            problems,
            "the configuration cannot be used:\n  PUBLIC_URL: must be set\n  EMAIL_FROM: must be set"
        );
    }

    #[test]
    fn the_environment_goes_before_the_settings() {
        let pairs = |values: &[(&str, &str)]| -> Vec<(String, String)> {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            values.iter().map(owned).collect()
        };
        let settings = pairs(&NEEDED)
            .into_iter()
            .chain(pairs(&[
                ("SERVICE_NAME", "Shared"),
                ("UI_URL", "https://ui.example.com"),
                ("OF_A_LATER_RELEASE", "whatever"),
            ]))
            .collect();
        let environment = pairs(&[("SERVICE_NAME", "Own"), ("UI_URL", "")])
            .into_iter()
            .collect();
        let config = Config::with_settings(&environment, &settings).expect("enough");
        assert_eq!(config.service_name, "Own");
        assert_eq!(config.ui_url, "https://ui.example.com");
        assert_eq!(config.public_url, "https://id.example.com");
    }
}
