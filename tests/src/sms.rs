//! Text messages: the wire format of Amazon SNS, what is made of its refusals, and how functions come by a sender.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_sns::config::retry::RetryConfig;
use aws_sdk_sns::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use axum::Router;
use serde_json::json;
use shared::domain::{Clock as _, PhoneNumber};
use shared::http::Route;
use shared::runtime::{Function, StartError};
use shared::sending::SendError;
use shared::sms::{Sms, SmsSender, SnsSender};

use crate::harness::{Platform, SmsFault, network};

const NUMBER: &str = "+4915112345678";

/// Stands for SNS: keeps what it was sent, and answers always the same.
#[derive(Debug, Clone)]
struct Sns {
    received: Arc<Mutex<Vec<Received>>>,
    answer: Option<(u16, &'static str)>,
}

#[derive(Debug, Clone, PartialEq)]
struct Received {
    method: String,
    uri: String,
    form: BTreeMap<String, String>,
}

impl Sns {
    /// Answers with this status and error code; with none, that it took the message.
    fn answering(status: u16, error: &'static str) -> Self {
        Self {
            received: Arc::default(),
            answer: Some((status, error)),
        }
    }

    /// Does not answer at all.
    fn silent() -> Self {
        Self {
            received: Arc::default(),
            answer: None,
        }
    }

    /// Our adapter on it. Without retries: those are the SDK's.
    fn sender(&self) -> SnsSender {
        let config = aws_sdk_sns::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .http_client(self.clone())
            .build();
        SnsSender::new(aws_sdk_sns::Client::from_conf(config))
    }

    fn received(&self) -> Vec<Received> {
        self.received.lock().expect("no panic inside").clone()
    }
}

impl HttpConnector for Sns {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().expect("a body in memory");
        let received = Received {
            method: request.method().to_owned(),
            uri: request.uri().to_owned(),
            form: form_urlencoded::parse(body).into_owned().collect(),
        };
        self.received
            .lock()
            .expect("no panic inside")
            .push(received);
        let Some((status, error)) = self.answer else {
            let refused = ConnectorError::io("connection refused".into());
            return HttpConnectorFuture::ready(Err(refused));
        };
        let body = if error.is_empty() {
            "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>"
                .to_owned()
        } else {
            refusal(status, error)
        };
        let status = StatusCode::try_from(status).expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}

impl HttpClient for Sns {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// As SNS writes it (Query API, version 2010-03-31).
fn refusal(status: u16, error: &str) -> String {
    let blame = if status < 500 { "Sender" } else { "Receiver" };
    format!(
        "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\n  <Error>\n    <Type>{blame}</Type>\n    \
         <Code>{error}</Code>\n    <Message>Invalid parameter: PhoneNumber Reason: {NUMBER} is not valid to publish to\
         </Message>\n  </Error>\n  <RequestId>b3bd6a4c-0c1f-5f4e-8c8b-3a1f2c7d9e10</RequestId>\n</ErrorResponse>\n"
    )
}

fn sms(to: &str) -> Sms {
    Sms {
        to: PhoneNumber::parse(to).expect("a number"),
        text: "048213 is your code & nobody else's: ü".to_owned(),
    }
}

/// An error with all that is behind it, as a log would have it.
fn told(fault: &SendError) -> String {
    format!("{fault}{}", shared::error::causes(fault))
}

#[tokio::test]
async fn a_text_message_is_one_request_straight_to_its_number() {
    let sns = Sns::answering(200, "");
    sns.sender().send(sms(NUMBER)).await.expect("it is sent");
    let attribute = "MessageAttributes.entry.1";
    let form = [
        ("Action", "Publish"),
        ("Version", "2010-03-31"),
        ("PhoneNumber", NUMBER),
        ("Message", "048213 is your code & nobody else's: ü"),
        (&format!("{attribute}.Name"), "AWS.SNS.SMS.SMSType"),
        (&format!("{attribute}.Value.DataType"), "String"),
        (&format!("{attribute}.Value.StringValue"), "Transactional"),
    ];
    let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(
        sns.received(),
        [Received {
            method: "POST".to_owned(),
            uri: "https://sns.eu-central-1.amazonaws.com/".to_owned(),
            form: form.into(),
        }]
    );
}

#[tokio::test]
async fn a_number_that_sns_will_never_write_to_is_rejected() {
    for code in [
        "InvalidParameter",
        "ParameterValueInvalid",
        "ValidationException",
        "OptedOut",
    ] {
        let sns = Sns::answering(400, code);
        let fault = sns.sender().send(sms(NUMBER)).await;
        let fault = fault.expect_err("it is refused");
        assert!(matches!(fault, SendError::Rejected(_)), "{fault:?}");
        assert_eq!(told(&fault), format!("the message was rejected: {code}"));
        assert_eq!(sns.received().len(), 1);
    }
}

#[tokio::test]
async fn a_text_message_that_may_go_well_later_is_unavailable() {
    for (status, code) in [
        (400, "Throttling"),
        (400, "Throttled"),
        (400, "KMSThrottling"),
        (400, "KMSAccessDenied"),
        (400, "KMSDisabled"),
        (400, "UserError"),
        (403, "AuthorizationError"),
        (403, "AccessDenied"),
        (403, "ExpiredToken"),
        (404, "NotFound"),
        (500, "InternalError"),
        (503, "ServiceUnavailable"),
    ] {
        let fault = Sns::answering(status, code)
            .sender()
            .send(sms(NUMBER))
            .await;
        let fault = fault.expect_err("it is refused");
        assert!(matches!(fault, SendError::Unavailable(_)), "{fault:?}");
        assert_eq!(
            told(&fault),
            format!("the message service does not answer: {code}")
        );
    }
    let fault = Sns::silent().sender().send(sms(NUMBER)).await;
    let fault = fault.expect_err("nobody answers");
    assert!(matches!(fault, SendError::Unavailable(_)), "{fault:?}");
    assert_eq!(
        told(&fault),
        "the message service does not answer: no answer"
    );
}

#[tokio::test]
async fn the_adapter_and_a_text_message_print_nothing_of_their_content() {
    let printed = format!("{:?} {:?}", Sns::silent().sender(), sms(NUMBER));
    assert_eq!(printed, "SnsSender Sms");
}

/// Our adapter on the endpoint that functions call which are processes, as one of those that may send.
fn sender_at(endpoint: &str) -> SnsSender {
    let config = aws_sdk_sns::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new(
            "security-messaging.0",
            "test",
            None,
            None,
            "test",
        ))
        .endpoint_url(endpoint)
        .http_client(network())
        .retry_config(RetryConfig::disabled())
        .timeout_config(SnsSender::timeouts());
    SnsSender::new(aws_sdk_sns::Client::from_conf(config.build()))
}

#[tokio::test]
async fn a_text_message_arrives_whichever_way_a_test_sends_it() {
    let platform = Platform::start().await;
    let cloud = platform.cloud().await;
    let messengers = platform.local.foundation.messengers().expect("what sends");
    let by_wire: Arc<dyn SmsSender> = Arc::new(sender_at(cloud.endpoint()));
    for sender in [messengers.sms, by_wire] {
        sender.send(sms(NUMBER)).await.expect("it is sent");
        assert_eq!(
            json!(platform.inbox.messages()),
            json!([{
                "channel": "sms",
                "from": "",
                "to": [NUMBER],
                "subject": "",
                "text": "048213 is your code & nobody else's: ü",
                "html": "",
                "sent_at": platform.clock.now().as_second(),
            }])
        );
        platform.inbox.empty().expect("an inbox in memory");

        for (fault, rejected) in [
            (SmsFault::Throttled, false),
            (SmsFault::OptedOut, true),
            (SmsFault::Invalid, true),
        ] {
            platform.sms.refuse("+4915", fault);
            let refused = sender.send(sms(NUMBER)).await.expect_err("it is refused");
            let seen = matches!(refused, SendError::Rejected(_));
            assert_eq!(seen, rejected, "{fault:?}: {refused:?}");
            sender.send(sms("+33612345678")).await.expect("it is sent");
            platform.sms.heal();
        }
        assert_eq!(platform.inbox.messages().len(), 3);
        platform.inbox.empty().expect("an inbox in memory");
    }
}

#[tokio::test]
async fn a_sender_waits_for_a_silent_service_no_longer_than_it_may() {
    let platform = Platform::start().await;
    let cloud = platform.cloud().await;
    platform.sms.refuse("", SmsFault::Silent);
    let patience = SnsSender::timeouts().operation_timeout();
    assert_eq!(patience, Some(Duration::from_secs(5)));
    let refused = sender_at(cloud.endpoint()).send(sms(NUMBER)).await;
    let refused = refused.expect_err("nobody answers");
    assert!(matches!(refused, SendError::Unavailable(_)), "{refused:?}");
    assert_eq!(platform.inbox.messages().len(), 0);
}

#[tokio::test]
async fn a_function_that_did_not_ask_to_send_is_told_so_at_its_start() {
    let platform = Platform::start().await;
    let mut foundation = platform.local.foundation.clone();
    foundation.messengers = None;
    let refused = foundation.messengers().expect_err("it did not ask");
    assert!(matches!(refused, StartError::NotSending), "{refused:?}");
    assert_eq!(
        refused.to_string(),
        "the function did not ask to send messages"
    );
}

#[test]
fn asking_to_send_changes_nothing_else_of_a_function() {
    const ROUTES: &[Route] = &[];
    const SILENT: Function = Function::without_secrets("name", ROUTES, |_, _| Ok(Router::new()));
    const SENDING: Function = SILENT.sending();
    assert!(SENDING.is_sending() && !SILENT.is_sending());
    assert_eq!(SENDING.name, SILENT.name);
}
