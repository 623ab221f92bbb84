//! Avatars: who may change one, what is stored, and that none outlives its account.

use data_encoding::{BASE64, HEXLOWER};
use http::Method;
use serde_json::{Value, json};
use shared::domain::{Dialect, PictureType, UserId};
use shared::error::Error;
use shared::service::{Avatars, CurrentUser};

use super::{ANN, START_MS, v1};
use crate::harness::{Platform, Session};
use crate::user_service::administrator;

const BOB: &str = "bob@example.com";
/// A pixel, and another.
const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg==";
const OTHER: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mP4DwABAQEAHLCMmQAAAABJRU5ErkJggg==";

struct Scene {
    platform: Platform,
    avatars: Avatars,
    session: Session,
    ann: CurrentUser,
    bob: CurrentUser,
}

impl Scene {
    async fn set() -> Self {
        let platform = Platform::start().await;
        let session = platform.new_session(ANN).await;
        let other = platform.new_session(BOB).await;
        // By then keys that were made elsewhere are read.
        platform.clock.advance_seconds(61);
        let sessions = platform.local.foundation.sessions().expect("keys");
        let ann = sessions.authorise(&session.access_token, Dialect::UserService);
        let bob = sessions.authorise(&other.access_token, Dialect::UserService);
        let (ann, bob) = (ann.await.expect("lives"), bob.await.expect("lives"));
        let avatars = Avatars::new(platform.local.foundation.context.clone());
        platform.connector.forget();
        Self {
            platform,
            avatars,
            session,
            ann,
            bob,
        }
    }

    fn ann_id(&self) -> UserId {
        self.ann.user().id
    }

    async fn account(&self) -> Value {
        let items = self.platform.items("users").await;
        let key = json!(format!("user#{}", self.ann_id()));
        let account = items.iter().find(|item| item["pk"] == key);
        json!(account.expect("the account"))
    }

    async fn put(&self, by: &CurrentUser, is_root: bool, upload: &[u8]) -> Result<String, Error> {
        let upload = upload.to_vec();
        let put = self.avatars.put(by, is_root, self.ann_id(), upload);
        put.await.map(|tag| tag.to_string())
    }
}

fn bytes(base64: &str) -> Vec<u8> {
    BASE64.decode(base64.as_bytes()).expect("base64")
}

#[tokio::test]
async fn an_avatar_is_stored_with_its_account_in_one_transaction_and_shown_to_everybody() {
    let scene = Scene::set().await;
    let before = scene.account().await;
    let tag = scene.put(&scene.ann, false, &bytes(PIXEL)).await;
    let tag = tag.expect("taken");
    let calls = scene.platform.connector.calls();
    assert_eq!(calls, ["TransactWriteItems users+avatars"]);
    assert_eq!(
        json!(scene.platform.items("avatars").await),
        json!([{
            "user_id": scene.ann_id().to_string(),
            "content_type": "image/png",
            "picture": HEXLOWER.encode(&bytes(PIXEL)),
            "tag": tag,
            "changed_at": START_MS + 61_000,
        }])
    );
    let mut expected = before;
    expected["avatar"] = json!(tag);
    assert_eq!(scene.account().await, expected);
    for caller in [&scene.ann, &scene.bob] {
        let shown = scene.avatars.get(caller, scene.ann_id()).await;
        let shown = shown.expect("an avatar");
        assert_eq!(shown.picture.content_type(), PictureType::Png);
        assert_eq!(shown.picture.bytes(), bytes(PIXEL));
        assert_eq!(shown.tag.as_str(), tag);
    }
}

#[tokio::test]
async fn another_avatar_replaces_the_first_and_the_account_forgets_one_that_is_removed() {
    let scene = Scene::set().await;
    let before = scene.account().await;
    let first = scene.put(&scene.ann, false, &bytes(PIXEL)).await;
    let second = scene.put(&scene.ann, false, &bytes(OTHER)).await;
    let (first, second) = (first.expect("taken"), second.expect("taken"));
    assert_ne!(first, second);
    let stored = scene.platform.items("avatars").await;
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0]["tag"], json!(second));
    assert_eq!(scene.account().await["avatar"], json!(second));
    let removed = scene.avatars.delete(&scene.ann, false, scene.ann_id());
    removed.await.expect("removed");
    assert_eq!(scene.platform.items("avatars").await, []);
    assert_eq!(scene.account().await, before);
    let again = scene
        .avatars
        .delete(&scene.ann, false, scene.ann_id())
        .await;
    assert!(matches!(again, Err(Error::NotFound)), "{again:?}");
    let shown = scene.avatars.get(&scene.ann, scene.ann_id()).await;
    assert!(matches!(shown, Err(Error::NotFound)), "{shown:?}");
    assert_eq!(scene.account().await, before);
}

#[tokio::test]
async fn only_the_owner_and_root_change_an_avatar() {
    let scene = Scene::set().await;
    let before = scene.platform.dump().await;
    let put = scene.put(&scene.bob, false, &bytes(PIXEL)).await;
    assert!(matches!(put, Err(Error::Forbidden)), "{put:?}");
    assert_eq!(scene.platform.dump().await, before);
    scene
        .put(&scene.bob, true, &bytes(PIXEL))
        .await
        .expect("taken");
    let stored = scene.platform.dump().await;
    let removed = scene
        .avatars
        .delete(&scene.bob, false, scene.ann_id())
        .await;
    assert!(matches!(removed, Err(Error::Forbidden)), "{removed:?}");
    assert_eq!(scene.platform.dump().await, stored);
    let removed = scene.avatars.delete(&scene.bob, true, scene.ann_id());
    removed.await.expect("removed");
    assert_eq!(scene.platform.dump().await, before);
}

#[tokio::test]
async fn what_is_no_picture_stores_nothing() {
    let scene = Scene::set().await;
    let before = scene.platform.dump().await;
    for upload in [b"".as_slice(), b"<svg/>", &bytes(PIXEL)[..40]] {
        let put = scene.put(&scene.ann, false, upload).await;
        assert!(matches!(put, Err(Error::RefusedPicture(_))), "{put:?}");
    }
    assert_eq!(scene.platform.dump().await, before);
    assert_eq!(scene.platform.connector.calls(), [""; 0], "nobody asked");
}

#[tokio::test]
async fn who_has_no_account_has_no_avatar() {
    let scene = Scene::set().await;
    let before = scene.platform.dump().await;
    let nobody = UserId::parse("6ba7b810-9dad-41d1-80b4-00c04fd430c8").expect("an id");
    let put = scene
        .avatars
        .put(&scene.ann, true, nobody, bytes(PIXEL))
        .await;
    let shown = scene.avatars.get(&scene.ann, nobody).await;
    let removed = scene.avatars.delete(&scene.ann, true, nobody).await;
    assert!(matches!(put, Err(Error::NotFound)), "{put:?}");
    assert!(matches!(shown, Err(Error::NotFound)), "{shown:?}");
    assert!(matches!(removed, Err(Error::NotFound)), "{removed:?}");
    assert_eq!(scene.platform.dump().await, before);
}

#[tokio::test]
async fn an_avatar_is_not_shown_after_its_account_is_deleted_and_is_then_erased() {
    let scene = Scene::set().await;
    let (platform, ann) = (&scene.platform, &scene.ann);
    scene.put(ann, false, &bytes(PIXEL)).await.expect("taken");
    let delete = platform.delete(&v1("user"));
    let deleted = delete.bearer(&scene.session.access_token).send().await;
    assert_eq!(deleted.status, 204);
    assert_eq!(platform.items("avatars").await.len(), 1, "not erased yet");
    let before = platform.dump().await;
    let shown = scene.avatars.get(&scene.bob, scene.ann_id()).await;
    let put = scene.put(ann, false, &bytes(OTHER)).await;
    let removed = scene.avatars.delete(ann, false, scene.ann_id()).await;
    assert!(matches!(shown, Err(Error::NotFound)), "{shown:?}");
    assert!(matches!(put, Err(Error::NotFound)), "{put:?}");
    assert!(matches!(removed, Err(Error::NotFound)), "{removed:?}");
    assert_eq!(platform.dump().await, before);
    assert_eq!(platform.deliver().await.len(), 0, "no mail");
    assert_eq!(platform.items("avatars").await, []);
}

#[tokio::test]
async fn a_change_of_the_account_keeps_its_avatar() {
    let scene = Scene::set().await;
    let put = scene.put(&scene.ann, false, &bytes(PIXEL)).await;
    let tag = json!(put.expect("taken"));
    let platform = &scene.platform;
    let profile = platform
        .post(&v1("profile"))
        .bearer(&scene.session.access_token);
    let renamed = profile.json(&json!({ "firstname": "Anna" })).send().await;
    assert_eq!(renamed.status, 200, "{}", renamed.body);
    let admin = administrator(platform).await;
    let id = &scene.session.user["id"];
    let change = platform.request(Method::PATCH, &v1(&id.to_string()));
    let change = change.bearer(&admin.access_token);
    let moved = change
        .json(&json!({ "email": "anna@example.org" }))
        .send()
        .await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    let account = scene.account().await;
    assert_eq!(account["email"], "anna@example.org");
    assert_eq!(account["first_name"], "Anna");
    assert_eq!(account["avatar"], tag);
}
