//! Whom a pool knows, and what of them comes along.

use local::projects::{ISOLATED, SHARING};
use serde_json::{Value, json};

use super::{ANN, BEN, POOL_PASSWORD, REFUSED, Scene, WRONG, put_pool, signing_in, users};
use crate::harness::{PASSWORD, Platform, code_in};

/// Keys and texts of an attribute item.
fn texts(item: &Value) -> Value {
    let entries = item["entries"].as_object().expect("a map");
    let texts = entries
        .iter()
        .map(|(key, held)| (key.clone(), held["text"].clone()));
    texts.collect::<serde_json::Map<_, _>>().into()
}

#[tokio::test]
async fn who_signs_in_as_there_has_an_account_here_from_then_on() {
    let scene = Scene::set().await;
    let known = json!({
        "email_verified": "true", "nickname": "annie", "given_name": "Ann", "family_name": "Example",
        "custom:team": "red", "custom:empty": "", "phone_number": "+4915112345678",
    });
    scene.pool.pool_user(ANN, POOL_PASSWORD, known);
    let answer = scene.login(" Ann@Example.com ", POOL_PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(scene.calls(), 2);
    let data = answer.json()["data"].clone();
    let accounts = scene.accounts().await;
    let [account] = &accounts[..] else {
        panic!("{accounts:?}");
    };
    assert_eq!(
        account["pk"],
        format!("user#{}", data["userId"].as_str().expect("an id"))
    );
    for (member, value) in [
        ("email", json!(ANN)),
        ("realm", json!("default")),
        ("first_name", json!("Ann")),
        ("last_name", json!("Example")),
        ("nickname", json!("annie")),
        ("confirmed", json!(true)),
        ("email_proved_at", json!(1_767_225_600_000_i64)),
    ] {
        assert_eq!(account.get(member), Some(&value), "{member}");
    }
    let attributes = scene.platform.items("attributes").await;
    assert_eq!(
        texts(&json!(attributes[0])),
        json!({ "empty": "", "team": "red" })
    );
    let dump = scene.platform.dump().await;
    assert!(!dump.contains(POOL_PASSWORD) && !dump.contains("access token of"));
    assert_eq!(scene.platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn the_pool_is_asked_once_and_may_go_then() {
    let scene = Scene::set().await;
    assert_eq!(scene.login(ANN, POOL_PASSWORD).await.status, 200);
    assert_eq!(scene.calls(), 2);
    assert_eq!(scene.login(ANN, POOL_PASSWORD).await.status, 200);
    assert_eq!(scene.login(ANN, WRONG).await.whole(), REFUSED);
    assert_eq!(scene.calls(), 2);
    scene.pool.go_away().await;
    assert_eq!(scene.login(ANN, POOL_PASSWORD).await.status, 200);
    assert_eq!(scene.accounts().await.len(), 1);
}

#[tokio::test]
async fn who_was_taken_over_signs_in_by_other_documents_too() {
    let scene = Scene::set().await;
    let before = scene.platform.login(ANN, POOL_PASSWORD).await;
    assert_eq!((before.status, scene.calls()), (401, 0));
    let data = scene.login(ANN, POOL_PASSWORD).await.json()["data"].clone();
    let session = scene.platform.signed_in(ANN, POOL_PASSWORD).await;
    let account = scene.accounts().await.remove(0);
    assert_eq!(session.user["id"], account["user_number"]);
    assert_eq!(
        account["pk"],
        format!("user#{}", data["userId"].as_str().expect("an id"))
    );
    let body = json!({ "login": ANN, "password": POOL_PASSWORD });
    let by_cookie = scene
        .platform
        .post("/session/login")
        .json(&body)
        .send()
        .await;
    assert_eq!(by_cookie.status, 200, "{}", by_cookie.body);
    assert_eq!(scene.calls(), 2);
}

#[tokio::test]
async fn an_own_realm_keeps_whom_it_took_over_to_itself() {
    let scene = Scene::set().await;
    put_pool(&scene.platform, &scene.pool, ISOLATED).await;
    let isolated = || signing_in(&scene.platform, ISOLATED, ANN, POOL_PASSWORD).send();
    assert_eq!(isolated().await.status, 200);
    assert_eq!(isolated().await.status, 200);
    assert_eq!(scene.calls(), 2);
    assert_eq!(scene.platform.login(ANN, POOL_PASSWORD).await.status, 401);
    // The other realm takes her over by itself.
    assert_eq!(scene.login(ANN, POOL_PASSWORD).await.status, 200);
    assert_eq!(scene.calls(), 4);
    let accounts = scene.accounts().await;
    let mut realms: Vec<_> = accounts.iter().map(|account| &account["realm"]).collect();
    realms.dedup();
    assert_eq!((accounts.len(), realms.len()), (2, 2));
}

#[tokio::test]
async fn a_password_that_our_rule_would_refuse_is_taken_over() {
    let scene = Scene::set().await;
    scene
        .pool
        .pool_user(BEN, "123456", json!({ "email_verified": "true" }));
    for _ in 0..2 {
        assert_eq!(scene.login(BEN, "123456").await.status, 200);
    }
    assert_eq!(scene.platform.login(BEN, "123456").await.status, 200);
    assert_eq!(scene.calls(), 2);
}

#[tokio::test]
async fn attributes_come_along_as_far_as_they_fit() {
    let scene = Scene::set().await;
    let mut known = json!({ "email_verified": "true" });
    for number in 0..50 {
        known[format!("custom:{number:02}")] = json!("t".repeat(2048));
    }
    scene.pool.pool_user(ANN, POOL_PASSWORD, known);
    assert_eq!(scene.login(ANN, POOL_PASSWORD).await.status, 200);
    let attributes = scene.platform.items("attributes").await.remove(0);
    assert_eq!(
        texts(&json!(attributes))
            .as_object()
            .map(serde_json::Map::len),
        Some(15)
    );
    assert_eq!(attributes["bytes_held"], json!(15 * 2050));
}

#[tokio::test]
async fn closed_registration_keeps_nobody_of_the_pool_out() {
    let scene = Scene::with(&[("OPEN_REGISTRATION", "off")]).await;
    assert_eq!(scene.login(ANN, POOL_PASSWORD).await.status, 200);
    assert_eq!(scene.login(BEN, POOL_PASSWORD).await.whole(), REFUSED);
    assert_eq!(scene.accounts().await.len(), 1);
}

#[tokio::test]
async fn an_address_that_the_pool_has_not_verified_is_to_be_confirmed() {
    let scene = Scene::set().await;
    scene
        .pool
        .pool_user(BEN, POOL_PASSWORD, json!({ "email_verified": "false" }));
    for _ in 0..2 {
        let answer = scene.login(BEN, POOL_PASSWORD).await;
        assert_eq!(
            (answer.status, &answer.json()["data"]["code"]),
            (403, &json!("not_confirmed"))
        );
        // Only who has the password is told.
        assert_eq!(scene.login(BEN, WRONG).await.whole(), REFUSED);
    }
    assert_eq!(scene.calls(), 2);
    let account = scene.accounts().await.remove(0);
    assert_eq!(
        (&account["confirmed"], account.get("email_proved_at")),
        (&json!(false), None)
    );
    assert_eq!(scene.platform.items("sessions").await, []);
    let mails = scene.platform.deliver().await;
    assert_eq!(mails.len(), 1);
    let code = json!({ "code": code_in(&mails[0].text) });
    let activate = scene
        .platform
        .post("/user-service/v1/users/activate")
        .json(&code);
    assert_eq!(activate.send().await.status, 200);
    assert_eq!(scene.login(BEN, POOL_PASSWORD).await.status, 200);
    assert_eq!(scene.calls(), 2);
}

#[tokio::test]
async fn where_addresses_are_not_confirmed_an_unverified_one_is_taken_over_unproved() {
    let scene = Scene::with(&[("EMAIL_CONFIRMATION", "off")]).await;
    scene.pool.pool_user(BEN, POOL_PASSWORD, json!({}));
    assert_eq!(scene.login(BEN, POOL_PASSWORD).await.status, 200);
    assert_eq!(scene.login(ANN, POOL_PASSWORD).await.status, 200);
    let accounts = scene.accounts().await;
    let proved = |email: &str| {
        let account = accounts.iter().find(|account| account["email"] == email);
        let account = account.expect("an account");
        (
            account["confirmed"].clone(),
            account.contains_key("email_proved_at"),
        )
    };
    assert_eq!(proved(BEN), (json!(true), false));
    assert_eq!(proved(ANN), (json!(true), true));
    assert_eq!(scene.platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn mails_to_who_was_taken_over_are_in_the_language_of_the_sign_in() {
    let scene = Scene::set().await;
    let request = signing_in(&scene.platform, SHARING, ANN, POOL_PASSWORD);
    let answer = request.header("accept-language", "de").send().await;
    assert_eq!(answer.status, 200);
    assert_eq!(scene.accounts().await[0]["user_language"], "de");
}

#[tokio::test]
async fn without_a_pool_nobody_is_asked() {
    let platform = Platform::start().await;
    let pool = crate::harness::FakeProviders::start().await;
    pool.pool_user(ANN, POOL_PASSWORD, json!({ "email_verified": "true" }));
    let answer = signing_in(&platform, SHARING, ANN, POOL_PASSWORD)
        .send()
        .await;
    assert_eq!(answer.whole(), REFUSED);
    assert_eq!(users(&platform, "user#").await, []);
    assert_eq!(pool.calls("/"), 0);
}

#[tokio::test]
async fn an_account_that_is_here_costs_no_call_more_where_there_is_a_pool() {
    let scene = Scene::set().await;
    let platform = &scene.platform;
    platform.register_confirmed(BEN).await;
    let sign_in = async || {
        // The first one of a device is another.
        for _ in 0..2 {
            platform.connector.forget();
            let body = json!({
                "projectId": SHARING, "strategy": "email", "provider": "awsCognito",
                "data": { "email": BEN, "password": PASSWORD, "deviceId": "3fa85f64-5717-4562-b3fc-2c963f66afa6" },
            });
            let request = platform
                .request(http::Method::PUT, super::LOGIN)
                .json(&body);
            assert_eq!(request.send().await.status, 200);
        }
        platform.connector.round_trips()
    };
    let with_pool = sign_in().await;
    let settings = json!({ "providers": { "awsCognito": {} } });
    platform.put_project(SHARING, &settings).await;
    assert_eq!(with_pool, sign_in().await);
    assert_eq!(scene.calls(), 0);
}
