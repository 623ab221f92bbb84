//! Messages that administrators of document 001 have sent: a text message to a number, a mail to several addresses.
//!
//! They are sent before the answer and kept nowhere. Who may be written to is the limits' business, not a list's.

use std::sync::Arc;

use super::{Limits, Mailer, SecurityAdmin, tell};
use crate::domain::{
    EmailAddress, MailBody, MailRecipients, MailSubject, Outcome, PhoneNumber, SmsBody,
};
use crate::error::{Error, Result};
use crate::mail::{Composed, Mail};
use crate::sms::{Sms, SmsSender};

/// Sends what administrators write.
#[derive(Debug, Clone)]
pub struct Messages {
    limits: Limits,
    mailer: Mailer,
    /// The address that mails come from.
    from: EmailAddress,
    /// Nothing where no text messages are sent.
    sms: Option<Arc<dyn SmsSender>>,
}

/// A mail as an administrator asks for it.
#[derive(Debug)]
pub struct MailRequest {
    /// Has to be the address that mails come from.
    pub from: EmailAddress,
    /// Whom it goes to.
    pub to: MailRecipients,
    /// Its subject.
    pub subject: MailSubject,
    /// Its text.
    pub text: MailBody,
}

impl Messages {
    /// Sends by these; mails from this address.
    pub fn new(
        limits: Limits,
        mailer: Mailer,
        from: EmailAddress,
        sms: Option<Arc<dyn SmsSender>>,
    ) -> Self {
        Self {
            limits,
            mailer,
            from,
            sms,
        }
    }

    /// Sends a text message. Two transactions and the message.
    ///
    /// # Errors
    /// [`Error::SmsOff`]; [`Error::RateLimited`]; [`Error::NotSent`]; [`Error::Unavailable`].
    pub async fn text(&self, caller: &SecurityAdmin, to: PhoneNumber, text: SmsBody) -> Result<()> {
        let sms = self.sms.as_ref().ok_or(Error::SmsOff)?;
        let sender = caller.current().user().id;
        self.limits.count_sms(&to, sender).await?;
        let text = text.into_string();
        sms.send(Sms { to, text }).await?;
        tell(Outcome::TextMessageSent, sender);
        Ok(())
    }

    /// Sends one mail to all its recipients who get mail; they see each other. One transaction, one read and the mail.
    ///
    /// # Errors
    /// [`Error::InvalidField`] if it is to come from another address than ours; [`Error::RateLimited`]; [`Error::NotSent`];
    /// [`Error::Unavailable`].
    pub async fn mail(&self, caller: &SecurityAdmin, mail: MailRequest) -> Result<()> {
        if !mail.from.is_same_mailbox(&self.from) {
            return Err(Error::InvalidField("from"));
        }
        let sender = caller.current().user().id;
        self.limits.count_mail_call(sender, mail.to.count()).await?;
        let content = Composed::of_words(&mail.subject, &mail.text);
        let to = mail.to.into_addresses();
        self.mailer.send::<Error>(Mail { to, content }).await?;
        tell(Outcome::MailSent, sender);
        Ok(())
    }
}
