//! The picture on the profile page.

use data_encoding::BASE64;
use shared::domain::MAX_UPLOAD_BYTES;

use super::{ANN, BOB, TO_SIGN_IN, led, said};
use crate::harness::{Answer, Browser, Platform};
use crate::user_service::expect_nothing_done;

const PAGE: &str = "Your profile\nWhat others may see of you, and the language we write to you in.";
const SAVED: &str = "303 /account?done=saved";
const BAD: &str = "This file is not a picture we can use. Please choose a PNG, JPEG, GIF or WebP of at most 2 MB.";
const AVATAR: &str = "/account/avatar";
/// A pixel, and another.
const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg==";
const OTHER: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mP4DwABAQEAHLCMmQAAAABJRU5ErkJggg==";

fn bytes(base64: &str) -> Vec<u8> {
    BASE64.decode(base64.as_bytes()).expect("base64")
}

/// Sends the form with a file of this kind.
async fn upload(platform: &Platform, browser: &mut Browser, kind: &str, file: &[u8]) -> Answer {
    let token = browser.form_token(platform).await;
    let part = format!(
        "--cut\r\ncontent-disposition: form-data; name=\"form_token\"\r\n\r\n{token}\r\n\
         --cut\r\ncontent-disposition: form-data; name=\"picture\"; filename=\"me\"\r\ncontent-type: {kind}\r\n\r\n"
    );
    let body = [part.as_bytes(), file, b"\r\n--cut--\r\n"].concat();
    let request = platform
        .post(AVATAR)
        .header("sec-fetch-site", "same-origin");
    let request = browser.with_cookie(request);
    let request = request.header("content-type", "multipart/form-data; boundary=cut");
    request.body(body).send().await
}

async fn etag(platform: &Platform, browser: &mut Browser) -> String {
    let shown = browser.get(platform, AVATAR).await;
    assert_eq!(shown.status, 200);
    shown.header("etag").expect("a tag").to_owned()
}

#[tokio::test]
async fn a_picture_is_set_replaced_and_removed() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    assert_eq!(browser.get(&platform, AVATAR).await.whole(), "404\n");
    let bare = browser.get(&platform, "/account").await;
    assert!(
        bare.body
            .contains("<div class=\"initial\" aria-hidden=\"true\">A</div>")
    );
    assert!(!bare.body.contains("/account/avatar/remove"));

    let set = upload(&platform, &mut browser, "image/png", &bytes(PIXEL)).await;
    assert_eq!(led(&set), SAVED);
    let shown = browser.get(&platform, AVATAR).await;
    assert_eq!(shown.status, 200);
    for (name, value) in [
        ("content-type", "image/png"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, no-cache"),
        ("content-disposition", "inline"),
    ] {
        assert_eq!(shown.header(name), Some(value));
    }
    assert!(shown.bytes.starts_with(b"\x89PNG"));
    let first = shown.header("etag").expect("a tag").to_owned();
    let page = browser.get(&platform, "/account").await;
    let tag = first.trim_matches('"');
    assert!(
        page.body
            .contains(&format!("<img src=\"/account/avatar?{tag}\""))
    );
    let request = platform.get(AVATAR).header("if-none-match", &first);
    let known = browser.with_cookie(request).send().await;
    assert_eq!(known.whole(), "304\n");
    assert_eq!(known.header("etag"), Some(&*first));

    let set = upload(&platform, &mut browser, "image/gif", &bytes(OTHER)).await;
    assert_eq!(led(&set), SAVED);
    assert_ne!(etag(&platform, &mut browser).await, first);
    let request = platform.get(AVATAR).header("if-none-match", &first);
    assert_eq!(browser.with_cookie(request).send().await.status, 200);

    for _ in 0..2 {
        let removed = browser
            .submit(&platform, "/account/avatar/remove", &[])
            .await;
        assert_eq!(led(&removed), SAVED);
        assert_eq!(browser.get(&platform, AVATAR).await.whole(), "404\n");
    }
    assert_eq!(platform.items("avatars").await, []);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn a_picture_is_shown_to_its_owner_alone() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    platform.register_confirmed(BOB).await;
    let mut ann = Browser::signed_in(&platform, ANN).await;
    let mut bob = Browser::signed_in(&platform, BOB).await;
    upload(&platform, &mut ann, "image/png", &bytes(PIXEL)).await;
    let tag = etag(&platform, &mut ann).await;
    assert_eq!(bob.get(&platform, AVATAR).await.whole(), "404\n");
    let request = platform.get(AVATAR).header("if-none-match", &tag);
    assert_eq!(bob.with_cookie(request).send().await.whole(), "404\n");
    let request = platform.get(AVATAR).header("if-none-match", &tag);
    assert_eq!(led(&request.send().await), TO_SIGN_IN);
    let removed = bob.submit(&platform, "/account/avatar/remove", &[]).await;
    assert_eq!(led(&removed), SAVED);
    assert_eq!(etag(&platform, &mut ann).await, tag);
}

#[tokio::test]
async fn what_is_no_picture_is_refused_and_nothing_changes() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let mut browser = Browser::signed_in(&platform, ANN).await;
    upload(&platform, &mut browser, "image/png", &bytes(PIXEL)).await;
    let before = platform.dump().await;
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let page = b"<!doctype html><script>alert(1)</script>";
    let too_large = [
        bytes(PIXEL),
        vec![0; MAX_UPLOAD_BYTES + 1 - bytes(PIXEL).len()],
    ]
    .concat();
    let far_too_large = vec![0; MAX_UPLOAD_BYTES + 64 * 1024];
    for (what, kind, file) in [
        ("svg", "image/svg+xml", &svg[..]),
        ("svg as png", "image/png", svg),
        ("html as png", "image/png", page),
        ("text", "text/plain", b"me"),
        ("nothing chosen", "application/octet-stream", b""),
        ("a cut png", "image/png", &bytes(PIXEL)[..40]),
        ("too large", "image/png", &too_large),
        ("far too large", "image/png", &far_too_large),
    ] {
        let refused = upload(&platform, &mut browser, kind, file).await;
        assert_eq!(said(&refused), format!("400\n{PAGE}\n{BAD}"), "{what}");
        assert!(!refused.body.contains("<script"), "{what}");
    }
    expect_nothing_done(&platform, &before, "no pictures").await;
}
