//! Chance that repeats itself: the bytes depend on nothing but how many were asked for before.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{SHA256, digest};
use shared::domain::Random;

/// Bytes from a counter.
#[derive(Debug, Default)]
pub(crate) struct SeededRandom(AtomicU64);

impl SeededRandom {
    /// Other bytes than those of the default, for what must not move those.
    pub(crate) fn of_the_harness() -> Self {
        Self(AtomicU64::new(1 << 63))
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let count = self.0.fetch_add(1, Ordering::SeqCst);
            chunk.copy_from_slice(&digest(&SHA256, &count.to_le_bytes()).as_ref()[..chunk.len()]);
        }
    }
}
