//! An installation that was set up before there was a second algorithm: the next run makes the key that is missing.

use serde_json::json;
use shared::keys::KeySet;

use super::{ADMIN, Stack};
use crate::harness::PASSWORD;

const JWKS: &str = "/.well-known/jwks.json";

impl Stack {
    /// As an older release would have set it up.
    async fn of_one_algorithm() -> Self {
        let stack = Self::created().await;
        stack.platform.parameters.remove("/signing/RS512/");
        let keys = json!({ "keys": stack.published().await[..1] });
        let keys: KeySet = serde_json::from_value(keys).expect("a key set");
        let store = &stack.platform.local.foundation.context.store;
        store.put_key_set(&keys).await.expect("it is published");
        stack
    }

    /// The algorithms of the keys that others see.
    async fn shown(&self) -> Vec<String> {
        let shown = self.platform.get(JWKS).send().await.json();
        let keys = shown["keys"].as_array().expect("keys").iter();
        keys.map(|key| key["alg"].as_str().expect("a name").to_owned())
            .collect()
    }
}

#[tokio::test]
async fn the_key_that_is_missing_is_made_and_the_other_one_stays() {
    let stack = Box::pin(Stack::of_one_algorithm()).await;
    stack.accept_invitation(ADMIN, PASSWORD).await;
    let session = stack.platform.signed_in(ADMIN, PASSWORD).await;
    assert_eq!(stack.shown().await, ["RS256"]);
    let kept = stack.platform.parameters.dump();
    let published = stack.published().await;

    let report = stack.run(&stack.request("Update")).await;
    assert_eq!(report["Data"]["Keys"], "made", "{report}");
    let parameters = stack.platform.parameters.dump();
    assert_eq!(parameters[..kept.len()], kept, "what was there stays");
    assert_eq!(parameters.len(), kept.len() + 1);
    let keys = stack.published().await;
    assert_eq!((keys.len(), &keys[0]), (2, &published[0]));
    let (name, ..) = &parameters[kept.len()];
    let kid = keys[1]["kid"].as_str().expect("a name");
    assert!(name.ends_with(&format!("/signing/RS512/{kid}")), "{name}");

    let users = stack.list_users(&session.access_token).await;
    assert_eq!(users.status, 200, "{}", users.body);
    stack.platform.clock.advance_seconds(301);
    stack.shown().await;
    assert_eq!(stack.shown().await, ["RS256", "RS512"]);
    let users = stack.list_users(&session.access_token).await;
    assert_eq!(users.status, 200, "after it was read again: {}", users.body);

    let report = stack.run(&stack.request("Update")).await;
    assert_eq!(report["Data"]["Keys"], "as before", "{report}");
    assert_eq!(stack.published().await, keys);
}
