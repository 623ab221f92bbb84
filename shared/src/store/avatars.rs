//! The Avatars table: one item per user, the picture that is kept.
//!
//! The account's item names the picture, so that whoever shows the account need not read this table. Both change in one
//! transaction, and only on a live account: what deletion is to erase cannot come back behind it.

use jiff::Timestamp;

use super::accounts::{delete, put, put_part, update, update_part};
use super::item::{Item, Reader, b, key, ms, s};
use super::users::user_key;
use super::write::Transacted;
use super::{Store, StoreError};
use crate::domain::{PictureTag, PictureType, UserId};
use crate::dynamodb::{AttributeValue, Delete, GetItem};
use crate::pictures::Picture;

const IS_LIVE: &str = "attribute_exists(user_number)";

impl Store {
    /// Sets a user's picture. False if the account is gone. One transaction.
    pub(crate) async fn put_avatar(
        &self,
        user: UserId,
        picture: &Picture,
        tag: &PictureTag,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let item = avatar_item(user, picture, tag, now);
        let account = update_part(&self.tables.users, user_key(user))
            .update_expression("SET avatar = :tag")
            .condition_expression(IS_LIVE)
            .expression_attribute_values(":tag", s(tag.as_str()));
        let writes = vec![update(account), put(put_part(&self.tables.avatars, item))];
        Ok(matches!(self.transact(writes).await?, Transacted::Done))
    }

    /// A user's picture and its tag. One consistent read.
    pub(crate) async fn find_avatar(
        &self,
        user: UserId,
    ) -> Result<Option<(Picture, PictureTag)>, StoreError> {
        let get = GetItem::of(&self.tables.avatars).consistent_read();
        let found = self.get(get.key("user_id", avatar_key(user))).await?;
        found.as_ref().map(read_avatar).transpose()
    }

    /// Removes a user's picture. False if there is none, or the account is gone. One transaction.
    pub(crate) async fn delete_avatar(&self, user: UserId) -> Result<bool, StoreError> {
        let account = update_part(&self.tables.users, user_key(user))
            .update_expression("REMOVE avatar")
            .condition_expression(IS_LIVE);
        let picture = Delete::of(&self.tables.avatars)
            .key("user_id", avatar_key(user))
            .condition_expression("attribute_exists(user_id)");
        let writes = vec![update(account), delete(picture)];
        Ok(matches!(self.transact(writes).await?, Transacted::Done))
    }

    /// Erases the picture of a deleted user. One write.
    pub(crate) async fn erase_avatar(&self, user: UserId) -> Result<(), StoreError> {
        let delete = Delete::of(&self.tables.avatars);
        self.delete(delete.key("user_id", avatar_key(user))).await
    }
}

fn avatar_key(user: UserId) -> AttributeValue {
    s(user.to_string())
}

fn avatar_item(user: UserId, picture: &Picture, tag: &PictureTag, now: Timestamp) -> Item {
    key([
        ("user_id", avatar_key(user)),
        ("content_type", s(picture.content_type().as_str())),
        ("picture", b(picture.bytes())),
        ("tag", s(tag.as_str())),
        ("changed_at", ms(now)),
    ])
}

pub(super) fn read_avatar(item: &Item) -> Result<(Picture, PictureTag), StoreError> {
    const BYTES: &str = "picture";
    let read = Reader(item);
    let content_type = read.parsed("content_type", PictureType::parse)?;
    let bytes = item.get(BYTES).and_then(|value| value.as_b());
    let bytes = bytes.ok_or(StoreError::Corrupt(BYTES))?;
    let picture = Picture::from_stored(content_type, bytes.as_ref().to_vec());
    Ok((picture, PictureTag::from_stored(read.string("tag")?)))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{avatar_item, read_avatar};
    use crate::domain::{PictureType, UserId};
    use crate::pictures::Picture;

    #[test]
    fn a_picture_reads_back_as_it_was_written() {
        let user = UserId(uuid::Uuid::from_bytes([7; 16]));
        for content_type in [PictureType::Jpeg, PictureType::Png] {
            let picture = Picture::from_stored(content_type, vec![0, 255, 7]);
            let tag = picture.tag();
            let item = avatar_item(user, &picture, &tag, Timestamp::UNIX_EPOCH);
            assert_eq!(read_avatar(&item).expect("readable"), (picture, tag));
        }
    }
}
