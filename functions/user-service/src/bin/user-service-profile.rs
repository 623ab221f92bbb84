//! The Lambda function user-service-profile: document 000, rows 11 to 14.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve(&user_service::PROFILE).await
}
