//! The ways to forge a token: of one that is genuine, everything that must not stand in for it.

use aws_lc_rs::hmac;
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER};
use serde_json::{Value, json};
use shared::keys::{Algorithm, KeyFile, KeyNumbers};

use crate::harness::{PUBLIC_URL, keys, kid_of, other_keys, signer_of};
use crate::tokens::{encode, part, public_key_der, sign_by, with};

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

    /// `alg` none in every spelling (RFC 8725 §2.1), and no signature under a header that demands one.
    fn without_signature(&self) -> Vec<Attack> {
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
    fn under_public_keys(&self) -> Vec<Attack> {
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

    /// Headers that we would not write, under the right key.
    async fn under_headers(&self) -> Vec<Attack> {
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

    /// Claims that are not meant for here, or are not as we write them, under the right key.
    async fn under_claims(&self) -> Vec<Attack> {
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
        let names = [
            "iss",
            "aud",
            "sub",
            "iat",
            "nbf",
            "exp",
            "jti",
            "sid",
            "token_use",
            "dialect",
        ];
        for name in names {
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
        for name in names {
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

    /// Texts that are no JSON, or that two readers read differently, under the right key.
    async fn under_texts(&self) -> Vec<Attack> {
        let (header, claims) = (self.header.to_string(), self.claims.to_string());
        let deep = "[".repeat(700) + &"]".repeat(700);
        let twice = |text: &str, member: &str| format!("{{{member},{}", &text[1..]);
        let mut attacks = Vec::new();
        for (what, header, claims) in [
            (
                "alg twice",
                twice(&header, "\"alg\":\"none\""),
                claims.clone(),
            ),
            ("kid twice", twice(&header, "\"kid\":\"x\""), claims.clone()),
            (
                "typ twice",
                twice(&header, "\"typ\":\"JWT\""),
                claims.clone(),
            ),
            (
                "exp twice",
                header.clone(),
                twice(&claims, "\"exp\":9999999999"),
            ),
            ("sub twice", header.clone(), twice(&claims, "\"sub\":\"x\"")),
            ("aud twice", header.clone(), twice(&claims, "\"aud\":\"x\"")),
            ("a deep header", deep.clone(), claims.clone()),
            ("deep claims", header.clone(), deep.clone()),
            ("a list as header", format!("[{header}]"), claims.clone()),
            ("a list as claims", header.clone(), format!("[{claims}]")),
            (
                "a text as header",
                json!(header).to_string(),
                claims.clone(),
            ),
            (
                "a text as claims",
                header.clone(),
                json!(claims).to_string(),
            ),
            ("null as claims", header.clone(), "null".to_owned()),
            ("no claims", header.clone(), String::new()),
            ("no header", String::new(), claims.clone()),
            ("empty objects", "{}".to_owned(), "{}".to_owned()),
            (
                "more after the header",
                header.clone() + "{}",
                claims.clone(),
            ),
            (
                "more after the claims",
                header.clone(),
                claims.clone() + "{}",
            ),
            (
                "a byte order mark",
                format!("\u{feff}{header}"),
                claims.clone(),
            ),
            ("a comment", header.clone(), claims.clone() + "//"),
        ] {
            let token = self
                .signed_texts(header.as_bytes(), claims.as_bytes())
                .await;
            attacks.push((what.to_owned(), token));
        }
        let spoilt = [claims.as_bytes(), &[0xff]].concat();
        let token = self.signed_texts(header.as_bytes(), &spoilt).await;
        attacks.push(("claims in no text".to_owned(), token));
        // RFC 7797: the claims as they are, and signed so.
        let unencoded = with(&self.header, &json!({ "b64": false, "crit": ["b64"] }));
        let token = self.signed_message(format!("{}.{claims}", encode(&unencoded)));
        attacks.push(("unencoded claims".to_owned(), token.await));
        attacks
    }

    /// Signed by somebody who has a key, and says so in every way that a header knows.
    async fn under_strangers_keys(&self) -> Vec<Attack> {
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
    async fn under_other_keys_of_ours(&self) -> Vec<Attack> {
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

    /// The token itself, cut, extended, spoilt and written otherwise.
    fn touched(&self) -> Vec<Attack> {
        let token = self.token.as_str();
        let parts: Vec<_> = token.split('.').collect();
        let [header, claims, signature] = [parts[0], parts[1], parts[2]];
        let message = format!("{header}.{claims}");
        let bytes = BASE64URL_NOPAD
            .decode(signature.as_bytes())
            .expect("base64url");
        let promoted = with(&self.claims, &json!({ "permissionLevel": 2, "sub": "*" }));
        let flipped = if signature.starts_with('A') { 'B' } else { 'A' };
        let flattened = json!({ "protected": header, "payload": claims, "signature": signature });
        let general = json!({
            "payload": claims, "signatures": [{ "protected": header, "signature": signature }],
        });
        let signed = |bytes: &[u8]| format!("{message}.{}", BASE64URL_NOPAD.encode(bytes));
        let attacks = [
            (
                "other claims",
                format!("{header}.{}.{signature}", encode(&promoted)),
            ),
            ("cut by one", token[..token.len() - 1].to_owned()),
            ("cut in half", token[..token.len() / 2].to_owned()),
            ("a byte less", signed(&bytes[1..])),
            ("the last byte less", signed(&bytes[..bytes.len() - 1])),
            ("a zero before", signed(&[&[0], bytes.as_slice()].concat())),
            ("a zero behind", signed(&[bytes.as_slice(), &[0]].concat())),
            ("zeros", signed(&vec![0; bytes.len()])),
            (
                "a one",
                signed(&[&vec![0; bytes.len() - 1], [1].as_slice()].concat()),
            ),
            ("ones", signed(&vec![0xff; bytes.len()])),
            ("zeros of ES256", signed(&[0; 64])),
            ("the signature twice", signed(&bytes.repeat(2))),
            (
                "hexadecimal",
                format!("{message}.{}", HEXLOWER.encode(&bytes)),
            ),
            (
                "standard base64",
                format!("{message}.{}+/", BASE64_NOPAD.encode(&bytes)),
            ),
            (
                "padded base64",
                format!("{message}.{}", BASE64.encode(&bytes)),
            ),
            (
                "padded base64url",
                format!("{message}.{}", BASE64URL.encode(&bytes)),
            ),
            ("padded", format!("{token}=")),
            ("padded twice", format!("{token}==")),
            ("a padded header", format!("{header}=.{claims}.{signature}")),
            ("padded claims", format!("{header}.{claims}=.{signature}")),
            ("extended", format!("{token}A")),
            ("extended by a group", format!("{token}AAAA")),
            (
                "a bit flipped",
                format!("{message}.{flipped}{}", &signature[1..]),
            ),
            ("parts exchanged", format!("{claims}.{header}.{signature}")),
            ("a fourth part", format!("{token}.e30")),
            ("an empty fourth part", format!("{token}.")),
            ("an empty first part", format!(".{token}")),
            ("five parts", format!("{token}.a.b")),
            (
                "an encrypted one",
                format!("{header}..AAAA.{claims}.{signature}"),
            ),
            ("only dots", "..".to_owned()),
            ("a word", "garbage".to_owned()),
            ("an empty one", "e30.e30.e30".to_owned()),
            ("a space inside", token.replace('.', " .")),
            ("quoted", format!("\"{token}\"")),
            ("twice", format!("{token},{token}")),
            ("percent-encoded", token.replace('.', "%2E")),
            ("JSON, flattened", flattened.to_string()),
            ("JSON, general", general.to_string()),
            ("5 kB", "a".repeat(5000)),
            (
                "5 kB of parts",
                format!("{header}.{}.{signature}", "A".repeat(5000)),
            ),
        ];
        attacks
            .map(|(what, token)| (what.to_owned(), token))
            .to_vec()
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
