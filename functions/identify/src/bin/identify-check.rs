//! The Lambda function identify-check: document 004, rows 10, 13 and 19 to 21.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve(&identify::CHECK).await
}
