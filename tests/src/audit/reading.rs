//! Reading the trail by the Security Service: whose, in which part, and by whom.

use serde_json::{Value, json};
use shared::domain::UserRole;

use super::{ANN, events, id_of};
use crate::harness::{Answer, PASSWORD, Platform};
use crate::security::system::with_role;

const ADMIN: &str = "admin@example.com";

async fn read(platform: &Platform, token: &str, rest: &str) -> Answer {
    let path = format!("/security/api/v1/audit/{rest}");
    platform.get(&path).bearer(token).send().await
}

/// A platform with an administrator who is root: a token of theirs.
async fn start() -> (Platform, String) {
    let platform = Platform::start().await;
    crate::user_service::administrator(&platform).await;
    let root = platform.security_token(ADMIN).await;
    (platform, root)
}

fn names(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let events = body["events"].as_array().expect("events").iter();
    let name = |event: &Value| event["event"].as_str().expect("a name").to_owned();
    events.map(name).collect()
}

#[tokio::test]
async fn the_newest_event_comes_first_with_all_that_is_kept_of_it() {
    let (platform, root) = start().await;
    platform.register_confirmed(ANN).await;
    platform.clock.advance_seconds(1);
    let login = platform.post("/user-service/v1/users/login");
    let login = login.json(&json!({ "email": ANN, "password": PASSWORD }));
    let answer = login.send().await;
    let user = id_of(&platform, ANN).await;
    let kept = events(&platform).await;
    let kept = kept.last().expect("the sign-in");
    let happened = kept["happened"].as_str().expect("a text");
    let time: i64 = happened[..15].parse().expect("a time");
    let read = read(&platform, &root, &format!("{user}?limit=1")).await;
    assert_eq!(read.status, 200, "{}", read.body);
    let body = read.json();
    assert_eq!(
        body["events"],
        json!([{
            "time": time,
            "event": "signed-in",
            "dialect": "user-service",
            "requestId": answer.header("x-request-id"),
            "sessionId": kept["session_id"],
        }])
    );
    assert!(body["cursor"].is_string(), "there are more");
}

#[tokio::test]
async fn a_trail_is_read_in_parts_without_a_gap() {
    let (platform, root) = start().await;
    platform.register_confirmed(ANN).await;
    for _ in 0..5 {
        platform.clock.advance_seconds(1);
        platform.signed_in(ANN, PASSWORD).await;
    }
    let user = id_of(&platform, ANN).await;
    let whole = read(&platform, &root, &user).await;
    let all = whole.json()["events"].clone();
    assert_eq!(all.as_array().map(Vec::len), Some(7));
    assert_eq!(whole.json().get("cursor"), None, "that was all");
    for limit in [1, 2, 3, 7] {
        let mut parts = Vec::new();
        let mut rest = format!("{user}?limit={limit}");
        loop {
            let part = read(&platform, &root, &rest).await.json();
            let events = part["events"].as_array().expect("events");
            assert!(!events.is_empty() && events.len() <= limit, "{limit}");
            parts.extend(events.clone());
            match part["cursor"].as_str() {
                Some(cursor) => rest = format!("{user}?limit={limit}&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(json!(parts), all, "{limit}");
    }
}

#[tokio::test]
async fn a_deleted_accounts_trail_stays_and_nobodys_is_empty() {
    let (platform, root) = start().await;
    let session = platform.new_session(ANN).await;
    let user = id_of(&platform, ANN).await;
    platform.clock.advance_seconds(1);
    let delete = platform.delete("/user-service/v1/users/user");
    delete.bearer(&session.access_token).send().await;
    platform.deliver().await;
    let trail = read(&platform, &root, &user).await;
    let expected = ["deleted", "signed-in", "activated", "registered"];
    assert_eq!(trail.status, 200);
    let mut told = names(&trail);
    assert_eq!(told.remove(0), expected[0]);
    told.sort();
    assert_eq!(told, ["activated", "registered", "signed-in"]);
    let nobody = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    let empty = read(&platform, &root, nobody).await;
    assert_eq!(empty.whole(), "200\n{\"events\":[]}");
}

#[tokio::test]
async fn only_root_and_system_read_what_is_not_their_own() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let ann = id_of(&platform, ANN).await;
    for role in UserRole::ALL {
        let token = with_role(&platform, role).await;
        let own = id_of(&platform, &format!("{}@example.com", role.as_str())).await;
        let answer = read(&platform, &token, &own).await;
        assert_eq!(answer.status, 200, "{role:?}: {}", answer.body);
        assert!(names(&answer).contains(&"signed-in".to_owned()), "{role:?}");
        let answer = read(&platform, &token, &ann).await;
        if [UserRole::Root, UserRole::System].contains(&role) {
            assert_eq!(answer.status, 200, "{role:?}: {}", answer.body);
        } else {
            let refused = "403\n{\"ErrorCode\":7,\"ErrorDetails\":\"GET\",\"ErrorDescription\":\"7: not allowed\"}";
            assert_eq!(answer.whole(), refused, "{role:?}");
        }
    }
    let path = format!("/security/api/v1/audit/{ann}");
    assert_eq!(platform.get(&path).send().await.status, 403, "by nobody");
}

#[tokio::test]
async fn what_is_no_id_no_limit_or_no_cursor_is_refused() {
    let (platform, root) = start().await;
    let user = id_of(&platform, ADMIN).await;
    for rest in [
        "nobody".to_owned(),
        user.replace('-', ""),
        format!("{user}?limit=0"),
        format!("{user}?limit=-1"),
        format!("{user}?limit=many"),
        format!("{user}?cursor=%23"),
        format!("{user}?cursor=AAAA"),
    ] {
        let answer = read(&platform, &root, &rest).await;
        assert_eq!(answer.status, 400, "{rest}: {}", answer.body);
        let said = answer.json()["ErrorDescription"].to_string();
        assert!(said.contains("1018"), "{rest}: {said}");
    }
    let many = read(&platform, &root, &format!("{user}?limit=100000")).await;
    assert_eq!(many.status, 200, "as many as there may be");
}
