//! Row 6: making users.

use serde_json::{Value, json};

use super::{
    ANN, BEN, STRICT_PASSWORD, account, bad, create, created, credential, id_of, item, post, start,
    token,
};
use crate::harness::{PASSWORD, PUBLIC_URL, Platform};
use crate::security::sign_in;

const OWNER: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
const LOCATION: &str = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d";
const NOW: i64 = 1_767_225_600;

#[tokio::test]
async fn an_administrator_makes_a_user_and_vouches_for_the_address() {
    let (platform, root) = start().await;
    let root_id = id_of(&super::get(&platform, &root, "users").await.json()["users"][0]);
    let body = json!({
        "email": "Ann@Example.com",
        "userRole": "csr",
        "name": "Ann of the Lanterns",
        "description": "Lights them.",
        "currentPassword": STRICT_PASSWORD,
        "notes": [{ "note": "came by post" }],
        "owner": OWNER,
        "location": LOCATION,
        "locale": "fr-CA",
        "suspended": false,
    });
    let user = created(&post(&platform, &root, "user/0", &body).await);
    let id = id_of(&user);
    let expected = json!({
        "id": id,
        "name": "Ann of the Lanterns",
        "description": "Lights them.",
        "avatar": "",
        "email": ANN,
        "validated": true,
        "validationEmail": "",
        "validationDate": 0,
        "created": NOW,
        "validationURI": "",
        "changePassword": false,
        "lastLogin": 0,
        "currentLoginURI": "",
        "lastPasswordChange": NOW,
        "lastEmailCheck": 0,
        "waitingForEmailCheck": false,
        "location": LOCATION,
        "owner": OWNER,
        "suspended": false,
        "blackListed": false,
        "locale": "fr-CA",
        "userRole": "csr",
        "oauthUserInfo": "",
        "securityPolicy": "",
        "securityPolicyChange": 0,
        "notes": [{ "created": NOW, "createdBy": root_id, "note": "came by post" }],
        "userTypeProprietaryInfo": { "mobiles": [], "mfa": { "enabled": false, "method": "" } },
    });
    assert_eq!(user, expected);
    let seen = super::get(&platform, &root, &format!("user/{id}")).await;
    assert_eq!(seen.json(), expected, "what is stored is what was told");
    assert_eq!(platform.items("outbox").await.len(), 0, "no mail");
    platform.signed_in(ANN, STRICT_PASSWORD).await;
    let seen = super::get(&platform, &root, &format!("user/{id}")).await;
    assert_eq!(seen.json()["lastLogin"], NOW);
}

#[tokio::test]
async fn what_is_absent_has_a_default_and_no_password_opens_it() {
    let (platform, root) = start().await;
    let body = json!({ "email": ANN, "userRole": "subscriber" });
    let user = created(&post(&platform, &root, "user/0", &body).await);
    assert_eq!(
        (&user["name"], &user["locale"]),
        (&json!(ANN), &json!("en"))
    );
    let held = credential(&platform, &id_of(&user)).await;
    assert!(!held.contains_key("password_hash") && !held.contains_key("never_confirmed"));
    for password in ["", "null", PASSWORD] {
        let refused = sign_in(&platform, ANN, password).await;
        assert_eq!(refused.status, 403, "{password:?}");
        assert_eq!(refused.json()["ErrorCode"], 2, "{password:?}");
    }
    let link = platform
        .post("/reset-password/request")
        .header("origin", PUBLIC_URL);
    assert_eq!(link.form(&[("email", ANN)]).send().await.status, 200);
    let mails = platform.deliver().await;
    let link = crate::harness::reset_code_in(&mails[0].text);
    assert_eq!(platform.reset(&link, STRICT_PASSWORD).await.status, 200);
    token(&platform, ANN, STRICT_PASSWORD).await;
}

#[tokio::test]
async fn with_verification_the_address_is_confirmed_first_and_kept_meanwhile() {
    let (platform, root) = start().await;
    let body = json!({ "email": ANN, "userRole": "noc", "currentPassword": STRICT_PASSWORD });
    let answer = post(&platform, &root, "user/0?email_verification=true", &body).await;
    let user = created(&answer);
    let shown = (&user["validated"], &user["waitingForEmailCheck"]);
    assert_eq!(shown, (&json!(false), &json!(true)));
    let outbox = platform.items("outbox").await;
    assert_eq!(outbox.len(), 1);
    assert_eq!(outbox[0]["kind"], "activation");
    assert_eq!(outbox[0]["dialect"], "security");
    assert_eq!(outbox[0]["user_id"], user["id"]);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [ANN]);
    let refused = sign_in(&platform, ANN, STRICT_PASSWORD).await;
    assert_eq!(refused.json()["ErrorCode"], 4);
    platform.clock.advance_seconds(49 * 3600);
    let taken = platform
        .post("/user-service/v1/users/register")
        .json(&json!({ "email": ANN, "password": PASSWORD }))
        .send()
        .await;
    assert_eq!(taken.status, 400, "{}", taken.body);
    let kept = account(&platform, &id_of(&user)).await;
    assert_eq!(kept["confirmed"], false);
}

#[tokio::test]
async fn who_was_never_confirmed_loses_the_address_to_an_administrator_too() {
    let (platform, root) = start().await;
    let squatter = platform.register(ANN).await;
    assert_eq!(squatter["confirmed"], false);
    let body = json!({ "email": ANN, "userRole": "csr" });
    let taken = post(&platform, &root, "user/0", &body).await;
    let description = "1061: the e-mail address is already registered";
    assert_eq!(taken.whole(), bad("POST", description));
    platform.clock.advance_seconds(25 * 3600);
    let root = token(&platform, super::ADMIN, PASSWORD).await;
    let user = created(&post(&platform, &root, "user/0", &body).await);
    assert_eq!(user["userRole"], "csr");
}

#[tokio::test]
#[expect(
    clippy::too_many_lines,
    reason = "a table: what is wrong, and what is said of it"
)]
async fn what_is_no_good_user_is_refused_and_nothing_is_stored() {
    let (platform, root) = start().await;
    create(&platform, &root, BEN, "csr").await;
    let fine = json!({ "email": ANN, "userRole": "csr" });
    let with = |name: &str, value: Value| {
        let mut body = fine.clone();
        body[name] = value;
        body
    };
    let long = "n".repeat(129);
    let before = platform.dump().await;
    for (rest, body, description) in [
        ("user/1", fine.clone(), "1038: the id of a new user is 0"),
        ("user/00", fine.clone(), "1038: the id of a new user is 0"),
        (
            "user/6ba7b810-9dad-41d1-80b4-00c04fd430c8",
            fine.clone(),
            "1038: the id of a new user is 0",
        ),
        (
            "user/0",
            with("email", json!("ann")),
            "1040: the e-mail address is not valid",
        ),
        (
            "user/0",
            with("email", Value::Null),
            "1040: the e-mail address is not valid",
        ),
        (
            "user/0",
            with("email", json!(1)),
            "1040: email is not valid",
        ),
        (
            "user/0",
            with("email", json!(BEN)),
            "1061: the e-mail address is already registered",
        ),
        (
            "user/0",
            with("userRole", Value::Null),
            "1039: userRole is required",
        ),
        (
            "user/0",
            with("userRole", json!("partner")),
            "1039: userRole is not valid",
        ),
        (
            "user/0",
            with("userRole", json!("Root")),
            "1039: userRole is not valid",
        ),
        (
            "user/0",
            with("userRole", json!(1)),
            "1039: userRole is not valid",
        ),
        (
            "user/0",
            with("name", json!(long)),
            "1018: name is not valid",
        ),
        (
            "user/0",
            with("owner", json!("mine")),
            "1018: owner is not valid",
        ),
        (
            "user/0",
            with("location", json!(7)),
            "1018: location is not valid",
        ),
        (
            "user/0",
            with("locale", json!("no tag")),
            "1018: locale is not valid",
        ),
        (
            "user/0",
            with("suspended", json!("yes")),
            "1018: suspended is not valid",
        ),
        (
            "user/0",
            with("notes", json!("a note")),
            "1018: notes is not valid",
        ),
        (
            "user/0",
            with("notes", json!(["a note"])),
            "1018: notes is not valid",
        ),
        (
            "user/0",
            with("notes", json!([{ "note": "" }])),
            "1018: notes is not valid",
        ),
        (
            "user/0",
            with("notes", json!(vec![json!({ "note": "n" }); 11])),
            "1018: notes is not valid",
        ),
        (
            "user/0",
            with("currentPassword", json!(PASSWORD)),
            "1047: the password needs upper and lower case letters, a digit and one of #?!@$%^&*-",
        ),
        (
            "user/0",
            with("currentPassword", json!("Short-1")),
            "1047: the password needs at least 8 characters",
        ),
        (
            "user/0?email_verification=yes",
            fine.clone(),
            "1018: email_verification is not valid",
        ),
    ] {
        let answer = post(&platform, &root, rest, &body).await;
        assert_eq!(answer.whole(), bad("POST", description), "{rest} {body}");
    }
    let changed = platform.dump().await;
    // The number of an account that was not made is not used again.
    let without_counter = |dump: &str| {
        let lines = dump.lines().filter(|line| !line.contains("counter#"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(without_counter(&changed), without_counter(&before));
    assert!(item(&platform, "notes#").await.is_none());
}

#[tokio::test]
async fn making_users_is_not_limited_by_client() {
    let platform = Platform::with(&[("LIMIT_REGISTRATIONS_PER_CLIENT", "1")]).await;
    let root = crate::security::root(&platform).await;
    for number in 0..4 {
        create(
            &platform,
            &root,
            &format!("user{number}@example.com"),
            "csr",
        )
        .await;
    }
}
