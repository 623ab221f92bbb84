//! What callers of the Security Service dialect (document 001) do with accounts, their own and those of others.
//!
//! One place for all its rules: the matrix of roles, rank in every dialect, and what nobody changes of themselves. Who may not is
//! told so before whether there is such an account; that is for those who may see all of them.

mod change;
mod create;
mod details;
mod list;

pub use change::{FactorPatch, UserPatch};
pub use create::NewUser;
pub use details::{UserDetails, UserDetailsService};
pub use list::{ListedUsers, MAX_SELECTED, UserQuery};

use super::access::require_rank;
use super::accounts::{TRIES, delete};
use super::{Context, CurrentUser, Limits, Recovery};
use crate::domain::{
    AccountOperation, Dialect, EmailAddress, Note, NoteText, User, UserId, UserRole, Whose,
};
use crate::error::{Error, Result};
use crate::keys::ServerKey;
use crate::passwords::Passwords;
use crate::store::Deleted;

/// The dialect whose rules these are.
const DIALECT: Dialect = Dialect::Security;

/// Reads, makes, changes and deletes accounts by the rules of document 001.
#[derive(Debug, Clone)]
pub struct UserAdministration {
    context: Context,
    limits: Limits,
    passwords: Passwords,
    codes: ServerKey,
    recovery: Recovery,
    details: UserDetailsService,
    sends_sms: bool,
}

impl UserAdministration {
    /// Administration in this store; `codes` is the key that mailed codes will be derived with. Where no text messages are sent,
    /// nobody turns them on as a second factor.
    pub fn new(
        context: Context,
        limits: Limits,
        passwords: Passwords,
        codes: ServerKey,
        sends_sms: bool,
    ) -> Self {
        Self {
            recovery: Recovery::new(
                context.clone(),
                limits.clone(),
                passwords.clone(),
                codes.clone(),
            ),
            details: UserDetailsService::new(context.clone()),
            context,
            limits,
            passwords,
            codes,
            sends_sms,
        }
    }

    /// The account with this id; none has no id. Oneself, or anybody for those who may see all. At most two round trips.
    ///
    /// # Errors
    /// [`Error::Forbidden`], whether there is such an account or not; [`Error::NotFound`]; [`Error::Unavailable`].
    pub async fn get(&self, caller: &CurrentUser, id: Option<UserId>) -> Result<UserDetails> {
        if id != Some(caller.user().id) && !sees_all(caller.user()) {
            return Err(Error::Forbidden);
        }
        let found = self.target(caller, id, AccountOperation::Read).await?;
        self.details.of(found).await
    }

    /// The same by the address, which may be none. At most three round trips.
    ///
    /// # Errors
    /// Those of [`Self::get`].
    pub async fn get_by_email(
        &self,
        caller: &CurrentUser,
        email: Option<&EmailAddress>,
    ) -> Result<UserDetails> {
        let own = caller.user();
        if email.is_some_and(|email| email.canonical() == own.email.canonical()) {
            return self.get(caller, Some(own.id)).await;
        }
        if !sees_all(own) {
            return Err(Error::Forbidden);
        }
        let email = email.ok_or(Error::NotFound)?;
        let store = &self.context.store;
        let found = store.find_credential(&own.realm, &email.digest()).await?;
        self.get(caller, Some(found.ok_or(Error::NotFound)?.user))
            .await
    }

    /// Deletes an account: its address is free at once, what it leaves behind is erased by the sender.
    ///
    /// # Errors
    /// [`Error::Forbidden`] also if the account outranks the caller in any dialect, is root and the caller's own, or is the last
    /// root; [`Error::NotFound`]; [`Error::SessionEnded`] if the own account has changed meanwhile; [`Error::Unavailable`].
    pub async fn delete(&self, caller: &CurrentUser, id: Option<UserId>) -> Result<()> {
        for _ in 0..TRIES {
            let target = self.target(caller, id, AccountOperation::Delete).await?;
            require_rank(&self.context, caller, &target).await?;
            match delete(&self.context, &target, caller).await? {
                Deleted::Done => return Ok(()),
                Deleted::LastRoot => return Err(Error::Forbidden),
                Deleted::Stale if target.id == caller.user().id => {
                    return Err(Error::SessionEnded);
                }
                Deleted::Stale => {}
            }
        }
        Err(Error::Unavailable("the account changes too often".into()))
    }

    /// The account that is meant, if the caller's role allows the operation on it. One's own is as the session's check read it.
    async fn target(
        &self,
        caller: &CurrentUser,
        id: Option<UserId>,
        operation: AccountOperation,
    ) -> Result<User> {
        let own = caller.user();
        if id == Some(own.id) {
            permit(own, operation, Whose::Own)?;
            return Ok(own.clone());
        }
        let found = match id {
            Some(id) => self.context.store.find_user(id).await?,
            None => None,
        };
        let Some(target) = found.filter(|found| found.realm == own.realm) else {
            return Err(if sees_all(own) {
                Error::NotFound
            } else {
                Error::Forbidden
            });
        };
        permit(own, operation, Whose::Other(target.user_role))?;
        Ok(target)
    }

    fn notes_by(&self, author: &User, texts: &[NoteText]) -> Vec<Note> {
        let written_at = self.context.now();
        let note = |text: &NoteText| Note {
            text: text.clone(),
            author: author.id,
            written_at,
        };
        texts.iter().map(note).collect()
    }
}

/// Whether the role allows it.
fn permit(caller: &User, operation: AccountOperation, whose: Whose) -> Result<()> {
    if !caller.user_role.may(operation, whose) {
        return Err(Error::Forbidden);
    }
    Ok(())
}

/// Nobody gives a role above the own.
fn permit_role(caller: &User, role: UserRole) -> Result<()> {
    if role.rank() > caller.user_role.rank() {
        return Err(Error::Forbidden);
    }
    Ok(())
}

/// Whether the role allows to see every account.
fn sees_all(caller: &User) -> bool {
    let root = Whose::Other(UserRole::Root);
    caller.user_role.may(AccountOperation::Read, root)
}
