//! Twitter's API: `account/verify_credentials` under signatures of OAuth 1.0a, and `users/me` with OAuth 2 tokens.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use aws_lc_rs::hmac;
use data_encoding::BASE64;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::Asked;

pub(super) const CONSUMER_KEY: &str = "xvz1evFS4wEEPTGEFPHBog";
/// With what has to be encoded.
pub(super) const CONSUMER_SECRET: &str = "twitter/hush & hush+~";
pub(super) const VERIFY: &str = "/1.1/account/verify_credentials.json";

/// Pairs by their token, with the secret; OAuth 2 tokens; the nonces that were used.
#[derive(Debug, Default)]
pub(super) struct Twitter {
    pairs: HashMap<String, (String, Value)>,
    bearers: HashMap<String, Value>,
    nonces: BTreeSet<String>,
}

impl Twitter {
    pub(super) fn issue_pair(&mut self, user: Value) -> String {
        let token = format!("370773112-{}", self.pairs.len());
        let secret = format!("pair/secret+{}=~", self.pairs.len());
        let credential = format!("{token}:{secret}");
        self.pairs.insert(token, (secret, user));
        credential
    }

    pub(super) fn issue_bearer(&mut self, user: Value) -> String {
        let token = format!("b1RoZXI{}==", self.bearers.len());
        self.bearers.insert(token.clone(), user);
        token
    }

    pub(super) fn verify(&mut self, asked: &Asked, url: &str) -> (u16, Value) {
        let oauth = oauth_parameters(asked.header("authorization"));
        let Some((secret, user)) = oauth.get("oauth_token").and_then(|t| self.pairs.get(t)) else {
            return refusal();
        };
        let mut signed: Vec<_> = asked.query.clone();
        signed.extend(
            oauth
                .clone()
                .into_iter()
                .filter(|(name, _)| name != "oauth_signature"),
        );
        let good = oauth["oauth_consumer_key"] == CONSUMER_KEY
            && oauth["oauth_signature_method"] == "HMAC-SHA1"
            && oauth["oauth_version"] == "1.0"
            && oauth["oauth_timestamp"].parse::<i64>().is_ok()
            && oauth["oauth_signature"] == signature(&format!("{url}{VERIFY}"), signed, secret)
            && self.nonces.insert(oauth["oauth_nonce"].clone());
        if good { (200, user.clone()) } else { refusal() }
    }

    pub(super) fn me(&self, asked: &Asked) -> (u16, Value) {
        let token = asked.header("authorization").strip_prefix("Bearer ");
        match token.and_then(|token| self.bearers.get(token)) {
            Some(user) => (200, json!({ "data": user })),
            None => {
                let problem = json!({ "title": "Unauthorized", "status": 401 });
                (401, problem)
            }
        }
    }
}

/// The parameters of a header field `OAuth name="value", ...`.
fn oauth_parameters(header: &str) -> BTreeMap<String, String> {
    let list = header.strip_prefix("OAuth ").unwrap_or_default();
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    list.split(", ")
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decode(name), decode(value.trim_matches('"'))))
        .collect()
}

fn signature(url: &str, parameters: Vec<(String, String)>, token_secret: &str) -> String {
    let sorted: BTreeSet<String> = parameters
        .into_iter()
        .map(|(name, value)| format!("{}={}", escape(&name), escape(&value)))
        .collect();
    let list = sorted.into_iter().collect::<Vec<_>>().join("&");
    let base = ["GET", url, &list].map(escape).join("&");
    let key = [CONSUMER_SECRET, token_secret].map(escape).join("&");
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    BASE64.encode(hmac::sign(&key, base.as_bytes()).as_ref())
}

fn escape(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(char::from(byte));
            }
            _ => write!(escaped, "%{byte:02X}").expect("a string takes it"),
        }
        escaped
    })
}

fn refusal() -> (u16, Value) {
    let error = json!({ "code": 32, "message": "Could not authenticate you." });
    (401, json!({ "errors": [error] }))
}
