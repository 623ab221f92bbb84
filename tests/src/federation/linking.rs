//! Who is linked with which account: what the provider says of the address against what we know of it.

use aws_sdk_dynamodb::types::AttributeValue;
use futures::stream::{self, StreamExt as _};
use local::projects::{ISOLATED, SHARING};
use serde_json::{Value, json};

use super::{
    ANN, NEW_PASSWORD, Scene, Stored, barred, members_of, refusal, signing_in, social, text,
};
use crate::harness::{
    Answer, PASSWORD, Platform, code_in, password_in, reset_code_in, reset_link_in,
};
use crate::security::factor;
use crate::user_service::{administrator, set_on_account};

const REGISTER_003: &str = "/session/register";
const CHECK_003: &str = "/session/check";
const V1: &str = "/user-service/v1/users";

/// Whose address a provider tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Local {
    Nobody,
    Proved,
    /// An administrator has taken the confirmation back since.
    TakenBack,
    /// Where addresses need no confirmation.
    Unproved,
    NeverConfirmed,
    /// By a registration that also signs in.
    SignedIn,
    Suspended,
    BlackListed,
}

/// What becomes of whom the provider vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Account,
    Linked,
    TakenOver,
    Guest,
    Refused,
}

const ALL: [Local; 8] = [
    Local::Nobody,
    Local::Proved,
    Local::TakenBack,
    Local::Unproved,
    Local::NeverConfirmed,
    Local::SignedIn,
    Local::Suspended,
    Local::BlackListed,
];

impl Local {
    async fn scene(self) -> Scene {
        let confirmation = if self == Self::Unproved { "off" } else { "on" };
        let scene = Scene::with(&[("EMAIL_CONFIRMATION", confirmation)]).await;
        let platform = &scene.platform;
        match self {
            Self::Nobody => {}
            Self::Proved => {
                platform.register_confirmed(ANN).await;
            }
            Self::Unproved | Self::NeverConfirmed => {
                platform.register(ANN).await;
            }
            Self::SignedIn => {
                signed_in_by_registering(platform).await;
            }
            Self::TakenBack => {
                platform.register_confirmed(ANN).await;
                set_on_account(platform, 1, "confirmed", false).await;
            }
            Self::Suspended | Self::BlackListed => {
                platform.register_confirmed(ANN).await;
                let field = match self {
                    Self::Suspended => "suspended",
                    _ => "black_listed",
                };
                set_on_account(platform, 1, field, true).await;
            }
        }
        scene
    }

    fn outcome(self, verified: &Value) -> Outcome {
        if *verified != true {
            return Outcome::Guest;
        }
        match self {
            Self::Nobody => Outcome::Account,
            Self::Proved => Outcome::Linked,
            Self::Unproved => Outcome::Guest,
            Self::NeverConfirmed | Self::SignedIn => Outcome::TakenOver,
            Self::Suspended | Self::BlackListed | Self::TakenBack => Outcome::Refused,
        }
    }
}

/// Registers through document 003; the cookie.
async fn signed_in_by_registering(platform: &Platform) -> String {
    let body = json!({ "login": ANN, "password": PASSWORD });
    let answer = platform.post(REGISTER_003).json(&body).send().await;
    assert_eq!(answer.status, 200, "{}", answer.whole());
    let cookie = answer.header("set-cookie").expect("a cookie");
    cookie.split(';').next().expect("a value").to_owned()
}

async fn is_signed_in(platform: &Platform, cookie: &str) -> bool {
    let request = platform.get(CHECK_003).header("cookie", cookie);
    request.send().await.status == 200
}

fn ann() -> Value {
    json!({ "sub": "1001", "email": ANN, "email_verified": true, "nickname": "ann" })
}

/// What is stored of accounts, but for what leads to users from outside.
async fn users(scene: &Scene) -> String {
    let mut items = scene.platform.items("users").await;
    items.retain(|item| !text(item, "pk").starts_with("provider#"));
    json!(items).to_string()
}

fn not_confirmed() -> String {
    refusal(403, "the account has not been activated", "not_confirmed")
}

async fn expect(local: Local, claim: Value) {
    let what = format!("{local:?}, {claim}");
    let scene = local.scene().await;
    let (before, users_before) = (scene.platform.dump().await, users(&scene).await);
    let stored = scene.stored().await;
    let mut claims = ann();
    claims["email_verified"] = claim.clone();
    let answer = scene.google(claims.clone()).send().await;
    let outcome = local.outcome(&claim);
    if outcome == Outcome::Refused {
        let told = match local {
            Local::TakenBack => not_confirmed(),
            _ => barred(),
        };
        assert_eq!(answer.whole(), told, "{what}");
        assert_eq!(scene.platform.dump().await, before, "{what}");
        return;
    }
    assert_eq!(answer.status, 200, "{what}: {}", answer.whole());
    assert_eq!(answer.json()["data"]["email"], ANN, "{what}");
    let now = scene.stored().await;
    let is = |outcomes: &[Outcome]| usize::from(outcomes.contains(&outcome));
    let made = is(&[Outcome::Account, Outcome::Guest]);
    let expected = Stored {
        accounts: stored.accounts + is(&[Outcome::Account]),
        guests: is(&[Outcome::Guest]),
        links: 1,
        members: 1,
        devices: 0,
        registrations: usize::from(stored.registrations + made > 0),
    };
    assert_eq!(now, expected, "{what}");
    let untouched = matches!(outcome, Outcome::Guest | Outcome::Linked);
    assert_eq!(users(&scene).await == users_before, untouched, "{what}");
    let account = scene.accounts().await.into_iter().next();
    let own = account.map(|account| text(&account, "pk").replace("user#", ""));
    let linked = scene.links().await[0]["user_id"].clone();
    assert_eq!(
        Some(linked) == own.map(Value::from),
        outcome != Outcome::Guest,
        "{what}"
    );
    if outcome == Outcome::TakenOver {
        let login = scene.platform.login(ANN, PASSWORD).await;
        assert_eq!(login.status, 401, "{what}");
    }
    let again = scene.google(claims).send().await;
    assert_eq!(again.whole(), answer.whole(), "{what}");
    assert_eq!(scene.stored().await, expected, "{what}");
}

#[tokio::test]
async fn all_that_a_provider_says_meets_all_that_we_know() {
    let says = [
        json!(true),
        json!(false),
        Value::Null,
        json!("true"),
        json!(1),
    ];
    let cases = ALL.into_iter().flat_map(|local| {
        let says = says.clone().into_iter();
        says.map(move |claim| expect(local, claim))
    });
    stream::iter(cases)
        .buffer_unordered(4)
        .collect::<Vec<()>>()
        .await;
}

#[tokio::test]
async fn a_stranger_who_registered_first_keeps_nothing() {
    let scene = Scene::set().await;
    let platform = &scene.platform;
    platform.register(ANN).await;
    let code = code_in(&platform.deliver().await[0].text);
    factor::ask_for(platform, ANN, "sms").await;
    let former = scene.accounts().await.remove(0);
    platform.clock.advance_seconds(60);
    let seen = scene.google(ann()).send().await;
    assert_eq!(
        seen.whole(),
        social(super::START + 60, None, Some(ANN), &[])
    );
    let account = scene.accounts().await.remove(0);
    assert_eq!(account["pk"], former["pk"], "it is the same account");
    assert_eq!(account["confirmed"], true);
    assert_eq!(account["email_proved_at"], (super::START + 60) * 1000);
    let raised = former["credential_version"].as_i64().expect("a version") + 1;
    assert_eq!(account["credential_version"], raised);
    assert!(!account.contains_key("second_factor"));
    let users = platform.items("users").await;
    let credential = users
        .iter()
        .find(|item| text(item, "pk").starts_with("email#"));
    let credential = credential.expect("a credential");
    assert_eq!(credential["credential_version"], raised);
    for gone in ["password_hash", "never_confirmed", "totp_seed"] {
        assert!(!credential.contains_key(gone), "{gone}");
    }
    let activate = platform
        .post(&format!("{V1}/activate"))
        .json(&json!({ "code": code }));
    assert_eq!(activate.send().await.status, 400, "the code is void");
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
    let login = signing_in(platform, SHARING, ANN, PASSWORD).send().await;
    assert_eq!(login.status, 401, "{}", login.whole());
}

#[tokio::test]
async fn an_activation_that_waits_to_be_mailed_is_not_needed_any_more() {
    let scene = Scene::set().await;
    scene.platform.register(ANN).await;
    assert_eq!(scene.google(ann()).send().await.status, 200);
    assert_eq!(scene.platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn the_session_of_a_stranger_ends() {
    let scene = Scene::set().await;
    let held = signed_in_by_registering(&scene.platform).await;
    assert!(is_signed_in(&scene.platform, &held).await);
    assert_eq!(scene.google(ann()).send().await.status, 200);
    assert!(!is_signed_in(&scene.platform, &held).await);
}

/// Signs in through every dialect: how each is asked whether it still holds.
async fn everywhere(platform: &Platform) -> Vec<(&'static str, String, String)> {
    let user_service = platform.signed_in(ANN, PASSWORD).await.access_token;
    let security = platform.security_token(ANN).await;
    let rbac = platform.rbac_token(ANN).await;
    let body = json!({ "login": ANN, "password": PASSWORD });
    let session = platform.post("/session/login").json(&body).send().await;
    let cookie = session.header("set-cookie").expect("a cookie");
    let cookie = cookie.split(';').next().expect("a value").to_owned();
    let identify = signing_in(platform, SHARING, ANN, PASSWORD).send().await;
    let identify = super::data(&identify)["accessToken"].clone();
    let profile = format!(
        "{}?{}",
        super::USER,
        super::query(SHARING, "awsCognito", &[])
    );
    let bearer = |token: &str| format!("Bearer {token}");
    vec![
        (
            "authorization",
            format!("{V1}/status"),
            bearer(&user_service),
        ),
        (
            "authorization",
            "/security/api/v1/oauth2?me=true".to_owned(),
            bearer(&security),
        ),
        ("authorization", "/rbac/users".to_owned(), bearer(&rbac)),
        ("cookie", CHECK_003.to_owned(), cookie),
        (
            "authorization",
            profile,
            bearer(identify.as_str().expect("a token")),
        ),
    ]
}

/// What the dialects answer to a session that holds; document 002 does not show a list of its users to everybody.
const HOLDING: [u16; 5] = [200, 200, 403, 200, 200];

/// The dialects' answers.
async fn hold(platform: &Platform, held: &[(&'static str, String, String)]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for (header, path, value) in held {
        let answer = platform.get(path).header(header, value).send().await;
        statuses.push(answer.status);
    }
    statuses
}

#[tokio::test]
async fn a_proved_account_keeps_its_password_and_its_sessions() {
    let scene = Scene::set().await;
    let platform = &scene.platform;
    platform.register_confirmed(ANN).await;
    let held = everywhere(platform).await;
    assert_eq!(hold(platform, &held).await, HOLDING);
    let (accounts, stored) = (users(&scene).await, scene.stored().await);
    assert_eq!(scene.google(ann()).send().await.status, 200);
    assert_eq!(hold(platform, &held).await, HOLDING);
    assert_eq!(users(&scene).await, accounts);
    let linked = Stored { links: 1, ..stored };
    assert_eq!(scene.stored().await, linked, "the project knew it before");
    platform.signed_in(ANN, PASSWORD).await;
}

#[tokio::test]
async fn an_account_that_is_taken_over_has_no_sessions_anywhere() {
    let scene = Scene::set().await;
    let platform = &scene.platform;
    platform.register_confirmed(ANN).await;
    let held = everywhere(platform).await;
    assert_eq!(hold(platform, &held).await, HOLDING);
    // As if it had never been confirmed, which sessions of most dialects demand.
    let pk = text(&scene.accounts().await[0], "pk").to_owned();
    let update = platform
        .database()
        .update_item()
        .table_name("gatehouse-users");
    let update = update
        .key("pk", AttributeValue::S(pk))
        .update_expression("SET confirmed = :false REMOVE email_proved_at")
        .expression_attribute_values(":false", AttributeValue::Bool(false));
    update.send().await.expect("the item can be changed");
    let users = platform.items("users").await;
    let mut keys = users.iter().map(|item| text(item, "pk"));
    let credential = keys.find(|pk| pk.starts_with("email#"));
    let update = platform
        .database()
        .update_item()
        .table_name("gatehouse-users");
    let update = update
        .key(
            "pk",
            AttributeValue::S(credential.expect("a credential").to_owned()),
        )
        .update_expression("SET never_confirmed = :true")
        .expression_attribute_values(":true", AttributeValue::Bool(true));
    update.send().await.expect("the item can be changed");
    assert_eq!(scene.google(ann()).send().await.status, 200);
    let after = hold(platform, &held).await;
    assert!(
        after.iter().all(|status| matches!(status, 401 | 403)),
        "{after:?}"
    );
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
}

#[tokio::test]
async fn one_name_at_several_providers_is_several_users() {
    let scene = Scene::set().await;
    let fake = &scene.fake;
    let nobody = json!({ "sub": "1001" });
    let google = scene.google(nobody.clone());
    let path = format!("{}?{}", super::USER, super::query(SHARING, "authZero", &[]));
    let auth_zero = scene.platform.get(&path).bearer(&fake.id_token(nobody));
    let token = fake.facebook_token(json!({ "id": "1001" }));
    let facebook = scene.ask_in(SHARING, "facebook", &token);
    let pair = fake.twitter_pair(json!({ "id_str": "1001" }));
    let twitter = scene.ask_with("twitter", &[("userId", "1001"), ("accessToken", &pair)]);
    for request in [google, auth_zero, facebook, twitter] {
        let answer = request.send().await;
        assert_eq!(answer.status, 200, "{}", answer.whole());
    }
    let stored = scene.stored().await;
    assert_eq!((stored.guests, stored.links), (4, 4));
    let links = scene.links().await;
    let digests: Vec<_> = links
        .iter()
        .map(|link| text(link, "pk").to_owned())
        .collect();
    for provider in ["google", "authZero", "facebook", "twitter"] {
        let start = format!("provider#{SHARING}#{provider}#");
        assert!(
            digests.iter().any(|pk| pk.starts_with(&start)),
            "{provider}"
        );
    }
}

#[tokio::test]
async fn projects_know_their_guests_alone_and_share_accounts() {
    let scene = Scene::set().await;
    let third = "11111111-2222-4333-8444-555555555555";
    scene.put(third).await;
    scene.put(ISOLATED).await;
    let nobody = scene
        .fake
        .id_token(json!({ "sub": "2002", "nickname": "nobody" }));
    let somebody = scene.fake.id_token(ann());
    for project in [SHARING, third, ISOLATED] {
        for token in [&nobody, &somebody] {
            let seen = scene.ask_in(project, "google", token).send().await;
            assert_eq!(seen.status, 200, "{}", seen.whole());
        }
    }
    let stored = scene.stored().await;
    assert_eq!((stored.guests, stored.accounts, stored.links), (3, 2, 6));
    let accounts = scene.accounts().await;
    let realms: Vec<_> = accounts
        .iter()
        .map(|account| text(account, "realm"))
        .collect();
    assert!(
        realms.contains(&"default") && realms.contains(&ISOLATED),
        "{realms:?}"
    );
    for account in &accounts {
        let id = text(account, "pk").replace("user#", "");
        let projects = members_of(&scene.members().await, &id);
        let expected = match text(account, "realm") {
            "default" => vec![third.to_owned(), SHARING.to_owned()],
            _ => vec![ISOLATED.to_owned()],
        };
        assert_eq!(projects, expected);
    }
}

#[tokio::test]
async fn an_isolated_realm_sees_no_account_of_another() {
    let scene = Scene::set().await;
    scene.put(ISOLATED).await;
    scene.platform.register_confirmed(ANN).await;
    let token = scene.fake.id_token(ann());
    let seen = scene.ask_in(ISOLATED, "google", &token).send().await;
    assert_eq!(seen.status, 200, "{}", seen.whole());
    assert_eq!(scene.stored().await.accounts, 2);
    assert_eq!(text(&scene.members().await[0], "device_id"), ISOLATED);
    let linked = scene.links().await[0]["user_id"].clone();
    let accounts = scene.accounts().await;
    let isolated = accounts
        .iter()
        .find(|account| text(account, "realm") == ISOLATED);
    assert_eq!(
        json!(text(isolated.expect("an account"), "pk").replace("user#", "")),
        linked
    );
    scene.platform.signed_in(ANN, PASSWORD).await;
}

async fn delete(platform: &Platform) {
    let token = platform.signed_in(ANN, PASSWORD).await.access_token;
    let delete = platform.delete(&format!("{V1}/user")).bearer(&token);
    assert_eq!(delete.send().await.status, 204);
}

#[tokio::test]
async fn who_deleted_the_account_is_seen_for_the_first_time_again() {
    for delivered_first in [true, false] {
        let scene = Scene::set().await;
        let platform = &scene.platform;
        platform.register_confirmed(ANN).await;
        assert_eq!(scene.google(ann()).send().await.status, 200);
        let nobody = json!({ "sub": "2002" });
        assert_eq!(scene.google(nobody).send().await.status, 200);
        let former = text(&scene.accounts().await[0], "pk").replace("user#", "");
        delete(platform).await;
        if delivered_first {
            platform.deliver().await;
            let stored = scene.stored().await;
            assert_eq!((stored.accounts, stored.links, stored.members), (0, 1, 1));
        }
        platform.clock.advance_seconds(60);
        let seen = scene.google(ann()).send().await;
        let expected = social(super::START + 60, Some("ann"), Some(ANN), &[]);
        assert_eq!(seen.whole(), expected, "{delivered_first}");
        platform.deliver().await;
        let stored = scene.stored().await;
        assert_eq!(
            (stored.accounts, stored.links, stored.members, stored.guests),
            (1, 2, 2, 1),
            "{delivered_first}: the guest stays, and what leads to the new account",
        );
        let new = text(&scene.accounts().await[0], "pk").replace("user#", "");
        assert_ne!(new, former);
        assert!(members_of(&scene.members().await, &former).is_empty());
        assert!(
            scene
                .links()
                .await
                .iter()
                .any(|link| link["user_id"] == new)
        );
        let again = scene.google(ann()).send().await;
        assert_eq!(again.whole(), expected);
        assert_eq!(scene.stored().await, stored);
    }
}

#[tokio::test]
async fn who_came_by_a_provider_gets_a_password_by_mail() {
    let scene = Scene::set().await;
    let platform = &scene.platform;
    assert_eq!(scene.google(ann()).send().await.status, 200);
    for password in [PASSWORD, ""] {
        let login = signing_in(platform, SHARING, ANN, password).send().await;
        assert_eq!(login.whole(), barred(), "there is no password yet");
    }
    platform.clock.advance_seconds(1);
    let ask = platform
        .post(&format!("{V1}/newPassword"))
        .json(&json!({ "email": ANN }));
    assert_eq!(ask.send().await.status, 200);
    let password = password_in(&platform.deliver().await[0].text);
    platform.signed_in(ANN, &password).await;
    let seen = scene.google(ann()).send().await;
    assert_eq!(seen.status, 200, "{}", seen.whole());
    assert_eq!(scene.stored().await.accounts, 1);
}

#[tokio::test]
async fn who_came_by_a_provider_sets_a_password_by_a_mailed_link() {
    let scene = Scene::set().await;
    let platform = &scene.platform;
    assert_eq!(scene.google(ann()).send().await.status, 200);
    platform.clock.advance_seconds(1);
    let ask = platform
        .post("/session/reset-password")
        .json(&json!({ "login": ANN }));
    assert_eq!(ask.send().await.status, 204);
    let mail = platform.deliver().await.remove(0);
    let page = platform.get(&reset_link_in(&mail.text)).send().await;
    assert_eq!(page.status, 200);
    let done = platform
        .reset(&reset_code_in(&mail.text), NEW_PASSWORD)
        .await;
    assert!(done.status < 400, "{}", done.whole());
    platform.signed_in(ANN, NEW_PASSWORD).await;
    assert_eq!(scene.google(ann()).send().await.status, 200);
    assert_eq!(scene.stored().await.links, 1);
}

#[tokio::test]
async fn who_is_linked_stays_out_while_the_account_is_not_confirmed() {
    let scene = Scene::set().await;
    assert_eq!(scene.google(ann()).send().await.status, 200);
    set_on_account(&scene.platform, 1, "confirmed", false).await;
    let before = scene.platform.dump().await;
    let answer = scene.google(ann()).send().await;
    assert_eq!(answer.whole(), not_confirmed());
    assert_eq!(scene.platform.dump().await, before);
}

fn closed() -> String {
    refusal(403, "not allowed", "forbidden")
}

#[tokio::test]
async fn where_registration_is_closed_only_accounts_are_linked() {
    let scene = Scene::with(&[("OPEN_REGISTRATION", "off")]).await;
    let platform = &scene.platform;
    administrator(platform).await;
    let pk = text(&scene.accounts().await[0], "pk").to_owned();
    let update = platform
        .database()
        .update_item()
        .table_name("gatehouse-users");
    let update = update
        .key("pk", AttributeValue::S(pk))
        .update_expression("SET email_proved_at = :now")
        .expression_attribute_values(":now", AttributeValue::N("1767225600000".to_owned()));
    update.send().await.expect("the item can be changed");
    let before = platform.dump().await;
    let unverified = json!({ "sub": "1", "email": "admin@example.com" });
    for claims in [ann(), json!({ "sub": "1001" }), unverified] {
        let answer = scene.google(claims).send().await;
        assert_eq!(answer.whole(), closed());
    }
    assert_eq!(platform.dump().await, before);
    let admin = json!({ "sub": "1", "email": "admin@example.com", "email_verified": true });
    for _ in 0..2 {
        let answer = scene.google(admin.clone()).send().await;
        assert_eq!(answer.json()["data"]["email"], "admin@example.com");
    }
    assert_eq!(scene.stored().await.links, 1);
    assert_eq!(scene.stored().await.registrations, 0);
}

#[tokio::test]
async fn too_many_first_sights_of_one_client_are_refused() {
    let limits = [("LIMITS", "on"), ("LIMIT_REGISTRATIONS_PER_CLIENT", "2")];
    let scene = Scene::with(&limits).await;
    let sight = |sub: &str| json!({ "sub": sub, "email": format!("{sub}@example.com"), "email_verified": sub != "b" });
    for sub in ["a", "b"] {
        assert_eq!(scene.google(sight(sub)).send().await.status, 200);
    }
    let stored = scene.stored().await;
    let refused = |answer: &Answer| {
        assert_eq!(
            answer.whole(),
            refusal(429, "too many attempts", "rate_limited")
        );
        let wait = answer.header("retry-after").expect("a time to wait");
        assert!((1..=3601).contains(&wait.parse::<u32>().expect("seconds")));
    };
    for sub in ["c", "d"] {
        refused(&scene.google(sight(sub)).send().await);
    }
    assert_eq!(scene.stored().await, stored);
    assert_eq!(
        scene.google(sight("a")).send().await.status,
        200,
        "who is known"
    );
    let elsewhere = scene.google(sight("c")).from("198.51.100.7");
    assert_eq!(elsewhere.send().await.status, 200, "another client");
    refused(&scene.google(sight("d")).send().await);
    scene.platform.clock.advance_seconds(3600);
    assert_eq!(scene.google(sight("d")).send().await.status, 200);
}

#[tokio::test]
async fn a_link_is_no_registration() {
    let limits = [("LIMITS", "on"), ("LIMIT_REGISTRATIONS_PER_CLIENT", "1")];
    let scene = Scene::with(&limits).await;
    scene.platform.register_confirmed(ANN).await;
    let answer = scene.google(ann()).send().await;
    assert_eq!(answer.status, 200, "{}", answer.whole());
    assert_eq!(scene.google(json!({ "sub": "2" })).send().await.status, 429);
}
