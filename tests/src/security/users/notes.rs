//! Notes: added, never changed, and not without end.

use serde_json::{Value, json};

use super::{ANN, account, bad, changed, get, id_of, item, put, somebody, start};

fn texts(user: &Value) -> Vec<&str> {
    let notes = user["notes"].as_array().expect("a list").iter();
    notes
        .map(|note| note["note"].as_str().expect("a text"))
        .collect()
}

fn ten(round: usize) -> Value {
    let note = |number| json!({ "note": format!("note {round}.{number}") });
    json!({ "notes": (0..10).map(note).collect::<Vec<_>>() })
}

#[tokio::test]
async fn notes_are_added_with_their_author_and_time() {
    let (platform, root) = start().await;
    let (ann, token) = somebody(&platform, &root, ANN, "csr").await;
    let first = json!({ "notes": [{ "note": "one", "created": 7, "createdBy": "nobody" }] });
    changed(&platform, &root, &ann, &first).await;
    platform.clock.advance_seconds(60);
    let user = changed(
        &platform,
        &token,
        &ann,
        &json!({ "notes": [{ "note": "two" }] }),
    )
    .await;
    let root_id = id_of(&get(&platform, &root, "users?offset=1").await.json()["users"][0]);
    assert_eq!(
        user["notes"],
        json!([
            { "created": 1_767_225_600, "createdBy": root_id, "note": "one" },
            { "created": 1_767_225_660, "createdBy": ann, "note": "two" },
        ])
    );
    let unchanged = account(&platform, &ann).await;
    assert_eq!(unchanged["credential_version"], 1);
}

#[tokio::test]
async fn there_is_room_for_a_hundred_and_what_has_none_changes_nothing() {
    let (platform, root) = start().await;
    let (ann, _) = somebody(&platform, &root, ANN, "csr").await;
    let ninety_nine = json!({ "notes": vec![json!({ "note": "n" }); 9] });
    changed(&platform, &root, &ann, &ninety_nine).await;
    for round in 0..9 {
        changed(&platform, &root, &ann, &ten(round)).await;
    }
    let path = format!("user/{ann}");
    let before = platform.dump().await;
    let two = json!({ "notes": [{ "note": "a" }, { "note": "b" }], "suspended": true });
    let full = put(&platform, &root, &path, &two).await;
    assert_eq!(full.whole(), bad("PUT", "1012: no more can be added"));
    assert_eq!(platform.dump().await, before);
    let one = changed(
        &platform,
        &root,
        &ann,
        &json!({ "notes": [{ "note": "last" }] }),
    )
    .await;
    assert_eq!(texts(&one).len(), 100);
    assert_eq!(texts(&one).last(), Some(&"last"));
    let listed = get(&platform, &root, "users?limit=1").await.json();
    let newest = texts(&listed["users"][0]);
    assert_eq!(newest.len(), 20, "a list shows the newest twenty");
    assert_eq!(newest.last(), Some(&"last"));
}

#[tokio::test]
async fn nothing_is_noted_of_a_user_who_is_gone_meanwhile() {
    let (platform, root) = start().await;
    let (ann, _) = somebody(&platform, &root, ANN, "csr").await;
    let deleted = super::delete(&platform, &root, &format!("user/{ann}")).await;
    assert_eq!(deleted.status, 204);
    let gone = put(&platform, &root, &format!("user/{ann}"), &ten(0)).await;
    assert_eq!(gone.status, 404);
    assert!(item(&platform, &format!("notes#{ann}")).await.is_none());
}
