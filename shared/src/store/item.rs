//! Attribute values: writing ours and reading them back.

use std::fmt::Display;

use jiff::Timestamp;

use super::StoreError;
use crate::aws::Blob;
use crate::dynamodb::AttributeValue;
pub(super) use crate::dynamodb::Item;

pub(super) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn n(number: impl Display) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(super) fn b(bytes: &[u8]) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

pub(super) fn flag(value: bool) -> AttributeValue {
    AttributeValue::Bool(value)
}

/// An instant as epoch milliseconds.
pub(super) fn ms(instant: Timestamp) -> AttributeValue {
    n(instant.as_millisecond())
}

/// An instant as epoch seconds, the form that DynamoDB's TTL reads. Rounded up: nothing ends before its time.
pub(super) fn seconds(instant: Timestamp) -> AttributeValue {
    n(ttl_seconds(instant))
}

pub(super) fn ttl_seconds(instant: Timestamp) -> i64 {
    instant.as_second() + i64::from(instant.subsec_nanosecond() > 0)
}

/// Key of a one- or two-part primary key.
pub(super) fn key<const N: usize>(parts: [(&str, AttributeValue); N]) -> Item {
    parts
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Reads the members of an item; a missing or ill-typed one is [`StoreError::Corrupt`] with its name.
pub(super) struct Reader<'a>(pub(super) &'a Item);

impl Reader<'_> {
    pub(super) fn string(&self, name: &'static str) -> Result<String, StoreError> {
        self.optional_string(name)?.ok_or(StoreError::Corrupt(name))
    }

    pub(super) fn optional_string(&self, name: &'static str) -> Result<Option<String>, StoreError> {
        self.optional(name, |value| value.as_s().cloned())
    }

    pub(super) fn number<T: std::str::FromStr>(&self, name: &'static str) -> Result<T, StoreError> {
        self.optional_number(name)?.ok_or(StoreError::Corrupt(name))
    }

    pub(super) fn optional_number<T: std::str::FromStr>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>, StoreError> {
        self.optional(name, |value| value.as_n()?.parse().ok())
    }

    pub(super) fn flag(&self, name: &'static str) -> Result<bool, StoreError> {
        Ok(self
            .optional(name, |value| value.as_bool().copied())?
            .unwrap_or(false))
    }

    pub(super) fn instant(&self, name: &'static str) -> Result<Timestamp, StoreError> {
        self.optional_instant(name)?
            .ok_or(StoreError::Corrupt(name))
    }

    pub(super) fn optional_instant(
        &self,
        name: &'static str,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.optional(name, |value| {
            Timestamp::from_millisecond(value.as_n()?.parse().ok()?).ok()
        })
    }

    pub(super) fn ttl(&self, name: &'static str) -> Result<Timestamp, StoreError> {
        self.optional(name, |value| {
            Timestamp::from_second(value.as_n()?.parse().ok()?).ok()
        })?
        .ok_or(StoreError::Corrupt(name))
    }

    pub(super) fn bytes<const N: usize>(&self, name: &'static str) -> Result<[u8; N], StoreError> {
        self.optional_bytes(name)?.ok_or(StoreError::Corrupt(name))
    }

    pub(super) fn optional_bytes<const N: usize>(
        &self,
        name: &'static str,
    ) -> Result<Option<[u8; N]>, StoreError> {
        self.optional(name, |value| value.as_b()?.as_ref().try_into().ok())
    }

    /// A string that `parse` understands.
    pub(super) fn parsed<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        parse(&self.string(name)?).ok_or(StoreError::Corrupt(name))
    }

    /// A string that `parse` understands, if it is there.
    pub(super) fn optional_parsed<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        self.optional(name, |value| parse(value.as_s()?))
    }

    fn optional<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&AttributeValue) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(value) => read(value).map(Some).ok_or(StoreError::Corrupt(name)),
        }
    }
}
