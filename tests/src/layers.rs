//! Who may use whom: the layers of the core, the crates that are wrapped, the dialects, the binaries.

use std::collections::BTreeSet;
use std::path::Path;

/// The Rust files under a directory of the workspace, by their path from there, with their code: no comments, no unit tests.
fn sources(directory: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(directory);
    let mut files = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(found) = open.pop() {
        if found.ends_with("examples") {
            continue; // they are no part of what is layered
        }
        if found.is_dir() {
            let entries = std::fs::read_dir(&found).expect("a directory");
            open.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else if found.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&found).expect("a source");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let code = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .fold(String::new(), |code, line| code + line + "\n");
            let name = found.strip_prefix(&root).expect("below it");
            files.push((name.to_string_lossy().into_owned(), code));
        }
    }
    assert!(!files.is_empty(), "{directory} has no sources");
    files.sort();
    files
}

/// The words that follow `prefix::` in the code.
fn named_after(code: &str, prefix: &str) -> BTreeSet<String> {
    let prefix = format!("{prefix}::");
    code.match_indices(&prefix)
        .filter(|(at, _)| !code[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        .map(|(at, _)| {
            let rest = &code[at + prefix.len()..];
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            rest[..end.unwrap_or(rest.len())].to_owned()
        })
        .collect()
}

/// Whether the code names this crate.
fn names_crate(code: &str, name: &str) -> bool {
    !named_after(code, name).is_empty()
}

/// The modules of the core, each with those it may use. A new arrow is a decision: write it here.
const CORE: [(&str, &[&str]); 19] = [
    ("domain", &[]),
    ("error", &["domain"]),
    ("usage", &[]),
    ("aws", &["domain", "usage"]),
    ("passwords", &["domain", "error", "usage"]),
    ("pictures", &["domain", "error"]),
    ("keys", &["aws", "domain", "usage"]),
    ("tokens", &["domain", "error", "keys"]),
    ("sending", &["error"]),
    ("mail", &["domain", "sending", "usage"]),
    ("sms", &["domain", "sending", "usage"]),
    ("providers", &["domain", "error"]),
    ("dynamodb", &["aws", "usage"]),
    (
        "store",
        &[
            "aws", "domain", "dynamodb", "error", "keys", "pictures", "usage",
        ],
    ),
    (
        "service",
        &[
            "domain",
            "error",
            "keys",
            "mail",
            "passwords",
            "sending",
            "pictures",
            "providers",
            "sms",
            "store",
            "tokens",
        ],
    ),
    // The shell keeps what requests told: it alone knows where one begins and ends.
    ("http", &["domain", "error", "usage", "service"]),
    ("pages", &["domain", "error", "http", "keys", "service"]),
    (
        "config",
        &[
            "domain",
            "http",
            "keys",
            "pages",
            "passwords",
            "service",
            "tokens",
        ],
    ),
    (
        "runtime",
        &[
            "aws",
            "config",
            "domain",
            "dynamodb",
            "error",
            "http",
            "keys",
            "mail",
            "pages",
            "passwords",
            "providers",
            "service",
            "sms",
            "store",
            "tokens",
            "usage",
        ],
    ),
];

#[test]
fn a_module_of_the_core_uses_only_those_below_it() {
    for (file, code) in sources("shared/src") {
        if file == "lib.rs" {
            continue;
        }
        let module = file.split(['/', '.']).next().expect("a module");
        let allowed = CORE.iter().find(|(name, _)| *name == module);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("{module} stands in no layer"));
        for used in named_after(&code, "crate") {
            let fine = used == module || allowed.contains(&used.as_str());
            assert!(fine, "shared/src/{file} uses crate::{used}");
        }
    }
    let mut lower = Vec::new();
    for (module, allowed) in CORE {
        let missing = allowed.iter().find(|used| !lower.contains(*used));
        assert_eq!(missing, None, "{module} would use a module above it");
        lower.push(module);
    }
}

#[test]
fn foreign_crates_stay_in_the_modules_that_wrap_them() {
    for (foreign, wrappers) in [
        // What tests look things up with is not what they test.
        ("aws_sdk_dynamodb", [].as_slice()),
        ("aws_sdk_sesv2", &["mail", "runtime"]),
        ("aws_sdk_sns", &["sms", "runtime"]),
        ("aws_smithy_http_client", &["runtime"]),
        ("aws_config", &["runtime"]),
        ("lambda_runtime", &["runtime"]),
        ("axum", &["http", "pages", "runtime"]),
        ("tower_http", &["http"]),
        ("argon2", &["passwords"]),
        ("image", &["pictures"]),
        ("multer", &["http"]),
        ("zxcvbn", &["domain"]),
        ("rlibphonenumber", &["domain"]),
        ("jsonwebtoken", &["providers"]),
        ("askama", &["mail", "pages"]),
        ("tracing_subscriber", &["runtime"]),
    ] {
        for (file, code) in sources("shared/src") {
            let module = file.split(['/', '.']).next().expect("a module");
            let used = names_crate(&code, foreign);
            assert!(
                !used || wrappers.contains(&module),
                "shared/src/{file} uses {foreign}"
            );
        }
        for (file, code) in sources("functions") {
            let used = names_crate(&code, foreign) && foreign != "axum";
            assert!(!used, "functions/{file} uses {foreign}");
        }
    }
}

#[test]
fn a_dialect_uses_the_cores_services_and_no_other_dialect() {
    let allowed = [
        "domain", "error", "http", "pages", "runtime", "service", "tokens",
    ];
    for (file, code) in sources("functions") {
        for used in named_after(&code, "shared") {
            let fine = allowed.contains(&used.as_str());
            assert!(fine, "functions/{file} uses shared::{used}");
        }
        let own = file.split('/').next().expect("a crate").replace('-', "_");
        for other in ["user_service", "platform", "local", "tests"] {
            let used = names_crate(&code, other);
            assert!(!used || other == own, "functions/{file} uses {other}");
        }
    }
    for (file, code) in sources("shared/src") {
        for above in ["user_service", "platform", "local"] {
            assert!(!names_crate(&code, above), "shared/src/{file} uses {above}");
        }
    }
}

#[test]
fn a_binary_is_a_few_lines_named_after_its_dialect() {
    let mut binaries = Vec::new();
    for (file, code) in sources("functions") {
        let Some((own, name)) = file.split_once("/src/bin/") else {
            continue;
        };
        let name = name.strip_suffix(".rs").expect("a file");
        assert!(name.starts_with(&format!("{own}-")), "{file}");
        assert!(
            code.lines().count() <= 20,
            "{file} has {} lines",
            code.lines().count()
        );
        assert!(code.contains("shared::runtime::serve"), "{file}");
        binaries.push(name.to_owned());
    }
    for name in [
        "platform-keys",
        "platform-operator",
        "platform-outbox",
        "platform-pages",
        "session-auth",
        "user-service-admin",
        "user-service-attributes",
        "user-service-auth",
        "user-service-profile",
    ] {
        assert!(
            binaries.iter().any(|found| found == name),
            "{name} is missing"
        );
    }
}
