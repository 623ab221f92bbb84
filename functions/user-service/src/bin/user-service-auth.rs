//! The Lambda function user-service-auth: document 000, rows 1 to 7.

use shared::runtime::{Foundation, ServeError, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ServeError> {
    let foundation = Foundation::start().await?;
    serve(user_service::auth(
        &foundation,
        &foundation.open_secrets()?,
    )?)
    .await
}
