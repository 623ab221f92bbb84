//! Amazon SES, as far as mails are sent through it (API version 2, `SendEmail`): they go to the inbox.

use local::inbox::Inbox;
use serde_json::{Value, json};
use shared::domain::EmailAddress;
use shared::mail::{Composed, Mail, MailSender as _};

/// Takes a mail: the answer's body.
pub(super) async fn send(inbox: &Inbox, request: &Value) -> Value {
    let to = request["Destination"]["ToAddresses"][0].as_str();
    let message = &request["Content"]["Simple"];
    let text = |content: &Value| content["Data"].as_str().expect("a text").to_owned();
    let mail = Mail {
        to: EmailAddress::parse(to.expect("a recipient")).expect("an address"),
        content: Composed {
            subject: text(&message["Subject"]),
            text: text(&message["Body"]["Text"]),
            html: text(&message["Body"]["Html"]),
        },
    };
    inbox.send(mail).await.expect("an inbox takes every mail");
    json!({ "MessageId": "0107019abc7c191b-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000" })
}
