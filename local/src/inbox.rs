//! The inbox: where mails and text messages go instead of to SES and SNS.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use shared::domain::{Clock, EmailAddress};
use shared::mail::{Mail, MailSender};
use shared::sending::SendError;
use shared::sms::{Sms, SmsSender};
use shared::usage;

use crate::views::InboxMessage;

/// Every message that was sent, oldest first. Kept in a file if it has one.
#[derive(Debug)]
pub struct Inbox {
    from: String,
    clock: Arc<dyn Clock>,
    messages: Mutex<Vec<InboxMessage>>,
    file: Option<PathBuf>,
}

impl Inbox {
    /// An inbox whose mails are from this sender.
    pub fn new(from: String, clock: Arc<dyn Clock>, file: Option<PathBuf>) -> Self {
        let kept = file.as_ref().and_then(|file| std::fs::read(file).ok());
        let messages = kept
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        Self {
            from,
            clock,
            messages: Mutex::new(messages),
            file,
        }
    }

    /// All messages, oldest first.
    pub fn messages(&self) -> Vec<InboxMessage> {
        self.lock().clone()
    }

    /// Throws all messages away.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn empty(&self) -> std::io::Result<()> {
        let mut messages = self.lock();
        messages.clear();
        self.keep(&messages)
    }

    fn mail(&self, mail: Mail) -> InboxMessage {
        let to = mail.to.iter().map(EmailAddress::envelope);
        InboxMessage {
            channel: "email".to_owned(),
            from: self.from.clone(),
            to: to.collect(),
            subject: mail.content.subject,
            text: mail.content.text,
            html: mail.content.html,
            sent_at: self.clock.now().as_second(),
        }
    }

    /// Of a text message nobody here knows the sender: the recipient's network shows one.
    fn text_message(&self, sms: Sms) -> InboxMessage {
        InboxMessage {
            channel: "sms".to_owned(),
            from: String::new(),
            to: vec![sms.to.as_str().to_owned()],
            subject: String::new(),
            text: sms.text,
            html: String::new(),
            sent_at: self.clock.now().as_second(),
        }
    }

    fn deliver(&self, message: InboxMessage) -> Result<(), SendError> {
        let mut messages = self.lock();
        messages.push(message);
        self.keep(&messages)
            .map_err(|fault| SendError::Unavailable(fault.into()))
    }

    fn keep(&self, messages: &[InboxMessage]) -> std::io::Result<()> {
        match &self.file {
            Some(file) => crate::files::write_private(file, &serde_json::to_vec_pretty(messages)?),
            None => Ok(()),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<InboxMessage>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MailSender for Inbox {
    fn send(&self, mail: Mail) -> BoxFuture<'_, Result<(), SendError>> {
        usage::count_mail(mail.to.len());
        Box::pin(std::future::ready(self.deliver(self.mail(mail))))
    }
}

impl SmsSender for Inbox {
    fn send(&self, sms: Sms) -> BoxFuture<'_, Result<(), SendError>> {
        usage::count_text_message();
        Box::pin(std::future::ready(self.deliver(self.text_message(sms))))
    }
}
