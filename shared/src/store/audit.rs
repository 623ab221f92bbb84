//! The Audit table: one item per event, by user and time. Items are made, never changed and never deleted: TTL removes them when
//! their time is over.

use jiff::Timestamp;

use super::item::{Item, Reader, key, s, seconds};
use super::{Store, StoreError};
use crate::domain::{AuditEvent, AuditPosition, SessionId, UserId};
use crate::dynamodb::{Put, Query};

impl Store {
    /// Keeps an event until a time. The same one again, of a lost reply perhaps, is kept already. One write.
    pub(crate) async fn put_audit_event(
        &self,
        event: &AuditEvent,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let put = Put::of(&self.tables.audit, event_item(event, until))
            .condition_expression("attribute_not_exists(user_id)");
        self.put(put).await.map(|_| ())
    }

    /// Makes the call that keeping an event is, and keeps none. One write.
    pub(crate) async fn put_no_audit_event(&self, event: &AuditEvent) -> Result<(), StoreError> {
        let put = Put::of(&self.tables.audit, event_item(event, Timestamp::UNIX_EPOCH))
            .condition_expression("attribute_exists(user_id)");
        self.put(put).await.map(|_| ())
    }

    /// A user's events before a position, newest first: at most so many. One consistent read.
    pub(crate) async fn find_audit_events(
        &self,
        user: UserId,
        before: Option<&AuditPosition>,
        count: usize,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        let mut query = Query::of(&self.tables.audit)
            .consistent_read()
            .scan_index_forward(false)
            .limit(count)
            .expression_attribute_values(":user", s(user.to_string()));
        query = match before {
            None => query.key_condition_expression("user_id = :user"),
            Some(before) => query
                .key_condition_expression("user_id = :user AND happened < :before")
                .expression_attribute_values(":before", s(before.to_string())),
        };
        let found = self.database.query(&query).await?;
        found.items.iter().map(read_event).collect()
    }
}

fn event_item(event: &AuditEvent, until: Timestamp) -> Item {
    let mut item = key([
        ("user_id", s(event.user.to_string())),
        ("happened", s(event.position.to_string())),
        ("event", s(&event.event)),
        ("dialect", s(&event.origin)),
        ("expires", seconds(until)),
    ]);
    let by = event.by.map(|by| by.to_string());
    let session = event.session.map(|session| session.to_string());
    for (name, value) in [
        ("request_id", event.request.clone()),
        ("by", by),
        ("session_id", session),
    ] {
        item.extend(value.map(|value| (name.to_owned(), s(value))));
    }
    item
}

pub(super) fn read_event(item: &Item) -> Result<AuditEvent, StoreError> {
    let read = Reader(item);
    Ok(AuditEvent {
        user: read.parsed("user_id", UserId::parse)?,
        position: read.parsed("happened", AuditPosition::parse)?,
        event: read.string("event")?,
        origin: read.string("dialect")?,
        request: read.optional_string("request_id")?,
        by: read.optional_parsed("by", UserId::parse)?,
        session: read.optional_parsed("session_id", SessionId::parse)?,
    })
}
