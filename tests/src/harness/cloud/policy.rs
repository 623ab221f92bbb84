//! What the template lets each function do: judges every call by the function's own statements, as IAM does.
//!
//! Knows what the calls of the store need (Service Authorization Reference, Amazon DynamoDB, AWS Systems Manager and AWS KMS). A
//! call that is not allowed is remembered, for the test to fail by.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Mutex;

use serde_json::Value;

use super::kms::arn;
use crate::harness::connector::Call;
use crate::harness::mode::rights_file;
use crate::template::{Statement, TableResource, Template, table_arn};

/// The rights of all functions.
#[derive(Debug)]
pub(crate) struct Policies {
    statements: BTreeMap<String, Vec<Statement>>,
    tables: BTreeMap<String, TableResource>,
    refused: Mutex<Vec<String>>,
    used: Mutex<BTreeSet<Right>>,
}

/// The least that a statement allows: its function, an action, a resource and a pattern of keys, as the template writes them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Right {
    function: String,
    action: String,
    resource: String,
    key: Option<String>,
}

/// What one part of a call does.
#[derive(Debug)]
struct Access {
    action: String,
    resource: String,
    /// `dynamodb:LeadingKeys`.
    keys: Vec<String>,
    /// Other condition keys, each with its value: `aws:ResourceTag/gatehouse`.
    context: BTreeMap<String, String>,
}

/// Tags of a key: names and values.
type Tags = Vec<(String, String)>;

impl Policies {
    pub(crate) fn of(template: &Template) -> Self {
        let functions = template.functions().into_iter();
        let tables = template.tables().into_iter();
        Self {
            statements: functions
                .map(|function| (function.binary, function.statements))
                .collect(),
            tables: tables.map(|table| (table.name.clone(), table)).collect(),
            refused: Mutex::default(),
            used: Mutex::default(),
        }
    }

    /// All that is allowed.
    pub(crate) fn rights(&self) -> BTreeSet<Right> {
        let functions = self.statements.iter();
        functions
            .flat_map(|(function, statements)| {
                let allowing = statements.iter().filter(|statement| statement.allows);
                allowing.flat_map(move |statement| rights_of(function, statement))
            })
            .collect()
    }

    /// Whether a function may make a call; remembers if not.
    pub(crate) fn allow(&self, function: &str, call: Call<'_>) -> bool {
        self.judge(function, self.accesses(call))
    }

    /// Whether a function may make a call of KMS, for a key with these tags. That it may not see a key of others is no fault: they
    /// tell whose it is by that.
    pub(crate) fn allow_kms(&self, function: &str, call: Call<'_>, tags: &Tags) -> bool {
        let mut accesses = key_accesses(call, tags);
        let asked = accesses.len();
        if call.operation() == "ListResourceTags" {
            let statements = self.statements_of(function);
            accesses.retain(|access| access.is_allowed(statements));
        }
        let seen = accesses.len() == asked;
        self.judge(function, accesses) && seen
    }

    /// Whether a function may send a mail from this address, under this configuration set; remembers if not. The identity that SES
    /// asks for is the address, or its domain, as its owner has had one or the other verified: a function may use both.
    pub(crate) fn allow_mail(&self, function: &str, mail: &Value) -> bool {
        let from = mail["FromEmailAddress"].as_str();
        let domain = from.and_then(|from| Some(from.rsplit_once('@')?.1));
        let used = [
            ("identity", from),
            ("identity", domain),
            ("configuration-set", mail["ConfigurationSetName"].as_str()),
        ];
        let used = used.into_iter().filter_map(|(kind, name)| {
            let name = name?;
            let resource = format!("arn:aws:ses:eu-central-1:123456789012:{kind}/{name}");
            Some(Access::new("ses:SendEmail".to_owned(), resource))
        });
        self.judge(function, used.collect())
    }

    /// Whether a function may send a text message; remembers if not. A number is no resource that a policy could name: only what
    /// is allowed on all resources is allowed.
    pub(crate) fn allow_sms(&self, function: &str) -> bool {
        let publish = Access::new("sns:Publish".to_owned(), "*".to_owned());
        self.judge(function, vec![publish])
    }

    fn statements_of(&self, function: &str) -> &[Statement] {
        let statements = self.statements.get(function);
        statements.map(Vec::as_slice).unwrap_or_default()
    }

    fn judge(&self, function: &str, accesses: Vec<Access>) -> bool {
        let statements = self.statements_of(function);
        let (granted, denied): (Vec<_>, Vec<_>) = accesses
            .into_iter()
            .partition(|access| access.is_allowed(statements));
        let used = granted
            .iter()
            .flat_map(|access| access.rights(function, statements));
        self.used.lock().expect("no panic inside").extend(used);
        let refused: Vec<_> = denied
            .iter()
            .map(|access| access.in_words(function))
            .collect();
        let allowed = refused.is_empty();
        self.refused
            .lock()
            .expect("no panic inside")
            .extend(refused);
        allowed
    }

    /// What was refused so far, in words.
    pub(crate) fn refused(&self) -> Vec<String> {
        self.refused.lock().expect("no panic inside").clone()
    }

    fn accesses(&self, call: Call<'_>) -> Vec<Access> {
        let body = call.json();
        let operation = call.operation();
        if call.target.starts_with("AmazonSSM.") {
            return parameter_accesses(operation, &body);
        }
        match operation {
            "TransactWriteItems" => {
                let parts = body["TransactItems"].as_array().into_iter().flatten();
                parts.map(|part| self.transaction_part(part)).collect()
            }
            "BatchGetItem" => {
                let tables = body["RequestItems"].as_object().into_iter().flatten();
                let read = |(table, request): (&String, &Value)| {
                    let keys = request["Keys"].as_array().into_iter().flatten();
                    let keys = keys.map(|key| self.partition_key(table, key)).collect();
                    access(operation, table, keys)
                };
                tables.map(read).collect()
            }
            "Query" => vec![self.query(&body)],
            "Scan" => vec![access(operation, &name(&body), Vec::new())],
            _ => {
                let table = name(&body);
                let item = [&body["Key"], &body["Item"]];
                let item = item.into_iter().find(|item| item.is_object());
                let key = item.map(|item| self.partition_key(&table, item));
                vec![access(operation, &table, key.into_iter().collect())]
            }
        }
    }

    /// A part of a transaction needs the right to do the same alone.
    fn transaction_part(&self, part: &Value) -> Access {
        let parts = part.as_object().and_then(|part| part.iter().next());
        let (kind, write) = parts.expect("a part does one thing");
        let (action, item) = match kind.as_str() {
            "ConditionCheck" => ("ConditionCheckItem", &write["Key"]),
            "Put" => ("PutItem", &write["Item"]),
            "Update" => ("UpdateItem", &write["Key"]),
            "Delete" => ("DeleteItem", &write["Key"]),
            other => panic!("{other} is no part of a transaction"),
        };
        let table = name(write);
        let key = self.partition_key(&table, item);
        access(action, &table, vec![key])
    }

    fn query(&self, body: &Value) -> Access {
        let table = name(body);
        let index = body["IndexName"].as_str();
        let found = self.table(&table);
        let attribute = index.map_or(&found.partition_key, |index| &found.indexes[index]);
        let mut access = access("Query", &table, vec![equal_value(body, attribute)]);
        if let Some(index) = index {
            access.resource = format!("{}/index/{index}", access.resource);
        }
        access
    }

    fn partition_key(&self, table: &str, item: &Value) -> String {
        plain(&item[&self.table(table).partition_key])
    }

    fn table(&self, name: &str) -> &TableResource {
        let table = self.tables.get(name);
        table.unwrap_or_else(|| panic!("the template makes no table {name}"))
    }
}

impl Drop for Policies {
    /// Leaves word of what was used, where it is asked for.
    fn drop(&mut self) {
        let Some(path) = rights_file() else { return };
        let used = self.used.get_mut().expect("no panic inside");
        let mut lines = String::new();
        for right in used.iter() {
            writeln!(lines, "{right}").expect("a text grows");
        }
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path);
        let written = file.and_then(|mut file| file.write_all(lines.as_bytes()));
        written.expect("the rights that were used are written");
    }
}

impl std::fmt::Display for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (function, action) = (&self.function, &self.action);
        let resource = self.resource.rsplit(':').next().unwrap_or_default();
        write!(f, "{function} {action} {resource}")?;
        self.key.iter().try_for_each(|key| write!(f, " {key}"))
    }
}

/// Each by itself.
fn rights_of(function: &str, statement: &Statement) -> Vec<Right> {
    let keys: Vec<_> = match statement.leading_keys() {
        Some(patterns) => patterns.iter().cloned().map(Some).collect(),
        None => vec![None],
    };
    let pairs = statement.actions.iter().flat_map(|action| {
        let resources = statement.resources.iter();
        resources.map(move |resource| (action, resource))
    });
    pairs
        .flat_map(|(action, resource)| {
            keys.iter().map(move |key| Right {
                function: function.to_owned(),
                action: action.clone(),
                resource: resource.clone(),
                key: key.clone(),
            })
        })
        .collect()
}

impl Access {
    /// Those of a function's rights that this takes.
    fn rights(&self, function: &str, statements: &[Statement]) -> Vec<Right> {
        let applying = statements
            .iter()
            .filter(|statement| statement.allows && self.meets(statement));
        let rights = applying.flat_map(|statement| rights_of(function, statement));
        rights.filter(|right| self.takes(right)).collect()
    }

    fn takes(&self, right: &Right) -> bool {
        let fits = |pattern: &String| self.keys.iter().any(|key| is_like(pattern, key));
        is_like(&right.action, &self.action)
            && is_like(&right.resource, &self.resource)
            && right.key.as_ref().is_none_or(fits)
    }

    fn new(action: String, resource: String) -> Self {
        Self {
            action,
            resource,
            keys: Vec::new(),
            context: BTreeMap::new(),
        }
    }

    fn is_allowed(&self, statements: &[Statement]) -> bool {
        let mut applying = statements.iter().filter(|statement| self.meets(statement));
        let allowed = applying.clone().any(|statement| statement.allows);
        allowed && applying.all(|statement| statement.allows)
    }

    fn meets(&self, statement: &Statement) -> bool {
        let any = |patterns: &[String], text: &str| {
            let mut patterns = patterns.iter();
            patterns.any(|pattern| is_like(pattern, text))
        };
        any(&statement.actions, &self.action)
            && any(&statement.resources, &self.resource)
            && statement.conditions.iter().all(|(operator, key, values)| {
                match (operator.as_str(), key.as_str()) {
                    // True of no key at all, too: a statement that allows Scan under it allows it whole.
                    ("ForAllValues:StringLike", "dynamodb:LeadingKeys") => {
                        self.keys.iter().all(|key| any(values, key))
                    }
                    ("ForAllValues:StringEquals", "dynamodb:LeadingKeys") => {
                        self.keys.iter().all(|key| values.contains(key))
                    }
                    // Not met where there is no such key.
                    ("StringEquals", key) if key.starts_with("aws:") => {
                        let found = self.context.get(key);
                        found.is_some_and(|found| values.contains(found))
                    }
                    _ => panic!("the condition {operator} {key} is not understood"),
                }
            })
    }

    fn in_words(&self, function: &str) -> String {
        let (action, resource) = (&self.action, &self.resource);
        let resource = resource.rsplit(':').next().unwrap_or_default();
        format!("{function} may not {action} {resource} {:?}", self.keys)
    }
}

fn parameter_accesses(operation: &str, body: &Value) -> Vec<Access> {
    let names = match operation {
        "GetParameters" => body["Names"].as_array().cloned().unwrap_or_default(),
        "GetParametersByPath" => vec![body["Path"].clone()],
        _ => vec![body["Name"].clone()],
    };
    let names = names.iter().map(|name| name.as_str().expect("a name"));
    names
        .map(|name| {
            let resource = format!("arn:aws:ssm:eu-central-1:123456789012:parameter{name}");
            Access::new(format!("ssm:{operation}"), resource)
        })
        .collect()
}

/// A key that is made is no resource yet; tagging it is an action of its own.
fn key_accesses(call: Call<'_>, tags: &Tags) -> Vec<Access> {
    let (body, operation) = (call.json(), call.operation());
    let context = |kind: &str, tags: &Tags| {
        let tags = tags.iter();
        tags.map(|(name, value)| (format!("aws:{kind}/{name}"), value.clone()))
            .collect()
    };
    let accesses = match operation {
        "CreateKey" => vec!["CreateKey", "TagResource"],
        other => vec![other],
    };
    let id = body["KeyId"].as_str();
    let requested = body["Tags"].as_array().into_iter().flatten().map(|tag| {
        let text = |name: &str| tag[name].as_str().unwrap_or_default().to_owned();
        (text("TagKey"), text("TagValue"))
    });
    let requested: Tags = requested.collect();
    let accesses = accesses.into_iter().map(|operation| {
        let resource = id.map_or_else(|| "*".to_owned(), arn);
        let mut access = Access::new(format!("kms:{operation}"), resource);
        access.context = context("ResourceTag", tags);
        access
            .context
            .extend::<BTreeMap<_, _>>(context("RequestTag", &requested));
        access
    });
    accesses.collect()
}

fn access(operation: &str, table: &str, keys: Vec<String>) -> Access {
    Access {
        keys,
        ..Access::new(format!("dynamodb:{operation}"), table_arn(table))
    }
}

fn name(request: &Value) -> String {
    let name = request["TableName"].as_str();
    name.expect("a table").to_owned()
}

/// The value that a key condition demands of an attribute.
fn equal_value(body: &Value, attribute: &str) -> String {
    let expression = body["KeyConditionExpression"]
        .as_str()
        .expect("a condition");
    let aliases = &body["ExpressionAttributeNames"];
    let values = &body["ExpressionAttributeValues"];
    let demanded = expression.split(" AND ").find_map(|part| {
        let (left, right) = part.split_once('=')?;
        let left = left.trim();
        let named = aliases[left].as_str().unwrap_or(left);
        (named == attribute).then(|| plain(&values[right.trim()]))
    });
    demanded.unwrap_or_else(|| panic!("{expression} names no {attribute}"))
}

/// A key's value without its type.
fn plain(value: &Value) -> String {
    let value = value.as_object().and_then(|value| value.values().next());
    let value = value.and_then(Value::as_str);
    value.expect("a key").to_owned()
}

/// IAM's patterns: `*` stands for any text, `?` for one character.
fn is_like(pattern: &str, text: &str) -> bool {
    let Some(wanted) = pattern.chars().next() else {
        return text.is_empty();
    };
    let rest = &pattern[wanted.len_utf8()..];
    if wanted == '*' {
        let mut ends = (0..=text.len()).filter(|at| text.is_char_boundary(*at));
        return ends.any(|at| is_like(rest, &text[at..]));
    }
    let Some(found) = text.chars().next() else {
        return false;
    };
    (wanted == '?' || wanted == found) && is_like(rest, &text[found.len_utf8()..])
}
