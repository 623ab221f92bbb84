//! The Lambda function platform-pages: the pages that mails lead to.

use shared::runtime::{Foundation, ServeError, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ServeError> {
    let foundation = Foundation::start().await?;
    serve(platform::pages(&foundation, &foundation.open_secrets()?)?).await
}
