//! The Projects table: one item per project. What it must not lie open, its secrets and those of its providers, is sealed.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::item::{Item, Reader, b, key, ms, n, s};
use super::write::Written;
use super::{Store, StoreError};
use crate::domain::{ProjectId, Realm};

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
        let get = self
            .client
            .get_item()
            .table_name(&self.tables.projects)
            .consistent_read(true);
        let found = get
            .key("project_id", project_key(project))
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        found.item.as_ref().map(read_project).transpose()
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
        let mut put = self
            .client
            .put_item()
            .table_name(&self.tables.projects)
            .set_item(Some(item));
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
        let scan = self.client.scan().table_name(&self.tables.projects);
        let mut items = scan.consistent_read(true).into_paginator().items().send();
        let mut projects = Vec::new();
        while let Some(item) = items.next().await {
            projects.push(read_project(&item.map_err(StoreError::unavailable)?)?);
        }
        projects.sort_by_key(|project| (project.created_at, project.id.0));
        Ok(projects)
    }
}

pub(super) fn read_project(item: &Item) -> Result<StoredProject, StoreError> {
    let read = Reader(item);
    let sealed = item.get("sealed").and_then(|sealed| sealed.as_b().ok());
    let sealed = sealed.ok_or(StoreError::Corrupt("sealed"))?;
    Ok(StoredProject {
        id: read.parsed("project_id", ProjectId::parse)?,
        realm: Realm::from_stored(read.string("realm")?),
        sealed: sealed.as_ref().to_vec(),
        created_at: read.instant("created_at")?,
        revision: read.number("revision")?,
    })
}
