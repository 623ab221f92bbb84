//! Sends mail through Amazon SES (API v2).
//!
//! `SendEmail` knows no token that would make a second call the same as the first. The SDK calls again, within the time that a call
//! has, when it was throttled or has no answer: a mail whose answer was lost comes twice. So it would if whoever waits for it asked
//! again, and a code is the same in both.

use std::fmt;
use std::time::Duration;

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use futures::future::BoxFuture;

use super::{Mail, MailSender};
use crate::domain::EmailAddress;
use crate::sending::{Refusal, SendError};
use crate::usage::count_mail;

/// The SES adapter.
#[derive(Clone)]
pub struct SesSender {
    client: Client,
    from: String,
    configuration_set: Option<String>,
}

impl SesSender {
    /// Sends from this verified identity; the configuration set says what becomes of bounces.
    pub fn new(client: Client, from: String, configuration_set: Option<String>) -> Self {
        Self {
            client,
            from,
            configuration_set,
        }
    }

    /// How long a call may take, with its retries.
    pub fn timeouts() -> TimeoutConfig {
        TimeoutConfig::builder()
            .operation_attempt_timeout(Duration::from_secs(3))
            .operation_timeout(Duration::from_secs(5))
            .build()
    }

    async fn hand_over(&self, mail: Mail) -> Result<(), SendError> {
        let content = |text: &str| {
            Content::builder()
                .data(text)
                .charset("UTF-8")
                .build()
                .map_err(rejected)
        };
        let html = match mail.content.html.as_str() {
            "" => None,
            html => Some(content(html)?),
        };
        let body = Body::builder()
            .text(content(&mail.content.text)?)
            .set_html(html)
            .build();
        let message = Message::builder()
            .subject(content(&mail.content.subject)?)
            .body(body)
            .build();
        let to = mail.to.iter().map(EmailAddress::envelope).collect();
        self.client
            .send_email()
            .from_email_address(&self.from)
            .set_configuration_set_name(self.configuration_set.clone())
            .destination(Destination::builder().set_to_addresses(Some(to)).build())
            .content(EmailContent::builder().simple(message).build())
            .send()
            .await
            .map_err(|fault| classify(&fault))?;
        count_mail(mail.to.len());
        Ok(())
    }
}

impl MailSender for SesSender {
    fn send(&self, mail: Mail) -> BoxFuture<'_, Result<(), SendError>> {
        Box::pin(self.hand_over(mail))
    }
}

impl fmt::Debug for SesSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SesSender")
    }
}

fn classify(fault: &SdkError<SendEmailError>) -> SendError {
    // Not `MessageRejected`: SES says so, too, while our own identity waits to be verified. All others are the state of our account
    // (paused, suspended, over its quota), of our domain, of our rights or of SES. That an address bounced is no answer, but an event.
    let for_good = matches!(
        fault.as_service_error(),
        Some(SendEmailError::BadRequestException(_))
    );
    let code = fault.code().unwrap_or("no answer").to_owned();
    if for_good {
        rejected(Refusal(code))
    } else {
        SendError::Unavailable(Refusal(code).into())
    }
}

fn rejected(fault: impl std::error::Error + Send + Sync + 'static) -> SendError {
    SendError::Rejected(fault.into())
}
