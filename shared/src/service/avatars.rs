//! Avatars: the picture that an account shows of its owner (document 001, `avatar/{id}`).

use super::{Context, CurrentUser, tell};
use crate::domain::{PictureTag, UserId, UserRole};
use crate::error::{Error, Result};
use crate::pictures::{Picture, Pictures};

/// An account's picture and its tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Avatar {
    /// The picture.
    pub picture: Picture,
    /// Names its bytes.
    pub tag: PictureTag,
}

/// Shows and changes avatars.
#[derive(Debug, Clone)]
pub struct Avatars {
    context: Context,
    pictures: Pictures,
}

impl Avatars {
    /// Avatars in this store.
    pub fn new(context: Context) -> Self {
        Self {
            context,
            pictures: Pictures::new(),
        }
    }

    /// A user's avatar, for anybody who is signed in. Two reads at once.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such account, or it has none; [`Error::Unavailable`].
    pub async fn get(&self, _: &CurrentUser, user: UserId) -> Result<Avatar> {
        let store = &self.context.store;
        // A deleted account's picture is there until it is erased.
        let (account, found) = tokio::try_join!(store.find_user(user), store.find_avatar(user))?;
        let (Some(_), Some((picture, tag))) = (account, found) else {
            return Err(Error::NotFound);
        };
        Ok(Avatar { picture, tag })
    }

    /// Makes an upload a user's avatar: one's own, or anybody's by a caller whose user role is root. One transaction.
    ///
    /// # Errors
    /// [`Error::Forbidden`], before the upload is looked at; [`Error::RefusedPicture`]; [`Error::NotFound`] if there is no such
    /// account; [`Error::Unavailable`].
    pub async fn put(
        &self,
        current: &CurrentUser,
        user: UserId,
        upload: impl AsRef<[u8]> + Send + 'static,
    ) -> Result<PictureTag> {
        demand_right(current, user)?;
        let picture = self.pictures.read(upload).await?;
        let (tag, now) = (picture.tag(), self.context.now());
        let store = &self.context.store;
        if !store.put_avatar(user, &picture, &tag, now).await? {
            return Err(Error::NotFound);
        }
        tell("avatar set", user);
        Ok(tag)
    }

    /// Removes a user's avatar: one's own, or anybody's by a caller whose user role is root. One transaction.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`] if there is no such account, or it has none; [`Error::Unavailable`].
    pub async fn delete(&self, current: &CurrentUser, user: UserId) -> Result<()> {
        demand_right(current, user)?;
        if !self.context.store.delete_avatar(user).await? {
            return Err(Error::NotFound);
        }
        tell("avatar removed", user);
        Ok(())
    }
}

fn demand_right(current: &CurrentUser, user: UserId) -> Result<()> {
    let caller = current.user();
    if caller.id == user || caller.user_role == UserRole::Root {
        return Ok(());
    }
    Err(Error::Forbidden)
}
