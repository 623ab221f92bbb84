//! Headers.

use serde_json::json;

use super::{Attack, Genuine, published, start_of};
use crate::harness::{PUBLIC_URL, keys};
use crate::tokens::with;

impl Genuine {
    /// Headers that we would not write, under the right key.
    pub(super) async fn under_headers(&self) -> Vec<Attack> {
        let jwk = &published(&keys())[0];
        let own = self.header["kid"].as_str().expect("a kid");
        let deep = (0..100).fold(json!([]), |inner, _| json!([inner]));
        let mut attacks = Vec::new();
        for changes in [
            json!({ "crit": ["exp", "aud"] }),
            json!({ "crit": [] }),
            json!({ "x": 1 }),
            json!({ "crit": ["b64"], "b64": false }),
            json!({ "b64": false }),
            json!({ "b64": true }),
            json!({ "jwk": jwk }),
            json!({ "jku": "https://attacker.example/jwks.json" }),
            json!({ "jku": format!("{PUBLIC_URL}/.well-known/jwks.json") }),
            json!({ "x5u": "https://attacker.example/cert.pem" }),
            json!({ "x5c": ["MIIB"] }),
            json!({ "x5t": "c2hh" }),
            json!({ "x5t#S256": "c2hh" }),
            json!({ "cty": "JWT" }),
            json!({ "zip": "DEF" }),
            json!({ "enc": "A128GCM" }),
            json!({ "url": PUBLIC_URL, "nonce": "1" }),
            json!({ "deep": deep }),
            json!({ "typ": "JWT" }),
            json!({ "typ": "at+jwt" }),
            json!({ "typ": "rt+jwt" }),
            json!({ "typ": "profile+jwt" }),
            json!({ "typ": "id+jwt" }),
            json!({ "typ": "logout+jwt" }),
            json!({ "typ": "application/at+jwt" }),
            json!({ "typ": "AT+JWT" }),
            json!({ "typ": "at+jwt " }),
            json!({ "typ": "" }),
            json!({ "typ": null }),
            json!({ "typ": ["at+jwt"] }),
            json!({ "typ": { "at+jwt": true } }),
            json!({ "alg": "RS256" }),
            json!({ "alg": "RS384" }),
            json!({ "alg": "RS512" }),
            json!({ "alg": "PS256" }),
            json!({ "alg": "PS512" }),
            json!({ "alg": "ES256" }),
            json!({ "alg": "EdDSA" }),
            json!({ "alg": "HS256" }),
            json!({ "alg": "rs256" }),
            json!({ "alg": "RSA-OAEP" }),
            json!({ "alg": ["RS256"] }),
            json!({ "alg": 256 }),
            json!({ "alg": null }),
            json!({ "alg": "none" }),
            json!({ "alg": "" }),
            json!({ "kid": "unknown" }),
            json!({ "kid": "" }),
            json!({ "kid": null }),
            json!({ "kid": 1 }),
            json!({ "kid": [own] }),
            json!({ "kid": { "kid": own } }),
            json!({ "kid": format!("{own}\0") }),
            json!({ "kid": format!("{own} ") }),
            json!({ "kid": format!("./{own}") }),
            json!({ "kid": own.to_uppercase() + "_" }),
            json!({ "kid": "../../dev/null" }),
            json!({ "kid": "../../../../dev/null" }),
            json!({ "kid": "/proc/self/environ" }),
            json!({ "kid": "' UNION SELECT 'secret" }),
            json!({ "kid": "key-set" }),
            json!({ "kid": "https://attacker.example/jwks.json" }),
            json!({ "kid": "x".repeat(1000) }),
        ] {
            let header = with(&self.header, &changes);
            if header != self.header {
                let token = self.signed(&header, &self.claims).await;
                attacks.push((format!("header {}", start_of(&changes.to_string())), token));
            }
        }
        attacks
    }
}
