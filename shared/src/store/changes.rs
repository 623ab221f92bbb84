//! Changing an account: what differs is set, another address takes the whole credential with it, and what goes with the change
//! (a new password, notes, mails) is written with it or not at all. One transaction.

use jiff::Timestamp;

use super::accounts::{delete, put, put_part, update, update_part};
use super::credentials::{authenticator_members, credential_item, read_credential};
use super::item::{Item, ms, n, s};
use super::notes::lacks_room;
use super::outbox::intent_item;
use super::password_history::NewHash;
use super::roots::takes_last_root;
use super::users::{user_item, user_key};
use super::write::Transacted;
use super::{CodeProof, Store, StoreError};
use crate::domain::{FactorMethod, Intent, Note, Session, User};
use crate::dynamodb::TransactWriteItem;

/// What forgets the failures of the old password.
const NO_FAILURES: [&str; 3] = [
    "failures = :zero",
    "failures_in_a_row = :zero",
    "known_failures = :zero",
];
/// A password that was mailed is void.
const NEW_PASSWORD_REMOVES: [&str; 4] = [
    "mailed_intent",
    "mailed_digest",
    "mailed_key_version",
    "mailed_expires",
];
/// The numbers that an account has proved.
const PHONES: &str = "phones";
/// What the authenticator keeps on the credential.
const AUTHENTICATOR: [&str; 3] = ["totp_seed", "totp_step", "recovery_codes"];

/// An account as somebody changes it.
#[derive(Debug)]
pub(crate) struct AccountChange<'a> {
    /// As it was read.
    pub(crate) before: &'a User,
    /// As it is to be. Another address, another password and whatever else ends sessions come with a raised credential version.
    pub(crate) after: &'a User,
    /// The password that it gets.
    pub(crate) password: Option<&'a NewHash>,
    /// What is noted of it.
    pub(crate) notes: &'a [Note],
    /// The session that goes on where all others end.
    pub(crate) carried: Option<&'a Session>,
    /// Whether that one gets another refresh token.
    pub(crate) renewed: bool,
    /// What is promised with it.
    pub(crate) intents: &'a [Intent],
    /// What allows it, if a code does, and when that is used up.
    pub(crate) code: Option<(&'a CodeProof, Timestamp)>,
}

/// How changing an account ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    /// It is changed.
    Done,
    /// The new address has an account.
    Taken,
    /// The account has changed, or is gone, since it was read.
    Stale,
    /// It is the last root: that one stays root.
    LastRoot,
    /// There is no room for the notes.
    NotesFull,
}

impl<'a> AccountChange<'a> {
    /// What differs, and nothing else.
    pub(crate) fn new(before: &'a User, after: &'a User) -> Self {
        Self {
            before,
            after,
            password: None,
            notes: &[],
            carried: None,
            renewed: false,
            intents: &[],
            code: None,
        }
    }

    fn has_new_address(&self) -> bool {
        self.before.email.canonical() != self.after.email.canonical()
    }

    /// A new password forgets the failures of the old one. Not where its owner stays signed in and a second factor is asked for:
    /// whoever has the password and a session would guess the factor without end, changing passwords by the way.
    fn forgets_failures(&self) -> bool {
        self.carried.is_none() || self.before.second_factor.is_none()
    }

    /// Whatever the second factor becomes, the authenticator of a former one is not needed any more.
    fn forgets_authenticator(&self) -> bool {
        let (old, new) = (self.before.second_factor, self.after.second_factor);
        old != new && new != Some(FactorMethod::Authenticator)
    }
}

impl Store {
    /// Changes an account. Another address moves the whole credential to it, without its counters and its mailed password. One
    /// transaction, after one read where the address changes.
    pub(crate) async fn change_account(
        &self,
        change: &AccountChange<'_>,
    ) -> Result<Changed, StoreError> {
        let AccountChange { before, after, .. } = change;
        let mut writes = Vec::new();
        if change.has_new_address() {
            let Some(moved) = self.moved_credential(before, after).await? else {
                return Ok(Changed::Stale);
            };
            let moved = put_part(&self.tables.users, moved)
                .condition_expression("attribute_not_exists(user_id)")
                .return_refusing_item();
            let old = self.delete_credential(before);
            writes.extend([put(moved), delete(old)]);
        } else {
            writes.extend(self.credential_change(change));
        }
        writes.extend(self.difference_part(change));
        writes.extend(self.root_part(Some(before), Some(after)));
        writes.extend(self.accompanying_parts(change));
        if writes.is_empty() {
            return Ok(Changed::Done);
        }
        match self.transact(writes).await? {
            Transacted::Done => Ok(Changed::Done),
            Transacted::Refused(parts) => refused(change, &parts),
        }
    }

    /// What the change brings with it beside the account, its credential and the list of roots.
    fn accompanying_parts(&self, change: &AccountChange<'_>) -> Vec<TransactWriteItem> {
        let user = change.before.id;
        let mut parts = Vec::new();
        parts.extend(self.notes_part(user, change.notes));
        if let Some(password) = change.password {
            parts.extend(self.history_part(user, password));
        }
        if let Some(session) = change.carried {
            parts.push(self.carry_part(session, change.after.credential_version, change.renewed));
        }
        if let Some((code, now)) = change.code {
            parts.push(self.code_part(change.before, code, now));
        }
        for intent in change.intents {
            parts.push(put(put_part(&self.tables.outbox, intent_item(intent))));
        }
        parts
    }

    /// What becomes of a credential that stays where it is; nothing if it stays as it is.
    fn credential_change(&self, change: &AccountChange<'_>) -> Option<TransactWriteItem> {
        let AccountChange { before, after, .. } = change;
        let (mut set, mut removed) = (Vec::new(), Vec::new());
        let mut part = self
            .credential_part(before)
            .condition_expression("user_id = :user AND credential_version = :version");
        if after.credential_version != before.credential_version {
            set.push("credential_version = :next");
            part = part.expression_attribute_values(":next", n(after.credential_version));
        }
        if let Some(password) = change.password {
            set.push("password_hash = :hash");
            removed.extend(NEW_PASSWORD_REMOVES);
            part = part.expression_attribute_values(":hash", s(password.hash.as_phc()));
            if change.forgets_failures() {
                set.extend(NO_FAILURES);
                part = part.expression_attribute_values(":zero", n(0));
            }
        }
        if after.confirmed && !before.confirmed {
            removed.push("never_confirmed");
        }
        if change.forgets_authenticator() {
            removed.extend(AUTHENTICATOR);
        }
        if set.is_empty() && removed.is_empty() {
            return None;
        }
        Some(update(part.update_expression(expression(&set, &removed))))
    }

    /// Sets and removes just what differs, so that nothing else that changes meanwhile is lost; nothing if nothing differs. Notes
    /// need the account to be there, even if nothing of it changes.
    fn difference_part(&self, change: &AccountChange<'_>) -> Option<TransactWriteItem> {
        let (old, new) = (user_item(change.before), user_item(change.after));
        let is_kept = |name: &str| !change.notes.is_empty() && name == "credential_version";
        let set: Vec<_> = new
            .iter()
            .filter(|(name, value)| is_kept(name) || old.get(*name) != Some(value))
            .collect();
        let removed: Vec<_> = old
            .keys()
            .filter(|name| !new.contains_key(*name))
            .map(String::as_str)
            .collect();
        if set.is_empty() && removed.is_empty() {
            return None;
        }
        let before = change.before;
        let mut condition = "credential_version = :version".to_owned();
        let mut part = update_part(&self.tables.users, user_key(before.id))
            .expression_attribute_values(":version", n(before.credential_version));
        // A number that is proved meanwhile raises no version, and must not be lost.
        let phones = old.get(PHONES).filter(|held| new.get(PHONES) != Some(held));
        if let Some(phones) = phones {
            condition.push_str(" AND phones = :old_phones");
            part = part.expression_attribute_values(":old_phones", phones.clone());
        }
        let mut clauses = Vec::new();
        for (name, value) in &set {
            clauses.push(format!("{name} = :new_{name}"));
            part = part.expression_attribute_values(format!(":new_{name}"), (*value).clone());
        }
        let clauses: Vec<_> = clauses.iter().map(String::as_str).collect();
        let part = part
            .update_expression(expression(&clauses, &removed))
            .condition_expression(condition);
        Some(update(part))
    }

    /// The credential as it is to stand under the new address; nothing if it is not that of this version any more.
    async fn moved_credential(
        &self,
        before: &User,
        after: &User,
    ) -> Result<Option<Item>, StoreError> {
        let found = self
            .find_credential(&before.realm, &before.email.digest())
            .await?;
        Ok(found
            .filter(|found| found.user == before.id && found.version == before.credential_version)
            .map(|found| {
                let never_confirmed = found.never_confirmed && !after.confirmed;
                let mut item = credential_item(after, found.hash.as_ref(), never_confirmed);
                item.insert("created_at".to_owned(), ms(found.created_at));
                let authenticator = found.authenticator.as_ref();
                item.extend(authenticator.map(authenticator_members).unwrap_or_default());
                item
            }))
    }
}

/// Why a change was refused.
fn refused(change: &AccountChange<'_>, parts: &[Option<Item>]) -> Result<Changed, StoreError> {
    if takes_last_root(parts) {
        return Ok(Changed::LastRoot);
    }
    if lacks_room(parts) {
        return Ok(Changed::NotesFull);
    }
    match parts.first() {
        // Held by the account itself: somebody else has made the same move.
        Some(Some(holder)) if change.has_new_address() && !is_held_by(holder, change.before)? => {
            Ok(Changed::Taken)
        }
        _ => Ok(Changed::Stale),
    }
}

/// An update expression that sets and removes.
fn expression(set: &[&str], removed: &[&str]) -> String {
    let clause = |verb: &str, parts: &[&str]| match parts {
        [] => String::new(),
        parts => format!("{verb} {} ", parts.join(", ")),
    };
    clause("SET", set) + &clause("REMOVE", removed)
}

fn is_held_by(holder: &Item, user: &User) -> Result<bool, StoreError> {
    Ok(read_credential(holder)?.is_some_and(|credential| credential.user == user.id))
}
