//! The Lambda function security-oauth2: document 001, rows 1, 2, 16 and 19.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve(&security::OAUTH2).await
}
