//! What spans items: registering, proving an address, changing a password, deleting. Each is one transaction, whole or nothing.

use jiff::{SignedDuration, Timestamp};

use super::attributes::attributes_item;
use super::codes::consume_code;
use super::credentials::{credential_item, key_of, read_credential};
use super::item::{Item, Reader, flag, key, ms, n, s};
use super::keys::bootstrap_item;
use super::outbox::intent_item;
use super::password_history::NewHash;
use super::roots::takes_last_root;
use super::sessions::session_item;
use super::users::{number_key, tombstone, user_item, user_key};
use super::write::Transacted;
use super::{Store, StoreError};
use crate::domain::{
    Attributes, CodeDigest, CodePurpose, Intent, IntentId, Note, PasswordHash, PermissionLevel,
    RoleNumber, Session, User, UserId, UserRole,
};
use crate::dynamodb::{AttributeValue, Delete, Put, TransactWriteItem, Update};

/// How long a deleted account stays as a tombstone.
const TOMBSTONE_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

/// An account to be made.
#[derive(Debug)]
pub(crate) struct NewAccount<'a> {
    pub(crate) user: &'a User,
    pub(crate) hash: Option<&'a PasswordHash>,
    /// The mail that is due, if any.
    pub(crate) intent: Option<&'a Intent>,
    /// The session that is open from the start, if any.
    pub(crate) session: Option<&'a Session>,
    /// What it may do from the start.
    pub(crate) standing: Standing,
    /// What is noted of it from the start.
    pub(crate) notes: &'a [Note],
    /// Its attributes from the start.
    pub(crate) attributes: Attributes,
}

/// What a new account may do from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing but what everybody may.
    Ordinary,
    /// The same; somebody else made it, so that it keeps its address though it was never confirmed.
    Vouched,
    /// Everything, in every dialect.
    Administrator,
    /// The same, and the installation starts with it.
    FirstAdministrator,
}

impl NewAccount<'_> {
    /// Only who registered by themselves can lose the address to a later registration.
    fn credential_item(&self) -> Item {
        let never_confirmed = !self.user.confirmed && self.standing == Standing::Ordinary;
        credential_item(self.user, self.hash, never_confirmed)
    }
}

impl Standing {
    fn is_administrator(self) -> bool {
        matches!(self, Self::Administrator | Self::FirstAdministrator)
    }
}

/// How registering ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Registered {
    /// The account is made.
    Done,
    /// The address has an account.
    Taken,
    /// The address has an account that was never confirmed and may be replaced.
    Unconfirmed(Replaceable),
}

/// A never confirmed account as the register transaction saw it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Replaceable {
    pub(crate) user: UserId,
    pub(crate) version: u64,
    pub(crate) created_at: Timestamp,
}

/// A one-time code that came back.
#[derive(Debug)]
pub(crate) struct CodeProof {
    pub(crate) purpose: CodePurpose,
    /// The record, where the code names one.
    pub(crate) record: Option<IntentId>,
    pub(crate) digest: CodeDigest,
}

/// What allows to set another password.
#[derive(Debug)]
pub(crate) enum Proof {
    /// A one-time code that was mailed.
    Code(CodeProof),
    /// The mailed password of this intent.
    MailedPassword(IntentId),
    /// The password that is there. Whoever has it need not read the account's mail.
    OldPassword,
}

/// How deleting an account ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deleted {
    /// It is gone.
    Done,
    /// It has changed, or is gone, since it was read.
    Stale,
    /// It is the last root: that one stays.
    LastRoot,
}

/// An account to be deleted.
#[derive(Debug)]
pub(crate) struct Deletion<'a> {
    pub(crate) user: &'a User,
    /// Erases what lies outside the account item.
    pub(crate) erase: &'a Intent,
}

impl Store {
    /// Makes an account with all that belongs to it, if its address is free. One transaction.
    pub(crate) async fn register(
        &self,
        account: &NewAccount<'_>,
    ) -> Result<Registered, StoreError> {
        self.register_with(account, Vec::new()).await
    }

    /// The same with more that is written with it or not at all.
    pub(super) async fn register_with(
        &self,
        account: &NewAccount<'_>,
        more: Vec<TransactWriteItem>,
    ) -> Result<Registered, StoreError> {
        let credential = put_part(&self.tables.users, account.credential_item())
            .condition_expression("attribute_not_exists(user_id)")
            .return_refusing_item();
        let mut writes = vec![put(credential)];
        writes.extend(self.account_parts(account));
        let own = writes.len();
        writes.extend(more);
        match self.transact(writes).await? {
            Transacted::Done => Ok(Registered::Done),
            Transacted::Refused(parts) => match parts.first() {
                Some(Some(holder)) => held_by(holder, account.user),
                _ if parts[own..].iter().any(Option::is_some) => Ok(Registered::Taken),
                _ => Err(StoreError::Unavailable(
                    "an id that was never used is taken".into(),
                )),
            },
        }
    }

    /// Makes an account in place of one that was never confirmed. False if that one has changed since. One transaction.
    pub(crate) async fn replace_unconfirmed(
        &self,
        account: &NewAccount<'_>,
        old: &User,
        erase: &Intent,
    ) -> Result<bool, StoreError> {
        let now = account.user.created_at;
        let credential = put_part(&self.tables.users, account.credential_item())
            .condition_expression(
                "user_id = :old AND credential_version = :version AND never_confirmed = :true",
            )
            .expression_attribute_values(":old", s(old.id.to_string()))
            .expression_attribute_values(":version", n(old.credential_version))
            .expression_attribute_values(":true", flag(true))
            .return_refusing_item();
        let mut writes = vec![put(credential)];
        writes.extend(self.account_parts(account));
        writes.extend(self.burial_parts(old, erase, now));
        match self.transact(writes).await? {
            Transacted::Done => Ok(true),
            Transacted::Refused(parts) => match parts.first() {
                Some(Some(holder)) => Ok(held_by(holder, account.user)? == Registered::Done),
                _ => Ok(false),
            },
        }
    }

    /// Proves the address and confirms the account. False if the code is not good any more. One transaction.
    pub(crate) async fn confirm(
        &self,
        user: &User,
        code: &CodeProof,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let account = update_part(&self.tables.users, user_key(user.id))
            .update_expression(
                "SET confirmed = :true, email_proved_at = if_not_exists(email_proved_at, :now)",
            )
            .condition_expression("credential_version = :version")
            .expression_attribute_values(":true", flag(true))
            .expression_attribute_values(":now", ms(now))
            .expression_attribute_values(":version", n(user.credential_version));
        let credential = self
            .credential_part(user)
            .update_expression("REMOVE never_confirmed")
            .condition_expression("user_id = :user AND credential_version = :version");
        let code = self.code_part(user, code, now);
        let writes = vec![update(account), update(credential), code];
        Ok(matches!(self.transact(writes).await?, Transacted::Done))
    }

    /// Sets a new password and, by raising the credential's version, ends all sessions and voids all codes. A proof that came by
    /// mail also proves the address and confirms the account. False if the proof is not good any more, which for the old
    /// password means that its version has moved. One transaction.
    ///
    /// The failures are forgotten, but for the old password of an account with a second factor: whoever has the one must not go on
    /// guessing the other by changing passwords.
    pub(crate) async fn reset_password(
        &self,
        user: &User,
        new: &NewHash,
        proof: &Proof,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut set = "SET password_changed_at = :now, credential_version = :next".to_owned();
        let mut account = update_part(&self.tables.users, user_key(user.id))
            .condition_expression("credential_version = :version")
            .expression_attribute_values(":now", ms(now))
            .expression_attribute_values(":version", n(user.credential_version))
            .expression_attribute_values(":next", n(user.credential_version + 1));
        if !matches!(proof, Proof::OldPassword) {
            set.push_str(
                ", confirmed = :true, email_proved_at = if_not_exists(email_proved_at, :now)",
            );
            account = account.expression_attribute_values(":true", flag(true));
        }
        let account = account.update_expression(format!("{set} REMOVE must_change_password"));
        let mut condition = "user_id = :user AND credential_version = :version".to_owned();
        let mut credential = self.credential_part(user);
        if let Proof::MailedPassword(intent) = proof {
            condition.push_str(" AND mailed_intent = :intent AND mailed_expires > :now_s");
            credential = credential
                .expression_attribute_values(":intent", s(intent.to_string()))
                .expression_attribute_values(":now_s", n(now.as_second()));
        }
        let mut set = "SET password_hash = :hash, credential_version = :next".to_owned();
        if !matches!(proof, Proof::OldPassword) || user.second_factor.is_none() {
            set.push_str(", failures = :zero, failures_in_a_row = :zero, known_failures = :zero");
            credential = credential.expression_attribute_values(":zero", n(0));
        }
        let credential = credential
            .update_expression(format!(
                "{set} REMOVE never_confirmed, mailed_intent, mailed_digest, mailed_key_version, mailed_expires"
            ))
            .condition_expression(condition)
            .expression_attribute_values(":hash", s(new.hash.as_phc()))
            .expression_attribute_values(":next", n(user.credential_version + 1));
        let mut writes = vec![update(account), update(credential)];
        if let Proof::Code(code) = proof {
            writes.push(self.code_part(user, code, now));
        }
        writes.extend(self.history_part(user.id, new));
        Ok(matches!(self.transact(writes).await?, Transacted::Done))
    }

    /// Makes an account an administrator's, whatever its state, without its password and its sessions, and promises the mail
    /// that invites to set another. False if the account has changed or gone since it was read. One transaction.
    pub(crate) async fn promote(
        &self,
        user: &User,
        invitation: &Intent,
        first: bool,
    ) -> Result<bool, StoreError> {
        let next = n(user.credential_version + 1);
        let account = update_part(&self.tables.users, user_key(user.id))
            .update_expression(
                "SET permission_level = :level, user_role = :root, confirmed = :true, suspended = :false, \
                 password_changed_at = :now, credential_version = :next \
                 REMOVE must_change_password, black_listed, second_factor",
            )
            .condition_expression("credential_version = :version")
            .expression_attribute_values(":level", n(PermissionLevel::Admin.as_number()))
            .expression_attribute_values(":root", s(UserRole::Root.as_str()))
            .expression_attribute_values(":true", flag(true))
            .expression_attribute_values(":false", flag(false))
            .expression_attribute_values(":now", ms(invitation.issued_at))
            .expression_attribute_values(":next", next.clone())
            .expression_attribute_values(":version", n(user.credential_version));
        let credential = self
            .credential_part(user)
            .update_expression(
                "SET credential_version = :next REMOVE password_hash, never_confirmed, mailed_intent, mailed_digest, \
                 mailed_key_version, mailed_expires, totp_seed, totp_step, recovery_codes",
            )
            .condition_expression("user_id = :user AND credential_version = :version")
            .expression_attribute_values(":next", next);
        let invitation = put_part(&self.tables.outbox, intent_item(invitation));
        let mut writes = vec![update(account), update(credential), put(invitation)];
        writes.extend(self.unconditional_grant_parts(RoleNumber::ADMIN, user.id));
        writes.push(self.add_root_part(user.id));
        if first {
            writes.push(self.bootstrap_part(user.id));
        }
        Ok(matches!(self.transact(writes).await?, Transacted::Done))
    }

    /// Deletes an account: its address is free at once, everything else follows by the erase intent. One transaction.
    pub(crate) async fn delete_account(
        &self,
        deletion: &Deletion<'_>,
        now: Timestamp,
    ) -> Result<Deleted, StoreError> {
        let user = deletion.user;
        let mut writes = vec![delete(self.delete_credential(user))];
        writes.extend(self.burial_parts(user, deletion.erase, now));
        Ok(match self.transact(writes).await? {
            Transacted::Done => Deleted::Done,
            Transacted::Refused(parts) if takes_last_root(&parts) => Deleted::LastRoot,
            Transacted::Refused(_) => Deleted::Stale,
        })
    }

    /// Everything of a new account but its credential.
    fn account_parts(&self, account: &NewAccount<'_>) -> Vec<TransactWriteItem> {
        let NewAccount {
            user,
            intent,
            session,
            standing,
            notes,
            attributes,
            ..
        } = account;
        let id = s(user.id.to_string());
        let attributes = attributes_item(user.id, attributes);
        let number = key([("pk", number_key(user.number)), ("user_id", id)]);
        let unused = "attribute_not_exists(pk)";
        let mut parts = vec![
            put(put_part(&self.tables.users, user_item(user)).condition_expression(unused)),
            put(put_part(&self.tables.users, number).condition_expression(unused)),
            put(put_part(&self.tables.attributes, attributes)),
        ];
        parts.extend(self.root_part(None, Some(user)));
        parts.extend(self.notes_part(user.id, notes));
        if let Some(intent) = intent {
            parts.push(put(put_part(&self.tables.outbox, intent_item(intent))));
        }
        if let Some(session) = session {
            parts.push(put(put_part(&self.tables.sessions, session_item(session))));
        }
        if standing.is_administrator() {
            parts.extend(self.unconditional_grant_parts(RoleNumber::ADMIN, user.id));
        }
        if *standing == Standing::FirstAdministrator {
            parts.push(self.bootstrap_part(user.id));
        }
        parts
    }

    /// Remembers the first administrator.
    fn bootstrap_part(&self, administrator: UserId) -> TransactWriteItem {
        let item = put_part(&self.tables.keys, bootstrap_item(administrator));
        put(item.condition_expression("attribute_not_exists(kind)"))
    }

    /// Turns an account into a tombstone, frees its number and promises the rest; its credential is the caller's part.
    fn burial_parts(&self, user: &User, erase: &Intent, now: Timestamp) -> Vec<TransactWriteItem> {
        let grave = put_part(
            &self.tables.users,
            tombstone(user.id, now, now + TOMBSTONE_LIFETIME),
        )
        .condition_expression("credential_version = :version")
        .expression_attribute_values(":version", n(user.credential_version));
        let number = Delete::of(&self.tables.users).key("pk", number_key(user.number));
        let erase = put_part(&self.tables.outbox, intent_item(erase));
        let mut parts = vec![put(grave), delete(number), put(erase)];
        parts.extend(self.root_part(Some(user), None));
        parts
    }

    /// Uses a code up.
    pub(super) fn code_part(
        &self,
        user: &User,
        code: &CodeProof,
        now: Timestamp,
    ) -> TransactWriteItem {
        let part = Update::of(&self.tables.codes);
        update(consume_code(part, user, code, now))
    }

    pub(super) fn delete_credential(&self, user: &User) -> Delete {
        Delete::of(&self.tables.users)
            .key("pk", key_of(user))
            .condition_expression("user_id = :user AND credential_version = :version")
            .expression_attribute_values(":user", s(user.id.to_string()))
            .expression_attribute_values(":version", n(user.credential_version))
    }

    pub(super) fn credential_part(&self, user: &User) -> Update {
        update_part(&self.tables.users, key_of(user))
            .expression_attribute_values(":user", s(user.id.to_string()))
            .expression_attribute_values(":version", n(user.credential_version))
    }
}

pub(super) fn put_part(table: &str, item: Item) -> Put {
    Put::of(table, item)
}

/// Whether a refused registration was our own, whose first reply was lost, or whose address it is.
fn held_by(holder: &Item, user: &User) -> Result<Registered, StoreError> {
    let Some(credential) = read_credential(holder)? else {
        return Err(StoreError::Corrupt("user_id"));
    };
    if credential.user == user.id {
        return Ok(Registered::Done);
    }
    if !credential.never_confirmed {
        return Ok(Registered::Taken);
    }
    Ok(Registered::Unconfirmed(Replaceable {
        user: credential.user,
        version: credential.version,
        created_at: Reader(holder).instant("created_at")?,
    }))
}

pub(super) fn update_part(table: &str, pk: AttributeValue) -> Update {
    Update::of(table).key("pk", pk)
}

pub(super) fn put(part: Put) -> TransactWriteItem {
    TransactWriteItem::Put(part)
}

pub(super) fn update(part: Update) -> TransactWriteItem {
    TransactWriteItem::Update(part)
}

pub(super) fn delete(part: Delete) -> TransactWriteItem {
    TransactWriteItem::Delete(part)
}
