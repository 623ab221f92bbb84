//! Signatures that are none, or that somebody else made.

use aws_lc_rs::hmac;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::json;
use shared::keys::{Algorithm, KeyFile, KeyNumbers};

use super::{Attack, Genuine, published, start_of};
use crate::harness::{keys, kid_of, other_keys, signer_of};
use crate::tokens::{encode, public_key_der, sign_by, with};

impl Genuine {
    /// `alg` none in every spelling (RFC 8725 §2.1), and no signature under a header that demands one.
    pub(super) fn without_signature(&self) -> Vec<Attack> {
        let (_, signature) = self.token.rsplit_once('.').expect("a signature");
        let own = self.header["alg"].as_str().expect("an algorithm");
        let mut attacks = Vec::new();
        for alg in ["none", "None", "NONE", "nOnE", "none ", "", own] {
            let header = with(&self.header, &json!({ "alg": alg }));
            for header in [header.clone(), with(&header, &json!({ "kid": null }))] {
                let message = format!("{}.{}", encode(&header), encode(&self.claims));
                attacks.push((format!("{header}, unsigned"), format!("{message}.")));
                attacks.push((format!("{header}, two parts"), message.clone()));
                if alg != own {
                    let token = format!("{message}.{signature}");
                    attacks.push((format!("{header}, signed"), token));
                }
            }
        }
        attacks
    }

    /// A MAC whose secret is the public key in any of its forms (RFC 8725 §2.1).
    pub(super) fn under_public_keys(&self) -> Vec<Attack> {
        let mut attacks = Vec::new();
        for (what, secret) in public_texts(&keys(), self.algorithm) {
            for (alg, digest) in [
                ("HS256", hmac::HMAC_SHA256),
                ("HS384", hmac::HMAC_SHA384),
                ("HS512", hmac::HMAC_SHA512),
            ] {
                let header = with(&self.header, &json!({ "alg": alg }));
                let message = format!("{}.{}", encode(&header), encode(&self.claims));
                let tag = hmac::sign(&hmac::Key::new(digest, &secret), message.as_bytes());
                let token = format!("{message}.{}", BASE64URL_NOPAD.encode(tag.as_ref()));
                attacks.push((format!("{alg} over {what}"), token));
            }
        }
        attacks
    }

    /// Signed by somebody who has a key, and says so in every way that a header knows.
    pub(super) async fn under_strangers_keys(&self) -> Vec<Attack> {
        let stranger = other_keys();
        let kid = kid_of(&stranger, self.algorithm);
        let jwk = &published(&stranger)[0];
        let mut attacks = Vec::new();
        for changes in [
            json!({}),
            json!({ "kid": kid }),
            json!({ "kid": null }),
            json!({ "jwk": jwk }),
            json!({ "kid": null, "jwk": jwk }),
            json!({ "kid": kid, "jku": "https://attacker.example/jwks.json" }),
            json!({ "kid": "https://attacker.example/jwks.json" }),
            json!({ "x5u": "https://attacker.example/cert.pem" }),
        ] {
            let header = with(&self.header, &changes);
            let message = format!("{}.{}", encode(&header), encode(&self.claims));
            let signature = signer_of(&stranger).sign(&kid, message.as_bytes()).await;
            let signature = BASE64URL_NOPAD.encode(&signature.expect("a signature"));
            let what = format!("a stranger's key, {}", start_of(&changes.to_string()));
            attacks.push((what, format!("{message}.{signature}")));
        }
        attacks
    }

    /// Signed by the key of ours that is not for this dialect.
    pub(super) async fn under_other_keys_of_ours(&self) -> Vec<Attack> {
        let other = match self.algorithm {
            Algorithm::Rs512 => Algorithm::Rs256,
            _ => Algorithm::Rs512,
        };
        let kid = kid_of(&keys(), other);
        let mut attacks = Vec::new();
        for changes in [
            json!({}),
            json!({ "kid": kid }),
            json!({ "alg": other.as_str() }),
            json!({ "kid": kid, "alg": other.as_str() }),
        ] {
            let token = sign_by(&kid, &with(&self.header, &changes), &self.claims).await;
            attacks.push((format!("{} of ours, {changes}", other.as_str()), token));
        }
        attacks
    }
}

/// A public key in the forms in which a careless verifier may hold it, and what else one might take for a secret.
fn public_texts(keys: &KeyFile, algorithm: Algorithm) -> Vec<(&'static str, Vec<u8>)> {
    let set = keys.key_set().expect("a key set");
    let kid = kid_of(keys, algorithm);
    let KeyNumbers::Rsa { modulus, exponent } = &set.find(&kid).expect("a published key").numbers
    else {
        panic!("a key of RSA");
    };
    let der = public_key_der(modulus, exponent);
    let encoded = BASE64.encode(&der);
    let lines: Vec<_> = encoded
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("ASCII"))
        .collect();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        lines.join("\n")
    );
    let jwks = published(keys);
    let jwk = jwks.iter().find(|jwk| jwk["kid"] == kid.as_str());
    let number = BASE64URL_NOPAD
        .decode(modulus.as_bytes())
        .expect("base64url");
    vec![
        ("PEM without line feed", pem.trim_end().as_bytes().to_vec()),
        ("PEM with CRLF", pem.replace('\n', "\r\n").into_bytes()),
        ("PEM", pem.into_bytes()),
        ("DER", der),
        ("DER in base64", encoded.into_bytes()),
        ("JWK", jwk.expect("a JWK").to_string().into_bytes()),
        ("JWKS", json!({ "keys": jwks }).to_string().into_bytes()),
        ("n", modulus.clone().into_bytes()),
        ("modulus", number),
        ("kid", kid.into_bytes()),
        ("nothing", Vec::new()),
        ("a zero", vec![0]),
    ]
}
