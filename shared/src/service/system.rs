//! The system, as document 001 lets its operators see and steer it: what is served, who may what, how much is logged.
//!
//! Levels of the log are stored for the whole installation and put into force at once in the process that takes the command;
//! the others follow when they look for changes. How a process filters its log is `runtime`'s to know.

use std::fmt::Debug;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Context, CurrentUser, SecurityAdmin, SecurityRoot, SecuritySystem, tell};
use crate::domain::{Dialect, LogLevel, LogLevels, Outcome, SecurityProfile, Subsystem};
use crate::error::{Error, Result};

/// The process that serves, as far as it can be asked and told something.
pub trait Process: Debug + Send + Sync {
    /// Where it runs, and since when.
    fn machine(&self) -> &Machine;

    /// Has the log written at these levels from now on; a subsystem that is not among them at the configured one.
    fn log_at(&self, levels: &LogLevels);

    /// Has all that is kept between requests (keys, settings, what was built of them) made anew before the next one.
    fn reload(&self);
}

/// Where a process runs, and since when. Nothing of it is secret, an address or a path.
#[derive(Debug, Clone)]
pub struct Machine {
    /// On Lambda the function's name.
    pub hostname: String,
    /// The kind of operating system.
    pub os: &'static str,
    /// How many processors it may use.
    pub processors: usize,
    /// When it began to serve.
    pub started_at: Timestamp,
}

/// What a system tells of itself.
#[derive(Debug, Clone)]
pub struct SystemInfo {
    /// The release.
    pub version: &'static str,
    /// Seconds since the process that answers began to serve.
    pub uptime: i64,
    /// Where it runs.
    pub machine: Machine,
}

/// A dialect that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Which.
    pub dialect: Dialect,
    /// Where.
    pub uri: String,
}

/// What the system has been configured to be.
#[derive(Debug, Clone)]
pub struct SystemSettings {
    /// Where clients reach it.
    pub public_url: String,
    /// The level of subsystems that were given none.
    pub default_level: LogLevel,
    /// The name of the key that signs the dialect's tokens.
    pub signing_key: Option<String>,
}

/// Shows and steers the system.
#[derive(Debug, Clone)]
pub struct SystemControl {
    context: Context,
    process: Arc<dyn Process>,
    settings: SystemSettings,
}

impl SystemControl {
    /// Of the process that serves, in a system that is configured like this.
    pub fn new(context: Context, process: Arc<dyn Process>, settings: SystemSettings) -> Self {
        Self {
            context,
            process,
            settings,
        }
    }

    /// Every dialect that is served, in the order of the documents.
    pub fn endpoints(&self, _: &CurrentUser) -> Vec<Endpoint> {
        self.served()
    }

    /// The same, for another service, and the name of the key that signs its tokens.
    ///
    /// # Errors
    /// [`Error::Internal`] if no key signs.
    pub fn services(&self, _: &SecuritySystem) -> Result<(String, Vec<Endpoint>)> {
        let key = self.settings.signing_key.clone();
        let key = key.ok_or_else(|| Error::Internal("no published key signs tokens".into()))?;
        Ok((key, self.served()))
    }

    /// The built-in profiles whose names hold this text, in any case.
    pub fn profiles(&self, _: &SecurityAdmin, filter: &str) -> Vec<SecurityProfile> {
        let filter = filter.to_lowercase();
        SecurityProfile::built_in()
            .filter(|profile| profile.role.as_str().contains(&filter))
            .collect()
    }

    /// What the process that answers tells of itself.
    pub fn info(&self, _: &SecurityAdmin) -> SystemInfo {
        let machine = self.process.machine().clone();
        let uptime = self.context.now().duration_since(machine.started_at);
        SystemInfo {
            version: env!("CARGO_PKG_VERSION"),
            uptime: uptime.as_secs().max(0),
            machine,
        }
    }

    /// The level of every subsystem, as it is stored for the installation. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn log_levels(&self, _: &SecurityRoot) -> Result<Vec<(Subsystem, LogLevel)>> {
        let stored = self.context.store.find_log_levels().await?;
        self.process.log_at(&stored);
        let default = self.settings.default_level;
        let level = |subsystem| stored.get(&subsystem).copied().unwrap_or(default);
        Ok(Subsystem::all()
            .map(|subsystem| (subsystem, level(subsystem)))
            .collect())
    }

    /// Sets these levels: here at once, in other processes when they look for changes. One write.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn set_log_levels(&self, caller: &SecurityRoot, levels: &LogLevels) -> Result<()> {
        let stored = self.context.store.put_log_levels(levels).await?;
        self.process.log_at(&stored);
        tell(Outcome::LogLevelsSet, caller.current().user().id);
        Ok(())
    }

    /// Has this process make anew what it keeps between requests.
    pub fn reload(&self, caller: &SecurityRoot) {
        self.process.reload();
        tell(Outcome::Reloaded, caller.current().user().id);
    }

    fn served(&self) -> Vec<Endpoint> {
        let base = &self.settings.public_url;
        let endpoint = |dialect| Endpoint {
            dialect,
            uri: format!("{base}/{dialect}"),
        };
        Dialect::ALL.into_iter().map(endpoint).collect()
    }
}
