//! The Lambda function security-messaging: document 001, rows 12 and 13.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve(&security::MESSAGING).await
}
