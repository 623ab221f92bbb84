//! How many round trips to the database an operation takes, one after another.

use serde_json::json;

use crate::harness::{PASSWORD, Platform};

#[tokio::test]
async fn signing_in_takes_two_round_trips_and_one_beside_the_hash() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    platform.connector.forget();
    platform.signed_in("ann@example.com", PASSWORD).await;
    assert_eq!(
        json!(platform.connector.round_trips()),
        json!([
            ["GetItem limits", "UpdateItem users"],
            ["GetItem users"],
            ["PutItem sessions", "UpdateItem users"],
        ])
    );
}
