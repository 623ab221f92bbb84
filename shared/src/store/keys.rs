//! The Keys table: the public key set, the settings, the levels of the log, counters, and who was made administrator at the start. Private keys are
//! not here.

use std::collections::BTreeMap;

use super::item::{Item, Reader, key, n, s};
use super::write::Written;
use super::{Store, StoreError};
use crate::domain::{LogLevel, LogLevels, Subsystem, UserId, UserNumber};
use crate::dynamodb::{
    AttributeValue, BatchGetItem, GetItem, KeysAndAttributes, Put, ReturnValue, Update,
};
use crate::keys::KeySet;

const KEY_SET: &str = "key-set";
const SETTINGS: &str = "settings";
const LOG_LEVELS: &str = "log-levels";
const USER_NUMBERS: &str = "counter#user-number";
const BOOTSTRAP: &str = "bootstrap";

/// The setting that outlives a new public URL: tokens name it.
const ISSUER: &str = "TOKEN_ISSUER";

/// What all functions of an installation share, and read when they start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Installation {
    /// The published keys.
    pub key_set: KeySet,
    /// Configuration by name, as an environment would hold it.
    pub settings: BTreeMap<String, String>,
    /// The levels of the log that were set.
    pub log_levels: LogLevels,
}

impl Installation {
    /// Whether the same is built of both: levels of the log are put into force without building anything.
    pub fn builds_alike(&self, other: &Self) -> bool {
        (&self.key_set, &self.settings) == (&other.key_set, &other.settings)
    }
}

impl Store {
    /// The next user number. One write; a number that is not used is skipped for good.
    pub(crate) async fn next_user_number(&self) -> Result<UserNumber, StoreError> {
        let update = Update::of(&self.tables.keys)
            .key("kind", s(USER_NUMBERS))
            .update_expression("SET last_number = if_not_exists(last_number, :zero) + :one")
            .expression_attribute_values(":zero", n(0))
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::AllNew);
        match self.update(update).await? {
            Written::Done(item) | Written::Refused(item) => {
                Ok(UserNumber(Reader(&item).number("last_number")?))
            }
        }
    }

    /// Key set, settings and levels of the log; empty before the installation was set up. One round trip.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn find_installation(&self) -> Result<Installation, StoreError> {
        let keys = [KEY_SET, SETTINGS, LOG_LEVELS].map(|kind| key([("kind", s(kind))]));
        let keys = KeysAndAttributes::of(keys.to_vec()).consistent_read();
        let batch = BatchGetItem::default();
        let batch = batch.request_items(&self.tables.keys, keys);
        let mut installation = Installation::default();
        for (_, item) in self.batch_get(batch).await? {
            match Reader(&item).string("kind")?.as_str() {
                KEY_SET => installation.key_set = read_key_set(&item)?,
                LOG_LEVELS => installation.log_levels = read_log_levels(&item),
                _ => installation.settings = read_settings(&item)?,
            }
        }
        Ok(installation)
    }

    /// Publishes the key set in place of any other.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn put_key_set(&self, keys: &KeySet) -> Result<(), StoreError> {
        let put = Put::of(&self.tables.keys, key_set_item(keys)?);
        self.put(put).await.map(|_| ())
    }

    /// Publishes a key set in place of this one. False if another is published by now. One write.
    pub(crate) async fn replace_key_set(
        &self,
        old: &KeySet,
        new: &KeySet,
    ) -> Result<bool, StoreError> {
        let mut put = Put::of(&self.tables.keys, key_set_item(new)?);
        put = if old.keys.is_empty() {
            put.condition_expression("attribute_not_exists(kind)")
        } else {
            put.condition_expression("key_set = :old")
                .expression_attribute_values(":old", s(key_set_text(old)?))
        };
        match self.put(put).await? {
            Written::Done(_) => Ok(true),
            // Ours, if the reply to the first try was lost.
            Written::Refused(item) => Ok(item.contains_key("kind") && read_key_set(&item)? == *new),
        }
    }

    /// Writes the settings. The issuer is written once: later values of it change nothing. The settings as they are now. One
    /// write.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub async fn put_settings(
        &self,
        settings: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, StoreError> {
        let mut settings = settings.clone();
        let issuer = settings.remove(ISSUER);
        let values = settings.into_iter().map(|(name, value)| (name, s(value)));
        let mut expression = "SET entries = :entries".to_owned();
        let mut update = Update::of(&self.tables.keys)
            .key("kind", s(SETTINGS))
            .expression_attribute_values(":entries", AttributeValue::M(values.collect()));
        if let Some(issuer) = issuer {
            expression.push_str(", issuer = if_not_exists(issuer, :issuer)");
            update = update.expression_attribute_values(":issuer", s(issuer));
        }
        let update = update
            .update_expression(expression)
            .return_values(ReturnValue::AllNew);
        match self.update(update).await? {
            Written::Done(item) | Written::Refused(item) => read_settings(&item),
        }
    }

    /// Changes the issuer: every token issued so far stops being ours. One write.
    pub(crate) async fn put_issuer(&self, issuer: &str) -> Result<(), StoreError> {
        let update = Update::of(&self.tables.keys)
            .key("kind", s(SETTINGS))
            .update_expression("SET issuer = :issuer")
            .expression_attribute_values(":issuer", s(issuer));
        self.update(update).await.map(|_| ())
    }

    /// The levels of the log that were set. One round trip.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn find_log_levels(&self) -> Result<LogLevels, StoreError> {
        let item = self.find_kind(LOG_LEVELS).await?;
        Ok(item.as_ref().map(read_log_levels).unwrap_or_default())
    }

    /// Sets these levels of the log, of which there is at least one, beside those that were set before; all of them. One
    /// write.
    pub(crate) async fn put_log_levels(&self, levels: &LogLevels) -> Result<LogLevels, StoreError> {
        let mut update = Update::of(&self.tables.keys).key("kind", s(LOG_LEVELS));
        let mut sets = Vec::new();
        for (index, (subsystem, level)) in levels.iter().enumerate() {
            sets.push(format!("#s{index} = :l{index}"));
            update = update
                .expression_attribute_names(format!("#s{index}"), subsystem.as_str())
                .expression_attribute_values(format!(":l{index}"), s(level.as_str()));
        }
        let update = update
            .update_expression(format!("SET {}", sets.join(", ")))
            .return_values(ReturnValue::AllNew);
        match self.update(update).await? {
            Written::Done(item) | Written::Refused(item) => Ok(read_log_levels(&item)),
        }
    }

    /// The administrator that the installation was started with.
    pub(crate) async fn find_bootstrap(&self) -> Result<Option<UserId>, StoreError> {
        let Some(item) = self.find_kind(BOOTSTRAP).await? else {
            return Ok(None);
        };
        Reader(&item).parsed("user_id", UserId::parse).map(Some)
    }

    async fn find_kind(&self, kind: &str) -> Result<Option<Item>, StoreError> {
        let get = GetItem::of(&self.tables.keys).consistent_read();
        self.get(get.key("kind", s(kind))).await
    }
}

fn key_set_item(keys: &KeySet) -> Result<Item, StoreError> {
    Ok(key([
        ("kind", s(KEY_SET)),
        ("key_set", s(key_set_text(keys)?)),
    ]))
}

fn key_set_text(keys: &KeySet) -> Result<String, StoreError> {
    serde_json::to_string(keys).map_err(|fault| StoreError::Unavailable(fault.into()))
}

pub(super) fn read_key_set(item: &Item) -> Result<KeySet, StoreError> {
    Reader(item).parsed("key_set", |text| serde_json::from_str(text).ok())
}

pub(super) fn read_settings(item: &Item) -> Result<BTreeMap<String, String>, StoreError> {
    let corrupt = StoreError::Corrupt("entries");
    let Some(entries) = item.get("entries").and_then(|entries| entries.as_m()) else {
        return Err(corrupt);
    };
    let text = |value: &AttributeValue| value.as_s().cloned();
    let settings: Option<BTreeMap<_, _>> = entries
        .iter()
        .map(|(name, value)| Some((name.clone(), text(value)?)))
        .collect();
    let mut settings = settings.ok_or(corrupt)?;
    if let Some(issuer) = Reader(item).optional_string("issuer")? {
        settings.insert(ISSUER.to_owned(), issuer);
    }
    Ok(settings)
}

/// What another release wrote and this one does not know is left out: nobody shall fail to start for it.
pub(super) fn read_log_levels(item: &Item) -> LogLevels {
    let level = |value: &AttributeValue| LogLevel::parse(value.as_s()?);
    item.iter()
        .filter_map(|(name, value)| Some((Subsystem::parse(name)?, level(value)?)))
        .collect()
}

pub(super) fn bootstrap_item(administrator: UserId) -> Item {
    key([
        ("kind", s(BOOTSTRAP)),
        ("user_id", s(administrator.to_string())),
    ])
}
