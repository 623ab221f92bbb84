//! The Lambda function user-service-profile: document 000, rows 11 to 14.

use shared::runtime::{Foundation, ServeError, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ServeError> {
    let foundation = Foundation::start().await?;
    serve(user_service::profile(&foundation)?).await
}
