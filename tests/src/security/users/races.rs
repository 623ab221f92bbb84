//! Many at once: one address has one account, and the last root stays.

use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{ANN, NEXT, STRICT_PASSWORD, account, credential, item, somebody};
use crate::harness::{Answer, PASSWORD, Platform, Request};
use crate::security::{request, root};

async fn start() -> (Platform, String) {
    let platform = Platform::with_running_clock(&[("LIMITS", "off")]).await;
    let root = root(&platform).await;
    (platform, root)
}

async fn at_once(requests: Vec<Request>) -> Vec<Answer> {
    let mut sending = JoinSet::new();
    for request in requests {
        sending.spawn(request.send());
    }
    sending.join_all().await
}

/// How many answers have this status; all others are among `others`.
fn count(answers: &[Answer], status: u16, others: &[u16]) -> usize {
    for answer in answers {
        let known = answer.status == status || others.contains(&answer.status);
        assert!(known, "{}", answer.whole());
    }
    let counted = answers.iter().filter(|answer| answer.status == status);
    counted.count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_sixty_four_creations_of_one_address_one_makes_an_account() {
    let (platform, root) = start().await;
    let body = json!({ "email": ANN, "userRole": "csr", "notes": [{ "note": "n" }] });
    let create = || request(&platform, &root, Method::POST, "user/0").json(&body);
    let answers = at_once((0..64).map(|_| create()).collect()).await;
    assert_eq!(count(&answers, 200, &[400, 503]), 1);
    let users = platform.items("users").await;
    let of_kind = |kind: &str| {
        let pk = |item: &super::Item| item["pk"].as_str().is_some_and(|pk| pk.starts_with(kind));
        users.iter().filter(|item| pk(item)).count()
    };
    assert_eq!(of_kind("user#"), 2, "the administrator and one more");
    assert_eq!((of_kind("email#"), of_kind("notes#")), (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_roots_who_delete_each_other_one_stays() {
    let (platform, root) = start().await;
    for round in 0..5 {
        let email = |name: &str| format!("{name}{round}@example.com");
        let (one, of_one) = somebody(&platform, &root, &email("one"), "root").await;
        let (two, of_two) = somebody(&platform, &root, &email("two"), "root").await;
        let roots = item(&platform, "roots").await.expect("the roots");
        for member in roots["members"].as_array().expect("a set") {
            // Whoever else is root leaves the list, so that one of the two is the last.
            if *member != json!(one) && *member != json!(two) {
                leave(&platform, member).await;
            }
        }
        let delete = |token: &str, id: &str| {
            request(&platform, token, Method::DELETE, &format!("user/{id}"))
        };
        let answers = at_once(vec![delete(&of_one, &two), delete(&of_two, &one)]).await;
        assert!(count(&answers, 204, &[403, 404, 503]) <= 1);
        let roots = item(&platform, "roots").await.expect("the roots");
        let left = roots["members"].as_array().expect("a set");
        assert!(!left.is_empty(), "round {round}");
        for member in left {
            let id = member.as_str().expect("an id");
            assert_eq!(account(&platform, id).await["user_role"], "root");
        }
    }
}

/// Takes an id off the list of roots, past the platform.
async fn leave(platform: &Platform, id: &Value) {
    use aws_sdk_dynamodb::types::AttributeValue;
    let id = id.as_str().expect("an id").to_owned();
    let update = platform.database().update_item();
    let update = update
        .table_name("gatehouse-users")
        .key("pk", AttributeValue::S("roots".to_owned()))
        .update_expression("DELETE members :gone")
        .expression_attribute_values(":gone", AttributeValue::Ss(vec![id]));
    update.send().await.expect("the set shrinks");
}

/// What somebody holds who has signed in or refreshed: access token and, perhaps, refresh token.
type Held = (String, Option<String>);

/// The tokens of an answer of document 000 or 001, by the names that they have there.
fn held_by(answer: &Answer, [access, refresh]: [&str; 2]) -> Option<Held> {
    let body = (answer.status == 200).then(|| answer.json())?;
    let access = body[access].as_str()?.to_owned();
    Some((access, body[refresh].as_str().map(str::to_owned)))
}

const OF_000: [&str; 2] = ["accessToken", "refreshToken"];
const OF_001: [&str; 2] = ["access_token", "refresh_token"];

fn refreshing(platform: &Platform, refresh: &str) -> Request {
    let body = json!({ "refreshToken": refresh });
    let request = platform.post("/user-service/v1/users/accessToken");
    request.json(&body)
}

fn rotating(platform: &Platform, access: &str, refresh: &str) -> Request {
    let body = json!({ "refreshToken": refresh });
    let path = "oauth2?grant_type=refresh_token";
    request(platform, access, Method::POST, path).json(&body)
}

/// Expects that nothing is to be had by any of these any more.
async fn expect_dead(platform: &Platform, held: &[Held]) {
    for (access, refresh) in held {
        let status = platform.get("/user-service/v1/users/status");
        let me = platform.get("/security/api/v1/oauth2?me=true");
        for request in [status, me] {
            let answer = request.bearer(access).send().await;
            assert!([401, 403].contains(&answer.status), "{}", answer.whole());
        }
        let Some(refresh) = refresh else { continue };
        for request in [
            refreshing(platform, refresh),
            rotating(platform, access, refresh),
        ] {
            let answer = request.send().await;
            assert!([401, 403].contains(&answer.status), "{}", answer.whole());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspension_against_signing_in_and_refreshing_leaves_no_usable_token() {
    let (platform, root) = start().await;
    for round in 0..2 {
        let email = format!("ann{round}@example.com");
        let session = platform.new_session(&email).await;
        let signed_in = crate::security::sign_in(&platform, &email, PASSWORD).await;
        let (access, refresh) = held_by(&signed_in, OF_001).expect("tokens");
        let refresh = refresh.expect("a refresh token");
        let mut held = vec![
            (session.access_token, Some(session.refresh_token.clone())),
            (access.clone(), Some(refresh.clone())),
        ];
        let body = json!({ "userId": email, "password": PASSWORD });
        let login = json!({ "email": email, "password": PASSWORD });
        let mut requests = Vec::new();
        for _ in 0..30 {
            requests.push(refreshing(&platform, &session.refresh_token));
            requests.push(rotating(&platform, &access, &refresh));
        }
        for _ in 0..2 {
            requests.push(platform.post("/security/api/v1/oauth2").json(&body));
            requests.push(platform.post("/user-service/v1/users/login").json(&login));
        }
        let path = format!("user/{}", crate::rbac::uid_of(&platform, &email).await);
        let set = |suspended: bool| {
            let body = json!({ "suspended": suspended });
            request(&platform, &root, Method::PUT, &path)
                .json(&body)
                .send()
        };
        let (answers, suspended) = tokio::join!(at_once(requests), set(true));
        assert_eq!(suspended.status, 200, "{}", suspended.whole());
        let tokens = |answer: &Answer| held_by(answer, OF_000).or(held_by(answer, OF_001));
        held.extend(answers.iter().filter_map(tokens));
        expect_dead(&platform, &held).await;
        assert_eq!(set(false).await.status, 200);
        expect_dead(&platform, &held).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_out_against_refreshing_leaves_no_usable_token() {
    let (platform, _) = start().await;
    platform.register_confirmed(ANN).await;
    let before = platform.items("sessions").await.len();
    let signed_in = crate::security::sign_in(&platform, ANN, PASSWORD).await;
    let held = held_by(&signed_in, OF_001).expect("tokens");
    let (access, refresh) = (&held.0, held.1.as_deref().expect("a refresh token"));
    let path = format!("oauth2/{access}");
    let sign_out = request(&platform, access, Method::DELETE, &path);
    let refreshes = (0..58).map(|_| rotating(&platform, access, refresh));
    let mut requests: Vec<_> = refreshes.collect();
    requests.insert(29, sign_out);
    let answers = at_once(requests).await;
    assert_eq!(count(&answers, 204, &[200, 403]), 1);
    let opened = answers.iter().filter_map(|answer| held_by(answer, OF_001));
    let all: Vec<_> = opened.chain([held.clone()]).collect();
    expect_dead(&platform, &all).await;
    assert_eq!(platform.items("sessions").await.len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_against_signing_in_and_refreshing_leaves_no_usable_token() {
    let (platform, root) = start().await;
    let (ann, _) = somebody(&platform, &root, ANN, "csr").await;
    let credentials = json!({ "userId": ANN, "password": STRICT_PASSWORD });
    let sign_in = || platform.post("/security/api/v1/oauth2").json(&credentials);
    let held = held_by(&sign_in().send().await, OF_001).expect("tokens");
    let (access, refresh) = (&held.0, held.1.as_deref().expect("a refresh token"));
    let body = json!({ "currentPassword": NEXT });
    let change = request(&platform, access, Method::PUT, &format!("user/{ann}")).json(&body);
    let mut requests: Vec<_> = (0..58)
        .map(|_| rotating(&platform, access, refresh))
        .collect();
    requests.extend((0..4).map(|_| sign_in()));
    let (answers, changed) = tokio::join!(at_once(requests), change.send());
    assert_eq!(changed.status, 200, "{}", changed.whole());
    let opened = answers.iter().filter_map(|answer| held_by(answer, OF_001));
    let all: Vec<_> = opened.chain([held.clone()]).collect();
    expect_dead(&platform, &all).await;
    platform.clock.advance_seconds(900);
    crate::security::token(&platform, ANN, NEXT).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_changes_at_once_leave_the_account_whole() {
    let (platform, root) = start().await;
    let (ann, _) = somebody(&platform, &root, ANN, "csr").await;
    let path = format!("user/{ann}");
    let change = |number: usize| {
        let body = match number % 3 {
            0 => json!({ "notes": [{ "note": format!("note {number}") }] }),
            1 => json!({ "currentPassword": format!("Paper-lantern-{number}-quay") }),
            _ => json!({ "suspended": number.is_multiple_of(2) }),
        };
        request(&platform, &root, Method::PUT, &path).json(&body)
    };
    let answers = at_once((0..24).map(change).collect()).await;
    assert!(count(&answers, 200, &[503]) >= 1);
    let (user, held) = (
        account(&platform, &ann).await,
        credential(&platform, &ann).await,
    );
    assert_eq!(user["credential_version"], held["credential_version"]);
    let noted = item(&platform, &format!("notes#{ann}")).await;
    let noted = noted.map_or(0, |notes| notes["entries"].as_array().map_or(0, Vec::len));
    assert!(noted <= 8, "each note stands once");
    let free = json!({ "suspended": false, "currentPassword": NEXT });
    super::changed(&platform, &root, &ann, &free).await;
    super::token(&platform, ANN, NEXT).await;
    let refused = crate::security::sign_in(&platform, ANN, STRICT_PASSWORD).await;
    assert_eq!(refused.status, 403);
}
