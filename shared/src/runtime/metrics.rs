//! Metrics: lines of the log that CloudWatch counts by itself (embedded metric format), without a call of ours. Which line counts
//! for what is known here and nowhere else.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::log::Members;
use crate::config::Place;

/// Where CloudWatch files them.
pub const NAMESPACE: &str = "Gatehouse";
/// What tells installations apart.
const DIMENSION: &str = "installation";

/// A number that CloudWatch keeps.
struct Metric {
    name: &'static str,
    unit: &'static str,
    of: Counted,
}

/// What of a line counts.
enum Counted {
    /// Each of these outcomes, one.
    Outcomes(&'static [&'static str]),
    /// The field's value.
    Field(&'static str),
}

const METRICS: [Metric; 8] = [
    count("Failures", &["failed"]),
    count("SignIns", &["signed-in"]),
    count("WrongPasswords", &["wrong-password"]),
    count("Locks", &["locked"]),
    count("RefreshTokensReused", &["refresh-token-reused"]),
    count("MessagesFailed", &["not-sent", "given-up"]),
    count("Bounces", &["Bounce", "Complaint"]),
    Metric {
        name: "OutboxAge",
        unit: "Seconds",
        of: Counted::Field("outbox_age"),
    },
];

const fn count(name: &'static str, outcomes: &'static [&'static str]) -> Metric {
    Metric {
        name,
        unit: "Count",
        of: Counted::Outcomes(outcomes),
    }
}

/// The names of all metrics.
pub fn metric_names() -> impl Iterator<Item = &'static str> {
    METRICS.iter().map(|metric| metric.name)
}

/// The metrics of one installation.
#[derive(Debug, Clone)]
pub struct Metrics {
    installation: String,
}

impl Metrics {
    /// Those of this place, if it wants any.
    pub fn of(place: &Place) -> Option<Self> {
        let prefix = place.table_prefix.as_str();
        let name = prefix.trim_end_matches('-');
        place.metrics.then(|| Self {
            // A dimension without a value is none.
            installation: if name.is_empty() { prefix } else { name }.to_owned(),
        })
    }

    /// Adds to a line what it counts for, by these outcomes, separated by commas, and by its fields.
    pub(super) fn add_to(&self, line: &mut Members, outcomes: &str, now: Timestamp) {
        let counted: Vec<_> = METRICS
            .iter()
            .filter_map(|metric| Some((metric, metric.value(line, outcomes)?)))
            .collect();
        if counted.is_empty() {
            return;
        }
        let metrics: Vec<_> = counted
            .iter()
            .map(|(metric, _)| json!({ "Name": metric.name, "Unit": metric.unit }))
            .collect();
        let directive = json!({
            "Namespace": NAMESPACE,
            "Dimensions": [[DIMENSION]],
            "Metrics": metrics,
        });
        let metadata = json!({
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [directive],
        });
        line.insert("_aws", metadata);
        line.insert(DIMENSION, self.installation.clone().into());
        for (metric, value) in counted {
            line.insert(metric.name, value);
        }
    }
}

impl Metric {
    /// What the line adds to it, if anything.
    fn value(&self, line: &Members, outcomes: &str) -> Option<Value> {
        match self.of {
            Counted::Outcomes(known) => {
                let met = outcomes
                    .split(',')
                    .filter(|outcome| known.contains(&outcome.trim()));
                let count = met.count();
                (count > 0).then(|| count.into())
            }
            Counted::Field(name) => line.get(name).filter(|value| value.is_number()).cloned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::{METRICS, Members, Metrics, NAMESPACE};
    use crate::config::Place;

    fn place(table_prefix: &str) -> Place {
        Place {
            table_prefix: table_prefix.to_owned(),
            parameter_path: "/gatehouse".to_owned(),
            log_level: "info".to_owned(),
            base_paths: Vec::new(),
            metrics: true,
        }
    }

    /// What becomes of a line with these fields and outcomes.
    fn line(fields: &[(&'static str, Value)], outcomes: &str) -> Value {
        let mut line: Members = fields.iter().cloned().collect();
        let now = Timestamp::from_millisecond(1_795_000_000_123).expect("an instant");
        let metrics = Metrics::of(&place("gatehouse-")).expect("they are on");
        metrics.add_to(&mut line, outcomes, now);
        json!(line)
    }

    #[test]
    fn a_line_of_a_known_outcome_is_a_document_of_the_embedded_metric_format() {
        assert_eq!(
            line(&[("message", json!("answered"))], "signed-in"),
            json!({
                "_aws": {
                    "Timestamp": 1_795_000_000_123_i64,
                    "CloudWatchMetrics": [{
                        "Namespace": "Gatehouse",
                        "Dimensions": [["installation"]],
                        "Metrics": [{ "Name": "SignIns", "Unit": "Count" }],
                    }],
                },
                "SignIns": 1,
                "installation": "gatehouse",
                "message": "answered",
            })
        );
    }

    #[test]
    fn each_outcome_of_a_line_counts() {
        let both = line(&[], "failed,not-sent");
        assert_eq!(
            (&both["Failures"], &both["MessagesFailed"]),
            (&json!(1), &json!(1))
        );
        let metrics = &both["_aws"]["CloudWatchMetrics"][0]["Metrics"];
        assert_eq!(metrics.as_array().map(Vec::len), Some(2));
        let twice = line(&[], "wrong-password, wrong-password");
        assert_eq!(twice["WrongPasswords"], 2);
    }

    #[test]
    fn the_age_of_the_outbox_is_the_fields_value() {
        let aged = line(&[("outbox_age", json!(901))], "");
        assert_eq!(aged["OutboxAge"], 901);
        let metrics = &aged["_aws"]["CloudWatchMetrics"][0]["Metrics"];
        assert_eq!(
            metrics,
            &json!([{ "Name": "OutboxAge", "Unit": "Seconds" }])
        );
    }

    #[test]
    fn whatever_else_is_known_of_a_line_counts_for_nothing() {
        for outcomes in [
            "",
            "changed",
            "refused",
            "signed-in-not",
            "registered,created",
        ] {
            let user = json!("6f0bd4a5-6b0c-4f53-8d7c-2a9d4f1b7e90");
            let told = line(
                &[("user.id", user.clone()), ("status", json!(200))],
                outcomes,
            );
            assert_eq!(
                told,
                json!({ "user.id": user, "status": 200 }),
                "{outcomes:?}"
            );
        }
    }

    /// The format's schema (Embedded Metric Format Specification, CloudWatch): what a name, a dimension and a value may be.
    #[test]
    fn every_metric_is_what_the_format_takes() {
        let units = ["Count", "Seconds"];
        for metric in METRICS {
            assert!(units.contains(&metric.unit), "{}", metric.name);
            assert!((1..=1024).contains(&metric.name.len()), "{}", metric.name);
        }
        let all = "failed,signed-in,wrong-password,locked,refresh-token-reused,not-sent,Bounce";
        let line = line(&[("outbox_age", json!(0))], all);
        let metadata = line["_aws"].as_object().expect("an object");
        assert_eq!(
            metadata.keys().collect::<Vec<_>>(),
            ["CloudWatchMetrics", "Timestamp"]
        );
        assert!(metadata["Timestamp"].is_u64());
        let directive = &metadata["CloudWatchMetrics"][0];
        assert!((1..=1024).contains(&NAMESPACE.len()) && directive["Namespace"] == NAMESPACE);
        let named = directive["Metrics"].as_array().expect("a list");
        assert!((1..=100).contains(&named.len()));
        assert_eq!(named.len(), METRICS.len());
        for metric in named {
            let name = metric["Name"].as_str().expect("a name");
            assert!(line[name].is_number(), "{name} is no member at the root");
        }
        for dimension in directive["Dimensions"][0].as_array().expect("a set") {
            let value = &line[dimension.as_str().expect("a name")];
            let value = value.as_str().expect("a text at the root");
            assert!((1..=1024).contains(&value.len()));
        }
    }

    #[test]
    fn an_installation_is_called_by_its_tables_prefix() {
        for (prefix, name) in [
            ("gatehouse-", "gatehouse"),
            ("one.two", "one.two"),
            ("-", "-"),
        ] {
            let metrics = Metrics::of(&place(prefix)).expect("they are on");
            let mut line = Members::new();
            metrics.add_to(&mut line, "failed", Timestamp::UNIX_EPOCH);
            assert_eq!(line["installation"], name);
        }
        let off = Place {
            metrics: false,
            ..place("gatehouse-")
        };
        assert!(Metrics::of(&off).is_none());
    }
}
