//! Projects (document 004), as an operator manages them.

use aws_lc_rs::hmac;
use data_encoding::{HEXLOWER, HEXUPPER};
use local::projects::{ISOLATED, SHARING};
use serde_json::{Value, json};

use super::Stack;
use super::on_this_machine::run;
use crate::harness::{Fault, Folder, PUBLIC_URL, Platform};
use crate::local_server::{Directory, Server, command, failed_start};

const PROJECT: &str = "0b9f2ad4-6f0b-4c43-9f64-0d1a35d90c11";
const USER: &str = "4f0e9d3c-8a52-4d7e-b1a6-92b5d1c7e310";
const DEVICE: &str = "c2a1f7e4-33d8-4b0a-8f6d-7e15b9a04c52";
/// When the clock of a platform stands still.
const NOW: i64 = 1_767_225_600;
const DAY: i64 = 86_400;

/// Providers with a secret of each kind.
fn providers() -> Value {
    json!({
        "awsCognito": { "region": "eu-west-1", "client_id": "pool", "client_secret": "hush-pool" },
        "google": { "client_ids": ["ours"] },
        "facebook": { "app_id": "1", "app_secret": "hush-facebook" },
        "twitter": { "consumer_key": "k", "consumer_secret": "hush-twitter" },
    })
}

/// What an operator is shown of them.
fn shown_providers() -> Value {
    let mut shown = providers();
    shown["awsCognito"]["client_secret"] = json!("set");
    shown["facebook"]["app_secret"] = json!("set");
    shown["twitter"]["consumer_secret"] = json!("set");
    shown["twitter"]["accept_unbound_tokens"] = json!(false);
    shown
}

/// What a project has that was told nothing.
fn our_own() -> Value {
    json!({ "awsCognito": {}, "authZero": {}, "anonymous": {}, "noLogin": {} })
}

/// The secret in an answer, which has it once.
fn take_secret(answer: &mut Value) -> String {
    let members = answer.as_object_mut().expect("an object");
    let secret = members.remove("signatureSecret").expect("a secret");
    let secret = secret.as_str().expect("a text").to_owned();
    let digits = HEXLOWER.decode(secret.as_bytes()).expect("digits");
    assert_eq!(digits.len(), 32);
    secret
}

/// What a service computes that was given this secret.
fn sign(secret: &str, user: &str, device: &str, seconds: i64) -> String {
    let secret = HEXLOWER.decode(secret.as_bytes()).expect("digits");
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
    let tag = hmac::sign(&key, format!("{user}\n{device}\n{seconds}").as_bytes());
    HEXUPPER.encode(&tag.as_ref()[..20])
}

fn check(signature: &str) -> Value {
    json!({
        "command": "project.check-signature",
        "id": PROJECT,
        "userId": USER,
        "deviceId": DEVICE,
        "timeStamp": NOW,
        "signature": signature,
    })
}

impl Stack {
    async fn put_project(&self, members: Value) -> Result<Value, String> {
        let mut command = members;
        command["command"] = json!("project.put");
        self.command(command).await
    }

    async fn projects(&self) -> Value {
        let mut listed = self.command(json!({ "command": "project.list" })).await;
        listed.as_mut().expect("a list")["projects"].take()
    }

    async fn is_valid(&self, signature: &str) -> bool {
        let answer = self.command(check(signature)).await;
        let valid = answer.as_ref().ok().and_then(|it| it["valid"].as_bool());
        let valid = valid.unwrap_or_else(|| panic!("{answer:?}"));
        assert_eq!(answer, Ok(json!({ "valid": valid })));
        valid
    }

    async fn rotate(&self) -> Result<Value, String> {
        self.command(json!({ "command": "project.rotate-secret", "id": PROJECT }))
            .await
    }
}

#[tokio::test]
async fn a_project_is_made_and_its_secret_shown_once() {
    let stack = Stack::created().await;
    assert_eq!(stack.projects().await, json!([]), "none in the cloud");
    let settings = json!({ "id": PROJECT, "realm": "staff", "providers": providers() });
    let mut made = stack.put_project(settings.clone()).await.expect("made");
    let secret = take_secret(&mut made);
    let created_at = made["createdAt"].as_i64().expect("a time");
    let shown = json!({
        "id": PROJECT,
        "realm": "staff",
        "providers": shown_providers(),
        "createdAt": created_at,
    });
    assert_eq!(made, shown);
    if cfg!(target_os = "linux") {
        assert_eq!(created_at, NOW);
    }
    assert_eq!(
        stack.put_project(settings).await,
        Ok(shown.clone()),
        "again"
    );
    assert_eq!(stack.projects().await, json!([shown]));
    assert!(stack.is_valid(&sign(&secret, USER, DEVICE, NOW)).await);
}

#[tokio::test]
async fn what_is_stored_shows_no_secret() {
    let stack = Stack::created().await;
    let settings = json!({ "id": PROJECT, "providers": providers() });
    let mut made = stack.put_project(settings).await.expect("made");
    let secret = take_secret(&mut made);
    let stored = stack.platform.items("projects").await;
    assert_eq!(stored.len(), 1);
    let names: Vec<_> = stored[0].keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["created_at", "project_id", "realm", "revision", "sealed"]
    );
    assert_eq!(stored[0]["project_id"], PROJECT);
    assert_eq!(stored[0]["realm"], "default");
    assert_eq!(stored[0]["revision"], 1);
    let sealed = stored[0]["sealed"].as_str().expect("digits");
    let sealed = HEXLOWER.decode(sealed.as_bytes()).expect("bytes");
    let holds = |text: &[u8]| sealed.windows(text.len()).any(|part| part == text);
    let raw = HEXLOWER.decode(secret.as_bytes()).expect("digits");
    for known in ["hush", "facebook", "ours", &secret[..16]] {
        assert!(!holds(known.as_bytes()), "{known} lies open");
    }
    assert!(!holds(&raw));
    let log = stack.platform.log();
    assert!(!log.contains("hush") && !log.contains(&secret), "{log}");
}

#[tokio::test]
async fn what_is_left_out_is_the_default_and_then_stays() {
    let stack = Stack::created().await;
    let mut made = stack.put_project(json!({})).await.expect("made");
    take_secret(&mut made);
    assert_eq!(made["realm"], "default");
    assert_eq!(made["providers"], our_own());
    let id = made["id"].clone();
    assert_ne!(
        stack.put_project(json!({})).await.expect("another")["id"],
        id
    );
    let google = json!({ "google": { "client_ids": ["ours"] } });
    let changed = stack.put_project(json!({ "id": id, "providers": google }));
    let changed = changed.await.expect("changed");
    made["providers"] = google;
    assert_eq!(
        changed, made,
        "providers are replaced, and no secret is shown"
    );
    let same = stack.put_project(json!({ "id": id, "realm": "default" }));
    assert_eq!(same.await, Ok(made), "providers stay");
}

#[tokio::test]
async fn a_project_keeps_its_realm() {
    let stack = Stack::created().await;
    let own = stack.put_project(json!({ "id": PROJECT, "realm": "own" }));
    assert_eq!(own.await.expect("made")["realm"], PROJECT);
    let before = stack.dump().await;
    for other in ["default", "staff"] {
        let moved = stack.put_project(json!({ "id": PROJECT, "realm": other }));
        assert_eq!(moved.await, Err("a project keeps its realm".to_owned()));
    }
    assert_eq!(stack.dump().await, before);
    let same = stack.put_project(json!({ "id": PROJECT, "realm": "own" }));
    assert_eq!(same.await.expect("as it is")["realm"], PROJECT);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_in_one_line() {
    let stack = Stack::created().await;
    let before = stack.dump().await;
    let realm = "realm: must be `own`, or at most 36 lower-case letters, digits and hyphens";
    let with = |name: &str, value: Value| {
        let mut command = check(&"00".repeat(20));
        command[name] = value;
        command
    };
    for (command, reason) in [
        (
            json!({ "command": "project.put", "id": "shop" }),
            "id: must be a UUID",
        ),
        (
            json!({ "command": "project.put", "id": PROJECT.replace('-', "") }),
            "id: must be a UUID",
        ),
        (json!({ "command": "project.put", "realm": "" }), realm),
        (json!({ "command": "project.put", "realm": "Staff" }), realm),
        (
            json!({ "command": "project.put", "realm": "x".repeat(37) }),
            realm,
        ),
        (
            json!({ "command": "project.put", "providers": [] }),
            "providers: must be an object",
        ),
        (
            json!({ "command": "project.put", "providers": "{" }),
            "providers: EOF while parsing an object at line 1 column 1",
        ),
        (
            json!({ "command": "project.put", "providers": { "facebook": "hush" } }),
            "providers: facebook: must be an object",
        ),
        (
            json!({ "command": "project.put", "providers": { "google": {} } }),
            "providers: google: client_ids must name one",
        ),
        (
            json!({ "command": "project.rotate-secret", "id": "shop" }),
            "id: must be a UUID",
        ),
        (
            json!({ "command": "project.rotate-secret", "id": PROJECT }),
            "there is no such project",
        ),
        (with("id", json!("shop")), "id: must be a UUID"),
        (with("userId", json!("ann")), "userId: must be a UUID"),
        (with("deviceId", json!("")), "deviceId: must be a UUID"),
        (
            with("timeStamp", json!(1.5)),
            "timeStamp: must be whole seconds since 1970",
        ),
        (
            with("timeStamp", json!("noon")),
            "timeStamp: must be whole seconds since 1970",
        ),
        (with("timeStamp", json!("7")), "there is no such project"),
    ] {
        let refused = stack.command(command.clone()).await;
        assert_eq!(refused, Err(reason.to_owned()), "{command}");
    }
    let unknown = json!({ "command": "project.put", "providers": { "github": {} } });
    let refused = stack.command(unknown).await.expect_err("it is unknown");
    assert!(
        refused.starts_with("providers: unknown field `github`"),
        "{refused}"
    );
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn providers_are_called_by_https_unless_the_installation_is_on_this_machine() {
    let here = |url: &str| {
        let google = json!({ "issuer": "https://i.example", "jwks_uri": url, "client_ids": ["a"] });
        json!({ "id": PROJECT, "providers": { "google": google } })
    };
    let stack = Stack::created().await;
    assert_eq!(PUBLIC_URL, "http://127.0.0.1:3000");
    let loopback = here("http://127.0.0.1:9/keys");
    let elsewhere = here("http://keys.example.com/");
    let demanded = Err("providers: google: jwks_uri must be an https URL".to_owned());
    assert_eq!(stack.put_project(elsewhere.clone()).await, demanded);
    let made = stack.put_project(loopback.clone()).await;
    assert!(made.is_ok(), "{made:?}");

    let stack = Stack::new().await;
    let mut request = stack.request("Create");
    request["ResourceProperties"]["Settings"]["PUBLIC_URL"] = json!("https://id.example.com");
    assert_eq!(stack.run(&request).await["Status"], "SUCCESS");
    assert_eq!(stack.put_project(loopback).await, demanded);
    assert_eq!(stack.put_project(elsewhere).await, demanded);
    assert_eq!(stack.projects().await, json!([]));
    let made = stack.put_project(here("https://keys.example.com/")).await;
    assert!(made.is_ok(), "{made:?}");
}

#[cfg(target_os = "linux")] // the clock of a process is moved there only
#[tokio::test]
async fn a_secret_that_was_replaced_verifies_for_a_day() {
    let stack = Stack::created().await;
    let settings = json!({ "id": PROJECT, "providers": providers() });
    let mut project = stack.put_project(settings).await.expect("made");
    let old = sign(&take_secret(&mut project), USER, DEVICE, NOW);
    let mut rotated = stack.rotate().await.expect("rotated");
    let new = sign(&take_secret(&mut rotated), USER, DEVICE, NOW);
    assert_eq!(
        rotated,
        json!({ "id": PROJECT, "formerValidUntil": NOW + DAY })
    );
    assert_ne!(old, new);
    assert_eq!(stack.projects().await, json!([project]), "nothing else");
    stack.platform.clock.advance_seconds(DAY - 1);
    assert!(stack.is_valid(&old).await && stack.is_valid(&new).await);
    stack.platform.clock.advance_seconds(1);
    assert!(!stack.is_valid(&old).await);
    assert!(stack.is_valid(&new).await);

    let mut third = stack.rotate().await.expect("rotated again");
    let third = sign(&take_secret(&mut third), USER, DEVICE, NOW);
    assert!(
        !stack.is_valid(&old).await,
        "the first one does not come back"
    );
    assert!(stack.is_valid(&new).await && stack.is_valid(&third).await);
}

#[tokio::test]
async fn a_signature_is_for_its_project_user_device_and_time_alone() {
    let stack = Stack::created().await;
    let mut made = stack.put_project(json!({ "id": PROJECT })).await;
    let secret = take_secret(made.as_mut().expect("made"));
    let good = sign(&secret, USER, DEVICE, NOW);
    assert!(stack.is_valid(&good).await);
    let mut as_digits = check(&good);
    as_digits["timeStamp"] = json!(NOW.to_string());
    assert_eq!(stack.command(as_digits).await, Ok(json!({ "valid": true })));
    for bad in ["", "no signature", &good[..38], &good.to_lowercase()] {
        assert!(!stack.is_valid(bad).await, "{bad}");
    }
    let other = stack.put_project(json!({})).await.expect("another");
    for (name, value) in [
        ("id", other["id"].clone()),
        ("userId", json!(DEVICE)),
        ("deviceId", json!(USER)),
        ("timeStamp", json!(NOW + 1)),
    ] {
        let mut changed = check(&good);
        changed[name] = value;
        assert_eq!(
            stack.command(changed).await,
            Ok(json!({ "valid": false })),
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_operators_at_once_both_end_well() {
    let stack = Stack::created().await;
    let google = json!({ "google": { "client_ids": ["ours"] } });
    let (one, two) = futures::join!(
        stack.put_project(json!({ "id": PROJECT, "providers": providers() })),
        stack.put_project(json!({ "id": PROJECT, "providers": google })),
    );
    let (one, two) = (one.expect("stored"), two.expect("stored"));
    let secrets: Vec<_> = [&one, &two]
        .into_iter()
        .filter_map(|answer| answer["signatureSecret"].as_str())
        .collect();
    assert_eq!(secrets.len(), 1, "one of them made it: {one} {two}");
    assert!(stack.is_valid(&sign(secrets[0], USER, DEVICE, NOW)).await);
    let listed = stack.projects().await;
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    let kept = &listed[0]["providers"];
    assert!([&one["providers"], &two["providers"]].contains(&kept));

    let (changed, mut rotated) = futures::join!(
        stack.put_project(json!({ "id": PROJECT, "providers": providers() })),
        stack.rotate(),
    );
    changed.expect("changed");
    let secret = take_secret(rotated.as_mut().expect("rotated"));
    assert!(stack.is_valid(&sign(&secret, USER, DEVICE, NOW)).await);
    assert_eq!(stack.projects().await[0]["providers"], shown_providers());
}

#[tokio::test]
async fn a_write_whose_reply_is_lost_is_not_taken_for_somebody_elses() {
    let stack = Stack::created().await;
    let connector = &stack.platform.connector;
    connector.inject("PutItem projects", Fault::LostReply, 1);
    let mut made = stack.put_project(json!({ "id": PROJECT })).await;
    let secret = take_secret(made.as_mut().expect("made"));
    assert!(stack.is_valid(&sign(&secret, USER, DEVICE, NOW)).await);
    connector.inject("PutItem projects", Fault::LostReply, 1);
    let mut rotated = stack.rotate().await;
    let secret = take_secret(rotated.as_mut().expect("rotated"));
    assert!(stack.is_valid(&sign(&secret, USER, DEVICE, NOW)).await);
    assert_eq!(stack.platform.items("projects").await[0]["revision"], 2);
}

#[tokio::test]
async fn the_same_commands_serve_a_local_installation() {
    let directory = Directory::new();
    let id = format!("id={PROJECT}");
    let written = format!("providers={}", providers());
    let arguments = ["project.put", &*id, "realm=own", &written];
    let mut made = run(&directory, &arguments).await;
    let secret = take_secret(&mut made);
    assert_eq!(made["realm"], PROJECT);
    assert_eq!(made["providers"], shown_providers());
    assert_eq!(run(&directory, &arguments).await, made, "again");
    let listed = run(&directory, &["project.list"]).await;
    assert_eq!(listed, json!({ "projects": [made] }));
    let mut rotated = run(&directory, &["project.rotate-secret", &id]).await;
    assert_ne!(take_secret(&mut rotated), secret);
    for (seconds, valid) in [(NOW, true), (NOW + 1, false)] {
        let signature = sign(&secret, USER, DEVICE, NOW);
        let arguments = [
            "project.check-signature",
            &id,
            &format!("userId={USER}"),
            &format!("deviceId={DEVICE}"),
            &format!("timeStamp={seconds}"),
            &format!("signature={signature}"),
        ];
        let answer = run(&directory, &arguments).await;
        assert_eq!(answer, json!({ "valid": valid }), "{seconds}");
    }
    for (arguments, reason) in [
        (
            ["project.put", "providers={"],
            "providers: EOF while parsing an object at line 1 column 1\n",
        ),
        (["project.rotate-secret", "id=7"], "id: must be a UUID\n"),
    ] {
        let output = command(&directory, &arguments, &[]).output().await;
        let output = output.expect("it runs");
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        assert_eq!(String::from_utf8_lossy(&output.stderr), reason);
    }
}

/// The projects of a local installation, by their ids.
async fn local_projects(directory: &Directory) -> Vec<Value> {
    let mut listed = run(directory, &["project.list"]).await["projects"].take();
    let listed = listed.as_array_mut().expect("projects");
    listed.sort_by_key(|project| project["id"].to_string());
    for project in &mut *listed {
        let members = project.as_object_mut().expect("an object");
        assert!(members.remove("createdAt").is_some_and(|at| at.is_i64()));
    }
    listed.clone()
}

fn project(id: &str, realm: &str, providers: &Value) -> Value {
    json!({ "id": id, "realm": realm, "providers": providers })
}

#[tokio::test]
async fn a_local_installation_has_two_projects_from_its_first_start() {
    let directory = Directory::new();
    let server = Server::start(&directory, &[], &[]).await;
    let known = [
        project(ISOLATED, ISOLATED, &our_own()),
        project(SHARING, "default", &our_own()),
    ];
    assert_eq!(local_projects(&directory).await, known);
    let id = format!("id={SHARING}");
    let google = json!({ "google": { "client_ids": ["ours"] } });
    let written = format!("providers={google}");
    run(&directory, &["project.put", &id, &written]).await;
    server.stop().await;
    let _server = Server::start(&directory, &[], &[]).await;
    let changed = [known[0].clone(), project(SHARING, "default", &google)];
    assert_eq!(local_projects(&directory).await, changed, "it stays so");
}

#[tokio::test]
async fn every_platform_under_test_has_the_known_projects() {
    let platform = Platform::start().await;
    let projects = platform.items("projects").await;
    let mut realms: Vec<_> = projects
        .iter()
        .map(|project| (&project["project_id"], &project["realm"]))
        .collect();
    realms.sort_by_key(|(id, _)| id.to_string());
    let known = [
        (&json!(ISOLATED), &json!(ISOLATED)),
        (&json!(SHARING), &json!("default")),
    ];
    assert_eq!(realms, known);
    let google = json!({ "jwks_uri": "http://127.0.0.1:9/", "issuer": "i", "client_ids": ["a"] });
    let settings = json!({ "providers": { "google": google } });
    let changed = platform.put_project(SHARING, &settings).await;
    assert_eq!(changed.providers.shown(), settings["providers"]);
    assert_eq!(platform.items("projects").await.len(), 2);
    let made = platform.put_project(PROJECT, &settings).await;
    assert_eq!(made.id.to_string(), PROJECT);
    assert_eq!(platform.items("projects").await.len(), 3);
}

#[tokio::test]
async fn a_file_adds_and_replaces_projects_at_every_start() {
    let (directory, folder) = (Directory::new(), Folder::new());
    let file = folder.file("projects.json");
    let keys = "http://localhost:9/keys";
    let google = json!({ "issuer": "https://i.example", "jwks_uri": keys, "client_ids": ["a"] });
    let google = json!({ "google": google });
    let anonymous = json!({ "anonymous": {} });
    let write = |content: &Value| {
        std::fs::write(&file, content.to_string()).expect("a file");
    };
    write(&json!({
        PROJECT: { "realm": "own", "providers": google },
        SHARING: { "realm": "staff", "providers": anonymous },
        ISOLATED.to_uppercase(): { "providers": anonymous },
    }));
    let values = [("PROJECTS_FILE", file.to_str().expect("a text"))];
    let server = Server::start(&directory, &[], &values).await;
    let first = [
        project(PROJECT, PROJECT, &google),
        project(ISOLATED, ISOLATED, &anonymous),
        project(SHARING, "staff", &anonymous),
    ];
    assert_eq!(local_projects(&directory).await, first);
    let id = format!("id={PROJECT}");
    run(&directory, &["project.put", &id, "providers={}"]).await;
    server.stop().await;

    let server = Server::start(&directory, &[], &values).await;
    assert_eq!(local_projects(&directory).await, first, "replaced again");
    server.stop().await;

    write(&json!({ PROJECT: { "providers": anonymous } }));
    let server = Server::start(&directory, &[], &values).await;
    let mut second = first.clone();
    second[0]["providers"] = anonymous;
    assert_eq!(local_projects(&directory).await, second, "others stay");
    server.stop().await;

    write(&json!({
        PROJECT: { "realm": "staff", "providers": {} },
        SHARING: { "realm": "default", "providers": {} },
    }));
    let output = command(&directory, &[], &values).output().await;
    let output = output.expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        format!(
            "the configuration cannot be used:\n  PROJECTS_FILE: {PROJECT}: a project keeps its realm\n  \
             PROJECTS_FILE: {SHARING}: a project keeps its realm\n"
        )
    );
    assert_eq!(local_projects(&directory).await, second);
}

#[tokio::test]
async fn a_bad_file_stops_the_start_with_one_message_that_names_all_of_it() {
    let folder = Folder::new();
    let file = folder.file("projects.json");
    let path = file.to_str().expect("a text");
    let start = async || failed_start(&[], &[("PROJECTS_FILE", path), ("PORT", "seventy")]).await;
    let content = json!({
        "shop": { "providers": {} },
        PROJECT: { "realm": "Staff", "provider": {}, "secret": "hush" },
        SHARING: { "providers": { "facebook": { "app_id": "1", "app_secret": "hush", "graph_url": "http://g.example" } } },
        ISOLATED: [],
        USER: { "providers": {} },
        USER.to_uppercase(): { "providers": {} },
    });
    std::fs::write(&file, content.to_string()).expect("a file");
    let message = start().await;
    let (heading, lines) = message.split_once('\n').expect("lines");
    assert_eq!(heading, "the configuration cannot be used:");
    let mut lines: Vec<_> = lines.lines().collect();
    lines.sort_unstable();
    let realm = "realm: must be `own`, or at most 36 lower-case letters, digits and hyphens";
    let mut problems = [
        "\"shop\" is no UUID".to_owned(),
        format!("{PROJECT}: {realm}"),
        format!("{PROJECT}: providers: must be set"),
        format!("{PROJECT}: \"provider\" is unknown"),
        format!("{PROJECT}: \"secret\" is unknown"),
        format!("{SHARING}: providers: facebook: graph_url must be an https URL"),
        format!("{ISOLATED}: must be an object"),
        format!("{USER}: is there twice"),
    ]
    .map(|problem| format!("  PROJECTS_FILE: {problem}"))
    .to_vec();
    problems.push("  PORT: must be a number from 1 to 65535, not \"seventy\"".to_owned());
    problems.sort_unstable();
    assert_eq!(lines, problems);

    for content in ["", "[]", "{\"providers\":"] {
        std::fs::write(&file, content).expect("a file");
        let message = start().await;
        let problem = format!("\n  PROJECTS_FILE: {path} holds no JSON object: ");
        assert!(message.contains(&problem), "{content:?}: {message}");
    }
    std::fs::remove_file(&file).expect("it was there");
    let message = start().await;
    let problem = format!("\n  PROJECTS_FILE: {path} cannot be read: ");
    assert!(message.contains(&problem), "{message}");
}
