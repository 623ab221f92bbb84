//! Moving one's own account to another address, which is proved first by a code that is mailed to it.
//!
//! Asking does the same for every address, as in recovery: whether it has an account is the sender's to find out. Nothing of the
//! account changes before the code comes back.

use super::registration::whole_milliseconds;
use super::{Context, CurrentUser, Limits, Reauthenticated, tell};
use crate::domain::{
    ClientAddress, CodePurpose, Dialect, EmailAddress, Intent, IntentId, IntentKind, OneTimeCode,
    Outcome, Recipient, User,
};
use crate::error::{Error, Result};
use crate::keys::{Sealed, SealingKey, ServerKey};
use crate::store::{AccountChange, Changed, CodeProof};

/// Starts and finishes moves to another address.
#[derive(Debug, Clone)]
pub struct EmailChange {
    context: Context,
    limits: Limits,
    codes: ServerKey,
    seal: SealingKey,
    email_confirmation: bool,
}

impl EmailChange {
    /// Changes of addresses. One key is that which mailed codes will be derived with, the other closes the addresses.
    pub fn new(
        context: Context,
        limits: Limits,
        (codes, seal): (ServerKey, SealingKey),
        email_confirmation: bool,
    ) -> Self {
        Self {
            context,
            limits,
            codes,
            seal,
            email_confirmation,
        }
    }

    /// Promises a mail to the new address with a link that is good for a day, and voids the links that were asked for before. The
    /// same, and the same answer, for an address that has an account. Three writes.
    ///
    /// # Errors
    /// [`Error::EmailTaken`] for the caller's own address, in whichever spelling; [`Error::Unavailable`]. Over the limit nothing is
    /// sent and nothing is told.
    pub async fn request(
        &self,
        proof: &Reauthenticated,
        new: &EmailAddress,
        client: Option<ClientAddress>,
    ) -> Result<()> {
        self.mail_link(proof.current(), new, client).await
    }

    /// Moves the account of whoever is signed in by document 004, which asks for no password: by a mailed link, or at once where
    /// accounts need no confirmation, which ends all other sessions and tells the former address. The account as it is now. One read;
    /// three writes, or a read and a transaction.
    ///
    /// A token alone moves nobody's account who has rights in another dialect, and no account that was opened by a provider's word:
    /// whoever has the address has the account, in every dialect.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for those; [`Error::EmailTaken`] where nothing is mailed; [`Error::SessionEnded`] if the account has changed since the caller was
    /// authorised; [`Error::Unavailable`].
    pub async fn change(
        &self,
        current: &CurrentUser,
        new: &EmailAddress,
        client: Option<ClientAddress>,
    ) -> Result<User> {
        let before = current.user();
        if new.canonical() == before.email.canonical() {
            return Ok(before.clone());
        }
        if current.session().device.is_none() || self.context.has_rights(before).await? {
            return Err(Error::Forbidden);
        }
        if self.email_confirmation {
            self.mail_link(current, new, client).await?;
            return Ok(before.clone());
        }
        let after = User {
            email: new.clone(),
            email_proved_at: None,
            credential_version: before.credential_version + 1,
            ..before.clone()
        };
        let dialect = current.session().dialect;
        let notice = self
            .context
            .email_changed_notice(before, &self.seal, dialect);
        let change = AccountChange {
            intents: std::slice::from_ref(&notice),
            carried: Some(current.session()),
            ..AccountChange::new(before, &after)
        };
        match self.context.store.change_account(&change).await? {
            Changed::Done => {
                tell(Outcome::EmailChanged, after.id);
                Ok(after)
            }
            Changed::Taken => Err(Error::EmailTaken),
            Changed::Stale | Changed::LastRoot | Changed::NotesFull => Err(Error::SessionEnded),
        }
    }

    async fn mail_link(
        &self,
        current: &CurrentUser,
        new: &EmailAddress,
        client: Option<ClientAddress>,
    ) -> Result<()> {
        let user = current.user();
        if new.canonical() == user.email.canonical() {
            return Err(Error::EmailTaken);
        }
        let address = new.digest();
        let limits = &self.limits;
        match limits.count_recovery(&user.realm, &address, client).await {
            Err(Error::RateLimited { .. }) => return Ok(()),
            counted => counted?,
        }
        let intent = self.promise(user, new, current.session().dialect);
        Ok(self.context.store.put_intent(&intent).await?)
    }

    /// Moves the account to the address that the code was mailed to: that address is proved and the account confirmed by it, all
    /// sessions end, and the former address is told. Succeeds at most once per code, also under concurrent calls. Three reads and
    /// one transaction.
    ///
    /// # Errors
    /// [`Error::EmailTaken`] if somebody else has the address by now; [`Error::InvalidCode`], also after whatever else has ended
    /// the account's sessions; [`Error::Unavailable`].
    pub async fn confirm(&self, code: &str) -> Result<User> {
        let code = OneTimeCode::parse(code).ok_or(Error::InvalidCode)?;
        let record = code.record().ok_or(Error::InvalidCode)?;
        let store = &self.context.store;
        let found = store.find_user(code.user()).await?;
        let before = found.ok_or(Error::InvalidCode)?;
        let now = whole_milliseconds(self.context.now());
        let proof = CodeProof {
            purpose: CodePurpose::EmailChange,
            record: Some(record),
            digest: code.digest(),
        };
        let sealed = store.find_sealed_address(&before, &proof, now).await?;
        let sealed = sealed.ok_or(Error::InvalidCode)?;
        let email = open_new_address(&self.seal, sealed, record, &before);
        let after = User {
            email: email.ok_or(Error::InvalidCode)?,
            email_proved_at: Some(now),
            confirmed: true,
            credential_version: before.credential_version + 1,
            ..before.clone()
        };
        // The notice has no link, so it does not matter which dialect it is of.
        let notice = self
            .context
            .email_changed_notice(&before, &self.seal, Dialect::UserService);
        let change = AccountChange {
            intents: std::slice::from_ref(&notice),
            code: Some((&proof, now)),
            ..AccountChange::new(&before, &after)
        };
        match store.change_account(&change).await? {
            Changed::Done => {
                tell(Outcome::EmailChanged, after.id);
                Ok(after)
            }
            Changed::Taken => Err(Error::EmailTaken),
            Changed::Stale | Changed::LastRoot | Changed::NotesFull => Err(Error::InvalidCode),
        }
    }

    /// Whether the code of a link looks live; only using it decides. Two reads.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn is_live(&self, code: &OneTimeCode) -> Result<bool> {
        self.context.is_live(code, CodePurpose::EmailChange).await
    }

    fn promise(&self, user: &User, new: &EmailAddress, dialect: Dialect) -> Intent {
        let version = self.codes.current_version();
        let intent = self.context.intent(
            IntentKind::EmailChange,
            Recipient::User(user.id),
            dialect,
            version,
        );
        let context = seal_context(intent.id, user);
        let sealed = self
            .seal
            .seal(new.original(), &context, &*self.context.random);
        Intent {
            recipient: Recipient::SealedAddress {
                user: user.id,
                sealed: sealed.0,
            },
            ..intent
        }
    }
}

/// The address that an account is to move to, as its intent and its code hold it; nothing if the account has ended its sessions
/// since it was asked for.
pub(super) fn open_new_address(
    seal: &SealingKey,
    sealed: Vec<u8>,
    intent: IntentId,
    user: &User,
) -> Option<EmailAddress> {
    let opened = seal.open(&Sealed(sealed), &seal_context(intent, user))?;
    EmailAddress::parse(&opened).ok()
}

/// The intent, and the version that the account had when it was asked for. The sender may come late: a suspension before it must
/// void the intent as one after it voids the code.
fn seal_context(intent: IntentId, user: &User) -> Vec<u8> {
    [&intent.0[..], &user.credential_version.to_be_bytes()].concat()
}
