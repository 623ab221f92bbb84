//! AWS KMS: the six operations that are used, as its API reference describes them, with keys that really sign. Where moto stands
//! behind the endpoint, keys lie with it, and it signs.

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

use super::moto::Account;
use crate::harness::connector::Call;

/// Keys in the order that they were made in.
#[derive(Debug)]
pub(crate) struct KmsService {
    keys: Mutex<Vec<Key>>,
    /// Has the keys, if it is there.
    moto: Option<Account>,
}

#[derive(Debug)]
struct Key {
    id: String,
    spec: String,
    tags: Vec<(String, String)>,
    description: String,
    /// Nothing where moto has it.
    pair: Option<Arc<Pair>>,
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
    /// Without keys, at moto if the environment names one.
    pub(crate) fn of_environment() -> Self {
        Self {
            keys: Mutex::default(),
            moto: Account::of_environment(),
        }
    }

    /// Answers a call of the protocol (AWS JSON 1.1): status and body.
    pub(crate) async fn answer(&self, call: Call<'_>) -> (u16, String) {
        let (operation, body) = (call.operation(), call.json());
        if let Err((kind, message)) = self.check(operation, &body) {
            let body = json!({ "__type": kind, "message": message });
            return (400, body.to_string());
        }
        let Some(moto) = &self.moto else {
            return (200, self.answer_alone(operation, &body).to_string());
        };
        let (status, answer) = moto.ask(call).await;
        if status == 200 {
            self.note(operation, &body, &answer);
        }
        (status, answer)
    }

    /// All keys: id, specification, description, and whether it is to be deleted.
    pub(crate) fn dump(&self) -> Vec<(String, String, String, bool)> {
        let keys = self.lock();
        let parts = |key: &Key| {
            let (spec, description) = (key.spec.clone(), key.description.clone());
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

    /// Makes a key of somebody else's, and has the next of its kind ready: to make one takes longer than a function waits.
    pub(crate) async fn put_foreign(&self, spec: &str) {
        let body = json!({ "KeySpec": spec, "KeyUsage": "SIGN_VERIFY", "Description": "theirs",
            "Tags": [{ "TagKey": "gatehouse", "TagValue": "/gatehouse/another" }] });
        let (status, answer) = self
            .answer(Call {
                target: "TrentService.CreateKey",
                body: body.to_string().as_bytes(),
            })
            .await;
        assert_eq!(status, 200, "{answer}");
        if self.moto.is_none() {
            let number = count(&self.lock(), spec);
            pair(spec, number);
        }
    }

    /// Why a call is refused, whoever would answer it. moto goes on with a key that is to be deleted.
    fn check(&self, operation: &str, body: &Value) -> Result<(), Refusal> {
        match operation {
            "CreateKey" => return check_specification(body),
            "ListKeys" | "ListResourceTags" => return Ok(()),
            "GetPublicKey" => {}
            "Sign" => check_signing(body)?,
            "ScheduleKeyDeletion" => check_window(body)?,
            _ => return Err(("UnknownOperationException", "not served")),
        }
        let keys = self.lock();
        let key = keys.iter().find(|key| key.id == body["KeyId"]);
        let key = key.ok_or(("NotFoundException", "no such key"))?;
        let fits = operation != "Sign" || key.signs_by(&body["SigningAlgorithm"]);
        match (key.is_deleted, fits) {
            (true, _) => Err(("KMSInvalidStateException", "pending deletion")),
            (false, false) => Err(("InvalidKeyUsageException", "not by this key")),
            (false, true) => Ok(()),
        }
    }

    /// Answers a call that is not refused.
    fn answer_alone(&self, operation: &str, body: &Value) -> Value {
        match operation {
            "CreateKey" => self.create(body),
            "GetPublicKey" => self.public_key(body),
            "Sign" => self.sign(body),
            "ScheduleKeyDeletion" => self.delete(body),
            "ListKeys" => self.list(body),
            _ => self.tags(body),
        }
    }

    /// Remembers what moto has done.
    fn note(&self, operation: &str, body: &Value, answer: &str) {
        match operation {
            "CreateKey" => {
                let made: Value = serde_json::from_str(answer).expect("JSON");
                let id = made["KeyMetadata"]["KeyId"].as_str().expect("an id");
                self.lock().push(Key::new(id.to_owned(), body, None));
            }
            "ScheduleKeyDeletion" => {
                self.delete(body);
            }
            _ => {}
        }
    }

    fn create(&self, body: &Value) -> Value {
        let mut keys = self.lock();
        let spec = body["KeySpec"].as_str().expect("it was checked");
        let pair = pair(spec, count(&keys, spec));
        let id = format!("1234abcd-12ab-34cd-56ef-{:012}", keys.len());
        let key = Key::new(id, body, Some(pair));
        let metadata = json!({ "KeyId": key.id, "KeySpec": spec, "KeyUsage": "SIGN_VERIFY",
            "KeyState": "Enabled", "Enabled": true, "Description": key.description });
        keys.push(key);
        json!({ "KeyMetadata": metadata })
    }

    fn public_key(&self, body: &Value) -> Value {
        self.with_pair(body, |key, pair| {
            let der = match pair {
                Pair::Rsa(pair) => pair.public_key().as_der(),
                Pair::P256(pair) => pair.public_key().as_der(),
            };
            let der: PublicKeyX509Der<'_> = der.expect("a public key");
            json!({ "KeyId": key.id, "KeySpec": key.spec, "KeyUsage": "SIGN_VERIFY",
                "PublicKey": BASE64.encode(der.as_ref()) })
        })
    }

    fn sign(&self, body: &Value) -> Value {
        let message = message_of(body);
        let algorithm = &body["SigningAlgorithm"];
        self.with_pair(body, |key, pair| {
            let random = SystemRandom::new();
            let signature = match pair {
                Pair::Rsa(pair) => {
                    let encoding = if algorithm == "RSASSA_PKCS1_V1_5_SHA_256" {
                        &RSA_PKCS1_SHA256
                    } else {
                        &RSA_PKCS1_SHA512
                    };
                    let mut signature = vec![0; pair.public_modulus_len()];
                    pair.sign(encoding, &random, &message, &mut signature)
                        .expect("a signature");
                    signature
                }
                Pair::P256(pair) => {
                    let signature = pair.sign(&random, &message).expect("a signature");
                    signature.as_ref().to_vec()
                }
            };
            json!({ "KeyId": key.id, "Signature": BASE64.encode(&signature),
                "SigningAlgorithm": algorithm })
        })
    }

    fn delete(&self, body: &Value) -> Value {
        let mut keys = self.lock();
        let mut keys = keys.iter_mut();
        let key = keys.find(|key| key.id == body["KeyId"]);
        key.expect("it was checked").is_deleted = true;
        json!({ "KeyId": body["KeyId"], "KeyState": "PendingDeletion",
            "PendingWindowInDays": body["PendingWindowInDays"] })
    }

    fn list(&self, body: &Value) -> Value {
        let keys = self.lock();
        let start = body["Marker"].as_str().unwrap_or("0");
        let start: usize = start.parse().expect("a marker of ours");
        let page = keys.iter().skip(start).take(PAGE);
        let page: Vec<_> = page
            .map(|key| json!({ "KeyId": key.id, "KeyArn": arn(&key.id) }))
            .collect();
        let mut answer = json!({ "Keys": page, "Truncated": false });
        if start + PAGE < keys.len() {
            answer["Truncated"] = json!(true);
            answer["NextMarker"] = json!((start + PAGE).to_string());
        }
        answer
    }

    fn tags(&self, body: &Value) -> Value {
        let tags = self.tags_of(body["KeyId"].as_str().unwrap_or_default());
        let tags = tags.iter();
        let tags: Vec<_> = tags
            .map(|(key, value)| json!({ "TagKey": key, "TagValue": value }))
            .collect();
        json!({ "Tags": tags, "Truncated": false })
    }

    /// What is done with both halves of a key.
    fn with_pair(&self, body: &Value, work: impl FnOnce(&Key, &Pair) -> Value) -> Value {
        let keys = self.lock();
        let key = keys.iter().find(|key| key.id == body["KeyId"]);
        let key = key.expect("it was checked");
        work(key, key.pair.as_ref().expect("a key of our own"))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Key>> {
        self.keys.lock().expect("no panic inside")
    }
}

impl Key {
    /// As it was asked for.
    fn new(id: String, body: &Value, pair: Option<Arc<Pair>>) -> Self {
        let tags = body["Tags"].as_array().into_iter().flatten();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            id,
            spec: text(&body["KeySpec"]),
            tags: tags
                .map(|tag| (text(&tag["TagKey"]), text(&tag["TagValue"])))
                .collect(),
            description: text(&body["Description"]),
            pair,
            is_deleted: false,
        }
    }

    fn signs_by(&self, algorithm: &Value) -> bool {
        let algorithms: &[&str] = if self.spec == "ECC_NIST_P256" {
            &["ECDSA_SHA_256"]
        } else {
            &["RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PKCS1_V1_5_SHA_512"]
        };
        algorithms.iter().any(|known| algorithm == known)
    }
}

/// How many keys of a kind there are.
fn count(keys: &[Key], spec: &str) -> usize {
    keys.iter().filter(|key| key.spec == spec).count()
}

fn check_specification(body: &Value) -> Result<(), Refusal> {
    let specifications = ["RSA_2048", "RSA_4096", "ECC_NIST_P256"];
    if body["KeyUsage"] != "SIGN_VERIFY" {
        return Err(("ValidationException", "keys here sign"));
    }
    if !specifications.iter().any(|known| body["KeySpec"] == *known) {
        return Err(("ValidationException", "no such specification"));
    }
    Ok(())
}

/// What moto does with a digest is not what KMS does; none is sent.
fn check_signing(body: &Value) -> Result<(), Refusal> {
    if body["MessageType"] != "RAW" || !(1..=MAX_MESSAGE).contains(&message_of(body).len()) {
        return Err(("ValidationException", "1 to 4096 bytes as they are"));
    }
    Ok(())
}

fn check_window(body: &Value) -> Result<(), Refusal> {
    let days = body["PendingWindowInDays"].as_u64();
    if days.is_some_and(|days| (7..=30).contains(&days)) {
        return Ok(());
    }
    Err(("ValidationException", "7 to 30 days"))
}

fn message_of(body: &Value) -> Vec<u8> {
    let message = body["Message"].as_str().unwrap_or_default();
    BASE64.decode(message.as_bytes()).expect("base64")
}

/// A key's ARN.
pub(super) fn arn(id: &str) -> String {
    format!("arn:aws:kms:eu-central-1:123456789012:key/{id}")
}

/// RSA keys are slow to make: all services have the same ones, each in its turn.
fn pair(spec: &str, number: usize) -> Arc<Pair> {
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
