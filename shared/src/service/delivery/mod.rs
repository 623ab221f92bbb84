//! Delivery: does what the outbox promises. Ready for redelivery: the same intent always carries the same secret, and one whose
//! secret was used or replaced sends nothing.

mod secrets;

use std::panic::AssertUnwindSafe;

use futures::{FutureExt as _, StreamExt as _, stream};
use jiff::SignedDuration;

use super::email_change::open_new_address;
use super::{Context, Mailer, Trail, tell};
use crate::domain::{
    CodePurpose, Dialect, EmailAddress, Intent, IntentId, IntentKind, LinkLifetime, OneTimeCode,
    Outcome, Realm, Recipient, User, UserId,
};
use crate::error::causes;
use crate::keys::{Sealed, SealingKey, ServerKey};
use crate::mail::{Letter, Links, Mail};
use crate::sending::{Refusal, SendError};
use crate::store::StoreError;

const INVITATION_LIFETIME: SignedDuration = SignedDuration::from_hours(24);
const EMAIL_CHANGE_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// The stream has had its tries by then.
const OVERDUE: SignedDuration = SignedDuration::from_mins(15);

/// What hangs must not keep a sweep from what comes after it.
const SWEPT_AT_ONCE: usize = 10;

/// What a sweep came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Intents that were done.
    pub done: usize,
    /// Intents that stay.
    pub failed: usize,
}

/// Sends what was promised.
#[derive(Debug, Clone)]
pub struct Delivery {
    context: Context,
    trail: Trail,
    mailer: Mailer,
    links: Links,
    codes: ServerKey,
    seal: SealingKey,
    service_name: String,
}

/// An intent was not done; it stays in the outbox.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The mail was not taken.
    #[error(transparent)]
    Send(#[from] SendError),
    /// It cannot be done by this code.
    #[error("its sender panicked")]
    Panicked,
}

/// How far doing an intent came.
enum Progress {
    /// It is done.
    Done,
    /// All but a part that has its time later: the sweep does that.
    GoesOn,
}

impl Delivery {
    /// Delivery by this mailer. One key derives secrets, the other opens sealed addresses.
    pub fn new(
        (context, trail): (Context, Trail),
        mailer: Mailer,
        links: Links,
        (codes, seal): (ServerKey, SealingKey),
        service_name: String,
    ) -> Self {
        Self {
            context,
            trail,
            mailer,
            links,
            codes,
            seal,
            service_name,
        }
    }

    /// The open intents, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_intents(&self) -> Result<Vec<Intent>, StoreError> {
        self.context.store.intents().await
    }

    /// Does the intent of this name, if it is still open: a name that comes again finds nothing to do. An intent that nobody
    /// could do is logged and left, so that it holds up no other.
    ///
    /// # Errors
    /// [`DeliveryError`]: it was not done and stays; another try may do it.
    pub async fn deliver_by_id(&self, id: IntentId) -> Result<(), DeliveryError> {
        let found = self.context.store.find_intent(id).await;
        match found {
            Ok(Some(intent)) => match self.deliver(&intent).await {
                Err(DeliveryError::Panicked) => Ok(()),
                delivered => delivered,
            },
            Ok(None) => Ok(()),
            Err(StoreError::Corrupt(member)) => {
                tracing::error!(outcome = "skipped", "an intent is unreadable: no {member}");
                Ok(())
            }
            Err(fault) => {
                let fault = DeliveryError::from(fault);
                log(&fault, "unknown");
                Err(fault)
            }
        }
    }

    /// Does every intent that has been open for 15 minutes; how many were done, and how many were not.
    ///
    /// # Errors
    /// [`StoreError`]: the outbox cannot be read.
    pub async fn sweep(&self) -> Result<Swept, StoreError> {
        let now = self.context.now();
        let intents = self.context.store.intents().await?;
        let is_due = |intent: &Intent| intent.issued_at <= now - OVERDUE;
        let (due, fresh): (Vec<_>, Vec<_>) = intents.into_iter().partition(is_due);
        let mut oldest = fresh.iter().map(|intent| intent.issued_at).min();
        let deliver = async |intent: Intent| (intent.issued_at, self.deliver(&intent).await);
        let deliveries = stream::iter(due).map(deliver);
        let mut ended = deliveries.buffer_unordered(SWEPT_AT_ONCE);
        let mut swept = Swept::default();
        while let Some((issued_at, delivered)) = ended.next().await {
            match delivered {
                Ok(()) => swept.done += 1,
                Err(_) => {
                    swept.failed += 1;
                    oldest = Some(oldest.map_or(issued_at, |other| other.min(issued_at)));
                }
            }
        }
        let age = oldest.map_or(0, |issued_at| now.duration_since(issued_at).as_secs());
        tracing::info!(target: "shared::metrics", outbox_age = age, "the outbox was swept");
        Ok(swept)
    }

    /// Does one intent and forgets it; tells the log of what it could not do. At least once: dying between the two does it again.
    ///
    /// # Errors
    /// [`DeliveryError`]: it was not done and stays.
    pub async fn deliver(&self, intent: &Intent) -> Result<(), DeliveryError> {
        let work = AssertUnwindSafe(self.perform_and_forget(intent)).catch_unwind();
        let delivered = self.trail.keep_of(intent, Box::pin(work)).await;
        let delivered = delivered.unwrap_or(Err(DeliveryError::Panicked));
        if let Err(fault) = &delivered {
            log(fault, intent.kind.as_str());
        }
        delivered
    }

    async fn perform_and_forget(&self, intent: &Intent) -> Result<(), DeliveryError> {
        match self.perform(intent).await {
            Ok(Progress::Done) => {}
            Ok(Progress::GoesOn) => return Ok(()),
            Err(DeliveryError::Send(fault @ SendError::Rejected(_))) => {
                // Not the causes: the mail service names the address in them.
                let kind = intent.kind.as_str();
                tracing::warn!(kind, outcome = "given-up", "a mail was given up: {fault}");
            }
            Err(DeliveryError::Send(fault @ SendError::Unmailable)) => {
                let kind = intent.kind.as_str();
                tracing::warn!(kind, outcome = "unmailable", "a mail was given up: {fault}");
            }
            Err(other) => return Err(other),
        }
        Ok(self.context.store.delete_intent(intent.id).await?)
    }

    async fn perform(&self, intent: &Intent) -> Result<Progress, DeliveryError> {
        if intent.kind == IntentKind::Erase {
            return self.erase(intent).await;
        }
        if let Some(user) = self.find_recipient(&intent.recipient).await? {
            self.mail(intent, user).await?;
        }
        Ok(Progress::Done)
    }

    async fn mail(&self, intent: &Intent, user: User) -> Result<(), DeliveryError> {
        match intent.kind {
            IntentKind::EmailChange => self.send_email_change(intent, &user).await,
            IntentKind::EmailChangedNotice => self.tell_former_address(intent, &user).await,
            IntentKind::Activation if user.confirmed && user.email_proved_at.is_some() => Ok(()),
            IntentKind::Activation => self.send_activation(intent, &user).await,
            IntentKind::PasswordReset => {
                let lifetime = LinkLifetime::of_reset(intent.dialect);
                self.send_reset_link(intent, &user, lifetime.duration(), |link| {
                    Letter::PasswordReset { link, lifetime }
                })
                .await
            }
            IntentKind::Invitation => {
                self.send_reset_link(intent, &user, INVITATION_LIFETIME, |link| {
                    Letter::Invitation { link }
                })
                .await
            }
            IntentKind::MailedPassword => self.send_password(intent, &user).await,
            IntentKind::PasswordResetCode => self.send_reset_code(intent, &user).await,
            IntentKind::LockoutNotice => {
                let link = self.way_back_of(&user);
                let link = link.as_deref();
                self.send(&user, Letter::LockoutNotice { link }).await
            }
            IntentKind::PasswordChangedNotice => {
                let link = self.way_back_of(&user);
                let link = link.as_deref();
                self.send(&user, Letter::PasswordChangedNotice { link })
                    .await
            }
            // Not the confirmation: whoever clicked on that would have an account whose password a stranger may have chosen.
            IntentKind::RegisteredAgain if !user.confirmed => {
                let lifetime = LinkLifetime::of_reset(intent.dialect).duration();
                self.send_reset_link(intent, &user, lifetime, |link| Letter::AlreadyRegistered {
                    link,
                })
                .await
            }
            IntentKind::RegisteredAgain => {
                let link = &self.links.forgot_password();
                self.send(&user, Letter::AlreadyRegistered { link }).await
            }
            IntentKind::SecondFactorNotice => self.send(&user, Letter::SecondFactorNotice).await,
            IntentKind::Erase => Ok(()),
        }
    }

    async fn send_activation(&self, intent: &Intent, user: &User) -> Result<(), DeliveryError> {
        let lifetime = LinkLifetime::of_activation(intent.dialect);
        match self
            .record_code(intent, user, CodePurpose::Activation, lifetime.duration())
            .await?
        {
            Some(code) => {
                let link = &self.activation_link(intent.dialect, user.id, &code);
                self.send(user, Letter::Activation { link, lifetime }).await
            }
            None => Ok(()),
        }
    }

    /// Where the account came in by document 002 or 003, whoever reads the mail may call that dialect too: it asks for the user id.
    fn activation_link(&self, dialect: Dialect, user: UserId, code: &OneTimeCode) -> String {
        match dialect {
            Dialect::Rbac => self.links.rbac_activation(user, &code.to_text()),
            Dialect::Security => self.links.action_link_verification(&code.to_text()),
            Dialect::Session => self.links.confirmation(user, &code.to_text()),
            _ => self.links.activation(&code.to_text()),
        }
    }

    fn reset_link(&self, dialect: Dialect, user: UserId, code: &OneTimeCode) -> String {
        match dialect {
            Dialect::Security => self.links.action_link_reset(&code.to_text()),
            _ => self.links.password_reset(user, &code.to_text()),
        }
    }

    async fn send_reset_link(
        &self,
        intent: &Intent,
        user: &User,
        lifetime: SignedDuration,
        letter: impl FnOnce(&str) -> Letter<'_>,
    ) -> Result<(), DeliveryError> {
        match self
            .record_code(intent, user, CodePurpose::Reset, lifetime)
            .await?
        {
            Some(code) => {
                let link = self.reset_link(intent.dialect, user.id, &code);
                self.send(user, letter(&link)).await?;
                tell(Outcome::RecoveryMailed, user.id);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Where the owner asks for a new password; nothing for an account of another realm, which the pages do not know.
    fn way_back_of(&self, user: &User) -> Option<String> {
        let known = user.realm == Realm::default_realm();
        known.then(|| self.links.forgot_password())
    }

    /// To the address that the account is to move to. The code of a taken one is stored, too, though nobody gets it: else an older
    /// link, by dying or not, would tell whether the address has an account.
    async fn send_email_change(&self, intent: &Intent, user: &User) -> Result<(), DeliveryError> {
        let Recipient::SealedAddress { sealed, .. } = &intent.recipient else {
            return Ok(());
        };
        let opened = open_new_address(&self.seal, sealed.clone(), intent.id, user);
        let Some(new) = opened else {
            return Ok(());
        };
        let purpose = CodePurpose::EmailChange;
        let kept = Some(sealed.as_slice());
        let recorded = self.record(intent, user, (purpose, EMAIL_CHANGE_LIFETIME), kept);
        let Some(code) = recorded.await? else {
            return Ok(());
        };
        let store = &self.context.store;
        let holder = store.find_credential(&user.realm, &new.digest()).await?;
        if holder.is_some() {
            return Ok(());
        }
        let link = self.links.email_change(&code.to_text());
        self.send_to(new, user, Letter::EmailChange { link: &link })
            .await
    }

    async fn send_password(&self, intent: &Intent, user: &User) -> Result<(), DeliveryError> {
        match self.record_password(intent, user).await? {
            Some(password) => {
                let password = password.expose();
                self.send(user, Letter::MailedPassword { password }).await?;
                tell(Outcome::RecoveryMailed, user.id);
                Ok(())
            }
            None => Ok(()),
        }
    }

    async fn send_reset_code(&self, intent: &Intent, user: &User) -> Result<(), DeliveryError> {
        match self.record_reset_code(intent, user).await? {
            Some(code) => {
                let code = code.expose();
                self.send(user, Letter::PasswordResetCode { code }).await?;
                tell(Outcome::RecoveryMailed, user.id);
                Ok(())
            }
            None => Ok(()),
        }
    }

    async fn tell_former_address(&self, intent: &Intent, user: &User) -> Result<(), DeliveryError> {
        let Recipient::SealedAddress { sealed, .. } = &intent.recipient else {
            return Ok(());
        };
        let opened = self.seal.open(&Sealed(sealed.clone()), &intent.id.0);
        let Some(former) = opened.and_then(|address| EmailAddress::parse(&address).ok()) else {
            return Ok(());
        };
        self.send_to(former, user, Letter::EmailChangedNotice).await
    }

    async fn send(&self, user: &User, letter: Letter<'_>) -> Result<(), DeliveryError> {
        self.send_to(user.email.clone(), user, letter).await
    }

    async fn send_to(
        &self,
        to: EmailAddress,
        user: &User,
        letter: Letter<'_>,
    ) -> Result<(), DeliveryError> {
        let content = letter.compose(user.language.for_messages(), &self.service_name);
        let mail = Mail {
            to: vec![to],
            content,
        };
        self.mailer.send(mail).await
    }

    async fn find_recipient(&self, recipient: &Recipient) -> Result<Option<User>, StoreError> {
        let user = match recipient {
            Recipient::User(user) | Recipient::SealedAddress { user, .. } => *user,
            Recipient::Address { realm, digest } => {
                match self.context.store.find_credential(realm, digest).await? {
                    Some(credential) => credential.user,
                    None => return Ok(None),
                }
            }
            Recipient::Role(_) | Recipient::Permission(_) => return Ok(None),
        };
        self.context.store.find_user(user).await
    }

    async fn erase(&self, intent: &Intent) -> Result<Progress, DeliveryError> {
        let store = &self.context.store;
        match intent.recipient {
            Recipient::User(user) => self.erase_user(user).await?,
            Recipient::Permission(permission) => store.erase_permission_edges(permission).await?,
            Recipient::Role(role) => {
                store.erase_role_edges(role).await?;
                if self.context.now() < intent.issued_at + OVERDUE {
                    return Ok(Progress::GoesOn);
                }
                store.forget_role(role).await?;
            }
            Recipient::SealedAddress { .. } | Recipient::Address { .. } => {}
        }
        Ok(Progress::Done)
    }

    async fn erase_user(&self, user: UserId) -> Result<(), StoreError> {
        self.context.store.delete_attributes(user).await?;
        self.context.store.delete_password_history(user).await?;
        self.context.store.delete_notes(user).await?;
        self.context.store.erase_avatar(user).await?;
        self.context.store.delete_sessions(user).await?;
        self.context.store.erase_user_roles(user).await?;
        self.context.store.delete_memberships(user).await?;
        self.context.store.delete_codes(user).await
    }
}

/// Of a mail's faults only the mail service's name for them: its words may hold the address.
fn log(fault: &DeliveryError, kind: &str) {
    let why = match fault {
        DeliveryError::Store(store) => causes(store),
        DeliveryError::Send(SendError::Unavailable(source)) => source
            .downcast_ref::<Refusal>()
            .map(|refusal| format!(": {refusal}"))
            .unwrap_or_default(),
        DeliveryError::Send(SendError::Rejected(_) | SendError::Unmailable)
        | DeliveryError::Panicked => String::new(),
    };
    let outcome = match fault {
        DeliveryError::Send(_) => "failed,not-sent",
        DeliveryError::Store(_) | DeliveryError::Panicked => "failed",
    };
    tracing::error!(kind, outcome, "an intent was not done: {fault}{why}");
}
