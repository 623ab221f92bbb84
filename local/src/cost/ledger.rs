//! What was used so far, by operation.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use shared::usage::Usage;

/// Requests that are counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The function that serves them.
    pub function: &'static str,
    /// Method and path template: `GET /user-service/{v}/users/status`.
    pub operation: String,
    /// The status of the answer; nothing where nobody is answered.
    pub status: Option<u16>,
}

/// What they used together.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    /// How many they are.
    pub requests: u32,
    /// What they used.
    pub usage: Usage,
}

/// Everything that was used since the start.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<BTreeMap<Entry, Tally>>);

impl Ledger {
    /// One request more.
    pub fn record(&self, entry: Entry, usage: Usage) {
        let mut entries = self.lock();
        let tally = entries.entry(entry).or_default();
        tally.requests = tally.requests.saturating_add(1);
        tally.usage += usage;
    }

    /// All entries, in the order of their functions.
    pub fn entries(&self) -> BTreeMap<Entry, Tally> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Entry, Tally>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
