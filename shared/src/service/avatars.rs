//! Avatars: the picture that an account shows of its owner (document 001, `avatar/{id}`).

use super::{Context, CurrentUser, tell};
use crate::domain::{Outcome, PictureTag, UserId, UserRole};
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

/// Proof that somebody may change the avatar of this user.
#[derive(Debug, Clone, Copy)]
pub struct OwnerOfAvatar(UserId);

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

    /// Proof that the caller may change this user's avatar: the own, or anybody's by root. What is no id is nobody's, which only root
    /// may know.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::NotFound`].
    pub fn changeable(&self, current: &CurrentUser, user: Option<UserId>) -> Result<OwnerOfAvatar> {
        let caller = current.user();
        let user = if caller.user_role == UserRole::Root {
            user.ok_or(Error::NotFound)?
        } else {
            user.filter(|user| *user == caller.id)
                .ok_or(Error::Forbidden)?
        };
        Ok(OwnerOfAvatar(user))
    }

    /// Makes an upload a user's avatar. One transaction.
    ///
    /// # Errors
    /// [`Error::RefusedPicture`]; [`Error::NotFound`] if there is no such account; [`Error::Unavailable`].
    pub async fn put(
        &self,
        OwnerOfAvatar(user): OwnerOfAvatar,
        upload: impl AsRef<[u8]> + Send + 'static,
    ) -> Result<PictureTag> {
        let picture = self.pictures.read(upload).await?;
        let (tag, now) = (picture.tag(), self.context.now());
        let store = &self.context.store;
        if !store.put_avatar(user, &picture, &tag, now).await? {
            return Err(Error::NotFound);
        }
        tell(Outcome::AvatarSet, user);
        Ok(tag)
    }

    /// Removes a user's avatar. One transaction.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such account, or it has none; [`Error::Unavailable`].
    pub async fn delete(&self, OwnerOfAvatar(user): OwnerOfAvatar) -> Result<()> {
        if !self.context.store.delete_avatar(user).await? {
            return Err(Error::NotFound);
        }
        tell(Outcome::AvatarRemoved, user);
        Ok(())
    }
}
