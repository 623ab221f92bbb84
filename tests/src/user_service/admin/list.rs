//! `GET users`: pages of accounts, oldest first.

use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{USERS, delete, get, patched, set_attribute};
use crate::harness::{Fault, PASSWORD, Platform, Session};
use crate::user_service::{REGISTER, administrator};

/// Accounts are made without mails and without limits per client.
const QUICK: [(&str, &str); 2] = [("EMAIL_CONFIRMATION", "off"), ("LIMITS", "off")];

async fn page(platform: &Platform, admin: &Session, query: &str) -> Vec<Value> {
    let answer = get(platform, admin, &format!("{USERS}?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    let body = answer.json();
    body["users"].as_array().expect("users").clone()
}

async fn ids(platform: &Platform, admin: &Session, query: &str) -> Vec<u64> {
    let users = page(platform, admin, query).await;
    let id = |user: &Value| user["id"].as_u64().expect("an id");
    users.iter().map(id).collect()
}

/// An administrator and 129 others: every third made within the millisecond of the one before.
async fn crowd() -> (Platform, Session) {
    let platform = Platform::with(&QUICK).await;
    let admin = administrator(&platform).await;
    for number in 2..=130 {
        if number % 3 != 0 {
            platform.clock.advance(SignedDuration::from_millis(1));
        }
        platform
            .register(&format!("user{number}@example.com"))
            .await;
    }
    (platform, admin)
}

#[tokio::test]
async fn accounts_are_listed_by_creation_with_their_attributes() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    for name in ["zoe", "ann"] {
        platform.clock.advance_seconds(1);
        platform.register(&format!("{name}@example.com")).await;
    }
    set_attribute(&platform, &admin, "theme", "dark").await;
    let names = json!({ "firstname": "Ann", "language": "de" });
    patched(&platform, &admin, &format!("{USERS}/3"), &names).await;
    assert_snapshot!(get(&platform, &admin, USERS).await.whole(), @r#"
    200
    {"status":"success","users":[{"confirmed":true,"firstname":null,"lastname":null,"email":"admin@example.com","id":1,"language":"en","permissionLevel":2,"attributes":{"theme":"dark"}},{"confirmed":false,"firstname":null,"lastname":null,"email":"zoe@example.com","id":2,"language":"en","permissionLevel":0,"attributes":{}},{"confirmed":false,"firstname":"Ann","lastname":null,"email":"ann@example.com","id":3,"language":"de","permissionLevel":0,"attributes":{}}]}
    "#);
}

#[tokio::test]
async fn a_page_is_half_open_and_beyond_the_end_it_is_empty() {
    let platform = Platform::with(&QUICK).await;
    let admin = administrator(&platform).await;
    for name in ["zoe", "ann", "max"] {
        platform.register(&format!("{name}@example.com")).await;
    }
    for (query, expected) in [
        ("", &[1, 2, 3, 4][..]),
        ("bottomIndex=0&upperIndex=2", &[1, 2]),
        ("bottomIndex=1&upperIndex=3", &[2, 3]),
        ("bottomIndex=1", &[2, 3, 4]),
        ("upperIndex=1", &[1]),
        ("upperIndex=0", &[]),
        ("bottomIndex=3&upperIndex=100", &[4]),
        ("bottomIndex=2&upperIndex=2", &[]),
        ("bottomIndex=4", &[]),
        ("bottomIndex=10000", &[]),
        ("bottomIndex=2&upperIndex=18446744073709551615", &[3, 4]),
        ("bottomIndex=2&somethingElse=x", &[3, 4]),
    ] {
        assert_eq!(ids(&platform, &admin, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn an_index_that_is_none_or_out_of_range_is_400() {
    let platform = Platform::start().await;
    let admin = administrator(&platform).await;
    let mut answers = Vec::new();
    for query in [
        "bottomIndex=-1",
        "bottomIndex=x",
        "bottomIndex=",
        "upperIndex=1.5",
        "upperIndex=-0",
        "upperIndex=%2B1",
        "bottomIndex=99999999999999999999999",
        "bottomIndex=0&bottomIndex=1",
        "bottomIndex=2&upperIndex=1",
        "bottomIndex=100&upperIndex=0",
        "bottomIndex=10001",
        "bottomIndex=10001&upperIndex=10002",
        "bottomIndex=18446744073709551615",
        "bottomIndex=%00",
        "bottomIndex=%ff",
    ] {
        let answer = get(&platform, &admin, &format!("{USERS}?{query}")).await;
        answers.push(format!("{query}: {} {}", answer.status, answer.body));
    }
    assert_snapshot!(answers.join("\n"), @r#"
    bottomIndex=-1: 400 {"error":"bottomIndex is not valid"}
    bottomIndex=x: 400 {"error":"bottomIndex is not valid"}
    bottomIndex=: 400 {"error":"bottomIndex is not valid"}
    upperIndex=1.5: 400 {"error":"upperIndex is not valid"}
    upperIndex=-0: 400 {"error":"upperIndex is not valid"}
    upperIndex=%2B1: 400 {"error":"upperIndex is not valid"}
    bottomIndex=99999999999999999999999: 400 {"error":"bottomIndex is not valid"}
    bottomIndex=0&bottomIndex=1: 400 {"error":"a field stands twice or is no text"}
    bottomIndex=2&upperIndex=1: 400 {"error":"the indexes are out of range"}
    bottomIndex=100&upperIndex=0: 400 {"error":"the indexes are out of range"}
    bottomIndex=10001: 400 {"error":"the indexes are out of range"}
    bottomIndex=10001&upperIndex=10002: 400 {"error":"the indexes are out of range"}
    bottomIndex=18446744073709551615: 400 {"error":"the indexes are out of range"}
    bottomIndex=%00: 400 {"error":"a field stands twice or is no text"}
    bottomIndex=%ff: 400 {"error":"a field stands twice or is no text"}
    "#);
}

#[tokio::test]
async fn pages_show_every_account_once_and_a_hundred_at_most() {
    let (platform, admin) = crowd().await;
    for size in [100, 37, 13] {
        let mut listed = Vec::new();
        for bottom in (0..=130).step_by(size) {
            let query = format!("bottomIndex={bottom}&upperIndex={}", bottom + size);
            let part = ids(&platform, &admin, &query).await;
            assert_eq!(part.len(), size.min(130 - bottom), "{query}");
            listed.extend(part);
        }
        assert_eq!(listed, (1..=130).collect::<Vec<_>>(), "pages of {size}");
    }
    for query in ["", "upperIndex=101", "bottomIndex=0&upperIndex=10000"] {
        let first = ids(&platform, &admin, query).await;
        assert_eq!(first, (1..=100).collect::<Vec<_>>(), "{query}");
    }
    for query in ["bottomIndex=5", "bottomIndex=5&upperIndex=99999999999"] {
        let from_five = ids(&platform, &admin, query).await;
        assert_eq!(from_five, (6..=105).collect::<Vec<_>>(), "{query}");
    }
}

#[tokio::test]
async fn a_page_reads_little_more_of_the_index_than_lies_before_its_end() {
    let (platform, admin) = crowd().await;
    for (query, end) in [
        ("upperIndex=1", 1),
        ("", 100),
        ("bottomIndex=100&upperIndex=130", 130),
        ("bottomIndex=10000", 10_100),
    ] {
        platform.connector.forget();
        page(&platform, &admin, query).await;
        let calls = platform.connector.calls();
        let count = |name: &str| calls.iter().filter(|call| call.starts_with(name)).count();
        // One a shard, and one for each time that a shard's share of the page was not enough.
        let bound = 16 + end / (end / 16 + 4);
        let queries = count("Query");
        assert!((16..=bound).contains(&queries), "{query}: {calls:?}");
        assert_eq!(count("Scan"), 0, "{query}");
        let items = usize::from(end <= 130) * 2;
        assert_eq!(count("BatchGetItem"), 1 + items, "{query}: {calls:?}");
        assert_eq!(calls.len(), queries + 1 + items, "{query}: {calls:?}");
    }
}

#[tokio::test]
async fn the_time_of_creation_counts_before_the_id() {
    let platform = Platform::with(&QUICK[..1]).await;
    let admin = administrator(&platform).await;
    // Has its number, and waits; its time of creation is taken afterwards.
    platform.connector.forget();
    platform
        .connector
        .inject("UpdateItem limits", Fault::Held, 1);
    let body = json!({ "email": "slow@example.com", "password": PASSWORD });
    let meanwhile = async {
        platform.connector.begun("UpdateItem keys", 1).await;
        platform.connector.begun("UpdateItem limits", 1).await;
        let quick = platform.register("quick@example.com").await;
        platform.clock.advance_seconds(1);
        platform.connector.heal();
        quick
    };
    let (slow, quick) = tokio::join!(platform.post(REGISTER).json(&body).send(), meanwhile);
    assert_eq!(
        (&slow.json()["user"]["id"], &quick["id"]),
        (&json!(2), &json!(3))
    );
    assert_eq!(ids(&platform, &admin, "").await, [1, 3, 2]);
}

#[tokio::test]
async fn a_deleted_account_is_not_listed_and_leaves_no_gap() {
    let platform = Platform::with(&QUICK).await;
    let admin = administrator(&platform).await;
    for name in ["zoe", "ann", "max"] {
        platform.register(&format!("{name}@example.com")).await;
    }
    delete(&platform, &admin, &format!("{USERS}/3")).await;
    assert_eq!(ids(&platform, &admin, "").await, [1, 2, 4]);
    assert_eq!(ids(&platform, &admin, "bottomIndex=2").await, [4]);
    platform.deliver().await;
    assert_eq!(ids(&platform, &admin, "").await, [1, 2, 4]);
}

#[tokio::test]
async fn an_account_stays_at_its_place_whatever_changes() {
    let platform = Platform::with(&QUICK).await;
    let admin = administrator(&platform).await;
    for name in ["zoe", "ann"] {
        platform.clock.advance_seconds(1);
        platform.register(&format!("{name}@example.com")).await;
    }
    platform.clock.advance_seconds(1);
    let body = json!({
        "firstname": "Zoe", "email": "aaa@example.com", "confirmed": false, "permissionLevel": 1,
    });
    let changed = patched(&platform, &admin, super::ANN, &body).await;
    assert_eq!(ids(&platform, &admin, "").await, [1, 2, 3]);
    assert_eq!(page(&platform, &admin, "bottomIndex=1").await[0], changed);
}
