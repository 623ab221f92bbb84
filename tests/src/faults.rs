//! Every flow against every fault of every one of its calls: whole or nothing, a retry ends well, never a 500.

mod calls;
mod unsent;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::HEXLOWER;
use futures::future::{BoxFuture, join};
use futures::stream::{self, StreamExt as _};
use http::Method;
use serde_json::{Value, json};
use shared::domain::{Dialect, Password, UserId};
use shared::error::Error;
use shared::service::PasswordChangeRequest;

use crate::harness::{
    Answer, Fault, PASSWORD, PUBLIC_URL, Platform, code_in, meets_every_fault, password_in,
    reset_link_in,
};
use crate::rbac::stored::assert_access_whole;

const ANN: &str = "ann@example.com";
const NEW_PASSWORD: &str = "nine paper lanterns over the quay";

/// What a flow was prepared with: tokens, codes, passwords.
pub(crate) type Prepared = HashMap<&'static str, String>;
pub(crate) type Prepare = for<'a> fn(&'a Platform) -> BoxFuture<'a, Prepared>;
pub(crate) type Step = for<'a> fn(&'a Platform, &'a Prepared) -> BoxFuture<'a, Answer>;
pub(crate) type Check = for<'a> fn(&'a Platform, &'a Prepared) -> BoxFuture<'a, ()>;

pub(crate) struct Flow {
    pub(crate) prepare: Prepare,
    pub(crate) act: Step,
    /// The status of the flow's success.
    pub(crate) success: u16,
    /// The status of doing it once more.
    pub(crate) again: u16,
    /// That it ended well, after it was done once more.
    pub(crate) check: Check,
}

const FAULTS: [Fault; 8] = [
    Fault::LostReply,
    Fault::Throttled,
    Fault::ServerError,
    Fault::AccessDenied,
    Fault::TransactionConflict,
    Fault::NotReached,
    Fault::Delay(Duration::from_millis(200)),
    Fault::Held, // until the client has given it up, and longer
];

impl Flow {
    /// Meets every fault at every call.
    pub(crate) async fn walk(self) {
        Self::walk_all([self]).await;
    }

    /// The same with several, one after the other.
    pub(crate) async fn walk_all(flows: impl IntoIterator<Item = Self>) {
        let mut walked = Vec::new();
        for flow in flows {
            let calls = flow.run().await;
            flow.meet_all(&calls).await;
            walked.push(calls);
        }
        calls::assert_recorded(&walked);
    }

    /// Runs without faults, to its end and once more; the calls of the first time.
    pub(crate) async fn run(&self) -> Vec<String> {
        let platform = Platform::start().await;
        let prepared = (self.prepare)(&platform).await;
        platform.connector.forget();
        let answer = (self.act)(&platform, &prepared).await;
        assert_eq!(answer.status, self.success, "{}", answer.body);
        let calls = platform.connector.round_trips().concat();
        assert!(!calls.is_empty(), "a flow without calls meets no faults");
        let once_more = (self.act)(&platform, &prepared).await;
        assert_eq!(once_more.status, self.again, "{}", once_more.body);
        (self.check)(&platform, &prepared).await;
        assert_whole(&platform, "without faults").await;
        calls
    }

    async fn meet_all(&self, calls: &[String]) {
        let mut cases = Vec::new();
        for (index, call) in calls.iter().enumerate() {
            let mut faults: Vec<_> = faults_at(call).collect();
            if !meets_every_fault() {
                // The same code meets them all in one process; here each call meets one, another one than its neighbours.
                faults = vec![faults[index % faults.len()]];
            }
            cases.extend(faults.into_iter().map(|fault| (index, fault)));
        }
        // Most of their time they wait to try again; too many at once would wait for a processor longer than a call may take.
        let (hang, others): (Vec<_>, Vec<_>) = cases
            .into_iter()
            .partition(|(_, fault)| *fault == Fault::Held);
        let [hang, others] = [hang, others].map(|cases| {
            let cases = cases
                .into_iter()
                .map(|(call, fault)| self.meet(call, fault));
            stream::iter(cases).buffer_unordered(4).collect::<Vec<()>>()
        });
        join(hang, others).await;
    }

    async fn meet(&self, call: usize, fault: Fault) {
        let platform = Platform::start().await;
        let prepared = (self.prepare)(&platform).await;
        platform.connector.forget();
        platform.connector.inject_after(call, "", fault, 1);
        let answer = (self.act)(&platform, &prepared).await;
        let calls = platform.connector.round_trips().concat();
        let what = format!("{fault:?} at {} of {calls:?}", calls[call]);
        platform.connector.heal();
        platform.connector.idle().await;
        let out = answer.status == 503 && answer.header("retry-after").is_some();
        assert!(
            out || answer.status == self.success,
            "{what}: {}",
            answer.whole()
        );
        assert_whole(&platform, &what).await;
        let repeated = (self.act)(&platform, &prepared).await;
        // What answered 503 may have been done all the same.
        let lawful = if out {
            repeated.status == self.success || repeated.status == self.again
        } else {
            repeated.status == self.again
        };
        assert!(lawful, "{what}, then {}", repeated.whole());
        assert_whole(&platform, &what).await;
        (self.check)(&platform, &prepared).await;
        assert_whole(&platform, &what).await;
    }
}

/// The faults that a call can meet.
fn faults_at(call: &str) -> impl Iterator<Item = Fault> {
    let is_write = is_write(call);
    let faults = FAULTS.into_iter();
    faults.filter(move |fault| is_write || *fault != Fault::TransactionConflict)
}

pub(crate) fn is_write(call: &str) -> bool {
    ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"]
        .iter()
        .any(|operation| call.starts_with(operation))
}

/// Accounts, credentials, number markers and attribute items belong together; counts of bytes are exact; what the table `access`
/// says at one end of an edge, it says at the other.
pub(crate) async fn assert_whole(platform: &Platform, what: &str) {
    assert_access_whole(platform, what).await;
    let users: BTreeMap<String, BTreeMap<String, Value>> = platform
        .items("users")
        .await
        .into_iter()
        .map(|item| (item["pk"].as_str().expect("a key").to_owned(), item))
        .collect();
    let attributes = platform.items("attributes").await;
    let members = platform.items("devices").await;
    let erasing: Vec<_> = platform
        .items("outbox")
        .await
        .into_iter()
        .filter(|intent| intent["kind"] == "erase")
        .filter_map(|intent| intent.get("user_id").cloned())
        .collect();
    let live = |id: &Value| {
        let account = users.get(&format!("user#{}", id.as_str().expect("an id")));
        account.filter(|account| !account.contains_key("deleted_at"))
    };
    for (pk, item) in &users {
        if let Some(id) = pk.strip_prefix("user#") {
            let names: Vec<_> = item.keys().map(String::as_str).collect();
            if item.contains_key("deleted_at") {
                assert_eq!(names, ["deleted_at", "expires", "pk"], "{what}");
                continue;
            }
            let email = item["email"].as_str().expect("an address");
            let digest = HEXLOWER.encode(digest(&SHA256, email.as_bytes()).as_ref());
            let credential = &users[&format!("email#default#{digest}")];
            assert_eq!(credential["user_id"], id, "{what}");
            assert_eq!(
                credential["credential_version"], item["credential_version"],
                "{what}"
            );
            let marker = &users[&format!("number#{}", item["user_number"])];
            assert_eq!(marker["user_id"], id, "{what}");
            let own = attributes.iter().filter(|held| held["user_id"] == id);
            assert_eq!(own.count(), 1, "{what}: one attribute item");
        } else if pk == "roots" {
            for root in item["members"].as_array().expect("a set") {
                assert!(live(root).is_some(), "{what}: a root is nobody");
            }
        } else if let Some(id) = pk.strip_prefix("history#") {
            let id = json!(id);
            let account = live(&id);
            assert!(account.is_some() || erasing.contains(&id), "{what}: {pk}");
        } else if pk.starts_with("provider#") {
            let is_of = |member: &&BTreeMap<String, Value>| {
                let links = member.get("links").and_then(Value::as_array);
                links.is_some_and(|links| links.contains(&json!(pk)))
            };
            let known = members.iter().find(is_of);
            let owner = known.map(|member| &member["user_id"]);
            assert_eq!(owner, item.get("user_id"), "{what}: {pk} leads to nobody");
        } else if let Some(id) = item.get("user_id") {
            let account = live(id);
            assert!(account.is_some(), "{what}: {pk} belongs to nobody");
        } else {
            assert!(
                item["expires"].is_i64(),
                "{what}: {pk} is neither guard nor owned"
            );
        }
    }
    assert_members_whole(platform, &users, what).await;
    for held in attributes {
        let id = &held["user_id"];
        assert!(
            live(id).is_some() || erasing.contains(id),
            "{what}: attributes of nobody"
        );
        let entries = held["entries"].as_object().expect("a map");
        let bytes: usize = entries
            .iter()
            .map(|(key, entry)| key.len() + entry["text"].as_str().map_or(0, str::len))
            .sum();
        assert_eq!(held["bytes_held"], json!(bytes), "{what}");
    }
}

/// What a project knows of somebody belongs to an account or to a guest, and what leads to somebody is known of them.
async fn assert_members_whole(
    platform: &Platform,
    users: &BTreeMap<String, BTreeMap<String, Value>>,
    what: &str,
) {
    let devices = platform.items("devices").await;
    let is_guest = |user: &Value| {
        let mut own = devices.iter().filter(|item| item["user_id"] == *user);
        own.any(|item| item.get("guest") == Some(&json!(true)))
    };
    for item in &devices {
        let user = &item["user_id"];
        let account = users.get(&format!("user#{}", user.as_str().expect("an id")));
        assert!(
            account.is_some() || is_guest(user),
            "{what}: {item:?} is of nobody"
        );
        let links = item.get("links").and_then(Value::as_array);
        for link in links.into_iter().flatten() {
            let marker = users.get(link.as_str().expect("a key"));
            let leads = marker.is_some_and(|marker| marker["user_id"] == *user);
            assert!(leads, "{what}: {link} leads elsewhere");
        }
    }
    let links: Vec<_> = devices
        .iter()
        .filter_map(|item| item.get("links"))
        .collect();
    for pk in users.keys().filter(|pk| pk.starts_with("provider#")) {
        let names_it = |links: &&Value| {
            let mut links = links.as_array().into_iter().flatten();
            links.any(|link| link == pk)
        };
        let known = links.iter().any(names_it);
        assert!(known, "{what}: nobody knows of {pk}");
    }
}

fn v1(path: &str) -> String {
    format!("/user-service/v1/users/{path}")
}

async fn post(platform: &Platform, path: &str, body: Value) -> Answer {
    platform.post(&v1(path)).json(&body).send().await
}

async fn form(platform: &Platform, path: &str, fields: &[(&str, &str)]) -> Answer {
    platform
        .post(path)
        .header("origin", PUBLIC_URL)
        .form(fields)
        .send()
        .await
}

fn nothing(_: &Platform) -> BoxFuture<'_, Prepared> {
    Box::pin(async { Prepared::new() })
}

fn no_check<'a>(_: &'a Platform, _: &'a Prepared) -> BoxFuture<'a, ()> {
    Box::pin(async {})
}

fn confirmed(platform: &Platform) -> BoxFuture<'_, Prepared> {
    Box::pin(async {
        platform.register_confirmed(ANN).await;
        Prepared::new()
    })
}

fn signed_in(platform: &Platform) -> BoxFuture<'_, Prepared> {
    Box::pin(async {
        let session = platform.new_session(ANN).await;
        Prepared::from([
            ("access", session.access_token),
            ("refresh", session.refresh_token),
        ])
    })
}

/// Calls a protected route.
async fn call(
    platform: &Platform,
    prepared: &Prepared,
    method: Method,
    path: &str,
    body: Value,
) -> Answer {
    platform
        .request(method, &v1(path))
        .bearer(&prepared["access"])
        .json(&body)
        .send()
        .await
}

fn register<'a>(platform: &'a Platform, _: &'a Prepared) -> BoxFuture<'a, Answer> {
    Box::pin(post(
        platform,
        "register",
        json!({ "email": ANN, "password": PASSWORD }),
    ))
}

/// Whoever registered gets one mail, activates and signs in.
fn can_be_activated<'a>(platform: &'a Platform, _: &'a Prepared) -> BoxFuture<'a, ()> {
    Box::pin(async move {
        let mails = platform.deliver().await;
        assert_eq!(mails.len(), 1, "one account, one mail");
        let code = code_in(&mails[0].text);
        let answer = post(platform, "activate", json!({ "code": code })).await;
        assert_eq!(answer.status, 200);
        platform.signed_in(ANN, PASSWORD).await;
        let accounts = platform.items("users").await;
        let live = accounts
            .iter()
            .filter(|item| item.contains_key("user_number"));
        assert_eq!(live.count(), 1);
    })
}

pub(crate) fn registration() -> Flow {
    Flow {
        prepare: nothing,
        act: register,
        success: 200,
        again: 400,
        check: can_be_activated,
    }
}

#[tokio::test]
async fn registering() {
    registration().walk().await;
}

#[tokio::test]
async fn registering_over_a_guard() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                platform.login(ANN, "not the password").await;
                Prepared::new()
            })
        },
        act: register,
        success: 200,
        again: 400,
        check: can_be_activated,
    };
    flow.walk().await;
}

#[tokio::test]
async fn registering_in_place_of_a_squatter() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                let body = json!({ "email": ANN, "password": NEW_PASSWORD });
                post(platform, "register", body).await;
                platform.deliver().await;
                platform.clock.advance_seconds(86_400);
                Prepared::new()
            })
        },
        act: register,
        success: 200,
        again: 400,
        check: can_be_activated,
    };
    flow.walk().await;
}

pub(crate) fn activation() -> Flow {
    Flow {
        prepare: |platform| {
            Box::pin(async {
                platform.register(ANN).await;
                let mails = platform.deliver().await;
                Prepared::from([("code", code_in(&mails[0].text))])
            })
        },
        act: |platform, prepared| {
            Box::pin(post(
                platform,
                "activate",
                json!({ "code": prepared["code"] }),
            ))
        },
        success: 200,
        again: 400,
        check: |platform, _| {
            Box::pin(async {
                platform.signed_in(ANN, PASSWORD).await;
            })
        },
    }
}

#[tokio::test]
async fn activating() {
    activation().walk().await;
}

pub(crate) fn sign_in() -> Flow {
    Flow {
        prepare: confirmed,
        act: |platform, _| Box::pin(platform.login(ANN, PASSWORD)),
        success: 200,
        again: 200,
        check: |platform, _| {
            Box::pin(async {
                for item in platform.items("users").await {
                    if let Some(failures) = item.get("failures") {
                        assert_eq!(*failures, 0, "a right password counts as no failure");
                    }
                }
            })
        },
    }
}

#[tokio::test]
async fn signing_in() {
    sign_in().walk().await;
}

#[tokio::test]
async fn signing_in_with_a_wrong_password_or_to_an_unknown_account() {
    let acts: [Step; 2] = [
        |platform, _| Box::pin(platform.login(ANN, "not the password")),
        |platform, _| Box::pin(platform.login("unknown@example.com", "not the password")),
    ];
    let flows = acts.map(|act| Flow {
        prepare: confirmed,
        act,
        success: 401,
        again: 401,
        check: |platform, _| {
            Box::pin(async {
                platform.signed_in(ANN, PASSWORD).await;
            })
        },
    });
    Flow::walk_all(flows).await;
}

#[tokio::test]
async fn the_first_sign_in_with_a_mailed_password() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                platform.register(ANN).await;
                platform.deliver().await;
                post(platform, "newPassword", json!({ "email": ANN })).await;
                let mails = platform.deliver().await;
                Prepared::from([("password", password_in(&mails[0].text))])
            })
        },
        act: |platform, prepared| Box::pin(platform.login(ANN, &prepared["password"])),
        success: 200,
        again: 200,
        check: |platform, prepared| {
            Box::pin(async {
                let session = platform.signed_in(ANN, &prepared["password"]).await;
                assert_eq!(session.user["confirmed"], true);
                assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn refreshing() {
    let flow = Flow {
        prepare: signed_in,
        act: |platform, prepared| {
            Box::pin(post(
                platform,
                "accessToken",
                json!({ "refreshToken": prepared["refresh"] }),
            ))
        },
        success: 200,
        again: 200,
        check: no_check,
    };
    flow.walk().await;
}

#[tokio::test]
async fn reading() {
    let acts: [Step; 3] = [
        |platform, prepared| Box::pin(call(platform, prepared, Method::GET, "status", json!({}))),
        |platform, prepared| Box::pin(call(platform, prepared, Method::GET, "profile", json!({}))),
        |platform, prepared| {
            Box::pin(call(
                platform,
                prepared,
                Method::GET,
                "attributes",
                json!({}),
            ))
        },
    ];
    let flows = acts.map(|act| Flow {
        prepare: signed_in,
        act,
        success: 200,
        again: 200,
        check: no_check,
    });
    Flow::walk_all(flows).await;
}

fn put_attribute<'a>(platform: &'a Platform, prepared: &'a Prepared) -> BoxFuture<'a, Answer> {
    let body = json!({ "attributeKey": "theme", "attributeText": "dark" });
    Box::pin(call(platform, prepared, Method::POST, "attributes", body))
}

fn attribute(prepare: Prepare) -> Flow {
    Flow {
        prepare,
        act: put_attribute,
        success: 200,
        again: 200,
        check: |platform, prepared| {
            Box::pin(async {
                let held = call(platform, prepared, Method::GET, "attributes", json!({})).await;
                assert_eq!(held.json(), json!({ "theme": "dark" }));
            })
        },
    }
}

pub(crate) fn first_attribute() -> Flow {
    attribute(signed_in)
}

#[tokio::test]
async fn setting_an_attribute() {
    let over_another: Prepare = |platform| {
        Box::pin(async {
            let prepared = signed_in(platform).await;
            let body = json!({ "attributeKey": "theme", "attributeText": "light" });
            call(platform, &prepared, Method::POST, "attributes", body).await;
            prepared
        })
    };
    Flow::walk_all([first_attribute(), attribute(over_another)]).await;
}

#[tokio::test]
async fn removing_an_attribute() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                let prepared = signed_in(platform).await;
                put_attribute(platform, &prepared).await;
                prepared
            })
        },
        act: |platform, prepared| {
            let body = json!({ "attributeKey": "theme" });
            Box::pin(call(platform, prepared, Method::DELETE, "attributes", body))
        },
        success: 200,
        again: 200,
        check: |platform, prepared| {
            Box::pin(async {
                let held = call(platform, prepared, Method::GET, "attributes", json!({})).await;
                assert_eq!(held.json(), json!({}));
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn setting_names_and_language() {
    let flow = Flow {
        prepare: signed_in,
        act: |platform, prepared| {
            Box::pin(
                platform
                    .post(&v1("profile"))
                    .bearer(&prepared["access"])
                    .header("language", "fr")
                    .json(&json!({ "firstname": "Ann" }))
                    .send(),
            )
        },
        success: 200,
        again: 200,
        check: |platform, prepared| {
            Box::pin(async {
                let held = call(platform, prepared, Method::GET, "status", json!({})).await;
                let user = &held.json()["user"];
                assert_eq!(
                    (&user["firstname"], &user["language"]),
                    (&json!("Ann"), &json!("fr"))
                );
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn asking_for_a_new_password() {
    let flow = Flow {
        prepare: confirmed,
        act: |platform, _| Box::pin(post(platform, "newPassword", json!({ "email": ANN }))),
        success: 200,
        again: 200,
        check: |platform, _| {
            Box::pin(async {
                let mails = platform.deliver().await;
                assert!(!mails.is_empty(), "no mail is lost");
                let last = password_in(&mails.last().expect("a mail").text);
                let first = password_in(&mails[0].text);
                // Asked for in the same millisecond, either may be the newer one.
                let by_last = platform.login(ANN, &last).await.status;
                let by_first = platform.login(ANN, &first).await.status;
                assert!([by_last, by_first].contains(&200));
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn asking_for_a_reset_link() {
    let flow = Flow {
        prepare: confirmed,
        act: |platform, _| Box::pin(form(platform, "/reset-password/request", &[("email", ANN)])),
        success: 200,
        again: 200,
        check: |platform, _| {
            Box::pin(async {
                assert!(!platform.deliver().await.is_empty(), "no mail is lost");
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn asking_for_the_confirmation_once_more() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                platform.register(ANN).await;
                platform.deliver().await;
                platform.clock.advance_seconds(60);
                Prepared::new()
            })
        },
        act: |platform, _| Box::pin(form(platform, "/activate/resend", &[("email", ANN)])),
        success: 200,
        again: 200,
        // A try that failed counts, too: the mail may come a minute later.
        check: |platform, _| {
            Box::pin(async {
                let mut mails = platform.deliver().await;
                if mails.is_empty() {
                    platform.clock.advance_seconds(60);
                    let fields = [("email", ANN)];
                    assert_eq!(
                        form(platform, "/activate/resend", &fields).await.status,
                        200
                    );
                    mails = platform.deliver().await;
                }
                let code = code_in(&mails.last().expect("a mail").text);
                let answer = post(platform, "activate", json!({ "code": code })).await;
                assert_eq!(answer.status, 200);
            })
        },
    };
    flow.walk().await;
}

fn link_fields(link: &str) -> Prepared {
    let (_, query) = link.split_once('?').expect("a query");
    let field = |name: &str| {
        let found = form_urlencoded::parse(query.as_bytes()).find(|(found, _)| found == name);
        found.expect("a field").1.into_owned()
    };
    Prepared::from([("uid", field("uid")), ("t", field("t"))])
}

pub(crate) fn reset() -> Flow {
    Flow {
        prepare: |platform| {
            Box::pin(async {
                platform.register_confirmed(ANN).await;
                form(platform, "/reset-password/request", &[("email", ANN)]).await;
                let mails = platform.deliver().await;
                link_fields(&reset_link_in(&mails[0].text))
            })
        },
        act: |platform, prepared| {
            Box::pin(async {
                let fields = [
                    ("uid", &*prepared["uid"]),
                    ("t", &*prepared["t"]),
                    ("password", NEW_PASSWORD),
                    ("password2", NEW_PASSWORD),
                ];
                form(platform, "/reset-password", &fields).await
            })
        },
        success: 200,
        again: 400,
        check: |platform, _| {
            Box::pin(async {
                platform.signed_in(ANN, NEW_PASSWORD).await;
                assert_eq!(platform.login(ANN, PASSWORD).await.status, 401);
            })
        },
    }
}

#[tokio::test]
async fn setting_a_new_password_by_link() {
    reset().walk().await;
}

/// Changes the password by the core, and tells it as a dialect would.
fn change_password<'a>(platform: &'a Platform, prepared: &'a Prepared) -> BoxFuture<'a, Answer> {
    Box::pin(async {
        let local = &platform.local;
        let passwords = local.foundation.passwords().expect("passwords");
        let change = local.foundation.password_change(&local.secrets, &passwords);
        let request = PasswordChangeRequest {
            user: UserId::parse(&prepared["user"]).expect("an id"),
            dialect: Dialect::Rbac,
            old: &Password::parse(&prepared["old"]).expect("short enough"),
            new: NEW_PASSWORD,
            client: None,
        };
        let changed = change.expect("the keys").change(request).await;
        let mut headers = http::HeaderMap::new();
        let status = match &changed {
            Ok(()) => 200,
            Err(Error::BadCredentials) => 401,
            Err(Error::Unavailable(_)) => {
                headers.insert("retry-after", http::HeaderValue::from_static("5"));
                503
            }
            Err(_) => 500,
        };
        Answer {
            status,
            headers,
            body: format!("{changed:?}"),
            bytes: Vec::new(),
        }
    })
}

/// The one user's id, and this as the password to change.
async fn with_old(platform: &Platform, old: &str) -> Prepared {
    let users = platform.items("users").await;
    let user = users.iter().find_map(|item| item.get("user_id")?.as_str());
    let user = user.expect("a credential").to_owned();
    Prepared::from([("user", user), ("old", old.to_owned())])
}

fn only_the_new_password_is_good<'a>(
    platform: &'a Platform,
    prepared: &'a Prepared,
) -> BoxFuture<'a, ()> {
    Box::pin(async {
        platform.signed_in(ANN, NEW_PASSWORD).await;
        assert_eq!(platform.login(ANN, &prepared["old"]).await.status, 401);
    })
}

#[tokio::test]
async fn changing_a_password() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                platform.register_confirmed(ANN).await;
                with_old(platform, PASSWORD).await
            })
        },
        act: change_password,
        success: 200,
        again: 401,
        check: only_the_new_password_is_good,
    };
    flow.walk().await;
}

#[tokio::test]
async fn changing_a_mailed_password() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                platform.register_confirmed(ANN).await;
                post(platform, "newPassword", json!({ "email": ANN })).await;
                let mails = platform.deliver().await;
                with_old(platform, &password_in(&mails[0].text)).await
            })
        },
        act: change_password,
        success: 200,
        again: 401,
        check: only_the_new_password_is_good,
    };
    flow.walk().await;
}

pub(crate) fn deletion() -> Flow {
    Flow {
        prepare: |platform| {
            Box::pin(async {
                let prepared = signed_in(platform).await;
                put_attribute(platform, &prepared).await;
                prepared
            })
        },
        act: |platform, prepared| {
            Box::pin(call(platform, prepared, Method::DELETE, "user", json!({})))
        },
        success: 204,
        again: 401,
        check: |platform, _| {
            Box::pin(async {
                assert_eq!(platform.deliver().await.len(), 0);
                for table in ["attributes", "sessions", "codes", "outbox"] {
                    assert_eq!(platform.items(table).await, [], "{table}");
                }
                platform.new_session(ANN).await;
            })
        },
    }
}

#[tokio::test]
async fn deleting_an_account() {
    deletion().walk().await;
}

/// Delivers; 503 if something is left to do.
fn deliver<'a>(platform: &'a Platform, _: &'a Prepared) -> BoxFuture<'a, Answer> {
    Box::pin(async {
        platform.deliver().await;
        let left = platform.items("outbox").await.len();
        let mut headers = http::HeaderMap::new();
        headers.insert("retry-after", http::HeaderValue::from_static("900"));
        Answer {
            status: if left == 0 { 200 } else { 503 },
            headers,
            body: format!("{left} intents are left"),
            bytes: Vec::new(),
        }
    })
}

/// At least one mail of this kind came, and all of them say the same.
fn mails_with(platform: &Platform, mark: &str) -> Vec<String> {
    let mails = platform.inbox.messages();
    let mut texts: Vec<_> = mails
        .into_iter()
        .map(|mail| mail.text)
        .filter(|text| text.contains(mark))
        .collect();
    assert!(!texts.is_empty(), "the mail is lost");
    texts.dedup();
    assert_eq!(texts.len(), 1, "a redelivery says something else");
    texts
}

pub(crate) fn delivery() -> Flow {
    Flow {
        prepare: |platform| {
            Box::pin(async {
                platform.register(ANN).await;
                Prepared::new()
            })
        },
        act: deliver,
        success: 200,
        again: 200,
        check: |platform, _| {
            Box::pin(async {
                let code = code_in(&mails_with(platform, "/activate?code=")[0]);
                let answer = post(platform, "activate", json!({ "code": code })).await;
                assert_eq!(answer.status, 200);
            })
        },
    }
}

#[tokio::test]
async fn delivering_an_activation() {
    delivery().walk().await;
}

#[tokio::test]
async fn delivering_a_new_password() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                platform.register_confirmed(ANN).await;
                post(platform, "newPassword", json!({ "email": ANN })).await;
                Prepared::new()
            })
        },
        act: deliver,
        success: 200,
        again: 200,
        check: |platform, _| {
            Box::pin(async {
                let password = password_in(&mails_with(platform, "new password")[0]);
                platform.signed_in(ANN, &password).await;
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn delivering_a_reset_link() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                platform.register_confirmed(ANN).await;
                form(platform, "/reset-password/request", &[("email", ANN)]).await;
                Prepared::new()
            })
        },
        act: deliver,
        success: 200,
        again: 200,
        check: |platform, _| {
            Box::pin(async {
                let link = reset_link_in(&mails_with(platform, "/reset-password?")[0]);
                let fields = link_fields(&link);
                let answer = form(
                    platform,
                    "/reset-password",
                    &[
                        ("uid", &*fields["uid"]),
                        ("t", &*fields["t"]),
                        ("password", NEW_PASSWORD),
                        ("password2", NEW_PASSWORD),
                    ],
                )
                .await;
                assert_eq!(answer.status, 200);
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn delivering_a_lockout_notice() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                platform.register_confirmed(ANN).await;
                arrange_last_free_failure(platform).await;
                platform.login(ANN, "not the password").await;
                assert_eq!(platform.items("outbox").await.len(), 1);
                Prepared::new()
            })
        },
        act: deliver,
        success: 200,
        again: 200,
        check: |platform, _| {
            Box::pin(async {
                mails_with(platform, "many wrong passwords");
            })
        },
    };
    flow.walk().await;
}

/// Ninety-nine failures in a row lie behind the account, long ago.
async fn arrange_last_free_failure(platform: &Platform) {
    let users = platform.items("users").await;
    let credential = users
        .iter()
        .find(|item| {
            item["pk"]
                .as_str()
                .is_some_and(|pk| pk.starts_with("email#"))
        })
        .expect("a credential");
    platform
        .database()
        .update_item()
        .table_name("gatehouse-users")
        .key(
            "pk",
            AttributeValue::S(credential["pk"].as_str().expect("a key").to_owned()),
        )
        .update_expression("SET failures_in_a_row = :many, failures = :one, failed_at = :one")
        .expression_attribute_values(":many", AttributeValue::N("99".to_owned()))
        .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
        .send()
        .await
        .expect("the credential changes");
}

#[tokio::test]
async fn reaching_the_ceiling_of_failures() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                platform.register_confirmed(ANN).await;
                arrange_last_free_failure(platform).await;
                Prepared::new()
            })
        },
        act: |platform, _| Box::pin(platform.login(ANN, "not the password")),
        success: 401,
        again: 429,
        check: no_check,
    };
    flow.walk().await;
}

#[tokio::test]
async fn erasing_what_a_deleted_account_left() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                let prepared = signed_in(platform).await;
                platform.signed_in(ANN, PASSWORD).await;
                put_attribute(platform, &prepared).await;
                call(platform, &prepared, Method::DELETE, "user", json!({})).await;
                prepared
            })
        },
        act: deliver,
        success: 200,
        again: 200,
        check: |platform, _| {
            Box::pin(async {
                for table in ["attributes", "sessions", "codes"] {
                    assert_eq!(platform.items(table).await, [], "{table}");
                }
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn a_database_that_is_out_is_told_as_such_on_every_route() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let prepared = Prepared::from([("access", session.access_token.clone())]);
    let before = platform.dump().await;
    platform.connector.inject("", Fault::AccessDenied, 10_000);
    let code = shared_code();
    let mut answers = vec![
        register(&platform, &prepared).await,
        platform.login(ANN, PASSWORD).await,
        platform.login("unknown@example.com", PASSWORD).await,
        post(&platform, "newPassword", json!({ "email": ANN })).await,
        post(&platform, "activate", json!({ "code": code })).await,
        post(
            &platform,
            "accessToken",
            json!({ "refreshToken": session.refresh_token }),
        )
        .await,
    ];
    for (method, path) in [
        (Method::GET, "status"),
        (Method::GET, "profile"),
        (Method::POST, "profile"),
        (Method::GET, "attributes"),
        (Method::POST, "attributes"),
        (Method::DELETE, "attributes"),
        (Method::DELETE, "attribute"),
        (Method::DELETE, "user"),
    ] {
        let body = json!({ "attributeKey": "a", "attributeText": "b" });
        answers.push(call(&platform, &prepared, method, path, body).await);
    }
    for answer in answers {
        assert_eq!(
            answer.whole(),
            "503\n{\"error\":\"temporarily unavailable\"}"
        );
        assert_eq!(answer.header("retry-after"), Some("5"));
    }
    for (path, field) in [
        ("/activate", ("code", &*code)),
        ("/activate/resend", ("email", ANN)),
        ("/reset-password/request", ("email", ANN)),
    ] {
        let answer = form(&platform, path, &[field]).await;
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (503, Some("5")),
            "{path}"
        );
        assert!(!answer.body.contains("injected") && !answer.body.contains("gatehouse-"));
    }
    platform.connector.heal();
    assert_eq!(platform.dump().await, before);
}

/// A code of the right form that was never made.
fn shared_code() -> String {
    data_encoding::BASE64URL_NOPAD.encode(&[7; 64])
}

#[tokio::test]
async fn a_database_that_hangs_is_given_up() {
    let platform = Platform::start().await;
    let session = platform.new_session(ANN).await;
    let never = Fault::Delay(Duration::from_hours(1));
    platform.connector.inject("", never, 10_000);
    let prepared = Prepared::from([("access", session.access_token)]);
    let (status, login, register) = futures::join!(
        call(&platform, &prepared, Method::GET, "status", json!({})),
        platform.login(ANN, PASSWORD),
        register(&platform, &prepared),
    );
    for answer in [status, login, register] {
        assert_eq!(
            (answer.status, answer.header("retry-after")),
            (503, Some("5"))
        );
    }
}
