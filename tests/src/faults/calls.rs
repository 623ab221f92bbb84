//! The calls of every flow, in `calls.txt`: a walk that walks less proves less.
//!
//! A line for each flow, `test: call, call`, those of one test in their order. `UPDATE_CALLS=1 cargo test -p tests -- fault`
//! writes the lines of the flows that are walked anew. `cargo test -p tests -- --nocapture every_line_of_the_calls` counts what
//! all of them are held against, and each walk says it of itself.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::faults_at;
use crate::contracts::source_of;
use crate::harness::are_processes;

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/faults/calls.txt")
}

/// What the test that runs has walked is what the file says of it.
///
/// Not where functions are processes: there a delivery begins with the news of an intent, here with a look for intents.
#[expect(clippy::disallowed_methods, reason = "asks whether to write the file")]
pub(super) fn assert_recorded(walked: &[Vec<String>]) {
    let thread = std::thread::current();
    let test = thread.name().expect("a test's own thread");
    let line = |calls: &Vec<String>| format!("{test}: {}", calls.join(", "));
    let lines: Vec<_> = walked.iter().map(line).collect();
    say(&format!("{test}: {}", Figures::of(&lines)));
    if are_processes() {
        return;
    }
    if std::env::var_os("UPDATE_CALLS").is_some() {
        return update(test, &lines);
    }
    let mut recorded = recorded();
    recorded.retain(|line| is_of(test, line));
    let sorted = |lines: &[String]| lines.iter().map(|line| in_any_order(line)).collect();
    let (walked, recorded): (Vec<_>, Vec<_>) = (sorted(&lines), sorted(&recorded));
    assert_eq!(
        walked, recorded,
        "not the calls of calls.txt; if that is meant, UPDATE_CALLS=1 writes them anew"
    );
}

/// Replaces the lines of a test.
fn update(test: &str, lines: &[String]) {
    static WRITING: Mutex<()> = Mutex::new(());
    let _alone = WRITING.lock();
    let mut all = recorded();
    all.retain(|line| !is_of(test, line));
    all.extend_from_slice(lines);
    // Those of one test stay in their order.
    all.sort_by(|one, other| split(one).0.cmp(split(other).0));
    std::fs::write(file(), all.join("\n") + "\n").expect("the file can be written");
}

fn recorded() -> Vec<String> {
    let text = std::fs::read_to_string(file()).expect("the committed file");
    text.lines().map(str::to_owned).collect()
}

fn is_of(test: &str, line: &str) -> bool {
    split(line).0 == test
}

/// The test of a line, and its calls.
fn split(line: &str) -> (&str, impl Iterator<Item = &str>) {
    let (test, calls) = line.split_once(": ").expect("a test and its calls");
    (test, calls.split(", "))
}

/// The calls of a line, sorted: what goes on beside a hash comes before or after it.
fn in_any_order(line: &str) -> Vec<String> {
    let mut calls: Vec<_> = split(line).1.map(str::to_owned).collect();
    calls.sort();
    calls
}

/// How much is walked.
#[derive(Default)]
struct Figures {
    flows: usize,
    calls: usize,
    faults: usize,
}

impl Figures {
    fn of(lines: &[String]) -> Self {
        let mut figures = Self::default();
        for line in lines {
            figures.flows += 1;
            for call in split(line).1 {
                figures.calls += 1;
                figures.faults += faults_at(call).count();
            }
        }
        figures
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            flows,
            calls,
            faults,
        } = self;
        write!(
            formatter,
            "{flows} flows, {calls} calls, {faults} times a call meets a fault"
        )
    }
}

#[expect(clippy::print_stdout, reason = "a figure for whoever asks")]
fn say(what: &str) {
    println!("{what}");
}

#[test]
fn every_line_of_the_calls_belongs_to_a_walk_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let recorded = recorded();
    for line in &recorded {
        let (test, _) = split(line);
        let (module, name) = test.rsplit_once("::").expect("a path");
        let source = source_of(&root, module);
        let source = source.unwrap_or_else(|| panic!("{test}: no such file"));
        let start = format!("async fn {name}() {{");
        let mut parts = source.split(&start).skip(1);
        let body = parts.next().and_then(|rest| rest.split("\n}").next());
        let walks = body.is_some_and(|body| body.contains("walk"));
        assert!(walks, "{test}: no such walk");
    }
    say(&Figures::of(&recorded).to_string());
}
