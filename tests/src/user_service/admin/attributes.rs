//! `GET users/{id}/attributes` and `PATCH users/attributes/{attributeId}`.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{ANN, NO_SUCH_PATH, account, delete, get, patch, set_attribute};
use crate::harness::{Fault, Platform, Session};
use crate::user_service::{ATTRIBUTES, administrator, expect_nothing_done, stored};

/// A user's attributes as an administrator sees them.
async fn listed(platform: &Platform, admin: &Session, id: u64) -> Value {
    let answer = get(platform, admin, &format!("{}/attributes", account(id))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

fn by_id(id: &Value) -> String {
    format!("{ATTRIBUTES}/{id}")
}

#[tokio::test]
async fn attributes_are_listed_and_changed_by_their_ids() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session("ann@example.com").await;
    let path = format!("{ANN}/attributes");
    assert_eq!(get(&platform, &admin, &path).await.whole(), "200\n[]");
    set_attribute(&platform, &ann, "theme", "dark").await;
    set_attribute(&platform, &ann, "a.b #c", "").await;
    let attributes = get(&platform, &admin, &path).await;
    assert_snapshot!(attributes.whole(), @r#"
    200
    [{"id":2715498,"text":"","key":"a.b #c","userID":2},{"id":2345858,"text":"dark","key":"theme","userID":2}]
    "#);
    let path = by_id(&attributes.json()[1]["id"]);
    let changed = patch(&platform, &admin, &path, &json!({ "value": "light" })).await;
    assert_snapshot!(changed.whole(), @r#"
    200
    {"id":2345858,"text":"light","key":"theme","userID":2}
    "#);
    let own = get(&platform, &ann, ATTRIBUTES).await;
    assert_eq!(own.json(), json!({ "a.b #c": "", "theme": "light" }));
    assert_snapshot!(stored(&platform, "attributes").await, @r#"
    {"bytes_held":0,"entries":{},"user_id":"[user_id]"}
    {"bytes_held":16,"entries":{"a.b #c":{"id":2715498,"text":""},"theme":{"id":2345858,"text":"light"}},"user_id":"[user_id]"}
    "#);
    let emptied = patch(&platform, &admin, &path, &json!({ "value": "" })).await;
    assert_eq!(emptied.json()["text"], "");
}

#[tokio::test]
async fn without_a_value_nothing_changes() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    set_attribute(&platform, &admin, "theme", "dark").await;
    let attributes = listed(&platform, &admin, 1).await;
    let path = by_id(&attributes[0]["id"]);
    let before = platform.dump().await;
    for body in [
        json!({}),
        json!({ "text": "light", "key": "other", "userID": 2, "attributeText": "light" }),
    ] {
        let kept = patch(&platform, &admin, &path, &body).await;
        assert_eq!((kept.status, kept.json()), (200, attributes[0].clone()));
    }
    expect_nothing_done(&platform, &before, "no value").await;
}

#[tokio::test]
async fn an_id_is_one_users_alone() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let mut users = Vec::new();
    for name in ["ann", "bob"] {
        let user = platform.new_session(&format!("{name}@example.com")).await;
        set_attribute(&platform, &user, "theme", "dark").await;
        users.push(user);
    }
    let (of_ann, of_bob) = (
        listed(&platform, &admin, 2).await,
        listed(&platform, &admin, 3).await,
    );
    assert_ne!(of_ann[0]["id"], of_bob[0]["id"]);
    let path = by_id(&of_bob[0]["id"]);
    let changed = patch(&platform, &admin, &path, &json!({ "value": "light" })).await;
    assert_eq!(changed.json()["userID"], 3);
    assert_eq!(listed(&platform, &admin, 2).await, of_ann);
    let own = get(&platform, &users[1], ATTRIBUTES).await;
    assert_eq!(own.json(), json!({ "theme": "light" }));
}

#[tokio::test]
async fn an_attribute_that_is_not_there_is_404() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session("ann@example.com").await;
    for key in ["theme", "removed"] {
        set_attribute(&platform, &ann, key, "dark").await;
    }
    let attributes = listed(&platform, &admin, 2).await;
    let (removed, theme) = (&attributes[0]["id"], &attributes[1]["id"]);
    let query = format!("{ATTRIBUTES}?attributeKey=removed");
    assert_eq!(delete(&platform, &ann, &query).await.status, 200);
    let id = theme.as_u64().expect("an id");
    let before = platform.dump().await;
    for missing in [
        removed.clone(),
        json!(0),
        json!(1),
        json!(id + 1),
        json!(id + (1 << 20)),
        json!(id - (1 << 20)),
        json!(u64::MAX),
    ] {
        let value = json!({ "value": "light" });
        let answer = patch(&platform, &admin, &by_id(&missing), &value).await;
        assert_eq!(answer.whole(), NO_SUCH_PATH, "{missing}");
    }
    expect_nothing_done(&platform, &before, "no such attribute").await;
}

#[tokio::test]
async fn a_value_that_is_no_text_or_too_long_is_400() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    set_attribute(&platform, &admin, "theme", "dark").await;
    let path = by_id(&listed(&platform, &admin, 1).await[0]["id"]);
    let before = platform.dump().await;
    for value in [
        json!("t".repeat(4097)),
        json!(7),
        json!(["light"]),
        json!(null),
    ] {
        let answer = patch(&platform, &admin, &path, &json!({ "value": value })).await;
        assert_eq!(answer.whole(), "400\n{\"error\":\"value is not valid\"}");
    }
    expect_nothing_done(&platform, &before, "bad values").await;
    let longest = json!({ "value": "t".repeat(4096) });
    assert_eq!(patch(&platform, &admin, &path, &longest).await.status, 200);
}

#[tokio::test]
async fn a_value_that_does_not_fit_the_account_is_400() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    for number in 0..7 {
        set_attribute(
            &platform,
            &admin,
            &format!("long{number}"),
            &"t".repeat(4096),
        )
        .await;
    }
    set_attribute(&platform, &admin, "some", &"t".repeat(4000)).await;
    let attributes = listed(&platform, &admin, 1).await;
    let path = by_id(&attributes[7]["id"]);
    let before = platform.dump().await;
    let full = patch(
        &platform,
        &admin,
        &path,
        &json!({ "value": "t".repeat(4090) }),
    )
    .await;
    assert_snapshot!(full.whole(), @r#"
    400
    {"error":"too many attributes"}
    "#);
    expect_nothing_done(&platform, &before, "full").await;
    let shorter = json!({ "value": "t".repeat(3999) });
    assert_eq!(patch(&platform, &admin, &path, &shorter).await.status, 200);
}

#[tokio::test]
async fn an_attribute_whose_user_is_erased_meanwhile_is_404() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let ann = platform.new_session("ann@example.com").await;
    set_attribute(&platform, &ann, "theme", "dark").await;
    let path = by_id(&listed(&platform, &admin, 2).await[0]["id"]);
    platform.connector.forget();
    platform
        .connector
        .inject("UpdateItem attributes", Fault::Held, 1);
    let change = platform
        .request(http::Method::PATCH, &path)
        .bearer(&admin.access_token)
        .json(&json!({ "value": "light" }));
    let meanwhile = async {
        platform.connector.begun("UpdateItem attributes", 1).await;
        assert_eq!(delete(&platform, &admin, ANN).await.status, 204);
        platform.deliver().await;
        let before = platform.dump().await;
        platform.connector.heal();
        before
    };
    let (answer, before) = tokio::join!(change.send(), meanwhile);
    assert_eq!(answer.whole(), NO_SUCH_PATH);
    expect_nothing_done(&platform, &before, "an erased user").await;
}
