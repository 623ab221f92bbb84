//! The Lambda function identify-sessions: document 004, rows 7 to 9 and 15.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve(&identify::SESSIONS).await
}
