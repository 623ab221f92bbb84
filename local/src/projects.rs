//! The projects of a local installation (document 004): two that it has from the start, and those that a file names.

use std::path::Path;

use serde_json::{Map, Value};
use shared::domain::{Project, ProjectId, Providers, Realm};
use shared::error::{Error, causes};
use shared::service::{ProjectPatch, Projects};

/// The known project that has the accounts of the default realm.
pub const SHARING: &str = "a69a31e9-f2e6-4d5f-b080-6138c6a721b7";
/// The known project that has a realm of its own.
pub const ISOLATED: &str = "5d5b0676-ce0f-4058-b2bf-49af49f61cb5";

/// A project as the file wants it.
#[derive(Debug, Clone)]
pub struct WantedProject {
    /// Its name.
    pub id: ProjectId,
    /// Its realm, if that is said.
    pub realm: Option<Realm>,
    /// What its users may sign in by.
    pub providers: Providers,
}

/// The projects could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ProjectsError {
    /// The file wants other realms than these projects have.
    #[error("the configuration cannot be used:{}", realm_problems(.0))]
    Realms(Vec<ProjectId>),
    /// The database does not answer, or holds a project that these keys do not open.
    #[error("project {id}: {fault}{}", causes(.fault))]
    Failed {
        /// Which one.
        id: ProjectId,
        /// Why.
        #[source]
        fault: Error,
    },
}

/// Reads a file of projects, each under its id. Plain http is taken to this machine.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(file: &Path) -> Result<Vec<WantedProject>, Vec<String>> {
    let text = std::fs::read_to_string(file)
        .map_err(|fault| vec![format!("{} cannot be read: {fault}", file.display())])?;
    let entries: Map<String, Value> = serde_json::from_str(&text)
        .map_err(|fault| vec![format!("{} holds no JSON object: {fault}", file.display())])?;
    let mut wanted: Vec<WantedProject> = Vec::new();
    let mut problems = Vec::new();
    for (id, settings) in entries {
        match WantedProject::read(&id, settings) {
            Ok(project) if wanted.iter().any(|other| other.id == project.id) => {
                problems.push(format!("{id}: is there twice"));
            }
            Ok(project) => wanted.push(project),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        Ok(wanted)
    } else {
        Err(problems)
    }
}

/// Makes the two known projects if they are absent, and makes or changes those that the file names. A project that is already
/// as it should be is not written.
///
/// # Errors
/// [`ProjectsError`].
pub async fn ensure(projects: &Projects, wanted: &[WantedProject]) -> Result<(), ProjectsError> {
    let mut other_realms = Vec::new();
    for (id, realm) in known() {
        if wanted.iter().any(|project| project.id == id) {
            continue;
        }
        if find(projects, id).await?.is_none() {
            let realm = Some(realm);
            put(projects, id, realm, None).await?;
        }
    }
    for project in wanted {
        let id = project.id;
        let found = find(projects, id).await?;
        let realm = match (&found, &project.realm) {
            (Some(found), Some(realm)) if found.realm != *realm => {
                other_realms.push(id);
                continue;
            }
            (Some(found), _) if found.providers == project.providers => continue,
            (Some(_), _) => None,
            (None, Some(realm)) => Some(realm.clone()),
            (None, None) => known().find(|known| known.0 == id).map(|known| known.1),
        };
        put(projects, id, realm, Some(project.providers.clone())).await?;
    }
    if other_realms.is_empty() {
        Ok(())
    } else {
        Err(ProjectsError::Realms(other_realms))
    }
}

impl WantedProject {
    /// Reads a project's settings: `providers`, and perhaps `realm`.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn read(id: &str, settings: Value) -> Result<Self, Vec<String>> {
        let Some(project) = ProjectId::parse(id) else {
            return Err(vec![format!("{id:?} is no UUID")]);
        };
        let Value::Object(mut settings) = settings else {
            return Err(vec![format!("{id}: must be an object")]);
        };
        let mut problems = Vec::new();
        let realm = settings.remove("realm").and_then(|name| {
            let realm = name.as_str().and_then(|name| project.realm(name));
            if realm.is_none() {
                problems.push(format!("{id}: realm: {REALM}"));
            }
            realm
        });
        let providers = match settings.remove("providers") {
            Some(providers) => Providers::read(providers, true).map_err(|bad| bad.to_string()),
            None => Err("providers: must be set".to_owned()),
        };
        let providers = providers.map_err(|bad| problems.push(format!("{id}: {bad}")));
        let unknown = settings.keys();
        problems.extend(unknown.map(|name| format!("{id}: {name:?} is unknown")));
        match providers {
            Ok(providers) if problems.is_empty() => Ok(Self {
                id: project,
                realm,
                providers,
            }),
            _ => Err(problems),
        }
    }
}

const REALM: &str = "must be `own`, or at most 36 lower-case letters, digits and hyphens";

/// Each with its realm.
fn known() -> impl Iterator<Item = (ProjectId, Realm)> {
    let id = |text| ProjectId::parse(text).expect("a UUID");
    let isolated = id(ISOLATED);
    let own = isolated.realm("own").expect("a UUID names a realm");
    [(id(SHARING), Realm::default_realm()), (isolated, own)].into_iter()
}

async fn find(projects: &Projects, id: ProjectId) -> Result<Option<Project>, ProjectsError> {
    match projects.find(id).await {
        Ok(project) => Ok(Some(project)),
        Err(Error::UnknownProject) => Ok(None),
        Err(fault) => Err(ProjectsError::Failed { id, fault }),
    }
}

async fn put(
    projects: &Projects,
    id: ProjectId,
    realm: Option<Realm>,
    providers: Option<Providers>,
) -> Result<(), ProjectsError> {
    let patch = ProjectPatch { realm, providers };
    let put = projects.put(id, &patch).await;
    put.map(drop)
        .map_err(|fault| ProjectsError::Failed { id, fault })
}

fn realm_problems(projects: &[ProjectId]) -> String {
    let problem = |id: &ProjectId| format!("\n  PROJECTS_FILE: {id}: a project keeps its realm");
    projects.iter().map(problem).collect()
}
