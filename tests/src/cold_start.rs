//! Every function starts and asks for an event. What starts take is measured by `.ci/speed`.

use crate::deployment::all;
use crate::harness::Platform;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_function_starts_and_asks_for_an_event() {
    let platform = Platform::start().await;
    let cloud = platform.cloud().await;
    for name in all().into_keys() {
        cloud.function(name).sample().await.end().await;
    }
}
