//! Many at once: what must happen once happens once.

use super::{
    ANN, LOGOUT, NEW_PASSWORD, confirmation, confirming, held_by, refusal, registered, registering,
    reset_link, resetting, sessions, signed_in, signing_in, status_of,
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
async fn a_login_is_registered_once() {
    let platform = start().await;
    let spellings = ["ann@example.com", "Ann@Example.com", " ANN@EXAMPLE.COM "];
    let requests = (0..MANY).map(|number| registering(&platform, spellings[number % 3]));
    let answers = at_once(requests).await;
    assert_eq!(count(&answers, 200), 1);
    assert_eq!(count(&answers, 401), MANY - 1);
    let users = platform.items("users").await;
    let accounts = users.iter().filter(|item| item.contains_key("user_number"));
    assert_eq!(accounts.count(), 1);
    assert_eq!(sessions(&platform).await, 1);
    assert_eq!(platform.deliver().await.len(), 1);
    let winner = answers.iter().find(|answer| answer.status == 200);
    let held = held_by(winner.expect("one"));
    assert_eq!(status_of(&platform, &held).await, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_sets_one_password() {
    let platform = start().await;
    let held = registered(&platform, ANN).await;
    platform.deliver().await;
    let link = reset_link(&platform, ANN).await;
    let password = |number: usize| format!("{NEW_PASSWORD} {number}");
    let requests = (0..MANY).map(|number| resetting(&platform, &link, &password(number)));
    let answers = at_once(requests).await;
    assert_eq!(count(&answers, 204), 1);
    assert_eq!(count(&answers, 500), MANY - 1);
    let lost = answers.iter().filter(|answer| answer.status == 500);
    for answer in lost {
        assert_eq!(answer.whole(), refusal(500, "invalid token"));
    }
    assert_eq!(status_of(&platform, &held).await, 401);
    let mut works = 0;
    for number in 0..MANY {
        platform.clock.advance_seconds(900);
        let answer = signing_in(&platform, ANN, &password(number)).send().await;
        works += usize::from(answer.status == 200);
    }
    assert_eq!(works, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_confirms_once() {
    let platform = start().await;
    let link = confirmation(&platform, ANN).await;
    let answers = at_once((0..MANY).map(|_| confirming(&platform, &link))).await;
    assert_eq!(count(&answers, 204), 1);
    assert_eq!(count(&answers, 500), MANY - 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_outlives_a_reset_that_it_races() {
    let platform = start().await;
    registered(&platform, ANN).await;
    platform.deliver().await;
    let link = reset_link(&platform, ANN).await;
    let reset = resetting(&platform, &link, NEW_PASSWORD);
    let sign_ins = (0..19).map(|_| signing_in(&platform, ANN, PASSWORD));
    let answers = at_once(sign_ins.chain([reset])).await;
    assert_eq!(count(&answers, 204), 1);
    for answer in answers.iter().filter(|answer| answer.status == 200) {
        assert_eq!(status_of(&platform, &held_by(answer)).await, 401);
    }
    // So many failures lock the account.
    platform.clock.advance_seconds(900);
    signed_in(&platform, ANN, NEW_PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_used_while_it_ends_stays_ended() {
    let platform = start().await;
    let held = registered(&platform, ANN).await;
    platform.clock.advance_seconds(super::DAY);
    let cookie = format!("sid={held}");
    let uses = (0..63).map(|_| super::check(&platform, &held));
    let out = platform.post(LOGOUT).header("cookie", &cookie);
    let answers = at_once(uses.chain([out])).await;
    assert_eq!(count(&answers, 204), 1);
    assert_eq!(count(&answers, 200) + count(&answers, 401), 63);
    assert_eq!(status_of(&platform, &held).await, 401);
    assert_eq!(sessions(&platform).await, 0, "no use brings it back");
}
