//! How many round trips to the database an operation takes, one after another.

use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, PUBLIC_URL, Platform, Request};

const V1: &str = "/user-service/v1/users";
const AUTHORISED: [&str; 1] = ["BatchGetItem sessions+users"];
const AUTHORISED_WITH_ATTRIBUTES: [&str; 1] = ["BatchGetItem attributes+sessions+users"];
const AUTHORISED_WITH_ACCESS: [&str; 1] = ["BatchGetItem access+sessions+users"];
/// What happened is kept, behind it.
const TOLD: [&str; 1] = ["PutItem audit"];

/// Sends a request that succeeds; its round trips.
pub(crate) async fn trips_of(platform: &Platform, request: Request) -> Value {
    let (answer, trips) = send(platform, request).await;
    assert!(answer.status < 300, "{}", answer.whole());
    trips
}

pub(crate) async fn send(platform: &Platform, request: Request) -> (Answer, Value) {
    platform.connector.forget();
    let answer = request.send().await;
    (answer, json!(platform.connector.round_trips()))
}

#[tokio::test]
async fn signing_in_takes_two_round_trips_and_one_beside_the_hash() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    platform.connector.forget();
    platform.signed_in("ann@example.com", PASSWORD).await;
    assert_eq!(
        json!(platform.connector.round_trips()),
        json!([
            ["GetItem limits", "UpdateItem users"],
            ["GetItem users"],
            ["PutItem audit", "PutItem sessions", "UpdateItem users"],
        ])
    );
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_make_the_same_calls() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    platform.register("unconfirmed@example.com").await;
    for email in [
        "ann@example.com",
        "unconfirmed@example.com",
        "unknown@example.com",
        "admin@example.com",
    ] {
        let login = platform
            .post(&format!("{V1}/login"))
            .json(&json!({ "email": email, "password": "not the password" }));
        let (answer, trips) = send(&platform, login).await;
        assert_eq!(answer.status, 401, "{email}");
        assert_eq!(
            trips,
            json!([
                ["GetItem limits", "UpdateItem users"],
                ["GetItem users"],
                ["PutItem audit", "UpdateItem limits"],
            ]),
            "{email}"
        );
    }
}

#[tokio::test]
async fn a_locked_address_makes_the_same_calls_whether_known_or_not() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    let mut trips = Vec::new();
    for email in ["ann@example.com", "unknown@example.com"] {
        for _ in 0..7 {
            platform.clock.advance_seconds(2);
            assert_eq!(platform.login(email, "not the password").await.status, 401);
        }
        let login = platform
            .post(&format!("{V1}/login"))
            .json(&json!({ "email": email, "password": "not the password" }));
        let (answer, made) = send(&platform, login).await;
        assert_eq!(answer.status, 429, "{email}");
        trips.push(made);
    }
    assert_eq!(trips[0], json!([["GetItem limits", "UpdateItem users"]]));
    assert_eq!(trips[0], trips[1]);
}

#[tokio::test]
async fn registering_takes_two_round_trips_and_one_to_tell() {
    let platform = Platform::start().await;
    let register = |email: &str| {
        platform
            .post(&format!("{V1}/register"))
            .json(&json!({ "email": email, "password": PASSWORD }))
    };
    let budget = json!([
        ["UpdateItem keys", "UpdateItem limits"],
        ["TransactWriteItems users+users+users+attributes+outbox"],
    ]);
    assert_eq!(
        trips_of(&platform, register("ann@example.com")).await,
        json!([budget[0], budget[1], TOLD])
    );
    let (taken, trips) = send(&platform, register("ann@example.com")).await;
    assert_eq!((taken.status, trips), (400, budget));
}

#[tokio::test]
async fn an_authorised_read_takes_one_round_trip() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    for (path, budget) in [
        ("status", json!([AUTHORISED])),
        ("profile", json!([AUTHORISED_WITH_ATTRIBUTES])),
        ("attributes", json!([AUTHORISED_WITH_ATTRIBUTES])),
    ] {
        let path = format!("{V1}/{path}");
        let read = platform.get(&path).bearer(&session.access_token);
        assert_eq!(trips_of(&platform, read).await, budget, "{path}");
        let read = platform.get(&path).bearer(&session.access_token);
        let same_language = read.header("language", "en");
        assert_eq!(
            trips_of(&platform, same_language).await,
            budget,
            "{path}: a language that is set already"
        );
    }
}

#[tokio::test]
async fn refreshing_takes_one_round_trip() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    for _ in 0..2 {
        let refresh = platform
            .post(&format!("{V1}/accessToken"))
            .json(&json!({ "refreshToken": session.refresh_token }));
        assert_eq!(
            trips_of(&platform, refresh).await,
            json!([["GetItem users", "UpdateItem sessions"]])
        );
        platform.clock.advance_seconds(60);
    }
}

#[tokio::test]
async fn writing_attributes_and_names_takes_two_round_trips() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let token = &session.access_token;
    let attributes = format!("{V1}/attributes");
    let budget = json!([AUTHORISED_WITH_ATTRIBUTES, ["UpdateItem attributes"]]);
    for text in ["dark", "light", "light"] {
        let put = platform
            .post(&attributes)
            .bearer(token)
            .json(&json!({ "attributeKey": "theme", "attributeText": text }));
        assert_eq!(trips_of(&platform, put).await, budget, "{text}");
    }
    let remove = || {
        platform
            .delete(&attributes)
            .bearer(token)
            .json(&json!({ "attributeKey": "theme" }))
    };
    assert_eq!(trips_of(&platform, remove()).await, budget);
    assert_eq!(
        trips_of(&platform, remove()).await,
        json!([AUTHORISED_WITH_ATTRIBUTES]),
        "there is nothing to remove"
    );
    let names = platform
        .post(&format!("{V1}/profile"))
        .bearer(token)
        .json(&json!({ "firstname": "Ann" }));
    assert_eq!(
        trips_of(&platform, names).await,
        json!([AUTHORISED_WITH_ATTRIBUTES, ["UpdateItem users"]])
    );
}

#[tokio::test]
async fn recovery_makes_the_same_calls_for_every_address() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    platform.register("unconfirmed@example.com").await;
    let mut made = Vec::new();
    for email in [
        "ann@example.com",
        "unconfirmed@example.com",
        "unknown@example.com",
    ] {
        let by_password = platform
            .post(&format!("{V1}/newPassword"))
            .json(&json!({ "email": email }));
        let by_link = platform
            .post("/reset-password/request")
            .header("origin", PUBLIC_URL)
            .form(&[("email", email)]);
        let again = platform
            .post("/activate/resend")
            .header("origin", PUBLIC_URL)
            .form(&[("email", email)]);
        let mut trips = Vec::new();
        for request in [by_password, by_link, again] {
            trips.push(trips_of(&platform, request).await);
        }
        made.push(trips);
    }
    assert_eq!(
        made[0][..2],
        [
            json!([
                ["UpdateItem limits", "UpdateItem limits"],
                ["PutItem outbox"]
            ]),
            json!([
                ["UpdateItem limits", "UpdateItem limits"],
                ["PutItem outbox"]
            ]),
        ]
    );
    assert_eq!(made[0], made[1]);
    assert_eq!(made[0], made[2]);
}

#[tokio::test]
async fn what_needs_no_database_does_not_ask_it() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    for path in [
        "/.well-known/jwks.json",
        "/.well-known/openid-configuration",
        "/openapi/user-service.json",
        "/user-service/v1/users/health",
        "/activate?code=anything",
        "/rbac-activate?uid=anybody&code=anything",
        "/reset-password",
        "/reset-password?uid=a&t=b",
    ] {
        assert_eq!(
            trips_of(&platform, platform.get(path)).await,
            json!([]),
            "{path}"
        );
    }
    platform.clock.advance_seconds(3605);
    for token in [session.access_token, session.refresh_token] {
        let status = platform.get(&format!("{V1}/status")).bearer(&token);
        let (answer, trips) = send(&platform, status).await;
        assert!((401..=403).contains(&answer.status));
        assert_eq!(trips, json!([]), "a token that does not verify");
    }
    for (path, body) in [
        ("login", json!({ "email": "ann@example.com" })),
        ("login", json!({ "email": 1, "password": PASSWORD })),
        (
            "register",
            json!({ "email": "no address", "password": PASSWORD }),
        ),
        (
            "register",
            json!({ "email": "ben@example.com", "password": "short" }),
        ),
        ("newPassword", json!({ "email": "no address" })),
        ("activate", json!({ "code": "no code" })),
        ("accessToken", json!({ "refreshToken": "no token" })),
    ] {
        let request = platform.post(&format!("{V1}/{path}")).json(&body);
        let (answer, trips) = send(&platform, request).await;
        assert!((400..=401).contains(&answer.status), "{}", answer.whole());
        assert_eq!(trips, json!([]), "{path} {body}");
    }
}

#[tokio::test]
async fn activating_and_deleting_take_two_round_trips_and_one_to_tell() {
    let platform = Platform::start().await;
    platform.register("ann@example.com").await;
    let code = crate::harness::code_in(&platform.deliver().await[0].text);
    let activate = platform
        .post(&format!("{V1}/activate"))
        .json(&json!({ "code": code }));
    assert_eq!(
        trips_of(&platform, activate).await,
        json!([
            ["GetItem users"],
            ["TransactWriteItems users+users+codes"],
            TOLD
        ])
    );
    let session = platform.signed_in("ann@example.com", PASSWORD).await;
    let delete = platform
        .delete(&format!("{V1}/user"))
        .bearer(&session.access_token);
    assert_eq!(
        trips_of(&platform, delete).await,
        json!([
            AUTHORISED,
            ["TransactWriteItems users+users+users+outbox"],
            TOLD
        ])
    );
}

fn rbac(platform: &Platform, path: &str, body: &Value) -> Request {
    platform.post(&format!("/rbac/{path}")).json(body)
}

#[tokio::test]
async fn authenticating_takes_what_signing_in_takes_whoever_it_is() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    platform.register("unconfirmed@example.com").await;
    let authenticate = |email: &str, password: &str| {
        let body = json!({ "email": email, "password": password });
        rbac(&platform, "auth/authenticate", &body)
    };
    let right = authenticate("ann@example.com", PASSWORD);
    assert_eq!(
        trips_of(&platform, right).await,
        json!([
            ["GetItem limits", "UpdateItem users"],
            ["GetItem users"],
            ["PutItem audit", "PutItem sessions", "UpdateItem users"],
        ])
    );
    for email in [
        "ann@example.com",
        "unconfirmed@example.com",
        "unknown@example.com",
    ] {
        let (answer, trips) = send(&platform, authenticate(email, "not the password")).await;
        assert_eq!(answer.status, 401, "{email}");
        assert_eq!(
            trips,
            json!([
                ["GetItem limits", "UpdateItem users"],
                ["GetItem users"],
                ["PutItem audit", "UpdateItem limits"],
            ]),
            "{email}"
        );
    }
}

#[tokio::test]
async fn validating_takes_one_round_trip() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    let token = platform.rbac_token("ann@example.com").await;
    let validate = rbac(&platform, "auth/validate", &json!({ "token": token }));
    assert_eq!(trips_of(&platform, validate).await, json!([AUTHORISED]));
}

#[tokio::test]
async fn a_permission_is_checked_in_the_round_trip_that_finds_the_session() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    let ann = platform.items("users").await;
    let ann = ann
        .iter()
        .find_map(|item| item["pk"].as_str()?.strip_prefix("user#"));
    let own = format!("/rbac/users/{}", ann.expect("an account"));
    let token = platform.rbac_token("ann@example.com").await;
    // Who holds no role has none to be read.
    let read = platform.get(&own).bearer(&token);
    assert_eq!(
        trips_of(&platform, read).await,
        json!([AUTHORISED_WITH_ACCESS])
    );
    for path in [
        "/rbac/users",
        "/rbac/users/nobody",
        "/rbac/roles",
        "/rbac/permissions",
    ] {
        let (refused, trips) = send(&platform, platform.get(path).bearer(&token)).await;
        assert_eq!(refused.status, 403, "{path}");
        assert_eq!(trips, json!([AUTHORISED_WITH_ACCESS]), "{path}");
    }
    crate::user_service::administrator(&platform).await;
    let admin = platform.rbac_token("admin@example.com").await;
    let read = platform.get(&own).bearer(&admin);
    assert_eq!(
        trips_of(&platform, read).await,
        json!([
            AUTHORISED_WITH_ACCESS,
            ["BatchGetItem access", "GetItem users"]
        ])
    );
}

#[tokio::test]
async fn registering_with_document_002_takes_two_round_trips_and_activating_too() {
    let platform = Platform::start().await;
    let body = json!({ "name": "Ann", "email": "ann@example.com", "password": PASSWORD });
    let budget = json!([
        ["UpdateItem keys", "UpdateItem limits"],
        ["TransactWriteItems users+users+users+attributes+outbox"],
    ]);
    let register = || rbac(&platform, "users/register", &body);
    let made = trips_of(&platform, register()).await;
    assert_eq!(made, json!([budget[0], budget[1], TOLD]));
    let (taken, trips) = send(&platform, register()).await;
    assert_eq!((taken.status, trips), (409, budget));
    let (uid, code) = crate::harness::rbac_code_in(&platform.deliver().await[0].text);
    let path = format!("/rbac/users/activate/{uid}/{code}");
    assert_eq!(
        trips_of(&platform, platform.post(&path)).await,
        json!([
            ["GetItem users"],
            ["TransactWriteItems users+users+codes"],
            TOLD
        ])
    );
}

#[tokio::test]
async fn what_document_002_needs_no_database_for_does_not_ask_it() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    let token = platform.rbac_token("ann@example.com").await;
    platform.clock.advance_seconds(1805);
    for (path, body, status) in [
        ("auth/validate", json!({ "token": token }), 401),
        ("auth/validate", json!({ "token": "no token" }), 401),
        ("auth/validate", json!({}), 401),
        (
            "auth/authenticate",
            json!({ "email": "x", "password": PASSWORD }),
            401,
        ),
        (
            "auth/authenticate",
            json!({ "email": "ann@example.com" }),
            400,
        ),
        ("users/register", json!({ "name": "Ann" }), 400),
        (
            "users/register",
            json!({ "name": "Ann", "email": "ben@example.com", "password": "short" }),
            400,
        ),
        ("users/reset_password", json!({ "user_uid": "nobody" }), 400),
        ("users/activate/nobody/code", json!({}), 400),
        (
            "users/activate/6ba7b810-9dad-41d1-80b4-00c04fd430c8/code",
            json!({}),
            400,
        ),
    ] {
        let (answer, trips) = send(&platform, rbac(&platform, path, &body)).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert_eq!(trips, json!([]), "{path} {body}");
    }
    let list = platform.get("/rbac/users").bearer(&token);
    let (answer, trips) = send(&platform, list).await;
    assert_eq!((answer.status, trips), (401, json!([])));
}
