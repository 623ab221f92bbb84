//! The Lambda function platform-operator: sets an installation up, and does what an operator asks for.

use std::process::ExitCode;

use platform::operator;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::runtime::serve_operator(operator::SECRETS, operator::answer).await
}
