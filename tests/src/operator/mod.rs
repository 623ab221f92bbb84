//! platform-operator as CloudFormation and an operator wake it: the real binary, on an installation that is empty at first.

mod administrator;
mod commands;
mod custom_resource;
mod faults;
mod kms;
mod kms_out;
mod missing_key;
mod on_this_machine;
mod projects;
mod rotation;
mod settings;

use std::path::Path;

use serde_json::{Value, json};
use shared::keys::Algorithm;

use crate::harness::{Answer, Callback, PUBLIC_URL, Platform, keys, private_key, reset_code_in};

const ADMIN: &str = "admin@example.com";
const STACK: &str = "arn:aws:cloudformation:eu-central-1:123456789012:stack/gatehouse/1c2fa620-982a-11e3-aff7-50e2416294e0";
const USERS: &str = "/user-service/v1/users";

/// A stack of CloudFormation around one platform.
struct Stack {
    platform: Platform,
    callback: Callback,
}

impl Stack {
    /// Of which nothing is set up yet but the key that is slow to make: it was kept, and never published.
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(values: &[(&str, &str)]) -> Self {
        let stack = Self::empty_with(values).await;
        let (name, key) = private_key(&keys(), Algorithm::Rs512);
        stack.platform.parameters.put_secret(&name, &key);
        stack
    }

    /// Of which nothing at all is there.
    async fn empty() -> Self {
        Self::empty_with(&[]).await
    }

    async fn empty_with(values: &[(&str, &str)]) -> Self {
        Self {
            platform: Platform::bare(values).await,
            callback: Callback::start().await,
        }
    }

    /// That has been created.
    async fn created() -> Self {
        let stack = Self::new().await;
        let report = stack.run(&stack.request("Create")).await;
        assert_eq!(report["Status"], "SUCCESS", "{report}");
        stack
    }

    /// What CloudFormation sends, with the properties of the template.
    fn request(&self, kind: &str) -> Value {
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../events/platform-operator/create.json");
        let text = std::fs::read_to_string(file).expect("the event");
        let mut request: Value = serde_json::from_str(&text).expect("JSON");
        request["RequestType"] = json!(kind);
        request["ResponseURL"] = json!(self.callback.url());
        let settings = &mut request["ResourceProperties"]["Settings"];
        settings["PUBLIC_URL"] = json!(PUBLIC_URL);
        settings["EMAIL_FROM"] = json!("no-reply@gatehouse.example");
        request
    }

    /// The same with other settings.
    fn update(&self, settings: &[(&str, &str)]) -> Value {
        let mut request = self.request("Update");
        for (name, value) in settings {
            request["ResourceProperties"]["Settings"][name] = json!(value);
        }
        request
    }

    /// Sends a request; the one report that came of it.
    async fn run(&self, request: &Value) -> Value {
        let answer = self.invoke(request).await;
        assert_eq!(answer, Ok(Value::Null));
        let mut reports = self.callback.take();
        assert_eq!(reports.len(), 1, "{reports:?}");
        reports.remove(0).body
    }

    async fn invoke(&self, event: &Value) -> Result<Value, String> {
        self.platform
            .invoke("platform-operator", event.clone())
            .await
    }

    /// Runs a command: its answer, or the error's text.
    async fn command(&self, command: Value) -> Result<Value, String> {
        let failed = |reason: String| {
            let error: Value =
                serde_json::from_str(&reason).unwrap_or_else(|_| panic!("it ended: {reason}"));
            error["errorMessage"].as_str().expect("a text").to_owned()
        };
        self.invoke(&command).await.map_err(failed)
    }

    /// Everything that is stored, secrets included.
    async fn dump(&self) -> String {
        let parameters = self.platform.parameters.dump();
        format!("{}{parameters:#?}", self.platform.dump().await)
    }

    /// The item of the table `keys`, without its key.
    async fn key_item(&self, kind: &str) -> Value {
        let items = self.platform.items("keys").await;
        let item = items.into_iter().find(|item| item["kind"] == kind);
        item.map_or(Value::Null, |mut item| {
            item.remove("kind");
            json!(item)
        })
    }

    /// The published keys, as they are stored.
    async fn published(&self) -> Vec<Value> {
        let item = self.key_item("key-set").await;
        let published = item["key_set"].as_str().unwrap_or(r#"{"keys":[]}"#);
        let published: Value = serde_json::from_str(published).expect("JSON");
        published["keys"].as_array().expect("keys").clone()
    }

    /// The account with this address.
    async fn user(&self, email: &str) -> Value {
        let items = self.platform.items("users").await;
        let is_account = |item: &Value| item["email"] == email && item["user_number"].is_i64();
        let mut users = items.into_iter().map(|item| json!(item)).filter(is_account);
        users.next().unwrap_or_else(|| panic!("nobody has {email}"))
    }

    async fn list_users(&self, token: &str) -> Answer {
        self.platform.get(USERS).bearer(token).send().await
    }

    /// Sets the password by the one mail that is due, which goes to this address.
    async fn accept_invitation(&self, email: &str, password: &str) {
        let mails = self.platform.deliver().await;
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].to, [email]);
        let reset = self
            .platform
            .reset(&reset_code_in(&mails[0].text), password)
            .await;
        assert_eq!(reset.status, 200, "{}", reset.body);
    }
}
