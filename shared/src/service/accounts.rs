//! Accounts: deleting them.

use super::{Context, CurrentUser};
use crate::error::{Error, Result};
use crate::store::Deletion;

/// Deletes accounts.
#[derive(Debug, Clone)]
pub struct Accounts {
    context: Context,
}

impl Accounts {
    /// Accounts in this store.
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// Deletes the caller's own account: its address is free at once, what it leaves behind is erased by the sender.
    ///
    /// # Errors
    /// [`Error::SessionEnded`] if the account changed since the caller was authorised; [`Error::Unavailable`].
    pub async fn delete_own(&self, current: &CurrentUser) -> Result<()> {
        let user = current.user();
        let erase = self
            .context
            .erase_intent(user.id, current.session().dialect);
        let deletion = Deletion {
            user,
            erase: &erase,
        };
        if !self
            .context
            .store
            .delete_account(&deletion, self.context.now())
            .await?
        {
            return Err(Error::SessionEnded);
        }
        tracing::info!(user.id = %user.id, outcome = "deleted", "an account was deleted");
        Ok(())
    }
}
