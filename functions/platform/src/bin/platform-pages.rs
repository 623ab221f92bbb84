//! The Lambda function platform-pages: the pages that mails lead to.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve(&platform::PAGES).await
}
