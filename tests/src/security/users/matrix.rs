//! Who may do what to whom, over every pair of roles: the matrix of the document, and rank, which narrows it.

use std::fmt::Write as _;

use insta::assert_snapshot;
use serde_json::json;

use super::{create, delete, forbidden, get, id_of, post, put, somebody, start};
use crate::harness::{Answer, Platform};

const ROLES: [&str; 8] = [
    "root",
    "admin",
    "subscriber",
    "csr",
    "system",
    "installer",
    "noc",
    "accounting",
];

/// The letter of an operation that is done, a dot for one that is refused.
fn letter(answer: &Answer, letter: char, method: &str, what: &str) -> char {
    if answer.status < 300 {
        return letter;
    }
    assert_eq!(answer.whole(), forbidden(method), "{what}");
    '.'
}

/// What a caller may do to somebody: read, create, modify, suspend, delete.
async fn allowed(platform: &Platform, token: &str, path: &str, what: &str) -> String {
    let described = json!({ "description": what });
    let suspended = json!({ "suspended": true });
    [
        letter(&get(platform, token, path).await, 'r', "GET", what),
        letter(
            &put(platform, token, path, &described).await,
            'm',
            "PUT",
            what,
        ),
        letter(
            &put(platform, token, path, &suspended).await,
            's',
            "PUT",
            what,
        ),
        letter(&delete(platform, token, path).await, 'd', "DELETE", what),
    ]
    .into_iter()
    .collect()
}

#[tokio::test]
async fn every_role_does_to_every_other_what_the_matrix_says() {
    let (platform, root) = start().await;
    let mut table = String::new();
    for caller in ROLES {
        let own = format!("of.{caller}@example.com");
        let (id, token) = somebody(&platform, &root, &own, caller).await;
        write!(table, "{caller:>10}:").expect("a text grows");
        for target in ROLES {
            let what = format!("{caller} to {target}");
            let email = format!("made.{caller}.{target}@example.com");
            let body = json!({ "email": email, "userRole": target });
            let made = post(&platform, &token, "user/0", &body).await;
            let made = letter(&made, 'c', "POST", &what);
            let email = format!("{caller}.{target}@example.com");
            let other = id_of(&create(&platform, &root, &email, target).await);
            let others = allowed(&platform, &token, &format!("user/{other}"), &what).await;
            write!(table, " {target} {made}{others}").expect("a text grows");
        }
        let own = allowed(&platform, &token, &format!("user/{id}"), caller).await;
        writeln!(table, " itself {own}").expect("a text grows");
    }
    assert_snapshot!(table, @r"
          root: root crmsd admin crmsd subscriber crmsd csr crmsd system crmsd installer crmsd noc crmsd accounting crmsd itself rm..
         admin: root .r... admin crmsd subscriber crmsd csr crmsd system crmsd installer crmsd noc crmsd accounting crmsd itself rm.d
    subscriber: root ..... admin ..... subscriber ..... csr ..... system ..... installer ..... noc ..... accounting ..... itself rm.d
           csr: root ..... admin ..... subscriber ..... csr c.... system ..... installer ..... noc ..... accounting ..... itself rm.d
        system: root ..... admin c.m.. subscriber c.msd csr c.msd system c.msd installer c.msd noc c.msd accounting c.msd itself rm.d
     installer: root ..... admin ..... subscriber ..... csr ..... system ..... installer c.... noc ..... accounting ..... itself rm.d
           noc: root ..... admin ..... subscriber ..... csr ..... system ..... installer ..... noc c...d accounting ..... itself rm.d
    accounting: root ..... admin ..... subscriber ..... csr ..... system ..... installer ..... noc ..... accounting c...d itself rm.d
    ");
}
