//! Nobody takes over the account of somebody who outranks them in any dialect.

use serde_json::json;

use super::{
    ADMIN, ANN, BEN, changed, delete, forbidden, grant_admin, put, raise, somebody, start,
};
use crate::rbac::{grant, new_permission, new_role};

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

#[tokio::test]
async fn who_holds_a_permission_of_document_002_is_out_of_reach_of_whom_it_lacks() {
    let (platform, root) = start().await;
    let (ben, admin) = somebody(&platform, &root, BEN, "admin").await;
    let (ann, _) = somebody(&platform, &root, ANN, "subscriber").await;
    let holder = platform.rbac_token(ADMIN).await;
    let empty = new_role(&platform, &holder, "guest", &[]).await;
    assert_eq!(grant(&platform, &holder, &empty, &ann).await.status, 200);
    let path = format!("user/{ann}");
    let suspend = |suspended| json!({ "suspended": suspended });
    changed(&platform, &admin, &ann, &suspend(false)).await;
    new_permission(&platform, &holder, "reports:read").await;
    let role = new_role(&platform, &holder, "reporter", &["reports:read"]).await;
    assert_eq!(grant(&platform, &holder, &role, &ann).await.status, 200);
    let refused = put(&platform, &admin, &path, &suspend(true)).await;
    assert_eq!(refused.whole(), forbidden("PUT"));
    let own = new_role(&platform, &holder, "reader", &["reports:read"]).await;
    assert_eq!(grant(&platform, &holder, &own, &ben).await.status, 200);
    changed(&platform, &admin, &ann, &suspend(true)).await;
}
