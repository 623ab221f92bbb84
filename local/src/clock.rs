//! A clock that can be moved forward, so that nobody has to wait for a token to expire.

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use shared::domain::{Clock, SystemClock};

/// A hundred years: far enough for any lifetime, near enough for the calendar.
const MAX_LEAD_SECONDS: i64 = 100 * 366 * 24 * 60 * 60;

/// The system's clock plus what it was moved by. Never goes back; keeps its lead over a restart if it has a file.
#[derive(Debug, Default)]
pub struct MovableClock {
    lead_seconds: AtomicI64,
    file: Option<PathBuf>,
}

impl MovableClock {
    /// A clock whose lead is kept in this file.
    pub fn kept_in(file: PathBuf) -> Self {
        let lead = std::fs::read_to_string(&file)
            .ok()
            .and_then(|text| text.trim().parse().ok());
        Self {
            lead_seconds: AtomicI64::new(lead.unwrap_or(0).clamp(0, MAX_LEAD_SECONDS)),
            file: Some(file),
        }
    }

    /// Moves it forward by this many seconds, up to a hundred years in all.
    ///
    /// # Errors
    /// That would be too far, or the lead cannot be kept.
    pub fn advance(&self, seconds: u32) -> std::io::Result<()> {
        if self.lead_seconds.load(Ordering::Relaxed) + i64::from(seconds) > MAX_LEAD_SECONDS {
            return Err(std::io::ErrorKind::InvalidInput.into());
        }
        let lead = self
            .lead_seconds
            .fetch_add(i64::from(seconds), Ordering::Relaxed)
            + i64::from(seconds);
        match &self.file {
            Some(file) => std::fs::write(file, lead.to_string()),
            None => Ok(()),
        }
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + SignedDuration::from_secs(self.lead_seconds.load(Ordering::Relaxed))
    }
}
