//! The inbox: where mail goes instead of to SES.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use shared::domain::Clock;
use shared::mail::{Mail, MailSender, SendError};

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
    /// An inbox of mail from this sender.
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

    fn deliver(&self, mail: &Mail) -> std::io::Result<()> {
        let mut messages = self.lock();
        messages.push(InboxMessage {
            channel: "email".to_owned(),
            from: self.from.clone(),
            to: vec![mail.to.original().to_owned()],
            subject: mail.content.subject.clone(),
            text: mail.content.text.clone(),
            html: mail.content.html.clone(),
            sent_at: self.clock.now().as_second(),
        });
        self.keep(&messages)
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
        let delivered = self
            .deliver(&mail)
            .map_err(|fault| SendError::Unavailable(fault.into()));
        Box::pin(std::future::ready(delivered))
    }
}
