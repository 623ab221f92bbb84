//! Row 4: lists of users.

use serde_json::{Value, json};

use super::{ADMIN, ANN, BEN, NOBODY, bad, create, forbidden, get, id_of, somebody, start};
use crate::harness::{Answer, PUBLIC_URL, Platform};

/// Makes users, one a second; their addresses, newest first, the administrator's last.
async fn people(platform: &Platform, root: &str, count: usize) -> Vec<String> {
    let mut emails = vec![ADMIN.to_owned()];
    for number in 0..count {
        platform.clock.advance_seconds(1);
        let email = format!("user{number}@example.com");
        let body = json!({ "email": email, "userRole": "csr" });
        super::created(&super::post(platform, root, "user/0", &body).await);
        emails.insert(0, email);
    }
    emails
}

fn emails(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.whole());
    let body = answer.json();
    let users = body["users"].as_array().expect("a list").iter();
    users
        .map(|user| user["email"].as_str().expect("an address").to_owned())
        .collect()
}

/// Where a list goes on, after the dialect's base.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    let base = format!("<{PUBLIC_URL}/security/api/v1/");
    let rest = link.strip_prefix(&base)?.strip_suffix(">; rel=\"next\"")?;
    Some(rest.to_owned())
}

#[tokio::test]
async fn users_are_listed_newest_first_in_parts() {
    let (platform, root) = start().await;
    let all = people(&platform, &root, 12).await;
    let whole = get(&platform, &root, "users").await;
    assert_eq!(emails(&whole), all);
    assert_eq!((next(&whole), whole.header("x-scanned")), (None, None));
    for (query, expected) in [
        ("offset=0&limit=5", &all[..5]),
        ("offset=5&limit=5", &all[5..10]),
        ("offset=10&limit=5", &all[10..]),
        ("offset=13", &[]),
        ("offset=10000", &[]),
        ("limit=100000", &all),
        ("limit=1", &all[..1]),
    ] {
        let part = get(&platform, &root, &format!("users?{query}")).await;
        assert_eq!(emails(&part), expected, "{query}");
    }
    let too_far = get(&platform, &root, "users?offset=10001").await;
    assert_eq!(too_far.whole(), bad("GET", "1018: offset is not valid"));
}

#[tokio::test]
async fn a_list_leads_to_its_next_page_wherever_it_began() {
    let (platform, root) = start().await;
    let all = people(&platform, &root, 12).await;
    let (mut found, mut rest) = (Vec::new(), "users?limit=5&offset=2".to_owned());
    loop {
        let page = get(&platform, &root, &rest).await;
        found.extend(emails(&page));
        match next(&page) {
            Some(next) => rest = next,
            None => break,
        }
    }
    assert_eq!(found, all[2..]);
}

#[tokio::test]
async fn a_filter_finds_by_name_and_address_and_says_how_many_it_examined() {
    let (platform, root) = start().await;
    people(&platform, &root, 12).await;
    let body = json!({ "email": ANN, "userRole": "csr", "name": "Ann of the USER1 Lanterns" });
    super::created(&super::post(&platform, &root, "user/0", &body).await);
    for (filter, count) in [
        ("user1", 4),
        ("USER1", 4),
        ("lanterns", 1),
        ("example.com", 14),
        ("%25", 0),
        ("nobody", 0),
    ] {
        let found = get(&platform, &root, &format!("users?filter={filter}")).await;
        assert_eq!(emails(&found).len(), count, "{filter}");
        assert_eq!(found.header("x-scanned"), Some("14"), "{filter}");
        assert_eq!(next(&found), None, "{filter}");
    }
    let first = get(&platform, &root, "users?filter=user1&limit=3").await;
    assert_eq!(
        emails(&first),
        [ANN, "user11@example.com", "user10@example.com"]
    );
    let second = next(&first).expect("another page");
    assert_eq!(
        emails(&get(&platform, &root, &second).await),
        ["user1@example.com"]
    );
    let skipped = get(&platform, &root, "users?filter=user1&offset=3").await;
    assert_eq!(emails(&skipped), ["user1@example.com"]);
}

#[tokio::test]
async fn ids_alone_are_listed_where_they_are_enough() {
    let (platform, root) = start().await;
    let ann = id_of(&create(&platform, &root, ANN, "csr").await);
    platform.clock.advance_seconds(1);
    let ben = id_of(&create(&platform, &root, BEN, "csr").await);
    let listed = get(&platform, &root, "users?idOnly=true&limit=2").await;
    assert_eq!(listed.json(), json!({ "users": [ben, ann] }));
    assert!(next(&listed).is_some_and(|next| next.ends_with("idOnly=true")));
    let selected = get(&platform, &root, &format!("users?idOnly=true&select={ann}")).await;
    assert_eq!(selected.json(), json!({ "users": [ann] }));
}

#[tokio::test]
async fn exactly_those_who_are_selected_come_in_their_order() {
    let (platform, root) = start().await;
    let ann = id_of(&create(&platform, &root, ANN, "csr").await);
    let ben = id_of(&create(&platform, &root, BEN, "csr").await);
    for (select, expected) in [
        (format!("{ben},{ann}"), &[BEN, ANN][..]),
        (format!("{ann},{NOBODY},no-id,,{ben}"), &[ANN, BEN]),
        (format!("{ann},{ann}"), &[ANN]),
        (NOBODY.to_owned(), &[]),
        (String::new(), &[]),
        (vec![ann.clone(); 100].join(","), &[ANN]),
    ] {
        let selected = get(&platform, &root, &format!("users?select={select}&limit=1")).await;
        assert_eq!(emails(&selected), expected, "{select}");
    }
    let many = vec![ann; 101].join(",");
    let refused = get(&platform, &root, &format!("users?select={many}")).await;
    assert_eq!(refused.whole(), bad("GET", "1018: select is not valid"));
}

#[tokio::test]
async fn a_listed_user_is_shown_as_one_alone() {
    let (platform, root) = start().await;
    let (ann, _) = somebody(&platform, &root, ANN, "csr").await;
    let body = json!({ "notes": [{ "note": "listed" }] });
    let alone = super::changed(&platform, &root, &ann, &body).await;
    assert_ne!(alone["lastLogin"], 0);
    let listed = get(&platform, &root, "users?limit=1").await;
    assert_eq!(listed.json()["users"], Value::Array(vec![alone]));
}

#[tokio::test]
async fn only_root_and_admin_list_users() {
    let (platform, root) = start().await;
    for role in [
        "subscriber",
        "csr",
        "system",
        "installer",
        "noc",
        "accounting",
    ] {
        let email = format!("{role}@example.com");
        let (id, token) = somebody(&platform, &root, &email, role).await;
        for rest in [
            "users",
            "users?idOnly=true",
            &format!("users?select={id}"),
            "users?filter=a",
        ] {
            let refused = get(&platform, &token, rest).await;
            assert_eq!(refused.whole(), forbidden("GET"), "{role} {rest}");
        }
    }
    let (_, admin) = somebody(&platform, &root, ANN, "admin").await;
    assert_eq!(emails(&get(&platform, &admin, "users").await).len(), 8);
}

#[tokio::test]
async fn a_page_of_a_browser_may_read_how_many_were_examined() {
    let origin = "https://app.example.com";
    let platform = Platform::with(&[("ALLOWED_ORIGINS", origin)]).await;
    let root = crate::security::root(&platform).await;
    let request = platform
        .get("/security/api/v1/users?filter=a")
        .bearer(&root);
    let answer = request.header("origin", origin).send().await;
    assert_eq!(answer.status, 200);
    let exposed = answer.header("access-control-expose-headers");
    assert_eq!(exposed, Some("Link, Retry-After, X-Request-Id, X-Scanned"));
}
