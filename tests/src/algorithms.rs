//! The two algorithms: which dialect's tokens are signed by which, and that a key of the one makes no token of the other.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom as KeyRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaKeyPair};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};
use shared::domain::{
    Clock as _, DeviceId, Dialect, ProjectId, Session, SessionId, SystemRandom, UserId,
};
use shared::error::Error;
use shared::keys::{Algorithm, KeyFile, KeyNumbers, KeyRole, KeySet, KeyState, SigningKey, Step};
use shared::tokens::{NewToken, Subject, TokenIssuer, TokenSettings, TokenUse, TokenVerifier};

use crate::harness::{TestClock, keys, kid_of, private_key, signer_of};

/// Those that the keys of the tests are for.
const RSA: [Algorithm; 2] = [Algorithm::Rs256, Algorithm::Rs512];
/// Most characters of a parameter in the standard tier.
const MAX_PARAMETER_CHARS: usize = 4096;

fn settings() -> TokenSettings {
    TokenSettings {
        issuer: "https://id.example.com".to_owned(),
        audience: "https://id.example.com".to_owned(),
    }
}

fn key_set() -> KeySet {
    keys().key_set().expect("a key set")
}

/// What the keys of the tests sign a dialect's tokens by.
fn of(dialect: Dialect) -> Algorithm {
    match KeyRole::of(dialect) {
        KeyRole::General => Algorithm::Rs256,
        KeyRole::Rbac => Algorithm::Rs512,
    }
}

fn verifier() -> TokenVerifier {
    let clock = Arc::new(TestClock::standing());
    TokenVerifier::new(&key_set(), settings(), clock).expect("keys that can be read")
}

fn session(dialect: Dialect) -> Session {
    let now = TestClock::standing().now();
    let is_identify = dialect == Dialect::Identify;
    Session {
        generation: 0,
        cookie: None,
        project: is_identify.then(|| ProjectId::new(&SystemRandom)),
        device: is_identify.then(|| DeviceId::new(&SystemRandom)),
        id: SessionId::new(&SystemRandom),
        user: UserId::new(&SystemRandom),
        dialect,
        credential_version: 1,
        created_at: now,
        expires_at: now,
    }
}

/// A token as a dialect issues it.
async fn issued(session: &Session, token_use: TokenUse) -> String {
    let signer = signer_of(&keys());
    let issuer = TokenIssuer::new(signer, settings(), Arc::new(SystemRandom));
    let token = NewToken {
        subject: Subject::of(session),
        dialect: session.dialect,
        token_use,
        issued_at: session.created_at,
        lifetime: Duration::from_mins(5),
        own_claims: Map::new(),
    };
    issuer.issue(token).await.expect("a token")
}

fn decoded(segment: &str) -> Value {
    let bytes = BASE64URL_NOPAD.decode(segment.as_bytes());
    serde_json::from_slice(&bytes.expect("base64url")).expect("JSON")
}

/// What a forger may choose: the header's `alg`, the key in its `kid`, the key that signs, and by which digest.
#[derive(Debug, Clone, Copy)]
struct Forgery {
    alg: Algorithm,
    kid: Algorithm,
    key: Algorithm,
    digest: Algorithm,
}

impl Forgery {
    fn all() -> impl Iterator<Item = Self> {
        (0..16).map(|choice: usize| {
            let of = |bit: usize| RSA[(choice >> bit) & 1];
            Self {
                alg: of(0),
                kid: of(1),
                key: of(2),
                digest: of(3),
            }
        })
    }

    fn is_all(self, algorithm: Algorithm) -> bool {
        [self.alg, self.kid, self.key, self.digest] == [algorithm; 4]
    }

    /// The same claims, signed anew.
    fn of(self, genuine: &str) -> String {
        let segments: Vec<_> = genuine.split('.').collect();
        let mut header = decoded(segments[0]);
        header["alg"] = json!(self.alg.as_str());
        header["kid"] = json!(kid_of(&keys(), self.kid));
        let header = BASE64URL_NOPAD.encode(header.to_string().as_bytes());
        let message = format!("{header}.{}", segments[1]);
        let (_, pkcs8) = private_key(&keys(), self.key);
        let pkcs8 = BASE64.decode(pkcs8.as_bytes()).expect("base64");
        let pair = RsaKeyPair::from_pkcs8(&pkcs8).expect("a key");
        let digest = match self.digest {
            Algorithm::Rs512 => &RSA_PKCS1_SHA512,
            _ => &RSA_PKCS1_SHA256,
        };
        let mut signature = vec![0; pair.public_modulus_len()];
        let random = KeyRandom::new();
        pair.sign(digest, &random, message.as_bytes(), &mut signature)
            .expect("a signature");
        format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
    }
}

#[tokio::test]
async fn the_tokens_of_a_dialect_are_signed_by_its_algorithm() {
    for dialect in Dialect::ALL {
        let (alg, bytes) = match dialect {
            Dialect::Rbac => ("RS512", 512),
            _ => ("RS256", 256),
        };
        let algorithm = of(dialect);
        assert_eq!(algorithm.as_str(), alg, "{dialect}");
        let session = session(dialect);
        for (token_use, typ) in [(TokenUse::Access, "at+jwt"), (TokenUse::Refresh, "rt+jwt")] {
            let token = issued(&session, token_use).await;
            let segments: Vec<_> = token.split('.').collect();
            let kid = kid_of(&keys(), algorithm);
            assert_eq!(
                decoded(segments[0]),
                json!({ "alg": alg, "kid": kid, "typ": typ }),
                "{dialect}"
            );
            let signature = BASE64URL_NOPAD.decode(segments[2].as_bytes());
            assert_eq!(signature.expect("base64url").len(), bytes, "{dialect}");
            let subject = verifier().verify(&token, token_use, dialect);
            let expected = Subject {
                user: session.user,
                session: session.id,
                project: session.project,
                device: session.device,
            };
            assert_eq!(subject.expect("it is genuine"), expected, "{dialect}");
        }
    }
}

#[tokio::test]
async fn a_token_opens_no_other_dialect() {
    let verifier = verifier();
    for own in Dialect::ALL {
        let token = issued(&session(own), TokenUse::Access).await;
        for dialect in Dialect::ALL {
            let subject = verifier.verify(&token, TokenUse::Access, dialect);
            assert_eq!(subject.is_ok(), dialect == own, "{own} at {dialect}");
        }
    }
}

/// Whoever has one of the two private keys: the other one's dialects are closed, whatever the header says.
#[tokio::test]
async fn a_token_is_taken_only_under_the_key_and_the_algorithm_of_its_dialect() {
    let verifier = verifier();
    for dialect in Dialect::ALL {
        for token_use in [TokenUse::Access, TokenUse::Refresh] {
            let genuine = issued(&session(dialect), token_use).await;
            let mut opened = 0;
            for forgery in Forgery::all() {
                let token = forgery.of(&genuine);
                let subject = verifier.verify(&token, token_use, dialect);
                if forgery.is_all(of(dialect)) {
                    subject.expect("this one is no forgery");
                    opened += 1;
                    continue;
                }
                let fault = subject.expect_err("a forgery");
                let refused = matches!(fault, Error::InvalidToken);
                assert!(refused, "{dialect}, {forgery:?}: {fault:?}");
            }
            assert_eq!(opened, 1, "{dialect}");
        }
    }
}

#[test]
fn a_private_key_has_the_size_of_its_algorithm() {
    for own in RSA {
        let (_, text) = private_key(&keys(), own);
        let text = SecretString::from(text);
        for algorithm in Algorithm::ALL {
            let read = SigningKey::from_pkcs8(algorithm, &text);
            assert_eq!(read.is_ok(), algorithm == own, "{own:?} as {algorithm:?}");
        }
        let key = SigningKey::from_pkcs8(own, &text).expect("a key");
        assert_eq!(key.kid(), kid_of(&keys(), own));
        let written = key.to_pkcs8().expect("it can be written");
        assert_eq!(written.expose_secret(), text.expose_secret());
        let KeyNumbers::Rsa { modulus, .. } = key.public(KeyState::Active).numbers else {
            panic!("{own:?} is of RSA");
        };
        let modulus = BASE64URL_NOPAD.decode(modulus.as_bytes());
        let bytes = if own == Algorithm::Rs512 { 512 } else { 256 };
        assert_eq!(modulus.expect("base64url").len(), bytes);
    }
}

#[test]
fn a_private_key_fits_into_a_parameter_of_the_tier_that_costs_nothing() {
    for algorithm in RSA {
        let (name, text) = private_key(&keys(), algorithm);
        assert!(
            text.len() <= MAX_PARAMETER_CHARS,
            "{name}: {} characters",
            text.len()
        );
    }
}

#[test]
fn in_every_role_that_was_opened_the_active_key_is_needed() {
    let opened = || keys().open_all().expect("secrets");
    let secrets = opened().fit(&key_set()).expect("all are published");
    let signer = secrets.signer().expect("a signer");
    for algorithm in RSA {
        let kid = kid_of(&keys(), algorithm);
        let active = signer.active(algorithm.role()).expect("a key");
        assert_eq!((active.kid, active.algorithm), (&*kid, algorithm));
        let mut without = key_set();
        without.keys.retain(|key| key.algorithm != algorithm);
        let mut retired = key_set();
        for key in &mut retired.keys {
            if key.algorithm == algorithm {
                key.state = KeyState::Retired;
            }
        }
        for published in [without, retired] {
            let fault = opened().fit(&published).expect_err("nobody could verify");
            assert_eq!(
                fault.to_string(),
                format!(
                    "no private key belongs to the published key that signs {}",
                    algorithm.as_str()
                )
            );
        }
    }
}

/// The same claims by another key than the session's own file has.
fn elliptic() -> SigningKey {
    SigningKey::generate(Algorithm::Es256).expect("a key")
}

/// A token of these claims under this header, by whoever signs.
async fn signed_by(keys: &KeyFile, header: &Value, claims: &str, kid: &str) -> String {
    let message = format!(
        "{}.{claims}",
        BASE64URL_NOPAD.encode(header.to_string().as_bytes())
    );
    let signature = signer_of(keys).sign(kid, message.as_bytes()).await;
    let signature = signature.expect("a signature");
    format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
}

/// The tests' keys after the setting has become ES256: the key of RS256 is retired, and one of ES256 signs.
fn after_rotation() -> KeyFile {
    let mut file = keys();
    let mut published = key_set();
    for key in &mut published.keys {
        if key.algorithm == Algorithm::Rs256 {
            key.state = KeyState::Retired;
        }
    }
    let step = Step {
        keys: published,
        make: vec![(Algorithm::Es256, KeyState::Active)],
    };
    let changed = file.follow(&step, TestClock::standing().now());
    assert!(changed.expect("a key is made"));
    file
}

#[tokio::test]
async fn where_a_key_of_es256_signs_all_dialects_but_002_have_its_tokens_and_those_before_go_on() {
    let file = after_rotation();
    let published = file.key_set().expect("a key set");
    let clock = Arc::new(TestClock::standing());
    let verifier = TokenVerifier::new(&published, settings(), clock).expect("keys");
    let issuer = TokenIssuer::new(signer_of(&file), settings(), Arc::new(SystemRandom));
    for dialect in Dialect::ALL {
        let session = session(dialect);
        let before = issued(&session, TokenUse::Access).await;
        assert!(verifier.verify(&before, TokenUse::Access, dialect).is_ok());
        let token = NewToken {
            subject: Subject::of(&session),
            dialect,
            token_use: TokenUse::Access,
            issued_at: session.created_at,
            lifetime: Duration::from_mins(5),
            own_claims: Map::new(),
        };
        let token = issuer.issue(token).await.expect("a token");
        let header = decoded(token.split('.').next().expect("a header"));
        let alg = if dialect == Dialect::Rbac {
            "RS512"
        } else {
            "ES256"
        };
        assert_eq!(header["alg"], alg, "{dialect}");
        for other in Dialect::ALL {
            let subject = verifier.verify(&token, TokenUse::Access, other);
            assert_eq!(subject.is_ok(), other == dialect, "{dialect} at {other}");
        }
    }
}

/// Whoever has the key of ES256: document 002 is closed to it, and no header makes its signature one of another algorithm.
#[tokio::test]
async fn a_key_of_es256_opens_nothing_by_another_name() {
    let file = after_rotation();
    let published = file.key_set().expect("a key set");
    let clock = Arc::new(TestClock::standing());
    let verifier = TokenVerifier::new(&published, settings(), clock).expect("keys");
    let own = kid_of(&file, Algorithm::Es256);
    for dialect in Dialect::ALL {
        let genuine = issued(&session(dialect), TokenUse::Access).await;
        let claims = genuine.split('.').nth(1).expect("claims");
        for alg in Algorithm::ALL {
            for named in Algorithm::ALL {
                let header = json!({ "alg": alg, "kid": kid_of(&file, named), "typ": "at+jwt" });
                let token = signed_by(&file, &header, claims, &own).await;
                let opened = verifier.verify(&token, TokenUse::Access, dialect).is_ok();
                let genuine = (alg, named) == (Algorithm::Es256, Algorithm::Es256);
                let expected = genuine && dialect != Dialect::Rbac;
                assert_eq!(opened, expected, "{dialect}: {alg:?} under {named:?}");
            }
        }
    }
}

#[test]
fn a_private_key_of_es256_reads_back_and_is_no_other() {
    let key = elliptic();
    let text = key.to_pkcs8().expect("it can be written");
    assert!(text.expose_secret().len() <= MAX_PARAMETER_CHARS);
    let read = SigningKey::from_pkcs8(Algorithm::Es256, &text).expect("a key");
    assert_eq!(read.kid(), key.kid());
    for algorithm in RSA {
        assert!(SigningKey::from_pkcs8(algorithm, &text).is_err());
        let (_, rsa) = private_key(&keys(), algorithm);
        assert!(SigningKey::from_pkcs8(Algorithm::Es256, &rsa.into()).is_err());
    }
}
