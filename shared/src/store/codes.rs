//! The Codes table: one live one-time code per user and purpose, by its digest.

use jiff::Timestamp;

use super::item::{Item, Reader, b, key, ms, n, s, seconds};
use super::tries::MAX_TRIES;
use super::write::Written;
use super::{CodeProof, Store, StoreError};
use crate::domain::{CodeDigest, CodePurpose, IntentId, User, UserId};
use crate::dynamodb::{GetItem, Put, Update};

/// The address that a code is to prove.
const SEALED_ADDRESS: &str = "sealed_address";

/// A code to be stored before it is mailed.
#[derive(Debug)]
pub(crate) struct CodeRecord<'a> {
    pub(crate) user: UserId,
    pub(crate) purpose: CodePurpose,
    /// The intent that it comes of, which also names the record.
    pub(crate) intent: IntentId,
    pub(crate) issued_at: Timestamp,
    pub(crate) digest: CodeDigest,
    pub(crate) credential_version: u64,
    pub(crate) expires_at: Timestamp,
    /// The address that it is to prove, sealed, where the account has another one.
    pub(crate) sealed_address: Option<&'a [u8]>,
    /// Where the code can be guessed: the version of the key that its digest is made with. Its tries are counted.
    pub(crate) guessable_under: Option<u32>,
}

/// A code that can be guessed, of which a try was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TriedCode {
    /// The intent that it came of.
    pub(crate) intent: IntentId,
    pub(crate) digest: CodeDigest,
    /// Of the key that the digest was made with.
    pub(crate) key_version: u32,
}

/// How storing a code ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// It is the live code: send it.
    Live,
    /// It was used already, has expired or has had its tries, or a newer one is there: send nothing.
    Void,
}

impl Store {
    /// Whether this is the live code of the current credential. One consistent read; only consuming it decides.
    pub(crate) async fn is_live_code(
        &self,
        user: &User,
        code: &CodeProof,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let found = self.find_live_code(user, code, now).await?;
        Ok(found.is_some())
    }

    /// The sealed address that a live code is to prove; nothing also if it is to prove none. One consistent read.
    pub(crate) async fn find_sealed_address(
        &self,
        user: &User,
        code: &CodeProof,
        now: Timestamp,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.find_live_code(user, code, now).await?;
        let sealed = found.as_ref().and_then(|item| item.get(SEALED_ADDRESS));
        let sealed = sealed.and_then(|sealed| sealed.as_b());
        Ok(sealed.map(|sealed| sealed.as_ref().to_vec()))
    }

    async fn find_live_code(
        &self,
        user: &User,
        code: &CodeProof,
        now: Timestamp,
    ) -> Result<Option<Item>, StoreError> {
        let get = GetItem::of(&self.tables.codes).consistent_read();
        let found = self
            .get(get.set_key(code_key(user.id, code.purpose)))
            .await?;
        let Some(item) = found else {
            return Ok(None);
        };
        let read = Reader(&item);
        let intent = read.string("intent_id")?;
        let is_named = code
            .record
            .is_none_or(|record| record.to_string() == intent);
        let is_it = is_named && read.bytes::<32>("digest")? == code.digest.0;
        let is_live = read.ttl("expires")? > now
            && read.number::<u64>("credential_version")? == user.credential_version
            && !item.contains_key("used_at");
        Ok((is_it && is_live).then_some(item))
    }

    /// Stores a code unless a newer one is there. A redelivered intent finds its own record and changes nothing. One write.
    pub(crate) async fn record_code(
        &self,
        code: &CodeRecord<'_>,
        now: Timestamp,
    ) -> Result<Recorded, StoreError> {
        let mut item = code_key(code.user, code.purpose);
        item.extend(key([
            ("intent_id", s(code.intent.to_string())),
            ("issued_at", ms(code.issued_at)),
            ("digest", b(&code.digest.0)),
            ("credential_version", n(code.credential_version)),
            ("expires", seconds(code.expires_at)),
        ]));
        let address = code.sealed_address;
        item.extend(address.map(|sealed| (SEALED_ADDRESS.to_owned(), b(sealed))));
        if let Some(version) = code.guessable_under {
            item.extend(key([("key_version", n(version)), ("tries", n(0))]));
        }
        let put = Put::of(&self.tables.codes, item)
            .condition_expression("attribute_not_exists(user_id) OR issued_at < :issued")
            .expression_attribute_values(":issued", ms(code.issued_at));
        let Written::Refused(held) = self.put(put).await? else {
            return Ok(Recorded::Live);
        };
        let read = Reader(&held);
        let own = read.string("intent_id")? == code.intent.to_string();
        let unused = !held.contains_key("used_at");
        let tries = read.optional_number::<u32>("tries")?;
        let live = read.ttl("expires")? > now && tries.is_none_or(|tries| tries < MAX_TRIES);
        Ok(if own && unused && live {
            Recorded::Live
        } else {
            Recorded::Void
        })
    }

    /// Counts a try of a code that can be guessed, before anything of it is looked at, so that those at once count. Nothing if there
    /// is no live one of this version of the credential. One write.
    pub(crate) async fn try_code(
        &self,
        user: UserId,
        purpose: CodePurpose,
        credential_version: u64,
        now: Timestamp,
    ) -> Result<Option<TriedCode>, StoreError> {
        let version = Some(credential_version);
        let tried = self
            .count_try(code_key(user, purpose), version, now)
            .await?;
        tried.map(|item| read_tried(&item)).transpose()
    }
}

fn code_key(user: UserId, purpose: CodePurpose) -> Item {
    key([
        ("user_id", s(user.to_string())),
        ("purpose", s(purpose.as_str())),
    ])
}

pub(super) fn read_tried(item: &Item) -> Result<TriedCode, StoreError> {
    let read = Reader(item);
    Ok(TriedCode {
        intent: read.parsed("intent_id", IntentId::parse)?,
        digest: CodeDigest(read.bytes("digest")?),
        key_version: read.number("key_version")?,
    })
}

/// The part of a transaction that uses a code up: at most once, and only while it is the live one of the current credential.
/// The record stays until it expires, so that a redelivered intent cannot revive it.
pub(super) fn consume_code(part: Update, user: &User, code: &CodeProof, now: Timestamp) -> Update {
    let mut condition = "digest = :digest AND credential_version = :version \
                         AND expires > :now_s AND attribute_not_exists(used_at)"
        .to_owned();
    let mut part = part;
    if let Some(record) = code.record {
        condition.push_str(" AND intent_id = :intent");
        part = part.expression_attribute_values(":intent", s(record.to_string()));
    }
    part.set_key(code_key(user.id, code.purpose))
        .update_expression("SET used_at = :now")
        .condition_expression(condition)
        .expression_attribute_values(":now", ms(now))
        .expression_attribute_values(":now_s", n(now.as_second()))
        .expression_attribute_values(":digest", b(&code.digest.0))
        .expression_attribute_values(":version", n(user.credential_version))
}
