//! The log: one JSON object per line, flat, written to be billed by the byte.

use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields, MakeWriter, layer};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer as _, registry};

/// The crates whose lines are written from the configured level on.
const OURS: [&str; 6] = [
    "shared",
    "user_service",
    "security",
    "rbac",
    "platform",
    "local",
];

/// Lines of our own code from this level on, and warnings of the rest, to standard error.
pub fn init_logs(level: &str) {
    // A second call finds the first one's subscriber in place: that one stays.
    let _ = tracing::subscriber::set_global_default(logs(level, std::io::stderr));
}

/// The same, to a writer.
pub fn logs<W>(level: &str, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let level = level.parse().unwrap_or(LevelFilter::INFO);
    let shown = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_targets(OURS.map(|target| (target, level)));
    let lines = layer()
        .fmt_fields(JsonFields::new())
        .event_format(Line)
        .with_writer(writer);
    registry().with(lines.with_filter(shown))
}

/// Time, level, what the event tells, and what is known of the request it belongs to. The event's word goes first.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> tracing_subscriber::fmt::FormatFields<'a> + 'static,
{
    #[expect(
        clippy::disallowed_methods,
        reason = "a line tells when it was written, not what time the platform keeps"
    )]
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let mut line = Map::new();
        let now = jiff::Timestamp::now();
        line.insert("timestamp".to_owned(), format!("{now:.3}").into());
        line.insert("level".to_owned(), metadata.level().as_str().into());
        event.record(&mut Members(&mut line));
        if *metadata.level() <= Level::WARN {
            // Where to look; a line that is written for every request does without.
            line.insert("target".to_owned(), metadata.target().into());
        }
        for span in context.event_scope().into_iter().flatten() {
            let extensions = span.extensions();
            let fields = extensions.get::<FormattedFields<N>>();
            let fields = fields.map_or("{}", |fields| fields.as_str());
            if let Ok(fields) = serde_json::from_str::<Map<String, Value>>(fields) {
                for (name, value) in fields {
                    line.entry(name).or_insert(value);
                }
            }
        }
        writeln!(writer, "{}", Value::Object(line))
    }
}

/// Collects an event's fields.
struct Members<'a>(&'a mut Map<String, Value>);

impl Visit for Members<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }
}

impl Members<'_> {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}
