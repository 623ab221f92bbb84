//! The Lambda function rbac-roles: document 002, rows 12 to 19.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve(&rbac::ROLES).await
}
