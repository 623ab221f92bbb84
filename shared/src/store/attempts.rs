//! Counting attempts to sign in, on the credential item: the growing delay, the ceiling, and the counter of known sources.
//!
//! An attempt is counted before the hash by one conditional write that returns the whole item as it was. Expressions have no
//! powers, so the growing delay is a row of alternatives in the condition.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::credentials::{Credential, credential_key, read_credential};
use super::item::{Item, Reader, ms, n, s, seconds};
use super::write::Written;
use super::{Store, StoreError};
use crate::domain::{AddressDigest, IntentId, Realm};
use crate::dynamodb::{AttributeValue, ReturnValue, Update};

/// Attempts that are free of delay.
const FREE_ATTEMPTS: u32 = 5;
/// From this many on, the delay is the longest.
const LONGEST_FROM: u32 = 15;
/// The longest delay, and the quiet time after which the count starts anew.
pub(crate) const LONGEST_DELAY: Duration = Duration::from_mins(15);
/// Failures in a row after which only known sources and recoveries pass.
pub(crate) const MAX_IN_A_ROW: u32 = 100;
/// How long a guard for an unknown address stays: longer than anybody waits to see whether a lock ends as only a guard's does.
const GUARD_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Where an attempt comes from: a keyed digest of the client's address, or nothing if the address is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source(pub(crate) String);

/// How counting an attempt ended.
#[derive(Debug)]
pub(crate) enum Counted {
    /// It may reach the hash.
    Admitted(Admitted),
    /// It may not, for this long.
    Locked {
        /// Time to wait.
        retry_after: Duration,
        /// The credential that is locked; nothing for an unknown address.
        credential: Option<Credential>,
    },
}

/// An attempt that was counted.
#[derive(Debug)]
pub(crate) struct Admitted {
    /// The credential as it was; nothing for an unknown address.
    pub(crate) credential: Option<Credential>,
    /// When it was counted.
    pub(crate) counted_at: Timestamp,
    /// It was let through because it comes from a known source, and counted there.
    pub(crate) as_known: bool,
    /// The last attempt before it is so long ago that the count starts anew.
    pub(crate) after_quiet: bool,
    /// This one makes the ceiling full.
    pub(crate) reaches_ceiling: bool,
}

/// One of the two counters of failed attempts: everybody's, or that of known sources.
pub(super) struct Counter {
    failures: &'static str,
    failed_at: &'static str,
}

pub(super) const COMMON: Counter = Counter {
    failures: "failures",
    failed_at: "failed_at",
};
const KNOWN: Counter = Counter {
    failures: "known_failures",
    failed_at: "known_failed_at",
};

impl Store {
    /// Counts an attempt to sign in before the hash, so that parallel guesses count. One write; a second one if the common
    /// counter is locked and the attempt comes from a source that the owner has signed in from.
    pub(crate) async fn count_attempt(
        &self,
        realm: &Realm,
        digest: &AddressDigest,
        source: Option<&Source>,
        now: Timestamp,
    ) -> Result<Counted, StoreError> {
        let pk = credential_key(realm, digest);
        let common = self.count(&pk, &COMMON, None, now).await?;
        let (
            Counted::Locked {
                credential: Some(credential),
                ..
            },
            Some(source),
        ) = (&common, source)
        else {
            return Ok(common);
        };
        if !credential.known_sources.contains(&source.0) {
            return Ok(common);
        }
        self.count(&pk, &KNOWN, Some(source), now).await
    }

    /// Starts the common count anew after quiet time: the attempt at `now` was the first. One write.
    pub(crate) async fn restart_count(
        &self,
        realm: &Realm,
        digest: &AddressDigest,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let update = self
            .update_credential(credential_key(realm, digest))
            .update_expression("SET failures = :one")
            .condition_expression("failed_at = :now")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":now", ms(now));
        self.update(update).await.map(|_| ())
    }

    async fn count(
        &self,
        pk: &AttributeValue,
        counter: &Counter,
        source: Option<&Source>,
        now: Timestamp,
    ) -> Result<Counted, StoreError> {
        let attempt = s(IntentId::new(&*self.random).to_string());
        let update = self
            .update_credential(pk.clone())
            .return_values(ReturnValue::AllOld);
        let update = counting(update, counter, source, now)
            .expression_attribute_values(":attempt", attempt.clone());
        match self.update(update).await? {
            Written::Done(before) => admitted(&before, counter, now, 0),
            // Our own write came back as refused: its first reply was lost.
            Written::Refused(item) if item.get("attempt") == Some(&attempt) => {
                admitted(&item, counter, now, 1)
            }
            Written::Refused(item) => Ok(Counted::Locked {
                retry_after: remaining(&item, counter, now)?,
                credential: read_credential(&item)?,
            }),
        }
    }
}

/// Adds one to a counter if its delay has passed.
fn counting(update: Update, counter: &Counter, source: Option<&Source>, now: Timestamp) -> Update {
    let Counter {
        failures,
        failed_at,
    } = counter;
    let mut free = vec![
        format!("attribute_not_exists({failures})"),
        format!("{failures} < :f{FREE_ATTEMPTS}"),
    ];
    let mut update = update;
    for count in FREE_ATTEMPTS..=LONGEST_FROM {
        let is = if count == LONGEST_FROM { ">=" } else { "=" };
        free.push(format!(
            "({failures} {is} :f{count} AND {failed_at} <= :t{count})"
        ));
        update = update
            .expression_attribute_values(format!(":f{count}"), n(count))
            .expression_attribute_values(format!(":t{count}"), ms(before(now, delay(count))));
    }
    let mut condition = format!("({})", free.join(" OR "));
    let mut expression = format!(
        "SET {failures} = if_not_exists({failures}, :zero) + :one, {failed_at} = :now, attempt = :attempt, \
         expires = if_not_exists(expires, :expires)"
    );
    match source {
        Some(source) => {
            condition.push_str(" AND contains(known_sources, :source)");
            update = update.expression_attribute_values(":source", s(&source.0));
        }
        None => {
            condition.push_str(
                " AND (attribute_not_exists(failures_in_a_row) OR failures_in_a_row < :ceiling)",
            );
            expression
                .push_str(", failures_in_a_row = if_not_exists(failures_in_a_row, :zero) + :one");
            update = update.expression_attribute_values(":ceiling", n(MAX_IN_A_ROW));
        }
    }
    update
        .update_expression(expression)
        .condition_expression(condition)
        .expression_attribute_values(":zero", n(0))
        .expression_attribute_values(":one", n(1))
        .expression_attribute_values(":now", ms(now))
        .expression_attribute_values(":expires", seconds(now + GUARD_LIFETIME))
}

fn admitted(
    item: &Item,
    counter: &Counter,
    now: Timestamp,
    own: u32,
) -> Result<Counted, StoreError> {
    let read = Reader(item);
    let last = read.optional_instant(counter.failed_at)?;
    let in_a_row: u32 = read.optional_number("failures_in_a_row")?.unwrap_or(0);
    let as_known = counter.failures == KNOWN.failures;
    Ok(Counted::Admitted(Admitted {
        credential: read_credential(item)?,
        counted_at: now,
        as_known,
        after_quiet: !as_known
            && own == 0
            && last.is_some_and(|last| last <= before(now, LONGEST_DELAY)),
        reaches_ceiling: !as_known && in_a_row + 1 - own == MAX_IN_A_ROW,
    }))
}

pub(super) fn remaining(
    item: &Item,
    counter: &Counter,
    now: Timestamp,
) -> Result<Duration, StoreError> {
    let read = Reader(item);
    if counter.failures == COMMON.failures
        && read
            .optional_number::<u32>("failures_in_a_row")?
            .unwrap_or(0)
            >= MAX_IN_A_ROW
    {
        return Ok(LONGEST_DELAY);
    }
    let failures = read.optional_number(counter.failures)?.unwrap_or(0);
    let last = read.optional_instant(counter.failed_at)?.unwrap_or(now);
    let passed = Duration::try_from(now.duration_since(last)).unwrap_or_default();
    Ok(delay(failures).saturating_sub(passed))
}

/// 2^(n-5) seconds after n failures, at most 15 minutes.
fn delay(failures: u32) -> Duration {
    if failures >= LONGEST_FROM {
        return LONGEST_DELAY;
    }
    failures
        .checked_sub(FREE_ATTEMPTS)
        .map_or(Duration::ZERO, |over| Duration::from_secs(1 << over))
}

fn before(now: Timestamp, time: Duration) -> Timestamp {
    now.checked_sub(time).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::delay;

    #[test]
    fn the_delay_doubles_from_one_second_to_fifteen_minutes() {
        let seconds: Vec<_> = (4..=16).map(|failures| delay(failures).as_secs()).collect();
        assert_eq!(
            seconds,
            [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
        );
        assert_eq!(delay(u32::MAX), Duration::from_mins(15));
    }
}
