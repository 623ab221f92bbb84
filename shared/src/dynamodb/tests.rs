use aws_smithy_runtime_api::http::StatusCode;
use proptest::collection::{hash_map, vec};
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::{prop_assert_eq, proptest};
use serde_json::json;

use super::{AttributeValue, CancellationReason, Reason};
use crate::aws::{Blob, Fault};

fn values() -> impl Strategy<Value = AttributeValue> {
    let blob = || vec(any::<u8>(), 0..40).prop_map(Blob::new);
    let leaf = prop_oneof![
        any::<String>().prop_map(AttributeValue::S),
        any::<i64>().prop_map(|number| AttributeValue::N(number.to_string())),
        blob().prop_map(AttributeValue::B),
        any::<bool>().prop_map(AttributeValue::Bool),
        vec(any::<String>(), 1..4).prop_map(AttributeValue::Ss),
        vec("[0-9]{1,38}", 1..4).prop_map(AttributeValue::Ns),
        vec(blob(), 1..4).prop_map(AttributeValue::Bs),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(AttributeValue::L),
            hash_map(any::<String>(), inner, 0..4).prop_map(AttributeValue::M),
        ]
    })
}

proptest! {
    #[test]
    fn a_value_comes_back_as_it_was(value in values()) {
        let json = serde_json::to_string(&value).expect("texts for keys");
        prop_assert_eq!(serde_json::from_str::<AttributeValue>(&json).expect("a value"), value);
    }
}

#[test]
fn values_are_written_as_dynamodb_has_them() {
    let bytes = || Blob::new([0, 255]);
    let all = AttributeValue::L(vec![
        AttributeValue::S("a".to_owned()),
        AttributeValue::N("1.5".to_owned()),
        AttributeValue::B(bytes()),
        AttributeValue::Bool(true),
        AttributeValue::Null(true),
        AttributeValue::M([("k".to_owned(), AttributeValue::Bool(false))].into()),
        AttributeValue::Ss(vec!["b".to_owned()]),
        AttributeValue::Ns(vec!["2".to_owned()]),
        AttributeValue::Bs(vec![bytes()]),
    ]);
    assert_eq!(
        serde_json::to_value(&all).expect("JSON"),
        json!({ "L": [
            { "S": "a" },
            { "N": "1.5" },
            { "B": "AP8=" },
            { "BOOL": true },
            { "NULL": true },
            { "M": { "k": { "BOOL": false } } },
            { "SS": ["b"] },
            { "NS": ["2"] },
            { "BS": ["AP8="] },
        ] })
    );
}

fn fault(status: u16, body: &str) -> Fault {
    let status = StatusCode::try_from(status).expect("a status");
    Fault::refused(status, body.into())
}

#[test]
fn a_refusal_says_what_it_is_of_a_write() {
    let held =
        r#"{"__type":"x#ConditionalCheckFailedException","message":"no","Item":{"a":{"S":"b"}}}"#;
    let Reason::ConditionFailed(item) = Reason::of(fault(400, held)) else {
        panic!("a condition failed");
    };
    assert_eq!(item["a"], AttributeValue::S("b".to_owned()));
    let cancelled = r#"{"__type":"x#TransactionCanceledException","Message":"no","CancellationReasons":[
        {"Code":"None"},
        {"Code":"ConditionalCheckFailed","Message":"no","Item":{"a":{"N":"1"}}},
        {"Code":"ConditionalCheckFailed"},
        {"Code":"TransactionConflict"},
        {"Code":"ThrottlingError"}]}"#;
    let Reason::Cancelled(parts) = Reason::of(fault(400, cancelled)) else {
        panic!("a transaction was cancelled");
    };
    let collisions: Vec<_> = parts.iter().map(CancellationReason::is_collision).collect();
    assert_eq!(collisions, [true, false, false, true, false]);
    let items: Vec<_> = parts
        .into_iter()
        .map(CancellationReason::refusing_item)
        .collect();
    let one = [("a".to_owned(), AttributeValue::N("1".to_owned()))].into();
    assert_eq!(items, [None, Some(one), Some([].into()), None, None]);
    for other in [
        r#"{"__type":"x#ValidationException"}"#,
        r#"{"__type":"x#ConditionalCheckFailedException","Item":{"a":"b"}}"#,
        r#"{"__type":"x#TransactionCanceledException","CancellationReasons":"none"}"#,
    ] {
        let reason = Reason::of(fault(400, other));
        let is_other = matches!(reason, Reason::Other(Fault::Refused(_)));
        assert!(is_other, "{other}");
    }
}
