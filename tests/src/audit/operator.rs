//! What an operator does, and what one reads of the trail.

use platform::operator::Command;
use serde_json::{Value, json};
use shared::domain::UserId;

use super::{ANN, id_of, told_of};
use crate::harness::{PASSWORD, Platform};

async fn run(platform: &Platform, command: Value) -> Result<Value, String> {
    let command = Command::read(command).expect("a command");
    let local = &platform.local;
    let ran = command.run(&local.foundation, &local.secrets).await;
    ran.map_err(|fault| fault.to_string())
}

#[tokio::test]
async fn an_invitation_and_what_comes_of_it_are_told() {
    let platform = Platform::start().await;
    let invite = json!({ "command": "admin.invite", "email": ANN });
    run(&platform, invite.clone()).await.expect("an invitation");
    let user = id_of(&platform, ANN).await;
    platform.clock.advance_seconds(1);
    platform.deliver().await;
    platform.clock.advance_seconds(1);
    run(&platform, invite).await.expect("another");
    let told = told_of(&platform, &user).await;
    let by_us: Vec<_> = told
        .iter()
        .filter(|line| line.ends_with(" operator"))
        .collect();
    assert_eq!(
        by_us,
        ["created operator", "invited operator", "invited operator"]
    );
    let mailed = told
        .iter()
        .filter(|line| line.starts_with("recovery-mailed "));
    assert_eq!(mailed.count(), 1, "the first invitation, by the sender");
}

#[tokio::test]
async fn what_concerns_no_account_is_told_of_the_installation() {
    let platform = Platform::start().await;
    let id = "3b1f8a52-7c4d-4e0a-9b7e-5d2c1a6f8e90";
    let put = json!({ "command": "project.put", "id": id });
    run(&platform, put).await.expect("a project");
    platform.clock.advance_seconds(1);
    let rotate = json!({ "command": "project.rotate-secret", "id": id });
    run(&platform, rotate).await.expect("another secret");
    let installation = UserId::INSTALLATION.to_string();
    assert_eq!(
        told_of(&platform, &installation).await,
        ["project-put operator", "project-secret-rotated operator"]
    );
    assert_eq!(platform.items("audit").await.len(), 2, "and of nobody else");
}

#[tokio::test]
async fn an_operator_reads_the_newest_hundred() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    platform.clock.advance_seconds(1);
    platform.signed_in(ANN, PASSWORD).await;
    let user = id_of(&platform, ANN).await;
    let audit = json!({ "command": "audit", "user": user });
    let shown = run(&platform, audit).await.expect("a trail");
    let shown = shown["events"].as_array().expect("events").clone();
    assert_eq!(shown.len(), 3);
    assert_eq!(shown[0]["event"], "signed-in");
    assert_eq!(shown[0]["dialect"], "user-service");
    assert!(shown[0]["sessionId"].is_string(), "{shown:?}");
    let nonsense = json!({ "command": "audit", "user": "ann" });
    let refused = run(&platform, nonsense).await;
    assert_eq!(refused, Err("user: must be a UUID".to_owned()));
}
