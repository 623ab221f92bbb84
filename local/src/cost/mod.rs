//! What the platform costs on AWS: what requests use, counted where they are served, at list prices.
//!
//! Units of DynamoDB, calls, hashes, signatures and messages are counted. Time is estimated from these: a debug build on a laptop
//! takes other times than a function. `prices.json` and `work.json` hold what one of each costs and takes.

mod ledger;
mod price;
mod rehearsal;
mod report;

pub use ledger::{Entry, Ledger, Tally};
pub use price::{Estimate, Prices, Rates, Work};
pub use rehearsal::{RehearsalError, rehearse};
pub use report::{Mix, MixError, Report, Row};
