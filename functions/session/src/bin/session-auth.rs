//! The Lambda function session-auth: document 003, all of it.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve(&session::AUTH).await
}
