//! Reauthentication: whoever is signed in proves the password again before they change what the account is recovered by, or
//! delete it (OWASP ASVS 5.0, 7.5.1). An open browser is not its owner.
//!
//! A place to guess like a sign-in, and counted as one. Opens and ends nothing; what it allows is its callers'.

use super::password_proof::PasswordProof;
use super::{Context, CurrentUser, Limits};
use crate::domain::{ClientAddress, Password, User};
use crate::error::Result;
use crate::keys::ServerKey;
use crate::passwords::Passwords;

/// Checks the passwords of those who are signed in.
#[derive(Debug, Clone)]
pub struct Reauthentication {
    proof: PasswordProof,
}

/// Proof that a caller holds a live session and has just given its password: only [`Reauthentication`] makes one. Good for the
/// request that it was made in.
#[derive(Debug)]
pub struct Reauthenticated(CurrentUser);

impl Reauthenticated {
    /// Who it is, at the version that came with the password, and by which session.
    pub fn current(&self) -> &CurrentUser {
        &self.0
    }
}

impl Reauthentication {
    /// Reauthentication; `codes` is the key that mailed passwords are made with.
    pub fn new(context: Context, limits: Limits, passwords: Passwords, codes: ServerKey) -> Self {
        Self {
            proof: PasswordProof::new(context, limits, passwords, codes),
        }
    }

    /// Finds out whether this is the caller's password. A right one sets the failures back, but not where a second factor is
    /// asked for. Two round trips, and one while the hash runs.
    ///
    /// # Errors
    /// [`Error::BadCredentials`](crate::error::Error::BadCredentials); [`Error::RateLimited`](crate::error::Error::RateLimited)
    /// while the account or the client is locked; [`Error::SessionEnded`](crate::error::Error::SessionEnded) if the account has
    /// changed since the caller was authorised, also by a mailed password, which becomes the password by being given here;
    /// [`Error::Unavailable`](crate::error::Error::Unavailable).
    pub async fn prove(
        &self,
        current: &CurrentUser,
        password: &Password,
        client: Option<ClientAddress>,
    ) -> Result<Reauthenticated> {
        let proven = self.proof.prove_own(current, password, client).await?;
        self.proof.forget_failures(&proven).await?;
        let user = User {
            credential_version: proven.version,
            ..proven.user
        };
        Ok(Reauthenticated(current.clone().into_updated(user)))
    }
}
