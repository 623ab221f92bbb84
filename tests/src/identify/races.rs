//! Many at once: what must happen once happens once.

use std::collections::BTreeSet;

use serde_json::json;

use super::{
    ANN, DEVICE, Login, NEW_PASSWORD, SHARING, ann, anonymous, confirmed, forgot_password,
    registering_with, signed_in, signing_in, signing_in_on,
};
use crate::harness::{Answer, PASSWORD, Platform, at_once};

const MANY: usize = 64;

/// With a clock that runs and without limits per client, which are not what is contested here.
async fn start() -> Platform {
    Platform::with_running_clock(&[("LIMITS", "off")]).await
}

fn count(answers: &[Answer], status: u16) -> usize {
    let of_status = answers.iter().filter(|answer| answer.status == status);
    of_status.count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_is_registered_once() {
    let platform = start().await;
    let spellings = ["ann@example.com", "Ann@Example.com", " ANN@EXAMPLE.COM "];
    let requests =
        (0..MANY).map(|number| registering_with(&platform, SHARING, spellings[number % 3]));
    let answers = at_once(requests).await;
    assert_eq!(count(&answers, 201), 1);
    assert_eq!(count(&answers, 409), MANY - 1);
    let users = platform.items("users").await;
    let accounts = users.iter().filter(|item| item.contains_key("user_number"));
    assert_eq!(accounts.count(), 1);
    assert_eq!(platform.deliver().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_makes_one_guest() {
    let platform = start().await;
    let requests = (0..MANY).map(|_| anonymous::coming(&platform, SHARING, DEVICE));
    let answers = at_once(requests).await;
    assert_eq!(count(&answers, 201), 1);
    assert_eq!(count(&answers, 409), MANY - 1);
    assert_eq!(platform.items("devices").await.len(), 2);
    assert_eq!(platform.items("users").await.len(), 1);
    let winner = answers.iter().find(|answer| answer.status == 201);
    let winner = winner.expect("one").json()["data"]["userId"].clone();
    let returned = anonymous::returning(&platform, SHARING, DEVICE)
        .send()
        .await;
    assert_eq!(returned.json()["data"]["userId"], winner);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_right_sign_ins_on_twenty_devices_all_succeed() {
    let platform = start().await;
    confirmed(&platform, SHARING, ANN).await;
    let requests = (0..20).map(|number| {
        let device = format!("00000000-0000-4000-8000-{number:012}");
        signing_in_on(&platform, SHARING, (ANN, PASSWORD), &device)
    });
    let answers = at_once(requests).await;
    for answer in &answers {
        let login = Login::of(SHARING, answer);
        assert_eq!(login.status(&platform).await, 200);
    }
    let devices: BTreeSet<_> = answers
        .iter()
        .map(|answer| answer.json()["data"]["deviceId"].to_string())
        .collect();
    assert_eq!(devices.len(), 20);
    assert_eq!(platform.items("devices").await.len(), 21);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_refreshes_of_one_token_have_one_successor() {
    let platform = start().await;
    let login = ann(&platform).await;
    let answers = at_once((0..59).map(|_| login.refresh(&platform))).await;
    assert_eq!(count(&answers, 200), 59);
    let successors: BTreeSet<_> = answers
        .iter()
        .map(|answer| answer.json()["data"]["refreshToken"].to_string())
        .collect();
    assert_eq!(successors.len(), 1);
    let next = login.refreshed(&answers[0]);
    assert_eq!(next.refresh(&platform).send().await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thief_and_an_owner_who_refresh_at_once_both_lose_the_session() {
    let platform = start().await;
    let login = ann(&platform).await;
    let next = login.refreshed(&login.refresh(&platform).send().await);
    platform.clock.advance_seconds(11);
    let requests = (0..MANY).map(|number| match number % 2 {
        0 => login.refresh(&platform),
        _ => next.refresh(&platform),
    });
    let answers = at_once(requests).await;
    assert_eq!(count(&answers, 200) + count(&answers, 401), MANY);
    assert!(count(&answers, 401) >= MANY / 2);
    assert_eq!(next.status(&platform).await, 401);
    assert_eq!(super::sessions(&platform).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_refreshed_while_it_ends_stays_ended() {
    let platform = start().await;
    let login = ann(&platform).await;
    let uses = (0..58).map(|_| login.refresh(&platform));
    let answers = at_once(uses.chain([login.logout(&platform)])).await;
    assert_eq!(count(&answers, 500) + count(&answers, 503), 0);
    assert_eq!(login.status(&platform).await, 401);
    for answer in answers.iter().filter(|answer| answer.body.contains("ghr_")) {
        let next = login.refreshed(answer);
        assert_eq!(next.status(&platform).await, 401);
        assert_eq!(next.refresh(&platform).send().await.status, 401);
    }
    assert_eq!(super::sessions(&platform).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_outlives_a_change_of_the_password_that_it_races() {
    let platform = start().await;
    let login = ann(&platform).await;
    let change = login.change_password(&platform, PASSWORD, NEW_PASSWORD);
    let sign_ins = (0..19).map(|_| signing_in(&platform, SHARING, ANN, PASSWORD));
    let answers = at_once(sign_ins.chain([change])).await;
    let changed = answers
        .iter()
        .find(|answer| answer.body.contains("password has been updated"));
    let changed = Login::of(SHARING, changed.expect("it is changed"));
    assert_eq!(changed.status(&platform).await, 200);
    for answer in answers
        .iter()
        .filter(|answer| answer.body.contains("\"OK\""))
    {
        assert_eq!(Login::of(SHARING, answer).status(&platform).await, 401);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mailed_code_sets_one_password() {
    let platform = start().await;
    confirmed(&platform, SHARING, ANN).await;
    let code = forgot_password::mailed_code(&platform, SHARING, ANN).await;
    let password = |number: usize| format!("{NEW_PASSWORD} {number}");
    let requests = (0..MANY).map(|number| {
        forgot_password::setting(&platform, SHARING, (ANN, &code), &password(number))
    });
    let answers = at_once(requests).await;
    assert_eq!(count(&answers, 200), 1);
    assert_eq!(count(&answers, 400), MANY - 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attributes_that_are_set_at_once_are_all_there() {
    let platform = start().await;
    let login = ann(&platform).await;
    let requests = (0..60).map(|number| {
        let mut data = json!({ "nickname": format!("Ann {number}") });
        data[format!("custom:{number}")] = json!("x");
        login.change(&platform, &data)
    });
    let answers = at_once(requests).await;
    assert_eq!(count(&answers, 200), 60);
    let body = signed_in(&platform, SHARING, ANN)
        .await
        .profile(&platform)
        .send()
        .await
        .json();
    for number in 0..60 {
        assert_eq!(body["data"][format!("custom:{number}")], "x");
    }
}
