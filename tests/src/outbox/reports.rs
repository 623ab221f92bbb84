//! What SES reports of our mails: who gets no more, until an operator says so.

use serde_json::{Value, json};
use shared::domain::{Clock as _, EmailAddress};

use super::{ANN, BEN, CEM, Sender};
use crate::events::event;
use crate::harness::{Fault, PASSWORD, Platform};

/// What SES reports, of a mail to these.
fn report(name: &str, to: &[&str]) -> Value {
    let mut report = event("platform-outbox", name);
    let (member, recipients) = match name {
        "complaint" => ("complaint", "complainedRecipients"),
        _ => ("bounce", "bouncedRecipients"),
    };
    let named: Vec<_> = to.iter().map(|to| json!({ "emailAddress": to })).collect();
    report["detail"][member][recipients] = json!(named);
    report["detail"]["mail"]["destination"] = json!(to);
    report
}

/// Has SES report; there is nothing to answer.
async fn tell(sender: &Sender, report: Value) {
    assert_eq!(sender.function.invoke(report).await, Value::Null);
}

/// What is noted of addresses, without its key.
async fn noted(platform: &Platform) -> Vec<(String, Value)> {
    let items = platform.items("users").await.into_iter();
    let noted = items.filter_map(|mut item| {
        let pk = item.remove("pk")?;
        let digest = pk.as_str()?.strip_prefix("unmailable#")?;
        Some((digest.to_owned(), json!(item)))
    });
    noted.collect()
}

fn digest(email: &str) -> String {
    let email = EmailAddress::parse(email).expect("an address");
    email.digest().as_str().to_owned()
}

async fn ask_for_password(platform: &Platform, email: &str) {
    let request = platform.post("/user-service/v1/users/newPassword");
    let answer = request.json(&json!({ "email": email })).send().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(
        answer.body,
        asked_by_a_stranger(platform)
            .await
            .replace("unknown@example.com", email)
    );
}

/// What somebody is told who has no account.
async fn asked_by_a_stranger(platform: &Platform) -> String {
    let request = platform.post("/user-service/v1/users/newPassword");
    let answer = request
        .json(&json!({ "email": "unknown@example.com" }))
        .send();
    answer.await.body
}

/// Whether a recovery reaches this address. The outbox is empty after it.
async fn gets_mail(sender: &Sender, email: &str) -> bool {
    let platform = &sender.platform;
    platform.clock.advance_seconds(901);
    ask_for_password(platform, email).await;
    platform.inbox.empty().expect("an inbox in memory");
    assert_eq!(sender.deliver(&sender.batch().await).await, [""; 0]);
    assert_eq!(platform.items("outbox").await, [], "all is done");
    let recipients = sender.recipients();
    assert!(recipients.len() <= 1, "{recipients:?}");
    recipients == [email]
}

async fn start(emails: &[&str]) -> Sender {
    let sender = Sender::start().await;
    for email in emails {
        sender.platform.register_confirmed(email).await;
    }
    sender
}

#[tokio::test]
async fn who_bounced_for_good_or_complained_gets_no_more_mail() {
    for (name, reason) in [("bounce", "bounce"), ("complaint", "complaint")] {
        let sender = start(&[ANN, BEN]).await;
        assert!(gets_mail(&sender, ANN).await, "before");
        tell(&sender, report(name, &[ANN])).await;
        let since = sender.platform.clock.now().as_millisecond();
        let item = json!({ "reason": reason, "since": since });
        assert_eq!(noted(&sender.platform).await, [(digest(ANN), item)]);
        assert!(!gets_mail(&sender, ANN).await, "{name}");
        assert!(
            gets_mail(&sender, BEN).await,
            "{name}: one's bounce stops no other"
        );
        let log = sender.log();
        let given_up = (
            "WARN".to_owned(),
            "a mail was given up: the recipient gets no mail".to_owned(),
        );
        assert_eq!(log.last(), Some(&given_up), "{log:?}");
        let log = sender.cloud.log();
        assert!(log.contains("\"outcome\":\"unmailable\""), "{log}");
    }
}

#[tokio::test]
async fn what_may_pass_and_what_is_no_complaint_change_nothing() {
    let sender = start(&[ANN]).await;
    let mut reports = vec![report("bounce-transient", &[ANN]), report("reject", &[ANN])];
    let mut undetermined = report("bounce", &[ANN]);
    undetermined["detail"]["bounce"]["bounceType"] = json!("Undetermined");
    reports.push(undetermined);
    for kind in ["not-spam", "auth-failure"] {
        let mut complaint = report("complaint", &[ANN]);
        complaint["detail"]["complaint"]["complaintFeedbackType"] = json!(kind);
        reports.push(complaint);
    }
    let before = sender.platform.dump().await;
    for report in reports {
        tell(&sender, report.clone()).await;
        assert_eq!(sender.platform.dump().await, before, "{report}");
    }
    assert!(gets_mail(&sender, ANN).await);
}

#[tokio::test]
async fn a_complaint_of_which_no_kind_is_told_is_one() {
    let sender = start(&[ANN]).await;
    let mut complaint = report("complaint", &[ANN]);
    let told = complaint["detail"]["complaint"].as_object_mut();
    told.expect("an object").remove("complaintFeedbackType");
    tell(&sender, complaint).await;
    assert!(!gets_mail(&sender, ANN).await);
}

#[tokio::test]
async fn an_address_is_the_same_however_it_is_spelt() {
    let sender = start(&[ANN, BEN]).await;
    for spelt in ["ANN@Example.COM", "\"Ben, of Example\" <Ben@example.com>"] {
        tell(&sender, report("bounce", &[spelt])).await;
    }
    assert_eq!(noted(&sender.platform).await.len(), 2);
    assert!(!gets_mail(&sender, ANN).await);
    assert!(!gets_mail(&sender, BEN).await);
}

#[tokio::test]
async fn all_of_several_recipients_are_noted_and_those_alone_to_whom_the_mail_went() {
    let sender = start(&[ANN, BEN, CEM]).await;
    let mut two = report("bounce", &[ANN, BEN]);
    let named = &mut two["detail"]["bounce"]["bouncedRecipients"];
    for other in [CEM, "mailer-daemon"] {
        let other = json!({ "emailAddress": other });
        named.as_array_mut().expect("a list").push(other);
    }
    tell(&sender, two).await;
    assert_eq!(noted(&sender.platform).await.len(), 2);
    for (email, gets) in [(ANN, false), (BEN, false), (CEM, true)] {
        assert_eq!(gets_mail(&sender, email).await, gets, "{email}");
    }
}

#[tokio::test]
async fn an_event_that_comes_again_changes_nothing() {
    let sender = start(&[ANN]).await;
    tell(&sender, report("bounce", &[ANN])).await;
    let once = sender.platform.dump().await;
    sender.platform.clock.advance_seconds(60);
    tell(&sender, report("bounce", &[ANN])).await;
    tell(&sender, report("complaint", &[ANN])).await;
    assert_eq!(sender.platform.dump().await, once, "the first report stays");
}

#[tokio::test]
async fn an_address_without_an_account_gets_no_mail_when_it_has_one() {
    let sender = start(&[]).await;
    tell(&sender, report("bounce", &[ANN])).await;
    let stored = sender.platform.dump().await;
    assert!(!stored.contains(ANN), "{stored}");
    sender.platform.register(ANN).await;
    assert_eq!(sender.deliver(&sender.batch().await).await, [""; 0]);
    assert_eq!(sender.recipients(), [""; 0]);
}

#[tokio::test]
async fn an_event_that_cannot_be_noted_fails_and_comes_again() {
    let sender = start(&[ANN, BEN]).await;
    let connector = &sender.platform.connector;
    connector.inject("PutItem users", Fault::AccessDenied, 1);
    let both = report("bounce", &[ANN, BEN]);
    let failed = sender.function.try_invoke(both.clone()).await;
    let failed = failed.expect_err("nothing is lost in silence");
    assert!(failed.contains("temporarily unavailable"), "{failed}");
    assert!(!failed.contains('@'), "{failed}");
    let log = sender.log();
    let told = log.iter().any(|(level, message)| {
        level == "ERROR" && message.starts_with("an event was not answered: ")
    });
    assert!(told, "{log:?}");
    tell(&sender, both).await;
    assert!(!gets_mail(&sender, ANN).await);
    assert!(!gets_mail(&sender, BEN).await);
}

#[tokio::test]
async fn who_cannot_be_looked_up_waits() {
    let sender = start(&[ANN]).await;
    let platform = &sender.platform;
    ask_for_password(platform, ANN).await;
    let batch = sender.batch().await;
    let connector = &platform.connector;
    connector.inject("BatchGetItem users", Fault::AccessDenied, 1);
    assert_eq!(sender.deliver(&batch).await.len(), 1);
    platform.inbox.empty().expect("an inbox in memory");
    assert_eq!(sender.deliver(&batch).await, [""; 0]);
    assert_eq!(sender.recipients(), [ANN]);
}

#[tokio::test]
async fn an_operator_lets_an_address_have_mail_again() {
    let sender = start(&[ANN]).await;
    let operator = sender.cloud.function("platform-operator");
    let command = async |name: &str, email: &str| {
        let command = json!({ "command": name, "email": email });
        operator.invoke(command).await
    };
    assert_eq!(
        command("mail.status", ANN).await,
        json!({ "mailable": true })
    );
    assert_eq!(
        command("mail.allow", ANN).await,
        json!({ "removed": false })
    );
    tell(&sender, report("bounce", &[ANN])).await;
    let since = sender.platform.clock.now().to_string();
    assert_eq!(
        command("mail.status", "Ann@Example.com").await,
        json!({ "mailable": false, "reason": "bounce", "since": since })
    );
    assert!(!gets_mail(&sender, ANN).await);
    assert_eq!(
        command("mail.allow", "Ann@Example.com").await,
        json!({ "removed": true, "reason": "bounce", "since": since })
    );
    assert_eq!(noted(&sender.platform).await, []);
    assert!(gets_mail(&sender, ANN).await);
}

#[tokio::test]
async fn what_is_noted_outlasts_the_account() {
    let sender = start(&[ANN]).await;
    tell(&sender, report("complaint", &[ANN])).await;
    let platform = &sender.platform;
    let marked = noted(platform).await;
    let session = platform.signed_in(ANN, PASSWORD).await;
    let deleted = platform
        .delete("/user-service/v1/users/user")
        .bearer(&session.access_token);
    assert_eq!(deleted.send().await.status, 204);
    assert_eq!(sender.deliver(&sender.batch().await).await, [""; 0]);
    assert_eq!(noted(platform).await, marked);
}
