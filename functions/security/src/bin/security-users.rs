//! The Lambda function security-users: document 001, rows 4 to 8.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve(&security::USERS).await
}
