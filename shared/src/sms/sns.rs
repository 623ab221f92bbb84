//! Sends text messages through Amazon SNS, each straight to its number.
//!
//! `Publish` to a number knows no token that would make a second call the same as the first: a message whose answer was lost comes
//! twice, with the same words. Once the account's monthly spend limit is reached, SNS takes messages and drops them without a word.

use std::fmt;
use std::time::Duration;

use aws_sdk_sns::Client;
use aws_sdk_sns::config::timeout::TimeoutConfig;
use aws_sdk_sns::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_sns::operation::publish::PublishError;
use aws_sdk_sns::types::MessageAttributeValue;
use futures::future::BoxFuture;

use super::{Sms, SmsSender};
use crate::sending::{Refusal, SendError};
use crate::usage::count_text_message;

/// Delivered before what is marked as promotional.
const TYPE: (&str, &str) = ("AWS.SNS.SMS.SMSType", "Transactional");

/// What SNS calls a number that it will not write to: it is none, or its owner wants no messages. Everything else of a call is
/// always the same, so what is wrong with a parameter is wrong with the number.
const FOR_GOOD: [&str; 6] = [
    "InvalidParameter",
    "InvalidParameterValue",
    "ParameterValueInvalid",
    "ValidationException",
    "OptedOut",
    "OptedOutException",
];

/// The SNS adapter.
#[derive(Clone)]
pub struct SnsSender {
    client: Client,
}

impl SnsSender {
    /// Sends by this client. Who the sender is, is a matter of the account and the recipient's country.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// How long a call may take, with its retries.
    pub fn timeouts() -> TimeoutConfig {
        TimeoutConfig::builder()
            .operation_attempt_timeout(Duration::from_secs(3))
            .operation_timeout(Duration::from_secs(5))
            .build()
    }

    async fn hand_over(&self, sms: Sms) -> Result<(), SendError> {
        let (name, value) = TYPE;
        let kind = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(value)
            .build()
            .map_err(|fault| SendError::Rejected(fault.into()))?;
        self.client
            .publish()
            .phone_number(sms.to.as_str())
            .message(sms.text)
            .message_attributes(name, kind)
            .send()
            .await
            .map_err(|fault| classify(&fault))?;
        count_text_message();
        Ok(())
    }
}

impl SmsSender for SnsSender {
    fn send(&self, sms: Sms) -> BoxFuture<'_, Result<(), SendError>> {
        Box::pin(self.hand_over(sms))
    }
}

impl fmt::Debug for SnsSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SnsSender")
    }
}

fn classify(fault: &SdkError<PublishError>) -> SendError {
    let code = fault.code().unwrap_or("no answer");
    let refusal = Refusal(code.to_owned()).into();
    if FOR_GOOD.contains(&code) {
        SendError::Rejected(refusal)
    } else {
        SendError::Unavailable(refusal)
    }
}
