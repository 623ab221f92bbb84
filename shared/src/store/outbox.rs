//! The Outbox table: intents, written with what they are about and deleted when they are done.

use jiff::SignedDuration;

use super::item::{Item, Reader, b, key, ms, n, s, seconds};
use super::{Store, StoreError};
use crate::domain::{
    AddressDigest, Dialect, Intent, IntentId, IntentKind, PermissionNumber, Realm, Recipient,
    RoleNumber, UserId,
};
use crate::dynamodb::{Delete, GetItem, Put, Scan};

/// How long an intent that cannot be done stays.
const INTENT_LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Store {
    /// Promises something. One write.
    pub(crate) async fn put_intent(&self, intent: &Intent) -> Result<(), StoreError> {
        let put = Put::of(&self.tables.outbox, intent_item(intent));
        self.put(put).await.map(|_| ())
    }

    /// All open intents. Reads the whole table, which holds only what has not been done yet.
    pub(crate) async fn intents(&self) -> Result<Vec<Intent>, StoreError> {
        let scan = Scan::of(&self.tables.outbox).consistent_read();
        let mut intents = Vec::new();
        for item in self.scan(scan).await? {
            match read_intent(&item) {
                Ok(intent) => intents.push(intent),
                // Of a newer version of ours, perhaps. It stays until it expires and holds up nobody.
                Err(fault) => {
                    tracing::error!(outcome = "skipped", "an intent is unreadable: {fault}");
                }
            }
        }
        intents.sort_by_key(|intent| intent.issued_at);
        Ok(intents)
    }

    /// The open intent of this name; nothing if it is done. One consistent read.
    pub(crate) async fn find_intent(&self, intent: IntentId) -> Result<Option<Intent>, StoreError> {
        let get = GetItem::of(&self.tables.outbox).consistent_read();
        let found = self.get(get.key("id", s(intent.to_string()))).await?;
        found.as_ref().map(read_intent).transpose()
    }

    /// Forgets an intent that is done. One write.
    pub(crate) async fn delete_intent(&self, intent: IntentId) -> Result<(), StoreError> {
        let delete = Delete::of(&self.tables.outbox);
        self.delete(delete.key("id", s(intent.to_string()))).await
    }
}

pub(super) fn intent_item(intent: &Intent) -> Item {
    let mut item = key([
        ("id", s(intent.id.to_string())),
        ("kind", s(intent.kind.as_str())),
        ("dialect", s(intent.dialect.as_str())),
        ("key_version", n(intent.key_version)),
        ("issued_at", ms(intent.issued_at)),
        ("expires", seconds(intent.issued_at + INTENT_LIFETIME)),
    ]);
    match &intent.recipient {
        Recipient::User(user) => item.extend(key([("user_id", s(user.to_string()))])),
        Recipient::SealedAddress { user, sealed } => {
            item.extend(key([
                ("user_id", s(user.to_string())),
                ("sealed", b(sealed)),
            ]));
        }
        Recipient::Address { realm, digest } => {
            item.extend(key([
                ("realm", s(realm.as_str())),
                ("address", s(digest.as_str())),
            ]));
        }
        Recipient::Role(role) => item.extend(key([("role", n(role.0))])),
        Recipient::Permission(permission) => item.extend(key([("permission", n(permission.0))])),
    }
    item
}

pub(super) fn read_intent(item: &Item) -> Result<Intent, StoreError> {
    let read = Reader(item);
    let recipient = read_recipient(item)?;
    Ok(Intent {
        id: read.parsed("id", IntentId::parse)?,
        kind: read.parsed("kind", IntentKind::parse)?,
        recipient,
        dialect: read.parsed("dialect", Dialect::parse)?,
        key_version: read.number("key_version")?,
        issued_at: read.instant("issued_at")?,
    })
}

fn read_recipient(item: &Item) -> Result<Recipient, StoreError> {
    let read = Reader(item);
    if let Some(role) = read.optional_number("role")? {
        return Ok(Recipient::Role(RoleNumber(role)));
    }
    if let Some(permission) = read.optional_number("permission")? {
        return Ok(Recipient::Permission(PermissionNumber(permission)));
    }
    if !item.contains_key("user_id") {
        return Ok(Recipient::Address {
            realm: Realm::from_stored(read.string("realm")?),
            digest: AddressDigest::from_stored(read.string("address")?),
        });
    }
    let user = read.parsed("user_id", UserId::parse)?;
    let sealed = item.get("sealed").and_then(|sealed| sealed.as_b());
    Ok(match sealed {
        Some(sealed) => Recipient::SealedAddress {
            user,
            sealed: sealed.as_ref().to_vec(),
        },
        None => Recipient::User(user),
    })
}
