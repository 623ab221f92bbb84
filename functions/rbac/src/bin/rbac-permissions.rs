//! The Lambda function rbac-permissions: document 002, rows 8 to 11.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve(&rbac::PERMISSIONS).await
}
