//! The Attributes table: one item per user, a map from key to {id, text} and the bytes it holds.

use std::collections::BTreeMap;

use super::item::{Item, Reader, n, s};
use super::write::Written;
use super::{Store, StoreError};
use crate::domain::{
    Attribute, AttributeKey, AttributeText, Attributes, MAX_ATTRIBUTE_BYTES, MAX_ATTRIBUTES, User,
    UserId,
};
use crate::dynamodb::{AttributeValue, Delete, GetItem, ReturnValue, Update};

/// How writing an attribute ended.
#[derive(Debug)]
pub(crate) enum AttributeWrite {
    /// All attributes as they are now.
    Done(Attributes),
    /// Somebody else wrote in between: all attributes as they are now.
    Stale(Attributes),
    /// It would be one too many, or too many bytes together.
    Full,
    /// The user is gone.
    Gone,
}

impl Store {
    /// Sets attributes, all of them or none, given what the caller last read: the count of bytes is kept exact by a condition on each
    /// text that is replaced. One write.
    pub(crate) async fn put_attributes(
        &self,
        user: &User,
        entries: &[(&AttributeKey, &AttributeText)],
        read: &Attributes,
    ) -> Result<AttributeWrite, StoreError> {
        let (mut set, mut only) = (Vec::new(), Vec::new());
        let (mut delta, mut added) = (0, 0);
        let mut update = self.attributes_of(user.id);
        for (index, (key, text)) in entries.iter().enumerate() {
            let replaced = read.text(key.as_str());
            let before = replaced.map_or(0, |text| bytes(key.as_str()) + bytes(text));
            delta += bytes(key.as_str()) + bytes(text.as_str()) - before;
            let value = AttributeValue::M(super::item::key([
                ("id", n(key.attribute_id(user.number))),
                ("text", s(text.as_str())),
            ]));
            set.push(format!("entries.#key{index} = :value{index}"));
            update = update
                .expression_attribute_names(format!("#key{index}"), key.as_str())
                .expression_attribute_values(format!(":value{index}"), value);
            if let Some(old) = replaced {
                only.push(format!("entries.#key{index}.#text = :replaced{index}"));
                update = update
                    .expression_attribute_names("#text", "text")
                    .expression_attribute_values(format!(":replaced{index}"), s(old));
            } else {
                added += 1;
                only.push(format!("attribute_not_exists(entries.#key{index})"));
            }
        }
        let room = MAX_ATTRIBUTE_BYTES - delta;
        let fits = read.0.len() + added <= MAX_ATTRIBUTES;
        if added > 0 {
            only.push("size(entries) <= :most".to_owned());
            // More than there is ever room for would else fit where there are none yet.
            let Some(most) = MAX_ATTRIBUTES.checked_sub(added) else {
                return Ok(AttributeWrite::Full);
            };
            update = update.expression_attribute_values(":most", n(most));
        }
        let update = update
            .update_expression(format!(
                "SET {}, bytes_held = bytes_held + :delta",
                set.join(", ")
            ))
            .condition_expression(format!(
                "attribute_exists(user_id) AND bytes_held <= :room AND {}",
                only.join(" AND ")
            ))
            .expression_attribute_values(":delta", n(delta))
            .expression_attribute_values(":room", n(room));
        match self.update(update).await? {
            Written::Done(item) => Ok(AttributeWrite::Done(read_attributes(&item)?)),
            Written::Refused(item) if item.is_empty() => Ok(AttributeWrite::Gone),
            Written::Refused(item) => {
                let held: i64 = Reader(&item).number("bytes_held")?;
                let now = read_attributes(&item)?;
                let is_same = |(key, _): &(&AttributeKey, &AttributeText)| {
                    now.text(key.as_str()) == read.text(key.as_str())
                };
                let same = entries.iter().all(is_same) && now.0.len() == read.0.len();
                Ok(if same && (held > room || !fits) {
                    AttributeWrite::Full
                } else {
                    AttributeWrite::Stale(now)
                })
            }
        }
    }

    /// Removes one attribute, given what the caller last read under its key. One write.
    pub(crate) async fn remove_attribute(
        &self,
        user: UserId,
        key: &AttributeKey,
        read: &str,
    ) -> Result<AttributeWrite, StoreError> {
        let update = self
            .attributes_of(user)
            .expression_attribute_names("#key", key.as_str())
            .update_expression("REMOVE entries.#key SET bytes_held = bytes_held - :delta")
            .condition_expression("attribute_exists(user_id) AND entries.#key.#text = :replaced")
            .expression_attribute_names("#text", "text")
            .expression_attribute_values(":delta", n(key.as_str().len() + read.len()))
            .expression_attribute_values(":replaced", s(read));
        match self.update(update).await? {
            Written::Done(item) => Ok(AttributeWrite::Done(read_attributes(&item)?)),
            Written::Refused(item) if item.is_empty() => Ok(AttributeWrite::Gone),
            Written::Refused(item) => Ok(AttributeWrite::Stale(read_attributes(&item)?)),
        }
    }

    /// A user's attributes; empty if the user is gone. One consistent read.
    pub(crate) async fn find_attributes(&self, user: UserId) -> Result<Attributes, StoreError> {
        let get = GetItem::of(&self.tables.attributes).consistent_read();
        let found = self.get(get.key("user_id", s(user.to_string()))).await?;
        found
            .as_ref()
            .map_or(Ok(Attributes::default()), read_attributes)
    }

    /// Erases all attributes of a user. One write.
    pub(crate) async fn delete_attributes(&self, user: UserId) -> Result<(), StoreError> {
        let delete = Delete::of(&self.tables.attributes);
        self.delete(delete.key("user_id", s(user.to_string())))
            .await
    }

    fn attributes_of(&self, user: UserId) -> Update {
        Update::of(&self.tables.attributes)
            .key("user_id", s(user.to_string()))
            .return_values(ReturnValue::AllNew)
    }
}

fn bytes(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

/// The attributes of a new account.
pub(super) fn attributes_item(user: UserId, attributes: &Attributes) -> Item {
    let entry = |attribute: &Attribute| {
        let Attribute { id, text } = attribute;
        AttributeValue::M(super::item::key([("id", n(id)), ("text", s(text))]))
    };
    let entries = attributes.0.iter();
    let entries = entries.map(|(key, attribute)| (key.clone(), entry(attribute)));
    super::item::key([
        ("user_id", s(user.to_string())),
        ("entries", AttributeValue::M(entries.collect())),
        ("bytes_held", n(attributes.bytes())),
    ])
}

pub(super) fn read_attributes(item: &Item) -> Result<Attributes, StoreError> {
    const MEMBER: &str = "entries";
    let corrupt = || StoreError::Corrupt(MEMBER);
    let entries = item
        .get(MEMBER)
        .and_then(|entries| entries.as_m())
        .ok_or_else(corrupt)?;
    let mut attributes = BTreeMap::new();
    for (key, value) in entries {
        let read = Reader(value.as_m().ok_or_else(corrupt)?);
        attributes.insert(
            key.clone(),
            Attribute {
                id: read.number("id")?,
                text: read.string("text")?,
            },
        );
    }
    Ok(Attributes(attributes))
}
