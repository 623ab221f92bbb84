//! What an operator does with projects (document 004). Their secrets are shown once, as they are made.

use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json};
use shared::domain::{DeviceId, Project, ProjectId, Providers, UserId};
use shared::error::Error;
use shared::runtime::{Foundation, InstallError, Secrets};
use shared::service::{ProjectPatch, Projects};

use super::CommandError;

/// Makes or changes a project; what is absent stays, or is the default.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutProject {
    /// The project; a new one has a fresh id without.
    id: Option<String>,
    /// Where its password accounts are: a name, or `own`.
    realm: Option<String>,
    providers: Option<WrittenProviders>,
}

/// Gives a project another secret to sign with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotateSecret {
    id: String,
}

/// What a service has signed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CheckSignature {
    id: String,
    user_id: String,
    device_id: String,
    /// Seconds, as a number or its digits.
    time_stamp: Value,
    signature: String,
}

/// Providers as an operator writes them: an object, or its JSON text. There are secrets in it.
#[derive(Deserialize)]
struct WrittenProviders(Value);

impl fmt::Debug for WrittenProviders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrittenProviders")
    }
}

impl PutProject {
    /// The project as it is now; its secret for signatures if it was made.
    pub(super) async fn run(
        &self,
        foundation: &Foundation,
        secrets: &Secrets,
    ) -> Result<Value, CommandError> {
        let id = match &self.id {
            Some(id) => project_id(id)?,
            None => ProjectId::new(&*foundation.context.random),
        };
        let realm = self.realm.as_deref();
        let realm = realm.map(|name| id.realm(name).ok_or(CommandError::Realm));
        let written = self.providers.as_ref();
        let providers = written.map(|written| written.read(takes_loopback(foundation)));
        let patch = ProjectPatch {
            realm: realm.transpose()?,
            providers: providers.transpose()?,
        };
        let projects = projects(foundation, secrets)?;
        let put = projects.put(id, &patch).await.map_err(failed)?;
        let mut answer = shown(&put.project);
        if put.is_new {
            answer["signatureSecret"] = json!(put.project.secrets.signatures.expose());
        }
        Ok(answer)
    }
}

impl WrittenProviders {
    fn read(&self, loopback: bool) -> Result<Providers, CommandError> {
        let settings = match &self.0 {
            Value::String(text) => serde_json::from_str(text).map_err(CommandError::NotJson)?,
            settings => settings.clone(),
        };
        Ok(Providers::read(settings, loopback)?)
    }
}

/// All projects, without their secrets.
pub(super) async fn list(
    foundation: &Foundation,
    secrets: &Secrets,
) -> Result<Value, CommandError> {
    let found = projects(foundation, secrets)?.list().await;
    let found: Vec<_> = found.map_err(failed)?.iter().map(shown).collect();
    Ok(json!({ "projects": found }))
}

impl RotateSecret {
    /// The new secret, and until when the former one verifies.
    pub(super) async fn run(
        &self,
        foundation: &Foundation,
        secrets: &Secrets,
    ) -> Result<Value, CommandError> {
        let id = project_id(&self.id)?;
        let rotated = projects(foundation, secrets)?.rotate_secret(id).await;
        let kept = rotated.map_err(failed)?.secrets;
        let until = kept.former_signatures.map(|(_, until)| until.as_second());
        Ok(json!({
            "id": id.to_string(),
            "signatureSecret": kept.signatures.expose(),
            "formerValidUntil": until,
        }))
    }
}

impl CheckSignature {
    /// Whether it is valid now.
    pub(super) async fn run(
        &self,
        foundation: &Foundation,
        secrets: &Secrets,
    ) -> Result<Value, CommandError> {
        let id = project_id(&self.id)?;
        let user = UserId::parse(&self.user_id).ok_or(CommandError::Id("userId"))?;
        let device = DeviceId::parse(&self.device_id).ok_or(CommandError::Id("deviceId"))?;
        let seconds = match &self.time_stamp {
            Value::String(digits) => digits.parse().ok(),
            number => number.as_i64(),
        };
        let seconds = seconds.ok_or(CommandError::TimeStamp)?;
        let project = projects(foundation, secrets)?.find(id).await;
        let project = project.map_err(failed)?;
        let now = foundation.context.clock.now();
        let valid = project.verifies((user, device, seconds), &self.signature, now);
        Ok(json!({ "valid": valid }))
    }
}

fn projects(foundation: &Foundation, secrets: &Secrets) -> Result<Projects, CommandError> {
    Ok(foundation.projects(secrets).map_err(InstallError::from)?)
}

fn project_id(text: &str) -> Result<ProjectId, CommandError> {
    ProjectId::parse(text).ok_or(CommandError::Id("id"))
}

fn failed(fault: Error) -> CommandError {
    InstallError::from(fault).into()
}

/// A public URL is plain http only on this machine: then its providers may be there, too.
fn takes_loopback(foundation: &Foundation) -> bool {
    foundation.config.public_url.starts_with("http://")
}

fn shown(project: &Project) -> Value {
    json!({
        "id": project.id.to_string(),
        "realm": project.realm.as_str(),
        "providers": project.providers.shown(),
        "createdAt": project.created_at.as_second(),
    })
}
