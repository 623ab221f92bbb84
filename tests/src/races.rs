//! Many at once: what must happen once happens once, and nothing is left half done.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{
    Answer, PASSWORD, PUBLIC_URL, Platform, Request, Session, code_in, password_in, reset_link_in,
};

const ANN: &str = "ann@example.com";
const NEW_PASSWORD: &str = "nine paper lanterns over the quay";
const WRONG: &str = "not the password";

/// With a clock that runs and without limits per client, which are not what is contested here.
async fn start() -> Platform {
    Platform::with_running_clock(&[("LIMITS", "off")]).await
}

fn v1(path: &str) -> String {
    format!("/user-service/v1/users/{path}")
}

fn post(platform: &Platform, path: &str, body: &Value) -> Request {
    platform.post(&v1(path)).json(body)
}

fn login(platform: &Platform, email: &str, password: &str) -> Request {
    let body = json!({ "email": email, "password": password });
    post(platform, "login", &body)
}

fn put(platform: &Platform, token: &str, key: &str, text: &str) -> Request {
    let body = json!({ "attributeKey": key, "attributeText": text });
    post(platform, "attributes", &body).bearer(token)
}

/// Sends all of them at the same time; the answers in the order of the requests.
async fn at_once(requests: impl IntoIterator<Item = Request>) -> Vec<Answer> {
    let mut sending = JoinSet::new();
    for (number, request) in requests.into_iter().enumerate() {
        sending.spawn(async move { (number, request.send().await) });
    }
    let mut answers = sending.join_all().await;
    answers.sort_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// How many answers had which status.
fn statuses(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.status).or_default() += 1;
    }
    counts
}

fn tokens(answer: &Answer) -> Session {
    let body = answer.json();
    let text = |name: &str| body[name].as_str().expect("a token").to_owned();
    Session {
        access_token: text("accessToken"),
        refresh_token: text("refreshToken"),
        user: body["user"].clone(),
    }
}

async fn status_of(platform: &Platform, access_token: &str) -> u16 {
    let request = platform.get(&v1("status")).bearer(access_token);
    request.send().await.status
}

async fn refresh_status(platform: &Platform, refresh_token: &str) -> u16 {
    let body = json!({ "refreshToken": refresh_token });
    post(platform, "accessToken", &body).send().await.status
}

async fn users_of_kind(platform: &Platform, kind: &str) -> Vec<BTreeMap<String, Value>> {
    let mut items = platform.items("users").await;
    items.retain(|item| item["pk"].as_str().is_some_and(|pk| pk.starts_with(kind)));
    items
}

/// The one user's attributes, whose bytes must be counted exactly.
async fn attributes_of_one(platform: &Platform) -> serde_json::Map<String, Value> {
    let mut items = platform.items("attributes").await;
    assert_eq!(items.len(), 1);
    let item = items.remove(0);
    let entries = item["entries"].as_object().expect("a map").clone();
    let bytes: usize = entries
        .iter()
        .map(|(key, entry)| key.len() + entry["text"].as_str().map_or(0, str::len))
        .sum();
    assert_eq!(item["bytes_held"], json!(bytes));
    entries
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_registrations_of_one_address_make_one_account() {
    let platform = start().await;
    let spellings = [
        "ann@example.com",
        "Ann@Example.com",
        "ANN@EXAMPLE.COM",
        " aNN@eXAMPLE.cOM ",
    ];
    let answers = at_once((0..64).map(|number| {
        let body = json!({ "email": spellings[number % 4], "password": PASSWORD });
        post(&platform, "register", &body)
    }))
    .await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 1), (400, 63)]));
    let mut bodies: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 400)
        .collect();
    bodies.dedup_by(|one, other| one.body == other.body);
    assert_eq!(bodies.len(), 1);
    assert_eq!(
        bodies[0].body,
        r#"{"error":"the e-mail address is already registered"}"#
    );
    let winner = answers.iter().find(|answer| answer.status == 200);
    let winner = winner.expect("a winner").json();
    for kind in ["user#", "email#", "number#"] {
        assert_eq!(users_of_kind(&platform, kind).await.len(), 1, "{kind}");
    }
    let marker = format!("number#{}", winner["user"]["id"]);
    assert_eq!(users_of_kind(&platform, "number#").await[0]["pk"], marker);
    assert_eq!(platform.items("attributes").await.len(), 1);
    assert_eq!(platform.items("outbox").await.len(), 1);
    assert_eq!(platform.deliver().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_registrations_of_different_addresses_get_different_numbers() {
    let platform = start().await;
    let answers = at_once((0..64).map(|number| {
        let body = json!({ "email": format!("user{number}@example.com"), "password": PASSWORD });
        post(&platform, "register", &body)
    }))
    .await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 64)]));
    let numbers: BTreeSet<_> = answers
        .iter()
        .map(|answer| answer.json()["user"]["id"].as_u64().expect("a number"))
        .collect();
    assert_eq!(numbers, (1..=64).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_registrations_over_a_squatter_make_one_account() {
    let platform = start().await;
    platform.register(ANN).await;
    platform.deliver().await;
    platform.clock.advance_seconds(86_400);
    let body = json!({ "email": ANN, "password": NEW_PASSWORD });
    let answers = at_once((0..64).map(|_| post(&platform, "register", &body))).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 1), (400, 63)]));
    let accounts = users_of_kind(&platform, "user#").await;
    let live = accounts
        .iter()
        .filter(|item| item.contains_key("user_number"));
    assert_eq!((accounts.len(), live.count()), (2, 1));
    assert_eq!(users_of_kind(&platform, "number#").await.len(), 1);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    let code = json!({ "code": code_in(&mails[0].text) });
    assert_eq!(post(&platform, "activate", &code).send().await.status, 200);
    platform.signed_in(ANN, NEW_PASSWORD).await;
    assert_eq!(platform.items("attributes").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_uses_of_an_activation_code_make_one_success() {
    let platform = start().await;
    platform.register(ANN).await;
    let code = json!({ "code": code_in(&platform.deliver().await[0].text) });
    let answers = at_once((0..64).map(|_| post(&platform, "activate", &code))).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 1), (400, 63)]));
    platform.signed_in(ANN, PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_uses_of_a_reset_link_set_one_password() {
    let platform = start().await;
    platform.register_confirmed(ANN).await;
    let form = [("email", ANN)];
    let ask = platform.post("/reset-password/request");
    ask.header("origin", PUBLIC_URL).form(&form).send().await;
    let link = reset_link_in(&platform.deliver().await[0].text);
    let (_, query) = link.split_once('?').expect("a query");
    let fields: BTreeMap<_, _> = form_urlencoded::parse(query.as_bytes()).collect();
    let passwords: Vec<_> = (0..64)
        .map(|number| format!("{number} {NEW_PASSWORD}"))
        .collect();
    let answers = at_once(passwords.iter().map(|password| {
        let form = [
            ("uid", &*fields["uid"]),
            ("t", &*fields["t"]),
            ("password", password),
            ("password2", password),
        ];
        let request = platform.post("/reset-password");
        request.header("origin", PUBLIC_URL).form(&form)
    }))
    .await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 1), (400, 63)]));
    let winner = answers.iter().position(|answer| answer.status == 200);
    platform
        .signed_in(ANN, &passwords[winner.expect("a winner")])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_first_uses_of_a_mailed_password_leave_one_hash_and_live_sessions() {
    let platform = start().await;
    platform.register_confirmed(ANN).await;
    let ask = json!({ "email": ANN });
    post(&platform, "newPassword", &ask).send().await;
    let password = password_in(&platform.deliver().await[0].text);
    let answers = at_once((0..64).map(|_| login(&platform, ANN, &password))).await;
    let counts = statuses(&answers);
    assert!(
        counts.get(&200).is_some_and(|count| *count > 0),
        "{counts:?}"
    );
    assert!(
        counts.keys().all(|status| [200, 401, 429].contains(status)),
        "{counts:?}"
    );
    for answer in answers.iter().filter(|answer| answer.status == 200) {
        assert_eq!(
            status_of(&platform, &tokens(answer).access_token).await,
            200
        );
    }
    let held = users_of_kind(&platform, "email#").await.remove(0);
    let account = users_of_kind(&platform, "user#").await.remove(0);
    assert_eq!(held["credential_version"], 2, "the password changed once");
    assert_eq!(account["credential_version"], 2);
    assert!(!held.contains_key("mailed_digest"), "{held:?}");
    platform.clock.advance_seconds(3600);
    platform.signed_in(ANN, &password).await;
    platform.clock.advance_seconds(3600);
    assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_right_sign_ins_at_once_all_succeed() {
    let platform = start().await;
    platform.register_confirmed(ANN).await;
    let sources = (0..20).map(|number| format!("203.0.113.{number}"));
    let requests = sources.map(|source| login(&platform, ANN, PASSWORD).from(&source));
    let answers = at_once(requests.collect::<Vec<_>>()).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 20)]));
    let access: BTreeSet<_> = answers
        .iter()
        .map(|answer| tokens(answer).access_token)
        .collect();
    assert_eq!(access.len(), 20, "each its own session");
    assert_eq!(platform.items("sessions").await.len(), 20);
    for token in access {
        assert_eq!(status_of(&platform, &token).await, 200);
    }
    assert_eq!(users_of_kind(&platform, "email#").await[0]["failures"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_wrong_sign_ins_at_once_the_limit_reaches_the_hash() {
    for email in [ANN, "unknown@example.com"] {
        let platform = start().await;
        platform.register_confirmed(ANN).await;
        platform.connector.forget();
        let answers = at_once(
            (0..200)
                .map(|number| login(&platform, email, WRONG).from(&format!("203.0.113.{number}"))),
        )
        .await;
        let counts = statuses(&answers);
        let reached = counts.get(&401).copied().unwrap_or_default();
        // Five at once, and what the seconds that some waited out let in.
        assert!((5..=8).contains(&reached), "{email}: {counts:?}");
        assert_eq!(
            counts.get(&429),
            Some(&(200 - reached)),
            "{email}: {counts:?}"
        );
        let beside_the_hash = platform.connector.calls();
        let beside_the_hash = beside_the_hash
            .iter()
            .filter(|call| *call == "GetItem users");
        assert_eq!(beside_the_hash.count(), reached, "{email}");
        for answer in answers.iter().filter(|answer| answer.status == 429) {
            let seconds = answer
                .header("retry-after")
                .and_then(|text| text.parse().ok());
            assert!(seconds.is_some_and(|seconds: u64| (1..=17).contains(&seconds)));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_of_different_attributes_at_once_fill_the_room_and_no_more() {
    let platform = start().await;
    let session = platform.new_session(ANN).await;
    let key = |number: usize| format!("key{number:03}");
    let write = |number: usize| put(&platform, &session.access_token, &key(number), "text");
    let answers = at_once((0..40).map(write)).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 40)]));
    assert_eq!(attributes_of_one(&platform).await.len(), 40);
    let answers = at_once((100..164).map(write)).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 24), (400, 40)]));
    let held = attributes_of_one(&platform).await;
    assert_eq!(held.len(), 64);
    for (number, answer) in (100..164).zip(answers) {
        let stored = held.contains_key(&key(number));
        assert_eq!(stored, answer.status == 200, "{number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_of_long_attributes_at_once_stay_within_32_kilobytes() {
    let platform = start().await;
    let session = platform.new_session(ANN).await;
    let text = "x".repeat(4096);
    let answers = at_once((0..16).map(|number| {
        put(
            &platform,
            &session.access_token,
            &format!("key{number:02}"),
            &text,
        )
    }))
    .await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 7), (400, 9)]));
    assert_eq!(attributes_of_one(&platform).await.len(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_writes_to_one_attribute_the_last_is_whole() {
    let platform = start().await;
    let session = platform.new_session(ANN).await;
    let texts: Vec<_> = (0..64)
        .map(|number| format!("{number:02}").repeat(number * 10 + 1))
        .collect();
    let requests = texts
        .iter()
        .map(|text| put(&platform, &session.access_token, "one", text));
    let answers = at_once(requests.collect::<Vec<_>>()).await;
    let mut done = BTreeSet::new();
    for (text, answer) in texts.iter().zip(answers) {
        if answer.status == 200 {
            assert_eq!(answer.json()["user"]["attributes"], json!({ "one": text }));
            done.insert(text.as_str());
        } else {
            // Whoever is overtaken again and again is told to come back.
            assert_eq!(
                (answer.status, answer.header("retry-after")),
                (503, Some("5"))
            );
        }
    }
    let held = attributes_of_one(&platform).await;
    assert_eq!(held.len(), 1);
    let last = held["one"]["text"].as_str().expect("a text");
    assert!(
        done.contains(last),
        "the last one was told that it succeeded"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dozen_writes_to_one_attribute_all_succeed() {
    let platform = start().await;
    let session = platform.new_session(ANN).await;
    let requests =
        (0..12).map(|number| put(&platform, &session.access_token, "one", &"x".repeat(number)));
    let answers = at_once(requests.collect::<Vec<_>>()).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 12)]));
    assert_eq!(attributes_of_one(&platform).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_and_removals_of_one_attribute_keep_the_count_exact() {
    let platform = start().await;
    let session = platform.new_session(ANN).await;
    let requests = (0..48).map(|number| match number % 3 {
        0 => platform
            .delete(&v1("attributes"))
            .bearer(&session.access_token)
            .json(&json!({ "attributeKey": "one" })),
        1 => put(&platform, &session.access_token, "one", "short"),
        _ => put(
            &platform,
            &session.access_token,
            "one",
            &"long ".repeat(100),
        ),
    });
    let answers = at_once(requests.collect::<Vec<_>>()).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 48)]));
    attributes_of_one(&platform).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_users_attributes_of_the_same_keys_never_touch() {
    let platform = start().await;
    let ann = platform.new_session(ANN).await;
    let ben = platform.new_session("ben@example.com").await;
    let requests = (0..60).map(|number| {
        let (token, owner) = if number % 2 == 0 {
            (&ann.access_token, "ann")
        } else {
            (&ben.access_token, "ben")
        };
        put(&platform, token, &format!("key{}", number / 2), owner)
    });
    let answers = at_once(requests.collect::<Vec<_>>()).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 60)]));
    for (session, owner) in [(&ann, "ann"), (&ben, "ben")] {
        let list = platform
            .get(&v1("attributes"))
            .bearer(&session.access_token);
        let expected: BTreeMap<_, _> = (0..30).map(|key| (format!("key{key}"), owner)).collect();
        assert_eq!(list.send().await.json(), json!(expected));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_refreshes_at_once_are_sixty_successes_and_the_limit() {
    let platform = start().await;
    let session = platform.new_session(ANN).await;
    let body = json!({ "refreshToken": session.refresh_token });
    let answers = at_once((0..64).map(|_| post(&platform, "accessToken", &body))).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 60), (429, 4)]));
    for answer in answers.iter().filter(|answer| answer.status == 200) {
        let body = answer.json();
        let token = body["accessToken"].as_str().expect("a token");
        assert_eq!(status_of(&platform, token).await, 200);
    }
}

fn deletion(platform: &Platform, token: &str) -> Request {
    platform.request(Method::DELETE, &v1("user")).bearer(token)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_deletions_one_succeeds() {
    let platform = start().await;
    let session = platform.new_session(ANN).await;
    let answers = at_once((0..64).map(|_| deletion(&platform, &session.access_token))).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(204, 1), (401, 63)]));
    assert_eq!(platform.items("outbox").await.len(), 1);
}

/// Everything that a deleted account leaves, its guard excepted.
async fn assert_nothing_is_left(platform: &Platform) {
    platform.deliver().await;
    for table in ["attributes", "sessions", "codes", "outbox"] {
        assert_eq!(platform.items(table).await, [], "{table}");
    }
    for item in platform.items("users").await {
        assert!(
            item.contains_key("deleted_at") || !item.contains_key("user_id"),
            "{item:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refreshing_against_deletion_leaves_no_usable_token() {
    for _ in 0..2 {
        let platform = start().await;
        let session = platform.new_session(ANN).await;
        let body = json!({ "refreshToken": session.refresh_token });
        let mut requests: Vec<_> = (0..59)
            .map(|_| post(&platform, "accessToken", &body))
            .collect();
        requests.insert(12, deletion(&platform, &session.access_token));
        let answers = at_once(requests).await;
        assert_eq!(answers[12].status, 204);
        for answer in answers.iter().filter(|answer| answer.status == 200) {
            let body = answer.json();
            let token = body["accessToken"].as_str().expect("a token");
            assert_eq!(status_of(&platform, token).await, 401);
        }
        let others = statuses(&answers);
        assert!(
            others.keys().all(|status| [200, 204, 401].contains(status)),
            "{others:?}"
        );
        assert_eq!(refresh_status(&platform, &session.refresh_token).await, 401);
        assert_nothing_is_left(&platform).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_against_deletion_leaves_no_usable_token() {
    for _ in 0..2 {
        let platform = start().await;
        let session = platform.new_session(ANN).await;
        let mut requests: Vec<_> = (0..19).map(|_| login(&platform, ANN, PASSWORD)).collect();
        requests.insert(2, deletion(&platform, &session.access_token));
        let answers = at_once(requests).await;
        assert_eq!(answers[2].status, 204);
        let others = statuses(&answers);
        // Who comes after the deletion fails, and so many failures lock the address.
        let known = [200, 204, 401, 429];
        assert!(
            others.keys().all(|status| known.contains(status)),
            "{others:?}"
        );
        for answer in answers.iter().filter(|answer| answer.status == 200) {
            let tokens = tokens(answer);
            assert_eq!(status_of(&platform, &tokens.access_token).await, 401);
            assert_eq!(refresh_status(&platform, &tokens.refresh_token).await, 401);
        }
        assert_nothing_is_left(&platform).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writing_against_deletion_leaves_nothing() {
    for _ in 0..2 {
        let platform = start().await;
        let session = platform.new_session(ANN).await;
        let token = &session.access_token;
        let mut requests: Vec<_> = (0..32)
            .map(|number| put(&platform, token, &format!("key{number}"), "text"))
            .collect();
        let names = json!({ "firstname": "Ann" });
        requests.extend((0..31).map(|_| post(&platform, "profile", &names).bearer(token)));
        requests.insert(12, deletion(&platform, token));
        let answers = at_once(requests).await;
        assert_eq!(answers[12].status, 204);
        let others = statuses(&answers);
        assert!(
            others.keys().all(|status| [200, 204, 401].contains(status)),
            "{others:?}"
        );
        assert_nothing_is_left(&platform).await;
        let dump = platform.dump().await;
        assert!(!dump.contains("Ann") && !dump.contains(ANN), "{dump}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_against_refreshing_and_signing_in_leaves_none_of_the_old_tokens() {
    for _ in 0..2 {
        let platform = start().await;
        let session = platform.new_session(ANN).await;
        let ask = json!({ "email": ANN });
        post(&platform, "newPassword", &ask).send().await;
        let password = password_in(&platform.deliver().await[0].text);
        let body = json!({ "refreshToken": session.refresh_token });
        let mut requests: Vec<_> = (0..59)
            .map(|_| post(&platform, "accessToken", &body))
            .collect();
        requests.extend((0..3).map(|_| login(&platform, ANN, PASSWORD)));
        requests.insert(8, login(&platform, ANN, &password));
        let answers = at_once(requests).await;
        let changed = answers[8].clone();
        assert_eq!(changed.status, 200, "{}", changed.body);
        for (number, answer) in answers.iter().enumerate() {
            assert!([200, 401].contains(&answer.status), "{}", answer.whole());
            if answer.status == 200 && number != 8 {
                let body = answer.json();
                let token = body["accessToken"].as_str().expect("a token");
                assert_eq!(status_of(&platform, token).await, 401);
                if let Some(token) = body["refreshToken"].as_str() {
                    assert_eq!(refresh_status(&platform, token).await, 401);
                }
            }
        }
        assert_eq!(refresh_status(&platform, &session.refresh_token).await, 401);
        assert_eq!(
            status_of(&platform, &tokens(&changed).access_token).await,
            200
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_senders_at_once_mail_the_same_code() {
    let platform = start().await;
    platform.register(ANN).await;
    let mut senders = JoinSet::new();
    for _ in 0..8 {
        let local = platform.local.clone();
        senders.spawn(async move { local.deliver_all().await });
    }
    senders.join_all().await;
    let codes: BTreeSet<_> = platform
        .inbox
        .messages()
        .iter()
        .map(|mail| code_in(&mail.text))
        .collect();
    assert_eq!(codes.len(), 1, "all mails carry one code");
    let code = json!({ "code": codes.first() });
    assert_eq!(post(&platform, "activate", &code).send().await.status, 200);
    assert_eq!(platform.items("outbox").await, []);
}
