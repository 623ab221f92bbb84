//! What functions send is with moto, where that stands behind the endpoint: `.ci/processes` has it stand there.

use std::collections::BTreeMap;

use local::views::InboxMessage;
use serde_json::{Value, json};

use super::super::{post, start};
use super::{NUMBER, OTHER_NUMBER, SUCCESS};
use crate::harness::{Moto, are_processes};

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

fn find<'a>(taken: &'a Value, name: &str, id: &str) -> &'a Value {
    let mut taken = taken.as_array().expect("what was taken").iter();
    let found = taken.find(|taken| taken[name] == id);
    found.expect("a message that was taken")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs moto behind functions that are processes"]
async fn what_functions_sent_is_with_moto() {
    assert!(are_processes(), "functions that are processes");
    let moto = Moto::of_environment().expect("moto's server");
    let (platform, root) = start().await;
    platform.register_confirmed("Ben+lamp@example.com").await;
    for to in [NUMBER, OTHER_NUMBER] {
        let body = json!({ "to": to, "text": "Grüße & <more>, 50 % + 1" });
        let answer = post(&platform, &root, "sms", &body).await;
        assert_eq!(answer.whole(), SUCCESS);
    }
    let messages = platform.inbox.messages();
    let mails = recorded(&messages, "email", platform.mail.receipts());
    let texts = recorded(&messages, "sms", platform.sms.receipts());
    assert!(!mails.is_empty(), "a mail");
    assert_eq!(texts.len(), 2);
    let data = moto.data().await;
    for (id, mail) in mails {
        let taken = find(&data["ses"]["Message"], "id", &id);
        assert_eq!(taken["source"], mail.from);
        assert_eq!(taken["destinations"]["ToAddresses"], json!(mail.to));
        assert_eq!(taken["subject"], mail.subject);
        assert_eq!(taken["body"], mail.html);
    }
    for (id, sent) in texts {
        let taken = find(&data["sns"]["SMS"], "message_id", &id);
        assert_eq!(taken["phone_number"], sent.to[0]);
        assert_eq!(taken["message"], sent.text);
    }
}
