//! The log: one JSON object per line, flat, written to be billed by the byte. Which lines are written can be changed while the
//! process runs.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::{Number, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, Filter, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, registry};

use super::metrics::Metrics;
use crate::config::Place;
use crate::domain::{Dialect, LogLevel, LogLevels, Subsystem};

/// The crates whose lines are written from the configured level on.
const OURS: [&str; 8] = [
    "shared",
    "user_service",
    "security",
    "rbac",
    "session",
    "identify",
    "platform",
    "local",
];

/// Lines that are written for a metric's sake alone, whatever the levels are.
const SAMPLES: &str = "shared::metrics";

/// Which lines are written: of our own code those from the level of their subsystem on, warnings of the rest. And whether they
/// count.
///
/// What is cloned from it changes with it.
#[derive(Debug, Clone)]
pub struct LogFilter {
    default: LevelFilter,
    shown: Arc<RwLock<Targets>>,
    metrics: Option<Metrics>,
}

impl LogFilter {
    /// All subsystems from this level on.
    pub fn at(level: &str) -> Self {
        let default = level.parse().unwrap_or(LevelFilter::INFO);
        Self {
            default,
            shown: Arc::new(RwLock::new(targets(default, &LogLevels::new()))),
            metrics: None,
        }
    }

    /// As this place has it, metrics included.
    pub fn of(place: &Place) -> Self {
        Self {
            metrics: Metrics::of(place),
            ..Self::at(&place.log_level)
        }
    }

    /// These levels from now on; what is not among them as it was at the beginning.
    pub fn set(&self, levels: &LogLevels) {
        let shown = targets(self.default, levels);
        if self.with_shown(|before| *before == shown) {
            return;
        }
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = shown;
        // Which lines nobody wants is remembered where they are written.
        tracing::callsite::rebuild_interest_cache();
    }

    fn shows(&self, line: &Metadata<'_>) -> bool {
        if !is_ours(line.target()) {
            // Also where the name of another crate begins like one of ours, which is enough for `Targets`.
            return line.is_event() && *line.level() <= Level::WARN;
        }
        if line.target() == SAMPLES {
            return self.metrics.is_some();
        }
        // A request's span carries what its lines tell, of whatever subsystem they are.
        line.is_span() || self.with_shown(|shown| shown.would_enable(line.target(), line.level()))
    }

    fn with_shown<T>(&self, read: impl FnOnce(&Targets) -> T) -> T {
        read(&self.shown.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S> Filter<S> for LogFilter {
    fn enabled(&self, line: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.shows(line)
    }

    fn callsite_enabled(&self, line: &'static Metadata<'static>) -> Interest {
        if self.shows(line) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let hint = self.with_shown(Filter::<S>::max_level_hint);
        let least = self
            .metrics
            .as_ref()
            .map_or(LevelFilter::OFF, |_| LevelFilter::INFO);
        hint.map(|hint| hint.max(least))
    }
}

fn is_ours(target: &str) -> bool {
    OURS.contains(&target.split("::").next().unwrap_or_default())
}

fn targets(default: LevelFilter, levels: &LogLevels) -> Targets {
    let set = levels.iter().flat_map(|(subsystem, level)| {
        let level = threshold(*level);
        modules(*subsystem)
            .iter()
            .map(move |module| (*module, level))
    });
    Targets::new()
        .with_default(LevelFilter::WARN)
        .with_targets(OURS.map(|target| (target, default)))
        .with_targets(set)
}

/// Where a subsystem's lines come from. The longest name that fits a line decides.
fn modules(subsystem: Subsystem) -> &'static [&'static str] {
    match subsystem {
        Subsystem::Http => &["shared::http"],
        Subsystem::Service => &["shared::service"],
        Subsystem::Store => &["shared::store"],
        Subsystem::Mail => &["shared::mail", "shared::service::delivery"],
        Subsystem::Sms => &["shared::sms"],
        Subsystem::Tokens => &["shared::tokens"],
        Subsystem::Keys => &["shared::keys"],
        Subsystem::Runtime => &["shared::runtime", "shared::config", "local"],
        Subsystem::Platform | Subsystem::Dialect(Dialect::Pages) => &["platform"],
        Subsystem::Dialect(Dialect::UserService) => &["user_service"],
        Subsystem::Dialect(Dialect::Security) => &["security"],
        Subsystem::Dialect(Dialect::Rbac) => &["rbac"],
        Subsystem::Dialect(Dialect::Session) => &["session"],
        Subsystem::Dialect(Dialect::Identify) => &["identify"],
    }
}

/// The log has fewer levels than document 001 has names.
fn threshold(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::None => LevelFilter::OFF,
        LogLevel::Fatal | LogLevel::Critical | LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warning | LogLevel::Notice => LevelFilter::WARN,
        LogLevel::Information => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

/// Begins the log, to standard error; what changes its levels.
pub fn init_logs(filter: LogFilter) -> LogFilter {
    // A second call finds the first one's subscriber in place: that one stays.
    let _ = tracing::subscriber::set_global_default(logs(&filter, std::io::stderr));
    filter
}

/// The log, to what `writer` gives for each line.
pub fn logs<W: Write + 'static>(
    filter: &LogFilter,
    writer: impl Fn() -> W + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync {
    let lines = Lines {
        writer,
        metrics: filter.metrics.clone(),
    };
    registry().with(lines.with_filter(filter.clone()))
}

/// Writes lines: time, level, what the event tells, and what is known of the spans around it. The event's word goes first.
struct Lines<F> {
    writer: F,
    metrics: Option<Metrics>,
}

/// What a line holds, by name.
pub(super) type Members = BTreeMap<&'static str, Value>;

/// What a span tells of every line in it.
struct Told(Members);

impl<S, F, W> Layer<S> for Lines<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    F: Fn() -> W + 'static,
    W: Write,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut told = Members::new();
        attributes.record(&mut Recorder(&mut told));
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Told(told));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(Told(told)) = span.extensions_mut().get_mut()
        {
            values.record(&mut Recorder(told));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let line = self.line(event, &context);
        let mut line = serde_json::to_vec(&line).expect("names are texts");
        line.push(b'\n');
        // As a whole, so that no other line gets between. Where a log cannot be written, nothing can tell of it.
        let _ = (self.writer)().write_all(&line);
    }
}

impl<F> Lines<F> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a line tells when it was written, not what time the platform keeps"
    )]
    fn line<S>(&self, event: &Event<'_>, context: &Context<'_, S>) -> Members
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let metadata = event.metadata();
        let mut line = Members::new();
        let now = jiff::Timestamp::now();
        line.insert("timestamp", format!("{now:.3}").into());
        line.insert("level", metadata.level().as_str().into());
        event.record(&mut Recorder(&mut line));
        let is_own = line.contains_key("outcome") || line.contains_key("status");
        if *metadata.level() <= Level::WARN {
            // Where to look; a line that is written for every request does without.
            line.insert("target", metadata.target().into());
        }
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(Told(told)) = span.extensions().get() {
                for (name, value) in told {
                    line.entry(*name).or_insert_with(|| value.clone());
                }
            }
        }
        if let Some(metrics) = &self.metrics {
            // What became of the whole request is told by its own line; others beside it carry it, too.
            let outcomes = line.get("outcome").filter(|_| is_own);
            let outcomes = outcomes
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            metrics.add_to(&mut line, &outcomes, now);
        }
        line
    }
}

/// Collects the fields of an event or a span.
struct Recorder<'a>(&'a mut Members);

impl Visit for Recorder<'_> {
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

    fn record_f64(&mut self, field: &Field, value: f64) {
        // A whole one without its fraction.
        let number = value.to_string().parse::<Number>();
        self.set(field, number.map_or(Value::Null, Value::Number));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }
}

impl Recorder<'_> {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::Value;

    use super::{LogFilter, logs};
    use crate::config::Place;
    use crate::domain::{LogLevel, LogLevels, Subsystem};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("no panic inside").extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What `write` logs under these levels.
    fn logged(levels: &LogLevels, write: impl FnOnce()) -> Vec<Value> {
        let filter = LogFilter::at("info");
        filter.set(levels);
        logged_by(&filter, write)
    }

    fn logged_by(filter: &LogFilter, write: impl FnOnce()) -> Vec<Value> {
        let lines = Lines::default();
        let writer = lines.clone();
        // With one subscriber alone, tracing asks whichever thread comes first whether to log at all.
        let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
        tracing::subscriber::with_default(logs(filter, move || writer.clone()), write);
        let text = String::from_utf8(lines.0.lock().expect("no panic inside").clone());
        let text = text.expect("a text");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }

    #[test]
    fn a_line_names_its_request_whatever_the_level_of_http() {
        let lines = logged(
            &LogLevels::from([(Subsystem::Http, LogLevel::None)]),
            || {
                let span = tracing::error_span!(target: "shared::http::shell", "request", request.id = "r1");
                span.in_scope(|| {
                    tracing::error!(target: "shared::http::shell", "silenced");
                    tracing::info!(target: "shared::service::limits", "told");
                });
            },
        );
        let [line] = &lines[..] else {
            panic!("one line: {lines:?}");
        };
        assert_eq!(
            (&line["message"], &line["request.id"]),
            (&"told".into(), &"r1".into())
        );
    }

    #[test]
    fn no_level_opens_the_log_to_other_crates() {
        let all = Subsystem::all().map(|subsystem| (subsystem, LogLevel::Trace));
        let lines = logged(&all.collect(), || {
            let span = tracing::error_span!(target: "hyper::client", "call", body = "canary");
            span.in_scope(|| {
                tracing::info!(target: "hyper::client", "canary");
                tracing::info!(target: "security_of_others", "canary");
                tracing::trace!(target: "security::system", "told");
            });
        });
        let [line] = &lines[..] else {
            panic!("one line: {lines:?}");
        };
        assert_eq!(line["message"], "told");
        assert!(!line.to_string().contains("canary"), "{line}");
    }

    /// What counts of the lines that `write` logs at this level.
    fn counted(level: &str, write: impl FnOnce()) -> Vec<(Value, Value)> {
        let filter = LogFilter::of(&Place {
            table_prefix: "gatehouse-".to_owned(),
            parameter_path: "/gatehouse".to_owned(),
            log_level: level.to_owned(),
            base_paths: Vec::new(),
            metrics: true,
        });
        let lines = logged_by(&filter, write).into_iter();
        let of = |line: Value| {
            let metrics = &line["_aws"]["CloudWatchMetrics"][0]["Metrics"];
            (line["message"].clone(), metrics[0]["Name"].clone())
        };
        lines.map(of).collect()
    }

    #[test]
    fn a_request_counts_once_whatever_else_is_told_of_it() {
        let counted = counted("info", || {
            let span = tracing::error_span!(
                target: "shared::http::shell", "request", outcome = "wrong-password");
            span.in_scope(|| {
                tracing::warn!(target: "shared::service", "a failed sign-in was not counted");
                tracing::error!(target: "shared::http::fault", outcome = "failed", "internal error");
                tracing::info!(target: "shared::http::shell", status = 401, "answered");
            });
        });
        assert_eq!(
            counted,
            [
                ("a failed sign-in was not counted".into(), Value::Null),
                ("internal error".into(), "Failures".into()),
                ("answered".into(), "WrongPasswords".into()),
            ]
        );
    }

    #[test]
    fn a_line_for_a_metric_is_there_at_any_level_and_only_for_it() {
        let sample = || {
            tracing::info!(target: "shared::metrics", outbox_age = 7_i64, "the outbox was swept");
            tracing::info!(target: "shared::service", "silenced");
        };
        let line = ("the outbox was swept".into(), "OutboxAge".into());
        assert_eq!(counted("error", sample), [line]);
        let [line] = &logged(&LogLevels::new(), sample)[..] else {
            panic!("without metrics there is no such line");
        };
        assert_eq!(line["message"], "silenced");
    }

    #[test]
    fn the_longest_name_decides_whose_line_it_is() {
        let levels = LogLevels::from([
            (Subsystem::Service, LogLevel::Trace),
            (Subsystem::Mail, LogLevel::Error),
        ]);
        let lines = logged(&levels, || {
            tracing::debug!(target: "shared::service::sign_in", "told");
            tracing::warn!(target: "shared::service::delivery", "silenced");
        });
        let messages: Vec<_> = lines.iter().map(|line| &line["message"]).collect();
        assert_eq!(messages, ["told"]);
    }
}
