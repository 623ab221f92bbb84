//! What is shown of the ledger: each operation at its price, and what a month of so many users costs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use shared::usage::Usage;

use super::ledger::{Entry, Tally};
use super::price::{Estimate, Prices, Rates, Work};

/// Users of a month, as months are shown.
const USERS: [u32; 5] = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/// How often a user does what in a month, by operation.
#[derive(Debug, Clone)]
pub struct Mix(BTreeMap<String, f64>);

/// The mix cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MixError {
    /// It is no JSON object of numbers.
    #[error(
        "the mix is not an object of operations and how often a user does them in a month: {0}"
    )]
    Unreadable(#[from] serde_json::Error),
    /// A number is below nothing.
    #[error("the mix: {0} cannot be done less than never")]
    Negative(String),
    /// Nothing is known of it.
    #[error("the mix: {0} is none of the operations that are rehearsed")]
    Unknown(String),
}

impl Mix {
    /// The mix of this version.
    ///
    /// # Panics
    /// Never: a test reads it.
    pub fn known() -> Self {
        Self::read(include_str!("mix.json")).expect("the mix is written as it is read")
    }

    /// Reads `{"<operation>": <times a month and user>, ...}`.
    ///
    /// # Errors
    /// [`MixError::Unreadable`]; [`MixError::Negative`].
    pub fn read(text: &str) -> Result<Self, MixError> {
        let mix: BTreeMap<String, f64> = serde_json::from_str(text)?;
        match mix.iter().find(|(_, times)| **times < 0.0) {
            Some((operation, _)) => Err(MixError::Negative(operation.clone())),
            None => Ok(Self(mix)),
        }
    }
}

/// An operation, and what one request of it uses, takes and costs on average.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The function that serves it.
    pub function: &'static str,
    /// Method and path template.
    pub operation: String,
    /// The status of these answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How many requests there were.
    pub requests: u32,
    /// The function's memory.
    pub memory_mb: u32,
    /// Calls of AWS.
    pub calls: f64,
    /// Those one after the other.
    pub round_trips: f64,
    /// DynamoDB's units.
    pub read_units: f64,
    /// DynamoDB's units.
    pub write_units: f64,
    /// Password hashes.
    pub hashes: f64,
    /// Signatures.
    pub signatures: f64,
    /// Recipients of mails.
    pub mails: f64,
    /// Text messages.
    pub text_messages: f64,
    /// What that comes to.
    #[serde(flatten)]
    pub estimate: Estimate,
}

/// All operations, and what they come to.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What one of each costs.
    pub prices: Prices,
    /// What one of each takes.
    pub work: Work,
    /// All operations.
    pub operations: Vec<Row>,
    /// What all of these requests would have cost, in dollars.
    pub dollars: f64,
}

impl Report {
    /// What these entries come to.
    pub fn of(entries: BTreeMap<Entry, Tally>, rates: Rates) -> Self {
        let rows = entries
            .into_iter()
            .map(|(entry, tally)| Row::of(entry, &tally, &rates));
        let operations: Vec<_> = rows.collect();
        let dollars = operations.iter().map(Row::dollars).sum();
        Self {
            prices: rates.prices,
            work: rates.work,
            operations,
            dollars,
        }
    }

    /// The operations as a table in Markdown.
    pub fn operations_table(&self) -> String {
        let mut table = "| operation | function | MB | round trips | calls | RRU | WRU | mails | billed ms | $ per 1000 |\n\
             |---|---|---|---|---|---|---|---|---|---|\n"
            .to_owned();
        for row in &self.operations {
            let operation = row.name();
            let Row {
                function,
                memory_mb,
                round_trips,
                calls,
                read_units,
                write_units,
                mails,
                estimate,
                ..
            } = row;
            let Estimate {
                billed_ms,
                dollars_per_thousand,
                ..
            } = estimate;
            writeln!(
                table,
                "| {operation} | {function} | {memory_mb} | {round_trips} | {calls} | {read_units} | {write_units} | {mails} \
                 | {billed_ms} | {dollars_per_thousand:.5} |"
            )
            .expect("a text grows");
        }
        table
    }

    /// What a month costs, in dollars, by how many users there are in it. What follows an operation is part of it.
    ///
    /// # Errors
    /// [`MixError::Unknown`].
    pub fn months(&self, mix: &Mix) -> Result<Vec<(u32, f64)>, MixError> {
        let mut of_a_user = 0.0;
        for (operation, times) in &mix.0 {
            let rows = self
                .operations
                .iter()
                .filter(|row| row.belongs_to(operation));
            let dollars: Vec<_> = rows
                .map(|row| row.estimate.dollars_per_thousand / 1000.0)
                .collect();
            if dollars.is_empty() {
                return Err(MixError::Unknown(operation.clone()));
            }
            of_a_user += times * dollars.iter().sum::<f64>();
        }
        let months = USERS.map(|users| (users, of_a_user * f64::from(users)));
        Ok(months.to_vec())
    }

    /// The months as a table in Markdown.
    ///
    /// # Errors
    /// [`MixError::Unknown`].
    pub fn months_table(&self, mix: &Mix) -> Result<String, MixError> {
        let mut table = "| users a month | $ a month |\n|---|---|\n".to_owned();
        for (users, dollars) in self.months(mix)? {
            writeln!(table, "| {users} | {dollars:.2} |").expect("a text grows");
        }
        Ok(table)
    }
}

/// What comes after an operation, in the name of what it does: mails that it promised.
pub(super) const AFTER: &str = "after ";

impl Row {
    fn of(entry: Entry, tally: &Tally, rates: &Rates) -> Self {
        let memory_mb = rates.memory_mb(entry.function);
        let estimate = rates.estimate(tally, memory_mb, entry.status.is_some());
        let Tally { requests, usage } = *tally;
        let each = |used: f64| used / f64::from(requests.max(1));
        let Usage {
            calls,
            round_trips,
            read_units,
            write_units,
            hashes,
            signatures,
            mails,
            text_messages,
        } = usage;
        Self {
            function: entry.function,
            operation: entry.operation,
            status: entry.status,
            requests,
            memory_mb,
            calls: each(calls.into()),
            round_trips: each(round_trips.into()),
            read_units: each(read_units),
            write_units: each(write_units),
            hashes: each(hashes.into()),
            signatures: each(signatures.into()),
            mails: each(mails.into()),
            text_messages: each(text_messages.into()),
            estimate,
        }
    }

    fn dollars(&self) -> f64 {
        f64::from(self.requests) * self.estimate.dollars_per_thousand / 1000.0
    }

    /// The operation, and with what it was refused.
    fn name(&self) -> String {
        match self.status {
            Some(status @ 400..) => format!("{} {status}", self.operation),
            _ => self.operation.clone(),
        }
    }

    /// Whether this is the operation, or comes after it.
    fn belongs_to(&self, operation: &str) -> bool {
        let name = self.name();
        name.strip_prefix(AFTER).unwrap_or(&name) == operation
    }
}
