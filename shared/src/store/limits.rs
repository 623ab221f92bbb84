//! The Limits table: counters per subject and window.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::accounts::{update, update_part};
use super::item::{Reader, ms, n, s, seconds};
use super::write::{Transacted, Written};
use super::{Store, StoreError};
use crate::dynamodb::{GetItem, ReturnValue, TransactWriteItem, Update};

/// One counter in one window of time.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    key: String,
    /// When it ends and a new one begins.
    pub(crate) ends_at: Timestamp,
}

impl Window {
    /// The window of that length that `now` lies in, for a subject such as `register#<source>`.
    pub(crate) fn current(subject: &str, length: SignedDuration, now: Timestamp) -> Self {
        let seconds = length.as_secs().max(1);
        let index = now.as_second().div_euclid(seconds);
        let ends_at = Timestamp::from_second((index + 1) * seconds).unwrap_or(Timestamp::MAX);
        Self {
            key: format!("{subject}#{seconds}#{index}"),
            ends_at,
        }
    }
}

/// A window, and how much it allows.
#[derive(Debug, Clone)]
pub(crate) struct Quota {
    /// Counts what was taken.
    pub(crate) window: Window,
    /// As much as this.
    pub(crate) most: u32,
}

/// Whether there was enough left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It was taken.
    Done,
    /// Nothing was, because what allows too little will not allow more before this time.
    RefusedUntil(Timestamp),
}

impl Store {
    /// Takes this much of each quota, or nothing of any: what is refused counts nowhere. One transaction.
    pub(crate) async fn take(&self, quotas: &[Quota], amount: u32) -> Result<Taken, StoreError> {
        let too_small = quotas.iter().filter(|quota| quota.most < amount);
        if let Some(until) = too_small.map(|quota| quota.window.ends_at).max() {
            return Ok(Taken::RefusedUntil(until));
        }
        let parts = quotas.iter().map(|quota| self.take_part(quota, amount));
        let parts = parts.collect();
        Ok(match self.transact(parts).await? {
            Transacted::Done => Taken::Done,
            Transacted::Refused(refused) => {
                let refused = quotas
                    .iter()
                    .zip(refused)
                    .filter(|(_, item)| item.is_some());
                let until = refused.map(|(quota, _)| quota.window.ends_at).max();
                Taken::RefusedUntil(until.unwrap_or(Timestamp::MIN))
            }
        })
    }

    fn take_part(&self, quota: &Quota, amount: u32) -> TransactWriteItem {
        let window = &quota.window;
        update(
            update_part(&self.tables.limits, s(&window.key))
                .update_expression(
                    "SET hits = if_not_exists(hits, :zero) + :amount, expires = :expires",
                )
                .condition_expression("attribute_not_exists(hits) OR hits <= :room")
                .expression_attribute_values(":zero", n(0))
                .expression_attribute_values(":amount", n(amount))
                .expression_attribute_values(":room", n(quota.most - amount))
                .expression_attribute_values(":expires", seconds(window.ends_at)),
        )
    }

    /// Adds one; the count with it. One write.
    pub(crate) async fn add_to_window(&self, window: &Window) -> Result<u32, StoreError> {
        let update = Update::of(&self.tables.limits)
            .key("pk", s(&window.key))
            .update_expression("SET hits = if_not_exists(hits, :zero) + :one, expires = :expires")
            .expression_attribute_values(":zero", n(0))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":expires", seconds(window.ends_at))
            .return_values(ReturnValue::AllNew);
        match self.update(update).await? {
            Written::Done(item) | Written::Refused(item) => Reader(&item).number("hits"),
        }
    }

    /// Begins a pause for a subject. False if the one before is not over. One write.
    pub(crate) async fn begin_pause(
        &self,
        subject: &str,
        length: Duration,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let end = now + SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX);
        let update = Update::of(&self.tables.limits)
            .key("pk", s(format!("{subject}#pause")))
            .update_expression("SET pause_ends = :end, expires = :expires")
            .condition_expression("attribute_not_exists(pause_ends) OR pause_ends <= :now")
            .expression_attribute_values(":end", ms(end))
            .expression_attribute_values(":now", ms(now))
            .expression_attribute_values(":expires", seconds(end));
        Ok(matches!(self.update(update).await?, Written::Done(_)))
    }

    /// The count so far. One eventually consistent read.
    pub(crate) async fn count_in_window(&self, window: &Window) -> Result<u32, StoreError> {
        let get = GetItem::of(&self.tables.limits).key("pk", s(&window.key));
        let found = self.get(get).await?;
        found.map_or(Ok(0), |item| Reader(&item).number("hits"))
    }
}
