//! Row 8: deleting users.

use super::{
    ANN, BEN, NOBODY, account, changed, delete, forbidden, item, lives, not_found, somebody, start,
};
use serde_json::json;

#[tokio::test]
async fn a_deleted_user_is_gone_with_all_that_was_known() {
    let (platform, root) = start().await;
    let (ann, token) = somebody(&platform, &root, ANN, "csr").await;
    let body = json!({ "notes": [{ "note": "leaves soon" }], "currentPassword": super::NEXT });
    changed(&platform, &root, &ann, &body).await;
    for kind in ["notes", "history"] {
        assert!(item(&platform, &format!("{kind}#{ann}")).await.is_some());
    }
    let deleted = delete(&platform, &root, &format!("user/{ann}")).await;
    assert_eq!(deleted.whole(), "204\n");
    assert!(account(&platform, &ann).await.contains_key("deleted_at"));
    assert_eq!(platform.deliver().await.len(), 0, "no mail");
    for kind in ["notes", "history"] {
        assert!(item(&platform, &format!("{kind}#{ann}")).await.is_none());
    }
    assert!(!lives(&platform, &token, &ann).await);
    let again = delete(&platform, &root, &format!("user/{ann}")).await;
    assert_eq!(again.whole(), not_found("DELETE"));
    somebody(&platform, &root, ANN, "noc").await;
}

#[tokio::test]
async fn everybody_but_root_deletes_themselves() {
    let (platform, root) = start().await;
    for role in [
        "admin",
        "subscriber",
        "csr",
        "system",
        "installer",
        "noc",
        "accounting",
    ] {
        let email = format!("of.{role}@example.com");
        let (id, token) = somebody(&platform, &root, &email, role).await;
        let deleted = delete(&platform, &token, &format!("user/{id}")).await;
        assert_eq!(deleted.whole(), "204\n", "{role}");
    }
    let (other, of_other) = somebody(&platform, &root, BEN, "root").await;
    let refused = delete(&platform, &of_other, &format!("user/{other}")).await;
    assert_eq!(refused.whole(), forbidden("DELETE"));
    assert!(lives(&platform, &of_other, &other).await);
}

#[tokio::test]
async fn who_may_not_delete_learns_nothing_of_whom() {
    let (platform, root) = start().await;
    let (ann, _) = somebody(&platform, &root, ANN, "subscriber").await;
    let (_, token) = somebody(&platform, &root, BEN, "noc").await;
    let before = platform.dump().await;
    for id in [ann.as_str(), NOBODY, "no-id", "0"] {
        let refused = delete(&platform, &token, &format!("user/{id}")).await;
        assert_eq!(refused.whole(), forbidden("DELETE"), "{id}");
    }
    assert_eq!(platform.dump().await, before);
}
