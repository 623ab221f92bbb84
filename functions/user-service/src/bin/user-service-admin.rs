//! The Lambda function user-service-admin: document 000, rows 15 to 18.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve(&user_service::ADMIN).await
}
