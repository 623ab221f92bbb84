//! The Lambda function user-service-attributes: document 000, rows 8 to 10.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve(&user_service::ATTRIBUTES).await
}
