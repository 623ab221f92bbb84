//! The second factor and the phone numbers of a user, as row 7 changes them.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use super::{
    ANN, BEN, account, bad, changed, credential, forbidden, lives, put, set_on, somebody, start,
};
use crate::harness::Platform;

const PHONES: [&str; 3] = ["+14155552671", "+4915112345678", "+33612345678"];

fn mfa(enabled: bool, method: &str) -> Value {
    json!({ "userTypeProprietaryInfo": { "mfa": { "enabled": enabled, "method": method } } })
}

fn mobiles(numbers: &[&str]) -> Value {
    let mobiles: Vec<_> = numbers
        .iter()
        .map(|number| json!({ "number": number }))
        .collect();
    json!({ "userTypeProprietaryInfo": { "mobiles": mobiles } })
}

/// Gives somebody phone numbers, as if they had been proved.
async fn give_phones(platform: &Platform, id: &str) {
    let phones = PHONES.map(|phone| AttributeValue::S(phone.to_owned()));
    let phones = AttributeValue::L(phones.to_vec());
    set_on(platform, &format!("user#{id}"), "phones", phones).await;
}

/// Gives somebody an authenticator, as if it had been bound.
async fn give_authenticator(platform: &Platform, id: &str) {
    let method = AttributeValue::S("authenticator".to_owned());
    set_on(platform, &format!("user#{id}"), "second_factor", method).await;
    let pk = credential(platform, id).await["pk"].clone();
    let pk = pk.as_str().expect("a key");
    for (field, value) in [
        ("totp_seed", AttributeValue::B(Blob::new([1; 36]))),
        ("totp_step", AttributeValue::N("58907520".to_owned())),
    ] {
        set_on(platform, pk, field, value).await;
    }
}

/// The kinds of mails that are about to be sent, and to whom.
async fn promised(platform: &Platform) -> Vec<(Value, Value)> {
    let outbox = platform.items("outbox").await.into_iter();
    outbox
        .map(|intent| (intent["kind"].clone(), intent["user_id"].clone()))
        .collect()
}

#[tokio::test]
async fn users_turn_a_second_factor_on_and_off_and_stay_signed_in() {
    let (platform, root) = start().await;
    let (ann, token) = somebody(&platform, &root, ANN, "subscriber").await;
    let other = super::token(&platform, ANN, super::STRICT_PASSWORD).await;
    give_phones(&platform, &ann).await;
    let mut version = 1;
    for (enabled, method) in [(true, "email"), (true, "sms"), (false, "sms")] {
        let shown = changed(&platform, &token, &ann, &mfa(enabled, method)).await;
        let shown = &shown["userTypeProprietaryInfo"]["mfa"];
        let expected = if enabled { method } else { "" };
        assert_eq!(shown, &json!({ "enabled": enabled, "method": expected }));
        assert!(lives(&platform, &token, &ann).await, "{method}");
        assert!(!lives(&platform, &other, &ann).await, "{method}");
        version += 1;
        for held in [
            account(&platform, &ann).await,
            credential(&platform, &ann).await,
        ] {
            assert_eq!(held["credential_version"], version, "{method}");
        }
        let notice = (json!("second-factor-notice"), json!(ann));
        assert_eq!(promised(&platform).await, [notice], "{method}");
        assert_eq!(platform.deliver().await.len(), 1, "{method}");
    }
    changed(&platform, &token, &ann, &mfa(false, "")).await;
    assert_eq!(promised(&platform).await, [], "nothing differs");
}

#[tokio::test]
async fn nobody_turns_on_what_the_account_cannot_use_or_what_is_somebody_elses() {
    let (platform, root) = start().await;
    let (ann, token) = somebody(&platform, &root, ANN, "subscriber").await;
    let path = format!("user/{ann}");
    let phone_required = bad("PUT", "1044: a validated phone number is required");
    let not_valid = bad("PUT", "1045: mfa.method is not valid");
    let before = platform.dump().await;
    for (by, method, refusal) in [
        (&token, "sms", phone_required),
        (&token, "authenticator", not_valid),
        (&root, "email", forbidden("PUT")),
        (&root, "authenticator", forbidden("PUT")),
    ] {
        let refused = put(&platform, by, &path, &mfa(true, method)).await;
        assert_eq!(refused.whole(), refusal, "{method}");
    }
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn text_messages_are_no_factor_where_none_are_sent() {
    let platform = Platform::with(&[("SMS", "off")]).await;
    let root = crate::security::root(&platform).await;
    let (ann, token) = somebody(&platform, &root, ANN, "subscriber").await;
    give_phones(&platform, &ann).await;
    let refused = put(&platform, &token, &format!("user/{ann}"), &mfa(true, "sms")).await;
    assert_eq!(refused.status, 400, "{}", refused.whole());
    let description = refused.json()["ErrorDescription"].clone();
    let description = description.as_str().expect("a text");
    assert!(description.starts_with("1084: "), "{description}");
}

#[tokio::test]
async fn an_administrator_takes_a_lost_authenticator_off() {
    let (platform, root) = start().await;
    for (email, rest, body) in [
        (ANN, "?resetMFA=true", json!({})),
        (BEN, "", mfa(false, "")),
    ] {
        let (id, token) = somebody(&platform, &root, email, "subscriber").await;
        give_authenticator(&platform, &id).await;
        let own = put(&platform, &token, &format!("user/{id}{rest}"), &body).await;
        let needs_code = bad("PUT", "1045: mfa.method is not valid");
        assert_eq!(own.whole(), needs_code, "the owner shows a code of it");
        let answer = put(&platform, &root, &format!("user/{id}{rest}"), &body).await;
        let shown = &answer.json()["userTypeProprietaryInfo"]["mfa"];
        assert_eq!(shown, &json!({ "enabled": false, "method": "" }));
        let held = credential(&platform, &id).await;
        for member in ["totp_seed", "totp_step", "recovery_codes"] {
            assert!(!held.contains_key(member), "{member}");
        }
        assert!(!lives(&platform, &token, &id).await);
        let notice = (json!("second-factor-notice"), json!(id));
        assert_eq!(promised(&platform).await, [notice]);
        assert_eq!(platform.deliver().await.len(), 1);
        super::token(&platform, email, super::STRICT_PASSWORD).await;
    }
}

#[tokio::test]
async fn numbers_are_left_out_and_moved_but_never_added() {
    let (platform, root) = start().await;
    let (ann, token) = somebody(&platform, &root, ANN, "subscriber").await;
    give_phones(&platform, &ann).await;
    let [one, two, three] = PHONES;
    for numbers in [
        &[three, two, one][..],
        &[one, "+1 (415) 555-2672"],
        &[one, one],
        &["no number"],
    ] {
        let answer = put(&platform, &token, &format!("user/{ann}"), &mobiles(numbers)).await;
        if numbers.len() == 3 {
            let shown = answer.json()["userTypeProprietaryInfo"]["mobiles"].clone();
            let entry = |number: &str, primary: bool| json!({ "number": number, "verified": true, "primary": primary });
            assert_eq!(
                shown,
                json!([entry(three, true), entry(two, false), entry(one, false)])
            );
        } else {
            let description = answer.json()["ErrorDescription"].clone();
            let description = description.as_str().expect("a text");
            assert!(
                description.starts_with("1044: "),
                "{numbers:?}: {description}"
            );
        }
    }
    assert_eq!(
        account(&platform, &ann).await["phones"],
        json!([three, two, one])
    );
    changed(&platform, &token, &ann, &mfa(true, "sms")).await;
    let none = put(&platform, &token, &format!("user/{ann}"), &mobiles(&[])).await;
    let refusal = bad("PUT", "1044: a validated phone number is required");
    assert_eq!(none.whole(), refusal, "codes go to one of them");
    changed(&platform, &token, &ann, &mobiles(&[two])).await;
    assert_eq!(account(&platform, &ann).await["phones"], json!([two]));
}
