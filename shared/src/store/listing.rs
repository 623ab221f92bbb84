//! Listing accounts, oldest first: through the `KEYS_ONLY` index, which is sharded so that it never bounds sign-ups.

use std::collections::{HashMap, VecDeque};

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use futures::future::try_join_all;

use super::attributes::read_attributes;
use super::item::{Item, Reader, key, s};
use super::users::{number_key, read_user};
use super::{Store, StoreError};
use crate::domain::{Attributes, Realm, User, UserId, UserNumber};

/// Index keys that every shard is asked for beyond its fair share.
const HEADROOM: usize = 4;
const SHARDS: [&str; 16] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f",
];

/// The keys of one shard, as far as they have been read.
struct Shard {
    listing: String,
    /// When it was made and which it is, oldest first.
    keys: VecDeque<(String, AttributeValue)>,
    next: Next,
}

/// Where reading a shard goes on.
enum Next {
    Beginning,
    After(HashMap<String, AttributeValue>),
    Nowhere,
}

impl Store {
    /// The live account with this number. Two consistent reads.
    pub(crate) async fn find_user_by_number(
        &self,
        number: UserNumber,
    ) -> Result<Option<User>, StoreError> {
        let get = self
            .client
            .get_item()
            .table_name(&self.tables.users)
            .consistent_read(true);
        let found = get.key("pk", number_key(number)).send().await;
        match found.map_err(StoreError::unavailable)?.item {
            Some(marker) => {
                self.find_user(Reader(&marker).parsed("user_id", UserId::parse)?)
                    .await
            }
            None => Ok(None),
        }
    }

    /// The accounts of a realm at the positions `from..to` by creation, with their attributes. Eventually consistent; reads
    /// little more than `to` index keys.
    pub(crate) async fn list_users(
        &self,
        realm: &Realm,
        from: usize,
        to: usize,
    ) -> Result<Vec<(User, Attributes)>, StoreError> {
        let keys = self.listed_keys(realm, to).await?;
        let page: Vec<_> = keys.into_iter().skip(from).collect();
        if page.is_empty() {
            return Ok(Vec::new());
        }
        let id = |pk: &AttributeValue| Some(s(pk.as_s().ok()?.strip_prefix("user#")?));
        let attributes = page.iter().filter_map(id).map(|id| key([("user_id", id)]));
        let (users, attributes) = tokio::try_join!(
            self.read_all(
                &self.tables.users,
                page.iter().map(|pk| key([("pk", pk.clone())])).collect()
            ),
            self.read_all(&self.tables.attributes, attributes.collect()),
        )?;
        let mut users = users
            .iter()
            .filter_map(|item| read_user(item).transpose())
            .collect::<Result<Vec<_>, _>>()?;
        users.sort_by_key(|user| (user.created_at, user.number));
        let mut held = HashMap::new();
        for item in &attributes {
            held.insert(Reader(item).string("user_id")?, read_attributes(item)?);
        }
        let with_attributes = |user: User| {
            let attributes = held.remove(&user.id.to_string()).unwrap_or_default();
            (user, attributes)
        };
        Ok(users.into_iter().map(with_attributes).collect())
    }

    /// The first `count` accounts by creation, merged from all shards.
    async fn listed_keys(
        &self,
        realm: &Realm,
        count: usize,
    ) -> Result<Vec<AttributeValue>, StoreError> {
        let limit = count / SHARDS.len() + HEADROOM;
        let begin = SHARDS.iter().map(|shard| async move {
            let listing = format!("{realm}#{shard}");
            let mut shard = Shard {
                listing,
                keys: VecDeque::new(),
                next: Next::Beginning,
            };
            self.read_on(&mut shard, limit).await?;
            Ok::<_, StoreError>(shard)
        });
        let mut shards = try_join_all(begin).await?;
        let mut merged = Vec::new();
        while merged.len() < count {
            let first = |shard: &&mut Shard| shard.keys.front().map(|(at, _)| at.clone());
            let oldest = shards.iter_mut().filter(|shard| !shard.keys.is_empty());
            let Some(oldest) = oldest.min_by_key(first) else {
                break;
            };
            merged.extend(oldest.keys.pop_front().map(|(_, pk)| pk));
            if oldest.keys.is_empty() {
                self.read_on(oldest, limit).await?;
            }
        }
        Ok(merged)
    }

    async fn read_on(&self, shard: &mut Shard, limit: usize) -> Result<(), StoreError> {
        while shard.keys.is_empty() {
            let start = match std::mem::replace(&mut shard.next, Next::Nowhere) {
                Next::Nowhere => return Ok(()),
                Next::Beginning => None,
                Next::After(key) => Some(key),
            };
            let query = self
                .client
                .query()
                .table_name(&self.tables.users)
                .index_name("listing")
                .key_condition_expression("listing = :listing")
                .expression_attribute_values(":listing", s(&shard.listing))
                .limit(i32::try_from(limit).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start);
            let page = query.send().await.map_err(StoreError::unavailable)?;
            for item in page.items() {
                let pk = item.get("pk").ok_or(StoreError::Corrupt("pk"))?;
                shard
                    .keys
                    .push_back((Reader(item).string("listed_at")?, pk.clone()));
            }
            shard.next = page.last_evaluated_key.map_or(Next::Nowhere, Next::After);
        }
        Ok(())
    }

    async fn read_all(&self, table: &str, keys: Vec<Item>) -> Result<Vec<Item>, StoreError> {
        let keys = KeysAndAttributes::builder().set_keys(Some(keys)).build();
        let batch = self
            .client
            .batch_get_item()
            .request_items(table, keys.map_err(StoreError::unavailable)?);
        Ok(self
            .batch_get(batch)
            .await?
            .into_iter()
            .map(|(_, item)| item)
            .collect())
    }
}
