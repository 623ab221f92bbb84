//! One process of a function, of which is measured what it uses.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::process::{Child, Command};

use super::function::Function;
use super::runtime_api::RuntimeApi;

/// A process that answers one event after the other.
#[derive(Debug)]
pub(crate) struct Sample {
    process: Child,
    api: Arc<RuntimeApi>,
    /// Serves the Runtime API.
    _function: Function,
    /// From its start until it asked for an event.
    pub(crate) started: Used,
    /// Its binary.
    pub(crate) bytes: u64,
}

/// What a piece of work took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Used {
    /// By the clock on the wall.
    pub(crate) wall: Duration,
    /// Of processors, by all threads of the process.
    pub(crate) processor: Duration,
}

/// Memory that is in use, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resident {
    /// Now.
    pub(crate) now: u64,
    /// At most so far.
    pub(crate) peak: u64,
}

impl Sample {
    #[expect(clippy::disallowed_methods, reason = "measures wall time")]
    pub(super) async fn start(
        mut command: Command,
        binary: &Path,
        api: Arc<RuntimeApi>,
        function: Function,
    ) -> Self {
        let bytes = std::fs::metadata(binary).expect("a built binary").len();
        // The clock of tests would be measured, too.
        command.env_remove("LD_PRELOAD");
        let asked = api.asked();
        let begin = Instant::now();
        let mut process = command.spawn().expect("it starts");
        let ended = tokio::select! {
            () = asked => None,
            status = process.wait() => Some(status),
        };
        let wall = begin.elapsed();
        assert!(ended.is_none(), "{} ended: {ended:?}", binary.display());
        let mut sample = Self {
            process,
            api,
            _function: function,
            started: Used {
                wall,
                processor: Duration::ZERO,
            },
            bytes,
        };
        sample.started.processor = sample.processor();
        sample
    }

    /// Has it answer this event so many times: what each took on average, and the last answer.
    ///
    /// # Panics
    /// It fails to answer.
    #[expect(clippy::disallowed_methods, reason = "measures wall time")]
    pub(crate) async fn answer(&self, times: u32, event: impl Fn(u32) -> Value) -> (Used, Value) {
        let (begin, before) = (Instant::now(), self.processor());
        let mut last = Value::Null;
        for time in 0..times {
            let answer = self.api.send(event(time)).await;
            last = answer
                .expect("an event is answered or failed")
                .expect("an answer");
        }
        let used = Used {
            wall: begin.elapsed() / times,
            processor: self.processor().saturating_sub(before) / times,
        };
        (used, last)
    }

    /// The time of processors that its threads have used: the scheduler's own figure, in nanoseconds.
    fn processor(&self) -> Duration {
        let threads = std::fs::read_dir(self.proc("task")).expect("it runs");
        let nanoseconds = threads.map(|thread| {
            let path = thread.expect("a thread").path().join("schedstat");
            let text = std::fs::read_to_string(path).unwrap_or_default();
            let used = text.split(' ').next().and_then(|used| used.parse().ok());
            used.unwrap_or(0)
        });
        Duration::from_nanos(nanoseconds.sum())
    }

    /// The memory that it holds.
    pub(crate) fn resident(&self) -> Resident {
        let status = std::fs::read_to_string(self.proc("status")).expect("it runs");
        let field = |name: &str| {
            let mut lines = status.lines();
            let line = lines.find_map(|line| line.strip_prefix(name));
            let kib = line.and_then(|line| line.split_whitespace().next());
            kib.and_then(|kib| kib.parse::<u64>().ok()).expect("a size") * 1024
        };
        Resident {
            now: field("VmRSS:"),
            peak: field("VmHWM:"),
        }
    }

    pub(crate) async fn end(mut self) {
        self.process.kill().await.expect("it ends");
    }

    fn proc(&self, name: &str) -> String {
        format!("/proc/{}/{name}", self.process.id().expect("it runs"))
    }
}
