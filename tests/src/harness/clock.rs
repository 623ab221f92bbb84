//! Clocks for tests: one that stands still, one that runs; both move when told.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use shared::domain::{Clock, SystemClock};

use super::cloud::ClockFile;

/// Begins on 2026-01-01 at midnight, UTC.
const START_MS: i64 = 1_767_225_600_000;

/// A clock that moves when told.
#[derive(Debug)]
pub(crate) struct TestClock {
    moved_ms: AtomicI64,
    runs: bool,
    /// Where processes look at it.
    files: Mutex<Vec<ClockFile>>,
}

impl TestClock {
    /// Stands still at the start of 2026.
    pub(crate) fn standing() -> Self {
        Self {
            moved_ms: AtomicI64::new(0),
            runs: false,
            files: Mutex::default(),
        }
    }

    /// Runs with the system's clock.
    pub(crate) fn running() -> Self {
        Self {
            runs: true,
            ..Self::standing()
        }
    }

    /// Stands still where processes can be shown it, else runs.
    pub(crate) fn of_processes() -> Self {
        if cfg!(target_os = "linux") {
            Self::standing()
        } else {
            Self::running()
        }
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        let ms = i64::try_from(by.as_millis()).expect("a time within a test");
        self.moved_ms.fetch_add(ms, Ordering::SeqCst);
        for file in &*self.files.lock().expect("no panic inside") {
            self.show(file);
        }
    }

    /// Shows processes that read this file the same time, from now on.
    pub(super) fn show_in(&self, file: ClockFile) {
        self.show(&file);
        self.files.lock().expect("no panic inside").push(file);
    }

    fn show(&self, file: &ClockFile) {
        let stands_at = (!self.runs).then_some(START_MS);
        file.show(stands_at, self.moved_ms.load(Ordering::SeqCst));
    }

    pub(crate) fn advance_seconds(&self, seconds: i64) {
        self.advance(SignedDuration::from_secs(seconds));
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let moved = SignedDuration::from_millis(self.moved_ms.load(Ordering::SeqCst));
        let base = if self.runs {
            SystemClock.now()
        } else {
            Timestamp::from_millisecond(START_MS).expect("in range")
        };
        base + moved
    }
}
