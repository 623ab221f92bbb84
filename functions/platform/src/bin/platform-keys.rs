//! The Lambda function platform-keys: the public keys and the OpenAPI documents.

use shared::runtime::{Foundation, ServeError, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ServeError> {
    let foundation = Foundation::start().await?;
    serve(platform::keys(&foundation)).await
}
