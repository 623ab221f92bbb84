//! Rights that nobody needs: what the template allows and no flow of the tests has used.
//!
//! A run against processes writes down what they use, and this test compares, afterwards. `.ci/processes --rights` does both. By
//! hand:
//!
//! ```sh
//! export GATEHOUSE_RIGHTS=$PWD/target/rights-used
//! rm -f "$GATEHOUSE_RIGHTS" && GATEHOUSE_TESTS=processes cargo test -p tests
//! cargo test -p tests -- --ignored rights::
//! ```

use std::collections::BTreeSet;

use crate::harness::{Policies, rights_file};
use crate::template::Template;

const SANDBOX: &str = "in its sandbox SES asks for the recipient's identity, too, by a list that it keeps of who is verified";

/// What a flow needs that no test can walk, with the reason.
const BEYOND_TESTS: [(&str, &str); 4] = [
    (
        "platform-outbox ses:SendEmail identity/admin@example.com",
        SANDBOX,
    ),
    (
        "platform-pages ses:SendEmail identity/admin@example.com",
        SANDBOX,
    ),
    (
        "security-messaging ses:SendEmail identity/admin@example.com",
        SANDBOX,
    ),
    (
        "security-oauth2 ses:SendEmail identity/admin@example.com",
        SANDBOX,
    ),
];

#[test]
#[ignore = "compares what a run against processes has left"]
fn every_right_is_used_by_some_flow() {
    let path = rights_file().expect("GATEHOUSE_RIGHTS names the file");
    let left = std::fs::read_to_string(&path).expect("a run has left word");
    let used: BTreeSet<_> = left.lines().collect();
    let template = Template::of_repository();
    let rights: BTreeSet<_> = ["wrapped", "kms"]
        .into_iter()
        .flat_map(|signing| Policies::of(&template.with("Signing", signing)).rights())
        .map(|right| right.to_string())
        .collect();
    let excused = |right: &str| BEYOND_TESTS.iter().any(|(known, _)| *known == right);
    let idle: Vec<_> = rights
        .iter()
        .filter(|right| !used.contains(right.as_str()) && !excused(right))
        .collect();
    assert!(
        idle.is_empty(),
        "no flow uses these {}: {idle:#?}",
        idle.len()
    );
    for (right, _) in BEYOND_TESTS {
        assert!(!used.contains(right), "{right} is used after all");
    }
}
