//! Only the members that the document lets set are set, whatever else a body holds.

use serde_json::{Map, Value, json};

use super::{
    ANN, BEN, Item, STRICT_PASSWORD, account, changed, created, credential, id_of, post, somebody,
    start,
};

/// Every member of the document, with another value than it has, and some of ours.
fn every_member() -> Map<String, Value> {
    let body = json!({
        "id": "00000000-0000-4000-8000-000000000000",
        "name": "Somebody Else",
        "description": "another",
        "avatar": "/somewhere",
        "email": "else@example.com",
        "validated": false,
        "validationEmail": "else@example.com",
        "validationDate": 7,
        "created": 7,
        "validationURI": "/somewhere",
        "changePassword": true,
        "lastLogin": 7,
        "currentLoginURI": "/somewhere",
        "lastPasswordChange": 7,
        "lastEmailCheck": 7,
        "currentPassword": "Another-lantern-8",
        "lastPasswords": ["Another-lantern-8"],
        "waitingForEmailCheck": true,
        "location": "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d",
        "owner": "3fa85f64-5717-4562-b3fc-2c963f66afa6",
        "suspended": true,
        "blackListed": true,
        "locale": "de",
        "userRole": "noc",
        "oauthType": "internal",
        "oauthUserInfo": "anything",
        "securityPolicy": "anything",
        "securityPolicyChange": 7,
        "notes": [{ "note": "another", "created": 7, "createdBy": "nobody" }],
        "permissionLevel": 2,
        "permission_level": 2,
        "level": 2,
        "confirmed": false,
        "email_proved_at": 7,
        "credential_version": 7,
        "user_role": "root",
        "realm": "other",
        "phones": ["+14155552671"],
        "second_factor": "email",
        "roles": ["admin"],
    });
    let Value::Object(members) = body else {
        unreachable!("an object")
    };
    members
}

/// The names of the members in which two items differ.
fn differing(before: &Item, after: &Item) -> Vec<String> {
    let names = before.keys().chain(after.keys());
    let mut names: Vec<_> = names
        .filter(|name| before.get(*name) != after.get(*name))
        .cloned()
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[tokio::test]
async fn a_change_sets_its_own_members_and_no_others() {
    let (platform, root) = start().await;
    for (index, (name, value)) in every_member().into_iter().enumerate() {
        platform.clock.advance_seconds(1);
        let email = format!("user{index}@example.com");
        let id = id_of(&super::create(&platform, &root, &email, "csr").await);
        let before = account(&platform, &id).await;
        let held = credential(&platform, &id).await;
        platform.clock.advance_seconds(1);
        changed(&platform, &root, &id, &json!({ name.clone(): value })).await;
        let expected: &[&str] = match name.as_str() {
            "name" => &["display_name"],
            "description" => &["description"],
            "owner" => &["entity"],
            "location" => &["venue"],
            "locale" => &["user_language"],
            "changePassword" => &["must_change_password"],
            "suspended" => &["credential_version", "suspended"],
            "blackListed" => &["black_listed", "credential_version"],
            "userRole" => &["credential_version", "user_role"],
            "currentPassword" => &["credential_version", "password_changed_at"],
            _ => &[],
        };
        let after = account(&platform, &id).await;
        assert_eq!(differing(&before, &after), expected, "{name}");
        let expected: &[&str] = match name.as_str() {
            "suspended" | "blackListed" | "userRole" => &["credential_version"],
            "currentPassword" => &[
                "credential_version",
                "failures",
                "failures_in_a_row",
                "known_failures",
                "password_hash",
            ],
            _ => &[],
        };
        let now = credential(&platform, &id).await;
        assert_eq!(differing(&held, &now), expected, "{name}");
        assert_eq!(platform.items("outbox").await.len(), 0, "{name}");
    }
}

#[tokio::test]
async fn a_user_is_made_of_its_own_members_and_no_others() {
    let (platform, root) = start().await;
    let bare = json!({ "email": ANN, "userRole": "csr", "currentPassword": STRICT_PASSWORD });
    let bare = id_of(&created(&post(&platform, &root, "user/0", &bare).await));
    let mut members = every_member();
    members.insert("email".to_owned(), json!(BEN));
    let body = Value::Object(members);
    let full = id_of(&created(&post(&platform, &root, "user/0", &body).await));
    let own = [
        "display_name",
        "email",
        "email_original",
        "listed_at",
        "listing",
        "pk",
        "user_number",
    ];
    let mut differ = differing(
        &account(&platform, &bare).await,
        &account(&platform, &full).await,
    );
    differ.retain(|name| !own.contains(&name.as_str()));
    assert_eq!(
        differ,
        [
            "description",
            "entity",
            "suspended",
            "user_language",
            "user_role",
            "venue"
        ]
    );
}

#[tokio::test]
async fn of_themselves_users_set_fewer_and_whole_answers_may_come_back() {
    let (platform, root) = start().await;
    let (ann, token) = somebody(&platform, &root, ANN, "csr").await;
    let shown = super::get(&platform, &token, &format!("user/{ann}"))
        .await
        .json();
    let before = account(&platform, &ann).await;
    changed(&platform, &token, &ann, &shown).await;
    assert_eq!(account(&platform, &ann).await, before, "nothing differs");
    for name in ["owner", "suspended", "blackListed", "userRole"] {
        let value = every_member().remove(name).expect("a member");
        let body = json!({ name: value, "description": "mine" });
        let refused = super::put(&platform, &token, &format!("user/{ann}"), &body).await;
        assert_eq!(refused.whole(), super::forbidden("PUT"), "{name}");
        assert_eq!(account(&platform, &ann).await, before, "{name}");
    }
    let body = json!({ "description": "mine", "name": "A.", "locale": "es" });
    let own = changed(&platform, &token, &ann, &body).await;
    assert_eq!(own["description"], "mine");
}
