//! What an operator watches: what a request used, metrics, traces, and what the template makes of them.

mod metrics;
mod monitoring;
mod trace;
mod usage;

use serde_json::Value;

/// The lines of a log.
fn lines(log: &str) -> Vec<Value> {
    log.lines()
        .map(|line| serde_json::from_str(line).expect("a line is an object"))
        .collect()
}
