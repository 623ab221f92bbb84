//! Setting up: what the first run makes, that the next ones change nothing, and what CloudFormation is told.

use http::Method;
use serde_json::{Value, json};

use super::{ADMIN, STACK, Stack};
use crate::harness::{Callback, PARAMETER_PATH, PASSWORD, PUBLIC_URL};
use crate::template::Template;

fn success(data: &Value) -> Value {
    json!({
        "Status": "SUCCESS",
        "StackId": STACK,
        "RequestId": "afd8d7c5-9376-4013-8b3b-307200000001",
        "LogicalResourceId": "Installation",
        "PhysicalResourceId": "gatehouse-installation",
        "Data": data,
    })
}

/// That nothing was done, for a reason that is fit to be shown; the reason.
fn refused(report: &Value) -> &str {
    let reason = report["Reason"].as_str().expect("a reason");
    let mut expected = success(&Value::Null);
    expected["Status"] = json!("FAILED");
    expected["Reason"] = json!(reason);
    expected.as_object_mut().expect("an object").remove("Data");
    assert_eq!(*report, expected);
    assert!((1..1000).contains(&reason.len()), "{reason}");
    reason
}

#[test]
fn the_event_of_a_test_has_the_properties_of_the_template() {
    let names = |settings: &Value| {
        let names = settings.as_object().expect("an object").keys();
        names.cloned().collect::<Vec<_>>()
    };
    let event = include_str!("../../../events/platform-operator/create.json");
    let event: Value = serde_json::from_str(event).expect("JSON");
    let template = Template::of_repository().installation();
    assert_eq!(names(&event["ResourceProperties"]), names(&template));
    let settings = &event["ResourceProperties"]["Settings"];
    assert_eq!(names(settings), names(&template["Settings"]));
}

#[tokio::test]
async fn the_first_run_makes_keys_and_settings_and_invites_an_administrator() {
    let stack = Stack::empty().await;
    assert_eq!(stack.dump().await, "[]", "nothing is there yet");
    let report = stack.run(&stack.request("Create")).await;
    assert_eq!(
        report,
        success(&json!({
            "Administrator": "made: a mail invites to set a password",
            "Issuer": PUBLIC_URL,
            "PublicUrl": PUBLIC_URL,
            "Keys": "made",
        }))
    );

    let keys = stack.published().await;
    let lives: Vec<_> = keys
        .iter()
        .map(|key| (&key["algorithm"], &key["state"]))
        .collect();
    let active = json!("active");
    assert_eq!(
        lives,
        [(&json!("RS256"), &active), (&json!("RS512"), &active)]
    );
    let kid = |index: usize| keys[index]["kid"].as_str().expect("a name");
    let secrets = stack.platform.parameters.dump();
    let secrets: Vec<_> = secrets
        .iter()
        .map(|(name, kind, _, version)| (name.as_str(), kind.as_str(), *version))
        .collect();
    let expected = [
        "server/codes",
        "server/refresh",
        "server/seal",
        "server/sources",
        &format!("signing/RS256/{}", kid(0)),
        &format!("signing/RS512/{}", kid(1)),
    ]
    .map(|name| format!("{PARAMETER_PATH}/{name}"));
    let expected: Vec<_> = expected
        .iter()
        .map(|name| (name.as_str(), "SecureString", 1))
        .collect();
    assert_eq!(secrets, expected);
    assert_eq!(
        stack.key_item("settings").await,
        json!({
            "issuer": PUBLIC_URL,
            "entries": {
                "TOKEN_ALGORITHM": "RS256",
                "SIGNING": "wrapped",
                "KEY_ROTATION_DAYS": "90",
                "PUBLIC_URL": PUBLIC_URL,
                "SERVICE_NAME": "Gatehouse",
                "EMAIL_FROM": "no-reply@gatehouse.example",
                "EMAIL_CONFIRMATION": "on",
                "OPEN_REGISTRATION": "on",
                "SMS": "off",
                "SESSION_COOKIE_NAME": "sid",
                "SESSION_COOKIE_SAMESITE": "lax",
                "AUDIT_DAYS": "365",
            },
        })
    );

    let administrator = stack.user(ADMIN).await;
    let id = administrator["pk"]
        .as_str()
        .and_then(|pk| pk.strip_prefix("user#"))
        .expect("an id");
    assert_eq!(stack.key_item("bootstrap").await, json!({ "user_id": id }));
    assert_eq!(
        (
            &administrator["permission_level"],
            &administrator["confirmed"],
            &administrator["email_proved_at"]
        ),
        (&json!(2), &json!(true), &Value::Null)
    );
    let users = stack.platform.items("users").await;
    assert_eq!(users.len(), 4, "account, credential, number, the roots");
    assert!(
        users.iter().all(|item| !item.contains_key("password_hash")),
        "{users:?}"
    );
    let outbox = stack.platform.items("outbox").await;
    assert_eq!(outbox.len(), 1);
    assert_eq!(
        (&outbox[0]["kind"], &outbox[0]["user_id"]),
        (&json!("invitation"), &json!(id))
    );
}

#[tokio::test]
async fn the_administrator_signs_in_once_the_invitation_has_set_a_password() {
    let stack = Stack::created().await;
    for guess in ["", " ", "administrator", PASSWORD] {
        let answer = stack.platform.login(ADMIN, guess).await;
        assert!(
            [400, 401].contains(&answer.status),
            "{guess:?}: {}",
            answer.whole()
        );
    }
    stack.accept_invitation(ADMIN, PASSWORD).await;
    let session = stack.platform.signed_in(ADMIN, PASSWORD).await;
    assert_eq!(session.user["permissionLevel"], 2);
    let users = stack.list_users(&session.access_token).await;
    assert_eq!(users.status, 200, "{}", users.body);
    assert!(users.body.contains(ADMIN), "{}", users.body);
}

#[tokio::test]
async fn a_second_run_changes_nothing() {
    let stack = Stack::created().await;
    let before = stack.dump().await;
    stack.platform.clock.advance_seconds(3600);
    for kind in ["Update", "Create"] {
        let report = stack.run(&stack.request(kind)).await;
        let data = json!({
            "Administrator": "as before",
            "Issuer": PUBLIC_URL,
            "PublicUrl": PUBLIC_URL,
            "Keys": "as before",
        });
        assert_eq!(report, success(&data), "{kind}");
        assert_eq!(stack.dump().await, before, "{kind}");
    }
}

#[tokio::test]
async fn deleting_the_stack_deletes_nothing() {
    let stack = Stack::created().await;
    let before = stack.dump().await;
    let mut delete = stack.request("Delete");
    assert_eq!(stack.run(&delete).await, success(&json!({})));
    delete["ResourceProperties"] = json!({});
    assert_eq!(
        stack.run(&delete).await,
        success(&json!({})),
        "even if its properties never were usable"
    );
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn a_stack_that_never_was_created_can_be_deleted() {
    let stack = Stack::empty().await;
    assert_eq!(
        stack.run(&stack.request("Delete")).await,
        success(&json!({}))
    );
    assert_eq!(stack.dump().await, "[]");
}

#[tokio::test]
async fn every_request_that_cannot_be_done_is_refused_with_a_reason() {
    let stack = Stack::empty().await;
    let properties = "/ResourceProperties";
    for (at, value, reason) in [
        (
            "/RequestType",
            json!("Replace"),
            "there is no request type \"Replace\"",
        ),
        (properties, Value::Null, "the properties are not complete: "),
        (
            properties,
            json!({}),
            "the properties are not complete: missing field `AdminEmail`",
        ),
        (
            properties,
            json!({ "AdminEmail": ADMIN }),
            "the properties are not complete: missing field `Settings`",
        ),
        (
            "/ResourceProperties/Settings",
            json!("all"),
            "the properties are not complete: ",
        ),
        (
            "/ResourceProperties/Settings/SERVICE_NAME",
            json!(7),
            "the properties are not complete: ",
        ),
        (
            "/ResourceProperties/AdminEmail",
            json!("nobody"),
            "AdminEmail: it is no e-mail address",
        ),
        (
            "/ResourceProperties/AdminEmail",
            json!(""),
            "AdminEmail: it is no e-mail address",
        ),
        (
            "/ResourceProperties/AdminEmail",
            json!("x".repeat(9000)),
            "AdminEmail: it is no e-mail address",
        ),
        (
            "/ResourceProperties/Settings",
            json!({ "x".repeat(9000): 1 }),
            "the properties are not complete: ",
        ),
        (
            "/ResourceProperties/Settings/EMAIL_FROM",
            json!("x".repeat(9000)),
            "the configuration cannot be used:",
        ),
    ] {
        let mut request = stack.request("Create");
        *request.pointer_mut(at).expect("a member") = value;
        let report = stack.run(&request).await;
        assert!(refused(&report).starts_with(reason), "{reason} in {report}");
    }
    assert_eq!(stack.dump().await, "[]");
}

#[tokio::test]
async fn a_report_is_a_put_to_the_address_as_it_was_signed() {
    let stack = Stack::new().await;
    stack.callback.answer_with(&[500, 503]);
    assert_eq!(
        stack.invoke(&stack.request("Delete")).await,
        Ok(Value::Null)
    );
    let reports = stack.callback.take();
    assert_eq!(reports.len(), 3, "it is sent again");
    for report in reports {
        assert_eq!(report.method, Method::PUT);
        assert!(
            stack.callback.url().ends_with(&report.address),
            "{}",
            report.address
        );
        assert_eq!(report.body, success(&json!({})));
        assert_eq!(report.headers.get("content-type"), None, "it is not signed");
        assert!(
            report.headers.contains_key("content-length"),
            "S3 takes no stream"
        );
    }
    stack.callback.answer_with(&[403; 3]);
    let failed = stack
        .invoke(&stack.request("Delete"))
        .await
        .expect_err("nobody took it");
    assert!(failed.contains("the report was answered 403"), "{failed}");
}

/// The whole network 127.0.0.0/8 is this machine's own, but only one address of it is known as such.
#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_report_goes_nowhere_without_encryption() {
    let stack = Stack::empty().await;
    let foreign = Callback::at("127.0.0.2").await;
    for url in [foreign.url(), "ftp://127.0.0.1/", "/report", "no url", ""] {
        let mut request = stack.request("Create");
        request["ResponseURL"] = json!(url);
        let failed = stack
            .invoke(&request)
            .await
            .expect_err("there is nobody to tell");
        assert!(
            failed.len() < 1000 && !failed.contains("Signature"),
            "{failed}"
        );
    }
    assert_eq!(foreign.take().len(), 0);
    assert_eq!(
        stack.dump().await,
        "[]",
        "what cannot be reported is not done"
    );
}
