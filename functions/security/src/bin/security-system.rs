//! The Lambda function security-system: document 001, rows 3, 14, 15, 17 and 18.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve(&security::SYSTEM).await
}
