//! Every reader of an item, for items that nobody wrote: in tests and under cargo-fuzz only.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::StoreError;
use super::access::{read_holder, read_permission, read_role};
use super::attempts::{COMMON, remaining};
use super::attributes::read_attributes;
use super::audit::read_event;
use super::authenticators::sealed_seed;
use super::avatars::read_avatar;
use super::challenges::read_challenge;
use super::codes::read_tried;
use super::credentials::read_credential;
use super::item::{Item, b, flag, n, s};
use super::keys::{read_key_set, read_log_levels, read_settings};
use super::members::{read_device, read_member};
use super::notes::read_notes;
use super::outbox::read_intent;
use super::password_history::{HASHES, read_hashes};
use super::phones::read_code;
use super::projects::read_project;
use super::sessions::listed;
use super::unmailable;
use super::users::read_user;
use crate::aws::Blob;
use crate::dynamodb::AttributeValue;

const DEVICE: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";

/// The kinds of items that an item can be read as.
///
/// It is written as JSON: texts, numbers, truths and null stand for themselves, lists and maps for theirs, and `{"B": ""}` for
/// bytes, `{"N": ""}` for a number of any spelling, `{"SS": []}`, `{"NS": []}` and `{"BS": []}` for sets.
pub fn takers(json: &[u8]) -> Vec<&'static str> {
    match serde_json::from_slice(json) {
        Ok(Value::Object(members)) => taking(&item(members)),
        _ => Vec::new(),
    }
}

fn taking(item: &Item) -> Vec<&'static str> {
    // What nobody can fail to read.
    let _levels = read_log_levels(item);
    let hashes = item.get(HASHES).map(read_hashes);
    let read = [
        (
            "attempts",
            remaining(item, &COMMON, Timestamp::UNIX_EPOCH).is_ok(),
        ),
        ("attributes", read_attributes(item).is_ok()),
        ("avatar", read_avatar(item).is_ok()),
        ("challenge", read_challenge(uuid::Uuid::nil(), item).is_ok()),
        ("code", read_tried(item).is_ok()),
        ("credential", is_there(&read_credential(item))),
        ("device", read_device(item, DEVICE).is_ok()),
        ("event", read_event(item).is_ok()),
        ("holder", read_holder(item).is_some()),
        ("intent", read_intent(item).is_ok()),
        ("key-set", read_key_set(item).is_ok()),
        ("member", read_member(item).is_ok()),
        ("notes", read_notes(item).is_ok()),
        ("number-code", read_code(item).is_ok()),
        (
            "password-history",
            hashes.is_some_and(|hashes| hashes.is_ok()),
        ),
        ("permission", read_permission(item).is_ok()),
        ("project", read_project(item).is_ok()),
        ("role", is_there(&read_role(item))),
        ("seed", sealed_seed(item).is_ok()),
        ("session", listed(item).is_ok()),
        ("settings", read_settings(item).is_ok()),
        ("unmailable", unmailable::read(item).is_ok()),
        ("user", is_there(&read_user(item))),
    ];
    let taking = read.into_iter().filter(|(_, takes)| *takes);
    taking.map(|(name, _)| name).collect()
}

fn is_there<T>(read: &Result<Option<T>, StoreError>) -> bool {
    matches!(read, Ok(Some(_)))
}

fn item(members: Map<String, Value>) -> Item {
    let members = members.into_iter();
    members
        .map(|(name, value)| (name, attribute(value)))
        .collect()
}

fn attribute(value: Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(truth) => flag(truth),
        Value::Number(number) => n(number),
        Value::String(text) => s(text),
        Value::Array(values) => AttributeValue::L(values.into_iter().map(attribute).collect()),
        Value::Object(members) => {
            typed(&members).unwrap_or_else(|| AttributeValue::M(item(members)))
        }
    }
}

/// What JSON has no word for.
fn typed(members: &Map<String, Value>) -> Option<AttributeValue> {
    let (name, value) = members.iter().next()?;
    let texts = || {
        let values = value.as_array()?.iter();
        let texts = values.map(|text| text.as_str().map(str::to_owned));
        texts.collect::<Option<Vec<_>>>()
    };
    Some(match name.as_str() {
        "B" => b(value.as_str()?.as_bytes()),
        "N" => n(value.as_str()?),
        "SS" => AttributeValue::Ss(texts()?),
        "NS" => AttributeValue::Ns(texts()?),
        "BS" => AttributeValue::Bs(texts()?.into_iter().map(Blob::new).collect()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::collection::{hash_map, vec};
    use proptest::prelude::*;

    use super::{AttributeValue, Blob, Item, Value, b, flag, item, n, s, takers, taking};

    /// One of each kind.
    const SAMPLES: [(&str, &str); 22] = [
        (
            "attempts",
            r#"{"failures":7,"failed_at":1767225600000,"failures_in_a_row":7}"#,
        ),
        (
            "attributes",
            r#"{"entries":{"theme":{"id":1,"text":"dark"}},"bytes_held":9}"#,
        ),
        (
            "avatar",
            r#"{"content_type":"image/png","picture":{"B":"png"},"tag":"t"}"#,
        ),
        (
            "challenge",
            r#"{"account":"00000000-0000-4000-8000-000000000007","realm":"main","address":"a","factor":"sms","dialect":"security","credential_version":1,"key_version":1,"password_hash":"$argon2id$","as_known":true,"created_at":1767225600000,"expires":1767225900}"#,
        ),
        (
            "code",
            r#"{"intent_id":"AAAAAAAAAAAAAAAAAAAAAA","digest":{"B":"01234567890123456789012345678901"},"key_version":1}"#,
        ),
        (
            "credential",
            r#"{"user_id":"00000000-0000-4000-8000-000000000007","password_hash":"$argon2id$","credential_version":1,"never_confirmed":true,"created_at":1767225600000,"known_sources":["a"],"totp_seed":{"B":"seed"},"totp_step":5,"recovery_codes":{"BS":["01234567890123456789012345678901"]},"mailed_digest":{"B":"01234567890123456789012345678901"},"mailed_intent":"AAAAAAAAAAAAAAAAAAAAAA","mailed_key_version":1,"mailed_issued_at":1767225600000,"mailed_expires":1767229200}"#,
        ),
        (
            "device",
            r#"{"signed_up_at":1767225600000,"last_login":1767225600000,"signed_at":1767225600000}"#,
        ),
        (
            "event",
            r#"{"user_id":"00000000-0000-4000-8000-000000000007","happened":"001767225600000#00#00000000-0000-4000-8000-000000000009","event":"registered","dialect":"user-service","request_id":"r","by":"00000000-0000-4000-8000-000000000007","session_id":"AAAAAAAAAAAAAAAAAAAAAA"}"#,
        ),
        (
            "holder",
            r#"{"pk":"role#1","sk":"user#00000000-0000-4000-8000-000000000007"}"#,
        ),
        (
            "intent",
            r#"{"id":"AAAAAAAAAAAAAAAAAAAAAA","kind":"activation","user_id":"00000000-0000-4000-8000-000000000007","sealed":{"B":"address"},"dialect":"user-service","key_version":1,"issued_at":1767225600000}"#,
        ),
        ("key-set", r#"{"key_set":"{\"keys\":[]}"}"#),
        (
            "member",
            r#"{"user_id":"00000000-0000-4000-8000-000000000007","device_id":"a69a31e9-f2e6-4d5f-b080-6138c6a721b7","signed_up_at":1767225600000,"updated_at":1767225600000,"sign_ins":[1767225600],"username":"ann","nickname":"a","email":"ann@example.com","email_original":"Ann@example.com","app_profile":"{\"a\":1}","guest":true,"expires":1767225900}"#,
        ),
        (
            "notes",
            r#"{"entries":[{"text":"called","author":"00000000-0000-4000-8000-000000000007","written_at":1767225600000}]}"#,
        ),
        (
            "number-code",
            r#"{"code_id":"00000000-0000-4000-8000-000000000009","key_version":1,"number_digest":{"B":"01234567890123456789012345678901"}}"#,
        ),
        ("password-history", r#"{"hashes":["$argon2id$"]}"#),
        (
            "permission",
            r#"{"number":1,"name":"reports:read","description":"reads"}"#,
        ),
        (
            "project",
            r#"{"project_id":"a69a31e9-f2e6-4d5f-b080-6138c6a721b7","realm":"main","sealed":{"B":"providers"},"created_at":1767225600000,"revision":1}"#,
        ),
        (
            "role",
            r#"{"number":1,"uid":"00000000-0000-4000-8000-000000000003","name":"reporter","description":"","permission_numbers":{"NS":["7"]},"role_version":1}"#,
        ),
        (
            "session",
            r#"{"session_id":"AAAAAAAAAAAAAAAAAAAAAA","user_id":"00000000-0000-4000-8000-000000000007","dialect":"session","credential_version":1,"created_at":1767225600000,"expires":1767229200,"generation":2,"cookie":{"B":"01234567890123456789012345678901"},"project":"a69a31e9-f2e6-4d5f-b080-6138c6a721b7","device":"3fa85f64-5717-4562-b3fc-2c963f66afa6","refreshed_at":1767225600000}"#,
        ),
        (
            "settings",
            r#"{"entries":{"SMS":"on"},"issuer":"https://id.example.com"}"#,
        ),
        ("unmailable", r#"{"reason":"bounce","since":1767225600000}"#),
        (
            "user",
            r#"{"pk":"user#00000000-0000-4000-8000-000000000007","user_number":7,"realm":"main","email":"ann@example.com","email_original":"Ann@example.com","first_name":"Ann","last_name":"A","display_name":"Ann A","nickname":"a","description":"d","entity":"00000000-0000-4000-8000-000000000003","venue":"00000000-0000-4000-8000-000000000003","avatar":"t","user_language":"en","permission_level":1,"user_role":"subscriber","confirmed":true,"email_proved_at":1767225600000,"suspended":false,"black_listed":false,"phones":["+4915112345678"],"second_factor":"sms","must_change_password":false,"credential_version":1,"created_at":1767225600000,"password_changed_at":1767225600000}"#,
        ),
    ];

    fn sample(text: &str) -> Item {
        let Ok(Value::Object(members)) = serde_json::from_str(text) else {
            panic!("{text}");
        };
        item(members)
    }

    /// A value of any type, at times one that some reader may take.
    fn value() -> impl Strategy<Value = AttributeValue> {
        let text = || {
            prop_oneof![
                "\\PC{0,12}",
                "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
                "[A-Za-z0-9_-]{22}",
                "[0-9]{15}#[0-9]{2}#[0-9a-f-]{36}",
                "[\\[\\]{}\":,a-z0-9]{0,20}",
            ]
        };
        let number = || {
            prop_oneof![
                any::<i128>().prop_map(|number| number.to_string()),
                any::<f64>().prop_map(|number| number.to_string()),
                "-?[0-9]{1,38}(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,3})?",
                text(),
            ]
        };
        let bytes = || vec(any::<u8>(), 0..40);
        let leaf = prop_oneof![
            text().prop_map(s),
            number().prop_map(n),
            bytes().prop_map(|bytes| b(&bytes)),
            any::<bool>().prop_map(flag),
            any::<bool>().prop_map(AttributeValue::Null),
            vec(text(), 0..3).prop_map(AttributeValue::Ss),
            vec(number(), 0..3).prop_map(AttributeValue::Ns),
            vec(bytes().prop_map(Blob::new), 0..3).prop_map(AttributeValue::Bs),
        ];
        leaf.prop_recursive(2, 8, 3, move |inner| {
            let name = prop_oneof!["text|id|author|written_at", "[a-z]{0,3}"];
            prop_oneof![
                vec(inner.clone(), 0..3).prop_map(AttributeValue::L),
                hash_map(name, inner, 0..3).prop_map(AttributeValue::M),
            ]
        })
    }

    #[test]
    fn each_kind_of_item_is_read_as_what_it_is() {
        for (kind, json) in SAMPLES {
            let taken = takers(json.as_bytes());
            assert!(taken.contains(&kind), "{kind} is read as {taken:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: ProptestConfig::default().cases * 4,
            ..ProptestConfig::default()
        })]

        #[test]
        fn an_item_with_any_values_is_read_or_refused(
            which in 0..SAMPLES.len(),
            values in vec((any::<prop::sample::Index>(), prop::option::of(value())), 1..4),
        ) {
            let mut item = sample(SAMPLES[which].1);
            let names: Vec<_> = item.keys().cloned().collect();
            for (name, value) in values {
                let name = &names[name.index(names.len())];
                match value {
                    Some(value) => item.insert(name.clone(), value),
                    None => item.remove(name),
                };
            }
            // None of them may panic; a kind that has nothing to read takes any item.
            let taken = taking(&item);
            prop_assert!(taken.len() <= SAMPLES.len());
        }

        #[test]
        fn an_item_is_read_as_written_whatever_else_stands_in_it(
            which in 0..SAMPLES.len(),
            others in hash_map("x_[a-z]{1,4}", value(), 0..4),
        ) {
            let (kind, json) = SAMPLES[which];
            let mut item = sample(json);
            item.extend(others);
            prop_assert!(taking(&item).contains(&kind));
        }
    }
}
