//! Which origins did not answer lately, so that not everybody waits for them.
//!
//! After a failure nobody asks an origin for a while. Then one asks, and the others as soon as that one was answered.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(5);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(60);

/// The origins that did not answer, each until it does. Those of the settings, so not many.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<HashMap<String, Trouble>>);

#[derive(Debug)]
struct Trouble {
    since: Timestamp,
    pause: SignedDuration,
    /// Whether somebody is asking whether it is over.
    is_probed: bool,
}

/// Leave to ask an origin. Dropped without a word, it has changed nothing.
pub(super) struct Leave<'a> {
    breaker: &'a Breaker,
    origin: String,
    is_probe: bool,
}

impl Breaker {
    /// Leave to ask an origin now, unless it is to be left alone.
    pub(super) fn leave(&self, origin: String, now: Timestamp) -> Option<Leave<'_>> {
        let mut troubles = self.lock();
        let trouble = troubles.get_mut(&origin);
        let is_probe = trouble.is_some();
        if let Some(trouble) = trouble {
            if trouble.is_probed || trouble.lasts(now) {
                return None;
            }
            trouble.is_probed = true;
        }
        Some(Leave {
            breaker: self,
            origin,
            is_probe,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Trouble>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Trouble {
    /// A clock that was set back before its start ends it, too.
    fn lasts(&self, now: Timestamp) -> bool {
        self.since <= now && now < self.since + self.pause
    }
}

impl Leave<'_> {
    /// The origin has answered.
    pub(super) fn answered(mut self) {
        self.is_probe = false;
        self.breaker.lock().remove(&self.origin);
    }

    /// The origin has not answered by now. Of many that asked at once the first counts.
    pub(super) fn failed(mut self, now: Timestamp) {
        let was_probe = std::mem::take(&mut self.is_probe);
        let origin = std::mem::take(&mut self.origin);
        let mut troubles = self.breaker.lock();
        let trouble = troubles.entry(origin).or_insert(Trouble {
            since: now,
            pause: FIRST_PAUSE,
            is_probed: false,
        });
        if was_probe {
            *trouble = Trouble {
                since: now,
                pause: LONGEST_PAUSE.min(trouble.pause * 2),
                is_probed: false,
            };
        }
    }
}

impl Drop for Leave<'_> {
    /// A question that was given up lets the next one ask.
    fn drop(&mut self) {
        if !self.is_probe {
            return;
        }
        if let Some(trouble) = self.breaker.lock().get_mut(&self.origin) {
            trouble.is_probed = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::Breaker;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_767_225_600 + seconds).expect("an instant")
    }

    fn may_ask(breaker: &Breaker, now: Timestamp) -> bool {
        breaker.leave("origin".to_owned(), now).is_some()
    }

    fn fail(breaker: &Breaker, now: Timestamp) {
        let leave = breaker.leave("origin".to_owned(), now);
        leave.expect("leave to ask").failed(now);
    }

    #[test]
    fn pauses_double_up_to_a_minute() {
        let breaker = Breaker::default();
        let mut now = at(0);
        for pause in [5, 10, 20, 40, 60, 60] {
            fail(&breaker, now);
            let end = now + SignedDuration::from_secs(pause);
            assert!(!may_ask(&breaker, end - SignedDuration::from_millis(1)));
            assert!(may_ask(&breaker, end), "after {pause} seconds");
            now = end;
        }
        breaker
            .leave("origin".to_owned(), now)
            .expect("leave")
            .answered();
        fail(&breaker, now);
        assert!(may_ask(&breaker, now + SignedDuration::from_secs(5)));
    }

    #[test]
    fn one_asks_whether_it_is_over() {
        let breaker = Breaker::default();
        fail(&breaker, at(0));
        let probe = breaker.leave("origin".to_owned(), at(5));
        assert!(probe.is_some() && !may_ask(&breaker, at(5)) && !may_ask(&breaker, at(100)));
        drop(probe);
        let probe = breaker.leave("origin".to_owned(), at(100));
        probe.expect("leave after one that was given up").answered();
        assert!(may_ask(&breaker, at(100)) && may_ask(&breaker, at(100)));
    }

    #[test]
    fn of_many_at_once_the_first_failure_counts() {
        let breaker = Breaker::default();
        let all: Vec<_> = (0..8)
            .map(|_| breaker.leave("origin".to_owned(), at(0)))
            .collect();
        for leave in all {
            leave.expect("leave").failed(at(2));
        }
        assert!(!may_ask(&breaker, at(6)) && may_ask(&breaker, at(7)));
        assert!(breaker.leave("another".to_owned(), at(2)).is_some());
    }

    #[test]
    fn a_clock_that_is_set_back_ends_a_pause() {
        let breaker = Breaker::default();
        fail(&breaker, at(0));
        assert!(may_ask(&breaker, at(-100)));
    }
}
