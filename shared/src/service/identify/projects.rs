//! Projects: finding them, and what operators do with them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::{Context, tell};
use crate::domain::{
    Outcome, Project, ProjectId, ProjectSecret, ProjectSecrets, Providers, Realm, UserId,
};
use crate::error::{Error, Result};
use crate::keys::{Sealed, SealingKey};
use crate::store::StoredProject;

/// Tries of a change that others overtake.
const TRIES: u32 = 5;

/// Finds projects.
#[derive(Debug, Clone)]
pub struct Projects {
    context: Context,
    seal: SealingKey,
}

/// A project as an operator wants it; what is absent stays, or is the default.
#[derive(Debug, Default)]
pub struct ProjectPatch {
    /// Where its password accounts are. A project keeps its realm.
    pub realm: Option<Realm>,
    /// What its users may sign in by.
    pub providers: Option<Providers>,
}

/// A project, and whether it was made just now.
#[derive(Debug)]
pub struct PutProject {
    /// As it is now.
    pub project: Project,
    /// It is new.
    pub is_new: bool,
}

/// What the seal keeps.
#[derive(Serialize, Deserialize)]
struct Kept {
    providers: Providers,
    pseudonyms: String,
    signatures: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    former_signatures: Option<(String, i64)>,
}

impl Projects {
    /// Projects in this store, whose seals this key opens.
    pub fn new(context: Context, seal: SealingKey) -> Self {
        Self { context, seal }
    }

    /// The project of this name. One read.
    ///
    /// # Errors
    /// [`Error::UnknownProject`]; [`Error::Unavailable`].
    pub async fn find(&self, id: ProjectId) -> Result<Project> {
        let found = self.context.store.find_project(id).await?;
        self.open(&found.ok_or(Error::UnknownProject)?)
    }

    /// All projects, oldest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list(&self) -> Result<Vec<Project>> {
        let stored = self.context.store.list_projects().await?;
        stored.iter().map(|project| self.open(project)).collect()
    }

    /// Makes or changes the project of this name.
    ///
    /// # Errors
    /// [`Error::Malformed`] for another realm than the one it has; [`Error::Unavailable`].
    pub async fn put(&self, id: ProjectId, patch: &ProjectPatch) -> Result<PutProject> {
        for _ in 0..TRIES {
            let stored = self.context.store.find_project(id).await?;
            let is_new = stored.is_none();
            let revision = stored.as_ref().map_or(0, |stored| stored.revision);
            let before = stored.map(|stored| self.open(&stored)).transpose()?;
            let project = self.patched(id, before, patch)?;
            let after = self.close(&project, revision + 1)?;
            if self.context.store.put_project(&after).await? {
                tell(Outcome::ProjectPut, UserId::INSTALLATION);
                return Ok(PutProject { project, is_new });
            }
        }
        Err(overtaken())
    }

    /// Gives the project another secret to sign with; the former one verifies for a day.
    ///
    /// # Errors
    /// [`Error::UnknownProject`]; [`Error::Unavailable`].
    pub async fn rotate_secret(&self, id: ProjectId) -> Result<Project> {
        for _ in 0..TRIES {
            let stored = self.context.store.find_project(id).await?;
            let stored = stored.ok_or(Error::UnknownProject)?;
            let before = self.open(&stored)?;
            let (random, now) = (&*self.context.random, self.context.now());
            let project = Project {
                secrets: before.secrets.rotated(random, now),
                ..before
            };
            let after = self.close(&project, stored.revision + 1)?;
            if self.context.store.put_project(&after).await? {
                tell(Outcome::ProjectSecretRotated, UserId::INSTALLATION);
                return Ok(project);
            }
        }
        Err(overtaken())
    }

    fn patched(
        &self,
        id: ProjectId,
        before: Option<Project>,
        patch: &ProjectPatch,
    ) -> Result<Project> {
        let mut project = before.unwrap_or_else(|| Project {
            id,
            realm: patch.realm.clone().unwrap_or_else(Realm::default_realm),
            providers: Providers::of_our_own(),
            secrets: ProjectSecrets::new(&*self.context.random),
            created_at: super::super::registration::whole_milliseconds(self.context.now()),
        });
        let moves = |realm: &Realm| *realm != project.realm;
        if patch.realm.as_ref().is_some_and(moves) {
            return Err(Error::Malformed("a project keeps its realm"));
        }
        if let Some(providers) = &patch.providers {
            project.providers = providers.clone();
        }
        Ok(project)
    }

    fn close(&self, project: &Project, revision: u64) -> Result<StoredProject> {
        let secrets = &project.secrets;
        let former = secrets.former_signatures.as_ref();
        let kept = Kept {
            providers: project.providers.clone(),
            pseudonyms: secrets.pseudonyms.expose(),
            signatures: secrets.signatures.expose(),
            former_signatures: former
                .map(|(secret, until)| (secret.expose(), until.as_millisecond())),
        };
        let text = serde_json::to_string(&kept).map_err(|fault| Error::Internal(fault.into()))?;
        let random = &*self.context.random;
        let sealed = self.seal.seal(&text, project.id.0.as_bytes(), random);
        Ok(StoredProject {
            id: project.id,
            realm: project.realm.clone(),
            sealed: sealed.0,
            created_at: project.created_at,
            revision,
        })
    }

    fn open(&self, stored: &StoredProject) -> Result<Project> {
        let sealed = Sealed(stored.sealed.clone());
        let opened = self.seal.open(&sealed, stored.id.0.as_bytes());
        let text =
            opened.ok_or_else(|| Error::Internal("a project's seal does not open".into()))?;
        let unreadable = || Error::Internal("a project is unreadable".into());
        let kept: Kept = serde_json::from_str(&text).map_err(|_| unreadable())?;
        let secret = |text: &str| ProjectSecret::parse(text).ok_or_else(unreadable);
        let former = match &kept.former_signatures {
            Some((text, until)) => {
                let until = Timestamp::from_millisecond(*until).map_err(|_| unreadable())?;
                Some((secret(text)?, until))
            }
            None => None,
        };
        Ok(Project {
            id: stored.id,
            realm: stored.realm.clone(),
            secrets: ProjectSecrets {
                pseudonyms: secret(&kept.pseudonyms)?,
                signatures: secret(&kept.signatures)?,
                former_signatures: former,
            },
            providers: kept.providers,
            created_at: stored.created_at,
        })
    }
}

fn overtaken() -> Error {
    Error::Unavailable("the project changes too often".into())
}
