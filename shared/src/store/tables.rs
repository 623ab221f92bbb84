//! The tables: one definition for local mode, tests and the template.

use serde_json::{Value, json};

use super::item::{n, s};
use super::{Store, StoreError};
use crate::dynamodb::{Delete, Scan};

/// One table. All keys are strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableDefinition {
    /// Its name without the prefix.
    pub name: &'static str,
    /// Partition key.
    pub partition_key: &'static str,
    /// Sort key, if it has one.
    pub sort_key: Option<&'static str>,
    /// The attribute that TTL reads, if items may expire.
    pub ttl: Option<&'static str>,
    /// A `KEYS_ONLY` index: name, partition key, sort key.
    pub index: Option<(&'static str, &'static str, &'static str)>,
    /// Whether the keys of new items are streamed (`KEYS_ONLY`) to platform-outbox.
    pub stream: bool,
}

const EXPIRES: Option<&str> = Some("expires");

/// All tables.
pub const TABLES: [TableDefinition; 12] = [
    TableDefinition {
        name: "users",
        partition_key: "pk",
        sort_key: None,
        ttl: EXPIRES,
        index: Some(("listing", "listing", "listed_at")),
        stream: false,
    },
    TableDefinition {
        name: "attributes",
        partition_key: "user_id",
        sort_key: None,
        ttl: None,
        index: None,
        stream: false,
    },
    TableDefinition {
        name: "avatars",
        partition_key: "user_id",
        sort_key: None,
        ttl: None,
        index: None,
        stream: false,
    },
    TableDefinition {
        name: "sessions",
        partition_key: "user_id",
        sort_key: Some("session_id"),
        ttl: EXPIRES,
        index: None,
        stream: false,
    },
    TableDefinition {
        name: "codes",
        partition_key: "user_id",
        sort_key: Some("purpose"),
        ttl: EXPIRES,
        index: None,
        stream: false,
    },
    TableDefinition {
        name: "access",
        partition_key: "pk",
        sort_key: Some("sk"),
        ttl: None,
        index: None,
        stream: false,
    },
    TableDefinition {
        name: "devices",
        partition_key: "user_id",
        sort_key: Some("device_id"),
        ttl: EXPIRES,
        index: None,
        stream: false,
    },
    TableDefinition {
        name: "projects",
        partition_key: "project_id",
        sort_key: None,
        ttl: None,
        index: None,
        stream: false,
    },
    TableDefinition {
        name: "limits",
        partition_key: "pk",
        sort_key: None,
        ttl: EXPIRES,
        index: None,
        stream: false,
    },
    TableDefinition {
        name: "outbox",
        partition_key: "id",
        sort_key: None,
        ttl: EXPIRES,
        index: None,
        stream: true,
    },
    TableDefinition {
        name: "audit",
        partition_key: "user_id",
        sort_key: Some("happened"),
        ttl: EXPIRES,
        index: None,
        stream: false,
    },
    TableDefinition {
        name: "keys",
        partition_key: "kind",
        sort_key: None,
        ttl: None,
        index: None,
        stream: false,
    },
];

/// The tables' full names: a prefix, so that several installations share an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableNames {
    pub(super) users: String,
    pub(super) attributes: String,
    pub(super) avatars: String,
    pub(super) sessions: String,
    pub(super) codes: String,
    pub(super) access: String,
    pub(super) devices: String,
    pub(super) projects: String,
    pub(super) limits: String,
    pub(super) outbox: String,
    pub(super) audit: String,
    pub(super) keys: String,
}

impl TableNames {
    /// The names under a prefix, such as `gatehouse-`.
    pub fn with_prefix(prefix: &str) -> Self {
        let name = |table: &str| format!("{prefix}{table}");
        Self {
            users: name("users"),
            attributes: name("attributes"),
            avatars: name("avatars"),
            sessions: name("sessions"),
            codes: name("codes"),
            access: name("access"),
            devices: name("devices"),
            projects: name("projects"),
            limits: name("limits"),
            outbox: name("outbox"),
            audit: name("audit"),
            keys: name("keys"),
        }
    }

    fn of(&self, table: &TableDefinition) -> &str {
        match table.name {
            "users" => &self.users,
            "attributes" => &self.attributes,
            "avatars" => &self.avatars,
            "sessions" => &self.sessions,
            "codes" => &self.codes,
            "access" => &self.access,
            "devices" => &self.devices,
            "projects" => &self.projects,
            "limits" => &self.limits,
            "outbox" => &self.outbox,
            "audit" => &self.audit,
            _ => &self.keys,
        }
    }
}

impl Store {
    /// Makes the tables that do not exist yet. For local mode and tests: in the cloud the template makes them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database refuses.
    pub async fn create_tables(&self) -> Result<(), StoreError> {
        let existing = self.database.list_tables().await?;
        for table in &TABLES {
            let name = self.tables.of(table);
            if !existing.iter().any(|found| found == name) {
                self.create_table(name, table).await?;
            }
        }
        Ok(())
    }

    /// Deletes what has expired, as DynamoDB's TTL does in the cloud. Reads whole tables: for local mode.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn sweep_expired(&self, now: jiff::Timestamp) -> Result<(), StoreError> {
        for table in TABLES.iter().filter(|table| table.ttl.is_some()) {
            let expired = Scan::of(self.tables.of(table))
                .filter_expression("attribute_type(expires, :number) AND expires <= :now")
                .expression_attribute_values(":number", s("N"))
                .expression_attribute_values(":now", n(now.as_second()));
            for mut item in self.scan(expired).await? {
                item.retain(|name, _| {
                    name == table.partition_key || Some(name.as_str()) == table.sort_key
                });
                // Only what is still expired: a registration may have replaced a guard since it was read.
                let delete = Delete::of(self.tables.of(table))
                    .set_key(item)
                    .condition_expression("attribute_type(expires, :number) AND expires <= :now")
                    .expression_attribute_values(":number", s("N"))
                    .expression_attribute_values(":now", n(now.as_second()));
                self.delete(delete).await?;
            }
        }
        Ok(())
    }

    async fn create_table(&self, name: &str, table: &TableDefinition) -> Result<(), StoreError> {
        let index = table.index.map(|(index, partition, sort)| {
            json!({
                "IndexName": index,
                "KeySchema": key_schema(partition, Some(sort)),
                "Projection": { "ProjectionType": "KEYS_ONLY" },
            })
        });
        let (index_partition, index_sort) =
            table.index.map_or((None, None), |(_, partition, sort)| {
                (Some(partition), Some(sort))
            });
        let keys = [
            Some(table.partition_key),
            table.sort_key,
            index_partition,
            index_sort,
        ];
        let attributes = keys.into_iter().flatten();
        let attributes =
            attributes.map(|key| json!({ "AttributeName": key, "AttributeType": "S" }));
        let mut create = json!({
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": key_schema(table.partition_key, table.sort_key),
            "AttributeDefinitions": attributes.collect::<Vec<_>>(),
        });
        if let Some(index) = index {
            create["GlobalSecondaryIndexes"] = json!([index]);
        }
        self.database.administer("CreateTable", &create).await?;
        if let Some(attribute) = table.ttl {
            let update = json!({
                "TableName": name,
                "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": true },
            });
            self.database
                .administer("UpdateTimeToLive", &update)
                .await?;
        }
        Ok(())
    }
}

fn key_schema(partition: &str, sort: Option<&str>) -> Value {
    let mut schema = vec![json!({ "AttributeName": partition, "KeyType": "HASH" })];
    schema.extend(sort.map(|sort| json!({ "AttributeName": sort, "KeyType": "RANGE" })));
    Value::Array(schema)
}
