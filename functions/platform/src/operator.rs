//! platform-operator: a custom resource of the template invokes it when an installation is made or changed; an operator does by
//! hand, with `{"command": ...}`.

mod mail;
mod projects;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::domain::{AuditEvent, EmailAddress, InvalidProviders, UserId};
use shared::error::causes;
use shared::runtime::{
    Algorithm, Callback, Foundation, InstallError, Installed, KeySet, KeyStep, OPERATOR, Operator,
    PublicKey, Rotation, SecretName, Secrets, ServeError, Wish,
};
use shared::service::{Administrator, Invited};

use projects::{CheckSignature, PutProject, RotateSecret};

/// What the function opens, once it is there.
pub const SECRETS: &[SecretName] = &[SecretName::Codes, SecretName::Seal];

/// What an operator may ask for, in words.
pub const COMMANDS: &str = "status, admin.invite with email, mail.status with email, mail.allow with email, issuer.set with issuer, \
    rotate with algorithm if not all, key.revoke with kid, keys.advance, audit with user, \
    project.put with id, realm and providers as far as wanted, project.list, project.rotate-secret with id, \
    and project.check-signature with id, userId, deviceId, timeStamp and signature";

/// What is told of the tokens of a key that was revoked.
const REVOKED: &str = "no token under this key is accepted any more, once every function has looked: within ten minutes";

/// CloudFormation's name for what the custom resource stands for: the same for as long as the stack lives.
const RESOURCE: &str = "gatehouse-installation";

/// The rights of a role that was made a moment ago, with the stack, take their time to hold everywhere.
const TRIES: usize = 5;
const PAUSE: Duration = Duration::from_secs(5);

/// CloudFormation takes reports of up to 4 kB.
const MAX_REASON_CHARS: usize = 900;

/// What an operator may ask for.
#[derive(Debug, Deserialize)]
#[serde(tag = "command", deny_unknown_fields)]
pub enum Command {
    /// Keys, settings, administrator.
    #[serde(rename = "status")]
    Status {},
    /// Makes the owner of an address an administrator.
    #[serde(rename = "admin.invite")]
    Invite {
        /// Where the invitation goes.
        email: String,
    },
    /// Whether an address gets mail.
    #[serde(rename = "mail.status")]
    MailStatus {
        /// The address.
        email: String,
    },
    /// Sends mail again to an address that got none after a bounce or a complaint.
    #[serde(rename = "mail.allow")]
    AllowMail {
        /// The address.
        email: String,
    },
    /// Changes where tokens say that they come from. All that were issued before are refused from then on.
    #[serde(rename = "issuer.set")]
    SetIssuer {
        /// The new issuer.
        issuer: String,
    },
    /// Has keys replaced, whatever their age: new ones are published now, and sign when everybody knows them.
    #[serde(rename = "rotate")]
    Rotate {
        /// The one whose algorithm this is; without it, all of them.
        algorithm: Option<Algorithm>,
    },
    /// Drops a key at once, with all its tokens. Another one signs from then on.
    #[serde(rename = "key.revoke")]
    RevokeKey {
        /// Which one.
        kid: String,
    },
    /// Does to the keys what is due. A schedule asks for it.
    #[serde(rename = "keys.advance")]
    AdvanceKeys {},
    /// Makes or changes a project (document 004).
    #[serde(rename = "project.put")]
    PutProject(PutProject),
    /// All projects, without their secrets.
    #[serde(rename = "project.list")]
    ListProjects {},
    /// Gives a project another secret to sign with.
    #[serde(rename = "project.rotate-secret")]
    RotateSecret(RotateSecret),
    /// The newest events of a user's audit trail.
    #[serde(rename = "audit")]
    Audit {
        /// The user's id.
        user: String,
    },
    /// Whether a signature is a project's: whether a service signs as we do.
    #[serde(rename = "project.check-signature")]
    CheckSignature(CheckSignature),
}

/// An operator's request was not done.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There is no such command, or it lacks something.
    #[error("{0}; there are {COMMANDS}")]
    Unreadable(String),
    /// The address is none.
    #[error("the e-mail address is not valid")]
    Email,
    /// The issuer is none.
    #[error("the issuer must not be empty")]
    Issuer,
    /// Only platform-operator can do it.
    #[error("issuer.set is for an installation on AWS; a local one has TOKEN_ISSUER")]
    NotHere,
    /// There is no key of this name.
    #[error("kid: no such key is published")]
    Key,
    /// Keys are changed before the rest of an installation is looked at.
    #[error("the keys of this installation are not here")]
    KeysElsewhere,
    /// It names a project, a user or a device.
    #[error("{0}: must be a UUID")]
    Id(&'static str),
    /// The realm is none.
    #[error("realm: must be `own`, or at most 36 lower-case letters, digits and hyphens")]
    Realm,
    /// The text is no JSON.
    #[error("providers: {0}")]
    NotJson(serde_json::Error),
    /// A project's providers are not complete, or not safe.
    #[error(transparent)]
    Providers(#[from] InvalidProviders),
    /// The time is none.
    #[error("timeStamp: must be whole seconds since 1970")]
    TimeStamp,
    /// It failed.
    #[error(transparent)]
    Failed(#[from] InstallError),
}

/// CloudFormation's request was not done. Its text is shown to whoever looks at the stack.
#[derive(Debug, thiserror::Error)]
enum NotInstalled {
    #[error("there is no request type {0:?}")]
    RequestType(String),
    #[error("the properties are not complete: {0}")]
    Properties(serde_json::Error),
    #[error("AdminEmail: it is no e-mail address")]
    AdminEmail,
    #[error("internal error")]
    Panicked,
    #[error(transparent)]
    Failed(#[from] InstallError),
}

/// What CloudFormation asks for.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CustomResource {
    request_type: String,
    #[serde(rename = "ResponseURL")]
    response_url: String,
    #[serde(default)]
    stack_id: String,
    #[serde(default)]
    request_id: String,
    #[serde(default)]
    logical_resource_id: String,
    #[serde(default)]
    resource_properties: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    admin_email: String,
    settings: BTreeMap<String, String>,
}

/// Does what an event asks for.
///
/// # Errors
/// The command was not done, or CloudFormation could not be told how it ended.
pub fn answer(operator: Operator, event: Value) -> BoxFuture<'static, Result<Value, ServeError>> {
    Box::pin(async move { operate(&operator, event).await })
}

async fn operate(operator: &Operator, event: Value) -> Result<Value, ServeError> {
    if event["RequestType"].is_string() {
        return custom_resource(operator, serde_json::from_value(event)?).await;
    }
    let command = Command::read(event)?;
    if let Command::SetIssuer { issuer } = &command {
        if issuer.trim().is_empty() {
            return Err(CommandError::Issuer.into());
        }
        operator.change_issuer(issuer).await?;
        return Ok(json!({ "issuer": issuer }));
    }
    if let Some(keys) = command.change_keys(operator).await? {
        return Ok(keys);
    }
    let (foundation, secrets) = operator.load().await?;
    Ok(command.run(&foundation, &secrets).await?)
}

impl Command {
    /// The command in a JSON object.
    ///
    /// # Errors
    /// [`CommandError::Unreadable`].
    pub fn read(value: Value) -> Result<Self, CommandError> {
        serde_json::from_value(value).map_err(|fault| CommandError::Unreadable(fault.to_string()))
    }

    /// What it asks for is to be done to keys, by these rules; nothing if it is for none of them.
    ///
    /// # Errors
    /// [`CommandError::Key`]; [`InstallError::OtherAlgorithm`].
    pub fn key_step(
        &self,
        rules: &Rotation,
        keys: &KeySet,
        now: Timestamp,
    ) -> Result<Option<KeyStep>, CommandError> {
        Ok(match self {
            Self::Rotate { algorithm } => {
                let forced = rules.wish.roles(*algorithm);
                let forced = forced.ok_or(InstallError::OtherAlgorithm)?;
                Some(rules.due(keys, now, &forced))
            }
            Self::RevokeKey { kid } => {
                let step = rules.without(keys, kid, now);
                Some(step.ok_or(CommandError::Key)?)
            }
            Self::AdvanceKeys {} => Some(rules.due(keys, now, &[])),
            _ => None,
        })
    }

    /// What to tell whoever had keys changed.
    pub fn changed_keys(&self, keys: &KeySet) -> Value {
        let mut answer = json!({ "keys": views(keys) });
        if let Self::RevokeKey { kid } = self {
            answer["revoked"] = json!(kid);
            answer["tokens"] = json!(REVOKED);
        }
        answer
    }

    /// Does to the keys of an installation on AWS what it asks for, if it asks for that; the keys then.
    async fn change_keys(&self, operator: &Operator) -> Result<Option<Value>, CommandError> {
        let keys = match self {
            Self::Rotate { algorithm } => operator.rotate(*algorithm).await?,
            Self::AdvanceKeys {} => operator.advance_keys().await?,
            Self::RevokeKey { kid } => {
                let keys = operator.revoke_key(kid).await?;
                keys.ok_or(CommandError::Key)?
            }
            _ => return Ok(None),
        };
        Ok(Some(self.changed_keys(&keys)))
    }

    /// Runs it on an installation that has been set up; what to tell the operator.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn run(
        &self,
        foundation: &Foundation,
        secrets: &Secrets,
    ) -> Result<Value, CommandError> {
        let trail = foundation.trail(OPERATOR);
        let work = Box::pin(self.perform(foundation, secrets));
        trail.keep_of_command(work).await
    }

    async fn perform(
        &self,
        foundation: &Foundation,
        secrets: &Secrets,
    ) -> Result<Value, CommandError> {
        match self {
            Self::Status {} => Ok(status(foundation)),
            Self::Invite { email } => {
                let email = EmailAddress::parse(email).map_err(|_| CommandError::Email)?;
                let bootstrap = foundation.bootstrap(secrets).map_err(InstallError::from)?;
                let invited = bootstrap.invite(&email).await.map_err(InstallError::from)?;
                Ok(match invited {
                    Invited::NewAccount(id) => {
                        json!({ "invited": id.to_string(), "account": "made" })
                    }
                    Invited::ExistingAccount(id) => {
                        json!({ "invited": id.to_string(), "account": "existing" })
                    }
                })
            }
            Self::MailStatus { email } => mail::status(foundation, email).await,
            Self::AllowMail { email } => mail::allow(foundation, email).await,
            Self::SetIssuer { .. } => Err(CommandError::NotHere),
            Self::Rotate { .. } | Self::RevokeKey { .. } | Self::AdvanceKeys {} => {
                Err(CommandError::KeysElsewhere)
            }
            Self::PutProject(put) => put.run(foundation, secrets).await,
            Self::ListProjects {} => projects::list(foundation, secrets).await,
            Self::RotateSecret(rotate) => rotate.run(foundation, secrets).await,
            Self::Audit { user } => audit(foundation, user).await,
            Self::CheckSignature(check) => check.run(foundation, secrets).await,
        }
    }
}

/// The newest events of a user, or of the installation.
async fn audit(foundation: &Foundation, user: &str) -> Result<Value, CommandError> {
    let user = UserId::parse(user).ok_or(CommandError::Id("user"))?;
    let reading = foundation.audit_reading().newest(user).await;
    let page = reading.map_err(InstallError::from)?;
    let events: Vec<_> = page.events.iter().map(event_of).collect();
    Ok(json!({ "events": events }))
}

fn event_of(event: &AuditEvent) -> Value {
    let session = event.session.map(|session| session.to_string());
    let members = [
        ("requestId", event.request.clone()),
        ("by", event.by.map(|by| by.to_string())),
        ("sessionId", session),
    ];
    let mut shown = json!({
        "time": event.position.millisecond(),
        "event": event.event,
        "dialect": event.origin,
    });
    for (name, text) in members {
        if let Some(text) = text {
            shown[name] = json!(text);
        }
    }
    shown
}

/// Keys as an operator sees them.
fn views(keys: &KeySet) -> Vec<Value> {
    let view = |key: &PublicKey| {
        let mut view = json!({
            "kid": key.kid,
            "algorithm": key.algorithm,
            "home": key.home().as_str(),
            "state": key.state,
        });
        if let Some(since) = key.since {
            view["since"] = json!(since.to_string());
        }
        view
    };
    keys.keys.iter().map(view).collect()
}

fn status(foundation: &Foundation) -> Value {
    json!({
        "publicUrl": foundation.config.public_url,
        "issuer": foundation.config.tokens.issuer,
        "audience": foundation.config.tokens.audience,
        "keys": views(&foundation.key_set),
    })
}

/// CloudFormation waits for an hour if it is told nothing, so it is told of every end.
async fn custom_resource(
    operator: &Operator,
    request: CustomResource,
) -> Result<Value, ServeError> {
    let callback = Callback::at(&request.response_url)?;
    let install = |tries| install(operator, &request.resource_properties, tries);
    let outcome = match request.request_type.as_str() {
        "Create" => guarded(install(TRIES)).await,
        "Update" => guarded(install(1)).await,
        // Accounts, keys and settings outlive the stack, as their tables do.
        "Delete" => Ok(json!({})),
        other => Err(NotInstalled::RequestType(other.to_owned())),
    };
    let mut answer = json!({
        "StackId": request.stack_id,
        "RequestId": request.request_id,
        "LogicalResourceId": request.logical_resource_id,
        "PhysicalResourceId": RESOURCE,
    });
    match outcome {
        Ok(data) => {
            answer["Status"] = json!("SUCCESS");
            answer["Data"] = data;
        }
        Err(fault) => {
            let causes = causes(&fault);
            tracing::error!(
                outcome = "failed",
                "the installation was not set up: {fault}{causes}"
            );
            answer["Status"] = json!("FAILED");
            answer["Reason"] = json!(reason(&fault));
        }
    }
    callback.report(&answer.to_string()).await?;
    Ok(Value::Null)
}

async fn guarded(
    work: impl Future<Output = Result<Value, NotInstalled>>,
) -> Result<Value, NotInstalled> {
    let done = AssertUnwindSafe(work).catch_unwind().await;
    done.unwrap_or(Err(NotInstalled::Panicked))
}

/// What was wrong, without what is behind it: that is the SDK's own, and for the log.
fn reason(fault: &NotInstalled) -> String {
    let mut reason: String = fault.to_string().chars().take(MAX_REASON_CHARS).collect();
    if !causes(fault).is_empty() {
        reason.push_str("; the log of platform-operator tells more");
    }
    reason
}

async fn install(
    operator: &Operator,
    properties: &Value,
    tries: usize,
) -> Result<Value, NotInstalled> {
    let properties: Properties =
        serde_json::from_value(properties.clone()).map_err(NotInstalled::Properties)?;
    let administrator =
        EmailAddress::parse(&properties.admin_email).map_err(|_| NotInstalled::AdminEmail)?;
    let wish = Wish {
        settings: properties.settings,
        administrator,
    };
    let mut outcome = Box::pin(operator.install(&wish)).await;
    for _ in 1..tries {
        if !matches!(&outcome, Err(fault) if fault.may_pass()) {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        outcome = Box::pin(operator.install(&wish)).await;
    }
    Ok(data_of(&outcome?))
}

/// What the stack's outputs may show.
fn data_of(installed: &Installed) -> Value {
    let administrator = match installed.administrator {
        Administrator::Made(_) => "made: a mail invites to set a password",
        Administrator::Present(_) => "as before",
        Administrator::Completed(_) => "as before, with rights added",
        Administrator::Gone(_) => "deleted since: use the command admin.invite",
        Administrator::AddressTaken => {
            "none: AdminEmail has an account that registered itself, use the command admin.invite"
        }
    };
    json!({
        "Administrator": administrator,
        "Issuer": installed.settings.get("TOKEN_ISSUER"),
        "PublicUrl": installed.settings.get("PUBLIC_URL"),
        "Keys": if installed.made_keys { "made" } else { "as before" },
    })
}
