use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials as SdkCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::http::StatusCode;
use jiff::Timestamp;
use proptest::collection::{hash_map, vec};
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::{prop_assert_eq, proptest};
use serde_json::json;

use super::sign::{Signer, Signing};
use super::{AttributeValue, Blob, CancellationReason, Credentials, Fault, Reason, endpoint};

/// The headers that the library of AWS adds for the same call: date and authorization.
fn signed_by_aws(
    credentials: &Credentials,
    region: &str,
    call: &Signing<'_>,
    now: Timestamp,
) -> (String, String) {
    use secrecy::ExposeSecret as _;
    let own = SdkCredentials::new(
        &credentials.access_key_id,
        credentials.secret_access_key.expose_secret(),
        credentials.session_token.clone(),
        None,
        "test",
    );
    let identity = own.into();
    let seconds = u64::try_from(now.as_second()).expect("a time after 1970");
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("dynamodb")
        .time(UNIX_EPOCH + Duration::from_secs(seconds))
        .settings(SigningSettings::default())
        .build()
        .expect("all parameters");
    let headers = [
        ("content-type", call.content_type),
        ("host", call.host),
        ("x-amz-target", call.target),
    ];
    let url = format!("https://{}/", call.host);
    let body = SignableBody::Bytes(call.body);
    let request = SignableRequest::new("POST", url, headers.into_iter(), body);
    let signed = sign(request.expect("a request"), &parameters.into()).expect("a signature");
    let (instructions, _) = signed.into_parts();
    let header = |wanted: &str| {
        let mut headers = instructions.headers();
        let found = headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.expect("it is added").1.to_owned()
    };
    (header("x-amz-date"), header("authorization"))
}

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
    fn a_signature_is_the_one_that_awss_library_makes(
        key in "[A-Z0-9]{16,20}",
        secret in "[A-Za-z0-9/+]{1,60}",
        token in proptest::option::of("[A-Za-z0-9/+=]{1,400}"),
        region in "[a-z]{2}-[a-z]{4,9}-[1-9]",
        body in vec(any::<u8>(), 0..300),
        days in vec(0_i64..40_000, 1..4),
        port in proptest::option::of(1_u16..9999),
    ) {
        let credentials = Credentials {
            access_key_id: key,
            secret_access_key: secret.into(),
            session_token: token,
        };
        let signer = Signer::new(credentials.clone(), &region);
        let host = format!("dynamodb.{region}.amazonaws.com");
        let call = Signing {
            host: &port.map_or(host.clone(), |port| format!("{host}:{port}")),
            content_type: "application/x-amz-json-1.0",
            target: "DynamoDB_20120810.GetItem",
            body: &body,
        };
        // Days in any order: a key that is kept is that of its day.
        for day in days {
            let now = Timestamp::from_second(day * 86_400 + 12_345).expect("a time");
            let signed = signer.sign(&call, now);
            let expected = signed_by_aws(&credentials, &region, &call, now);
            prop_assert_eq!((signed.date, signed.authorization), expected);
        }
    }

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
    Fault::refused(status, body.as_bytes())
}

#[test]
fn what_passes_with_time_is_tried_again_and_nothing_else() {
    for (status, body, passes) in [
        (500, r#"{"__type":"x#InternalServerError"}"#, true),
        (503, "<html>a proxy's own</html>", true),
        (400, r#"{"__type":"a.b#ThrottlingException"}"#, true),
        (
            400,
            r#"{"__type":"x#ProvisionedThroughputExceededException"}"#,
            true,
        ),
        (400, r#"{"__type":"RequestLimitExceeded"}"#, true),
        (
            400,
            r#"{"__type":"x#ConditionalCheckFailedException"}"#,
            false,
        ),
        (400, r#"{"__type":"x#TransactionCanceledException"}"#, false),
        (400, r#"{"__type":"x#ValidationException"}"#, false),
        (400, r#"{"__type":"x#AccessDeniedException"}"#, false),
        (403, "", false),
    ] {
        assert_eq!(fault(status, body).may_pass(), passes, "{status} {body}");
    }
    assert!(Fault::Late.may_pass());
    assert!(Fault::Unreachable("reset".into()).may_pass());
}

#[test]
fn a_refusal_says_what_it_is_of_a_write() {
    let held =
        r#"{"__type":"x#ConditionalCheckFailedException","message":"no","Item":{"a":{"S":"b"}}}"#;
    let Reason::ConditionFailed(item) = fault(400, held).reason() else {
        panic!("a condition failed");
    };
    assert_eq!(item["a"], AttributeValue::S("b".to_owned()));
    let cancelled = r#"{"__type":"x#TransactionCanceledException","Message":"no","CancellationReasons":[
        {"Code":"None"},
        {"Code":"ConditionalCheckFailed","Message":"no","Item":{"a":{"N":"1"}}},
        {"Code":"ConditionalCheckFailed"},
        {"Code":"TransactionConflict"},
        {"Code":"ThrottlingError"}]}"#;
    let Reason::Cancelled(parts) = fault(400, cancelled).reason() else {
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
    let told = fault(
        400,
        r#"{"__type":"x#ValidationException","message":"too large"}"#,
    );
    assert_eq!(told.to_string(), "ValidationException (400): too large");
    assert!(matches!(told.reason(), Reason::Other(Fault::Refused(_))));
}

#[test]
fn each_partition_of_aws_has_its_own_domain() {
    for (region, url) in [
        (
            "eu-central-1",
            "https://dynamodb.eu-central-1.amazonaws.com",
        ),
        (
            "us-gov-west-1",
            "https://dynamodb.us-gov-west-1.amazonaws.com",
        ),
        ("cn-north-1", "https://dynamodb.cn-north-1.amazonaws.com.cn"),
        (
            "eusc-de-east-1",
            "https://dynamodb.eusc-de-east-1.amazonaws.eu",
        ),
    ] {
        assert_eq!(endpoint(region), url);
    }
}
