//! How long a function takes from its start to its first request for an event, and how large it is. Figures, no judgement:
//!
//! `cargo build --profile dist --workspace --bins && cargo test -p tests -- --ignored --nocapture cold_starts`

use std::time::Duration;

use crate::deployment::all;
use crate::harness::Platform;

const STARTS: usize = 21;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures binaries of another profile"]
async fn cold_starts() {
    let platform = Platform::start().await;
    let cloud = platform.cloud().await;
    println!("| function | binary, kB | start to first poll, ms |\n|---|---|---|");
    for name in all().into_keys() {
        let mut starts = Vec::new();
        let mut bytes = 0;
        for _ in 0..STARTS {
            let started = cloud.function(name).start_of("dist").await;
            starts.push(started.0);
            bytes = started.1;
        }
        starts.sort();
        let median: Duration = starts[STARTS / 2];
        println!(
            "| {name} | {} | {:.1} |",
            bytes / 1000,
            median.as_secs_f64() * 1e3
        );
    }
}
