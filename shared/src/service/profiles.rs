//! Profiles: names and language.

use super::{Context, CurrentUser};
use crate::domain::{Language, Name, User};
use crate::error::{Error, Result};

/// Changes what users say of themselves.
#[derive(Debug, Clone)]
pub struct Profiles {
    context: Context,
}

impl Profiles {
    /// Profiles in this store.
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// Sets both names; an absent one is cleared. One write.
    ///
    /// # Errors
    /// [`Error::SessionEnded`] if the account is gone; [`Error::Unavailable`].
    pub async fn set_names(
        &self,
        current: &CurrentUser,
        first: Option<&Name>,
        last: Option<&Name>,
    ) -> Result<User> {
        let updated = self
            .context
            .store
            .set_names(current.user().id, first, last)
            .await?;
        updated.ok_or(Error::SessionEnded)
    }

    /// Sets the language, if it is another than before. One write then.
    ///
    /// # Errors
    /// [`Error::SessionEnded`] if the account is gone; [`Error::Unavailable`].
    pub async fn set_language(
        &self,
        current: CurrentUser,
        language: &Language,
    ) -> Result<CurrentUser> {
        if current.user().language == *language {
            return Ok(current);
        }
        let updated = self
            .context
            .store
            .set_language(current.user().id, language)
            .await?;
        updated
            .map(|user| current.into_updated(user))
            .ok_or(Error::SessionEnded)
    }
}
