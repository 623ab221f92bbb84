//! The ways to forge a token: of one that is genuine, everything that must not stand in for it.

mod claims;
mod form;
mod header;
mod signature;

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use shared::keys::{Algorithm, KeyFile};

use crate::harness::{keys, kid_of, signer_of};
use crate::tokens::{part, sign_by};

/// What a forger calls it, and what is presented.
pub(super) type Attack = (String, String);

/// A token of ours, taken apart.
pub(super) struct Genuine {
    token: String,
    header: Value,
    claims: Value,
    /// What it is signed by.
    algorithm: Algorithm,
}

impl Genuine {
    pub(super) fn of(token: &str) -> Self {
        let header = part(token, 0);
        let algorithm = match header["alg"].as_str() {
            Some("RS512") => Algorithm::Rs512,
            _ => Algorithm::Rs256,
        };
        Self {
            token: token.to_owned(),
            claims: part(token, 1),
            header,
            algorithm,
        }
    }

    /// All attacks that need nothing but this token, and the platform's own key where a forger is supposed to have it.
    pub(super) async fn attacks(&self) -> Vec<Attack> {
        let mut attacks = self.without_signature();
        attacks.extend(self.under_public_keys());
        attacks.extend(self.under_headers().await);
        attacks.extend(self.under_claims().await);
        attacks.extend(self.under_texts().await);
        attacks.extend(self.under_strangers_keys().await);
        attacks.extend(self.under_other_keys_of_ours().await);
        attacks.extend(self.touched());
        attacks
    }

    /// The same token made by the test: without it, refusals of what else it makes would prove nothing.
    pub(super) async fn copy(&self) -> String {
        self.signed(&self.header, &self.claims).await
    }

    /// Any header and claims under the key that signs this dialect.
    async fn signed(&self, header: &Value, claims: &Value) -> String {
        sign_by(&kid_of(&keys(), self.algorithm), header, claims).await
    }

    /// Any header and claims as texts under that key.
    async fn signed_texts(&self, header: &[u8], claims: &[u8]) -> String {
        let [header, claims] = [header, claims].map(|text| BASE64URL_NOPAD.encode(text));
        self.signed_message(format!("{header}.{claims}")).await
    }

    async fn signed_message(&self, message: String) -> String {
        let kid = kid_of(&keys(), self.algorithm);
        let signature = signer_of(&keys()).sign(&kid, message.as_bytes()).await;
        let signature = signature.expect("a signature");
        format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
    }
}

/// The public keys as they are published.
fn published(keys: &KeyFile) -> Vec<Value> {
    let set = keys.key_set().expect("a key set");
    let jwks = set.to_jwks().into_iter();
    jwks.map(|jwk| json!(jwk)).collect()
}

/// As much of a text as a message needs.
fn start_of(text: &str) -> String {
    text.chars().take(80).collect()
}
