//! What functions send is with moto, where that stands behind the endpoint: `.ci/processes` has it stand there.

use std::collections::BTreeMap;

use local::views::InboxMessage;
use serde_json::Value;

use crate::harness::{Moto, Platform, are_processes};

/// Mails and text messages that the inbox has, by the ids that their senders got for them.
fn recorded<'a>(
    messages: &'a [InboxMessage],
    channel: &str,
    receipts: Vec<String>,
) -> BTreeMap<String, &'a InboxMessage> {
    let messages = messages.iter().filter(|message| message.channel == channel);
    let messages: Vec<_> = messages.collect();
    assert_eq!(messages.len(), receipts.len(), "{channel}");
    receipts.into_iter().zip(messages).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs moto behind functions that are processes"]
async fn what_functions_sent_is_with_moto() {
    assert!(are_processes(), "functions that are processes");
    let moto = Moto::of_environment().expect("moto's server");
    let platform = Platform::start().await;
    for address in ["ann@example.com", "Ben+lamp@example.com"] {
        platform.register_confirmed(address).await;
    }
    let session = platform
        .signed_in("ann@example.com", crate::harness::PASSWORD)
        .await;
    assert!(!session.access_token.is_empty());
    let messages = platform.inbox.messages();
    let mails = recorded(&messages, "email", platform.mail.receipts());
    assert!(mails.len() >= 2, "{mails:?}");
    let data = moto.data().await;
    let taken = data["ses"]["Message"].as_array().expect("mails");
    for (id, mail) in mails {
        let mut found = taken.iter().filter(|taken| taken["id"] == *id);
        let found = found.next().expect("a mail that was taken");
        assert_eq!(text(&found["source"]), mail.from);
        assert_eq!(text(&found["subject"]), mail.subject);
        assert_eq!(text(&found["body"]), mail.html);
    }
}
