//! Keys of KMS, at a server that others wrote.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation, decode};
use serde_json::{Map, Value, json};
use shared::aws::{Client, Service};
use shared::domain::{Clock as _, Dialect, SessionId, SystemRandom, UserId};
use shared::keys::{
    Algorithm, Home, KeyRole, KeyState, Kms, KmsKeys, Parameters, RemoteSigner, SecretName,
    Vault as _,
};
use shared::runtime::Aws;
use shared::tokens::{NewToken, Subject, TokenIssuer, TokenSettings, TokenUse, TokenVerifier};

use super::moto;
use crate::harness::TestClock;

/// A client of moto's.
fn client(service: &'static Service) -> Client {
    let environment = [
        ("AWS_ENDPOINT_URL", moto()),
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value));
    Aws::new(environment.into()).client(service)
}

/// The keys of one installation.
fn keys() -> KmsKeys {
    let tag = format!("/gatehouse/{}", UserId::new(&SystemRandom));
    KmsKeys::new(client(Kms::SERVICE), &tag)
}

/// Without any private key.
fn parameters() -> Parameters {
    let kms = || Arc::new(Kms::new(client(Kms::SERVICE))) as Arc<dyn RemoteSigner>;
    let parameters = Parameters::new(client(Parameters::SERVICE), "/gatehouse/moto");
    parameters.with_kms(Arc::new(kms))
}

fn settings() -> TokenSettings {
    TokenSettings {
        issuer: "https://id.example.com".to_owned(),
        audience: "https://id.example.com".to_owned(),
    }
}

/// A token that a key of KMS has signed, taken by our own verifier and by a library that knows nothing of us.
#[tokio::test]
#[ignore = "needs moto's server: .ci/aws starts it"]
async fn keys_of_all_kinds_sign_tokens_that_their_published_halves_verify() {
    let keys = keys();
    let clock = Arc::new(TestClock::standing());
    for algorithm in Algorithm::ALL {
        let mut key = keys.make(algorithm).await.expect("a key");
        assert_eq!((key.algorithm, key.home()), (algorithm, Home::Kms));
        key.state = KeyState::Active;
        let set = shared::keys::KeySet {
            keys: vec![key],
            dropped: Vec::new(),
        };
        let names = [SecretName::Signing(algorithm)];
        let opened = parameters().open(&names).await.expect("there is none");
        let secrets = opened.fit(&set).expect("KMS has it");
        let signer = secrets.signer().expect("a signer");
        let issuer = TokenIssuer::new(signer, settings(), Arc::new(SystemRandom));
        let dialect = match algorithm.role() {
            KeyRole::General => Dialect::UserService,
            KeyRole::Rbac => Dialect::Rbac,
        };
        let verifier = TokenVerifier::new(&set, settings(), Arc::clone(&clock) as _);
        let verifier = verifier.expect("a key that can be read");
        // Signatures of different lengths, too, where the form allows.
        for _ in 0..20 {
            let token = NewToken {
                subject: Subject {
                    user: UserId::new(&SystemRandom),
                    session: SessionId::new(&SystemRandom),
                    project: None,
                    device: None,
                },
                dialect,
                token_use: TokenUse::Access,
                issued_at: clock.now(),
                lifetime: Duration::from_mins(5),
                own_claims: Map::new(),
            };
            let token = issuer.issue(token).await.expect("a token");
            let subject = verifier.verify(&token, TokenUse::Access, dialect);
            subject.expect("it is genuine");
            let jwks: JwkSet =
                serde_json::from_value(json!({ "keys": set.to_jwks() })).expect("a key set");
            let mut rules = Validation::new(match algorithm {
                Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
                Algorithm::Rs512 => jsonwebtoken::Algorithm::RS512,
                Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
            });
            rules.validate_exp = false;
            rules.validate_aud = false;
            let key = DecodingKey::from_jwk(&jwks.keys[0]).expect("a key");
            decode::<Value>(&token, &key, &rules).expect("it is genuine");
        }
    }
}

#[tokio::test]
#[ignore = "needs moto's server: .ci/aws starts it"]
async fn a_key_that_was_left_over_is_found_and_one_that_was_deleted_is_not() {
    let keys = keys();
    let unused = async |algorithm, used: &[&str]| {
        let found = keys.unused(algorithm, used).await.expect("an answer");
        found.and_then(|key| key.kms_key)
    };
    assert_eq!(unused(Algorithm::Es256, &[]).await, None);
    let made = keys.make(Algorithm::Es256).await.expect("a key");
    let id = made.kms_key.expect("its id");
    assert_eq!(unused(Algorithm::Es256, &[]).await.as_deref(), Some(&*id));
    assert_eq!(unused(Algorithm::Rs256, &[]).await, None);
    assert_eq!(unused(Algorithm::Es256, &[&id]).await, None);
    let others = self::keys();
    let foreign = others.unused(Algorithm::Es256, &[]).await;
    assert!(foreign.expect("an answer").is_none());
    for _ in 0..2 {
        keys.delete(&id).await.expect("it is deleted, or was");
    }
}
