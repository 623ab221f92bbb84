//! Reads one value after the other; all that is missing or bad is reported together at the end.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use data_encoding::BASE64;
use http::Uri;

use super::ConfigErrors;
use crate::domain::EmailAddress;
use crate::http::{
    CookieSettings, Origins, SameSite, TrustedProxy, is_cookie_name, is_https_or_local,
};
use crate::pages::{Color, PAGES_COOKIE, Theme};
use crate::tokens::RESERVED_CLAIMS;

/// The claims that the User Service dialect puts into its access tokens itself.
const OWN_CLAIMS: [&str; 6] = [
    "email",
    "firstname",
    "lastname",
    "id",
    "language",
    "permissionLevel",
];

/// What a logo can be: a vector picture cannot run anything where a page shows it as a picture.
const LOGO_TYPES: [&str; 3] = ["svg+xml", "png", "webp"];
/// What a parameter of a template can hold.
const MAX_LOGO_BYTES: usize = 4096;

/// Takes values one by one and remembers what is wrong with them.
pub(super) struct Reader {
    values: HashMap<String, String>,
    asked: BTreeSet<String>,
    problems: Vec<String>,
}

impl Reader {
    pub(super) fn new(values: HashMap<String, String>) -> Self {
        Self {
            values,
            asked: BTreeSet::new(),
            problems: Vec::new(),
        }
    }

    /// What was read, unless something was wrong with it.
    pub(super) fn finish<T>(self, read: T) -> Result<T, ConfigErrors> {
        if self.problems.is_empty() {
            Ok(read)
        } else {
            Err(ConfigErrors(self.problems))
        }
    }

    /// Whether anything asked for a value of this name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.asked.contains(name)
    }

    fn find(&mut self, name: &str) -> Option<String> {
        self.asked.insert(name.to_owned());
        self.values
            .get(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    fn problem(&mut self, name: &str, what: impl fmt::Display) {
        self.problems.push(format!("{name}: {what}"));
    }

    pub(super) fn text(&mut self, name: &str, default: Option<&str>) -> String {
        match (self.find(name), default) {
            (Some(text), _) => text,
            (None, Some(default)) => default.to_owned(),
            (None, None) => {
                self.problem(name, "must be set");
                String::new()
            }
        }
    }

    pub(super) fn optional_text(&mut self, name: &str) -> Option<String> {
        self.find(name)
    }

    /// A text that every token carries.
    pub(super) fn short_text(&mut self, name: &str, default: &str) -> String {
        let text = self.text(name, Some(default));
        if text.len() > 256 {
            self.problem(name, "may have at most 256 bytes");
        }
        text
    }

    pub(super) fn switch(&mut self, name: &str, default: bool) -> bool {
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

    pub(super) fn one_of(&mut self, name: &str, default: &str, allowed: &[&str]) -> String {
        let value = self.text(name, Some(default));
        let found = allowed.iter().find(|one| one.eq_ignore_ascii_case(&value));
        match found {
            Some(found) => (*found).to_owned(),
            None => {
                self.problem(
                    name,
                    format_args!("must be one of {}, not {value:?}", allowed.join(", ")),
                );
                value
            }
        }
    }

    pub(super) fn number<T: FromStr + PartialOrd + fmt::Display + Copy>(
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

    pub(super) fn limit(&mut self, name: &str, default: u32) -> u32 {
        self.number(name, default, 1..=1_000_000)
    }

    pub(super) fn seconds(&mut self, name: &str, default: Duration, most: Duration) -> Duration {
        Duration::from_secs(self.number(name, default.as_secs(), 60..=most.as_secs()))
    }

    /// An origin or a URL with a path, without query; https, or http on this machine.
    pub(super) fn url(&mut self, name: &str, default: Option<&str>) -> String {
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

    pub(super) fn origins(&mut self) -> Origins {
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

    /// A cookie that goes with the requests of all other sites is for those that are listed: without a list nobody has a use for
    /// it.
    pub(super) fn session_cookie(&mut self, origins: &Origins) -> CookieSettings {
        const NAME: &str = "SESSION_COOKIE_NAME";
        const SAME_SITE: &str = "SESSION_COOKIE_SAMESITE";
        let name = self.text(NAME, Some("sid"));
        if !is_cookie_name(&name) {
            self.problem(NAME, format_args!("{name:?} is no cookie's name"));
        } else if name.eq_ignore_ascii_case(PAGES_COOKIE) {
            self.problem(NAME, "the hosted pages have a cookie of that name");
        }
        let same_site = match &*self.one_of(SAME_SITE, "lax", &["lax", "none"]) {
            "none" => SameSite::None,
            _ => SameSite::Lax,
        };
        if same_site == SameSite::None && origins.is_empty() {
            self.problem(SAME_SITE, "must be lax where ALLOWED_ORIGINS is not set");
        }
        CookieSettings { name, same_site }
    }

    pub(super) fn token_attributes(&mut self) -> Vec<String> {
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

    fn list(&mut self, name: &str) -> Vec<String> {
        let text = self.find(name).unwrap_or_default();
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    }

    pub(super) fn sender(&mut self) -> String {
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
    pub(super) fn service_name(&mut self) -> String {
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

    pub(super) fn theme(&mut self) -> Theme {
        Theme {
            accent: self.accent_color(),
            logo: self.logo(),
        }
    }

    fn accent_color(&mut self) -> Option<Color> {
        let text = self.find("ACCENT_COLOR")?;
        let color = Color::parse(&text);
        if color.is_none() {
            self.problem(
                "ACCENT_COLOR",
                format_args!("must be a colour such as #4f46e5, not {text:?}"),
            );
        }
        color
    }

    /// A picture that stands in the page itself: no page loads anything from elsewhere.
    fn logo(&mut self) -> Option<String> {
        let text = self.find("LOGO")?;
        let content = LOGO_TYPES.into_iter().find_map(|kind| {
            text.strip_prefix("data:image/")?
                .strip_prefix(kind)?
                .strip_prefix(";base64,")
        });
        let decoded = content.and_then(|content| BASE64.decode(content.as_bytes()).ok());
        if text.len() > MAX_LOGO_BYTES || decoded.is_none() {
            self.problem(
                "LOGO",
                "must be a data URI of at most 4096 bytes: data:image/svg+xml;base64,... or png or webp",
            );
        }
        Some(text)
    }

    pub(super) fn trusted_proxy(&mut self) -> Option<TrustedProxy> {
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

    pub(super) fn table_prefix(&mut self) -> String {
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

    /// With or without slashes around each; a slash before each comes back, and none behind it. Longest first.
    pub(super) fn base_paths(&mut self) -> Vec<String> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
        let is_part =
            |part: &str| !part.is_empty() && !part.starts_with('.') && part.chars().all(allowed);
        let mut paths = self.list("BASE_PATHS");
        for path in &mut paths {
            let bare = path.trim_matches('/');
            if bare.len() > 200 || !bare.split('/').all(is_part) {
                self.problem(
                    "BASE_PATHS",
                    "may hold letters, digits, hyphens, underscores, dots and tildes, with slashes between them",
                );
            }
            *path = format!("/{bare}");
        }
        paths.sort_by_key(|path| Reverse(path.len()));
        paths
    }

    pub(super) fn parameter_path(&mut self) -> String {
        let path = self.text("PARAMETER_PATH", Some("/gatehouse"));
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        if !path.starts_with('/') || path.len() > 200 || !path.chars().all(allowed) {
            self.problem(
                "PARAMETER_PATH",
                "must begin with a slash and may hold letters, digits, hyphens, underscores, dots and slashes",
            );
        }
        path
    }
}

fn is_usable_base(uri: &Uri) -> bool {
    is_https_or_local(uri) && uri.query().is_none()
}
