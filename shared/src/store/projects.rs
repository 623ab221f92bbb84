//! The Projects table: one item per project. What it must not lie open, its secrets and those of its providers, is sealed.

use jiff::Timestamp;

use super::item::{Item, Reader, b, key, ms, n, s};
use super::write::Written;
use super::{Store, StoreError};
use crate::domain::{ProjectId, Realm};
use crate::dynamodb::{AttributeValue, GetItem, Put, Scan};

/// A project as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredProject {
    pub(crate) id: ProjectId,
    pub(crate) realm: Realm,
    /// Providers and secrets, sealed.
    pub(crate) sealed: Vec<u8>,
    pub(crate) created_at: Timestamp,
    /// Raised by each change.
    pub(crate) revision: u64,
}

fn project_key(project: ProjectId) -> AttributeValue {
    s(project.to_string())
}

impl Store {
    /// The project of this name. One consistent read.
    pub(crate) async fn find_project(
        &self,
        project: ProjectId,
    ) -> Result<Option<StoredProject>, StoreError> {
        let get = GetItem::of(&self.tables.projects).consistent_read();
        let found = self
            .get(get.key("project_id", project_key(project)))
            .await?;
        found.as_ref().map(read_project).transpose()
    }

    /// Stores a project in place of the revision before, the first one if there is none yet. False if another is there. One write.
    pub(crate) async fn put_project(&self, project: &StoredProject) -> Result<bool, StoreError> {
        let item = key([
            ("project_id", project_key(project.id)),
            ("realm", s(project.realm.as_str())),
            ("sealed", b(&project.sealed)),
            ("created_at", ms(project.created_at)),
            ("revision", n(project.revision)),
        ]);
        let mut put = Put::of(&self.tables.projects, item);
        put = match project.revision.checked_sub(1) {
            None | Some(0) => put.condition_expression("attribute_not_exists(project_id)"),
            Some(former) => put
                .condition_expression("revision = :former")
                .expression_attribute_values(":former", n(former)),
        };
        match self.put(put).await? {
            Written::Done(_) => Ok(true),
            // Ours, if the reply to the first try was lost.
            Written::Refused(held) if held.is_empty() => Ok(false),
            Written::Refused(held) => Ok(read_project(&held)? == *project),
        }
    }

    /// All projects, oldest first. Reads the whole table: for operators.
    pub(crate) async fn list_projects(&self) -> Result<Vec<StoredProject>, StoreError> {
        let scan = Scan::of(&self.tables.projects);
        let items = self.scan(scan.consistent_read()).await?;
        let projects = items.iter().map(read_project);
        let mut projects = projects.collect::<Result<Vec<_>, _>>()?;
        projects.sort_by_key(|project| (project.created_at, project.id.0));
        Ok(projects)
    }
}

pub(super) fn read_project(item: &Item) -> Result<StoredProject, StoreError> {
    let read = Reader(item);
    let sealed = item.get("sealed").and_then(|sealed| sealed.as_b());
    let sealed = sealed.ok_or(StoreError::Corrupt("sealed"))?;
    Ok(StoredProject {
        id: read.parsed("project_id", ProjectId::parse)?,
        realm: Realm::from_stored(read.string("realm")?),
        sealed: sealed.as_ref().to_vec(),
        created_at: read.instant("created_at")?,
        revision: read.number("revision")?,
    })
}
