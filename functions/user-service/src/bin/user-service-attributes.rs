//! The Lambda function user-service-attributes: document 000, rows 8 to 10.

use shared::runtime::{Foundation, ServeError, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ServeError> {
    let foundation = Foundation::start().await?;
    serve(user_service::attributes(&foundation)?).await
}
