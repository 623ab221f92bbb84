//! Row 3: changing a profile, and moving the account to another address.

use aws_sdk_dynamodb::types::AttributeValue;
use local::views::InboxMessage;
use serde_json::json;

use super::{
    ANN, BEN, CHECK, ISOLATED, NEW_PASSWORD, SHARING, START, USER, account, ann, cognito,
    confirmed, put, refusal, shown, signed_in, signing_in,
};
use crate::harness::{Browser, PASSWORD, PUBLIC_URL, Platform};
use crate::user_service::{administrator, expect_nothing_done};

const NEW: &str = "anna@example.org";

fn changed(email: &str) -> String {
    format!(
        "200\n{{\"result\":1,\"message\":\"User is Correctly Created\",\"data\":{{\
         \"externalId\":\"[externalId]\",\"projectId\":\"{SHARING}\",\"email\":\"{email}\",\
         \"username\":\"{email}\"}}}}"
    )
}

/// The code in the link that moves an account.
fn code_in(mail: &InboxMessage) -> String {
    let start = format!("{PUBLIC_URL}/confirm-email?code=");
    let code = mail.text.lines().find_map(|line| line.strip_prefix(&start));
    code.expect("a link").to_owned()
}

async fn follow(platform: &Platform, code: &str) -> u16 {
    let mut browser = Browser::default();
    let fields = [("code", code)];
    browser
        .submit(platform, "/confirm-email", &fields)
        .await
        .status
}

#[tokio::test]
async fn nickname_and_attributes_are_changed_and_others_stay() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let first = json!({ "nickname": "Ann", "custom:team": "red", "custom:town": "Ulm" });
    assert_eq!(
        shown(&login.change(&platform, &first).send().await),
        changed(ANN)
    );
    platform.clock.advance_seconds(50);
    let second = json!({ "nickname": "Nan", "custom:team": "blue" });
    assert_eq!(
        shown(&login.change(&platform, &second).send().await),
        changed(ANN)
    );
    let body = login.profile(&platform).send().await.json();
    let profile = &body["data"];
    for place in [profile, &profile["data"]] {
        assert_eq!(place["nickname"], "Nan");
        assert_eq!(place["custom:team"], "blue");
        assert_eq!(place["custom:town"], "Ulm");
        assert_eq!(place["email"], ANN);
    }
    assert_eq!(profile["updatedAt"], json!((START + 50).to_string()));
    assert_eq!(account(&platform, ANN).await["nickname"], "Nan");
    assert_eq!(platform.deliver().await.len(), 0);
    let query = super::query(SHARING, "awsCognito");
    let path = format!("{CHECK}?{query}&deviceId={}", login.device);
    let checked = platform.get(&path).bearer(&login.access).send().await;
    assert_eq!(checked.json(), body);
}

#[tokio::test]
async fn nothing_to_change_changes_nothing_but_the_time() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let users = platform.items("users").await;
    let answer = login.change(&platform, &json!({})).send().await;
    assert_eq!(shown(&answer), changed(ANN));
    assert_eq!(platform.items("users").await, users);
    let same = json!({ "email": " ANN@example.com " });
    assert_eq!(
        shown(&login.change(&platform, &same).send().await),
        changed(ANN)
    );
    assert_eq!(platform.items("users").await, users);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn a_new_address_is_proved_before_the_account_moves() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let answer = login
        .change(&platform, &json!({ "email": NEW }))
        .send()
        .await;
    assert_eq!(
        shown(&answer),
        changed(ANN),
        "it shows the address that is there"
    );
    let body = login.profile(&platform).send().await.json();
    assert_eq!(body["data"]["email"], ANN);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [NEW]);
    assert!(
        !platform.dump().await.contains(NEW),
        "it is sealed until then"
    );
    assert_eq!(follow(&platform, &code_in(&mails[0])).await, 200);
    let notice = platform.deliver().await;
    assert_eq!(notice.len(), 1);
    assert_eq!(notice[0].to, [ANN]);
    assert_eq!(login.status(&platform).await, 401, "all sessions end");
    let old = signing_in(&platform, SHARING, ANN, PASSWORD).send().await;
    assert_eq!(old.status, 401);
    let moved = signed_in(&platform, SHARING, NEW).await;
    assert_eq!(moved.user, login.user);
    assert_eq!(follow(&platform, &code_in(&mails[0])).await, 400);
}

/// In a realm of its own, the page has to look there.
#[tokio::test]
async fn the_link_moves_an_account_of_another_realm_within_it() {
    let platform = Platform::start().await;
    confirmed(&platform, SHARING, NEW).await;
    confirmed(&platform, ISOLATED, ANN).await;
    let login = signed_in(&platform, ISOLATED, ANN).await;
    login
        .change(&platform, &json!({ "email": NEW }))
        .send()
        .await;
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(follow(&platform, &code_in(&mails[0])).await, 200);
    let moved = signed_in(&platform, ISOLATED, NEW).await;
    assert_eq!(moved.user, login.user);
    assert_ne!(signed_in(&platform, SHARING, NEW).await.user, login.user);
}

/// Whoever has the address has the account in every dialect.
#[tokio::test]
async fn a_token_alone_moves_no_account_that_has_rights() {
    let moving = json!({ "email": NEW, "nickname": "Nan" });
    let forbidden = refusal(403, "not allowed", "forbidden");
    let platform = Platform::start().await;
    administrator(&platform).await;
    let login = signed_in(&platform, SHARING, "admin@example.com").await;
    let before = platform.dump().await;
    let answer = login.change(&platform, &moving).send().await;
    assert_eq!(answer.whole(), forbidden);
    expect_nothing_done(&platform, &before, "an administrator").await;
    for (field, value) in [
        ("permission_level", AttributeValue::N("1".to_owned())),
        ("user_role", AttributeValue::S("noc".to_owned())),
    ] {
        let platform = Platform::start().await;
        let login = ann(&platform).await;
        let pk = account(&platform, ANN).await["pk"].clone();
        let pk = AttributeValue::S(pk.as_str().expect("a key").to_owned());
        let update = platform
            .database()
            .update_item()
            .table_name("gatehouse-users");
        let update = update
            .key("pk", pk)
            .update_expression("SET #field = :value")
            .expression_attribute_names("#field", field)
            .expression_attribute_values(":value", value);
        update.send().await.expect("the item changes");
        let before = platform.dump().await;
        let answer = login.change(&platform, &moving).send().await;
        assert_eq!(answer.whole(), forbidden, "{field}");
        expect_nothing_done(&platform, &before, field).await;
    }
}

#[tokio::test]
async fn nobody_learns_whether_the_new_address_has_an_account() {
    let platform = Platform::start().await;
    confirmed(&platform, SHARING, BEN).await;
    let login = ann(&platform).await;
    let taken = login
        .change(&platform, &json!({ "email": BEN }))
        .send()
        .await;
    platform.clock.advance_seconds(1);
    let free = login
        .change(&platform, &json!({ "email": NEW }))
        .send()
        .await;
    assert_eq!(taken.whole(), free.whole());
    let mails = platform.deliver().await;
    let linked: Vec<_> = mails
        .iter()
        .filter(|mail| mail.text.contains("/confirm-email?"))
        .collect();
    assert_eq!(linked.len(), 1);
    assert_eq!(linked[0].to, [NEW]);
}

#[tokio::test]
async fn without_confirmation_the_account_moves_at_once() {
    let platform = Platform::with(&[("EMAIL_CONFIRMATION", "off")]).await;
    super::registering_with(&platform, SHARING, ANN)
        .send()
        .await;
    super::registering_with(&platform, SHARING, BEN)
        .send()
        .await;
    let login = signed_in(&platform, SHARING, ANN).await;
    let other = signed_in(&platform, SHARING, ANN).await;
    let elsewhere = platform.signed_in(ANN, PASSWORD).await;
    let before = platform.dump().await;
    let both = json!({ "email": BEN, "nickname": "Nan", "custom:a": "b" });
    let taken = login.change(&platform, &both).send().await;
    let message = "the e-mail address is already registered";
    assert_eq!(taken.whole(), refusal(409, message, "user_exists"));
    expect_nothing_done(&platform, &before, "a taken address").await;

    let data = json!({ "email": "Anna@Example.org", "nickname": "Nan" });
    let answer = login.change(&platform, &data).send().await;
    assert_eq!(shown(&answer), changed(NEW));
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [ANN], "the former address is told");
    assert_eq!(
        login.status(&platform).await,
        200,
        "the session that asks goes on"
    );
    assert_eq!(other.status(&platform).await, 401);
    let status = platform.get("/user-service/v1/users/status");
    let status = status.bearer(&elsewhere.access_token).send().await;
    assert_eq!(status.status, 401);
    let moved = account(&platform, NEW).await;
    assert_eq!(moved["nickname"], "Nan");
    assert_eq!(moved.get("email_proved_at"), None);
    let refreshed = login.refresh(&platform).send().await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.whole());
    assert_eq!(
        signing_in(&platform, SHARING, ANN, PASSWORD)
            .send()
            .await
            .status,
        401
    );
    signed_in(&platform, SHARING, NEW).await;
}

#[tokio::test]
async fn what_has_a_wrong_form_changes_nothing() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let before = platform.dump().await;
    for (data, message) in [
        (
            json!({ "email": "anna" }),
            "the e-mail address is not valid",
        ),
        (json!({ "email": 7 }), "email is not valid"),
        (json!({ "nickname": 7 }), "nickname is not valid"),
        (
            json!({ "nickname": "n".repeat(129) }),
            "nickname is not valid",
        ),
        (
            json!({ "nickname": "Nan", "custom:a": 7 }),
            "a custom field is not valid",
        ),
        (
            json!({ "nickname": "Nan", "email": "anna" }),
            "the e-mail address is not valid",
        ),
    ] {
        let answer = login.change(&platform, &data).send().await;
        assert_eq!(
            answer.whole(),
            refusal(400, message, "bad_request"),
            "{data}"
        );
    }
    for (body, message) in [
        (
            super::envelope(SHARING, "awsCognito", json!({})),
            "data is required",
        ),
        (cognito(SHARING, &json!("x")), "data is not valid"),
        (cognito(SHARING, &json!(null)), "data is required"),
    ] {
        let answer = put(&platform, USER, &body)
            .bearer(&login.access)
            .send()
            .await;
        assert_eq!(
            answer.whole(),
            refusal(400, message, "bad_request"),
            "{body}"
        );
    }
    let many: serde_json::Map<_, _> = (0..65)
        .map(|number| (format!("custom:{number}"), json!("x")))
        .collect();
    let answer = login.change(&platform, &many.into()).send().await;
    assert_eq!(
        answer.whole(),
        refusal(400, "too many attributes", "bad_request")
    );
    expect_nothing_done(&platform, &before, "malformed").await;
}

#[tokio::test]
async fn fields_that_are_not_listed_change_nothing() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let users = platform.items("users").await;
    let data = json!({
        "userId": "6ba7b810-9dad-41d1-80b4-00c04fd430c8", "confirmed": false, "permissionLevel": 2,
        "username": "root", "password": NEW_PASSWORD, "suspended": true, "appProfile": { "a": 1 },
        "externalId": "0".repeat(64), "loginHistory": [], "realm": "other",
    });
    assert_eq!(
        shown(&login.change(&platform, &data).send().await),
        changed(ANN)
    );
    assert_eq!(platform.items("users").await, users);
    let devices = platform.items("devices").await;
    assert!(devices.iter().all(|item| !item.contains_key("app_profile")));
}

#[tokio::test]
async fn nobody_changes_anything_without_a_good_token() {
    let platform = Platform::start().await;
    let login = ann(&platform).await;
    let before = platform.dump().await;
    let body = cognito(SHARING, &json!({ "nickname": "Nan", "email": NEW }));
    let none = put(&platform, USER, &body).send().await;
    assert_eq!(
        none.whole(),
        refusal(401, "an access token is required", "invalid_token")
    );
    for token in [&login.profile, &login.refresh, "x"] {
        let answer = put(&platform, USER, &body).bearer(token).send().await;
        assert_eq!(
            answer.whole(),
            refusal(401, "the token is not valid", "invalid_token")
        );
    }
    expect_nothing_done(&platform, &before, "no token").await;
}
