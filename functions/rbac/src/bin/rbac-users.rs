//! The Lambda function rbac-users: document 002, rows 3 to 7.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve(&rbac::USERS).await
}
