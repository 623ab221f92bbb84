//! Listing accounts, oldest first: through the `KEYS_ONLY` index, which is sharded so that it never bounds sign-ups.

use std::collections::{HashMap, VecDeque};

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::try_join_all;
use jiff::Timestamp;

use super::attributes::read_attributes;
use super::item::{Reader, key, s};
use super::users::{number_key, read_user};
use super::{Store, StoreError};
use crate::domain::{Attributes, ListingPosition, Realm, User, UserId, UserNumber};

/// Index keys that every shard is asked for beyond its fair share.
const HEADROOM: usize = 4;
const SHARDS: [&str; 16] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f",
];

/// A page of accounts.
#[derive(Debug)]
pub(crate) struct ListedUsers {
    /// Oldest first.
    pub(crate) users: Vec<User>,
    /// Where the list goes on, if it does.
    pub(crate) next: Option<ListingPosition>,
}

/// A key of the index: when the account was made and which it is.
type Listed = (String, AttributeValue);

/// The keys of one shard, as far as they have been read.
struct Shard {
    listing: String,
    /// Oldest first.
    keys: VecDeque<Listed>,
    next: Next,
}

/// Where reading a shard goes on.
enum Next {
    Beginning,
    Behind(String),
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

    /// The accounts of a realm at the positions `from..to` by creation, with their attributes. The index is eventually consistent;
    /// reads little more than `to` of its keys.
    pub(crate) async fn list_users(
        &self,
        realm: &Realm,
        from: usize,
        to: usize,
    ) -> Result<Vec<(User, Attributes)>, StoreError> {
        let keys = self.listed_keys(realm, None, to).await?;
        let page: Vec<_> = keys.into_iter().skip(from).map(|(_, pk)| pk).collect();
        let id = |pk: &AttributeValue| Some(s(pk.as_s().ok()?.strip_prefix("user#")?));
        let attributes = page.iter().filter_map(id).map(|id| key([("user_id", id)]));
        let (users, attributes) = tokio::try_join!(
            self.listed_users(&page),
            self.read_all(&self.tables.attributes, attributes.collect()),
        )?;
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

    /// The accounts of a realm that were made after a position. The index is eventually consistent; reads little more than
    /// `count` of its keys, wherever the list begins.
    pub(crate) async fn list_users_after(
        &self,
        realm: &Realm,
        after: Option<ListingPosition>,
        count: usize,
    ) -> Result<ListedUsers, StoreError> {
        let mut keys = self.listed_keys(realm, after, count + 1).await?;
        let goes_on = keys.len() > count;
        keys.truncate(count);
        let next = match keys.last() {
            Some((listed_at, _)) if goes_on => Some(read_position(listed_at)?),
            _ => None,
        };
        let page: Vec<_> = keys.into_iter().map(|(_, pk)| pk).collect();
        let users = self.listed_users(&page).await?;
        Ok(ListedUsers { users, next })
    }

    /// The accounts of these keys that are still there, oldest first.
    async fn listed_users(&self, page: &[AttributeValue]) -> Result<Vec<User>, StoreError> {
        let keys = page.iter().map(|pk| key([("pk", pk.clone())])).collect();
        let items = self.read_all(&self.tables.users, keys).await?;
        let users = items.iter().filter_map(|item| read_user(item).transpose());
        let mut users = users.collect::<Result<Vec<_>, _>>()?;
        users.sort_by_key(|user| (user.created_at, user.number));
        Ok(users)
    }

    /// The first `count` accounts behind a position by creation, merged from all shards.
    async fn listed_keys(
        &self,
        realm: &Realm,
        after: Option<ListingPosition>,
        count: usize,
    ) -> Result<Vec<Listed>, StoreError> {
        let limit = count / SHARDS.len() + HEADROOM;
        let begin = SHARDS.iter().map(|shard| async move {
            let listing = format!("{realm}#{shard}");
            let mut shard = Shard {
                listing,
                keys: VecDeque::new(),
                next: after.map_or(Next::Beginning, |after| {
                    Next::Behind(listed_at(after.created_at, after.number))
                }),
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
            merged.extend(oldest.keys.pop_front());
            if oldest.keys.is_empty() {
                self.read_on(oldest, limit).await?;
            }
        }
        Ok(merged)
    }

    async fn read_on(&self, shard: &mut Shard, limit: usize) -> Result<(), StoreError> {
        while shard.keys.is_empty() {
            let mut query = self
                .client
                .query()
                .table_name(&self.tables.users)
                .index_name("listing")
                .expression_attribute_values(":listing", s(&shard.listing))
                .limit(i32::try_from(limit).unwrap_or(i32::MAX));
            query = match std::mem::replace(&mut shard.next, Next::Nowhere) {
                Next::Nowhere => return Ok(()),
                Next::Beginning => query.key_condition_expression("listing = :listing"),
                Next::Behind(position) => query
                    .key_condition_expression("listing = :listing AND listed_at > :position")
                    .expression_attribute_values(":position", s(position)),
                Next::After(key) => query
                    .key_condition_expression("listing = :listing")
                    .set_exclusive_start_key(Some(key)),
            };
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
}

/// An account's place in the index: texts that sort as time and number do.
pub(super) fn listed_at(created_at: Timestamp, number: UserNumber) -> String {
    format!("{:013}#{:010}", created_at.as_millisecond(), number.0)
}

fn read_position(listed_at: &str) -> Result<ListingPosition, StoreError> {
    let read = || {
        let (created_at, number) = listed_at.split_once('#')?;
        Some(ListingPosition {
            created_at: Timestamp::from_millisecond(created_at.parse().ok()?).ok()?,
            number: UserNumber(number.parse().ok()?),
        })
    };
    read().ok_or(StoreError::Corrupt("listed_at"))
}
