//! Many at once: what must happen once happens once, and every edge stands at both of its ends or at neither.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::stored::{
    FORBIDDEN, NOT_FOUND, access_item, assert_access_whole, assert_settled, edge, numbers, sweep,
};
use super::{
    PERMISSIONS, ROLES, Role, USERS, administrator, all_of, get, grant, new_permission, new_role,
    somebody, uid_of,
};
use crate::harness::{Answer, PASSWORD, Platform, Request};

const ROUNDS: usize = 5;

/// With a clock that runs, since losers wait.
async fn start() -> (Platform, String) {
    let platform = Platform::with_running_clock(&[("LIMITS", "off")]).await;
    let admin = administrator(&platform).await;
    (platform, admin)
}

fn request(platform: &Platform, token: &str, method: Method, path: &str, body: &Value) -> Request {
    platform.request(method, path).bearer(token).json(body)
}

fn post(platform: &Platform, token: &str, path: &str, body: &Value) -> Request {
    request(platform, token, Method::POST, path, body)
}

fn delete(platform: &Platform, token: &str, path: &str) -> Request {
    platform.delete(path).bearer(token)
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

/// How many answers had which status; any other than these fails, and so does a 503 that does not say when to come back.
fn statuses(answers: &[Answer], allowed: &[u16]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        let busy = answer.status == 503 && answer.header("retry-after").is_some();
        assert!(
            busy || allowed.contains(&answer.status),
            "{}",
            answer.whole()
        );
        *counts.entry(answer.status).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn granting_against_revoking_against_deleting_leaves_no_grant_of_a_missing_role() {
    let (platform, admin) = start().await;
    let mut users = Vec::new();
    for name in ["ann", "ben", "cem", "dea"] {
        users.push(somebody(&platform, &format!("{name}@example.com")).await);
    }
    for round in 0..ROUNDS {
        let what = format!("round {round}");
        let role = new_role(&platform, &admin, &what, &["users:read"]).await;
        let mut requests: Vec<_> = (0..63)
            .map(|number| {
                let body = json!({ "role_id": role.id, "user_uid": users[number % 4].0 });
                let path = if number % 3 == 2 { "revoke" } else { "grant" };
                post(&platform, &admin, &format!("{ROLES}/{path}"), &body)
            })
            .collect();
        let path = format!("{ROLES}/{}", role.id);
        requests.insert(12 * round, delete(&platform, &admin, &path));
        let answers = at_once(requests).await;
        statuses(&answers, &[200, 404]);
        assert!([200, 503].contains(&answers[12 * round].status), "{what}");
        if answers[12 * round].status == 503 {
            delete(&platform, &admin, &path).send().await;
        }
        for moment in ["at once", "erased", "forgotten"] {
            assert_access_whole(&platform, &format!("{what}, {moment}")).await;
            for (user, token) in &users {
                let closed = get(&platform, token, USERS).await;
                assert_eq!(closed.whole(), FORBIDDEN, "{what}, {moment}: {user}");
            }
            match moment {
                "at once" => drop(platform.deliver().await),
                _ if round + 1 == ROUNDS => sweep(&platform).await,
                _ => {}
            }
        }
    }
    assert_settled(&platform, "all rounds").await;
    let items = platform.items("access").await;
    let edges = |prefix: &str| {
        let begins = |item: &&BTreeMap<String, Value>| {
            item["pk"].as_str().is_some_and(|pk| pk.starts_with(prefix))
        };
        items.iter().filter(begins).count()
    };
    assert_eq!(edges("role#"), 1, "the administrator's");
    assert_eq!(
        edges("removed-roles"),
        usize::from(edges("removed-roles") > 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn granting_against_revoking_ends_in_one_of_both_at_both_ends() {
    let (platform, admin) = start().await;
    let (ann, token) = somebody(&platform, "ann@example.com").await;
    let role = new_role(&platform, &admin, "reader", &["users:read"]).await;
    for round in 0..ROUNDS {
        let body = json!({ "role_id": role.id, "user_uid": ann });
        let requests = (0..64).map(|number| {
            let path = if number % 2 == 0 { "grant" } else { "revoke" };
            post(&platform, &admin, &format!("{ROLES}/{path}"), &body)
        });
        statuses(&at_once(requests.collect()).await, &[200]);
        assert_settled(&platform, &format!("round {round}")).await;
        let held = access_item(&platform, &format!("user#{ann}"), "roles").await;
        let holds = numbers(held.as_ref(), "role_numbers").contains(&role.id);
        let status = get(&platform, &token, USERS).await.status;
        assert_eq!(status, if holds { 200 } else { 403 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_take_one_name_one_gets_it() {
    let (platform, admin) = start().await;
    for list in [ROLES, PERMISSIONS] {
        let body = json!({ "name": "reporter" });
        let path = format!("{list}/create");
        let requests = (0..64).map(|_| post(&platform, &admin, &path, &body));
        let counts = statuses(&at_once(requests.collect()).await, &[200, 409]);
        assert_eq!(counts.get(&200), Some(&1), "{list}: {counts:?}");
        let entries = all_of(&platform, &admin, list).await;
        let named = entries.iter().filter(|entry| entry["name"] == "reporter");
        assert_eq!(named.count(), 1, "{list}");
        assert_settled(&platform, list).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_deletions_one_succeeds_and_the_name_is_made_anew_by_one() {
    let (platform, admin) = start().await;
    for round in 0..ROUNDS {
        let role = new_role(&platform, &admin, "reader", &["users:read"]).await;
        let path = format!("{ROLES}/{}", role.id);
        let mut requests: Vec<_> = (0..32).map(|_| delete(&platform, &admin, &path)).collect();
        let body = json!({ "name": "reader" });
        let create = format!("{ROLES}/create");
        requests.extend((0..32).map(|_| post(&platform, &admin, &create, &body)));
        let answers = at_once(requests).await;
        let deleted = statuses(&answers[..32], &[200, 404]);
        assert_eq!(deleted.get(&200), Some(&1), "round {round}: {deleted:?}");
        let made = statuses(&answers[32..], &[200, 409]);
        assert!(
            made.get(&200).is_none_or(|made| *made == 1),
            "round {round}: {made:?}"
        );
        assert_access_whole(&platform, &format!("round {round}")).await;
        for role in all_of(&platform, &admin, ROLES).await.iter().skip(1) {
            delete(&platform, &admin, &format!("{ROLES}/{}", role["id"]))
                .send()
                .await;
        }
    }
    sweep(&platform).await;
    assert_settled(&platform, "all rounds").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn adding_and_removing_against_deleting_a_permission_leaves_none_that_is_gone() {
    let (platform, admin) = start().await;
    let mut roles = Vec::new();
    for name in ["one", "two", "three"] {
        roles.push(new_role(&platform, &admin, name, &[]).await);
    }
    for round in 0..ROUNDS {
        let what = format!("round {round}");
        let permission = new_permission(&platform, &admin, "reports:read").await;
        let mut requests: Vec<_> = (0..63)
            .map(|number| {
                let path = if number % 4 == 3 { "remove" } else { "add" };
                let body = edge(&roles[number % 3], permission);
                post(
                    &platform,
                    &admin,
                    &format!("{ROLES}/{path}_permission"),
                    &body,
                )
            })
            .collect();
        let path = format!("{PERMISSIONS}/{permission}");
        requests.insert(12 * round, delete(&platform, &admin, &path));
        let answers = at_once(requests).await;
        statuses(&answers, &[200, 404]);
        if answers[12 * round].status == 503 {
            delete(&platform, &admin, &path).send().await;
        }
        assert_eq!(get(&platform, &admin, &path).await.whole(), NOT_FOUND);
        for moment in ["before", "after"] {
            assert_access_whole(&platform, &format!("{what}, {moment}")).await;
            for role in all_of(&platform, &admin, ROLES).await.iter().skip(1) {
                assert_eq!(role["permissions"], json!([]), "{what}, {moment}");
            }
            platform.deliver().await;
        }
        assert_settled(&platform, &what).await;
        for role in platform
            .items("access")
            .await
            .iter()
            .filter(|item| item["pk"] == "roles")
        {
            assert!(
                !numbers(Some(role), "permission_numbers").contains(&permission),
                "{what}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changing_a_role_against_deleting_it_leaves_nothing_that_gives() {
    let (platform, admin) = start().await;
    for round in 0..ROUNDS {
        let what = format!("round {round}");
        let role = new_role(&platform, &admin, &what, &["users:read"]).await;
        let mut requests: Vec<_> = (0..63)
            .map(|number| {
                let path = if number % 4 == 3 { "remove" } else { "add" };
                let body = edge(&role, [1, 2, 4][number % 3]);
                post(
                    &platform,
                    &admin,
                    &format!("{ROLES}/{path}_permission"),
                    &body,
                )
            })
            .collect();
        let path = format!("{ROLES}/{}", role.id);
        requests.insert(12 * round, delete(&platform, &admin, &path));
        let answers = at_once(requests).await;
        statuses(&answers, &[200, 404]);
        if answers[12 * round].status == 503 {
            delete(&platform, &admin, &path).send().await;
        }
        assert_access_whole(&platform, &what).await;
    }
    sweep(&platform).await;
    assert_settled(&platform, "all rounds").await;
    for item in platform.items("access").await {
        if item["pk"]
            .as_str()
            .is_some_and(|pk| pk.starts_with("permission#"))
        {
            assert_eq!(numbers(Some(&item), "role_numbers"), [1], "{item:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn granting_against_deleting_the_user_leaves_nothing_of_the_user() {
    let (platform, admin) = start().await;
    let mut roles: Vec<Role> = Vec::new();
    for name in ["one", "two", "three"] {
        roles.push(new_role(&platform, &admin, name, &["users:read"]).await);
    }
    for round in 0..ROUNDS {
        let what = format!("round {round}");
        let email = format!("ann{round}@example.com");
        let (ann, _) = somebody(&platform, &email).await;
        let session = platform.signed_in(&email, PASSWORD).await;
        let mut requests: Vec<_> = (0..63)
            .map(|number| {
                let path = if number % 4 == 3 { "revoke" } else { "grant" };
                let body = json!({ "role_id": roles[number % 3].id, "user_uid": ann });
                post(&platform, &admin, &format!("{ROLES}/{path}"), &body)
            })
            .collect();
        let user = "/user-service/v1/users/user";
        requests.insert(12 * round, delete(&platform, &session.access_token, user));
        let answers = at_once(requests).await;
        assert_eq!(
            answers[12 * round].status,
            204,
            "{what}: {}",
            answers[12 * round].body
        );
        statuses(&answers, &[200, 204, 404]);
        assert_access_whole(&platform, &what).await;
        platform.deliver().await;
        assert_settled(&platform, &what).await;
        let items = platform.items("access").await;
        assert!(
            !json!(items).to_string().contains(&ann),
            "{what}: {items:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_administrators_who_revoke_each_other_one_stays() {
    let (platform, admin) = start().await;
    let (ann, of_ann) = somebody(&platform, "ann@example.com").await;
    let first = uid_of(&platform, "admin@example.com").await;
    let role = Role {
        id: 1,
        uid: String::new(),
    };
    assert_eq!(grant(&platform, &admin, &role, &ann).await.status, 200);
    for round in 0..ROUNDS {
        let revoke = |by: &str, user: &str| {
            let body = json!({ "role_id": 1, "user_uid": user });
            post(&platform, by, &format!("{ROLES}/revoke"), &body)
        };
        let requests = (0..32).flat_map(|_| [revoke(&admin, &ann), revoke(&of_ann, &first)]);
        let answers = at_once(requests.collect()).await;
        statuses(&answers, &[200, 403]);
        assert_settled(&platform, &format!("round {round}")).await;
        let stays = [&admin, &of_ann].map(|token| get(&platform, token, ROLES));
        let stays = futures::future::join_all(stays).await;
        let stays: Vec<_> = stays.iter().map(|answer| answer.status).collect();
        let (again, by) = match stays.as_slice() {
            [200, 403] => (&ann, &admin),
            [403, 200] => (&first, &of_ann),
            other => panic!("round {round}: {other:?}"),
        };
        assert_eq!(grant(&platform, by, &role, again).await.status, 200);
    }
}
