//! Which lines count for CloudWatch, and that nothing personal does.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::runtime::{NAMESPACE, metric_names};

use super::lines;
use crate::events::event;
use crate::harness::{MailFault, Platform};
use crate::logs::{Listening, Log};

const QUARTER_OF_AN_HOUR: i64 = 15 * 60;

/// What a line counts, by name; nothing else may be in it that CloudWatch keeps.
fn counted(line: &Value) -> Vec<(String, Value)> {
    let Some(metadata) = line.get("_aws") else {
        return Vec::new();
    };
    let directives = metadata["CloudWatchMetrics"].as_array().expect("a list");
    assert_eq!(directives.len(), 1);
    assert_eq!(directives[0]["Namespace"], NAMESPACE);
    assert_eq!(directives[0]["Dimensions"], json!([["installation"]]));
    assert_eq!(line["installation"], "gatehouse");
    let metrics = directives[0]["Metrics"].as_array().expect("a list");
    let of = |metric: &Value| {
        let name = metric["Name"].as_str().expect("a name").to_owned();
        assert!(metric_names().any(|known| known == name), "{name}");
        assert!(line[&name].is_number(), "{line}");
        (name.clone(), line[&name].clone())
    };
    metrics.iter().map(of).collect()
}

#[tokio::test]
async fn sign_ins_wrong_passwords_and_locks_count_and_nothing_personal_with_them() {
    let log = Log::default();
    let platform = Platform::with(&[("LOG_LEVEL", "info"), ("METRICS", "on")]).await;
    let _guard = Listening::through(&platform.log_filter, &log);
    let email = "ann@example.com";
    platform.new_session("ben@example.com").await;
    platform.register_confirmed(email).await;
    for _ in 0..7 {
        platform.clock.advance_seconds(2);
        platform.login(email, "not the password").await;
    }
    assert_eq!(platform.login(email, "not the password").await.status, 429);
    let told = lines(&(log.text() + &platform.log()));
    let mut counts: Vec<_> = told.iter().flat_map(counted).collect();
    counts.sort_by(|one, other| one.0.cmp(&other.0));
    let names: Vec<_> = counts.iter().map(|(name, _)| name.as_str()).collect();
    let wrong = ["WrongPasswords"; 7];
    assert_eq!(names, [&["Locks", "SignIns"], &wrong[..]].concat());
    assert!(counts.iter().all(|(_, count)| *count == 1), "{counts:?}");
    for line in &told {
        assert!(!line.to_string().contains('@'), "an address: {line}");
        let is_quiet = ["registered", "activated"].map(Value::from);
        let counts = is_quiet.contains(&line["outcome"]) || line.get("_aws").is_some();
        assert!(counts, "{line}");
    }
}

#[tokio::test]
async fn without_metrics_no_line_counts() {
    let log = Log::default();
    let platform = Platform::with(&[("LOG_LEVEL", "info")]).await;
    let _guard = Listening::through(&platform.log_filter, &log);
    platform.new_session("ann@example.com").await;
    let told = lines(&(log.text() + &platform.log()));
    assert_eq!(told.len(), 3, "{told:?}");
    for line in told {
        assert!(line.get("_aws").is_none() && line.get("installation").is_none());
    }
}

/// Mails that are not taken, what comes back of them, and how old what is left is.
#[tokio::test]
async fn the_outbox_counts_what_it_could_not_send_and_how_long_that_waits() {
    let platform = Platform::with(&[("LOG_LEVEL", "error"), ("METRICS", "on")]).await;
    let cloud = platform.cloud().await;
    let outbox = cloud.function("platform-outbox");
    let sweep = || outbox.invoke(event("platform-outbox", "sweep"));
    sweep().await;
    platform.register("ann@example.com").await;
    platform.clock.advance_seconds(60);
    sweep().await;
    platform
        .mail
        .refuse("ann@example.com", MailFault::Throttled);
    platform.clock.advance_seconds(QUARTER_OF_AN_HOUR);
    sweep().await;
    platform.mail.heal();
    sweep().await;
    let told = lines(&cloud.log());
    let counts: Vec<_> = told.iter().map(counted).collect();
    let age = |seconds: u32| vec![("OutboxAge".to_owned(), json!(seconds))];
    let failed = ["Failures", "MessagesFailed"].map(|name| (name.to_owned(), json!(1)));
    assert_eq!(
        counts,
        [age(0), age(60), failed.to_vec(), age(960), age(0)],
        "{told:?}"
    );
    let told = told.iter().filter(|line| line["level"] == "INFO");
    let told: BTreeSet<_> = told.map(|line| line["message"].to_string()).collect();
    assert_eq!(told.len(), 1, "only what a metric needs: {told:?}");
}

#[tokio::test]
async fn what_comes_back_of_a_mail_counts_without_whom_it_was_to() {
    let platform = Platform::with(&[("LOG_LEVEL", "warn"), ("METRICS", "on")]).await;
    let cloud = platform.cloud().await;
    let outbox = cloud.function("platform-outbox");
    for name in ["bounce", "complaint", "reject"] {
        outbox.invoke(event("platform-outbox", name)).await;
    }
    let told = lines(&cloud.log());
    let counts: Vec<_> = told.iter().map(counted).collect();
    let bounce = vec![("Bounces".to_owned(), json!(1))];
    assert_eq!(counts, [bounce.clone(), bounce, Vec::new()]);
    assert!(!cloud.log().contains('@'));
}
