//! The table `access`: what must hold in it whatever happened, and writing into it what requests would take long for.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use super::Role;
use crate::harness::Platform;

const TABLE: &str = "gatehouse-access";

pub(super) const TRUE: &str = "200\ntrue";
pub(super) const BAD_REQUEST: &str = "400\n\"Bad Request\"";
pub(super) const FORBIDDEN: &str = "403\n\"Forbidden\"";
pub(super) const NOT_FOUND: &str = "404\n\"Not Found\"";
pub(super) const CONFLICT: &str = "409\n\"Conflict\"";

type Item = BTreeMap<String, Value>;

/// All that is stored but the counters: a number that is given out and not used changes nothing.
pub(super) async fn stored(platform: &Platform) -> String {
    let dump = platform.dump().await;
    let lines = dump.lines().filter(|line| !line.contains("\"counter#"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Lets a quarter of an hour pass, and does what the outbox promises.
pub(super) async fn sweep(platform: &Platform) {
    platform.clock.advance_seconds(15 * 60);
    platform.deliver().await;
}

/// Expects that every edge stands at both of its ends, but where its erasure is promised and has not come to an end.
pub(crate) async fn assert_access_whole(platform: &Platform, what: &str) {
    let access = Access::of(platform).await;
    access.assert_named(what);
    access.assert_grants(what);
    access.assert_permissions(what);
}

/// The same when nothing is promised any more: then there are no exceptions.
pub(super) async fn assert_settled(platform: &Platform, what: &str) {
    assert_eq!(platform.items("outbox").await, [], "{what}");
    assert_access_whole(platform, what).await;
}

/// What lies under these keys; nothing if there is no such item.
pub(super) async fn access_item(platform: &Platform, pk: &str, sk: &str) -> Option<Item> {
    let items = platform.items("access").await.into_iter();
    items
        .into_iter()
        .find(|item| item["pk"] == pk && item["sk"] == sk)
}

/// What a set holds, in order.
pub(super) fn numbers(item: Option<&Item>, set: &str) -> Vec<u64> {
    let set = item
        .and_then(|item| item.get(set))
        .and_then(Value::as_array);
    let numbers = set.into_iter().flatten().filter_map(Value::as_u64);
    numbers.collect()
}

struct Access {
    items: Vec<Item>,
    /// Accounts that exist.
    users: BTreeSet<String>,
    /// Whose erasure is promised: `role 2`, `permission 7`, `user <id>`.
    erasing: BTreeSet<String>,
}

impl Access {
    async fn of(platform: &Platform) -> Self {
        // First what is promised: it is written before, and erased after, what it is about.
        let intents = platform.items("outbox").await;
        let intents = intents
            .iter()
            .filter(|intent| intent["kind"] == "erase")
            .filter_map(|intent| {
                let named = ["role", "permission", "user_id"]
                    .into_iter()
                    .find(|kind| intent.contains_key(*kind))?;
                let value = &intent[named];
                let value = value.as_str().map_or(value.to_string(), str::to_owned);
                Some(format!("{} {value}", named.trim_end_matches("_id")))
            });
        let erasing = intents.collect();
        let users = platform.items("users").await;
        let users = users
            .iter()
            .filter(|item| item.contains_key("user_number"))
            .filter_map(|item| item["pk"].as_str()?.strip_prefix("user#"));
        Self {
            users: users.map(str::to_owned).collect(),
            items: platform.items("access").await,
            erasing,
        }
    }

    fn is_erasing(&self, kind: &str, name: impl std::fmt::Display) -> bool {
        self.erasing.contains(&format!("{kind} {name}"))
    }

    /// Items whose key begins so, with the rest of it.
    fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Item)> {
        self.items.iter().filter_map(move |item| {
            let rest = item["pk"].as_str()?.strip_prefix(prefix)?;
            Some((rest, item))
        })
    }

    /// Roles or permissions by number.
    fn listed(&self, partition: &'static str) -> BTreeMap<u64, &Item> {
        let items = self.under(partition).filter(|(rest, _)| rest.is_empty());
        let numbered = items.map(|(_, item)| {
            let number = item["number"].as_u64().expect("a number");
            assert_eq!(item["sk"], format!("{number:020}"));
            (number, item)
        });
        numbered.collect()
    }

    fn live_roles(&self) -> BTreeMap<u64, &Item> {
        let mut roles = self.listed("roles");
        roles.retain(|_, item| !item.contains_key("removed_at"));
        roles
    }

    fn removed_roles(&self) -> BTreeSet<u64> {
        let mut removed = self.under("removed-roles");
        let removed = removed.next().map(|(_, item)| item);
        numbers(removed, "role_numbers").into_iter().collect()
    }

    /// Every role and permission has its markers, no marker is without, and no number was given out by chance.
    fn assert_named(&self, what: &str) {
        let roles = self.live_roles();
        let named = |prefix: &'static str| {
            let markers = self.under(prefix);
            markers
                .map(|(name, item)| (name.to_owned(), item["number"].as_u64()))
                .collect::<BTreeMap<_, _>>()
        };
        let by = |items: &BTreeMap<u64, &Item>, member: &str| {
            items
                .iter()
                .map(|(number, item)| {
                    let name = item[member].as_str().expect("a text").to_owned();
                    (name, Some(*number))
                })
                .collect::<BTreeMap<_, _>>()
        };
        assert_eq!(named("role-name#"), by(&roles, "name"), "{what}");
        assert_eq!(named("role-uid#"), by(&roles, "uid"), "{what}");
        let permissions = self.listed("permissions");
        assert_eq!(named("permission#"), by(&permissions, "name"), "{what}");
        for (kind, last) in [
            ("role", self.listed("roles").into_keys().last()),
            ("permission", permissions.into_keys().last()),
        ] {
            let mut counter = self.under("counter#").filter(|(name, _)| *name == kind);
            let most = counter.next().map(|(_, item)| &item["last_number"]);
            assert!(
                most.and_then(Value::as_u64) >= last,
                "{what}: {kind} {last:?} of {most:?}"
            );
        }
        let removed = self.removed_roles();
        for role in &removed {
            assert!(self.is_erasing("role", role), "{what}: role {role} stays");
        }
        for role in self.listed("roles").into_keys() {
            assert!(
                roles.contains_key(&role) != removed.contains(&role),
                "{what}: role {role} is both or neither"
            );
        }
    }

    fn assert_grants(&self, what: &str) {
        let sets: BTreeSet<_> = self
            .under("user#")
            .flat_map(|(user, item)| {
                let roles = numbers(Some(item), "role_numbers");
                roles.into_iter().map(move |role| (role, user))
            })
            .collect();
        let holders: BTreeSet<_> = self
            .under("role#")
            .map(|(role, item)| {
                let user = item["sk"].as_str().expect("a key").strip_prefix("user#");
                (role.parse().expect("a number"), user.expect("a user"))
            })
            .collect();
        let (live, removed) = (self.live_roles(), self.removed_roles());
        for (role, user) in sets.union(&holders) {
            let edge = format!("{what}: {user} holds {role}");
            assert!(
                live.contains_key(role) || removed.contains(role),
                "{edge}, which is gone"
            );
            assert!(
                self.users.contains(*user) || self.is_erasing("user", user),
                "{edge}, and is gone"
            );
        }
        for (role, user) in sets.difference(&holders) {
            let erased = self.is_erasing("user", user) || removed.contains(role);
            assert!(erased, "{what}: {user} is no holder of {role}");
        }
        for (role, user) in holders.difference(&sets) {
            let erased = self.is_erasing("user", user) || removed.contains(role);
            assert!(erased, "{what}: {user} does not know of {role}");
        }
    }

    fn assert_permissions(&self, what: &str) {
        let (roles, removed) = (self.listed("roles"), self.removed_roles());
        let permissions = self.listed("permissions");
        let given: BTreeSet<_> = roles
            .iter()
            .flat_map(|(role, item)| {
                let permissions = numbers(Some(item), "permission_numbers");
                permissions
                    .into_iter()
                    .map(|permission| (*role, permission))
            })
            .collect();
        let givers: BTreeSet<_> = self
            .under("permission#")
            .flat_map(|(_, item)| {
                let permission = item["number"].as_u64().expect("a number");
                let roles = numbers(Some(item), "role_numbers");
                roles.into_iter().map(move |role| (role, permission))
            })
            .collect();
        for (role, permission) in given.difference(&givers) {
            let dying = !permissions.contains_key(permission)
                && (self.is_erasing("permission", permission) || removed.contains(role));
            assert!(
                dying || removed.contains(role),
                "{what}: {role} gives {permission} in vain"
            );
        }
        for (role, permission) in givers.difference(&given) {
            assert!(
                removed.contains(role),
                "{what}: {role} does not know that it gives {permission}"
            );
        }
    }
}

/// Writes permissions that this role gives, as requests would have; their numbers.
pub(super) async fn give_many(platform: &Platform, role: &Role, count: u64) -> Range<u64> {
    let made = count_up(platform, "permission", count).await;
    for number in made.clone() {
        let name = format!("many:{number}");
        let giver = [("number", n(number)), ("role_numbers", set([role.id]))];
        put(platform, &format!("permission#{name}"), "-", giver).await;
        let described = [
            ("number", n(number)),
            ("name", s(&name)),
            ("description", s("One of many")),
        ];
        put(platform, "permissions", &padded(number), described).await;
    }
    add(
        platform,
        ("roles", &padded(role.id)),
        "permission_numbers",
        set(made.clone()),
    )
    .await;
    made
}

/// Writes roles that this user holds, as requests would have; their numbers.
pub(super) async fn hold_many(platform: &Platform, user: &str, count: u64) -> Range<u64> {
    let made = count_up(platform, "role", count).await;
    for number in made.clone() {
        let (name, uid) = (format!("many{number}"), uuid_of(number));
        let described = [
            ("number", n(number)),
            ("uid", s(&uid)),
            ("name", s(&name)),
            ("description", s("One of many")),
            ("role_version", n(0)),
        ];
        put(platform, "roles", &padded(number), described).await;
        for marker in [format!("role-name#{name}"), format!("role-uid#{uid}")] {
            put(platform, &marker, "-", [("number", n(number))]).await;
        }
        let user = format!("user#{user}");
        put(platform, &format!("role#{number}"), &user, []).await;
    }
    let key = format!("user#{user}");
    add(platform, (&key, "roles"), "role_numbers", set(made.clone())).await;
    made
}

/// Puts numbers into a set, whatever they name.
pub(super) async fn put_in_set(
    platform: &Platform,
    key: (&str, &str),
    name: &str,
    numbers: impl IntoIterator<Item = u64>,
) {
    add(platform, key, name, set(numbers)).await;
}

/// The sort key of a role or a permission.
pub(super) fn padded(number: u64) -> String {
    format!("{number:020}")
}

fn uuid_of(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

async fn count_up(platform: &Platform, kind: &str, count: u64) -> Range<u64> {
    let pk = format!("counter#{kind}");
    let counter = access_item(platform, &pk, "-").await.expect("a counter");
    let last = counter["last_number"].as_u64().expect("a number");
    add(platform, (&pk, "-"), "last_number", n(count)).await;
    last + 1..last + 1 + count
}

async fn put<const N: usize>(
    platform: &Platform,
    pk: &str,
    sk: &str,
    members: [(&str, AttributeValue); N],
) {
    let mut put = platform.database().put_item().table_name(TABLE);
    for (name, value) in members.into_iter().chain([("pk", s(pk)), ("sk", s(sk))]) {
        put = put.item(name, value);
    }
    put.send().await.expect("an item is written");
}

async fn add(platform: &Platform, (pk, sk): (&str, &str), name: &str, value: AttributeValue) {
    let update = platform.database().update_item().table_name(TABLE);
    let update = update.key("pk", s(pk)).key("sk", s(sk));
    let update = update
        .update_expression("ADD #name :value")
        .expression_attribute_names("#name", name)
        .expression_attribute_values(":value", value);
    update.send().await.expect("an item is changed");
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn set(numbers: impl IntoIterator<Item = u64>) -> AttributeValue {
    let numbers = numbers.into_iter().map(|number| number.to_string());
    AttributeValue::Ns(numbers.collect())
}

/// Ids of a list's entries.
pub(super) fn ids(entries: &[Value]) -> Vec<u64> {
    let id = |entry: &Value| entry["id"].as_u64().expect("an id");
    entries.iter().map(id).collect()
}

/// Names as a list shows them.
pub(super) fn names(entries: &Value) -> Vec<&str> {
    let entries = entries.as_array().expect("a list").iter();
    entries
        .map(|entry| entry["name"].as_str().expect("a name"))
        .collect()
}

/// The body that names a role and a permission.
pub(super) fn edge(role: &Role, permission: u64) -> Value {
    json!({ "role_id": role.id, "permission_id": permission })
}
