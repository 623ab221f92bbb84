//! What is asked of DynamoDB, field for field as its API has it.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB.html>

#![expect(
    clippy::struct_field_names,
    reason = "fields are called what the API calls them"
)]

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{AttributeValue, Item};

/// Reads one item.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetItem {
    table_name: String,
    key: Item,
    consistent_read: bool,
}

/// Keys of one table, to be read at once.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct KeysAndAttributes {
    keys: Vec<Item>,
    consistent_read: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    projection_expression: Option<String>,
}

/// Reads up to a hundred items, by table.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BatchGetItem {
    pub(crate) request_items: HashMap<String, KeysAndAttributes>,
}

/// Reads items of one partition, in order.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Query {
    table_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    index_name: Option<String>,
    consistent_read: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    scan_index_forward: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exclusive_start_key: Option<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_condition_expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter_expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    projection_expression: Option<String>,
    #[serde(skip_serializing_if = "HashMap::is_empty")]
    expression_attribute_names: HashMap<String, String>,
    #[serde(skip_serializing_if = "HashMap::is_empty")]
    expression_attribute_values: Item,
}

/// Reads a whole table, in no order.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Scan {
    table_name: String,
    consistent_read: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    exclusive_start_key: Option<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter_expression: Option<String>,
    #[serde(skip_serializing_if = "HashMap::is_empty")]
    expression_attribute_values: Item,
}

/// Writes a whole item: alone, or as a part of a transaction.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Put {
    table_name: String,
    item: Item,
    #[serde(flatten)]
    condition: Condition,
}

/// Changes an item, or makes it: alone, or as a part of a transaction.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Update {
    table_name: String,
    key: Item,
    #[serde(skip_serializing_if = "Option::is_none")]
    update_expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_values: Option<ReturnValue>,
    #[serde(flatten)]
    condition: Condition,
}

/// Deletes an item: alone, or as a part of a transaction.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Delete {
    table_name: String,
    key: Item,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_values: Option<ReturnValue>,
    #[serde(flatten)]
    condition: Condition,
}

/// The part of a transaction that only looks at an item.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ConditionCheck {
    table_name: String,
    key: Item,
    #[serde(flatten)]
    condition: Condition,
}

/// What has to hold for a write, and what its expressions name.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Condition {
    #[serde(skip_serializing_if = "Option::is_none")]
    condition_expression: Option<String>,
    #[serde(skip_serializing_if = "HashMap::is_empty")]
    expression_attribute_names: HashMap<String, String>,
    #[serde(skip_serializing_if = "HashMap::is_empty")]
    expression_attribute_values: Item,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_values_on_condition_check_failure: Option<ReturnValue>,
}

/// All of them, or none.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TransactWriteItems {
    pub(crate) transact_items: Vec<TransactWriteItem>,
    /// Makes what is sent again the same transaction, for ten minutes.
    pub(crate) client_request_token: String,
}

/// A part of a transaction.
#[derive(Debug, Clone, Serialize)]
pub(crate) enum TransactWriteItem {
    Put(Put),
    Update(Update),
    Delete(Delete),
    ConditionCheck(ConditionCheck),
}

/// What a write answers: the item as it was, or as it is.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ReturnValue {
    AllOld,
    AllNew,
}

impl KeysAndAttributes {
    pub(crate) fn of(keys: Vec<Item>) -> Self {
        Self {
            keys,
            ..Self::default()
        }
    }
}

impl BatchGetItem {
    /// Those of one more table.
    pub(crate) fn request_items(
        mut self,
        table: impl Into<String>,
        keys: KeysAndAttributes,
    ) -> Self {
        self.request_items.insert(table.into(), keys);
        self
    }
}

impl Put {
    pub(crate) fn of(table_name: impl Into<String>, item: Item) -> Self {
        Self {
            table_name: table_name.into(),
            item,
            ..Self::default()
        }
    }
}

/// Constructors and setters, as the API names the fields.
macro_rules! request {
    ($($request:ident { $($what:ident),* $(,)? })*) => {
        $(impl $request { $(request!(@ $what);)* })*
    };
    (@ of) => {
        pub(crate) fn of(table_name: impl Into<String>) -> Self {
            Self { table_name: table_name.into(), ..Self::default() }
        }
    };
    (@ key) => {
        pub(crate) fn key(mut self, name: impl Into<String>, value: AttributeValue) -> Self {
            self.key.insert(name.into(), value);
            self
        }

        pub(crate) fn set_key(mut self, key: Item) -> Self {
            self.key = key;
            self
        }
    };
    (@ consistent_read) => {
        pub(crate) fn consistent_read(mut self) -> Self {
            self.consistent_read = true;
            self
        }
    };
    (@ return_values) => {
        pub(crate) fn return_values(mut self, values: ReturnValue) -> Self {
            self.return_values = Some(values);
            self
        }
    };
    (@ scan_index_forward) => {
        pub(crate) fn scan_index_forward(mut self, forward: bool) -> Self {
            self.scan_index_forward = Some(forward);
            self
        }
    };
    (@ limit) => {
        pub(crate) fn limit(mut self, most: usize) -> Self {
            self.limit = Some(most);
            self
        }
    };
    (@ exclusive_start_key) => {
        pub(crate) fn exclusive_start_key(mut self, last: Item) -> Self {
            self.exclusive_start_key = Some(last);
            self
        }
    };
    (@ names) => {
        pub(crate) fn expression_attribute_names(
            mut self,
            name: impl Into<String>,
            attribute: impl Into<String>,
        ) -> Self {
            self.expression_attribute_names.insert(name.into(), attribute.into());
            self
        }
    };
    (@ values) => {
        pub(crate) fn expression_attribute_values(
            mut self,
            name: impl Into<String>,
            value: AttributeValue,
        ) -> Self {
            self.expression_attribute_values.insert(name.into(), value);
            self
        }
    };
    (@ condition) => {
        pub(crate) fn condition_expression(mut self, expression: impl Into<String>) -> Self {
            self.condition.condition_expression = Some(expression.into());
            self
        }

        pub(crate) fn expression_attribute_values(
            mut self,
            name: impl Into<String>,
            value: AttributeValue,
        ) -> Self {
            let values = &mut self.condition.expression_attribute_values;
            values.insert(name.into(), value);
            self
        }
    };
    (@ condition_names) => {
        pub(crate) fn expression_attribute_names(
            mut self,
            name: impl Into<String>,
            attribute: impl Into<String>,
        ) -> Self {
            let names = &mut self.condition.expression_attribute_names;
            names.insert(name.into(), attribute.into());
            self
        }
    };
    (@ refusing_item) => {
        /// Has a refusal tell the item as it is.
        pub(crate) fn return_refusing_item(mut self) -> Self {
            self.condition.return_values_on_condition_check_failure = Some(ReturnValue::AllOld);
            self
        }
    };
    (@ $expression:ident) => {
        pub(crate) fn $expression(mut self, expression: impl Into<String>) -> Self {
            self.$expression = Some(expression.into());
            self
        }
    };
}

request! {
    GetItem { of, key, consistent_read }
    KeysAndAttributes { consistent_read, projection_expression }
    Query {
        of, index_name, consistent_read, scan_index_forward, limit, exclusive_start_key, key_condition_expression,
        filter_expression, projection_expression, names, values,
    }
    Scan { of, consistent_read, exclusive_start_key, filter_expression, values }
    Put { condition, refusing_item }
    Update { of, key, update_expression, return_values, condition, condition_names, refusing_item }
    Delete { of, key, return_values, condition, condition_names }
    ConditionCheck { of, key, condition }
}
