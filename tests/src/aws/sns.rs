//! Text messages, as SNS takes them.

use aws_sdk_sns::Client;
use aws_sdk_sns::config::{BehaviorVersion, Credentials, Region};
use serde_json::Value;
use shared::domain::PhoneNumber;
use shared::sms::{Sms, SmsSender as _, SnsSender};

use crate::harness::network;

fn client() -> Client {
    let config = aws_sdk_sns::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(super::moto())
        .http_client(network())
        .timeout_config(SnsSender::timeouts());
    Client::from_conf(config.build())
}

/// What arrived at a number.
async fn arrived(number: &str) -> Vec<Value> {
    let kept = super::kept("sns", "SMS").await.into_iter();
    let texts = kept
        .filter(|sms| sms["phone_number"] == number)
        .map(|sms| sms["message"].clone());
    texts.collect()
}

#[tokio::test]
#[ignore = "needs moto's server: .ci/aws starts it"]
async fn a_text_message_arrives_as_it_was_written() {
    let number = "+4915112345601";
    let text = "048213 is your code & nobody else's: ü <🦊>";
    let sms = Sms {
        to: PhoneNumber::parse(number).expect("a number"),
        text: text.to_owned(),
    };
    let sent = SnsSender::new(client()).send(sms).await;
    sent.expect("it is sent");
    assert_eq!(arrived(number).await, [text]);
}
