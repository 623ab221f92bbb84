//! Attributes: a user's own key-value pairs, at most 64 and 32 KiB together.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Context, CurrentUser, UserServiceAdmin};
use crate::domain::{AttributeKey, AttributeText, Attributes, User, UserId, UserNumber};
use crate::error::{Error, Result};
use crate::store::AttributeWrite;

/// Tries of a write that others overtake.
const TRIES: u32 = 20;

/// Reads and writes attributes.
#[derive(Debug, Clone)]
pub struct AttributesService {
    context: Context,
}

/// How a caller names an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeName {
    /// By its key.
    Key(String),
    /// By its id.
    Id(u64),
    /// By its key or else, if that is a number, by its id.
    KeyOrId(String),
}

impl AttributesService {
    /// Attributes in this store.
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// All attributes of a user, for the claims of a token. One read.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn of(&self, user: UserId) -> Result<Attributes> {
        Ok(self.context.store.find_attributes(user).await?)
    }

    /// Sets the text of a user's attribute by its id, for an administrator; without a text it only looks. All attributes as they
    /// are then.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the user has no such attribute; [`Error::TooManyAttributes`]; [`Error::Unavailable`].
    pub async fn put_by_id(
        &self,
        _admin: &UserServiceAdmin,
        user: &User,
        id: u64,
        text: Option<&AttributeText>,
    ) -> Result<Attributes> {
        let read = self.context.store.find_attributes(user.id).await?;
        let key = read
            .key_of(id)
            .and_then(AttributeKey::parse)
            .ok_or(Error::NotFound)?;
        match text {
            // Without its user it is not there; the administrator's own session lives on.
            Some(text) => match self.write(user, read, &[(&key, text)]).await {
                Err(Error::SessionEnded) => Err(Error::NotFound),
                written => written,
            },
            None => Ok(read),
        }
    }

    /// Sets an attribute; all attributes as they are then. `read` is what the caller was authorised with. One write.
    ///
    /// # Errors
    /// [`Error::TooManyAttributes`]; [`Error::SessionEnded`] if the user is gone; [`Error::Unavailable`].
    pub async fn put(
        &self,
        current: &CurrentUser,
        read: Attributes,
        key: &AttributeKey,
        text: &AttributeText,
    ) -> Result<Attributes> {
        self.write(current.user(), read, &[(key, text)]).await
    }

    /// Sets several attributes, all of them or none; all attributes as they are then. One write.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn put_all(
        &self,
        current: &CurrentUser,
        read: Attributes,
        entries: &[(AttributeKey, AttributeText)],
    ) -> Result<Attributes> {
        let entries: Vec<_> = entries.iter().map(|(key, text)| (key, text)).collect();
        self.write(current.user(), read, &entries).await
    }

    async fn write(
        &self,
        user: &User,
        read: Attributes,
        entries: &[(&AttributeKey, &AttributeText)],
    ) -> Result<Attributes> {
        let mut read = read;
        for attempt in 0..TRIES {
            if clash(&read, user.number, entries) {
                return Err(Error::TooManyAttributes);
            }
            match self
                .context
                .store
                .put_attributes(user, entries, &read)
                .await?
            {
                AttributeWrite::Done(now) => return Ok(now),
                AttributeWrite::Stale(now) => read = now,
                AttributeWrite::Full => return Err(Error::TooManyAttributes),
                AttributeWrite::Gone => return Err(Error::SessionEnded),
            }
            self.pause(attempt).await;
        }
        Err(Error::Unavailable("the attributes change too often".into()))
    }

    /// Removes an attribute if it is there; all attributes as they are then. One write if it is there.
    ///
    /// # Errors
    /// [`Error::SessionEnded`] if the user is gone; [`Error::Unavailable`].
    pub async fn remove(
        &self,
        current: &CurrentUser,
        read: Attributes,
        name: &AttributeName,
    ) -> Result<Attributes> {
        let mut read = read;
        for attempt in 0..TRIES {
            let Some((key, text)) = find(&read, name) else {
                return Ok(read);
            };
            match self
                .context
                .store
                .remove_attribute(current.user().id, &key, &text)
                .await?
            {
                AttributeWrite::Done(now) => return Ok(now),
                AttributeWrite::Stale(now) => read = now,
                AttributeWrite::Gone | AttributeWrite::Full => return Err(Error::SessionEnded),
            }
            self.pause(attempt).await;
        }
        Err(Error::Unavailable("the attributes change too often".into()))
    }

    /// Full jitter over a bound that doubles from 20 to 320 ms.
    async fn pause(&self, attempt: u32) {
        let bound = 20 << attempt.min(4);
        tokio::time::sleep(Duration::from_millis(self.context.random.below(bound))).await;
    }
}

/// Whether two of all that there would be have one id.
fn clash(
    read: &Attributes,
    number: UserNumber,
    entries: &[(&AttributeKey, &AttributeText)],
) -> bool {
    let mut holders = BTreeMap::new();
    entries.iter().any(|(key, _)| {
        let id = key.attribute_id(number);
        let other = |holder: &str| holder != key.as_str();
        let held = read.key_of(id).is_some_and(other);
        held || holders.insert(id, key.as_str()).is_some_and(other)
    })
}

fn find(attributes: &Attributes, name: &AttributeName) -> Option<(AttributeKey, String)> {
    let key = match name {
        AttributeName::Key(key) => attributes.text(key).map(|_| key.as_str()),
        AttributeName::Id(id) => attributes.key_of(*id),
        AttributeName::KeyOrId(key) => attributes
            .text(key)
            .map(|_| key.as_str())
            .or_else(|| attributes.key_of(key.parse().ok()?)),
    }?;
    Some((AttributeKey::parse(key)?, attributes.text(key)?.to_owned()))
}
