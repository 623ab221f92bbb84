//! An issuer of the project's own: rows 11 to 13. Its tokens and ours, which it leads to.

use local::projects::{ISOLATED, SHARING};
use serde_json::{Value, json};

use super::{
    ANN, CHECK, DEVICE, NEW_PASSWORD, OTHER_DEVICE, START, Scene, Stored, USER, data, envelope,
    invalid_token, put, query, refusal, signing_in, text,
};
use crate::harness::{Answer, PASSWORD, Request};
use crate::security::factor;

const CREATED: &str = "User is Correctly Created";

fn ann() -> Value {
    json!({ "sub": "auth0|1001", "email": ANN, "email_verified": true, "nickname": "ann" })
}

/// Somebody without an address.
fn guest() -> Value {
    json!({ "sub": "auth0|2002", "nickname": "guest" })
}

impl Scene {
    fn show(&self, token: &str) -> Request {
        self.show_in(SHARING, token)
    }

    fn show_in(&self, project: &str, token: &str) -> Request {
        let path = format!("{USER}?{}", query(project, "authZero", &[]));
        self.platform.get(&path).bearer(token)
    }

    fn check(&self, token: &str, device: &str) -> Request {
        let query = query(SHARING, "authZero", &[("deviceId", device)]);
        self.platform.get(&format!("{CHECK}?{query}")).bearer(token)
    }

    fn change(&self, token: &str, data: &Value) -> Request {
        let body = envelope(SHARING, "authZero", data);
        put(&self.platform, &body).bearer(token)
    }

    /// Changes nothing: the token of ours that is answered.
    async fn own_token(&self, token: &str) -> String {
        let changed = data(&self.change(token, &json!({})).send().await);
        changed["accessToken"].as_str().expect("a token").to_owned()
    }
}

/// The whole answer about a user of the issuer.
fn profile(username: Option<&str>, app_profile: &Value, sign_ins: &[i64]) -> String {
    let [username, sign_ins] = [json!(username), json!(sign_ins)];
    format!(
        "200\n{{\"result\":1,\"message\":\"OK\",\"data\":{{\"username\":{username},\"appProfile\":{app_profile},\
         \"loginHistory\":{sign_ins}}}}}"
    )
}

fn session_ended() -> String {
    refusal(401, "the session has ended", "invalid_token")
}

#[tokio::test]
async fn a_check_links_and_remembers_sign_ins_and_devices() {
    let scene = Scene::set().await;
    let token = scene.fake.id_token(ann());
    let seen = |sign_ins: &[i64]| profile(Some(ANN), &json!({}), sign_ins);
    let answer = scene.check(&token, DEVICE).send().await;
    assert_eq!(answer.whole(), seen(&[START]));
    let stored = Stored {
        accounts: 1,
        links: 1,
        members: 1,
        devices: 1,
        registrations: 1,
        ..Stored::default()
    };
    assert_eq!(scene.stored().await, stored);
    let before = scene.platform.dump().await;
    scene.platform.clock.advance_seconds(599);
    let again = scene.check(&token, DEVICE).send().await;
    assert_eq!(again.whole(), seen(&[START]));
    assert_eq!(scene.platform.dump().await, before, "not so soon");
    scene.platform.clock.advance_seconds(1);
    let later = scene.check(&token, DEVICE).send().await;
    assert_eq!(later.whole(), seen(&[START, START + 600]));
    scene.platform.clock.advance_seconds(1);
    let elsewhere = scene.check(&token, OTHER_DEVICE).send().await;
    let three = seen(&[START, START + 600, START + 601]);
    assert_eq!(elsewhere.whole(), three, "another device");
    let devices = Stored {
        devices: 2,
        ..stored
    };
    assert_eq!(scene.stored().await, devices);
    assert_eq!(scene.show(&token).send().await.whole(), three);
}

#[tokio::test]
async fn a_look_before_any_check_links_as_well() {
    let scene = Scene::set().await;
    for (claims, name) in [(ann(), ANN), (guest(), "guest")] {
        let token = scene.fake.id_token(claims);
        let expected = profile(Some(name), &json!({}), &[]);
        assert_eq!(scene.show(&token).send().await.whole(), expected);
        let before = scene.platform.dump().await;
        assert_eq!(scene.show(&token).send().await.whole(), expected);
        assert_eq!(scene.platform.dump().await, before);
    }
    let stored = scene.stored().await;
    assert_eq!((stored.accounts, stored.guests, stored.links), (1, 1, 2));
}

#[tokio::test]
async fn the_issuers_token_may_stand_in_the_query_of_a_check() {
    let scene = Scene::set().await;
    let token = scene.fake.id_token(ann());
    let parameters = [("deviceId", DEVICE), ("accessToken", token.as_str())];
    let path = format!("{CHECK}?{}", query(SHARING, "authZero", &parameters));
    let expected = profile(Some(ANN), &json!({}), &[START]);
    assert_eq!(scene.platform.get(&path).send().await.whole(), expected);
    let both = scene.platform.get(&path).bearer("garbage");
    assert_eq!(both.send().await.whole(), expected);
}

/// A change is answered with a token of ours, which then does what the issuer's does.
async fn expect_own_token(claims: Value, name: &str) {
    let scene = Scene::set().await;
    let token = scene.fake.id_token(claims);
    let kept = json!({ "level": 7, "pets": ["cat", { "name": "Ünder" }] });
    let wanted = json!({ "username": "Ann of the Lanterns", "appProfile": kept });
    let answer = scene.change(&token, &wanted).send().await;
    let changed = data(&answer);
    let own = changed["accessToken"].as_str().expect("a token").to_owned();
    let external_id = changed["externalId"].as_str().expect("an id").to_owned();
    assert_eq!(external_id.len(), 64);
    let expected = format!(
        "200\n{{\"result\":1,\"message\":\"{CREATED}\",\"data\":{{\"externalId\":\"{external_id}\",\"projectId\":\"{SHARING}\",\
         \"accessToken\":\"{own}\",\"appProfile\":{kept}}}}}"
    );
    assert_eq!(answer.whole(), expected, "{name}");
    let sessions = scene.platform.items("sessions").await;
    assert_eq!(sessions.len(), 1);
    assert_eq!(
        (&sessions[0]["dialect"], &sessions[0]["project"]),
        (&json!("identify"), &json!(SHARING))
    );
    let shown = |sign_ins: &[i64]| profile(Some("Ann of the Lanterns"), &kept, sign_ins);
    assert_eq!(scene.show(&own).send().await.whole(), shown(&[]), "{name}");
    assert_eq!(
        scene.check(&own, DEVICE).send().await.whole(),
        shown(&[START])
    );
    assert_eq!(scene.show(&token).send().await.whole(), shown(&[START]));
    let again = data(
        &scene
            .change(&own, &json!({ "appProfile": {} }))
            .send()
            .await,
    );
    assert_eq!(
        (&again["externalId"], &again["appProfile"]),
        (&json!(external_id), &json!({}))
    );
    assert_eq!(
        scene.platform.items("sessions").await.len(),
        1,
        "the same session"
    );
    let emptied = profile(Some("Ann of the Lanterns"), &json!({}), &[START]);
    assert_eq!(scene.show(&own).send().await.whole(), emptied);
    // In this project alone.
    scene.put(ISOLATED).await;
    let third = "11111111-2222-4333-8444-555555555555";
    scene.put(third).await;
    let stored = scene.stored().await;
    for project in [ISOLATED, third] {
        let elsewhere = scene.show_in(project, &own).send().await;
        assert_eq!(elsewhere.whole(), invalid_token(), "{name}");
    }
    assert_eq!(scene.stored().await, stored);
    scene.platform.clock.advance_seconds(3600);
    let over = scene.show(&own).send().await;
    assert_eq!(over.whole(), session_ended(), "{name}");
    assert_eq!(scene.show(&token).send().await.status, 200);
}

#[tokio::test]
async fn a_change_gives_an_account_a_token_of_ours() {
    expect_own_token(ann(), "account").await;
}

#[tokio::test]
async fn a_change_gives_a_guest_a_token_of_ours() {
    expect_own_token(guest(), "guest").await;
}

#[tokio::test]
async fn a_change_may_leave_everything_as_it_is() {
    let scene = Scene::set().await;
    let token = scene.fake.id_token(guest());
    let kept = json!({ "a": 1 });
    let first = json!({ "appProfile": kept });
    assert_eq!(
        data(&scene.change(&token, &first).send().await)["appProfile"],
        kept
    );
    scene.platform.clock.advance_seconds(60);
    for nothing in [
        json!({}),
        json!({ "username": null, "appProfile": null, "email": "x@y.example" }),
    ] {
        let answer = scene.change(&token, &nothing).send().await;
        assert_eq!(data(&answer)["appProfile"], kept);
    }
    let expected = profile(Some("guest"), &kept, &[]);
    assert_eq!(scene.show(&token).send().await.whole(), expected);
}

#[tokio::test]
async fn what_is_refused_makes_nobody() {
    let scene = Scene::set().await;
    let token = scene.fake.id_token(ann());
    let before = scene.platform.dump().await;
    let large = json!({ "a": "x".repeat(16 * 1024) });
    let invalid = |field: &str| refusal(400, &format!("{field} is not valid"), "bad_request");
    for (data, field) in [
        (json!({ "appProfile": large }), "appProfile"),
        (json!({ "appProfile": [] }), "appProfile"),
        (json!({ "appProfile": "{}" }), "appProfile"),
        (json!({ "username": 1 }), "username"),
        (json!({ "username": "n".repeat(129) }), "username"),
        (json!([]), "data"),
    ] {
        let answer = scene.change(&token, &data).send().await;
        assert_eq!(answer.whole(), invalid(field), "{data}");
    }
    let required = |field: &str| refusal(400, &format!("{field} is required"), "bad_request");
    let without = scene.change(&token, &Value::Null).send().await;
    assert_eq!(without.whole(), required("data"));
    let path = format!("{CHECK}?{}", query(SHARING, "authZero", &[]));
    let nowhere = scene.platform.get(&path).bearer(&token).send().await;
    assert_eq!(nowhere.whole(), required("deviceId"));
    let garbage = scene.check(&token, "garbage").send().await;
    assert_eq!(garbage.whole(), invalid("deviceId"));
    assert_eq!(scene.platform.dump().await, before);
    let nearly = json!({ "appProfile": { "a": "x".repeat(16 * 1024 - 8) } });
    assert_eq!(scene.change(&token, &nearly).send().await.status, 200);
}

#[tokio::test]
async fn tokens_that_are_not_good_open_nothing() {
    let scene = Scene::set().await;
    let fake = &scene.fake;
    let claims = fake.claims(ann());
    let without_kid = fake.sign(&json!({ "typ": "JWT", "alg": "RS256" }), &claims);
    let other_app = fake.id_token(json!({ "sub": "auth0|1001", "aud": "another-client" }));
    let before = scene.platform.dump().await;
    for token in [&without_kid, &other_app, "garbage"] {
        let requests = [
            scene.show(token),
            scene.check(token, DEVICE),
            scene.change(token, &json!({ "username": "Mallory" })),
        ];
        for request in requests {
            assert_eq!(request.send().await.whole(), invalid_token(), "{token}");
        }
    }
    let missing = refusal(401, "an access token is required", "invalid_token");
    let path = |route: &str, device| format!("{route}?{}", query(SHARING, "authZero", device));
    let body = envelope(SHARING, "authZero", &json!({}));
    for request in [
        scene.platform.get(&path(USER, &[])),
        scene.platform.get(&path(CHECK, &[])),
        put(&scene.platform, &body),
    ] {
        let answer = request.send().await;
        assert_eq!(answer.whole(), missing);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    assert_eq!(scene.platform.dump().await, before);
}

#[tokio::test]
async fn a_second_factor_is_not_replaced_by_a_providers_word() {
    let scene = Scene::set().await;
    let platform = &scene.platform;
    factor::account_with(platform, ANN, "sms").await;
    let token = scene.fake.id_token(ann());
    let expected = profile(Some(ANN), &json!({}), &[]);
    assert_eq!(scene.show(&token).send().await.whole(), expected);
    let before = platform.dump().await;
    let changes = json!({ "username": "Mallory", "appProfile": { "a": 1 } });
    let answer = scene.change(&token, &changes).send().await;
    let told = refusal(401, "second factor required", "invalid_credentials");
    assert_eq!(answer.whole(), told);
    assert_eq!(
        platform.dump().await,
        before,
        "no session, and nothing changed"
    );
    let checked = scene.check(&token, DEVICE).send().await;
    assert_eq!(checked.whole(), profile(Some(ANN), &json!({}), &[START]));
    assert_eq!(platform.items("sessions").await.len(), 0);
}

#[tokio::test]
async fn a_guest_is_nobody_where_accounts_are_asked_for() {
    let scene = Scene::set().await;
    let platform = &scene.platform;
    let own = scene.own_token(&scene.fake.id_token(guest())).await;
    let before = platform.dump().await;
    let password = json!({ "previousPassword": PASSWORD, "password": NEW_PASSWORD });
    let body = |data: &Value| envelope(SHARING, "awsCognito", data);
    let show = query(SHARING, "awsCognito", &[("deviceId", DEVICE)]);
    for request in [
        platform.get(&format!("{USER}?{show}")),
        platform.get(&format!("{CHECK}?{show}")),
        put(
            platform,
            &body(&json!({ "nickname": "n", "custom:a": "1", "email": ANN })),
        ),
        platform
            .post(&format!("{USER}/logout"))
            .json(&body(&json!({}))),
        platform
            .request(http::Method::PUT, &format!("{USER}/change-password"))
            .json(&body(&password)),
    ] {
        let answer = request.bearer(&own).send().await;
        assert_eq!(answer.whole(), invalid_token());
    }
    assert_eq!(platform.dump().await, before);
    // Nor in another dialect.
    for path in ["/user-service/v1/users/status", "/rbac/users"] {
        let answer = platform.get(path).bearer(&own).send().await;
        assert!(matches!(answer.status, 401 | 403), "{}", answer.whole());
    }
    assert_eq!(scene.show(&own).send().await.status, 200);
}

#[tokio::test]
async fn a_linked_account_is_the_same_by_either_name() {
    let scene = Scene::set().await;
    let platform = &scene.platform;
    platform.register_confirmed(ANN).await;
    let own = scene.own_token(&scene.fake.id_token(ann())).await;
    let path = format!("{USER}?{}", query(SHARING, "awsCognito", &[]));
    let shown = data(&platform.get(&path).bearer(&own).send().await);
    assert_eq!(shown["email"], ANN);
    assert_eq!(
        text(&scene.links().await[0], "user_id"),
        shown["data"]["userId"]
    );
    let login = data(&signing_in(platform, SHARING, ANN, PASSWORD).send().await);
    let by_password = login["accessToken"].as_str().expect("a token");
    let expected = profile(Some(ANN), &json!({}), &[START]);
    assert_eq!(scene.show(by_password).send().await.whole(), expected);
    let changed = data(&scene.change(by_password, &json!({})).send().await);
    assert_eq!(changed["externalId"], login["externalId"]);
}

/// Ends whatever sessions the account has.
async fn change_password(scene: &Scene) -> Answer {
    let login = data(
        &signing_in(&scene.platform, SHARING, ANN, PASSWORD)
            .send()
            .await,
    );
    let token = login["accessToken"].as_str().expect("a token");
    let change = json!({ "previousPassword": PASSWORD, "password": NEW_PASSWORD });
    let body = envelope(SHARING, "awsCognito", &change);
    let path = format!("{USER}/change-password");
    let request = scene.platform.request(http::Method::PUT, &path);
    request.json(&body).bearer(token).send().await
}

#[tokio::test]
async fn what_ends_an_accounts_sessions_ends_those_by_its_issuer() {
    let scene = Scene::set().await;
    let platform = &scene.platform;
    platform.register_confirmed(ANN).await;
    let token = scene.fake.id_token(ann());
    let own = scene.own_token(&token).await;
    assert_eq!(change_password(&scene).await.status, 200);
    assert_eq!(scene.show(&own).send().await.whole(), session_ended());
    let own = scene.own_token(&token).await;
    crate::user_service::set_on_account(platform, 1, "suspended", true).await;
    for request in [
        scene.show(&token),
        scene.check(&token, DEVICE),
        scene.change(&token, &json!({})),
    ] {
        assert_eq!(request.send().await.whole(), super::barred());
    }
    crate::user_service::set_on_account(platform, 1, "suspended", false).await;
    let user_service = platform.signed_in(ANN, NEW_PASSWORD).await.access_token;
    let delete = platform
        .delete("/user-service/v1/users/user")
        .bearer(&user_service);
    assert_eq!(delete.send().await.status, 204);
    assert_eq!(scene.show(&own).send().await.whole(), session_ended());
    platform.deliver().await;
    assert_eq!(scene.show(&own).send().await.whole(), session_ended());
    assert_eq!(scene.stored().await.links, 0);
}
