//! Rows 3, 14, 15, 17 and 18: what the system tells and takes, and whose word it takes.

mod commands;
mod log_levels;
mod reload;

use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use insta::assert_snapshot;
use serde_json::{Value, json};
use shared::domain::{Dialect, UserRole};
use shared::runtime::Algorithm;

use super::{get, path, post, refusal, request, root, start, token};
use crate::harness::{PASSWORD, PUBLIC_URL, Platform, are_processes, keys, kid_of};

/// Makes an account with this role; its token.
pub(crate) async fn with_role(platform: &Platform, role: UserRole) -> String {
    let email = format!("{}@example.com", role.as_str());
    platform.register_confirmed(&email).await;
    let users = platform.items("users").await;
    let account = users
        .iter()
        .find(|item| item.get("email") == Some(&json!(email)));
    let pk = account.expect("the account")["pk"].as_str().expect("a key");
    let update = platform.database().update_item();
    let update = update
        .table_name("gatehouse-users")
        .key("pk", AttributeValue::S(pk.to_owned()))
        .update_expression("SET user_role = :role")
        .expression_attribute_values(":role", AttributeValue::S(role.as_str().to_owned()));
    update.send().await.expect("the item can be changed");
    token(platform, &email, PASSWORD).await
}

#[tokio::test]
async fn each_role_is_answered_what_it_may_ask_and_refused_the_rest() {
    use UserRole::{Admin, Root, System};
    let platform = Platform::start().await;
    let levels = json!({ "command": "getloglevels" });
    for role in UserRole::ALL {
        let token = with_role(&platform, role).await;
        for (rest, allowed) in [
            ("systemEndpoints", &UserRole::ALL[..]),
            ("securityProfiles", &[Root, Admin]),
            ("systemServices", &[Root, System]),
            ("system?command=info", &[Root, Admin]),
        ] {
            let answer = get(&platform, &token, rest).await;
            if allowed.contains(&role) {
                assert_eq!(answer.status, 200, "{role:?} {rest}: {}", answer.body);
                continue;
            }
            let refused = refusal(403, 7, "GET", "7: not allowed");
            assert_eq!(answer.whole(), refused, "{role:?} {rest}");
        }
        let answer = post(&platform, &token, "system", &levels).await;
        if role == Root {
            assert_eq!(answer.status, 200, "{}", answer.body);
        } else {
            let refused = refusal(403, 7, "POST", "7: not allowed");
            assert_eq!(answer.whole(), refused, "{role:?}");
        }
    }
}

#[tokio::test]
async fn a_role_counts_before_what_is_asked() {
    let platform = Platform::start().await;
    let token = with_role(&platform, UserRole::Admin).await;
    let refused = refusal(403, 7, "POST", "7: not allowed");
    let request = request(&platform, &token, Method::POST, "system");
    assert_eq!(request.body("no JSON").send().await.whole(), refused);
    let token = with_role(&platform, UserRole::Csr).await;
    for rest in ["system?command=dance", "securityProfiles?offset=0"] {
        let answer = get(&platform, &token, rest).await;
        assert_eq!(answer.whole(), refusal(403, 7, "GET", "7: not allowed"));
    }
}

#[tokio::test]
async fn the_endpoints_are_the_dialects_that_are_served() {
    let (platform, root) = start().await;
    let answer = get(&platform, &root, "systemEndpoints").await;
    assert_snapshot!(answer.whole());
    for dialect in Dialect::ALL {
        let document = platform
            .get(&format!("/openapi/{dialect}.json"))
            .send()
            .await;
        assert_eq!(document.status, 200, "{dialect}");
    }
}

#[tokio::test]
async fn there_is_a_profile_for_each_role() {
    let (platform, root) = start().await;
    let answer = get(&platform, &root, "securityProfiles").await;
    assert_snapshot!(answer.whole().replace("},{\"id\"", "},\n{\"id\""));
}

/// The names of the profiles that are answered.
async fn names(platform: &Platform, token: &str, query: &str) -> Vec<String> {
    let answer = get(platform, token, &format!("securityProfiles?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    let answer = answer.json();
    let profiles = answer["profiles"].as_array().expect("a list").iter();
    let name = |profile: &Value| profile["name"].as_str().expect("a name").to_owned();
    profiles.map(name).collect()
}

#[tokio::test]
async fn profiles_are_counted_from_one_and_found_by_name_in_any_case() {
    let (platform, root) = start().await;
    for (query, expected) in [
        ("offset=1&limit=2", &["root", "admin"][..]),
        ("offset=7", &["noc", "accounting"]),
        ("offset=9", &[]),
        ("offset=18446744073709551615", &[]),
        ("limit=0", &[]),
        ("filter=IN", &["admin", "installer", "accounting"]),
        ("filter=in&offset=2&limit=1", &["installer"]),
        ("filter=Everything", &[]),
        ("filter=noc&limit=18446744073709551615", &["noc"]),
    ] {
        assert_eq!(names(&platform, &root, query).await, expected, "{query}");
    }
    assert_eq!(names(&platform, &root, "").await.len(), UserRole::ALL.len());
}

#[tokio::test]
async fn what_cannot_be_read_of_a_query_is_refused() {
    let (platform, root) = start().await;
    for (rest, description) in [
        ("securityProfiles?offset=0", "1018: offset is not valid"),
        ("securityProfiles?offset=-1", "1018: offset is not valid"),
        ("securityProfiles?limit=many", "1018: limit is not valid"),
        (
            "securityProfiles?limit=1&limit=2",
            "1003: a field stands twice or is no text",
        ),
        ("system", "1031: the command is not known"),
        ("system?command=", "1031: the command is not known"),
        ("system?command=resources", "1031: the command is not known"),
    ] {
        let answer = get(&platform, &root, rest).await;
        assert_eq!(
            answer.whole(),
            refusal(400, 400, "GET", description),
            "{rest}"
        );
    }
}

#[tokio::test]
async fn another_service_learns_where_the_dialects_are_and_which_key_signs() {
    let platform = Platform::start().await;
    let system = with_role(&platform, UserRole::System).await;
    let answer = get(&platform, &system, "systemServices").await;
    let services: Vec<_> = ["user-service", "security", "rbac", "session", "identify"]
        .map(|prefix| format!("{PUBLIC_URL}/{prefix}"))
        .map(|uri| format!(r#"{{"privateURI":"{uri}","publicURI":"{uri}","token":""}}"#))
        .into();
    let kid = kid_of(&keys(), Algorithm::Rs256);
    let services = services.join(",");
    assert_eq!(
        answer.whole(),
        format!("200\n{{\"key\":\"{kid}\",\"version\":1,\"services\":[{services}]}}")
    );
}

#[tokio::test]
async fn the_process_tells_its_release_its_age_and_its_machine() {
    let (platform, root) = start().await;
    let first = get(&platform, &root, "system?command=info").await;
    platform.clock.advance_seconds(90);
    let second = get(&platform, &root, "system?command=INFO").await;
    let hostname = if are_processes() {
        "security-system"
    } else {
        "localhost"
    };
    for (answer, uptime) in [(first, 0), (second, 90)] {
        let mut body = answer.json();
        let processors = body["processors"].take();
        assert!(processors.as_u64() >= Some(1), "{processors}");
        assert_eq!(
            (answer.status, body),
            (
                200,
                json!({
                    "version": env!("CARGO_PKG_VERSION"),
                    "uptime": uptime,
                    "start": 1_767_225_600,
                    "os": std::env::consts::OS,
                    "processors": null,
                    "hostname": hostname,
                    "certificates": [],
                })
            )
        );
    }
}
