//! The credential items of the Users table: `email#<realm>#<digest of the canonical address>`.
//!
//! One item holds all that a sign-in needs before the hash: the hash, its version, the mailed password and the counters of
//! failed attempts. What strangers type leaves a guard under the same key: counters and a TTL, but no user id.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::{SignedDuration, Timestamp};

use super::item::{Item, Reader, b, key, ms, n, s, seconds};
use super::write::Written;
use super::{Store, StoreError};
use crate::domain::{AddressDigest, IntentId, PasswordHash, Realm, User, UserId};

/// Attempts that are free of delay.
const FREE_ATTEMPTS: u32 = 5;
/// From this many on, the delay is the longest.
const LONGEST_FROM: u32 = 15;
/// The longest delay, and the quiet time after which the count starts anew.
pub(crate) const LONGEST_DELAY: Duration = Duration::from_mins(15);
/// Failures in a row after which only known sources and recoveries pass.
pub(crate) const MAX_IN_A_ROW: u32 = 100;
/// How long a guard for an unknown address stays: longer than anybody waits to see whether a lock ends as only a guard's does.
const GUARD_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Sources that a credential remembers.
const KNOWN_SOURCES: usize = 5;

/// Where an attempt comes from: a keyed digest of the client's address, or nothing if the address is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source(pub(crate) String);

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

/// How counting an attempt ended.
#[derive(Debug)]
pub(crate) enum Counted {
    /// It may reach the hash.
    Admitted(Admitted),
    /// It may not, for this long.
    Locked {
        /// Time to wait.
        retry_after: Duration,
        /// The credential that is locked; nothing for an unknown address.
        credential: Option<Credential>,
    },
}

/// An attempt that was counted.
#[derive(Debug)]
pub(crate) struct Admitted {
    /// The credential as it was; nothing for an unknown address.
    pub(crate) credential: Option<Credential>,
    /// When it was counted.
    pub(crate) counted_at: Timestamp,
    /// It was let through because it comes from a known source, and counted there.
    pub(crate) as_known: bool,
    /// The last attempt before it is so long ago that the count starts anew.
    pub(crate) after_quiet: bool,
    /// This one makes the ceiling full.
    pub(crate) reaches_ceiling: bool,
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
}

pub(super) fn credential_key(realm: &Realm, digest: &AddressDigest) -> AttributeValue {
    s(format!("email#{realm}#{}", digest.as_str()))
}

pub(super) fn key_of(user: &User) -> AttributeValue {
    credential_key(&user.realm, &user.email.digest())
}

/// One of the two counters of failed attempts: everybody's, or that of known sources.
struct Counter {
    failures: &'static str,
    failed_at: &'static str,
}

const COMMON: Counter = Counter {
    failures: "failures",
    failed_at: "failed_at",
};
const KNOWN: Counter = Counter {
    failures: "known_failures",
    failed_at: "known_failed_at",
};

impl Store {
    /// Counts an attempt to sign in before the hash, so that parallel guesses count. One write; a second one if the common
    /// counter is locked and the attempt comes from a source that the owner has signed in from.
    pub(crate) async fn count_attempt(
        &self,
        realm: &Realm,
        digest: &AddressDigest,
        source: Option<&Source>,
        now: Timestamp,
    ) -> Result<Counted, StoreError> {
        let pk = credential_key(realm, digest);
        let common = self.count(&pk, &COMMON, None, now).await?;
        let (
            Counted::Locked {
                credential: Some(credential),
                ..
            },
            Some(source),
        ) = (&common, source)
        else {
            return Ok(common);
        };
        if !credential.known_sources.contains(&source.0) {
            return Ok(common);
        }
        self.count(&pk, &KNOWN, Some(source), now).await
    }

    /// Starts the common count anew after quiet time: the attempt at `now` was the first. One write.
    pub(crate) async fn restart_count(
        &self,
        realm: &Realm,
        digest: &AddressDigest,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let update = self
            .update_credential(credential_key(realm, digest))
            .update_expression("SET failures = :one")
            .condition_expression("failed_at = :now")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":now", ms(now));
        self.update(update).await.map(|_| ())
    }

    /// The credential under this address. One consistent read.
    pub(crate) async fn find_credential(
        &self,
        realm: &Realm,
        digest: &AddressDigest,
    ) -> Result<Option<Credential>, StoreError> {
        let get = self
            .client
            .get_item()
            .table_name(&self.tables.users)
            .consistent_read(true);
        let found = get
            .key("pk", credential_key(realm, digest))
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        found.item.as_ref().map_or(Ok(None), read_credential)
    }

    /// Records a sign-in: the failures are forgotten. False if the credential is not that of this version any more. One write.
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
        let mut update = self
            .update_credential(key_of(user))
            .condition_expression("user_id = :user AND credential_version = :version")
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
        Ok(matches!(
            self.update(update.update_expression(expression)).await?,
            Written::Done(_)
        ))
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

    async fn count(
        &self,
        pk: &AttributeValue,
        counter: &Counter,
        source: Option<&Source>,
        now: Timestamp,
    ) -> Result<Counted, StoreError> {
        let attempt = s(IntentId::new(&*self.random).to_string());
        let update = self
            .update_credential(pk.clone())
            .return_values(ReturnValue::AllOld);
        let update = counting(update, counter, source, now)
            .expression_attribute_values(":attempt", attempt.clone());
        match self.update(update).await? {
            Written::Done(before) => admitted(&before, counter, now, 0),
            // Our own write came back as refused: its first reply was lost.
            Written::Refused(item) if item.get("attempt") == Some(&attempt) => {
                admitted(&item, counter, now, 1)
            }
            Written::Refused(item) => Ok(Counted::Locked {
                retry_after: remaining(&item, counter, now)?,
                credential: read_credential(&item)?,
            }),
        }
    }

    fn update_credential(&self, pk: AttributeValue) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.tables.users)
            .key("pk", pk)
    }
}

/// Adds one to a counter if its delay has passed. Expressions have no powers, so the growing delay is a row of alternatives.
fn counting(
    update: UpdateItemFluentBuilder,
    counter: &Counter,
    source: Option<&Source>,
    now: Timestamp,
) -> UpdateItemFluentBuilder {
    let Counter {
        failures,
        failed_at,
    } = counter;
    let mut free = vec![
        format!("attribute_not_exists({failures})"),
        format!("{failures} < :f{FREE_ATTEMPTS}"),
    ];
    let mut update = update;
    for count in FREE_ATTEMPTS..=LONGEST_FROM {
        let is = if count == LONGEST_FROM { ">=" } else { "=" };
        free.push(format!(
            "({failures} {is} :f{count} AND {failed_at} <= :t{count})"
        ));
        update = update
            .expression_attribute_values(format!(":f{count}"), n(count))
            .expression_attribute_values(format!(":t{count}"), ms(before(now, delay(count))));
    }
    let mut condition = format!("({})", free.join(" OR "));
    let mut expression = format!(
        "SET {failures} = if_not_exists({failures}, :zero) + :one, {failed_at} = :now, attempt = :attempt, \
         expires = if_not_exists(expires, :expires)"
    );
    match source {
        Some(source) => {
            condition.push_str(" AND contains(known_sources, :source)");
            update = update.expression_attribute_values(":source", s(&source.0));
        }
        None => {
            condition.push_str(
                " AND (attribute_not_exists(failures_in_a_row) OR failures_in_a_row < :ceiling)",
            );
            expression
                .push_str(", failures_in_a_row = if_not_exists(failures_in_a_row, :zero) + :one");
            update = update.expression_attribute_values(":ceiling", n(MAX_IN_A_ROW));
        }
    }
    update
        .update_expression(expression)
        .condition_expression(condition)
        .expression_attribute_values(":zero", n(0))
        .expression_attribute_values(":one", n(1))
        .expression_attribute_values(":now", ms(now))
        .expression_attribute_values(":expires", seconds(now + GUARD_LIFETIME))
}

fn admitted(
    item: &Item,
    counter: &Counter,
    now: Timestamp,
    own: u32,
) -> Result<Counted, StoreError> {
    let read = Reader(item);
    let last = read.optional_instant(counter.failed_at)?;
    let in_a_row: u32 = read.optional_number("failures_in_a_row")?.unwrap_or(0);
    let as_known = counter.failures == KNOWN.failures;
    Ok(Counted::Admitted(Admitted {
        credential: read_credential(item)?,
        counted_at: now,
        as_known,
        after_quiet: !as_known
            && own == 0
            && last.is_some_and(|last| last <= before(now, LONGEST_DELAY)),
        reaches_ceiling: !as_known && in_a_row + 1 - own == MAX_IN_A_ROW,
    }))
}

fn remaining(item: &Item, counter: &Counter, now: Timestamp) -> Result<Duration, StoreError> {
    let read = Reader(item);
    if counter.failures == COMMON.failures
        && read
            .optional_number::<u32>("failures_in_a_row")?
            .unwrap_or(0)
            >= MAX_IN_A_ROW
    {
        return Ok(LONGEST_DELAY);
    }
    let failures = read.optional_number(counter.failures)?.unwrap_or(0);
    let last = read.optional_instant(counter.failed_at)?.unwrap_or(now);
    let passed = Duration::try_from(now.duration_since(last)).unwrap_or_default();
    Ok(delay(failures).saturating_sub(passed))
}

/// 2^(n-5) seconds after n failures, at most 15 minutes.
fn delay(failures: u32) -> Duration {
    if failures >= LONGEST_FROM {
        return LONGEST_DELAY;
    }
    failures
        .checked_sub(FREE_ATTEMPTS)
        .map_or(Duration::ZERO, |over| Duration::from_secs(1 << over))
}

fn before(now: Timestamp, time: Duration) -> Timestamp {
    now.checked_sub(time).unwrap_or(Timestamp::MIN)
}

/// The credential in an item; nothing in a guard.
pub(super) fn read_credential(item: &Item) -> Result<Option<Credential>, StoreError> {
    let read = Reader(item);
    if item.get("user_id").is_none() {
        return Ok(None);
    }
    let known = item.get("known_sources").and_then(|list| list.as_l().ok());
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
            .filter_map(|source| source.as_s().ok().cloned())
            .collect(),
    }))
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
pub(super) fn credential_item(user: &User, hash: Option<&PasswordHash>) -> Item {
    let mut item = key([
        ("pk", key_of(user)),
        ("user_id", s(user.id.to_string())),
        ("credential_version", n(user.credential_version)),
        ("created_at", ms(user.created_at)),
        ("expires", s("never")),
    ]);
    item.extend(hash.map(|hash| ("password_hash".to_owned(), s(hash.as_phc()))));
    if !user.confirmed {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::delay;

    #[test]
    fn the_delay_doubles_from_one_second_to_fifteen_minutes() {
        let seconds: Vec<_> = (4..=16).map(|failures| delay(failures).as_secs()).collect();
        assert_eq!(
            seconds,
            [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
        );
        assert_eq!(delay(u32::MAX), Duration::from_mins(15));
    }
}
