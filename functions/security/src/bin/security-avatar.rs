//! The Lambda function security-avatar: document 001, rows 9 to 11.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve(&security::AVATAR).await
}
