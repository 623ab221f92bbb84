//! Claims.

use serde_json::{Value, json};

use shared::tokens::RESERVED_CLAIMS;

use super::{Attack, Genuine, start_of};
use crate::harness::PUBLIC_URL;
use crate::tokens::with;

impl Genuine {
    /// Claims that are not meant for here, or are not as we write them, under the right key.
    pub(super) async fn under_claims(&self) -> Vec<Attack> {
        let claim = |name: &str| self.claims[name].clone();
        let seconds = |name: &str| self.claims[name].as_i64().expect("seconds");
        let deep = (0..100).fold(json!([]), |inner, _| json!([inner]));
        let mut changes = vec![
            json!({ "iss": "https://attacker.example" }),
            json!({ "iss": format!("{PUBLIC_URL}/") }),
            json!({ "iss": PUBLIC_URL.to_uppercase() }),
            json!({ "aud": "https://other.example" }),
            json!({ "aud": format!("{PUBLIC_URL} https://other.example") }),
            json!({ "aud": [PUBLIC_URL, "https://other.example"] }),
            json!({ "dialect": "user-service" }),
            json!({ "dialect": "security" }),
            json!({ "dialect": "rbac" }),
            json!({ "dialect": "session" }),
            json!({ "dialect": "identify" }),
            json!({ "dialect": "pages" }),
            json!({ "dialect": "nobody" }),
            json!({ "token_use": "access" }),
            json!({ "token_use": "refresh" }),
            json!({ "token_use": "profile" }),
            json!({ "token_use": "Access " }),
            json!({ "exp": i64::MAX }),
            json!({ "exp": i64::MIN }),
            json!({ "exp": 1e300 }),
            json!({ "exp": seconds("exp").to_string() }),
            json!({ "nbf": seconds("nbf") + 6 }),
            json!({ "nbf": i64::MAX }),
            json!({ "nbf": i64::MIN }),
            json!({ "nbf": 0.5 }),
            json!({ "iat": "now" }),
            json!({ "sub": "ann@example.com" }),
            json!({ "sub": "" }),
            json!({ "sub": "*" }),
            json!({ "sid": "" }),
            json!({ "sid": "*" }),
            json!({ "sid": claim("sub") }),
            json!({ "deviceId": "none" }),
            json!({ "projectId": "none" }),
        ];
        // A token of document 004 is of one project, and no other token is of any.
        let stranger = json!("3fa85f64-5717-4562-b3fc-2c963f66afa6");
        let project = match claim("projectId") {
            Value::Null => stranger,
            _ => Value::Null,
        };
        changes.push(json!({ "projectId": project }));
        // What only some tokens have may be missing.
        let optional = ["projectId", "deviceId"];
        let mut names = RESERVED_CLAIMS.to_vec();
        names.retain(|name| !optional.contains(name));
        for &name in &names {
            changes.extend([
                json!({ name: null }),
                json!({ name: [claim(name)] }),
                json!({ name: { "0": claim(name) } }),
                json!({ name: true }),
                json!({ name: deep }),
            ]);
        }
        let mut forged: Vec<_> = changes
            .into_iter()
            .map(|changes| (changes.to_string(), with(&self.claims, &changes)))
            .collect();
        for &name in &names {
            let mut claims = self.claims.clone();
            claims[name] = Value::Null;
            forged.push((format!("{name} is null"), claims));
        }
        let mut attacks = Vec::new();
        for (what, claims) in forged {
            if claims != self.claims {
                let token = self.signed(&self.header, &claims).await;
                attacks.push((format!("claims {}", start_of(&what)), token));
            }
        }
        attacks
    }
}
