//! The process that serves: what it tells of itself, and what it can be told while it runs.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use super::LogFilter;
use crate::domain::LogLevels;
use crate::keys::SigningPermit;
use crate::providers::ProviderClient;
use crate::service::{Machine, Process};

/// This process, or what a test takes for one.
#[derive(Debug)]
pub struct ThisProcess {
    machine: Machine,
    log: LogFilter,
    /// Whether it was told to reload and has not begun to.
    is_stale: AtomicBool,
    signing: SigningPermit,
    /// What it knows of providers outlasts what is built anew.
    providers: OnceLock<ProviderClient>,
}

impl ThisProcess {
    /// A process on a host of this name, whose log has this filter.
    pub fn new(hostname: &str, log: LogFilter, started_at: Timestamp) -> Self {
        let processors = std::thread::available_parallelism();
        let machine = Machine {
            hostname: hostname.to_owned(),
            os: std::env::consts::OS,
            processors: processors.map_or(1, usize::from),
            started_at,
        };
        Self {
            machine,
            log,
            is_stale: AtomicBool::new(false),
            signing: SigningPermit::default(),
            providers: OnceLock::new(),
        }
    }

    /// Whether it was told to reload since the last call.
    pub(super) fn take_stale(&self) -> bool {
        self.is_stale.swap(false, Ordering::Relaxed)
    }

    /// Whether it may sign tokens.
    pub(super) fn signing(&self) -> &SigningPermit {
        &self.signing
    }

    /// The process's own client, which the first one who asks makes.
    pub(super) fn provider_client(&self, make: impl FnOnce() -> ProviderClient) -> ProviderClient {
        self.providers.get_or_init(make).clone()
    }
}

impl Process for ThisProcess {
    fn machine(&self) -> &Machine {
        &self.machine
    }

    fn log_at(&self, levels: &LogLevels) {
        self.log.set(levels);
    }

    fn reload(&self) {
        self.is_stale.store(true, Ordering::Relaxed);
    }
}
