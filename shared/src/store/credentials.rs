//! The credential items of the Users table: `email#<realm>#<digest of the canonical address>`.
//!
//! One item holds all that a sign-in needs before the hash: the hash, its version, the mailed password and the counters of
//! failed attempts. What strangers type leaves a guard under the same key: counters and a TTL, but no user id.

use jiff::Timestamp;

use super::attempts::Source;
use super::item::{Item, Reader, b, key, ms, n, s, seconds};
use super::write::Written;
use super::{Store, StoreError};
use crate::aws::Blob;
use crate::domain::{AddressDigest, IntentId, PasswordHash, Realm, User, UserId};
use crate::dynamodb::{AttributeValue, GetItem, Update};

/// Sources that a credential remembers.
const KNOWN_SOURCES: usize = 5;

/// The stored credential of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credential {
    /// Whose it is.
    pub(crate) user: UserId,
    /// No hash: the account has no password.
    pub(crate) hash: Option<PasswordHash>,
    pub(crate) version: u64,
    /// A password that was mailed and has not been used yet.
    pub(crate) mailed: Option<MailedCredential>,
    /// Never confirmed: may be replaced by a later registration.
    pub(crate) never_confirmed: bool,
    pub(crate) created_at: Timestamp,
    /// Latest first.
    pub(crate) known_sources: Vec<String>,
    /// What an authenticator is checked against, if one is bound.
    pub(crate) authenticator: Option<Authenticator>,
}

/// An authenticator as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authenticator {
    /// The seed, sealed with the user id as context.
    pub(crate) sealed_seed: Vec<u8>,
    /// The last step whose code was used.
    pub(crate) step: Option<u64>,
    /// Digests of the recovery codes that have not been used.
    pub(crate) recovery_codes: Vec<RecoveryDigest>,
}

/// The stored form of a recovery code: the start of a keyed digest.
pub(crate) type RecoveryDigest = [u8; 16];

/// What of an authenticator is used up by a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Used {
    /// A step of its time, with all before it.
    Step(u64),
    /// A recovery code.
    RecoveryCode(RecoveryDigest),
}

/// A mailed password as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailedCredential {
    pub(crate) intent: IntentId,
    pub(crate) digest: [u8; 32],
    pub(crate) key_version: u32,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// What a right password changes on the credential.
#[derive(Debug)]
pub(crate) struct SignInUpdate<'a> {
    pub(crate) user: UserId,
    /// The version that came with the hash: any other refuses the sign-in.
    pub(crate) version: u64,
    /// The account's state lets it in: not only the failures are forgotten.
    pub(crate) admitted: bool,
    pub(crate) as_known: bool,
    /// The sources to remember, if they change.
    pub(crate) known_sources: Option<Vec<String>>,
    /// A hash at today's cost, if the stored one is outdated.
    pub(crate) rehashed: Option<&'a PasswordHash>,
    /// What proved the second factor, if it came with the password.
    pub(crate) used: Option<Used>,
}

pub(super) fn credential_key(realm: &Realm, digest: &AddressDigest) -> AttributeValue {
    s(format!("email#{realm}#{}", digest.as_str()))
}

pub(super) fn key_of(user: &User) -> AttributeValue {
    credential_key(&user.realm, &user.email.digest())
}

impl Store {
    /// The credential under this address. One consistent read.
    pub(crate) async fn find_credential(
        &self,
        realm: &Realm,
        digest: &AddressDigest,
    ) -> Result<Option<Credential>, StoreError> {
        let get = GetItem::of(&self.tables.users).consistent_read();
        let found = self
            .get(get.key("pk", credential_key(realm, digest)))
            .await?;
        found.as_ref().map_or(Ok(None), read_credential)
    }

    /// Records a sign-in: the failures are forgotten. False if the credential is not that of this version any more, or what proved
    /// the second factor has been used. One write.
    pub(crate) async fn record_sign_in(
        &self,
        user: &User,
        sign_in: SignInUpdate<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let reset = if sign_in.as_known {
            "known_failures = :zero"
        } else {
            "failures = :zero, failures_in_a_row = :zero, known_failures = :zero"
        };
        let mut expression = format!("SET {reset}");
        let mut condition = "user_id = :user AND credential_version = :version".to_owned();
        let mut update = self
            .update_credential(key_of(user))
            .expression_attribute_values(":user", s(sign_in.user.to_string()))
            .expression_attribute_values(":version", n(sign_in.version))
            .expression_attribute_values(":zero", n(0));
        if sign_in.admitted {
            expression.push_str(", last_sign_in = :now");
            update = update.expression_attribute_values(":now", ms(now));
        }
        if let Some(sources) = sign_in.known_sources {
            expression.push_str(", known_sources = :sources");
            update = update.expression_attribute_values(
                ":sources",
                AttributeValue::L(sources.into_iter().map(s).collect()),
            );
        }
        if let Some(hash) = sign_in.rehashed {
            expression.push_str(", password_hash = :hash");
            update = update.expression_attribute_values(":hash", s(hash.as_phc()));
        }
        if let Some(used) = sign_in.used {
            let [set, more, only] = used.clauses();
            expression = format!("{expression}{set}{more}");
            condition.push_str(only);
            for (name, value) in used.values() {
                update = update.expression_attribute_values(name, value);
            }
        }
        let update = update
            .update_expression(expression)
            .condition_expression(condition);
        Ok(matches!(self.update(update).await?, Written::Done(_)))
    }

    /// Puts a mailed password beside the hash, unless a newer one is there. False if it is void: used, replaced, or asked for
    /// before the credential changed. One write.
    pub(crate) async fn put_mailed_password(
        &self,
        user: &User,
        mailed: &MailedCredential,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = self
            .update_credential(key_of(user))
            .update_expression(
                "SET mailed_intent = :intent, mailed_digest = :digest, mailed_key_version = :key_version, \
                 mailed_issued_at = :issued, mailed_expires = :expires",
            )
            .condition_expression(
                "user_id = :user AND credential_version = :version \
                 AND (attribute_not_exists(mailed_issued_at) OR mailed_issued_at < :issued)",
            )
            .expression_attribute_values(":intent", s(mailed.intent.to_string()))
            .expression_attribute_values(":digest", b(&mailed.digest))
            .expression_attribute_values(":key_version", n(mailed.key_version))
            .expression_attribute_values(":issued", ms(mailed.issued_at))
            .expression_attribute_values(":expires", seconds(mailed.expires_at))
            .expression_attribute_values(":user", s(user.id.to_string()))
            .expression_attribute_values(":version", n(user.credential_version));
        match self.update(update).await? {
            Written::Done(_) => Ok(true),
            Written::Refused(item) => {
                let same_user =
                    Reader(&item).optional_string("user_id")? == Some(user.id.to_string());
                let holds_it = Reader(&item).optional_string("mailed_intent")?
                    == Some(mailed.intent.to_string());
                let live = holds_it && Reader(&item).ttl("mailed_expires")? > now;
                Ok(same_user && live)
            }
        }
    }

    pub(super) fn update_credential(&self, pk: AttributeValue) -> Update {
        Update::of(&self.tables.users).key("pk", pk)
    }
}

/// The credential in an item; nothing in a guard.
pub(super) fn read_credential(item: &Item) -> Result<Option<Credential>, StoreError> {
    let read = Reader(item);
    if item.get("user_id").is_none() {
        return Ok(None);
    }
    let known = item.get("known_sources").and_then(|list| list.as_l());
    let authenticator = read_authenticator(item)?;
    Ok(Some(Credential {
        user: read.parsed("user_id", UserId::parse)?,
        hash: read
            .optional_string("password_hash")?
            .map(PasswordHash::from_phc),
        version: read.number("credential_version")?,
        mailed: read_mailed(item)?,
        never_confirmed: read.flag("never_confirmed")?,
        created_at: read.instant("created_at")?,
        known_sources: known
            .into_iter()
            .flatten()
            .filter_map(|source| source.as_s().cloned())
            .collect(),
        authenticator,
    }))
}

/// The members of a credential that an authenticator is kept in.
pub(super) fn authenticator_members(authenticator: &Authenticator) -> Item {
    let mut members = key([("totp_seed", b(&authenticator.sealed_seed))]);
    let step = authenticator.step.map(n);
    members.extend(step.map(|step| ("totp_step".to_owned(), step)));
    // DynamoDB knows no empty set.
    if !authenticator.recovery_codes.is_empty() {
        let codes = authenticator.recovery_codes.iter().map(Blob::new);
        let codes = AttributeValue::Bs(codes.collect());
        members.insert("recovery_codes".to_owned(), codes);
    }
    members
}

fn read_authenticator(item: &Item) -> Result<Option<Authenticator>, StoreError> {
    let Some(seed) = item.get("totp_seed") else {
        return Ok(None);
    };
    let seed = seed.as_b().ok_or(StoreError::Corrupt("totp_seed"))?;
    let codes = item.get("recovery_codes").and_then(|codes| codes.as_bs());
    let codes = codes.into_iter().flatten();
    Ok(Some(Authenticator {
        sealed_seed: seed.as_ref().to_vec(),
        step: Reader(item).optional_number("totp_step")?,
        recovery_codes: codes
            .filter_map(|code| code.as_ref().try_into().ok())
            .collect(),
    }))
}

impl Used {
    /// What an update of the credential says to use it up: more to set, a clause of its own, more to demand.
    pub(super) fn clauses(self) -> [&'static str; 3] {
        match self {
            Self::Step(_) => [
                ", totp_step = :step",
                "",
                " AND (attribute_not_exists(totp_step) OR totp_step < :step)",
            ],
            Self::RecoveryCode(_) => [
                "",
                " DELETE recovery_codes :used_codes",
                " AND contains(recovery_codes, :used_code)",
            ],
        }
    }

    /// The values of those clauses.
    pub(super) fn values(self) -> Vec<(&'static str, AttributeValue)> {
        match self {
            Self::Step(step) => vec![(":step", n(step))],
            Self::RecoveryCode(digest) => vec![
                (":used_code", b(&digest)),
                (":used_codes", AttributeValue::Bs(vec![Blob::new(digest)])),
            ],
        }
    }
}

fn read_mailed(item: &Item) -> Result<Option<MailedCredential>, StoreError> {
    let read = Reader(item);
    let Some(digest) = read.optional_bytes("mailed_digest")? else {
        return Ok(None);
    };
    Ok(Some(MailedCredential {
        digest,
        intent: read.parsed("mailed_intent", IntentId::parse)?,
        key_version: read.number("mailed_key_version")?,
        issued_at: read.instant("mailed_issued_at")?,
        expires_at: read.ttl("mailed_expires")?,
    }))
}

/// A new credential. `expires` is a text, which TTL ignores, so that counting never makes an account expire.
pub(super) fn credential_item(
    user: &User,
    hash: Option<&PasswordHash>,
    never_confirmed: bool,
) -> Item {
    let mut item = key([
        ("pk", key_of(user)),
        ("user_id", s(user.id.to_string())),
        ("credential_version", n(user.credential_version)),
        ("created_at", ms(user.created_at)),
        ("expires", s("never")),
    ]);
    item.extend(hash.map(|hash| ("password_hash".to_owned(), s(hash.as_phc()))));
    if never_confirmed {
        item.insert("never_confirmed".to_owned(), AttributeValue::Bool(true));
    }
    item
}

impl Credential {
    /// The sources to remember after a sign-in from `source`, latest first; nothing if that changes nothing.
    pub(crate) fn sources_after(&self, source: &Source) -> Option<Vec<String>> {
        if self.known_sources.first() == Some(&source.0) {
            return None;
        }
        let others = self
            .known_sources
            .iter()
            .filter(|known| **known != source.0);
        Some(
            std::iter::once(&source.0)
                .chain(others)
                .take(KNOWN_SOURCES)
                .cloned()
                .collect(),
        )
    }
}
