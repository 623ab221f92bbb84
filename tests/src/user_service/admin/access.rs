//! Who may use these routes, and which paths are theirs.

use http::Method;
use serde_json::json;

use super::{
    NO_SUCH_PATH, USERS, account, delete, get, patch, patched, refresh_status, set_attribute,
};
use crate::harness::Platform;
use crate::user_service::{ATTRIBUTES, USER, administrator, expect_nothing_done};

#[tokio::test]
async fn for_anybody_but_administrators_these_routes_do_not_exist() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session("ann@example.com").await;
    let moderator = platform.new_session("moderator@example.com").await;
    let promoted = patch(
        &platform,
        &admin,
        &account(3),
        &json!({ "permissionLevel": 1 }),
    )
    .await;
    assert_eq!(promoted.status, 200, "{}", promoted.body);
    set_attribute(&platform, &ann, "theme", "dark").await;
    let listed = get(&platform, &admin, &format!("{}/attributes", account(2))).await;
    let attribute = listed.json()[0]["id"].clone();
    let before = platform.dump().await;
    let body = json!({ "firstname": "Eve", "permissionLevel": 2, "value": "eve" });
    for (method, path) in [
        (Method::GET, USERS.to_owned()),
        (Method::PATCH, account(2)),
        (Method::PATCH, account(1)),
        (Method::PATCH, account(4711)),
        (Method::DELETE, account(2)),
        (Method::DELETE, account(4711)),
        (Method::GET, format!("{}/attributes", account(2))),
        (Method::PATCH, format!("{ATTRIBUTES}/{attribute}")),
    ] {
        for (token, status) in [
            (None, 401),
            (Some("x"), 403),
            (Some(admin.refresh_token.as_str()), 403),
            (Some(ann.access_token.as_str()), 404),
            (Some(moderator.access_token.as_str()), 404),
        ] {
            let mut request = platform.request(method.clone(), &path).json(&body);
            if let Some(token) = token {
                request = request.bearer(token);
            }
            let answer = request.send().await;
            assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
            if status == 404 {
                assert_eq!(answer.whole(), NO_SUCH_PATH, "{method} {path}");
            }
        }
    }
    expect_nothing_done(&platform, &before, "no administrator").await;
}

#[tokio::test]
async fn an_id_that_is_none_is_404_for_an_administrator() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    platform.register_confirmed("ann@example.com").await;
    let before = platform.dump().await;
    for id in [
        "0",
        "3",
        "-1",
        "2.0",
        "1e0",
        "0x2",
        "%32x",
        "%ff",
        "%zz",
        "x",
        "99999999999999999999999",
        "18446744073709551615",
        "+2",
        "%2B2",
    ] {
        for (method, path) in [
            (Method::PATCH, format!("{USERS}/{id}")),
            (Method::DELETE, format!("{USERS}/{id}")),
            (Method::GET, format!("{USERS}/{id}/attributes")),
            (Method::PATCH, format!("{ATTRIBUTES}/{id}")),
        ] {
            let answer = platform
                .request(method.clone(), &path)
                .bearer(&admin.access_token)
                .json(&json!({ "firstname": "Eve", "value": "x" }))
                .send()
                .await;
            assert_eq!(answer.whole(), NO_SUCH_PATH, "{method} {path}");
        }
    }
    expect_nothing_done(&platform, &before, "no ids").await;
}

#[tokio::test]
async fn a_word_that_is_an_operation_is_no_id() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let before = platform.dump().await;
    for (operation, allow) in [
        ("login", "POST"),
        ("status", "GET"),
        ("profile", "POST, GET"),
        ("attributes", "POST, GET, DELETE"),
        ("user", "DELETE"),
    ] {
        let path = format!("{USERS}/{operation}");
        let answer = patch(&platform, &admin, &path, &json!({ "firstname": "Eve" })).await;
        assert_eq!(answer.status, 405, "{path}");
        assert_eq!(answer.header("allow"), Some(allow), "{path}");
    }
    expect_nothing_done(&platform, &before, "words").await;
}

#[tokio::test]
async fn a_token_that_is_over_is_401() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ended = platform
        .signed_in("admin@example.com", crate::harness::PASSWORD)
        .await;
    let body = json!({ "email": "boss@example.com" });
    patched(&platform, &admin, &account(1), &body).await;
    platform.deliver().await;
    let before = platform.dump().await;
    let over = get(&platform, &ended, USERS).await;
    assert_eq!(over.whole(), "401\n{\"error\":\"the session has ended\"}");
    platform.clock.advance_seconds(3606);
    for (method, path) in [
        (Method::GET, USERS.to_owned()),
        (Method::PATCH, account(1)),
        (Method::DELETE, account(1)),
        (Method::GET, format!("{}/attributes", account(1))),
        (Method::PATCH, format!("{ATTRIBUTES}/1")),
    ] {
        let request = platform.request(method.clone(), &path);
        let answer = request
            .bearer(&admin.access_token)
            .json(&json!({}))
            .send()
            .await;
        assert_eq!(
            answer.whole(),
            "401\n{\"error\":\"the token has expired\"}",
            "{method} {path}"
        );
    }
    expect_nothing_done(&platform, &before, "no token").await;
}

#[tokio::test]
async fn another_method_is_405() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let before = platform.dump().await;
    for (method, path, allow) in [
        (Method::POST, USERS.to_owned(), "GET"),
        (Method::DELETE, USERS.to_owned(), "GET"),
        (Method::GET, account(1), "PATCH, DELETE"),
        (Method::PUT, account(1), "PATCH, DELETE"),
        (Method::POST, format!("{}/attributes", account(1)), "GET"),
        (Method::GET, format!("{ATTRIBUTES}/1"), "PATCH"),
        (Method::GET, format!("{ATTRIBUTES}/attributes"), "PATCH"),
    ] {
        let request = platform.request(method.clone(), &path);
        let answer = request
            .bearer(&admin.access_token)
            .json(&json!({}))
            .send()
            .await;
        assert_eq!(answer.status, 405, "{method} {path}");
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
    }
    expect_nothing_done(&platform, &before, "other methods").await;
}

#[tokio::test]
async fn a_literal_path_is_no_account() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    set_attribute(&platform, &admin, "theme", "dark").await;
    let own = get(&platform, &admin, ATTRIBUTES).await;
    assert_eq!(own.whole(), "200\n{\"theme\":\"dark\"}");
    let removed = delete(
        &platform,
        &admin,
        &format!("{ATTRIBUTES}?attributeKey=theme"),
    )
    .await;
    assert_eq!(removed.status, 200);
    platform.add_root().await;
    assert_eq!(delete(&platform, &admin, USER).await.status, 204);
    assert_eq!(refresh_status(&platform, &admin).await, 401);
}
