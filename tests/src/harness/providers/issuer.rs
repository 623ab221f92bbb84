//! An OpenID Connect issuer: keys that rotate, and tokens that they sign.

use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

/// The client that tokens are for.
pub(crate) const CLIENT_ID: &str = "our-client";

#[derive(Debug)]
pub(super) struct Issuer {
    generation: usize,
    elliptic: EcdsaKeyPair,
}

impl Issuer {
    pub(super) fn new() -> Self {
        let elliptic = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Self {
            generation: 0,
            elliptic: elliptic.expect("a key"),
        }
    }

    pub(super) fn rotate(&mut self) {
        *self = Self {
            generation: self.generation + 1,
            ..Self::new()
        };
    }

    pub(super) fn kid(&self, algorithm: &str) -> String {
        format!("{algorithm}-{}", self.generation)
    }

    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        let encode = |part: &Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
        let message = format!("{}.{}", encode(header), encode(claims));
        let random = SystemRandom::new();
        let signature = if header["alg"] == "ES256" {
            let signature = self.elliptic.sign(&random, message.as_bytes());
            signature.expect("a signature").as_ref().to_vec()
        } else {
            let key = self.rsa();
            let mut signature = vec![0; key.public_modulus_len()];
            key.sign(
                &RSA_PKCS1_SHA256,
                &random,
                message.as_bytes(),
                &mut signature,
            )
            .expect("a signature");
            signature
        };
        format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
    }

    pub(super) fn jwks(&self) -> Value {
        let public = self.rsa().public_key();
        let modulus = public.modulus().big_endian_without_leading_zero();
        let exponent = public.exponent().big_endian_without_leading_zero();
        let point = self.elliptic.public_key().as_ref();
        json!({ "keys": [
            {
                "kty": "RSA",
                "use": "sig",
                "alg": "RS256",
                "kid": self.kid("RS256"),
                "n": BASE64URL_NOPAD.encode(modulus),
                "e": BASE64URL_NOPAD.encode(exponent),
            },
            {
                "kty": "EC",
                "use": "sig",
                "crv": "P-256",
                "kid": self.kid("ES256"),
                "x": BASE64URL_NOPAD.encode(&point[1..33]),
                "y": BASE64URL_NOPAD.encode(&point[33..]),
            },
        ] })
    }

    /// RSA keys are slow to make: two serve all issuers, in turn.
    fn rsa(&self) -> &'static RsaKeyPair {
        static KEYS: [OnceLock<RsaKeyPair>; 2] = [OnceLock::new(), OnceLock::new()];
        KEYS[self.generation % 2]
            .get_or_init(|| RsaKeyPair::generate(KeySize::Rsa2048).expect("a key"))
    }
}

/// The members of both objects; those of the second win, and null takes one away.
pub(crate) fn merged(mut object: Value, with: Value) -> Value {
    let members = object.as_object_mut().expect("an object");
    let Value::Object(with) = with else {
        panic!("{with} is no object");
    };
    for (name, value) in with {
        match value {
            Value::Null => members.remove(&name),
            value => members.insert(name, value),
        };
    }
    object
}
