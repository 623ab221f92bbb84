//! Mails, as SES takes them.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::{BehaviorVersion, Credentials, Region};
use serde_json::json;
use shared::domain::EmailAddress;
use shared::error::causes;
use shared::mail::{Composed, Mail, MailSender as _, SesSender};
use shared::sending::SendError;

use crate::harness::network;

fn client() -> Client {
    let config = aws_sdk_sesv2::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(super::moto())
        .http_client(network())
        .timeout_config(SesSender::timeouts());
    Client::from_conf(config.build())
}

/// Our adapter, sending from this address, which SES knows as a verified identity.
async fn sender(from: &str) -> SesSender {
    let client = client();
    let identity = client.create_email_identity().email_identity(from);
    identity.send().await.expect("an identity");
    SesSender::new(client, from.to_owned(), None)
}

fn mail(subject: &str, to: &[&str], html: &str) -> Mail {
    let to = to.iter().map(|to| EmailAddress::parse(to));
    Mail {
        to: to.collect::<Result<_, _>>().expect("addresses"),
        content: Composed {
            subject: subject.to_owned(),
            text: "Grüße,\n\nüber <b> & \"mehr\"\n".to_owned(),
            html: html.to_owned(),
        },
    }
}

#[tokio::test]
#[ignore = "needs moto's server: .ci/aws starts it"]
async fn a_mail_arrives_as_it_was_written() {
    let from = "as-written@gatehouse.example";
    let sender = sender(from).await;
    let to = ["Ann@Example.com", "Ben@bücher.example"];
    for (subject, html) in [("Grüße 🦊", ""), ("Mit HTML", "<p>Grüße &amp; mehr</p>")] {
        let sent = sender.send(mail(subject, &to, html)).await;
        sent.expect("it is sent");
        let kept = super::kept("ses", "Message").await;
        let found: Vec<_> = kept
            .into_iter()
            .filter(|mail| mail["source"] == from && mail["subject"] == subject)
            .collect();
        assert_eq!(found.len(), 1, "once: {found:?}");
        assert_eq!(
            found[0]["destinations"],
            json!({ "ToAddresses": ["Ann@Example.com", "Ben@xn--bcher-kva.example"] })
        );
        // moto keeps the HTML of a mail that has any.
        let body = if html.is_empty() {
            "Grüße,\n\nüber <b> & \"mehr\"\n"
        } else {
            html
        };
        assert_eq!(found[0]["body"], body);
    }
}

#[tokio::test]
#[ignore = "needs moto's server: .ci/aws starts it"]
async fn a_mail_from_an_address_that_is_not_verified_may_go_later() {
    let from = "unverified@gatehouse.example";
    let sender = SesSender::new(client(), from.to_owned(), None);
    let sent = sender
        .send(mail("Unverified", &["ann@example.com"], ""))
        .await;
    let fault = sent.expect_err("it is refused");
    assert!(matches!(fault, SendError::Unavailable(_)), "{fault:?}");
    assert_eq!(
        causes(&fault),
        ": MessageRejected",
        "and not SES's own words"
    );
    let kept = super::kept("ses", "Message").await;
    assert!(kept.iter().all(|mail| mail["source"] != from), "{kept:?}");
}
