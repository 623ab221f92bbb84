//! Facebook's Graph API: `debug_token` and `me`.

use std::collections::HashMap;

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use super::{Asked, merged};

pub(super) const APP_ID: &str = "138483919580948";
pub(super) const APP_SECRET: &str = "facebook-hush&hush";

/// Tokens, each with whose it is and what `debug_token` says of it.
#[derive(Debug, Default)]
pub(super) struct Facebook(HashMap<String, (Value, Value)>);

impl Facebook {
    pub(super) fn issue(&mut self, user: Value, debug: Value) -> String {
        let token = format!("EAAB+/facebook={}", self.0.len());
        let usual = json!({
            "app_id": APP_ID,
            "type": "USER",
            "application": "Ours",
            "data_access_expires_at": 1,
            "expires_at": 0,
            "is_valid": true,
            "scopes": ["email", "public_profile"],
            "user_id": user["id"],
        });
        self.0.insert(token.clone(), (user, merged(usual, debug)));
        token
    }

    pub(super) fn debug_token(&self, asked: &Asked) -> (u16, Value) {
        if asked.parameter("access_token") != format!("{APP_ID}|{APP_SECRET}") {
            return refusal("Invalid OAuth access token signature.");
        }
        let known = self.0.get(asked.parameter("input_token"));
        let data = known.map(|(_, debug)| debug.clone());
        let unknown = || {
            let error = json!({ "code": 190, "message": "Invalid OAuth access token." });
            json!({ "error": error, "is_valid": false, "scopes": [] })
        };
        (200, json!({ "data": data.unwrap_or_else(unknown) }))
    }

    pub(super) fn me(&self, asked: &Asked) -> (u16, Value) {
        let token = asked.parameter("access_token");
        let key = hmac::Key::new(hmac::HMAC_SHA256, APP_SECRET.as_bytes());
        let proof = HEXLOWER.encode(hmac::sign(&key, token.as_bytes()).as_ref());
        if asked.parameter("appsecret_proof") != proof {
            return refusal("Invalid appsecret_proof provided in the API argument");
        }
        let Some((user, _)) = self.0.get(token) else {
            return refusal("Invalid OAuth access token.");
        };
        let fields: Vec<_> = asked.parameter("fields").split(',').collect();
        let told = user.as_object().into_iter().flatten();
        let told = told.filter(|(name, _)| fields.contains(&name.as_str()));
        let told = told.map(|(name, value)| (name.clone(), value.clone()));
        (200, Value::Object(told.collect()))
    }
}

fn refusal(message: &str) -> (u16, Value) {
    let error = json!({ "message": message, "type": "OAuthException", "code": 190 });
    (400, json!({ "error": error }))
}
