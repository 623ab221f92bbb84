//! Who is administrator: rights that are completed, addresses that are taken, invitations.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use super::{ADMIN, Stack};
use crate::harness::{Fault, PASSWORD, Session};

const ANN: &str = "ann@example.com";
const NEW_PASSWORD: &str = "nine paper lanterns over the quay";

impl Stack {
    /// As an older release would have left the account.
    async fn put_level(&self, email: &str, level: u8) {
        let pk = self.user(email).await["pk"]
            .as_str()
            .expect("a key")
            .to_owned();
        let update = self
            .platform
            .database()
            .update_item()
            .table_name("gatehouse-users");
        let update = update.key("pk", AttributeValue::S(pk));
        let update = update.update_expression("SET permission_level = :level");
        let level = AttributeValue::N(level.to_string());
        let updated = update
            .expression_attribute_values(":level", level)
            .send()
            .await;
        updated.expect("the item is there");
    }

    /// A stack whose first run ended before it made an administrator, and whose `AdminEmail` somebody else has registered.
    async fn with_taken_address() -> Self {
        let stack = Self::new().await;
        let transaction = "TransactWriteItems users";
        stack
            .platform
            .connector
            .inject(transaction, Fault::AccessDenied, 1);
        let report = stack.run(&stack.request("Update")).await;
        assert_eq!(report["Status"], "FAILED", "{report}");
        stack.platform.register_confirmed(ADMIN).await;
        stack
    }

    async fn is_let_in(&self, session: &Session) -> bool {
        let status = self.platform.get("/user-service/v1/users/status");
        status.bearer(&session.access_token).send().await.status == 200
    }
}

#[tokio::test]
async fn rights_that_the_administrator_lacks_are_added_to_that_account_alone() {
    let stack = Stack::created().await;
    stack.accept_invitation(ADMIN, PASSWORD).await;
    for (email, level) in [(ANN, 0), ("ben@example.com", 1)] {
        stack.platform.register_confirmed(email).await;
        stack.put_level(email, level).await;
    }
    let complete = stack.dump().await;
    for level in [0, 1] {
        stack.put_level(ADMIN, level).await;
        let report = stack.run(&stack.request("Update")).await;
        assert_eq!(report["Status"], "SUCCESS", "{report}");
        assert_eq!(
            report["Data"]["Administrator"],
            "as before, with rights added"
        );
        assert_eq!(stack.dump().await, complete, "nothing else has changed");
    }
}

#[tokio::test]
async fn another_admin_email_makes_no_second_administrator() {
    let stack = Stack::created().await;
    let before = stack.dump().await;
    let mut request = stack.request("Update");
    request["ResourceProperties"]["AdminEmail"] = json!(ANN);
    let report = stack.run(&request).await;
    assert_eq!(report["Data"]["Administrator"], "as before");
    assert_eq!(stack.dump().await, before);
}

#[tokio::test]
async fn an_administrator_who_was_deleted_is_not_made_again() {
    let stack = Stack::created().await;
    stack.accept_invitation(ADMIN, PASSWORD).await;
    let session = stack.platform.signed_in(ADMIN, PASSWORD).await;
    stack.platform.add_root().await;
    let deleted = stack
        .platform
        .delete("/user-service/v1/users/user")
        .bearer(&session.access_token);
    let deleted = deleted.send().await;
    assert_eq!(deleted.status, 204, "{}", deleted.whole());
    stack.platform.deliver().await;
    let before = stack.dump().await;
    let report = stack.run(&stack.request("Update")).await;
    assert_eq!(report["Status"], "SUCCESS");
    assert_eq!(
        report["Data"]["Administrator"],
        "deleted since: use the command admin.invite"
    );
    assert_eq!(stack.dump().await, before);
    let invited = stack
        .command(json!({ "command": "admin.invite", "email": ADMIN }))
        .await;
    assert_eq!(invited.expect("an invitation")["account"], "made");
    stack.accept_invitation(ADMIN, PASSWORD).await;
    let session = stack.platform.signed_in(ADMIN, PASSWORD).await;
    assert_eq!(session.user["permissionLevel"], 2);
}

#[tokio::test]
async fn an_address_that_registered_itself_is_reported_and_left_alone() {
    let stack = Stack::with_taken_address().await;
    let before = stack.platform.items("users").await;
    let report = stack.run(&stack.request("Create")).await;
    assert_eq!(report["Status"], "SUCCESS", "{report}");
    assert_eq!(
        report["Data"]["Administrator"],
        "none: AdminEmail has an account that registered itself, use the command admin.invite"
    );
    assert_eq!(stack.platform.items("users").await, before);
    assert_eq!(stack.platform.items("outbox").await, []);
    assert_eq!(stack.key_item("bootstrap").await, Value::Null);
    let session = stack.platform.signed_in(ADMIN, PASSWORD).await;
    assert_eq!(session.user["permissionLevel"], 0);
    assert_eq!(stack.list_users(&session.access_token).await.status, 404);
}

#[tokio::test]
async fn an_invitation_takes_password_and_sessions_from_an_account_that_registered_itself() {
    let stack = Stack::with_taken_address().await;
    let stranger = stack.platform.signed_in(ADMIN, PASSWORD).await;
    assert!(stack.is_let_in(&stranger).await);
    let id = stack.user(ADMIN).await["pk"]
        .as_str()
        .expect("a key")
        .replace("user#", "");

    let invited = stack
        .command(json!({ "command": "admin.invite", "email": "Admin@Example.com" }))
        .await;
    assert_eq!(invited, Ok(json!({ "invited": id, "account": "existing" })));
    assert_eq!(stack.key_item("bootstrap").await, json!({ "user_id": id }));
    assert!(!stack.is_let_in(&stranger).await);
    let refresh = stack.platform.post("/user-service/v1/users/accessToken");
    let refresh = refresh
        .json(&json!({ "refreshToken": stranger.refresh_token }))
        .send()
        .await;
    assert_eq!(refresh.status, 401, "{}", refresh.body);
    assert_eq!(stack.platform.login(ADMIN, PASSWORD).await.status, 401);

    stack.accept_invitation(ADMIN, NEW_PASSWORD).await;
    let session = stack.platform.signed_in(ADMIN, NEW_PASSWORD).await;
    assert_eq!(session.user["permissionLevel"], 2);
    assert_eq!(stack.list_users(&session.access_token).await.status, 200);
    assert!(!stack.is_let_in(&stranger).await);
    let report = stack.run(&stack.request("Update")).await;
    assert_eq!(report["Data"]["Administrator"], "as before");
}

#[tokio::test]
async fn an_invitation_makes_an_account_for_a_new_address() {
    let stack = Stack::created().await;
    stack.accept_invitation(ADMIN, PASSWORD).await;
    let bootstrap = stack.key_item("bootstrap").await;
    let invited = stack
        .command(json!({ "command": "admin.invite", "email": ANN }))
        .await;
    let id = stack.user(ANN).await["pk"]
        .as_str()
        .expect("a key")
        .replace("user#", "");
    assert_eq!(invited, Ok(json!({ "invited": id, "account": "made" })));
    assert_eq!(
        stack.key_item("bootstrap").await,
        bootstrap,
        "it names the first one"
    );
    stack.accept_invitation(ANN, NEW_PASSWORD).await;
    let session = stack.platform.signed_in(ANN, NEW_PASSWORD).await;
    assert_eq!(stack.list_users(&session.access_token).await.status, 200);
    stack.platform.signed_in(ADMIN, PASSWORD).await;
}

#[tokio::test]
async fn an_administrator_who_is_invited_again_sets_a_new_password() {
    let stack = Stack::created().await;
    stack.accept_invitation(ADMIN, PASSWORD).await;
    let session = stack.platform.signed_in(ADMIN, PASSWORD).await;
    stack.platform.clock.advance_seconds(60);
    let invited = stack
        .command(json!({ "command": "admin.invite", "email": ADMIN }))
        .await;
    assert_eq!(invited.expect("an invitation")["account"], "existing");
    assert!(!stack.is_let_in(&session).await);
    assert_eq!(stack.platform.login(ADMIN, PASSWORD).await.status, 401);
    stack.accept_invitation(ADMIN, NEW_PASSWORD).await;
    let session = stack.platform.signed_in(ADMIN, NEW_PASSWORD).await;
    assert_eq!(stack.list_users(&session.access_token).await.status, 200);
}

#[tokio::test]
async fn a_later_invitation_replaces_an_earlier_one() {
    let stack = Stack::created().await;
    let first = stack.platform.deliver().await;
    stack.platform.clock.advance_seconds(60);
    let invited = stack
        .command(json!({ "command": "admin.invite", "email": ADMIN }))
        .await;
    assert_eq!(invited.expect("an invitation")["account"], "existing");
    let old = crate::harness::reset_code_in(&first[0].text);
    assert_eq!(stack.platform.reset(&old, PASSWORD).await.status, 400);
    stack.accept_invitation(ADMIN, NEW_PASSWORD).await;
}
