//! Lists of accounts, newest first.

use std::collections::HashMap;

use super::super::CurrentUser;
use super::{UserAdministration, UserDetails, sees_all};
use crate::domain::{ListingPosition, Realm, User, UserId};
use crate::error::{Error, Result};
use crate::store::{ListOrder, Part};

/// Ids that one request may select.
pub const MAX_SELECTED: usize = 100;
/// Accounts on one page.
const MAX_PAGE: usize = 100;
/// The furthest position that a list is read from.
const MAX_OFFSET: usize = 10_000;
/// Accounts that a filter examines.
const MAX_SCANNED: usize = 5000;
/// Accounts that it examines at once.
const SCANNED_AT_ONCE: usize = 500;

/// Which accounts are asked for.
#[derive(Debug, Default)]
pub struct UserQuery {
    /// Behind this one.
    pub after: Option<ListingPosition>,
    /// How many are left out there, at most 10,000.
    pub offset: usize,
    /// How many are wanted; never more than 100 come.
    pub limit: usize,
    /// Only those whose name or address contains this text, in whichever case.
    pub filter: Option<String>,
}

/// Some accounts.
#[derive(Debug)]
pub struct ListedUsers {
    /// In the order that was asked for.
    pub users: Vec<User>,
    /// How many a filter has examined.
    pub scanned: Option<usize>,
    /// Where the list goes on, if it does.
    pub next: Option<ListingPosition>,
}

impl UserAdministration {
    /// Accounts of the caller's realm, newest first. A page reads `offset + limit` keys of the index; a filter examines the 5,000
    /// newest accounts at most, and fewer once it has found enough.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::InvalidField`] if the offset is too far; [`Error::Unavailable`].
    pub async fn list(&self, caller: &CurrentUser, query: &UserQuery) -> Result<ListedUsers> {
        if !sees_all(caller.user()) {
            return Err(Error::Forbidden);
        }
        if query.offset > MAX_OFFSET {
            return Err(Error::InvalidField("offset"));
        }
        let (realm, limit) = (&caller.user().realm, query.limit.min(MAX_PAGE));
        if let Some(filter) = &query.filter {
            return self.find(realm, query, &filter.to_lowercase()).await;
        }
        let part = Part {
            order: ListOrder::NewestFirst,
            after: query.after,
            skip: query.offset,
            count: limit,
        };
        let listed = self.context.store.list_part(realm, part).await?;
        Ok(ListedUsers {
            users: listed.users,
            scanned: None,
            next: listed.next,
        })
    }

    /// The accounts with these ids, in their order; ids of no account are left out. One round trip.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::InvalidField`] if there are too many; [`Error::Unavailable`].
    pub async fn select(&self, caller: &CurrentUser, ids: &[UserId]) -> Result<ListedUsers> {
        if !sees_all(caller.user()) {
            return Err(Error::Forbidden);
        }
        if ids.len() > MAX_SELECTED {
            return Err(Error::InvalidField("select"));
        }
        let found = self.context.store.find_users(&distinct(ids)).await?;
        let own_realm = |user: &User| user.realm == caller.user().realm;
        let found = found.into_iter().filter(own_realm);
        let mut found: HashMap<_, _> = found.map(|user| (user.id, user)).collect();
        Ok(ListedUsers {
            users: ids.iter().filter_map(|id| found.remove(id)).collect(),
            scanned: None,
            next: None,
        })
    }

    /// Listed accounts with their details. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn with_details(&self, users: Vec<User>) -> Result<Vec<UserDetails>> {
        self.details.of_list(users).await
    }

    async fn find(&self, realm: &Realm, query: &UserQuery, filter: &str) -> Result<ListedUsers> {
        let wanted = query.offset + query.limit.min(MAX_PAGE);
        let (mut found, mut scanned, mut after) = (Vec::new(), 0, query.after);
        loop {
            let part = Part {
                order: ListOrder::NewestFirst,
                after,
                skip: 0,
                count: SCANNED_AT_ONCE,
            };
            let page = self.context.store.list_part(realm, part).await?;
            scanned += page.users.len();
            found.extend(page.users.into_iter().filter(|user| fits(user, filter)));
            after = page.next;
            if after.is_none() || found.len() > wanted || scanned >= MAX_SCANNED {
                break;
            }
        }
        // Behind the last one of the page, if more were found; else behind what was examined.
        let more = found.len() > wanted;
        found.truncate(wanted);
        let users = found.split_off(query.offset.min(found.len()));
        let next = match users.last() {
            Some(last) if more => Some(position_of(last)),
            _ => after,
        };
        Ok(ListedUsers {
            users,
            scanned: Some(scanned),
            next,
        })
    }
}

/// Whether name or address of an account contain a text in lower case.
fn fits(user: &User, filter: &str) -> bool {
    user.email.canonical().contains(filter) || user.shown_name().to_lowercase().contains(filter)
}

fn distinct(ids: &[UserId]) -> Vec<UserId> {
    let mut distinct = Vec::new();
    for id in ids {
        if !distinct.contains(id) {
            distinct.push(*id);
        }
    }
    distinct
}

fn position_of(user: &User) -> ListingPosition {
    ListingPosition {
        created_at: user.created_at,
        number: user.number,
    }
}
