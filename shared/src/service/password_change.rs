//! Changing a password, with the old one as proof. Public, so it is a place to guess like a sign-in, and goes by the same proof.
//!
//! Owns what a right old password allows. Ends all sessions, but for that of who changes it signed in, and voids all codes; opens
//! no session. Document 002, Reset user password.

use super::password_proof::{Claim, PasswordProof, Proven};
use super::registration::whole_milliseconds;
use super::{Context, CurrentUser, Limits, tell};
use crate::domain::{
    AddressDigest, ClientAddress, Dialect, IntentKind, NewPassword, Outcome, Password,
    PasswordRule, Realm, Recipient, Session, User, UserId,
};
use crate::error::{Error, Result};
use crate::keys::ServerKey;
use crate::passwords::Passwords;
use crate::store::{AccountChange, Changed, NewHash, Proof};

/// Changes passwords.
#[derive(Debug, Clone)]
pub struct PasswordChange {
    context: Context,
    passwords: Passwords,
    proof: PasswordProof,
}

/// Who wants another password.
#[derive(Debug)]
pub struct PasswordChangeRequest<'a> {
    /// Whose it is said to be.
    pub user: UserId,
    /// The dialect that it came in by.
    pub dialect: Dialect,
    /// The password that is there, or a mailed one.
    pub old: &'a Password,
    /// The password to be, as typed.
    pub new: &'a str,
    /// Who asks.
    pub client: Option<ClientAddress>,
}

impl PasswordChange {
    /// Password change; `codes` is the key that mailed passwords are made with.
    pub fn new(context: Context, limits: Limits, passwords: Passwords, codes: ServerKey) -> Self {
        Self {
            proof: PasswordProof::new(context.clone(), limits, passwords.clone(), codes),
            context,
            passwords,
        }
    }

    /// Sets another password: ends all sessions, voids all codes. Succeeds at most once per password, also under concurrent
    /// calls. Three round trips, one more while each of the two hashes runs.
    ///
    /// A mailed password is redeemed first, as by a sign-in, which proves the address and confirms the account.
    ///
    /// # Errors
    /// [`Error::WeakPassword`], before an attempt is counted where the new password alone shows it, and else after the right old
    /// password; [`Error::BadCredentials`] for an unknown user, a wrong password, and after the right one for an account that is
    /// suspended or not activated; [`Error::RateLimited`] while the account or the client is locked; [`Error::Unavailable`].
    pub async fn change(&self, request: PasswordChangeRequest<'_>) -> Result<()> {
        NewPassword::parse(request.new, &[])?.other_than(request.old)?;
        let proven = self.prove(&request).await?;
        let new = match allowed(&proven.user, request.new) {
            Ok(new) => new,
            Err(refused) => {
                self.proof.forget_failures(&proven).await?;
                return Err(refused);
            }
        };
        let user = User {
            credential_version: proven.version,
            ..proven.user
        };
        let (next, rule) = (new.as_password(), PasswordRule::Plain);
        let hash = self
            .context
            .hash_next(&self.passwords, &user, next, rule)
            .await?;
        let (store, now) = (&self.context.store, self.context.now());
        if !store
            .reset_password(&user, &hash, &Proof::OldPassword, now)
            .await?
        {
            return Err(Error::BadCredentials);
        }
        tell(Outcome::PasswordChanged, user.id);
        Ok(())
    }

    /// Sets another password for who is signed in: ends all other sessions, voids all codes and tells the owner. A session of document
    /// 004 goes on in its next generation, so that its former refresh token is void. Two round trips, and one more while each of the
    /// two hashes runs.
    ///
    /// # Errors
    /// [`Error::WeakPassword`], before an attempt is counted: callers know what is known of them; [`Error::BadCredentials`];
    /// [`Error::RateLimited`] while the account or the client is locked; [`Error::SessionEnded`] if the account has changed since
    /// the caller was authorised, also by a mailed password that is given as the old one; [`Error::Unavailable`].
    pub async fn change_own(
        &self,
        current: &CurrentUser,
        old: &Password,
        new: &str,
        client: Option<ClientAddress>,
    ) -> Result<CurrentUser> {
        let new = NewPassword::parse(new, &current.user().known_of_it())?.other_than(old)?;
        let proven = self.proof.prove_own(current, old, client).await?;
        let (next, rule) = (new.as_password(), PasswordRule::Plain);
        let hash = self
            .context
            .hash_next(&self.passwords, &proven.user, next, rule)
            .await?;
        let (changed, after) = self.set_own(current, &proven, &hash).await?;
        match changed {
            Changed::Done => {
                tell(Outcome::PasswordChanged, proven.user.id);
                Ok(after)
            }
            Changed::Stale | Changed::Taken | Changed::LastRoot | Changed::NotesFull => {
                Err(Error::SessionEnded)
            }
        }
    }

    async fn set_own(
        &self,
        current: &CurrentUser,
        proven: &Proven,
        hash: &NewHash,
    ) -> Result<(Changed, CurrentUser)> {
        let before = User {
            credential_version: proven.version,
            ..proven.user.clone()
        };
        let now = whole_milliseconds(self.context.now());
        let after = before.clone().with_new_password(now);
        let session = current.session();
        let recipient = Recipient::User(after.id);
        let kind = IntentKind::PasswordChangedNotice;
        let notice = self.context.intent(kind, recipient, session.dialect, 0);
        let change = AccountChange {
            password: Some(hash),
            carried: Some(session),
            renewed: session.project.is_some(),
            intents: std::slice::from_ref(&notice),
            ..AccountChange::new(&before, &after)
        };
        let changed = self.context.store.change_account(&change).await?;
        let session = Session {
            credential_version: after.credential_version,
            generation: session.generation + u64::from(change.renewed),
            ..session.clone()
        };
        Ok((changed, CurrentUser::of(after, session)))
    }

    /// Proves the old password by the address of the account, where attempts to sign in are counted too. A user who does not
    /// exist has a guard of its own, and so costs and locks as others do.
    async fn prove(&self, request: &PasswordChangeRequest<'_>) -> Result<Proven> {
        let account = self.context.store.find_user(request.user).await?;
        let (realm, address) = match account {
            Some(user) => (user.realm, user.email.digest()),
            None => (
                Realm::default_realm(),
                AddressDigest::of_nobody(request.user),
            ),
        };
        let claim = Claim {
            realm: &realm,
            address,
            password: request.old,
            dialect: request.dialect,
            client: request.client,
            project: None,
            elsewhere: None,
        };
        let proven = self.proof.prove(&claim).await?;
        // The address may have become somebody else's since it was read.
        if proven.user.id != request.user {
            return Err(Error::BadCredentials);
        }
        Ok(proven)
    }
}

/// What may be set, if the account is in a state to set anything. Bad state looks like a bad password: nobody gets in by either.
fn allowed(user: &User, typed: &str) -> Result<NewPassword> {
    if user.is_barred() || !user.confirmed {
        return Err(Error::BadCredentials);
    }
    Ok(NewPassword::parse(typed, &user.known_of_it())?)
}
