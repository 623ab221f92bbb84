//! The Lambda function user-service-auth: document 000, rows 1 to 7.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve(&user_service::AUTH).await
}
