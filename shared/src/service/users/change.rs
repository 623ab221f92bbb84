//! Changing an account: what is said, what by whom, and what ends with it.

use uuid::Uuid;

use super::super::Happening;
use super::super::access::require_rank;
use super::super::accounts::TRIES;
use super::{DIALECT, UserAdministration, UserDetails, permit_role};
use crate::domain::{
    AccountOperation, ClientAddress, Description, FactorMethod, Intent, IntentKind, Language,
    MessageLanguage, Name, NewPassword, NoteText, Outcome, PasswordRule, Patch, PhoneNumber,
    Recipient, User, UserId, UserRole,
};
use crate::error::{Error, Result};
use crate::service::CurrentUser;
use crate::store::{AccountChange, Changed, NewHash};

/// What is changed of an account; what is absent stays.
#[derive(Debug, Default)]
pub struct UserPatch {
    /// The name to show.
    pub name: Patch<Name>,
    /// What others are told of it.
    pub description: Patch<Description>,
    /// The entity it belongs to. Nobody changes the own.
    pub owner: Patch<Uuid>,
    /// Where it belongs.
    pub location: Patch<Uuid>,
    /// Language of its mails; cleared, it is English.
    pub language: Patch<Language>,
    /// Whether the password has to be changed before anything else.
    pub must_change_password: Option<bool>,
    /// Whether it is barred. Nobody changes the own.
    pub suspended: Option<bool>,
    /// Whether it is barred for good. Nobody changes the own.
    pub black_listed: Option<bool>,
    /// Its role. Nobody changes the own.
    pub role: Option<UserRole>,
    /// Its password, as typed.
    pub password: Option<String>,
    /// What is noted of it.
    pub notes: Vec<NoteText>,
    /// Its phone numbers, in their new order: some of those that it has.
    pub phones: Option<Vec<PhoneNumber>>,
    /// What it asks for after the password.
    pub factor: FactorPatch,
    /// Has the owner confirm the address (again).
    pub email_verification: bool,
    /// Mails a link to set a new password.
    pub forgot_password: bool,
}

/// What becomes of the second factor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FactorPatch {
    /// Nothing.
    #[default]
    Keep,
    /// There is none any more.
    Off,
    /// It is this one. Only the owner turns one on.
    On(FactorMethod),
}

impl UserAdministration {
    /// Changes an account. A new password, being barred, another role and another second factor end all its sessions and void its
    /// codes; who changes their own second factor stays signed in. At most seven round trips beside the hashes.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if the caller's role does not change such accounts, if a role would be above the caller's, if the
    /// account outranks the caller in any dialect and its password, state, role or second factor changes, if somebody else turns
    /// a second factor on, or if callers change of themselves what they may not; [`Error::NotFound`]; [`Error::WeakPassword`];
    /// [`Error::PhoneRequired`]; [`Error::InvalidField`] for an authenticator, which only enrolling turns on;
    /// [`Error::LimitReached`] if there are too many notes; [`Error::RateLimited`] for confirmation mails;
    /// [`Error::SessionEnded`] if the own account has changed meanwhile; [`Error::Unavailable`].
    pub async fn change(
        &self,
        caller: &CurrentUser,
        id: Option<UserId>,
        patch: &UserPatch,
        client: Option<ClientAddress>,
    ) -> Result<UserDetails> {
        let mut counted = false;
        for _ in 0..TRIES {
            let before = self.target(caller, id, AccountOperation::Modify).await?;
            let after = self.checked(caller, &before, patch).await?;
            let (after, password) = self.with_password(&before, after, patch).await?;
            if patch.email_verification && !counted {
                let address = before.email.digest();
                self.limits
                    .count_resend(&before.realm, &address, client)
                    .await?;
                counted = true;
            }
            let written = self.write(caller, (&before, &after), password, patch);
            match written.await? {
                Changed::Done => {
                    let changed = Happening::new(Outcome::Changed, after.id);
                    changed.by(caller.user().id).tell();
                    return self.finish(after, patch, client).await;
                }
                Changed::LastRoot => return Err(Error::Forbidden),
                Changed::NotesFull => return Err(Error::LimitReached),
                Changed::Stale if before.id == caller.user().id => {
                    return Err(Error::SessionEnded);
                }
                Changed::Stale | Changed::Taken => {}
            }
        }
        Err(Error::Unavailable("the account changes too often".into()))
    }

    /// The account as it is to be, but for its password, if the caller may make it so.
    async fn checked(
        &self,
        caller: &CurrentUser,
        before: &User,
        patch: &UserPatch,
    ) -> Result<User> {
        let own = caller.user();
        let after = patched(before, patch);
        if before.id == own.id {
            if of_others_only(before) != of_others_only(&after) {
                return Err(Error::Forbidden);
            }
        } else if after.user_role != before.user_role {
            permit_role(own, after.user_role)?;
        }
        if patch.password.is_some() || guarded(before) != guarded(&after) {
            require_rank(&self.context, caller, before).await?;
        }
        check_phones(before, &after)?;
        self.check_factor(own, before, &after)?;
        Ok(after)
    }

    /// Only the owner turns a second factor on: others could lock them out, or in. An authenticator is turned on and off by
    /// showing a code of it; only others may take it off without, for who has lost it.
    fn check_factor(&self, caller: &User, before: &User, after: &User) -> Result<()> {
        use FactorMethod::{Authenticator, Sms};
        let is_own = before.id == caller.id;
        if after.second_factor == Some(Sms) && after.phones.is_empty() {
            return Err(Error::PhoneRequired);
        }
        if after.second_factor == before.second_factor {
            return Ok(());
        }
        if after.second_factor.is_some() && !is_own {
            return Err(Error::Forbidden);
        }
        let shows_code = |factor| factor == Some(Authenticator);
        if is_own && (shows_code(before.second_factor) || shows_code(after.second_factor)) {
            return Err(Error::InvalidField("mfa.method"));
        }
        if after.second_factor == Some(Sms) && !self.sends_sms {
            return Err(Error::SmsOff);
        }
        Ok(())
    }

    /// The account with its new password, if it gets one, and a raised version, if anything ends its sessions.
    async fn with_password(
        &self,
        before: &User,
        after: User,
        patch: &UserPatch,
    ) -> Result<(User, Option<NewHash>)> {
        let mut after = after;
        let mut hash = None;
        if let Some(typed) = &patch.password {
            let rule = PasswordRule::Strict;
            let next = NewPassword::parse_by(typed, &after.known_of_it(), rule)?;
            let next = next.as_password();
            let hashing = self.context.hash_next(&self.passwords, before, next, rule);
            hash = Some(hashing.await?);
            after.password_changed_at = self.context.now();
            after.must_change_password = patch.must_change_password.unwrap_or(false);
        }
        if hash.is_some() || ends_sessions(before, &after) {
            after.credential_version = before.credential_version + 1;
        }
        Ok((after, hash))
    }

    async fn write(
        &self,
        caller: &CurrentUser,
        (before, after): (&User, &User),
        password: Option<NewHash>,
        patch: &UserPatch,
    ) -> Result<Changed> {
        let stays = before.id == caller.user().id
            && password.is_none()
            && after.credential_version != before.credential_version;
        let notes = self.notes_by(caller.user(), &patch.notes);
        let intents = self.promised(before, after, patch);
        let change = AccountChange {
            password: password.as_ref(),
            notes: &notes,
            carried: stays.then_some(caller.session()),
            intents: &intents,
            ..AccountChange::new(before, after)
        };
        Ok(self.context.store.change_account(&change).await?)
    }

    /// The mails that go with the change.
    fn promised(&self, before: &User, after: &User, patch: &UserPatch) -> Vec<Intent> {
        let activation = patch.email_verification.then(|| self.activation(after));
        let has_other_factor = before.second_factor != after.second_factor;
        let notice = has_other_factor.then(|| {
            let recipient = Recipient::User(after.id);
            self.context
                .intent(IntentKind::SecondFactorNotice, recipient, DIALECT, 0)
        });
        activation.into_iter().chain(notice).collect()
    }

    /// What follows a change that was made.
    async fn finish(
        &self,
        user: User,
        patch: &UserPatch,
        client: Option<ClientAddress>,
    ) -> Result<UserDetails> {
        if patch.forgot_password {
            self.recovery
                .mail_reset_link(&user.realm, DIALECT, &user.email, client)
                .await?;
        }
        self.details.of(user).await
    }
}

fn patched(before: &User, patch: &UserPatch) -> User {
    let mut after = before.clone();
    patch.name.apply(&mut after.display_name);
    patch.description.apply(&mut after.description);
    patch.owner.apply(&mut after.owner);
    patch.location.apply(&mut after.location);
    match &patch.language {
        Patch::Keep => {}
        Patch::Clear => after.language = MessageLanguage::En.into(),
        Patch::Set(language) => after.language = language.clone(),
    }
    let set = |to: &mut bool, said: Option<bool>| *to = said.unwrap_or(*to);
    set(&mut after.must_change_password, patch.must_change_password);
    set(&mut after.suspended, patch.suspended);
    set(&mut after.black_listed, patch.black_listed);
    if let Some(phones) = &patch.phones {
        after.phones.clone_from(phones);
    }
    after.user_role = patch.role.unwrap_or(after.user_role);
    match patch.factor {
        FactorPatch::Keep => {}
        FactorPatch::Off => after.second_factor = None,
        FactorPatch::On(method) => after.second_factor = Some(method),
    }
    after.confirmed &= !patch.email_verification;
    after
}

/// What callers do not change of themselves.
fn of_others_only(user: &User) -> (UserRole, bool, bool, Option<Uuid>) {
    (
        user.user_role,
        user.suspended,
        user.black_listed,
        user.owner,
    )
}

/// What nobody changes of an account that outranks them in any dialect; its password is, too.
fn guarded(user: &User) -> (UserRole, [bool; 3], Option<FactorMethod>, &[PhoneNumber]) {
    (
        user.user_role,
        [user.suspended, user.black_listed, user.confirmed],
        user.second_factor,
        &user.phones,
    )
}

/// Whether a change ends sessions. Being let in again does not.
fn ends_sessions(before: &User, after: &User) -> bool {
    (after.suspended && !before.suspended)
        || (after.black_listed && !before.black_listed)
        || after.user_role != before.user_role
        || after.second_factor != before.second_factor
}

/// Numbers are left out or moved, never added: proving them is another operation's.
fn check_phones(before: &User, after: &User) -> Result<()> {
    let mut left = before.phones.clone();
    for phone in &after.phones {
        let held = left.iter().position(|held| held == phone);
        left.swap_remove(held.ok_or(Error::PhoneRequired)?);
    }
    Ok(())
}
