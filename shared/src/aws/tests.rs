use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials as SdkCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::http::StatusCode;
use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::sample::select;
use proptest::{prop_assert_eq, proptest};

use super::sign::{Signer, Signing};
use super::{Credentials, Fault, endpoint};

/// The headers that the library of AWS adds for the same call: date and authorization.
fn signed_by_aws(
    credentials: &Credentials,
    (region, service): (&str, &str),
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
        .name(service)
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

proptest! {
    #[test]
    fn a_signature_is_the_one_that_awss_library_makes(
        key in "[A-Z0-9]{16,20}",
        secret in "[A-Za-z0-9/+]{1,60}",
        token in proptest::option::of("[A-Za-z0-9/+=]{1,400}"),
        region in "[a-z]{2}-[a-z]{4,9}-[1-9]",
        service in select(&["dynamodb", "ssm", "kms"]),
        body in vec(any::<u8>(), 0..300),
        days in vec(0_i64..40_000, 1..4),
        port in proptest::option::of(1_u16..9999),
    ) {
        let credentials = Credentials {
            access_key_id: key,
            secret_access_key: secret.into(),
            session_token: token,
        };
        let signer = Signer::new(credentials.clone(), &region, service);
        let host = format!("{service}.{region}.amazonaws.com");
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
            let expected = signed_by_aws(&credentials, (&region, service), &call, now);
            prop_assert_eq!((signed.date, signed.authorization), expected);
        }
    }
}

fn fault(status: u16, body: &str) -> Fault {
    let status = StatusCode::try_from(status).expect("a status");
    Fault::refused(status, body.into())
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
fn a_refusal_has_a_name_wherever_it_stands() {
    for kind in [
        "ParameterNotFound",
        "com.amazonaws.ssm#ParameterNotFound",
        "ParameterNotFound:http://internal.amazon.com/coral/com.amazonaws.ssm/",
    ] {
        let told = fault(
            400,
            &format!(r#"{{"__type":"{kind}","Message":"no such"}}"#),
        );
        assert!(told.is_any_of(&["ParameterNotFound"]), "{kind}");
        assert_eq!(told.to_string(), "ParameterNotFound (400): no such");
    }
    let nameless = fault(502, "<html>a proxy's own</html>");
    assert_eq!(nameless.to_string(), " (502): ");
}

#[test]
fn an_answer_that_cannot_be_read_is_not_told() {
    let secret = serde_json::from_str::<Vec<u8>>(r#""a private key""#);
    let fault = Fault::unreadable(&secret.expect_err("it is no list"));
    let told = "the answer cannot be read from line 1, column 15 on";
    assert_eq!(fault.to_string(), told);
    assert!(std::error::Error::source(&fault).is_none());
    assert!(!fault.may_pass());
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
        assert_eq!(endpoint("dynamodb", region), url);
    }
}
