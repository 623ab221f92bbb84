//! What an account's password has been: every way to set another one remembers the last five, the present one among them.
//!
//! Only document 001 refuses by it ([`PasswordRule::Strict`]). The other dialects do not, but what is set through them counts.

use futures::future::try_join_all;

use super::Context;
use crate::domain::{Password, PasswordHash, PasswordRule, User, WeakPassword};
use crate::error::Result;
use crate::passwords::Passwords;
use crate::store::NewHash;

/// The hashes of an account's last five passwords, the present one first.
#[derive(Debug)]
pub(super) struct FormerPasswords(Vec<PasswordHash>);

impl Context {
    /// An account's last passwords. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::error::Error::Unavailable).
    pub(super) async fn former_passwords(&self, user: &User) -> Result<FormerPasswords> {
        Ok(FormerPasswords(self.store.last_hashes(user).await?))
    }

    /// A hash that was made before, with what it is to follow now. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub(super) async fn follow(&self, user: &User, hash: PasswordHash) -> Result<NewHash> {
        let former = self.former_passwords(user).await?.0;
        Ok(NewHash { hash, former })
    }

    /// Hashes a password that is to be set, reading meanwhile what it follows. One round trip beside the hash; by the strict rule
    /// up to five hashes more.
    ///
    /// # Errors
    /// [`WeakPassword::Reused`] by the strict rule; [`Error::Unavailable`](crate::error::Error::Unavailable).
    pub(super) async fn hash_next(
        &self,
        passwords: &Passwords,
        user: &User,
        next: &Password,
        rule: PasswordRule,
    ) -> Result<NewHash> {
        let (hash, former) = tokio::join!(passwords.hash(next), self.former_passwords(user));
        let former = former?;
        if rule == PasswordRule::Strict && former.include(passwords, next).await? {
            return Err(WeakPassword::Reused.into());
        }
        Ok(NewHash {
            hash: hash?,
            former: former.0,
        })
    }
}

impl FormerPasswords {
    /// Whether a password is one of them.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::error::Error::Internal) if a stored hash is unreadable.
    async fn include(&self, passwords: &Passwords, password: &Password) -> Result<bool> {
        let checks = self.0.iter().map(Some);
        let verdicts = checks.map(|hash| passwords.verify(password, hash));
        let verdicts = try_join_all(verdicts).await?;
        Ok(verdicts.iter().any(|verdict| verdict.matches))
    }
}
