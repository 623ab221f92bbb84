//! The items `notes#<id>` of the Users table: what callers of document 001 have written about an account, oldest first.
//!
//! An item of its own, since it grows and no sign-in has a use for it. It comes with the first note.

use std::collections::HashMap;

use futures::future::try_join_all;
use jiff::Timestamp;

use super::accounts::{update, update_part};
use super::credentials::key_of;
use super::item::{Item, Reader, key, ms, n, s};
use super::{Store, StoreError};
use crate::domain::{MAX_NOTES, Note, NoteText, User, UserId};
use crate::dynamodb::{
    AttributeValue, BatchGetItem, Delete, KeysAndAttributes, TransactWriteItem, Update,
};

const PREFIX: &str = "notes#";
const NOTES: &str = "entries";
/// Accounts whose two items fit into one call.
const USERS_PER_CALL: usize = 50;

/// What is known of an account beside its own item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Details {
    /// Oldest first.
    pub(crate) notes: Vec<Note>,
    pub(crate) last_sign_in: Option<Timestamp>,
}

impl Store {
    /// The details of accounts: their notes, and when their owners last signed in. One consistent read for each 50, all at once;
    /// of credentials nothing else is read.
    pub(crate) async fn find_details(
        &self,
        users: &[User],
    ) -> Result<HashMap<UserId, Details>, StoreError> {
        let calls = users.chunks(USERS_PER_CALL).map(|users| {
            let batch = BatchGetItem::default();
            self.batch_get(batch.request_items(&self.tables.users, details_of(users)))
        });
        let found = try_join_all(calls).await?;
        let mut details: HashMap<UserId, Details> = HashMap::new();
        for (_, item) in found.iter().flatten() {
            let read = Reader(item);
            let about = |pk: &str| UserId::parse(pk.strip_prefix(PREFIX)?);
            if let Some(user) = about(&read.string("pk")?) {
                details.entry(user).or_default().notes = read_notes(item)?;
            } else if let Some(user) = read.optional_parsed("user_id", UserId::parse)? {
                let last = read.optional_instant("last_sign_in")?;
                details.entry(user).or_default().last_sign_in = last;
            }
        }
        Ok(details)
    }

    /// Erases what was noted of a user. One write.
    pub(crate) async fn delete_notes(&self, user: UserId) -> Result<(), StoreError> {
        let delete = Delete::of(&self.tables.users);
        self.delete(delete.key("pk", notes_key(user))).await
    }

    /// The part of a transaction that adds notes, if there is room for them.
    pub(super) fn notes_part(&self, user: UserId, notes: &[Note]) -> Option<TransactWriteItem> {
        if notes.is_empty() {
            return None;
        }
        let part = update_part(&self.tables.users, notes_key(user));
        Some(update(added(part, notes)))
    }
}

/// Whether a refused transaction would have added notes where there is no room.
pub(super) fn lacks_room(refused: &[Option<Item>]) -> bool {
    let is_full = |item: &Item| {
        let pk = item.get("pk").and_then(|pk| pk.as_s());
        pk.is_some_and(|pk| pk.starts_with(PREFIX))
    };
    refused.iter().flatten().any(is_full)
}

fn added(part: Update, notes: &[Note]) -> Update {
    let room = MAX_NOTES.saturating_sub(notes.len());
    let notes = notes.iter().map(note_item).collect();
    part.update_expression("SET entries = list_append(if_not_exists(entries, :none), :notes)")
        .condition_expression("attribute_not_exists(pk) OR size(entries) <= :room")
        .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
        .expression_attribute_values(":notes", AttributeValue::L(notes))
        .expression_attribute_values(":room", n(room))
        .return_refusing_item()
}

/// Asks for the notes and the last sign-in of these accounts, and for no more of their credentials.
fn details_of(users: &[User]) -> KeysAndAttributes {
    let keys = users
        .iter()
        .flat_map(|user| [key_of(user), notes_key(user.id)]);
    let keys = keys.map(|pk| key([("pk", pk)])).collect();
    KeysAndAttributes::of(keys)
        .consistent_read()
        .projection_expression("pk, user_id, last_sign_in, entries")
}

fn notes_key(user: UserId) -> AttributeValue {
    s(format!("{PREFIX}{user}"))
}

fn note_item(note: &Note) -> AttributeValue {
    AttributeValue::M(key([
        ("text", s(note.text.as_str())),
        ("author", s(note.author.to_string())),
        ("written_at", ms(note.written_at)),
    ]))
}

pub(super) fn read_notes(item: &Item) -> Result<Vec<Note>, StoreError> {
    let corrupt = || StoreError::Corrupt(NOTES);
    let notes = item.get(NOTES).and_then(|notes| notes.as_l());
    let read = |note: &AttributeValue| {
        let read = Reader(note.as_m().ok_or_else(corrupt)?);
        Ok(Note {
            text: NoteText::from_stored(read.string("text")?),
            author: read.parsed("author", UserId::parse)?,
            written_at: read.instant("written_at")?,
        })
    };
    notes.ok_or_else(corrupt)?.iter().map(read).collect()
}
