//! The key file of a local installation, and what becomes of one that an older release has made.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::thread::ScopedJoinHandle;

use serde_json::{Value, json};
use shared::domain::SystemRandom;
use shared::keys::{Algorithm, KeyFile};

use crate::harness::{Engine, Folder, Platform, TestClock, keys, kid_of};

const STATUS: &str = "/user-service/v1/users/status";

/// A key file from before there was RS512.
fn older_file(folder: &Folder) -> PathBuf {
    let path = folder.file("keys.json");
    keys().write_new(&path).expect("the keys are written");
    let mut content = content(&path);
    let signing = content["signing"].as_array_mut().expect("keys");
    signing.retain(|key| key["algorithm"] == "RS256");
    assert_eq!(signing.len(), 1);
    std::fs::write(&path, content.to_string()).expect("it is written");
    path
}

fn content(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("a text");
    serde_json::from_str(&text).expect("JSON")
}

fn open(path: &Path) -> KeyFile {
    KeyFile::open_or_create(path, &SystemRandom).expect("keys")
}

async fn platform_over(engine: &Engine, keys: KeyFile) -> Platform {
    Platform::build(&[], TestClock::standing(), keys, engine.clone()).await
}

#[test]
fn a_file_that_lacks_a_key_gets_it_and_keeps_all_others() {
    let folder = Folder::new();
    let path = older_file(&folder);
    let older = content(&path);
    // What a run that was killed has left.
    std::fs::write(folder.file("keys.json.new"), "x".repeat(100_000)).expect("it is written");

    let opened = open(&path).key_set().expect("a key set");
    let mut completed = content(&path);
    let signing = completed["signing"].as_array_mut().expect("keys");
    let made = signing.remove(1);
    assert_eq!(completed, older, "what was there is there");
    assert_eq!(made["algorithm"], "RS512");
    let algorithms: Vec<_> = opened.keys.iter().map(|key| key.algorithm).collect();
    assert_eq!(algorithms, [Algorithm::Rs256, Algorithm::Rs512]);
    assert_eq!(
        opened.keys[0].kid,
        kid_of(&keys(), Algorithm::Rs256),
        "under its name"
    );
    assert_eq!(folder.names(), ["keys.json"]);

    let bytes = std::fs::read(&path).expect("the file");
    assert_eq!(open(&path).key_set().expect("a key set"), opened);
    assert_eq!(std::fs::read(&path).expect("the file"), bytes);
}

#[test]
fn a_file_that_was_completed_is_its_owners_alone() {
    let folder = Folder::new();
    let path = older_file(&folder);
    let readable = std::fs::Permissions::from_mode(0o644);
    let draft = std::fs::File::create(folder.file("keys.json.new")).expect("a file");
    draft.set_permissions(readable).expect("it is ours");
    open(&path);
    let metadata = std::fs::metadata(&path).expect("the file");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
}

/// A server and a command, say.
#[test]
fn many_that_open_an_older_file_at_once_have_the_same_keys() {
    let folder = Folder::new();
    let path = older_file(&folder);
    let sets: Vec<_> = std::thread::scope(|scope| {
        let opening: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| open(&path).key_set().expect("a key set")))
            .collect();
        let opened = opening.into_iter().map(ScopedJoinHandle::join);
        opened.map(|set| set.expect("no panic")).collect()
    });
    assert!(sets.iter().all(|set| *set == sets[0]), "{sets:?}");
    assert_eq!(open(&path).key_set().expect("a key set"), sets[0]);
    assert_eq!(folder.names(), ["keys.json"]);
}

#[tokio::test]
async fn sessions_of_an_older_installation_go_on() {
    let folder = Folder::new();
    let path = older_file(&folder);
    let engine = Engine::fresh();
    let older = KeyFile::open(&path).expect("keys");
    let before = platform_over(&engine, older).await;
    let session = before.new_session("ann@example.com").await;

    let after = platform_over(&engine, open(&path)).await;
    let status = after.get(STATUS).bearer(&session.access_token).send().await;
    assert_eq!(status.status, 200, "{}", status.body);
    let refreshed = after
        .post("/user-service/v1/users/accessToken")
        .json(&json!({ "refreshToken": session.refresh_token }))
        .send()
        .await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    let shown = after.get("/.well-known/jwks.json").send().await.json();
    assert_eq!(shown["keys"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_damaged_file_is_left_as_it_is() {
    let folder = Folder::new();
    let path = folder.file("keys.json");
    for damaged in ["", "{}", "canary", r#"{"signing":[]}"#] {
        std::fs::write(&path, damaged).expect("it is written");
        let fault = KeyFile::open_or_create(&path, &SystemRandom).expect_err("no keys");
        assert_eq!(fault.to_string(), "the key file is damaged");
        assert_eq!(std::fs::read_to_string(&path).expect("a text"), damaged);
    }
}
