//! The last five passwords of a user, the present one among them.

use serde_json::json;

use super::{ANN, STRICT_PASSWORD, bad, changed, credential, item, put, somebody, start};

#[tokio::test]
async fn none_of_the_last_five_passwords_is_set_again() {
    let (platform, root) = start().await;
    let (ann, _) = somebody(&platform, &root, ANN, "csr").await;
    let path = format!("user/{ann}");
    let mut passwords = vec![STRICT_PASSWORD.to_owned()];
    let mut hashes = vec![credential(&platform, &ann).await["password_hash"].clone()];
    for number in 1..=6 {
        let next = format!("Paper-lantern-{number}-quay");
        changed(&platform, &root, &ann, &json!({ "currentPassword": next })).await;
        let held = item(&platform, &format!("history#{ann}")).await;
        assert_eq!(held.expect("a history")["hashes"], json!(hashes));
        passwords.insert(0, next);
        hashes.insert(
            0,
            credential(&platform, &ann).await["password_hash"].clone(),
        );
        hashes.truncate(4);
    }
    let before = platform.dump().await;
    for password in &passwords[..5] {
        let body = json!({ "currentPassword": password, "name": "new" });
        let refused = put(&platform, &root, &path, &body).await;
        let expected = bad("PUT", "1041: the password was used before");
        assert_eq!(refused.whole(), expected, "{password}");
    }
    assert_eq!(platform.dump().await, before);
    let sixth = json!({ "currentPassword": passwords[5] });
    changed(&platform, &root, &ann, &sixth).await;
}
