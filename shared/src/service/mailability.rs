//! Who gets mail: an address that bounced for good, or whose owner complained, gets none until an operator says so.
//!
//! The address itself is not kept, only its digest. The mail service has a list of its own, which is not looked at here.

use std::collections::HashSet;
use std::sync::Arc;

use super::Context;
use crate::domain::{AddressDigest, EmailAddress, Unmailable, UnmailableReason};
use crate::error::Result;
use crate::mail::{Mail, MailSender};
use crate::sending::SendError;
use crate::store::{Store, StoreError};

/// Who gets no mail.
#[derive(Debug, Clone)]
pub struct Mailability {
    context: Context,
}

/// Sends mails to those who get any.
#[derive(Debug, Clone)]
pub struct Mailer {
    store: Store,
    sender: Arc<dyn MailSender>,
}

impl Mailability {
    /// By what is stored.
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// Sends an address no mail from now on. What was reported before stays. One write.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::error::Error::Unavailable).
    pub async fn refuse(&self, address: &EmailAddress, reason: UnmailableReason) -> Result<()> {
        let (store, now) = (&self.context.store, self.context.now());
        Ok(store
            .insert_unmailable(&address.digest(), reason, now)
            .await?)
    }

    /// Sends an address mail again; why it got none, if that was so. One write.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::error::Error::Unavailable).
    pub async fn allow(&self, address: &EmailAddress) -> Result<Option<Unmailable>> {
        let store = &self.context.store;
        Ok(store.delete_unmailable(&address.digest()).await?)
    }

    /// Why an address gets no mail, if that is so. One consistent read.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::error::Error::Unavailable).
    pub async fn find(&self, address: &EmailAddress) -> Result<Option<Unmailable>> {
        let store = &self.context.store;
        Ok(store.find_unmailable(&address.digest()).await?)
    }
}

impl Mailer {
    /// Hands mails to this sender.
    pub fn new(store: Store, sender: Arc<dyn MailSender>) -> Self {
        Self { store, sender }
    }

    /// Hands a mail over to those of its recipients who get mail. One consistent read before.
    ///
    /// # Errors
    /// [`StoreError`]; [`SendError`], which is [`SendError::Unmailable`] if none of them gets any.
    pub(super) async fn send<E>(&self, mail: Mail) -> std::result::Result<(), E>
    where
        E: From<StoreError> + From<SendError>,
    {
        let digests: HashSet<AddressDigest> = mail.to.iter().map(EmailAddress::digest).collect();
        let unmailable = self.store.unmailable_of(&digests).await?;
        let mut to = mail.to;
        to.retain(|address| !unmailable.contains(&address.digest()));
        if to.is_empty() {
            return Err(SendError::Unmailable.into());
        }
        Ok(self.sender.send(Mail { to, ..mail }).await?)
    }
}
