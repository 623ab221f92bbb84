//! What is deployed is what the code is: functions, routes, rights, tables and settings of `template.yaml`, and the events.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use shared::config::Config;
use shared::domain::Outcome;
use shared::runtime::{Function, SecretName};
use shared::store::TABLES;

use crate::template::{FunctionResource, Template};

/// The dialects by prefix, each with its functions: the first of them takes what no other route of the dialect takes.
fn dialects() -> [(&'static str, Vec<Function>); 5] {
    [
        (
            user_service::DIALECT.as_str(),
            user_service::FUNCTIONS.to_vec(),
        ),
        (security::DIALECT.as_str(), security::FUNCTIONS.to_vec()),
        (rbac::DIALECT.as_str(), rbac::FUNCTIONS.to_vec()),
        (session::DIALECT.as_str(), session::FUNCTIONS.to_vec()),
        (identify::DIALECT.as_str(), identify::FUNCTIONS.to_vec()),
    ]
}

/// Those that serve HTTP.
pub(crate) fn served() -> Vec<Function> {
    let dialects = dialects().into_iter().flat_map(|(_, functions)| functions);
    dialects.chain(platform::FUNCTIONS).collect()
}

/// All of them: their names and their secrets.
pub(crate) fn all() -> BTreeMap<&'static str, Vec<SecretName>> {
    let served = served();
    let served = served
        .iter()
        .map(|function| (function.name, function.secrets));
    let others = [
        ("platform-outbox", platform::outbox::SECRETS),
        ("platform-operator", platform::operator::SECRETS),
    ];
    served
        .chain(others)
        .map(|(name, secrets)| (name, secrets.to_vec()))
        .collect()
}

fn deployed() -> BTreeMap<String, FunctionResource> {
    let functions = Template::of_repository().functions().into_iter();
    functions
        .map(|function| (function.binary.clone(), function))
        .collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The names in a folder, without their ending.
fn names_in(folder: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(root().join(folder)).expect("a folder");
    entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().expect("a name");
            name.to_string_lossy().into_owned()
        })
        .collect()
}

#[test]
fn every_binary_is_a_function_and_has_its_events() {
    let mut binaries = names_in("functions/platform/src/bin");
    for (dialect, _) in dialects() {
        binaries.extend(names_in(&format!("functions/{dialect}/src/bin")));
    }
    let known: BTreeSet<_> = all().keys().map(ToString::to_string).collect();
    let functions: BTreeSet<_> = deployed().into_keys().collect();
    assert_eq!(binaries, known);
    assert_eq!(functions, known);
    assert_eq!(names_in("events"), known);
    let deployed = Template::of_repository().functions().len();
    assert_eq!(deployed, known.len(), "two functions have one binary");
}

/// `sam build` and `cargo lambda build` look for a binary among the default members alone.
#[test]
fn a_build_from_the_root_finds_every_binary() {
    let metadata = std::process::Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("JSON");
    let defaults = metadata["workspace_default_members"]
        .as_array()
        .expect("members");
    let packages = metadata["packages"].as_array().expect("packages").iter();
    let targets = packages
        .filter(|package| defaults.contains(&package["id"]))
        .flat_map(|package| package["targets"].as_array().expect("targets"));
    let found: BTreeSet<_> = targets
        .filter(|target| target["kind"] == json!(["bin"]))
        .map(|target| target["name"].as_str().expect("a name"))
        .collect();
    for name in all().keys() {
        assert!(found.contains(name), "{name} is not found");
    }
}

#[test]
fn the_gateway_sends_each_function_its_own_operations_and_no_others() {
    let deployed = deployed();
    for function in served() {
        let mut own: BTreeSet<_> = function
            .routes
            .iter()
            .map(|(method, path)| format!("{method} {path}"))
            .collect();
        let dialects = dialects();
        let first = |functions: &[Function]| functions[0].name == function.name;
        let first_of = dialects.iter().find(|(_, functions)| first(functions));
        match (function.name, first_of) {
            // What no other route of the dialect takes.
            (_, Some((dialect, _))) => own.extend([
                format!("ANY /{dialect}"),
                format!("ANY /{dialect}/{{proxy+}}"),
            ]),
            ("platform-keys", _) => own.extend(
                [
                    "/.well-known",
                    "/.well-known/{proxy+}",
                    "/openapi",
                    "/openapi/{proxy+}",
                ]
                .map(|path| format!("ANY {path}")),
            ),
            ("platform-pages", _) => {
                own.insert("ANY $default".to_owned());
            }
            // HEAD would go to the first function of the dialect.
            _ => own.extend(
                own.clone()
                    .iter()
                    .filter_map(|route| Some(format!("HEAD {}", route.strip_prefix("GET ")?))),
            ),
        }
        let routes = deployed[function.name].routes.iter();
        let routes: BTreeSet<_> = routes
            .map(|route| format!("{} {}", route.method, route.path))
            .collect();
        assert_eq!(routes, own, "{}", function.name);
    }
    for name in ["platform-outbox", "platform-operator"] {
        assert_eq!(deployed[name].routes, [], "{name} serves no HTTP");
    }
}

#[test]
fn each_function_may_read_its_own_secrets_and_no_others() {
    let path = "arn:aws:ssm:eu-central-1:123456789012:parameter/gatehouse/gatehouse";
    for (name, secrets) in all() {
        if name == "platform-operator" {
            // It makes them.
            continue;
        }
        let server = |key: &str| vec![format!("ssm:GetParameters {path}/server/{key}")];
        let needed: BTreeSet<_> = secrets
            .into_iter()
            .flat_map(|secret| match secret {
                SecretName::Signing(algorithm) => {
                    let algorithm = algorithm.as_str();
                    // IAM judges the path that is asked for, not what is found below it.
                    vec![format!(
                        "ssm:GetParametersByPath {path}/signing/{algorithm}"
                    )]
                }
                SecretName::Codes => server("codes"),
                SecretName::Sources => server("sources"),
                SecretName::Seal => server("seal"),
                SecretName::Refresh => server("refresh"),
            })
            .collect();
        let granted = granted(&deployed()[name], "ssm:");
        assert_eq!(granted, needed, "{name}");
    }
}

#[test]
fn only_who_signs_has_rights_on_kms_and_only_where_keys_lie_there() {
    let key = "arn:aws:kms:eu-central-1:123456789012:key/*";
    for signing in ["wrapped", "kms", "leave-kms"] {
        let template = Template::of_repository().with("Signing", signing);
        for function in template.functions() {
            let name = function.binary.as_str();
            let secrets = &all()[name];
            let signs = secrets
                .iter()
                .any(|secret| matches!(secret, SecretName::Signing(_)));
            let needed: &[&str] = match name {
                _ if signing == "wrapped" => &[],
                "platform-operator" => &[
                    "kms:CreateKey *",
                    "kms:GetPublicKey",
                    "kms:ListKeys *",
                    "kms:ListResourceTags",
                    "kms:ScheduleKeyDeletion",
                    "kms:TagResource *",
                ],
                _ if signs => &["kms:Sign"],
                _ => &[],
            };
            let needed = needed.iter().map(|right| match right.split_once(' ') {
                Some(_) => (*right).to_owned(),
                None => format!("{right} {key}"),
            });
            let granted = granted(&function, "kms:");
            assert_eq!(granted, needed.collect(), "{name}, {signing}");
            for statement in &function.statements {
                let of_kms = statement.actions[0].starts_with("kms:");
                let lists = statement.actions == ["kms:ListKeys"];
                let tags = ["aws:ResourceTag/gatehouse", "aws:RequestTag/gatehouse"];
                let bound = statement.conditions.iter().any(|(operator, name, values)| {
                    operator == "StringEquals"
                        && tags.contains(&&**name)
                        && *values == ["/gatehouse/gatehouse"]
                });
                assert!(!of_kms || lists || bound, "{name}: {statement:?}");
            }
        }
    }
}

/// What a function's statements allow of a service: action and resource.
fn granted(function: &FunctionResource, service: &str) -> BTreeSet<String> {
    let mut granted = BTreeSet::new();
    for statement in &function.statements {
        assert!(statement.allows, "{}: statements allow", function.binary);
        for action in statement
            .actions
            .iter()
            .filter(|action| action.starts_with(service))
        {
            let each = statement.resources.iter();
            granted.extend(each.map(|resource| format!("{action} {resource}")));
        }
    }
    granted
}

#[test]
fn no_function_may_do_what_it_has_no_use_for() {
    for (name, function) in deployed() {
        for statement in &function.statements {
            let wide = |text: &String| text == "*" || text.ends_with(":*");
            assert!(!statement.actions.iter().any(wide), "{name}: any action");
            // A phone number is no resource that a policy could name.
            let to_phones = statement.actions == ["sns:Publish"];
            assert!(
                to_phones || !statement.resources.iter().any(wide),
                "{name}: any resource"
            );
        }
        let sends = served().iter().any(|it| it.name == name && it.is_sending());
        let mails = granted(&function, "ses:");
        assert_eq!(
            !mails.is_empty(),
            sends || name == "platform-outbox",
            "{name}: {mails:?}"
        );
        // By it SES tells of what comes back.
        assert_eq!(
            function.environment.contains_key("SES_CONFIGURATION_SET"),
            !mails.is_empty(),
            "{name}"
        );
        let texts = granted(&function, "sns:");
        assert_eq!(!texts.is_empty(), sends, "{name}: {texts:?}");
        // Only who checks a password, moves it with its address, replaces it, sends it by mail, makes administrators or links by an
        // address that a provider has verified reads credentials.
        let reads = [
            "dynamodb:GetItem",
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:Scan",
        ];
        let readers = [
            "user-service-auth",
            "user-service-admin",
            "security-oauth2",
            "security-users",
            "rbac-auth",
            "rbac-users",
            "session-auth",
            "identify-check",
            "identify-sessions",
            "identify-users",
            "platform-pages",
            "platform-outbox",
            "platform-operator",
        ];
        let reads_credentials = function.statements.iter().any(|statement| {
            let users = statement
                .resources
                .iter()
                .any(|resource| resource.ends_with("/gatehouse-users"));
            let read = statement
                .actions
                .iter()
                .any(|action| reads.contains(&action.as_str()));
            let keys = statement
                .conditions
                .iter()
                .flat_map(|(_, _, values)| values);
            users
                && read
                && (statement.conditions.is_empty()
                    || keys.into_iter().any(|key| key.starts_with("email#")))
        });
        assert!(
            !reads_credentials || readers.contains(&name.as_str()),
            "{name} reads credentials"
        );
    }
}

#[test]
fn no_function_may_change_what_the_audit_trail_holds() {
    let mut adding = BTreeSet::new();
    let mut reading = BTreeSet::new();
    for (name, function) in deployed() {
        for statement in &function.statements {
            let of_audit = |resource: &String| resource.contains("/gatehouse-audit");
            if !statement.resources.iter().any(of_audit) {
                continue;
            }
            for action in &statement.actions {
                match action.as_str() {
                    "dynamodb:PutItem" => adding.insert(name.clone()),
                    "dynamodb:Query" => reading.insert(name.clone()),
                    other => panic!("{name} may {other}"),
                };
            }
        }
    }
    let reading: Vec<_> = reading.iter().map(String::as_str).collect();
    assert_eq!(reading, ["platform-operator", "security-system"]);
    // These tell of nothing that is kept.
    let silent = [
        "platform-keys",
        "security-avatar",
        "user-service-attributes",
    ];
    let others = deployed().into_keys();
    let others = others.filter(|name| !silent.contains(&name.as_str()));
    assert_eq!(adding, others.collect());
}

#[test]
fn every_outcome_is_documented_as_kept_or_not() {
    let logging = std::fs::read_to_string(root().join("docs/logging.md")).expect("the document");
    let (_, trail) = logging.split_once("## The audit trail").expect("the part");
    let (trail, _) = trail.split_once("\n## ").expect("its end");
    let (table, rest) = trail.split_once("\n\n`invited`").expect("a table");
    for outcome in Outcome::ALL {
        let name = format!("`{}`", outcome.as_str());
        assert_eq!(table.contains(&name), outcome.is_kept(), "{name}");
        assert!(rest.contains(&name) || outcome.is_kept(), "{name}");
    }
}

#[test]
fn the_tables_are_those_of_the_store() {
    let template = Template::of_repository();
    let deployed: BTreeSet<_> = template
        .properties("AWS::DynamoDB::Table")
        .iter()
        .map(|table| {
            let attribute = |kind: &str, schema: &Value| {
                let parts = schema.as_array().into_iter().flatten();
                let mut named = parts.filter(|part| part["KeyType"] == kind);
                named.next().map(|part| part["AttributeName"].clone())
            };
            assert_eq!(table["BillingMode"], "PAY_PER_REQUEST");
            assert_eq!(
                table["DeletionProtectionEnabled"]
                    .to_string()
                    .trim_matches('"'),
                "true"
            );
            let recovery = &table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
            assert_eq!(recovery.to_string().trim_matches('"'), "true");
            let index = &table["GlobalSecondaryIndexes"][0];
            json!([
                table["TableName"],
                attribute("HASH", &table["KeySchema"]),
                attribute("RANGE", &table["KeySchema"]),
                table["TimeToLiveSpecification"]["AttributeName"],
                index["IndexName"],
                attribute("HASH", &index["KeySchema"]),
                attribute("RANGE", &index["KeySchema"]),
                table["StreamSpecification"]["StreamViewType"],
            ])
            .to_string()
        })
        .collect();
    let stored: BTreeSet<_> = TABLES
        .iter()
        .map(|table| {
            let index = table.index;
            json!([
                format!("gatehouse-{}", table.name),
                table.partition_key,
                table.sort_key,
                table.ttl,
                index.map(|(name, _, _)| name),
                index.map(|(_, partition, _)| partition),
                index.map(|(_, _, sort)| sort),
                table.stream.then_some("KEYS_ONLY"),
            ])
            .to_string()
        })
        .collect();
    assert_eq!(deployed, stored);
    let tables = template.document()["Resources"]
        .as_object()
        .expect("resources");
    for (name, table) in tables {
        if table["Type"] == "AWS::DynamoDB::Table" {
            for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
                assert_eq!(table[policy], "Retain", "{name}");
            }
        }
    }
}

#[test]
fn the_settings_that_are_written_are_settings_that_are_read() {
    let template = Template::of_repository();
    let written = template.properties("Custom::GatehouseInstallation");
    let settings = written[0]["Settings"].as_object().expect("settings");
    let settings: BTreeMap<String, String> = settings
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned()))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let documented = std::fs::read_to_string(root().join("docs/configuration.md"))
        .expect("the table of settings");
    let environments = deployed()
        .into_values()
        .flat_map(|function| function.environment.into_keys());
    let ours = environments.filter(|name| !name.starts_with("AWS_"));
    for name in settings.keys().cloned().chain(ours) {
        assert!(
            documented.contains(&format!("| `{name}` |")),
            "{name} is not documented"
        );
    }
    let config = Config::with_settings(&[].into(), &settings).expect("settings that can be used");
    assert_eq!(config.service_name, "Gatehouse");
    let dialects = dialects().map(|(dialect, _)| dialect);
    assert_eq!(written[0]["Dialects"], json!(dialects));
}

/// A function takes off the path of the whole API and that of its own dialect, and no other.
#[test]
fn each_dialect_has_a_path_of_its_own() {
    let mut template = Template::of_repository().with("DomainName", "id.example.com");
    assert_eq!(
        template.properties("AWS::ApiGatewayV2::ApiMapping").len(),
        1
    );
    let paths = [
        ("BasePath", "all"),
        ("UserServicePath", "user-service-"),
        ("SecurityServicePath", "security-"),
        ("IdentityServerPath", "rbac-"),
        ("SessionApiPath", "session-"),
        ("IdentifyPath", "identify-"),
    ];
    for (parameter, path) in paths {
        template = template.with(parameter, path);
    }
    let mappings = template.properties("AWS::ApiGatewayV2::ApiMapping");
    let keys = mappings.iter().map(|mapping| &mapping["ApiMappingKey"]);
    let keys: BTreeSet<_> = keys.map(|key| key.as_str().expect("a key")).collect();
    assert_eq!(keys, BTreeSet::from(paths.map(|(_, path)| path)));
    for function in template.functions() {
        let own = paths
            .iter()
            .find(|(_, path)| function.binary.starts_with(path));
        let bases = own.map_or_else(|| "all".to_owned(), |(_, path)| format!("all,{path}"));
        assert_eq!(
            function.environment["BASE_PATHS"], bases,
            "{}",
            function.binary
        );
    }
}

#[test]
fn every_function_runs_on_arm_keeps_its_log_for_a_while_and_costs_nothing_at_rest() {
    let template = Template::of_repository();
    let document = template.document();
    let globals = &document["Globals"]["Function"];
    assert_eq!(globals["Runtime"], "provided.al2023");
    assert_eq!(globals["Architectures"], json!(["arm64"]));
    assert_eq!(globals["LoggingConfig"]["LogFormat"], "JSON");
    assert_eq!(globals["AutoPublishAlias"], "live");
    let groups = template.properties("AWS::Logs::LogGroup");
    for name in all().keys() {
        let group = groups.iter().find(|group| {
            group["LogGroupName"] == format!("/aws/lambda/gatehouse-{name}").as_str()
        });
        let group = group.unwrap_or_else(|| panic!("{name} has no log group"));
        assert!(
            !group["RetentionInDays"].is_null(),
            "{name} keeps its log for good"
        );
    }
    assert_eq!(groups.len(), all().len());
    // One whole processor for those that hash a password or make keys.
    for function in template.properties("AWS::Serverless::Function") {
        let name = function["FunctionName"].as_str().expect("a name");
        let works = [
            "gatehouse-user-service-auth",
            "gatehouse-security-oauth2",
            "gatehouse-security-users",
            "gatehouse-rbac-auth",
            "gatehouse-rbac-users",
            "gatehouse-session-auth",
            "gatehouse-identify-sessions",
            "gatehouse-identify-users",
            "gatehouse-platform-pages",
            "gatehouse-platform-operator",
        ];
        let memory = function["MemorySize"].to_string();
        assert_eq!(
            memory.trim_matches('"') == "1769",
            works.contains(&name),
            "{name}: {memory} MB"
        );
        assert!(
            function["ReservedConcurrentExecutions"].is_null() && function["VpcConfig"].is_null()
        );
        assert!(function["ProvisionedConcurrencyConfig"].is_null(), "{name}");
    }
    // None of these is charged for existing.
    let free = BTreeSet::from([
        "AWS::DynamoDB::Table",
        "AWS::Logs::LogGroup",
        "AWS::SES::ConfigurationSet",
        "AWS::SES::ConfigurationSetEventDestination",
        "AWS::Serverless::Function",
        "AWS::Serverless::HttpApi",
        "Custom::GatehouseInstallation",
    ]);
    assert_eq!(template.kinds(), free);
}

#[test]
fn the_gateway_answers_nothing_itself() {
    let apis = Template::of_repository().properties("AWS::Serverless::HttpApi");
    assert_eq!(apis.len(), 1);
    for absent in [
        "CorsConfiguration",
        "AccessLogSettings",
        "Auth",
        "StageName",
    ] {
        assert!(apis[0][absent].is_null(), "{absent}");
    }
    let throttled = apis[0]["RouteSettings"]
        .as_object()
        .expect("route settings");
    let routes: BTreeSet<_> = deployed()
        .into_values()
        .flat_map(|function| function.routes)
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    for route in throttled.keys() {
        assert!(
            routes.contains(route),
            "{route} is throttled and does not exist"
        );
    }
}
