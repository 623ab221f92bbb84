//! The Lambda function identify-users: document 004, rows 1 to 6, 11, 12, 14 and 16 to 18.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve(&identify::USERS).await
}
