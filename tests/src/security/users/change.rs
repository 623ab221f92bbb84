//! Row 7: changing users, and what ends with it.

use serde_json::{Value, json};

use super::{
    ADMIN, ANN, BEN, NEXT, NOBODY, STRICT_PASSWORD, account, bad, changed, forbidden, lives,
    not_found, put, somebody, start, token,
};
use crate::security::sign_in;

const OWNER: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";

#[tokio::test]
async fn texts_are_set_and_cleared_and_what_is_absent_stays() {
    let (platform, root) = start().await;
    let (ann, _) = somebody(&platform, &root, ANN, "csr").await;
    let body = json!({
        "name": "Ann",
        "description": "Lights lanterns.",
        "owner": OWNER,
        "location": OWNER,
        "locale": "de-AT",
    });
    let all = changed(&platform, &root, &ann, &body).await;
    for (name, value) in body.as_object().expect("an object") {
        assert_eq!(&all[name], value, "{name}");
    }
    assert_eq!(changed(&platform, &root, &ann, &json!({})).await, all);
    for cleared in [Value::Null, json!("")] {
        changed(&platform, &root, &ann, &body).await;
        let names = ["name", "description", "owner", "location", "locale"];
        let body: serde_json::Map<_, _> = names
            .map(|name| (name.to_owned(), cleared.clone()))
            .into_iter()
            .collect();
        let bare = changed(&platform, &root, &ann, &Value::Object(body)).await;
        assert_eq!(
            names.map(|name| bare[name].clone()),
            ["", "", "", "", "en"].map(|text| json!(text))
        );
    }
    let item = account(&platform, &ann).await;
    assert_eq!(item["credential_version"], 1, "no session has ended");
}

#[tokio::test]
async fn what_bars_a_user_or_changes_the_password_or_the_role_ends_all_sessions() {
    let (platform, root) = start().await;
    for (index, body) in [
        json!({ "suspended": true }),
        json!({ "blackListed": true }),
        json!({ "userRole": "noc" }),
        json!({ "currentPassword": NEXT }),
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("user{index}@example.com");
        let (id, token) = somebody(&platform, &root, &email, "csr").await;
        let other = platform.signed_in(&email, STRICT_PASSWORD).await;
        assert!(lives(&platform, &token, &id).await);
        changed(&platform, &root, &id, &body).await;
        assert!(!lives(&platform, &token, &id).await, "{body}");
        let status = platform.get("/user-service/v1/users/status");
        let ended = status.bearer(&other.access_token).send().await;
        assert_eq!(ended.status, 401, "{body}");
    }
    let (id, token) = somebody(&platform, &root, ANN, "csr").await;
    for body in [
        json!({ "suspended": false, "blackListed": false, "userRole": "csr" }),
        json!({ "description": "another", "changePassword": false }),
    ] {
        changed(&platform, &root, &id, &body).await;
        assert!(lives(&platform, &token, &id).await, "{body}");
    }
}

#[tokio::test]
async fn who_is_barred_does_not_sign_in_and_who_has_to_change_the_password_does_so() {
    let (platform, root) = start().await;
    let (ann, _) = somebody(&platform, &root, ANN, "csr").await;
    for field in ["suspended", "blackListed"] {
        changed(&platform, &root, &ann, &json!({ field: true })).await;
        let refused = sign_in(&platform, ANN, STRICT_PASSWORD).await;
        assert_eq!(refused.json()["ErrorCode"], 15, "{field}");
        changed(&platform, &root, &ann, &json!({ field: false })).await;
        token(&platform, ANN, STRICT_PASSWORD).await;
    }
    changed(&platform, &root, &ann, &json!({ "changePassword": true })).await;
    let refused = sign_in(&platform, ANN, STRICT_PASSWORD).await;
    assert_eq!(refused.json()["ErrorCode"], 1);
    let body = json!({ "currentPassword": NEXT });
    let user = changed(&platform, &root, &ann, &body).await;
    assert_eq!(user["changePassword"], false);
    token(&platform, ANN, NEXT).await;
    let body = json!({ "currentPassword": "Third-lantern-3", "changePassword": true });
    let user = changed(&platform, &root, &ann, &body).await;
    assert_eq!(user["changePassword"], true);
}

#[tokio::test]
async fn an_address_is_to_be_confirmed_again_by_a_mail() {
    let (platform, root) = start().await;
    let (ann, token) = somebody(&platform, &root, ANN, "csr").await;
    let rest = format!("user/{ann}?email_verification=true");
    let answer = put(&platform, &root, &rest, &json!({ "description": "asked" })).await;
    let user = answer.json();
    let shown = (
        &user["validated"],
        &user["waitingForEmailCheck"],
        &user["description"],
    );
    assert_eq!(shown, (&json!(false), &json!(true), &json!("asked")));
    assert!(lives(&platform, &token, &ann).await, "nothing ends");
    let refused = sign_in(&platform, ANN, STRICT_PASSWORD).await;
    assert_eq!(refused.json()["ErrorCode"], 4);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [ANN]);
    let too_soon = put(&platform, &root, &rest, &json!({ "description": "again" })).await;
    assert_eq!(too_soon.status, 429, "{}", too_soon.whole());
    assert_eq!(too_soon.json()["ErrorCode"], 10);
    assert_eq!(account(&platform, &ann).await["description"], "asked");
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn a_link_to_set_a_password_is_mailed_to_the_user() {
    let (platform, root) = start().await;
    let (ann, _) = somebody(&platform, &root, ANN, "csr").await;
    let before = account(&platform, &ann).await;
    let rest = format!("user/{ann}?forgotPassword=true");
    let answer = put(&platform, &root, &rest, &json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.whole());
    assert_eq!(account(&platform, &ann).await, before);
    let outbox = platform.items("outbox").await;
    assert_eq!(outbox.len(), 1);
    assert_eq!(
        (&outbox[0]["kind"], &outbox[0]["dialect"]),
        (&json!("password-reset"), &json!("security"))
    );
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [ANN]);
}

#[tokio::test]
async fn what_cannot_be_changed_so_is_refused_and_nothing_is_stored() {
    let (platform, root) = start().await;
    let (ann, _) = somebody(&platform, &root, ANN, "csr").await;
    let info = |info: Value| json!({ "userTypeProprietaryInfo": info, "name": "new" });
    let phone = json!({ "number": "+14155552671", "verified": true, "primary": true });
    let mfa = |mfa: Value| info(json!({ "mfa": mfa }));
    let reused = "1041: the password was used before";
    let phone_required = "1044: a validated phone number is required";
    let before = platform.dump().await;
    for (body, description) in [
        (
            json!({ "userRole": "partner" }),
            "1039: userRole is not valid",
        ),
        (json!({ "currentPassword": STRICT_PASSWORD }), reused),
        (
            json!({ "currentPassword": "Short-1" }),
            "1047: the password needs at least 8 characters",
        ),
        (
            json!({ "currentPassword": 1 }),
            "1018: currentPassword is not valid",
        ),
        (json!({ "name": 1 }), "1018: name is not valid"),
        (
            json!({ "description": "d".repeat(1025) }),
            "1018: description is not valid",
        ),
        (json!({ "locale": "no tag" }), "1018: locale is not valid"),
        (json!({ "owner": "mine" }), "1018: owner is not valid"),
        (
            json!({ "suspended": "true" }),
            "1018: suspended is not valid",
        ),
        (
            json!({ "notes": vec![json!({ "note": "n" }); 11] }),
            "1018: notes is not valid",
        ),
        (
            info(json!("info")),
            "1018: userTypeProprietaryInfo is not valid",
        ),
        (info(json!({ "mobiles": [phone] })), phone_required),
        (
            info(json!({ "mobiles": [{ "number": "x" }] })),
            "1044: mobiles is not valid",
        ),
        (
            mfa(json!({ "enabled": true })),
            "1045: mfa.method is not valid",
        ),
        (
            mfa(json!({ "enabled": true, "method": "voice" })),
            "1045: mfa.method is not valid",
        ),
        (mfa(json!({ "enabled": 1 })), "1018: enabled is not valid"),
    ] {
        let answer = put(&platform, &root, &format!("user/{ann}"), &body).await;
        assert_eq!(answer.whole(), bad("PUT", description), "{body}");
    }
    let nobody = put(&platform, &root, &format!("user/{NOBODY}"), &json!({})).await;
    assert_eq!(nobody.whole(), not_found("PUT"));
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn a_password_of_ones_own_needs_no_old_one_and_ends_this_session_too() {
    let (platform, root) = start().await;
    let (ann, of_ann) = somebody(&platform, &root, ANN, "subscriber").await;
    changed(
        &platform,
        &of_ann,
        &ann,
        &json!({ "currentPassword": NEXT }),
    )
    .await;
    assert!(!lives(&platform, &of_ann, &ann).await);
    token(&platform, ANN, NEXT).await;
    let refused = sign_in(&platform, ANN, STRICT_PASSWORD).await;
    assert_eq!(refused.json()["ErrorCode"], 2);
}

#[tokio::test]
async fn who_may_not_change_others_learns_nothing_of_them() {
    let (platform, root) = start().await;
    let (ann, _) = somebody(&platform, &root, ANN, "subscriber").await;
    let (_, token) = somebody(&platform, &root, BEN, "csr").await;
    let me = super::get(&platform, &root, &format!("user/{ADMIN}?byEmail=true")).await;
    let me = super::id_of(&me.json());
    let before = platform.dump().await;
    for id in [&ann, &me, NOBODY, "no-id"] {
        let refused = put(
            &platform,
            &token,
            &format!("user/{id}"),
            &json!({ "name": "x" }),
        )
        .await;
        assert_eq!(refused.whole(), forbidden("PUT"), "{id}");
    }
    assert_eq!(platform.dump().await, before);
}
