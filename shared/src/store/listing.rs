//! Listing accounts, oldest or newest first: through the `KEYS_ONLY` index, which is sharded so that it never bounds sign-ups.

use std::collections::{HashMap, VecDeque};

use futures::future::try_join_all;
use jiff::Timestamp;

use super::attributes::read_attributes;
use super::item::{Reader, key, s};
use super::users::{number_key, read_user, user_key};
use super::{Store, StoreError};
use crate::domain::{Attributes, ListingPosition, Realm, User, UserId, UserNumber};
use crate::dynamodb::{AttributeValue, GetItem, Query};

/// Index keys that every shard is asked for beyond its fair share.
const HEADROOM: usize = 4;
const SHARDS: [&str; 16] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f",
];

/// A page of accounts.
#[derive(Debug)]
pub(crate) struct ListedUsers {
    /// In the order that was asked for.
    pub(crate) users: Vec<User>,
    /// Where the list goes on, if it does.
    pub(crate) next: Option<ListingPosition>,
}

/// The order of a list, by creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListOrder {
    OldestFirst,
    NewestFirst,
}

/// Which part of a list is meant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) order: ListOrder,
    /// Behind this one; from the beginning if there is none.
    pub(crate) after: Option<ListingPosition>,
    /// How many are left out there.
    pub(crate) skip: usize,
    pub(crate) count: usize,
}

/// A key of the index: when the account was made and which it is.
type IndexKey = (String, AttributeValue);

/// The keys of one shard, as far as they have been read.
struct Shard {
    listing: String,
    order: ListOrder,
    keys: VecDeque<IndexKey>,
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
        let get = GetItem::of(&self.tables.users).consistent_read();
        let found = self.get(get.key("pk", number_key(number))).await;
        match found? {
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
        let keys = self
            .listed_keys(realm, ListOrder::OldestFirst, None, to)
            .await?;
        let page: Vec<_> = keys.into_iter().skip(from).map(|(_, pk)| pk).collect();
        let id = |pk: &AttributeValue| Some(s(pk.as_s()?.strip_prefix("user#")?));
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

    /// Some of a realm's accounts. The index is eventually consistent; reads little more than `skip + count` of its keys, wherever
    /// the part begins.
    pub(crate) async fn list_part(
        &self,
        realm: &Realm,
        part: Part,
    ) -> Result<ListedUsers, StoreError> {
        let Part {
            order,
            after,
            skip,
            count,
        } = part;
        let wanted = skip + count + 1;
        let keys = self.listed_keys(realm, order, after, wanted).await?;
        let mut keys: Vec<_> = keys.into_iter().skip(skip).collect();
        let goes_on = keys.len() > count;
        keys.truncate(count);
        let next = match keys.last() {
            Some((listed_at, _)) if goes_on => Some(read_position(listed_at)?),
            _ => None,
        };
        let page: Vec<_> = keys.into_iter().map(|(_, pk)| pk).collect();
        let mut users = self.listed_users(&page).await?;
        if order == ListOrder::NewestFirst {
            users.reverse();
        }
        Ok(ListedUsers { users, next })
    }

    /// The live accounts of these ids, in no order. One consistent read for each 100.
    pub(crate) async fn find_users(&self, users: &[UserId]) -> Result<Vec<User>, StoreError> {
        let keys: Vec<_> = users.iter().map(|user| user_key(*user)).collect();
        self.listed_users(&keys).await
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
        order: ListOrder,
        after: Option<ListingPosition>,
        count: usize,
    ) -> Result<Vec<IndexKey>, StoreError> {
        let limit = count / SHARDS.len() + HEADROOM;
        let begin = SHARDS.iter().map(|shard| async move {
            let listing = format!("{realm}#{shard}");
            let mut shard = Shard {
                listing,
                order,
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
            let started = shards.iter_mut().filter(|shard| !shard.keys.is_empty());
            let foremost = match order {
                ListOrder::OldestFirst => started.min_by_key(first),
                ListOrder::NewestFirst => started.max_by_key(first),
            };
            let Some(foremost) = foremost else {
                break;
            };
            merged.extend(foremost.keys.pop_front());
            if foremost.keys.is_empty() {
                self.read_on(foremost, limit).await?;
            }
        }
        Ok(merged)
    }

    async fn read_on(&self, shard: &mut Shard, limit: usize) -> Result<(), StoreError> {
        while shard.keys.is_empty() {
            let mut query = Query::of(&self.tables.users)
                .index_name("listing")
                .expression_attribute_values(":listing", s(&shard.listing))
                .scan_index_forward(shard.order == ListOrder::OldestFirst)
                .limit(limit);
            query = match std::mem::replace(&mut shard.next, Next::Nowhere) {
                Next::Nowhere => return Ok(()),
                Next::Beginning => query.key_condition_expression("listing = :listing"),
                Next::Behind(position) => query
                    .key_condition_expression(match shard.order {
                        ListOrder::OldestFirst => "listing = :listing AND listed_at > :position",
                        ListOrder::NewestFirst => "listing = :listing AND listed_at < :position",
                    })
                    .expression_attribute_values(":position", s(position)),
                Next::After(key) => query
                    .key_condition_expression("listing = :listing")
                    .exclusive_start_key(key),
            };
            let page = self.database.query(&query).await?;
            for item in &page.items {
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
