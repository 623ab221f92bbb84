//! Administrators at the same time as others.

use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{ANN, Item, account, account_item, credentials_of};
use crate::harness::{Answer, Fault, PASSWORD, Platform, Request, Session};
use crate::user_service::administrator;

const NEW: &str = "new@example.org";

/// With a clock that runs, since losers wait.
async fn start() -> (Platform, Session) {
    let platform = Platform::with_running_clock(&[("LIMITS", "off")]).await;
    let admin = administrator(&platform).await;
    (platform, admin)
}

fn change(platform: &Platform, by: &Session, id: u64, body: &Value) -> Request {
    let request = platform.request(Method::PATCH, &account(id));
    request.bearer(&by.access_token).json(body)
}

/// Sends all of them at the same time; the answers in the order of the requests.
async fn at_once(requests: Vec<Request>) -> Vec<Answer> {
    let mut sending = JoinSet::new();
    for (number, request) in requests.into_iter().enumerate() {
        sending.spawn(async move { (number, request.send().await) });
    }
    let mut answers = sending.join_all().await;
    answers.sort_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    answers.iter().map(|answer| answer.status).collect()
}

/// All items that lie under an address.
async fn addresses(platform: &Platform) -> Vec<Item> {
    let is_one = |item: &Item| {
        item["pk"]
            .as_str()
            .is_some_and(|pk| pk.starts_with("email#"))
    };
    let users = platform.items("users").await.into_iter();
    users.filter(is_one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_different_fields_at_once_all_stay() {
    let (platform, admin) = start().await;
    let second = platform.new_session("second@example.com").await;
    let promotion = json!({ "permissionLevel": 2 });
    assert_eq!(
        change(&platform, &admin, 2, &promotion).send().await.status,
        200
    );
    platform.register_confirmed("ann@example.com").await;
    for round in 0..10 {
        let language = if round % 2 == 0 { "de" } else { "fr" };
        let email = format!("ann{round}@example.com");
        let answers = at_once(vec![
            change(
                &platform,
                &admin,
                3,
                &json!({ "firstname": format!("Ann {round}") }),
            ),
            change(
                &platform,
                &second,
                3,
                &json!({ "lastname": format!("Lee {round}") }),
            ),
            change(&platform, &admin, 3, &json!({ "language": language })),
            change(
                &platform,
                &second,
                3,
                &json!({ "permissionLevel": round % 2 }),
            ),
            change(&platform, &second, 3, &json!({ "email": email })),
        ])
        .await;
        assert_eq!(statuses(&answers), [200; 5]);
        let ann = account_item(&platform, 3).await;
        assert_eq!(
            [
                &ann["first_name"],
                &ann["last_name"],
                &ann["user_language"],
                &ann["email"]
            ],
            [
                &json!(format!("Ann {round}")),
                &json!(format!("Lee {round}")),
                &json!(language),
                &json!(email),
            ]
        );
        assert_eq!(ann["permission_level"], round % 2);
        assert_eq!(ann["credential_version"], round + 2);
        assert_eq!(credentials_of(&platform, &ann).await.len(), 1);
    }
    assert_eq!(platform.deliver().await.len(), 10);
}

#[tokio::test]
async fn a_change_that_a_move_overtakes_is_made_after_it() {
    let (platform, admin) = start().await;
    platform.register_confirmed("ann@example.com").await;
    platform.connector.forget();
    platform
        .connector
        .inject("TransactWriteItems", Fault::Held, 1);
    let body = json!({ "firstname": "Ann" });
    let overtake = async {
        platform.connector.begun("TransactWriteItems", 1).await;
        let moved = change(&platform, &admin, 2, &json!({ "email": NEW }))
            .send()
            .await;
        platform.connector.heal();
        moved
    };
    let (answer, moved) = tokio::join!(change(&platform, &admin, 2, &body).send(), overtake);
    assert_eq!((answer.status, moved.status), (200, 200), "{}", answer.body);
    let user = &answer.json()["user"];
    assert_eq!(
        (&user["firstname"], &user["email"]),
        (&json!("Ann"), &json!(NEW))
    );
    assert_eq!(account_item(&platform, 2).await["email"], NEW);
}

#[tokio::test]
async fn the_same_move_asked_for_twice_at_once_is_made_once_and_granted_twice() {
    let (platform, admin) = start().await;
    platform.register_confirmed("ann@example.com").await;
    platform.connector.forget();
    platform
        .connector
        .inject("TransactWriteItems", Fault::Held, 1);
    let body = json!({ "email": NEW });
    let overtake = async {
        platform.connector.begun("TransactWriteItems", 1).await;
        let second = change(&platform, &admin, 2, &body).send().await;
        platform.connector.heal();
        second
    };
    let (first, second) = tokio::join!(change(&platform, &admin, 2, &body).send(), overtake);
    assert_eq!(second.status, 200, "{}", second.body);
    assert_eq!(first.whole(), second.whole());
    assert_eq!(platform.deliver().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_accounts_that_move_to_one_address_one_gets_it() {
    let (platform, admin) = start().await;
    for name in ["ann", "bob"] {
        platform
            .register_confirmed(&format!("{name}@example.com"))
            .await;
    }
    let requests =
        (0..16).map(|number| change(&platform, &admin, 2 + number % 2, &json!({ "email": NEW })));
    let answers = at_once(requests.collect()).await;
    let (ann, bob) = (
        account_item(&platform, 2).await,
        account_item(&platform, 3).await,
    );
    let (winner, loser, number) = if ann["email"] == NEW {
        (&ann, &bob, 3)
    } else {
        (&bob, &ann, 2)
    };
    assert_eq!(winner["email"], NEW);
    assert_eq!(winner["credential_version"], 2, "it moved once");
    assert_eq!(loser["credential_version"], 1);
    for (answer, asked) in answers.iter().zip((0..16).map(|at| 2 + at % 2)) {
        let expected: &[u16] = if asked == number { &[400] } else { &[200, 400] };
        assert!(expected.contains(&answer.status), "{}", answer.whole());
    }
    assert!(statuses(&answers).contains(&200));
    assert_eq!(addresses(&platform).await.len(), 3, "one for each account");
    for account in [winner, loser] {
        assert_eq!(credentials_of(&platform, account).await.len(), 1);
    }
    let loser = loser["email"].as_str().expect("an address");
    assert_eq!(platform.deliver().await.len(), 1);
    assert_eq!(platform.signed_in(loser, PASSWORD).await.user["id"], number);
    assert_eq!(
        platform.signed_in(NEW, PASSWORD).await.user["id"],
        5 - number
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_against_changing_leaves_nothing() {
    let (platform, admin) = start().await;
    for round in 0..8 {
        let id = round + 2;
        let email = format!("ann{round}@example.com");
        let moved = format!("anna{round}@example.org");
        platform.new_session(&email).await;
        let mut requests = vec![
            change(&platform, &admin, id, &json!({ "firstname": "Ann" })),
            change(&platform, &admin, id, &json!({ "email": moved })),
            platform.delete(&account(id)).bearer(&admin.access_token),
            change(&platform, &admin, id, &json!({ "confirmed": false })),
        ];
        requests.rotate_left(usize::try_from(round % 4).expect("small"));
        let answers = at_once(requests).await;
        let deleted = statuses(&answers)
            .iter()
            .filter(|status| **status == 204)
            .count();
        assert_eq!(deleted, 1, "{:?}", statuses(&answers));
        let expected = |status: &u16| [200, 204, 404].contains(status);
        assert!(
            statuses(&answers).iter().all(expected),
            "{:?}",
            statuses(&answers)
        );
        platform.deliver().await;
        assert_eq!(addresses(&platform).await.len(), 1, "the administrator's");
        for table in ["sessions", "attributes"] {
            assert_eq!(platform.items(table).await.len(), 1, "{table}");
        }
        assert_eq!(platform.items("codes").await.len(), 0);
        assert_eq!(platform.items("outbox").await.len(), 0);
        let dump = platform.dump().await;
        assert!(!dump.contains(&email) && !dump.contains(&moved));
    }
    let list = platform
        .get(super::USERS)
        .bearer(&admin.access_token)
        .send()
        .await;
    assert_eq!(list.json()["users"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        platform
            .request(Method::PATCH, ANN)
            .bearer(&admin.access_token)
            .json(&json!({}))
            .send()
            .await
            .status,
        404
    );
}
