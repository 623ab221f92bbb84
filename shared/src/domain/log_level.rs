//! How much is written to the log: levels by the names of document 001, one for each part of the platform.
//!
//! Which lines a part writes, and what a level means to the log, is `runtime`'s to know.

use std::collections::BTreeMap;

use super::Dialect;

/// The level of each subsystem that was given one.
pub type LogLevels = BTreeMap<Subsystem, LogLevel>;

/// A part of the platform, as an operator would name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subsystem {
    /// Requests: what was answered, what was refused and why.
    Http,
    /// The use cases.
    Service,
    /// The database.
    Store,
    /// Mails, and the outbox that promises them.
    Mail,
    /// Text messages.
    Sms,
    /// Tokens.
    Tokens,
    /// Signing keys and secrets.
    Keys,
    /// Starting, and keeping up with keys and settings.
    Runtime,
    /// The functions that belong to no dialect: pages, keys, outbox, operator.
    Platform,
    /// The functions of a dialect.
    Dialect(Dialect),
}

/// How much a subsystem writes, from nothing to everything (document 001, `getloglevelnames`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// Nothing.
    None,
    /// As `error`.
    Fatal,
    /// As `error`.
    Critical,
    /// Faults of ours.
    Error,
    /// And what may become one.
    Warning,
    /// As `warning`.
    Notice,
    /// And what was done.
    Information,
    /// And why something was refused.
    Debug,
    /// Everything.
    Trace,
}

impl Subsystem {
    const CORE: [Self; 9] = [
        Self::Http,
        Self::Service,
        Self::Store,
        Self::Mail,
        Self::Sms,
        Self::Tokens,
        Self::Keys,
        Self::Runtime,
        Self::Platform,
    ];

    /// All of them, those of the dialects that are served last.
    pub fn all() -> impl Iterator<Item = Self> {
        let dialects = Dialect::ALL.into_iter().map(Self::Dialect);
        Self::CORE.into_iter().chain(dialects)
    }

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Service => "service",
            Self::Store => "store",
            Self::Mail => "mail",
            Self::Sms => "sms",
            Self::Tokens => "tokens",
            Self::Keys => "keys",
            Self::Runtime => "runtime",
            Self::Platform => "platform",
            Self::Dialect(dialect) => dialect.as_str(),
        }
    }

    /// The subsystem of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|subsystem| subsystem.as_str() == name)
    }
}

impl LogLevel {
    /// All of them, from the quietest.
    pub const ALL: [Self; 9] = [
        Self::None,
        Self::Fatal,
        Self::Critical,
        Self::Error,
        Self::Warning,
        Self::Notice,
        Self::Information,
        Self::Debug,
        Self::Trace,
    ];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Fatal => "fatal",
            Self::Critical => "critical",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
            Self::Information => "information",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }

    /// The level of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == name)
    }

    /// The level that `LOG_LEVEL` means, which has two names of its own.
    pub fn of_setting(value: &str) -> Option<Self> {
        match value {
            "warn" => Some(Self::Warning),
            "info" => Some(Self::Information),
            other => Self::parse(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LogLevel, Subsystem};

    #[test]
    fn a_level_and_a_subsystem_read_back_as_they_were_written() {
        for level in LogLevel::ALL {
            assert_eq!(LogLevel::parse(level.as_str()), Some(level));
        }
        for subsystem in Subsystem::all() {
            assert_eq!(Subsystem::parse(subsystem.as_str()), Some(subsystem));
        }
        assert_eq!(LogLevel::parse("Debug"), None);
        assert_eq!(Subsystem::parse("all"), None);
    }

    #[test]
    fn the_setting_has_names_of_its_own() {
        for (setting, level) in [
            ("error", LogLevel::Error),
            ("warn", LogLevel::Warning),
            ("info", LogLevel::Information),
            ("debug", LogLevel::Debug),
            ("trace", LogLevel::Trace),
        ] {
            assert_eq!(LogLevel::of_setting(setting), Some(level));
        }
        assert_eq!(LogLevel::of_setting("loud"), None);
    }
}
