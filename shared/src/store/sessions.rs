//! The Sessions table, and the authorised read: user and session in one consistent round trip.

use jiff::{SignedDuration, Timestamp};

use super::accounts::update;
use super::attributes::read_attributes;
use super::item::{Item, Reader, b, key, ms, n, s, seconds};
use super::users::{read_user, user_key};
use super::write::Written;
use super::{Store, StoreError};
use crate::domain::{
    Attributes, CookieDigest, DeviceId, Dialect, Generation, ProjectId, Session, SessionId, User,
    UserId,
};
use crate::dynamodb::{
    BatchGetItem, Delete, KeysAndAttributes, Put, Query, ReturnValue, TransactWriteItem, Update,
};

/// The time in which refreshes of a session are counted.
pub(crate) const REFRESH_WINDOW: SignedDuration = SignedDuration::from_secs(60);
/// Refreshes of one session in that time.
const REFRESHES_PER_WINDOW: u32 = 60;

/// What an authorised read found. Whether the two fit together is the caller's to judge.
#[derive(Debug, Default)]
pub(crate) struct UserAndSession {
    pub(crate) user: Option<User>,
    pub(crate) session: Option<Session>,
    /// The attributes, if they were asked for and are there.
    pub(crate) attributes: Option<Attributes>,
}

/// A session in a list, and when it was last seen to be used.
#[derive(Debug)]
pub(crate) struct ListedSession {
    pub(crate) session: Session,
    pub(crate) used_at: Timestamp,
}

/// How using a session for a refresh ended.
#[derive(Debug)]
pub(crate) enum Touched {
    /// It lives.
    Live(Session),
    /// There is none, or it has expired.
    Ended,
    /// It was refreshed too often within [`REFRESH_WINDOW`].
    TooOften,
}

/// How using up a generation of a session ended.
#[derive(Debug)]
pub(crate) enum Rotated {
    /// The next one begins; or it had begun just now, by the same token.
    Live(Session),
    /// The generation was used up before: somebody else has the token, too.
    Reused,
    /// There is no such session, or it has expired.
    Ended,
    /// It was refreshed too often within [`REFRESH_WINDOW`].
    TooOften,
}

impl UserAndSession {
    /// Takes over what an item of this table tells.
    pub(super) fn take(
        &mut self,
        store: &Store,
        table: &str,
        item: &Item,
    ) -> Result<(), StoreError> {
        if table == store.tables.users {
            self.user = read_user(item)?;
        } else if table == store.tables.sessions {
            self.session = Some(read_session(item)?);
        } else {
            self.attributes = Some(read_attributes(item)?);
        }
        Ok(())
    }
}

pub(super) fn session_item(session: &Session) -> Item {
    let mut item = session_key(session.user, session.id);
    item.extend(key([
        ("dialect", s(session.dialect.as_str())),
        ("credential_version", n(session.credential_version)),
        ("created_at", ms(session.created_at)),
        ("expires", seconds(session.expires_at)),
    ]));
    let cookie = session.cookie.as_ref();
    item.extend(cookie.map(|digest| ("cookie".to_owned(), b(&digest.0))));
    let project = session.project.map(|id| s(id.to_string()));
    item.extend(project.map(|id| ("project".to_owned(), id)));
    let device = session.device.map(|id| s(id.to_string()));
    item.extend(device.map(|id| ("device".to_owned(), id)));
    item
}

pub(super) fn session_key(user: UserId, session: SessionId) -> Item {
    key([
        ("user_id", s(user.to_string())),
        ("session_id", s(session.to_string())),
    ])
}

impl Store {
    /// Opens a session. One write.
    pub(crate) async fn put_session(&self, session: &Session) -> Result<(), StoreError> {
        let put = Put::of(&self.tables.sessions, session_item(session));
        self.put(put).await.map(|_| ())
    }

    /// Ends a session. Whether there was one. One write.
    pub(crate) async fn delete_session(
        &self,
        user: UserId,
        session: SessionId,
    ) -> Result<bool, StoreError> {
        let delete = Delete::of(&self.tables.sessions)
            .set_key(session_key(user, session))
            .return_values(ReturnValue::AllOld);
        Ok(!self.remove(delete).await?.is_empty())
    }

    /// Ends the session that a cookie holds; any other stays. Whether there was one. One write.
    pub(crate) async fn delete_held_session(
        &self,
        user: UserId,
        session: SessionId,
        (dialect, cookie): (Dialect, &CookieDigest),
    ) -> Result<bool, StoreError> {
        let delete = Delete::of(&self.tables.sessions)
            .set_key(session_key(user, session))
            .condition_expression("cookie = :cookie AND dialect = :dialect")
            .expression_attribute_values(":cookie", b(&cookie.0))
            .expression_attribute_values(":dialect", s(dialect.as_str()))
            .return_values(ReturnValue::AllOld);
        Ok(!self.remove(delete).await?.is_empty())
    }

    /// Lets a session live on until then. False if it has ended. One write.
    pub(crate) async fn extend_session(
        &self,
        session: &Session,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let extend = Update::of(&self.tables.sessions)
            .set_key(session_key(session.user, session.id))
            .update_expression("SET expires = :until, extended_at = :now")
            .condition_expression("expires > :now_s AND credential_version = :version")
            .expression_attribute_values(":until", seconds(until))
            .expression_attribute_values(":now", ms(now))
            .expression_attribute_values(":now_s", n(now.as_second()))
            .expression_attribute_values(":version", n(session.credential_version));
        Ok(matches!(self.update(extend).await?, Written::Done(_)))
    }

    /// All sessions of a user that are stored, ended ones too. One consistent query.
    pub(crate) async fn list_sessions(
        &self,
        user: UserId,
    ) -> Result<Vec<ListedSession>, StoreError> {
        let query = Query::of(&self.tables.sessions)
            .consistent_read()
            .key_condition_expression("user_id = :user")
            .expression_attribute_values(":user", s(user.to_string()));
        let items = self.query(query).await?;
        items.iter().map(listed).collect()
    }

    /// The part of a transaction by which a session goes on under a new version of its credential; `renewed` in its next generation,
    /// so that nobody goes on with its former refresh token.
    pub(super) fn carry_part(
        &self,
        session: &Session,
        version: u64,
        renewed: bool,
    ) -> TransactWriteItem {
        let mut set = "SET credential_version = :next".to_owned();
        let mut condition = "credential_version = :version".to_owned();
        let mut part = Update::of(&self.tables.sessions)
            .set_key(session_key(session.user, session.id))
            .expression_attribute_values(":next", n(version))
            .expression_attribute_values(":version", n(session.credential_version));
        if renewed {
            // The former token is void at once, also where it is one that would have been good for some seconds more.
            set.push_str(", generation = :generation REMOVE rotated_at");
            condition = format!("{condition} AND {}", is_generation(session.generation));
            part = part.expression_attribute_values(":generation", n(session.generation + 1));
            if session.generation > 0 {
                part = part.expression_attribute_values(":used", n(session.generation));
            }
        }
        update(part.update_expression(set).condition_expression(condition))
    }

    /// The user and the session, and the attributes if asked. One consistent round trip.
    pub(crate) async fn read_session(
        &self,
        user: UserId,
        session: SessionId,
        with_attributes: bool,
    ) -> Result<UserAndSession, StoreError> {
        let mut batch = self.session_batch(user, session);
        if with_attributes {
            let keys = vec![key([("user_id", s(user.to_string()))])];
            let attributes = KeysAndAttributes::of(keys).consistent_read();
            batch = batch.request_items(&self.tables.attributes, attributes);
        }
        let mut found = UserAndSession::default();
        for (table, item) in self.batch_get(batch).await? {
            found.take(self, &table, &item)?;
        }
        Ok(found)
    }

    /// Asks for the user and the session.
    pub(super) fn session_batch(&self, user: UserId, session: SessionId) -> BatchGetItem {
        let account = KeysAndAttributes::of(vec![key([("pk", user_key(user))])]);
        let session = KeysAndAttributes::of(vec![session_key(user, session)]);
        BatchGetItem::default()
            .request_items(&self.tables.users, account.consistent_read())
            .request_items(&self.tables.sessions, session.consistent_read())
    }

    /// Uses a session for a refresh, within its limit. One write; a second one for a further refresh within a minute.
    pub(crate) async fn touch_session(
        &self,
        user: UserId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Touched, StoreError> {
        let first = Update::of(&self.tables.sessions)
            .set_key(session_key(user, session))
            .update_expression("SET refreshed_at = :now, refreshes = :one")
            .condition_expression("expires > :now_s AND (attribute_not_exists(refreshed_at) OR refreshed_at <= :window)")
            .expression_attribute_values(":now", ms(now))
            .expression_attribute_values(":now_s", n(now.as_second()))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":window", ms(now - REFRESH_WINDOW))
            .return_values(ReturnValue::AllNew);
        let held = match self.update(first).await? {
            Written::Done(item) => return Ok(Touched::Live(read_session(&item)?)),
            Written::Refused(held) => held,
        };
        if held.is_empty() || read_session(&held)?.is_expired(now) {
            return Ok(Touched::Ended);
        }
        let again = Update::of(&self.tables.sessions)
            .set_key(session_key(user, session))
            .update_expression("SET refreshes = refreshes + :one")
            .condition_expression("expires > :now_s AND refreshes < :most")
            .expression_attribute_values(":now_s", n(now.as_second()))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":most", n(REFRESHES_PER_WINDOW))
            .return_values(ReturnValue::AllNew);
        match self.update(again).await? {
            Written::Done(item) => Ok(Touched::Live(read_session(&item)?)),
            Written::Refused(held) if held.is_empty() => Ok(Touched::Ended),
            Written::Refused(_) => Ok(Touched::TooOften),
        }
    }

    /// Uses up a generation of a session, within the limit of refreshes. Whoever comes with the same one within `grace` gets the same
    /// successor. One write; a second one for a further refresh within a minute.
    pub(crate) async fn rotate_session(
        &self,
        used: &Generation,
        grace: SignedDuration,
        now: Timestamp,
    ) -> Result<Rotated, StoreError> {
        let generation = is_generation(used.number);
        let rotate = |set: &str, only: &str| {
            let update = Update::of(&self.tables.sessions)
                .set_key(session_key(used.user, used.session))
                .update_expression(format!("SET generation = :next, rotated_at = :now, {set}"))
                .condition_expression(format!("expires > :now_s AND {generation} AND {only}"))
                .expression_attribute_values(":next", n(used.number + 1))
                .expression_attribute_values(":now", ms(now))
                .expression_attribute_values(":now_s", n(now.as_second()))
                .expression_attribute_values(":one", n(1))
                .return_values(ReturnValue::AllNew);
            if used.number == 0 {
                update
            } else {
                update.expression_attribute_values(":used", n(used.number))
            }
        };
        let first = rotate(
            "refreshed_at = :now, refreshes = :one",
            "(attribute_not_exists(refreshed_at) OR refreshed_at <= :window)",
        );
        let first = first.expression_attribute_values(":window", ms(now - REFRESH_WINDOW));
        let held = match self.update(first).await? {
            Written::Done(item) => return Ok(Rotated::Live(read_session(&item)?)),
            Written::Refused(held) => held,
        };
        if let Some(told) = judge_rotation(&held, used, grace, now)? {
            return Ok(told);
        }
        let again = rotate("refreshes = refreshes + :one", "refreshes < :most");
        let again = again.expression_attribute_values(":most", n(REFRESHES_PER_WINDOW));
        match self.update(again).await? {
            Written::Done(item) => Ok(Rotated::Live(read_session(&item)?)),
            Written::Refused(held) => {
                let told = judge_rotation(&held, used, grace, now)?;
                Ok(told.unwrap_or(Rotated::TooOften))
            }
        }
    }

    /// Ends all sessions of a user.
    pub(crate) async fn delete_sessions(&self, user: UserId) -> Result<(), StoreError> {
        let keys = self
            .keys_of(&self.tables.sessions, "session_id", user)
            .await?;
        for key in keys {
            self.delete(Delete::of(&self.tables.sessions).set_key(key))
                .await?;
        }
        Ok(())
    }

    /// Erases all codes of a user.
    pub(crate) async fn delete_codes(&self, user: UserId) -> Result<(), StoreError> {
        let keys = self.keys_of(&self.tables.codes, "purpose", user).await?;
        for key in keys {
            self.delete(Delete::of(&self.tables.codes).set_key(key))
                .await?;
        }
        Ok(())
    }

    async fn keys_of(
        &self,
        table: &str,
        sort_key: &str,
        user: UserId,
    ) -> Result<Vec<Item>, StoreError> {
        let query = Query::of(table)
            .consistent_read()
            .key_condition_expression("user_id = :user")
            .expression_attribute_values(":user", s(user.to_string()))
            .projection_expression("user_id, #sort")
            .expression_attribute_names("#sort", sort_key);
        self.query(query).await
    }
}

/// The condition that a session is in this generation, which `:used` names unless it is the first.
fn is_generation(number: u64) -> &'static str {
    if number == 0 {
        "attribute_not_exists(generation)"
    } else {
        "generation = :used"
    }
}

/// What a session tells whoever could not use up a generation of it; nothing if that was only for the limit.
fn judge_rotation(
    held: &Item,
    used: &Generation,
    grace: SignedDuration,
    now: Timestamp,
) -> Result<Option<Rotated>, StoreError> {
    if held.is_empty() {
        return Ok(Some(Rotated::Ended));
    }
    let session = read_session(held)?;
    if session.is_expired(now) {
        return Ok(Some(Rotated::Ended));
    }
    let read = Reader(held);
    if session.generation == used.number {
        return Ok(None);
    }
    let rotated_at = read.optional_instant("rotated_at")?;
    let just_now = rotated_at.is_some_and(|at| now < at + grace);
    if session.generation == used.number + 1 && just_now {
        return Ok(Some(Rotated::Live(session)));
    }
    Ok(Some(Rotated::Reused))
}

fn read_session(item: &Item) -> Result<Session, StoreError> {
    let read = Reader(item);
    Ok(Session {
        id: read.parsed("session_id", SessionId::parse)?,
        user: read.parsed("user_id", UserId::parse)?,
        dialect: read.parsed("dialect", Dialect::parse)?,
        credential_version: read.number("credential_version")?,
        created_at: read.instant("created_at")?,
        expires_at: read.ttl("expires")?,
        generation: read.optional_number("generation")?.unwrap_or(0),
        cookie: read.optional_bytes("cookie")?.map(CookieDigest),
        project: read.optional_parsed("project", ProjectId::parse)?,
        device: read.optional_parsed("device", DeviceId::parse)?,
    })
}

pub(super) fn listed(item: &Item) -> Result<ListedSession, StoreError> {
    let session = read_session(item)?;
    let uses = ["refreshed_at", "rotated_at", "extended_at"];
    let uses = uses.map(|name| Reader(item).optional_instant(name));
    let mut used_at = session.created_at;
    for used in uses {
        used_at = used_at.max(used?.unwrap_or(used_at));
    }
    Ok(ListedSession { session, used_at })
}
