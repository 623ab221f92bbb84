//! From what is used to what it takes and costs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ledger::Tally;

/// The memory at which a function has one whole processor, in MB (AWS, "Configure Lambda function memory").
const WHOLE_PROCESSOR_MB: f64 = 1769.0;
const MILLION: f64 = 1e6;

/// What one of each costs, in US dollars.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// When they were the list prices.
    pub as_of: String,
    /// Where.
    pub region: String,
    /// A million requests of an HTTP API.
    pub http_api_requests_per_million: f64,
    /// A million invocations.
    pub lambda_requests_per_million: f64,
    /// A gigabyte of memory for a second, on arm64.
    pub lambda_gigabyte_seconds: f64,
    /// A million read request units, on demand.
    pub read_units_per_million: f64,
    /// A million write request units, on demand.
    pub write_units_per_million: f64,
    /// A gigabyte of log, taken in.
    pub log_gigabytes: f64,
    /// A thousand recipients of mails.
    pub mails_per_thousand: f64,
    /// A text message: differs tenfold by country.
    pub text_messages: f64,
}

/// What one of each takes: milliseconds of one whole processor, and of waiting.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// When and how it was measured.
    pub measured: String,
    /// A request, without all of the below.
    pub request_ms: f64,
    /// A call of AWS.
    pub call_ms: f64,
    /// A password hash.
    pub hash_ms: f64,
    /// A signature.
    pub signature_ms: f64,
    /// Waiting for DynamoDB: calls side by side wait together.
    pub round_trip_ms: f64,
    /// Waiting for SES or SNS.
    pub message_ms: f64,
    /// What a request logs, at most.
    pub log_bytes: f64,
    /// The memory of a function, in MB.
    pub memory_mb: u32,
    /// That of those that have another.
    pub memory_mb_of: BTreeMap<String, u32>,
}

/// All that an estimate is made of.
#[derive(Debug, Clone)]
pub struct Rates {
    /// In dollars.
    pub prices: Prices,
    /// In milliseconds.
    pub work: Work,
}

/// What one request takes and costs, on average.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Estimate {
    /// The time that Lambda bills, in milliseconds.
    pub billed_ms: f64,
    /// All together, in dollars for a thousand requests. The gateway is part of it, unless nobody is answered.
    pub dollars_per_thousand: f64,
    /// Of that Lambda, for its time and the invocation.
    pub of_that_lambda: f64,
    /// Of that DynamoDB.
    pub of_that_dynamodb: f64,
    /// Of that mails and text messages.
    pub of_that_messages: f64,
}

impl Rates {
    /// The rates of this version.
    ///
    /// # Panics
    /// Never: a test reads them.
    pub fn known() -> Self {
        let prices = serde_json::from_str(include_str!("prices.json"));
        let work = serde_json::from_str(include_str!("work.json"));
        Self {
            prices: prices.expect("the prices are written as they are read"),
            work: work.expect("the work is written as it is read"),
        }
    }

    /// The memory of this function, in MB.
    pub fn memory_mb(&self, function: &str) -> u32 {
        let own = self.work.memory_mb_of.get(function);
        own.copied().unwrap_or(self.work.memory_mb)
    }

    /// What such a request takes and costs in a function with so much memory. `answered` tells whether it came by the gateway.
    pub fn estimate(&self, tally: &Tally, memory_mb: u32, answered: bool) -> Estimate {
        let Self { prices, work } = self;
        let per_request = |used: f64| used / f64::from(tally.requests.max(1));
        let count = |used: u32| per_request(used.into());
        let usage = &tally.usage;

        let memory_mb = f64::from(memory_mb);
        let messages = count(usage.mails) + count(usage.text_messages);
        let computing = work.request_ms
            + work.call_ms * (count(usage.calls) + messages)
            + work.hash_ms * count(usage.hashes)
            + work.signature_ms * count(usage.signatures);
        let waiting = work.round_trip_ms * count(usage.round_trips) + work.message_ms * messages;
        // More than one processor helps nobody: a request is one piece of work.
        let slower = (WHOLE_PROCESSOR_MB / memory_mb).max(1.0);
        let billed_ms = (computing * slower + waiting).ceil();

        let gigabyte_seconds = memory_mb / 1024.0 * billed_ms / 1000.0;
        let lambda = gigabyte_seconds * prices.lambda_gigabyte_seconds
            + prices.lambda_requests_per_million / MILLION;
        let dynamodb = per_request(usage.read_units) * prices.read_units_per_million / MILLION
            + per_request(usage.write_units) * prices.write_units_per_million / MILLION;
        let messages = count(usage.mails) * prices.mails_per_thousand / 1000.0
            + count(usage.text_messages) * prices.text_messages;
        let gateway =
            f64::from(u8::from(answered)) * prices.http_api_requests_per_million / MILLION;
        let log = work.log_bytes / 1e9 * prices.log_gigabytes;
        Estimate {
            billed_ms,
            dollars_per_thousand: (gateway + lambda + dynamodb + messages + log) * 1000.0,
            of_that_lambda: lambda * 1000.0,
            of_that_dynamodb: dynamodb * 1000.0,
            of_that_messages: messages * 1000.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::usage::Usage;

    use super::{Rates, Tally};

    const NOTHING_USED: Tally = Tally {
        requests: 1,
        usage: Usage {
            calls: 0,
            round_trips: 0,
            read_units: 0.0,
            write_units: 0.0,
            hashes: 0,
            signatures: 0,
            mails: 0,
            text_messages: 0,
        },
    };

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-12
    }

    #[test]
    fn a_request_that_uses_nothing_costs_the_gateway_the_invocation_and_its_line() {
        let mut rates = Rates::known();
        rates.work.request_ms = 1.0;
        let estimate = rates.estimate(&NOTHING_USED, 1024, true);
        // One ms at 1769/1024 of its time is billed as two.
        assert!(close(estimate.billed_ms, 2.0));
        let lambda = 0.0002 + 0.002 * 0.000_013_333_4 * 1000.0;
        assert!(close(estimate.of_that_lambda, lambda), "{estimate:?}");
        let log = 300.0 * 0.5 / 1e9 * 1000.0;
        assert!(close(estimate.dollars_per_thousand, 0.001 + lambda + log));
        let unanswered = rates.estimate(&NOTHING_USED, 1024, false);
        assert!(close(unanswered.dollars_per_thousand, lambda + log));
    }

    #[test]
    fn what_many_used_is_told_of_one() {
        let rates = Rates::known();
        let tally = Tally {
            requests: 4,
            usage: Usage {
                read_units: 2.0,
                write_units: 16.0,
                mails: 4,
                ..Usage::default()
            },
        };
        let estimate = rates.estimate(&tally, 256, true);
        assert!(close(
            estimate.of_that_dynamodb,
            (0.5 * 0.125 + 4.0 * 0.625) / 1000.0
        ));
        assert!(close(estimate.of_that_messages, 0.1));
    }

    #[test]
    fn a_hash_takes_longer_with_less_memory_and_not_shorter_with_more_than_a_processor() {
        let rates = Rates::known();
        let mut tally = NOTHING_USED;
        tally.usage.hashes = 1;
        let at = |memory| rates.estimate(&tally, memory, true).billed_ms;
        assert!(at(256) > 6.0 * at(1769));
        assert!(close(at(3008), at(1769)));
    }
}
