//! Nobody takes over the account of somebody who outranks them in any dialect.

use serde_json::json;

use super::{ANN, BEN, changed, delete, forbidden, grant_admin, put, raise, somebody, start};

#[tokio::test]
async fn what_takes_an_account_over_needs_rank_in_every_dialect() {
    let (platform, root) = start().await;
    let (_, admin) = somebody(&platform, &root, BEN, "admin").await;
    let (ann, _) = somebody(&platform, &root, ANN, "subscriber").await;
    let path = format!("user/{ann}");
    let mfa_off = json!({ "userTypeProprietaryInfo": { "mfa": { "enabled": false } } });
    let method = aws_sdk_dynamodb::types::AttributeValue::S("email".to_owned());
    super::set_on(&platform, &format!("user#{ann}"), "second_factor", method).await;
    raise(&platform, &ann).await;
    let before = platform.dump().await;
    for (rest, body) in [
        ("", json!({ "currentPassword": super::NEXT })),
        ("", json!({ "suspended": true })),
        ("", json!({ "blackListed": true })),
        ("", json!({ "userRole": "csr" })),
        ("", mfa_off.clone()),
        ("?resetMFA=true", json!({})),
        ("?email_verification=true", json!({})),
    ] {
        let refused = put(&platform, &admin, &format!("{path}{rest}"), &body).await;
        assert_eq!(refused.whole(), forbidden("PUT"), "{rest} {body}");
    }
    let refused = delete(&platform, &admin, &path).await;
    assert_eq!(refused.whole(), forbidden("DELETE"));
    assert_eq!(platform.dump().await, before);
    let body =
        json!({ "description": "of high rank", "suspended": false, "notes": [{ "note": "n" }] });
    changed(&platform, &admin, &ann, &body).await;
    changed(&platform, &root, &ann, &mfa_off).await;
    assert_eq!(delete(&platform, &root, &path).await.whole(), "204\n");
}

#[tokio::test]
async fn who_holds_every_permission_of_document_002_is_out_of_reach_too() {
    let (platform, root) = start().await;
    let (_, admin) = somebody(&platform, &root, BEN, "admin").await;
    let (ann, _) = somebody(&platform, &root, ANN, "subscriber").await;
    grant_admin(&platform, &ann).await;
    let path = format!("user/{ann}");
    let refused = put(&platform, &admin, &path, &json!({ "suspended": true })).await;
    assert_eq!(refused.whole(), forbidden("PUT"));
    let refused = delete(&platform, &admin, &path).await;
    assert_eq!(refused.whole(), forbidden("DELETE"));
    changed(&platform, &root, &ann, &json!({ "suspended": true })).await;
}
