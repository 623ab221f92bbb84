//! What goes wrong while an installation is set up: it is told, and the next run mends it.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};

use super::{ADMIN, Stack};
use crate::harness::{Fault, PARAMETER_PATH};

/// A call that is never made.
const NEVER: Fault = Fault::Delay(Duration::from_hours(24));

/// That a run failed in fixed words.
fn assert_unavailable(report: &Value) {
    assert_eq!(report["Status"], "FAILED", "{report}");
    let reason = report["Reason"].as_str().expect("a reason");
    let reason = reason.strip_suffix("; the log of platform-operator tells more");
    let reason = reason.expect("a hint");
    assert!(
        [
            "temporarily unavailable",
            "the database does not answer",
            "the parameter store does not answer"
        ]
        .contains(&reason),
        "{reason}"
    );
}

impl Stack {
    /// That setting up succeeds now and leaves one of everything.
    async fn assert_mended(&self, what: &str) {
        let report = self.run(&self.request("Update")).await;
        assert_eq!(report["Status"], "SUCCESS", "{what}: {report}");
        self.assert_one_of_everything(what).await;
    }

    async fn assert_one_of_everything(&self, what: &str) {
        let published = self.published().await;
        let algorithms: Vec<_> = published.iter().map(|key| &key["algorithm"]).collect();
        assert_eq!(algorithms, ["RS256", "RS512"], "{what}");
        let users = self.platform.items("users").await;
        assert_eq!(
            users.len(),
            4,
            "{what}: one account, one credential, one number, one list of roots"
        );
        let id = self.user(ADMIN).await["pk"]
            .as_str()
            .expect("a key")
            .replace("user#", "");
        assert_eq!(self.key_item("bootstrap").await["user_id"], id, "{what}");
        assert_eq!(
            self.key_item("settings").await["entries"]["SERVICE_NAME"],
            "Gatehouse",
            "{what}"
        );
        let outbox = self.platform.items("outbox").await;
        assert_eq!(outbox.len(), 1, "{what}: one invitation");
    }
}

#[tokio::test]
async fn a_fault_at_any_call_is_told_and_mended_by_the_next_run() {
    let stack = Stack::new().await;
    stack.platform.connector.watch_upkeep();
    stack.run(&stack.request("Create")).await;
    let calls = stack.platform.connector.round_trips().concat();
    assert_eq!(calls.len(), 22, "{calls:?}");
    for (index, call) in calls.iter().enumerate() {
        for fault in [Fault::AccessDenied, Fault::LostReply] {
            let what = format!("{fault:?} at {call}");
            let stack = Stack::new().await;
            stack.platform.connector.watch_upkeep();
            stack.platform.connector.inject_after(index, "", fault, 1);
            let report = stack.run(&stack.request("Update")).await;
            if report["Status"] == "SUCCESS" {
                // The trail holds up nothing: what it lacks is in the log.
                let told = call == "PutItem audit";
                assert!(told || fault == Fault::LostReply, "{what}");
                stack.assert_one_of_everything(&what).await;
            } else {
                assert_unavailable(&report);
                stack.platform.connector.heal();
                stack.assert_mended(&what).await;
            }
        }
    }
}

/// The one call that the stacks above have no need of.
#[tokio::test]
async fn a_fault_while_a_long_key_is_kept_is_mended_by_the_next_run() {
    for fault in [Fault::AccessDenied, Fault::LostReply] {
        let stack = Stack::empty().await;
        let call = "PutParameter signing/RS512";
        stack.platform.connector.watch_upkeep();
        stack.platform.connector.inject(call, fault, 1);
        let report = stack.run(&stack.request("Update")).await;
        if fault == Fault::AccessDenied {
            assert_unavailable(&report);
        }
        stack.platform.connector.heal();
        stack.assert_mended(call).await;
        let dump = stack.platform.parameters.dump();
        let long = dump.iter().filter(|(name, ..)| name.contains("RS512"));
        assert_eq!(long.count(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_database_that_is_out_is_told_in_a_fixed_text() {
    let stack = Stack::with(&[("LOG_LEVEL", "error")]).await;
    stack.platform.connector.watch_upkeep();
    for (call, fault) in [
        (" keys", Fault::ServerError),
        (" keys", Fault::AccessDenied),
        (" keys", Fault::Delay(Duration::from_secs(30))),
        ("Parameter", Fault::AccessDenied),
        ("users", Fault::ServerError),
    ] {
        stack.platform.connector.inject(call, fault, usize::MAX);
        let report = stack.run(&stack.request("Update")).await;
        assert_unavailable(&report);
        stack.platform.connector.heal();
    }
    let log = stack.platform.log();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let message = line["message"].as_str().expect("a text");
        assert!(
            message.starts_with("the installation was not set up: "),
            "{message}"
        );
    }
    assert!(log.contains("AccessDenied"), "the log knows more: {log}");
    stack.assert_mended("after all").await;
}

/// The rights of the function's role are as young as the stack.
#[tokio::test]
async fn a_new_stack_waits_for_its_rights() {
    let stack = Stack::new().await;
    stack.platform.connector.watch_upkeep();
    let refused = Fault::AccessDenied;
    stack.platform.connector.inject("Parameter", refused, 1);
    let report = stack.run(&stack.request("Create")).await;
    assert_eq!(report["Status"], "SUCCESS", "{report}");
    stack.assert_one_of_everything("in the end").await;
}

/// A run that ended between keeping a private key and publishing it.
#[tokio::test]
async fn a_private_key_that_was_kept_but_not_published_is_published() {
    for (published_before, algorithm) in ["RS256", "RS512"].into_iter().enumerate() {
        let stack = Stack::empty().await;
        stack.platform.connector.inject_after(
            published_before,
            "PutItem keys",
            Fault::AccessDenied,
            1,
        );
        assert_unavailable(&stack.run(&stack.request("Update")).await);
        let kept = stack.platform.parameters.dump();
        assert_eq!(kept.len(), 5 + published_before, "{algorithm}");
        assert_eq!(stack.published().await.len(), published_before);
        stack.assert_mended("unpublished").await;
        let mended = stack.platform.parameters.dump();
        assert_eq!(mended[..kept.len()], kept, "no other was made");
        assert_eq!(mended.len(), 6, "{algorithm}");
        let (name, ..) = kept.last().expect("a key");
        let published = &stack.published().await[published_before];
        let kid = published["kid"].as_str().expect("a name");
        assert_eq!(*name, format!("{PARAMETER_PATH}/signing/{algorithm}/{kid}"));
    }
}

/// Killed, not refused.
#[tokio::test]
async fn a_process_that_dies_at_any_call_leaves_nothing_that_the_next_run_does_not_mend() {
    for call in [
        "GetParametersByPath",
        "PutItem keys",
        "UpdateItem keys",
        "TransactWriteItems",
    ] {
        let stack = Stack::new().await;
        let cloud = stack.platform.bare_cloud().await;
        let dying = cloud.function("platform-operator");
        stack.platform.connector.watch_upkeep();
        stack.platform.connector.inject(call, NEVER, 1);
        let request = stack.request("Create");
        tokio::select! {
            _ = dying.try_invoke(request) => panic!("it is held at {call}"),
            () = stack.platform.connector.begun(call, 1) => {}
        }
        drop(dying);
        stack.platform.connector.heal();
        assert_eq!(stack.callback.take().len(), 0);
        stack.assert_mended(call).await;
    }
}

/// Each run has looked before the other writes.
#[tokio::test]
async fn two_runs_at_once_make_one_installation() {
    for (ended_at, both_at, administrators) in [
        (None, "PutParameter signing", ["as before", "made"]),
        (
            Some("UpdateItem keys"),
            "TransactWriteItems",
            ["as before", "made"],
        ),
        (
            Some("TransactWriteItems"),
            "TransactWriteItems",
            ["as before", "made"],
        ),
    ] {
        let stack = Stack::new().await;
        let request = stack.request("Update");
        stack.platform.connector.watch_upkeep();
        if let Some(call) = ended_at {
            stack
                .platform
                .connector
                .inject(call, Fault::AccessDenied, 1);
            assert_unavailable(&stack.run(&request).await);
        }
        let delay = Fault::Delay(Duration::from_secs(1));
        stack.platform.connector.inject(both_at, delay, 2);
        let answers = join_all([stack.invoke(&request), stack.invoke(&request)]).await;
        assert_eq!(answers, [Ok(Value::Null), Ok(Value::Null)]);
        let reports = stack.callback.take();
        assert_eq!(reports.len(), 2);
        let mut told: Vec<_> = reports
            .iter()
            .map(|report| report.body["Data"]["Administrator"].as_str())
            .map(|administrator| administrator.expect("a success").split(':').next())
            .collect();
        told.sort_unstable();
        assert_eq!(told, administrators.map(Some), "{both_at}");
        stack.assert_one_of_everything(both_at).await;
        stack.assert_mended(both_at).await;
    }
}

/// What an operator keeps of a former installation is not overwritten.
#[tokio::test]
async fn secrets_that_are_there_are_used() {
    let stack = Stack::new().await;
    let kept = json!([{ "version": 3, "secret": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" }])
        .to_string();
    stack
        .platform
        .parameters
        .put_secret(&format!("{PARAMETER_PATH}/server/codes"), &kept);
    stack.assert_mended("kept").await;
    assert_eq!(stack.platform.parameters.dump()[0].2, kept);
}

#[tokio::test]
async fn a_damaged_secret_is_named_and_not_shown() {
    let stack = Stack::new().await;
    stack
        .platform
        .parameters
        .put_secret(&format!("{PARAMETER_PATH}/server/codes"), "canary");
    let report = stack.run(&stack.request("Create")).await;
    assert_eq!(report["Status"], "FAILED");
    assert_eq!(
        report["Reason"],
        format!("the parameter {PARAMETER_PATH}/server/codes is damaged")
    );
    assert!(!stack.platform.log().contains("canary"));
}
