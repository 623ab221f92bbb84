//! Avatars: who sets one, what is kept and shown of it, and that none outlives its account.

use data_encoding::{BASE64, HEXLOWER};
use http::Method;
use serde_json::{Value, json};

use super::{delete, get, refusal, request, start, token};
use crate::harness::{Answer, PASSWORD, Platform};
use crate::rbac::uid_of;

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";
/// A pixel, and another.
const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg==";
const OTHER: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mP4DwABAQEAHLCMmQAAAABJRU5ErkJggg==";
const SUCCESS: &str = "200\n{\"Operation\":\"POST\",\"Details\":\"Command completed.\",\"Code\":0}";

/// Root, Ann and Bob; the tokens and Ann's id.
struct Scene {
    platform: Platform,
    root: String,
    ann: String,
    bob: String,
    id: String,
}

impl Scene {
    async fn set() -> Self {
        let (platform, root) = start().await;
        for address in [ANN, BOB] {
            platform.register_confirmed(address).await;
        }
        let id = uid_of(&platform, ANN).await;
        Self {
            ann: token(&platform, ANN, PASSWORD).await,
            bob: token(&platform, BOB, PASSWORD).await,
            platform,
            root,
            id,
        }
    }

    fn path(&self) -> String {
        format!("avatar/{}", self.id)
    }

    async fn put(&self, token: &str, upload: impl Into<Vec<u8>>) -> Answer {
        put(&self.platform, token, &self.path(), "image/png", upload).await
    }

    async fn account(&self) -> Value {
        let items = self.platform.items("users").await;
        let key = json!(format!("user#{}", self.id));
        json!(items.iter().find(|item| item["pk"] == key))
    }
}

async fn put(
    platform: &Platform,
    token: &str,
    path: &str,
    kind: &str,
    upload: impl Into<Vec<u8>>,
) -> Answer {
    let request = request(platform, token, Method::POST, path);
    request
        .header("content-type", kind)
        .body(upload)
        .send()
        .await
}

fn bytes(base64: &str) -> Vec<u8> {
    BASE64.decode(base64.as_bytes()).expect("base64")
}

#[tokio::test]
async fn what_is_uploaded_is_shown_to_everybody_who_is_signed_in() {
    let scene = Scene::set().await;
    assert_eq!(scene.put(&scene.ann, bytes(PIXEL)).await.whole(), SUCCESS);
    let stored = json!(scene.platform.items("avatars").await);
    let tag = stored[0]["tag"].as_str().expect("a tag").to_owned();
    assert_eq!(stored[0]["user_id"], json!(scene.id));
    assert_eq!(stored[0]["content_type"], "image/png");
    assert_eq!(stored[0]["picture"], HEXLOWER.encode(&bytes(PIXEL)));
    assert_eq!(scene.account().await["avatar"], json!(tag));
    for caller in [&scene.ann, &scene.bob, &scene.root] {
        let shown = get(&scene.platform, caller, &scene.path()).await;
        assert_eq!((shown.status, shown.bytes.clone()), (200, bytes(PIXEL)));
        for (name, value) in [
            ("content-type", "image/png"),
            ("etag", &format!("\"{tag}\"")),
            ("cache-control", "private, no-cache"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "sandbox; default-src 'none'"),
            ("content-disposition", "inline"),
        ] {
            assert_eq!(shown.header(name), Some(value), "{name}");
        }
        let known = request(&scene.platform, caller, Method::GET, &scene.path());
        let known = known.header("if-none-match", &format!("\"{tag}\""));
        let known = known.send().await;
        assert_eq!((known.status, known.bytes), (304, Vec::new()));
    }
    let user = get(&scene.platform, &scene.ann, &format!("user/{}", scene.id)).await;
    let shown = user.json()["avatar"].clone();
    assert_eq!(
        shown,
        json!(format!("/security/api/v1/avatar/{}", scene.id))
    );
}

#[tokio::test]
async fn a_form_brings_a_picture_too_and_replaces_the_one_before() {
    let scene = Scene::set().await;
    scene.put(&scene.ann, bytes(PIXEL)).await;
    let head = b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
                 Content-Type: text/plain\r\n\r\n";
    let form = [head.as_slice(), &bytes(OTHER), b"\r\n--b--\r\n"].concat();
    let kind = "multipart/form-data; boundary=b";
    let answer = put(&scene.platform, &scene.ann, &scene.path(), kind, form).await;
    assert_eq!(answer.whole(), SUCCESS);
    let shown = get(&scene.platform, &scene.ann, &scene.path()).await;
    assert_eq!(shown.bytes, bytes(OTHER));
    assert_eq!(scene.platform.items("avatars").await.len(), 1);
}

#[tokio::test]
async fn a_removed_avatar_is_gone_from_store_and_account() {
    let scene = Scene::set().await;
    let before = scene.account().await;
    scene.put(&scene.ann, bytes(PIXEL)).await;
    let (platform, path) = (&scene.platform, scene.path());
    let removed = delete(platform, &scene.ann, &path).await;
    assert_eq!(removed.whole(), "204\n");
    assert_eq!(platform.items("avatars").await, []);
    assert_eq!(scene.account().await, before);
    let gone = get(platform, &scene.ann, &path).await;
    assert_eq!(gone.whole(), refusal(404, 404, "GET", "404: not found"));
    let again = delete(platform, &scene.ann, &path).await;
    assert_eq!(again.whole(), refusal(404, 404, "DELETE", "404: not found"));
}

#[tokio::test]
async fn only_the_owner_and_root_change_an_avatar() {
    let scene = Scene::set().await;
    let (platform, path) = (&scene.platform, scene.path());
    let before = platform.dump().await;
    let put_by_bob = scene.put(&scene.bob, bytes(PIXEL)).await;
    let forbidden = refusal(403, 7, "POST", "7: not allowed");
    assert_eq!(put_by_bob.whole(), forbidden);
    // Nor is anybody else told who exists.
    for nobody in ["6ba7b810-9dad-41d1-80b4-00c04fd430c8", "nobody"] {
        let path = format!("avatar/{nobody}");
        let by_bob = put(platform, &scene.bob, &path, "image/png", bytes(PIXEL)).await;
        assert_eq!(by_bob.whole(), forbidden);
        let by_root = put(platform, &scene.root, &path, "image/png", bytes(PIXEL)).await;
        let missing = refusal(404, 404, "POST", "404: not found");
        assert_eq!(by_root.whole(), missing);
    }
    assert_eq!(platform.dump().await, before);

    assert_eq!(scene.put(&scene.root, bytes(PIXEL)).await.whole(), SUCCESS);
    let stored = platform.dump().await;
    let by_bob = delete(platform, &scene.bob, &path).await;
    let forbidden = refusal(403, 7, "DELETE", "7: not allowed");
    assert_eq!(by_bob.whole(), forbidden);
    assert_eq!(platform.dump().await, stored);
    assert_eq!(delete(platform, &scene.root, &path).await.status, 204);
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn what_is_no_picture_stores_nothing() {
    let scene = Scene::set().await;
    let before = scene.platform.dump().await;
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let huge = [bytes(PIXEL), vec![0; 2_000_001]].concat();
    for (upload, text) in [
        (svg.into(), "1018: not a picture that is taken"),
        (b"a text".to_vec(), "1018: not a picture that is taken"),
        (
            bytes(PIXEL)[..40].to_vec(),
            "1018: not a picture that is taken",
        ),
        (Vec::new(), "1018: a picture is required"),
        (huge, "1018: the body is too large"),
    ] {
        let refused = scene.put(&scene.ann, upload).await;
        assert_eq!(refused.whole(), refusal(400, 400, "POST", text));
    }
    assert_eq!(scene.platform.dump().await, before);
}

#[tokio::test]
async fn an_avatar_is_not_shown_after_its_account_is_deleted_and_is_then_erased() {
    let scene = Scene::set().await;
    let platform = &scene.platform;
    scene.put(&scene.ann, bytes(PIXEL)).await;
    let user = format!("user/{}", scene.id);
    assert_eq!(delete(platform, &scene.ann, &user).await.status, 204);
    assert_eq!(platform.items("avatars").await.len(), 1, "not erased yet");
    let shown = get(platform, &scene.bob, &scene.path()).await;
    assert_eq!(shown.status, 404);
    let put = scene.put(&scene.root, bytes(OTHER)).await;
    assert_eq!(put.status, 404);
    assert_eq!(platform.deliver().await.len(), 0, "no mail");
    assert_eq!(platform.items("avatars").await, []);
}

#[tokio::test]
async fn a_change_of_the_account_keeps_its_avatar() {
    let scene = Scene::set().await;
    scene.put(&scene.ann, bytes(PIXEL)).await;
    let tag = scene.account().await["avatar"].clone();
    let body = json!({ "name": "Anna" });
    let path = format!("user/{}", scene.id);
    let renamed = super::put(&scene.platform, &scene.ann, &path, &body).await;
    assert_eq!(renamed.status, 200, "{}", renamed.body);
    assert_eq!(scene.account().await["avatar"], tag);
}
