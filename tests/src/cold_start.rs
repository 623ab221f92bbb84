//! Every function starts and asks for an event. How long that takes, and how large it is, are figures without a judgement:
//! `GATEHOUSE_STARTS=release cargo test -p tests -- --nocapture every_function_starts` measures the binaries of that profile.

use std::time::Duration;

use crate::deployment::all;
use crate::harness::Platform;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "chooses what is measured")]
async fn every_function_starts_and_asks_for_an_event() {
    let measured = std::env::var("GATEHOUSE_STARTS").ok();
    let (profile, starts_each) = match &measured {
        Some(profile) => (profile.as_str(), 21),
        None => ("debug", 1),
    };
    let platform = Platform::start().await;
    let cloud = platform.cloud().await;
    println!("| function | binary, kB | start to first poll, ms |\n|---|---|---|");
    for name in all().into_keys() {
        let mut starts = Vec::new();
        let mut bytes = 0;
        for _ in 0..starts_each {
            let started = cloud.function(name).start_of(profile).await;
            starts.push(started.0);
            bytes = started.1;
        }
        starts.sort();
        let median: Duration = starts[starts_each / 2];
        println!(
            "| {name} | {} | {:.1} |",
            bytes / 1000,
            median.as_secs_f64() * 1e3
        );
    }
}
