//! AWS KMS: the six operations that are used, as its API reference describes them, with keys that really sign.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512,
    RsaKeyPair,
};
use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::harness::connector::Call;

/// Keys in the order that they were made in.
#[derive(Debug, Default)]
pub(crate) struct KmsService {
    keys: Mutex<Vec<Key>>,
}

#[derive(Debug)]
struct Key {
    id: String,
    spec: &'static str,
    tags: Vec<(String, String)>,
    description: String,
    pair: Arc<Pair>,
    is_deleted: bool,
}

#[derive(Debug)]
enum Pair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
}

/// An error's name and message.
type Refusal = (&'static str, &'static str);

/// Longest message that is signed as it is.
const MAX_MESSAGE: usize = 4096;
const PAGE: usize = 100;

impl KmsService {
    /// Answers a call of the protocol (AWS JSON 1.1): status and body.
    pub(crate) fn answer(&self, call: Call<'_>) -> (u16, String) {
        let body = call.json();
        let answer = match call.operation() {
            "CreateKey" => self.create(&body),
            "GetPublicKey" => self.public_key(&body),
            "Sign" => self.sign(&body),
            "ScheduleKeyDeletion" => self.delete(&body),
            "ListKeys" => self.list(&body),
            "ListResourceTags" => Ok(self.tags(&body)),
            _ => Err(("UnknownOperationException", "not served")),
        };
        match answer {
            Ok(answer) => (200, answer.to_string()),
            Err((kind, message)) => {
                let body = json!({ "__type": kind, "message": message });
                (400, body.to_string())
            }
        }
    }

    /// All keys: id, specification, description, and whether it is to be deleted.
    pub(crate) fn dump(&self) -> Vec<(String, String, String, bool)> {
        let keys = self.lock();
        let parts = |key: &Key| {
            let (spec, description) = (key.spec.to_owned(), key.description.clone());
            (key.id.clone(), spec, description, key.is_deleted)
        };
        keys.iter().map(parts).collect()
    }

    /// What a key is tagged with; nothing if there is no such key.
    pub(crate) fn tags_of(&self, id: &str) -> Vec<(String, String)> {
        let keys = self.lock();
        let key = keys.iter().find(|key| key.id == id);
        key.map(|key| key.tags.clone()).unwrap_or_default()
    }

    /// Makes a key of somebody else's.
    pub(crate) fn put_foreign(&self, spec: &str) {
        let body = json!({ "KeySpec": spec, "KeyUsage": "SIGN_VERIFY", "Description": "theirs",
            "Tags": [{ "TagKey": "gatehouse", "TagValue": "/gatehouse/another" }] });
        self.create(&body).expect("a new key");
    }

    fn create(&self, body: &Value) -> Result<Value, Refusal> {
        if body["KeyUsage"] != "SIGN_VERIFY" {
            return Err(("ValidationException", "keys here sign"));
        }
        let mut keys = self.lock();
        let spec = match body["KeySpec"].as_str() {
            Some("RSA_2048") => "RSA_2048",
            Some("RSA_4096") => "RSA_4096",
            Some("ECC_NIST_P256") => "ECC_NIST_P256",
            _ => return Err(("ValidationException", "no such specification")),
        };
        let number = keys.iter().filter(|key| key.spec == spec).count();
        let tags = body["Tags"].as_array().into_iter().flatten();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let key = Key {
            id: format!("1234abcd-12ab-34cd-56ef-{:012}", keys.len()),
            spec,
            tags: tags
                .map(|tag| (text(&tag["TagKey"]), text(&tag["TagValue"])))
                .collect(),
            description: text(&body["Description"]),
            pair: pair(spec, number),
            is_deleted: false,
        };
        let metadata = json!({ "KeyId": key.id, "KeySpec": spec, "KeyUsage": "SIGN_VERIFY",
            "KeyState": "Enabled", "Enabled": true, "Description": key.description });
        keys.push(key);
        Ok(json!({ "KeyMetadata": metadata }))
    }

    fn public_key(&self, body: &Value) -> Result<Value, Refusal> {
        self.usable(body, |key| {
            let der = match &*key.pair {
                Pair::Rsa(pair) => pair.public_key().as_der(),
                Pair::P256(pair) => pair.public_key().as_der(),
            };
            let der: PublicKeyX509Der<'_> = der.expect("a public key");
            Ok(
                json!({ "KeyId": key.id, "KeySpec": key.spec, "KeyUsage": "SIGN_VERIFY",
                "PublicKey": BASE64.encode(der.as_ref()) }),
            )
        })
    }

    fn sign(&self, body: &Value) -> Result<Value, Refusal> {
        let message = body["Message"].as_str().unwrap_or_default();
        let message = BASE64.decode(message.as_bytes()).expect("base64");
        if body["MessageType"] != "RAW" || message.is_empty() || message.len() > MAX_MESSAGE {
            return Err(("ValidationException", "1 to 4096 bytes as they are"));
        }
        self.usable(body, |key| {
            let random = SystemRandom::new();
            let algorithm = body["SigningAlgorithm"].as_str().unwrap_or_default();
            let rsa = |pair: &RsaKeyPair, encoding| {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &random, &message, &mut signature)
                    .expect("a signature");
                signature
            };
            let signature = match (&*key.pair, algorithm) {
                (Pair::Rsa(pair), "RSASSA_PKCS1_V1_5_SHA_256") => rsa(pair, &RSA_PKCS1_SHA256),
                (Pair::Rsa(pair), "RSASSA_PKCS1_V1_5_SHA_512") => rsa(pair, &RSA_PKCS1_SHA512),
                (Pair::P256(pair), "ECDSA_SHA_256") => {
                    let signature = pair.sign(&random, &message).expect("a signature");
                    signature.as_ref().to_vec()
                }
                _ => return Err(("InvalidKeyUsageException", "not by this key")),
            };
            Ok(
                json!({ "KeyId": key.id, "Signature": BASE64.encode(&signature),
                "SigningAlgorithm": algorithm }),
            )
        })
    }

    fn delete(&self, body: &Value) -> Result<Value, Refusal> {
        let days = body["PendingWindowInDays"].as_u64().unwrap_or(30);
        if !(7..=30).contains(&days) {
            return Err(("ValidationException", "7 to 30 days"));
        }
        let mut keys = self.lock();
        let mut keys = keys.iter_mut();
        let key = keys.find(|key| key.id == body["KeyId"]);
        let key = key.ok_or(("NotFoundException", "no such key"))?;
        if std::mem::replace(&mut key.is_deleted, true) {
            return Err(("KMSInvalidStateException", "pending deletion"));
        }
        Ok(json!({ "KeyId": key.id, "KeyState": "PendingDeletion", "PendingWindowInDays": days }))
    }

    fn list(&self, body: &Value) -> Result<Value, Refusal> {
        let keys = self.lock();
        let start = body["Marker"].as_str().unwrap_or("0");
        let start: usize = start.parse().map_err(|_| ("InvalidMarkerException", ""))?;
        let page = keys.iter().skip(start).take(PAGE);
        let page: Vec<_> = page
            .map(|key| json!({ "KeyId": key.id, "KeyArn": arn(&key.id) }))
            .collect();
        let mut answer = json!({ "Keys": page, "Truncated": false });
        if start + PAGE < keys.len() {
            answer["Truncated"] = json!(true);
            answer["NextMarker"] = json!((start + PAGE).to_string());
        }
        Ok(answer)
    }

    fn tags(&self, body: &Value) -> Value {
        let tags = self.tags_of(body["KeyId"].as_str().unwrap_or_default());
        let tags = tags.iter();
        let tags: Vec<_> = tags
            .map(|(key, value)| json!({ "TagKey": key, "TagValue": value }))
            .collect();
        json!({ "Tags": tags, "Truncated": false })
    }

    /// What is done with a key that is there and not to be deleted.
    fn usable(
        &self,
        body: &Value,
        work: impl FnOnce(&Key) -> Result<Value, Refusal>,
    ) -> Result<Value, Refusal> {
        let keys = self.lock();
        let key = keys.iter().find(|key| key.id == body["KeyId"]);
        let key = key.ok_or(("NotFoundException", "no such key"))?;
        if key.is_deleted {
            return Err(("KMSInvalidStateException", "pending deletion"));
        }
        work(key)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Key>> {
        self.keys.lock().expect("no panic inside")
    }
}

/// A key's ARN.
pub(super) fn arn(id: &str) -> String {
    format!("arn:aws:kms:eu-central-1:123456789012:key/{id}")
}

/// RSA keys are slow to make: all services have the same ones, each in its turn.
fn pair(spec: &'static str, number: usize) -> Arc<Pair> {
    static SHORT: [OnceLock<Arc<Pair>>; 4] = [const { OnceLock::new() }; 4];
    static LONG: [OnceLock<Arc<Pair>>; 4] = [const { OnceLock::new() }; 4];
    let rsa = |size| Arc::new(Pair::Rsa(RsaKeyPair::generate(size).expect("a key")));
    match spec {
        "RSA_2048" => Arc::clone(SHORT[number].get_or_init(|| rsa(KeySize::Rsa2048))),
        "RSA_4096" => Arc::clone(LONG[number].get_or_init(|| rsa(KeySize::Rsa4096))),
        _ => {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING);
            Arc::new(Pair::P256(pair.expect("a key")))
        }
    }
}
