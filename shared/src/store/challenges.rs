//! Challenges: sign-ins that have shown the password and owe the second factor. Items of the Codes table under a name of their own,
//! since whoever answers one names nothing else.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::accounts::{put, put_part, update, update_part};
use super::item::{Item, Reader, flag, key, ms, n, s, seconds};
use super::sessions::session_item;
use super::tries::MAX_TRIES;
use super::users::user_key;
use super::write::{Transacted, Written};
use super::{NewHash, Store, StoreError, Used};
use crate::domain::{
    AddressDigest, Dialect, FactorMethod, IntentId, PasswordHash, Realm, Session, User, UserId,
};
use crate::dynamodb::{AttributeValue, Put, ReturnValue, TransactWriteItem, Update};

/// Messages of one challenge, with the first.
const MAX_SENDS: u32 = 4;
/// Between two messages that were asked for again.
const RESEND_PAUSE: SignedDuration = SignedDuration::from_secs(30);
const PURPOSE: &str = "sign-in";

/// A sign-in that owes the second factor.
#[derive(Debug, Clone)]
pub(crate) struct Challenge {
    pub(crate) id: Uuid,
    pub(crate) user: UserId,
    pub(crate) realm: Realm,
    pub(crate) address: AddressDigest,
    pub(crate) method: FactorMethod,
    /// Where the session is to be opened, and nowhere else.
    pub(crate) dialect: Dialect,
    /// The version that came with the hash: any other ends the challenge.
    pub(crate) credential_version: u64,
    /// Version of the key that the code is derived with.
    pub(crate) key_version: u32,
    /// The password that is to be set when the factor is proved.
    pub(crate) new_password: Option<PasswordHash>,
    /// The password came through a lock, from a known source.
    pub(crate) as_known: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// What an answered challenge leads to.
#[derive(Debug)]
pub(crate) struct Completion<'a> {
    pub(crate) challenge: &'a Challenge,
    pub(crate) user: &'a User,
    /// What of an authenticator the answer uses up.
    pub(crate) used: Option<Used>,
    /// The session to open.
    pub(crate) session: &'a Session,
    /// The sources to remember, if they change.
    pub(crate) known_sources: Option<Vec<String>>,
    /// The password that has waited in the challenge, and what it follows.
    pub(crate) new_password: Option<&'a NewHash>,
}

/// How completing a challenge ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Completed {
    /// The session is open.
    Done,
    /// It was completed by another answer, or has expired.
    Over,
    /// The account has changed since, or the step or recovery code was used by somebody else.
    Refused,
}

/// How asking for another message ended.
#[derive(Debug)]
pub(crate) enum Resent {
    /// It may be sent.
    Allowed(Challenge),
    /// Not yet.
    TooSoon(SignedDuration),
    /// The challenge is over, or has had its messages.
    Over,
}

fn challenge_key(id: Uuid) -> Item {
    key([
        ("user_id", s(format!("challenge#{id}"))),
        ("purpose", s(PURPOSE)),
    ])
}

impl Store {
    /// Opens a challenge. One write.
    pub(crate) async fn put_challenge(&self, challenge: &Challenge) -> Result<(), StoreError> {
        let mut item = challenge_key(challenge.id);
        item.extend(key([
            ("account", s(challenge.user.to_string())),
            ("realm", s(challenge.realm.as_str())),
            ("address", s(challenge.address.as_str())),
            ("factor", s(challenge.method.as_str())),
            ("dialect", s(challenge.dialect.as_str())),
            ("credential_version", n(challenge.credential_version)),
            ("key_version", n(challenge.key_version)),
            ("as_known", flag(challenge.as_known)),
            ("created_at", ms(challenge.created_at)),
            ("expires", seconds(challenge.expires_at)),
            ("tries", n(0)),
            ("sends", n(1)),
        ]));
        let hash = challenge.new_password.as_ref();
        item.extend(hash.map(|hash| ("password_hash".to_owned(), s(hash.as_phc()))));
        let put = Put::of(&self.tables.codes, item);
        self.put(put).await.map(|_| ())
    }

    /// Counts a try of a challenge before it is looked at, so that those at once count. Nothing if it is over. One write.
    pub(crate) async fn try_challenge(
        &self,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Option<Challenge>, StoreError> {
        let tried = self.count_try(challenge_key(id), None, now).await?;
        tried.map(|item| read_challenge(id, &item)).transpose()
    }

    /// Counts another message of a challenge. The first one that is asked for may go at once. One write.
    pub(crate) async fn resend_challenge(
        &self,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Resent, StoreError> {
        let attempt = s(IntentId::new(&*self.random).to_string());
        let update = Update::of(&self.tables.codes)
            .set_key(challenge_key(id))
            .update_expression("SET sends = sends + :one, resent_at = :now, resend = :attempt")
            .condition_expression(
                "sends < :most AND tries < :tries AND expires > :now_s AND attribute_not_exists(used_at) \
                 AND (attribute_not_exists(resent_at) OR resent_at <= :pause)",
            )
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":most", n(MAX_SENDS))
            .expression_attribute_values(":tries", n(MAX_TRIES))
            .expression_attribute_values(":now", ms(now))
            .expression_attribute_values(":now_s", n(now.as_second()))
            .expression_attribute_values(":pause", ms(now - RESEND_PAUSE))
            .expression_attribute_values(":attempt", attempt.clone())
            .return_values(ReturnValue::AllNew);
        let held = match self.update(update).await? {
            Written::Done(item) => return read_challenge(id, &item).map(Resent::Allowed),
            Written::Refused(held) if held.get("resend") == Some(&attempt) => {
                return read_challenge(id, &held).map(Resent::Allowed);
            }
            Written::Refused(held) => held,
        };
        let read = Reader(&held);
        let over = held.is_empty()
            || held.contains_key("used_at")
            || read.ttl("expires")? <= now
            || read.number::<u32>("tries")? >= MAX_TRIES
            || read.number::<u32>("sends")? >= MAX_SENDS;
        if over {
            return Ok(Resent::Over);
        }
        let resent_at = read.instant("resent_at")?;
        Ok(Resent::TooSoon(
            (resent_at + RESEND_PAUSE).duration_since(now),
        ))
    }

    /// Opens the session that an answered challenge owes, and sets the password that it has waited with. One transaction.
    pub(crate) async fn complete_challenge(
        &self,
        completion: &Completion<'_>,
        now: Timestamp,
    ) -> Result<Completed, StoreError> {
        let Completion {
            challenge, session, ..
        } = completion;
        let consumed = Update::of(&self.tables.codes)
            .set_key(challenge_key(challenge.id))
            .update_expression("SET used_at = :now")
            .condition_expression("expires > :now_s AND attribute_not_exists(used_at)")
            .expression_attribute_values(":now", ms(now))
            .expression_attribute_values(":now_s", n(now.as_second()));
        let session = put_part(&self.tables.sessions, session_item(session));
        let mut writes = vec![
            update(consumed),
            self.completed_credential(completion, now),
            put(session),
        ];
        if let Some(new) = completion.new_password {
            writes.push(self.completed_account(completion, now));
            writes.extend(self.history_part(completion.user.id, new));
        }
        Ok(match self.transact(writes).await? {
            Transacted::Done => Completed::Done,
            Transacted::Refused(parts) if parts.first().is_some_and(Option::is_some) => {
                Completed::Over
            }
            Transacted::Refused(_) => Completed::Refused,
        })
    }

    fn completed_credential(
        &self,
        completion: &Completion<'_>,
        now: Timestamp,
    ) -> TransactWriteItem {
        let Completion {
            challenge,
            user,
            used,
            known_sources,
            new_password,
            ..
        } = completion;
        let mut set = if challenge.as_known {
            "SET known_failures = :zero, last_sign_in = :now".to_owned()
        } else {
            "SET failures = :zero, failures_in_a_row = :zero, known_failures = :zero, last_sign_in = :now".to_owned()
        };
        let mut more = "";
        let mut only = "user_id = :user AND credential_version = :version".to_owned();
        let mut part = self
            .credential_part(user)
            .expression_attribute_values(":zero", n(0))
            .expression_attribute_values(":now", ms(now));
        if let Some(sources) = known_sources {
            set.push_str(", known_sources = :sources");
            let sources = sources.iter().cloned().map(s).collect();
            part = part.expression_attribute_values(":sources", AttributeValue::L(sources));
        }
        if let Some(used) = used {
            let [also_set, clause, demand] = used.clauses();
            set.push_str(also_set);
            more = clause;
            only.push_str(demand);
            for (name, value) in used.values() {
                part = part.expression_attribute_values(name, value);
            }
        }
        let mut remove = "";
        if let Some(new) = new_password {
            set.push_str(", password_hash = :hash, credential_version = :next");
            remove = " REMOVE mailed_intent, mailed_digest, mailed_key_version, mailed_expires";
            part = part
                .expression_attribute_values(":hash", s(new.hash.as_phc()))
                .expression_attribute_values(":next", n(user.credential_version + 1));
        }
        let part = part
            .update_expression(format!("{set}{remove}{more}"))
            .condition_expression(only);
        update(part)
    }

    fn completed_account(&self, completion: &Completion<'_>, now: Timestamp) -> TransactWriteItem {
        let version = completion.user.credential_version;
        let account = update_part(&self.tables.users, user_key(completion.user.id))
            .update_expression(
                "SET password_changed_at = :now, credential_version = :next REMOVE must_change_password",
            )
            .condition_expression("credential_version = :version")
            .expression_attribute_values(":now", ms(now))
            .expression_attribute_values(":version", n(version))
            .expression_attribute_values(":next", n(version + 1));
        update(account)
    }
}

pub(super) fn read_challenge(id: Uuid, item: &Item) -> Result<Challenge, StoreError> {
    let read = Reader(item);
    Ok(Challenge {
        id,
        user: read.parsed("account", UserId::parse)?,
        realm: Realm::from_stored(read.string("realm")?),
        address: AddressDigest::from_stored(read.string("address")?),
        method: read.parsed("factor", FactorMethod::parse)?,
        dialect: read.parsed("dialect", Dialect::parse)?,
        credential_version: read.number("credential_version")?,
        key_version: read.number("key_version")?,
        new_password: read
            .optional_string("password_hash")?
            .map(PasswordHash::from_phc),
        as_known: read.flag("as_known")?,
        created_at: read.instant("created_at")?,
        expires_at: read.ttl("expires")?,
    })
}
