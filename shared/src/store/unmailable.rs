//! The items `unmailable#<digest>` of the Users table: addresses that get no mail, in whichever realm and whether or not they have
//! an account. They outlive accounts, and do not expire.

use std::collections::HashSet;

use jiff::Timestamp;

use super::item::{Item, Reader, key, ms, s};
use super::{Store, StoreError};
use crate::domain::{AddressDigest, Unmailable, UnmailableReason};
use crate::dynamodb::{AttributeValue, Delete, GetItem, Put, ReturnValue};

const PREFIX: &str = "unmailable#";

impl Store {
    /// Which of these addresses, at most 100, get no mail. One consistent read.
    pub(crate) async fn unmailable_of(
        &self,
        addresses: &HashSet<AddressDigest>,
    ) -> Result<HashSet<AddressDigest>, StoreError> {
        let keys = addresses.iter().map(|address| key([("pk", of(address))]));
        let found = self.read_all(&self.tables.users, keys.collect()).await?;
        let address = |item: &Item| {
            let digest = |pk: &str| Some(pk.strip_prefix(PREFIX)?.to_owned());
            let digest = Reader(item).parsed("pk", digest)?;
            Ok(AddressDigest::from_stored(digest))
        };
        found.iter().map(address).collect()
    }

    /// Why an address gets no mail, if it gets none. One consistent read.
    pub(crate) async fn find_unmailable(
        &self,
        address: &AddressDigest,
    ) -> Result<Option<Unmailable>, StoreError> {
        let get = GetItem::of(&self.tables.users).consistent_read();
        let found = self.get(get.key("pk", of(address))).await;
        found?.as_ref().map(read).transpose()
    }

    /// Notes that an address gets no mail; what was noted before stays. One write.
    pub(crate) async fn insert_unmailable(
        &self,
        address: &AddressDigest,
        reason: UnmailableReason,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let item = key([
            ("pk", of(address)),
            ("reason", s(reason.as_str())),
            ("since", ms(now)),
        ]);
        let put =
            Put::of(&self.tables.users, item).condition_expression("attribute_not_exists(pk)");
        self.put(put).await.map(|_| ())
    }

    /// Lets an address get mail again; what was noted of it, if it got none. One write.
    pub(crate) async fn delete_unmailable(
        &self,
        address: &AddressDigest,
    ) -> Result<Option<Unmailable>, StoreError> {
        let delete = Delete::of(&self.tables.users).return_values(ReturnValue::AllOld);
        let deleted = self.remove(delete.key("pk", of(address))).await?;
        (!deleted.is_empty()).then(|| read(&deleted)).transpose()
    }
}

fn of(address: &AddressDigest) -> AttributeValue {
    s(format!("{PREFIX}{}", address.as_str()))
}

pub(super) fn read(item: &Item) -> Result<Unmailable, StoreError> {
    let read = Reader(item);
    Ok(Unmailable {
        reason: read.parsed("reason", UnmailableReason::parse)?,
        since: read.instant("since")?,
    })
}
