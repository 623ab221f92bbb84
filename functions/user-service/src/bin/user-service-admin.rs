//! The Lambda function user-service-admin: document 000, rows 15 to 18.

use shared::runtime::{Foundation, ServeError, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ServeError> {
    let foundation = Foundation::start().await?;
    serve(user_service::admin(
        &foundation,
        &foundation.open_secrets()?,
    )?)
    .await
}
