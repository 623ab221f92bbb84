//! `template.yaml`, read as CloudFormation and SAM would: functions with their routes, environment and rights, and tables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value, json};

/// The table prefix, and whatever else the stack's name makes, begins with this.
const STACK: &str = "gatehouse";
/// Parameters that must be set.
const PARAMETERS: [(&str, &str); 2] = [
    ("AdminEmail", "admin@example.com"),
    ("EmailFrom", "no-reply@gatehouse.example"),
];

/// A template.
#[derive(Debug)]
pub(crate) struct Template {
    document: Value,
    /// Parameters beside those that must be set.
    set: BTreeMap<String, String>,
}

/// An `AWS::Serverless::Function`.
#[derive(Debug, Clone)]
pub(crate) struct FunctionResource {
    /// `Metadata.BuildProperties.Binary`.
    pub(crate) binary: String,
    pub(crate) routes: Vec<Route>,
    pub(crate) statements: Vec<Statement>,
    pub(crate) environment: BTreeMap<String, String>,
}

/// What of an HTTP API goes to a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    /// A method, or `ANY`.
    pub(crate) method: String,
    /// A path with parameters, or `$default`.
    pub(crate) path: String,
}

/// A statement of a policy.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) allows: bool,
    pub(crate) actions: Vec<String>,
    pub(crate) resources: Vec<String>,
    /// Operator, condition key, values.
    pub(crate) conditions: Vec<(String, String, Vec<String>)>,
}

/// An `AWS::DynamoDB::Table`.
#[derive(Debug, Clone)]
pub(crate) struct TableResource {
    pub(crate) name: String,
    pub(crate) partition_key: String,
    /// Partition keys of its indexes.
    pub(crate) indexes: BTreeMap<String, String>,
}

impl Template {
    /// The repository's own.
    pub(crate) fn of_repository() -> &'static Self {
        static TEMPLATE: OnceLock<Template> = OnceLock::new();
        TEMPLATE.get_or_init(|| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
            let text = std::fs::read_to_string(&path).expect("template.yaml at the root");
            Self::parse(&text)
        })
    }

    /// Reads a template.
    ///
    /// # Panics
    /// It is no YAML.
    pub(crate) fn parse(text: &str) -> Self {
        Self {
            document: document(text),
            set: BTreeMap::new(),
        }
    }

    /// The same, deployed with this parameter.
    pub(crate) fn with(&self, parameter: &str, value: &str) -> Self {
        let set = (parameter.to_owned(), value.to_owned());
        Self {
            document: self.document.clone(),
            set: self.set.clone().into_iter().chain([set]).collect(),
        }
    }

    /// All functions.
    pub(crate) fn functions(&self) -> Vec<FunctionResource> {
        let functions = self.resources("AWS::Serverless::Function");
        functions.map(|resource| self.function(resource)).collect()
    }

    /// All tables.
    pub(crate) fn tables(&self) -> Vec<TableResource> {
        let tables = self.resources("AWS::DynamoDB::Table");
        tables.map(|resource| self.table(resource)).collect()
    }

    /// The properties of all resources of a type, with their intrinsic functions carried out.
    pub(crate) fn properties(&self, kind: &str) -> Vec<Value> {
        let resources = self.resources(kind);
        resources
            .map(|resource| self.resolve(&resource["Properties"]))
            .collect()
    }

    /// As it is written.
    pub(crate) fn document(&self) -> &Value {
        &self.document
    }

    /// The properties of the custom resource that sets an installation up.
    pub(crate) fn installation(&self) -> Value {
        let mut found = self.resources("Custom::GatehouseInstallation");
        let installation = found.next().expect("the resource");
        let mut properties = installation["Properties"].clone();
        properties["ServiceTimeout"] = json!(properties["ServiceTimeout"].to_string());
        properties
    }

    /// The types of all resources that are made.
    pub(crate) fn kinds(&self) -> BTreeSet<&str> {
        let resources = self.document["Resources"].as_object();
        let resources = resources.expect("a template has resources").values();
        let made = resources.filter(|resource| self.is_made(resource));
        made.map(|resource| resource["Type"].as_str().expect("a type"))
            .collect()
    }

    fn resources(&self, kind: &str) -> impl Iterator<Item = &Value> {
        let resources = self.document["Resources"].as_object();
        let resources = resources.expect("a template has resources");
        resources
            .values()
            .filter(move |resource| resource["Type"] == kind && self.is_made(resource))
    }

    /// Whether the resource's condition holds.
    fn is_made(&self, resource: &Value) -> bool {
        let condition = resource["Condition"].as_str();
        condition.is_none_or(|name| self.holds(&json!({ "Condition": name })))
    }

    fn function(&self, resource: &Value) -> FunctionResource {
        let properties = &resource["Properties"];
        let binary = &resource["Metadata"]["BuildProperties"]["Binary"];
        let globals = &self.document["Globals"]["Function"]["Environment"]["Variables"];
        let own = &properties["Environment"]["Variables"];
        let events = properties["Events"].as_object().into_iter().flatten();
        let policies = self.resolve(&properties["Policies"]);
        FunctionResource {
            binary: text(binary),
            routes: events.filter_map(|(_, event)| route(event)).collect(),
            statements: many(&policies).into_iter().flat_map(statements).collect(),
            environment: [globals, own]
                .into_iter()
                .filter_map(Value::as_object)
                .flatten()
                .map(|(name, value)| (name.clone(), text(&self.resolve(value))))
                .collect(),
        }
    }

    fn table(&self, resource: &Value) -> TableResource {
        let properties = self.resolve(&resource["Properties"]);
        let indexes = many(&properties["GlobalSecondaryIndexes"]);
        TableResource {
            name: text(&properties["TableName"]),
            partition_key: partition_key(&properties["KeySchema"]),
            indexes: indexes
                .into_iter()
                .map(|index| {
                    (
                        text(&index["IndexName"]),
                        partition_key(&index["KeySchema"]),
                    )
                })
                .collect(),
        }
    }

    /// A value with its intrinsic functions carried out; what `AWS::NoValue` stands for is left out.
    fn resolve(&self, value: &Value) -> Value {
        if let Some((name, argument)) = intrinsic(value) {
            return self.call(name, argument);
        }
        match value {
            Value::Array(items) => {
                let items = items.iter().map(|item| self.resolve(item));
                items.filter(|item| !item.is_null()).collect()
            }
            Value::Object(members) => {
                let members = members
                    .iter()
                    .map(|(name, member)| (name.clone(), self.resolve(member)));
                Value::Object(members.filter(|(_, member)| !member.is_null()).collect())
            }
            other => other.clone(),
        }
    }

    fn call(&self, name: &str, argument: &Value) -> Value {
        match name {
            "Ref" => self.reference(&text(argument)),
            "Fn::GetAtt" => json!(self.attribute(&text(&argument[0]), &text(&argument[1]))),
            "Fn::Sub" => match argument {
                Value::Array(parts) => json!(self.substitute(&text(&parts[0]), &parts[1])),
                pattern => json!(self.substitute(&text(pattern), &Value::Null)),
            },
            "Fn::Join" => {
                let parts = self.resolve(&argument[1]);
                let parts: Vec<_> = many(&parts).into_iter().map(text).collect();
                json!(parts.join(&text(&argument[0])))
            }
            "Fn::Split" => {
                let whole = text(&self.resolve(&argument[1]));
                whole.split(&text(&argument[0])).collect()
            }
            "Fn::Select" => {
                let index = text(&argument[0]).parse::<usize>().expect("an index");
                self.resolve(&argument[1])[index].clone()
            }
            "Fn::If" => {
                let holds = self.holds(&json!({ "Condition": argument[0] }));
                self.resolve(&argument[if holds { 1 } else { 2 }])
            }
            other => panic!("{other} is not understood"),
        }
    }

    fn holds(&self, condition: &Value) -> bool {
        if let Some(name) = condition["Condition"].as_str() {
            let named = &self.document["Conditions"][name];
            assert!(!named.is_null(), "there is no condition {name}");
            return self.holds(named);
        }
        let (name, argument) = condition
            .as_object()
            .and_then(|members| members.iter().next())
            .expect("a condition is a function");
        let mut parts = many(argument).into_iter();
        match name.as_str() {
            "Fn::Equals" => {
                let sides: Vec<_> = parts.map(|part| text(&self.resolve(part))).collect();
                sides[0] == sides[1]
            }
            "Fn::Not" => !parts.all(|part| self.holds(part)),
            "Fn::And" => parts.all(|part| self.holds(part)),
            "Fn::Or" => parts.any(|part| self.holds(part)),
            other => panic!("{other} is not understood"),
        }
    }

    fn reference(&self, name: &str) -> Value {
        match name {
            "AWS::NoValue" => return Value::Null,
            "AWS::StackName" => return json!(STACK),
            "AWS::Region" => return json!("eu-central-1"),
            "AWS::AccountId" => return json!("123456789012"),
            "AWS::Partition" => return json!("aws"),
            "AWS::URLSuffix" => return json!("amazonaws.com"),
            _ => {}
        }
        let parameter = &self.document["Parameters"][name];
        if parameter.is_object() {
            if let Some(value) = self.set.get(name) {
                return json!(value);
            }
            let set = PARAMETERS.into_iter().find(|(set, _)| *set == name);
            return set.map_or_else(
                || json!(text(&parameter["Default"])),
                |(_, value)| json!(value),
            );
        }
        // SAM has names for what it makes beside a resource.
        let made_beside = name.strip_suffix(".Stage").unwrap_or(name);
        let resource = &self.document["Resources"][made_beside];
        let serverless = ["ServerlessHttpApi", "ServerlessRestApi"].contains(&name);
        assert!(
            resource.is_object() || serverless,
            "nothing is called {name}"
        );
        match resource["Type"].as_str() {
            Some("AWS::DynamoDB::Table") => self.resolve(&resource["Properties"]["TableName"]),
            _ => json!(name),
        }
    }

    /// An attribute of a resource. Only what policies name has to be right.
    fn attribute(&self, resource: &str, attribute: &str) -> String {
        let name = text(&self.reference(resource));
        let kind = &self.document["Resources"][resource]["Type"];
        match (kind.as_str(), attribute) {
            (Some("AWS::DynamoDB::Table"), "Arn") => table_arn(&name),
            (Some("AWS::DynamoDB::Table"), "StreamArn") => {
                format!("{}/stream/2026-01-01T00:00:00.000", table_arn(&name))
            }
            (Some("AWS::Serverless::HttpApi"), "ApiEndpoint") => {
                "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com".to_owned()
            }
            _ => format!("arn:aws:other:eu-central-1:123456789012:{resource}.{attribute}"),
        }
    }

    fn substitute(&self, pattern: &str, values: &Value) -> String {
        let mut parts = pattern.split("${");
        let mut done = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').expect("a closed brace");
            let value = match (name.strip_prefix('!'), name.split_once('.')) {
                (Some(literal), _) => format!("${{{literal}}}"),
                _ if !values[name].is_null() => text(&self.resolve(&values[name])),
                (None, Some((resource, attribute))) => self.attribute(resource, attribute),
                (None, None) => text(&self.reference(name)),
            };
            done.push_str(&value);
            done.push_str(rest);
        }
        done
    }
}

impl Statement {
    /// The patterns of `dynamodb:LeadingKeys` that it is bound to, if it is.
    pub(crate) fn leading_keys(&self) -> Option<&[String]> {
        let mut conditions = self.conditions.iter();
        let found = conditions.find(|(_, key, _)| key == "dynamodb:LeadingKeys");
        found.map(|(_, _, patterns)| patterns.as_slice())
    }
}

/// The ARN of a table.
pub(crate) fn table_arn(name: &str) -> String {
    format!("arn:aws:dynamodb:eu-central-1:123456789012:table/{name}")
}

fn route(event: &Value) -> Option<Route> {
    let properties = &event["Properties"];
    (event["Type"] == "HttpApi").then(|| Route {
        method: properties["Method"]
            .as_str()
            .unwrap_or("ANY")
            .to_uppercase(),
        path: properties["Path"].as_str().unwrap_or("$default").to_owned(),
    })
}

/// The statements of a policy document; a managed policy, which is a name, has none that concern us.
fn statements(policy: &Value) -> Vec<Statement> {
    if policy.is_string() {
        return Vec::new();
    }
    let found = many(&policy["Statement"]);
    assert!(!found.is_empty(), "a policy without statements: {policy}");
    found.into_iter().map(statement).collect()
}

fn statement(statement: &Value) -> Statement {
    let texts = |value: &Value| many(value).into_iter().map(text).collect::<Vec<_>>();
    let mut conditions = Vec::new();
    for (operator, tests) in statement["Condition"].as_object().into_iter().flatten() {
        for (key, values) in tests.as_object().into_iter().flatten() {
            conditions.push((operator.clone(), key.clone(), texts(values)));
        }
    }
    Statement {
        allows: statement["Effect"] == "Allow",
        actions: texts(&statement["Action"]),
        resources: texts(&statement["Resource"]),
        conditions,
    }
}

fn partition_key(schema: &Value) -> String {
    let keys = many(schema);
    let hash = keys.into_iter().find(|key| key["KeyType"] == "HASH");
    text(&hash.expect("a partition key")["AttributeName"])
}

/// A list, or the one item that stands for a list of one.
fn many(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        other => panic!("a text is expected, not {other}"),
    }
}

/// The name and the argument of an intrinsic function.
fn intrinsic(value: &Value) -> Option<(&str, &Value)> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    let (name, argument) = members.iter().next()?;
    (name == "Ref" || name.starts_with("Fn::")).then_some((name.as_str(), argument))
}

/// YAML as JSON; a tag becomes the long form of its intrinsic function.
fn document(text: &str) -> Value {
    let mut events = Parser::new_from_str(text)
        .map(|event| event.expect("YAML").0)
        .filter(|event| !matches!(event, Event::StreamStart | Event::DocumentStart(_)));
    let first = events.next().expect("a document");
    node(first, &mut events)
}

fn node<'a>(first: Event<'a>, rest: &mut impl Iterator<Item = Event<'a>>) -> Value {
    match first {
        Event::Scalar(text, style, _, tag) => tagged(tag.as_deref(), scalar(&text, style)),
        Event::SequenceStart(_, tag) => {
            let mut items = Vec::new();
            loop {
                match rest.next().expect("an end") {
                    Event::SequenceEnd => return tagged(tag.as_deref(), Value::Array(items)),
                    item => items.push(node(item, rest)),
                }
            }
        }
        Event::MappingStart(_, tag) => {
            let mut members = Map::new();
            loop {
                match rest.next().expect("an end") {
                    Event::MappingEnd => return tagged(tag.as_deref(), Value::Object(members)),
                    Event::Scalar(name, ..) => {
                        let value = rest.next().expect("a value");
                        members.insert(name.into_owned(), node(value, rest));
                    }
                    other => panic!("{other:?} is no key"),
                }
            }
        }
        other => panic!("{other:?} is not understood"),
    }
}

fn tagged(tag: Option<&Tag>, value: Value) -> Value {
    match tag.map(|tag| tag.suffix.as_str()) {
        None => value,
        Some("Ref") => json!({ "Ref": value }),
        Some("Condition") => json!({ "Condition": value }),
        Some("GetAtt") => {
            let value = match value {
                Value::String(path) => json!(path.split_once('.').expect("an attribute")),
                parts => parts,
            };
            json!({ "Fn::GetAtt": value })
        }
        Some(name) => json!({ (format!("Fn::{name}")): value }),
    }
}

/// YAML 1.2's core schema, without floating point.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    match text {
        _ if style != ScalarStyle::Plain => json!(text),
        "" | "~" | "null" => Value::Null,
        "true" => json!(true),
        "false" => json!(false),
        _ => text
            .parse::<i64>()
            .map_or_else(|_| json!(text), |number| json!(number)),
    }
}
