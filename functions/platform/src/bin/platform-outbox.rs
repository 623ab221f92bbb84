//! The Lambda function platform-outbox: does what the outbox promises.

use std::process::ExitCode;

use platform::outbox;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve_events(outbox::SECRETS, outbox::open, outbox::answer).await
}
