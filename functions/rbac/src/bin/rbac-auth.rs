//! The Lambda function rbac-auth: document 002, rows 1 and 2.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve(&rbac::AUTH).await
}
