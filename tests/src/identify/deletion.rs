//! An account that is deleted leaves nothing behind in any project.

use serde_json::json;

use super::{
    ANN, DEVICE, OTHER_DEVICE, SHARING, ann, confirmed, sessions, signed_in, signed_in_on,
    signing_in,
};
use crate::harness::{PASSWORD, Platform};

async fn delete(platform: &Platform) {
    let token = platform.signed_in(ANN, PASSWORD).await.access_token;
    let delete = platform
        .delete("/user-service/v1/users/user")
        .bearer(&token);
    assert_eq!(delete.send().await.status, 204);
}

#[tokio::test]
async fn sessions_end_at_once_and_what_projects_know_is_erased() {
    let platform = Platform::start().await;
    let third = "0b7c4a52-6a0f-4f6e-9a39-2f1f3f0a7d11";
    platform
        .put_project(third, &json!({ "providers": { "awsCognito": {} } }))
        .await;
    let login = ann(&platform).await;
    signed_in_on(&platform, SHARING, OTHER_DEVICE).await;
    signed_in(&platform, third, ANN).await;
    let guest = super::anonymous::coming(&platform, SHARING, DEVICE)
        .send()
        .await;
    assert_eq!(guest.status, 201);
    assert_eq!(platform.items("devices").await.len(), 7);
    delete(&platform).await;
    assert_eq!(login.status(&platform).await, 401);
    assert_eq!(login.refresh(&platform).send().await.status, 401);
    assert_eq!(
        signing_in(&platform, SHARING, ANN, PASSWORD)
            .send()
            .await
            .status,
        401
    );
    platform.deliver().await;
    assert_eq!(sessions(&platform).await, 0);
    let left = platform.items("devices").await;
    assert_eq!(left.len(), 2, "the guest's: {left:?}");
    let guest = guest.json()["data"]["userId"].clone();
    assert!(left.iter().all(|item| item["user_id"] == guest));
    let returned = super::anonymous::returning(&platform, SHARING, DEVICE);
    assert_eq!(returned.send().await.status, 200);
}

#[tokio::test]
async fn the_address_is_free_and_nothing_of_the_former_user_comes_back() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let named = json!({ "nickname": "Ann", "custom:team": "red" });
    login.change(&platform, &named).send().await;
    delete(&platform).await;
    platform.deliver().await;
    confirmed(&platform, SHARING, ANN).await;
    platform.clock.advance_seconds(10);
    let other = signed_in(&platform, SHARING, ANN).await;
    assert_ne!(other.user, login.user);
    let body = other.profile(&platform).send().await.json();
    assert_eq!(body["data"]["nickname"], json!(null));
    assert_eq!(body["data"].get("custom:team"), None);
    assert_eq!(
        body["data"]["data"]["loginHistory"],
        json!([super::START + 10])
    );
}
