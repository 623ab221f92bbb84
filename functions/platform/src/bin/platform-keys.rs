//! The Lambda function platform-keys: the public keys and the OpenAPI documents.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve(&platform::KEYS).await
}
