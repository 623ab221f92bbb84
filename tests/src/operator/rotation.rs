//! Signing keys that follow each other on an installation that runs.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{ADMIN, Stack};
use crate::harness::{Fault, PASSWORD};

const JWKS: &str = "/.well-known/jwks.json";
/// A call that is never made.
const NEVER: Fault = Fault::Delay(Duration::from_hours(24));
const MINUTE: i64 = 60;
const DAY: i64 = 86_400;

/// The name of the key that a token is signed with.
pub(super) fn kid_in(token: &str) -> String {
    let header = token.split('.').next().expect("a header");
    let header = BASE64URL_NOPAD
        .decode(header.as_bytes())
        .expect("base64url");
    let header: Value = serde_json::from_slice(&header).expect("JSON");
    header["kid"].as_str().expect("a name").to_owned()
}

impl Stack {
    /// That has been created, with these settings.
    pub(super) async fn created_with(settings: &[(&str, &str)]) -> Self {
        let stack = Self::with(settings).await;
        let mut request = stack.update(settings);
        request["RequestType"] = json!("Create");
        let report = stack.run(&request).await;
        assert_eq!(report["Status"], "SUCCESS", "{report}");
        stack
    }

    pub(super) fn wait(&self, seconds: i64) {
        self.platform
            .clock
            .advance(SignedDuration::from_secs(seconds));
    }

    /// Does what is due; the algorithms and states of the keys then.
    pub(super) async fn advance(&self) -> Vec<(String, String)> {
        let answer = self.command(json!({ "command": "keys.advance" })).await;
        states(&answer.expect("it is done")["keys"])
    }

    /// The names of the keys that others see.
    pub(super) async fn shown_kids(&self) -> Vec<String> {
        let shown = self.platform.get(JWKS).send().await.json();
        let keys = shown["keys"].as_array().expect("keys").iter();
        keys.map(|key| key["kid"].as_str().expect("a name").to_owned())
            .collect()
    }

    /// The names of the private keys that are kept.
    fn private_kids(&self) -> Vec<String> {
        let parameters = self.platform.parameters.dump().into_iter();
        let names = parameters.map(|(name, ..)| name);
        let names = names.filter(|name| name.contains("/signing/"));
        names
            .map(|name| name.rsplit('/').next().expect("a name").to_owned())
            .collect()
    }

    /// That every published key has its private half, and no other is kept.
    async fn assert_whole(&self, what: &str) {
        let published = self.published().await;
        let kids = published
            .iter()
            .map(|key| key["kid"].as_str().expect("a name"));
        let mut kids: Vec<_> = kids.map(str::to_owned).collect();
        let mut private = self.private_kids();
        kids.sort();
        private.sort();
        assert_eq!(private, kids, "{what}");
    }
}

/// The algorithms and states of keys.
pub(super) fn states(keys: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let keys = keys.as_array().expect("keys").iter();
    keys.map(|key| (text(&key["algorithm"]), text(&key["state"])))
        .collect()
}

fn are(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(algorithm, state): &(&str, &str)| ((*algorithm).into(), (*state).into());
    expected.iter().map(owned).collect()
}

#[tokio::test]
async fn a_key_that_is_rotated_is_known_before_it_signs_and_stays_for_its_last_token() {
    let stack = Stack::created().await;
    stack.accept_invitation(ADMIN, PASSWORD).await;
    let before = stack.platform.signed_in(ADMIN, PASSWORD).await;
    let old = kid_in(&before.access_token);
    let rotate = json!({ "command": "rotate", "algorithm": "RS256" });
    let pending = are(&[
        ("RS256", "active"),
        ("RS512", "active"),
        ("RS256", "pending"),
    ]);
    for _ in 0..2 {
        let answer = stack.command(rotate.clone()).await.expect("it is done");
        assert_eq!(states(&answer["keys"]), pending, "one waits, not two");
    }
    stack.wait(19 * MINUTE);
    assert_eq!(stack.advance().await, pending);
    assert_eq!(stack.shown_kids().await.len(), 3);
    let meanwhile = stack.platform.signed_in(ADMIN, PASSWORD).await;
    assert_eq!(kid_in(&meanwhile.access_token), old);

    stack.wait(MINUTE);
    let promoted = are(&[
        ("RS256", "retired"),
        ("RS512", "active"),
        ("RS256", "active"),
    ]);
    assert_eq!(stack.advance().await, promoted);
    let new = stack.published().await[2]["kid"].clone();
    stack.wait(10 * MINUTE);
    let after = stack.platform.signed_in(ADMIN, PASSWORD).await;
    assert_eq!(kid_in(&after.access_token), new);
    for session in [&before, &meanwhile, &after] {
        let users = stack.list_users(&session.access_token).await;
        assert_eq!(users.status, 200, "{}", users.body);
    }
    let shown = stack.shown_kids().await;
    assert!(shown.contains(&old) && shown.iter().any(|kid| *kid == new));

    // Of the longest token under it, a minute is left.
    stack.wait(30 * DAY + 4 * MINUTE);
    assert_eq!(stack.advance().await.len(), 3);
    stack.assert_whole("retired").await;
    stack.wait(MINUTE);
    assert_eq!(
        stack.advance().await,
        are(&[("RS512", "active"), ("RS256", "active")])
    );
    stack.assert_whole("dropped").await;
    assert_eq!(stack.shown_kids().await.len(), 2);
    let session = stack.platform.signed_in(ADMIN, PASSWORD).await;
    assert_eq!(stack.list_users(&session.access_token).await.status, 200);
}

#[tokio::test]
async fn a_key_is_replaced_by_itself_when_it_is_old_and_never_where_that_is_off() {
    for (days, expected) in [("7", 3), ("0", 2)] {
        let settings = [("KEY_ROTATION_DAYS", days), ("TOKEN_ALGORITHM", "ES256")];
        let stack = Stack::created_with(&settings).await;
        // The slow one is not to be replaced.
        let mut published = stack.published().await;
        published[1]["since"] = json!(4_000_000_000_i64);
        stack.publish(&published).await;
        stack.wait(7 * DAY - 1);
        assert_eq!(stack.advance().await.len(), 2);
        stack.wait(1);
        assert_eq!(stack.advance().await.len(), expected, "{days} days");
    }
}

#[tokio::test]
async fn another_algorithm_is_a_rotation() {
    let stack = Stack::created().await;
    stack.accept_invitation(ADMIN, PASSWORD).await;
    let before = stack.platform.signed_in(ADMIN, PASSWORD).await;
    let changed = stack.update(&[("TOKEN_ALGORITHM", "ES256")]);
    assert_eq!(stack.run(&changed).await["Status"], "SUCCESS");
    let pending = are(&[
        ("RS256", "active"),
        ("RS512", "active"),
        ("ES256", "pending"),
    ]);
    assert_eq!(stack.advance().await, pending);
    stack.wait(11 * MINUTE);
    let meanwhile = stack.platform.signed_in(ADMIN, PASSWORD).await;
    assert_eq!(
        kid_in(&meanwhile.access_token),
        kid_in(&before.access_token)
    );
    stack.wait(9 * MINUTE);
    stack.advance().await;
    stack.wait(10 * MINUTE);
    let after = stack.platform.signed_in(ADMIN, PASSWORD).await;
    let header = jsonwebtoken::decode_header(&after.access_token).expect("a header");
    assert_eq!(header.alg, jsonwebtoken::Algorithm::ES256);
    for session in [before, after] {
        assert_eq!(stack.list_users(&session.access_token).await.status, 200);
    }
    let rbac = stack.platform.rbac_token(ADMIN).await;
    let header = jsonwebtoken::decode_header(&rbac).expect("a header");
    assert_eq!(header.alg, jsonwebtoken::Algorithm::RS512);
}

#[tokio::test]
async fn a_revoked_key_goes_at_once_and_its_tokens_with_it() {
    let stack = Stack::created().await;
    stack.accept_invitation(ADMIN, PASSWORD).await;
    let before = stack.platform.signed_in(ADMIN, PASSWORD).await;
    let old = kid_in(&before.access_token);
    let revoke = json!({ "command": "key.revoke", "kid": old });
    let answer = stack.command(revoke.clone()).await.expect("it is done");
    assert_eq!(answer["revoked"], json!(old));
    assert_eq!(
        answer["tokens"],
        "no token under this key is accepted any more, once every function has looked: within ten minutes"
    );
    assert_eq!(
        states(&answer["keys"]),
        are(&[("RS512", "active"), ("RS256", "active")])
    );
    stack.assert_whole("revoked").await;
    stack.wait(10 * MINUTE);
    assert_eq!(stack.list_users(&before.access_token).await.status, 403);
    let after = stack.platform.signed_in(ADMIN, PASSWORD).await;
    assert_eq!(stack.list_users(&after.access_token).await.status, 200);
    assert!(!stack.shown_kids().await.contains(&old));
    assert_eq!(
        stack.command(revoke).await,
        Err("kid: no such key is published".to_owned())
    );
}

#[tokio::test]
async fn a_key_that_nobody_wants_is_not_made() {
    let stack = Stack::created().await;
    let before = stack.dump().await;
    let rotate = json!({ "command": "rotate", "algorithm": "ES256" });
    assert_eq!(
        stack.command(rotate).await,
        Err("algorithm: no key of it is to be made, by the setting TOKEN_ALGORITHM".to_owned())
    );
    assert_eq!(stack.dump().await, before);
}

/// The commands of one rotation, each with the time that passes before it.
fn cycle() -> [(i64, Value); 3] {
    let advance = json!({ "command": "keys.advance" });
    [
        (0, json!({ "command": "rotate", "algorithm": "ES256" })),
        (20 * MINUTE, advance.clone()),
        (30 * DAY + 15 * MINUTE, advance),
    ]
}

impl Stack {
    /// Of keys that are made in no time, and of which none is replaced by itself.
    async fn to_rotate() -> Self {
        let settings = [("TOKEN_ALGORITHM", "ES256"), ("KEY_ROTATION_DAYS", "0")];
        Self::created_with(&settings).await
    }

    /// Publishes these keys in place of all others.
    async fn publish(&self, keys: &[Value]) {
        let keys = json!({ "keys": keys });
        let keys = serde_json::from_value(keys).expect("a key set");
        let store = &self.platform.local.foundation.context.store;
        store.put_key_set(&keys).await.expect("it is published");
    }

    /// Rotates once, with this fault at a call; each command that fails is repeated.
    async fn rotate_once(&self, fault: Option<(usize, Fault)>) -> usize {
        let connector = &self.platform.connector;
        connector.forget();
        if let Some((index, fault)) = fault {
            connector.inject_after(index, "", fault, 1);
        }
        for (seconds, command) in cycle() {
            self.wait(seconds);
            if let Err(reason) = self.command(command.clone()).await {
                let words = ["temporarily unavailable", "the database does not answer"];
                assert!(words.contains(&&*reason), "{fault:?}: {reason}");
                let again = self.command(command).await;
                again.unwrap_or_else(|reason| panic!("{fault:?}: {reason}"));
            }
        }
        connector.heal();
        connector.calls().len()
    }
}

#[tokio::test]
async fn a_fault_at_any_call_of_a_rotation_is_mended_by_the_next_run() {
    let stack = Stack::to_rotate().await;
    stack.platform.connector.watch_upkeep();
    let calls = stack.rotate_once(None).await;
    assert_eq!(calls, 16);
    for index in 0..calls {
        for fault in [Fault::AccessDenied, Fault::LostReply, Fault::Throttled] {
            let before = stack.published().await[1]["kid"].clone();
            stack.rotate_once(Some((index, fault))).await;
            // What was dropped while a run ended is deleted by the next.
            stack.advance().await;
            let what = format!("{fault:?} at {index}");
            let published = stack.published().await;
            let keys = json!(published);
            assert_eq!(
                states(&keys),
                are(&[("RS512", "active"), ("ES256", "active")]),
                "{what}"
            );
            assert_ne!(published[1]["kid"], before, "{what}");
            stack.assert_whole(&what).await;
        }
    }
}

#[tokio::test]
async fn a_run_that_dies_at_any_write_leaves_nothing_that_the_next_one_does_not_mend() {
    for call in ["PutParameter", "PutItem keys", "DeleteParameter"] {
        let stack = Stack::to_rotate().await;
        let cloud = stack.platform.bare_cloud().await;
        let dying = cloud.function("platform-operator");
        stack.platform.connector.watch_upkeep();
        stack.platform.connector.inject(call, NEVER, 1);
        stack.platform.connector.forget();
        let mut died = false;
        for (seconds, command) in cycle() {
            stack.wait(seconds);
            if !died {
                tokio::select! {
                    done = dying.try_invoke(command.clone()) => { done.expect("it is done"); }
                    () = stack.platform.connector.begun(call, 1) => {
                        stack.platform.connector.heal();
                        died = true;
                    }
                }
            }
            if died {
                stack.command(command).await.expect("it is done");
            }
        }
        assert!(died, "it is held at {call}");
        stack.advance().await;
        let keys = json!(stack.published().await);
        assert_eq!(
            states(&keys),
            are(&[("RS512", "active"), ("ES256", "active")]),
            "{call}"
        );
        stack.assert_whole(call).await;
    }
}

#[tokio::test]
async fn two_runs_at_once_make_one_key() {
    let stack = Stack::to_rotate().await;
    stack.platform.connector.watch_upkeep();
    let delay = Fault::Delay(Duration::from_secs(1));
    stack.platform.connector.inject("PutParameter", delay, 2);
    let rotate = json!({ "command": "rotate", "algorithm": "ES256" });
    let answers = join_all([stack.command(rotate.clone()), stack.command(rotate)]).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(stack.published().await.len(), 3);
    // The key of the slower run waits for the next rotation.
    assert_eq!(stack.private_kids().len(), 4);
    for (seconds, command) in cycle().into_iter().skip(1).chain(cycle()) {
        stack.wait(seconds);
        stack.command(command).await.expect("it is done");
    }
    stack.assert_whole("it was used").await;
}
